//! The points tool: counts things. A click adds a point to the selected points, or begins new ones.

use std::sync::Arc;

use egui::{CursorIcon, Key, Modifiers};

use super::by_click::{ByClick, OneClick};
use super::{Grip, fine, vertex_click};
use crate::app::Command;
use crate::app::regions::{Combine, RegionCommand};
use crate::app::theme::Icon;
use crate::app::tools::{ToolInfo, Viewed, key};
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "points",
    icon: Icon::MapPin,
    name: "Points",
    keys: &[key(Key::Period)],
    hint: "Click to add points to the selected ones, drag one to move it, Ctrl+click removes it",
    double_click_zooms: false,
};

/// Adds points.
pub(in crate::app::tools) type Points = ByClick<OnePoint>;

/// A point at each click.
pub(in crate::app::tools) struct OnePoint;

impl OneClick for OnePoint {
    const INFO: &'static ToolInfo = &INFO;
    const CURSOR: CursorIcon = CursorIcon::Crosshair;

    /// Single points; elsewhere a point is added.
    fn is_dragged(grip: &Grip) -> bool {
        matches!(grip, Grip::Vertex(..))
    }

    fn click(at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Vec<Command> {
        vertex_click(at, modifiers, viewed).unwrap_or_else(|| vec![add(at, viewed)])
    }

    /// The next click begins new points.
    fn finish() -> Vec<Command> {
        vec![RegionCommand::Select(None).into()]
    }
}

/// A point more: of the selected points if these have the class that is drawn, else of new ones.
fn add(at: Point, viewed: &Viewed<'_>) -> Command {
    let at = fine(at);
    match viewed.tab.single_region() {
        Some(region) if !region.locked && region.class == viewed.drawing.class => {
            if let Geometry::Points(points) = &region.geometry {
                let points: Arc<[Point]> = points.iter().copied().chain([at]).collect();
                return RegionCommand::Reshape(vec![(region.id, Geometry::Points(points))]).into();
            }
        }
        _ => {}
    }
    RegionCommand::Draw { shape: Geometry::Points([at].into()), combine: Combine::New }.into()
}

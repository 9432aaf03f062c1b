//! The points tool: counts things. A click adds a point to the selected points, or begins new ones.

use std::sync::Arc;

use egui::{CursorIcon, Key};

use super::{Grip, GripDrag, fine, grip_at, vertex_click};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::{Combine, RegionCommand};
use crate::app::theme::Icon;
use crate::app::tools::{CanvasEvent, Preview, Tool, ToolInfo, Viewed, key};
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
#[derive(Default)]
pub(in crate::app::tools) struct Points {
    grip: Option<GripDrag>,
}

impl Tool for Points {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => {
                if let Some(grip @ Grip::Vertex(..)) = grip_at(at, viewed) {
                    let (drag, commands) = GripDrag::new(grip, at, viewed);
                    self.grip = Some(drag);
                    return commands;
                }
                self.event(CanvasEvent::Click { at, modifiers }, viewed)
            }
            CanvasEvent::Drag { at, modifiers } => {
                if let Some(grip) = &mut self.grip {
                    grip.drag(at, modifiers);
                }
                Vec::new()
            }
            CanvasEvent::Release => self.grip.take().map_or_else(Vec::new, GripDrag::release),
            CanvasEvent::Click { at, modifiers } => {
                vertex_click(at, modifiers, viewed).unwrap_or_else(|| vec![add(at, viewed)])
            }
            CanvasEvent::DoubleClick { .. } | CanvasEvent::TakeBack => Vec::new(),
            CanvasEvent::Finish => vec![RegionCommand::Select(None).into()],
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        match grip_at(at, viewed) {
            Some(grip @ Grip::Vertex(..)) => grip.cursor(viewed),
            _ => CursorIcon::Crosshair,
        }
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        if let Some(grip) = &self.grip {
            grip.paint(painter);
        }
    }

    fn is_dragging(&self) -> bool {
        self.grip.is_some()
    }

    fn preview(&self) -> Preview<'_> {
        self.grip.as_ref().map_or(Preview::None, GripDrag::preview)
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

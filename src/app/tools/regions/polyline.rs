//! The polyline tool: draws open lines of many vertices.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::by_clicks::{ByClicks, Vertices};
use crate::app::theme::Icon;
use crate::app::tools::ToolInfo;
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "polyline",
    icon: Icon::Spline,
    name: "Polyline",
    keys: &[KeyboardShortcut::new(Modifiers::SHIFT, Key::P)],
    hint: "Click each vertex, or draw; double click or Enter ends it, Backspace takes one back",
    double_click_zooms: false,
};

/// Draws polylines.
pub(in crate::app::tools) type Polyline = ByClicks<Kind>;

pub(in crate::app::tools) struct Kind;

impl Vertices for Kind {
    const INFO: &'static ToolInfo = &INFO;

    fn shape(vertices: &[Point]) -> Option<Geometry> {
        (vertices.len() >= 2).then(|| Geometry::Polyline(vertices.into()))
    }
}

//! The angle tool: three clicks, the second is the vertex.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::by_clicks::{ByClicks, Vertices};
use crate::app::theme::Icon;
use crate::app::tools::ToolInfo;
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "angle",
    icon: Icon::TriangleRight,
    name: "Angle",
    keys: &[KeyboardShortcut::new(Modifiers::SHIFT, Key::A)],
    hint: "Click one leg, the vertex, and the other leg",
    double_click_zooms: false,
};

/// Draws angles.
pub(in crate::app::tools) type Angle = ByClicks<Kind>;

pub(in crate::app::tools) struct Kind;

impl Vertices for Kind {
    const INFO: &'static ToolInfo = &INFO;
    const MOST: usize = 3;

    fn shape(vertices: &[Point]) -> Option<Geometry> {
        Some(Geometry::Angle(*vertices.first_chunk()?))
    }
}

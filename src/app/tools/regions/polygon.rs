//! The polygon tool: draws outlines vertex by vertex.

use egui::Key;

use super::by_clicks::{ByClicks, Vertices};
use crate::app::theme::Icon;
use crate::app::tools::{ToolInfo, key};
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "polygon",
    icon: Icon::Pentagon,
    name: "Polygon",
    keys: &[key(Key::P)],
    hint: "Click each vertex, or draw; double click or Enter closes it, Backspace takes one back",
    double_click_zooms: false,
};

/// Draws polygons.
pub(in crate::app::tools) type Polygon = ByClicks<Kind>;

pub(in crate::app::tools) struct Kind;

impl Vertices for Kind {
    const INFO: &'static ToolInfo = &INFO;
    const CLOSES: bool = true;

    fn shape(vertices: &[Point]) -> Option<Geometry> {
        (vertices.len() >= 3).then(|| Geometry::polygon(vertices))
    }
}

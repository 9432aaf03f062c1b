//! The line tool: draws lines that stay, with their lengths.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::by_drag::{ByDrag, TwoPoints};
use super::fine;
use crate::app::theme::Icon;
use crate::app::tools::ToolInfo;
use crate::app::tools::ruler::snapped;
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "line",
    icon: Icon::Slash,
    name: "Line",
    keys: &[KeyboardShortcut::new(Modifiers::SHIFT, Key::L)],
    hint: "Drag to add a line, Shift for multiples of 45°",
    double_click_zooms: true,
};

/// Draws lines.
pub(in crate::app::tools) type Line = ByDrag<Kind>;

pub(in crate::app::tools) struct Kind;

impl TwoPoints for Kind {
    const INFO: &'static ToolInfo = &INFO;
    const HAS_SIZE: bool = false;

    fn shape(from: Point, to: Point, is_even: bool) -> Geometry {
        Geometry::Line([fine(from), fine(if is_even { snapped(from, to) } else { to })])
    }
}

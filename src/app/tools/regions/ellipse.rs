//! The ellipse tool: draws ellipses in the box that is dragged.

use egui::Key;

use super::by_drag::{ByDrag, TwoPoints};
use super::rectangle::squared;
use crate::app::theme::Icon;
use crate::app::tools::{ToolInfo, key, spanned};
use crate::geometry::Point;
use crate::region::{Bounds, Geometry};

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "ellipse",
    icon: Icon::Circle,
    name: "Ellipse",
    keys: &[key(Key::O)],
    hint: "Drag to add an ellipse, Shift for a circle; Alt cuts it out of the selected, Ctrl joins it",
    double_click_zooms: true,
};

/// Draws ellipses whose boxes are of whole pixels.
pub(in crate::app::tools) type Ellipse = ByDrag<Kind>;

pub(in crate::app::tools) struct Kind;

impl TwoPoints for Kind {
    const INFO: &'static ToolInfo = &INFO;
    const HAS_SIZE: bool = true;

    fn shape(from: Point, to: Point, is_even: bool) -> Geometry {
        let bounds = Bounds::from(spanned(from, if is_even { squared(from, to) } else { to }));
        Geometry::Ellipse { center: bounds.center(), rx: bounds.width() / 2.0, ry: bounds.height() / 2.0, angle: 0.0 }
    }
}

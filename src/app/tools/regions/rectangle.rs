//! The rectangle tool: draws rectangular regions, also of a fixed size, and reshapes regions.

use egui::Key;

use super::by_drag::{ByDrag, TwoPoints};
use crate::app::theme::Icon;
use crate::app::tools::{ToolInfo, key, spanned};
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "rectangle",
    icon: Icon::SquareDashed,
    name: "Rectangle",
    keys: &[key(Key::M)],
    hint: "Drag to add a region, Shift for a square; Alt cuts it out of the selected, Ctrl joins it",
    double_click_zooms: true,
};

/// Draws rectangles of whole pixels.
pub(in crate::app::tools) type Rectangle = ByDrag<Kind>;

pub(in crate::app::tools) struct Kind;

impl TwoPoints for Kind {
    const INFO: &'static ToolInfo = &INFO;
    const HAS_SIZE: bool = true;

    fn shape(from: Point, to: Point, is_even: bool) -> Geometry {
        spanned(from, if is_even { squared(from, to) } else { to }).into()
    }
}

/// The corner opposite of `from` of the square that `to` drags out.
pub(super) fn squared(from: Point, to: Point) -> Point {
    let step = to - from;
    let side = step.x.abs().max(step.y.abs());
    from + Point::new(side.copysign(step.x), side.copysign(step.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_of_whole_pixels_and_squares_with_shift() {
        let shape = |x, y, even| Kind::shape(Point::new(10.2, 20.0), Point::new(x, y), even).bounds();
        assert_eq!(<[f64; 4]>::from(shape(5.4, 40.0, false)), [5.0, 20.0, 10.0, 40.0]);
        assert_eq!(<[f64; 4]>::from(shape(5.4, 40.0, true)), [-10.0, 20.0, 10.0, 40.0]);
    }
}

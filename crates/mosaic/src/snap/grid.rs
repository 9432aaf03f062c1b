//! The lines of a grid.

use super::{Dragged, Fit, Guide, Snap, Span, point};

/// The upper left corner lies on lines so many canvas pixels apart, from the canvas's origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridLines {
    pub step: f64,
}

impl Snap for GridLines {
    fn across(&self, dragged: &Dragged<'_>) -> Vec<Fit> {
        self.fits(dragged, true)
    }

    fn down(&self, dragged: &Dragged<'_>) -> Vec<Fit> {
        self.fits(dragged, false)
    }
}

impl GridLines {
    fn fits(self, dragged: &Dragged<'_>, across: bool) -> Vec<Fit> {
        if !self.step.is_finite() || self.step <= 0.0 {
            return Vec::new();
        }
        let own = Span::of(dragged.at, across);
        let line = (own.low / self.step).round() * self.step;
        let guide =
            Guide { from: point(across, line, own.side.0), to: point(across, line, own.side.1), distance: None };
        vec![Fit { step: line - own.low, guides: vec![guide] }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Rect};
    use crate::snap::snapped;

    #[test]
    fn the_corner_comes_to_a_line() {
        let step = |step: f64, reach: f64| {
            let dragged = Dragged { at: Rect::new(-47, 98, 53, 198).into(), others: &[], reach };
            snapped(&[&GridLines { step }], &dragged).0
        };
        assert_eq!(step(50.0, 5.0), Point::new(-3.0, 2.0));
        assert_eq!(step(50.0, 2.5), Point::new(0.0, 2.0), "within reach only");
        assert_eq!(step(0.0, 5.0), Point::default());
    }
}

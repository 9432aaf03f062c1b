//! Edges and middles of neighbors.

use super::{Dragged, Fit, Guide, Snap, Span, point};
use crate::Extent;

/// Edges meet edges of boxes near by: abutting, or in line; and middles meet middles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edges;

impl Snap for Edges {
    fn across(&self, dragged: &Dragged<'_>) -> Vec<Fit> {
        fits(dragged, true)
    }

    fn down(&self, dragged: &Dragged<'_>) -> Vec<Fit> {
        fits(dragged, false)
    }
}

fn fits(dragged: &Dragged<'_>, across: bool) -> Vec<Fit> {
    let own = Span::of(dragged.at, across);
    let mut all = Vec::new();
    for other in dragged.others.iter().map(|other: &Extent| Span::of(*other, across)) {
        let middles = (f64::midpoint(own.low, own.high), f64::midpoint(other.low, other.high));
        let pairs =
            [(own.low, other.high), (own.high, other.low), (own.low, other.low), (own.high, other.high), middles];
        for (mine, theirs) in pairs {
            let step = theirs - mine;
            if step.abs() <= dragged.reach {
                let sides = (own.side.0.min(other.side.0), own.side.1.max(other.side.1));
                let guide =
                    Guide { from: point(across, theirs, sides.0), to: point(across, theirs, sides.1), distance: None };
                all.push(Fit { step, guides: vec![guide] });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Rect};
    use crate::snap::snapped;

    #[test]
    fn edges_meet_within_reach() {
        let neighbor = [Rect::new(0, 0, 100, 100).into()];
        let cases = [
            (Rect::new(103, 4, 203, 104), (-3.0, -4.0)),
            (Rect::new(107, 2, 207, 102), (0.0, -2.0)),
            (Rect::new(-104, -97, -4, 3), (4.0, -3.0)),
            (Rect::new(32, 120, 72, 160), (-2.0, 0.0)),
        ];
        for (moved, expected) in cases {
            let dragged = Dragged { at: moved.into(), others: &neighbor, reach: 5.0 };
            assert_eq!(snapped(&[&Edges], &dragged).0, Point::new(expected.0, expected.1), "{moved}");
        }
    }

    #[test]
    fn the_guide_runs_along_both() {
        let others = [Rect::new(0, 0, 100, 100).into()];
        let dragged = Dragged { at: Rect::new(103, 40, 203, 140).into(), others: &others, reach: 5.0 };
        let (_, guides) = snapped(&[&Edges], &dragged);
        let expected = Guide { from: Point::new(100.0, 0.0), to: Point::new(100.0, 140.0), distance: None };
        assert_eq!(guides, [expected]);
    }
}

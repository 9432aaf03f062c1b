//! Snapping: a dragged box finds where it fits.
//!
//! Each rule is an implementation of [`Snap`] and knows one reason to stop somewhere. [`snapped`] asks all of them and takes the
//! nearest place within reach, across and down separately.

mod edges;
mod grid;
mod overlap;

pub use edges::Edges;
pub use grid::GridLines;
pub use overlap::EqualOverlap;

use super::Extent;
use crate::geometry::Point;

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Dragged<'a> {
    /// What is dragged, where the mouse has it.
    pub at: Extent,
    /// What lies near it and stays.
    pub others: &'a [Extent],
    /// No place farther than this, in canvas pixels, is of use.
    pub reach: f64,
}

/// A place where the dragged box fits: how much further it is, along one axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fit {
    pub step: f64,
    /// What shows why, seen once the box is there.
    pub guides: Vec<Guide>,
}

/// A line that shows why a box stopped there, in canvas pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Guide {
    pub from: Point,
    pub to: Point,
    /// A distance that is the same elsewhere.
    pub distance: Option<f64>,
}

/// A reason for a dragged box to stop somewhere.
pub trait Snap {
    /// The places within reach, across.
    fn across(&self, dragged: &Dragged<'_>) -> Vec<Fit>;

    /// Likewise, down.
    fn down(&self, dragged: &Dragged<'_>) -> Vec<Fit>;

    /// Of two rules that have a place within reach, that of the higher rank is followed; the nearest one where they are equal.
    fn rank(&self) -> u8 {
        0
    }
}

/// How far to move a dragged box so that it fits by one of `rules`, and the guides that show why. Nowhere if none is near.
pub fn snapped(rules: &[&dyn Snap], dragged: &Dragged<'_>) -> (Point, Vec<Guide>) {
    let best = |fits: &dyn Fn(&dyn Snap) -> Vec<Fit>| {
        let all = rules.iter().flat_map(|rule| fits(*rule).into_iter().map(|fit| (rule.rank(), fit)));
        let within = all.filter(|(_, fit)| fit.step.abs() <= dragged.reach);
        let nearest = within.min_by(|(a, one), (b, other)| b.cmp(a).then(one.step.abs().total_cmp(&other.step.abs())));
        nearest.map(|(_, fit)| fit)
    };
    let (x, y) = (best(&|rule| rule.across(dragged)), best(&|rule| rule.down(dragged)));
    let step = |fit: &Option<Fit>| fit.as_ref().map_or(0.0, |fit| fit.step);
    let by = Point::new(step(&x), step(&y));
    // Guides of one axis go along with the step of the other where they begin at the dragged box.
    (by, x.into_iter().chain(y).flat_map(|fit| fit.guides).collect())
}

/// A box and its neighbors along one axis: the same rule serves both.
#[derive(Debug, Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
    /// In the other direction.
    side: (f64, f64),
}

impl Span {
    fn of(extent: Extent, across: bool) -> Self {
        let (x, y) = ((extent.min.x, extent.max.x), (extent.min.y, extent.max.y));
        let ((low, high), side) = if across { (x, y) } else { (y, x) };
        Self { low, high, side }
    }

    /// Whether both stand beside each other: they share more than half of the shorter one's side.
    fn is_beside(self, other: Self) -> bool {
        let shared = self.side.1.min(other.side.1) - self.side.0.max(other.side.0);
        let shorter = (self.side.1 - self.side.0).min(other.side.1 - other.side.0);
        shared > shorter / 2.0
    }
}

/// The point at `along` and `aside` of an axis.
fn point(across: bool, along: f64, aside: f64) -> Point {
    if across { Point::new(along, aside) } else { Point::new(aside, along) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    struct Always(f64, u8);

    impl Snap for Always {
        fn across(&self, _: &Dragged<'_>) -> Vec<Fit> {
            vec![Fit { step: self.0, guides: Vec::new() }]
        }

        fn down(&self, _: &Dragged<'_>) -> Vec<Fit> {
            Vec::new()
        }

        fn rank(&self) -> u8 {
            self.1
        }
    }

    #[test]
    fn the_nearest_place_of_the_highest_rank_is_taken() {
        let dragged = Dragged { at: Rect::new(0, 0, 10, 10).into(), others: &[], reach: 5.0 };
        let step = |rules: &[&dyn Snap]| snapped(rules, &dragged).0.x;
        assert_eq!(step(&[&Always(4.0, 0), &Always(-3.0, 0), &Always(9.0, 0)]), -3.0);
        assert_eq!(step(&[&Always(4.0, 1), &Always(-3.0, 0)]), 4.0, "the rank decides first");
        assert_eq!(step(&[&Always(9.0, 1)]), 0.0, "out of reach");
    }
}

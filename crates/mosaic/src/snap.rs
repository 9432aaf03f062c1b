//! Snapping of dragged edges to the edges of neighbors.

use crate::geometry::{Point, Rect};

/// How far to move a dragged rectangle, beyond `moved`, so that an edge of it meets an edge of a neighbor.
///
/// Looks for edges within `reach` canvas pixels, across and down separately; 0 where none is near. Left and right edges
/// meet left and right edges, of rectangles that are near in the other direction.
pub fn snap(moved: Rect, neighbors: impl Iterator<Item = Rect>, reach: f64) -> Point {
    let near = moved.expand(reach.ceil() as i64 + moved.size().longest() as i64 / 2);
    let (mut dx, mut dy) = (None, None);
    for other in neighbors.filter(|other| near.overlaps(*other)) {
        for (mine, theirs) in [(moved.x0, other.x1), (moved.x1, other.x0), (moved.x0, other.x0), (moved.x1, other.x1)] {
            closer(&mut dx, theirs - mine);
        }
        for (mine, theirs) in [(moved.y0, other.y1), (moved.y1, other.y0), (moved.y0, other.y0), (moved.y1, other.y1)] {
            closer(&mut dy, theirs - mine);
        }
    }
    let within = |step: Option<i64>| step.filter(|step| step.abs() as f64 <= reach).unwrap_or(0) as f64;
    Point::new(within(dx), within(dy))
}

fn closer(best: &mut Option<i64>, step: i64) {
    if best.is_none_or(|known| step.abs() < known.abs()) {
        *best = Some(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_meet_within_reach() {
        let neighbor = Rect::new(0, 0, 100, 100);
        let cases = [
            (Rect::new(103, 4, 203, 104), 5.0, (-3.0, -4.0)),
            (Rect::new(107, 2, 207, 102), 5.0, (0.0, -2.0)),
            (Rect::new(-104, -97, -4, 3), 5.0, (4.0, -3.0)),
            (Rect::new(900, 1, 1000, 101), 5.0, (0.0, 0.0)),
        ];
        for (moved, reach, expected) in cases {
            let step = snap(moved, [neighbor].into_iter(), reach);
            assert_eq!((step.x, step.y), expected, "{moved}");
        }
    }
}

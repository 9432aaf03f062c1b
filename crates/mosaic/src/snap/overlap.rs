//! Overlaps and gaps that are as large as others near by.

use super::{Dragged, Fit, Guide, Snap, Span, point};

/// Gaps that differ by less are the same.
const SAME: f64 = 0.5;
/// At most so many different gaps are looked for.
const MOST_GAPS: usize = 16;

/// The overlap with a neighbor, or the gap, is as large as that between two others; or the same on both sides.
#[derive(Debug, Clone, Copy, Default)]
pub struct EqualOverlap;

impl Snap for EqualOverlap {
    fn across(&self, dragged: &Dragged<'_>) -> Vec<Fit> {
        fits(dragged, true)
    }

    fn down(&self, dragged: &Dragged<'_>) -> Vec<Fit> {
        fits(dragged, false)
    }
}

fn fits(dragged: &Dragged<'_>, across: bool) -> Vec<Fit> {
    let own = Span::of(dragged.at, across);
    let others: Vec<Span> = dragged.others.iter().map(|other| Span::of(*other, across)).collect();
    let gaps = gaps_between(&others);
    let beside: Vec<Span> = others.iter().copied().filter(|other| own.is_beside(*other)).collect();
    let mut all = Vec::new();
    for other in &beside {
        for &gap in &gaps {
            for (step, is_after) in [(other.high + gap - own.low, true), (other.low - gap - own.high, false)] {
                if step.abs() <= dragged.reach {
                    all.push(Fit { step, guides: vec![marked(own, *other, gap, is_after, across)] });
                }
            }
        }
    }
    // Between two others, as far from one as from the other.
    for before in &beside {
        for after in beside.iter().filter(|after| after.low > before.low && after.high > before.high) {
            let gap = (after.low - before.high - (own.high - own.low)) / 2.0;
            let step = before.high + gap - own.low;
            if step.abs() <= dragged.reach && is_near(own, gap) {
                let guides = vec![marked(own, *before, gap, true, across), marked(own, *after, gap, false, across)];
                all.push(Fit { step, guides });
            }
        }
    }
    all
}

/// The gap between the dragged box and a neighbor, across its middle; the box `is_after` the neighbor or before it.
fn marked(own: Span, other: Span, gap: f64, is_after: bool, across: bool) -> Guide {
    let aside = f64::midpoint(own.side.0.max(other.side.0), own.side.1.min(other.side.1));
    let (from, to) = if is_after { (other.high, other.high + gap) } else { (other.low - gap, other.low) };
    Guide { from: point(across, from, aside), to: point(across, to, aside), distance: Some(gap) }
}

/// Whether what is so far apart still belongs together.
fn is_near(span: Span, gap: f64) -> bool {
    gap.abs() < (span.high - span.low) / 2.0
}

/// The different gaps between boxes that stand beside each other.
fn gaps_between(all: &[Span]) -> Vec<f64> {
    let mut gaps: Vec<f64> = Vec::new();
    for one in all {
        for other in all.iter().filter(|other| other.low > one.low && other.high > one.high && one.is_beside(**other)) {
            let gap = other.low - one.high;
            if is_near(*one, gap) && gaps.len() < MOST_GAPS && gaps.iter().all(|known| (known - gap).abs() >= SAME) {
                gaps.push(gap);
            }
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Extent;
    use crate::geometry::Rect;
    use crate::snap::snapped;

    fn step(at: Rect, others: &[Rect]) -> f64 {
        let others: Vec<Extent> = others.iter().map(|rect| (*rect).into()).collect();
        snapped(&[&EqualOverlap], &Dragged { at: at.into(), others: &others, reach: 6.0 }).0.x
    }

    #[test]
    fn a_third_tile_overlaps_as_the_first_two_do() {
        let row = [Rect::new(0, 0, 100, 80), Rect::new(88, 3, 188, 83)];
        assert_eq!(step(Rect::new(180, 5, 280, 85), &row), -4.0, "12 px of overlap");
        assert_eq!(step(Rect::new(-86, -5, 14, 75), &row), -2.0, "on the other side, too");
        assert_eq!(step(Rect::new(180, 70, 280, 150), &row), 0.0, "not beside them");
    }

    #[test]
    fn between_two_it_stops_in_the_middle() {
        let row = [Rect::new(0, 0, 100, 80), Rect::new(240, 0, 340, 80)];
        assert_eq!(step(Rect::new(117, 0, 217, 80), &row), 3.0);
        let others: Vec<Extent> = row.iter().map(|rect| (*rect).into()).collect();
        let dragged = Dragged { at: Rect::new(117, 0, 217, 80).into(), others: &others, reach: 6.0 };
        let guides = snapped(&[&EqualOverlap], &dragged).1;
        assert_eq!(guides.iter().map(|guide| guide.distance).collect::<Vec<_>>(), [Some(20.0); 2]);
    }
}

//! Alignment and distribution: boxes in line with each other, or with equal gaps between them.

use super::Extent;
use crate::geometry::Point;

/// What comes in line, at the edge or the middle of the box around all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alignment {
    Left,
    Center,
    Right,
    Top,
    Middle,
    Bottom,
}

/// Which way boxes are spread, and how far apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// From left to right, or else from top to bottom.
    pub across: bool,
    /// From the end of one to the beginning of the next, in canvas pixels; negative where they overlap. The same for all, with the
    /// first and the last where they are, if `None`.
    pub gap: Option<f64>,
}

/// How far each box goes so that all are in line.
pub fn aligned(boxes: &[Extent], how: Alignment) -> Vec<Point> {
    let Some(all) = boxes.iter().copied().reduce(Extent::union) else { return Vec::new() };
    let step = |one: &Extent| match how {
        Alignment::Left => Point::new(all.min.x - one.min.x, 0.0),
        Alignment::Center => Point::new(all.middle().x - one.middle().x, 0.0),
        Alignment::Right => Point::new(all.max.x - one.max.x, 0.0),
        Alignment::Top => Point::new(0.0, all.min.y - one.min.y),
        Alignment::Middle => Point::new(0.0, all.middle().y - one.middle().y),
        Alignment::Bottom => Point::new(0.0, all.max.y - one.max.y),
    };
    boxes.iter().map(step).collect()
}

/// How far each box goes so that they have equal gaps, in the order of their middles.
pub fn distributed(boxes: &[Extent], how: Distribution) -> Vec<Point> {
    let along = |point: Point| if how.across { point.x } else { point.y };
    let length = |one: &Extent| along(one.max) - along(one.min);
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    order.sort_by(|a, b| along(boxes[*a].middle()).total_cmp(&along(boxes[*b].middle())));
    let mut steps = vec![Point::default(); boxes.len()];
    let (Some(&first), Some(&last)) = (order.first(), order.last()) else { return steps };
    let gap = how.gap.unwrap_or_else(|| {
        let lengths: f64 = boxes.iter().map(length).sum();
        (along(boxes[last].max) - along(boxes[first].min) - lengths) / (boxes.len() - 1).max(1) as f64
    });
    let mut at = along(boxes[first].min);
    for number in order {
        let step = at - along(boxes[number].min);
        steps[number] = if how.across { Point::new(step, 0.0) } else { Point::new(0.0, step) };
        at += length(&boxes[number]) + gap;
    }
    steps
}

/// Whether `other` stands in the same row (`across`) as `one`, or else in the same column: its middle is nearer to the other's than
/// half a tile.
pub fn in_line(one: Extent, other: Extent, across: bool) -> bool {
    if across {
        (one.middle().y - other.middle().y).abs() < one.height().min(other.height()) / 2.0
    } else {
        (one.middle().x - other.middle().x).abs() < one.width().min(other.width()) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes() -> [Extent; 3] {
        let of = |x: f64, y: f64, w: f64, h: f64| Extent { min: Point::new(x, y), max: Point::new(x + w, y + h) };
        [of(100.0, 5.0, 20.0, 10.0), of(0.0, 0.0, 10.0, 10.0), of(30.0, 40.0, 30.0, 20.0)]
    }

    #[test]
    fn edges_and_middles_come_in_line() {
        let after = |how: Alignment, of: fn(Extent) -> f64| {
            let boxes = boxes();
            let moved = boxes.iter().zip(aligned(&boxes, how)).map(|(one, step)| of(one.translate(step)));
            moved.collect::<Vec<_>>()
        };
        assert_eq!(after(Alignment::Left, |b| b.min.x), [0.0; 3]);
        assert_eq!(after(Alignment::Right, |b| b.max.x), [120.0; 3]);
        assert_eq!(after(Alignment::Center, |b| b.middle().x), [60.0; 3]);
        assert_eq!(after(Alignment::Top, |b| b.min.y), [0.0; 3]);
        assert_eq!(after(Alignment::Middle, |b| b.middle().y), [30.0; 3]);
        assert_eq!(after(Alignment::Bottom, |b| b.max.y), [60.0; 3]);
        assert_eq!(aligned(&[], Alignment::Top), []);
    }

    #[test]
    fn gaps_become_equal_and_the_ends_stay() {
        let boxes = boxes();
        let moved = |how| {
            let steps = distributed(&boxes, how);
            boxes.iter().zip(steps).map(|(one, step)| one.translate(step)).collect::<Vec<_>>()
        };
        let after = moved(Distribution { across: true, gap: None });
        // 120 px, of which 60 are covered, in two gaps.
        assert_eq!([after[1].min.x, after[2].min.x, after[0].min.x], [0.0, 40.0, 100.0]);
        assert_eq!(after[2].min.y, 40.0, "the other direction stays");
        let after = moved(Distribution { across: true, gap: Some(-4.0) });
        assert_eq!([after[1].min.x, after[2].min.x, after[0].min.x], [0.0, 6.0, 32.0], "overlaps of 4 px");
        let after = moved(Distribution { across: false, gap: None });
        assert_eq!([after[1].min.y, after[0].min.y, after[2].min.y], [0.0, 20.0, 40.0]);
        assert_eq!(distributed(&boxes[..1], Distribution { across: true, gap: None }), [Point::default()]);
    }
}

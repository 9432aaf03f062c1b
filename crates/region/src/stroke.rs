//! [`stroke`]: the outline of a region as a shape with an inside, to be rasterized.

use std::f64::consts::{PI, TAU};

use crate::core_geometry::Point;
use mosaicist_shape::{Geometry, Polygon, Ring, distance};

/// Corners of a half circle at the end of a segment.
const CAP: usize = 5;
/// Corners of the disc that marks a single point.
const DISC: usize = 16;
/// A disc is so many times as wide as the line.
const DISC_WIDTH: f64 = 3.0;

/// The outline of `geometry` as a line of `width` pixels with round joints, half of it inside; single points and the beginning of a
/// text as discs three times as wide. The polygons overlap: what lies in any of them is part of the line.
pub fn stroke(geometry: &Geometry, width: f64) -> Geometry {
    let mut polygons = Vec::new();
    geometry.each_path(|path, closed| {
        let segments = path.windows(2).map(|pair| (pair[0], pair[1]));
        let closing = path.last().zip(path.first()).filter(|_| closed).map(|(last, first)| (*last, *first));
        polygons.extend(segments.chain(closing).map(|(from, to)| segment(from, to, width / 2.0)));
    });
    polygons
        .extend(geometry.points().iter().map(|&at| Polygon::new(arc(at, width * DISC_WIDTH / 2.0, 0.0, TAU, DISC))));
    Geometry::MultiPolygon(polygons.into())
}

/// What is no farther than `radius` from a segment.
fn segment(from: Point, to: Point, radius: f64) -> Polygon {
    let along = if distance(from, to) > 0.0 { (to.y - from.y).atan2(to.x - from.x) } else { 0.0 };
    let mut ring = arc(to, radius, along - PI / 2.0, PI, CAP).to_vec();
    ring.extend_from_slice(&arc(from, radius, along + PI / 2.0, PI, CAP));
    Polygon::new(ring)
}

/// `corners` points of an arc that begins at `start` and goes on by `sweep` radians, which may be the whole circle.
fn arc(center: Point, radius: f64, start: f64, sweep: f64, corners: usize) -> Ring {
    let steps = if sweep < TAU { corners - 1 } else { corners };
    let corner = |step: usize| {
        let (sin, cos) = (start + sweep * step as f64 / steps as f64).sin_cos();
        Point::new(center.x + radius * cos, center.y + radius * sin)
    };
    (0..corners).map(corner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Raster;
    use crate::core_geometry::Rect;

    fn covered(shape: &Geometry) -> Vec<(i64, i64)> {
        let mask = Raster::new([(shape, 1)]).mask::<u8>(Rect::new(0, 0, 20, 20));
        (0..400).filter(|&at| mask.labels[at as usize] > 0).map(|at| (at % 20, at / 20)).collect()
    }

    #[test]
    fn an_outline_is_as_wide_as_asked_and_its_inside_stays_clear() {
        let found = covered(&stroke(&Geometry::rectangle(4.0, 4.0, 12.0, 12.0), 2.0));
        let edge = |x: i64, y: i64| {
            (3..17).contains(&x) && (3..17).contains(&y) && !((5..15).contains(&x) && (5..15).contains(&y))
        };
        let expected = (0..400).filter(|at| edge(at % 20, at / 20)).count();
        assert!(found.iter().all(|&(x, y)| edge(x, y)), "{found:?}");
        // The corners are round.
        assert!(expected - found.len() <= 4, "{} of {expected}", found.len());
    }

    #[test]
    fn lines_are_open_and_points_are_discs() {
        let line = Geometry::Polyline([(2.0, 2.5), (15.0, 2.5), (15.0, 15.0)].map(Point::from)[..].into());
        let found = covered(&stroke(&line, 1.0));
        assert!(found.contains(&(8, 2)) && found.contains(&(14, 10)) && !found.contains(&(8, 8)), "{found:?}");
        let disc = covered(&stroke(&Geometry::Points([Point::new(10.0, 10.0)].into()), 2.0));
        assert!((24..=32).contains(&disc.len()), "{}", disc.len());
        assert!(covered(&stroke(&Geometry::Line([Point::new(5.0, 5.0); 2]), 2.0)).len() >= 2, "of no length");
    }
}

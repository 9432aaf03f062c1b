//! The brush: a disc swept along a path.

use geo::Buffer as _;
use geo::algorithm::buffer::{BufferStyle, LineCap, LineJoin};

use crate::convert::{from_multi, to_line};
use crate::core_geometry::Point;
use crate::ops::{subtract, union};
use mosaicist_shape::{Geometry, ellipse_vertices};

/// `geometry` with the stroke of a disc of `radius` pixels along `path` added, or taken away if `erase`. A path of one point
/// is the disc alone. Nothing changes where the radius is not positive.
pub fn brush(geometry: Option<&Geometry>, path: &[Point], radius: f64, erase: bool) -> Geometry {
    let nothing = || Geometry::MultiPolygon(std::sync::Arc::from([]));
    let finite: Vec<Point> = path.iter().copied().filter(|point| point.x.is_finite() && point.y.is_finite()).collect();
    let stroke = match &finite[..] {
        [..] if radius.is_nan() || radius <= 0.0 || finite.is_empty() => nothing(),
        points if points.iter().all(|point| point == &points[0]) => {
            Geometry::polygon(ellipse_vertices(points[0], radius, radius, 0.0))
        }
        points => {
            // Chords of the round caps off by no more than a tenth of a pixel, as for ellipses.
            let angle = (0.8 / radius).sqrt().clamp(0.006, 0.4);
            let style = BufferStyle::new(radius).line_cap(LineCap::Round(angle)).line_join(LineJoin::Round(angle));
            from_multi(&to_line(points).buffer_with_style(style))
        }
    };
    match (geometry, erase) {
        (Some(geometry), true) => subtract(geometry, &stroke),
        (Some(geometry), false) => union(geometry, &stroke),
        (None, true) => nothing(),
        (None, false) => stroke,
    }
}

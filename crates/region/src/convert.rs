//! To the types of the `geo` crate and back.

use std::borrow::Cow;

use geo::{Coord, LineString, MultiPolygon};

use crate::core_geometry::Point;
use mosaicist_shape::{Geometry, Polygon, Ring};

pub(crate) fn to_line(points: &[Point]) -> LineString<f64> {
    LineString(points.iter().map(|point| Coord { x: point.x, y: point.y }).collect())
}

fn from_ring(line: &LineString<f64>) -> Ring {
    let open = match &line.0[..] {
        [first, rest @ .., last] if first == last && !rest.is_empty() => &line.0[..line.0.len() - 1],
        all => all,
    };
    open.iter().map(|coord| Point::new(coord.x, coord.y)).collect()
}

pub(crate) fn to_polygon(polygon: &Polygon) -> geo::Polygon<f64> {
    // The constructor closes the rings.
    geo::Polygon::new(to_line(&polygon.exterior), polygon.holes.iter().map(|hole| to_line(hole)).collect())
}

pub(crate) fn from_polygon(polygon: &geo::Polygon<f64>) -> Polygon {
    Polygon { exterior: from_ring(polygon.exterior()), holes: polygon.interiors().iter().map(from_ring).collect() }
}

/// The inside of `geometry`. Vertices that are not finite would break the algorithms: such polygons are left out.
pub(crate) fn to_multi(geometry: &Geometry) -> MultiPolygon<f64> {
    let polygons: Cow<'_, [Polygon]> = geometry.polygons();
    let sound = |polygon: &&Polygon| {
        polygon.exterior.len() >= 3
            && polygon.rings().flat_map(|ring| ring.iter()).all(|p| p.x.is_finite() && p.y.is_finite())
    };
    MultiPolygon(polygons.iter().filter(sound).map(to_polygon).collect())
}

pub(crate) fn from_multi(multi: &MultiPolygon<f64>) -> Geometry {
    Geometry::from_polygons(multi.0.iter().map(from_polygon).collect())
}

//! What two regions, or a region and a line, make together. By the `geo` crate and, below it, `i_overlay`.

use geo::{BooleanOps as _, ConvexHull as _, SimplifyVwPreserve as _, unary_union};
use i_overlay::core::fill_rule::FillRule;
use i_overlay::float::slice::FloatSlice as _;

use crate::convert::{from_multi, from_polygon, to_line, to_multi};
use crate::core_geometry::Point;
use mosaicist_shape::{Geometry, Polygon, Ring};

/// What is in either. Lines and points have no inside and add nothing.
pub fn union(a: &Geometry, b: &Geometry) -> Geometry {
    from_multi(&to_multi(a).union(&to_multi(b)))
}

/// What is in any of them.
pub fn union_all<'a>(all: impl IntoIterator<Item = &'a Geometry>) -> Geometry {
    // The union of many expects each valid by itself; joining each with nothing makes it so.
    let each: Vec<_> = all.into_iter().map(|one| to_multi(one).union(&geo::MultiPolygon::<f64>(Vec::new()))).collect();
    from_multi(&unary_union(&each))
}

/// What is in `a` and not in `b`.
pub fn subtract(a: &Geometry, b: &Geometry) -> Geometry {
    from_multi(&to_multi(a).difference(&to_multi(b)))
}

/// What is in both.
pub fn intersect(a: &Geometry, b: &Geometry) -> Geometry {
    from_multi(&to_multi(a).intersection(&to_multi(b)))
}

/// The pieces that the open path `line` cuts the inside of `geometry` into; one piece if it doesn't cross.
pub fn split(geometry: &Geometry, line: &[Point]) -> Vec<Geometry> {
    let coordinates = |ring: &Ring| -> Vec<[f64; 2]> { ring.iter().map(|point| [point.x, point.y]).collect() };
    let path: Vec<[f64; 2]> = line.iter().map(|point| [point.x, point.y]).collect();
    let mut pieces = Vec::new();
    for polygon in geometry.polygons().iter() {
        if path.len() < 2 || polygon.exterior.len() < 3 {
            pieces.push(Geometry::Polygon(polygon.clone()));
            continue;
        }
        let contours: Vec<Vec<[f64; 2]>> = polygon.rings().map(coordinates).collect();
        for shape in contours.slice_by(&path, FillRule::EvenOdd) {
            let ring =
                |contour: Vec<[f64; 2]>| -> Ring { contour.into_iter().map(|[x, y]| Point::new(x, y)).collect() };
            let mut rings = shape.into_iter().map(ring);
            if let Some(exterior) = rings.next() {
                pieces.push(Geometry::Polygon(Polygon { exterior, holes: rings.collect() }));
            }
        }
    }
    pieces
}

/// Fewer vertices: each whose triangle with its neighbors covers less than `tolerance`² square pixels goes, unless rings
/// would cross (Visvalingam and Whyatt 1993, with the topology preserved).
pub fn simplify(geometry: &Geometry, tolerance: f64) -> Geometry {
    let smallest = tolerance * tolerance;
    let path = |path: &Ring| -> Ring {
        to_line(path).simplify_vw_preserve(smallest).0.iter().map(|coord| Point::new(coord.x, coord.y)).collect()
    };
    match geometry {
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => {
            from_multi(&to_multi(geometry).simplify_vw_preserve(smallest))
        }
        Geometry::Polyline(line) => Geometry::Polyline(path(line)),
        Geometry::MultiPolyline(lines) => Geometry::MultiPolyline(lines.iter().map(path).collect()),
        other => other.clone(),
    }
}

/// The smallest convex polygon around it; around points and lines too.
pub fn convex_hull(geometry: &Geometry) -> Geometry {
    let rings = geometry.polygons().iter().map(|polygon| polygon.exterior.clone()).collect::<Vec<_>>();
    let paths = geometry.paths();
    let points = rings.iter().chain(&paths).flat_map(|ring| ring.iter()).chain(geometry.points()).copied();
    let points: Vec<Point> = points.filter(|point| point.x.is_finite() && point.y.is_finite()).collect();
    Geometry::Polygon(from_polygon(&to_line(&points).convex_hull()))
}

/// The same without holes.
pub fn fill_holes(geometry: &Geometry) -> Geometry {
    let filled = geometry.polygons().iter().map(|polygon| Polygon::new(polygon.exterior.clone())).collect();
    match geometry {
        Geometry::Polygon(_) => Geometry::from_polygons(filled),
        // One part may lie in the hole of another.
        Geometry::MultiPolygon(_) => union_all(&filled.into_iter().map(Geometry::Polygon).collect::<Vec<_>>()),
        other => other.clone(),
    }
}

//! What the geometry makes of pairs of polygons, for comparison with other programs: `cargo run -p mosaicist-region --example geometry`.
//!
//! Reads a line for each pair, `{"a": [[[x, y], …], …], "b": …, "points": [[x, y], …]}`: a polygon is its exterior and its holes. Writes a
//! line for each: areas, perimeter, hull, which points are inside, and the polygons of the boolean operations.
#![expect(clippy::unwrap_used, reason = "a comparison that cannot go on should say where")]

use std::io::{BufRead as _, Write as _};

use mosaicist_region::{
    Geometry, Point, Polygon, Raster, Ring, convex_hull, intersect, simplify, split, subtract, union,
};
use serde_json::{Value, json};

fn main() {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let value: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let (a, b) = (polygon(&value["a"]), polygon(&value["b"]));
        let inside: Vec<bool> = points(&value["points"]).iter().map(|&point| a.contains(point)).collect();
        let mask = Raster::new([(&a, 1)]).mask::<u8>(mosaicist_core::geometry::Rect::new(0, 0, 200, 200));
        let cut = split(&a, &[Point::new(-10.0, 100.0), Point::new(210.0, 100.0)]);
        let made = json!({
            "area": a.area(), "perimeter": a.perimeter(), "inside": inside,
            "union": rings(&union(&a, &b)), "intersection": rings(&intersect(&a, &b)),
            "difference": rings(&subtract(&a, &b)), "hull": rings(&convex_hull(&a)),
            "simple": rings(&simplify(&a, 1.0)), "mask": mask.labels.iter().map(|&label| u64::from(label)).sum::<u64>(),
            "cut": cut.iter().map(Geometry::area).collect::<Vec<_>>(),
        });
        writeln!(out, "{made}").unwrap();
    }
}

fn points(value: &Value) -> Vec<Point> {
    let number = |value: &Value| value.as_f64().unwrap();
    value.as_array().unwrap().iter().map(|point| Point::new(number(&point[0]), number(&point[1]))).collect()
}

fn polygon(value: &Value) -> Geometry {
    let mut rings = value.as_array().unwrap().iter().map(|ring| Ring::from(points(ring)));
    Geometry::Polygon(Polygon { exterior: rings.next().unwrap(), holes: rings.collect() })
}

/// Polygons as lists of rings.
fn rings(geometry: &Geometry) -> Vec<Vec<Vec<(f64, f64)>>> {
    let ring = |ring: &Ring| ring.iter().map(|point| (point.x, point.y)).collect();
    geometry.polygons().iter().map(|polygon| polygon.rings().map(ring).collect()).collect()
}

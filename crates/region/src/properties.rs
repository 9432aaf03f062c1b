//! What holds for any polygon: areas, insides, boolean operations, masks and traces agree with each other.

use proptest::prelude::*;

use crate::core_geometry::{Affine, Point, Rect, Size};
use crate::{Raster, brush, convex_hull, intersect, simplify, split, subtract, trace, union};
use mosaicist_shape::{Geometry, Polygon};

const SIDE: i64 = 120;

/// Star-shaped: valid, and mostly not convex.
fn star() -> impl Strategy<Value = Geometry> {
    let radii = prop::collection::vec(4.0..28.0f64, 3..24);
    (30.0..90.0f64, 30.0..90.0f64, radii, 0.0..6.0f64).prop_map(|(x, y, radii, turn)| {
        let count = radii.len() as f64;
        let vertex = |(index, radius): (usize, f64)| {
            let (sin, cos) = (turn + index as f64 / count * std::f64::consts::TAU).sin_cos();
            Point::new(x + radius * cos, y + radius * sin)
        };
        Geometry::polygon(radii.into_iter().enumerate().map(vertex).collect::<Vec<_>>())
    })
}

fn probes() -> impl Iterator<Item = Point> {
    (0..SIDE).step_by(3).flat_map(|y| (0..SIDE).step_by(3).map(move |x| Point::new(x as f64 + 0.31, y as f64 + 0.17)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn areas_of_union_and_intersection_add_up(a in star(), b in star()) {
        let (both, common) = (union(&a, &b).area(), intersect(&a, &b).area());
        prop_assert!((both + common - a.area() - b.area()).abs() < 1e-3);
        prop_assert!((subtract(&a, &b).area() - (a.area() - common)).abs() < 1e-3);
    }

    #[test]
    fn points_follow_boolean_operations(a in star(), b in star()) {
        let (both, common, rest) = (union(&a, &b), intersect(&a, &b), subtract(&a, &b));
        for point in probes() {
            // Vertices are rounded to a fine grid.
            if a.edge_distance(point) < 1e-4 || b.edge_distance(point) < 1e-4 {
                continue;
            }
            let (in_a, in_b) = (a.contains(point), b.contains(point));
            prop_assert_eq!(both.contains(point), in_a || in_b, "union at {:?}", point);
            prop_assert_eq!(common.contains(point), in_a && in_b, "intersection at {:?}", point);
            prop_assert_eq!(rest.contains(point), in_a && !in_b, "difference at {:?}", point);
        }
    }

    #[test]
    fn masks_hold_the_pixels_whose_centers_are_inside(a in star(), b in star()) {
        let shape = subtract(&a, &b);
        let mask = Raster::new([(&shape, 1)]).mask::<u8>(Rect::new(0, 0, SIDE, SIDE));
        for (index, &label) in mask.labels.iter().enumerate() {
            let center = Point::new((index as i64 % SIDE) as f64 + 0.5, (index as i64 / SIDE) as f64 + 0.5);
            if shape.edge_distance(center) > 1e-6 {
                prop_assert_eq!(label == 1, shape.contains(center), "{:?}", center);
            }
        }
    }

    #[test]
    fn a_trace_rasterizes_to_its_mask(bits in prop::collection::vec(0u8..2, 20 * 13)) {
        let polygons = trace(&bits, Size::new(20, 13));
        let area: f64 = polygons.iter().map(Polygon::area).sum();
        prop_assert_eq!(area as usize, bits.iter().map(|&bit| usize::from(bit)).sum::<usize>());
        let shapes: Vec<Geometry> = polygons.into_iter().map(Geometry::Polygon).collect();
        let mask = Raster::new(shapes.iter().map(|shape| (shape, 1))).mask::<u8>(Rect::new(0, 0, 20, 13));
        prop_assert_eq!(mask.labels, bits);
    }

    #[test]
    fn pieces_of_a_split_add_up(a in star(), y0 in 20.0..100.0f64, y1 in 20.0..100.0f64) {
        let pieces = split(&a, &[Point::new(-10.0, y0), Point::new(60.0, y1), Point::new(200.0, y0)]);
        let area: f64 = pieces.iter().map(Geometry::area).sum();
        prop_assert!((area - a.area()).abs() < 1e-3, "{} {}", area, a.area());
    }

    #[test]
    fn a_hull_holds_everything_and_moving_keeps_the_area(a in star(), turn in -230.0..230.0f64, dx in -50.0..50.0f64) {
        let hull = convex_hull(&a);
        prop_assert!(hull.area() >= a.area() - 1e-9);
        prop_assert!(probes().all(|point| !a.contains(point) || hull.edge_distance(point) < 1e-6 || hull.contains(point)));
        let moved = a.transformed(Affine::rotation(turn).about(Point::new(10.0, 5.0)).then(Affine::translation(Point::new(dx, 3.0))));
        prop_assert!((moved.area() - a.area()).abs() < 1e-6);
        prop_assert!((moved.perimeter() - a.perimeter()).abs() < 1e-6);
    }

    #[test]
    fn simplifying_changes_little(a in star(), tolerance in 0.1..2.0f64) {
        let simple = simplify(&a, tolerance);
        prop_assert!(simple.vertices() <= a.vertices());
        let most = a.vertices() as f64 * tolerance * tolerance;
        prop_assert!((simple.area() - a.area()).abs() <= most + 1e-9);
    }

    #[test]
    fn a_stroke_covers_what_is_within_its_radius(x in 20.0..100.0f64, y in 20.0..100.0f64, radius in 2.0..15.0f64) {
        let path = [Point::new(30.0, 30.0), Point::new(x, y), Point::new(90.0, 40.0)];
        let stroke = brush(None, &path, radius, false);
        let line = Geometry::Polyline(path.into());
        for point in probes() {
            let away = line.edge_distance(point);
            if (away - radius).abs() > 0.2 {
                prop_assert_eq!(stroke.contains(point), away < radius, "{:?} is {} from the path", point, away);
            }
        }
        let erased = brush(Some(&stroke), &path, radius + 1.0, true);
        prop_assert!(erased.area() < 1e-6, "{}", erased.area());
    }
}

//! [`own_angle`]: the angle of the axes that a region has of its own.

use std::f64::consts::{FRAC_PI_2, PI};

use geo::MinimumRotatedRect as _;

use crate::convert::{to_line, to_multi};
use crate::core_geometry::Point;
use mosaicist_shape::Geometry;

/// The angle of the region's own axes, in radians clockwise on the screen.
///
/// Of a rotated rectangle or an ellipse it is the angle that it has; of a line the smallest that makes it level, from -π/2 to π/2;
/// of any other outline that of the smallest rectangle around it, from -π/4 to π/4. Rectangles and what has no extent have 0.
pub fn own_angle(geometry: &Geometry) -> f64 {
    let angle = match geometry {
        Geometry::Rectangle(_) | Geometry::Text { .. } => 0.0,
        Geometry::RotatedRectangle { angle, .. } | Geometry::Ellipse { angle, .. } => *angle,
        Geometry::Line([from, to]) => within(direction(*from, *to), PI),
        _ => within(smallest_rectangle(geometry), FRAC_PI_2),
    };
    if angle.is_finite() { angle } else { 0.0 }
}

/// The angle of one side of the smallest rectangle around a geometry, whatever its direction.
fn smallest_rectangle(geometry: &Geometry) -> f64 {
    let rectangle = if geometry.is_area() {
        to_multi(geometry).minimum_rotated_rect()
    } else {
        let paths = geometry.paths();
        let points: Vec<Point> = paths.iter().flat_map(|path| path.iter()).chain(geometry.points()).copied().collect();
        to_line(&points).minimum_rotated_rect()
    };
    let Some(rectangle) = rectangle else { return 0.0 };
    let corners = &rectangle.exterior().0;
    let sides = corners.windows(2).map(|pair| (pair[0], pair[1]));
    let point = |corner: geo::Coord<f64>| Point::new(corner.x, corner.y);
    let longest = sides.max_by(|a, b| length(*a).total_cmp(&length(*b)));
    longest.map_or(0.0, |(from, to)| direction(point(from), point(to)))
}

fn length((from, to): (geo::Coord<f64>, geo::Coord<f64>)) -> f64 {
    (to.x - from.x).hypot(to.y - from.y)
}

fn direction(from: Point, to: Point) -> f64 {
    (to.y - from.y).atan2(to.x - from.x)
}

/// `angle` less a multiple of `turn`, between -`turn`/2 and `turn`/2.
fn within(angle: f64, turn: f64) -> f64 {
    let rest = angle - (angle / turn).round() * turn;
    // Rounding of an upright outline is no angle.
    if rest.abs() < 1e-12 { 0.0 } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core_geometry::Affine;

    #[test]
    fn axes_follow_a_rotation() {
        let shapes = [
            (Geometry::polygon([(0.0, 0.0), (40.0, 0.0), (40.0, 10.0), (0.0, 10.0)].map(Point::from)), 30.0, 30.0),
            (Geometry::polygon([(0.0, 0.0), (40.0, 0.0), (40.0, 10.0), (0.0, 10.0)].map(Point::from)), 80.0, -10.0),
            (
                Geometry::Polyline([(0.0, 0.0), (40.0, 0.0), (80.0, 5.0)].map(Point::from)[..].into()),
                20.0,
                20.0 + 3.576,
            ),
            (Geometry::Line([(0.0, 0.0), (40.0, 0.0)].map(Point::from)), 100.0, -80.0),
            (Geometry::rectangle(0.0, 0.0, 40.0, 10.0), 12.0, 12.0),
        ];
        for (shape, turn, expected) in shapes {
            let turned = shape.transformed(Affine::rotation(turn));
            let found = own_angle(&turned).to_degrees();
            assert!((found - expected).abs() < 0.01, "{}: {found} is not {expected}", shape.name());
        }
    }

    #[test]
    fn what_is_upright_or_has_no_extent_has_no_angle() {
        let upright = Geometry::polygon([(0.0, 0.0), (40.0, 0.0), (40.0, 30.0), (0.0, 30.0)].map(Point::from));
        let point = Geometry::Points([Point::new(3.0, 4.0)].into());
        let wild = Geometry::polygon([(f64::NAN, 0.0), (1.0, 1.0), (2.0, 5.0)].map(Point::from));
        assert_eq!([&upright, &point, &wild].map(own_angle), [0.0; 3]);
    }
}

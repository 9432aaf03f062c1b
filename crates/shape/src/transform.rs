//! Moving, scaling and rotating regions.

use crate::core_geometry::{Affine, Point};
use crate::geometry::{Bounds, Geometry, Polygon, Ring};

impl Geometry {
    /// The geometry moved as `affine` says. A rectangle or an ellipse stays one as far as that can be; else it becomes a
    /// polygon.
    #[must_use]
    pub fn transformed(&self, affine: Affine) -> Self {
        let ring = |ring: &Ring| -> Ring { ring.iter().map(|&point| affine.apply(point)).collect() };
        let polygon = |polygon: &Polygon| Polygon {
            exterior: ring(&polygon.exterior),
            holes: polygon.holes.iter().map(ring).collect(),
        };
        match self {
            Self::Rectangle(bounds) if affine.keeps_axes() => {
                let corners = [Point::new(bounds.x0, bounds.y0), Point::new(bounds.x1, bounds.y1)];
                let [a, b] = corners.map(|corner| affine.apply(corner));
                Self::Rectangle(Bounds::spanning(a, b))
            }
            Self::Rectangle(bounds) => {
                let (center, width, height) = (bounds.center(), bounds.width(), bounds.height());
                Self::RotatedRectangle { center, width, height, angle: 0.0 }.transformed(affine)
            }
            &Self::RotatedRectangle { center, width, height, angle } if affine.similarity().is_some() => {
                let (scale, turn) = affine.similarity().unwrap_or((1.0, 0.0));
                Self::RotatedRectangle {
                    center: affine.apply(center),
                    width: width * scale,
                    height: height * scale,
                    angle: angle + turn,
                }
            }
            &Self::Ellipse { center, rx, ry, angle } => transformed_ellipse(affine, center, (rx, ry), angle),
            Self::RotatedRectangle { .. } => Self::from_polygons(self.polygons().iter().map(polygon).collect()),
            Self::Polygon(one) => Self::Polygon(polygon(one)),
            Self::MultiPolygon(all) => Self::MultiPolygon(all.iter().map(polygon).collect()),
            Self::Polyline(path) => Self::Polyline(ring(path)),
            Self::MultiPolyline(paths) => Self::MultiPolyline(paths.iter().map(ring).collect()),
            Self::Points(points) => Self::Points(ring(points)),
            Self::Line(points) => Self::Line(points.map(|point| affine.apply(point))),
            Self::Angle(points) => Self::Angle(points.map(|point| affine.apply(point))),
            Self::Text { at, text } => Self::Text { at: affine.apply(*at), text: text.clone() },
        }
    }
}

/// An ellipse under any affine map is an ellipse: its axes are the singular vectors of the map times its own.
fn transformed_ellipse(affine: Affine, center: Point, (rx, ry): (f64, f64), angle: f64) -> Geometry {
    let center = affine.apply(center);
    if affine.keeps_axes() && angle == 0.0 {
        return Geometry::Ellipse { center, rx: rx * affine.a.abs(), ry: ry * affine.d.abs(), angle };
    }
    if let Some((scale, turn)) = affine.similarity() {
        return Geometry::Ellipse { center, rx: rx * scale, ry: ry * scale, angle: angle + turn };
    }
    let (sin, cos) = angle.sin_cos();
    // The columns of the map from the unit circle.
    let (ux, uy) = (rx * (affine.a * cos + affine.c * sin), rx * (affine.b * cos + affine.d * sin));
    let (vx, vy) = (ry * (affine.c * cos - affine.a * sin), ry * (affine.d * cos - affine.b * sin));
    let (sum, difference) = ((ux * ux + uy * uy + vx * vx + vy * vy) / 2.0, ux * ux + vx * vx - uy * uy - vy * vy);
    let product = ux * uy + vx * vy;
    let root = (difference / 2.0).hypot(product);
    let angle = 0.5 * (2.0 * product).atan2(difference);
    Geometry::Ellipse { center, rx: (sum + root).max(0.0).sqrt(), ry: (sum - root).max(0.0).sqrt(), angle }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotation_keeps_the_fixed_point_and_the_area() {
        let fixed = Point::new(10.0, 20.0);
        let turn = Affine::rotation(40.0).about(fixed);
        let there = turn.apply(fixed);
        assert!((there.x - 10.0).abs() < 1e-12 && (there.y - 20.0).abs() < 1e-12);
        let square = Geometry::rectangle(0.0, 0.0, 5.0, 8.0);
        let turned = square.transformed(turn);
        assert!(matches!(turned, Geometry::RotatedRectangle { .. }), "{turned:?}");
        assert!((turned.area() - 40.0).abs() < 1e-9);
        let back = turned.transformed(Affine::rotation(-40.0).about(fixed)).bounds();
        assert!((back.x1 - 5.0).abs() < 1e-9 && (back.y1 - 8.0).abs() < 1e-9, "{back:?}");
    }

    #[test]
    fn a_sheared_ellipse_is_still_one() {
        let ellipse = Geometry::Ellipse { center: Point::new(3.0, 4.0), rx: 9.0, ry: 2.0, angle: 0.4 };
        let shear = Affine { a: 1.0, b: -0.2, c: 0.7, d: 1.5, e: 2.0, f: 0.0 };
        let turned = ellipse.transformed(shear);
        assert!((turned.area() / ellipse.area() - (1.5 + 0.14)).abs() < 1e-9, "the determinant");
        let drawn = Bounds::of(ellipse.polygons()[0].exterior.iter().map(|&p| shear.apply(p)));
        let bounds = turned.bounds();
        assert!((drawn.x1 - bounds.x1).abs() < 0.1 && (drawn.y0 - bounds.y0).abs() < 0.1, "{drawn:?} {bounds:?}");
    }
}

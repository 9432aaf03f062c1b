//! [`Geometry`]: the shape of a region, and what follows from it directly: bounds, area, length.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::core_geometry::{Point, Rect};

/// Vertices in order. A closed ring does not repeat its first vertex at the end. Cloning is cheap.
pub type Ring = Arc<[Point]>;

/// An axis-aligned rectangle between two corners, in pixels; empty where `x1 < x0` or `y1 < y0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 4]", into = "[f64; 4]")]
pub struct Bounds {
    pub x0: f64,
    pub y0: f64,
    pub x1: f64,
    pub y1: f64,
}

impl Bounds {
    /// Around nothing: a union with it changes nothing.
    pub const EMPTY: Self = Self { x0: f64::INFINITY, y0: f64::INFINITY, x1: f64::NEG_INFINITY, y1: f64::NEG_INFINITY };

    /// Between two corners in any order.
    pub fn spanning(a: Point, b: Point) -> Self {
        Self { x0: a.x.min(b.x), y0: a.y.min(b.y), x1: a.x.max(b.x), y1: a.y.max(b.y) }
    }

    /// From the upper left corner and the size.
    pub fn at(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x0: x, y0: y, x1: x + width, y1: y + height }
    }

    /// The smallest around `points`.
    pub fn of(points: impl IntoIterator<Item = Point>) -> Self {
        points.into_iter().fold(Self::EMPTY, |all, p| Self {
            x0: all.x0.min(p.x),
            y0: all.y0.min(p.y),
            x1: all.x1.max(p.x),
            y1: all.y1.max(p.y),
        })
    }

    /// Pixels across; 0 if empty.
    pub fn width(self) -> f64 {
        (self.x1 - self.x0).max(0.0)
    }

    /// Pixels down; 0 if empty.
    pub fn height(self) -> f64 {
        (self.y1 - self.y0).max(0.0)
    }

    /// The middle.
    pub fn center(self) -> Point {
        Point::new(f64::midpoint(self.x0, self.x1), f64::midpoint(self.y0, self.y1))
    }

    /// Whether it holds not even a point.
    pub fn is_empty(self) -> bool {
        self.x1 < self.x0 || self.y1 < self.y0
    }

    /// The smallest around both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// `margin` more on every side.
    #[must_use]
    pub fn expand(self, margin: f64) -> Self {
        Self { x0: self.x0 - margin, y0: self.y0 - margin, x1: self.x1 + margin, y1: self.y1 + margin }
    }

    /// Whether both share a point, edges included.
    pub fn touches(self, other: Self) -> bool {
        self.x0 <= other.x1 && other.x0 <= self.x1 && self.y0 <= other.y1 && other.y0 <= self.y1
    }

    /// Whether `point` is in it, edges included.
    pub fn contains(self, point: Point) -> bool {
        self.x0 <= point.x && point.x <= self.x1 && self.y0 <= point.y && point.y <= self.y1
    }

    /// The corners, clockwise on the screen from the upper left.
    pub fn corners(self) -> [Point; 4] {
        [(self.x0, self.y0), (self.x1, self.y0), (self.x1, self.y1), (self.x0, self.y1)].map(Point::from)
    }

    /// The pixels it touches: a point on a pixel's border counts for the pixel to its right and below.
    pub fn pixels(self) -> Rect {
        if self.is_empty() {
            return Rect::default();
        }
        let (x0, y0) = (self.x0.floor() as i64, self.y0.floor() as i64);
        Rect::new(x0, y0, (self.x1.ceil() as i64).max(x0 + 1), (self.y1.ceil() as i64).max(y0 + 1))
    }
}

impl From<[f64; 4]> for Bounds {
    fn from([x0, y0, x1, y1]: [f64; 4]) -> Self {
        Self { x0, y0, x1, y1 }
    }
}

impl From<Bounds> for [f64; 4] {
    fn from(bounds: Bounds) -> Self {
        [bounds.x0, bounds.y0, bounds.x1, bounds.y1]
    }
}

impl From<Rect> for Bounds {
    fn from(rect: Rect) -> Self {
        Self { x0: rect.x0 as f64, y0: rect.y0 as f64, x1: rect.x1 as f64, y1: rect.y1 as f64 }
    }
}

/// A closed outline with holes. What is inside follows from the even-odd rule, whatever the direction of the rings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Polygon {
    pub exterior: Ring,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<Ring>,
}

impl Polygon {
    /// An outline without holes.
    pub fn new(exterior: impl Into<Ring>) -> Self {
        Self { exterior: exterior.into(), holes: Vec::new() }
    }

    /// The exterior and the holes.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.exterior).chain(&self.holes)
    }

    /// Square pixels: the exterior less the holes.
    pub fn area(&self) -> f64 {
        let holes: f64 = self.holes.iter().map(|hole| ring_area(hole).abs()).sum();
        (ring_area(&self.exterior).abs() - holes).max(0.0)
    }

    /// The length of all its rings.
    pub fn perimeter(&self) -> f64 {
        self.rings().map(|ring| path_length(ring) + closing_length(ring)).sum()
    }
}

/// The shape of a region. Angles are radians, clockwise on the screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Geometry {
    Rectangle(Bounds),
    RotatedRectangle {
        center: Point,
        width: f64,
        height: f64,
        angle: f64,
    },
    /// `rx` and `ry` are half the axes before the rotation.
    Ellipse {
        center: Point,
        rx: f64,
        ry: f64,
        angle: f64,
    },
    Polygon(Polygon),
    MultiPolygon(Arc<[Polygon]>),
    Polyline(Ring),
    MultiPolyline(Arc<[Ring]>),
    Points(Ring),
    Line([Point; 2]),
    /// The vertex of the angle is the middle point.
    Angle([Point; 3]),
    Text {
        at: Point,
        text: Arc<str>,
    },
}

impl From<Rect> for Geometry {
    fn from(rect: Rect) -> Self {
        Self::Rectangle(rect.into())
    }
}

impl Geometry {
    /// An axis-aligned rectangle.
    pub fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self::Rectangle(Bounds::at(x, y, width, height))
    }

    /// A polygon without holes.
    pub fn polygon(vertices: impl Into<Ring>) -> Self {
        Self::Polygon(Polygon::new(vertices))
    }

    /// The simplest geometry of these polygons: one is a polygon; none, an empty multipolygon.
    pub fn from_polygons(mut polygons: Vec<Polygon>) -> Self {
        match polygons.len() {
            1 => Self::Polygon(polygons.remove(0)),
            _ => Self::MultiPolygon(polygons.into()),
        }
    }

    /// What it is called.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rectangle(_) => "rectangle",
            Self::RotatedRectangle { .. } => "rotated rectangle",
            Self::Ellipse { .. } => "ellipse",
            Self::Polygon(_) => "polygon",
            Self::MultiPolygon(_) => "multipolygon",
            Self::Polyline(_) => "polyline",
            Self::MultiPolyline(_) => "multipolyline",
            Self::Points(_) => "points",
            Self::Line(_) => "line",
            Self::Angle(_) => "angle",
            Self::Text { .. } => "text",
        }
    }

    /// Whether it has an inside.
    pub const fn is_area(&self) -> bool {
        matches!(
            self,
            Self::Rectangle(_)
                | Self::RotatedRectangle { .. }
                | Self::Ellipse { .. }
                | Self::Polygon(_)
                | Self::MultiPolygon(_)
        )
    }

    /// Its inside as polygons; none for lines and points. An ellipse becomes a polygon off by at most a tenth of a pixel.
    pub fn polygons(&self) -> Cow<'_, [Polygon]> {
        match self {
            Self::Polygon(polygon) => Cow::Borrowed(std::slice::from_ref(polygon)),
            Self::MultiPolygon(polygons) => Cow::Borrowed(polygons),
            Self::Rectangle(bounds) => Cow::Owned(vec![Polygon::new(bounds.corners())]),
            &Self::RotatedRectangle { center, width, height, angle } => {
                Cow::Owned(vec![Polygon::new(rotated_corners(center, width, height, angle))])
            }
            &Self::Ellipse { center, rx, ry, angle } => {
                Cow::Owned(vec![Polygon::new(ellipse_vertices(center, rx, ry, angle))])
            }
            _ => Cow::Borrowed(&[]),
        }
    }

    /// Its lines as open paths; none for what has an inside, or for points.
    pub fn paths(&self) -> Vec<Ring> {
        match self {
            Self::Polyline(path) => vec![path.clone()],
            Self::MultiPolyline(paths) => paths.to_vec(),
            Self::Line(ends) => vec![Ring::from(&ends[..])],
            Self::Angle(points) => vec![Ring::from(&points[..])],
            _ => Vec::new(),
        }
    }

    /// Its single points: those of [`Geometry::Points`], and where a text begins.
    pub fn points(&self) -> &[Point] {
        match self {
            Self::Points(points) => points,
            Self::Text { at, .. } => std::slice::from_ref(at),
            _ => &[],
        }
    }

    /// The smallest rectangle around it.
    pub fn bounds(&self) -> Bounds {
        match self {
            Self::Rectangle(bounds) => *bounds,
            &Self::RotatedRectangle { center, width, height, angle } => {
                Bounds::of(rotated_corners(center, width, height, angle))
            }
            &Self::Ellipse { center, rx, ry, angle } => {
                let (sin, cos) = angle.sin_cos();
                let (x, y) = ((rx * cos).hypot(ry * sin), (rx * sin).hypot(ry * cos));
                Bounds::at(center.x - x, center.y - y, 2.0 * x, 2.0 * y)
            }
            Self::Polygon(polygon) => Bounds::of(polygon.exterior.iter().copied()),
            Self::MultiPolygon(polygons) => Bounds::of(polygons.iter().flat_map(|p| p.exterior.iter().copied())),
            Self::MultiPolyline(paths) => Bounds::of(paths.iter().flat_map(|path| path.iter().copied())),
            Self::Polyline(points) | Self::Points(points) => Bounds::of(points.iter().copied()),
            Self::Line(points) => Bounds::of(*points),
            Self::Angle(points) => Bounds::of(*points),
            Self::Text { at, .. } => Bounds::of([*at]),
        }
    }

    /// Square pixels inside; 0 for lines and points.
    pub fn area(&self) -> f64 {
        match self {
            Self::Ellipse { rx, ry, .. } => std::f64::consts::PI * rx * ry,
            _ => self.polygons().iter().map(Polygon::area).sum(),
        }
    }

    /// The length of the boundary of what has an inside, in pixels; else 0.
    pub fn perimeter(&self) -> f64 {
        match self {
            Self::Ellipse { rx, ry, .. } => ellipse_perimeter(*rx, *ry),
            _ => self.polygons().iter().map(Polygon::perimeter).sum(),
        }
    }

    /// The length of the lines, in pixels; 0 for what has an inside and for points.
    pub fn length(&self) -> f64 {
        self.paths().iter().map(|path| path_length(path)).sum()
    }

    /// The angle between the two legs of an [`Geometry::Angle`], 0 to π.
    pub fn angle(&self) -> Option<f64> {
        let Self::Angle([a, vertex, b]) = self else { return None };
        let (u, v) = (*a - *vertex, *b - *vertex);
        Some((u.x * v.y - u.y * v.x).abs().atan2(u.x * v.x + u.y * v.y))
    }

    /// The number of vertices it takes.
    pub fn vertices(&self) -> usize {
        let paths = self.paths().iter().map(|path| path.len()).sum::<usize>();
        let rings = self.polygons().iter().flat_map(Polygon::rings).map(|ring| ring.len()).sum::<usize>();
        paths + rings + self.points().len()
    }
}

/// The signed area of a ring: positive where it runs clockwise on the screen. Coordinates are taken relative to the first
/// vertex, so that far from the origin nothing is lost.
pub fn ring_area(ring: &[Point]) -> f64 {
    let Some(&origin) = ring.first() else { return 0.0 };
    let cross = |(a, b): (Point, Point)| (a.x - origin.x) * (b.y - origin.y) - (b.x - origin.x) * (a.y - origin.y);
    ring.windows(2).map(|pair| cross((pair[0], pair[1]))).sum::<f64>() / 2.0
}

/// The length of an open path.
pub fn path_length(path: &[Point]) -> f64 {
    path.windows(2).map(|pair| distance(pair[0], pair[1])).sum()
}

fn closing_length(ring: &[Point]) -> f64 {
    ring.first().zip(ring.last()).map_or(0.0, |(&first, &last)| distance(first, last))
}

/// Between two points.
pub fn distance(a: Point, b: Point) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// Corners from the upper left, clockwise on the screen before the rotation.
pub fn rotated_corners(center: Point, width: f64, height: f64, angle: f64) -> [Point; 4] {
    let (sin, cos) = angle.sin_cos();
    [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(u, v)| {
        let (x, y) = (u * width, v * height);
        Point::new(center.x + x * cos - y * sin, center.y + x * sin + y * cos)
    })
}

/// Vertices on the ellipse, its four extremes along the axes among them, so close that the chords are off by no more than a
/// tenth of a pixel: 16 to 1024 of them.
pub fn ellipse_vertices(center: Point, rx: f64, ry: f64, angle: f64) -> Vec<Point> {
    // A chord over the angle t of a circle of radius r is off by r (1 - cos(t / 2)), about r t² / 8.
    let radius = rx.max(ry).max(0.0);
    let wanted = std::f64::consts::TAU / (0.8 / radius.max(1e-9)).sqrt();
    let quarter = (wanted / 4.0).ceil().clamp(4.0, 256.0) as usize;
    let (sin, cos) = angle.sin_cos();
    let unit = |index: usize| match index {
        0 => (1.0, 0.0),
        i if i == quarter => (0.0, 1.0),
        i if i == 2 * quarter => (-1.0, 0.0),
        i if i == 3 * quarter => (0.0, -1.0),
        i => {
            let (y, x) = (i as f64 / quarter as f64 * std::f64::consts::FRAC_PI_2).sin_cos();
            (x, y)
        }
    };
    let place = |(x, y): (f64, f64)| {
        let (x, y) = (x * rx, y * ry);
        Point::new(center.x + x * cos - y * sin, center.y + x * sin + y * cos)
    };
    (0..4 * quarter).map(unit).map(place).collect()
}

/// Ramanujan's second approximation (1914), off by less than 0.04 % for any flatness.
fn ellipse_perimeter(rx: f64, ry: f64) -> f64 {
    let sum = rx + ry;
    if sum <= 0.0 {
        return 0.0;
    }
    let h = ((rx - ry) / sum).powi(2);
    std::f64::consts::PI * sum * (1.0 + 3.0 * h / (10.0 + (4.0 - 3.0 * h).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(all: &[(f64, f64)]) -> Ring {
        all.iter().copied().map(Point::from).collect()
    }

    #[test]
    fn holes_reduce_the_area_and_add_to_the_perimeter() {
        let hole = points(&[(1.0, 1.0), (1.0, 3.0), (3.0, 3.0), (3.0, 1.0)]);
        let polygon =
            Polygon { exterior: points(&[(0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0)]), holes: vec![hole] };
        assert_eq!((polygon.area(), polygon.perimeter()), (46.0, 38.0));
    }

    #[test]
    fn an_ellipse_is_measured_exactly_and_drawn_closely() {
        let ellipse = Geometry::Ellipse { center: Point::new(100.0, 50.0), rx: 30.0, ry: 20.0, angle: 0.0 };
        assert!((ellipse.area() - std::f64::consts::PI * 600.0).abs() < 1e-9);
        let drawn = &ellipse.polygons()[0];
        assert!((drawn.area() / ellipse.area() - 1.0).abs() < 0.01, "{}", drawn.area());
        assert_eq!(Bounds::of(drawn.exterior.iter().copied()), ellipse.bounds(), "its extremes are vertices");
        let circle = Geometry::Ellipse { center: Point::default(), rx: 5.0, ry: 5.0, angle: 1.0 };
        assert!((circle.perimeter() - std::f64::consts::TAU * 5.0).abs() < 1e-9);
    }

    #[test]
    fn bounds_follow_rotation() {
        let turned = Geometry::RotatedRectangle {
            center: Point::new(10.0, 10.0),
            width: 8.0,
            height: 2.0,
            angle: std::f64::consts::FRAC_PI_2,
        };
        let bounds = turned.bounds();
        assert!((bounds.width() - 2.0).abs() < 1e-9 && (bounds.height() - 8.0).abs() < 1e-9, "{bounds:?}");
        assert!((turned.area() - 16.0).abs() < 1e-9);
    }

    #[test]
    fn angles_are_measured_at_the_middle_point() {
        let angle = |points: [(f64, f64); 3]| Geometry::Angle(points.map(Point::from)).angle().unwrap().to_degrees();
        assert!((angle([(1.0, 0.0), (0.0, 0.0), (0.0, 1.0)]) - 90.0).abs() < 1e-9);
        assert!((angle([(1.0, 0.0), (0.0, 0.0), (-1.0, 0.0)]) - 180.0).abs() < 1e-9);
    }

    #[test]
    fn pixels_cover_the_bounds() {
        assert_eq!(Bounds::at(1.5, 2.0, 1.0, 1.0).pixels(), Rect::new(1, 2, 3, 3));
        assert_eq!(Bounds::at(4.0, 4.0, 0.0, 0.0).pixels(), Rect::new(4, 4, 5, 5), "a point has its pixel");
        assert!(Bounds::EMPTY.pixels().is_empty());
    }

    #[test]
    fn serialized_geometry_comes_back() {
        let all = [
            Geometry::rectangle(1.0, 2.0, 3.0, 4.0),
            Geometry::Ellipse { center: Point::new(1.5, 2.0), rx: 3.0, ry: 4.0, angle: 0.5 },
            Geometry::polygon(points(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])),
            Geometry::Text { at: Point::new(1.0, 1.0), text: "note".into() },
        ];
        for geometry in all {
            let text = serde_json::to_string(&geometry).unwrap();
            assert_eq!(serde_json::from_str::<Geometry>(&text).unwrap(), geometry, "{text}");
        }
    }
}

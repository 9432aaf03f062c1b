//! What lies under a point: inside or not, how far to the edge, which edge and which vertex.

use crate::core_geometry::Point;
use crate::geometry::{Geometry, Polygon, distance};

/// What a point has to do with a region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub inside: bool,
    /// To the nearest edge, or to the nearest of single points; in pixels.
    pub distance: f64,
}

/// One edge of a geometry: from vertex `index` of path `path` to the next. Paths are counted as [`Geometry::each_path`] gives
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    pub path: usize,
    pub index: usize,
}

impl Geometry {
    /// Whether `point` is inside. A shared edge belongs to one of two neighbors; lines and points hold nothing.
    pub fn contains(&self, point: Point) -> bool {
        match self {
            Self::Rectangle(b) => b.x0 <= point.x && point.x < b.x1 && b.y0 <= point.y && point.y < b.y1,
            &Self::RotatedRectangle { center, width, height, angle } => {
                let p = unrotated(point, center, angle);
                p.x.abs() * 2.0 <= width && p.y.abs() * 2.0 <= height
            }
            &Self::Ellipse { center, rx, ry, angle } => {
                let p = unrotated(point, center, angle);
                rx > 0.0 && ry > 0.0 && (p.x / rx).powi(2) + (p.y / ry).powi(2) <= 1.0
            }
            Self::Polygon(polygon) => polygon.contains(point),
            Self::MultiPolygon(polygons) => polygons.iter().any(|polygon| polygon.contains(point)),
            _ => false,
        }
    }

    /// To the nearest edge, or to the nearest single point; in pixels. Infinite where there is neither.
    pub fn edge_distance(&self, point: Point) -> f64 {
        let mut nearest = f64::INFINITY;
        self.each_path(|path, closed| {
            nearest = nearest.min(path_distance(path, closed, point).map_or(f64::INFINITY, |(_, distance)| distance));
        });
        self.points().iter().map(|&single| distance(single, point)).fold(nearest, f64::min)
    }

    /// What `point` has to do with it, if it is inside or no more than `tolerance` pixels from an edge.
    pub fn hit(&self, point: Point, tolerance: f64) -> Option<Hit> {
        if !self.bounds().expand(tolerance).contains(point) {
            return None;
        }
        let hit = Hit { inside: self.contains(point), distance: self.edge_distance(point) };
        (hit.inside || hit.distance <= tolerance).then_some(hit)
    }

    /// The edge nearest to `point` and its distance in pixels.
    pub fn nearest_edge(&self, point: Point) -> Option<(Edge, f64)> {
        let (mut nearest, mut count) = (None::<(Edge, f64)>, 0);
        self.each_path(|path, closed| {
            if let Some((index, distance)) = path_distance(path, closed, point)
                && nearest.is_none_or(|(_, least)| distance < least)
            {
                nearest = Some((Edge { path: count, index }, distance));
            }
            count += 1;
        });
        nearest
    }

    /// The vertex nearest to `point`, named by the edge that begins there, and its distance in pixels.
    pub fn nearest_vertex(&self, point: Point) -> Option<(Edge, f64)> {
        let (mut nearest, mut count) = (None::<(Edge, f64)>, 0);
        self.each_path(|path, _| {
            for (index, &vertex) in path.iter().enumerate() {
                let away = distance(vertex, point);
                if nearest.is_none_or(|(_, least)| away < least) {
                    nearest = Some((Edge { path: count, index }, away));
                }
            }
            count += 1;
        });
        nearest
    }

    /// Call `see` with each ring (closed) and each line (open), in order: of each polygon the exterior, then its holes.
    pub fn each_path(&self, mut see: impl FnMut(&[Point], bool)) {
        for polygon in self.polygons().iter() {
            polygon.rings().for_each(|ring| see(ring, true));
        }
        self.paths().iter().for_each(|path| see(path, false));
    }
}

impl Polygon {
    /// Whether `point` is inside by the even-odd rule.
    pub fn contains(&self, point: Point) -> bool {
        self.rings().filter(|ring| crosses_oddly(ring, point)).count() % 2 == 1
    }
}

/// Whether the ray from `point` to the right meets the ring an odd number of times.
fn crosses_oddly(ring: &[Point], point: Point) -> bool {
    let mut odd = false;
    let Some(&last) = ring.last() else { return false };
    let mut a = last;
    for &b in ring {
        if (a.y > point.y) != (b.y > point.y) && point.x < a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x) {
            odd = !odd;
        }
        a = b;
    }
    odd
}

/// The nearest edge of one path and its distance.
fn path_distance(path: &[Point], closed: bool, point: Point) -> Option<(usize, f64)> {
    let edges = path.windows(2).map(|pair| (pair[0], pair[1]));
    let closing = path.last().zip(path.first()).filter(|_| closed).map(|(&last, &first)| (last, first));
    let distances = edges.chain(closing).enumerate().map(|(index, (a, b))| (index, segment_distance(a, b, point)));
    let nearest = distances.min_by(|a, b| a.1.total_cmp(&b.1));
    nearest.or_else(|| path.first().map(|&only| (0, distance(only, point))))
}

fn segment_distance(a: Point, b: Point, point: Point) -> f64 {
    let (along, to) = (b - a, point - a);
    let squared = along.x * along.x + along.y * along.y;
    let part = if squared > 0.0 { ((to.x * along.x + to.y * along.y) / squared).clamp(0.0, 1.0) } else { 0.0 };
    (to.x - part * along.x).hypot(to.y - part * along.y)
}

fn unrotated(point: Point, center: Point, angle: f64) -> Point {
    let ((sin, cos), p) = (angle.sin_cos(), point - center);
    Point::new(p.x * cos + p.y * sin, p.y * cos - p.x * sin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Geometry {
        let ring = |a: f64, b: f64| [(a, a), (b, a), (b, b), (a, b)].map(Point::from).to_vec().into();
        Geometry::Polygon(Polygon { exterior: ring(0.0, 10.0), holes: vec![ring(4.0, 6.0)] })
    }

    #[test]
    fn a_hole_is_outside() {
        let inside = |x, y| frame().contains(Point::new(x, y));
        assert_eq!(
            [inside(1.0, 1.0), inside(5.0, 5.0), inside(11.0, 5.0), inside(6.5, 5.0)],
            [true, false, false, true]
        );
    }

    #[test]
    fn the_nearest_edge_is_named() {
        let (edge, distance) = frame().nearest_edge(Point::new(10.5, 5.0)).unwrap();
        assert_eq!((edge, distance), (Edge { path: 0, index: 1 }, 0.5));
        let (edge, distance) = frame().nearest_edge(Point::new(5.0, 4.5)).unwrap();
        assert_eq!((edge.path, distance), (1, 0.5));
        assert_eq!(frame().nearest_vertex(Point::new(0.0, 9.0)).unwrap().0, Edge { path: 0, index: 3 });
    }

    #[test]
    fn lines_and_points_are_hit_within_the_tolerance() {
        let line = Geometry::Line([Point::new(0.0, 0.0), Point::new(10.0, 0.0)]);
        assert!(line.hit(Point::new(5.0, 2.0), 3.0).is_some_and(|hit| !hit.inside && hit.distance == 2.0));
        assert!(line.hit(Point::new(5.0, 4.0), 3.0).is_none());
        let points = Geometry::Points([Point::new(3.0, 3.0)].into());
        assert!(points.hit(Point::new(3.0, 4.0), 2.0).is_some());
    }
}

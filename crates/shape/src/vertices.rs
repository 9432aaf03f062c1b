//! Vertices of a geometry, one by one: where they are, and the geometry with one moved, added or removed.

use crate::core_geometry::Point;
use crate::geometry::{Geometry, Polygon, Ring};
use crate::hit::Edge;

impl Geometry {
    /// Its vertices, each named by the edge that begins there; none for shapes that are not made of vertices.
    pub fn each_vertex(&self, mut see: impl FnMut(Edge, Point)) {
        let mut count = 0;
        let mut ring = |points: &[Point]| {
            for (index, &point) in points.iter().enumerate() {
                see(Edge { path: count, index }, point);
            }
            count += 1;
        };
        match self {
            Self::Polygon(polygon) => polygon.rings().for_each(|points| ring(points)),
            Self::MultiPolygon(all) => all.iter().flat_map(Polygon::rings).for_each(|points| ring(points)),
            Self::MultiPolyline(paths) => paths.iter().for_each(|points| ring(points)),
            Self::Polyline(points) | Self::Points(points) => ring(points),
            Self::Line(points) => ring(points),
            Self::Angle(points) => ring(points),
            Self::Rectangle(_) | Self::RotatedRectangle { .. } | Self::Ellipse { .. } | Self::Text { .. } => {}
        }
    }

    /// The same with a vertex at another place. Unknown vertices change nothing.
    #[must_use]
    pub fn with_vertex(&self, vertex: Edge, to: Point) -> Self {
        self.with_path(vertex.path, |points| {
            if let Some(point) = points.get_mut(vertex.index) {
                *point = to;
            }
        })
    }

    /// The same with a vertex more, in the middle of an edge. Lines and angles keep the vertices that they have.
    #[must_use]
    pub fn with_vertex_in(&self, edge: Edge, at: Point) -> Self {
        if matches!(self, Self::Line(_) | Self::Angle(_)) {
            return self.clone();
        }
        self.with_path(edge.path, |points| {
            if edge.index < points.len() {
                points.insert(edge.index + 1, at);
            }
        })
    }

    /// The same without a vertex; `None` if it would leave too few: three for a ring, two for a path, one for points.
    pub fn without_vertex(&self, vertex: Edge) -> Option<Self> {
        let least = match self {
            Self::Polygon(_) | Self::MultiPolygon(_) => 3,
            Self::Polyline(_) | Self::MultiPolyline(_) => 2,
            Self::Points(_) => 1,
            _ => return None,
        };
        let mut enough = true;
        let less = self.with_path(vertex.path, |points| {
            enough = points.len() > least && vertex.index < points.len();
            if enough {
                points.remove(vertex.index);
            }
        });
        enough.then_some(less)
    }

    /// The same with one path changed, counted as [`each_vertex`](Self::each_vertex) does.
    fn with_path(&self, path: usize, change: impl FnOnce(&mut Vec<Point>)) -> Self {
        let mut change = Some(change);
        let mut left = path;
        let mut ring = |points: &Ring| -> Ring {
            let this = left == 0;
            left = left.wrapping_sub(1);
            match change.take_if(|_| this) {
                Some(change) => {
                    let mut points = points.to_vec();
                    change(&mut points);
                    points.into()
                }
                None => Ring::clone(points),
            }
        };
        let mut polygon =
            |one: &Polygon| Polygon { exterior: ring(&one.exterior), holes: one.holes.iter().map(&mut ring).collect() };
        match self {
            Self::Polygon(one) => Self::Polygon(polygon(one)),
            Self::MultiPolygon(all) => Self::MultiPolygon(all.iter().map(polygon).collect()),
            Self::Polyline(points) => Self::Polyline(ring(points)),
            Self::MultiPolyline(paths) => Self::MultiPolyline(paths.iter().map(ring).collect()),
            Self::Points(points) => Self::Points(ring(points)),
            Self::Line(points) => {
                let points = ring(&Ring::from(&points[..]));
                Self::Line([points[0], points[1]])
            }
            Self::Angle(points) => {
                let points = ring(&Ring::from(&points[..]));
                Self::Angle([points[0], points[1], points[2]])
            }
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(all: &[(f64, f64)]) -> Ring {
        all.iter().copied().map(Point::from).collect()
    }

    #[test]
    fn a_vertex_of_a_hole_is_moved_added_and_removed() {
        let hole = ring(&[(1.0, 1.0), (1.0, 3.0), (3.0, 3.0)]);
        let exterior = ring(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]);
        let shape = Geometry::Polygon(Polygon { exterior: exterior.clone(), holes: vec![hole] });
        let vertex = Edge { path: 1, index: 2 };
        let moved = shape.with_vertex(vertex, Point::new(4.0, 4.0));
        let Geometry::Polygon(polygon) = &moved else { panic!("{moved:?}") };
        assert_eq!((&polygon.exterior, polygon.holes[0][2]), (&exterior, Point::new(4.0, 4.0)));
        let more = moved.with_vertex_in(vertex, Point::new(2.0, 2.0));
        assert_eq!(more.vertices(), 8);
        assert_eq!(more.without_vertex(Edge { path: 1, index: 3 }), Some(moved.clone()));
        assert_eq!(moved.without_vertex(vertex), None, "three are the least of a ring");
        assert_eq!(moved.with_vertex(Edge { path: 7, index: 0 }, Point::default()), moved);
    }

    #[test]
    fn lines_keep_their_two_vertices() {
        let line = Geometry::Line([Point::new(0.0, 0.0), Point::new(5.0, 0.0)]);
        let edge = Edge { path: 0, index: 0 };
        assert_eq!(line.with_vertex(edge, Point::new(1.0, 1.0)).paths()[0][0], Point::new(1.0, 1.0));
        assert_eq!((line.with_vertex_in(edge, Point::default()), line.without_vertex(edge)), (line.clone(), None));
        let points = Geometry::Points(ring(&[(1.0, 1.0), (2.0, 2.0)]));
        assert_eq!(points.without_vertex(edge), Some(Geometry::Points(ring(&[(2.0, 2.0)]))));
    }
}

//! [`ParsedGeometry`]: a GeoJSON geometry object, and what shape it is.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::coordinates::Coordinates;
use super::lenient::{Key, Text};
use super::read::scalars;
use crate::core_geometry::Point;
use crate::files::loaded::{as_rectangle, open_ring};
use mosaicist_shape::{Geometry, Plane, Polygon};

/// How deeply collections may be nested.
const DEEPEST: usize = 8;

#[derive(Default)]
pub(super) struct ParsedGeometry {
    /// There is none: the member is null, or no object.
    pub(super) is_missing: bool,
    pub(super) kind: Option<String>,
    pub(super) coordinates: Coordinates,
    pub(super) plane: Option<Plane>,
    pub(super) members: Map<String, Value>,
    pub(super) parts: Vec<ParsedGeometry>,
    pub(super) is_ellipse: bool,
    pub(super) exact: Option<Geometry>,
}

impl ParsedGeometry {
    /// Whether `name` is a type of geometry.
    pub(super) fn is_type(name: &str) -> bool {
        const TYPES: [&str; 7] =
            ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"];
        TYPES.contains(&name)
    }

    /// Take one member but its type and its coordinates.
    pub(super) fn take_value(&mut self, name: String, value: Value) {
        match &*name {
            "geometries" => self.parts = serde_json::from_value(value).unwrap_or_default(),
            "isEllipse" if value.is_boolean() => self.is_ellipse = value == Value::Bool(true),
            "plane" => match serde_json::from_value(value.clone()) {
                Ok(plane) => self.plane = Some(plane),
                Err(_) => drop(self.members.insert(name, value)),
            },
            super::OWN => match serde_json::from_value(value.clone()) {
                Ok(exact) => self.exact = Some(exact),
                Err(_) => drop(self.members.insert(name, value)),
            },
            _ => drop(self.members.insert(name, value)),
        }
    }

    /// The shapes that it is: one, but for a collection of unlike ones. Fails with what is wrong.
    pub(super) fn geometries(self, depth: usize) -> Result<Vec<Geometry>, String> {
        let kind = self.kind.as_deref().unwrap_or_default();
        if kind == "GeometryCollection" {
            if depth >= DEEPEST {
                return Err("collections too deeply nested".into());
            }
            let parts = self.parts.into_iter().map(|part| part.geometries(depth + 1));
            return Ok(joined(parts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()));
        }
        let line = |path: Vec<Point>| match path[..] {
            [a, b] => Geometry::Line([a, b]),
            _ => Geometry::Polyline(path.into()),
        };
        let geometry = match (kind, self.coordinates) {
            ("Point", Coordinates::Position(point)) => Geometry::Points(Arc::from([point])),
            ("MultiPoint", Coordinates::Path(points)) => Geometry::Points(points.into()),
            ("LineString", Coordinates::Path(path)) => line(path),
            ("MultiLineString", Coordinates::Rings(paths)) => {
                Geometry::MultiPolyline(paths.into_iter().map(Into::into).collect())
            }
            ("Polygon", Coordinates::Rings(rings)) => {
                let polygon = polygon(&rings);
                let rectangle = as_rectangle(&polygon.exterior).filter(|_| polygon.holes.is_empty());
                rectangle.map_or(Geometry::Polygon(polygon), Geometry::Rectangle)
            }
            ("MultiPolygon", Coordinates::Polygons(all)) => {
                Geometry::MultiPolygon(all.iter().map(|rings| polygon(rings)).collect())
            }
            (kind, _) if Self::is_type(kind) => return Err(format!("a {kind} whose coordinates are none")),
            (kind, _) => return Err(format!("a geometry of type '{kind:.40}'")),
        };
        Ok(vec![exactly(geometry, self.is_ellipse, self.exact)])
    }
}

fn polygon(rings: &[Vec<Point>]) -> Polygon {
    let mut rings = rings.iter().map(|ring| open_ring(ring));
    Polygon { exterior: rings.next().unwrap_or_else(|| Arc::from([])), holes: rings.collect() }
}

/// The shape that a geometry stands for: an ellipse is what fills the bounds, as in QuPath; the exact shape counts as long as
/// nobody has moved the coordinates.
fn exactly(geometry: Geometry, is_ellipse: bool, exact: Option<Geometry>) -> Geometry {
    let bounds = geometry.bounds();
    if let Some(exact) = exact {
        let own = exact.bounds();
        let differences = [own.x0 - bounds.x0, own.y0 - bounds.y0, own.x1 - bounds.x1, own.y1 - bounds.y1];
        if differences.iter().all(|difference| difference.abs() < 0.5) {
            return exact;
        }
    }
    if is_ellipse && geometry.is_area() {
        let (rx, ry) = (bounds.width() / 2.0, bounds.height() / 2.0);
        return Geometry::Ellipse { center: bounds.center(), rx, ry, angle: 0.0 };
    }
    geometry
}

/// Polygons to a multipolygon, and likewise lines and points; unlike shapes stay apart.
fn joined(all: Vec<Geometry>) -> Vec<Geometry> {
    if all.len() < 2 {
        return all;
    }
    if all.iter().all(Geometry::is_area) {
        let polygons: Vec<Polygon> = all.iter().flat_map(|one| one.polygons().into_owned()).collect();
        return vec![Geometry::from_polygons(polygons)];
    }
    if all.iter().all(|one| matches!(one, Geometry::Points(_))) {
        return vec![Geometry::Points(all.iter().flat_map(|one| one.points().iter().copied()).collect())];
    }
    if all.iter().all(|one| !one.paths().is_empty()) {
        return vec![Geometry::MultiPolyline(all.iter().flat_map(Geometry::paths).collect())];
    }
    all
}

impl<'de> Deserialize<'de> for ParsedGeometry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GeometryVisitor;
        impl<'de> Visitor<'de> for GeometryVisitor {
            type Value = ParsedGeometry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a geometry")
            }

            scalars!(ParsedGeometry, |_this| ParsedGeometry { is_missing: true, ..ParsedGeometry::default() }, text);

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<ParsedGeometry, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(ParsedGeometry { is_missing: true, ..ParsedGeometry::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<ParsedGeometry, A::Error> {
                let mut shape = ParsedGeometry::default();
                while let Some(key) = map.next_key::<Key>()? {
                    match key.as_str() {
                        "type" => shape.kind = map.next_value::<Text>()?.0,
                        "coordinates" => shape.coordinates = map.next_value()?,
                        _ => {
                            let value = map.next_value::<Value>()?;
                            shape.take_value(key.into_string(), value);
                        }
                    }
                }
                Ok(shape)
            }
        }
        deserializer.deserialize_any(GeometryVisitor)
    }
}

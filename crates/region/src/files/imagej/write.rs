//! One ROI to its bytes.

use super::{Notes, SUB_PIXEL, kind, subtype};
use crate::core_geometry::Point;
use mosaicist_shape::{Bounds, Geometry, Polygon, Roi};

/// The version of the layout written.
const VERSION: u16 = 228;
const HEADER: usize = 64;
const SECOND_HEADER: usize = 64;

/// The bytes of one region.
pub(super) fn roi(roi: &Roi, notes: &mut Notes) -> Vec<u8> {
    notes.classes += usize::from(roi.class.is_some());
    let mut file = Writer(vec![0; HEADER]);
    file.0[..4].copy_from_slice(b"Iout");
    file.put(4, &VERSION.to_be_bytes());
    file.put(50, &SUB_PIXEL.to_be_bytes());
    file.bounds(roi.geometry.bounds());
    file.geometry(&roi.geometry, notes);
    if let Some([r, g, b]) = roi.color.or_else(|| roi.shown_color()) {
        file.put(40, &[255, r, g, b]);
    }
    file.second_header(roi);
    file.0
}

struct Writer(Vec<u8>);

impl Writer {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn put_f32(&mut self, at: usize, value: f64) {
        self.put(at, &(value as f32).to_be_bytes());
    }

    fn push_f32(&mut self, value: f64) {
        self.0.extend_from_slice(&(value as f32).to_be_bytes());
    }

    /// As whole pixels of 16 bits, for readers that know no better.
    fn bounds(&mut self, bounds: Bounds) {
        let short = |value: f64| (value.clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16).to_be_bytes();
        let ends = [bounds.y0.floor(), bounds.x0.floor(), bounds.y1.ceil(), bounds.x1.ceil()];
        for (at, value) in (8..).step_by(2).zip(ends) {
            self.put(at, &short(value));
        }
    }

    fn ends(&mut self, a: Point, b: Point) {
        for (at, value) in (18..).step_by(4).zip([a.x, a.y, b.x, b.y]) {
            self.put_f32(at, value);
        }
    }

    fn geometry(&mut self, geometry: &Geometry, notes: &mut Notes) {
        match geometry {
            Geometry::Rectangle(bounds) => {
                self.0[6] = kind::RECTANGLE;
                self.exact_bounds(*bounds);
            }
            Geometry::Ellipse { angle: 0.0, .. } => {
                self.0[6] = kind::OVAL;
                self.exact_bounds(geometry.bounds());
            }
            &Geometry::Ellipse { center, rx, ry, angle } => {
                notes.turned += 1;
                self.turned(center, rx, angle, (subtype::ELLIPSE, ry / rx.max(1e-12)), geometry);
            }
            &Geometry::RotatedRectangle { center, width, height, angle } => {
                notes.turned += 1;
                self.turned(center, width / 2.0, angle, (subtype::ROTATED, height), geometry);
            }
            Geometry::Polygon(polygon) if polygon.holes.is_empty() => self.vertices(kind::POLYGON, &polygon.exterior),
            Geometry::Polygon(_) | Geometry::MultiPolygon(_) => self.path(&geometry.polygons()),
            Geometry::Line([a, b]) => {
                self.0[6] = kind::LINE;
                self.ends(*a, *b);
            }
            Geometry::Polyline(path) => self.vertices(kind::POLYLINE, path),
            Geometry::MultiPolyline(paths) => {
                notes.lines += usize::from(paths.len() > 1);
                self.vertices(kind::POLYLINE, paths.first().map_or(&[], |path| path));
            }
            Geometry::Points(points) => self.vertices(kind::POINT, points),
            Geometry::Angle(points) => self.vertices(kind::ANGLE, points),
            Geometry::Text { text, .. } => self.text(geometry.bounds(), text),
        }
    }

    fn exact_bounds(&mut self, bounds: Bounds) {
        self.ends(Point::new(bounds.x0, bounds.y0), Point::new(bounds.width(), bounds.height()));
    }

    /// The axis of half the length `half`; the outline besides, for readers that know no more than vertices.
    fn turned(&mut self, center: Point, half: f64, angle: f64, (sub, parameter): (u16, f64), geometry: &Geometry) {
        let outline: Vec<Point> = geometry.polygons().first().map_or_else(Vec::new, |one| one.exterior.to_vec());
        self.vertices(kind::FREEHAND, &outline);
        let (sin, cos) = angle.sin_cos();
        let reach = Point::new(cos * half, sin * half);
        self.ends(center - reach, center + reach);
        self.put(48, &sub.to_be_bytes());
        self.put_f32(52, parameter);
    }

    fn vertices(&mut self, kind: u8, points: &[Point]) {
        self.0[6] = kind;
        let count = points.len();
        match u16::try_from(count) {
            Ok(count) => self.put(16, &count.to_be_bytes()),
            Err(_) => self.put(18, &(count as i32).to_be_bytes()),
        }
        let bounds = Bounds::of(points.iter().copied());
        let (left, top) = (bounds.x0.floor(), bounds.y0.floor());
        let short = |value: f64| (value.clamp(0.0, f64::from(i16::MAX)) as i16).to_be_bytes();
        points.iter().for_each(|point| self.0.extend_from_slice(&short(point.x - left)));
        points.iter().for_each(|point| self.0.extend_from_slice(&short(point.y - top)));
        points.iter().for_each(|point| self.push_f32(point.x));
        points.iter().for_each(|point| self.push_f32(point.y));
    }

    /// Moves, lines and ends: a composite.
    fn path(&mut self, polygons: &[Polygon]) {
        self.0[6] = kind::RECTANGLE;
        let mut count = 0i32;
        for ring in polygons.iter().flat_map(Polygon::rings) {
            for (index, point) in ring.iter().enumerate() {
                self.push_f32(if index == 0 { 0.0 } else { 1.0 });
                self.push_f32(point.x);
                self.push_f32(point.y);
                count += 3;
            }
            self.push_f32(4.0);
            count += 1;
        }
        self.put(36, &count.to_be_bytes());
    }

    fn text(&mut self, bounds: Bounds, text: &str) {
        self.0[6] = kind::RECTANGLE;
        self.put(48, &subtype::TEXT.to_be_bytes());
        self.exact_bounds(bounds);
        let font = "SansSerif";
        for value in [18, 0, font.len() as i32, text.encode_utf16().count() as i32] {
            self.0.extend_from_slice(&value.to_be_bytes());
        }
        self.utf16(font);
        self.utf16(text);
        // The angle.
        self.push_f32(0.0);
    }

    fn utf16(&mut self, text: &str) {
        text.encode_utf16().for_each(|unit| self.0.extend_from_slice(&unit.to_be_bytes()));
    }

    /// The name, the plane and the notes.
    fn second_header(&mut self, roi: &Roi) {
        let start = self.0.len();
        self.put(60, &(start as i32).to_be_bytes());
        self.0.resize(start + SECOND_HEADER, 0);
        if let Some(plane) = roi.plane {
            for (at, value) in (4..).step_by(4).zip([plane.c, plane.z, plane.t]) {
                self.put(start + at, &(value + 1).to_be_bytes());
            }
        }
        let notes = roi.notes.as_ref().map(|notes| format!("notes: {notes}\n"));
        let name = roi.name.as_deref().unwrap_or_default();
        for (at, text) in [(16, name), (40, notes.as_deref().unwrap_or_default())] {
            if !text.is_empty() {
                self.put(start + at, &(self.0.len() as i32).to_be_bytes());
                self.put(start + at + 4, &(text.encode_utf16().count() as i32).to_be_bytes());
                self.utf16(text);
            }
        }
    }
}

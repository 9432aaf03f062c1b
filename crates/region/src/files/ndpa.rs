//! Hamamatsu's NDPA, beside an NDPI: XML whose coordinates are nm from the middle of the slide, so that reading and writing
//! need the slide's size, pixels and offset.

use std::io::Write;

use mosaicist_core::xml::Tag;

use super::loaded::{Frame, Loaded, hex_color, keyhole, open_ring};
use super::xml::{open, root_is, walk};
use crate::core_geometry::Point;
use crate::{Error, IoResultExt as _, Result};
use mosaicist_shape::{Geometry, Polygon, Roi};

pub(super) fn detect(head: &[u8]) -> bool {
    root_is(head, "annotations")
}

/// From nm to pixels and back.
struct Place {
    nm_per_px: (f64, f64),
    /// The position of the middle of the slide, in pixels.
    middle: (f64, f64),
}

impl Place {
    fn of(frame: &Frame) -> Result<Self> {
        let missing = || Error::invalid("NDPA is in nm from the middle of the slide: name the NDPI that it belongs to");
        let ((size, mpp), offset) = frame.size.zip(frame.mpp).zip(frame.slide_offset_nm).ok_or_else(missing)?;
        if !(mpp.0 > 0.0 && mpp.1 > 0.0) {
            return Err(missing());
        }
        let nm_per_px = (mpp.0 * 1000.0, mpp.1 * 1000.0);
        let middle = |side: u32, offset: f64, nm: f64| f64::from(side) / 2.0 - offset / nm;
        Ok(Self {
            nm_per_px,
            middle: (middle(size.width, offset.0, nm_per_px.0), middle(size.height, offset.1, nm_per_px.1)),
        })
    }

    fn to_px(&self, x: f64, y: f64) -> Point {
        Point::new(x / self.nm_per_px.0 + self.middle.0, y / self.nm_per_px.1 + self.middle.1)
    }

    fn to_nm(&self, point: Point) -> (f64, f64) {
        ((point.x - self.middle.0) * self.nm_per_px.0, (point.y - self.middle.1) * self.nm_per_px.1)
    }
}

#[derive(Default)]
struct Reading {
    id: String,
    title: String,
    details: String,
    kind: String,
    specialtype: String,
    closed: bool,
    color: Option<[u8; 3]>,
    numbers: Vec<(String, f64)>,
    points: Vec<Point>,
}

pub(super) fn read(bytes: &[u8], frame: &Frame) -> Result<Loaded> {
    let place = Place::of(frame)?;
    let mut loaded = Loaded::default();
    let mut current: Option<Reading> = None;
    let mut x = f64::NAN;
    let fault = walk(bytes, |tag| match tag {
        Tag::Open("ndpviewstate", attributes) => {
            let id = attributes.get("id").unwrap_or_default().to_owned();
            current = Some(Reading { id, ..Reading::default() });
        }
        Tag::Open("annotation", attributes) => {
            if let Some(current) = &mut current {
                attributes.get("type").unwrap_or_default().clone_into(&mut current.kind);
                current.color = attributes.get("color").and_then(hex_color);
            }
        }
        Tag::Open(..) => {}
        Tag::Close("ndpviewstate", _) => {
            if let Some(done) = current.take() {
                finish(done, &place, &mut loaded);
            }
        }
        Tag::Close(name, text) => {
            let value = text.trim();
            if let Some(current) = &mut current {
                match name {
                    "title" => value.clone_into(&mut current.title),
                    "details" => value.clone_into(&mut current.details),
                    "specialtype" => value.clone_into(&mut current.specialtype),
                    "closed" => current.closed = value == "1",
                    "x" if current.kind.starts_with("free") => x = value.parse().unwrap_or(f64::NAN),
                    "y" if current.kind.starts_with("free") => {
                        current.points.push(place.to_px(x, value.parse().unwrap_or(f64::NAN)));
                    }
                    "x" | "y" | "radius" | "x1" | "y1" | "x2" | "y2" | "x3" | "y3" => {
                        current.numbers.push((name.to_owned(), value.parse().unwrap_or(f64::NAN)));
                    }
                    _ => {}
                }
            }
        }
    });
    fault.into_iter().for_each(|fault| loaded.warn(fault));
    Ok(loaded.finished())
}

fn finish(done: Reading, place: &Place, loaded: &mut Loaded) {
    // The view's own position comes before the annotation's: the last counts.
    let number = |name: &str| done.numbers.iter().rev().find(|(given, _)| given == name).map_or(f64::NAN, |(_, v)| *v);
    let point = |index: &str| place.to_px(number(&format!("x{index}")), number(&format!("y{index}")));
    let geometry = match &*done.kind {
        "circle" => {
            let radius = number("radius");
            let (rx, ry) = (radius / place.nm_per_px.0, radius / place.nm_per_px.1);
            Geometry::Ellipse { center: point(""), rx, ry, angle: 0.0 }
        }
        "pointer" | "linearmeasure" => Geometry::Line([point("1"), point("2")]),
        "pin" => Geometry::Points([point("")].into()),
        kind if kind.starts_with("free") => {
            let ring = open_ring(&done.points);
            match super::loaded::as_rectangle(&ring) {
                Some(bounds) if done.specialtype == "rectangle" => Geometry::Rectangle(bounds),
                _ if done.closed || done.specialtype == "rectangle" => Geometry::Polygon(Polygon::new(ring)),
                _ => Geometry::Polyline(done.points.as_slice().into()),
            }
        }
        other => return loaded.warn(format!("annotation {}: of type '{other:.40}'", done.id)),
    };
    let mut roi = Roi::new(geometry);
    roi.name = (!done.title.is_empty()).then(|| done.title.as_str().into());
    roi.notes = (!done.details.is_empty()).then(|| done.details.as_str().into());
    roi.color = done.color;
    loaded.push(roi, || format!("annotation {}", done.id));
}

pub(super) fn write(loaded: &Loaded, frame: &Frame, out: &mut dyn Write) -> Result<Vec<String>> {
    let place = Place::of(frame)?;
    write_all(loaded, &place, out).at(std::path::Path::new(""))
}

fn write_all(loaded: &Loaded, place: &Place, out: &mut dyn Write) -> std::io::Result<Vec<String>> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n<annotations>")?;
    let (mut id, mut holes, mut classes) = (0, 0, 0);
    for roi in &loaded.rois {
        classes += usize::from(roi.class.is_some());
        for part in parts(&roi.geometry, place, &mut holes) {
            id += 1;
            write_one(out, roi, place, id, &part)?;
        }
    }
    writeln!(out, "</annotations>")?;
    let mut notes = Vec::new();
    if holes > 0 {
        notes.push(format!("{holes} holes were joined to their outlines by a cut: NDPA knows none"));
    }
    if classes > 0 {
        notes.push(format!("the classes of {classes} regions were left out: NDPA knows none"));
    }
    Ok(notes)
}

enum Part {
    Circle(Point, f64),
    Line(Point, Point),
    Pin(Point),
    /// Vertices, closed, a rectangle.
    Free(Vec<Point>, bool, bool),
}

fn parts(geometry: &Geometry, place: &Place, holes: &mut usize) -> Vec<Part> {
    let (across, down) = place.nm_per_px;
    match geometry {
        Geometry::Ellipse { center, rx, ry, .. } if (rx * across - ry * down).abs() < 1e-6 * rx * across => {
            vec![Part::Circle(*center, rx * across)]
        }
        Geometry::Rectangle(bounds) => vec![Part::Free(bounds.corners().to_vec(), true, true)],
        Geometry::Line([a, b]) => vec![Part::Line(*a, *b)],
        Geometry::Points(_) | Geometry::Text { .. } => {
            geometry.points().iter().map(|&point| Part::Pin(point)).collect()
        }
        _ if geometry.is_area() => {
            let polygons = geometry.polygons();
            *holes += polygons.iter().map(|polygon| polygon.holes.len()).sum::<usize>();
            polygons.iter().map(|polygon| Part::Free(keyhole(polygon), true, false)).collect()
        }
        _ => geometry.paths().iter().map(|path| Part::Free(path.to_vec(), false, false)).collect(),
    }
}

fn write_one(out: &mut dyn Write, roi: &Roi, place: &Place, id: usize, part: &Part) -> std::io::Result<()> {
    let number = |value: f64| format!("{value}");
    let text = |out: &mut dyn Write, name: &str, text: &str| {
        writeln!(out, "<{name}>{}</{name}>", mosaicist_core::xml::escaped(text))
    };
    let pair = |out: &mut dyn Write, index: &str, point: Point| {
        let (x, y) = place.to_nm(point);
        writeln!(out, "<x{index}>{}</x{index}>\n<y{index}>{}</y{index}>", number(x), number(y))
    };
    writeln!(out, "<ndpviewstate id=\"{id}\">")?;
    text(out, "title", roi.name.as_deref().unwrap_or_default())?;
    text(out, "details", roi.notes.as_deref().unwrap_or_default())?;
    writeln!(out, "<coordformat>nanometers</coordformat>\n<lens>20</lens>")?;
    pair(out, "", roi.geometry.bounds().center())?;
    writeln!(out, "<z>0</z>\n<showtitle>0</showtitle>\n<showhistogram>0</showhistogram>\n<showlens>0</showlens>")?;
    let [r, g, b] = roi.shown_color().unwrap_or([0, 0, 0]);
    let color = format!("#{r:02x}{g:02x}{b:02x}");
    let (kind, display) = match part {
        Part::Circle(..) => ("circle", "AnnotateCircle"),
        Part::Line(..) => ("linearmeasure", "AnnotateRuler"),
        Part::Pin(_) => ("pin", "AnnotatePin"),
        Part::Free(_, _, true) => ("freehand", "AnnotateRectangle"),
        Part::Free(..) => ("freehand", "AnnotateFreehand"),
    };
    open(out, "annotation", &[("type", kind), ("displayname", display), ("color", &color)], "")?;
    writeln!(out, "<measuretype>0</measuretype>")?;
    match part {
        Part::Circle(center, radius) => {
            pair(out, "", *center)?;
            writeln!(out, "<radius>{}</radius>", number(*radius))?;
        }
        Part::Line(a, b) => {
            pair(out, "1", *a)?;
            pair(out, "2", *b)?;
        }
        Part::Pin(point) => pair(out, "", *point)?,
        Part::Free(points, closed, is_rectangle) => {
            writeln!(out, "<closed>{}</closed>", u8::from(*closed))?;
            writeln!(out, "<pointlist>")?;
            for point in points {
                writeln!(out, "<point>")?;
                pair(out, "", *point)?;
                writeln!(out, "</point>")?;
            }
            writeln!(out, "</pointlist>")?;
            if *is_rectangle {
                writeln!(out, "<specialtype>rectangle</specialtype>")?;
            }
        }
    }
    writeln!(out, "</annotation>\n</ndpviewstate>")
}

//! ROIs in OME-XML (schema 2016-06): in a file of its own, or the description of an OME-TIFF.
//!
//! A `ROI` of several shapes is their union. OME knows no holes: they are joined to their outlines by a cut. It knows no
//! classes either: they go into a map annotation, and come back from it.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use mosaicist_core::xml::{Attributes, Tag};

use super::loaded::{Frame, Loaded, keyhole, open_ring, polygon_or_rectangle};
use super::xml::{open, root_is, walk};
use crate::core_geometry::{Affine, Point};
use crate::{IoResultExt as _, Result};
use mosaicist_shape::{Bounds, Geometry, Plane, Polygon, Roi};

const NAMESPACE: &str = "http://www.openmicroscopy.org/Schemas/OME/2016-06";
/// Whose map annotations hold classes.
const CLASS_NAMESPACE: &str = "mosaicist/region/class";

pub(super) fn detect(head: &[u8]) -> bool {
    root_is(head, "OME")
}

#[derive(Default)]
struct Reading {
    id: String,
    name: String,
    description: String,
    annotations: Vec<String>,
    shapes: Vec<OmeShape>,
}

struct OmeShape {
    geometry: Option<Geometry>,
    kind: String,
    text: Option<String>,
    color: Option<[u8; 3]>,
    locked: bool,
    plane: Option<Plane>,
    transform: Option<Affine>,
}

pub(super) fn read(bytes: &[u8], _: &Frame) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let mut current: Option<Reading> = None;
    let mut waiting: Vec<(usize, Vec<String>)> = Vec::new();
    let mut classes: HashMap<String, String> = HashMap::new();
    let (mut annotation, mut key) = (String::new(), String::new());
    let fault = walk(bytes, |tag| match tag {
        Tag::Open("ROI", attributes) => {
            let text = |name| attributes.get(name).unwrap_or_default().to_owned();
            current = Some(Reading { id: text("ID"), name: text("Name"), ..Reading::default() });
        }
        Tag::Open("AnnotationRef", attributes) => {
            if let (Some(current), Some(id)) = (&mut current, attributes.get("ID")) {
                current.annotations.push(id.to_owned());
            }
        }
        Tag::Open("MapAnnotation", attributes) => {
            annotation.clear();
            if attributes.get("Namespace") == Some(CLASS_NAMESPACE) {
                attributes.get("ID").unwrap_or_default().clone_into(&mut annotation);
            }
        }
        Tag::Open("M", attributes) => {
            attributes.get("K").unwrap_or_default().clone_into(&mut key);
        }
        Tag::Open("Transform", attributes) => {
            if let Some(shape) = current.as_mut().and_then(|current| current.shapes.last_mut()) {
                shape.transform = transform(attributes);
            }
        }
        Tag::Open(kind, attributes) if current.is_some() && is_shape(kind) => {
            if let Some(current) = &mut current {
                current.shapes.push(shape(kind, attributes));
            }
        }
        Tag::Close("M", text) if !annotation.is_empty() => {
            classes.insert(format!("{annotation}\n{key}"), text.trim().to_owned());
        }
        Tag::Close("Description", text) => {
            if let Some(current) = &mut current {
                text.trim().clone_into(&mut current.description);
            }
        }
        Tag::Close("ROI", _) => {
            if let Some(mut done) = current.take() {
                let (first, annotations) = (loaded.rois.len(), std::mem::take(&mut done.annotations));
                finish(&done, &mut loaded);
                waiting.extend((first..loaded.rois.len()).map(|index| (index, annotations.clone())));
            }
        }
        _ => {}
    });
    // The annotations may stand behind the ROIs.
    for (index, annotations) in waiting {
        let value = |key: &str| annotations.iter().find_map(|id| classes.get(&format!("{id}\n{key}")));
        if let Some(name) = value("class").cloned() {
            let color = value("color").and_then(|color| super::loaded::hex_color(color));
            let class = loaded.class(&name, color);
            let roi = &mut loaded.rois[index];
            roi.color = roi.color.filter(|own| Some(*own) != color);
            roi.class = Some(class);
        }
    }
    fault.into_iter().for_each(|fault| loaded.warn(fault));
    Ok(loaded.finished())
}

fn is_shape(kind: &str) -> bool {
    matches!(kind, "Rectangle" | "Ellipse" | "Polygon" | "Polyline" | "Line" | "Point" | "Label" | "Mask")
}

fn shape(kind: &str, attributes: &Attributes) -> OmeShape {
    let number = |name| attributes.decimal(name);
    let point = || Point::new(number("X"), number("Y"));
    let text = attributes.get("Text").map(str::to_owned);
    let geometry = match kind {
        "Rectangle" => Some(Geometry::rectangle(number("X"), number("Y"), number("Width"), number("Height"))),
        "Ellipse" => {
            let (rx, ry) = (number("RadiusX"), number("RadiusY"));
            Some(Geometry::Ellipse { center: point(), rx, ry, angle: 0.0 })
        }
        "Polygon" => Some(polygon_or_rectangle(open_ring(&points(attributes)))),
        "Polyline" => Some(match points(attributes)[..] {
            [a, b] => Geometry::Line([a, b]),
            ref all => Geometry::Polyline(all.into()),
        }),
        "Line" => {
            let end = |x, y| Point::new(number(x), number(y));
            Some(Geometry::Line([end("X1", "Y1"), end("X2", "Y2")]))
        }
        "Point" => Some(Geometry::Points([point()].into())),
        "Label" => Some(Geometry::Text { at: point(), text: text.clone().unwrap_or_default().into() }),
        _ => None,
    };
    let index = |name| attributes.number::<i32>(name);
    let plane = (index("TheC"), index("TheZ"), index("TheT"));
    let plane = (plane != (None, None, None)).then(|| Plane {
        c: plane.0.unwrap_or(-1),
        z: plane.1.unwrap_or(0),
        t: plane.2.unwrap_or(0),
    });
    // Red, green, blue and alpha in a signed number.
    let color = attributes.number::<i64>("StrokeColor").map(|packed| {
        let [r, g, b, _] = (packed as u32).to_be_bytes();
        [r, g, b]
    });
    let locked = attributes.get("Locked") == Some("true");
    OmeShape { geometry, kind: kind.to_owned(), text, color, locked, plane, transform: None }
}

/// `x,y x,y ...`
fn points(attributes: &Attributes) -> Vec<Point> {
    let number = |text: Option<&str>| text.and_then(|text| text.trim().parse().ok()).unwrap_or(f64::NAN);
    let pair = |pair: &str| {
        let mut numbers = pair.split(',');
        Point::new(number(numbers.next()), number(numbers.next()))
    };
    attributes.get("Points").unwrap_or_default().split_whitespace().map(pair).collect()
}

fn transform(attributes: &Attributes) -> Option<Affine> {
    let number = |name| attributes.number::<f64>(name);
    Some(Affine {
        a: number("A00")?,
        b: number("A10")?,
        c: number("A01")?,
        d: number("A11")?,
        e: number("A02")?,
        f: number("A12")?,
    })
}

fn finish(done: &Reading, loaded: &mut Loaded) {
    let mut geometries = Vec::new();
    for shape in &done.shapes {
        match &shape.geometry {
            Some(geometry) => {
                let moved = shape.transform.map_or_else(|| geometry.clone(), |affine| geometry.transformed(affine));
                geometries.push((moved, shape));
            }
            None => loaded.warn(format!("{}: a {} is not read", done.id, shape.kind)),
        }
    }
    let Some((_, first)) = geometries.first() else { return };
    let mut roi = Roi::new(Geometry::Points([].into()));
    roi.id = (!done.id.is_empty()).then(|| done.id.as_str().into());
    let name = (!done.name.is_empty()).then_some(done.name.as_str());
    let is_label = matches!(first.geometry, Some(Geometry::Text { .. }));
    roi.name = name.or(first.text.as_deref().filter(|text| !text.is_empty() && !is_label)).map(Into::into);
    roi.notes = (!done.description.is_empty()).then(|| done.description.as_str().into());
    (roi.color, roi.locked, roi.plane) = (first.color, first.locked, first.plane);
    let (areas, others): (Vec<_>, Vec<_>) =
        geometries.into_iter().map(|(geometry, _)| geometry).partition(Geometry::is_area);
    let points = others.iter().all(|geometry| matches!(geometry, Geometry::Points(_)));
    let paths = others.iter().all(|geometry| !geometry.paths().is_empty());
    let mut all = Vec::new();
    match areas.len() {
        0 => {}
        1 => all.extend(areas),
        _ => {
            let polygons = areas.iter().flat_map(|area| area.polygons().into_owned()).collect();
            all.push(Geometry::from_polygons(polygons));
        }
    }
    match others.len() {
        2.. if points => all.push(Geometry::Points(others.iter().flat_map(|one| one.points().to_vec()).collect())),
        2.. if paths => all.push(Geometry::MultiPolyline(others.iter().flat_map(Geometry::paths).collect())),
        _ => all.extend(others),
    }
    for geometry in all {
        loaded.push(Roi { geometry, ..roi.clone() }, || done.id.clone());
    }
}

pub(super) fn write(loaded: &Loaded, _: &Frame, out: &mut dyn Write) -> Result<Vec<String>> {
    write_all(loaded, out).at(std::path::Path::new(""))
}

fn write_all(loaded: &Loaded, out: &mut dyn Write) -> std::io::Result<Vec<String>> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    open(out, "OME", &[("xmlns", NAMESPACE)], "")?;
    // Every class once, as an annotation that its regions refer to.
    let mut classes = HashMap::new();
    let mut order = Vec::new();
    for class in loaded.rois.iter().filter_map(|roi| roi.class.as_ref()) {
        classes.entry(Arc::clone(class)).or_insert_with(|| {
            order.push(Arc::clone(class));
            order.len() - 1
        });
    }
    if !order.is_empty() {
        writeln!(out, "<StructuredAnnotations>")?;
        for (index, class) in order.iter().enumerate() {
            let id = format!("Annotation:{index}");
            open(out, "MapAnnotation", &[("ID", &*id), ("Namespace", CLASS_NAMESPACE)], "")?;
            writeln!(out, "<Value>")?;
            write!(out, "<M K=\"class\">{}</M>", mosaicist_core::xml::escaped(&class.name))?;
            if let Some([r, g, b]) = class.color {
                write!(out, "<M K=\"color\">#{r:02x}{g:02x}{b:02x}</M>")?;
            }
            writeln!(out, "</Value>\n</MapAnnotation>")?;
        }
        writeln!(out, "</StructuredAnnotations>")?;
    }
    let mut holes = 0;
    for (index, roi) in loaded.rois.iter().enumerate() {
        let id = format!("ROI:{index}");
        let mut attributes = vec![("ID", &*id)];
        attributes.extend(roi.name.as_deref().map(|name| ("Name", name)));
        open(out, "ROI", &attributes, "")?;
        writeln!(out, "<Union>")?;
        for (part, geometry) in parts(&roi.geometry, &mut holes).into_iter().enumerate() {
            write_shape(out, roi, &format!("Shape:{index}:{part}"), &geometry)?;
        }
        writeln!(out, "</Union>")?;
        if let Some(place) = roi.class.as_ref().and_then(|class| classes.get(class)) {
            open(out, "AnnotationRef", &[("ID", &*format!("Annotation:{place}"))], "/")?;
        }
        if let Some(notes) = &roi.notes {
            writeln!(out, "<Description>{}</Description>", mosaicist_core::xml::escaped(notes))?;
        }
        writeln!(out, "</ROI>")?;
    }
    writeln!(out, "</OME>")?;
    let note = || format!("{holes} holes were joined to their outlines by a cut: OME-XML knows none");
    Ok((holes > 0).then(note).into_iter().collect())
}

/// The shapes that a geometry is written as.
fn parts(geometry: &Geometry, holes: &mut usize) -> Vec<Geometry> {
    match geometry {
        Geometry::Points(points) => points.iter().map(|&point| Geometry::Points([point].into())).collect(),
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => {
            let polygons = geometry.polygons();
            *holes += polygons.iter().map(|polygon| polygon.holes.len()).sum::<usize>();
            polygons.iter().map(|polygon| Geometry::Polygon(Polygon::new(keyhole(polygon)))).collect()
        }
        Geometry::MultiPolyline(paths) => paths.iter().map(|path| Geometry::Polyline(path.clone())).collect(),
        other => vec![other.clone()],
    }
}

fn write_shape(out: &mut dyn Write, roi: &Roi, id: &str, geometry: &Geometry) -> std::io::Result<()> {
    let mut attributes: Vec<(&str, String)> = vec![("ID", id.to_owned())];
    if let Some([r, g, b]) = roi.shown_color() {
        attributes.push(("StrokeColor", i32::from_be_bytes([r, g, b, 255]).to_string()));
    }
    if roi.locked {
        attributes.push(("Locked", "true".into()));
    }
    if let Some(plane) = roi.plane {
        attributes.extend([("TheZ", plane.z), ("TheT", plane.t)].map(|(name, value)| (name, value.max(0).to_string())));
        attributes.extend((plane.c >= 0).then(|| ("TheC", plane.c.to_string())));
    }
    let number = |value: f64| format!("{value}");
    let list = |points: &[Point]| points.iter().map(|p| format!("{},{}", p.x, p.y)).collect::<Vec<_>>().join(" ");
    let (mut turn, mut bounds) = (None, Bounds::EMPTY);
    let name = match geometry {
        Geometry::Rectangle(own) => {
            bounds = *own;
            "Rectangle"
        }
        &Geometry::RotatedRectangle { center, width, height, angle } => {
            bounds = Bounds::at(center.x - width / 2.0, center.y - height / 2.0, width, height);
            turn = Some(Affine::rotation(angle.to_degrees()).about(center));
            "Rectangle"
        }
        &Geometry::Ellipse { center, rx, ry, angle } => {
            attributes.extend(
                [("X", center.x), ("Y", center.y), ("RadiusX", rx), ("RadiusY", ry)].map(|(n, v)| (n, number(v))),
            );
            turn = (angle != 0.0).then(|| Affine::rotation(angle.to_degrees()).about(center));
            "Ellipse"
        }
        Geometry::Line([a, b]) => {
            attributes.extend([("X1", a.x), ("Y1", a.y), ("X2", b.x), ("Y2", b.y)].map(|(n, v)| (n, number(v))));
            "Line"
        }
        Geometry::Points(_) | Geometry::Text { .. } => {
            let at = geometry.points().first().copied().unwrap_or_default();
            attributes.extend([("X", number(at.x)), ("Y", number(at.y))]);
            if let Geometry::Text { text, .. } = geometry {
                attributes.push(("Text", text.to_string()));
            }
            if matches!(geometry, Geometry::Text { .. }) { "Label" } else { "Point" }
        }
        _ if geometry.is_area() => {
            attributes.push(("Points", list(geometry.polygons().first().map_or(&[], |polygon| &polygon.exterior))));
            "Polygon"
        }
        _ => {
            attributes.push(("Points", list(geometry.paths().first().map_or(&[], |path| path))));
            "Polyline"
        }
    };
    if !bounds.is_empty() {
        let sides = [("X", bounds.x0), ("Y", bounds.y0), ("Width", bounds.width()), ("Height", bounds.height())];
        attributes.extend(sides.map(|(name, value)| (name, number(value))));
    }
    let attributes: Vec<(&str, &str)> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let Some(turn) = turn else { return open(out, name, &attributes, "/") };
    open(out, name, &attributes, "")?;
    let numbers = [turn.a, turn.c, turn.e, turn.b, turn.d, turn.f].map(number);
    let names = ["A00", "A01", "A02", "A10", "A11", "A12"];
    let pairs: Vec<(&str, &str)> = names.into_iter().zip(numbers.iter().map(String::as_str)).collect();
    open(out, "Transform", &pairs, "/")?;
    writeln!(out, "</{name}>")
}

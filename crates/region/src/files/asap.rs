//! The XML of ASAP (computationalpathologygroup/ASAP, `XmlRepository.cpp`): annotations in groups; the group is the class.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use mosaicist_core::xml::Tag;

use super::loaded::{Frame, Loaded, hex_color, keyhole, open_ring, polygon_or_rectangle};
use super::xml::{open, root_is, walk};
use crate::core_geometry::Point;
use crate::{IoResultExt as _, Result};
use mosaicist_shape::{Geometry, Roi};

pub(super) fn detect(head: &[u8]) -> bool {
    root_is(head, "ASAP_Annotations")
}

#[derive(Default)]
struct Reading {
    name: String,
    kind: String,
    group: String,
    color: Option<[u8; 3]>,
    points: Vec<(f64, Point)>,
}

pub(super) fn read(bytes: &[u8], _: &Frame) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let mut current: Option<Reading> = None;
    let mut groups: BTreeMap<String, Option<[u8; 3]>> = BTreeMap::new();
    let fault = walk(bytes, |tag| match tag {
        Tag::Open("Annotation", attributes) => {
            let text = |name| attributes.get(name).unwrap_or_default().to_owned();
            let color = attributes.get("Color").and_then(hex_color);
            let (name, kind, group) = (text("Name"), text("Type"), text("PartOfGroup"));
            current = Some(Reading { name, kind, group, color, points: Vec::new() });
        }
        Tag::Open("Coordinate", attributes) => {
            if let Some(current) = &mut current {
                let order = attributes.number("Order").unwrap_or(current.points.len() as f64);
                current.points.push((order, Point::new(attributes.decimal("X"), attributes.decimal("Y"))));
            }
        }
        Tag::Open("Group", attributes) => {
            if let Some(name) = attributes.get("Name") {
                groups.insert(name.to_owned(), attributes.get("Color").and_then(hex_color));
            }
        }
        Tag::Close("Annotation", _) => {
            if let Some(done) = current.take() {
                finish(done, &mut loaded);
            }
        }
        _ => {}
    });
    // Groups, and with them the colors of classes, come last.
    for index in 0..loaded.rois.len() {
        let Some(class) = loaded.rois[index].class.clone() else { continue };
        if let Some(Some(color)) = groups.get(&*class.name) {
            let class = loaded.class(&class.name, Some(*color));
            let roi = &mut loaded.rois[index];
            roi.color = roi.color.filter(|own| own != color);
            roi.class = Some(class);
        }
    }
    fault.into_iter().for_each(|fault| loaded.warn(fault));
    Ok(loaded.finished())
}

fn finish(mut done: Reading, loaded: &mut Loaded) {
    done.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let points: Vec<Point> = done.points.iter().map(|(_, point)| *point).collect();
    let geometry = match (&*done.kind, &points[..]) {
        ("Dot" | "PointSet", _) => Geometry::Points(points.into()),
        ("Measurement", [a, b]) => Geometry::Line([*a, *b]),
        ("Measurement", _) => Geometry::Polyline(points.into()),
        ("Rectangle", _) => polygon_or_rectangle(open_ring(&points)),
        _ => Geometry::Polygon(crate::Polygon::new(open_ring(&points))),
    };
    let mut roi = Roi::new(geometry);
    roi.name = (!done.name.is_empty()).then(|| done.name.as_str().into());
    roi.color = done.color;
    if !matches!(&*done.group, "" | "None") {
        roi.class = Some(loaded.class(&done.group, None));
    }
    loaded.push(roi, || format!("annotation '{:.40}'", done.name));
}

pub(super) fn write(loaded: &Loaded, _: &Frame, out: &mut dyn Write) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    write_all(loaded, out, &mut notes).at(std::path::Path::new(""))?;
    Ok(notes)
}

fn write_all(loaded: &Loaded, out: &mut dyn Write, notes: &mut Vec<String>) -> std::io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\"?>\n<ASAP_Annotations>\n<Annotations>")?;
    let mut groups: BTreeMap<Arc<str>, Option<[u8; 3]>> = BTreeMap::new();
    let mut holes = 0;
    for (index, roi) in loaded.rois.iter().enumerate() {
        let group = roi.class.as_ref().map_or("None", |class| &class.name);
        if let Some(class) = &roi.class {
            groups.insert(Arc::clone(&class.name), class.color);
        }
        let name = roi.name.as_deref().map_or_else(|| format!("Annotation {index}"), str::to_owned);
        let color = hex(roi.shown_color());
        for (kind, points) in parts(&roi.geometry, &mut holes) {
            let attributes = [("Name", &*name), ("Type", kind), ("PartOfGroup", group), ("Color", &color)];
            open(out, "Annotation", &attributes, "")?;
            writeln!(out, "<Coordinates>")?;
            for (order, point) in points.iter().enumerate() {
                writeln!(out, "<Coordinate Order=\"{order}\" X=\"{}\" Y=\"{}\"/>", point.x, point.y)?;
            }
            writeln!(out, "</Coordinates>\n</Annotation>")?;
        }
    }
    writeln!(out, "</Annotations>\n<AnnotationGroups>")?;
    for (name, color) in &groups {
        open(out, "Group", &[("Name", name), ("PartOfGroup", "None"), ("Color", &hex(*color))], "")?;
        writeln!(out, "<Attributes/>\n</Group>")?;
    }
    if holes > 0 {
        notes.push(format!("{holes} holes were joined to their outlines by a cut: ASAP knows none"));
    }
    writeln!(out, "</AnnotationGroups>\n</ASAP_Annotations>")
}

/// A class without a color gets ASAP's yellow.
fn hex(color: Option<[u8; 3]>) -> String {
    let [r, g, b] = color.unwrap_or([0xF4, 0xFA, 0x58]);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The annotations that a geometry is written as.
fn parts(geometry: &Geometry, holes: &mut usize) -> Vec<(&'static str, Vec<Point>)> {
    match geometry {
        Geometry::Rectangle(bounds) => vec![("Rectangle", bounds.corners().to_vec())],
        Geometry::Points(points) if points.len() > 1 => vec![("PointSet", points.to_vec())],
        Geometry::Points(_) | Geometry::Text { .. } => vec![("Dot", geometry.points().to_vec())],
        _ if geometry.is_area() => {
            let polygons = geometry.polygons();
            *holes += polygons.iter().map(|polygon| polygon.holes.len()).sum::<usize>();
            polygons.iter().map(|polygon| ("Polygon", keyhole(polygon))).collect()
        }
        _ => geometry.paths().iter().map(|path| ("Measurement", path.to_vec())).collect(),
    }
}

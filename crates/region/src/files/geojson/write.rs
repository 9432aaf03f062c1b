//! Writing, as QuPath does: one feature to a line.

use std::io::{Result as IoResult, Write};

use serde_json::{Map, Value, json};

use crate::core_geometry::Point;
use crate::files::loaded::{Frame, Loaded};
use crate::{IoResultExt as _, Result};
use mosaicist_shape::{Geometry, Polygon, Roi};

pub(crate) fn write(loaded: &Loaded, _: &Frame, out: &mut dyn Write) -> Result<Vec<String>> {
    let mut writer = Writer { rois: &loaded.rois, children: children(&loaded.rois), skipped: 0 };
    writer.collection(&loaded.members, out).at(std::path::Path::new(""))?;
    let skipped = writer.skipped;
    let note = || format!("{skipped} measurements that are no finite number were left out");
    Ok((skipped > 0).then(note).into_iter().collect())
}

/// For each region, those it holds; empty if none holds any.
fn children(rois: &[Roi]) -> Vec<Vec<u32>> {
    if rois.iter().all(|roi| roi.parent.is_none()) {
        return Vec::new();
    }
    let mut children = vec![Vec::new(); rois.len()];
    for (index, roi) in (0u32..).zip(rois) {
        if let Some(held) = roi.parent.filter(|_| !is_top(rois, index)).and_then(|p| children.get_mut(p as usize)) {
            held.push(index);
        }
    }
    children
}

/// Whether a region stands by itself: it has no parent, or its line of parents does not end within reason.
fn is_top(rois: &[Roi], index: u32) -> bool {
    let parent =
        |index: u32| rois.get(index as usize).and_then(|roi| roi.parent).filter(|&p| (p as usize) < rois.len());
    if parent(index).is_none() {
        return true;
    }
    // Readers of JSON stop at depths of 128, three for each of ours.
    const DEEPEST: usize = 32;
    std::iter::successors(Some(index), |&index| parent(index)).take(DEEPEST + 1).count() > DEEPEST
}

struct Writer<'a> {
    rois: &'a [Roi],
    children: Vec<Vec<u32>>,
    skipped: usize,
}

impl Writer<'_> {
    fn collection(&mut self, members: &Map<String, Value>, out: &mut dyn Write) -> IoResult<()> {
        out.write_all(b"{\"type\":\"FeatureCollection\"")?;
        for (name, value) in members.iter().filter(|(name, _)| !matches!(name.as_str(), "type" | "features")) {
            member(name, value, out)?;
        }
        out.write_all(b",\"features\":[")?;
        let mut first = true;
        for index in 0..self.rois.len() {
            if self.children.is_empty() || is_top(self.rois, index as u32) {
                out.write_all(if first { b"\n" } else { b",\n" })?;
                self.feature(index, out)?;
                first = false;
            }
        }
        out.write_all(b"\n]}\n")
    }

    fn feature(&mut self, index: usize, out: &mut dyn Write) -> IoResult<()> {
        let roi = &self.rois[index];
        let extra = roi.extra.as_deref();
        out.write_all(b"{\"type\":\"Feature\"")?;
        if let Some(id) = &roi.id {
            member("id", &**id, out)?;
        }
        out.write_all(b",\"geometry\":")?;
        geometry(roi, &roi.geometry, extra.map(|extra| &extra.geometry), out)?;
        if let Some(nucleus) = &roi.nucleus {
            out.write_all(b",\"nucleusGeometry\":")?;
            geometry(roi, nucleus, None, out)?;
        }
        for (name, value) in extra.iter().flat_map(|extra| &extra.feature) {
            member(name, value, out)?;
        }
        out.write_all(b",\"properties\":{\"objectType\":")?;
        text(roi.kind.name(), out)?;
        self.properties(roi, out)?;
        let held = self.children.get(index).filter(|held| !held.is_empty()).cloned();
        if let Some(held) = held {
            out.write_all(b",\"childObjects\":[")?;
            for (count, child) in held.into_iter().enumerate() {
                if count > 0 {
                    out.write_all(b",")?;
                }
                self.feature(child as usize, out)?;
            }
            out.write_all(b"]")?;
        }
        out.write_all(b"}}")
    }

    fn properties(&mut self, roi: &Roi, out: &mut dyn Write) -> IoResult<()> {
        if let Some(name) = &roi.name {
            member("name", &**name, out)?;
        }
        if let Some(color) = roi.color {
            member("color", &color, out)?;
        }
        if let Some(class) = &roi.class {
            out.write_all(b",\"classification\":{\"name\":")?;
            text(&class.name, out)?;
            if let Some(color) = class.color {
                member("color", &color, out)?;
            }
            out.write_all(b"}")?;
        }
        if roi.locked {
            member("isLocked", &true, out)?;
        }
        if roi.hidden {
            member("isHidden", &true, out)?;
        }
        self.measurements(roi, out)?;
        let unknown = roi.extra.iter().flat_map(|extra| &extra.properties);
        for (name, value) in unknown.filter(|(name, _)| roi.notes.is_none() || *name != "metadata") {
            member(name, value, out)?;
        }
        if let Some(notes) = &roi.notes {
            let metadata = roi.extra.as_ref().and_then(|extra| extra.properties.get("metadata")?.as_object().cloned());
            let mut metadata = metadata.unwrap_or_default();
            metadata.insert(super::NOTES.to_owned(), json!(**notes));
            member("metadata", &metadata, out)?;
        }
        Ok(())
    }

    fn measurements(&mut self, roi: &Roi, out: &mut dyn Write) -> IoResult<()> {
        let finite = || roi.measurements.iter().filter(|(_, value)| value.is_finite());
        self.skipped += roi.measurements.len() - finite().count();
        for (count, (name, value)) in finite().enumerate() {
            out.write_all(if count == 0 { b",\"measurements\":{" } else { b"," })?;
            text(name, out)?;
            out.write_all(b":")?;
            number(*value, out)?;
        }
        if finite().next().is_some() { out.write_all(b"}") } else { Ok(()) }
    }
}

fn geometry(roi: &Roi, geometry: &Geometry, extra: Option<&Map<String, Value>>, out: &mut dyn Write) -> IoResult<()> {
    let (kind, exact) = match geometry {
        Geometry::Rectangle(_) | Geometry::Polygon(_) => ("Polygon", false),
        Geometry::Ellipse { angle, .. } => ("Polygon", *angle != 0.0),
        Geometry::RotatedRectangle { .. } => ("Polygon", true),
        Geometry::MultiPolygon(_) => ("MultiPolygon", false),
        Geometry::Polyline(_) | Geometry::Line(_) => ("LineString", false),
        Geometry::Angle(_) => ("LineString", true),
        Geometry::MultiPolyline(_) => ("MultiLineString", false),
        Geometry::Points(points) if points.len() == 1 => ("Point", false),
        Geometry::Points(_) => ("MultiPoint", false),
        Geometry::Text { .. } => ("Point", true),
    };
    write!(out, "{{\"type\":\"{kind}\",\"coordinates\":")?;
    match geometry {
        Geometry::MultiPolygon(all) => list(all.iter(), out, polygon)?,
        Geometry::MultiPolyline(all) => list(all.iter(), out, |line, out| path(line, false, out))?,
        Geometry::Points(points) if points.len() != 1 => path(points, false, out)?,
        Geometry::Points(_) | Geometry::Text { .. } => match geometry.points() {
            [point, ..] => position(*point, out)?,
            [] => out.write_all(b"[]")?,
        },
        _ => match (geometry.polygons().first(), geometry.paths().first()) {
            (Some(one), _) => polygon(one, out)?,
            (None, Some(line)) => path(line, false, out)?,
            (None, None) => out.write_all(b"[]")?,
        },
    }
    if let Some(plane) = &roi.plane {
        member("plane", plane, out)?;
    }
    if matches!(geometry, Geometry::Ellipse { angle: 0.0, .. }) {
        member("isEllipse", &true, out)?;
    }
    if exact {
        member(super::OWN, geometry, out)?;
    }
    for (name, value) in extra.into_iter().flatten() {
        member(name, value, out)?;
    }
    out.write_all(b"}")
}

fn polygon(polygon: &Polygon, out: &mut dyn Write) -> IoResult<()> {
    list(polygon.rings(), out, |ring, out| path(ring, true, out))
}

/// Vertices; of a ring the first again at the end.
fn path(points: &[Point], closed: bool, out: &mut dyn Write) -> IoResult<()> {
    let again = points.first().filter(|_| closed);
    list(points.iter().chain(again), out, |point, out| position(*point, out))
}

fn list<T>(
    all: impl Iterator<Item = T>,
    out: &mut dyn Write,
    mut one: impl FnMut(T, &mut dyn Write) -> IoResult<()>,
) -> IoResult<()> {
    out.write_all(b"[")?;
    for (count, item) in all.enumerate() {
        if count > 0 {
            out.write_all(b",")?;
        }
        one(item, out)?;
    }
    out.write_all(b"]")
}

fn position(point: Point, out: &mut dyn Write) -> IoResult<()> {
    out.write_all(b"[")?;
    number(point.x, out)?;
    out.write_all(b",")?;
    number(point.y, out)?;
    out.write_all(b"]")
}

/// The shortest digits that give the same number; no `.0` behind whole ones.
fn number(value: f64, out: &mut dyn Write) -> IoResult<()> {
    if value.fract() == 0.0 && value.abs() < 1e15 { write!(out, "{}", value as i64) } else { write!(out, "{value}") }
}

fn text(text: &str, out: &mut dyn Write) -> IoResult<()> {
    serde_json::to_writer(out, text).map_err(Into::into)
}

fn member(name: &str, value: &(impl serde::Serialize + ?Sized), out: &mut dyn Write) -> IoResult<()> {
    out.write_all(b",")?;
    text(name, out)?;
    out.write_all(b":")?;
    serde_json::to_writer(out, value).map_err(Into::into)
}

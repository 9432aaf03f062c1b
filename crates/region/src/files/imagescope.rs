//! Aperio `ImageScope`'s XML: layers (`Annotation`) of regions; the layer is the class. Coordinates are pixels of level 0.
//!
//! A `Region`'s type is 0 polygon or freehand, 1 rectangle, 2 ellipse, 3 arrow, 4 ruler, 5 counter; `NegativeROA` makes it a
//! hole in those of its layer.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use mosaicist_core::xml::{Attributes, Tag};

use super::loaded::{Frame, Loaded, as_rectangle, open_ring};
use super::xml::{open, root_is, walk};
use crate::core_geometry::Point;
use crate::index::BoundsIndex;
use crate::{IoResultExt as _, Result};
use mosaicist_shape::{Bounds, Geometry, Polygon, Roi};

pub(super) fn detect(head: &[u8]) -> bool {
    root_is(head, "Annotations")
}

#[derive(Default)]
struct Layer {
    name: String,
    color: Option<[u8; 3]>,
    hidden: bool,
    locked: bool,
}

#[derive(Default)]
struct Reading {
    id: String,
    kind: i64,
    is_hole: bool,
    text: String,
    points: Vec<Point>,
}

pub(super) fn read(bytes: &[u8], _: &Frame) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let mut layer = Layer::default();
    let mut first = 0;
    let mut holes: Vec<Polygon> = Vec::new();
    let mut current: Option<Reading> = None;
    let fault = walk(bytes, |tag| match tag {
        Tag::Open("Annotation", attributes) => {
            layer = layer_of(attributes);
            (first, holes) = (loaded.rois.len(), Vec::new());
        }
        // A layer without a name has it among its attributes.
        Tag::Open("Attribute", attributes) if layer.name.is_empty() && current.is_none() => {
            attributes.get("Name").unwrap_or_default().clone_into(&mut layer.name);
        }
        Tag::Open("Region", attributes) => {
            let text = |name| attributes.get(name).unwrap_or_default().to_owned();
            current = Some(Reading {
                id: text("Id"),
                kind: attributes.number("Type").unwrap_or(0),
                is_hole: attributes.get("NegativeROA") == Some("1"),
                text: text("Text"),
                points: Vec::new(),
            });
        }
        Tag::Open("Vertex" | "V", attributes) => {
            if let Some(current) = &mut current {
                current.points.push(Point::new(attributes.decimal("X"), attributes.decimal("Y")));
            }
        }
        Tag::Close("Region", _) => {
            if let Some(done) = current.take() {
                finish(done, &layer, &mut holes, &mut loaded);
            }
        }
        Tag::Close("Annotation", _) => cut_holes(&mut loaded, first, std::mem::take(&mut holes)),
        _ => {}
    });
    cut_holes(&mut loaded, first, holes);
    fault.into_iter().for_each(|fault| loaded.warn(fault));
    Ok(loaded.finished())
}

fn layer_of(attributes: &Attributes) -> Layer {
    // Blue is the highest byte.
    let color = attributes.number::<i64>("LineColor");
    let color = color.map(|packed| [(packed & 255) as u8, (packed >> 8 & 255) as u8, (packed >> 16 & 255) as u8]);
    Layer {
        name: attributes.get("Name").unwrap_or_default().to_owned(),
        color,
        hidden: attributes.get("Visible") == Some("0"),
        locked: attributes.get("ReadOnly") == Some("1"),
    }
}

fn finish(done: Reading, layer: &Layer, holes: &mut Vec<Polygon>, loaded: &mut Loaded) {
    let ring = open_ring(&done.points);
    let bounds = Bounds::of(done.points.iter().copied());
    let geometry = match (done.kind, &ring[..]) {
        (1, [a, b]) => Geometry::Rectangle(Bounds::spanning(*a, *b)),
        (1, _) => as_rectangle(&ring).map_or_else(|| Geometry::Polygon(Polygon::new(ring)), Geometry::Rectangle),
        (2, [_, _, ..]) => Geometry::Ellipse {
            center: bounds.center(),
            rx: bounds.width() / 2.0,
            ry: bounds.height() / 2.0,
            angle: 0.0,
        },
        (3 | 4, [a, b]) => Geometry::Line([*a, *b]),
        (3 | 4, _) => Geometry::Polyline(ring),
        (5, _) => Geometry::Points(ring),
        _ => Geometry::Polygon(Polygon::new(ring)),
    };
    if done.is_hole && geometry.is_area() {
        holes.extend(geometry.polygons().iter().cloned());
        return;
    }
    let mut roi = Roi::new(geometry);
    roi.name = (!done.text.is_empty()).then(|| done.text.as_str().into());
    (roi.hidden, roi.locked) = (layer.hidden, layer.locked);
    if layer.name.is_empty() {
        roi.color = layer.color;
    } else {
        roi.class = Some(loaded.class(&layer.name, layer.color));
    }
    loaded.push(roi, || format!("region {}", done.id));
}

/// Put each hole into the region of its layer that it lies in.
fn cut_holes(loaded: &mut Loaded, first: usize, holes: Vec<Polygon>) {
    if holes.is_empty() {
        return;
    }
    let layer = &loaded.rois[first..];
    let index = BoundsIndex::new(layer.iter().map(|roi| roi.geometry.bounds()));
    let (mut found, mut lost): (BTreeMap<usize, Vec<Polygon>>, usize) = (BTreeMap::new(), 0);
    for hole in holes {
        let holder = hole.exterior.first().and_then(|&start| {
            let near = index.touching(Bounds::of([start]).expand(1e-6));
            let inside = |roi: &Roi| roi.geometry.contains(start) || roi.geometry.hit(start, 1e-6).is_some_and(within);
            near.into_iter().map(|at| at as usize).find(|&at| layer[at].geometry.is_area() && inside(&layer[at]))
        });
        match holder {
            Some(at) => found.entry(first + at).or_default().push(hole),
            None => lost += 1,
        }
    }
    for (at, holes) in found {
        let mut polygons = loaded.rois[at].geometry.polygons().into_owned();
        let whole = polygons.clone();
        for hole in holes {
            let holds = |polygon: &Polygon| hole.exterior.first().is_some_and(|&start| polygon.contains(start));
            let place = whole.iter().position(holds).unwrap_or(0);
            polygons[place].holes.push(hole.exterior);
        }
        loaded.rois[at].geometry = Geometry::from_polygons(polygons);
    }
    (0..lost).for_each(|_| loaded.warn("a negative region that lies in no other"));
}

fn within(hit: mosaicist_shape::Hit) -> bool {
    hit.inside || hit.distance <= 1e-6
}

pub(super) fn write(loaded: &Loaded, frame: &Frame, out: &mut dyn Write) -> Result<Vec<String>> {
    write_all(loaded, frame, out).at(std::path::Path::new(""))
}

fn write_all(loaded: &Loaded, frame: &Frame, out: &mut dyn Write) -> std::io::Result<Vec<String>> {
    let mpp = frame.mpp.map_or_else(String::new, |(x, _)| x.to_string());
    open(out, "Annotations", &[("MicronsPerPixel", &*mpp)], "")?;
    let mut layers: BTreeMap<(Arc<str>, i64, bool, bool), Vec<&Roi>> = BTreeMap::new();
    for roi in &loaded.rois {
        let name = roi.class.as_ref().map_or_else(|| Arc::from(""), |class| Arc::clone(&class.name));
        // Without a color of its own a layer is green, as ImageScope's first one.
        let [r, g, b] = roi.shown_color().unwrap_or([0, 255, 0]).map(i64::from);
        layers.entry((name, r | g << 8 | b << 16, roi.hidden, roi.locked)).or_default().push(roi);
    }
    let (mut id, mut turned) = (0, 0);
    for (layer, ((name, color, hidden, locked), rois)) in (1..).zip(&layers) {
        let (layer, color) = (layer.to_string(), color.to_string());
        let (shown, locked) = (if *hidden { "0" } else { "1" }, if *locked { "1" } else { "0" });
        let attributes = [
            ("Id", &*layer),
            ("Name", name),
            ("ReadOnly", locked),
            ("NameReadOnly", "0"),
            ("LineColorReadOnly", "0"),
            ("Incremental", "0"),
            ("Type", "4"),
            ("LineColor", &color),
            ("Visible", shown),
            ("Selected", "0"),
        ];
        open(out, "Annotation", &attributes, "")?;
        writeln!(out, "<Regions>")?;
        for roi in rois {
            turned += usize::from(matches!(roi.geometry, Geometry::Ellipse { angle, .. } if angle != 0.0));
            for (kind, is_hole, points) in parts(&roi.geometry) {
                id += 1;
                write_region(out, (id, kind, is_hole), roi.name.as_deref().unwrap_or_default(), &points)?;
            }
        }
        writeln!(out, "</Regions>\n</Annotation>")?;
    }
    writeln!(out, "</Annotations>")?;
    let note = || format!("{turned} rotated ellipses became polygons: ImageScope knows none");
    Ok((turned > 0).then(note).into_iter().collect())
}

fn write_region(
    out: &mut dyn Write,
    (id, kind, is_hole): (usize, u8, bool),
    text: &str,
    points: &[Point],
) -> std::io::Result<()> {
    let (id, kind) = (id.to_string(), kind.to_string());
    let attributes = [
        ("Id", &*id),
        ("Type", &kind),
        ("Zoom", "1"),
        ("Selected", "0"),
        ("Text", text),
        ("NegativeROA", if is_hole { "1" } else { "0" }),
        ("Analyze", "1"),
        ("DisplayId", &id),
    ];
    open(out, "Region", &attributes, "")?;
    writeln!(out, "<Attributes/>\n<Vertices>")?;
    for point in points {
        writeln!(out, "<Vertex X=\"{}\" Y=\"{}\" Z=\"0\"/>", point.x, point.y)?;
    }
    writeln!(out, "</Vertices>\n</Region>")
}

/// The regions that a geometry is written as: type, whether it is a hole, vertices.
fn parts(geometry: &Geometry) -> Vec<(u8, bool, Vec<Point>)> {
    match geometry {
        Geometry::Rectangle(bounds) => vec![(1, false, bounds.corners().to_vec())],
        Geometry::Ellipse { angle: 0.0, .. } => {
            let b = geometry.bounds();
            vec![(2, false, vec![Point::new(b.x0, b.y0), Point::new(b.x1, b.y1)])]
        }
        Geometry::Points(_) | Geometry::Text { .. } => vec![(5, false, geometry.points().to_vec())],
        _ if geometry.is_area() => {
            let rings = |polygon: &Polygon| {
                let rings = polygon.rings().enumerate();
                rings.map(|(index, ring)| (0, index > 0, ring.to_vec())).collect::<Vec<_>>()
            };
            geometry.polygons().iter().flat_map(rings).collect()
        }
        _ => geometry.paths().iter().map(|path| (4, false, path.to_vec())).collect(),
    }
}

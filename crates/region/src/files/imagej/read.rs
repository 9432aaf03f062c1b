//! One ROI from its bytes.

use super::{SUB_PIXEL, kind, subtype};
use crate::core_geometry::Point;
use crate::files::loaded::polygon_or_rectangle;
use crate::index::BoundsIndex;
use mosaicist_shape::{Bounds, Geometry, Plane, Polygon, Ring, Roi, distance};

/// Big-endian numbers at places of a buffer; nothing beyond its end.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn i16(&self, at: usize) -> Option<f64> {
        self.array(at).map(|bytes| f64::from(i16::from_be_bytes(bytes)))
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    fn i32(&self, at: usize) -> Option<i32> {
        self.array(at).map(i32::from_be_bytes)
    }

    fn f32(&self, at: usize) -> Option<f64> {
        self.array(at).map(|bytes| f64::from(f32::from_be_bytes(bytes)))
    }
}

/// Read one; fails with what is wrong.
pub(super) fn roi(bytes: &[u8]) -> Result<Roi, String> {
    if !bytes.starts_with(b"Iout") {
        return Err("no ImageJ ROI".into());
    }
    let file = Reader(bytes);
    let geometry = geometry(&file)?;
    let mut roi = Roi::new(geometry);
    let header = file.i32(60).filter(|&at| at >= 64).map(|at| at as usize);
    if let Some(header) = header {
        roi.name = name(&file, header);
        let position = |offset: usize| file.i32(header + offset).unwrap_or(0);
        let (c, z, t) = (position(4), position(8), position(12));
        // They count from 1; 0 means all.
        if c > 0 || z > 0 || t > 0 {
            roi.plane = Some(Plane { c: c.max(0) - 1, z: z.max(1) - 1, t: t.max(1) - 1 });
        }
        roi.notes = notes(&file, header);
    }
    roi.color = file.i32(40).filter(|&packed| packed != 0).map(|packed| {
        let [_, r, g, b] = packed.to_be_bytes();
        [r, g, b]
    });
    Ok(roi)
}

/// Text in UTF-16.
fn text(file: &Reader<'_>, at: usize, length: usize) -> Option<String> {
    let bytes = file.0.get(at..at.checked_add(length.checked_mul(2)?)?)?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    Some(String::from_utf16_lossy(&units)).filter(|text| !text.is_empty())
}

fn name(file: &Reader<'_>, header: usize) -> Option<std::sync::Arc<str>> {
    let (at, length) = (file.i32(header + 16)?, file.i32(header + 20)?);
    text(file, usize::try_from(at).ok()?, usize::try_from(length).ok()?).map(Into::into)
}

/// The properties, of which only ours are notes.
fn notes(file: &Reader<'_>, header: usize) -> Option<std::sync::Arc<str>> {
    let (at, length) = (file.i32(header + 40)?, file.i32(header + 44)?);
    let text = text(file, usize::try_from(at).ok()?, usize::try_from(length).ok()?)?;
    text.strip_prefix("notes: ").map(|notes| notes.trim_end_matches('\n').into())
}

fn geometry(file: &Reader<'_>) -> Result<Geometry, String> {
    let short = || "the file ends too early".to_owned();
    let kind = *file.0.get(6).ok_or_else(short)?;
    let options = file.u16(50).ok_or_else(short)?;
    let sub = file.u16(48).ok_or_else(short)?;
    let precise = options & SUB_PIXEL != 0 && file.u16(4).is_some_and(|version| version >= 222);
    let bounds = bounds(file, precise, kind).ok_or_else(short)?;
    let shape_size = file.i32(36).ok_or_else(short)?;
    if shape_size > 0 {
        return composite(file, shape_size as usize);
    }
    Ok(match kind {
        kind::RECTANGLE if sub == subtype::TEXT => label(file, bounds).ok_or_else(short)?,
        kind::RECTANGLE => Geometry::Rectangle(bounds),
        kind::OVAL => {
            let (rx, ry) = (bounds.width() / 2.0, bounds.height() / 2.0);
            Geometry::Ellipse { center: bounds.center(), rx, ry, angle: 0.0 }
        }
        kind::LINE => {
            let end = |at: usize| Some(Point::new(file.f32(at)?, file.f32(at + 4)?));
            Geometry::Line([end(18).ok_or_else(short)?, end(26).ok_or_else(short)?])
        }
        kind::FREEHAND if matches!(sub, subtype::ELLIPSE | subtype::ROTATED) => turned(file, sub).ok_or_else(short)?,
        kind::POLYGON | kind::FREEHAND | kind::TRACED => polygon_or_rectangle(vertices(file, bounds, precise)?),
        kind::POLYLINE | kind::FREE_LINE => Geometry::Polyline(vertices(file, bounds, precise)?),
        kind::POINT => Geometry::Points(vertices(file, bounds, precise)?),
        kind::ANGLE => match vertices(file, bounds, precise)?[..] {
            [a, b, c] => Geometry::Angle([a, b, c]),
            _ => return Err("an angle that has not three points".into()),
        },
        other => return Err(format!("a ROI of kind {other}")),
    })
}

fn bounds(file: &Reader<'_>, precise: bool, kind: u8) -> Option<Bounds> {
    if precise && matches!(kind, kind::RECTANGLE | kind::OVAL) {
        return Some(Bounds::at(file.f32(18)?, file.f32(22)?, file.f32(26)?, file.f32(30)?));
    }
    Some(Bounds { y0: file.i16(8)?, x0: file.i16(10)?, y1: file.i16(12)?, x1: file.i16(14)? })
}

/// The vertices: integers from the upper left of the bounds, or floats behind them.
fn vertices(file: &Reader<'_>, bounds: Bounds, precise: bool) -> Result<Ring, String> {
    let short = || "the file ends too early".to_owned();
    let mut count = usize::from(file.u16(16).ok_or_else(short)?);
    // More than 65535 vertices stand elsewhere.
    if count == 0 {
        count = usize::try_from(file.i32(18).ok_or_else(short)?).unwrap_or(0);
    }
    if count > file.0.len() / 4 {
        return Err(format!("{count} vertices in {} bytes", file.0.len()));
    }
    let all: Option<Ring> = if precise {
        let start = 64 + count * 4;
        (0..count).map(|i| Some(Point::new(file.f32(start + i * 4)?, file.f32(start + (count + i) * 4)?))).collect()
    } else {
        let at = |index: usize| file.i16(64 + index * 2);
        (0..count).map(|i| Some(Point::new(bounds.x0 + at(i)?, bounds.y0 + at(count + i)?))).collect()
    };
    all.ok_or_else(short)
}

/// An ellipse or a rectangle by the ends of one axis, and the ratio of the axes or the width.
fn turned(file: &Reader<'_>, sub: u16) -> Option<Geometry> {
    let (a, b) = (Point::new(file.f32(18)?, file.f32(22)?), Point::new(file.f32(26)?, file.f32(30)?));
    let along = b - a;
    let (length, angle) = (distance(a, b), along.y.atan2(along.x));
    let center = Point::new(f64::midpoint(a.x, b.x), f64::midpoint(a.y, b.y));
    let parameter = file.f32(52)?;
    Some(if sub == subtype::ELLIPSE {
        Geometry::Ellipse { center, rx: length / 2.0, ry: length / 2.0 * parameter, angle }
    } else {
        Geometry::RotatedRectangle { center, width: length, height: parameter, angle }
    })
}

/// A text: its size, style, the lengths of the font's name and of itself, both in UTF-16.
fn label(file: &Reader<'_>, bounds: Bounds) -> Option<Geometry> {
    let lengths = (usize::try_from(file.i32(72)?).ok()?, usize::try_from(file.i32(76)?).ok()?);
    let text = text(file, 80usize.checked_add(lengths.0.checked_mul(2)?)?, lengths.1).unwrap_or_default();
    Some(Geometry::Text { at: Point::new(bounds.x0, bounds.y0), text: text.trim_end_matches('\n').into() })
}

/// A path of moves, lines and curves: its rings by the even-odd rule.
fn composite(file: &Reader<'_>, size: usize) -> Result<Geometry, String> {
    if size > file.0.len() / 4 {
        return Err(format!("a path of {size} numbers in {} bytes", file.0.len()));
    }
    let numbers: Option<Vec<f64>> = (0..size).map(|index| file.f32(64 + index * 4)).collect();
    let numbers = numbers.ok_or("the file ends too early")?;
    let mut rings: Vec<Vec<Point>> = Vec::new();
    let mut at = 0;
    while at < numbers.len() {
        let point = |index: usize| Some(Point::new(*numbers.get(at + index)?, *numbers.get(at + index + 1)?));
        let taken = match numbers[at] as i64 {
            0 => {
                rings.push(vec![point(1).ok_or("a path that ends too early")?]);
                3
            }
            command @ 1..=3 => {
                let ring = rings.last_mut().ok_or("a path that begins nowhere")?;
                let control: Option<Vec<Point>> = (0..command as usize).map(|i| point(1 + 2 * i)).collect();
                curve(ring, &control.ok_or("a path that ends too early")?);
                1 + 2 * command as usize
            }
            4 => 1,
            other => return Err(format!("a path with the command {other}")),
        };
        at += taken;
    }
    Ok(from_rings(rings))
}

/// Continue a ring by a line or a Bézier curve, in 16 steps.
fn curve(ring: &mut Vec<Point>, control: &[Point]) {
    let Some(&start) = ring.last() else { return };
    if let [end] = control {
        return ring.push(*end);
    }
    for step in 1..=16 {
        let t = f64::from(step) / 16.0;
        let mut points: Vec<Point> = std::iter::once(start).chain(control.iter().copied()).collect();
        // De Casteljau.
        while points.len() > 1 {
            let mix = |pair: &[Point]| {
                Point::new(pair[0].x + (pair[1].x - pair[0].x) * t, pair[0].y + (pair[1].y - pair[0].y) * t)
            };
            points = points.windows(2).map(mix).collect();
        }
        ring.extend(points);
    }
}

/// Rings that lie in an odd number of others are holes, of the smallest that holds them.
fn from_rings(rings: Vec<Vec<Point>>) -> Geometry {
    let rings = rings.iter().map(|ring| crate::files::loaded::open_ring(ring)).filter(|ring| ring.len() >= 3);
    let mut outlines: Vec<Polygon> = rings.map(Polygon::new).collect();
    // The larger first: what holds a ring is larger.
    outlines.sort_by(|a, b| b.area().total_cmp(&a.area()));
    let places = BoundsIndex::new(outlines.iter().map(|outline| Bounds::of(outline.exterior.iter().copied())));
    let mut polygons: Vec<Polygon> = Vec::new();
    // Of each outline, which polygon it became, if it is no hole.
    let mut made: Vec<Option<usize>> = Vec::new();
    for (index, ring) in outlines.iter().enumerate() {
        let inside = inner_point(&ring.exterior);
        let near = places.touching(Bounds::of([inside])).into_iter().map(|at| at as usize);
        let holders: Vec<usize> = near.filter(|&at| at < index && outlines[at].contains(inside)).collect();
        match holders.iter().rev().find_map(|&at| made[at]) {
            Some(polygon) if holders.len() % 2 == 1 => {
                polygons[polygon].holes.push(ring.exterior.clone());
                made.push(None);
            }
            _ => {
                made.push(Some(polygons.len()));
                polygons.push(ring.clone());
            }
        }
    }
    Geometry::from_polygons(polygons)
}

/// A point just inside a ring: beside the middle of an edge.
fn inner_point(ring: &Ring) -> Point {
    let polygon = Polygon::new(ring.clone());
    let edges = ring.windows(2).map(|pair| (pair[0], pair[1]));
    let beside = edges.flat_map(|(a, b)| {
        let (middle, along) = (Point::new(f64::midpoint(a.x, b.x), f64::midpoint(a.y, b.y)), b - a);
        let length = along.x.hypot(along.y).max(1e-9);
        let normal = Point::new(-along.y / length * 1e-4, along.x / length * 1e-4);
        [middle + normal, middle - normal]
    });
    beside
        .take(1000)
        .find(|&point| polygon.contains(point))
        .unwrap_or_else(|| ring.first().copied().unwrap_or_default())
}

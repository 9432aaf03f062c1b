//! [`Loaded`]: what a file of regions gave, and what all readers share: warnings, shared names, the checks of geometry.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::core_geometry::{Point, Size};
use crate::pixels::Color;
use crate::source::Info;
use mosaicist_shape::{Class, Geometry, Polygon, Ring, Roi};

/// The most warnings listed one by one.
const MOST_WARNINGS: usize = 100;

/// The image that the regions lie on, as far as a format needs it: NDPA's are in nm from the middle of the slide.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    /// In pixels of level 0.
    pub size: Option<Size>,
    /// µm of a pixel, across and down.
    pub mpp: Option<(f64, f64)>,
    /// Of the image's middle from that of the slide, in nm: Hamamatsu's `XOffsetFromSlideCentre` and `Y`.
    pub slide_offset_nm: Option<(f64, f64)>,
    /// The name of the image, for formats that say it.
    pub name: Option<String>,
    /// Whether it is a picture in colors: OME's `Image` says so.
    pub is_color: bool,
}

impl Frame {
    /// What `info` says.
    pub fn of(info: &Info) -> Self {
        let offset = |axis: &str| {
            info.properties.get(&format!("hamamatsu.{axis}OffsetFromSlideCentre"))?.trim().parse::<f64>().ok()
        };
        Self {
            size: Some(info.size()),
            mpp: info.mpp,
            slide_offset_nm: offset("X").zip(offset("Y")),
            name: None,
            is_color: matches!(info.color, Color::Rgb | Color::Rgba),
        }
    }
}

/// What a file of regions holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    pub rois: Vec<Roi>,
    /// Unknown members of the file (GeoJSON), written back unchanged.
    pub members: Map<String, Value>,
    /// What could not be read: the first hundred in words, then their number.
    pub warnings: Vec<String>,
    more_warnings: usize,
    names: Interner,
}

impl Loaded {
    /// Regions that come from no file.
    pub fn new(rois: Vec<Roi>) -> Self {
        Self { rois, ..Self::default() }
    }

    /// The same with these unknown members of the file.
    #[must_use]
    pub fn with_members(mut self, members: Map<String, Value>) -> Self {
        self.members = members;
        self
    }

    /// Keep only those of which `keeps` is true. What was held by one that is gone is held by none.
    pub fn retain(&mut self, keeps: impl Fn(&Roi) -> bool) {
        let mut places = Vec::with_capacity(self.rois.len());
        let mut count = 0;
        for roi in &self.rois {
            let kept = keeps(roi);
            places.push(kept.then_some(count));
            count += u32::from(kept);
        }
        self.rois.retain(keeps);
        for roi in &mut self.rois {
            roi.parent = roi.parent.and_then(|parent| places.get(parent as usize).copied().flatten());
        }
    }

    /// Note what could not be read.
    pub fn warn(&mut self, what: impl Into<String>) {
        if self.warnings.len() < MOST_WARNINGS {
            self.warnings.push(what.into());
        } else {
            self.more_warnings += 1;
        }
    }

    /// Add a region if its geometry is sound; else list it as `what`.
    pub(super) fn push(&mut self, roi: Roi, what: impl FnOnce() -> String) {
        match check(&roi.geometry) {
            None => self.rois.push(roi),
            Some(fault) => {
                let what = what();
                self.warn(format!("{what}: {fault}"));
            }
        }
    }

    pub(super) fn name(&mut self, name: &str) -> Arc<str> {
        self.names.name(name)
    }

    pub(super) fn class(&mut self, name: &str, color: Option<[u8; 3]>) -> Arc<Class> {
        self.names.class(name, color)
    }

    /// Done: only the regions and the warnings stay.
    pub(super) fn finished(mut self) -> Self {
        if self.more_warnings > 0 {
            let more = self.more_warnings;
            self.warnings.push(format!("and {more} more"));
            self.more_warnings = 0;
        }
        self.names = Interner::default();
        self.rois.shrink_to_fit();
        self
    }
}

/// Names that many regions share.
#[derive(Debug, Clone, PartialEq, Default)]
struct Interner {
    names: HashMap<Arc<str>, Arc<str>>,
    classes: HashMap<Arc<str>, Vec<Arc<Class>>>,
}

impl Interner {
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.names.insert(Arc::clone(&new), Arc::clone(&new));
        new
    }

    /// Of classes with one name and very many colors, not all are remembered.
    fn class(&mut self, name: &str, color: Option<[u8; 3]>) -> Arc<Class> {
        if let Some(known) = self.classes.get(name).and_then(|all| all.iter().find(|class| class.color == color)) {
            return Arc::clone(known);
        }
        let name = self.name(name);
        let class = Arc::new(Class { name: Arc::clone(&name), color });
        let all = self.classes.entry(name).or_default();
        if all.len() < 512 {
            all.push(Arc::clone(&class));
        }
        class
    }
}

/// What is wrong with a geometry, if anything.
pub(super) fn check(geometry: &Geometry) -> Option<String> {
    let finite = |points: &[Point]| points.iter().all(|point| point.x.is_finite() && point.y.is_finite());
    let bounds = geometry.bounds();
    let bad = || Some("a coordinate that is no number".to_owned());
    let short = |kind: &str, count: usize| Some(format!("a {kind} of {count} vertices"));
    match geometry {
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) => {
            let polygons = geometry.polygons();
            if polygons.is_empty() {
                return Some("a polygon of nothing".to_owned());
            }
            let mut rings = polygons.iter().flat_map(Polygon::rings);
            rings.find_map(|ring| match ring.len() {
                count @ 0..=2 => short("polygon", count),
                _ if !finite(ring) => bad(),
                _ => None,
            })
        }
        Geometry::Polyline(_) | Geometry::MultiPolyline(_) | Geometry::Line(_) | Geometry::Angle(_) => {
            let paths = geometry.paths();
            if paths.is_empty() {
                return short("line", 0);
            }
            paths.iter().find_map(|path| match path.len() {
                count @ 0..=1 => short("line", count),
                _ if !finite(path) => bad(),
                _ => None,
            })
        }
        Geometry::Points(points) if points.is_empty() => Some("no point".to_owned()),
        Geometry::Points(points) if !finite(points) => bad(),
        Geometry::Rectangle(b) if b.is_empty() => Some("an empty rectangle".to_owned()),
        Geometry::Ellipse { rx, ry, .. } if *rx < 0.0 || *ry < 0.0 => Some("an ellipse of negative radius".to_owned()),
        _ if [bounds.x0, bounds.y0, bounds.x1, bounds.y1].iter().all(|value| value.is_finite()) => None,
        _ => bad(),
    }
}

/// A ring without the repetition of its first vertex at the end.
pub(super) fn open_ring(points: &[Point]) -> Ring {
    match points {
        [first, .., last] if first == last && points.len() > 1 => Ring::from(&points[..points.len() - 1]),
        all => Ring::from(all),
    }
}

/// A polygon, or the rectangle that it is.
pub(super) fn polygon_or_rectangle(ring: Ring) -> Geometry {
    as_rectangle(&ring).map_or_else(|| Geometry::Polygon(Polygon::new(ring)), Geometry::Rectangle)
}

/// The rectangle whose corners are these vertices, in any order around it.
pub(super) fn as_rectangle(ring: &[Point]) -> Option<crate::Bounds> {
    let &[a, b, c, d] = ring else { return None };
    let bits = |p: Point| (p.x.to_bits(), p.y.to_bits());
    let [a_bits, b_bits, c_bits, d_bits] = [a, b, c, d].map(bits);
    let across_first = a_bits.1 == b_bits.1 && b_bits.0 == c_bits.0 && c_bits.1 == d_bits.1 && d_bits.0 == a_bits.0;
    let down_first = a_bits.0 == b_bits.0 && b_bits.1 == c_bits.1 && c_bits.0 == d_bits.0 && d_bits.1 == a_bits.1;
    let bounds = crate::Bounds::spanning(a, c);
    ((across_first || down_first) && bounds.width() > 0.0 && bounds.height() > 0.0).then_some(bounds)
}

/// `#rrggbb` or `#rrggbbaa` or `#aarrggbb`-less forms of other programs: the first six digits.
pub(super) fn hex_color(text: &str) -> Option<[u8; 3]> {
    let digits = text.trim().strip_prefix('#')?;
    let byte = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    Some([byte(0)?, byte(2)?, byte(4)?])
}

/// A polygon as one ring: each hole is joined to the exterior by a cut there and back, so that the even-odd area is the same.
/// For formats that know no holes.
pub(super) fn keyhole(polygon: &Polygon) -> Vec<Point> {
    let mut ring: Vec<Point> = polygon.exterior.to_vec();
    for hole in &polygon.holes {
        let Some(&start) = hole.first() else { continue };
        let Some(&anchor) = ring.first() else { continue };
        ring.push(anchor);
        ring.extend(hole.iter().copied());
        ring.push(start);
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_keeps_its_parents() {
        let roi = |x: f64, parent| Roi { parent, ..Roi::new(Geometry::rectangle(x, 0.0, 1.0, 1.0)) };
        let mut loaded = Loaded::new(vec![roi(0.0, None), roi(1.0, None), roi(2.0, Some(1)), roi(3.0, Some(0))]);
        loaded.retain(|roi| roi.geometry.bounds().x0 > 0.0);
        assert_eq!(loaded.rois.iter().map(|roi| roi.parent).collect::<Vec<_>>(), [None, Some(0), None]);
    }
}

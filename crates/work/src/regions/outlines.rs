//! The outlines of regions, burnt into what is exported.

use crate::export::ExportRequest;
use crate::geometry::{Affine, Point, Rect};
use crate::mosaic::Mosaic;
use crate::source::Source;
use crate::{Error, Result};
use mosaicist_region::{Geometry, OutlinedSource, Roi, lettering, stroke};

/// What of the regions is burnt in: their outlines, and the texts of labels. Lengths are in pixels of the output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlines {
    /// Of the lines.
    pub width: f64,
    /// The height of the letters in which names are written too; none are written if `None`.
    pub names: Option<f64>,
}

impl Outlines {
    /// Letters of texts have this height where no names are written.
    pub const LETTERS: f64 = 16.0;

    /// Lines of that width, and no names.
    pub fn of_width(width: f64) -> Self {
        Self { width, names: None }
    }
}

/// Calls `work` with `source`, which shows the canvas from `corner` on, with the outlines of the document's regions burnt in if the
/// request asks for them.
///
/// Fails if no region is visible then.
pub(crate) fn with_outlines<T>(
    source: &dyn Source,
    mosaic: &Mosaic,
    request: &ExportRequest,
    work: impl FnOnce(&dyn Source) -> Result<T>,
) -> Result<T> {
    let Some(outlines) = request.outlines else { return work(source) };
    let bounds = mosaic.bounds();
    let shown = request.region.unwrap_or(bounds);
    let visible: Vec<&Roi> =
        mosaic.regions.touching(shown).filter(|region| !region.hidden).map(|region| &**region).collect();
    if visible.is_empty() {
        return Err(Error::invalid("no region is visible there, so there are no outlines to burn in"));
    }
    let map = Affine::translation(Point::new(-bounds.x0 as f64, -bounds.y0 as f64));
    let shown = shown.translate(-bounds.x0, -bounds.y0);
    work(&outlined(source, visible, map, (outlines, pixels_of_one(request), shown))?)
}

/// `source` with the outlines of `rois` in their colors; `map` takes their coordinates to its pixels, of which a pixel of the output is
/// `one`. Names stand in that part of it which is `shown`.
pub(super) fn outlined<'a, 'r>(
    source: &'a dyn Source,
    rois: impl IntoIterator<Item = &'r Roi>,
    map: Affine,
    (outlines, one, shown): (Outlines, f64, Rect),
) -> Result<OutlinedSource<'a>> {
    let width = outlines.width * one;
    if !(width > 0.0 && width.is_finite()) {
        return Err(Error::invalid("the width of outlines must be more than 0 pixels"));
    }
    let (mut shapes, mut texts) = (Vec::new(), Vec::new());
    for roi in rois {
        let color = roi.shown_color().unwrap_or(Roi::DEFAULT_COLOR);
        let geometry = roi.geometry.transformed(map);
        shapes.push((stroke(&geometry, width), color));
        let height = outlines.names.unwrap_or(Outlines::LETTERS) * one;
        let text = match (&geometry, outlines.names) {
            // Beside the disc of its beginning.
            (Geometry::Text { at, text }, _) => {
                Some((text.to_string(), Point::new(at.x + 2.0 * width, at.y - 0.625 * height)))
            }
            (_, Some(_)) => {
                let bounds = geometry.bounds();
                let at = Point::new(bounds.x0.max(shown.x0 as f64), bounds.y0.max(shown.y0 as f64));
                Some((roi.title().to_string(), at))
            }
            _ => None,
        };
        if let Some((text, at)) = text.filter(|(text, _)| !text.trim().is_empty()) {
            texts.push((lettering(&text, at, height)?, color));
        }
    }
    for (text, color) in texts {
        shapes.extend([(text.backing, BACKING), (text.letters, legible(color))]);
    }
    OutlinedSource::new(source, &shapes)
}

/// Behind letters.
const BACKING: [u8; 3] = [0; 3];

/// `color` where it stands out from the backing, else white.
fn legible([r, g, b]: [u8; 3]) -> [u8; 3] {
    let luma = 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
    if luma < 80.0 { [255; 3] } else { [r, g, b] }
}

/// Canvas pixels along one pixel of the output.
pub(super) fn pixels_of_one(request: &ExportRequest) -> f64 {
    (request.level as f64).exp2() / request.scale.unwrap_or(1.0)
}

/// What of the outlines determines the output.
pub(crate) fn identity(mosaic: &Mosaic, request: &ExportRequest) -> Option<(&'static str, String)> {
    let Outlines { width, names } = request.outlines?;
    let shown: Rect = request.region.unwrap_or(mosaic.bounds());
    let all = mosaic.regions.touching(shown).filter(|region| !region.hidden);
    let sum = all.fold(crc32fast::Hasher::new(), |mut sum, region| {
        sum.update(format!("{:?} {:?}", region.geometry, region.shown_color()).as_bytes());
        if names.is_some() {
            sum.update(region.title().as_bytes());
        }
        sum
    });
    Some(("outlines", format!("{width} {names:?} {:08x}", sum.finalize())))
}

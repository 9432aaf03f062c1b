//! The outlines of regions, burnt into what is exported.

use crate::export::ExportRequest;
use crate::geometry::{Affine, Point, Rect};
use crate::mosaic::Mosaic;
use crate::source::Source;
use crate::{Error, Result};
use mosaicist_region::{Geometry, OutlinedSource, Roi, stroke};

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
    let Some(width) = request.outlines else { return work(source) };
    let bounds = mosaic.bounds();
    let shown = request.region.unwrap_or(bounds);
    let visible: Vec<&Roi> =
        mosaic.regions.touching(shown).filter(|region| !region.hidden).map(|region| &**region).collect();
    if visible.is_empty() {
        return Err(Error::invalid("no region is visible there, so there are no outlines to burn in"));
    }
    let map = Affine::translation(Point::new(-bounds.x0 as f64, -bounds.y0 as f64));
    work(&outlined(source, visible, map, width * pixels_of_one(request))?)
}

/// `source` with the outlines of `rois` in their colors, `width` of its pixels wide; `map` takes their coordinates to its pixels.
pub(super) fn outlined<'a, 'r>(
    source: &'a dyn Source,
    rois: impl IntoIterator<Item = &'r Roi>,
    map: Affine,
    width: f64,
) -> Result<OutlinedSource<'a>> {
    if !(width > 0.0 && width.is_finite()) {
        return Err(Error::invalid("the width of outlines must be more than 0 pixels"));
    }
    let line = |roi: &Roi| -> (Geometry, [u8; 3]) {
        (stroke(&roi.geometry.transformed(map), width), roi.shown_color().unwrap_or(Roi::DEFAULT_COLOR))
    };
    OutlinedSource::new(source, &rois.into_iter().map(line).collect::<Vec<_>>())
}

/// Canvas pixels along one pixel of the output.
pub(super) fn pixels_of_one(request: &ExportRequest) -> f64 {
    (request.level as f64).exp2() / request.scale.unwrap_or(1.0)
}

/// What of the outlines determines the output.
pub(crate) fn identity(mosaic: &Mosaic, request: &ExportRequest) -> Option<(&'static str, String)> {
    let width = request.outlines?;
    let shown: Rect = request.region.unwrap_or(mosaic.bounds());
    let all = mosaic.regions.touching(shown).filter(|region| !region.hidden);
    let sum = all.fold(crc32fast::Hasher::new(), |mut sum, region| {
        sum.update(format!("{:?} {:?}", region.geometry, region.shown_color()).as_bytes());
        sum
    });
    Some(("outlines", format!("{width} {:08x}", sum.finalize())))
}

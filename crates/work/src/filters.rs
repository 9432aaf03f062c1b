//! The filters of an export, between document and file.

use crate::composite::Rendered;
use crate::export::ExportRequest;
use crate::geometry::Rect;
use crate::source::Source;
use crate::{Error, Result};
use mosaicist_filter::{FilterSpec, Filtered, Group};

/// `source` with the filters and display settings of `request`; and the memory in bytes that all workers filter in.
///
/// Filters that leave pixels in place read beyond `region` (pixels of `source`); the first that moves pixels is preceded by a
/// crop to it.
pub(crate) fn apply<S: Source + 'static>(
    source: S,
    request: &ExportRequest,
    region: Option<Rect>,
) -> Result<(Box<dyn Source>, u64)> {
    let kind = |source: &dyn Source| {
        let info = source.info();
        (info.color, info.channels, info.sample)
    };
    if request.filters.is_empty() {
        return Ok((shown(source, request), 0));
    }
    let before = kind(&source);
    let filtered = Filtered::exact(source, &cropped(&request.filters, region)?)?;
    if request.display.is_some() && kind(&filtered) != before {
        let what =
            "display settings are for the image as it is; leave out filters that change its channels or its type";
        return Err(Error::invalid(what));
    }
    let workers = request
        .options
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(4, std::num::NonZero::get));
    let working = filtered.working_bytes() * workers.max(1) as u64;
    Ok((shown(filtered, request), working))
}

fn shown<S: Source + 'static>(source: S, request: &ExportRequest) -> Box<dyn Source> {
    match &request.display {
        Some(display) => Box::new(Rendered::new(source, display)),
        None => Box::new(source),
    }
}

/// Whether the filter moves pixels.
pub(crate) fn move_pixels(filters: &[FilterSpec]) -> bool {
    filters.iter().any(moves)
}

fn moves(filter: &FilterSpec) -> bool {
    filter.filter().group == Group::Geometry
}

/// The filters with a crop to `region` before the first that moves pixels.
fn cropped(filters: &[FilterSpec], region: Option<Rect>) -> Result<Vec<FilterSpec>> {
    let mut all = filters.to_vec();
    if let (Some(rect), Some(at)) = (region, filters.iter().position(moves)) {
        let crop = format!("crop:rect={} {} {} {}", rect.x0, rect.y0, rect.width(), rect.height());
        all.insert(at, crop.parse()?);
    }
    Ok(all)
}

/// The chain as text.
pub(crate) fn describe(filters: &[FilterSpec]) -> String {
    filters.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
}

//! The filters of an export, between document and file.

use crate::composite::{Converted, Rendered, has_other_profile};
use crate::export::ExportRequest;
use crate::geometry::{Rect, Region, Size};
use crate::mosaic::{Mosaic, PixelKind};
use crate::pixels::{Pixels, SampleType, conform};
use crate::source::{Capabilities, Info, ReadingCost, Source};
use crate::{Error, Result};
use mosaicist_display::TargetProfile;
use mosaicist_filter::{FilterSpec, Filtered, Group};

/// The filters of a document that are on.
///
/// Fails on one that is not known, and on one that moves pixels: what lies on the canvas stays where it is.
pub fn document_filters(mosaic: &Mosaic) -> Result<Vec<FilterSpec>> {
    mosaic.filters.iter().filter(|step| !step.off).map(|step| document_filter(&step.filter)).collect()
}

/// One filter of a document.
pub fn document_filter(text: &str) -> Result<FilterSpec> {
    let filter: FilterSpec = text.parse()?;
    if moves(&filter) {
        let what = "moves pixels, and so is no filter of a document: give it to the export";
        return Err(Error::invalid(format!("{} {what}", filter.filter().name)));
    }
    Ok(filter)
}

/// `request` with the filters of the document before its own.
pub(crate) fn with_document(mosaic: &Mosaic, request: &ExportRequest) -> Result<ExportRequest> {
    let mut request = request.clone();
    request.filters.splice(0..0, document_filters(mosaic)?);
    Ok(request)
}

/// `source` with the filters and display settings of `request`.
///
/// Filters that leave pixels in place read beyond `region` (pixels of `source`); the first that moves pixels is preceded by a
/// crop to it.
pub(crate) fn apply<S: Source + 'static>(
    source: S,
    request: &ExportRequest,
    region: Option<Rect>,
) -> Result<Box<dyn Source>> {
    let kind = |source: &dyn Source| {
        let info = source.info();
        (info.color, info.channels, info.sample)
    };
    if request.filters.is_empty() {
        return shown(source, request);
    }
    let before = kind(&source);
    // Filters work in bytes, words and floats; measured values of other types become floats.
    let source = InFloats::of(source);
    let filtered = Filtered::exact(source, &cropped(&request.filters, region)?)?;
    if request.display.is_some() && kind(&filtered) != before {
        let what =
            "display settings are for the image as it is; leave out filters that change its channels or its type";
        return Err(Error::invalid(what));
    }
    shown(filtered, request)
}

/// A source whose samples are of a type of pictures: those of other types are the nearest floats.
pub(crate) struct InFloats<S> {
    source: S,
    info: Info,
}

impl<S: Source> InFloats<S> {
    pub(crate) fn of(source: S) -> Self {
        let mut info = source.info().clone();
        if !info.sample.is_picture() {
            info.sample = SampleType::F32;
        }
        Self { source, info }
    }
}

impl<S: Source> Source for InFloats<S> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Filters read pixels, and nothing else.
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.source.cost(region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let pixels = self.source.read(region)?;
        Ok(conform(pixels, self.info.color, self.info.color, self.info.channels, self.info.sample))
    }
}

/// `source` as it is written: through display settings, in the colors of another profile, or as it is.
fn shown<S: Source + 'static>(source: S, request: &ExportRequest) -> Result<Box<dyn Source>> {
    // Pages on the web are sRGB, whatever profile the image has.
    let on_web = request.options.spec().is_for_browsers() && has_other_profile(source.info());
    Ok(match (&request.display, &request.profile) {
        (Some(display), _) => Box::new(Rendered::new(source, display)),
        (None, Some(_)) if source.info().is_cmyk => {
            return Err(Error::unsupported("color profiles of CMYK images are not converted; leave out --profile"));
        }
        (None, Some(target)) => Box::new(Converted::new(source, target)?),
        (None, None) if on_web => Box::new(Converted::new(source, &TargetProfile::Srgb)?),
        (None, None) => Box::new(source),
    })
}

/// How far from a pixel of an image of this kind the filters read, in pixels; `None` if they look at the whole image.
pub(crate) fn reach(kind: PixelKind, filters: &[FilterSpec]) -> Result<Option<i64>> {
    /// Larger than any filter's surroundings.
    const SIDE: u32 = 1 << 20;
    const TILE: Size = Size::new(256, 256);
    let sample = if kind.sample.is_picture() { kind.sample } else { SampleType::F32 };
    let info = Info { color: kind.color, ..Info::plain("nothing", Size::new(SIDE, SIDE), TILE, kind.channels, sample) };
    let filtered = Filtered::exact(Unread(info), filters)?;
    if filtered.looks_at_whole() {
        return Ok(None);
    }
    let (middle, one) = (i64::from(SIDE) / 2, Size::new(1, 1));
    let needed = filtered.needs(0, Rect::at(middle, middle, one));
    let sides = [middle - needed.x0, middle - needed.y0, needed.x1 - middle, needed.y1 - middle];
    Ok(Some(sides.into_iter().max().unwrap_or(0)))
}

/// A source of which only the description counts.
struct Unread(Info);

impl Source for Unread {
    fn info(&self) -> &Info {
        &self.0
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        Ok(self.0.blank(region.rect.size()))
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

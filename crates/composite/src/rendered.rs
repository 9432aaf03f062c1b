//! [`Rendered`]: a source with display settings (windows, curves, colors, profile) applied, as 8-bit RGB.

use crate::Result;
use crate::geometry::{Rect, Region};
use crate::pixels::{Color, Pixels, SampleType, Samples};
use crate::source::{Capabilities, Info, ReadingCost, Source};
use mosaicist_display::{Display, Mapper, Profile, ProfileSpace};

/// Pixels of the source that are read at once, in bytes: an image of many channels is far larger than its RGB.
const STRIP: u64 = 8 << 20;
/// The least rows of a strip.
const LEAST_ROWS: u64 = 16;

/// A source rendered to 8-bit RGB by a display. Alpha is unchanged.
pub struct Rendered<S> {
    source: S,
    info: Info,
    mapper: Mapper,
    profile: Option<Profile>,
}

impl<S: Source> Rendered<S> {
    /// `source`, whose pixel type `display` must match.
    pub fn new(source: S, display: &Display) -> Self {
        let from = source.info();
        let mapper = Mapper::new(display, from.color, from.channels, from.sample);
        let speaks = match from.color {
            Color::Gray | Color::GrayAlpha => ProfileSpace::Gray,
            Color::Rgb | Color::Rgba | Color::Channels => ProfileSpace::Rgb,
        };
        let followed = display.managed && display.is_natural() && from.color != Color::Channels;
        let profile = from.icc.as_ref().filter(|_| followed).and_then(|icc| Profile::new(icc).ok());
        let profile = profile.filter(|profile| profile.space() == speaks);
        let alpha = from.color.has_alpha();
        let mut info = from.clone();
        (info.channels, info.sample) = (if alpha { 4 } else { 3 }, SampleType::U8);
        info.color = if alpha { Color::Rgba } else { Color::Rgb };
        (info.stored, info.is_cmyk, info.icc) = (None, false, None);
        info.channel_names.clear();
        let mut rendered = Self { source, info, mapper, profile };
        // The background is rendered like any pixel.
        let outside = rendered.shown(&rendered.source.info().blank(crate::geometry::Size::new(1, 1)));
        rendered.info.background =
            outside.view().row::<u8>(0).unwrap_or_default().iter().map(|v| f32::from(*v)).collect();
        rendered
    }

    fn shown(&self, pixels: &Pixels) -> Pixels {
        let mut rgba = self.mapper.rgba(pixels);
        if let Some(profile) = &self.profile {
            profile.to_srgb(&mut rgba);
        }
        if self.info.channels == 3 {
            rgba = rgba.as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
        }
        let made = Pixels::new(pixels.size(), self.info.channels, Samples::U8(rgba));
        made.unwrap_or_else(|_| unreachable!("one color of each pixel"))
    }
}

impl<S: Source> Source for Rendered<S> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Every pixel is new: none of the source's abilities hold.
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        // Colors are made with alpha.
        cost_in_strips(&self.source, region, 4)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        in_strips(&self.source, &self.info, region, |pixels| Ok(self.shown(pixels)))
    }
}

/// What [`in_strips`] takes: besides the source, a strip of it and what is made of that, `made` bytes a pixel.
pub(crate) fn cost_in_strips(source: &impl Source, region: Region, made: u64) -> ReadingCost {
    let (cost, pixel) = (source.cost(region), source.info().pixel_bytes() as u64);
    let strip = (region.rect.area() * pixel).min(STRIP.max(region.rect.width() * pixel * LEAST_ROWS));
    ReadingCost { working: cost.working + strip + strip / pixel.max(1) * made, ..cost }
}

/// `region` of `source`, made to pixels as `info` describes them by `make`, a strip at a time.
pub(crate) fn in_strips(
    source: &impl Source,
    info: &Info,
    region: Region,
    make: impl Fn(&Pixels) -> Result<Pixels>,
) -> Result<Pixels> {
    let Region { level, rect } = region;
    let row = (rect.width() * source.info().pixel_bytes() as u64).max(1);
    let rows = (STRIP / row).max(LEAST_ROWS) as i64;
    if rows >= rect.height() as i64 {
        return make(&source.read(region)?);
    }
    let mut out = Pixels::zeroed(rect.size(), info.channels, info.sample);
    let mut y = rect.y0;
    while y < rect.y1 {
        let strip = Rect::new(rect.x0, y, rect.x1, (y + rows).min(rect.y1));
        out.paste(make(&source.read(Region::new(level, strip))?)?.view(), 0, y - rect.y0);
        y = strip.y1;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::source::testing::{Pattern, check_source};

    #[test]
    fn rendered_pixels_equal_the_display() {
        for channels in [1, 2, 5] {
            let source = || Pattern::new(Size::new(300, 3000), channels, SampleType::U16);
            let kind = source().info().clone();
            let mut display = Display::new(kind.color, channels, kind.sample);
            (display.channels[0].low, display.channels[0].high) = (1000.0, 30_000.0);
            display.channels[0].inverted = true;
            let rendered = Rendered::new(source(), &display);
            check_source(&rendered);
            let region = Region::new(0, Rect::new(10, 0, 290, 3000));
            let rgba = Mapper::new(&display, kind.color, channels, kind.sample).rgba(&source().read(region).unwrap());
            let read = rendered.read(region).unwrap();
            let Samples::U8(bytes) = read.samples() else { panic!("no bytes") };
            let width = if channels == 2 { 4 } else { 3 };
            let pairs = bytes.chunks_exact(width).zip(rgba.chunks_exact(4));
            assert!(pairs.into_iter().all(|(rendered, pixel)| *rendered == pixel[..width]), "{channels} channels");
        }
    }
}

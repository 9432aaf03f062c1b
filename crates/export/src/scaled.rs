//! [`Scaled`]: a source at another scale, in any factor, read in pieces of bounded size.

use std::sync::Arc;

use super::flattened::Flattened;
use super::{ExportOptions, Part};
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Downsample, Pixels, ResampleAxis, resample};
use crate::source::{Capabilities, Info, Level, ReadingCost, Source};
use crate::{Error, Result};

/// `source` with the region, level, scale and flattening of `options`, as a source with one level.
pub fn choose<'a>(source: &'a dyn Source, options: &ExportOptions) -> Result<Box<dyn Source + 'a>> {
    let scale = options.scale.unwrap_or(1.0);
    if !(1.0 / 65536.0..=16.0).contains(&scale) {
        return Err(Error::invalid(format!("a scale of {scale}; choose one from 1/65536 to 16")));
    }
    let part = |reduction: usize| Part::halved(source, options.level + reduction, options.region, options.downsample);
    let reduction = (-scale.log2()).round().max(0.0);
    let chosen: Box<dyn Source + 'a> = if (scale * reduction.exp2() - 1.0).abs() < 1e-9 {
        Box::new(part(reduction as usize)?)
    } else {
        if options.downsample != Downsample::Mean {
            let what = "a scale that is no power of two makes new values; choose 0.5, 0.25 and so on, or mean";
            return Err(Error::invalid(what));
        }
        // A factor of 2 to 4 is left to the filter, so that the box filter before it has no visible effect.
        let before = ((-scale.log2()).floor() - 1.0).max(0.0);
        let full = part(0)?.info().size();
        let to = |pixels: u32| (f64::from(pixels) * scale).round().max(1.0) as u32;
        let size = Size::new(to(full.width), to(full.height));
        let step = |from: u32, to: u32| f64::from(from) / f64::from(to) / before.exp2();
        let step = (step(full.width, size.width), step(full.height, size.height));
        Box::new(Scaled::new(Box::new(part(before as usize)?), size, step))
    };
    let flatten = options.flatten && chosen.info().color.has_alpha();
    Ok(if flatten { Box::new(Flattened::new(chosen, options.background)) } else { chosen })
}

/// Level 0 of a source, resampled.
pub(super) struct Scaled<'a> {
    source: Box<dyn Source + 'a>,
    info: Info,
    across: ResampleAxis,
    down: ResampleAxis,
}

/// Reads go in squares of about so many pixels of the source.
const PIECE: f64 = 512.0;

impl<'a> Scaled<'a> {
    /// `source` in `size` pixels, each of which is `step` (across, down) pixels of the source.
    pub(super) fn new(source: Box<dyn Source + 'a>, size: Size, step: (f64, f64)) -> Self {
        let from = source.info();
        let axis = |source: u32, step: f64| ResampleAxis { source, step };
        let (across, down) = (axis(from.size().width, step.0), axis(from.size().height, step.1));
        let fewer = |pixels: u32, step: f64| (f64::from(pixels) / step).round().max(1.0) as u32;
        let tile = from.levels[0].tile;
        let tile = Size::new(fewer(tile.width, step.0), fewer(tile.height, step.1));
        let info = Info {
            levels: vec![Level { size, downsample: 1.0, tile }],
            mpp: from.mpp.map(|(x, y)| (x * step.0, y * step.1)),
            geo: from.geo.as_ref().map(|geo| Arc::new(geo.of_part((0.0, 0.0), step))),
            ..from.clone()
        };
        Self { source, info, across, down }
    }

    /// The pixels of the source that `piece` is made from: (x0, x1), (y0, y1).
    fn needs(&self, piece: Rect) -> ((i64, i64), (i64, i64)) {
        (self.across.needs(piece.x0, piece.x1), self.down.needs(piece.y0, piece.y1))
    }

    /// The sides of a piece.
    fn piece(&self) -> (i64, i64) {
        let side = |step: f64| (PIECE / step).clamp(8.0, PIECE) as i64;
        (side(self.across.step), side(self.down.step))
    }

    fn read_piece(&self, piece: Rect) -> Result<Pixels> {
        let (x, y) = self.needs(piece);
        let pixels = self.source.read(Region::new(0, Rect::new(x.0, y.0, x.1, y.1)))?;
        let (axes, alpha) = ((self.across, self.down), self.info.color.has_alpha());
        resample(pixels.view(), (x.0, y.0), axes, (piece.x0, piece.y0), piece.size(), alpha)
    }
}

impl Source for Scaled<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Resampled pixels have no raw or encoded form; reads of an export block.
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let (x, y) = self.needs(region.rect.intersect(self.info.whole(0)));
        let cost = self.source.cost(Region::new(0, Rect::new(x.0, y.0, x.1, y.1)));
        // A piece of the source as it is, and the rows of it that are resampled across, as floats.
        let (width, height) = self.piece();
        let (x, y) = self.needs(Rect::new(0, 0, width, height).translate(width, height));
        let (wide, high) = ((x.1 - x.0).max(0) as u64, (y.1 - y.0).max(0) as u64);
        let floats = high * width as u64 * u64::from(self.info.channels) * 4;
        let piece = wide * high * self.info.pixel_bytes() as u64 + floats;
        ReadingCost { working: cost.working + piece, ..cost }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let inside = region.rect.intersect(Rect::from_size(self.info.level(region)?.size));
        let mut pixels = self.info.blank(region.rect.size());
        let (width, height) = self.piece();
        for y in (inside.y0..inside.y1).step_by(height as usize) {
            for x in (inside.x0..inside.x1).step_by(width as usize) {
                let piece = Rect::new(x, y, x + width, y + height).intersect(inside);
                pixels.paste(self.read_piece(piece)?.view(), x - region.rect.x0, y - region.rect.y0);
            }
        }
        Ok(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SampleType;
    use crate::source::testing::{Pattern, check_source};

    #[test]
    fn powers_of_two_are_box_filtered_and_others_have_the_rounded_size() {
        let pattern = Pattern::new(Size::new(1001, 700), 4, SampleType::U8);
        let chosen = |scale, level| {
            let options =
                ExportOptions { scale: Some(scale), level, flatten: true, ..ExportOptions::new(crate::Format::Tiff) };
            choose(&pattern, &options).map(|source| (source.info().size(), source.info().channels))
        };
        for (scale, level, width, height) in [
            (1.0, 0, 1001, 700),
            (0.5, 0, 501, 350),
            (0.25, 1, 126, 88),
            (0.3, 0, 300, 210),
            (0.01, 0, 10, 7),
            (1.7, 1, 852, 595),
        ] {
            assert_eq!(chosen(scale, level).ok(), Some((Size::new(width, height), 3)), "{scale} of level {level}");
        }
        for scale in [0.0, -1.0, 17.0, f64::NAN, f64::INFINITY] {
            assert!(chosen(scale, 0).is_err(), "{scale}");
        }
    }

    /// A strong reduction starts from 2× downsampled pixels; the result must differ invisibly from the filter alone.
    #[test]
    fn downsampling_first_changes_little() {
        let size = Size::new(900, 640);
        let smooth = (0..640)
            .flat_map(|y| (0..900).map(move |x| 128.0 + 80.0 * (x as f32 / 60.0).sin() * (y as f32 / 45.0).cos()));
        let pixels = Pixels::new(size, 1, crate::pixels::Samples::F32(smooth.collect())).unwrap();
        let memory = crate::source::testing::InMemory::new(pixels);
        let options = ExportOptions { scale: Some(0.11), ..ExportOptions::new(crate::Format::Tiff) };
        let quick = choose(&memory, &options).unwrap();
        let size = quick.info().size();
        let step = (900.0 / f64::from(size.width), 640.0 / f64::from(size.height));
        let exact = Scaled::new(Box::new(Part::new(&memory, 0, None).unwrap()), size, step);
        let read = |source: &dyn Source| source.read(Region::new(0, Rect::from_size(size))).unwrap().into_samples();
        let (crate::pixels::Samples::F32(a), crate::pixels::Samples::F32(b)) = (read(&*quick), read(&exact)) else {
            panic!()
        };
        let far = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 1.5, "off by {far}");
    }

    #[test]
    fn scaled_sources_conform() {
        for (sample, channels, (width, height)) in [
            (SampleType::U8, 3, (700, 431)),
            (SampleType::U16, 4, (330, 1500)),
            (SampleType::F32, 1, (1100, 77)),
            (SampleType::U8, 2, (1, 1)),
        ] {
            let from = Size::new(1100, 900);
            let pattern = Box::new(Pattern::new(from, channels, sample));
            let step = (1100.0 / f64::from(width), 900.0 / f64::from(height));
            check_source(&Scaled::new(pattern, Size::new(width, height), step));
        }
    }
}

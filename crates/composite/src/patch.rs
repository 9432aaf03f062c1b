//! [`Patch`]: what one image shows of a piece of the canvas, as numbers that can be mixed.

use super::Composite;
use super::light::Correction;
use super::place::{Place, Weights};
use super::resample::{self, Resampled};
use crate::cache::CancelToken;
use crate::geometry::{Rect, Region};
use crate::mosaic::Placement;
use crate::pixels::{
    Color, PixelKind, Pixels, Sample as _, SampleType, Samples, buffer_pool, conform, each_type, is_nodata,
};
use crate::source::Source as _;
use crate::{IoResultExt as _, Result};

/// Part of an image as the canvas shows it.
pub(super) struct Patch {
    /// In pixels of the level.
    pub(super) rect: Rect,
    /// The colors of each pixel, interleaved, in the canvas's sample values, not rounded; alpha is left out.
    pub(super) colors: Vec<f32>,
    /// How opaque each pixel is, 0 to 1: 0 where the image has none, or one that is marked as missing.
    pub(super) cover: Vec<f32>,
    pub(super) weights: Weights,
}

impl Drop for Patch {
    fn drop(&mut self) {
        for numbers in [&mut self.colors, &mut self.cover] {
            buffer_pool::give(Samples::F32(std::mem::take(numbers)));
        }
    }
}

impl Patch {
    /// What `rect` and this share, as columns and rows of this, and as columns and rows of `rect`.
    pub(super) fn shared(&self, rect: Rect) -> Shared {
        let both = self.rect.intersect(rect);
        if both.is_empty() {
            return Shared { own: (0, 0), other: (0, 0), width: 0, height: 0 };
        }
        let from = |rect: Rect| ((both.x0 - rect.x0) as usize, (both.y0 - rect.y0) as usize);
        Shared { own: from(self.rect), other: from(rect), width: both.width() as usize, height: both.height() as usize }
    }

    /// The colors of row `y` from column `x` on.
    pub(super) fn colors(&self, (x, y): (usize, usize), width: usize, colors: usize) -> &[f32] {
        &self.colors[(y * self.rect.width() as usize + x) * colors..][..width * colors]
    }

    /// How opaque the pixels of row `y` from column `x` on are.
    pub(super) fn cover(&self, (x, y): (usize, usize), width: usize) -> &[f32] {
        &self.cover[y * self.rect.width() as usize + x..][..width]
    }
}

/// A rectangle that two have in common.
#[derive(Clone, Copy)]
pub(super) struct Shared {
    /// Column and row of its first pixel in the one.
    pub(super) own: (usize, usize),
    /// And in the other.
    pub(super) other: (usize, usize),
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Shared {
    /// The first pixel of row `y`, in the one and in the other.
    pub(super) const fn row(&self, y: usize) -> ((usize, usize), (usize, usize)) {
        ((self.own.0, self.own.1 + y), (self.other.0, self.other.1 + y))
    }
}

impl Composite {
    /// How many of a pixel's samples are colors.
    pub(super) fn colors(&self) -> usize {
        let kind = self.kind();
        usize::from(kind.channels) - usize::from(kind.color.has_alpha())
    }

    /// What `placement`, which lies at `place` of `level`, shows of `rect`. `None` if that is nothing.
    pub(super) fn patch(
        &self,
        placement: &Placement,
        place: &Place,
        level: u32,
        rect: Rect,
        cancel: &CancelToken,
    ) -> Result<Option<Patch>> {
        let target = rect.intersect(place.rect);
        if target.is_empty() {
            return Ok(None);
        }
        let source = self.library.open(&placement.image).at(&placement.image.path)?.until_cancelled(cancel);
        let (pixels, target, covered) = if let Some((x, y)) = place.origin {
            // A file that has shrunk since it was placed covers less.
            let there = Rect::from_size(source.info().size().halved_times(level as usize));
            let own = target.translate(-x, -y).intersect(there);
            if own.is_empty() {
                return Ok(None);
            }
            let read = if level == 0 { source.read(Region::new(0, own)) } else { source.read_reduced(level, own) };
            (read?, own.translate(x, y), None)
        } else {
            let to_canvas = self.to_canvas(placement);
            let made = resample::read(&source, placement.part(), to_canvas, level, target)?;
            let Some(Resampled { pixels, at, covered }) = made else { return Ok(None) };
            let here = Rect::at(target.x0 + at.0, target.y0 + at.1, pixels.size());
            (pixels, here, Some(covered))
        };
        let correction = self.correction(placement, place)?;
        let (colors, mut cover) = numbers(&pixels, source.info().color, source.info().nodata, self.kind(), |values| {
            correct(values, &pixels, source.info().color, target, &correction);
        });
        for (cover, covered) in cover.iter_mut().zip(covered.iter().flatten()) {
            *cover *= f32::from(u8::from(*covered));
        }
        if placement.opacity < 1.0 {
            cover.iter_mut().for_each(|cover| *cover *= placement.opacity);
        }
        Ok(Some(Patch { rect: target, colors, cover, weights: place.weights(target) }))
    }
}

fn correct(values: &mut [f32], pixels: &Pixels, color: Color, target: Rect, correction: &Correction<'_>) {
    if correction.is_none() {
        return;
    }
    let channels = usize::from(pixels.channels());
    let colors = channels - usize::from(color.has_alpha());
    let line = (target.width() as usize * channels).max(1);
    for (y, row) in (target.y0..).zip(values.chunks_exact_mut(line)) {
        correction.row((target.x0, y), channels, colors, row);
    }
}

/// The colors of `pixels` as those of `kind`, and how opaque each pixel is: 0 if it is `nodata` in every color or no number.
/// `correct` changes the samples while they are in their own units.
fn numbers(
    pixels: &Pixels,
    color: Color,
    nodata: Option<f64>,
    kind: PixelKind,
    correct: impl FnOnce(&mut [f32]),
) -> (Vec<f32>, Vec<f32>) {
    let (channels, sample, alpha) = (usize::from(pixels.channels()), pixels.sample_type(), color.has_alpha());
    let count = pixels.size().area() as usize;
    let mut values: Vec<f32> = buffer_pool::room(count * channels);
    each_type!(pixels.samples(), samples => values.extend(samples.iter().map(|sample| sample.to_f32())));
    let mut cover = buffer_pool::room(count);
    cover.resize(count, 1.0);
    if nodata.is_some() || sample.is_float() {
        for (pixel, cover) in values.chunks_exact_mut(channels).zip(&mut cover) {
            let colors = &pixel[..channels - usize::from(alpha)];
            let missing = nodata.is_some_and(|nodata| colors.iter().all(|value| is_nodata(f64::from(*value), nodata)));
            if missing || colors.iter().any(|value| value.is_nan()) {
                pixel.fill(0.0);
                *cover = 0.0;
            }
        }
    }
    if alpha {
        let scale = 1.0 / sample.max();
        for (pixel, cover) in values.chunks_exact(channels).zip(&mut cover) {
            *cover *= (pixel[channels - 1] * scale).clamp(0.0, 1.0);
        }
    }
    correct(&mut values);
    let alike = channels == usize::from(kind.channels) && (color == kind.color || kind.color == Color::Channels);
    if alike && sample == kind.sample {
        return (without_alpha(values, channels, kind.color.has_alpha()), cover);
    }
    // Between kinds, samples are parts of the full range.
    let scale = 1.0 / sample.max();
    values.iter_mut().for_each(|value| *value *= scale);
    let Ok(parts) = Pixels::new(pixels.size(), pixels.channels(), Samples::F32(values)) else {
        unreachable!("one value for each sample")
    };
    let Samples::F32(values) = conform(parts, color, kind.color, kind.channels, SampleType::F32).into_samples() else {
        unreachable!("floats stay floats")
    };
    let mut colors = without_alpha(values, usize::from(kind.channels), kind.color.has_alpha());
    colors.iter_mut().for_each(|value| *value *= kind.sample.max());
    (colors, cover)
}

fn without_alpha(values: Vec<f32>, channels: usize, alpha: bool) -> Vec<f32> {
    if !alpha {
        return values;
    }
    values.chunks_exact(channels).flat_map(|pixel| &pixel[..channels - 1]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    const RGB8: PixelKind = PixelKind { color: Color::Rgb, channels: 3, sample: SampleType::U8 };

    fn of(pixels: Samples, channels: u8, color: Color, nodata: Option<f64>, kind: PixelKind) -> (Vec<f32>, Vec<f32>) {
        let size = Size::new((pixels.len() / usize::from(channels)) as u32, 1);
        numbers(&Pixels::new(size, channels, pixels).unwrap(), color, nodata, kind, |_| {})
    }

    #[test]
    fn colors_become_those_of_the_canvas_and_alpha_is_apart() {
        let (colors, cover) = of(Samples::U16(vec![65535, 0, 257, 32768]), 2, Color::GrayAlpha, None, RGB8);
        assert!(
            colors.iter().zip([255.0, 255.0, 255.0, 1.0, 1.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-3),
            "{colors:?}"
        );
        assert!(cover[0] == 0.0 && (cover[1] - 0.5).abs() < 1e-4);
        let (colors, cover) = of(Samples::U8(vec![1, 2, 3]), 3, Color::Rgb, None, RGB8);
        assert_eq!((colors, cover), (vec![1.0, 2.0, 3.0], vec![1.0]), "as they are");
    }

    #[test]
    fn missing_pixels_cover_nothing() {
        let gray = PixelKind { color: Color::Gray, channels: 1, sample: SampleType::F32 };
        let (colors, cover) = of(Samples::F32(vec![0.5, f32::NAN, -9.0]), 1, Color::Gray, Some(-9.0), gray);
        assert_eq!((colors, cover), (vec![0.5, 0.0, 0.0], vec![1.0, 0.0, 0.0]));
        let (_, cover) = of(Samples::U8(vec![7, 7, 8, 7, 7, 7]), 3, Color::Rgb, Some(7.0), RGB8);
        assert_eq!(cover, [1.0, 0.0], "in every color");
    }
}

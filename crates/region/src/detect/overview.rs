//! [`Overview`]: a small picture of the whole image, from its smallest level that suffices.

use crate::Result;
use crate::core_geometry::{Rect, Region, Size};
use crate::job::Progress;
use crate::pixels::{Color, Pixels, Sample, SampleType, each_type};
use crate::source::Source;

/// The longest side of an overview, in pixels.
const LONGEST: u32 = 2048;
/// Rows of a level read at a time hold about so many pixels.
const BAND: u64 = 4 << 20;

/// Red, green, blue from 0 to 1 and alpha, in pixels that each stand for the mean of a rectangle of the image.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    size: Size,
    image: Size,
    pub(super) colors: Vec<[f32; 3]>,
    /// 0 where there is no image.
    pub(super) alpha: Vec<f32>,
}

impl Overview {
    /// Read it from `source`, in bands of rows. One step of `progress` is one row of the level that is read.
    ///
    /// Samples of 16 bits and floats are stretched over the range between their least and greatest mean.
    pub fn read(source: &dyn Source, progress: &Progress) -> Result<Self> {
        let info = source.info();
        let image = info.size();
        let level =
            info.levels.iter().rposition(|level| level.size.longest() >= LONGEST.min(image.longest())).unwrap_or(0);
        let from = info.levels[level].size;
        let factor = from.longest().div_ceil(LONGEST).max(1);
        let size = Size::new(from.width.div_ceil(factor), from.height.div_ceil(factor));
        let mut sums = Sums::new(size, info.color, info.channels, factor);
        progress.set_total(from.height.into());
        // Whole rows of tiles and of the overview's pixels.
        let rows = (BAND / u64::from(from.width.max(1))).max(1).next_multiple_of(u64::from(factor)) as i64;
        let mut y = 0;
        while y < i64::from(from.height) {
            let band = Rect::new(0, y, from.width.into(), (y + rows).min(from.height.into()));
            sums.add(&source.read(Region::new(level, band))?, y);
            progress.advance(band.height())?;
            y = band.y1;
        }
        let (colors, alpha) = sums.finish(info.sample);
        Ok(Self { size, image, colors, alpha })
    }

    /// Of the overview.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Of the image, at level 0.
    pub fn image_size(&self) -> Size {
        self.image
    }

    /// Pixels of level 0 for one of the overview, across and down.
    pub fn scale(&self) -> (f64, f64) {
        let ratio = |whole: u32, part: u32| f64::from(whole) / f64::from(part.max(1));
        (ratio(self.image.width, self.size.width), ratio(self.image.height, self.size.height))
    }
}

/// The sums of what each pixel of the overview stands for.
struct Sums {
    size: Size,
    factor: u32,
    color: Color,
    channels: usize,
    colors: Vec<[f64; 3]>,
    weights: Vec<f64>,
    counts: Vec<u32>,
}

impl Sums {
    fn new(size: Size, color: Color, channels: u8, factor: u32) -> Self {
        let count = size.area() as usize;
        Self {
            size,
            factor,
            color,
            channels: channels.into(),
            colors: vec![[0.0; 3]; count],
            weights: vec![0.0; count],
            counts: vec![0; count],
        }
    }

    fn add(&mut self, pixels: &Pixels, y: i64) {
        each_type!(pixels.samples(), samples => self.add_samples(samples, pixels.size().width, y));
    }

    /// Colors by their three channels; measured channels by the mean of them, for any may show an object.
    fn add_samples<S: Sample>(&mut self, samples: &[S], width: u32, y: i64) {
        let (channels, full) = (self.channels, f64::from(S::TYPE.max()));
        let is_color = matches!(self.color, Color::Rgb | Color::Rgba) && channels >= 3;
        let used = channels - usize::from(self.color.has_alpha());
        for (row, line) in samples.chunks_exact(width as usize * channels).enumerate() {
            let start = (y as usize + row) / self.factor as usize * self.size.width as usize;
            for (x, pixel) in line.chunks_exact(channels).enumerate() {
                let at = start + x / self.factor as usize;
                let alpha = if used < channels { f64::from(pixel[used].to_f32()) / full } else { 1.0 };
                let value = |sample: S| {
                    let value = f64::from(sample.to_f32());
                    if value.is_finite() { value } else { 0.0 }
                };
                let color = if is_color {
                    [value(pixel[0]), value(pixel[1]), value(pixel[2])]
                } else {
                    [pixel[..used].iter().map(|&sample| value(sample)).sum::<f64>() / used.max(1) as f64; 3]
                };
                self.colors[at].iter_mut().zip(color).for_each(|(sum, value)| *sum += value * alpha);
                self.weights[at] += alpha;
                self.counts[at] += 1;
            }
        }
    }

    fn finish(self, sample: SampleType) -> (Vec<[f32; 3]>, Vec<f32>) {
        let mut colors: Vec<[f64; 3]> = self.colors;
        for (color, &weight) in colors.iter_mut().zip(&self.weights).filter(|(_, weight)| **weight > 0.0) {
            color.iter_mut().for_each(|sum| *sum /= weight);
        }
        let present =
            || colors.iter().zip(&self.weights).filter(|(_, weight)| **weight > 0.0).flat_map(|(color, _)| *color);
        let (low, high) = match sample {
            SampleType::U8 => (0.0, 255.0),
            _ => present().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v))),
        };
        let unit = |value: f64| if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) as f32 } else { 0.0 };
        let alpha =
            self.weights.iter().zip(&self.counts).map(|(weight, &count)| (weight / f64::from(count.max(1))) as f32);
        (colors.iter().map(|color| color.map(unit)).collect(), alpha.collect())
    }
}

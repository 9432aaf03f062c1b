//! The samples inside a region: mean, spread and histogram of each channel, from as little memory as a tile takes.

use crate::core_geometry::{Rect, Region};
use crate::job::Progress;
use crate::pixels::{Pixels, RawSampleType, RawSamples, Sample as _, SampleType, each_type};
use crate::raster::Raster;
use crate::source::Source;
use crate::{Error, Result};
use mosaicist_shape::{Bounds, Geometry};

/// Pixels read at a time, at most.
const PIECE: u64 = 1 << 20;
/// The most channels' exact counts of 16-bit values: 32 MiB.
const MOST_COUNTED: usize = 64;

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntensityOptions {
    /// Of the source; 0 is full resolution.
    pub level: usize,
    /// Bins of the histogram of samples that are not whole numbers of 8 or 16 bits; 0 for none.
    pub bins: usize,
}

impl Default for IntensityOptions {
    fn default() -> Self {
        Self { level: 0, bins: 256 }
    }
}

/// The samples of one channel, in units of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelStatistics {
    /// Samples that are numbers.
    pub count: u64,
    pub mean: f64,
    pub min: f64,
    pub max: f64,
    /// Of the population.
    pub std: f64,
    /// Counts of equal steps of `bin_width` from `bin_start`: each whole number has its own for 8 and 16 bits.
    pub histogram: Vec<u64>,
    pub bin_start: f64,
    pub bin_width: f64,
}

/// Measure what `geometry`, in pixels of level 0, holds of `source`: pixels whose centers are inside; of points, the pixels
/// they are in. Raw samples, as the file stores them. What lies outside the image does not count.
///
/// One step of `progress` is one pixel of the level within the bounds.
pub fn intensity(
    source: &dyn Source,
    geometry: &Geometry,
    options: IntensityOptions,
    progress: &Progress,
) -> Result<Vec<ChannelStatistics>> {
    let info = source.info();
    let level = info.level(Region::new(options.level, Rect::default()))?;
    let ratio = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    let scale = (ratio(level.size.width, info.size().width), ratio(level.size.height, info.size().height));
    let cover = cover(geometry, scale)?;
    let bounds = cover.bounds.intersect(Rect::from_size(level.size));
    let pieces = pieces(bounds, level.tile.height);
    let counted = info.stored.is_none()
        && matches!(info.sample, SampleType::U8 | SampleType::U16)
        && info.channels as usize <= MOST_COUNTED;
    let scans = if counted || options.bins == 0 { 1 } else { 2 };
    progress.set_total(bounds.area() * scans);
    let mut channels = vec![Running::new(if counted { info.sample } else { SampleType::F32 }); info.channels as usize];
    for &piece in &pieces {
        visit(source, options.level, &cover, piece, |channel, value| channels[channel].add(value))?;
        progress.advance(piece.area())?;
    }
    if scans == 2 {
        channels.iter_mut().for_each(|channel| channel.begin_histogram(options.bins));
        for &piece in &pieces {
            visit(source, options.level, &cover, piece, |channel, value| channels[channel].count_in_bin(value))?;
            progress.advance(piece.area())?;
        }
    }
    Ok(channels.into_iter().map(Running::finish).collect())
}

/// Which pixels of the level count.
struct Cover {
    raster: Raster,
    points: Vec<(i64, i64)>,
    bounds: Rect,
}

fn cover(geometry: &Geometry, scale: (f64, f64)) -> Result<Cover> {
    let b = geometry.bounds();
    let scaled = Bounds { x0: b.x0 * scale.0, y0: b.y0 * scale.1, x1: b.x1 * scale.0, y1: b.y1 * scale.1 };
    let points: Vec<_> = geometry
        .points()
        .iter()
        .map(|point| ((point.x * scale.0).floor() as i64, (point.y * scale.1).floor() as i64))
        .collect();
    if !geometry.is_area() && points.is_empty() {
        return Err(Error::invalid(format!("a {} has no inside to measure", geometry.name())));
    }
    // A point on the right or lower edge of its bounds is in the next pixel.
    let bounds = if points.is_empty() { scaled.pixels() } else { scaled.expand(1.0).pixels() };
    Ok(Cover { raster: Raster::scaled([(geometry, 1)], scale), points, bounds })
}

/// `bounds` in pieces of whole rows of tiles, cut where they are too wide.
fn pieces(bounds: Rect, tile_rows: u32) -> Vec<Rect> {
    let rows = i64::from(tile_rows.clamp(16, 1024));
    let across = ((PIECE / rows as u64) as i64).max(256);
    let mut pieces = Vec::new();
    let mut y = bounds.y0;
    while y < bounds.y1 {
        let end = ((y / rows + 1) * rows).min(bounds.y1);
        let mut x = bounds.x0;
        while x < bounds.x1 {
            pieces.push(Rect::new(x, y, (x + across).min(bounds.x1), end));
            x += across;
        }
        y = end;
    }
    pieces
}

/// Call `see` with each sample of `piece` that counts.
fn visit(source: &dyn Source, level: usize, cover: &Cover, piece: Rect, mut see: impl FnMut(usize, f64)) -> Result<()> {
    let points: Vec<_> = cover.points.iter().copied().filter(|&(x, y)| piece.contains_pixel(x, y)).collect();
    if points.is_empty() && !cover.raster.touches(piece) {
        return Ok(());
    }
    let region = Region::new(level, piece);
    let values = match source.read_raw(region)? {
        Some(numbers) => Values::RawSamples(numbers),
        None => Values::Pixels(source.read(region)?),
    };
    // Parts of a multipolygon may overlap: a mask counts each pixel once.
    let mask = cover.raster.mask::<u8>(piece);
    let width = piece.width() as usize;
    let inside = mask.labels.iter().enumerate().filter(|(_, label)| **label != 0).map(|(at, _)| at);
    inside.for_each(|at| values.of(at, &mut see));
    points.iter().for_each(|(x, y)| values.of((y - piece.y0) as usize * width + (x - piece.x0) as usize, &mut see));
    Ok(())
}

enum Values {
    Pixels(Pixels),
    RawSamples(RawSamples),
}

impl Values {
    fn of(&self, at: usize, see: &mut impl FnMut(usize, f64)) {
        match self {
            Self::Pixels(pixels) => {
                let channels = pixels.channels() as usize;
                let range = at * channels..(at + 1) * channels;
                each_type!(pixels.samples(), all => {
                    all[range].iter().enumerate().for_each(|(c, value)| see(c, value.to_f64()));
                });
            }
            Self::RawSamples(numbers) => {
                let (kind, channels) = (numbers.kind(), numbers.channels() as usize);
                let pixel = &numbers.bytes()[at * channels * kind.bytes()..][..channels * kind.bytes()];
                pixel.chunks_exact(kind.bytes()).enumerate().for_each(|(c, bytes)| see(c, number(kind, bytes)));
            }
        }
    }
}

/// A little-endian number; 64-bit integers beyond 2^53 are rounded.
fn number(kind: RawSampleType, bytes: &[u8]) -> f64 {
    fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().unwrap_or([0; N])
    }
    match kind {
        RawSampleType::U8 => f64::from(u8::from_le_bytes(array(bytes))),
        RawSampleType::U16 => f64::from(u16::from_le_bytes(array(bytes))),
        RawSampleType::U32 => f64::from(u32::from_le_bytes(array(bytes))),
        RawSampleType::U64 => u64::from_le_bytes(array(bytes)) as f64,
        RawSampleType::I8 => f64::from(i8::from_le_bytes(array(bytes))),
        RawSampleType::I16 => f64::from(i16::from_le_bytes(array(bytes))),
        RawSampleType::I32 => f64::from(i32::from_le_bytes(array(bytes))),
        RawSampleType::I64 => i64::from_le_bytes(array(bytes)) as f64,
        RawSampleType::F32 => f64::from(f32::from_le_bytes(array(bytes))),
        RawSampleType::F64 => f64::from_le_bytes(array(bytes)),
    }
}

/// One channel while it is measured.
#[derive(Clone)]
struct Running {
    count: u64,
    /// Running mean and sum of squared differences from it (Welford 1962).
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
    histogram: Vec<u64>,
    /// Each whole number has its own bin.
    is_exact: bool,
    start: f64,
    width: f64,
}

impl Running {
    fn new(sample: SampleType) -> Self {
        let bins = match sample {
            SampleType::U8 => 256,
            SampleType::U16 => 65536,
            _ => 0,
        };
        Self {
            count: 0,
            mean: 0.0,
            squares: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            histogram: vec![0; bins],
            is_exact: bins > 0,
            start: 0.0,
            width: 1.0,
        }
    }

    fn add(&mut self, value: f64) {
        if self.is_exact {
            self.histogram[value as usize] += 1;
            return;
        }
        if value.is_nan() {
            return;
        }
        self.count += 1;
        let away = value - self.mean;
        self.mean += away / self.count as f64;
        self.squares += away * (value - self.mean);
        (self.min, self.max) = (self.min.min(value), self.max.max(value));
    }

    fn begin_histogram(&mut self, bins: usize) {
        self.histogram = vec![0; bins];
        self.start = self.min;
        self.width = (self.max - self.min) / bins as f64;
    }

    fn count_in_bin(&mut self, value: f64) {
        if value.is_nan() {
            return;
        }
        let bin = if self.width > 0.0 { ((value - self.start) / self.width) as usize } else { 0 };
        let last = self.histogram.len() - 1;
        self.histogram[bin.min(last)] += 1;
    }

    fn finish(mut self) -> ChannelStatistics {
        if self.is_exact {
            self.sum_histogram();
        }
        let known = |value: f64| if self.count == 0 { f64::NAN } else { value };
        ChannelStatistics {
            count: self.count,
            mean: known(self.mean),
            min: known(self.min),
            max: known(self.max),
            std: known((self.squares / self.count.max(1) as f64).sqrt()),
            histogram: self.histogram,
            bin_start: self.start,
            bin_width: self.width,
        }
    }

    /// Everything follows exactly from the counts of each value.
    fn sum_histogram(&mut self) {
        let counts = || self.histogram.iter().enumerate().filter(|(_, count)| **count > 0);
        let count: u64 = self.histogram.iter().sum();
        let sum: f64 = counts().map(|(value, &count)| value as f64 * count as f64).sum();
        let mean = sum / count.max(1) as f64;
        let squares = counts().map(|(value, &count)| (value as f64 - mean).powi(2) * count as f64).sum();
        let ends = (counts().next(), counts().next_back());
        if let (Some((min, _)), Some((max, _))) = ends {
            (self.min, self.max) = (min as f64, max as f64);
        }
        (self.count, self.mean, self.squares) = (count, mean, squares);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core_geometry::Size;
    use crate::pixels::Samples;
    use crate::source::testing::InMemory;

    fn ramp(samples: Samples) -> InMemory {
        InMemory::new(Pixels::new(Size::new(100, 50), 1, samples).unwrap())
    }

    fn measured(source: &InMemory, geometry: &Geometry) -> ChannelStatistics {
        intensity(source, geometry, IntensityOptions::default(), &Progress::default()).unwrap().remove(0)
    }

    #[test]
    fn samples_inside_are_counted_once() {
        let source = ramp(Samples::U16((0..5000).map(|at| at % 100 * 600).collect()));
        let one = measured(&source, &Geometry::rectangle(10.0, 5.0, 20.0, 10.0));
        assert_eq!((one.count, one.min, one.max, one.mean), (200, 6000.0, 17400.0, 11700.0));
        assert!((one.std - 600.0 * (399.0f64 / 12.0).sqrt()).abs() < 1e-6, "{}", one.std);
        assert_eq!((one.histogram[6000], one.histogram.len()), (10, 65536));
        let square = crate::Polygon::new([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)].map(Into::into));
        let twice = Geometry::MultiPolygon([square.clone(), square].into());
        assert_eq!(measured(&source, &twice).count, 16, "where parts overlap");
        assert_eq!(measured(&source, &Geometry::rectangle(-5.0, -5.0, 10.0, 10.0)).count, 25, "in the image alone");
    }

    #[test]
    fn floats_get_a_histogram_of_their_range_and_nan_does_not_count() {
        let source =
            ramp(Samples::F32((0..5000).map(|at| if at == 0 { f32::NAN } else { (at % 100) as f32 }).collect()));
        let all = measured(&source, &Geometry::rectangle(0.0, 0.0, 100.0, 50.0));
        assert_eq!((all.count, all.min, all.max), (4999, 0.0, 99.0));
        assert_eq!((all.histogram.iter().sum::<u64>(), all.histogram.len()), (4999, 256));
        assert!((all.std - (9999.0f64 / 12.0).sqrt()).abs() < 0.02, "{}", all.std);
    }

    #[test]
    fn points_measure_their_pixels_and_lines_nothing() {
        let source = ramp(Samples::U8((0..5000).map(|at| (at % 100) as u8).collect()));
        let points = measured(&source, &Geometry::Points([(10.0, 5.0), (20.9, 5.0)].map(Into::into).into()));
        assert_eq!((points.count, points.min, points.max), (2, 10.0, 20.0));
        let line = Geometry::Line([(0.0, 0.0), (9.0, 9.0)].map(Into::into));
        assert!(intensity(&source, &line, IntensityOptions::default(), &Progress::default()).is_err());
    }
}

//! [`Histogram`]: how often each value of a channel occurs, of any range, in bounded memory and one sequential scan.

use crate::pixels::{Color, Pixels, Sample, SampleType, each_type, is_nodata};

/// Bins for floats.
const BINS: usize = 4096;

/// Counts of one channel's values: one for each value of an integer type; for floats 4096 bins of equal width over a range
/// that doubles when a value falls outside, as neighboring bins are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    counts: Vec<u64>,
    /// The value at the beginning of the first bin, and the width of a bin; 0 before the first float.
    low: f64,
    step: f64,
    /// The lowest and the highest value.
    range: Option<(f32, f32)>,
    total: u64,
}

/// Counts the values of each channel of `pixels` except alpha. Transparent pixels and NaN are not counted, nor `nodata`.
pub fn histograms(pixels: &Pixels, color: Color, nodata: Option<f64>) -> Vec<Histogram> {
    let count = usize::from(pixels.channels()) - usize::from(color.has_alpha());
    let mut all = vec![Histogram::new(pixels.sample_type()); count];
    let channels = usize::from(pixels.channels());
    fn values<S: Sample>(samples: &[S], channels: usize, at: usize, alpha: bool) -> impl Iterator<Item = S> {
        let is_visible = move |pixel: &&[S]| !alpha || pixel[channels - 1] != S::default();
        samples.chunks_exact(channels).filter(is_visible).map(move |pixel| pixel[at])
    }
    for (at, histogram) in all.iter_mut().enumerate() {
        each_type!(pixels.samples(), samples => {
            let values = values(samples, channels, at, color.has_alpha());
            match nodata {
                None => histogram.add(values),
                Some(nodata) => histogram.add(values.filter(|value| !is_nodata(value.to_f64(), nodata))),
            }
        });
    }
    all
}

impl Histogram {
    /// Of nothing yet.
    pub fn new(sample: SampleType) -> Self {
        let (bins, step) = match sample {
            SampleType::U8 => (256, 1.0),
            SampleType::U16 => (65536, 1.0),
            // Of a range that only the values tell.
            _ => (BINS, 0.0),
        };
        Self { counts: vec![0; bins], low: 0.0, step, range: None, total: 0 }
    }

    /// How many values have been counted.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The lowest and the highest value; (0, 0) of nothing.
    pub fn range(&self) -> (f32, f32) {
        self.range.unwrap_or_default()
    }

    /// Count more values.
    pub fn add<S: Sample>(&mut self, values: impl Iterator<Item = S>) {
        match S::TYPE {
            SampleType::U8 | SampleType::U16 => {
                for value in values {
                    // A bin for each value: the number of the bin is the value.
                    self.counts[value.to_f32() as usize] += 1;
                }
                self.total = self.counts.iter().sum();
                let used = |count: &u64| *count > 0;
                let ends = self.counts.iter().position(used).zip(self.counts.iter().rposition(used));
                self.range = ends.map(|(first, last)| (first as f32, last as f32));
            }
            _ => {
                for value in values.map(Sample::to_f32).filter(|value| value.is_finite()) {
                    self.one(value, 1);
                }
            }
        }
    }

    /// Count what `other` has counted, of the same type: floats at the middles of their bins.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() != BINS {
            self.counts.iter_mut().zip(&other.counts).for_each(|(to, count)| *to += count);
            self.total += other.total;
        } else if let Some((low, high)) = other.range {
            // The ends first: they are exact.
            self.reach(low);
            self.reach(high);
            for (at, count) in other.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let middle = (other.low + (at as f64 + 0.5) * other.step) as f32;
                self.one(middle.clamp(low, high), *count);
            }
        }
        self.range = match (self.range, other.range) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }

    /// The value below which `part` (0 to 1) of all values lie, to a bin; 0 of nothing.
    pub fn percentile(&self, part: f64) -> f32 {
        let Some((lowest, highest)) = self.range else { return 0.0 };
        let wanted = part * self.total as f64;
        let mut sum = 0;
        for (at, count) in self.counts.iter().enumerate() {
            sum += count;
            if sum > 0 && sum as f64 >= wanted {
                let inside = if self.counts.len() == BINS { 0.5 } else { 0.0 };
                return ((self.low + (at as f64 + inside) * self.step) as f32).clamp(lowest, highest);
            }
        }
        highest
    }

    /// The values between `low` and `high` in `count` bars of equal width.
    pub fn bars(&self, low: f32, high: f32, count: usize) -> Vec<f64> {
        let mut bars = vec![0.0; count];
        let (low, width) = (f64::from(low), (f64::from(high) - f64::from(low)).max(f64::MIN_POSITIVE) / count as f64);
        // A bin lies around a whole value, or between two values; it is spread over the bars that it covers.
        let shift = if self.counts.len() == BINS { 0.0 } else { 0.5 };
        for (at, hits) in self.counts.iter().enumerate().filter(|(_, hits)| **hits > 0) {
            let from = (self.low + (at as f64 - shift) * self.step - low) / width;
            let to = (from + (self.step / width).max(1e-9)).min(count as f64);
            let each = *hits as f64 / (self.step / width).max(1e-9);
            let from = from.max(0.0);
            if to <= from {
                continue;
            }
            for (at, bar) in bars.iter_mut().enumerate().take(to.ceil() as usize).skip(from as usize) {
                *bar += (to.min(at as f64 + 1.0) - from.max(at as f64)) * each;
            }
        }
        bars
    }

    fn one(&mut self, value: f32, times: u64) {
        self.reach(value);
        let bin = ((f64::from(value) - self.low) / self.step) as usize;
        self.counts[bin.min(BINS - 1)] += times;
        self.total += times;
        let (low, high) = self.range.unwrap_or((value, value));
        self.range = Some((low.min(value), high.max(value)));
    }

    /// Widen the bins until `value` falls into one.
    fn reach(&mut self, value: f32) {
        let value = f64::from(value);
        if self.step <= 0.0 {
            // Narrow at first; a few doublings reach any range.
            self.step = (value.abs() * 1e-6).max(1e-12) / BINS as f64;
            self.low = value - self.step * (BINS / 2) as f64;
        }
        while value < self.low || value >= self.low + self.step * BINS as f64 {
            let up = value >= self.low;
            let half = |pairs: &[u64]| -> Vec<u64> { pairs.as_chunks::<2>().0.iter().map(|[a, b]| a + b).collect() };
            let (joined, empty) = (half(&self.counts), vec![0; BINS / 2]);
            if !up {
                self.low -= self.step * BINS as f64;
            }
            self.counts = if up { [joined, empty] } else { [empty, joined] }.concat();
            self.step *= 2.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::Samples;

    #[test]
    fn whole_numbers_are_counted_one_by_one() {
        let samples = Samples::U16((0..1000).flat_map(|i| [i, 60000, 7]).collect());
        let pixels = Pixels::new(Size::new(1000, 1), 3, samples).unwrap();
        let all = histograms(&pixels, Color::Rgb, None);
        assert_eq!((all[0].total(), all[0].range()), (1000, (0.0, 999.0)));
        assert_eq!((all[0].percentile(0.25), all[0].percentile(0.999)), (249.0, 998.0));
        assert_eq!((all[1].percentile(0.0), all[1].percentile(1.0)), (60000.0, 60000.0));
        let bars = all[0].bars(-0.5, 999.5, 4);
        assert!(bars.iter().all(|bar| (bar - 250.0).abs() < 1e-6), "{bars:?}");
    }

    #[test]
    fn floats_of_any_range_are_counted_to_a_bin() {
        let far = [(1000.0, 1010.0), (-3.0, 5.0), (1e-9, 2e-9), (-1e20, 1e20)];
        for (low, high) in far {
            let values: Vec<f32> = (0..10_000).map(|i| low + (high - low) * (i as f32 / 9999.0)).collect();
            let mut histogram = Histogram::new(SampleType::F32);
            histogram.add([f32::NAN, f32::INFINITY].into_iter());
            histogram.add(values.into_iter());
            assert_eq!((histogram.total(), histogram.range()), (10_000, (low, high)));
            for part in [0.01, 0.5, 0.99] {
                let expected = low + (high - low) * part as f32;
                let off = (histogram.percentile(part) - expected).abs() / (high - low);
                assert!(off < 2e-3, "{low} to {high}: {part} is {off} off");
            }
        }
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let parts = |range: std::ops::Range<u32>| {
            let mut histogram = Histogram::new(SampleType::F32);
            histogram.add(range.map(|i| i as f32 * 0.1));
            histogram
        };
        let (mut merged, whole) = (parts(0..500), parts(0..1000));
        merged.merge(&parts(500..1000));
        assert_eq!((merged.total(), merged.range()), (whole.total(), whole.range()));
        for part in [0.001, 0.3, 0.999] {
            assert!((merged.percentile(part) - whole.percentile(part)).abs() < 0.2, "{part}");
        }
        let mut bytes = Histogram::new(SampleType::U8);
        bytes.add([3u8, 4].into_iter());
        bytes.merge(&bytes.clone());
        assert_eq!((bytes.total(), bytes.range()), (4, (3.0, 4.0)));
    }

    #[test]
    fn transparent_pixels_are_not_counted() {
        let pixels = Pixels::new(Size::new(2, 1), 2, Samples::U8(vec![9, 0, 200, 255])).unwrap();
        let all = histograms(&pixels, Color::GrayAlpha, None);
        assert_eq!((all.len(), all[0].total(), all[0].range()), (1, 1, (200.0, 200.0)));
    }
}

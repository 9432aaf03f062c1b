//! [`Whole`]: statistics of a filter's whole input, and Otsu's threshold from them.

use crate::Result;
use crate::block::Block;
use crate::frame::Frame;
use crate::geometry::{Rect, Size, TileGrid};
use crate::pixel_types::each_picture;
use crate::pixels::{Sample, SampleType};

/// How often each value occurs in each color channel of an image.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Whole {
    pub(crate) channels: Vec<Counts>,
}

/// A histogram: `numbers[i]` samples lie from `start + i × step` up to the next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counts {
    start: f64,
    step: f64,
    numbers: Vec<u64>,
    /// Whether each step is a whole number.
    whole: bool,
}

/// Steps of a histogram of floats.
const STEPS: usize = 256;

impl Whole {
    /// The histograms of an image like `frame`, read in pieces of `piece` pixels: of whole numbers a count for each, of floats
    /// 256 steps between the least and the largest.
    pub(crate) fn of(frame: &Frame, read: impl Fn(Rect) -> Result<Block>, piece: Size) -> Result<Self> {
        let colors = frame.colors();
        let grid = TileGrid::new(frame.size, piece);
        let each = |visit: &mut dyn FnMut(usize, f32)| -> Result<()> {
            for (column, row) in grid.touching(frame.rect()) {
                let block = read(grid.rect(column, row))?;
                let channels = block.channels();
                each_picture!(block.pixels.samples(), samples => {
                    for pixel in samples.chunks_exact(channels) {
                        let values = pixel[..colors].iter().map(|value| value.to_f32()).enumerate();
                        values.filter(|(_, value)| value.is_finite()).for_each(|(c, value)| visit(c, value));
                    }
                });
            }
            Ok(())
        };
        let whole = frame.sample != SampleType::F32;
        let empty = |start: f64, step: f64, count: usize| Counts { start, step, numbers: vec![0; count], whole };
        let mut channels: Vec<Counts> = match frame.sample {
            SampleType::U8 => vec![empty(0.0, 1.0, 256); colors],
            SampleType::U16 => vec![empty(0.0, 1.0, 65536); colors],
            _ => {
                let mut ranges = vec![(f32::INFINITY, f32::NEG_INFINITY); colors];
                each(&mut |c, value| ranges[c] = (ranges[c].0.min(value), ranges[c].1.max(value)))?;
                let counts = |(low, high): &(f32, f32)| {
                    let (low, high) = if low <= high { (f64::from(*low), f64::from(*high)) } else { (0.0, 1.0) };
                    empty(low, ((high - low) / STEPS as f64).max(f64::MIN_POSITIVE), STEPS)
                };
                ranges.iter().map(counts).collect()
            }
        };
        each(&mut |c, value| channels[c].count(f64::from(value)))?;
        Ok(Self { channels })
    }
}

impl Counts {
    fn count(&mut self, value: f64) {
        // Between filters whole numbers have fractions.
        let shift = if self.whole { 0.5 } else { 0.0 };
        let at = ((value - self.start) / self.step + shift).max(0.0) as usize;
        let last = self.numbers.len() - 1;
        self.numbers[at.min(last)] += 1;
    }

    /// The value that splits the samples into two classes with the largest variance between them (Otsu 1979): the middle of the
    /// step that is the last of the lower class.
    pub(crate) fn otsu(&self) -> f32 {
        let middle = |i: usize| if self.whole { i as f64 } else { i as f64 + 0.5 };
        let total: f64 = self.numbers.iter().map(|count| *count as f64).sum();
        let sum: f64 = self.numbers.iter().enumerate().map(|(i, count)| middle(i) * *count as f64).sum();
        let (mut below, mut below_sum, mut best, mut best_at) = (0.0, 0.0, -1.0, 0.0);
        for (i, count) in self.numbers.iter().enumerate() {
            below += *count as f64;
            below_sum += middle(i) * *count as f64;
            let above = total - below;
            if below == 0.0 || above == 0.0 {
                continue;
            }
            let apart = below_sum / below - (sum - below_sum) / above;
            let between = below * above * apart * apart;
            if between > best * (1.0 + 1e-12) {
                (best, best_at) = (between, middle(i));
            }
        }
        (self.start + best_at * self.step) as f32
    }
}

//! [`Mean`] of a square of whole numbers: exact sums, rounded once.

use crate::Result;
use crate::block::Block;
use crate::frame::Border;
use crate::geometry::Rect;
use crate::kernels::{Linear, Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample, SampleType, Samples};
use crate::vector::vector_fn;

/// Whole numbers by sums that slide; floats, and what is hidden or missing, by a linear filter.
pub(crate) struct Mean {
    size: usize,
    linear: Linear,
    /// Whether alpha is to weight colors.
    alpha: Option<f32>,
}

impl Mean {
    /// `linear` is the same mean; `alpha` the value of full alpha where it weights colors.
    pub(crate) fn new(size: usize, linear: Linear, alpha: Option<f32>) -> Self {
        Self { size, linear, alpha }
    }

    /// The full alpha of `input`, where some of it is less.
    fn hiding(&self, input: &Block) -> Option<u32> {
        self.alpha.filter(|full| input.has_transparent(*full)).map(|full| full as u32)
    }
}

impl Op for Mean {
    fn needs(&self, out: Rect) -> Rect {
        self.linear.needs(out)
    }

    fn border(&self) -> Border {
        self.linear.border()
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        if !matches!(task.input.pixels.sample_type(), SampleType::U8 | SampleType::U16) {
            return self.linear.run(task);
        }
        let hiding = self.hiding(task.input);
        let mut out = match hiding {
            Some(_) => self.linear.run(task)?,
            None => Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result),
        };
        each_picture!(out.samples_mut(), out => match task.input.pixels.samples() {
            Samples::U8(from) => self.slide(from, task, hiding, out),
            Samples::U16(from) => self.slide(from, task, hiding, out),
            _ => {}
        });
        Ok(out)
    }
}

impl Mean {
    /// The exact means; where alpha is `hiding` only those of squares that are opaque all over.
    fn slide<A: Sample + Into<u32>, B: Sample>(&self, from: &[A], task: &Task<'_>, hiding: Option<u32>, out: &mut [B]) {
        let (stride, channels) = (task.input.stride(), task.input.channels());
        let width = task.out.width() as usize * channels;
        let mut columns = vec![0u32; stride];
        let mut sums = vec![0u32; width];
        let row = |y: usize| &from[y * stride..][..stride];
        for y in 0..self.size - 1 {
            add(&mut columns, row(y));
        }
        for (y, out) in out.chunks_exact_mut(width.max(1)).enumerate() {
            add(&mut columns, row(y + self.size - 1));
            self.across(&columns, channels, &mut sums);
            let count = (self.size * self.size) as u32;
            match hiding {
                None => divide(&sums, count, out),
                Some(full) => {
                    let opaque = |sums: &&mut [u32]| sums[channels - 1] == full * count;
                    let pixels = out.chunks_exact_mut(channels).zip(sums.chunks_exact_mut(channels));
                    pixels.filter(|(_, sums)| opaque(sums)).for_each(|(out, sums)| divide(sums, count, out));
                }
            }
            take(&mut columns, row(y));
        }
    }

    /// The sums of `size` columns.
    fn across(&self, columns: &[u32], channels: usize, sums: &mut [u32]) {
        if self.size <= 15 {
            return join(columns, self.size, channels, sums);
        }
        for c in 0..channels {
            let column = |x: usize| columns[x * channels + c];
            let mut sum: u32 = (0..self.size - 1).map(column).sum();
            for x in 0..sums.len() / channels {
                sum += column(x + self.size - 1);
                sums[x * channels + c] = sum;
                sum -= column(x);
            }
        }
    }
}

vector_fn! {
    fn add[A: Sample + Into<u32>](columns: &mut [u32], row: &[A]) {columns.iter_mut().zip(row).for_each(|(sum, value)| *sum += (*value).into());
    }
}

vector_fn! {
    /// Quotients, rounded to nearest with halves up where the result is a whole number: a double holds sum and quotient exactly
    /// enough to see on which side of a half it is.
    fn divide[B: Sample](sums: &[u32], count: u32, out: &mut [B]) {
        let count = f64::from(count);
        for (to, sum) in out.iter_mut().zip(sums) {
            *to = B::from_f32(rounded::<B>(f64::from(*sum) / count));
        }
    }
}

vector_fn! {
    fn take[A: Sample + Into<u32>](columns: &mut [u32], row: &[A]) {
        columns.iter_mut().zip(row).for_each(|(sum, value)| *sum -= (*value).into());
    }
}

vector_fn! {
    /// The sums of `size` neighbors.
    fn join[](columns: &[u32], size: usize, channels: usize, sums: &mut [u32]) {
        sums.fill(0);
        for shift in 0..size {
            sums.iter_mut().zip(&columns[shift * channels..]).for_each(|(sum, column)| *sum += column);
        }
    }
}

#[allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found at run time")]
#[inline(always)]
fn rounded<B: Sample>(value: f64) -> f32 {
    if B::TYPE.is_float() { value as f32 } else { (value + 0.5).floor() as f32 }
}

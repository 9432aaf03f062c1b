//! [`Fourier`]: Fourier transforms of real images of any size that factors into 2, 3 and 5, with cached plans.
//!
//! A package of its own, for the transforms' code is generic and large: whoever uses this compiles none of it.

use std::ops::RangeInclusive;

use realfft::RealFftPlanner;
pub use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// The transform of a real plane, padded with zeros to `width` × `height`: frequencies 0 to width / 2 across, all down.
#[derive(Debug, Clone, Default)]
pub struct Spectrum {
    pub width: usize,
    pub height: usize,
    /// Column by column: `width / 2 + 1` columns of `height` values.
    pub data: Vec<Complex<f32>>,
}

/// Plans and scratch memory of one thread.
pub struct Fourier {
    rows: RealFftPlanner<f32>,
    columns: FftPlanner<f32>,
    scratch: Vec<Complex<f32>>,
}

impl Default for Fourier {
    fn default() -> Self {
        Self { rows: RealFftPlanner::new(), columns: FftPlanner::new(), scratch: Vec::new() }
    }
}

/// How many lines are turned at once, so that both sides of the transposition stay in the cache.
const BLOCK: usize = 16;

impl Fourier {
    /// The transform of rows of equal length, at most `width` × `height` values, with zeros to the right and below.
    pub fn forward(&mut self, rows: &mut dyn Iterator<Item = &[f32]>, width: usize, height: usize) -> Spectrum {
        let half = width / 2 + 1;
        let plan = self.rows.plan_fft_forward(width);
        let (mut line, mut scratch) = (plan.make_input_vec(), plan.make_scratch_vec());
        let mut out = Spectrum { width, height, data: vec![Complex::default(); half * height] };
        let mut block = vec![Complex::default(); half * BLOCK];
        let mut start = 0;
        while start < height {
            let mut count = 0;
            for row in rows.take(BLOCK.min(height - start)) {
                line[..row.len()].copy_from_slice(row);
                line[row.len()..].fill(0.0);
                let to = &mut block[count * half..][..half];
                plan.process_with_scratch(&mut line, to, &mut scratch).unwrap_or_else(|_| unreachable!("own lengths"));
                count += 1;
            }
            if count == 0 {
                break;
            }
            for column in 0..half {
                let to = &mut out.data[column * height + start..][..count];
                to.iter_mut().enumerate().for_each(|(k, value)| *value = block[k * half + column]);
            }
            start += count;
        }
        let plan = self.columns.plan_fft_forward(height);
        self.each_column(&*plan, &mut out);
        out
    }

    /// Rows `rows` (wrapping around, so that -1 is the last) of the inverse transform, columns `columns` of each, one row after the
    /// other; unscaled: width × height times what [`forward`](Self::forward) was given.
    pub fn inverse(
        &mut self,
        mut spectrum: Spectrum,
        columns: RangeInclusive<i64>,
        rows: RangeInclusive<i64>,
    ) -> Vec<f32> {
        let (width, height) = (spectrum.width, spectrum.height);
        let half = width / 2 + 1;
        let plan = self.columns.plan_fft_inverse(height);
        self.each_column(&*plan, &mut spectrum);
        let plan = self.rows.plan_fft_inverse(width);
        let (mut line, mut scratch) = (plan.make_output_vec(), plan.make_scratch_vec());
        let mut out = Vec::with_capacity(columns.clone().count() * rows.clone().count());
        let rows: Vec<usize> = rows.map(|row| row.rem_euclid(height as i64) as usize).collect();
        let mut block = vec![Complex::default(); half * BLOCK];
        for group in rows.chunks(BLOCK) {
            for column in 0..half {
                let from = &spectrum.data[column * height..][..height];
                group.iter().enumerate().for_each(|(k, &row)| block[k * half + column] = from[row]);
            }
            for k in 0..group.len() {
                let from = &mut block[k * half..][..half];
                // What a real result has there; rounding leaves traces.
                from[0].im = 0.0;
                if width.is_multiple_of(2) {
                    from[half - 1].im = 0.0;
                }
                plan.process_with_scratch(from, &mut line, &mut scratch)
                    .unwrap_or_else(|_| unreachable!("own lengths, and real at both ends"));
                out.extend(columns.clone().map(|column| line[column.rem_euclid(width as i64) as usize]));
            }
        }
        out
    }

    fn each_column(&mut self, plan: &dyn Fft<f32>, spectrum: &mut Spectrum) {
        self.scratch.resize(plan.get_inplace_scratch_len().max(self.scratch.len()), Complex::default());
        plan.process_with_scratch(&mut spectrum.data, &mut self.scratch);
    }
}

/// The least even number from `least` on that has no other factors than 2, 3 and 5.
pub fn fast_size(least: usize) -> usize {
    let smooth = |mut n: usize| {
        for factor in [2, 3, 5] {
            while n.is_multiple_of(factor) {
                n /= factor;
            }
        }
        n == 1
    };
    let mut size = least.max(2).next_multiple_of(2);
    while !smooth(size) {
        size += 2;
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_the_same() {
        let rows: Vec<Vec<f32>> = (0..37).map(|y| (0..19).map(|x| ((x * 7 + y * 13) % 11) as f32).collect()).collect();
        let mut fourier = Fourier::default();
        let spectrum = fourier.forward(&mut rows.iter().map(|row| &**row), 24, 40);
        let back = fourier.inverse(spectrum, -2..=18, -1..=36);
        for (y, row) in (-1i64..=36).enumerate() {
            for (x, column) in (-2i64..=18).enumerate() {
                let expected = if row < 0 || column < 0 { 0.0 } else { rows[row as usize][column as usize] };
                let got = back[y * 21 + x] / (24.0 * 40.0);
                assert!((got - expected).abs() < 1e-4, "{column},{row}: {got} for {expected}");
            }
        }
    }

    #[test]
    fn sizes_are_even_and_smooth() {
        assert_eq!([1, 7, 97, 121, 128, 1111].map(fast_size), [2, 8, 100, 128, 128, 1152]);
    }
}

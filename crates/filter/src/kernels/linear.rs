//! [`Linear`]: sums of weighted neighbors, as one or a few separable kernels or a dense one.

use crate::Result;
use crate::block::Block;
use crate::frame::{Border, Frame};
use crate::geometry::Rect;
use crate::kernels::bytes::{ByteKernel, From};
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample, SampleType, Samples};
use crate::vector::{Weights, finish, store, weigh, weigh_all};
use crate::words::{PLACES, floats_of_pixels};

/// A kernel, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    /// The product of two kernels of one dimension.
    Separable { across: Weights, down: Weights },
    /// Weights at (x, y) from the upper left corner of a kernel of `side` × `side`.
    Dense { side: usize, taps: Vec<(usize, usize)>, weights: Vec<f32> },
}

impl Term {
    pub(super) fn radii(&self) -> (usize, usize) {
        match self {
            Self::Separable { across, down } => (across.radius(), down.radius()),
            Self::Dense { side, .. } => (side / 2, side / 2),
        }
    }
}

/// How a kernel treats missing or transparent neighbors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A mean: the neighbors that are there count, weighted by alpha; alpha itself is filtered.
    Mean,
    /// Anything else: the pixel itself stands for what is not there; alpha stays.
    Difference,
}

/// The filter: the sum of the terms, divided, shifted.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    terms: Vec<Term>,
    divisor: f32,
    offset: f32,
    kind: Kind,
    border: Border,
    /// Of the weights, summed in the order that pixels are.
    total: f32,
    alpha: Option<usize>,
    /// Whether alpha weights the colors.
    weighted: bool,
    full: f32,
    /// The same for bytes, if whole numbers hold its sums.
    bytes: Option<ByteKernel>,
}

impl Linear {
    /// The sum of `terms` for images like `frame`.
    pub(crate) fn new(terms: Vec<Term>, kind: Kind, frame: &Frame, border: Border, weighted: bool) -> Self {
        let (alpha, full) = (frame.alpha(), frame.full());
        let (divisor, offset, total, bytes) = (1.0, 0.0, 0.0, None);
        let mut made = Self { terms, divisor, offset, kind, border, total, alpha, weighted, full, bytes };
        made.total = made.total();
        made.bytes = ByteKernel::new(&made.terms, made.radii());
        made
    }

    pub(crate) fn divided(mut self, divisor: f32) -> Self {
        self.divisor = divisor;
        self
    }

    pub(crate) fn shifted(mut self, offset: f32) -> Self {
        self.offset = offset;
        self
    }

    /// How far the kernel reaches across and down.
    pub(crate) fn radii(&self) -> (usize, usize) {
        self.terms.iter().map(Term::radii).fold((0, 0), |(x, y), (a, b)| (x.max(a), y.max(b)))
    }

    /// The sum of the kernel.
    fn total(&self) -> f32 {
        let (x, y) = self.radii();
        let (width, height) = (2 * x + 1, 2 * y + 1);
        let ones = vec![1f32; width * height];
        let plane = Plane { samples: &ones, stride: width, channels: 1 };
        let mut sum = [0f32];
        self.row(plane, 0, (x, y), &mut vec![0.0; width], &mut sum);
        sum[0]
    }

    /// Row `y` of the result from `plane`, which has `radii` more pixels on each side.
    fn row<S: Sample>(&self, plane: Plane<'_, S>, y: usize, radii: (usize, usize), line: &mut [f32], sums: &mut [f32]) {
        let channels = plane.channels;
        for (number, term) in self.terms.iter().enumerate() {
            let (x_radius, y_radius) = term.radii();
            let (left, top) = ((radii.0 - x_radius) * channels, y + radii.1 - y_radius);
            match term {
                Term::Separable { across, down } if y_radius == 0 && down.values[0].to_bits() == 1f32.to_bits() => {
                    let row = &plane.row(top)[left..];
                    let shifts: Vec<&[S]> = (0..across.values.len()).map(|j| &row[j * channels..]).collect();
                    weigh(&shifts, across, sums, number > 0);
                }
                Term::Separable { across, down } => {
                    let rows: Vec<&[S]> = (0..down.values.len()).map(|j| &plane.row(top + j)[left..]).collect();
                    let line = &mut line[..sums.len() + 2 * x_radius * channels];
                    weigh(&rows, down, line, false);
                    let shifts: Vec<&[f32]> = (0..across.values.len()).map(|j| &line[j * channels..]).collect();
                    weigh(&shifts, across, sums, number > 0);
                }
                Term::Dense { taps, weights, .. } => {
                    let shifts: Vec<&[S]> =
                        taps.iter().map(|(x, y)| &plane.row(top + y)[left + x * channels..]).collect();
                    weigh_all(&shifts, weights, sums, number > 0);
                }
            }
        }
    }

    /// The rows of the result as floats, one after the other.
    pub(crate) fn rows(&self, input: &Block, out: Rect, emit: impl FnMut(usize, &[f32])) {
        self.rows_from(input, out, 0, emit);
    }

    /// The same for an `out` that begins `skipped` rows below what `input` was made for.
    fn rows_from(&self, input: &Block, out: Rect, skipped: usize, mut emit: impl FnMut(usize, &[f32])) {
        let hidden = self.is_hidden(input);
        if hidden || input.has_missing() {
            return self.masked_rows(input, out, skipped, hidden, emit);
        }
        let (radii, channels) = (self.radii(), input.channels());
        let (mut line, mut sums) = (vec![0f32; input.stride()], vec![0f32; out.width() as usize * channels]);
        if let (Samples::U8(bytes), Some(kernel)) =
            (input.pixels.samples(), self.bytes.as_ref().filter(|it| it.is_exact()))
        {
            return kernel.rows(From::Bytes(bytes), input, out, (radii, skipped), |y, exact| {
                exact.floats(&mut sums);
                finish(&mut sums, self.divisor, self.offset);
                self.keep_alpha(
                    &bytes[(y + skipped + radii.1) * input.stride() + radii.0 * channels..],
                    channels,
                    &mut sums,
                );
                emit(y, &sums);
            });
        }
        each_picture!(input.pixels.samples(), samples => {
            let plane = Plane { samples, stride: input.stride(), channels };
            for y in 0..out.height() as usize {
                self.row(plane, y + skipped, radii, &mut line, &mut sums);
                finish(&mut sums, self.divisor, self.offset);
                self.keep_alpha(&plane.row(y + skipped + radii.1)[radii.0 * channels..], channels, &mut sums);
                emit(y, &sums);
            }
        });
    }

    /// Alpha as it is, where a filter changes the colors alone.
    fn keep_alpha<A: Sample, B: Sample>(&self, own: &[A], channels: usize, row: &mut [B]) {
        if let (Some(alpha), Kind::Difference, true) = (self.alpha, self.kind, self.weighted) {
            for (pixel, own) in row.chunks_exact_mut(channels).zip(own.chunks_exact(channels)) {
                pixel[alpha] = B::from_f32(own[alpha].to_f32());
            }
        }
    }

    /// Bytes from bytes or from 16-bit numbers, where whole numbers serve; false where they don't.
    fn run_bytes(&self, input: &Block, area: Rect, out: &mut Samples) -> bool {
        let (Some(kernel), Samples::U8(out)) = (&self.bytes, out) else { return false };
        let (from, divisor) = match input.pixels.samples() {
            Samples::U8(bytes) => (From::Bytes(bytes), self.divisor),
            Samples::I16(words) => (From::Words(words), self.divisor * (1u32 << PLACES) as f32),
            _ => return false,
        };
        if self.is_hidden(input) {
            return false;
        }
        let (radii, channels) = (self.radii(), input.channels());
        let width = area.width() as usize * channels;
        let mut floats = vec![0f32; width];
        // Where 16-bit numbers are not hidden they are opaque.
        let opaque = vec![u8::MAX; if matches!(from, From::Words(_)) { width } else { 0 }];
        kernel.rows(from, input, area, (radii, 0), |y, sums| {
            let (row, own) = (&mut out[y * width..][..width], (y + radii.1) * input.stride() + radii.0 * channels);
            if !sums.bytes(divisor, self.offset, row) {
                sums.floats(&mut floats);
                finish(&mut floats, divisor, self.offset);
                store(&floats, row);
            }
            match from {
                From::Bytes(bytes) => self.keep_alpha(&bytes[own..], channels, row),
                From::Words(_) => self.keep_alpha(&opaque, channels, row),
            }
        });
        true
    }

    /// Whether colors are hidden by alpha.
    fn is_hidden(&self, input: &Block) -> bool {
        self.alpha.is_some() && self.weighted && input.has_transparent(self.full)
    }

    /// The rows of both this filter and another of the same reach, pair by pair.
    pub(crate) fn rows_with(
        &self,
        other: &Self,
        input: &Block,
        out: Rect,
        mut emit: impl FnMut(usize, &[f32], &[f32]),
    ) {
        // A few rows at a time, so that they are still in the cache.
        const ROWS: i64 = 16;
        let (reach, stride) = (self.radii().1 as i64, out.width() as usize * input.channels());
        let mut first = vec![0f32; stride * ROWS as usize];
        let mut y = out.y0;
        while y < out.y1 {
            let part = Rect::new(out.x0, y, out.x1, (y + ROWS).min(out.y1));
            let skipped = (part.y0 - out.y0) as usize;
            debug_assert_eq!(reach, other.radii().1 as i64);
            self.rows_from(input, part, skipped, |row, line| first[row * stride..][..stride].copy_from_slice(line));
            other.rows_from(input, part, skipped, |row, line| {
                emit(skipped + row, &first[row * stride..][..stride], line);
            });
            y = part.y1;
        }
    }

    /// The same where samples are missing or colors `hidden` by alpha: what is there is weighted and the weights are summed.
    fn masked_rows(&self, input: &Block, out: Rect, skipped: usize, hidden: bool, mut emit: impl FnMut(usize, &[f32])) {
        let (radii, channels, stride) = (self.radii(), input.channels(), input.stride());
        let values = input.to_floats();
        let (weighted, weights) = self.weighted(&values, channels, hidden);
        let (mut line, width) = (vec![0f32; stride], out.width() as usize * channels);
        let (mut sums, mut shares) = (vec![0f32; width], vec![0f32; width]);
        for y in 0..out.height() as usize {
            let plane = |samples| Plane { samples, stride, channels };
            self.row(plane(&weighted), y + skipped, radii, &mut line, &mut sums);
            self.row(plane(&weights), y + skipped, radii, &mut line, &mut shares);
            let own = &plane(&values).row(y + skipped + radii.1)[radii.0 * channels..];
            for (i, ((sum, share), own)) in sums.iter_mut().zip(&shares).zip(own).enumerate() {
                let keeps = self.weighted && self.kind == Kind::Difference && self.alpha == Some(i % channels);
                *sum = if own.is_nan() || keeps { *own } else { self.completed(*sum, *share, *own) };
            }
            emit(y, &sums);
        }
    }

    /// A value from the `sum` of what is there, the sum of its weights and the pixel's `own` value.
    fn completed(&self, sum: f32, share: f32, own: f32) -> f32 {
        let whole = if share.to_bits() == self.total.to_bits() {
            sum
        } else {
            match self.kind {
                Kind::Mean if share > self.total * 1e-6 => sum * (self.total / share),
                Kind::Mean => 0.0,
                Kind::Difference => sum + own * (self.total - share),
            }
        };
        whole / self.divisor + self.offset
    }

    /// Values times weights, and the weights: 0 for what is missing, alpha for colors where it counts.
    fn weighted(&self, values: &[f32], channels: usize, hidden: bool) -> (Vec<f32>, Vec<f32>) {
        let (mut weighted, mut weights) = (values.to_vec(), vec![1f32; values.len()]);
        let alpha = self.alpha.filter(|_| hidden);
        for (values, weights) in weighted.chunks_exact_mut(channels).zip(weights.chunks_exact_mut(channels)) {
            if let Some(alpha) = alpha {
                let alpha_value = values[alpha] / self.full;
                weights.iter_mut().take(alpha).for_each(|weight| *weight = alpha_value);
            }
            for (value, weight) in values.iter_mut().zip(weights) {
                if value.is_nan() || weight.is_nan() {
                    (*value, *weight) = (0.0, 0.0);
                }
                *value *= *weight;
            }
        }
        (weighted, weights)
    }
}

impl Op for Linear {
    fn takes_words(&self) -> bool {
        self.bytes.as_ref().is_some_and(ByteKernel::is_exact)
    }

    fn needs(&self, out: Rect) -> Rect {
        let (x, y) = self.radii();
        Rect::new(out.x0 - x as i64, out.y0 - y as i64, out.x1 + x as i64, out.y1 + y as i64)
    }

    fn border(&self) -> Border {
        self.border
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result);
        if self.run_bytes(task.input, task.out, out.samples_mut()) {
            return Ok(out);
        }
        if let Samples::I16(words) = task.input.pixels.samples() {
            let input = Block::new(floats_of_pixels(words, &task.input.pixels), task.input.rect);
            return self.run(&Task { input: &input, ..*task });
        }
        let stride = task.out.width() as usize * task.input.channels();
        each_picture!(out.samples_mut(), out => {
            self.rows(task.input, task.out, |y, row| store(row, &mut out[y * stride..][..stride]));
        });
        Ok(out)
    }
}

/// Rows of interleaved samples.
struct Plane<'a, S> {
    samples: &'a [S],
    stride: usize,
    channels: usize,
}

impl<S> Clone for Plane<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Plane<'_, S> {}

impl<'a, S> Plane<'a, S> {
    fn row(self, y: usize) -> &'a [S] {
        &self.samples[y * self.stride..][..self.stride]
    }
}

/// How far a Gaussian of `sigma` pixels reaches: 3 σ for bytes, where no more shows, else 4 σ (as `OpenCV` does).
pub(crate) fn gaussian_radius(sigma: f64, frame: &Frame) -> usize {
    let reach = if frame.sample == SampleType::U8 { 3.0 } else { 4.0 };
    ((sigma * reach + 0.5) as usize).max(1)
}

/// How far its second derivative reaches: one σ farther, for it falls more slowly.
pub(crate) fn laplacian_radius(sigma: f64, frame: &Frame) -> usize {
    gaussian_radius(sigma, frame) + sigma.ceil() as usize
}

/// The Gaussian of `sigma` pixels, its weights summing to 1.
pub(crate) fn gaussian(sigma: f64, radius: usize) -> Vec<f64> {
    let value = |at: i64| (-0.5 * (at as f64 / sigma).powi(2)).exp();
    let values: Vec<f64> = (-(radius as i64)..=radius as i64).map(value).collect();
    let sum: f64 = values.iter().sum();
    values.iter().map(|value| value / sum).collect()
}

/// The Laplacian of a Gaussian, times `scale`: the second derivative along each axis, smoothed along the other; what
/// the cut leaves of its sum is taken back, so a flat image gives 0.
/// Both derivatives sum to 0 and are 2 on the squares of positions, so flat and sloping images give exactly what they should.
pub(crate) fn laplacian_of_gaussian(sigma: f64, radius: usize, scale: f64) -> Vec<Term> {
    let smooth = gaussian(sigma, radius);
    let at = |i: usize| i as f64 - radius as f64;
    let second: Vec<f64> = smooth
        .iter()
        .enumerate()
        .map(|(i, weight)| weight * (at(i).powi(2) / sigma.powi(2) - 1.0) / sigma.powi(2))
        .collect();
    let mean = second.iter().sum::<f64>();
    // What is cut off must not shift the result: the smoothing weights take it back.
    let second: Vec<f64> =
        second.iter().zip(&smooth).map(|(second, smooth)| (second - mean * smooth) * scale).collect();
    let (smooth, second) = (weights(&smooth), weights(&second));
    vec![
        Term::Separable { across: second.clone(), down: smooth.clone() },
        Term::Separable { across: smooth, down: second },
    ]
}

/// Weights for samples.
pub(crate) fn weights(values: &[f64]) -> Weights {
    Weights::new(values.iter().map(|value| *value as f32).collect())
}

/// A square kernel as terms: one separable product, one with the center apart, or dense.
pub(crate) fn terms_of(side: usize, kernel: &[f64]) -> Vec<Term> {
    if let Some((across, down, rest)) = separated(side, kernel) {
        let mut terms = vec![Term::Separable { across: weights(&across), down: weights(&down) }];
        if rest != 0.0 {
            let across = Weights::new(vec![rest as f32]);
            terms.push(Term::Separable { across, down: Weights::one() });
        }
        return terms;
    }
    let taken = |(i, weight): (usize, &f64)| (*weight != 0.0).then(|| ((i % side, i / side), *weight as f32));
    let (taps, weights) = kernel.iter().enumerate().filter_map(taken).unzip();
    vec![Term::Dense { side, taps, weights }]
}

/// The two factors of a kernel that is a product but for its center, and what the center has besides.
fn separated(side: usize, kernel: &[f64]) -> Option<(Vec<f64>, Vec<f64>, f64)> {
    let (middle, largest) = (side / 2, kernel.iter().fold(0f64, |most, weight| most.max(weight.abs())));
    let outside = |i: &usize| i % side != middle && i / side != middle;
    let pivot = (0..kernel.len()).filter(outside).max_by(|a, b| kernel[*a].abs().total_cmp(&kernel[*b].abs()))?;
    let (column, row, weight) = (pivot % side, pivot / side, kernel[pivot]);
    if weight.abs() < 1e-9 * largest {
        return None;
    }
    let across: Vec<f64> = (0..side).map(|x| kernel[row * side + x]).collect();
    let down: Vec<f64> = (0..side).map(|y| kernel[y * side + column] / weight).collect();
    let off = |i: usize| kernel[i] - across[i % side] * down[i / side];
    let center = middle * side + middle;
    let same = (0..kernel.len()).all(|i| i == center || off(i).abs() <= 1e-6 * largest);
    let rest = off(center);
    same.then_some((across, down, if rest.abs() <= 1e-6 * largest { 0.0 } else { rest }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_found_with_and_without_their_center() {
        let boxed = [-1.0, -1.0, -1.0, -1.0, 16.0, -1.0, -1.0, -1.0, -1.0];
        let sobel = [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0];
        let cross = [0.0, -1.0, 0.0, -1.0, 5.0, -1.0, 0.0, -1.0, 0.0];
        let counts = [&boxed, &sobel, &cross].map(|kernel| terms_of(3, kernel).len());
        assert_eq!(counts, [2, 1, 1]);
        assert!(matches!(terms_of(3, &sobel)[0], Term::Separable { .. }));
        assert!(matches!(&terms_of(3, &cross)[0], Term::Dense { taps, .. } if taps.len() == 5));
    }
}

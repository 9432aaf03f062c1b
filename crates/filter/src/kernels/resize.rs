//! [`Resize`]: another number of pixels, each a weighted sum of those it covers, or one of them.
//!
//! Weights follow the coordinates in the whole image alone: a part resized alone equals that part of the whole to the bit.
#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found at run time")]

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::Result;
use crate::frame::{Affine, Frame};
use crate::geometry::{Rect, Size};
use crate::kernels::word_rows::{MOST_TAPS, WordRows, interleave, take_apart};
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample, SampleType, Samples};
use crate::vector::{store, vector_fn, weigh_all};
use crate::words::{CHUNK, LANES, PLACES, narrow, sum_windows, words_of_floats};

/// The most that weights sum up to without their signs: 255 with [`PLACES`] binary places, twice so weighted, still fits.
const MOST_WEIGHT: f32 = 1.4;

/// How a pixel is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resampling {
    Nearest,
    /// The parts of pixels it covers.
    Mean,
    Bilinear,
    /// Keys 1981 with a = -0.5.
    Bicubic,
    Lanczos3,
    /// The value that occurs most often, of equals the least.
    Mode,
}

impl Resampling {
    pub(crate) fn of_name(name: &str) -> Self {
        match name {
            "nearest" => Self::Nearest,
            "mean" => Self::Mean,
            "bilinear" => Self::Bilinear,
            "bicubic" => Self::Bicubic,
            "mode" => Self::Mode,
            _ => Self::Lanczos3,
        }
    }

    /// Half of the width of its kernel.
    fn support(self) -> f64 {
        match self {
            Self::Nearest | Self::Mean | Self::Mode => 0.5,
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos3 => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        let (x, sinc) = (x.abs(), |x: f64| if x == 0.0 { 1.0 } else { x.sin() / x });
        match self {
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Lanczos3 if x < 3.0 => {
                let x = std::f64::consts::PI * x;
                sinc(x) * sinc(x / 3.0)
            }
            _ => 0.0,
        }
    }
}

/// How the pixels of one axis of a result come from those of its source.
#[derive(Debug, Clone, Copy)]
struct ResizeAxis {
    source: i64,
    /// Pixels of the source for one of the result.
    step: f64,
    how: Resampling,
}

impl ResizeAxis {
    /// The pixels of the source for pixel `index`: a half-open range, never empty, inside the source.
    fn window(self, index: i64) -> (i64, i64) {
        let center = (index as f64 + 0.5) * self.step;
        let last = self.source - 1;
        if self.how == Resampling::Nearest {
            let at = (center.floor() as i64).clamp(0, last);
            return (at, at + 1);
        }
        let support = self.how.support() * self.step.max(1.0);
        let (from, to) = match self.how {
            // What is covered at all; a boundary that is off by a rounding error covers nothing.
            Resampling::Mean | Resampling::Mode => {
                let (from, to) = (index as f64 * self.step, (index + 1) as f64 * self.step);
                ((from + 1e-9).floor() as i64, (to - 1e-9).ceil() as i64)
            }
            _ => ((center - support + 0.5).floor() as i64, (center + support + 0.5).floor() as i64),
        };
        let from = from.clamp(0, last);
        (from, to.clamp(from + 1, last + 1))
    }

    /// Appends the weights of pixel `index`, which sum to 1, and gives the first pixel of its window.
    fn append_taps(self, index: i64, weights: &mut Vec<f32>) -> i64 {
        let ((first, end), center) = (self.window(index), (index as f64 + 0.5) * self.step);
        let wide = self.step.max(1.0);
        let weight = |x: i64| match self.how {
            Resampling::Nearest | Resampling::Mode => 1.0,
            Resampling::Mean => {
                let (from, to) = (index as f64 * self.step, (index + 1) as f64 * self.step);
                (((x + 1) as f64).min(to) - (x as f64).max(from)).max(0.0)
            }
            _ => self.how.weight((x as f64 + 0.5 - center) / wide),
        };
        let sum: f64 = (first..end).map(weight).sum();
        if sum.abs() < 1e-9 {
            weights.extend((first..end).map(|x| if x == first { 1.0 } else { 0.0 }));
        } else {
            weights.extend((first..end).map(|x| (weight(x) / sum) as f32));
        }
        first
    }
}

/// The windows and weights of the pixels from `from` on.
#[derive(Debug, Clone)]
struct Taps {
    from: i64,
    /// The first pixel of each window.
    firsts: Vec<i64>,
    /// Where the weights of each begin, and their end.
    starts: Vec<usize>,
    weights: Vec<f32>,
    /// The weights times 2¹⁵, if these fit 16 bits for every pixel, as do the sums.
    words: Option<Vec<i16>>,
}

impl Taps {
    fn of(axis: ResizeAxis, from: i64, to: i64) -> Self {
        let (mut firsts, mut starts, mut weights) = (Vec::new(), vec![0], Vec::new());
        for index in from..to {
            firsts.push(axis.append_taps(index, &mut weights));
            starts.push(weights.len());
        }
        let fits = |window: &[usize]| {
            let weights = &weights[window[0]..window[1]];
            let sum: f32 = weights.iter().map(|weight| weight.abs()).sum();
            weights.len() <= MOST_TAPS && sum <= MOST_WEIGHT && weights.iter().all(|weight| weight.abs() < 1.000_01)
        };
        let word = |weight: &f32| (weight * 32_768.0).round() as i16;
        let words = starts.windows(2).all(fits).then(|| weights.iter().map(word).collect());
        Self { from, firsts, starts, weights, words }
    }
}

/// One axis of the result, and the taps of all its pixels once they are asked for.
#[derive(Debug, Clone)]
struct Axis {
    scale: ResizeAxis,
    length: u32,
    taps: Arc<OnceLock<Taps>>,
}

impl Axis {
    /// Longer axes have their taps made for each part anew.
    const LONGEST_KEPT: u32 = 1 << 18;

    fn new(from: u32, to: u32, how: Resampling) -> Self {
        let scale = ResizeAxis { source: from.into(), step: f64::from(from) / f64::from(to), how };
        Self { scale, length: to, taps: Arc::default() }
    }

    /// The pixels of the source for those from `from` to `to`.
    fn needs(&self, from: i64, to: i64) -> (i64, i64) {
        let (first, end) = (self.scale.window(from).0, self.scale.window(to - 1).1);
        (first, end.max(first + 1))
    }

    /// The taps of all pixels, unless they are too many.
    fn taps(&self) -> Option<&Taps> {
        let all = || Taps::of(self.scale, 0, self.length.into());
        (self.length <= Self::LONGEST_KEPT).then(|| self.taps.get_or_init(all))
    }

    /// Whether the weights are there as whole numbers, too.
    fn has_words(&self) -> bool {
        self.taps().is_some_and(|taps| taps.words.is_some())
    }

    /// The taps of the pixels from `from` to `to` in a part of the source that begins at `origin`.
    fn part(&self, from: i64, to: i64, origin: i64) -> AxisPart<'_> {
        let taps = self.taps().map_or_else(|| Cow::Owned(Taps::of(self.scale, from, to)), Cow::Borrowed);
        let skipped = (from - taps.from) as usize;
        AxisPart { taps, skipped, count: (to - from) as usize, origin }
    }
}

/// The taps of some pixels of an axis.
struct AxisPart<'a> {
    taps: Cow<'a, Taps>,
    skipped: usize,
    count: usize,
    origin: i64,
}

impl AxisPart<'_> {
    const fn len(&self) -> usize {
        self.count
    }

    /// The first pixel of the part of the source, and the weights, of pixel `number`.
    #[inline(always)]
    fn get(&self, number: usize) -> (usize, &[f32]) {
        let (taps, i) = (&*self.taps, self.skipped + number);
        ((taps.firsts[i] - self.origin) as usize, &taps.weights[taps.starts[i]..taps.starts[i + 1]])
    }

    /// The same with the weights times 2¹⁵, where they are [there](Axis::has_words).
    #[inline(always)]
    fn words(&self, number: usize) -> (usize, &[i16]) {
        let (taps, i) = (&*self.taps, self.skipped + number);
        let words = taps.words.as_deref().unwrap_or_default();
        ((taps.firsts[i] - self.origin) as usize, &words[taps.starts[i]..taps.starts[i + 1]])
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        (0..self.count).map(|number| self.get(number))
    }
}

/// The filter.
pub(crate) struct Resize {
    across: Axis,
    down: Axis,
    how: Resampling,
    channels: usize,
    alpha: Option<usize>,
    full: f32,
}

impl Resize {
    /// `frame` in `size` pixels.
    pub(crate) fn new(frame: &Frame, size: Size, how: Resampling) -> Self {
        let across = Axis::new(frame.size.width, size.width, how);
        let down = Axis::new(frame.size.height, size.height, how);
        let channels = frame.channels as usize;
        Self { across, down, how, channels, alpha: frame.alpha(), full: frame.full() }
    }

    /// Positions of the result to those of the input.
    pub(crate) fn map(&self) -> Affine {
        Affine::straight((self.across.scale.step, self.down.scale.step), (0.0, 0.0))
    }
}

impl Op for Resize {
    fn gives_words(&self) -> bool {
        !matches!(self.how, Resampling::Nearest | Resampling::Mode) && self.fits_words()
    }

    fn needs(&self, out: Rect) -> Rect {
        let ((x0, x1), (y0, y1)) = (self.across.needs(out.x0, out.x1), self.down.needs(out.y0, out.y1));
        Rect::new(x0, y0, x1, y1)
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let (out, input) = (task.out, task.input);
        let columns = self.across.part(out.x0, out.x1, input.rect.x0);
        let rows = self.down.part(out.y0, out.y1, input.rect.y0);
        match self.how {
            Resampling::Nearest | Resampling::Mode => Ok(self.choose(task, &columns, &rows)),
            _ => Ok(self.sum(task, &columns, &rows)),
        }
    }
}

impl Resize {
    /// One of the values there are, in the type they have.
    fn choose(&self, task: &Task<'_>, columns: &AxisPart<'_>, rows: &AxisPart<'_>) -> Pixels {
        let (channels, stride) = (task.input.channels(), task.input.stride());
        let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result);
        let mode = self.how == Resampling::Mode;
        let mut found: Vec<f32> = Vec::new();
        each_picture!(out.samples_mut(), out => each_picture!(task.input.pixels.samples(), from => {
            let mut places = out.iter_mut();
            for (top, tall) in rows.iter() {
                for (left, wide) in columns.iter() {
                    for c in 0..channels {
                        let at = |x: usize, y: usize| from[(top + y) * stride + (left + x) * channels + c].to_f32();
                        let value = if mode {
                            found.clear();
                            found.extend((0..tall.len()).flat_map(|y| (0..wide.len()).map(move |x| (x, y))).map(|(x, y)| at(x, y)));
                            most_frequent(&mut found)
                        } else {
                            at(0, 0)
                        };
                        if let Some(place) = places.next() {
                            *place = Sample::from_f32(value);
                        }
                    }
                }
            }
        }));
        out
    }

    fn sum(&self, task: &Task<'_>, columns: &AxisPart<'_>, rows: &AxisPart<'_>) -> Pixels {
        let input = task.input;
        if task.result == SampleType::I16 {
            return self.sum_words(task, columns, rows);
        }
        if input.has_missing() {
            return self.sum_masked(task, columns, rows);
        }
        let hidden = self.alpha.is_some() && input.has_transparent(self.full);
        let mut out = Pixels::unwritten(task.out.size(), input.pixels.channels(), task.result);
        if let (Samples::U8(from), Samples::U8(_), false) = (input.pixels.samples(), out.samples(), hidden)
            && self.fits_words()
        {
            Self::run_bytes(from, task, columns, rows, out.samples_mut());
            return out;
        }
        let stride = columns.len() * input.channels();
        each_picture!(out.samples_mut(), out => {
            let put = |y: usize, line: &[f32]| store(line, &mut out[y * stride..][..stride]);
            if hidden {
                let floats = self.premultiplied(&input.to_floats(), input.channels());
                self.rows(&floats, input.stride(), input.channels(), columns, rows, put);
            } else {
                each_picture!(input.pixels.samples(), from => self.rows(from, input.stride(), input.channels(), columns, rows, put));
            }
        });
        out
    }

    /// The result as 16-bit numbers for the next filter.
    fn sum_words(&self, task: &Task<'_>, columns: &AxisPart<'_>, rows: &AxisPart<'_>) -> Pixels {
        let hidden = self.alpha.is_some() && task.input.has_transparent(self.full);
        if let (Samples::U8(from), false) = (task.input.pixels.samples(), hidden) {
            let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), SampleType::I16);
            Self::run_bytes(from, task, columns, rows, out.samples_mut());
            return out;
        }
        words_of_floats(&self.sum(&Task { result: SampleType::F32, ..*task }, columns, rows))
    }

    /// Whether whole numbers serve.
    fn fits_words(&self) -> bool {
        self.channels <= 4 && self.across.has_words() && self.down.has_words()
    }

    /// The result of bytes that are all there: 16-bit sums with [`PLACES`] binary places, of some rows at a time, which lie side by
    /// side for the sums across.
    fn run_bytes(from: &[u8], task: &Task<'_>, columns: &AxisPart<'_>, rows: &AxisPart<'_>, out: &mut Samples) {
        let (stride, channels, width) = (task.input.stride(), task.input.channels(), columns.len());
        let together = LANES / channels;
        let mut words = WordRows::new(from, stride);
        let mut sums = vec![0i16; stride.next_multiple_of(CHUNK)];
        let (mut beside, mut results) = (vec![[0i16; LANES]; stride / channels], vec![[0i16; LANES]; width]);
        let mut line = vec![0i16; width * channels];
        for first in (0..rows.len()).step_by(together) {
            let count = together.min(rows.len() - first);
            for number in 0..count {
                let (top, weights) = rows.words(first + number);
                words.sum(top, weights, &mut sums);
                interleave(&sums, channels, number, &mut beside);
            }
            sum_windows(&beside, |number| columns.words(number), &mut results);
            for number in 0..count {
                take_apart(&results, channels, number, &mut line);
                let place = (first + number) * line.len()..(first + number + 1) * line.len();
                match out {
                    Samples::U8(out) => narrow(&line, PLACES, 0, &mut out[place]),
                    Samples::I16(out) => out[place].copy_from_slice(&line),
                    _ => unreachable!("whole numbers are made where they are asked for"),
                }
            }
        }
    }

    /// Rows of the result, colors divided by alpha again.
    fn rows<S: Sample>(
        &self,
        from: &[S],
        stride: usize,
        channels: usize,
        columns: &AxisPart<'_>,
        rows: &AxisPart<'_>,
        mut put: impl FnMut(usize, &[f32]),
    ) {
        let (mut sums, mut line) = (vec![0f32; stride], vec![0f32; columns.len() * channels]);
        for (y, (top, weights)) in rows.iter().enumerate() {
            let sources: Vec<&[S]> = (0..weights.len()).map(|j| &from[(top + j) * stride..][..stride]).collect();
            weigh_all(&sources, weights, &mut sums, false);
            match channels {
                1 => across::<1>(sums.as_chunks().0, columns, line.as_chunks_mut().0),
                2 => across::<2>(sums.as_chunks().0, columns, line.as_chunks_mut().0),
                3 => across::<3>(sums.as_chunks().0, columns, line.as_chunks_mut().0),
                4 => across::<4>(sums.as_chunks().0, columns, line.as_chunks_mut().0),
                _ => across_any(&sums, columns, channels, &mut line),
            }
            if let Some(alpha) = self.alpha {
                divide(&mut line, channels, alpha, self.full);
            }
            put(y, &line);
        }
    }

    fn premultiplied(&self, values: &[f32], channels: usize) -> Vec<f32> {
        let mut made = values.to_vec();
        for pixel in made.chunks_exact_mut(channels) {
            let alpha_value = pixel[channels - 1] / self.full;
            pixel[..channels - 1].iter_mut().for_each(|value| *value *= alpha_value);
        }
        made
    }

    /// Where values are missing the weights of the others are scaled up; where most of the weight is missing so is the result.
    fn sum_masked(&self, task: &Task<'_>, columns: &AxisPart<'_>, rows: &AxisPart<'_>) -> Pixels {
        let (input, channels) = (task.input, task.input.channels());
        let values = input.to_floats();
        let there: Vec<f32> = values.iter().map(|value| f32::from(u8::from(!value.is_nan()))).collect();
        let zeroed: Vec<f32> = values.iter().map(|value| if value.is_nan() { 0.0 } else { *value }).collect();
        let zeroed = if self.alpha.is_some() { self.premultiplied(&zeroed, channels) } else { zeroed };
        let stride = columns.len() * channels;
        let mut shares = vec![0f32; stride * rows.len()];
        let plain = Self { alpha: None, across: self.across.clone(), down: self.down.clone(), ..*self };
        plain.rows(&there, input.stride(), channels, columns, rows, |y, line| {
            shares[y * stride..][..stride].copy_from_slice(line);
        });
        let missing = |left: usize, wide: usize, top: usize, tall: usize, c: usize| {
            let row = |y: usize| &values[(top + y) * input.stride()..][..input.stride()];
            (0..tall).any(|y| (0..wide).any(|x| row(y)[(left + x) * channels + c].is_nan()))
        };
        let mut out = Pixels::unwritten(task.out.size(), input.pixels.channels(), task.result);
        each_picture!(out.samples_mut(), out => {
            self.rows(&zeroed, input.stride(), channels, columns, rows, |y, line| {
                let mut line = line.to_vec();
                let (top, tall) = (rows.get(y).0, rows.get(y).1.len());
                for (i, (value, share)) in line.iter_mut().zip(&shares[y * stride..]).enumerate() {
                    let (left, wide) = (columns.get(i / channels).0, columns.get(i / channels).1.len());
                    if missing(left, wide, top, tall, i % channels) {
                        *value = if *share < 0.5 { f32::NAN } else { *value / share };
                    }
                }
                store(&line, &mut out[y * stride..][..stride]);
            });
        });
        out
    }
}

vector_fn! {
    fn across[const N: usize](row: &[[f32; N]], columns: &AxisPart<'_>, line: &mut [[f32; N]]) {
        for (number, out) in line.iter_mut().enumerate() {
            let (first, weights) = columns.get(number);
            let pixels = &row[first..first + weights.len()];
            let mut sum = [0f32; N];
            for k in 0..weights.len() {
                for c in 0..N {
                    sum[c] += pixels[k][c] * weights[k];
                }
            }
            *out = sum;
        }
    }
}

fn across_any(row: &[f32], columns: &AxisPart<'_>, channels: usize, line: &mut [f32]) {
    for ((first, weights), out) in columns.iter().zip(line.chunks_exact_mut(channels)) {
        out.fill(0.0);
        for (pixel, weight) in row[first * channels..].chunks_exact(channels).zip(weights) {
            out.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value * weight);
        }
    }
}

/// Colors out of premultiplied ones. The kernel overshoots at edges; alpha must not.
fn divide(line: &mut [f32], channels: usize, alpha: usize, full: f32) {
    for pixel in line.chunks_exact_mut(channels) {
        let alpha_value = pixel[alpha];
        let by = if alpha_value > full * 1e-4 { full / alpha_value } else { 0.0 };
        pixel[..alpha].iter_mut().for_each(|value| *value *= by);
        pixel[alpha] = alpha_value.clamp(0.0, full);
    }
}

/// Of equals the least; what is missing counts like any other.
fn most_frequent(values: &mut [f32]) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    let (mut best, mut best_count, mut at) = (values[0], 0, 0);
    while at < values.len() {
        let count = values[at..].iter().take_while(|value| value.to_bits() == values[at].to_bits()).count();
        if count > best_count {
            (best, best_count) = (values[at], count);
        }
        at += count;
    }
    best
}

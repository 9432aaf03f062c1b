//! [`Warp`]: an image through an affine map, values between pixels interpolated.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over places are what the compiler vectorizes without calls between"
)]
#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found at run time")]

use crate::Result;
use crate::frame::{Affine, Frame};
use crate::geometry::Rect;
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample};
use crate::vector::vector_fn;

/// How values between pixels are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interpolation {
    Nearest,
    Bilinear,
    /// Keys 1981 with a = -0.5.
    Bicubic,
}

impl Interpolation {
    pub(crate) fn of_name(name: &str) -> Self {
        match name {
            "nearest" => Self::Nearest,
            "bilinear" => Self::Bilinear,
            _ => Self::Bicubic,
        }
    }
}

/// The filter. Outside the image there is zero, or nothing where pixels may be missing.
pub(crate) struct Warp {
    /// Positions of the result to those of the input.
    map: Affine,
    how: Interpolation,
    alpha: Option<usize>,
    frame: Frame,
}

impl Warp {
    pub(crate) fn new(map: Affine, how: Interpolation, frame: &Frame) -> Self {
        Self { map, how, alpha: frame.alpha(), frame: frame.clone() }
    }
}

impl Op for Warp {
    fn needs(&self, out: Rect) -> Rect {
        // Two pixels to each side, and one for what rounding the position does.
        self.map.bounds(out).expand(3)
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let channels = task.input.channels();
        let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result);
        each_picture!(out.samples_mut(), out => each_picture!(task.input.pixels.samples(), from => match channels {
            1 => self.warp::<_, _, 1>(from, out, task),
            2 => self.warp::<_, _, 2>(from, out, task),
            3 => self.warp::<_, _, 3>(from, out, task),
            4 => self.warp::<_, _, 4>(from, out, task),
            _ => self.warp_any(from, out, task),
        }));
        Ok(out)
    }
}

impl Warp {
    fn outside(&self) -> f32 {
        if self.frame.missing { f32::NAN } else { 0.0 }
    }

    fn warp<A: Sample, B: Sample, const N: usize>(&self, from: &[A], out: &mut [B], task: &Task<'_>) {
        let (stride, origin) = (task.input.rect.width() as usize, task.input.rect);
        let plane = Plane { pixels: from.as_chunks::<N>().0, stride };
        let floats = task.input.pixels.sample_type().is_float();
        let rows = out.as_chunks_mut::<N>().0.chunks_exact_mut(task.out.width() as usize);
        let mut taps = Taps::default();
        for (y, row) in (task.out.y0..).zip(rows) {
            row.fill([B::from_f32(self.outside()); N]);
            let inside = self.inside(y, task.out.x0, task.out.x1);
            let mut x = inside.start;
            while x < inside.end {
                let count = ((inside.end - x) as usize).min(RUN);
                let positions = Positions { map: self.map, x, y, left: origin.x0, top: origin.y0 };
                find_taps(&mut taps, positions, self.how);
                let run = &mut row[(x - task.out.x0) as usize..][..count];
                match self.alpha {
                    None => warp_run(plane, &taps, floats, run),
                    Some(alpha) => warp_run_weighted(plane, &taps, alpha, self.frame.full(), floats, run),
                }
                x += count as i64;
            }
        }
    }

    /// The pixels from `x0` to `x1` of row `y` of the result that come from inside of the image.
    fn inside(&self, y: i64, x0: i64, x1: i64) -> std::ops::Range<i64> {
        let (width, height) = (f64::from(self.frame.size.width), f64::from(self.frame.size.height));
        let at = |x: i64| self.map.apply(x as f64 + 0.5, y as f64 + 0.5);
        // Positions rise or fall along a row: each condition holds from a pixel on, or up to one.
        let conditions: [&dyn Fn(i64) -> bool; 4] =
            [&|x| at(x).0 >= 0.0, &|x| at(x).0 < width, &|x| at(x).1 >= 0.0, &|x| at(x).1 < height];
        conditions.into_iter().fold(x0..x1, |range, holds| {
            if range.is_empty() {
                return range;
            }
            let (first, last) = (holds(range.start), holds(range.end - 1));
            let change = || {
                let (mut low, mut high) = (range.start, range.end - 1);
                while low + 1 < high {
                    let middle = low + (high - low) / 2;
                    if holds(middle) == first { low = middle } else { high = middle }
                }
                high
            };
            match (first, last) {
                (true, true) => range,
                (false, false) => range.start..range.start,
                (true, false) => range.start..change(),
                (false, true) => change()..range.end,
            }
        })
    }

    /// The weighted mean of what is there, channel by channel; missing where the nearest pixel is.
    #[cold]
    #[inline(never)]
    fn without_missing<A: Sample, const N: usize>(rows: [&[[A; N]; 4]; 4], taps: &Taps, i: usize) -> [f32; N] {
        let (across, down) = (taps.across.map(|weights| weights[i]), taps.down.map(|weights| weights[i]));
        let heaviest = |weights: [f32; 4]| if weights[1] >= weights[2] { 1 } else { 2 };
        let nearest = rows[heaviest(down)][heaviest(across)];
        std::array::from_fn(|c| {
            let (mut sum, mut share) = (0f32, 0f32);
            for (row, down) in rows.iter().zip(down) {
                for (pixel, across) in row.iter().zip(across) {
                    let value = pixel[c].to_f32();
                    if !value.is_nan() {
                        sum += value * (across * down);
                        share += across * down;
                    }
                }
            }
            if nearest[c].to_f32().is_nan() || share < 1e-3 { f32::NAN } else { sum / share }
        })
    }

    /// Channel by channel, where there are many; those are measured channels without alpha.
    fn warp_any<A: Sample, B: Sample>(&self, from: &[A], out: &mut [B], task: &Task<'_>) {
        let channels = task.input.channels();
        for c in 0..channels {
            let plane: Vec<A> = from.iter().skip(c).step_by(channels).copied().collect();
            let mut made = vec![B::default(); out.len() / channels];
            self.warp::<A, B, 1>(&plane, &mut made, task);
            out.iter_mut().skip(c).step_by(channels).zip(made).for_each(|(to, value)| *to = value);
        }
    }
}

/// Pixels whose taps are found at a time.
const RUN: usize = 128;

/// The upper left of the 4×4 pixels around each position, in pixels of a part of the input, and the weights across and down.
struct Taps {
    left: [u32; RUN],
    top: [u32; RUN],
    across: [[f32; RUN]; 4],
    down: [[f32; RUN]; 4],
}

impl Default for Taps {
    fn default() -> Self {
        Self { left: [0; RUN], top: [0; RUN], across: [[0.0; RUN]; 4], down: [[0.0; RUN]; 4] }
    }
}

/// Positions of the pixels (x, y), (x + 1, y), ... of the result, in a part of the input whose first pixel is (left, top).
#[derive(Clone, Copy)]
struct Positions {
    map: Affine,
    x: i64,
    y: i64,
    left: i64,
    top: i64,
}

vector_fn! {
    fn find_taps[](taps: &mut Taps, positions: Positions, how: Interpolation) {
        let Positions { map, x, y, left, top } = positions;
        let (x, y) = (x as f64, y as f64 + 0.5);
        find_axis(&mut taps.left, &mut taps.across, (map.x, x, y), left as f64, how);
        find_axis(&mut taps.top, &mut taps.down, (map.y, x, y), top as f64, how);
    }
}

#[inline(always)]
fn find_axis(
    places: &mut [u32; RUN],
    weights: &mut [[f32; RUN]; 4],
    ([a, b, c], x, y): ([f64; 3], f64, f64),
    origin: f64,
    how: Interpolation,
) {
    /// Doubles from here to twice as much are the whole numbers, in their last 52 bits.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let mut fractions = [0f32; RUN];
    for i in 0..RUN {
        let at = a * (x + i as u32 as f64 + 0.5) + b * y + c - 0.5;
        let first = at.floor();
        fractions[i] = (at - first) as f32;
        // Beyond the end of a run positions may lie anywhere; they are not used.
        places[i] = (first - 1.0 - origin + WHOLE).to_bits() as u32;
    }
    let [before, first, second, after] = weights;
    match how {
        Interpolation::Nearest => {
            for i in 0..RUN {
                let near = fractions[i] < 0.5;
                (before[i], first[i], second[i], after[i]) =
                    (0.0, if near { 1.0 } else { 0.0 }, if near { 0.0 } else { 1.0 }, 0.0);
            }
        }
        Interpolation::Bilinear => {
            for i in 0..RUN {
                let t = fractions[i];
                (before[i], first[i], second[i], after[i]) = (0.0, 1.0 - t, t, 0.0);
            }
        }
        Interpolation::Bicubic => {
            for i in 0..RUN {
                let t = fractions[i];
                before[i] = ((-0.5 * t + 1.0) * t - 0.5) * t;
                first[i] = (1.5 * t - 2.5) * t * t + 1.0;
                second[i] = ((-1.5 * t + 2.0) * t + 0.5) * t;
                after[i] = (0.5 * t - 0.5) * t * t;
            }
        }
    }
}

/// The pixels of a part of the input.
struct Plane<'a, T> {
    pixels: &'a [T],
    stride: usize,
}

impl<T> Clone for Plane<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Plane<'_, T> {}

impl<T> Plane<'_, T> {
    /// Four pixels of each of four rows.
    #[inline(always)]
    fn square(&self, left: u32, top: u32) -> [&[T; 4]; 4] {
        let at = top as usize * self.stride + left as usize;
        [self.four(at), self.four(at + self.stride), self.four(at + 2 * self.stride), self.four(at + 3 * self.stride)]
    }

    #[inline(always)]
    fn four(&self, at: usize) -> &[T; 4] {
        match self.pixels[at..].first_chunk() {
            Some(four) => four,
            None => unreachable!("`needs` reaches all taps"),
        }
    }
}

// No closures in loops over pixels: what they call is compiled for the instruction set of the caller only if it is inlined.

vector_fn! {
    fn warp_run[A: Sample, B: Sample, const N: usize](plane: Plane<'_, [A; N]>, taps: &Taps, floats: bool, run: &mut [[B; N]]) {
        for (i, to) in run.iter_mut().enumerate() {
            let square = plane.square(taps.left[i], taps.top[i]);
            let mut sum = [0f32; N];
            for j in 0..4 {
                let mut line = [0f32; N];
                for k in 0..4 {
                    for c in 0..N {
                        line[c] += square[j][k][c].to_f32() * taps.across[k][i];
                    }
                }
                for c in 0..N {
                    sum[c] += line[c] * taps.down[j][i];
                }
            }
            if floats && has_nan(&sum) {
                sum = Warp::without_missing(square, taps, i);
            }
            for c in 0..N {
                to[c] = B::from_f32(sum[c]);
            }
        }
    }
}

vector_fn! {
    /// The same for colors weighted by their alpha.
    fn warp_run_weighted[A: Sample, B: Sample, const N: usize](
        plane: Plane<'_, [A; N]>, taps: &Taps, alpha: usize, full: f32, floats: bool, run: &mut [[B; N]],
    ) {
        for (i, to) in run.iter_mut().enumerate() {
            let square = plane.square(taps.left[i], taps.top[i]);
            let mut sum = [0f32; N];
            for j in 0..4 {
                let mut line = [0f32; N];
                for k in 0..4 {
                    let alpha_value = square[j][k][alpha].to_f32() / full;
                    for c in 0..N {
                        let share = if alpha == c { 1.0 } else { alpha_value };
                        line[c] += square[j][k][c].to_f32() * share * taps.across[k][i];
                    }
                }
                for c in 0..N {
                    sum[c] += line[c] * taps.down[j][i];
                }
            }
            let alpha_value = sum[alpha];
            let by = if alpha_value > full * 1e-4 { full / alpha_value } else { 0.0 };
            for c in 0..N {
                sum[c] *= by;
            }
            sum[alpha] = alpha_value.clamp(0.0, full);
            if floats && has_nan(&sum) {
                sum = Warp::without_missing(square, taps, i);
            }
            for c in 0..N {
                to[c] = B::from_f32(sum[c]);
            }
        }
    }
}

#[inline(always)]
fn has_nan<const N: usize>(values: &[f32; N]) -> bool {
    let mut any = false;
    for value in values {
        any |= value.is_nan();
    }
    any
}

//! [`Warp`]: an image through an affine map, values between pixels interpolated.

use crate::Result;
use crate::frame::{Affine, Frame};
use crate::geometry::Rect;
use crate::kernels::{Op, Task};
use crate::pixels::{Pixels, Sample, each_type};

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

    /// The first of the four taps' places, and the four weights.
    fn taps(&self, at: f64) -> (i64, [f32; 4]) {
        let at = at - 0.5;
        let first = at.floor();
        let t = (at - first) as f32;
        let weights = match self.how {
            Interpolation::Nearest if t < 0.5 => [0.0, 1.0, 0.0, 0.0],
            Interpolation::Nearest => [0.0, 0.0, 1.0, 0.0],
            Interpolation::Bilinear => [0.0, 1.0 - t, t, 0.0],
            Interpolation::Bicubic => [
                ((-0.5 * t + 1.0) * t - 0.5) * t,
                (1.5 * t - 2.5) * t * t + 1.0,
                ((-1.5 * t + 2.0) * t + 0.5) * t,
                (0.5 * t - 0.5) * t * t,
            ],
        };
        (first as i64 - 1, weights)
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
        each_type!(out.samples_mut(), out => each_type!(task.input.pixels.samples(), from => match channels {
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
        let (width, height) = (f64::from(self.frame.size.width), f64::from(self.frame.size.height));
        let (pixels, outside) = (from.as_chunks::<N>().0, [B::from_f32(self.outside()); N]);
        let rows = out.as_chunks_mut::<N>().0.chunks_exact_mut(task.out.width() as usize);
        for (y, row) in (task.out.y0..).zip(rows) {
            for (x, to) in (task.out.x0..).zip(row) {
                let (u, v) = self.map.apply(x as f64 + 0.5, y as f64 + 0.5);
                if !(u >= 0.0 && v >= 0.0 && u < width && v < height) {
                    *to = outside;
                    continue;
                }
                let ((left, across), (top, down)) = (self.taps(u), self.taps(v));
                let at = (top - origin.y0) as usize * stride + (left - origin.x0) as usize;
                let rows = [0, 1, 2, 3].map(|j| &pixels[at + j * stride..][..4]);
                let mut sum = [0f32; N];
                for (row, down) in rows.iter().zip(down) {
                    let mut line = [0f32; N];
                    for (pixel, across) in row.iter().zip(across) {
                        let alpha = self.alpha.map_or(1.0, |alpha| pixel[alpha].to_f32() / self.frame.full());
                        for c in 0..N {
                            let share = if self.alpha.is_some_and(|alpha| alpha != c) { alpha } else { 1.0 };
                            line[c] += pixel[c].to_f32() * share * across;
                        }
                    }
                    for c in 0..N {
                        sum[c] += line[c] * down;
                    }
                }
                if let Some(alpha) = self.alpha {
                    let (full, alpha_value) = (self.frame.full(), sum[alpha]);
                    let by = if alpha_value > full * 1e-4 { full / alpha_value } else { 0.0 };
                    sum.iter_mut().for_each(|value| *value *= by);
                    sum[alpha] = alpha_value.clamp(0.0, full);
                }
                if sum.iter().any(|value| value.is_nan()) {
                    sum = Self::without_missing(&rows, across, down);
                }
                *to = sum.map(B::from_f32);
            }
        }
    }

    /// The weighted mean of what is there, channel by channel; missing where the nearest pixel is.
    fn without_missing<A: Sample, const N: usize>(rows: &[&[[A; N]]; 4], across: [f32; 4], down: [f32; 4]) -> [f32; N] {
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

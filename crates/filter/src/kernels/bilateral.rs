//! [`Bilateral`] filter (Tomasi and Manduchi 1998).

use crate::Result;
use crate::frame::{Border, Frame};
use crate::geometry::Rect;
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample};
use crate::vector::vector_fn;

/// Weights fall with distance and with the sum of the differences over the color channels. Alpha weights too, and stays; what is
/// missing has no weight.
pub(crate) struct Bilateral {
    radius: i64,
    /// Of each place in the square, row by row.
    near: Vec<f32>,
    /// -1 / (2 σ²) of color.
    falloff: f32,
    border: Border,
    colors: usize,
    alpha: Option<usize>,
    full: f32,
}

impl Bilateral {
    /// `sigma` in pixels, `range` in units of the samples.
    pub(crate) fn new(sigma: f64, range: f64, border: Border, frame: &Frame) -> Self {
        let radius = (2.0 * sigma).ceil().max(1.0) as i64;
        let square = |x: i64, y: i64| (x * x + y * y) as f64;
        // A disk, as OpenCV takes.
        let near = |x: i64, y: i64| {
            let inside = square(x, y) <= (radius * radius) as f64;
            if inside { (-0.5 * square(x, y) / (sigma * sigma)).exp() as f32 } else { 0.0 }
        };
        let near = (-radius..=radius).flat_map(|y| (-radius..=radius).map(move |x| near(x, y))).collect();
        let (colors, alpha, full) = (frame.colors(), frame.alpha(), frame.full());
        Self { radius, near, falloff: (-0.5 / (range * range)) as f32, border, colors, alpha, full }
    }
}

impl Op for Bilateral {
    fn needs(&self, out: Rect) -> Rect {
        out.expand(self.radius)
    }

    fn border(&self) -> Border {
        self.border
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let (input, channels) = (task.input, task.input.channels());
        let values = input.to_floats();
        // Channel by channel, so that one pixel of each follows the other.
        let plane = |c: usize| values.iter().skip(c).step_by(channels).copied().collect::<Vec<f32>>();
        let mut colors: Vec<Vec<f32>> = (0..self.colors).map(plane).collect();
        let missing = |at: usize| (0..self.colors).any(|c| values[at * channels + c].is_nan());
        let weights: Vec<f32> = (0..values.len() / channels)
            .map(|at| {
                let alpha_value = self.alpha.map_or(1.0, |alpha| values[at * channels + alpha] / self.full);
                if missing(at) || alpha_value.is_nan() { 0.0 } else { alpha_value }
            })
            .collect();
        colors.iter_mut().flatten().filter(|value| value.is_nan()).for_each(|value| *value = 0.0);
        let (stride, width, side) =
            (input.rect.width() as usize, task.out.width() as usize, 2 * self.radius as usize + 1);
        let center = self.radius as usize * (stride + 1);
        let mut out = Pixels::unwritten(task.out.size(), input.pixels.channels(), task.result);
        let (mut sums, mut shares) = (vec![vec![0f32; width]; self.colors], vec![0f32; width]);
        let mut apart = vec![0f32; width];
        each_picture!(out.samples_mut(), out => for (y, out) in out.chunks_exact_mut(width * channels).enumerate() {
            sums.iter_mut().for_each(|sums| sums.fill(0.0));
            shares.fill(0.0);
            let own = y * stride + center;
            for (i, near) in self.near.iter().enumerate().filter(|(_, near)| **near > 0.0) {
                let at = (y + i / side) * stride + i % side;
                apart.fill(0.0);
                for color in &colors {
                    add_apart(&color[own..][..width], &color[at..][..width], &mut apart);
                }
                weigh_apart(&mut apart, &weights[at..][..width], *near, self.falloff, &mut shares);
                for (sums, color) in sums.iter_mut().zip(&colors) {
                    add_weighted(sums, &color[at..][..width], &apart);
                }
            }
            for (x, pixel) in out.chunks_exact_mut(channels).enumerate() {
                let at = own + x;
                for (c, to) in pixel.iter_mut().enumerate() {
                    let value = values[at * channels + c];
                    let stays = c >= self.colors || value.is_nan() || shares[x] <= 0.0;
                    *to = Sample::from_f32(if stays { value } else { sums[c][x] / shares[x] });
                }
            }
        });
        Ok(out)
    }
}

vector_fn! {
    fn add_apart[](own: &[f32], other: &[f32], apart: &mut [f32]) {
        for ((apart, own), other) in apart.iter_mut().zip(own).zip(other) {
            *apart += (own - other).abs();
        }
    }
}

vector_fn! {
    /// Differences become weights.
    fn weigh_apart[](apart: &mut [f32], there: &[f32], near: f32, falloff: f32, shares: &mut [f32]) {
        for ((apart, there), share) in apart.iter_mut().zip(there).zip(shares) {
            let weight = exp(*apart * *apart * falloff) * (near * there);
            *apart = weight;
            *share += weight;
        }
    }
}

vector_fn! {
    fn add_weighted[](sums: &mut [f32], values: &[f32], weights: &[f32]) {
        for ((sum, value), weight) in sums.iter_mut().zip(values).zip(weights) {
            *sum += value * weight;
        }
    }
}

/// e^x for x up to 0, within 2e-6 of it: a power of two times a polynomial.
#[allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found at run time")]
#[inline(always)]
fn exp(x: f32) -> f32 {
    let power = (x * std::f32::consts::LOG2_E).max(-126.0);
    let whole = (power - 0.5) as i32;
    let rest = (power - whole as f32) * std::f32::consts::LN_2;
    let polynomial = 1.0
        + rest * (1.0 + rest * (0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest / 720.0)))));
    polynomial * f32::from_bits(((whole + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn powers_of_e_are_near() {
        for i in 0..1000 {
            let x = -f32::from(i as i16) * 0.02;
            assert!((exp(x) - x.exp()).abs() <= 2e-6, "{x}: {} for {}", exp(x), x.exp());
        }
        assert!(exp(-1e9) < 1e-30);
    }
}

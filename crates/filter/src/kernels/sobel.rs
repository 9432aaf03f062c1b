//! [`Sobel`]: the gradient by two 3×3 kernels (Sobel and Feldman 1968).

use crate::Result;
use crate::frame::{Border, Frame};
use crate::geometry::Rect;
use crate::kernels::{Kind, Linear, Op, Task, Term, weights};
use crate::pixel_types::each_picture;
use crate::pixels::Pixels;
use crate::vector::{store, vector_fn};

/// Which part of the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Magnitude,
    X,
    Y,
}

/// The gradient along each axis, unscaled: 8 for a slope of 1.
pub(crate) fn gradients(frame: &Frame, border: Border, weighted: bool) -> (Linear, Linear) {
    let (smooth, slope) = (weights(&[1.0, 2.0, 1.0]), weights(&[-1.0, 0.0, 1.0]));
    let linear =
        |across, down| Linear::new(vec![Term::Separable { across, down }], Kind::Difference, frame, border, weighted);
    (linear(slope.clone(), smooth.clone()), linear(smooth, slope))
}

/// The filter.
pub(crate) struct Sobel {
    x: Linear,
    y: Linear,
    direction: Direction,
    scale: f32,
    offset: f32,
    /// The channel that stays.
    alpha: Option<usize>,
}

impl Sobel {
    pub(crate) fn new(
        frame: &Frame,
        border: Border,
        weighted: bool,
        direction: Direction,
        scale: f32,
        offset: f32,
    ) -> Self {
        let (x, y) = gradients(frame, border, weighted);
        Self { x, y, direction, scale, offset, alpha: frame.alpha().filter(|_| weighted) }
    }
}

impl Op for Sobel {
    fn needs(&self, out: Rect) -> Rect {
        self.x.needs(out)
    }

    fn border(&self) -> Border {
        self.x.border()
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let channels = task.input.channels();
        let stride = task.out.width() as usize * channels;
        let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result);
        let mut line = vec![0f32; stride];
        each_picture!(out.samples_mut(), out => {
            let mut put = |row: usize, line: &[f32]| store(line, &mut out[row * stride..][..stride]);
            match self.direction {
                Direction::Magnitude => self.x.rows_with(&self.y, task.input, task.out, |row, x, y| {
                    lengths(x, y, self.scale, &mut line);
                    self.keep_alpha(x, channels, &mut line);
                    put(row, &line);
                }),
                direction => {
                    let linear = if direction == Direction::X { &self.x } else { &self.y };
                    linear.rows(task.input, task.out, |row, slope| {
                        line.iter_mut().zip(slope).for_each(|(to, slope)| *to = slope * self.scale + self.offset);
                        self.keep_alpha(slope, channels, &mut line);
                        put(row, &line);
                    });
                }
            }
        });
        Ok(out)
    }
}

impl Sobel {
    fn keep_alpha(&self, from: &[f32], channels: usize, line: &mut [f32]) {
        if let Some(alpha) = self.alpha {
            let pixels = line.chunks_exact_mut(channels).zip(from.chunks_exact(channels));
            pixels.for_each(|(to, from)| to[alpha] = from[alpha]);
        }
    }
}

vector_fn! {
    fn lengths[](x: &[f32], y: &[f32], scale: f32, out: &mut [f32]) {
        for ((out, x), y) in out.iter_mut().zip(x).zip(y) {
            *out = (x * x + y * y).sqrt() * scale;
        }
    }
}

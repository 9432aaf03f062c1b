//! [`Unsharp`]: unsharp masking, adds the difference from a blur.

use crate::Result;
use crate::frame::Border;
use crate::geometry::Rect;
use crate::kernels::{Linear, Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample};
use crate::vector::{store, vector_fn};

/// Adds the result of a linear filter where it is large enough.
pub(crate) struct Unsharp {
    /// The blur and the amount.
    detail: Linear,
    threshold: f32,
    /// The channel that is unchanged.
    alpha: Option<usize>,
}

impl Unsharp {
    pub(crate) fn new(detail: Linear, threshold: f32, alpha: Option<usize>) -> Self {
        Self { detail, threshold, alpha }
    }
}

impl Op for Unsharp {
    fn needs(&self, out: Rect) -> Rect {
        self.detail.needs(out)
    }

    fn border(&self) -> Border {
        self.detail.border()
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let channels = task.input.channels();
        let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result);
        let (stride, (x, y)) = (task.out.width() as usize * channels, self.detail.radii());
        let mut line = vec![0f32; stride];
        each_picture!(task.input.pixels.samples(), samples => each_picture!(out.samples_mut(), out => {
            self.detail.rows(task.input, task.out, |row, detail| {
                let own = &samples[(row + y) * task.input.stride() + x * channels..][..stride];
                add(own, detail, self.threshold, &mut line);
                if let Some(alpha) = self.alpha {
                    let pixels = line.chunks_exact_mut(channels).zip(own.chunks_exact(channels));
                    pixels.for_each(|(to, own)| to[alpha] = own[alpha].to_f32());
                }
                store(&line, &mut out[row * stride..][..stride]);
            });
        }));
        Ok(out)
    }
}

vector_fn! {
    fn add[S: Sample](own: &[S], detail: &[f32], threshold: f32, line: &mut [f32]) {
        for ((to, own), detail) in line.iter_mut().zip(own).zip(detail) {
            *to = own.to_f32() + if detail.abs() < threshold { 0.0 } else { *detail };
        }
    }
}

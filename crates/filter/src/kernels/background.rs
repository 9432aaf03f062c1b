//! [`Paraboloid`]: subtracts the background by a paraboloid rolled below the image.
//!
//! The sliding paraboloid of `ImageJ`'s "Subtract Background" (Castle and Keller 2007), after Sternberg's rolling ball (1983): an
//! opening by a paraboloid. A paraboloid is the sum of two parabolas, so each step goes along rows, then along columns.

use crate::Result;
use crate::block::Block;
use crate::frame::{Border, Frame};
use crate::geometry::Rect;
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample};
use crate::vector::vector_fn;

/// The filter. Alpha stays.
pub(crate) struct Paraboloid {
    /// The height of the paraboloid at each distance.
    heights: Vec<f32>,
    /// Whether the background is lighter than the objects.
    light: bool,
    border: Border,
    frame: Frame,
}

impl Paraboloid {
    /// A paraboloid that curves like a ball of `radius` pixels at its top, in gray levels of bytes (others scaled); where it is
    /// a full range below its top it ends.
    pub(crate) fn new(radius: f64, light: bool, border: Border, frame: &Frame) -> Self {
        let scale = f64::from(frame.full()) / 255.0;
        let reach = (2.0 * radius * 255.0).sqrt().ceil().min(4.0 * radius).max(1.0) as usize;
        let heights = (0..=reach).map(|x| (scale * (x * x) as f64 / (2.0 * radius)) as f32).collect();
        Self { heights, light, border, frame: frame.clone() }
    }

    fn reach(&self) -> i64 {
        self.heights.len() as i64 - 1
    }
}

impl Op for Paraboloid {
    fn needs(&self, out: Rect) -> Rect {
        out.expand(2 * self.reach())
    }

    fn border(&self) -> Border {
        self.border
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let (size, reach) = (self.frame.size, self.reach());
        let channels = task.input.channels();
        let mut values = task.input.to_floats().into_owned();
        if self.light {
            values.iter_mut().for_each(|value| *value = -*value);
        }
        let inside = task.out.expand(reach).intersect(self.frame.rect());
        // The largest height of a paraboloid that stays below the image, then the surface of all of them.
        values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = f32::INFINITY);
        let below = self.touch(&values, task.input.rect, inside, channels, false);
        let below = crate::kernels::pixels_of(below, inside, channels)?;
        let below = Block::new(below, inside).extended(task.out.expand(reach), size, self.border);
        let surface = self.touch(&below.to_floats(), below.rect, task.out, channels, true);
        let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result);
        let own = task.input.pixels.crop(task.out.translate(-task.input.rect.x0, -task.input.rect.y0));
        let (alpha, full) = (self.frame.alpha(), self.frame.full());
        each_picture!(out.samples_mut(), out => each_picture!(own.samples(), own => {
            for (i, ((to, own), surface)) in out.iter_mut().zip(own).zip(&surface).enumerate() {
                let own = own.to_f32();
                let stays = own.is_nan() || alpha == Some(i % channels) || !surface.is_finite();
                let value = if self.light { full + own + surface } else { own - surface };
                *to = Sample::from_f32(if stays { own } else { value });
            }
        }));
        Ok(out)
    }
}

impl Paraboloid {
    /// The least of `values` plus heights around each pixel of `out`, or with `largest` the largest of `values` minus heights.
    fn touch(&self, values: &[f32], rect: Rect, out: Rect, channels: usize, largest: bool) -> Vec<f32> {
        let reach = self.heights.len() - 1;
        let (stride, width) = (rect.width() as usize * channels, out.width() as usize * channels);
        let (left, top) = ((out.x0 - rect.x0) as usize - reach, (out.y0 - rect.y0) as usize - reach);
        let wide = width + 2 * reach * channels;
        let (mut line, mut made) = (vec![0f32; wide], vec![0f32; width * out.height() as usize]);
        for (y, made) in made.chunks_exact_mut(width.max(1)).enumerate() {
            let row = |j: usize| &values[(top + y + j) * stride + left * channels..][..wide];
            line.copy_from_slice(row(reach));
            for j in (0..=2 * reach).filter(|j| *j != reach) {
                meet(&mut line, row(j), self.heights[j.abs_diff(reach)], largest);
            }
            made.copy_from_slice(&line[reach * channels..][..width]);
            for j in (0..=2 * reach).filter(|j| *j != reach) {
                meet(made, &line[j * channels..], self.heights[j.abs_diff(reach)], largest);
            }
        }
        made
    }
}

vector_fn! {
    /// The lesser of `best` and `other` plus `height`, or with `largest` the larger of `best` and `other` minus it.
    fn meet[](best: &mut [f32], other: &[f32], height: f32, largest: bool) {
        if largest {
            best.iter_mut().zip(other).for_each(|(best, other)| *best = best.max(other - height));
        } else {
            best.iter_mut().zip(other).for_each(|(best, other)| *best = best.min(other + height));
        }
    }
}

//! Black and white: Otsu's threshold of the whole image, and the mean around each pixel.

use crate::Result;
use crate::frame::{Border, Frame};
use crate::geometry::Rect;
use crate::kernels::{Linear, Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample};

/// The values at or below, and above the threshold.
fn shades(frame: &Frame, inverted: bool) -> [f32; 2] {
    if inverted { [frame.full(), 0.0] } else { [0.0, frame.full()] }
}

/// Each color channel by its own threshold, from the histogram of the whole image.
pub(crate) struct Otsu {
    shades: [f32; 2],
    colors: usize,
}

impl Otsu {
    pub(crate) fn new(frame: &Frame, inverted: bool) -> Self {
        Self { shades: shades(frame, inverted), colors: frame.colors() }
    }
}

impl Op for Otsu {
    fn wants_whole(&self) -> bool {
        true
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let channels = task.input.channels();
        let thresholds: Vec<f32> =
            task.whole.map(|whole| whole.channels.iter().map(super::whole::Counts::otsu).collect()).unwrap_or_default();
        let mut out = Pixels::unwritten(task.out.size(), task.input.pixels.channels(), task.result);
        each_picture!(out.samples_mut(), out => each_picture!(task.input.pixels.samples(), from => {
            for (i, (to, value)) in out.iter_mut().zip(from).enumerate() {
                let (c, value) = (i % channels, value.to_f32());
                let stays = c >= self.colors || value.is_nan();
                *to = Sample::from_f32(if stays { value } else { self.shades[usize::from(value > thresholds[c])] });
            }
        }));
        Ok(out)
    }
}

/// Each value against the mean around it.
pub(crate) struct Local {
    mean: Linear,
    offset: f32,
    shades: [f32; 2],
    alpha: Option<usize>,
}

impl Local {
    /// Above `mean` minus `offset`.
    pub(crate) fn new(mean: Linear, offset: f32, frame: &Frame, inverted: bool) -> Self {
        Self { mean, offset, shades: shades(frame, inverted), alpha: frame.alpha() }
    }
}

impl Op for Local {
    fn needs(&self, out: Rect) -> Rect {
        self.mean.needs(out)
    }

    fn border(&self) -> Border {
        self.mean.border()
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let (input, channels) = (task.input, task.input.channels());
        let (stride, (x, y)) = (task.out.width() as usize * channels, self.mean.radii());
        let mut out = Pixels::unwritten(task.out.size(), input.pixels.channels(), task.result);
        each_picture!(input.pixels.samples(), from => each_picture!(out.samples_mut(), out => {
            self.mean.rows(input, task.out, |row, means| {
                let own = &from[(row + y) * input.stride() + x * channels..][..stride];
                let places = out[row * stride..][..stride].iter_mut().zip(own).zip(means);
                for (i, ((to, own), mean)) in places.enumerate() {
                    let own = own.to_f32();
                    let stays = own.is_nan() || self.alpha == Some(i % channels);
                    *to = Sample::from_f32(if stays { own } else { self.shades[usize::from(own > mean - self.offset)] });
                }
            });
        }));
        Ok(out)
    }
}

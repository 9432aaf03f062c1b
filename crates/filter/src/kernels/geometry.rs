//! Whole pixels moved: crop, flips, quarter turns.

use crate::Result;
use crate::geometry::{Rect, Size};
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample, Samples};

/// A part, its first pixel at (x, y) of the input.
pub(crate) struct Crop {
    pub(crate) x: i64,
    pub(crate) y: i64,
}

impl Op for Crop {
    fn moves_samples(&self) -> bool {
        true
    }

    fn needs(&self, out: Rect) -> Rect {
        out.translate(self.x, self.y)
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        Ok(task.input.pixels.crop(Rect::from_size(task.input.rect.size())))
    }
}

/// One of the ways to lay a rectangle of pixels on itself: first transposed, then mirrored along either axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) transposed: bool,
    pub(crate) mirror_x: bool,
    pub(crate) mirror_y: bool,
    /// Of the input.
    pub(crate) size: Size,
}

impl Turn {
    /// `quarters` of a turn clockwise.
    pub(crate) fn quarters(quarters: i64, size: Size) -> Self {
        let (transposed, mirror_x, mirror_y) = match quarters.rem_euclid(4) {
            1 => (true, true, false),
            2 => (false, true, true),
            3 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transposed, mirror_x, mirror_y, size }
    }

    /// The size of the result.
    pub(crate) fn result(&self) -> Size {
        if self.transposed { Size::new(self.size.height, self.size.width) } else { self.size }
    }

    /// Positions of the result to those of the input.
    pub(crate) fn map(&self) -> crate::frame::Affine {
        let out = self.result();
        let along = |mirror: bool, length: u32| if mirror { (-1.0, f64::from(length)) } else { (1.0, 0.0) };
        let ((sx, ox), (sy, oy)) = (along(self.mirror_x, out.width), along(self.mirror_y, out.height));
        if self.transposed {
            crate::frame::Affine { x: [0.0, sy, oy], y: [sx, 0.0, ox] }
        } else {
            crate::frame::Affine::straight((sx, sy), (ox, oy))
        }
    }
}

impl Op for Turn {
    fn needs(&self, out: Rect) -> Rect {
        self.map().bounds(out)
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let (size, channels, width) = (task.out.size(), task.input.channels(), task.input.rect.width() as usize);
        let (columns, rows) = (size.width as usize, size.height as usize);
        fn turn<S: Sample>(
            from: &[S],
            turn: Turn,
            (columns, rows): (usize, usize),
            width: usize,
            channels: usize,
        ) -> Samples {
            let mut out = Vec::with_capacity(from.len());
            for y in 0..rows {
                let y = if turn.mirror_y { rows - 1 - y } else { y };
                for x in 0..columns {
                    let x = if turn.mirror_x { columns - 1 - x } else { x };
                    let at = if turn.transposed { x * width + y } else { y * width + x };
                    out.extend_from_slice(&from[at * channels..][..channels]);
                }
            }
            S::wrap(out)
        }
        let samples =
            each_picture!(task.input.pixels.samples(), from => turn(from, *self, (columns, rows), width, channels));
        Pixels::new(size, task.input.pixels.channels(), samples)
    }
}

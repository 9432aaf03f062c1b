//! [`Morphology`]: the least and the largest value of a neighborhood, and what is made of both.

use crate::Result;
use crate::block::Block;
use crate::frame::{Border, Frame};
use crate::geometry::Rect;
use crate::kernels::{Op, Task};
use crate::pixel_types::each_picture;
use crate::pixels::{Pixels, Sample, Samples};
use crate::vector::vector_fn;

/// The steps, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Erode,
    Dilate,
    Open,
    Close,
    /// The image minus its opening.
    TopHat,
    /// The closing minus the image.
    BlackHat,
}

impl Operation {
    pub(crate) fn of_name(name: &str) -> Self {
        match name {
            "erode" => Self::Erode,
            "dilate" => Self::Dilate,
            "open" => Self::Open,
            "close" => Self::Close,
            "tophat" => Self::TopHat,
            _ => Self::BlackHat,
        }
    }

    /// Whether each step takes the largest value.
    const fn steps(self) -> &'static [bool] {
        match self {
            Self::Erode => &[false],
            Self::Dilate => &[true],
            Self::Open | Self::TopHat => &[false, true],
            Self::Close | Self::BlackHat => &[true, false],
        }
    }
}

/// The filter. Alpha is unchanged; missing and fully transparent pixels are ignored.
pub(crate) struct Morphology {
    operation: Operation,
    /// Half of the width of each row of the neighborhood, from the top.
    spans: Vec<usize>,
    border: Border,
    frame: Frame,
}

impl Morphology {
    /// A neighborhood of `size` rows: a square, or the disk of those at most `size` / 2 from the middle.
    pub(crate) fn new(operation: Operation, size: usize, disk: bool, border: Border, frame: &Frame) -> Self {
        let radius = (size / 2) as f64;
        let span =
            |y: usize| if disk { (radius * radius - (y as f64 - radius).powi(2)).sqrt() as usize } else { size / 2 };
        Self { operation, spans: (0..size).map(span).collect(), border, frame: frame.clone() }
    }

    fn radius(&self) -> i64 {
        (self.spans.len() / 2) as i64
    }
}

impl Op for Morphology {
    fn needs(&self, out: Rect) -> Rect {
        out.expand(self.radius() * self.operation.steps().len() as i64)
    }

    fn border(&self) -> Border {
        self.border
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let mut block: Option<Block> = None;
        let steps = self.operation.steps();
        for (left, largest) in (0..steps.len() as i64).rev().zip(steps) {
            // What lies outside the image is made of the result of each step, not of what lay outside before it.
            let wanted = task.out.expand(left * self.radius());
            let rect = wanted.intersect(self.frame.rect());
            let from = block.as_ref().unwrap_or(task.input);
            let made = Block::new(self.step(from, rect, *largest), rect);
            block = Some(made.extended(wanted, self.frame.size, self.border));
        }
        let made = block.map_or_else(|| task.input.pixels.crop(Rect::default()), |block| block.pixels);
        let own = task.input.pixels.crop(task.out.translate(-task.input.rect.x0, -task.input.rect.y0));
        Ok(match self.operation {
            Operation::TopHat => self.apart(&own, &made),
            Operation::BlackHat => self.apart(&made, &own),
            _ => self.with_alpha(made, &own),
        })
    }
}

impl Morphology {
    /// One step for `rect`, whose neighborhoods lie in `from`.
    fn step(&self, from: &Block, rect: Rect, largest: bool) -> Pixels {
        let part = from.pixels.crop(rect.expand(self.radius()).translate(-from.rect.x0, -from.rect.y0));
        let channels = part.channels() as usize;
        let hides = self.frame.alpha().is_some_and(|alpha| {
            each_picture!(part.samples(), samples => samples.iter().skip(alpha).step_by(channels).any(|a| a.to_f32() == 0.0))
        });
        let missing = from.has_missing();
        let samples = if hides || missing {
            let mut floats = Block::new(part, rect.expand(self.radius())).floats().pixels;
            let without = if largest { f32::NEG_INFINITY } else { f32::INFINITY };
            if let Samples::F32(values) = floats.samples_mut() {
                self.hide(values, channels, without);
            }
            let made = self.scan(floats.samples(), rect, channels, largest);
            let own = from.pixels.crop(rect.translate(-from.rect.x0, -from.rect.y0));
            return Self::restored(made, own, without);
        } else {
            self.scan(part.samples(), rect, channels, largest)
        };
        Pixels::new(rect.size(), from.pixels.channels(), samples)
            .unwrap_or_else(|_| unreachable!("one value for each sample"))
    }

    fn hide(&self, values: &mut [f32], channels: usize, without: f32) {
        let alpha = self.frame.alpha();
        for pixel in values.chunks_exact_mut(channels) {
            let hidden = alpha.is_some_and(|alpha| pixel[alpha] == 0.0);
            pixel.iter_mut().filter(|value| hidden || value.is_nan()).for_each(|value| *value = without);
        }
    }

    /// The result where there is one; what was missing stays so, and what had no neighbors stays what it was.
    fn restored(made: Samples, own: Pixels, without: f32) -> Pixels {
        let (size, channels, sample) = (own.size(), own.channels(), own.sample_type());
        let mut out = Pixels::unwritten(size, channels, sample);
        let Samples::F32(made) = made else { return own };
        each_picture!(out.samples_mut(), out => each_picture!(own.samples(), own => {
            for ((to, made), own) in out.iter_mut().zip(&made).zip(own) {
                let own = own.to_f32();
                *to = Sample::from_f32(if own.is_nan() || *made == without { own } else { *made });
            }
        }));
        out
    }

    fn scan(&self, samples: &Samples, rect: Rect, channels: usize, largest: bool) -> Samples {
        each_picture!(samples, samples => if largest {
            self.extremes(samples, rect, channels, |a, b| if b > a { b } else { a })
        } else {
            self.extremes(samples, rect, channels, |a, b| if b < a { b } else { a })
        })
    }

    /// For each row the best of the spans of the rows around it.
    fn extremes<S: Sample>(
        &self,
        from: &[S],
        rect: Rect,
        channels: usize,
        better: impl Fn(S, S) -> S + Copy,
    ) -> Samples {
        let (radius, width) = (self.radius() as usize, rect.width() as usize * channels);
        let stride = width + 2 * radius * channels;
        let mut out = vec![S::default(); width * rect.height() as usize];
        let square = self.spans.iter().all(|span| *span == radius);
        let (mut line, mut one, mut other) =
            (vec![S::default(); stride], vec![S::default(); stride], vec![S::default(); stride]);
        for (y, out) in out.chunks_exact_mut(width.max(1)).enumerate() {
            for (j, span) in self.spans.iter().enumerate() {
                let row = &from[(y + j) * stride..][..stride];
                if square {
                    // Columns first: what is best in them is spread once.
                    join(&mut line, row, j == 0, better);
                    continue;
                }
                let best = spread(&row[(radius - span) * channels..], *span, channels, &mut one, &mut other, better);
                join(out, &best[..width], j == 0, better);
            }
            if square {
                let best = spread(&line, radius, channels, &mut one, &mut other, better);
                out.copy_from_slice(&best[..width]);
            }
        }
        S::wrap(out)
    }

    fn with_alpha(&self, mut made: Pixels, own: &Pixels) -> Pixels {
        let Some(alpha) = self.frame.alpha() else { return made };
        let channels = made.channels() as usize;
        fn copy<S: Sample>(to: &mut [S], own: &Samples, alpha: usize, channels: usize) {
            let Some(own) = S::slice(own) else { return };
            let places = to.iter_mut().skip(alpha).step_by(channels);
            places.zip(own.iter().skip(alpha).step_by(channels)).for_each(|(to, own)| *to = *own);
        }
        each_picture!(made.samples_mut(), to => copy(to, own.samples(), alpha, channels));
        made
    }

    /// `a` minus `b`, both of one type, which is never less.
    fn apart(&self, a: &Pixels, b: &Pixels) -> Pixels {
        let mut out = Pixels::unwritten(a.size(), a.channels(), a.sample_type());
        match (out.samples_mut(), a.samples(), b.samples()) {
            (Samples::U8(out), Samples::U8(a), Samples::U8(b)) => difference(out, a, b, u8::saturating_sub),
            (Samples::U16(out), Samples::U16(a), Samples::U16(b)) => difference(out, a, b, u16::saturating_sub),
            (Samples::F32(out), Samples::F32(a), Samples::F32(b)) => difference(out, a, b, |a, b| a - b),
            _ => unreachable!("filters are given the types of pictures"),
        }
        self.with_alpha(out, if self.operation == Operation::TopHat { a } else { b })
    }
}

fn difference<S: Copy>(out: &mut [S], a: &[S], b: &[S], minus: impl Fn(S, S) -> S) {
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = minus(*a, *b));
}

/// `best[i]` becomes the better of itself and `row[i]`.
fn join<S: Sample>(best: &mut [S], row: &[S], first: bool, better: impl Fn(S, S) -> S + Copy) {
    if first {
        best.copy_from_slice(&row[..best.len()]);
    } else {
        choose(best, row, better);
    }
}

vector_fn! {
    fn choose[S: Sample, F: Fn(S, S) -> S + Copy](best: &mut [S], row: &[S], better: F) {
        best.iter_mut().zip(row).for_each(|(best, value)| *best = better(*best, *value));
    }
}

vector_fn! {
    fn choose_of_two[S: Sample, F: Fn(S, S) -> S + Copy](near: &[S], far: &[S], out: &mut [S], better: F) {
        out.iter_mut().zip(near.iter().zip(far)).for_each(|(out, (near, far))| *out = better(*near, *far));
    }
}

/// The best of pixels i to i + 2 × `span` of `row` for each i, in one of the two buffers: windows of doubling width.
fn spread<'a, S: Sample>(
    row: &[S],
    span: usize,
    channels: usize,
    mut from: &'a mut Vec<S>,
    mut to: &'a mut Vec<S>,
    better: impl Fn(S, S) -> S + Copy,
) -> &'a [S] {
    let (size, mut count, mut width) = (2 * span + 1, row.len(), 1);
    from[..count].copy_from_slice(row);
    while width < size {
        let shift = width.min(size - width) * channels;
        count -= shift;
        choose_of_two(&from[..count], &from[shift..][..count], to, better);
        width += shift / channels;
        std::mem::swap(&mut from, &mut to);
    }
    from
}

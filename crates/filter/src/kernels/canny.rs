//! [`Canny`] edges (Canny 1986), thinned as `OpenCV` does, with hysteresis.
//!
//! Whether a weak edge counts depends on a path of edges to a strong one. The path may have `reach` pixels, so that it can be
//! followed in any part of an image alone; unlimited reach would need the whole.

use crate::Result;
use crate::block::Block;
use crate::frame::{Border, Frame};
use crate::geometry::Rect;
use crate::kernels::sobel::gradients;
use crate::kernels::{Kind, Linear, Op, Task, Term};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::vector::vector_fn;

/// The filter: one channel, 255 on edges.
pub(crate) struct Canny {
    blur: Option<Linear>,
    x: Linear,
    y: Linear,
    low: f32,
    high: f32,
    /// Whether lengths are |x| + |y|, else Euclidean.
    sum: bool,
    reach: i64,
    frame: Frame,
    border: Border,
}

/// tan 22.5° in steps of 2^-15, as `OpenCV` has it.
const TAN: f32 = 13573.0 / 32768.0;

impl Canny {
    pub(crate) fn new(
        frame: &Frame,
        border: Border,
        blur: Option<Term>,
        (low, high): (f32, f32),
        sum: bool,
        reach: i64,
    ) -> Self {
        let (x, y) = gradients(frame, border, true);
        let blur = blur.map(|term| Linear::new(vec![term], Kind::Mean, frame, border, true));
        Self { blur, x, y, low: low.min(high), high: high.max(low), sum, reach, frame: frame.clone(), border }
    }

    fn blurred(&self, out: Rect) -> Rect {
        self.blur.as_ref().map_or(out, |blur| blur.needs(out))
    }

    /// What thinning and following look at: the part and the paths that lead to it.
    fn around(&self, out: Rect) -> Rect {
        out.expand(self.reach)
    }
}

impl Op for Canny {
    fn needs(&self, out: Rect) -> Rect {
        let needed = self.around(out).intersect(self.frame.rect().expand(1));
        self.blurred(self.x.needs(needed.expand(1)))
    }

    fn border(&self) -> Border {
        self.border
    }

    fn run(&self, task: &Task<'_>) -> Result<Pixels> {
        let rect = self.around(task.out).intersect(self.frame.rect());
        let slopes = self.slopes(task, rect);
        let edges = self.thinned(&slopes, rect);
        let linked = follow(edges, rect, self.reach);
        let mut out = vec![0u8; task.out.area() as usize];
        for (y, row) in (task.out.y0..).zip(out.chunks_exact_mut(task.out.width() as usize)) {
            let from = (y - rect.y0) as usize * rect.width() as usize + (task.out.x0 - rect.x0) as usize;
            row.iter_mut().zip(&linked[from..]).for_each(|(to, linked)| *to = if *linked == STRONG { 255 } else { 0 });
        }
        Pixels::new(task.out.size(), 1, Samples::U8(out))
    }
}

/// The steepest channel's gradient and its length (of the Euclidean one the square), in a part of the image and one pixel around
/// it; beyond the image there is no gradient.
struct Slopes {
    /// Pixels of a row.
    width: usize,
    x: Vec<f32>,
    y: Vec<f32>,
    length: Vec<f32>,
}

const NONE: u8 = 0;
const WEAK: u8 = 1;
const STRONG: u8 = 2;

impl Canny {
    fn slopes(&self, task: &Task<'_>, rect: Rect) -> Slopes {
        let (channels, colors) = (task.input.channels(), self.frame.colors());
        let padded = rect.expand(1);
        let inside = padded.intersect(self.frame.rect());
        let needs = self.x.needs(inside);
        let blurred = self.blur.as_ref().map(|blur| {
            // What lies outside the image is made of the blurred image.
            let inside = needs.intersect(self.frame.rect());
            let from = part(task.input, blur.needs(inside));
            let pixels = blur.run(&Task { input: &from, out: inside, result: SampleType::F32, whole: None });
            pixels.map(|pixels| Block::new(pixels, inside).extended(needs, self.frame.size, self.border))
        });
        let from = match blurred {
            Some(Ok(block)) => block,
            _ => part(task.input, needs),
        };
        let (width, count) = (padded.width() as usize, padded.area() as usize);
        let mut slopes = Slopes { width, x: vec![0.0; count], y: vec![0.0; count], length: vec![0.0; count] };
        let (left, top) = ((inside.x0 - padded.x0) as usize, (inside.y0 - padded.y0) as usize);
        self.x.rows_with(&self.y, &from, inside, |row, across, down| {
            let to = (top + row) * width + left..(top + row) * width + left + inside.width() as usize;
            let to = (&mut slopes.x[to.clone()], &mut slopes.y[to.clone()], &mut slopes.length[to]);
            match channels {
                1 => steepest::<1>(across.as_chunks().0, down.as_chunks().0, colors, self.sum, to),
                2 => steepest::<2>(across.as_chunks().0, down.as_chunks().0, colors, self.sum, to),
                3 => steepest::<3>(across.as_chunks().0, down.as_chunks().0, colors, self.sum, to),
                4 => steepest::<4>(across.as_chunks().0, down.as_chunks().0, colors, self.sum, to),
                _ => steepest_of_any(across, down, (channels, colors), self.sum, to),
            }
        });
        slopes
    }

    /// Edges one pixel wide: the steepest along the gradient.
    fn thinned(&self, slopes: &Slopes, rect: Rect) -> Vec<u8> {
        let square = |value: f32| if self.sum { value } else { value.max(0.0) * value };
        let (low, high) = (square(self.low), square(self.high));
        let mut edges = vec![NONE; rect.area() as usize];
        for (y, row) in edges.chunks_exact_mut(rect.width() as usize).enumerate() {
            let line = (y + 1) * slopes.width + 1;
            let [above, own, below] = [line - slopes.width, line, line + slopes.width]
                .map(|line| &slopes.length[line - 1..=line + rect.width() as usize]);
            for (i, edge) in row.iter_mut().enumerate() {
                // The pixel's own is at i + 1.
                let length = own[i + 1];
                if length <= low {
                    continue;
                }
                let at = line + i;
                let (dx, dy) = (slopes.x[at], slopes.y[at]);
                let (ax, ay) = (dx.abs(), dy.abs());
                let steepest = if ay < ax * TAN {
                    length > own[i] && length >= own[i + 2]
                } else if ay > ax * (TAN + 2.0) {
                    length > above[i + 1] && length >= below[i + 1]
                } else if (dx < 0.0) == (dy < 0.0) {
                    length > above[i] && length > below[i + 2]
                } else {
                    length > above[i + 2] && length > below[i]
                };
                if steepest {
                    *edge = if length > high { STRONG } else { WEAK };
                }
            }
        }
        edges
    }
}

type SlopeRow<'a> = (&'a mut [f32], &'a mut [f32], &'a mut [f32]);

vector_fn! {
    /// Of the first `colors` of `N` channels the gradient that is longest, and its length.
    fn steepest[const N: usize](across: &[[f32; N]], down: &[[f32; N]], colors: usize, sum: bool, to: SlopeRow<'_>) {
        let (x, y, lengths) = to;
        let count = across.len();
        let (down, x, y, lengths) = (&down[..count], &mut x[..count], &mut y[..count], &mut lengths[..count]);
        for i in 0..count {
            let (mut best_x, mut best_y, mut best) = (0.0, 0.0, 0.0);
            for c in 0..N {
                let (dx, dy) = (across[i][c], down[i][c]);
                let length = if sum { dx.abs() + dy.abs() } else { dx * dx + dy * dy };
                let longer = c < colors && length > best;
                best_x = if longer { dx } else { best_x };
                best_y = if longer { dy } else { best_y };
                best = if longer { length } else { best };
            }
            (x[i], y[i], lengths[i]) = (best_x, best_y, best);
        }
    }
}

fn steepest_of_any(across: &[f32], down: &[f32], (channels, colors): (usize, usize), sum: bool, to: SlopeRow<'_>) {
    let pixels = across.chunks_exact(channels).zip(down.chunks_exact(channels));
    for (i, (across, down)) in pixels.enumerate() {
        for (dx, dy) in across.iter().zip(down).take(colors) {
            let length = if sum { dx.abs() + dy.abs() } else { dx * dx + dy * dy };
            if length > to.2[i] {
                (to.0[i], to.1[i], to.2[i]) = (*dx, *dy, length);
            }
        }
    }
}

/// A part of `block`.
fn part(block: &Block, rect: Rect) -> Block {
    Block::new(block.pixels.crop(rect.translate(-block.rect.x0, -block.rect.y0)), rect)
}

/// Weak edges at most `reach` steps from a strong one become strong.
fn follow(mut edges: Vec<u8>, rect: Rect, reach: i64) -> Vec<u8> {
    let width = rect.width() as usize;
    let mut front: Vec<usize> = (0..edges.len()).filter(|at| edges[*at] == STRONG).collect();
    let mut next = Vec::new();
    for _ in 0..reach {
        for at in front.drain(..) {
            let (x, y) = (at % width, at / width);
            let columns = x.saturating_sub(1)..(x + 2).min(width);
            for row in y.saturating_sub(1)..(y + 2).min(edges.len() / width) {
                for beside in columns.clone().map(|column| row * width + column) {
                    if edges[beside] == WEAK {
                        edges[beside] = STRONG;
                        next.push(beside);
                    }
                }
            }
        }
        std::mem::swap(&mut front, &mut next);
        if front.is_empty() {
            break;
        }
    }
    edges
}

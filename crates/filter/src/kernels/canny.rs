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
        let slopes = self.slopes(task, rect.expand(1).intersect(self.frame.rect()));
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

/// The steepest channel's gradient and its length (of the Euclidean one the square) in `rect`.
struct Slopes {
    rect: Rect,
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
        let needs = self.x.needs(rect);
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
        let area = rect.area() as usize;
        let (mut x, mut y, mut length) = (Vec::with_capacity(area), Vec::with_capacity(area), Vec::with_capacity(area));
        self.x.rows_with(&self.y, &from, rect, |_, across, down| {
            for (across, down) in across.chunks_exact(channels).zip(down.chunks_exact(channels)) {
                let mut best = (0.0, 0.0, -1.0);
                for (across, down) in across.iter().zip(down).take(colors) {
                    let length = if self.sum { across.abs() + down.abs() } else { across * across + down * down };
                    if length > best.2 {
                        best = (*across, *down, length);
                    }
                }
                x.push(best.0);
                y.push(best.1);
                length.push(best.2.max(0.0));
            }
        });
        Slopes { rect, x, y, length }
    }

    /// Edges one pixel wide: the steepest along the gradient.
    fn thinned(&self, slopes: &Slopes, rect: Rect) -> Vec<u8> {
        let square = |value: f32| if self.sum { value } else { value.max(0.0) * value };
        let (low, high) = (square(self.low), square(self.high));
        let width = slopes.rect.width() as i64;
        let mut edges = vec![NONE; rect.area() as usize];
        for (y, row) in (rect.y0..rect.y1).zip(edges.chunks_exact_mut(rect.width() as usize)) {
            let line = (y - slopes.rect.y0) * width + rect.x0 - slopes.rect.x0;
            for (i, edge) in row.iter_mut().enumerate() {
                let at = (line + i as i64) as usize;
                let length = slopes.length[at];
                if length <= low {
                    continue;
                }
                let x = rect.x0 + i as i64;
                // Beyond the image there is no gradient.
                let beside = |dx: i64, dy: i64| {
                    let inside = slopes.rect.contains_pixel(x + dx, y + dy);
                    if inside { slopes.length[(at as i64 + dy * width + dx) as usize] } else { 0.0 }
                };
                let (dx, dy) = (slopes.x[at], slopes.y[at]);
                let (ax, ay) = (dx.abs(), dy.abs());
                let steepest = if ay < ax * TAN {
                    length > beside(-1, 0) && length >= beside(1, 0)
                } else if ay > ax * (TAN + 2.0) {
                    length > beside(0, -1) && length >= beside(0, 1)
                } else {
                    let side = if (dx < 0.0) == (dy < 0.0) { 1 } else { -1 };
                    length > beside(-side, -1) && length > beside(side, 1)
                };
                if steepest {
                    *edge = if length > high { STRONG } else { WEAK };
                }
            }
        }
        edges
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

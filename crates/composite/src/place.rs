//! [`Place`]: where an image lies at one level of the canvas, and how far a pixel is from its edges.

use super::{Composite, Sampler};
use crate::geometry::{Affine, Point, Rect};
use crate::mosaic::{Margins, Placement};

/// Pixels nearer to an edge than this, in pixels, count as if they were so far from it: every covered pixel has some weight.
const LEAST_DISTANCE: f64 = 1e-3;

/// Where an image lies at one level of the canvas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// What it covers, or all that it may cover if it is resampled, in pixels of the level.
    pub(super) rect: Rect,
    /// From the level's pixels to those of the image at full resolution.
    pub(super) to_image: Affine,
    /// Where the image's first pixel lies, if pixels stay pixels.
    pub(super) origin: Option<(i64, i64)>,
    /// What of the image is shown, in its pixels.
    part: Rect,
    /// Pixels of the level for each of the image.
    scale: f64,
}

impl Composite {
    /// Where `placement` lies at `level`; `None` if that is nowhere.
    pub(super) fn place_at(&self, placement: &Placement, level: u32) -> Option<Place> {
        let (part, factor) = (placement.part(), 0.5f64.powi(level as i32));
        let (at_x, at_y) = match self.layer(placement).sampler {
            Sampler::Affine(to_canvas) => {
                let to_level = to_canvas.then(Affine::scale(factor, factor));
                let rect = to_level.bounds_of(part);
                let (to_image, scale) = (to_level.invert()?, to_level.determinant().abs().sqrt());
                return (!rect.is_empty()).then_some(Place { rect, to_image, origin: None, part, scale });
            }
            Sampler::Identity => (0, 0),
            Sampler::Shift(at) => at,
        };
        let round = |value: i64| (value + (1 << level >> 1)) >> level;
        let (x, y) = (round(at_x), round(at_y));
        let whole = Rect::at(x, y, placement.size.halved_times(level as usize));
        let rect = if placement.crop == Margins::default() {
            whole
        } else {
            // As images that abut round their common edge: what is cut off leaves no gap.
            let part = part.translate(at_x, at_y);
            Rect::new(round(part.x0), round(part.y0), round(part.x1), round(part.y1)).intersect(whole)
        };
        let step = factor.recip();
        let to_image = Affine { a: step, d: step, e: -x as f64 * step, f: -y as f64 * step, ..Affine::IDENTITY };
        (!rect.is_empty()).then_some(Place { rect, to_image, origin: Some((x, y)), part, scale: factor })
    }
}

impl Place {
    /// The middle of a pixel of the level, in pixels of the image.
    pub(super) fn middle(&self, x: i64, y: i64) -> Point {
        self.to_image.apply(Point::new(x as f64 + 0.5, y as f64 + 0.5))
    }

    /// For each pixel of `rect`, which lies inside [`rect`](Self::rect): how far it is from the nearer edges across and down,
    /// multiplied. So where two images overlap, their weights are as their distances to each other's edges.
    pub(super) fn weights(&self, rect: Rect) -> Weights {
        let tent = |at: f64, from: f64, to: f64| (at - from).min(to - at).max(LEAST_DISTANCE) as f32;
        if self.origin.is_some() {
            let own = self.rect;
            let across = (rect.x0..rect.x1).map(|x| tent(x as f64 + 0.5, own.x0 as f64, own.x1 as f64)).collect();
            let down = (rect.y0..rect.y1).map(|y| tent(y as f64 + 0.5, own.y0 as f64, own.y1 as f64)).collect();
            return Weights::Separable { across, down };
        }
        let (part, scale) = (self.part, self.scale * self.scale);
        let weight = |x: i64, y: i64| {
            let at = self.middle(x, y);
            tent(at.x, part.x0 as f64, part.x1 as f64) * tent(at.y, part.y0 as f64, part.y1 as f64) * scale as f32
        };
        let all = (rect.y0..rect.y1).flat_map(|y| (rect.x0..rect.x1).map(move |x| (x, y)));
        Weights::Each { width: rect.width() as usize, values: all.map(|(x, y)| weight(x, y)).collect() }
    }
}

/// Weights of the pixels of a rectangle.
pub(super) enum Weights {
    Separable { across: Vec<f32>, down: Vec<f32> },
    Each { width: usize, values: Vec<f32> },
}

impl Weights {
    /// Those of row `y`, counted from the first, from column `x` on into `row`.
    pub(super) fn row(&self, x: usize, y: usize, row: &mut [f32]) {
        match self {
            Self::Separable { across, down } => {
                let down = down[y];
                row.iter_mut().zip(&across[x..]).for_each(|(to, across)| *to = across * down);
            }
            Self::Each { width, values } => row.copy_from_slice(&values[y * width + x..][..row.len()]),
        }
    }
}

//! [`Frame`]: the description of an image between two filters; [`Affine`]: the mapping of its pixels.

use crate::geometry::{Rect, Size};
use crate::pixels::{Color, SampleType};

/// The border mode: pixels beyond the edge of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Border {
    /// The edge's own pixels again and again.
    #[default]
    Replicate,
    /// The image mirrored at its outermost pixels, which are not repeated.
    Mirror,
}

impl Border {
    /// The pixel of 0 .. `length` used for pixel `at`, which may lie outside.
    pub fn place(self, at: i64, length: i64) -> i64 {
        match self {
            Self::Replicate => at.clamp(0, length - 1),
            Self::Mirror if length == 1 => 0,
            Self::Mirror => {
                let period = 2 * (length - 1);
                let folded = at.rem_euclid(period);
                folded.min(period - folded)
            }
        }
    }
}

/// x' = a x + b y + c, y' = d x + e y + f; positions are of pixel corners, (0.5, 0.5) is the middle of the first pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    pub x: [f64; 3],
    pub y: [f64; 3],
}

impl Affine {
    /// Every position itself.
    pub const IDENTITY: Self = Self { x: [1.0, 0.0, 0.0], y: [0.0, 1.0, 0.0] };

    /// Scale and shift along both axes.
    pub const fn straight(scale: (f64, f64), offset: (f64, f64)) -> Self {
        Self { x: [scale.0, 0.0, offset.0], y: [0.0, scale.1, offset.1] }
    }

    /// Maps (x, y).
    #[inline]
    pub fn apply(self, x: f64, y: f64) -> (f64, f64) {
        let ([a, b, c], [d, e, f]) = (self.x, self.y);
        (a * x + b * y + c, d * x + e * y + f)
    }

    /// First `self`, then `next`.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let row = |[a, b, c]: [f64; 3]| {
            [a * self.x[0] + b * self.y[0], a * self.x[1] + b * self.y[1], a * self.x[2] + b * self.y[2] + c]
        };
        Self { x: row(next.x), y: row(next.y) }
    }

    /// The way back, if there is one.
    pub fn inverse(self) -> Option<Self> {
        let ([a, b, c], [d, e, f]) = (self.x, self.y);
        let determinant = a * e - b * d;
        let sound = determinant.is_finite() && determinant.abs() > 1e-12;
        let (x, y) = ([e / determinant, -b / determinant], [-d / determinant, a / determinant]);
        sound.then(|| Self { x: [x[0], x[1], -x[0] * c - x[1] * f], y: [y[0], y[1], -y[0] * c - y[1] * f] })
    }

    /// The smallest rectangle of whole pixels around the mapped `rect`.
    pub fn bounds(self, rect: Rect) -> Rect {
        let (x0, y0, x1, y1) = (rect.x0 as f64, rect.y0 as f64, rect.x1 as f64, rect.y1 as f64);
        let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| self.apply(x, y));
        let least = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::INFINITY, f64::min);
        let most = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
        let x = |p: &(f64, f64)| p.0;
        let y = |p: &(f64, f64)| p.1;
        // What a product of matrices leaves of a whole number must not cost a pixel.
        let (floor, ceil) = (|v: f64| (v + 1e-6).floor() as i64, |v: f64| (v - 1e-6).ceil() as i64);
        Rect::new(floor(least(x)), floor(least(y)), ceil(most(x)), ceil(most(y)))
    }
}

/// The description of an image before or after a filter, at one level.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub size: Size,
    pub channels: u8,
    pub color: Color,
    /// The sample type of the result, and the unit of the values.
    pub sample: SampleType,
    /// Pixels of the source's level 0 that a pixel of the level read stands for: lengths in filters are divided by it.
    pub downsample: f64,
    /// Positions of this image to those of the level read.
    pub to_source: Affine,
    /// Whether pixels may be missing (nodata): they are NaN.
    pub missing: bool,
}

impl Frame {
    /// The channels that are not alpha.
    pub fn colors(&self) -> usize {
        self.channels as usize - usize::from(self.color.has_alpha())
    }

    /// The index of alpha.
    pub fn alpha(&self) -> Option<usize> {
        self.color.has_alpha().then(|| self.channels as usize - 1)
    }

    /// The value of full intensity or alpha.
    pub fn full(&self) -> f32 {
        self.sample.max()
    }

    /// The whole image.
    pub fn rect(&self) -> Rect {
        Rect::from_size(self.size)
    }

    /// What signed results are shifted by when nothing is said: half of the range of whole numbers, nothing for floats.
    pub fn middle(&self) -> f32 {
        match self.sample {
            SampleType::U8 => 128.0,
            SampleType::U16 => 32768.0,
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_replicate_and_mirror() {
        let places = |border: Border, length| (-4..7).map(|at| border.place(at, length)).collect::<Vec<_>>();
        assert_eq!(places(Border::Replicate, 3), [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]);
        assert_eq!(places(Border::Mirror, 3), [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
        assert_eq!(places(Border::Mirror, 1), [0; 11]);
    }

    #[test]
    fn a_map_and_its_inverse_undo_each_other() {
        let map = Affine { x: [0.8, -0.3, 5.0], y: [0.2, 1.1, -7.0] };
        let back = map.then(map.inverse().unwrap());
        let (x, y) = back.apply(12.0, 34.0);
        assert!((x - 12.0).abs() < 1e-9 && (y - 34.0).abs() < 1e-9);
        assert!(Affine { x: [1.0, 2.0, 0.0], y: [2.0, 4.0, 0.0] }.inverse().is_none());
    }
}

//! [`Size`] and [`Rect`].

use serde::{Deserialize, Serialize};

/// A position in canvas or image pixels that may lie between them: (x, y), x to the right, y down.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "(f64, f64)", into = "(f64, f64)")]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    /// The point (x, y).
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The nearest whole pixel position; halves go down and to the right.
    pub fn round(self) -> (i64, i64) {
        ((self.x + 0.5).floor() as i64, (self.y + 0.5).floor() as i64)
    }
}

impl From<(f64, f64)> for Point {
    fn from((x, y): (f64, f64)) -> Self {
        Self { x, y }
    }
}

impl From<Point> for (f64, f64) {
    fn from(point: Point) -> Self {
        (point.x, point.y)
    }
}

impl std::ops::Add for Point {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl std::ops::Sub for Point {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    /// `width` × `height` pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// The number of pixels.
    pub const fn area(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Whether there is no pixel at all.
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The size of the next pyramid level: half, rounded up, so that no pixel is lost.
    #[must_use]
    pub const fn halved(self) -> Self {
        Self::new(self.width.div_ceil(2), self.height.div_ceil(2))
    }

    /// The size after `levels` 2× downsamplings, each rounded up.
    #[must_use]
    pub fn halved_times(self, levels: usize) -> Self {
        (0..levels).fold(self, |size, _| size.halved())
    }

    /// The larger of both sides.
    pub const fn longest(self) -> u32 {
        if self.width > self.height { self.width } else { self.height }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

/// A half-open rectangle: pixels x0 ≤ x < x1, y0 ≤ y < y1. Empty where an end is not above its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Rect {
    pub x0: i64,
    pub y0: i64,
    pub x1: i64,
    pub y1: i64,
}

impl Rect {
    /// From its corners.
    pub const fn new(x0: i64, y0: i64, x1: i64, y1: i64) -> Self {
        Self { x0, y0, x1, y1 }
    }

    /// `size` pixels with their first at (x, y).
    pub const fn at(x: i64, y: i64, size: Size) -> Self {
        Self::new(x, y, x + size.width as i64, y + size.height as i64)
    }

    /// `size` pixels with their first at the origin.
    pub const fn from_size(size: Size) -> Self {
        Self::at(0, 0, size)
    }

    /// The rectangle spanned by two corners in any order.
    pub fn spanning(a: (i64, i64), b: (i64, i64)) -> Self {
        Self::new(a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1))
    }

    /// Pixels across, 0 if empty.
    pub const fn width(self) -> u64 {
        if self.x1 > self.x0 { (self.x1 - self.x0) as u64 } else { 0 }
    }

    /// Pixels down, 0 if empty.
    pub const fn height(self) -> u64 {
        if self.y1 > self.y0 { (self.y1 - self.y0) as u64 } else { 0 }
    }

    /// The number of pixels.
    pub const fn area(self) -> u64 {
        self.width().saturating_mul(self.height())
    }

    /// The size, each side saturating at `u32::MAX`.
    pub fn size(self) -> Size {
        let side = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Size::new(side(self.width()), side(self.height()))
    }

    /// Whether it holds no pixel.
    pub const fn is_empty(self) -> bool {
        self.x1 <= self.x0 || self.y1 <= self.y0
    }

    /// What both share; empty if nothing.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self::new(self.x0.max(other.x0), self.y0.max(other.y0), self.x1.min(other.x1), self.y1.min(other.y1))
    }

    /// Whether both share a pixel.
    pub fn overlaps(self, other: Self) -> bool {
        !self.intersect(other).is_empty()
    }

    /// The smallest rectangle around both; an empty one adds nothing.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other,
            (_, true) => self,
            _ => Self::new(self.x0.min(other.x0), self.y0.min(other.y0), self.x1.max(other.x1), self.y1.max(other.y1)),
        }
    }

    /// Whether every pixel of `other` is in it.
    pub fn contains(self, other: Self) -> bool {
        other.is_empty() || self.intersect(other) == other
    }

    /// Whether the pixel (x, y) is in it.
    pub const fn contains_pixel(self, x: i64, y: i64) -> bool {
        self.x0 <= x && x < self.x1 && self.y0 <= y && y < self.y1
    }

    /// Moved by (dx, dy).
    #[must_use]
    pub const fn translate(self, dx: i64, dy: i64) -> Self {
        Self::new(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy)
    }

    /// `margin` pixels more on every side.
    #[must_use]
    pub const fn expand(self, margin: i64) -> Self {
        Self::new(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)
    }

    /// The pixels of the next finer level that this level's pixels are the means of.
    #[must_use]
    pub const fn doubled(self) -> Self {
        Self::new(self.x0 * 2, self.y0 * 2, self.x1 * 2, self.y1 * 2)
    }

    /// The pixels that this rectangle touches after `levels` 2× downsamplings.
    #[must_use]
    pub const fn reduced(self, levels: u32) -> Self {
        let up = (1 << levels) - 1;
        Self::new(self.x0 >> levels, self.y0 >> levels, (self.x1 + up) >> levels, (self.y1 + up) >> levels)
    }

    /// The lower right quarter, at least one pixel: a part for tests.
    #[must_use]
    pub fn last_quarter(self) -> Self {
        Self::new(i64::midpoint(self.x0, self.x1), i64::midpoint(self.y0, self.y1), self.x1, self.y1)
    }
}

impl std::fmt::Display for Rect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{} at {},{}", self.width(), self.height(), self.x0, self.y0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_meet_and_join() {
        let a = Rect::new(0, 0, 10, 10);
        let b = Rect::new(8, -5, 20, 4);
        assert_eq!(a.intersect(b), Rect::new(8, 0, 10, 4));
        assert_eq!(a.union(b), Rect::new(0, -5, 20, 10));
        assert_eq!(a.union(Rect::default()), a, "an empty one adds nothing");
        assert!(!a.overlaps(Rect::new(10, 0, 12, 10)), "half-open: neighbors share nothing");
        assert!(a.contains(Rect::new(3, 3, 3, 9)), "an empty one is in any");
    }

    #[test]
    fn reducing_covers_what_doubling_came_from() {
        for (x0, x1) in [(0, 1), (-3, 5), (7, 8), (8, 9)] {
            let rect = Rect::new(x0, 0, x1, 1);
            assert!(rect.reduced(1).doubled().contains(rect), "{rect}");
        }
    }

    #[test]
    fn halved_rounds_up() {
        assert_eq!(Size::new(5, 1).halved(), Size::new(3, 1));
        assert_eq!(Size::new(1025, 700).halved_times(3), Size::new(129, 88));
    }
}

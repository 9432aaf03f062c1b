//! Sizes, rectangles and grids: integers in a named pixel space, half-open, no pixels behind them.
//!
//! This module must never know about files, samples or screens.

mod affine;
mod grid;
mod rect;

pub use affine::Affine;
pub use grid::TileGrid;
pub use rect::{Point, Rect, Size};

/// A rectangle of one level of an image, in that level's own pixels.
///
/// Naming the level and an integer rectangle, never a float scale, is what makes "the same region" well defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    /// Index into `Info::levels`; 0 is full resolution.
    pub level: usize,
    /// In the pixels of that level. May reach beyond it: what lies outside is background.
    pub rect: Rect,
}

impl Region {
    /// `rect` of level `level`.
    pub fn new(level: usize, rect: Rect) -> Self {
        Self { level, rect }
    }
}

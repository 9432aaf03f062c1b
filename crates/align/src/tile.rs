//! [`Tile`] and [`TileReader`]: all that aligning needs to know of the images.

use mosaicist_mosaic::Placement;

use crate::Result;
use crate::geometry::{Point, Rect, Size};
use crate::plane::Plane;

/// One image and about where it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tile {
    /// Of its upper left corner, in canvas pixels: where it is thought to lie.
    pub position: Point,
    /// In canvas pixels.
    pub size: Size,
    /// Whether it stays where it is.
    pub locked: bool,
    /// Which of several rounds of imaging it is of, as cycles of staining. Tiles of different rounds that lie on each other are
    /// compared; where there are several rounds, locked tiles of the same one are not.
    pub round: u32,
}

impl Tile {
    /// The tile of a placement; one that is locked stays.
    pub fn of(placement: &Placement) -> Self {
        Self { position: placement.position(), size: placement.size, locked: placement.locked, round: 0 }
    }
}

/// Gives the pixels of tiles, from any thread.
pub trait TileReader: Sync {
    /// One channel of `rect` of tile `tile` in that tile's own pixels, all of it inside the tile. The unit is the reader's
    /// own, but the same for all tiles.
    fn read(&self, tile: usize, rect: Rect) -> Result<Plane>;
}

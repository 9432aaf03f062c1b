//! [`TileGrid`]: how a level is cut into tiles.

use super::{Rect, Size};

/// An image of `size` pixels cut into tiles of `tile` pixels, from the upper left; the last column and row may be cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileGrid {
    pub size: Size,
    pub tile: Size,
}

impl TileGrid {
    /// `size` in tiles of `tile`, each side of which counts as at least 1.
    pub fn new(size: Size, tile: Size) -> Self {
        Self { size, tile: Size::new(tile.width.max(1), tile.height.max(1)) }
    }

    /// `size` in square tiles.
    pub fn square(size: Size, side: u32) -> Self {
        Self::new(size, Size::new(side, side))
    }

    /// Tiles across.
    pub const fn columns(self) -> u32 {
        self.size.width.div_ceil(self.tile.width)
    }

    /// Tiles down.
    pub const fn rows(self) -> u32 {
        self.size.height.div_ceil(self.tile.height)
    }

    /// The number of tiles.
    pub const fn count(self) -> u64 {
        self.columns() as u64 * self.rows() as u64
    }

    /// The pixels of tile (column, row), cut at the image's edge.
    pub fn rect(self, column: u32, row: u32) -> Rect {
        let (w, h) = (self.tile.width as i64, self.tile.height as i64);
        Rect::at(column as i64 * w, row as i64 * h, self.tile).intersect(Rect::from_size(self.size))
    }

    /// The tiles (column, row) that `rect` touches, row by row.
    pub fn touching(self, rect: Rect) -> impl Iterator<Item = (u32, u32)> {
        let rect = rect.intersect(Rect::from_size(self.size));
        let (w, h) = (self.tile.width as i64, self.tile.height as i64);
        let range = |from: i64, to: i64, side: i64| if to > from { from / side..(to - 1) / side + 1 } else { 0..0 };
        let columns = range(rect.x0, if rect.is_empty() { rect.x0 } else { rect.x1 }, w);
        range(rect.y0, rect.y1, h).flat_map(move |row| columns.clone().map(move |column| (column as u32, row as u32)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_image_once() {
        for size in [Size::new(1, 1), Size::new(255, 257), Size::new(1025, 700)] {
            let grid = TileGrid::square(size, 256);
            let area: u64 = grid.touching(Rect::from_size(size)).map(|(c, r)| grid.rect(c, r).area()).sum();
            assert_eq!(area, size.area(), "{size}");
        }
    }

    #[test]
    fn touching_is_exact() {
        let grid = TileGrid::square(Size::new(1000, 1000), 100);
        let touched: Vec<_> = grid.touching(Rect::new(99, 100, 101, 200)).collect();
        assert_eq!(touched, [(0, 1), (1, 1)]);
        assert_eq!(grid.touching(Rect::new(-50, -50, 0, 10)).count(), 0);
        assert_eq!(grid.touching(Rect::new(50, 50, 50, 60)).count(), 0);
    }
}

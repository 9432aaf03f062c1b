//! [`BlockOrder`]: the order of blocks in vertical strips, so that each input tile is decoded about once.
//!
//! Blocks that share an input tile must follow each other while the tile is in the source's cache. In row order over a wide image
//! a whole row of tiles lies between them; in a strip as wide as the cache allows, only a row of the strip.

use crate::geometry::{Rect, TileGrid};

/// Blocks in strips of `strip` columns; in a strip row by row, to the right and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockOrder {
    columns: u32,
    rows: u32,
    strip: u32,
}

impl BlockOrder {
    /// All blocks of `blocks`, in strips of `strip` columns.
    pub fn new(blocks: TileGrid, strip: u32) -> Self {
        Self { columns: blocks.columns(), rows: blocks.rows(), strip: strip.clamp(1, blocks.columns().max(1)) }
    }

    /// The number of blocks.
    pub const fn count(self) -> u64 {
        self.columns as u64 * self.rows as u64
    }

    /// Column and row of the block at `index`.
    pub fn block(self, index: u64) -> (u32, u32) {
        let (strip, rest) =
            (index / (self.strip as u64 * self.rows as u64), index % (self.strip as u64 * self.rows as u64));
        let first = strip as u32 * self.strip;
        let width = self.strip.min(self.columns - first);
        let (row, along) = ((rest / width as u64) as u32, (rest % width as u64) as u32);
        (first + if row % 2 == 0 { along } else { width - 1 - along }, row)
    }
}

/// How many columns of blocks a strip can have so that each input is decoded about once: of a part of the image, `inputs` are the
/// bytes that the cache, of `cache_bytes`, would hold. Nothing if even one column is too much.
///
/// Between two uses of an input by neighboring rows lie at most two rows of blocks, as wide as the strip; all inputs of them
/// must fit. Two rows in the middle stand for all.
pub fn strip_columns(blocks: TileGrid, inputs: impl Fn(Rect) -> u64, cache_bytes: u64) -> Option<u32> {
    let top = blocks.rows().saturating_sub(2) / 2;
    let bottom = (top + 1).min(blocks.rows().saturating_sub(1));
    let fits = |columns: u32| {
        let left = (blocks.columns() - columns) / 2;
        inputs(blocks.rect(left, top).union(blocks.rect(left + columns - 1, bottom))) <= cache_bytes
    };
    // The inputs of more columns are never less.
    let (mut fit, mut too_many) = (0, blocks.columns() + 1);
    while fit + 1 < too_many {
        // Often all fit.
        let columns = if too_many > blocks.columns() { blocks.columns() } else { fit.midpoint(too_many) };
        if fits(columns) { fit = columns } else { too_many = columns }
    }
    (fit > 0).then_some(fit)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::geometry::Size;

    #[test]
    fn every_block_comes_once() {
        for (size, strip) in [((10, 7), 3), ((10, 7), 10), ((1, 1), 1), ((5, 9), 1), ((9, 2), 4)] {
            let order = BlockOrder::new(TileGrid::square(Size::new(size.0, size.1), 1), strip);
            let mut blocks: Vec<_> = (0..order.count()).map(|index| order.block(index)).collect();
            blocks.sort_unstable();
            blocks.dedup();
            assert_eq!(blocks.len() as u64, order.count(), "{size:?} in strips of {strip}");
            assert!(blocks.iter().all(|&(c, r)| c < size.0 && r < size.1));
        }
    }

    #[test]
    fn neighbors_follow_one_another() {
        let order = BlockOrder::new(TileGrid::square(Size::new(4, 2), 1), 2);
        let all: Vec<_> = (0..8).map(|index| order.block(index)).collect();
        assert_eq!(all, [(0, 0), (1, 0), (1, 1), (0, 1), (2, 0), (3, 0), (3, 1), (2, 1)]);
    }

    /// How often a tile is decoded on average, with a cache that forgets what was used longest ago.
    fn decodes_per_tile(size: Size, block: u32, margin: i64, tile: Size, cache_bytes: u64) -> f64 {
        let (blocks, tiles) = (TileGrid::square(size, block), TileGrid::new(size, tile));
        let inputs = |rect: Rect| tiles.touching(rect.expand(margin)).count() as u64 * tile.area() * 3;
        let strip = strip_columns(blocks, inputs, cache_bytes).expect("a column fits");
        let order = BlockOrder::new(blocks, strip);
        let capacity = (cache_bytes / (tile.area() * 3)).max(1) as usize;
        let (mut used, mut by_age, mut decodes) = (HashMap::new(), std::collections::BTreeMap::new(), 0u64);
        let mut now = 0u64;
        for index in 0..order.count() {
            let (column, row) = order.block(index);
            for wanted in tiles.touching(blocks.rect(column, row).expand(margin)) {
                now += 1;
                match used.insert(wanted, now) {
                    Some(before) => drop(by_age.remove(&before)),
                    None => decodes += 1,
                }
                by_age.insert(now, wanted);
                if used.len() > capacity
                    && let Some((_, oldest)) = by_age.pop_first()
                {
                    used.remove(&oldest);
                }
            }
        }
        decodes as f64 / tiles.count() as f64
    }

    #[test]
    fn each_input_tile_is_decoded_about_once() {
        let mosaic = Size::new(120_000, 90_000);
        for (size, block, tile, cache) in [
            (mosaic, 2032, Size::new(800, 600), 200 << 20),
            (mosaic, 1016, Size::new(800, 600), 100 << 20),
            (mosaic, 1016, Size::new(800, 600), 50 << 20),
            (Size::new(480_000, 60_000), 2032, Size::new(800, 600), 200 << 20),
            (Size::new(60_000, 200_000), 2048, Size::new(256, 256), 200 << 20),
            (Size::new(60_000, 60_000), 2032, Size::new(2048, 2048), 200 << 20),
        ] {
            let times = decodes_per_tile(size, block, 8, tile, cache);
            assert!(times <= 1.3, "{size} in {tile}, blocks of {block}, {cache} bytes: {times:.3} decodes");
        }
    }
}

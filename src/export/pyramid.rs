//! All levels in one pass: blocks of a stage, what they leave for the next, until nothing is left.

use std::path::Path;

use super::blocks::{Order, each};
use super::spool::Spool;
use super::{Plan, TileSink};
use crate::Result;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::job::Progress;
use crate::pixels::{Pixels, halve};
use crate::source::Source;

/// Sizes from `size` down by halves, each rounded up, to the first whose longer side is at most `smallest`.
pub fn pyramid_sizes(size: Size, smallest: u32) -> Vec<Size> {
    let mut sizes = vec![size];
    while let Some(last) = sizes.last().filter(|last| last.longest() > smallest.max(1)) {
        sizes.push(last.halved());
    }
    sizes
}

/// Write every tile of every level of `plan` into `sink`.
pub(super) fn write(
    source: &dyn Source,
    plan: &Plan,
    sink: &dyn TileSink,
    out: &Path,
    progress: &Progress,
) -> Result<()> {
    let mut first = 0;
    let mut spool: Option<Spool> = None;
    while first < plan.sizes.len() {
        let left = plan.sizes.len() - first;
        // The last level of the stage; a level after it goes to the spool.
        let last = first + (plan.halvings as usize).min(left - 1);
        let next = match plan.sizes.get(last + 1) {
            Some(&size) => Some(Spool::create(source.info(), size, plan.tile / 2, out)?),
            None => None,
        };
        let input: &dyn Source = spool.as_ref().map_or(source, |spool| spool);
        Stage { input, plan, sink, progress, first, last, next: next.as_ref() }.write()?;
        spool = next;
        first = last + 1;
    }
    Ok(())
}

/// Levels `first` to `last`, made from `input`, whose level 0 is level `first`.
struct Stage<'a> {
    input: &'a dyn Source,
    plan: &'a Plan,
    sink: &'a dyn TileSink,
    progress: &'a Progress,
    first: usize,
    last: usize,
    next: Option<&'a Spool>,
}

impl Stage<'_> {
    fn write(&self) -> Result<()> {
        let blocks = TileGrid::square(self.plan.sizes[self.first], self.plan.tile << (self.last - self.first));
        let order = Order { columns: blocks.columns(), rows: blocks.rows(), strip: self.plan.strip };
        each(order.count(), self.plan.workers, |turn| {
            let (column, row) = order.block(turn);
            self.write_block(column, row, blocks.rect(column, row))
        })
    }

    /// Block (column, row), which is `rect` of level `first`.
    fn write_block(&self, column: u32, row: u32, rect: Rect) -> Result<()> {
        let inner = self.last - self.first;
        let alpha = self.input.info().colour.has_alpha();
        // The margin is a whole number of the coarsest level's pixels, so that every level halves as the whole image would.
        let margin = i64::from(self.plan.overlap) << inner;
        let mut around = rect.expand(margin).intersect(Rect::from_size(self.plan.sizes[self.first]));
        self.progress.check()?;
        let mut pixels = self.input.read(Region::new(0, around))?;
        for level in self.first..=self.last {
            let side = 1u32 << (self.last - level);
            self.write_tiles(level, (column * side, row * side), side, &pixels, around)?;
            if level < self.last {
                pixels = halve(pixels.view(), alpha);
                around = around.reduced(1);
            }
        }
        if let Some(next) = self.next {
            let own = rect.reduced(inner as u32).translate(-around.x0, -around.y0);
            next.put(column, row, &halve(pixels.part(own), alpha))?;
        }
        Ok(())
    }

    /// The `side` × `side` tiles of `level` from `first`, cut out of `pixels`, which show `around`.
    fn write_tiles(&self, level: usize, first: (u32, u32), side: u32, pixels: &Pixels, around: Rect) -> Result<()> {
        let grid = TileGrid::square(self.plan.sizes[level], self.plan.tile);
        for row in first.1..(first.1 + side).min(grid.rows()) {
            for column in first.0..(first.0 + side).min(grid.columns()) {
                let rect =
                    grid.rect(column, row).expand(i64::from(self.plan.overlap)).intersect(Rect::from_size(grid.size));
                self.sink.put(level, column, row, pixels.part(rect.translate(-around.x0, -around.y0)))?;
                self.progress.advance(1)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{ExportOptions, Format};
    use crate::pixels::{PixelsView, SampleType};
    use crate::source::testing::Pattern;
    use std::collections::HashMap;
    use std::sync::Mutex;

    /// Keeps what it is given.
    #[derive(Default)]
    struct Kept(Mutex<HashMap<(usize, u32, u32), Pixels>>);

    impl TileSink for Kept {
        fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
            let before = self.0.lock().unwrap().insert((level, column, row), tile.to_pixels());
            assert!(before.is_none(), "tile {level}/{column}_{row} came twice");
            Ok(())
        }

        fn finish(self: Box<Self>) -> Result<u64> {
            Ok(0)
        }
    }

    #[test]
    fn every_tile_is_what_halving_the_whole_gives() {
        let folder = tempfile::tempdir().unwrap();
        let sizes = [(1, 1), (255, 3), (257, 257), (1025, 700), (3000, 17), (40, 1300)];
        for (width, height) in sizes {
            for (tile, overlap, halvings) in [(16, 0, 0), (16, 1, 1), (32, 2, 3), (64, 0, 2)] {
                let size = Size::new(width, height);
                let pattern = Pattern::new(size, 3, SampleType::U8);
                let options = ExportOptions { tile, overlap, threads: Some(2), ..ExportOptions::new(Format::DeepZoom) };
                let out = folder.path().join("x.dzi");
                let plan = Plan { halvings, strip: 2, ..Plan::new(pattern.info(), &out, &options).unwrap() };
                let (sink, progress) = (Kept::default(), Progress::default());
                write(&pattern, &plan, &sink, &out, &progress).unwrap();
                let mut whole = pattern.read(Region::new(0, Rect::from_size(size))).unwrap();
                let mut expected = 0;
                for (level, size) in plan.sizes.iter().enumerate() {
                    assert_eq!(whole.size(), *size);
                    let grid = TileGrid::square(*size, tile);
                    for (column, row) in grid.touching(Rect::from_size(*size)) {
                        let rect = grid.rect(column, row).expand(overlap.into());
                        let kept = sink.0.lock().unwrap();
                        let found = kept.get(&(level, column, row));
                        assert_eq!(found, Some(&whole.crop(rect)), "{size} level {level} tile {column},{row}");
                        expected += 1;
                    }
                    whole = halve(whole.view(), false);
                }
                assert_eq!(sink.0.lock().unwrap().len(), expected);
                assert_eq!(progress.snapshot().done, plan.tiles());
            }
        }
    }
}

//! The engine: stages of blocks, each block read once, its levels written, its rest spooled.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::job::Progress;
use crate::pixels::{Pixels, halve};
use crate::source::Source;
use crate::{Error, Result};

use super::plan::{Plan, StagePlan};
use super::sinks::TileSink;
use super::spool::Spool;
use super::{Order, staging};

/// Write every level of `plan` from `base` into `sink`. Gives the number of blocks.
pub(super) fn write_levels(
    base: &dyn Source,
    plan: &Plan,
    sink: &dyn TileSink,
    out: &Path,
    progress: &Progress,
) -> Result<u64> {
    let mut last: Option<Spool> = None;
    let mut blocks = 0;
    for stage in &plan.stages {
        let spool = match plan.levels.get(stage.first + stage.count) {
            Some(&size) => {
                let side = stage.block >> stage.count;
                let patch = Size::new(side, side);
                Some(Spool::new(base.info(), size, patch, stage.spool_in_memory, staging::folder_of(out))?)
            }
            None => None,
        };
        let source = last.as_ref().map_or(base, |spool| spool as &dyn Source);
        let work = Stage { source, plan, pass: stage, sink, spool: spool.as_ref(), progress };
        blocks += work.run()?;
        last = spool;
    }
    Ok(blocks)
}

/// One pass over one image: the base, or the spool of the stage before.
struct Stage<'a> {
    source: &'a dyn Source,
    plan: &'a Plan,
    pass: &'a StagePlan,
    sink: &'a dyn TileSink,
    spool: Option<&'a Spool>,
    progress: &'a Progress,
}

impl Stage<'_> {
    /// All blocks, by several workers; the first failure ends it.
    fn run(&self) -> Result<u64> {
        let blocks = TileGrid::square(self.plan.levels[self.pass.first], self.pass.block);
        let order = Order::new(blocks, self.pass.strip);
        let (next, failure) = (AtomicU64::new(0), OnceLock::new());
        let work = || {
            while failure.get().is_none() {
                let index = next.fetch_add(1, Relaxed);
                if index >= order.count() {
                    break;
                }
                let (column, row) = order.block(index);
                let rect = blocks.rect(column, row);
                if let Err(error) = guarded(|| self.write_block(column, row, rect)) {
                    // The first one stays; what fails after it mostly follows from it.
                    failure.get_or_init(|| error);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..(self.plan.workers as u64).min(order.count()) {
                scope.spawn(work);
            }
            work();
        });
        failure.into_inner().map_or(Ok(order.count()), Err)
    }

    /// Read a block with its margin, write its tiles level by level, hand on the rest.
    fn write_block(&self, column: u32, row: u32, mut block: Rect) -> Result<()> {
        self.progress.check()?;
        let whole = Rect::from_size(self.plan.levels[self.pass.first]);
        let mut rect = block.expand(self.pass.margin as i64).intersect(whole);
        let mut pixels = self.source.read(Region::new(0, rect))?;
        let alpha = self.source.info().colour.has_alpha();
        for level in self.pass.first.. {
            self.write_tiles(level, &pixels, rect, block)?;
            if level + 1 == self.pass.first + self.pass.count {
                break;
            }
            pixels = halve(pixels.view(), alpha);
            (rect, block) = (rect.reduced(1), block.reduced(1));
        }
        let Some(spool) = self.spool else { return Ok(()) };
        spool.put(column, row, halve(pixels.part(block.translate(-rect.x0, -rect.y0)), alpha))
    }

    /// Write the tiles of `level` that lie in `block` from `pixels`, which are those of `rect`.
    fn write_tiles(&self, level: usize, pixels: &Pixels, rect: Rect, block: Rect) -> Result<()> {
        let size = self.plan.levels[level];
        for (column, row) in TileGrid::square(size, self.plan.tile).touching(block) {
            let tile = TileGrid::square(size, self.plan.tile).rect(column, row).expand(self.plan.overlap as i64);
            let tile = tile.intersect(Rect::from_size(size)).translate(-rect.x0, -rect.y0);
            self.sink.put(level, column, row, pixels.part(tile))?;
            self.progress.advance(1)?;
        }
        Ok(())
    }
}

/// `work`, a panic in it turned into an error: a bug must not take the window with it.
fn guarded(work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
        Err(Error::invalid(format!("internal error: {text}")))
    })
}

//! The engine: stages of blocks, each block read once, its levels written, its rest spooled, and noted in the journal.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

use super::formats::TileSink;
use super::journal::{Block, Journal, Replay};
use super::passthrough::{Passthrough, Tile};
use super::plan::{Plan, StagePlan};
use super::spool::Spool;
use super::{BlockOrder, Workspace};
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::job::Progress;
use crate::pixels::{Halving, Pixels};
use crate::source::Source;
use crate::{Error, Result};

/// Time between two syncs to disk: the most work that a power failure loses.
const DURABLE_EVERY: Duration = Duration::from_secs(30);

/// A running export: its sink, its workspace and its finished blocks.
pub(super) struct Work<'a> {
    pub plan: &'a Plan,
    pub passthrough: Passthrough<'a>,
    pub halving: Halving,
    pub sink: &'a dyn TileSink,
    pub workspace: &'a Workspace,
    pub journal: &'a Mutex<Journal>,
    pub earlier: &'a Replay,
    pub progress: &'a Progress,
}

impl Work<'_> {
    /// Write every level from `base` into the sink. Gives the number of blocks.
    pub(super) fn write_levels(&self, base: &dyn Source) -> Result<u64> {
        let mut last: Option<Spool> = None;
        let mut blocks = 0;
        for (number, stage) in (0u16..).zip(&self.plan.stages) {
            let spool = match self.plan.levels.get(stage.first + stage.count) {
                Some(&size) => {
                    let side = stage.block >> stage.count;
                    let name = format!("spool-{number}");
                    Some(Spool::open(self.workspace, &name, base.info(), size, Size::new(side, side))?)
                }
                None => None,
            };
            let source = last.as_ref().map_or(base, |spool| spool as &dyn Source);
            blocks += Stage { source, work: self, plan: stage, number, spool: spool.as_ref() }.run()?;
            last = spool;
        }
        Ok(blocks)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stage: reads the base, or the spool of the stage before.
struct Stage<'a> {
    source: &'a dyn Source,
    work: &'a Work<'a>,
    plan: &'a StagePlan,
    number: u16,
    spool: Option<&'a Spool>,
}

impl Stage<'_> {
    /// All blocks, by several workers; the first failure ends it.
    fn run(&self) -> Result<u64> {
        let blocks = TileGrid::square(self.work.plan.levels[self.plan.first], self.plan.block);
        let order = BlockOrder::new(blocks, self.plan.strip);
        let (next, failure) = (AtomicU64::new(0), OnceLock::new());
        let work = || {
            while failure.get().is_none() {
                let index = next.fetch_add(1, Relaxed);
                if index >= order.count() {
                    break;
                }
                let (column, row) = order.block(index);
                let number = u64::from(row) * u64::from(blocks.columns()) + u64::from(column);
                if self.work.earlier.done.contains(&(self.number, number)) {
                    continue;
                }
                let rect = blocks.rect(column, row);
                let one = || self.note(number, self.write_block(column, row, rect)?);
                if let Err(error) = guarded(one) {
                    // The first error is reported; later ones mostly follow from it.
                    failure.get_or_init(|| error);
                }
            }
        };
        let (end, ended) = bounded::<()>(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while ended.recv_timeout(DURABLE_EVERY) == Err(RecvTimeoutError::Timeout) {
                    if let Err(error) = self.make_durable() {
                        failure.get_or_init(|| error);
                    }
                }
            });
            std::thread::scope(|scope| {
                for _ in 1..(self.work.plan.workers as u64).min(order.count()) {
                    scope.spawn(work);
                }
                work();
            });
            drop(end);
        });
        failure.into_inner().map_or(Ok(order.count()), Err)
    }

    /// Read a block with its margin, write its tiles level by level, hand on the rest. Gives the number of tiles.
    fn write_block(&self, column: u32, row: u32, mut block: Rect) -> Result<u32> {
        self.work.progress.check()?;
        let whole = Rect::from_size(self.work.plan.levels[self.plan.first]);
        let mut rect = block.expand(self.plan.margin as i64).intersect(whole);
        let (passthrough, first, end) = (&self.work.passthrough, self.plan.first, self.plan.first + self.plan.count);
        // Where all tiles are copied, pixels are of no use.
        let wanted = !passthrough.all_from(first);
        let mut pixels = if wanted { Some(self.source.read(Region::new(0, rect))?) } else { None };
        if self.number == 0 {
            self.work.progress.count_pixels(block.area());
        }
        let halving = self.work.halving;
        let mut tiles = 0;
        for level in first..end {
            tiles += self.write_tiles(level, pixels.as_ref(), rect, block)?;
            if level + 1 == end {
                break;
            }
            pixels = pixels.map(|pixels| halving.halve(pixels.view()));
            (rect, block) = (rect.reduced(1), block.reduced(1));
        }
        if let (Some(spool), Some(pixels)) = (self.spool, pixels) {
            spool.put(column, row, &halving.halve(pixels.part(block.translate(-rect.x0, -rect.y0))))?;
        }
        Ok(tiles)
    }

    /// Write the tiles of `level` that lie in `block`: the source's own, or from `pixels`, which are those of `rect`.
    fn write_tiles(&self, level: usize, pixels: Option<&Pixels>, rect: Rect, block: Rect) -> Result<u32> {
        let Work { plan, sink, passthrough, .. } = self.work;
        let grid = TileGrid::square(plan.levels[level], plan.tile);
        let mut tiles = 0;
        for (column, row) in grid.touching(block) {
            match (passthrough.tile(level, grid, column, row)?, pixels) {
                (Some(Tile::Packed(bytes)), _) => sink.put_coded(level, column, row, &bytes)?,
                (Some(Tile::Pixels(pixels)), _) => sink.put(level, column, row, pixels.view())?,
                (None, Some(pixels)) => {
                    let tile = grid.rect(column, row).expand(plan.overlap as i64);
                    let tile = tile.intersect(Rect::from_size(grid.size)).translate(-rect.x0, -rect.y0);
                    sink.put(level, column, row, pixels.part(tile))?;
                }
                (None, None) => return Err(Error::invalid("internal error: a level has neither tiles nor pixels")),
            }
            self.work.progress.advance(1)?;
            tiles += 1;
        }
        Ok(tiles)
    }

    /// Records a block in the journal, so that a resumed export skips it.
    fn note(&self, index: u64, tiles: u32) -> Result<()> {
        let mut journal = self.work.journal();
        // Under the lock, so that the journal has states in the order they were taken.
        let state = self.work.sink.state();
        let now = self.work.progress.snapshot().elapsed.as_millis() as u64;
        let milliseconds = self.work.earlier.milliseconds + now;
        journal.block(&Block { stage: self.number, index, tiles, milliseconds, state })
    }

    /// Syncs all finished work to disk. Workers continue meanwhile.
    fn make_durable(&self) -> Result<()> {
        let end = self.work.journal().end();
        if let Some(spool) = self.spool {
            spool.sync()?;
        }
        self.work.sink.sync()?;
        self.work.journal().mark(end)
    }
}

/// Runs `work`; a panic becomes an error, so that a bug does not end the window.
fn guarded(work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
        Err(Error::invalid(format!("internal error: {text}")))
    })
}

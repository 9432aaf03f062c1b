//! [`Memory`]: how the memory of an export is shared between the cache, decoders and blocks.

use super::{ExportOptions, strip_columns};
use crate::Error;
use crate::geometry::{Rect, TileGrid};
use crate::job::show_bytes;
use crate::source::{Info, ReadingCost};

/// Memory of the program itself: code, buffers, codecs, allocator.
const BASE_BYTES: u64 = 32 << 20;
/// Memory of a worker besides its block: streams, an encoded tile, a scratch row.
const WORKER_BYTES: u64 = 2 << 20;

/// What an export has to hold, and what it may.
#[derive(Clone, Copy)]
pub(super) struct Memory<'a> {
    /// Of what is written.
    pub(super) info: &'a Info,
    pub(super) options: &'a ExportOptions,
    /// Of reading all that is written.
    pub(super) cost: ReadingCost,
    /// Of reading a part.
    pub(super) reading: &'a dyn Fn(Rect) -> ReadingCost,
    /// Bytes that are held whatever the workers do: tables, bands of rows.
    pub(super) fixed: u64,
    /// What the cache would have, were there no larger piece.
    pub(super) wished: u64,
}

impl Memory<'_> {
    /// The budgets of the cache to try, the largest first: with less, pieces may be decoded more than once.
    pub(super) fn wishes(memory: u64) -> [u64; 3] {
        [memory / 5 * 2, memory / 5, 0]
    }

    /// The same with so many bytes more that are always held.
    pub(super) fn with_fixed(self, bytes: u64) -> Self {
        Self { fixed: self.fixed + bytes, ..self }
    }

    /// The budget of the source's cache of tiles: no more than there is to be read, and a single tile at least, so that it is
    /// decoded once.
    pub(super) fn cache(&self) -> u64 {
        self.cost.cached().min(self.wished.max(self.cost.tile))
    }

    /// The columns of a strip of `blocks`, so that each input is decoded about once; nothing if that cannot be.
    pub(super) fn strip_columns(&self, blocks: TileGrid) -> Option<u32> {
        strip_columns(blocks, |rect| (self.reading)(rect).cached(), self.wished)
    }

    /// The columns of a strip of `blocks`; all, if no number of them is better.
    pub(super) fn strip(&self, blocks: TileGrid) -> u32 {
        self.strip_columns(blocks).unwrap_or_else(|| blocks.columns().max(1))
    }

    /// Whether each input is decoded about once with blocks of `side`.
    pub(super) fn decodes_once(&self, side: u32) -> bool {
        self.strip_columns(TileGrid::square(self.info.size(), side)).is_some()
    }

    /// The most that the program holds while each of `workers` holds `each` bytes.
    pub(super) fn peak(&self, workers: u64, each: u64) -> u64 {
        let cost = &self.cost;
        // No more pieces are decoded at a time than there are, and those are not in the cache yet.
        let decoders = workers.min(cost.tiles().max(1));
        let cached = self.cache().min(cost.cached().saturating_sub(decoders * cost.tile));
        // Tiles that come and go leave holes in the heaps.
        let held = BASE_BYTES + self.fixed + cost.background + cached + cached / 5;
        held + decoders.saturating_mul(cost.decoding) + workers * (each + cost.working)
    }

    /// The most workers, of those wanted, that the memory suffices for; for several with some to spare, for what they hold at once
    /// is not known to the last megabyte.
    pub(super) fn workers(&self, each: u64) -> u64 {
        let (wanted, memory) = (self.options.workers() as u64, self.options.memory.0);
        let room = |workers: u64| if workers > 1 { memory - memory / 32 } else { memory };
        (1..=wanted).rev().find(|&workers| self.peak(workers, each) <= room(workers)).unwrap_or(0)
    }

    /// The memory with which one worker can do it.
    pub(super) fn least(&self, each: u64) -> u64 {
        let cost = &self.cost;
        let held = BASE_BYTES + self.fixed + cost.background + cost.decoding + cost.working + each;
        let cached = cost.tile.min(cost.all.saturating_sub(cost.tile));
        (held + cached + cached / 5).next_multiple_of(1 << 20)
    }

    /// The refusal of so little memory: `what` is the case where a worker holds `each` bytes, unless reading takes the larger part;
    /// `or` is what helps then besides more memory.
    pub(super) fn refusal(&self, what: &str, each: u64, or: &str) -> Error {
        let (given, needed) = (show_bytes(self.options.memory.0), show_bytes(self.least(each)));
        let reading = self.cost.decoding + self.cost.working;
        let (what, or) = if reading > each {
            (format!("decoding one piece of the image takes {}", show_bytes(reading)), "")
        } else {
            (what.to_owned(), or)
        };
        Error::limit(format!("{given} of memory are too little: {what}; allow {needed} (--memory){or}"))
    }

    /// What a worker holds of a block of 2^`k` tiles a side: the block with its margins, the level above it, and encoded tiles.
    pub(super) fn block(&self, tile: u32, overlap: u32, k: u32) -> u64 {
        let size = self.info.size();
        let side = |whole: u32| (u64::from(tile + 2 * overlap) << k).min(u64::from(whole));
        side(size.width) * side(size.height) * self.info.pixel_bytes() as u64 * 3 / 2 + WORKER_BYTES
    }
}

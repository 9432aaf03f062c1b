//! [`Plan`]: what an export will take. Values only; `planning` makes them.

use serde::Serialize;

use super::copied::CopiedLevel;
use crate::geometry::Size;

/// What an export will take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Of the levels written, finest first.
    pub levels: Vec<Size>,
    /// The side of a tile; where the format has none, of the squares that its pixels come in.
    pub tile: u32,
    /// Pixels that a tile shares with each neighbor.
    pub overlap: u32,
    /// Tiles to write, on all levels.
    pub tiles: u64,
    /// A block is 2^k × 2^k tiles.
    pub k: u32,
    pub workers: usize,
    /// What the source's tile cache is to hold: give it this budget before [`run`](super::run).
    pub cache_bytes: u64,
    /// The most memory the program will hold, that cache and itself included.
    pub peak_bytes: u64,
    /// A guess at the size of the output, exact for uncompressed ones.
    pub output_bytes: u64,
    /// Of files that are gone when it ends.
    pub temporary_bytes: u64,
    /// On the disk of the output, where the system tells.
    pub free_bytes: Option<u64>,
    /// Of the tiles, those that are copied from the source as they are: neither decoded nor packed.
    pub copied_tiles: u64,
    /// How, for each level.
    #[serde(skip)]
    pub(super) copied: Vec<Option<CopiedLevel>>,
    /// A guess at the time it takes, from the usual speed of the codecs.
    pub seconds: f64,
    /// Whether rows that are not complete yet wait in memory (else in a file).
    #[serde(skip)]
    pub(super) bands_in_memory: bool,
    #[serde(skip)]
    pub(super) stages: Vec<StagePlan>,
}

/// One stage of the pyramid: reads the base, or the spool of the stage before, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StagePlan {
    /// The level its pixels are.
    pub first: usize,
    /// Levels it writes.
    pub count: usize,
    /// Side of a block in its pixels.
    pub block: u32,
    /// What a block needs around it, so that the tiles of its last level overlap.
    pub margin: u32,
    /// Columns of blocks in a strip.
    pub strip: u32,
}

impl Plan {
    /// Nothing yet.
    pub(super) fn empty() -> Self {
        Self {
            levels: Vec::new(),
            tile: 0,
            overlap: 0,
            tiles: 0,
            k: 0,
            workers: 1,
            cache_bytes: 0,
            peak_bytes: 0,
            output_bytes: 0,
            temporary_bytes: 0,
            free_bytes: None,
            copied_tiles: 0,
            copied: Vec::new(),
            seconds: 0.0,
            bands_in_memory: false,
            stages: Vec::new(),
        }
    }
}

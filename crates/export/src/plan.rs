//! [`Plan`]: the resources and layout of an export. Values only; computed by `planning`.

use serde::Serialize;

use super::copied::CopiedLevel;
use crate::geometry::Size;

/// The resources and layout of an export.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Of the levels written, finest first.
    pub levels: Vec<Size>,
    /// The side of a tile; for formats without tiles, of the squares passed to the sink.
    pub tile: u32,
    /// Pixels that a tile shares with each neighbor.
    pub overlap: u32,
    /// Tiles to write, on all levels.
    pub tiles: u64,
    /// A block is 2^k × 2^k tiles.
    pub k: u32,
    pub workers: usize,
    /// The budget in bytes of the source's tile cache: set it before [`run`](super::run).
    pub cache_bytes: u64,
    /// The peak memory of the program in bytes, cache included.
    pub peak_bytes: u64,
    /// A guess at the size of the output, exact for uncompressed ones.
    pub output_bytes: u64,
    /// Bytes of temporary files.
    pub temporary_bytes: u64,
    /// Free bytes on the output's disk, if known.
    pub free_bytes: Option<u64>,
    /// Tiles passed through from the source unchanged.
    pub copied_tiles: u64,
    /// How, for each level.
    #[serde(skip)]
    pub(super) copied: Vec<Option<CopiedLevel>>,
    /// An estimate of the time, from the typical speed of the codecs.
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
    /// The margin of a block in pixels, for the overlap of tiles at its last level.
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

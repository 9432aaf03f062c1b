//! Writing a source of any size in bounded memory: blocks in any order, every pyramid level in one pass.
//!
//! A **block** is a square of 2^k × 2^k output tiles. A worker reads its pixels, writes its tiles at levels 0 to k, and
//! hands what is left, halved once more, to a spool that is the source of the next stage. So memory is workers × block,
//! whatever the size of the picture. Nothing stands under the output's name before it is complete.
//!
//! This module never knows what the source is.

mod blocks;
mod image_file;
mod part;
mod plan;
mod pyramid;
pub mod sinks;
mod spool;

pub use image_file::write_image;
pub use part::Part;
pub use plan::Plan;
pub use pyramid::pyramid_sizes;

use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::job::{MemoryBudget, Progress};
use crate::source::Source;
use crate::{Error, Result};

/// An output format that takes tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// A `.dzi` descriptor and a folder of tiles.
    DeepZoom,
    /// A tiled `BigTIFF`.
    Tiff,
}

impl Format {
    /// Chosen by the ending of the output's name.
    pub fn of_path(path: &Path) -> Result<Self> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match &*ending {
            "dzi" => Ok(Self::DeepZoom),
            "tif" | "tiff" | "btf" => Ok(Self::Tiff),
            _ => {
                let what = format!("{}: cannot tell the format; end the name in .dzi or .tif", path.display());
                Err(Error::invalid(what))
            }
        }
    }
}

/// How tiles are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compression {
    None,
    Deflate,
    Jpeg,
}

/// What to write and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportOptions {
    pub format: Format,
    /// The side of a tile; even, and for TIFF a multiple of 16.
    pub tile: u32,
    /// Pixels that neighbouring Deep Zoom tiles share on each side.
    pub overlap: u32,
    /// For TIFF; Deep Zoom writes JPEG tiles, or PNG tiles for any other.
    pub compression: Compression,
    /// 1 to 100, of JPEG.
    pub quality: u8,
    /// Whether a TIFF gets reduced levels.
    pub pyramid: bool,
    /// Laid under transparent pixels where the output cannot keep them: red, green, blue.
    pub matte: [u8; 3],
    /// The most bytes to hold at once, tile cache included.
    pub memory: u64,
    /// Workers; one for each core if `None`.
    pub threads: Option<usize>,
}

impl ExportOptions {
    /// What is usual for the format.
    pub fn new(format: Format) -> Self {
        let (tile, overlap, quality) = match format {
            Format::DeepZoom => (254, 1, 75),
            Format::Tiff => (256, 0, 85),
        };
        Self {
            format,
            tile,
            overlap,
            compression: Compression::Jpeg,
            quality,
            pyramid: true,
            matte: [255; 3],
            memory: MemoryBudget::default().0,
            threads: None,
        }
    }
}

/// A place for the tiles of all levels, in any order, from any thread.
pub trait TileSink: Send + Sync {
    /// Keep tile (column, row) of `level` (0 is the full resolution). Its pixels include the overlap.
    fn put(&self, level: usize, column: u32, row: u32, tile: crate::pixels::PixelsView<'_>) -> Result<()>;

    /// All tiles are there: make the output complete and visible. Returns its bytes.
    fn finish(self: Box<Self>) -> Result<u64>;
}

/// What an export did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    pub tiles: u64,
    pub bytes: u64,
    pub levels: usize,
    pub seconds: f64,
}

/// Write level 0 of `source` to `out`. See [`Part`] for a region or another level.
///
/// Fails with [`Error::Cancelled`] if `progress` is cancelled, and then leaves nothing behind.
pub fn run(source: &dyn Source, out: &Path, options: &ExportOptions, progress: &Progress) -> Result<Statistics> {
    let started = Instant::now();
    let plan = Plan::new(source.info(), out, options)?;
    progress.set_total(plan.tiles());
    let sink: Box<dyn TileSink> = match options.format {
        Format::DeepZoom => Box::new(sinks::DeepZoom::create(out, &plan, source.info(), options)?),
        Format::Tiff => Box::new(sinks::Tiff::create(out, &plan, source.info(), options)?),
    };
    pyramid::write(source, &plan, &*sink, out, progress)?;
    let bytes = sink.finish()?;
    let seconds = Duration::as_secs_f64(&started.elapsed());
    Ok(Statistics { tiles: plan.tiles(), bytes, levels: plan.sizes.len(), seconds })
}

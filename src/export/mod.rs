//! From a source of any size to a pyramid on disk, in bounded memory.
//!
//! [`plan`] says beforehand what a job takes; [`run`] does it. The unit of work is a block: a square of 2^k × 2^k tiles.
//! A worker reads it once, writes its tiles of k + 1 levels, and hands the rest, 2^(k+1)-fold reduced, to a spool that is
//! the source of the next stage. So memory is workers × block, whatever the size of the image.
//!
//! This module must never know what its source is made of, and never leaves a half-written file under its final name.

mod blocks;
mod depth;
mod image;
mod options;
mod order;
mod part;
mod plan;
mod sinks;
mod spool;
mod staging;
#[cfg(test)]
mod tests;

pub use image::{write_image, write_plain_tiff};
pub use options::{Compression, ExportOptions, Format, TileFormat};
pub use order::{Order, strip_columns};
pub use part::Part;
pub use plan::{Plan, plan};
pub use sinks::TileSink;

use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use crate::job::{Progress, peak_resident};
use crate::source::Source;
use crate::{IoResultExt, Result};

/// What an export did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    pub tiles: u64,
    pub levels: usize,
    pub blocks: u64,
    /// Of the output.
    pub bytes: u64,
    pub seconds: f64,
    /// The most memory the process has held until now, where the system tells.
    pub peak_memory: Option<u64>,
}

/// Write `source` to `out` as `options` say. One step of `progress` is one tile.
///
/// Under the name `out` appears the complete result or, after a failure or a cancellation, what was there before. An error
/// of the source ends the export: a source that can go on without a part of itself does so, and warns.
pub fn run(source: &dyn Source, out: &Path, options: &ExportOptions, progress: &Progress) -> Result<Statistics> {
    let started = Instant::now();
    let plan = plan(source, out, options)?;
    progress.set_total(plan.tiles);
    let base = Part::of(source, options)?;
    let sink = sinks::create(out, source.info(), options, &plan)?;
    let blocks = blocks::write_levels(&base, &plan, sink.as_ref(), out, progress)?;
    progress.check()?;
    let bytes = sink.finish().at(out)?;
    Ok(Statistics {
        tiles: plan.tiles,
        levels: plan.levels.len(),
        blocks,
        bytes,
        seconds: started.elapsed().as_secs_f64(),
        peak_memory: peak_resident(),
    })
}

//! Where tiles go: one file per output format.
//!
//! A sink packs and places tiles; it must never know where their pixels come from.

mod deepzoom;
pub(super) mod tiff;

use std::path::Path;

use super::{ExportOptions, Format, Plan};
use crate::Result;
use crate::pixels::PixelsView;
use crate::source::Info;

/// A tiled output in the making. Dropped without [`finish`](Self::finish), nothing of it is left.
pub trait TileSink: Send + Sync {
    /// Keep a tile, cut at the image's edge, overlaps included. From any thread, in any order, each tile once.
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()>;

    /// Complete the output and give it its name. Gives its bytes.
    fn finish(self: Box<Self>) -> Result<u64>;
}

/// The sink for `options.format`, of pixels like `info`'s.
pub(super) fn create(out: &Path, info: &Info, options: &ExportOptions, plan: &Plan) -> Result<Box<dyn TileSink>> {
    Ok(match options.format {
        Format::DeepZoom => Box::new(deepzoom::DeepZoom::create(out, info, options, plan)?),
        Format::Tiff => Box::new(tiff::Tiff::create(out, info, options, plan)?),
    })
}

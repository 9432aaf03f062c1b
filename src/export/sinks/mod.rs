//! Where tiles go: one file per output format.
//!
//! A sink packs and places tiles; it must never know where their pixels come from, and writes only inside its
//! [`Workspace`]: what stands in the output folder there is published by the engine when all is done.

mod deepzoom;
pub(super) mod tiff;

pub use tiff::{Offsets, TiffOptions};

use super::{ExportOptions, Format, Plan, Workspace};
use crate::Result;
use crate::job::Progress;
use crate::pixels::PixelsView;
use crate::source::Info;

/// A tiled output in the making, at [`Workspace::output`].
///
/// An export may be interrupted at any moment and go on later, in another process. Then the sink is created again with
/// `resumed` true (files of the earlier run are there and must not be cut), [`restore`](Self::restore) is called for each
/// state that was kept, in their order, and every tile that was not known to be finished comes again.
pub trait TileSink: Send + Sync {
    /// Keep a tile, cut at the image's edge, overlaps included. From any thread, in any order. Each tile comes once; in an
    /// export that was interrupted it may come again, with the same pixels.
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()>;

    /// What a new sink must know of the tiles put before this call, beyond what earlier calls gave: small, for it is asked
    /// for after every block. Empty where the files say it all. Calls come one at a time, while other threads put tiles.
    fn state(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Take in one earlier [`state`](Self::state), right after creation. In `state`s taken by several runs, later ones count.
    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let _ = state;
        Ok(())
    }

    /// Make durable all that was put before this call (so that it survives a power failure).
    fn sync(&self) -> Result<()>;

    /// Complete the output in the workspace. Gives its bytes. Long work counts nothing but asks `progress` whether to stop.
    ///
    /// May be interrupted too: a sink created and restored after that, to which no tile comes, must be able to do it again.
    fn finish(self: Box<Self>, progress: &Progress) -> Result<u64>;
}

/// The sink for `options.format`, of pixels like `info`'s, in `work`.
///
/// With `resumed`, an earlier sink has written there already.
pub(super) fn create(
    work: &Workspace,
    info: &Info,
    options: &ExportOptions,
    plan: &Plan,
    resumed: bool,
) -> Result<Box<dyn TileSink>> {
    Ok(match options.format {
        Format::DeepZoom => Box::new(deepzoom::DeepZoom::create(work, info, options, plan)?),
        Format::Tiff | Format::OmeTiff | Format::Cog => {
            Box::new(tiff::Tiff::create(work, info, options, plan, resumed)?)
        }
    })
}

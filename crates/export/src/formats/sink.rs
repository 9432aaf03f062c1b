//! [`TileSink`]: the destination of tiles, and [`Job`]: its parameters.
//!
//! A sink encodes and writes tiles; it must not know where their pixels come from, and writes only inside its
//! [`Workspace`]; the engine publishes the output folder when the export is complete.

use std::path::PathBuf;

use crate::job::Progress;
use crate::pixels::PixelsView;
use crate::source::Info;
use crate::{Error, Result};
use crate::{ExportOptions, Plan, Workspace};

/// An output being written, at [`Workspace::output`].
///
/// An export may be interrupted at any time and resumed later, in another process. Then the sink is created again with
/// `resumed` true (files of the earlier run are there and must not be cut), [`restore`](Self::restore) is called for each
/// journal records, in order, and every tile not recorded as finished is put again.
pub trait TileSink: Send + Sync {
    /// Writes a tile, cut at the image's edge, overlaps included. Called from any thread, in any order, once for each tile; after
    /// an interruption possibly again, with the same pixels.
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()>;

    /// Stores an encoded tile of the source unchanged, of a level that the plan passes through.
    fn put_coded(&self, level: usize, column: u32, row: u32, tile: &[u8]) -> Result<()> {
        let _ = (level, column, row, tile);
        Err(Error::invalid("internal error: this format takes no packed tiles"))
    }

    /// The state of tiles put since the last call, for the journal. Must be small: it is called after every block. Empty if the
    /// files suffice. Calls come one at a time, while other threads put tiles.
    fn state(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Restores one earlier [`state`](Self::state), right after creation. Later states override earlier ones.
    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let _ = state;
        Ok(())
    }

    /// Whether tiles of a block (stage and index as in the journal) are lost according to the restored states. Such a block is
    /// done again.
    fn has_lost(&self, block: (u16, u64)) -> bool {
        let _ = block;
        false
    }

    /// Make durable all that was put before this call (so that it survives a power failure).
    fn sync(&self) -> Result<()>;

    /// Complete the output in the workspace. Gives its bytes. Long work counts nothing but asks `progress` whether to stop.
    ///
    /// May be interrupted too: then a sink is created and restored again, and finished without further tiles.
    fn finish(self: Box<Self>, progress: &Progress) -> Result<u64>;
}

/// All that a sink is made from.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) work: &'a Workspace,
    /// Of the pixels that come.
    pub(crate) info: &'a Info,
    pub(crate) options: &'a ExportOptions,
    pub(crate) plan: &'a Plan,
    /// Whether an earlier sink has written here already.
    pub(crate) resumed: bool,
}

impl Job<'_> {
    /// Where the output is made.
    pub(super) fn path(&self) -> PathBuf {
        self.work.output(self.work.out().file_name().unwrap_or_default())
    }

    /// The output's name without its ending.
    pub(super) fn name(&self) -> String {
        self.work.out().file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The file at `path`, empty or as an earlier sink has left it.
    pub(super) fn open(&self, path: &std::path::Path) -> std::io::Result<std::fs::File> {
        std::fs::File::options().read(true).write(true).create(true).truncate(!self.resumed).open(path)
    }
}

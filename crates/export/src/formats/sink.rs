//! [`TileSink`]: where tiles go, and [`Job`]: what one is made from.
//!
//! A sink encodes and writes tiles; it must not know where their pixels come from, and writes only inside its
//! [`Workspace`]: what stands in the output folder there is published by the engine when all is done.

use std::path::PathBuf;

use crate::job::Progress;
use crate::pixels::PixelsView;
use crate::source::Info;
use crate::{Error, Result};
use crate::{ExportOptions, Plan, Workspace};

/// A tiled output in the making, at [`Workspace::output`].
///
/// An export may be interrupted at any time and resumed later, in another process. Then the sink is created again with
/// `resumed` true (files of the earlier run are there and must not be cut), [`restore`](Self::restore) is called for each
/// journal records, in order, and every tile not recorded as finished is put again.
pub trait TileSink: Send + Sync {
    /// Keep a tile, cut at the image's edge, overlaps included. From any thread, in any order. Each tile comes once; in an
    /// export that was interrupted it may come again, with the same pixels.
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()>;

    /// Stores an encoded tile of the source unchanged, of a level that the plan passes through.
    fn put_coded(&self, level: usize, column: u32, row: u32, tile: &[u8]) -> Result<()> {
        let _ = (level, column, row, tile);
        Err(Error::invalid("internal error: this format takes no packed tiles"))
    }

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

    /// Whether what was put of a block (numbered as in the journal: its stage, and row by row within) is gone after all, as
    /// far as the states tell that were restored. Such a block is done again.
    fn has_lost(&self, block: (u16, u64)) -> bool {
        let _ = block;
        false
    }

    /// Make durable all that was put before this call (so that it survives a power failure).
    fn sync(&self) -> Result<()>;

    /// Complete the output in the workspace. Gives its bytes. Long work counts nothing but asks `progress` whether to stop.
    ///
    /// May be interrupted too: a sink created and restored after that, to which no tile comes, must be able to do it again.
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

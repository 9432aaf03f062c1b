//! [`Places`]: a file in which each row of pixels has a place known beforehand.
//!
//! Tiles come in any order from any thread and are written at once.

use std::borrow::Cow;
use std::fs::{self, File};
use std::path::PathBuf;

use super::{Job, TileSink};
use crate::job::Progress;
use crate::pixels::PixelsView;
use crate::source::write_all_at;
use crate::{IoResultExt, Result};

/// Where rows lie in a file.
pub(super) trait RowPlaces: Send + Sync {
    /// The bytes before the pixels.
    fn head(&self) -> Vec<u8>;

    /// The size of the file in bytes.
    fn length(&self) -> u64;

    /// Bytes of a pixel.
    fn pixel_bytes(&self) -> usize;

    /// Where row `y` begins.
    fn position(&self, y: u64) -> u64;

    /// The pixels of a tile in the file's encoding, row by row.
    fn packed<'a>(&self, square: PixelsView<'a>) -> Result<Cow<'a, [u8]>>;

    /// Extension and content of a header file beside it.
    fn beside(&self) -> Option<(&'static str, Vec<u8>)> {
        None
    }
}

/// Writes such a file.
pub(super) struct Places<P> {
    path: PathBuf,
    file: File,
    layout: P,
    /// The side of a square.
    side: u64,
}

impl<P: RowPlaces> Places<P> {
    /// A file of full length, with its head.
    pub(super) fn create(job: Job<'_>, layout: P) -> Result<Self> {
        let path = job.path();
        let file = job.open(&path).at(&path)?;
        file.set_len(layout.length()).at(&path)?;
        write_all_at(&file, &layout.head(), 0).at(&path)?;
        Ok(Self { path, file, layout, side: job.plan.tile.into() })
    }
}

impl<P: RowPlaces> TileSink for Places<P> {
    fn put(&self, _level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        let bytes = self.layout.packed(tile)?;
        let line = tile.size().width as usize * self.layout.pixel_bytes();
        let (x, top) = (u64::from(column) * self.side, u64::from(row) * self.side);
        for (y, line) in (top..).zip(bytes.chunks_exact(line)) {
            let at = self.layout.position(y) + x * self.layout.pixel_bytes() as u64;
            write_all_at(&self.file, line, at).at(&self.path)?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data().at(&self.path)
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<u64> {
        let Some((ending, bytes)) = self.layout.beside() else { return Ok(self.layout.length()) };
        let path = self.path.with_extension(ending);
        fs::write(&path, &bytes).at(&path)?;
        Ok(self.layout.length() + bytes.len() as u64)
    }
}

//! [`Spool`]: the reduced rest of all blocks, in memory where small, else in a file; the source of the next stage.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::geometry::{Region, Size};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::source::{Info, Level, Source};
use crate::{Error, IoResultExt, Result};

use crate::source::{read_exact_at, write_all_at};

/// One level made of equal patches, one from each block, written once each in any order.
pub(super) struct Spool {
    info: Info,
    store: Store,
}

enum Store {
    Memory(Vec<OnceLock<Pixels>>),
    /// Nameless, so that nothing of it stays, whatever happens. The path is that of its folder.
    File(File, PathBuf),
}

impl Spool {
    /// Room for a level of `size` in patches of `patch` pixels, otherwise like `like`; in `folder` if not `in_memory`.
    pub(super) fn new(like: &Info, size: Size, patch: Size, in_memory: bool, folder: &Path) -> Result<Self> {
        let level = Level { size, downsample: 1.0, tile: patch };
        let store = if in_memory {
            Store::Memory((0..level.grid().count()).map(|_| OnceLock::new()).collect())
        } else {
            Store::File(tempfile::tempfile_in(folder).at(folder)?, folder.to_owned())
        };
        Ok(Self { info: Info { levels: vec![level], ..like.clone() }, store })
    }

    /// Keep the patch of block (column, row).
    pub(super) fn put(&self, column: u32, row: u32, patch: Pixels) -> Result<()> {
        let slot = self.slot(column, row);
        match &self.store {
            Store::Memory(patches) => {
                let given_before = patches[slot as usize].set(patch).is_err();
                debug_assert!(!given_before, "each patch comes once");
                Ok(())
            }
            Store::File(file, folder) => {
                write_all_at(file, &crate::pixels::le_bytes(patch.samples()), self.position(slot)).at(folder)
            }
        }
    }

    fn slot(&self, column: u32, row: u32) -> u64 {
        row as u64 * self.info.levels[0].grid().columns() as u64 + column as u64
    }

    fn position(&self, slot: u64) -> u64 {
        slot * self.info.levels[0].tile.area() * self.info.pixel_bytes() as u64
    }

    fn load(&self, file: &File, slot: u64, size: Size) -> std::io::Result<Samples> {
        let mut bytes = vec![0; size.area() as usize * self.info.pixel_bytes()];
        read_exact_at(file, &mut bytes, self.position(slot))?;
        Ok(from_le_bytes(self.info.sample, bytes))
    }
}

impl Source for Spool {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let grid = self.info.level(region)?.grid();
        let mut pixels = Pixels::filled(region.rect.size(), self.info.sample, &self.info.background);
        for (column, row) in grid.touching(region.rect) {
            let (slot, rect) = (self.slot(column, row), grid.rect(column, row));
            let (x, y) = (rect.x0 - region.rect.x0, rect.y0 - region.rect.y0);
            match &self.store {
                Store::Memory(patches) => {
                    let missing = || Error::invalid("internal error: a block of the pyramid is missing");
                    pixels.paste(patches[slot as usize].get().ok_or_else(missing)?.view(), x, y);
                }
                Store::File(file, folder) => {
                    let samples = self.load(file, slot, rect.size()).at(folder)?;
                    pixels.paste(Pixels::new(rect.size(), self.info.channels, samples)?.view(), x, y);
                }
            }
        }
        Ok(pixels)
    }
}

fn from_le_bytes(sample: SampleType, bytes: Vec<u8>) -> Samples {
    match sample {
        SampleType::U8 => Samples::U8(bytes),
        SampleType::U16 => Samples::U16(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()),
        SampleType::F32 => {
            Samples::F32(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::source::testing::{Pattern, check_source};

    #[test]
    fn both_stores_give_back_what_was_put() {
        let folder = tempfile::tempdir().unwrap();
        for (sample, in_memory) in [(SampleType::U8, true), (SampleType::U16, false), (SampleType::F32, false)] {
            let pattern = Pattern::new(Size::new(70, 41), 3, sample);
            let patch = Size::new(16, 16);
            let spool = Spool::new(pattern.info(), Size::new(70, 41), patch, in_memory, folder.path()).unwrap();
            let grid = spool.info().levels[0].grid();
            for (column, row) in grid.touching(Rect::from_size(grid.size)) {
                spool.put(column, row, pattern.read(Region::new(0, grid.rect(column, row))).unwrap()).unwrap();
            }
            check_source(&spool);
            let whole = Region::new(0, Rect::from_size(grid.size));
            assert_eq!(spool.read(whole).unwrap(), pattern.read(whole).unwrap(), "{sample:?}");
        }
    }
}

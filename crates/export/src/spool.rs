//! [`Spool`]: the reduced rest of all blocks, in a file of the workspace; the source of the next stage.

use std::fs::File;
use std::path::PathBuf;

use super::workspace::Workspace;
use crate::geometry::{Region, Size};
use crate::pixels::{Pixels, Samples, le_bytes};
use crate::source::{Capabilities, Info, Level, ReadingCost, Source, read_exact_at, write_all_at};
use crate::{IoResultExt, Result};

/// One level made of equal patches, one from each block, written in any order.
///
/// Always a file, because an interrupted export resumes from it; small ones stay in the page cache anyway.
pub(super) struct Spool {
    info: Info,
    file: File,
    path: PathBuf,
}

impl Spool {
    /// The spool `name` in `work`, as an earlier run left it: a level of `size` in patches of `patch` pixels, otherwise like `like`.
    pub(super) fn open(work: &Workspace, name: &str, like: &Info, size: Size, patch: Size) -> Result<Self> {
        let path = work.scratch(name);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path).at(&path)?;
        let level = Level { size, downsample: 1.0, tile: patch };
        Ok(Self { info: Info { levels: vec![level], ..like.clone() }, file, path })
    }

    /// Keep the patch of block (column, row).
    pub(super) fn put(&self, column: u32, row: u32, patch: &Pixels) -> Result<()> {
        write_all_at(&self.file, &le_bytes(patch.samples()), self.position(column, row)).at(&self.path)
    }

    /// Syncs the file to disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().at(&self.path)
    }

    fn position(&self, column: u32, row: u32) -> u64 {
        let level = &self.info.levels[0];
        let slot = u64::from(row) * u64::from(level.grid().columns()) + u64::from(column);
        slot * level.tile.area() * self.info.pixel_bytes() as u64
    }

    fn load(&self, column: u32, row: u32, size: Size) -> Result<Pixels> {
        let at = self.position(column, row);
        let mut pixels = Pixels::unwritten(size, self.info.channels, self.info.sample);
        if let Samples::U8(bytes) = pixels.samples_mut() {
            read_exact_at(&self.file, bytes, at).at(&self.path)?;
            return Ok(pixels);
        }
        let mut bytes = vec![0; pixels.bytes()];
        read_exact_at(&self.file, &mut bytes, at).at(&self.path)?;
        Pixels::new(size, self.info.channels, Samples::from_le_bytes(self.info.sample, bytes))
    }
}

impl Source for Spool {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let grid = self.info.level(region)?.grid();
        let mut pixels = self.info.blank(region.rect.size());
        for (column, row) in grid.touching(region.rect) {
            let rect = grid.rect(column, row);
            let patch = self.load(column, row, rect.size())?;
            pixels.paste(patch.view(), rect.x0 - region.rect.x0, rect.y0 - region.rect.y0);
        }
        Ok(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::pixels::SampleType;
    use crate::source::testing::{Pattern, check_source};

    #[test]
    fn spools_return_their_pixels_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let work = Workspace::enter(&folder.path().join("out")).unwrap();
        for sample in [SampleType::U8, SampleType::U16, SampleType::F32] {
            let pattern = Pattern::new(Size::new(70, 41), 3, sample);
            let open =
                || Spool::open(&work, sample.name(), pattern.info(), Size::new(70, 41), Size::new(16, 16)).unwrap();
            let grid = open().info().levels[0].grid();
            for (column, row) in grid.touching(Rect::from_size(grid.size)) {
                open().put(column, row, &pattern.read(Region::new(0, grid.rect(column, row))).unwrap()).unwrap();
            }
            check_source(&open());
            let whole = Region::new(0, Rect::from_size(grid.size));
            assert_eq!(open().read(whole).unwrap(), pattern.read(whole).unwrap(), "{sample:?}");
        }
    }
}

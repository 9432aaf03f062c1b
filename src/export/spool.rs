//! [`Spool`]: one reduced level on its way to the next stage, in a temporary file without a name.

use std::path::Path;

use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::pixels::{Pixels, SampleType, Samples, le_bytes};
use crate::source::{Info, PositionedFile, Source};
use crate::{IoResultExt as _, Result};

/// Square cells, each written once as a whole, read in any rectangle. The system forgets the file when this is dropped.
pub(super) struct Spool {
    file: PositionedFile,
    info: Info,
    grid: TileGrid,
}

impl Spool {
    /// A spool of `size` pixels like `like`'s, cut into cells of `cell` pixels, on the disk of `beside`.
    pub(super) fn create(like: &Info, size: Size, cell: u32, beside: &Path) -> Result<Self> {
        let folder = beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = PositionedFile::new(tempfile::tempfile_in(folder).at(folder)?, beside);
        let grid = TileGrid::square(size, cell);
        let mut info = Info::plain("spool", size, grid.tile, like.channels, like.sample);
        info.colour = like.colour;
        info.background.clone_from(&like.background);
        Ok(Self { file, info, grid })
    }

    /// Keep one cell, which must be of its full size (cut at the level's edge).
    pub(super) fn put(&self, column: u32, row: u32, pixels: &Pixels) -> Result<()> {
        debug_assert_eq!(pixels.size(), self.grid.rect(column, row).size());
        self.file.write_at(&le_bytes(pixels.samples()), self.offset(column, row))
    }

    fn offset(&self, column: u32, row: u32) -> u64 {
        let number = u64::from(row) * u64::from(self.grid.columns()) + u64::from(column);
        number * self.grid.tile.area() * self.info.pixel_bytes() as u64
    }

    fn cell(&self, column: u32, row: u32) -> Result<Pixels> {
        let size = self.grid.rect(column, row).size();
        let bytes = self.file.read_at(self.offset(column, row), size.area() * self.info.pixel_bytes() as u64)?;
        let samples = match self.info.sample {
            SampleType::U8 => Samples::U8(bytes),
            SampleType::U16 => Samples::U16(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()),
            SampleType::F32 => {
                let quads = bytes.chunks_exact(4);
                Samples::F32(quads.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
            }
        };
        Pixels::new(size, self.info.channels, samples)
    }
}

impl Source for Spool {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let rect: Rect = region.rect;
        let mut out = Pixels::filled(rect.size(), self.info.sample, &self.info.background);
        for (column, row) in self.grid.touching(rect) {
            let at = self.grid.rect(column, row);
            out.paste(self.cell(column, row)?.view(), at.x0 - rect.x0, at.y0 - rect.y0);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{Pattern, check_source};

    #[test]
    fn spools_conform() {
        for sample in [SampleType::U8, SampleType::U16, SampleType::F32] {
            let pattern = Pattern::new(Size::new(100, 70), 3, sample);
            let folder = tempfile::tempdir().unwrap();
            let spool = Spool::create(pattern.info(), Size::new(100, 70), 32, &folder.path().join("out")).unwrap();
            for (column, row) in spool.grid.touching(Rect::new(0, 0, 100, 70)) {
                let cell = pattern.read(Region::new(0, spool.grid.rect(column, row))).unwrap();
                spool.put(column, row, &cell).unwrap();
            }
            check_source(&spool);
            let whole = Region::new(0, Rect::new(0, 0, 100, 70));
            assert_eq!(spool.read(whole).unwrap(), pattern.read(whole).unwrap());
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
        }
    }
}

//! Deep Zoom: `NAME.dzi` and `NAME_files/LEVEL/COLUMN_ROW.jpg`, level 0 being a single pixel.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Staged, jpeg_options, png, presentable};
use crate::codec::jpeg;
use crate::export::{Compression, ExportOptions, Plan, TileSink};
use crate::pixels::{Colour, PixelsView};
use crate::source::Info;
use crate::{IoResultExt as _, Result};

/// Writes the tiles into a folder that gets its name last, before the descriptor.
pub struct DeepZoom {
    folder: Staged,
    descriptor: Staged,
    xml: String,
    /// Of each of the plan's levels, made beforehand.
    level_folders: Vec<PathBuf>,
    ending: &'static str,
    colour: Colour,
    options: ExportOptions,
    bytes: AtomicU64,
}

impl DeepZoom {
    /// Begin `out`, a name ending in `.dzi`.
    pub fn create(out: &Path, plan: &Plan, info: &Info, options: &ExportOptions) -> Result<Self> {
        let stem = out.file_stem().unwrap_or_default().to_string_lossy();
        let folder = Staged::new(&out.with_file_name(format!("{stem}_files")))?;
        let descriptor = Staged::new(out)?;
        let top = plan.sizes.len() - 1;
        let level_folders: Vec<_> = (0..=top).map(|level| folder.path().join((top - level).to_string())).collect();
        for level in &level_folders {
            fs::create_dir_all(level).at(level)?;
        }
        let ending = if options.compression == Compression::Jpeg { "jpg" } else { "png" };
        let size = info.size();
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Image xmlns=\"http://schemas.microsoft.com/deepzoom/2008\" Format=\"{ending}\" Overlap=\"{}\" TileSize=\"{}\">\n\
             \x20 <Size Width=\"{}\" Height=\"{}\"/>\n</Image>\n",
            plan.overlap, plan.tile, size.width, size.height
        );
        let (colour, options) = (info.colour, options.clone());
        Ok(Self { folder, descriptor, xml, level_folders, ending, colour, options, bytes: AtomicU64::new(0) })
    }
}

impl TileSink for DeepZoom {
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        let mut bytes = Vec::with_capacity(32 << 10);
        if self.ending == "jpg" {
            let made = presentable(tile, self.colour, self.options.matte);
            let tile = made.as_ref().map_or(tile, |pixels| pixels.view());
            jpeg::encode(tile, &jpeg_options(self.options.quality), &mut bytes)?;
        } else {
            png(tile, &mut bytes)?;
        }
        let path = self.level_folders[level].join(format!("{column}_{row}.{}", self.ending));
        fs::File::create(&path).and_then(|mut file| file.write_all(&bytes)).at(&path)?;
        self.bytes.fetch_add(bytes.len() as u64, Relaxed);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<u64> {
        fs::write(self.descriptor.path(), &self.xml).at(self.descriptor.path())?;
        self.folder.finish()?;
        self.descriptor.finish()?;
        Ok(self.bytes.into_inner() + self.xml.len() as u64)
    }
}

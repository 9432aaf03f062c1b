//! Deep Zoom: a descriptor `NAME.dzi` and a folder `NAME_files/LEVEL/COLUMN_ROW.jpg`.
//!
//! Microsoft's schema of 2008; level 0 of the format is 1×1, its last one full resolution. Tiles are bytes: wider samples are
//! scaled from their full range.

use std::fs;
use std::path::{Path, PathBuf};

use super::TileSink;
use crate::codec::jpeg::{self, EncodeOptions};
use crate::export::depth::{opaque_bytes, to_bytes};
use crate::export::image::encode_png;
use crate::export::{ExportOptions, Plan, TileFolder, TileFormat, Workspace};
use crate::geometry::Size;
use crate::job::Progress;
use crate::pixels::{Colour, Pixels, PixelsView, SampleType};
use crate::source::Info;
use crate::{Error, IoResultExt, Result};

/// Writes `NAME.dzi` and `NAME_files`.
pub(super) struct DeepZoom {
    /// Where the descriptor is made.
    descriptor: PathBuf,
    folder: TileFolder,
    size: Size,
    levels: usize,
    tile: u32,
    overlap: u32,
    format: TileFormat,
    encode: EncodeOptions,
    colour: Colour,
    background: [u8; 3],
}

impl DeepZoom {
    /// Make the folders.
    pub(super) fn create(work: &Workspace, info: &Info, options: &ExportOptions, plan: &Plan) -> Result<Self> {
        let out = work.out();
        let files = files_of(out);
        if files.exists() && !out.exists() && fs::read_dir(&files).at(&files)?.next().is_some() {
            let what =
                format!("is in the way and no Deep Zoom export ({} is missing); choose another name", out.display());
            return Err(Error::Limit { path: files, what });
        }
        let folders = (0..plan.levels.len()).map(|level| level.to_string());
        Ok(Self {
            folder: TileFolder::create(work, files.file_name().unwrap_or_default(), folders)?,
            descriptor: work.output(out.file_name().unwrap_or_default()),
            size: plan.levels[0],
            levels: plan.levels.len(),
            tile: plan.tile,
            overlap: plan.overlap,
            format: options.tiles,
            encode: EncodeOptions {
                quality: options.jpeg_quality(),
                subsampling: options.subsampling,
                ..EncodeOptions::default()
            },
            colour: info.colour,
            background: options.background,
        })
    }

    fn encode(&self, tile: PixelsView<'_>) -> Result<Vec<u8>> {
        let mut stream = Vec::with_capacity(32 << 10);
        match self.format {
            TileFormat::Png => {
                let bytes = (tile.sample_type() != SampleType::U8).then(|| to_bytes(tile, self.colour));
                let tile = bytes.as_ref().map_or(tile, Pixels::view);
                encode_png(tile, self.colour, png::Compression::Fast, &mut stream)?;
            }
            TileFormat::Jpg => {
                let flat = opaque_bytes(tile, self.colour, self.background)?;
                jpeg::encode(flat.as_ref().map_or(tile, Pixels::view), &self.encode, &mut stream)?;
            }
        }
        Ok(stream)
    }

    fn descriptor(&self) -> String {
        let Self { tile, overlap, size, .. } = self;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Image xmlns=\"http://schemas.microsoft.com/deepzoom/2008\" Format=\"{}\" Overlap=\"{overlap}\" TileSize=\"{tile}\">\n  \
             <Size Width=\"{}\" Height=\"{}\"/>\n</Image>\n",
            self.format.ending(),
            size.width,
            size.height
        )
    }
}

impl TileSink for DeepZoom {
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        let stream = self.encode(tile)?;
        let ending = self.format.ending();
        self.folder.write(&format!("{}/{column}_{row}.{ending}", self.levels - 1 - level), &stream)
    }

    fn state(&self) -> Vec<u8> {
        self.folder.state()
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        self.folder.restore(state);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.folder.sync()
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<u64> {
        let text = self.descriptor();
        fs::write(&self.descriptor, &text).at(&self.descriptor)?;
        Ok(self.folder.bytes() + text.len() as u64)
    }
}

/// `NAME_files` of `NAME.dzi`.
fn files_of(out: &Path) -> PathBuf {
    let mut name = out.file_stem().unwrap_or_default().to_owned();
    name.push("_files");
    out.with_file_name(name)
}

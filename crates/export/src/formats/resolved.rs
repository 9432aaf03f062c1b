//! [`ExportOptions`] with the defaults of their format.

use std::path::Path;

use super::spec::{FormatSpec, JpegUse, OptionName};
use crate::TiffOptions;
use crate::codec::jpeg::Subsampling;
use crate::format::{Format, Levels, OutputLayout};
use crate::job::MemoryBudget;
use crate::options::{Compression, ExportOptions, Extras, TileFormat};
use crate::pixels::{Downsample, RawSampleType, SampleType};
use crate::source::Info;
use crate::tiff_options::Offsets;
use crate::{Error, Result};

impl ExportOptions {
    /// The usual options for `format`.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            region: None,
            level: 0,
            scale: None,
            downsample: Downsample::default(),
            flatten: false,
            tile: None,
            overlap: format.spec().overlap.unwrap_or(0),
            compression: None,
            tiles: None,
            quality: None,
            subsampling: Subsampling::default(),
            deflate_level: format.spec().deflate_level,
            pyramid: true,
            tiff: TiffOptions::default(),
            copy_tiles: true,
            memory: MemoryBudget::default(),
            threads: None,
            block_exponent: None,
            background: [255; 3],
            extras: Extras::default(),
            overwrite: false,
        }
    }

    /// The usual options for the ending of `path`.
    pub fn for_path(path: &Path) -> Result<Self> {
        Format::of_path(path).map(Self::new)
    }

    /// The format's row of the table.
    pub fn spec(&self) -> &'static FormatSpec {
        self.format.spec()
    }

    /// How the pixels lie in the output.
    pub fn layout(&self) -> OutputLayout {
        if self.tiff.strips && self.spec().has(OptionName::Strips) { OutputLayout::Rows } else { self.spec().layout }
    }

    /// How many workers are wanted: as many as there are processors unless that is said.
    pub fn workers(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(4, std::num::NonZero::get);
        self.threads.unwrap_or_else(processors).max(1)
    }

    /// The side of a tile, where the format has tiles.
    pub fn tile_side(&self) -> u32 {
        self.tile.unwrap_or(self.spec().tile)
    }

    /// Pixels that a tile shares with each neighbor: 0 where the format does not know that.
    pub fn overlap_pixels(&self) -> u32 {
        if self.spec().overlap.is_some() { self.overlap } else { 0 }
    }

    /// Which levels are written.
    pub fn levels(&self) -> Levels {
        let optional = self.spec().has(OptionName::Pyramid);
        let one = !self.pyramid || self.layout() == OutputLayout::Rows;
        if optional && one { Levels::One } else { self.spec().levels }
    }

    /// JPEG's quality.
    pub fn jpeg_quality(&self) -> u8 {
        self.quality.unwrap_or(self.spec().quality)
    }

    /// The image format of tiles in a folder.
    pub fn tile_format(&self) -> TileFormat {
        self.tiles.or_else(|| self.spec().tiles.first().copied()).unwrap_or_default()
    }

    /// The compression of TIFF tiles or Zarr chunks of such an image.
    pub fn compression_for(&self, info: &Info) -> Compression {
        let photo = self.spec().jpeg == JpegUse::ByCompression
            && info.sample == SampleType::U8
            && jpeg_channels(info).is_some();
        self.compression.unwrap_or(if photo { Compression::Jpeg } else { Compression::Deflate })
    }

    /// Whether the pixels are encoded as JPEG.
    pub fn is_jpeg(&self, info: &Info) -> bool {
        match self.spec().jpeg {
            JpegUse::Never => false,
            JpegUse::Always => true,
            JpegUse::ByCompression => self.compression_for(info) == Compression::Jpeg,
            JpegUse::ByTiles => self.spec().tiles.contains(&TileFormat::Jpg) && self.tile_format() == TileFormat::Jpg,
        }
    }

    /// How far positions in a TIFF reach.
    pub(super) fn offsets(&self) -> Offsets {
        self.tiff.offsets.unwrap_or(self.spec().offsets)
    }

    /// Fails if the format cannot hold the image, with advice. Sizes are checked by the plan.
    pub fn check(&self, info: &Info) -> Result<()> {
        if self.layout() == OutputLayout::Tiles {
            self.check_tiles()?;
        }
        if matches!(info.stored, Some(RawSampleType::U64 | RawSampleType::I64)) {
            let what = "integers of 64 bits, which would lose digits; crop a part to a .tif, or apply display settings (--as-seen)";
            return Err(Error::unsupported(what));
        }
        if self.spec().is_for_browsers() && info.sample != SampleType::U8 {
            let what = format!(
                "{} holds 8 bits, the image has {}; apply display settings: --as-seen, and --window LOW,HIGH for the range",
                self.spec().title,
                info.type_name()
            );
            return Err(Error::unsupported(what));
        }
        (self.spec().check)(self, info)
    }

    fn check_tiles(&self) -> Result<()> {
        let tile = self.tile_side();
        if !(16..=16384).contains(&tile) {
            return Err(Error::invalid(format!("tiles of {tile} pixels; choose 16 to 16384")));
        }
        if self.overlap_pixels() >= tile {
            return Err(Error::invalid(format!("an overlap of {} is as large as the tile", self.overlap)));
        }
        let FormatSpec { title, tile_step, .. } = self.spec();
        if !tile.is_multiple_of(*tile_step) {
            return Err(Error::invalid(format!("{title} tiles of {tile} pixels; choose a multiple of {tile_step}")));
        }
        Ok(())
    }
}

/// Tiles that are pictures of their own.
pub(super) fn check_pictures(options: &ExportOptions, info: &Info) -> Result<()> {
    let (spec, kind) = (options.spec(), options.tile_format());
    if !spec.tiles.contains(&kind) {
        let names: Vec<_> = spec.tiles.iter().map(|kind| kind.ending()).collect();
        let what = format!("{} with tiles of {}; choose {}", spec.title, kind.ending(), names.join(", "));
        return Err(Error::unsupported(what));
    }
    if kind != TileFormat::Raw {
        check_colors(options, info)?;
    }
    if options.extras.viewer && !spec.has(OptionName::Viewer) {
        return Err(Error::unsupported(format!("a page to look at {}; leave it out", spec.title)));
    }
    Ok(())
}

/// Refuse channels that are no colors.
pub(super) fn check_colors(options: &ExportOptions, info: &Info) -> Result<()> {
    if jpeg_channels(info).is_some() {
        return Ok(());
    }
    let (title, channels) = (options.spec().title, info.channels);
    Err(Error::unsupported(format!(
        "{title} of {channels} channels; write a .tif, or apply display settings (--as-seen)"
    )))
}

/// Fails if a JPEG cannot hold the image; `instead` is the advice.
pub(super) fn check_jpeg(info: &Info, instead: &str) -> Result<()> {
    let what = match jpeg_channels(info) {
        None => format!("JPEG of {} channels; {instead}", info.channels),
        Some(_) if info.sample != SampleType::U8 => format!("JPEG of {} samples; {instead}", info.sample.name()),
        Some(_) => return Ok(()),
    };
    Err(Error::unsupported(what))
}

/// The channels of a JPEG of such an image, flattened onto a background: 1 or 3; none if it is neither gray nor RGB.
fn jpeg_channels(info: &Info) -> Option<u8> {
    let colors = info.channels - u8::from(info.color.has_alpha());
    matches!(colors, 1 | 3).then_some(colors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn impossible_requests_are_refused() {
        let info = |channels, sample| Info::plain("test", Size::new(9, 9), Size::new(9, 9), channels, sample);
        let of = ExportOptions::new;
        let (dzi, tif) = (of(Format::DeepZoom), of(Format::Tiff));
        let jpeg = ExportOptions { compression: Some(Compression::Jpeg), ..tif.clone() };
        let viewer = Extras { viewer: true, ..Extras::default() };
        let cases = [
            (dzi.clone(), info(4, SampleType::U8), true),
            (dzi.clone(), info(4, SampleType::U16), false),
            (dzi.clone(), info(5, SampleType::U8), false),
            (ExportOptions { tiles: Some(TileFormat::Raw), ..dzi.clone() }, info(3, SampleType::U8), false),
            (ExportOptions { overlap: 254, ..dzi.clone() }, info(3, SampleType::U8), false),
            (ExportOptions { extras: viewer.clone(), ..dzi }, info(3, SampleType::U8), true),
            (ExportOptions { extras: viewer, ..of(Format::Szi) }, info(3, SampleType::U8), false),
            (tif.clone(), info(7, SampleType::F32), true),
            (ExportOptions { tile: Some(100), ..tif.clone() }, info(3, SampleType::U8), false),
            (ExportOptions { tile: Some(0), ..tif }, info(3, SampleType::U8), false),
            (jpeg.clone(), info(4, SampleType::U8), true),
            (jpeg.clone(), info(3, SampleType::U16), false),
            (ExportOptions { format: Format::Zarr, ..jpeg }, info(3, SampleType::U8), false),
            (of(Format::Zarr), info(30, SampleType::F32), true),
            (of(Format::Raw), info(30, SampleType::F32), true),
            (of(Format::Png), info(4, SampleType::U16), true),
            (of(Format::Png), info(3, SampleType::F32), false),
            (of(Format::Jpeg), info(3, SampleType::U16), false),
            (of(Format::Bmp), info(5, SampleType::U8), false),
        ];
        for (options, info, fine) in cases {
            assert_eq!(options.check(&info).is_ok(), fine, "{options:?} {}×{:?}", info.channels, info.sample);
        }
    }
}

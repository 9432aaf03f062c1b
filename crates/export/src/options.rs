//! [`ExportOptions`]: what to write, and how. Values only; nothing here opens a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::TiffOptions;
use super::format::{Format, FormatSpec, Levels, OutputLayout};
use crate::codec::jpeg::Subsampling;
use crate::geometry::{Rect, Size};
use crate::job::MemoryBudget;
use crate::pixels::SampleType;
use crate::source::Info;
use crate::{Error, Result};

/// How the tiles of a TIFF or the chunks of a Zarr are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// As they are.
    None,
    /// Without loss, for readers that know nothing newer.
    Lzw,
    /// Without loss, at [`ExportOptions::deflate_level`].
    Deflate,
    /// Without loss, the fastest to read, at [`TiffOptions::zstd_level`](super::TiffOptions).
    Zstd,
    /// With loss, bytes only, of [`ExportOptions::quality`].
    Jpeg,
}

/// What the tiles of a folder are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TileFormat {
    /// Small; opacity is laid on [`ExportOptions::background`].
    #[default]
    Jpg,
    /// Without loss, keeps opacity.
    Png,
    /// Without loss, keeps opacity, smaller than PNG and slower to make.
    Webp,
    /// The bare samples, little-endian, row by row.
    Raw,
}

impl TileFormat {
    /// The ending of its files.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Raw => "raw",
        }
    }

    /// The kind of that name.
    pub fn of_name(name: &str) -> Result<Self> {
        let all = [Self::Jpg, Self::Png, Self::Webp, Self::Raw];
        let named = all.into_iter().find(|kind| kind.ending() == name);
        named.ok_or_else(|| Error::invalid(format!("no tiles of '{name}'; there are jpg, png, webp and raw")))
    }
}

/// What becomes of tiles that reach over the image's edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Edges {
    /// They are cut at the edge: smaller than the others.
    #[default]
    Cut,
    /// They are filled up with the background.
    Pad,
    /// They are left out.
    Drop,
}

/// What only one format or another asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extras {
    /// A page `index.html` beside the tiles, to look at them without a network.
    pub viewer: bool,
    /// IIIF's `id`: the address under which the folder will be found.
    pub id: Option<String>,
    /// Names of patches: `{name}`, `{x}`, `{y}`, `{column}`, `{row}`, `{index}`, digits as `{x:06}`.
    pub pattern: Option<String>,
    /// Leave out patches of nothing but background.
    pub skip_empty: bool,
    /// Of patches.
    pub edges: Edges,
    /// The side of a Zarr shard in chunks; none if 0.
    pub shard: u32,
}

/// What to write, and how. What is `None` follows the format and the image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportOptions {
    pub format: Format,
    /// In pixels of the source's level 0, cut at its edges; everything if `None`.
    pub region: Option<Rect>,
    /// Halvings before anything is written: 0 writes full resolution. Where the source has a level that is so much (or a
    /// part of it) smaller that level serves as it is, and the rest are exact halvings.
    pub level: usize,
    /// Of what `level` gives, in any factor from 1/65536 to 16; 1 if `None`. Powers of two below 1 are exact halvings, others
    /// a Lanczos filter of three lobes.
    pub scale: Option<f64>,
    /// Lay opacity on [`Self::background`] and write none, also where the format could hold it.
    pub flatten: bool,
    /// A side of a tile: 254 for Deep Zoom, 256 for TIFF and 512 for COG (multiples of 16), see [`FormatSpec::tile`].
    pub tile: Option<u32>,
    /// Pixels that tiles share with each neighbor, where the format knows that.
    pub overlap: u32,
    /// Of a TIFF: JPEG for gray and color bytes, else deflate. Of a Zarr: deflate.
    pub compression: Option<Compression>,
    /// Of a folder of tiles; the format's usual kind if `None`.
    pub tiles: Option<TileFormat>,
    /// 1 to 100 for JPEG: 75 for the web, 85 for TIFF, 90 for one plain picture.
    pub quality: Option<u8>,
    /// Chroma resolution of JPEG.
    pub subsampling: Subsampling,
    /// 1 (fast) to 12 (small): 1 for TIFF, else 6.
    pub deflate_level: u8,
    /// Whether there are reduced levels, where the format leaves the choice (TIFF, Zarr).
    pub pyramid: bool,
    pub tiff: TiffOptions,
    /// Take over tiles as the source has them where that is possible. JPEG tiles only where no quality is asked for: they
    /// keep their own, and lose nothing by being packed again.
    pub copy_tiles: bool,
    /// For everything: the blocks, the source's cache ([`Plan::cache_bytes`](super::Plan)) and the program itself.
    pub memory: MemoryBudget,
    /// Workers; one for each processor if `None`. Fewer where the memory does not allow them.
    pub threads: Option<usize>,
    /// Blocks of 2^k × 2^k tiles; as large as memory and workers allow if `None`. The result is the same.
    pub block_exponent: Option<u32>,
    /// What the source decodes at a time, where its levels do not say: the blocks' order follows it.
    pub input_tile: Option<Size>,
    /// Red, green, blue under clear pixels where the output holds no opacity.
    pub background: [u8; 3],
    pub extras: Extras,
    /// Replace what stands under the output's name, as far as [`standing`](super::standing) allows. For one export: it is not
    /// stored with the others.
    #[serde(skip)]
    pub overwrite: bool,
}

impl ExportOptions {
    /// The usual options for `format`.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            region: None,
            level: 0,
            scale: None,
            flatten: false,
            tile: None,
            overlap: format.spec().overlap.unwrap_or(0),
            compression: None,
            tiles: None,
            quality: None,
            subsampling: Subsampling::default(),
            // Of differences of photographs, the first level makes as little as any, in two thirds of the time.
            deflate_level: if format.is_tiff() { 1 } else { 6 },
            pyramid: true,
            tiff: TiffOptions::default(),
            copy_tiles: true,
            memory: MemoryBudget::default(),
            threads: None,
            block_exponent: None,
            input_tile: None,
            background: [255; 3],
            extras: Extras::default(),
            overwrite: false,
        }
    }

    /// The usual options for the ending of `path`.
    pub fn for_path(path: &Path) -> Result<Self> {
        Format::of_path(path).map(Self::new)
    }

    /// What is peculiar to the format.
    pub fn spec(&self) -> &'static FormatSpec {
        self.format.spec()
    }

    /// How the pixels lie in the output.
    pub fn layout(&self) -> OutputLayout {
        if self.format == Format::Tiff && self.tiff.strips { OutputLayout::Rows } else { self.spec().layout }
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
        let optional = self.format.is_tiff() || matches!(self.format, Format::Zarr | Format::Zarr04);
        let one = !self.pyramid || self.layout() == OutputLayout::Rows;
        if optional && one { Levels::One } else { self.spec().levels }
    }

    /// JPEG's quality.
    pub fn jpeg_quality(&self) -> u8 {
        self.quality.unwrap_or(self.spec().quality)
    }

    /// What the tiles of a folder are.
    pub fn tile_format(&self) -> TileFormat {
        self.tiles.or_else(|| self.spec().tiles.first().copied()).unwrap_or_default()
    }

    /// How the tiles of a TIFF or the chunks of a Zarr of such an image are packed.
    pub fn compression_for(&self, info: &Info) -> Compression {
        let photo = self.format.is_tiff() && info.sample == SampleType::U8 && jpeg_channels(info).is_some();
        self.compression.unwrap_or(if photo { Compression::Jpeg } else { Compression::Deflate })
    }

    /// Whether the pixels become JPEG streams.
    pub fn is_jpeg(&self, info: &Info) -> bool {
        match self.format {
            Format::Jpeg => true,
            format if format.is_tiff() => self.compression_for(info) == Compression::Jpeg,
            _ => self.spec().tiles.contains(&TileFormat::Jpg) && self.tile_format() == TileFormat::Jpg,
        }
    }

    /// Refuse what the format cannot hold, saying what to do instead. Sizes are the plan's to judge.
    pub fn check(&self, info: &Info) -> Result<()> {
        let traits = self.spec();
        if self.tiff.strips && matches!(self.format, Format::OmeTiff | Format::Cog) {
            return Err(Error::unsupported(format!("{} in strips; leave them out, or write a .tif", traits.title)));
        }
        if self.layout() == OutputLayout::Tiles {
            self.check_tiles()?;
        }
        if !traits.tiles.is_empty() {
            return self.check_pictures(info);
        }
        let title = traits.title;
        match self.format {
            format if format.is_tiff() && self.is_jpeg(info) => {
                check_jpeg(info, "choose deflate, or export it as seen")
            }
            Format::Zarr | Format::Zarr04
                if !matches!(self.compression, None | Some(Compression::None | Compression::Deflate)) =>
            {
                Err(Error::unsupported(format!("such a compression in {title}; choose deflate or none")))
            }
            Format::Jpeg => check_jpeg(info, "write a .tif, or export it as seen"),
            Format::Bmp | Format::Png if !has_colors(info) => Err(Error::unsupported(format!(
                "{title} of {} channels; write a .tif, or export it as seen",
                info.channels
            ))),
            Format::Bmp if info.sample != SampleType::U8 => Err(Error::unsupported(format!(
                "BMP of {} samples; write a .tif, or export it as seen",
                info.sample.name()
            ))),
            Format::Png if info.sample == SampleType::F32 => {
                Err(Error::unsupported("PNG of floats; write a .tif, or export it as seen"))
            }
            _ => Ok(()),
        }
    }

    fn check_tiles(&self) -> Result<()> {
        let tile = self.tile_side();
        if !(16..=16384).contains(&tile) {
            return Err(Error::invalid(format!("tiles of {tile} pixels; choose 16 to 16384")));
        }
        if self.overlap_pixels() >= tile {
            return Err(Error::invalid(format!("an overlap of {} is as large as the tile", self.overlap)));
        }
        if self.format.is_tiff() && !tile.is_multiple_of(16) {
            return Err(Error::invalid(format!("TIFF tiles of {tile} pixels; choose a multiple of 16")));
        }
        Ok(())
    }

    /// Tiles that are pictures of their own.
    fn check_pictures(&self, info: &Info) -> Result<()> {
        let (traits, kind) = (self.spec(), self.tile_format());
        if !traits.tiles.contains(&kind) {
            let names: Vec<_> = traits.tiles.iter().map(|kind| kind.ending()).collect();
            let what = format!("{} with tiles of {}; choose {}", traits.title, kind.ending(), names.join(", "));
            return Err(Error::unsupported(what));
        }
        if kind != TileFormat::Raw && !has_colors(info) {
            let what = format!("{} of {} channels; write a .tif, or export it as seen", traits.title, info.channels);
            return Err(Error::unsupported(what));
        }
        if self.extras.viewer && !traits.viewer {
            return Err(Error::unsupported(format!("a page to look at {}; leave it out", traits.title)));
        }
        Ok(())
    }
}

fn check_jpeg(info: &Info, instead: &str) -> Result<()> {
    let what = match jpeg_channels(info) {
        None => format!("JPEG of {} channels; {instead}", info.channels),
        Some(_) if info.sample != SampleType::U8 => format!("JPEG of {} samples; {instead}", info.sample.name()),
        Some(_) => return Ok(()),
    };
    Err(Error::unsupported(what))
}

/// Whether the channels are gray or colors, with opacity or without.
fn has_colors(info: &Info) -> bool {
    jpeg_channels(info).is_some()
}

/// The channels of a JPEG of such an image, opacity laid on a background: 1 or 3, or none if it has no colors to show.
fn jpeg_channels(info: &Info) -> Option<u8> {
    let colors = info.channels - u8::from(info.color.has_alpha());
    matches!(colors, 1 | 3).then_some(colors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_requests_are_refused() {
        let info = |channels, sample| Info::plain("test", Size::new(9, 9), Size::new(9, 9), channels, sample);
        let of = ExportOptions::new;
        let (dzi, tif) = (of(Format::DeepZoom), of(Format::Tiff));
        let jpeg = ExportOptions { compression: Some(Compression::Jpeg), ..tif.clone() };
        let viewer = Extras { viewer: true, ..Extras::default() };
        let cases = [
            (dzi.clone(), info(4, SampleType::U16), true),
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

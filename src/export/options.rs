//! [`ExportOptions`]: what to write, and how. Values only; nothing here opens a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::codec::jpeg::Subsampling;
use crate::geometry::{Rect, Size};
use crate::job::MemoryBudget;
use crate::pixels::SampleType;
use crate::source::Info;
use crate::{Error, Result};

use super::TiffOptions;

/// The pyramids this program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `NAME.dzi` with a folder `NAME_files` of small pictures, for the web.
    DeepZoom,
    /// One tiled pyramidal BigTIFF.
    Tiff,
    /// A TIFF that says in OME-XML what was measured: `NAME.ome.tif`, for microscopy.
    OmeTiff,
    /// A TIFF laid out for reading over the web: cloud-optimised GeoTIFF.
    Cog,
}

impl Format {
    /// The format that the ending of `path` names.
    pub fn of_path(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if [".ome.tif", ".ome.tiff"].iter().any(|ending| name.ends_with(ending)) {
            return Ok(Self::OmeTiff);
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "dzi" => Ok(Self::DeepZoom),
            "tif" | "tiff" => Ok(Self::Tiff),
            _ => {
                let what = format!("writing '.{ending}' pyramids; end the name in .dzi or .tif");
                Err(Error::unsupported(what).at(path))
            }
        }
    }

    /// Whether it is some kind of TIFF.
    pub const fn is_tiff(self) -> bool {
        matches!(self, Self::Tiff | Self::OmeTiff | Self::Cog)
    }
}

/// How the tiles of a TIFF are packed.
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

/// What the tiles of a Deep Zoom folder are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TileFormat {
    /// Small; opacity is laid on [`ExportOptions::background`].
    #[default]
    Jpg,
    /// Without loss, keeps opacity.
    Png,
}

impl TileFormat {
    /// The ending of its files.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpg => "jpg",
            Self::Png => "png",
        }
    }
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
    /// A side of a tile: 254 for Deep Zoom, 256 for TIFF and 512 for COG (a multiple of 16).
    pub tile: Option<u32>,
    /// Pixels that Deep Zoom's tiles share with each neighbour.
    pub overlap: u32,
    /// Of a TIFF: JPEG for grey and colour bytes, else deflate.
    pub compression: Option<Compression>,
    /// Of a Deep Zoom folder.
    pub tiles: TileFormat,
    /// 1 to 100 for JPEG: 75 for Deep Zoom, 85 for TIFF.
    pub quality: Option<u8>,
    pub subsampling: Subsampling,
    /// 1 (fast) to 12 (small).
    pub deflate_level: u8,
    /// Whether a TIFF gets reduced levels. Deep Zoom always has them.
    pub pyramid: bool,
    pub tiff: TiffOptions,
    /// For everything: the blocks, the source's cache ([`Plan::cache_bytes`](super::Plan)) and the program itself.
    pub memory: MemoryBudget,
    /// Workers; one for each processor if `None`. Fewer where the memory does not allow them.
    pub threads: Option<usize>,
    /// Blocks of 2^k × 2^k tiles; as large as memory and workers allow if `None`. The result is the same.
    pub block_exponent: Option<u32>,
    /// What the source decodes at a time, where its levels do not say: the blocks' order follows it.
    pub input_tile: Option<Size>,
    /// Red, green, blue under clear pixels where the tiles hold no opacity.
    pub background: [u8; 3],
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
            overlap: 1,
            compression: None,
            tiles: TileFormat::default(),
            quality: None,
            subsampling: Subsampling::default(),
            deflate_level: 6,
            pyramid: true,
            tiff: TiffOptions::default(),
            memory: MemoryBudget::default(),
            threads: None,
            block_exponent: None,
            input_tile: None,
            background: [255; 3],
        }
    }

    /// The usual options for the ending of `path`.
    pub fn for_path(path: &Path) -> Result<Self> {
        Format::of_path(path).map(Self::new)
    }

    /// The side of a tile.
    pub fn tile_side(&self) -> u32 {
        self.tile.unwrap_or(match self.format {
            Format::DeepZoom => 254,
            Format::Tiff | Format::OmeTiff => 256,
            Format::Cog => 512,
        })
    }

    /// Pixels that a tile shares with each neighbour: 0 for TIFF.
    pub fn overlap_pixels(&self) -> u32 {
        if self.format == Format::DeepZoom { self.overlap } else { 0 }
    }

    /// JPEG's quality.
    pub fn jpeg_quality(&self) -> u8 {
        self.quality.unwrap_or(if self.format == Format::DeepZoom { 75 } else { 85 })
    }

    /// How the tiles of a TIFF of such an image are packed.
    pub fn compression_for(&self, info: &Info) -> Compression {
        let photo = info.sample == SampleType::U8 && jpeg_channels(info).is_some();
        self.compression.unwrap_or(if photo { Compression::Jpeg } else { Compression::Deflate })
    }

    /// Whether the tiles are JPEG streams.
    pub fn is_jpeg(&self, info: &Info) -> bool {
        match self.format {
            Format::DeepZoom => self.tiles == TileFormat::Jpg,
            Format::Tiff | Format::OmeTiff | Format::Cog => self.compression_for(info) == Compression::Jpeg,
        }
    }

    /// Refuse what the format cannot hold, saying what to do instead.
    pub fn check(&self, info: &Info) -> Result<()> {
        let tile = self.tile_side();
        if !(16..=16384).contains(&tile) {
            return Err(Error::invalid(format!("tiles of {tile} pixels; choose 16 to 16384")));
        }
        if self.overlap_pixels() >= tile {
            return Err(Error::invalid(format!("an overlap of {} is as large as the tile", self.overlap)));
        }
        match self.format {
            Format::DeepZoom if jpeg_channels(info).is_none() => {
                let what = format!("Deep Zoom of {} channels; write a .tif, or show fewer channels", info.channels);
                Err(Error::unsupported(what))
            }
            format if format.is_tiff() && !tile.is_multiple_of(16) => {
                Err(Error::invalid(format!("TIFF tiles of {tile} pixels; choose a multiple of 16")))
            }
            format if format.is_tiff() && self.is_jpeg(info) => check_jpeg(info),
            _ => Ok(()),
        }
    }
}

fn check_jpeg(info: &Info) -> Result<()> {
    let what = match jpeg_channels(info) {
        None => format!("JPEG of {} channels; choose deflate", info.channels),
        Some(_) if info.sample != SampleType::U8 => format!("JPEG of {} samples; choose deflate", info.sample.name()),
        Some(_) => return Ok(()),
    };
    Err(Error::unsupported(what))
}

/// The channels of a JPEG of such an image, opacity laid on a background: 1 or 3, or none if it has no colours to show.
fn jpeg_channels(info: &Info) -> Option<u8> {
    let colours = info.channels - u8::from(info.colour.has_alpha());
    matches!(colours, 1 | 3).then_some(colours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_chooses_the_format() {
        for (name, format) in [("a.dzi", Format::DeepZoom), ("b.TIFF", Format::Tiff), ("c.ome.tif", Format::OmeTiff)] {
            assert_eq!(Format::of_path(Path::new(name)).ok(), Some(format), "{name}");
        }
        assert!(Format::of_path(Path::new("a.webp")).is_err());
    }

    #[test]
    fn impossible_requests_are_refused() {
        let info = |channels, sample| Info::plain("test", Size::new(9, 9), Size::new(9, 9), channels, sample);
        let (dzi, tif) = (ExportOptions::new(Format::DeepZoom), ExportOptions::new(Format::Tiff));
        let jpeg = ExportOptions { compression: Some(Compression::Jpeg), ..tif.clone() };
        let cases = [
            (dzi.clone(), info(4, SampleType::U16), true),
            (dzi.clone(), info(5, SampleType::U8), false),
            (ExportOptions { overlap: 254, ..dzi }, info(3, SampleType::U8), false),
            (tif.clone(), info(7, SampleType::F32), true),
            (ExportOptions { tile: Some(100), ..tif.clone() }, info(3, SampleType::U8), false),
            (ExportOptions { tile: Some(0), ..tif }, info(3, SampleType::U8), false),
            (jpeg.clone(), info(4, SampleType::U8), true),
            (jpeg, info(3, SampleType::U16), false),
        ];
        for (options, info, fine) in cases {
            assert_eq!(options.check(&info).is_ok(), fine, "{options:?} {}×{:?}", info.channels, info.sample);
        }
    }
}

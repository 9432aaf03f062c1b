//! [`ExportOptions`]: the options of an export. Values only; nothing here opens a file.

use serde::{Deserialize, Serialize};

use super::TiffOptions;
use super::format::Format;
use crate::codec::jpeg::Subsampling;
use crate::geometry::Rect;
use crate::job::MemoryBudget;
use crate::pixels::Downsample;
use crate::{Error, Result};

/// The compression of TIFF tiles or Zarr chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Uncompressed.
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

/// The image format of tiles in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TileFormat {
    /// Small; flattened onto [`ExportOptions::background`].
    #[default]
    Jpg,
    /// Lossless, with alpha.
    Png,
    /// Lossless, with alpha, smaller than PNG and slower to write.
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

/// The treatment of tiles at the image's edge.
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

/// Options of single formats.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extras {
    /// Includes an HTML viewer `index.html`, which works offline.
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

/// The options of an export. `None` is the default for the format and the image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct ExportOptions {
    pub format: Format,
    /// In pixels of the source's level 0, cut at its edges; everything if `None`.
    pub region: Option<Rect>,
    /// The first level to write: 0 is full resolution. Where the source has a level of this downsampling (or less), that level is
    /// read, and downsampled by 2 as often as is left.
    pub level: usize,
    /// Of what `level` gives, in any factor from 1/65536 to 16; 1 if `None`. Powers of two below 1 are exact 2× downsamplings, others
    /// a Lanczos filter of three lobes.
    pub scale: Option<f64>,
    /// How reduced levels are made, also those of `level` and of a `scale` that is a power of two.
    #[serde(default)]
    pub downsample: Downsample,
    /// Flatten onto [`Self::background`] and write no alpha, also where the format could hold it.
    pub flatten: bool,
    /// A side of a tile: 254 for Deep Zoom, 256 for TIFF and 512 for COG (multiples of 16), see [`FormatSpec::tile`](super::FormatSpec::tile).
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
    /// Pass encoded tiles through unchanged where possible. JPEG tiles only without an explicit quality: they avoid a second lossy
    /// encoding.
    pub copy_tiles: bool,
    /// For everything: the blocks, the source's cache ([`Plan::cache_bytes`](super::Plan)) and the program itself.
    pub memory: MemoryBudget,
    /// Workers; one for each processor if `None`. Fewer where the memory does not allow them.
    pub threads: Option<usize>,
    /// Blocks of 2^k × 2^k tiles; as large as memory and workers allow if `None`. The result is the same.
    pub block_exponent: Option<u32>,
    /// Red, green, blue behind transparent pixels where the output has no alpha.
    pub background: [u8; 3],
    pub extras: Extras,
    /// Replace an existing output, as far as [`standing`](super::standing) allows. For one export: it is not
    /// stored with the others.
    #[serde(skip)]
    pub overwrite: bool,
}

//! Defaults for rows of the table.

use super::spec::OptionName::{Copy, Overlap, Quality, Subsampling, Tile, Tiles, Viewer};
use super::spec::{Encoding, FormatSpec, JpegUse, OptionName};
use super::{resolved, tile};
use crate::Error;
use crate::format::{Format, Levels, OutputLayout};
use crate::options::{Compression, ExportOptions, TileFormat};
use crate::pixels::SampleType;
use crate::source::Info;
use crate::tiff_options::Offsets;

/// A folder of small pictures, as most formats are; a row completes it.
pub(super) const TILE_FOLDER: FormatSpec = FormatSpec {
    format: Format::Patches,
    name: "",
    title: "",
    endings: &[],
    layout: OutputLayout::Tiles,
    levels: Levels::ToTile,
    tile: 256,
    tile_step: 1,
    overlap: None,
    quality: 75,
    deflate_level: 6,
    offsets: Offsets::Big,
    jpeg: JpegUse::ByTiles,
    compressions: &[],
    tiles: &[TileFormat::Jpg, TileFormat::Png, TileFormat::Webp],
    options: &[Tile, Tiles, Quality, Subsampling, Viewer, Copy],
    longest: u32::MAX,
    folder: None,
    companion: None,
    keep_depth: false,
    whole_edges: false,
    sorted: false,
    check: resolved::check_pictures,
    check_size: |_, _| Ok(()),
    takes: tile::takes,
    encoding: tile_encoding,
    exact_bytes: |_| None,
    // A file takes whole blocks on the disk.
    tile_overhead: |encoding| if encoding == Encoding::Jpeg { 2600 } else { 2100 },
    table_bytes: |_, _, _| 0,
    piece_rows: |line| rows_within(1 << 20, line),
    create: |_| Err(Error::invalid("internal error: a format without a sink")),
};

/// The options of tiles that overlap.
pub(super) const OVERLAPPING: &[OptionName] = &[Tile, Overlap, Tiles, Quality, Subsampling, Viewer, Copy];

/// One picture by rows.
pub(super) const PICTURE: FormatSpec = FormatSpec {
    layout: OutputLayout::Rows,
    levels: Levels::One,
    tile: 0,
    quality: 90,
    jpeg: JpegUse::Never,
    compressions: &[],
    tiles: &[],
    options: &[],
    longest: i32::MAX as u32,
    check: |_, _| Ok(()),
    takes: |_, _, _| false,
    encoding: |_, _| Encoding::None,
    tile_overhead: |_| 0,
    ..TILE_FOLDER
};

fn tile_encoding(options: &ExportOptions, info: &Info) -> Encoding {
    match options.tile_format() {
        TileFormat::Webp => Encoding::Webp,
        TileFormat::Raw => Encoding::None,
        TileFormat::Png if info.sample == SampleType::U16 => Encoding::Deflate,
        TileFormat::Png | TileFormat::Jpg => Encoding::PngTiles,
    }
}

/// Of a format with a compression of its own.
pub(super) fn own_encoding(options: &ExportOptions, info: &Info) -> Encoding {
    if options.compression_for(info) == Compression::None { Encoding::None } else { Encoding::Deflate }
}

/// Rows of so many bytes that make about `bytes`: 1 to 64.
pub(super) fn rows_within(bytes: u64, line: u64) -> u32 {
    (bytes / line.max(1)).clamp(1, 64) as u32
}

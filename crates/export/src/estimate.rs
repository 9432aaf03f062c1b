//! Guesses for a plan: how large an output becomes and how long it takes. Photographs are what they go by.

use super::format::OutputLayout;
use super::{Compression, ExportOptions, Format, Plan, TileFormat};
use crate::geometry::Size;
use crate::pixels::SampleType;
use crate::source::Info;

/// The kinds of work that packing pixels is.
#[derive(Clone, Copy, PartialEq)]
enum Packing {
    None,
    Jpeg,
    Deflate,
    PngTiles,
    Webp,
}

/// Bytes of the output: exact where nothing is compressed.
pub(super) fn output_bytes(info: &Info, levels: &[Size], tiles: u64, tile: u32, options: &ExportOptions) -> u64 {
    let pixels: u64 = levels.iter().map(|size| size.area()).sum();
    let raw = (pixels * info.pixel_bytes() as u64) as f64;
    let data = match packing(info, options) {
        Packing::Jpeg => pixels as f64 * (0.12 + 0.3 * (f64::from(options.jpeg_quality()) / 100.0).powi(6)),
        Packing::Deflate => raw * 0.6,
        Packing::PngTiles => pixels as f64 * info.channels as f64 * 0.6,
        Packing::Webp => pixels as f64 * info.channels as f64 * 0.45,
        Packing::None if options.format == Format::Bmp => return bmp_bytes(info),
        Packing::None if options.layout() == OutputLayout::Tiles && options.spec().tiles.is_empty() => {
            (tiles * u64::from(tile).pow(2) * info.pixel_bytes() as u64) as f64
        }
        Packing::None => raw,
    };
    // A file takes whole blocks on the disk.
    let each = match (options.format, packing(info, options)) {
        (format, Packing::Jpeg) if format.is_tiff() => 600,
        (format, _) if format.is_tiff() => 16,
        (Format::Szi, _) => 760,
        (Format::Png | Format::Jpeg | Format::Bmp | Format::Raw, _) => 0,
        (_, Packing::Jpeg) => 2600,
        _ => 2100,
    };
    data as u64 + tiles * each
}

/// Bytes of a BMP of such an image, which keeps colors only in whole bytes.
pub(super) fn bmp_bytes(info: &Info) -> u64 {
    let channels =
        if info.channels <= 2 { 1 + 3 * u64::from(info.color.has_alpha()) } else { u64::from(info.channels) };
    let size = info.size();
    (u64::from(size.width) * channels).next_multiple_of(4) * u64::from(size.height) + 1200
}

/// Seconds, from what the codecs do on one usual processor, and a usual disk.
pub(super) fn seconds(info: &Info, plan: &Plan, options: &ExportOptions) -> f64 {
    let read = info.size().area() as f64 / 150e6;
    let written: u64 = plan.levels.iter().map(|size| size.area()).sum();
    let rate = match packing(info, options) {
        Packing::None => 1200e6,
        Packing::Jpeg => 300e6,
        Packing::Deflate => 90e6 / f64::from(options.deflate_level.max(1)).powf(0.8),
        Packing::PngTiles => 150e6,
        Packing::Webp => 12e6,
    };
    let weight = info.pixel_bytes() as f64 / 3.0;
    let folder = options.format != Format::Szi && !options.spec().tiles.is_empty();
    let files = if folder { plan.tiles as f64 * 30e-6 } else { 0.0 };
    let work = (read * weight + written as f64 * weight / rate + files) / plan.workers as f64;
    work.max((output_bytes(info, &plan.levels, plan.tiles, plan.tile, options) + plan.temporary_bytes) as f64 / 600e6)
}

fn packing(info: &Info, options: &ExportOptions) -> Packing {
    if options.is_jpeg(info) {
        return Packing::Jpeg;
    }
    let own = options.spec().tiles.is_empty();
    match options.format {
        Format::Png => Packing::Deflate,
        Format::Bmp | Format::Raw => Packing::None,
        _ if own && options.compression_for(info) == Compression::None => Packing::None,
        _ if own => Packing::Deflate,
        _ => match options.tile_format() {
            TileFormat::Webp => Packing::Webp,
            TileFormat::Raw => Packing::None,
            TileFormat::Png if info.sample == SampleType::U16 => Packing::Deflate,
            TileFormat::Png | TileFormat::Jpg => Packing::PngTiles,
        },
    }
}

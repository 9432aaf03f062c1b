//! Estimates of an export's size and time, calibrated on photographs.

use super::format::OutputLayout;
use super::formats::Encoding;
use super::{ExportOptions, Plan};
use crate::geometry::Size;
use crate::source::{Info, ReadingCost};

/// Bytes of the output: exact where nothing is compressed.
pub(super) fn output_bytes(info: &Info, levels: &[Size], tiles: u64, tile: u32, options: &ExportOptions) -> u64 {
    if let Some(bytes) = (options.spec().exact_bytes)(info) {
        return bytes;
    }
    let pixels: u64 = levels.iter().map(|size| size.area()).sum();
    let raw = (pixels * info.pixel_bytes() as u64) as f64;
    let data = match encoding(info, options) {
        Encoding::Jpeg => pixels as f64 * (0.12 + 0.3 * (f64::from(options.jpeg_quality()) / 100.0).powi(6)),
        Encoding::Deflate => raw * 0.6,
        Encoding::PngTiles => pixels as f64 * info.channels as f64 * 0.6,
        Encoding::Webp => pixels as f64 * info.channels as f64 * 0.45,
        Encoding::None if options.layout() == OutputLayout::Tiles && options.spec().tiles.is_empty() => {
            (tiles * u64::from(tile).pow(2) * info.pixel_bytes() as u64) as f64
        }
        Encoding::None => raw,
    };
    let each = (options.spec().tile_overhead)(encoding(info, options));
    data as u64 + tiles * each
}

/// Seconds, from the speed of the codecs on a typical processor and disk. Reading takes `cost`.
pub(super) fn seconds(info: &Info, plan: &Plan, options: &ExportOptions, cost: ReadingCost) -> f64 {
    // All that is decoded counts, whatever is left of it at a smaller scale.
    let read = cost.all as f64 / 450e6;
    let written: u64 = plan.levels.iter().map(|size| size.area()).sum();
    let rate = match encoding(info, options) {
        Encoding::None => 1200e6,
        Encoding::Jpeg => 300e6,
        Encoding::Deflate => 90e6 / f64::from(options.deflate_level.max(1)).powf(0.8),
        Encoding::PngTiles => 150e6,
        Encoding::Webp => 12e6,
    };
    let weight = info.pixel_bytes() as f64 / 3.0;
    let folder = options.spec().folder.is_some() && !options.spec().tiles.is_empty();
    let files = if folder { plan.tiles as f64 * 30e-6 } else { 0.0 };
    let work = (read + written as f64 * weight / rate + files) / plan.workers as f64;
    work.max((output_bytes(info, &plan.levels, plan.tiles, plan.tile, options) + plan.temporary_bytes) as f64 / 600e6)
}

/// The work of encoding the pixels of such an image.
pub(super) fn encoding(info: &Info, options: &ExportOptions) -> Encoding {
    if options.is_jpeg(info) { Encoding::Jpeg } else { (options.spec().encoding)(options, info) }
}

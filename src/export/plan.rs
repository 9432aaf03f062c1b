//! [`Plan`]: levels, block size, workers and order, decided from the memory budget before anything is written.

use std::path::Path;

use super::{Compression, ExportOptions, Format, pyramid_sizes};
use crate::geometry::{Size, TileGrid};
use crate::pixels::SampleType;
use crate::source::Info;
use crate::{Error, Result};

/// What the program holds beside blocks and cache: code, window, tables.
const BASE_BYTES: u64 = 64 << 20;
/// Block, its halvings and the compressed tile, relative to the block.
const BLOCK_OVERHEAD: f64 = 1.6;
/// Larger blocks save nothing any more.
const MOST_HALVINGS: u32 = 3;

/// How an export will go.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Of each level, full resolution first.
    pub sizes: Vec<Size>,
    /// The side of a tile.
    pub tile: u32,
    /// Pixels that tiles share with their neighbours on each side.
    pub overlap: u32,
    /// Halvings inside a block: it is 2^k tiles wide and high.
    pub halvings: u32,
    /// Blocks worked on at once.
    pub workers: usize,
    /// Blocks across in one strip of the block order.
    pub strip: u32,
    /// What the caller's tile cache should hold, in bytes.
    pub cache: u64,
    /// The predicted peak, cache included, in bytes.
    pub memory: u64,
}

impl Plan {
    /// The plan for writing `info`'s level 0 to `out`. Refuses what the format cannot hold.
    pub fn new(info: &Info, out: &Path, options: &ExportOptions) -> Result<Self> {
        check(info, options).map_err(|error| error.at(out))?;
        let size = info.size();
        let sizes = match options.format {
            Format::DeepZoom => pyramid_sizes(size, 1),
            Format::Tiff if options.pyramid => pyramid_sizes(size, options.tile),
            Format::Tiff => vec![size],
        };
        let overlap = if options.format == Format::DeepZoom { options.overlap } else { 0 };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = options.threads.unwrap_or(cores).clamp(1, 64);
        let budget = options.memory.saturating_sub(BASE_BYTES).max(16 << 20);
        let cache = budget * 45 / 100;
        let block = |halvings: u32| {
            let side = u64::from(options.tile << halvings) + 2 * (u64::from(overlap) << halvings);
            (side as f64 * side as f64 * info.pixel_bytes() as f64 * BLOCK_OVERHEAD) as u64
        };
        let enough = |halvings: u32| options.tile << halvings >= size.longest();
        let fits = |halvings: u32| block(halvings) * workers as u64 <= budget - cache;
        let useful = (0..=MOST_HALVINGS).find(|&halvings| enough(halvings)).unwrap_or(MOST_HALVINGS);
        let halvings = (0..=useful).rev().find(|&halvings| fits(halvings)).unwrap_or(0);
        let workers = (((budget - cache) / block(halvings).max(1)).max(1) as usize).min(workers);
        let memory = BASE_BYTES + cache + block(halvings) * workers as u64;
        let strip = strip_width(info, cache, options.tile << halvings);
        Ok(Self { sizes, tile: options.tile, overlap, halvings, workers, strip, cache, memory })
    }

    /// The tiles of all levels.
    pub fn tiles(&self) -> u64 {
        self.sizes.iter().map(|size| TileGrid::square(*size, self.tile).count()).sum()
    }
}

/// How many blocks of `side` pixels across a strip may be, so that the input tiles that one row of its blocks shares with the
/// next are still in a cache of `cache` bytes: each input is then decoded about once.
fn strip_width(info: &Info, cache: u64, side: u32) -> u32 {
    let input = info.levels.first().map_or(Size::default(), |level| level.tile);
    let rows = u64::from(side) + 2 * u64::from(input.height);
    let across = cache / (rows * info.pixel_bytes() as u64).max(1);
    (across / u64::from(side)).clamp(1, 1 << 20) as u32
}

fn check(info: &Info, options: &ExportOptions) -> Result<()> {
    let tile = options.tile;
    if !(2..=8192).contains(&tile) || !tile.is_multiple_of(2) {
        return Err(Error::invalid(format!("tiles of {tile} pixels: the side must be even, from 2 to 8192")));
    }
    if options.format == Format::Tiff && !tile.is_multiple_of(16) {
        return Err(Error::invalid(format!("tiles of {tile} pixels: TIFF wants a multiple of 16")));
    }
    if options.overlap > tile / 2 {
        return Err(Error::invalid(format!("an overlap of {} is more than half a tile", options.overlap)));
    }
    if options.format == Format::Tiff && options.compression == Compression::Jpeg {
        let colours = info.channels - u8::from(info.colour.has_alpha());
        if info.sample != SampleType::U8 || !matches!(colours, 1 | 3) {
            let what = format!(
                "JPEG holds 8-bit grey or colour, not {} channels of {}; choose --compression deflate",
                info.channels,
                info.sample.name()
            );
            return Err(Error::unsupported(what));
        }
    }
    if options.format == Format::DeepZoom && !(1..=4).contains(&info.channels) {
        let what = format!("Deep Zoom tiles hold grey or colour, not {} channels; write a TIFF", info.channels);
        return Err(Error::unsupported(what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(size: Size, memory: u64, threads: usize) -> Plan {
        let info = Info::plain("test", size, Size::new(800, 600), 3, SampleType::U8);
        let options = ExportOptions { memory, threads: Some(threads), ..ExportOptions::new(Format::DeepZoom) };
        Plan::new(&info, Path::new("x.dzi"), &options).unwrap()
    }

    #[test]
    fn the_budget_holds_whatever_the_size_and_the_workers() {
        for memory in [128 << 20, 256 << 20, 512 << 20, 4 << 30] {
            for threads in [1, 2, 16, 64] {
                let small = plan(Size::new(40_000, 30_000), memory, threads);
                let large = plan(Size::new(480_000, 360_000), memory, threads);
                assert!(small.memory <= memory, "{memory} {threads}: {small:?}");
                assert_eq!((small.memory, small.strip), (large.memory, large.strip), "the size does not matter");
            }
        }
    }

    #[test]
    fn small_pictures_take_small_blocks() {
        assert_eq!(plan(Size::new(200, 100), 1 << 30, 2).halvings, 0);
        assert_eq!(plan(Size::new(1000, 100), 1 << 30, 2).halvings, 2);
    }

    #[test]
    fn what_a_format_cannot_hold_is_refused() {
        let size = Size::new(100, 100);
        let deep = Info::plain("test", size, size, 3, SampleType::U16);
        let many = Info::plain("test", size, size, 6, SampleType::U8);
        let tiff = ExportOptions::new(Format::Tiff);
        let zoom = ExportOptions::new(Format::DeepZoom);
        let refused = |info: &Info, options: &ExportOptions| Plan::new(info, Path::new("x"), options).is_err();
        assert!(refused(&deep, &tiff) && refused(&many, &zoom));
        assert!(!refused(&deep, &ExportOptions { compression: Compression::Deflate, ..tiff.clone() }));
        assert!(refused(&deep, &ExportOptions { tile: 255, ..zoom.clone() }));
        assert!(refused(&deep, &ExportOptions { tile: 254, compression: Compression::None, ..tiff }));
    }
}

//! [`plan`]: what an export will take, before it starts; and the refusals that spare a useless start.

use std::path::Path;

use crate::geometry::{Size, TileGrid};
use crate::job::show_bytes;
use crate::pixels::SampleType;
use crate::source::{Info, Source};
use crate::{Error, Result};

use super::sinks::tiff;
use super::{Compression, ExportOptions, Format, Offsets, TileFormat, choose, strip_columns, workspace};

/// What an export will take.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Of the levels written, finest first.
    pub levels: Vec<Size>,
    /// The side of a tile.
    pub tile: u32,
    /// Pixels that a tile shares with each neighbour.
    pub overlap: u32,
    /// Tiles to write, on all levels.
    pub tiles: u64,
    /// A block is 2^k × 2^k tiles.
    pub k: u32,
    pub workers: usize,
    /// What the source's tile cache is to hold: give it this budget before [`run`](super::run).
    pub cache_bytes: u64,
    /// The most memory the program will hold, that cache and itself included.
    pub peak_bytes: u64,
    /// A guess at the size of the output, exact for uncompressed ones.
    pub output_bytes: u64,
    /// Of files that are gone when it ends.
    pub temporary_bytes: u64,
    /// On the disk of the output, where the system tells.
    pub free_bytes: Option<u64>,
    pub(super) stages: Vec<StagePlan>,
}

/// One pass over the base or over the spool of the stage before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StagePlan {
    /// The level its pixels are.
    pub first: usize,
    /// Levels it writes.
    pub count: usize,
    /// Side of a block in its pixels.
    pub block: u32,
    /// What a block needs around it, so that the tiles of its last level overlap.
    pub margin: u32,
    /// Columns of blocks in a strip.
    pub strip: u32,
}

/// What the program itself takes: code, buffers, the codecs' and the allocator's own.
const BASE_BYTES: u64 = 64 << 20;
/// A COG has overviews until both sides are at most this.
const COG_SMALLEST: u32 = 512;
/// What a worker takes besides its block: a decoded tile on its way to the cache, streams, a scratch row.
const WORKER_BYTES: u64 = 2 << 20;
/// Larger blocks gain nothing: their margin is already small.
const LARGEST_K: u32 = 3;

/// What writing `source` to `out` will take. Refuses what cannot go well: options the format does not know, too little
/// memory for even one block, too little room on the disk.
pub fn plan(source: &dyn Source, out: &Path, options: &ExportOptions) -> Result<Plan> {
    plan_rest(source, out, options, 0)
}

/// The same where `done` tiles are on the disk already.
pub(super) fn plan_rest(source: &dyn Source, out: &Path, options: &ExportOptions, done: u64) -> Result<Plan> {
    options.check(source.info()).map_err(|error| error.at(out))?;
    let base = choose(source, options)?;
    let plan = plan_memory(base.info(), options).map_err(|error| error.at(out))?;
    let free_bytes = fs4::available_space(workspace::folder_of(out)).ok();
    let plan = Plan { free_bytes, ..plan };
    check_reach(&plan, base.info(), options).and_then(|()| check_room(&plan, done)).map_err(|error| error.at(out))?;
    Ok(plan)
}

/// The part of the plan that no disk has a say in.
fn plan_memory(info: &Info, options: &ExportOptions) -> Result<Plan> {
    let (tile, overlap) = (options.tile_side(), options.overlap_pixels());
    let levels = levels(info.size(), tile, options);
    let tiles = levels.iter().map(|&size| TileGrid::square(size, tile).count()).sum();
    let budget = options.memory.0;
    let cache_bytes = budget / 5 * 2;
    let tables = if options.format.is_tiff() { tiles * 16 * tiff::planes(info, options) as u64 } else { 0 };
    let (k, workers) = blocks_for(info, options, budget.saturating_sub(cache_bytes), BASE_BYTES + tables)?;
    let stages = stages(info, &levels, options, k, cache_bytes);
    let spools = stages.iter().filter_map(|stage| levels.get(stage.first + stage.count));
    let spooled: u64 = spools.map(|size| size.area() * info.pixel_bytes() as u64).sum();
    let peak_bytes = BASE_BYTES
        + cache_bytes
        + tables
        + workers as u64 * (block_bytes(info, tile, overlap, k) + scaling_bytes(info, options));
    let output_bytes = output_bytes(info, &levels, tiles, options);
    // The tiles of a COG are sorted once all are there.
    let temporary_bytes = spooled + if options.format == Format::Cog { output_bytes } else { 0 };
    Ok(Plan {
        tiles,
        tile,
        overlap,
        k,
        workers,
        cache_bytes,
        peak_bytes,
        output_bytes,
        temporary_bytes,
        free_bytes: None,
        stages,
        levels,
    })
}

/// Sizes from full resolution down: to 1×1 for Deep Zoom, to a single tile for TIFF.
fn levels(size: Size, tile: u32, options: &ExportOptions) -> Vec<Size> {
    let smallest = match options.format {
        Format::DeepZoom => 1,
        Format::Tiff | Format::OmeTiff if options.pyramid => tile,
        Format::Cog if options.pyramid => COG_SMALLEST,
        Format::Tiff | Format::OmeTiff | Format::Cog => return vec![size],
    };
    let all = std::iter::successors(Some(size), |size| (size.longest() > smallest).then(|| size.halved()));
    all.collect()
}

/// The largest k with which every worker has its block and enough blocks to share; then fewer workers rather than none.
///
/// `budget` is all but the cache, `taken` what of it is not for blocks.
fn blocks_for(info: &Info, options: &ExportOptions, budget: u64, taken: u64) -> Result<(u32, usize)> {
    let share = budget.saturating_sub(taken);
    let (tile, overlap) = (options.tile_side(), options.overlap_pixels());
    let processors = || std::thread::available_parallelism().map_or(4, std::num::NonZero::get);
    let wanted = options.threads.unwrap_or_else(processors).max(1);
    // A block of one odd tile has no half.
    let smallest = tile % 2;
    let affordable = |k: u32| share / (block_bytes(info, tile, overlap, k) + scaling_bytes(info, options));
    let blocks = |k: u32| TileGrid::square(info.size(), tile << k).count();
    let busy = |k: &u32| affordable(*k) >= wanted as u64 && blocks(*k) >= 4 * wanted as u64;
    let best = || (smallest..=LARGEST_K).rev().find(busy).unwrap_or(smallest);
    let k = options.block_exponent.map_or_else(best, |k| k.clamp(smallest, 8));
    let workers = affordable(k).min(wanted as u64) as usize;
    if workers == 0 {
        // Of each byte more, the cache takes nearly half.
        let needed = (taken + block_bytes(info, tile, overlap, k) + scaling_bytes(info, options)) * 2;
        let given = show_bytes(options.memory.0);
        return Err(Error::limit(format!(
            "{given} of memory hold no block of {tile}-pixel tiles; allow {} or take smaller tiles",
            show_bytes(needed)
        )));
    }
    Ok((k, workers))
}

/// What a worker holds: a block with its margins, the level above it, and as much again as the source needs on the way.
fn block_bytes(info: &Info, tile: u32, overlap: u32, k: u32) -> u64 {
    let side = u64::from(tile + 2 * overlap) << k;
    side * side * info.pixel_bytes() as u64 * 3 / 2 + WORKER_BYTES
}

/// What a worker holds besides, while it resamples: a piece of the source, once more as floats, and how it came.
fn scaling_bytes(info: &Info, options: &ExportOptions) -> u64 {
    if options.scale.is_none() { 0 } else { 600 * 600 * (info.pixel_bytes() as u64 * 2 + info.channels as u64 * 4) }
}

/// The passes that write `levels`, the first with a cache of `cache` bytes.
fn stages(info: &Info, levels: &[Size], options: &ExportOptions, k: u32, cache: u64) -> Vec<StagePlan> {
    let tile = options.tile_side();
    let block = tile << k;
    let mut stages = Vec::new();
    let mut first = 0;
    while let Some(&size) = levels.get(first) {
        let left = levels.len() - first;
        let grid = TileGrid::square(size, block);
        let alone = grid.count() == 1;
        let count = if alone { left } else { left.min((k + 1 - tile % 2) as usize) };
        let source = info.levels[0].tile;
        let strip = if first == 0 { strip_columns(grid, source, info.pixel_bytes(), cache) } else { grid.columns() };
        let margin = if alone { 0 } else { options.overlap_pixels() << (count - 1) };
        stages.push(StagePlan { first, count, block, margin, strip });
        first += count;
    }
    stages
}

/// A guess for compressed tiles, from what photographs take.
fn output_bytes(info: &Info, levels: &[Size], tiles: u64, options: &ExportOptions) -> u64 {
    let pixels: u64 = levels.iter().map(|size| size.area()).sum();
    let raw = (pixels * info.pixel_bytes() as u64) as f64;
    let jpeg = || pixels as f64 * (0.12 + 0.3 * (f64::from(options.jpeg_quality()) / 100.0).powi(6));
    let (data, each) = match (options.format, options.compression_for(info), options.tiles) {
        (Format::DeepZoom, _, TileFormat::Jpg) => (jpeg(), 2600),
        // A file takes whole blocks on the disk.
        (Format::DeepZoom, _, TileFormat::Png) => {
            (pixels as f64 * info.channels as f64 * if info.sample == SampleType::U8 { 0.6 } else { 0.8 }, 2100)
        }
        (_, Compression::Jpeg, _) => (jpeg(), 600),
        (_, Compression::Lzw | Compression::Deflate | Compression::Zstd, _) => (raw * 0.6, 16),
        (_, Compression::None, _) => {
            let padded = tiles * u64::from(options.tile_side()).pow(2) * info.pixel_bytes() as u64;
            (padded as f64, 16)
        }
    };
    data as u64 + tiles * each
}

/// Refuse a classic TIFF that surely ends beyond its last position.
fn check_reach(plan: &Plan, info: &Info, options: &ExportOptions) -> Result<()> {
    let exact = options.format.is_tiff() && options.compression_for(info) == Compression::None;
    if exact && options.tiff.offsets == Some(Offsets::Classic) && plan.output_bytes > tiff::CLASSIC_END {
        let size = show_bytes(plan.output_bytes);
        return Err(Error::limit(format!("a classic TIFF ends at 4 GiB, this would have {size}; choose BigTIFF")));
    }
    Ok(())
}

/// Refuse when the output surely does not fit: most of it is a guess, so half of it must be missing.
fn check_room(plan: &Plan, done: u64) -> Result<()> {
    let left = (1.0 - done as f64 / plan.tiles.max(1) as f64).max(0.0);
    let surely = ((plan.temporary_bytes + plan.output_bytes / 2) as f64 * left) as u64;
    match plan.free_bytes {
        Some(free) if free < surely => {
            let needed = show_bytes(plan.output_bytes + plan.temporary_bytes);
            let what = format!("about {needed} needed, {} free; make room or choose another disk", show_bytes(free));
            Err(Error::NoSpace { path: std::path::PathBuf::new(), what })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::MemoryBudget;

    fn photo(width: u32, height: u32) -> Info {
        Info::plain("test", Size::new(width, height), Size::new(800, 600), 3, SampleType::U8)
    }

    #[test]
    fn the_prediction_stays_within_the_budget() {
        for mib in [192, 256, 512, 1024, 4096] {
            for threads in [1, 2, 4, 16, 64] {
                for format in [Format::DeepZoom, Format::Tiff] {
                    for (width, height) in [(1, 1), (40_000, 30_000), (480_000, 360_000)] {
                        let memory = MemoryBudget(mib << 20);
                        let options = ExportOptions { memory, threads: Some(threads), ..ExportOptions::new(format) };
                        let Ok(plan) = plan_memory(&photo(width, height), &options) else {
                            assert!(mib < 256, "{mib} MiB are enough");
                            continue;
                        };
                        assert!(
                            plan.peak_bytes <= memory.0,
                            "{mib} MiB, {threads} threads, {width}×{height}: {plan:?}"
                        );
                        assert!(plan.workers <= threads && plan.workers >= 1);
                        assert!(mib < 512 || plan.workers >= threads.min(16), "{mib} MiB: {} workers", plan.workers);
                    }
                }
            }
        }
    }

    #[test]
    fn too_little_memory_is_refused_with_advice() {
        for tile in [256, 4096] {
            let given = |memory| {
                let memory = MemoryBudget(memory);
                plan_memory(
                    &photo(9000, 9000),
                    &ExportOptions { memory, tile: Some(tile), ..ExportOptions::new(Format::Tiff) },
                )
            };
            let error = given(64 << 20).unwrap_err();
            assert!(matches!(error, Error::Limit { .. }), "{error}");
            let text = error.to_string();
            let advice = text.split_once("allow ").and_then(|(_, rest)| rest.split_once(" or")).unwrap().0;
            assert!(given(crate::job::parse_bytes(advice).unwrap()).is_ok(), "{advice} is enough");
        }
    }

    #[test]
    fn levels_go_down_to_what_the_format_wants() {
        let sizes = |format, width, height| {
            let options = ExportOptions::new(format);
            levels(Size::new(width, height), options.tile_side(), &options).len()
        };
        let cases = [(1, 1, 1, 1), (2, 1, 2, 1), (255, 3, 9, 1), (257, 9, 10, 2), (1025, 700, 12, 4)];
        for (width, height, deep_zoom, tiff) in cases {
            assert_eq!(sizes(Format::DeepZoom, width, height), deep_zoom, "{width}×{height}");
            assert_eq!(sizes(Format::Tiff, width, height), tiff, "{width}×{height}");
        }
    }

    #[test]
    fn stages_cover_each_level_once() {
        for (tile, k) in [(254, 0), (254, 3), (255, 1), (17, 2)] {
            let options = ExportOptions { tile: Some(tile), ..ExportOptions::new(Format::DeepZoom) };
            let levels = levels(Size::new(30_000, 500), tile, &options);
            let stages = stages(&photo(30_000, 500), &levels, &options, k, 200 << 20);
            let covered: Vec<_> = stages.iter().flat_map(|stage| stage.first..stage.first + stage.count).collect();
            assert_eq!(covered, (0..levels.len()).collect::<Vec<_>>(), "tiles of {tile}, k {k}");
            for stage in &stages[..stages.len() - 1] {
                assert_eq!(stage.block >> stage.count << stage.count, stage.block, "a block has a whole rest");
            }
        }
    }
}

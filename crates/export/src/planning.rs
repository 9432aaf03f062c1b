//! [`plan`]: the plan of an export, and the errors that are known before it starts.

use std::path::Path;

use super::copied::CopiedLevel;
use super::format::{Levels, OutputLayout};
use super::formats::Encoding;
use super::plan::{Plan, StagePlan};
use super::tiff_options::{CLASSIC_END, Offsets};
use super::{ExportOptions, choose, estimate, passthrough, strip_columns};
use crate::geometry::{Size, TileGrid};
use crate::job::show_bytes;
use crate::source::{Info, Source};
use crate::{Error, Result};

/// Memory of the program itself: code, buffers, codecs, allocator.
const BASE_BYTES: u64 = 64 << 20;
/// Memory of a worker besides its block: a decoded tile, streams, a scratch row.
const WORKER_BYTES: u64 = 2 << 20;
/// Pixels of the full resolution that are reduced at a time.
const REDUCED_PIECE: u64 = 4 << 20;
/// Larger blocks gain nothing: their margin is already small.
const LARGEST_K: u32 = 3;
/// The sides of blocks for row formats: multiples of a piece of a JPEG.
const ROW_BLOCKS: [u32; 5] = [2048, 1024, 512, 256, SMALLEST_ROW_BLOCK];
const SMALLEST_ROW_BLOCK: u32 = 128;

/// The plan for writing `source` to `out`. Fails for options that the format does not have, too little
/// memory for even one block, too little room on the disk.
pub fn plan(source: &dyn Source, out: &Path, options: &ExportOptions) -> Result<Plan> {
    plan_rest(source, out, options, 0)
}

/// The same where `done` tiles are on the disk already.
pub(super) fn plan_rest(source: &dyn Source, out: &Path, options: &ExportOptions, done: u64) -> Result<Plan> {
    options.check(source.info()).map_err(|error| error.at(out))?;
    let base = choose(source, options)?;
    check_size(base.info(), options).map_err(|error| error.at(out))?;
    let plan = plan_memory(base.info(), options).map_err(|error| error.at(out))?;
    let free_bytes = fs4::available_space(mosaicist_core::whole_file::folder_of(out)).ok();
    let copied = passthrough::find(source, options, &plan.levels, plan.tile);
    let copied_tiles = copied.iter().flatten().map(CopiedLevel::tiles).sum();
    let plan = Plan { free_bytes, copied_tiles, copied, ..plan };
    check_reach(&plan, base.info(), options).and_then(|()| check_room(&plan, done)).map_err(|error| error.at(out))?;
    Ok(plan)
}

/// Fails if the image is larger than the format allows.
fn check_size(info: &Info, options: &ExportOptions) -> Result<()> {
    let (size, spec) = (info.size(), options.spec());
    let smaller = "write a .tif or .dzi, or only a part, or at a lower resolution (--level)";
    if size.longest() > spec.longest {
        let what = format!("{} holds {} pixels a side, not {size}; {smaller}", spec.title, spec.longest);
        return Err(Error::limit(what));
    }
    (spec.check_size)(options, info)
}

/// The part of the plan that no disk has a say in.
fn plan_memory(info: &Info, options: &ExportOptions) -> Result<Plan> {
    let plan = match options.layout() {
        OutputLayout::Tiles => plan_tiles(info, options)?,
        OutputLayout::Rows => plan_rows(info, options)?,
        OutputLayout::Places => plan_places(info, options)?,
    };
    let output_bytes = estimate::output_bytes(info, &plan.levels, plan.tiles, plan.tile, options);
    let seconds = estimate::seconds(info, &plan, options);
    let sorted = if options.spec().sorted { output_bytes } else { 0 };
    Ok(Plan { output_bytes, seconds, temporary_bytes: plan.temporary_bytes + sorted, ..plan })
}

fn plan_tiles(info: &Info, options: &ExportOptions) -> Result<Plan> {
    let (tile, overlap) = (options.tile_side(), options.overlap_pixels());
    let levels = options.levels().sizes(info.size(), tile);
    let tiles = levels.iter().map(|&size| TileGrid::square(size, tile).count()).sum();
    let budget = options.memory.0;
    let cache_bytes = budget / 5 * 2;
    let tables = (options.spec().table_bytes)(options, info, tiles);
    let (k, workers) = blocks_for(info, options, budget.saturating_sub(cache_bytes), BASE_BYTES + tables)?;
    let stages = stages(info, &levels, options, k, cache_bytes);
    let spools = stages.iter().filter_map(|stage| levels.get(stage.first + stage.count));
    let temporary_bytes = spools.map(|size| size.area() * info.pixel_bytes() as u64).sum();
    let peak_bytes = BASE_BYTES
        + cache_bytes
        + tables
        + workers as u64 * (block_bytes(info, tile, overlap, k) + scaling_bytes(info, options));
    Ok(Plan {
        levels,
        tile,
        overlap,
        tiles,
        k,
        workers,
        cache_bytes,
        peak_bytes,
        temporary_bytes,
        stages,
        ..Plan::empty()
    })
}

/// Blocks of any size, for formats with a fixed offset for each row.
fn plan_places(info: &Info, options: &ExportOptions) -> Result<Plan> {
    let (cache, share) = (options.memory.0 / 5 * 2, options.memory.0 / 5 * 3);
    let sides = row_blocks(options);
    let found = sides.iter().find_map(|&side| workers_for(info, options, side, share, 0, true));
    let last = || workers_for(info, options, sides[sides.len() - 1], share, 0, false);
    let (side, workers) = found.or_else(last).ok_or_else(|| too_little(info, options, sides[sides.len() - 1], 0))?;
    Ok(one_pass(info, options, side, workers, cache))
}

/// Blocks whose rows wait until they are as wide as the image, in memory if they can.
///
/// They can where the cache holds all inputs of two rows of blocks; else the blocks come in strips, so that inputs are
/// decoded once, and the whole image waits in a file.
fn plan_rows(info: &Info, options: &ExportOptions) -> Result<Plan> {
    let (size, bytes) = (info.size(), info.pixel_bytes() as u64);
    let (cache, share) = (options.memory.0 / 5 * 2, options.memory.0 / 5 * 3);
    let line = u64::from(size.width) * bytes;
    // A piece and its encoded bytes, for each worker.
    let pieces = 2 * line * u64::from((options.spec().piece_rows)(line));
    let rows = |side: u32| u64::from(side.min(size.height));
    let bands = |side: u32| 2 * line * rows(side);
    let in_order = |side: u32| {
        let blocks = TileGrid::square(size, side);
        strip_columns(blocks, info.levels[0].tile, info.pixel_bytes(), cache) >= blocks.columns()
    };
    let sides = row_blocks(options);
    let smallest = sides[sides.len() - 1];
    let in_memory = |side: u32, busy| {
        let needed = bands(side);
        let room = share.checked_sub(needed).filter(|_| in_order(side))?;
        workers_for(info, options, side, room, pieces, busy)
    };
    let found = sides.iter().find_map(|&side| in_memory(side, true)).or_else(|| in_memory(smallest, false));
    let in_file = |busy| sides.iter().find_map(|&side| workers_for(info, options, side, share, pieces, busy));
    let chosen = found.or_else(|| in_file(true)).or_else(|| in_file(false));
    let (side, workers) = chosen.ok_or_else(|| too_little(info, options, smallest, pieces))?;
    let plan = one_pass(info, options, side, workers, cache);
    let bands_in_memory = found.is_some();
    Ok(Plan {
        bands_in_memory,
        peak_bytes: plan.peak_bytes + workers as u64 * pieces + if bands_in_memory { bands(side) } else { 0 },
        temporary_bytes: if bands_in_memory { 0 } else { size.area() * bytes },
        ..plan
    })
}

/// The sides that blocks of rows may have, the largest first.
fn row_blocks(options: &ExportOptions) -> Vec<u32> {
    options.block_exponent.map_or_else(|| ROW_BLOCKS.to_vec(), |k| vec![SMALLEST_ROW_BLOCK << k.min(4)])
}

/// `side`, and how many workers have room for such blocks; all that are wanted, and with enough blocks, if they are to be `busy`.
fn workers_for(
    info: &Info,
    options: &ExportOptions,
    side: u32,
    share: u64,
    each: u64,
    busy: bool,
) -> Option<(u32, usize)> {
    let room = share.saturating_sub(BASE_BYTES) / (block_bytes(info, side, 0, 0) + scaling_bytes(info, options) + each);
    let wanted = options.workers();
    let enough = TileGrid::square(info.size(), side).count() >= 4 * wanted as u64 && room >= wanted as u64;
    let workers = room.min(wanted as u64) as usize;
    (workers > 0 && (enough || !busy)).then_some((side, workers))
}

fn too_little(info: &Info, options: &ExportOptions, side: u32, each: u64) -> Error {
    let needed = (BASE_BYTES + block_bytes(info, side, 0, 0) + scaling_bytes(info, options) + each) * 2;
    let given = show_bytes(options.memory.0);
    Error::limit(format!(
        "{given} of memory do not hold rows of {} pixels; allow {}",
        info.size().width,
        show_bytes(needed)
    ))
}

/// One level and one stage, in blocks of `side` that are the output's tiles.
fn one_pass(info: &Info, options: &ExportOptions, side: u32, workers: usize, cache_bytes: u64) -> Plan {
    let grid = TileGrid::square(info.size(), side);
    let strip = strip_columns(grid, info.levels[0].tile, info.pixel_bytes(), cache_bytes);
    debug_assert!(options.levels() == Levels::One, "rows have no levels");
    let stage = StagePlan { first: 0, count: 1, block: side, margin: 0, strip };
    Plan {
        levels: vec![info.size()],
        tile: side,
        // So an interrupted export finds its blocks again.
        k: (side / SMALLEST_ROW_BLOCK).max(1).ilog2(),
        tiles: grid.count(),
        workers,
        cache_bytes,
        peak_bytes: BASE_BYTES
            + cache_bytes
            + workers as u64 * (block_bytes(info, side, 0, 0) + scaling_bytes(info, options)),
        stages: vec![stage],
        ..Plan::empty()
    }
}

/// The largest k with which every worker has its block and enough blocks to share; then fewer workers rather than none.
///
/// `budget` is the memory without the cache, `taken` its part not available to blocks.
fn blocks_for(info: &Info, options: &ExportOptions, budget: u64, taken: u64) -> Result<(u32, usize)> {
    let share = budget.saturating_sub(taken);
    let (tile, overlap) = (options.tile_side(), options.overlap_pixels());
    let wanted = options.workers();
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

/// Memory of a worker: a block with its margins, the level above it, and as much again for the source.
fn block_bytes(info: &Info, tile: u32, overlap: u32, k: u32) -> u64 {
    let side = u64::from(tile + 2 * overlap) << k;
    side * side * info.pixel_bytes() as u64 * 3 / 2 + WORKER_BYTES
}

/// Further memory of a worker that resamples: a piece of the source, as stored and as floats.
fn scaling_bytes(info: &Info, options: &ExportOptions) -> u64 {
    let resampled = if options.scale.is_none() {
        0
    } else {
        600 * 600 * (info.pixel_bytes() as u64 * 2 + info.channels as u64 * 4)
    };
    // What is reduced is read in pieces of the full resolution, each halved in memory.
    let reduced = options.level > 0 || options.scale.is_some_and(|scale| scale < 1.0);
    resampled + if reduced { REDUCED_PIECE * info.pixel_bytes() as u64 * 2 } else { 0 }
}

/// The stages that write `levels`, the first with a cache of `cache` bytes.
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

/// Refuse a classic TIFF that surely ends beyond its last position.
fn check_reach(plan: &Plan, info: &Info, options: &ExportOptions) -> Result<()> {
    let exact = estimate::encoding(info, options) == Encoding::None;
    if exact && options.tiff.offsets == Some(Offsets::Classic) && plan.output_bytes > CLASSIC_END {
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
    use crate::Format;
    use crate::job::MemoryBudget;
    use crate::pixels::SampleType;

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
    fn stages_cover_each_level_once() {
        for (tile, k) in [(254, 0), (254, 3), (255, 1), (17, 2)] {
            let options = ExportOptions { tile: Some(tile), ..ExportOptions::new(Format::DeepZoom) };
            let levels = options.levels().sizes(Size::new(30_000, 500), tile);
            let stages = stages(&photo(30_000, 500), &levels, &options, k, 200 << 20);
            let covered: Vec<_> = stages.iter().flat_map(|stage| stage.first..stage.first + stage.count).collect();
            assert_eq!(covered, (0..levels.len()).collect::<Vec<_>>(), "tiles of {tile}, k {k}");
            for stage in &stages[..stages.len() - 1] {
                assert_eq!(stage.block >> stage.count << stage.count, stage.block, "a block has a whole rest");
            }
        }
    }
}

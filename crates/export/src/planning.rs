//! [`plan`]: the plan of an export, and the errors that are known before it starts.

use std::path::Path;

use super::copied::CopiedLevel;
use super::format::{Levels, OutputLayout};
use super::formats::Encoding;
use super::plan::{Plan, StagePlan};
use super::shares::Memory;
use super::tiff_options::{CLASSIC_END, Offsets};
use super::{ExportOptions, choose, estimate, passthrough};
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::job::show_bytes;
use crate::source::{Info, ReadingCost, Source};
use crate::{Error, Result};

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
    let cost = |rect| base.cost(Region::new(0, rect));
    let plan = plan_memory(base.info(), options, &cost).map_err(|error| error.at(out))?;
    let free_bytes = fs4::available_space(mosaicist_core::whole_file::folder_of(out)).ok();
    let copied = passthrough::find(source, options, &plan.levels, plan.tile);
    let copied_tiles = copied.iter().flatten().map(CopiedLevel::tiles).sum();
    // Where all tiles are copied, no pixel is read.
    let nothing = |_| ReadingCost::default();
    let plan = if copied_tiles < plan.tiles { plan } else { plan_memory(base.info(), options, &nothing)? };
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

/// The part of the plan that no disk has a say in. Reading a part of the image takes what `reading` gives.
fn plan_memory(info: &Info, options: &ExportOptions, reading: &dyn Fn(Rect) -> ReadingCost) -> Result<Plan> {
    let cost = reading(info.whole(0));
    let planned = |wished: u64| {
        let memory = Memory { info, options, cost, reading, fixed: 0, wished };
        match options.layout() {
            OutputLayout::Tiles => plan_tiles(memory),
            OutputLayout::Rows => plan_rows(memory),
            OutputLayout::Places => plan_places(memory),
        }
    };
    let [usual, less, least] = Memory::wishes(options.memory.0);
    let plan = planned(usual).or_else(|_| planned(less)).or_else(|_| planned(least))?;
    let output_bytes = estimate::output_bytes(info, &plan.levels, plan.tiles, plan.tile, options);
    let seconds = estimate::seconds(info, &plan, options, cost);
    let sorted = if options.spec().sorted { output_bytes } else { 0 };
    Ok(Plan { output_bytes, seconds, temporary_bytes: plan.temporary_bytes + sorted, ..plan })
}

fn plan_tiles(memory: Memory<'_>) -> Result<Plan> {
    let Memory { info, options, .. } = memory;
    let (tile, overlap) = (options.tile_side(), options.overlap_pixels());
    let levels = options.levels().sizes(info.size(), tile);
    let tiles = levels.iter().map(|&size| TileGrid::square(size, tile).count()).sum();
    let memory = memory.with_fixed((options.spec().table_bytes)(options, info, tiles));
    let (k, workers) = blocks_for(&memory)?;
    let stages = stages(&memory, &levels, k);
    let spools = stages.iter().filter_map(|stage| levels.get(stage.first + stage.count));
    let temporary_bytes = spools.map(|size| size.area() * info.pixel_bytes() as u64).sum();
    let busy = TileGrid::square(info.size(), tile << k).count().min(workers as u64);
    let peak_bytes = memory.peak(busy, memory.block(tile, overlap, k));
    let cache_bytes = memory.cache();
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
fn plan_places(memory: Memory<'_>) -> Result<Plan> {
    let sides = row_blocks(memory.options);
    let smallest = sides[sides.len() - 1];
    let busy = |side: &u32| workers_for(&memory, *side, 0, true);
    let once = sides.iter().filter(|&&side| memory.decodes_once(side)).find_map(busy);
    let found = once.or_else(|| sides.iter().find_map(busy));
    let chosen = found.or_else(|| workers_for(&memory, smallest, 0, false));
    let (side, workers) = chosen.ok_or_else(|| too_little(&memory, smallest, 0))?;
    Ok(one_pass(&memory, side, workers, 0))
}

/// Blocks whose rows wait until they are as wide as the image, in memory if they can.
///
/// They can where the cache holds all inputs of two rows of blocks; else the blocks come in strips, so that inputs are
/// decoded once, and the whole image waits in a file.
fn plan_rows(memory: Memory<'_>) -> Result<Plan> {
    let Memory { info, options, .. } = memory;
    let (size, bytes) = (info.size(), info.pixel_bytes() as u64);
    let line = u64::from(size.width) * bytes;
    // A piece and its encoded bytes, for each worker.
    let pieces = 2 * line * u64::from((options.spec().piece_rows)(line)).min(size.height.into());
    // One band waits while the next one begins.
    let with_bands = |side: u32| memory.with_fixed(line * u64::from((2 * side).min(size.height)));
    let in_order = |side: u32| {
        let blocks = TileGrid::square(size, side);
        memory.strip_columns(blocks).unwrap_or(0) >= blocks.columns()
    };
    let sides = row_blocks(options);
    let smallest = sides[sides.len() - 1];
    let in_memory = |side: u32, busy| {
        Some(()).filter(|()| in_order(side)).and_then(|()| workers_for(&with_bands(side), side, pieces, busy))
    };
    let found = sides.iter().find_map(|&side| in_memory(side, true)).or_else(|| in_memory(smallest, false));
    let in_file = |busy| sides.iter().find_map(|&side| workers_for(&memory, side, pieces, busy));
    let chosen = found.or_else(|| in_file(true)).or_else(|| in_file(false));
    let (side, workers) = chosen.ok_or_else(|| too_little(&memory, smallest, pieces))?;
    let bands_in_memory = found.is_some();
    let held = if bands_in_memory { with_bands(side) } else { memory };
    let temporary_bytes = if bands_in_memory { 0 } else { size.area() * bytes };
    Ok(Plan { temporary_bytes, bands_in_memory, ..one_pass(&held, side, workers, pieces) })
}

/// The sides that blocks of rows may have, the largest first.
fn row_blocks(options: &ExportOptions) -> Vec<u32> {
    options.block_exponent.map_or_else(|| ROW_BLOCKS.to_vec(), |k| vec![SMALLEST_ROW_BLOCK << k.min(4)])
}

/// `side`, and how many workers have room for such blocks and `each` bytes more; all that are wanted, and with enough blocks, if
/// they are to be `busy`.
fn workers_for(memory: &Memory<'_>, side: u32, each: u64, busy: bool) -> Option<(u32, usize)> {
    let wanted = memory.options.workers() as u64;
    let workers = memory.workers(memory.block(side, 0, 0) + each);
    let enough = TileGrid::square(memory.info.size(), side).count() >= 4 * wanted && workers == wanted;
    (workers > 0 && (enough || !busy)).then_some((side, workers as usize))
}

fn too_little(memory: &Memory<'_>, side: u32, each: u64) -> Error {
    let width = memory.info.size().width;
    memory.refusal(&format!("rows of {width} pixels do not fit"), memory.block(side, 0, 0) + each, "")
}

/// One level and one stage, in blocks of `side` that are the output's tiles; each worker takes `each` bytes more.
fn one_pass(memory: &Memory<'_>, side: u32, workers: usize, each: u64) -> Plan {
    let Memory { info, options, .. } = memory;
    let grid = TileGrid::square(info.size(), side);
    debug_assert!(options.levels() == Levels::One, "rows have no levels");
    let stage = StagePlan { first: 0, count: 1, block: side, margin: 0, strip: memory.strip(grid) };
    Plan {
        levels: vec![info.size()],
        tile: side,
        // So an interrupted export finds its blocks again.
        k: (side / SMALLEST_ROW_BLOCK).max(1).ilog2(),
        tiles: grid.count(),
        workers,
        cache_bytes: memory.cache(),
        peak_bytes: memory.peak(grid.count().min(workers as u64), memory.block(side, 0, 0) + each),
        stages: vec![stage],
        ..Plan::empty()
    }
}

/// The largest k with which every worker has its block and enough blocks to share, and each input is decoded about once; without
/// the latter, if no k is of that kind; then fewer workers rather than none.
fn blocks_for(memory: &Memory<'_>) -> Result<(u32, usize)> {
    let Memory { info, options, .. } = memory;
    let (tile, overlap) = (options.tile_side(), options.overlap_pixels());
    let wanted = options.workers() as u64;
    // A block of one odd tile has no half.
    let smallest = tile % 2;
    let affordable = |k: u32| memory.workers(memory.block(tile, overlap, k));
    let blocks = |k: u32| TileGrid::square(info.size(), tile << k).count();
    let busy = |k: &u32| affordable(*k) == wanted && blocks(*k) >= 4 * wanted;
    let once = |k: &u32| busy(k) && memory.decodes_once(tile << k);
    let all = || (smallest..=LARGEST_K).rev();
    let best = || all().find(once).or_else(|| all().find(busy)).unwrap_or(smallest);
    let k = options.block_exponent.map_or_else(best, |k| k.clamp(smallest, 8));
    let workers = affordable(k) as usize;
    if workers == 0 {
        let what = format!("a block of {tile}-pixel tiles does not fit");
        return Err(memory.refusal(&what, memory.block(tile, overlap, k), " or take smaller tiles (--tile)"));
    }
    Ok((k, workers))
}

/// The stages that write `levels`.
fn stages(memory: &Memory<'_>, levels: &[Size], k: u32) -> Vec<StagePlan> {
    let options = memory.options;
    let tile = options.tile_side();
    let block = tile << k;
    let mut stages = Vec::new();
    let mut first = 0;
    while let Some(&size) = levels.get(first) {
        let left = levels.len() - first;
        let grid = TileGrid::square(size, block);
        let alone = grid.count() == 1;
        let count = if alone { left } else { left.min((k + 1 - tile % 2) as usize) };
        let strip = if first == 0 { memory.strip(grid) } else { grid.columns() };
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

    fn plan_memory(info: &Info, options: &ExportOptions) -> Result<Plan> {
        super::plan_memory(info, options, &|rect| ReadingCost::of_tiles(info, Region::new(0, rect), 2))
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
                            assert!(mib < 192, "{mib} MiB are enough");
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
            let error = given(36 << 20).unwrap_err();
            assert!(matches!(error, Error::Limit { .. }), "{error}");
            let text = error.to_string();
            let advice = text.split_once("allow ").and_then(|(_, rest)| rest.split_once(" (--memory)")).unwrap().0;
            assert!(given(crate::job::parse_bytes(advice).unwrap()).is_ok(), "{advice} is enough");
        }
    }

    #[test]
    fn an_image_in_one_piece_is_refused_with_what_it_takes() {
        for format in [Format::Tiff, Format::Png, Format::Bmp] {
            let info = Info::plain("test", Size::new(12_000, 9000), Size::new(12_000, 9000), 3, SampleType::U8);
            let given = |mib: u64| {
                let options = ExportOptions { memory: MemoryBudget(mib << 20), ..ExportOptions::new(format) };
                super::plan_memory(&info, &options, &|rect| ReadingCost::of_tiles(&info, Region::new(0, rect), 2))
            };
            let text = given(256).unwrap_err().to_string();
            assert!(text.contains("one piece of the image takes 618 MiB"), "{text}");
            let advice = text.split_once("allow ").and_then(|(_, rest)| rest.split_once(" (--memory)")).unwrap().0;
            assert!(given(crate::job::parse_bytes(advice).unwrap() >> 20).is_ok(), "{text}");
            assert!(!text.contains("--tile"), "{text}");
        }
    }

    #[test]
    fn stages_cover_each_level_once() {
        for (tile, k) in [(254, 0), (254, 3), (255, 1), (17, 2)] {
            let options = ExportOptions { tile: Some(tile), ..ExportOptions::new(Format::DeepZoom) };
            let levels = options.levels().sizes(Size::new(30_000, 500), tile);
            let info = photo(30_000, 500);
            let reading = |rect| ReadingCost::of_tiles(&info, Region::new(0, rect), 2);
            let cost = reading(info.whole(0));
            let memory =
                Memory { info: &info, options: &options, cost, reading: &reading, fixed: 0, wished: 200 << 20 };
            let stages = stages(&memory, &levels, k);
            let covered: Vec<_> = stages.iter().flat_map(|stage| stage.first..stage.first + stage.count).collect();
            assert_eq!(covered, (0..levels.len()).collect::<Vec<_>>(), "tiles of {tile}, k {k}");
            for stage in &stages[..stages.len() - 1] {
                assert_eq!(stage.block >> stage.count << stage.count, stage.block, "a block has a whole rest");
            }
        }
    }
}

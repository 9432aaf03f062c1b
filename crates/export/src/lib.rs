//! From a source of any size to a pyramid on disk, in bounded memory.
//!
//! [`plan`] computes the resources of a job; [`run`] executes it. The unit of work is a block: a square of 2^k × 2^k tiles.
//! A worker reads it once, writes its tiles of k + 1 levels, and hands the rest, 2^(k+1)-fold reduced, to a spool that is
//! the source of the next stage. So memory is workers × block, whatever the size of the image.
//!
//! This crate must not know what its source is made of, and never leaves a partial file under its final name.

use mosaicist_codec as codec;
use mosaicist_core::{Error, IoResultExt, Result, geometry, job, pixels};
use mosaicist_source as source;

mod blocks;
mod copied;
mod depth;
mod earlier;
mod estimate;
mod flattened;
mod folder;
mod format;
mod formats;
mod identity;
mod image;
mod inputs;
mod journal;
mod options;
mod order;
mod part;
mod passthrough;
mod plan;
mod planning;
mod publish;
mod resume;
mod sampled;
mod scaled;
mod shares;
mod spool;
mod target;
#[cfg(test)]
mod tests;
mod tiff_options;
mod workspace;

pub use earlier::OutputFolder;
pub use folder::TileFolder;
pub use format::{Format, Levels, OutputLayout};
pub use formats::{Companion, FORMATS, FormatSpec, JpegUse, LabelMeaning, OptionName, TileSink, write_labels};
pub use image::{write_image, write_image_of, write_plain_tiff, write_raw_samples};
pub use options::{Compression, Edges, ExportOptions, Extras, TileFormat};
pub use order::{BlockOrder, strip_columns};
pub use part::Part;
pub use plan::Plan;
pub use planning::plan;
pub use resume::{Identity, Inputs, ResumeMode, Unfinished, WORTH_KEEPING_SECONDS, input_line, unfinished};
pub use sampled::sampled;
pub use scaled::choose;
pub use target::{Replaced, Standing, check_folder, standing, standing_file};
pub use tiff_options::{Offsets, TiffOptions};
pub use workspace::Workspace;

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;

use crate::job::{Progress, peak_resident};
use crate::source::Source;
use publish::Publication;

/// The result of an export.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    pub tiles: u64,
    pub levels: usize,
    pub blocks: u64,
    /// Of the output.
    pub bytes: u64,
    pub seconds: f64,
    /// The same as the plan expected it ([`Plan::seconds`]).
    pub expected_seconds: f64,
    /// Of the tiles, those that an earlier, interrupted run had written.
    pub resumed_tiles: u64,
    /// The peak memory of the process, if the system reports it.
    pub peak_memory: Option<u64>,
}

/// Writes `source` to `out` with `options`, without resuming. One step of `progress` is one tile.
pub fn run(source: &dyn Source, out: &Path, options: &ExportOptions, progress: &Progress) -> Result<Statistics> {
    run_from(source, out, options, ResumeMode::New, &Identity::default(), progress, &|_| Ok(()))
}

/// Writes `source` to `out` with `options`, possibly resuming an interrupted export.
///
/// Under the name `out` appears the complete result or, after a failure or a cancellation, what was there before. What stands
/// there is replaced only with [`ExportOptions::overwrite`], and by the rules of [`standing`]. Unfinished
/// work stays in a [`Workspace`] beside it if it is worth resuming ([`unfinished`] finds it): after a full disk, after more
/// than some seconds of work, and where the caller resumes anyway. An error of the source ends the export: a source that can
/// go on without a part of itself does so, and warns. `check` is asked once all is read: it may refuse to publish the output, and may
/// add files to it.
pub fn run_from(
    source: &dyn Source,
    out: &Path,
    options: &ExportOptions,
    start: ResumeMode,
    identity: &Identity<'_>,
    progress: &Progress,
    check: &dyn Fn(&Workspace) -> Result<()>,
) -> Result<Statistics> {
    let out = &*target::resolved(out, options.format)?;
    check_folder(out)?;
    target::check_inputs(out, &target::parts(out, options.format), &identity.files)?;
    if Publication::was_begun(out) {
        let work = Workspace::enter(out)?;
        Publication::finish(&work)?;
        if start != ResumeMode::Resume {
            work.discard()?;
        }
    }
    if !Publication::was_begun(out) {
        target::standing_at(out, options.format)?.allow(options.overwrite)?;
    }
    let work = Workspace::enter(out)?;
    let made = make(&work, source, options, start, identity, progress, check);
    let published = |statistics| Publication::run(&work, options.format, options.overwrite).map(|()| statistics);
    // The hidden folder is nobody's business but ours.
    let result = made.and_then(published).map_err(|error| with_disk(error.inside(work.folder(), out), out));
    let keep = match &result {
        Ok(_) => false,
        Err(error) => {
            resume::worth_keeping(&work, start == ResumeMode::Resume || matches!(error, Error::NoSpace { .. }))
        }
    };
    if !keep {
        let discarded = work.discard();
        // The first error is the one to report.
        return result.and_then(|statistics| discarded.map(|()| statistics));
    }
    result
}

/// The same error; a full disk by its name, and with what is left on it.
fn with_disk(error: Error, out: &Path) -> Error {
    match error {
        Error::NoSpace { path, .. } if path == out => {
            let (disk, left) = (disk_of(out), fs4::available_space(mosaicist_core::whole_file::folder_of(out)));
            let left = left.map_or_else(|_| String::new(), |bytes| format!(" ({} left)", job::show_bytes(bytes)));
            let what = format!("the disk at {} is full{left}; make room on it or choose another", disk.display());
            Error::NoSpace { path, what }
        }
        error => error,
    }
}

/// Where the disk begins that `path` is on: the last folder above it that is still on it.
fn disk_of(path: &Path) -> std::path::PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let device = |path: &Path| std::fs::metadata(path).ok().map(|found| found.dev());
        let above: Vec<&Path> = absolute.ancestors().skip(1).collect();
        let own = above.first().and_then(|folder| device(folder));
        let last = above.iter().take_while(|folder| device(folder) == own).last();
        last.map_or_else(|| absolute.clone(), |folder| folder.to_path_buf())
    }
    #[cfg(not(unix))]
    absolute.ancestors().last().unwrap_or(&absolute).to_owned()
}

/// How levels of an image are made.
fn halving(info: &source::Info, options: &ExportOptions) -> pixels::Halving {
    pixels::Halving { alpha: info.color.has_alpha(), downsample: options.downsample, nodata: info.nodata }
}

/// Everything but publishing: whenever this has succeeded, even if the program was killed right after, `work` holds the
/// complete output, and its journal says so.
fn make(
    work: &Workspace,
    source: &dyn Source,
    options: &ExportOptions,
    start: ResumeMode,
    identity: &Identity<'_>,
    progress: &Progress,
    check: &dyn Fn(&Workspace) -> Result<()>,
) -> Result<Statistics> {
    let started = Instant::now();
    let base = &*choose(source, options)?;
    let earlier = resume::earlier(work, start, options, base.info(), identity)?;
    let resumed = earlier.is_some();
    let fixed = earlier.as_ref().map(|(head, _)| head.k);
    let options = &ExportOptions { block_exponent: fixed.or(options.block_exponent), ..options.clone() };
    let mut earlier = earlier.map(|(_, replay)| replay).unwrap_or_default();
    let plan = planning::plan_rest(source, work.out(), options, earlier.tiles)?;
    tracing::debug!(out = %work.out().display(), resumed, ?plan, "export planned");
    progress.set_total(plan.tiles);
    let statistics = |blocks: u64, bytes: u64, resumed_tiles: u64| Statistics {
        tiles: plan.tiles,
        levels: plan.levels.len(),
        blocks,
        bytes,
        seconds: started.elapsed().as_secs_f64(),
        expected_seconds: plan.seconds,
        resumed_tiles,
        peak_memory: peak_resident(),
    };
    if let Some(bytes) = earlier.complete {
        return Ok(statistics(0, bytes, earlier.tiles));
    }
    let fresh = if resumed { None } else { Some(resume::begin(work, options, base.info(), identity, &plan)?) };
    let job = formats::Job { work, info: base.info(), options, plan: &plan, resumed };
    let mut sink = (options.spec().create)(job)?;
    let journal = fresh.map_or_else(|| resume::go_on(work, &earlier, |state| sink.restore(state)), Ok)?;
    earlier.forget(|block| sink.has_lost(block));
    progress.take_over(earlier.tiles);
    let journal = Mutex::new(journal);
    let passthrough = passthrough::Passthrough { source, levels: &plan.copied };
    let engine = blocks::Work {
        plan: &plan,
        passthrough,
        halving: halving(base.info(), options),
        sink: &*sink,
        workspace: work,
        journal: &journal,
        earlier: &earlier,
        progress,
    };
    let blocks = engine.write_levels(base)?;
    progress.check()?;
    check(work)?;
    let bytes = sink.finish(progress).at(work.out())?;
    work.sync()?;
    journal.into_inner().unwrap_or_else(PoisonError::into_inner).complete(bytes)?;
    Ok(statistics(blocks, bytes, earlier.tiles))
}

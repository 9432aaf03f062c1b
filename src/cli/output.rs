//! What the writing commands share: the format's options, a progress line, the closing report.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lexopt::prelude::*;
use serde_json::json;

use super::{Done, Failure, numbers, print};
use crate::codec::jpeg::Subsampling;
use crate::composite::BadTiles;
use crate::export::{
    Compression, Edges, ExportOptions, Extras, Format, Plan, ResumeMode, TiffOptions, TileFormat, standing,
    standing_file, unfinished,
};
use crate::job::{MemoryBudget, Progress, parse_bytes, peak_resident, show_bytes};
use crate::mosaic::{Mosaic, is_project};
use crate::work::{ExportRequest, display_of, export, preview_plan};

/// The options of an output, as far as they were given.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct OutputOptions {
    pub(super) out: Option<PathBuf>,
    pub(super) background: Option<[u8; 3]>,
    pub(super) json: bool,
    pub(super) strict: bool,
    pub(super) overwrite: bool,
    format: Option<Format>,
    tiles: Option<TileFormat>,
    extras: Extras,
    dry_run: bool,
    compression: Option<Compression>,
    deflate_level: Option<u8>,
    quality: Option<u8>,
    tile: Option<u32>,
    tile_overlap: Option<u32>,
    no_pyramid: bool,
    tiff: TiffOptions,
    copy_tiles: Option<bool>,
    subsampling: Option<Subsampling>,
    memory: Option<u64>,
    threads: Option<usize>,
    start: ResumeMode,
    scale: Option<f64>,
    as_seen: bool,
    flatten: bool,
}

impl OutputOptions {
    /// Take one option if it is one of these.
    pub(super) fn take(&mut self, name: &str, parser: &mut lexopt::Parser) -> std::result::Result<bool, Failure> {
        match name {
            "out" => self.out = Some(parser.value()?.into()),
            "format" => {
                let name = parser.value()?.string()?;
                self.format = Some(Format::of_name(&name).map_err(|error| Failure::Usage(error.to_string()))?);
            }
            "tiles" => {
                let name = parser.value()?.string()?;
                self.tiles = Some(TileFormat::of_name(&name).map_err(|error| Failure::Usage(error.to_string()))?);
            }
            "viewer" => self.extras.viewer = true,
            "id" => self.extras.id = Some(parser.value()?.string()?),
            "pattern" => self.extras.pattern = Some(parser.value()?.string()?),
            "skip-empty" => self.extras.skip_empty = true,
            "edges" => {
                self.extras.edges = match &*parser.value()?.string()? {
                    "cut" => Edges::Cut,
                    "pad" => Edges::Pad,
                    "drop" => Edges::Drop,
                    other => {
                        return Err(Failure::Usage(format!("unknown edges '{other}'; there are cut, pad and drop")));
                    }
                };
            }
            "shard" => self.extras.shard = parser.value()?.parse()?,
            "deflate-level" => {
                let level = parser.value()?.parse()?;
                if !(1..=12).contains(&level) {
                    return Err(Failure::Usage("--deflate-level goes from 1 to 12".into()));
                }
                self.deflate_level = Some(level);
            }
            "dry-run" => self.dry_run = true,
            "compression" => {
                self.compression = Some(match &*parser.value()?.string()? {
                    "none" => Compression::None,
                    "lzw" => Compression::Lzw,
                    "deflate" => Compression::Deflate,
                    "zstd" => Compression::Zstd,
                    "jpeg" => Compression::Jpeg,
                    other => {
                        let what =
                            format!("unknown compression '{other}'; there are none, lzw, deflate, zstd and jpeg");
                        return Err(Failure::Usage(what));
                    }
                });
            }
            "subsampling" => self.subsampling = Some(super::tiff::subsampling(&mut self.tiff, parser)?),
            "quality" => {
                let quality = parser.value()?.parse()?;
                if !(1..=100).contains(&quality) {
                    return Err(Failure::Usage("--quality goes from 1 to 100".into()));
                }
                self.quality = Some(quality);
            }
            "tile" => self.tile = Some(parser.value()?.parse()?),
            "tile-overlap" => self.tile_overlap = Some(parser.value()?.parse()?),
            "pyramid" => self.no_pyramid = false,
            "no-pyramid" => self.no_pyramid = true,
            "memory" => {
                let text = parser.value()?.string()?;
                self.memory = Some(parse_bytes(&text).map_err(|error| Failure::Usage(error.to_string()))?);
            }
            "threads" => self.threads = Some(parser.value()?.parse()?),
            "background" => {
                let values = numbers::<3>(&parser.value()?, "--background")?;
                self.background = Some(values.map(|value| value.clamp(0, 255) as u8));
            }
            "scale" => self.scale = Some(parser.value()?.parse()?),
            "flatten" => self.flatten = true,
            "as-seen" => self.as_seen = true,
            "overwrite" => self.overwrite = true,
            "resume" => self.start = ResumeMode::Resume,
            "restart" => self.start = ResumeMode::Restart,
            "no-copy" => self.copy_tiles = Some(false),
            "strict" => self.strict = true,
            "json" => self.json = true,
            _ => return super::tiff::take(&mut self.tiff, name, parser),
        }
        Ok(true)
    }

    /// The name to write to.
    pub(super) fn out(&self) -> std::result::Result<&Path, Failure> {
        self.out.as_deref().ok_or_else(|| Failure::Usage("say where to write: -o OUT".into()))
    }

    /// Fail at once if the output may not take its name, `inputs` being the files that were given: nobody waits for the sizes
    /// of thousands of tiles to be told so. The export checks again, with all that it reads.
    pub(super) fn check_name(&self, inputs: &[PathBuf]) -> Done {
        let out = self.out()?;
        // An interrupted one may stand there already, with only its end to be made.
        if self.start == ResumeMode::Resume || self.dry_run {
            return Ok(());
        }
        let standing =
            if is_project(out) { standing_file(out, inputs)? } else { standing(out, self.format()?, inputs)? };
        Ok(standing.allow(self.overwrite)?)
    }

    fn format(&self) -> std::result::Result<Format, Failure> {
        let by_ending = || Format::of_path(self.out()?).map_err(|error| Failure::Usage(error.to_string()));
        self.format.map_or_else(by_ending, Ok)
    }

    /// The whole request; `protected` is what it may not touch besides the document's images.
    pub(super) fn request(
        &self,
        mosaic: &Mosaic,
        protected: &[PathBuf],
        region: Option<crate::geometry::Rect>,
        level: usize,
    ) -> std::result::Result<ExportRequest, Failure> {
        let out = self.out()?.to_owned();
        let bad = if self.strict { BadTiles::Fail } else { BadTiles::Warn };
        let format = self.format()?;
        let usual = ExportOptions::new(format);
        // A folder of tiles without loss is one of PNG tiles.
        let lossless = self.compression.is_some_and(|compression| compression != Compression::Jpeg);
        let options = ExportOptions {
            tile: self.tile,
            overlap: self.tile_overlap.unwrap_or(usual.overlap),
            compression: self.compression,
            tiles: self.tiles.or(lossless.then_some(TileFormat::Png)),
            quality: self.quality,
            deflate_level: self.deflate_level.unwrap_or(usual.deflate_level),
            pyramid: !self.no_pyramid,
            tiff: self.tiff.clone(),
            copy_tiles: self.copy_tiles.unwrap_or(usual.copy_tiles),
            subsampling: self.subsampling.unwrap_or(usual.subsampling),
            memory: self.memory.map_or(usual.memory, MemoryBudget),
            threads: self.threads,
            background: self.background.unwrap_or(usual.background),
            extras: self.extras.clone(),
            overwrite: self.overwrite,
            ..usual
        };
        Ok(ExportRequest {
            region,
            level,
            scale: self.scale,
            flatten: self.flatten,
            seen: if self.as_seen { Some(display_of(mosaic)?) } else { None },
            bad,
            start: self.start,
            protected: protected.to_vec(),
            ..ExportRequest::new(out, options)
        })
    }

    /// Write `mosaic`, with a progress line, warnings and a report.
    pub(super) fn write(
        &self,
        mosaic: &Mosaic,
        protected: &[PathBuf],
        region: Option<crate::geometry::Rect>,
        level: usize,
    ) -> Done {
        let request = self.request(mosaic, protected, region, level)?;
        if self.dry_run {
            let plan = preview_plan(mosaic, &request)?;
            return print(&if self.json { format!("{:#}\n", json!(plan)) } else { describe(&plan) });
        }
        let progress = Progress::default();
        let result = watched(&progress, || export(mosaic, &request, &progress));
        for warning in progress.warnings() {
            eprintln!("mosaicist: warning: {warning}");
        }
        if let (Err(_), Some(left)) = (&result, unfinished(&request.out)) {
            let percent = 100.0 * left.done as f64 / left.total.max(1) as f64;
            eprintln!("mosaicist: {percent:.1} % is done and kept: give the same command with --resume to go on");
        }
        let (statistics, decodes) = result?;
        let peak = peak_resident();
        let inputs = mosaic.placements.len();
        if self.json {
            return print(&format!(
                "{:#}\n",
                json!({
                    "out": request.out, "tiles": statistics.tiles, "levels": statistics.levels, "bytes": statistics.bytes,
                    "seconds": statistics.seconds, "inputs": inputs, "decodes": decodes,
                    "decodes_per_input": decodes as f64 / inputs.max(1) as f64,
                    "resumed_tiles": statistics.resumed_tiles,
                    "warnings": progress.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(), "peak_memory": peak,
                })
            ));
        }
        eprintln!(
            "{}: {} tiles in {} levels, {}, {:.1} s{}",
            request.out.display(),
            statistics.tiles,
            statistics.levels,
            show_bytes(statistics.bytes),
            statistics.seconds,
            peak.map_or_else(String::new, |peak| format!(", peak memory {}", show_bytes(peak)))
        );
        Ok(())
    }
}

/// What an export would take, for people.
fn describe(plan: &Plan) -> String {
    let size = plan.levels.first().copied().unwrap_or_default();
    let free = plan.free_bytes.map_or_else(String::new, |free| format!(", {} free", show_bytes(free)));
    format!(
        "{size} pixels, {} levels, {} tiles\nmemory: at most {} with {} workers\ndisk: about {}{free}; {} of temporary files\n\
         time: about {:.0} s\n",
        plan.levels.len(),
        plan.tiles,
        show_bytes(plan.peak_bytes),
        plan.workers,
        show_bytes(plan.output_bytes),
        show_bytes(plan.temporary_bytes),
        plan.seconds.max(1.0),
    )
}

/// Do `work` while a line on the terminal shows how far `progress` is. Nothing is shown where nobody looks.
pub(super) fn watched<T>(progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (end, ended) = crossbeam_channel::bounded::<()>(0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while ended.recv_timeout(Duration::from_millis(200)) == Err(crossbeam_channel::RecvTimeoutError::Timeout) {
                show(progress);
            }
            eprint!("\r\x1b[K");
        });
        let result = work();
        drop(end);
        result
    })
}

fn show(progress: &Progress) {
    let now = progress.snapshot();
    let left = now.left.map_or_else(String::new, |left| format!(", {} s left", left.as_secs()));
    eprint!("\r\x1b[K{:3.0} %  {} of {}{left}", now.fraction() * 100.0, now.done, now.total);
    if std::io::stderr().flush().is_err() {
        // Nobody to show it to.
    }
}

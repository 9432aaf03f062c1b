//! Shared by the writing commands: the options of an output, the export, the final report.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::args::numbers;
use super::progress::watched;
use super::tiff::{JpegColors, SUBSAMPLINGS, TiffArgs};
use super::{Done, Failure, print};
use crate::Error;
use crate::composite::BadTiles;
use crate::display::{Display, TargetProfile};
use crate::export::{
    Compression, Edges, ExportOptions, Extras, FORMATS, Format, Plan, ResumeMode, Statistics, TileFormat,
    WORTH_KEEPING_SECONDS, standing, standing_file, unfinished,
};
use crate::filter::FilterSpec;
use crate::geometry::Rect;
use crate::job::{MemoryBudget, Progress, map_large_buffers, parse_bytes, peak_resident, show_bytes};
use crate::mosaic::{Mosaic, is_project};
use crate::pixels::{Downsample, PixelKind};
use crate::source::Info;
use crate::work::{ExportRequest, Outlines, display_of, export, sampled_plan};

/// With so much memory or less, the holes that an allocator leaves count.
const TIGHT: u64 = 384 << 20;

/// The options of an output.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Output {
    /// Where to write. The ending chooses the format: .dzi .szi .tif .ome.tif .zarr .png .jpg .bmp .raw.
    #[arg(short, long)]
    pub(super) out: Option<PathBuf>,
    /// A format, also one without an ending of its own.
    #[arg(long, value_name = "F", value_parser = formats(), help_heading = "Output")]
    format: Option<Format>,
    /// Replace OUT if it exists: a file, or a folder that is an earlier output of this format.
    #[arg(long, help_heading = "Output")]
    pub(super) overwrite: bool,
    /// Continue an export that was interrupted.
    #[arg(long, conflicts_with = "restart", help_heading = "Output")]
    resume: bool,
    /// Restart although an unfinished export is there.
    #[arg(long, help_heading = "Output")]
    restart: bool,
    /// Print size, time and memory of the export, and write nothing.
    #[arg(long, help_heading = "Output")]
    pub(super) dry_run: bool,
    /// Answer in JSON.
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    /// Fail on a tile that cannot be read.
    #[arg(long, help_heading = "Output")]
    pub(super) strict: bool,
    /// The most memory to hold, as 512M.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes, help_heading = "Output")]
    memory: Option<u64>,
    /// Workers; one for each processor unless given.
    #[arg(long, value_name = "N", help_heading = "Output")]
    threads: Option<usize>,

    /// Scale by any factor, as 0.3.
    #[arg(long, value_name = "S", help_heading = "Pixels")]
    pub(super) scale: Option<f64>,
    /// Burn the outlines of regions in, in lines of so many pixels: those of the project, or of --rois.
    #[arg(long, value_name = "PX", num_args = 0..=1, require_equals = true, default_missing_value = "2", help_heading = "Pixels")]
    outlines: Option<f64>,
    /// With the outlines, write the names in letters so many pixels high. Texts of labels are always written.
    #[arg(long, value_name = "PX", num_args = 0..=1, require_equals = true, default_missing_value = "16", requires = "outlines", help_heading = "Pixels")]
    outline_names: Option<f64>,
    /// The background, red, green and blue.
    #[arg(long, value_name = "R,G,B", value_parser = color, allow_hyphen_values = true, help_heading = "Pixels")]
    pub(super) background: Option<[u8; 3]>,
    /// A filter, as gaussian:sigma=2; several are applied one after the other. 'mosaicist filters' lists them.
    #[arg(long = "filter", value_name = "F", value_parser = filter, help_heading = "Pixels")]
    pub(super) filters: Vec<FilterSpec>,
    /// How reduced levels are made: mean, or for labels nearest or mode, which make no new values.
    #[arg(long, value_name = "D", value_parser = downsamples(), help_heading = "Pixels")]
    downsample: Option<Downsample>,
    /// Flatten transparent pixels onto the background.
    #[arg(long, help_heading = "Pixels")]
    flatten: bool,
    /// Apply display settings (8-bit RGB): those of the project, or the defaults of the window.
    #[arg(long, help_heading = "Pixels")]
    as_seen: bool,
    /// Convert colors from the image's profile (sRGB if it has none) to srgb, display-p3, adobe-rgb, prophoto, rec2020, or the RGB
    /// profile in a file; the output carries it.
    #[arg(long, value_name = "NAME|FILE", value_parser = profile, conflicts_with = "as_seen", help_heading = "Pixels")]
    profile: Option<TargetProfile>,
    /// With the display settings, the values shown as black and as white, in every channel.
    #[arg(long, value_name = "LOW,HIGH", value_parser = window, requires = "as_seen", allow_hyphen_values = true, help_heading = "Pixels")]
    window: Option<(f32, f32)>,

    /// How tiles of a folder are encoded.
    #[arg(long, value_name = "T", value_parser = tile_formats(), help_heading = "Encoding")]
    tiles: Option<TileFormat>,
    /// How tiles of TIFF and Zarr are compressed.
    #[arg(long, value_name = "C", help_heading = "Encoding")]
    compression: Option<CompressionName>,
    /// The quality of JPEG.
    #[arg(long, value_name = "Q", value_parser = clap::value_parser!(u8).range(1..=100), help_heading = "Encoding")]
    quality: Option<u8>,
    /// How JPEG stores colors; rgb for TIFF only.
    #[arg(long, value_name = "S", value_parser = PossibleValuesParser::new(SUBSAMPLINGS).map(|name| JpegColors::named(&name)), help_heading = "Encoding")]
    subsampling: Option<JpegColors>,
    /// The level of deflate.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=12), help_heading = "Encoding")]
    deflate_level: Option<u8>,
    /// The side of a tile in pixels.
    #[arg(long, value_name = "N", help_heading = "Encoding")]
    tile: Option<u32>,
    /// Pixels that tiles share.
    #[arg(long, value_name = "N", help_heading = "Encoding")]
    tile_overlap: Option<u32>,
    /// Write reduced levels (the default).
    #[arg(long, overrides_with = "no_pyramid", hide = true)]
    pyramid: bool,
    /// Write full resolution only (TIFF, Zarr).
    #[arg(long, help_heading = "Encoding")]
    no_pyramid: bool,
    /// Encode tiles that could be copied.
    #[arg(long, help_heading = "Encoding")]
    no_copy: bool,

    /// Include an HTML viewer that works without a network.
    #[arg(long, help_heading = "Formats")]
    viewer: bool,
    /// Where the IIIF folder will be found.
    #[arg(long, value_name = "URL", help_heading = "Formats")]
    id: Option<String>,
    /// Chunks along each side of a Zarr shard.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Formats")]
    shard: u32,
    /// Names of patches, or of regions with --rois: {name}, {x}, {y}, {column}, {row}, {index}, {x:06}.
    #[arg(long, value_name = "P", help_heading = "Formats")]
    pub(super) names: Option<String>,
    /// Patches that reach over the edge.
    #[arg(long, value_name = "E", value_enum, default_value_t = EdgesName::Cut, help_heading = "Formats")]
    edges: EdgesName,
    /// Write no patches of nothing but background.
    #[arg(long, help_heading = "Formats")]
    skip_empty: bool,

    #[command(flatten)]
    tiff: TiffArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CompressionName {
    None,
    Lzw,
    Deflate,
    Zstd,
    Jpeg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EdgesName {
    Cut,
    Pad,
    Drop,
}

impl Output {
    /// The name to write to.
    pub(super) fn out(&self) -> Result<&Path, Failure> {
        self.out.as_deref().ok_or_else(|| Failure::Usage("say where to write: -o OUT".into()))
    }

    /// Fails early if the output may not be written, given the `inputs` of the command line, before thousands of tiles are probed.
    /// The export checks again, with all files that it reads.
    pub(super) fn check_name(&self, inputs: &[PathBuf]) -> Done {
        let out = self.out()?;
        // An interrupted export may have published it already.
        if self.resume || self.dry_run {
            return Ok(());
        }
        let standing =
            if is_project(out) { standing_file(out, inputs)? } else { standing(out, self.format()?, inputs)? };
        Ok(standing.allow(self.overwrite)?)
    }

    fn format(&self) -> Result<Format, Failure> {
        let by_ending = || Format::of_path(self.out()?).map_err(|error| Failure::Usage(error.to_string()));
        self.format.map_or_else(by_ending, Ok)
    }

    /// The options of the format.
    fn options(&self, format: Format) -> ExportOptions {
        let usual = ExportOptions::new(format);
        let compression = self.compression.map(Compression::from);
        // For a folder of tiles it chooses their format: lossless tiles are PNG.
        let of_tiles = compression.filter(|_| !format.spec().tiles.is_empty());
        let tiles = of_tiles.map(|kind| if kind == Compression::Jpeg { TileFormat::Jpg } else { TileFormat::Png });
        ExportOptions {
            tile: self.tile,
            downsample: self.downsample.unwrap_or_default(),
            overlap: self.tile_overlap.unwrap_or(usual.overlap),
            compression: compression.filter(|_| of_tiles.is_none()),
            tiles: self.tiles.or(tiles),
            quality: self.quality,
            deflate_level: self.deflate_level.unwrap_or(usual.deflate_level),
            pyramid: !self.no_pyramid,
            tiff: self.tiff.options(self.subsampling),
            copy_tiles: usual.copy_tiles && !self.no_copy,
            subsampling: self.subsampling.map_or(usual.subsampling, |colors| colors.subsampling),
            memory: self.memory.map_or(usual.memory, MemoryBudget),
            threads: self.threads,
            background: self.background.unwrap_or(usual.background),
            extras: Extras {
                viewer: self.viewer,
                id: self.id.clone(),
                pattern: self.names.clone(),
                skip_empty: self.skip_empty,
                edges: self.edges.into(),
                shard: self.shard,
            },
            overwrite: self.overwrite,
            ..usual
        }
    }

    /// The whole request; `protected` are files it must not overwrite besides the document's images.
    pub(super) fn request(
        &self,
        mosaic: &Mosaic,
        protected: &[PathBuf],
        region: Option<Rect>,
        level: usize,
    ) -> Result<ExportRequest, Failure> {
        self.request_with(self.options(self.format()?), mosaic, protected, region, level)
    }

    /// The same of regions, each to a file of its own: the names are those of the files.
    pub(super) fn request_of_regions(
        &self,
        mosaic: &Mosaic,
        protected: &[PathBuf],
        level: usize,
    ) -> Result<ExportRequest, Failure> {
        for (asked, flag) in [(self.overwrite, "--overwrite"), (self.resume, "--resume"), (self.restart, "--restart")] {
            if asked {
                let what = "has no effect on regions, which are written to a new or an empty folder; leave it out";
                return Err(Failure::Usage(format!("{flag} {what}")));
            }
        }
        let mut options = self.options(self.format()?);
        options.extras.pattern = None;
        self.request_with(options, mosaic, protected, None, level)
    }

    fn request_with(
        &self,
        options: ExportOptions,
        mosaic: &Mosaic,
        protected: &[PathBuf],
        region: Option<Rect>,
        level: usize,
    ) -> Result<ExportRequest, Failure> {
        let asked = ExportOptions { level, scale: self.scale, flatten: self.flatten, ..options.clone() };
        asked.check_effect(&self.written(mosaic)).map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(ExportRequest {
            region,
            level,
            scale: self.scale,
            flatten: self.flatten,
            filters: self.filters.clone(),
            outlines: self.outlines.map(|width| Outlines { width, names: self.outline_names }),
            display: if self.as_seen { Some(self.display(mosaic)?) } else { None },
            profile: self.profile.clone(),
            bad: if self.strict { BadTiles::Fail } else { BadTiles::Warn },
            start: match (self.resume, self.restart) {
                (true, _) => ResumeMode::Resume,
                (_, true) => ResumeMode::Restart,
                _ => ResumeMode::New,
            },
            protected: protected.to_vec(),
            ..ExportRequest::new(self.out()?.to_owned(), options)
        })
    }

    /// An image like the one that will be written, as far as that decides which options have an effect.
    fn written(&self, mosaic: &Mosaic) -> Info {
        let kind = if self.as_seen { None } else { mosaic.placements.kind() }.unwrap_or(PixelKind::RGB8);
        let size = mosaic.bounds().size();
        Info { color: kind.color, ..Info::plain("output", size, size, kind.channels, kind.sample) }
    }

    /// The display settings of the document, with the window that is asked for.
    fn display(&self, mosaic: &Mosaic) -> Result<Arc<Display>, Error> {
        let display = display_of(mosaic)?;
        let Some((low, high)) = self.window else { return Ok(display) };
        let mut display = Display::clone(&display);
        display.channels.iter_mut().for_each(|channel| (channel.low, channel.high) = (low, high));
        Ok(Arc::new(display))
    }

    /// Where little memory is allowed, has the allocator hold no more than that.
    pub(super) fn keep_to_memory(&self) {
        if self.memory.is_some_and(|memory| memory <= TIGHT) {
            map_large_buffers();
        }
    }

    /// Write `mosaic`, with a progress bar, warnings and a report.
    pub(super) fn write(&self, mosaic: &Mosaic, protected: &[PathBuf], region: Option<Rect>, level: usize) -> Done {
        let request = self.request(mosaic, protected, region, level)?;
        self.keep_to_memory();
        if self.dry_run {
            let plan = sampled_plan(mosaic, &request)?;
            return print(&if self.json { format!("{:#}\n", json!(plan)) } else { describe(&plan) });
        }
        let progress = Progress::default();
        let result = watched(&progress, || export(mosaic, &request, &progress));
        for warning in progress.warnings() {
            say!("mosaicist: warning: {warning}");
        }
        match (&result, unfinished(&request.out)) {
            (Err(_), Some(left)) => {
                let percent = 100.0 * left.done as f64 / left.total.max(1) as f64;
                say!("mosaicist: {percent:.1} % is done and saved: give the same command with --resume to continue");
            }
            (Err(error), None) if error.is_cancelled() => {
                let out = request.out.display();
                say!(
                    "mosaicist: nothing is kept of {out}: what was done is less than {WORTH_KEEPING_SECONDS} s of work"
                );
            }
            _ => {}
        }
        let done = result?;
        self.report(&request.out, &done.statistics, done.decodes, mosaic.placements.len(), &progress)?;
        match done.unread {
            0 => Ok(()),
            unread => Err(Failure::Partial(format!("nothing could be read of {unread} images; they are named above"))),
        }
    }

    fn report(&self, out: &Path, statistics: &Statistics, decodes: u64, inputs: usize, progress: &Progress) -> Done {
        let peak = peak_resident();
        if self.json {
            return print(&format!(
                "{:#}\n",
                json!({
                    "out": out, "tiles": statistics.tiles, "levels": statistics.levels, "bytes": statistics.bytes,
                    "seconds": statistics.seconds, "inputs": inputs, "decodes": decodes,
                    "decodes_per_input": decodes as f64 / inputs.max(1) as f64,
                    "resumed_tiles": statistics.resumed_tiles,
                    "warnings": progress.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(), "peak_memory": peak,
                })
            ));
        }
        say!(
            "{}: {} tiles in {} levels, {}, {:.1} s{}",
            out.display(),
            statistics.tiles,
            statistics.levels,
            show_bytes(statistics.bytes),
            statistics.seconds,
            peak.map_or_else(String::new, |peak| format!(", peak memory {}", show_bytes(peak)))
        );
        Ok(())
    }
}

/// The formats by name.
fn formats() -> impl TypedValueParser<Value = Format> {
    let names = FORMATS.iter().map(|format| clap::builder::PossibleValue::new(format.name).help(format.title));
    PossibleValuesParser::new(names).try_map(|name| Format::of_name(&name))
}

/// The ways to reduce, by name.
fn downsamples() -> impl TypedValueParser<Value = Downsample> {
    let of_name = |name: String| Downsample::ALL.iter().find(|(known, _)| *known == name).map(|(_, how)| *how);
    PossibleValuesParser::new(Downsample::ALL.map(|(name, _)| name))
        .try_map(move |name| of_name(name).ok_or("no such way"))
}

/// A color profile by its name, or that of a file.
fn profile(text: &str) -> Result<TargetProfile, String> {
    if let Some(target) = TargetProfile::named(text) {
        return Ok(target);
    }
    let names = || TargetProfile::NAMED.map(|(name, _, _)| name).join(", ");
    TargetProfile::of_file(Path::new(text))
        .map_err(|error| format!("neither one of {} nor a file with an RGB profile: {error}", names()))
}

fn window(text: &str) -> Result<(f32, f32), String> {
    let ends: Vec<f32> = text.split(',').map_while(|end| end.trim().parse().ok()).collect();
    match ends[..] {
        [low, high] if low < high && low.is_finite() && high.is_finite() => Ok((low, high)),
        _ => Err("give two numbers, the lower first, as 0,4095".into()),
    }
}

/// The kinds of tiles by name.
fn tile_formats() -> impl TypedValueParser<Value = TileFormat> {
    PossibleValuesParser::new(["jpg", "png", "webp", "raw"]).try_map(|name| TileFormat::of_name(&name))
}

impl From<CompressionName> for Compression {
    fn from(name: CompressionName) -> Self {
        match name {
            CompressionName::None => Self::None,
            CompressionName::Lzw => Self::Lzw,
            CompressionName::Deflate => Self::Deflate,
            CompressionName::Zstd => Self::Zstd,
            CompressionName::Jpeg => Self::Jpeg,
        }
    }
}

impl From<EdgesName> for Edges {
    fn from(name: EdgesName) -> Self {
        match name {
            EdgesName::Cut => Self::Cut,
            EdgesName::Pad => Self::Pad,
            EdgesName::Drop => Self::Drop,
        }
    }
}

fn filter(text: &str) -> Result<FilterSpec, Error> {
    text.parse()
}

fn color(text: &str) -> Result<[u8; 3], String> {
    numbers::<3>(text).map(|values| values.map(|value| value.clamp(0, 255) as u8))
}

/// Prints the plan of an export.
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

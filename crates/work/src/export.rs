//! From a document to a file: the budget split between cache and blocks, the composite, the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::{Library, TileCache};
use crate::composite::{BadTiles, Composite};
use crate::filters;
use crate::geometry::{Rect, Region};
use crate::job::{MemoryBudget, Progress};
use crate::mosaic::Mosaic;
use crate::regions::{Outlines, outline_identity, with_outlines};
use crate::source::{Source, SourceSet};
use crate::{Error, Result};
use mosaicist_display::{Display, TargetProfile, histograms};
use mosaicist_export::{
    ExportOptions, Identity, Plan, ResumeMode, Standing, Statistics, Workspace, input_line, plan, run_from, sampled,
};
use mosaicist_filter::FilterSpec;

/// What a placement takes: in the document, in the composite's index, while the files are looked at.
const PLACEMENT_BYTES: u64 = 352;

/// The side of a coarse reading of a document, in pixels, and its cache of decoded tiles, in bytes.
const COARSE: u32 = 512;
const COARSE_CACHE: u64 = 64 << 20;

/// What reading it takes, the program itself included: that cache, and pieces that are reduced.
const READING_COARSE: u64 = COARSE_CACHE + (56 << 20);

/// What to write of a document, where to, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    pub out: PathBuf,
    /// In canvas pixels; everything if `None`.
    pub region: Option<Rect>,
    /// Log2 of the downsampling of the full resolution.
    pub level: usize,
    /// On top of `level`, in any factor; 1 if `None`.
    pub scale: Option<f64>,
    /// Flatten onto the background and write no alpha.
    pub flatten: bool,
    /// Write what this shows, as bytes of red, green and blue, in place of the samples.
    pub display: Option<Arc<Display>>,
    /// Convert colors from the image's profile to this one, unless display settings are applied.
    pub profile: Option<TargetProfile>,
    /// What the pixels go through, in order, before `level` and `scale`.
    pub filters: Vec<FilterSpec>,
    /// Burn the outlines of the visible regions in.
    pub outlines: Option<Outlines>,
    pub bad: BadTiles,
    pub options: ExportOptions,
    /// Whether to go on with an unfinished export of the same name.
    pub start: ResumeMode,
    /// What no output may touch besides the document's images: the file of the project, say.
    pub protected: Vec<PathBuf>,
}

impl ExportRequest {
    /// Everything at full resolution, with the usual care.
    pub fn new(out: PathBuf, options: ExportOptions) -> Self {
        Self {
            out,
            region: None,
            level: 0,
            scale: None,
            flatten: false,
            display: None,
            profile: None,
            filters: Vec::new(),
            outlines: None,
            bad: BadTiles::Warn,
            options,
            start: ResumeMode::New,
            protected: Vec::new(),
        }
    }
}

/// Files read through a cache of `bytes`.
pub fn library(bytes: u64) -> Library {
    Library::new(Arc::new(SourceSet::default()), Arc::new(TileCache::new(bytes)))
}

/// The same for the screen: large images without small levels get them.
pub fn viewing_library(bytes: u64) -> Library {
    Library::new(Arc::new(SourceSet::default().for_viewing()), Arc::new(TileCache::new(bytes)))
}

/// What stands where the export will write: nothing, or what it would replace, by name, size and time of change. Reads names
/// and sizes only; in a folder of millions of tiles that takes seconds.
///
/// Fails where the export must never write, [`ExportOptions::overwrite`] or not: over, around or into one of its inputs, over a
/// folder that is no earlier export of this format, over a device. The export itself checks all this again.
pub fn standing(mosaic: &Mosaic, request: &ExportRequest) -> Result<Standing> {
    mosaicist_export::standing(&request.out, request.options.format, &inputs(mosaic, &request.protected))
}

/// The same for one plain file `out` made of the document: its project, a table, an image. `protected` are further files that it
/// must not overwrite.
pub fn standing_file(mosaic: &Mosaic, out: &Path, protected: &[PathBuf]) -> Result<Standing> {
    mosaicist_export::standing_file(out, &inputs(mosaic, protected))
}

/// The files of all placements, hidden ones included, each once, and other protected files.
fn inputs(mosaic: &Mosaic, protected: &[PathBuf]) -> Vec<PathBuf> {
    let files = mosaic.placements.iter().map(|placement| placement.image.path.to_path_buf());
    let fields = mosaic.flat_field.iter().flat_map(|field| field.images()).map(|image| image.path.to_path_buf());
    let mut all: Vec<PathBuf> = files.chain(fields).chain(protected.iter().cloned()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What came of an export.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exported {
    pub statistics: Statistics,
    /// How often tiles of inputs were decoded.
    pub decodes: u64,
    /// Images of which nothing could be read.
    pub unread: usize,
}

/// Writes the document. What cannot be read becomes warnings of `progress`, unless it is to fail; if nothing at all can be, the
/// export fails.
pub fn export(mosaic: &Mosaic, request: &ExportRequest, progress: &Progress) -> Result<Exported> {
    let request = &filters::with_document(mosaic, request)?;
    let plan = plan_of(mosaic, request)?;
    let library = library(plan.cache_bytes);
    let composite = Composite::new(mosaic, library.clone(), request.bad, progress.clone())?.described();
    let outcome = composite.outcome();
    let source = filters::apply(composite, request, region(mosaic, request))?;
    let identity = identity(mosaic, request);
    let options = placed(mosaic, request);
    let check = |_: &Workspace| outcome.nothing_read().map_or(Ok(()), Err);
    let statistics = with_outlines(&*source, mosaic, request, |source| {
        run_from(source, &request.out, &options, request.start, &identity, progress, &check)
    })?;
    Ok(Exported { statistics, decodes: library.cache().decodes(), unread: outcome.unread() })
}

/// What the export reads: the document, filtered and rendered as requested.
pub(crate) fn source(
    mosaic: &Mosaic,
    request: &ExportRequest,
    library: Library,
    progress: Progress,
) -> Result<Box<dyn Source>> {
    let composite = Composite::new(mosaic, library, request.bad, progress)?.described();
    filters::apply(composite, request, region(mosaic, request))
}

/// The display settings of an opened document: the saved ones, or names and colors of its first image with windows that fit a
/// coarse reading of the whole.
pub fn display_of(mosaic: &Mosaic) -> Result<Arc<Display>> {
    let composite = Composite::new(mosaic, library(COARSE_CACHE), BadTiles::Warn, Progress::default())?.with_metadata();
    let info = composite.info();
    let mut display = Display::new(info.color, info.channels, info.sample);
    if let Some(saved) = mosaic.display.as_ref().filter(|saved| saved.channels.len() == display.channels.len()) {
        return Ok(Arc::clone(saved));
    }
    let level = info.levels.iter().position(|level| level.size.longest() <= COARSE).unwrap_or(info.levels.len() - 1);
    let pixels = composite.read(Region::new(level, info.whole(level)))?;
    display.name_channels(&info.channel_names);
    display.fit(&histograms(&pixels, info.color, info.nodata), info.color, info.sample, false);
    Ok(Arc::new(display))
}

/// What besides the options determines the output: the canvas, the treatment of bad tiles, and each input with its placement.
pub(crate) fn identity<'a>(mosaic: &'a Mosaic, request: &ExportRequest) -> Identity<'a> {
    let lines = || {
        let visible = mosaic.placements.iter().filter(|placement| placement.visible);
        let all = visible.map(|placement| {
            let mut place = format!("{} {} of {}", placement.rect(), placement.image.part, placement.size);
            if !placement.is_plain() {
                place += &format!(" by {:?} as {:?}", placement.transform, placement.appearance());
            }
            input_line(&place, &placement.image.path)
        });
        let fields = mosaic.flat_field.iter().flat_map(|field| field.images());
        let all = all.chain(fields.map(|image| input_line(&format!("light {}", image.part), &image.path)));
        Box::new(all) as Box<dyn Iterator<Item = String>>
    };
    let mut settings = vec![
        ("canvas", mosaic.bounds().to_string()),
        ("canvas color", format!("{:?}", mosaic.background)),
        ("bad tiles", format!("{:?}", request.bad)),
    ];
    if !mosaic.is_overlay() {
        settings.push(("blend", format!("{:?} {:?}", mosaic.blend, mosaic.flat_field)));
    }
    if !request.filters.is_empty() {
        settings.push(("filters", filters::describe(&request.filters)));
    }
    settings.extend(outline_identity(mosaic, request));
    settings.extend(request.display.as_ref().map(|display| ("shown", format!("{display:?}"))));
    settings.extend(request.profile.as_ref().map(|profile| ("color profile", profile.identity())));
    Identity { settings, inputs: Some(Box::new(lines)), files: inputs(mosaic, &request.protected) }
}

/// The plan of the export: levels, memory, workers, tiles passed through. Opens a single image, and reads no pixels.
pub fn preview_plan(mosaic: &Mosaic, request: &ExportRequest) -> Result<Plan> {
    plan_of(mosaic, &filters::with_document(mosaic, request)?)
}

/// The same, with the size and the time of the output told from some places that are read and encoded.
pub fn sampled_plan(mosaic: &Mosaic, request: &ExportRequest) -> Result<Plan> {
    let request = &filters::with_document(mosaic, request)?;
    let plan = plan_of(mosaic, request)?;
    let source = source(mosaic, request, library(plan.cache_bytes), Progress::default())?;
    let options = placed(mosaic, request);
    with_outlines(&*source, mosaic, request, |source| sampled(source, &request.out, &options, plan))
}

/// The plan of an export whose filters are complete.
pub(crate) fn plan_of(mosaic: &Mosaic, request: &ExportRequest) -> Result<Plan> {
    let source = source(mosaic, request, library(0), Progress::default())?;
    if request.outlines.is_some() && filters::move_pixels(&request.filters) {
        return Err(Error::invalid(
            "filters that move pixels do not go with outlines: these lie on the image as it is",
        ));
    }
    let options = placed(mosaic, request);
    let mut plan = with_outlines(&*source, mosaic, request, |source| plan(source, &request.out, &options))?;
    plan.peak_bytes += document_bytes(mosaic);
    if request.display.is_some() {
        // The settings were found by reading a coarse whole.
        plan.peak_bytes = plan.peak_bytes.max(READING_COARSE + document_bytes(mosaic)).min(request.options.memory.0);
    }
    Ok(plan)
}

/// The request's options, completed from the document by the region. What the document takes is
/// subtracted from the memory budget.
pub(crate) fn placed(mosaic: &Mosaic, request: &ExportRequest) -> ExportOptions {
    ExportOptions {
        region: region(mosaic, request).filter(|_| !filters::move_pixels(&request.filters)),
        level: request.level,
        scale: request.scale,
        flatten: request.flatten,
        memory: MemoryBudget(request.options.memory.0.saturating_sub(document_bytes(mosaic))),
        ..request.options.clone()
    }
}

fn document_bytes(mosaic: &Mosaic) -> u64 {
    mosaic.placements.len() as u64 * PLACEMENT_BYTES
}

/// The region in pixels of the composite, whose first is the upper left one of the mosaic's bounds.
fn region(mosaic: &Mosaic, request: &ExportRequest) -> Option<Rect> {
    let bounds = mosaic.bounds();
    request.region.map(|rect| rect.translate(-bounds.x0, -bounds.y0))
}

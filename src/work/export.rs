//! From a document to a file: the budget split between cache and blocks, the composite, the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::{Library, TileCache};
use crate::composite::{BadTiles, Composite};
use crate::export::{
    ExportOptions, Format, Identity, Plan, Start, Statistics, choose, input_line, plan, run_from, write_image,
};
use crate::geometry::{Rect, Region};
use crate::job::{MemoryBudget, Progress, peak_resident};
use crate::mosaic::Mosaic;
use crate::source::SourceSet;
use crate::{Error, Result};

/// What a placement takes: in the document, in the composite's index, while the files are looked at.
const PLACEMENT_BYTES: u64 = 320;
/// The most bytes a picture may take that is written in one piece (a cropped PNG or JPEG).
const MOST_PLAIN: u64 = 1 << 30;

/// What to write of a document, where to, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    pub out: PathBuf,
    /// In canvas pixels; everything if `None`.
    pub region: Option<Rect>,
    /// Halvings of the full resolution.
    pub level: usize,
    /// On top of `level`, in any factor; 1 if `None`.
    pub scale: Option<f64>,
    /// Write no opacity: lay it on the background.
    pub flatten: bool,
    pub bad: BadTiles,
    /// `None` writes one plain picture, chosen by `out`'s ending (PNG or JPEG).
    pub options: Option<ExportOptions>,
    /// Of a plain JPEG.
    pub quality: u8,
    /// Whether to go on with an unfinished export of the same name.
    pub start: Start,
}

impl ExportRequest {
    /// Everything at full resolution, with the usual care.
    pub fn new(out: PathBuf, options: Option<ExportOptions>) -> Self {
        Self {
            out,
            region: None,
            level: 0,
            scale: None,
            flatten: false,
            bad: BadTiles::Warn,
            options,
            quality: 90,
            start: Start::New,
        }
    }
}

/// Files read through a cache of `bytes`.
pub fn library(bytes: u64) -> Library {
    Library::new(Arc::new(SourceSet::default()), Arc::new(TileCache::new(bytes)))
}

/// Write the document. Bad tiles become warnings of `progress`, unless they are to fail. Returns how often inputs were decoded.
pub fn export(mosaic: &Mosaic, request: &ExportRequest, progress: &Progress) -> Result<(Statistics, u64)> {
    let Some(options) = &request.options else { return export_plain(mosaic, request, progress) };
    let plan = preview_plan(mosaic, request)?;
    let library = library(plan.cache_bytes);
    let composite = Composite::new(mosaic, library.clone(), request.bad, progress.clone())?;
    let options = placed(options, mosaic, request);
    let identity = identity(mosaic, request);
    let statistics = run_from(&composite, &request.out, &options, request.start, &identity, progress)?;
    Ok((statistics, library.cache().decodes()))
}

/// What besides the options decides the result: the canvas, what bad tiles become, and each input and its place.
fn identity<'a>(mosaic: &'a Mosaic, request: &ExportRequest) -> Identity<'a> {
    let inputs = || {
        let visible = mosaic.placements.iter().filter(|placement| placement.visible);
        let lines = visible.map(|placement| {
            let place = format!("{} page {} of {}", placement.rect(), placement.page, placement.size);
            input_line(&place, &placement.path)
        });
        Box::new(lines) as Box<dyn Iterator<Item = String>>
    };
    Identity {
        settings: vec![
            ("canvas", mosaic.bounds().to_string()),
            ("canvas colour", format!("{:?}", mosaic.background)),
            ("bad tiles", format!("{:?}", request.bad)),
        ],
        inputs: Some(Box::new(inputs)),
    }
}

/// How the export would go: levels, memory, workers. Reads nothing.
pub fn preview_plan(mosaic: &Mosaic, request: &ExportRequest) -> Result<Plan> {
    let options = request.options.as_ref().ok_or_else(|| Error::invalid("a plain picture has no plan"))?;
    let composite = Composite::new(mosaic, library(0), request.bad, Progress::default())?;
    let mut plan = plan(&composite, &request.out, &placed(options, mosaic, request))?;
    plan.peak_bytes += document_bytes(mosaic);
    Ok(plan)
}

/// `options` with what only the document knows: where the region lies, and how large the inputs are.
fn placed(options: &ExportOptions, mosaic: &Mosaic, request: &ExportRequest) -> ExportOptions {
    // Larger inputs are slides, read in tiles of their own.
    let inputs = mosaic.placements.iter().map(|placement| placement.size).filter(|size| size.longest() <= 8192);
    ExportOptions {
        region: region(mosaic, request),
        level: request.level,
        scale: request.scale,
        flatten: request.flatten,
        memory: MemoryBudget(options.memory.0.saturating_sub(document_bytes(mosaic))),
        input_tile: inputs.max_by_key(|size| size.area()),
        ..options.clone()
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

fn export_plain(mosaic: &Mosaic, request: &ExportRequest, progress: &Progress) -> Result<(Statistics, u64)> {
    let started = std::time::Instant::now();
    let library = library(256 << 20);
    let composite = Composite::new(mosaic, library.clone(), request.bad, progress.clone())?;
    // The format is of no account for which pixels are chosen.
    let options = placed(&ExportOptions::new(Format::Tiff), mosaic, request);
    let part = choose(&composite, &ExportOptions { background: mosaic.background, ..options })?;
    let info = part.info();
    let rect = Rect::from_size(info.size());
    if rect.area() * info.pixel_bytes() as u64 > MOST_PLAIN {
        let what = format!("{} pixels are too many for one plain picture; write .tif or .dzi", info.size());
        return Err(Error::limit(what).at(&request.out));
    }
    progress.set_total(1);
    let pixels = part.read(Region::new(0, rect))?;
    progress.check()?;
    write_image(&request.out, &pixels, info.colour, request.quality)?;
    progress.advance(1)?;
    let bytes = std::fs::metadata(Path::new(&request.out)).map_or(0, |found| found.len());
    let seconds = started.elapsed().as_secs_f64();
    let statistics =
        Statistics { tiles: 1, levels: 1, blocks: 1, bytes, seconds, resumed_tiles: 0, peak_memory: peak_resident() };
    Ok((statistics, library.cache().decodes()))
}

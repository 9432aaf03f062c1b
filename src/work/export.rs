//! From a document to a file: the budget split between cache and blocks, the composite, the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::{Library, TileCache};
use crate::composite::{BadTiles, Composite};
use crate::export::{ExportOptions, Part, Plan, Statistics, run, write_image};
use crate::geometry::{Rect, Region};
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::source::{Source as _, SourceSet};
use crate::{Error, Result};

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
    pub bad: BadTiles,
    /// `None` writes one plain picture, chosen by `out`'s ending (PNG or JPEG).
    pub options: Option<ExportOptions>,
    /// Of a plain JPEG.
    pub quality: u8,
}

/// Files read through a cache of `bytes`.
pub fn library(bytes: u64) -> Library {
    Library::new(Arc::new(SourceSet::default()), Arc::new(TileCache::new(bytes)))
}

/// Write the document. Bad tiles become warnings of `progress`, unless they are to fail. Returns how often inputs were decoded.
pub fn export(mosaic: &Mosaic, request: &ExportRequest, progress: &Progress) -> Result<(Statistics, u64)> {
    let Some(options) = &request.options else { return export_plain(mosaic, request, progress) };
    let plan = preview_plan(mosaic, request)?;
    let library = library(plan.cache);
    let composite = Composite::new(mosaic, library.clone(), request.bad, progress.clone())?;
    let part = part(&composite, mosaic, request)?;
    let statistics = run(&part, &request.out, options, progress)?;
    Ok((statistics, library.cache().decodes()))
}

/// How the export would go: levels, memory, workers. Reads nothing.
pub fn preview_plan(mosaic: &Mosaic, request: &ExportRequest) -> Result<Plan> {
    let options = request.options.as_ref().ok_or_else(|| Error::invalid("a plain picture has no plan"))?;
    let composite = Composite::new(mosaic, library(0), request.bad, Progress::default())?;
    let part = part(&composite, mosaic, request)?;
    let mut info = part.info().clone();
    let inputs = mosaic.placements.iter().map(|placement| placement.size);
    let tallest = inputs.map(|size| size.height).max().unwrap_or(0).min(8192);
    if let Some(level) = info.levels.first_mut() {
        level.tile.height = tallest;
    }
    Plan::new(&info, &request.out, options)
}

fn part<'a>(composite: &'a Composite, mosaic: &Mosaic, request: &ExportRequest) -> Result<Part<'a>> {
    let bounds = mosaic.bounds();
    let to_level = |rect: Rect| rect.translate(-bounds.x0, -bounds.y0).reduced(request.level as u32);
    Part::new(composite, request.level, request.region.map(to_level))
}

fn export_plain(mosaic: &Mosaic, request: &ExportRequest, progress: &Progress) -> Result<(Statistics, u64)> {
    let started = std::time::Instant::now();
    let library = library(256 << 20);
    let composite = Composite::new(mosaic, library.clone(), request.bad, progress.clone())?;
    let part = part(&composite, mosaic, request)?;
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
    Ok((Statistics { tiles: 1, bytes, levels: 1, seconds }, library.cache().decodes()))
}

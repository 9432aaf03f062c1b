//! Regions of a document: found in it, and each exported to a file of its own.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::cache::Library;
use crate::composite::{BadTiles, Composite};
use crate::export::{self, ExportRequest};
use crate::filters;
use crate::geometry::{Affine, Point, Rect, Size};
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::source::Source;
use crate::{Error, IoResultExt as _, Result};
use mosaicist_export::{ResumeMode, run_from};
use mosaicist_region::{Bounds, Geometry, Kind, MaskedSource, Names, Outside, Pattern, Raster, Roi, detect};

/// Cache of decoded tiles during detection, in bytes.
const DETECT_CACHE: u64 = 64 << 20;
/// The most files of one export.
const MOST_FILES: usize = 1_000_000;
/// The fields of a name.
const FIELDS: &[&str] = &["image", "name", "class", "kind", "id", "index", "x", "y", "width", "height", "level"];

/// Equal squares instead of whole regions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatchGrid {
    /// In pixels of the output.
    pub side: u32,
    /// Between the beginnings of neighbors, in pixels of the output; the side for patches that do not overlap.
    pub stride: u32,
    /// The least part of a patch that lies inside the region, 0 to 1.
    pub inside: f64,
}

/// Options for exporting regions.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionExport {
    /// New or empty.
    pub folder: PathBuf,
    /// `{image}` in the file names.
    pub image: String,
    /// A pattern such as `{image}_{name}_{class}_{x}_{y}_{level}`.
    pub names: String,
    /// With the dot; none for folders.
    pub ending: String,
    /// The fill of pixels outside of the region; unchanged if `None`.
    pub outside: Option<Outside>,
    pub patches: Option<PatchGrid>,
}

/// One file written.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionOutput {
    /// Of the file.
    pub name: String,
    /// The index of its region.
    pub roi: usize,
    /// In canvas pixels.
    pub rect: Rect,
    /// The fraction of `rect` inside the region, 0 to 1.
    pub inside: f64,
    pub bytes: u64,
}

/// The regions that [`detect`] finds in a document, in canvas pixels.
pub fn find_regions(mosaic: &Mosaic, options: &detect::Options, progress: &Progress) -> Result<Vec<Roi>> {
    find_in(mosaic, &overview_of(mosaic, export::library(DETECT_CACHE), progress)?, options)
}

/// The low-resolution picture of a document that regions are found in.
pub fn overview_of(mosaic: &Mosaic, library: Library, progress: &Progress) -> Result<detect::Overview> {
    detect::Overview::read(&Composite::new(mosaic, library, BadTiles::Warn, progress.clone())?, progress)
}

/// The regions that [`detect`] finds in the overview of a document, in canvas pixels.
pub fn find_in(mosaic: &Mosaic, overview: &detect::Overview, options: &detect::Options) -> Result<Vec<Roi>> {
    let bounds = mosaic.bounds();
    let mut rois = detect::detect_in(overview, options)?;
    for roi in &mut rois {
        roi.geometry = roi.geometry.transformed(Affine::translation(Point::new(bounds.x0 as f64, bounds.y0 as f64)));
    }
    Ok(rois)
}

/// Write each of `rois`, which are in canvas pixels, to a file of its own, as `request` says (but for its name and region),
/// and beside them `regions.csv` with their positions. One step of `progress` is one file.
///
/// Regions are clipped to the canvas; regions outside of it become warnings. Lines and points are
/// exported as their bounding box. After a failure complete files stay.
pub fn export_regions(
    mosaic: &Mosaic,
    request: &ExportRequest,
    rois: &[Roi],
    how: &RegionExport,
    progress: &Progress,
) -> Result<Vec<RegionOutput>> {
    if filters::move_pixels(&request.filters) {
        return Err(Error::invalid("filters that move pixels do not go with regions: these lie on the image as it is"));
    }
    let request = &filters::with_document(mosaic, request)?;
    let pattern = Pattern::parse(&how.names, FIELDS)?;
    let targets = targets(mosaic, request, rois, how, progress)?;
    make_folder(&how.folder)?;
    progress.set_total(targets.len() as u64);
    let Some(largest) = targets.iter().max_by_key(|target| target.rect.area()) else {
        return Err(Error::invalid("no region lies on the image"));
    };
    let to = |name: &str, rect| ExportRequest { out: how.folder.join(name), region: Some(rect), ..request.clone() };
    // One library of open files and decoded tiles for all.
    let plan = export::plan_of(mosaic, &to(&format!("plan{}", how.ending), largest.rect))?;
    let (source, working) = export::source(mosaic, request, export::library(plan.cache_bytes), progress.clone())?;
    let (mut names, mut written) = (Names::default(), Vec::with_capacity(targets.len()));
    for (index, target) in targets.iter().enumerate() {
        let roi = &rois[target.roi];
        let name = names.unique(&pattern.fill(|field| value(field, roi, target, index, how, request)));
        let name = format!("{name}{}", how.ending);
        let one = to(&name, target.rect);
        let bytes = following(progress, |inner| write_one(mosaic, (&*source, working), &one, roi, how.outside, inner))?;
        written.push(RegionOutput { name, roi: target.roi, rect: target.rect, inside: target.inside, bytes });
        progress.advance(1)?;
    }
    write_positions(&how.folder, &written, rois, request)?;
    Ok(written)
}

/// A rectangle to be written.
struct Target {
    roi: usize,
    rect: Rect,
    inside: f64,
}

fn targets(
    mosaic: &Mosaic,
    request: &ExportRequest,
    rois: &[Roi],
    how: &RegionExport,
    progress: &Progress,
) -> Result<Vec<Target>> {
    let canvas = mosaic.bounds();
    let mut targets = Vec::new();
    for (index, roi) in rois.iter().enumerate().filter(|(_, roi)| roi.kind != Kind::Root) {
        let rect = pixels(roi.geometry.bounds()).intersect(canvas);
        if rect.is_empty() {
            let name = roi.name.as_deref().unwrap_or("a region");
            progress.warn(Error::invalid(format!("{name} (number {}) lies outside the image", index + 1)));
            continue;
        }
        match how.patches {
            None => targets.push(Target { roi: index, rect, inside: covered(&roi.geometry, rect) }),
            Some(grid) => patches(&mut targets, index, &roi.geometry, rect, (canvas, grid, request))?,
        }
        if targets.len() > MOST_FILES {
            return Err(Error::limit(format!("more than {MOST_FILES} files; export fewer regions or larger patches")));
        }
    }
    Ok(targets)
}

/// Bounds in whole pixels; rounding errors of whole numbers are ignored.
fn pixels(bounds: Bounds) -> Rect {
    let near = |value: f64| if (value - value.round()).abs() < 1e-6 { value.round() } else { value };
    // Far beyond any canvas.
    let cut = |value: f64| near(value.clamp(-1e15, 1e15));
    Bounds { x0: cut(bounds.x0), y0: cut(bounds.y0), x1: cut(bounds.x1), y1: cut(bounds.y1) }.pixels()
}

/// The fraction of `rect` inside `geometry`; 1 for lines and points.
fn covered(geometry: &Geometry, rect: Rect) -> f64 {
    if !geometry.is_area() || matches!(geometry, Geometry::Rectangle(_)) {
        return 1.0;
    }
    // In no more than about a million pixels, whatever the size.
    let scale = (1e6 / rect.area().max(1) as f64).sqrt().min(1.0);
    let small = Bounds {
        x0: rect.x0 as f64 * scale,
        y0: rect.y0 as f64 * scale,
        x1: rect.x1 as f64 * scale,
        y1: rect.y1 as f64 * scale,
    }
    .pixels();
    // Parts of a multipolygon that overlap count once.
    let mask = Raster::scaled([(geometry, 1)], (scale, scale)).mask::<u8>(small);
    mask.labels.iter().filter(|label| **label > 0).count() as f64 / small.area().max(1) as f64
}

/// The patches of one region: a grid from its upper left corner, on the canvas alone.
fn patches(
    targets: &mut Vec<Target>,
    roi: usize,
    geometry: &Geometry,
    rect: Rect,
    (canvas, grid, request): (Rect, PatchGrid, &ExportRequest),
) -> Result<()> {
    let scale = request.scale.unwrap_or(1.0);
    let full =
        |pixels: u32| ((f64::from(pixels) * (1u64 << request.level.min(32)) as f64 / scale).round() as i64).max(1);
    let (side, stride) = (full(grid.side), full(grid.stride));
    if grid.side == 0 || grid.stride == 0 || !(0.0..=1.0).contains(&grid.inside) {
        return Err(Error::invalid("patches want a side and a stride of at least 1, and 0 to 100 % inside"));
    }
    let size = Size::new(u32::try_from(side).unwrap_or(u32::MAX), u32::try_from(side).unwrap_or(u32::MAX));
    let steps = |from: i64, to: i64| (from..to).step_by(usize::try_from(stride).unwrap_or(usize::MAX));
    for y in steps(rect.y0, rect.y1) {
        for x in steps(rect.x0, rect.x1) {
            let patch = Rect::at(x, y, size);
            if !canvas.contains(patch) {
                continue;
            }
            let inside = match geometry {
                Geometry::Rectangle(_) => patch.intersect(rect).area() as f64 / patch.area().max(1) as f64,
                other => covered(other, patch),
            };
            if inside > 0.0 && inside >= grid.inside {
                targets.push(Target { roi, rect: patch, inside });
            }
            if targets.len() > MOST_FILES {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).at(folder)?;
    if std::fs::read_dir(folder).at(folder)?.next().is_some() {
        return Err(Error::invalid(format!("{}: not empty; name a new or an empty folder", folder.display())));
    }
    Ok(())
}

fn value(field: &str, roi: &Roi, target: &Target, index: usize, how: &RegionExport, request: &ExportRequest) -> String {
    match field {
        "image" => how.image.clone(),
        "name" => roi.name.as_deref().map_or_else(|| format!("region-{}", target.roi + 1), str::to_owned),
        "class" => roi.class.as_ref().map_or_else(String::new, |class| class.name.to_string()),
        "kind" => roi.kind.name().to_owned(),
        "id" => roi.id.as_deref().map_or_else(|| (target.roi + 1).to_string(), str::to_owned),
        "x" => target.rect.x0.to_string(),
        "y" => target.rect.y0.to_string(),
        "width" => target.rect.width().to_string(),
        "height" => target.rect.height().to_string(),
        "level" => request.level.to_string(),
        _ => (index + 1).to_string(),
    }
}

/// Write one file; returns its bytes.
fn write_one(
    mosaic: &Mosaic,
    (source, working): (&dyn Source, u64),
    request: &ExportRequest,
    roi: &Roi,
    outside: Option<Outside>,
    progress: &Progress,
) -> Result<u64> {
    let options = export::placed(mosaic, request, working);
    let identity = export::identity(mosaic, request);
    let run = |source: &dyn Source| {
        run_from(source, &request.out, &options, ResumeMode::New, &identity, progress, &|| Ok(()))
    };
    let statistics = match outside.filter(|_| roi.geometry.is_area()) {
        None => run(source)?,
        Some(outside) => {
            let corner = mosaic.bounds();
            let moved = roi.geometry.transformed(Affine::translation(Point::new(-corner.x0 as f64, -corner.y0 as f64)));
            run(&MaskedSource::new(source, &[&moved], outside))?
        }
    };
    Ok(statistics.bytes)
}

/// Runs `work` with its own progress, which is cancelled and paused with `outer`.
fn following<T>(outer: &Progress, work: impl FnOnce(&Progress) -> Result<T>) -> Result<T> {
    let (inner, done) = (Progress::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !done.load(Relaxed) {
                inner.set_paused(outer.is_paused());
                if !outer.is_paused() && outer.check().is_err() {
                    inner.cancel();
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
        });
        let result = work(&inner);
        done.store(true, Relaxed);
        watcher.thread().unpark();
        result
    })
}

/// The rectangle of each file, in full-resolution pixels.
fn write_positions(folder: &Path, written: &[RegionOutput], rois: &[Roi], request: &ExportRequest) -> Result<()> {
    let path = folder.join("regions.csv");
    let mut table = mosaicist_region::measure::Table {
        columns: ["file", "region", "name", "class", "x", "y", "width", "height", "level", "scale", "inside"]
            .map(Into::into)
            .to_vec(),
        rows: Vec::with_capacity(written.len()),
    };
    for output in written {
        let roi = &rois[output.roi];
        let rect = output.rect;
        table.rows.push(vec![
            output.name.clone(),
            (output.roi + 1).to_string(),
            roi.name.as_deref().unwrap_or_default().to_owned(),
            roi.class.as_ref().map_or_else(String::new, |class| class.name.to_string()),
            rect.x0.to_string(),
            rect.y0.to_string(),
            rect.width().to_string(),
            rect.height().to_string(),
            request.level.to_string(),
            request.scale.unwrap_or(1.0).to_string(),
            format!("{:.4}", output.inside),
        ]);
    }
    let given: HashSet<&str> = written.iter().map(|output| output.name.as_str()).collect();
    debug_assert_eq!(given.len(), written.len(), "no name twice");
    let mut text = Vec::new();
    table.write_csv(&mut text).at(&path)?;
    mosaicist_core::whole_file::write_bytes(&path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_adds_no_pixel() {
        let bounds = Bounds { x0: 10.000_000_001, y0: 5.0, x1: 19.999_999_999, y1: 7.5 };
        assert_eq!(pixels(bounds), Rect::new(10, 5, 20, 8));
        assert!(!pixels(Bounds { x0: -1e300, y0: 0.0, x1: 1e300, y1: 1.0 }).is_empty());
    }

    #[test]
    fn cover_is_counted_at_any_size() {
        let circle = |r: f64| Geometry::Ellipse { center: (r, r).into(), rx: r, ry: r, angle: 0.0 };
        for radius in [50.0, 5000.0] {
            let side = 2 * radius as i64;
            let cover = covered(&circle(radius), Rect::new(0, 0, side, side));
            assert!((cover - std::f64::consts::FRAC_PI_4).abs() < 0.01, "{cover}");
        }
    }

    #[test]
    fn patches_lie_on_the_canvas_and_inside() {
        let mut targets = Vec::new();
        let request =
            ExportRequest::new("x".into(), mosaicist_export::ExportOptions::new(mosaicist_export::Format::Png));
        let grid = PatchGrid { side: 10, stride: 5, inside: 0.9 };
        let canvas = Rect::new(0, 0, 33, 40);
        let geometry = Geometry::rectangle(2.0, 2.0, 40.0, 20.0);
        patches(&mut targets, 0, &geometry, Rect::new(2, 2, 33, 22), (canvas, grid, &request)).unwrap();
        let corners: Vec<_> = targets.iter().map(|target| (target.rect.x0, target.rect.y0)).collect();
        assert_eq!(corners.len(), 5 * 3, "{corners:?}");
        assert!(targets.iter().all(|target| canvas.contains(target.rect) && target.inside >= 0.9));
    }
}

//! Regions of a document: found in it, read from files and written, and each exported to a file of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::cache::Library;
use crate::export::{self, ExportRequest};
use crate::filters;
use crate::geometry::{Affine, Point, Rect, Size};
use crate::job::Progress;
use crate::mosaic::{Mosaic, SpatialIndex};
use crate::resolution::pixel_size;
use crate::source::Source;
use crate::{Error, IoResultExt as _, Result};
use mosaicist_export::{Format, ResumeMode, Workspace, choose, run_from, write_labels};
use mosaicist_region::files::Loaded;
use mosaicist_region::{Kind, MaskedSource, Names, Outside, Pattern, Roi};

mod axes;
mod beside;
mod files;
mod find;
mod outlines;
mod targets;

pub use axes::Axes;
pub use files::{listed_regions, read_regions, write_regions};
pub use find::{find_in, find_regions, overview_of};
pub use outlines::Outlines;
pub(crate) use outlines::{identity as outline_identity, with_outlines};

use axes::{turned, whole_pixels};
use outlines::{outlined, pixels_of_one};
use targets::{Target, targets};

/// The fields of a name.
const FIELDS: &[&str] = &["image", "name", "class", "kind", "id", "index", "x", "y", "width", "height", "level"];
/// The regions beside the files.
const GEOJSON: &str = "regions.geojson";

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
    /// The fill of pixels outside of the region; unchanged if `None`.
    pub outside: Option<Outside>,
    pub patches: Option<PatchGrid>,
    pub axes: Axes,
    /// Write a mask of labels for each file: in an OME-Zarr as its labels, else a TIFF of 8, 16 or 32 bits in the folder `labels`. A
    /// label is the number of the region in `regions.csv`.
    pub labels: bool,
    /// Write the regions too, to `regions.geojson`.
    pub geojson: bool,
}

impl RegionExport {
    /// The bounding box of each region, upright, and nothing beside.
    pub fn new(folder: PathBuf, image: String) -> Self {
        Self {
            folder,
            image,
            names: "{image}_{name}_{class}_{x}_{y}_{level}".into(),
            outside: None,
            patches: None,
            axes: Axes::Canvas,
            labels: false,
            geojson: false,
        }
    }
}

/// One file written, or to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionOutput {
    /// Of the file.
    pub name: String,
    /// The index of its region.
    pub roi: usize,
    /// The canvas point that is its upper left corner.
    pub corner: Point,
    /// In full-resolution pixels along its axes.
    pub size: Size,
    /// The direction of its upper edge on the canvas, in degrees clockwise.
    pub angle: f64,
    /// Whether left and right are exchanged.
    pub mirrored: bool,
    /// The fraction of it inside the region, 0 to 1.
    pub inside: f64,
    /// With its mask; 0 if it is not written yet.
    pub bytes: u64,
}

/// The regions of an export, found by place.
struct Near<'a> {
    rois: Vec<(&'a Roi, u32)>,
    last: u32,
}

impl Near<'_> {
    /// Each with its label.
    fn labeled(&self) -> impl Iterator<Item = (&Roi, u32)> {
        self.rois.iter().map(|(roi, label)| (*roi, *label))
    }

    /// The largest label of the whole export.
    fn last(&self) -> u32 {
        self.last
    }
}

/// Write each of `regions`, which are in canvas pixels, to a file of its own, as `request` says (but for its name and region),
/// and beside them `regions.csv` with their positions. One step of `progress` is one file.
///
/// Upright regions are clipped to the canvas; regions outside of it become warnings. Lines and points are
/// exported as their bounding box. After a failure complete files stay.
pub fn export_regions(
    mosaic: &Mosaic,
    request: &ExportRequest,
    regions: &Loaded,
    how: &RegionExport,
    progress: &Progress,
) -> Result<Vec<RegionOutput>> {
    let (request, targets, mut outputs) = planned(mosaic, request, regions, how, progress)?;
    std::fs::create_dir_all(&how.folder).at(&how.folder)?;
    progress.set_total(targets.len() as u64);
    let writing = Writing::new(mosaic, &request, &regions.rois, how, &targets, progress)?;
    for (target, output) in targets.iter().zip(&mut outputs) {
        output.bytes = following(progress, |inner| writing.write(target, &output.name, inner))?;
        progress.advance(1)?;
    }
    beside::write_positions(&how.folder, &outputs, &regions.rois, &request)?;
    if how.geojson {
        write_regions(mosaic, regions.clone(), &how.folder.join(GEOJSON))?;
    }
    Ok(outputs)
}

/// The files that [`export_regions`] would write. Writes nothing.
pub fn plan_regions(
    mosaic: &Mosaic,
    request: &ExportRequest,
    regions: &Loaded,
    how: &RegionExport,
    progress: &Progress,
) -> Result<Vec<RegionOutput>> {
    planned(mosaic, request, regions, how, progress).map(|(_, _, outputs)| outputs)
}

/// The request with the document's filters, and the files: where each comes from, and what it is called.
fn planned(
    mosaic: &Mosaic,
    request: &ExportRequest,
    regions: &Loaded,
    how: &RegionExport,
    progress: &Progress,
) -> Result<(ExportRequest, Vec<Target>, Vec<RegionOutput>)> {
    if filters::move_pixels(&request.filters) {
        return Err(Error::invalid("filters that move pixels do not go with regions: these lie on the image as it is"));
    }
    check_folder(&how.folder)?;
    let request = filters::with_document(mosaic, request)?;
    let pattern = Pattern::parse(&how.names, FIELDS)?;
    let targets = targets(mosaic.bounds(), &request, &regions.rois, how, progress)?;
    if targets.is_empty() {
        return Err(Error::invalid(match how.patches {
            None => "no region lies on the image".to_owned(),
            Some(PatchGrid { side, inside, .. }) => {
                let part = inside * 100.0;
                format!("no patch of {side} px lies on the image and {part} % inside a region; choose smaller patches")
            }
        }));
    }
    let ending = request.options.format.spec().endings.first().map_or_else(String::new, |ending| format!(".{ending}"));
    let mut names = Names::default();
    // Names that the table, the masks and the regions have.
    for taken in ["regions", beside::MASKS] {
        names.unique(taken);
    }
    let output = |(index, target): (usize, &Target)| {
        let roi = &regions.rois[target.roi];
        let name = names.unique(&pattern.fill(|field| value(field, roi, target, index, how, &request)));
        RegionOutput {
            name: format!("{name}{ending}"),
            roi: target.roi,
            corner: target.corner(),
            size: target.rect.size(),
            angle: target.angle(),
            mirrored: target.frame.determinant() < 0.0,
            inside: target.inside,
            bytes: 0,
        }
    };
    let outputs = targets.iter().enumerate().map(output).collect();
    Ok((request, targets, outputs))
}

/// Fails unless the folder is new or empty.
fn check_folder(folder: &Path) -> Result<()> {
    let mut entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.at(folder)?,
    };
    if entries.next().is_some() {
        return Err(Error::invalid(format!("{}: not empty; name a new or an empty folder", folder.display())));
    }
    Ok(())
}

fn value(field: &str, roi: &Roi, target: &Target, index: usize, how: &RegionExport, request: &ExportRequest) -> String {
    let corner = target.corner().round();
    match field {
        "image" => how.image.clone(),
        "name" => roi.name.as_deref().map_or_else(|| format!("region-{}", target.roi + 1), str::to_owned),
        "class" => roi.class.as_ref().map_or_else(String::new, |class| class.name.to_string()),
        "kind" => roi.kind.name().to_owned(),
        "id" => roi.id.as_deref().map_or_else(|| (target.roi + 1).to_string(), str::to_owned),
        "x" => corner.0.to_string(),
        "y" => corner.1.to_string(),
        "width" => target.rect.width().to_string(),
        "height" => target.rect.height().to_string(),
        "level" => request.level.to_string(),
        _ => (index + 1).to_string(),
    }
}

/// An export of regions under way: one library of open files and decoded tiles for all.
struct Writing<'a> {
    mosaic: &'a Mosaic,
    request: &'a ExportRequest,
    rois: &'a [Roi],
    how: &'a RegionExport,
    progress: &'a Progress,
    library: Library,
    /// The canvas as it is, and the memory in bytes that its filters use.
    upright: Box<dyn Source>,
    /// The regions by place, if any but the exported one matters.
    index: Option<SpatialIndex>,
    /// The µm of a canvas pixel, where the document is rotated.
    mpp: Option<(f64, f64)>,
}

/// What a file is written from.
struct Shown<'a> {
    mosaic: &'a Mosaic,
    source: &'a dyn Source,
    request: ExportRequest,
    /// From the canvas to pixels of the source.
    map: Affine,
}

impl<'a> Writing<'a> {
    fn new(
        mosaic: &'a Mosaic,
        request: &'a ExportRequest,
        rois: &'a [Roi],
        how: &'a RegionExport,
        targets: &[Target],
        progress: &'a Progress,
    ) -> Result<Self> {
        let is_turned = targets.iter().any(|target| !target.is_upright());
        let mpp = if is_turned { pixel_size(mosaic)? } else { None };
        let largest = targets.iter().max_by_key(|target| target.rect.area()).map_or_else(Rect::default, |it| it.rect);
        // Resampling reads no more than this.
        let part = Rect::at(0, 0, largest.size()).translate(mosaic.bounds().x0, mosaic.bounds().y0);
        let planned =
            ExportRequest { out: how.folder.join("plan"), region: Some(part), outlines: None, ..request.clone() };
        let library = export::library(export::plan_of(mosaic, &planned)?.cache_bytes);
        let upright = export::source(mosaic, request, library.clone(), progress.clone())?;
        let index = (how.labels || request.outlines.is_some()).then(|| index_of(rois));
        Ok(Self { mosaic, request, rois, how, progress, library, upright, index, mpp })
    }

    /// Write one file; returns its bytes.
    fn write(&self, target: &Target, name: &str, progress: &Progress) -> Result<u64> {
        let out = self.how.folder.join(name);
        if target.is_upright() {
            let bounds = self.mosaic.bounds();
            let map = Affine::translation(Point::new(-bounds.x0 as f64, -bounds.y0 as f64));
            let request = ExportRequest { out, region: Some(target.rect), ..self.request.clone() };
            let shown = Shown { mosaic: self.mosaic, source: &*self.upright, request, map };
            return self.write_shown(target, name, &shown, progress);
        }
        let asked = ExportRequest { out, ..self.request.clone() };
        let (mosaic, request, map) = turned(self.mosaic, (target.frame, target.rect), &asked, self.mpp)?;
        let source = export::source(&mosaic, &request, self.library.clone(), self.progress.clone())?;
        self.write_shown(target, name, &Shown { mosaic: &mosaic, source: &*source, request, map }, progress)
    }

    fn write_shown(&self, target: &Target, name: &str, shown: &Shown<'_>, progress: &Progress) -> Result<u64> {
        let near = self.near(target);
        let roi = &self.rois[target.roi];
        let shape = roi.geometry.transformed(shown.map);
        let masked = self.how.outside.filter(|_| roi.geometry.is_area());
        let masked = masked.map(|outside| MaskedSource::new(shown.source, &[&shape], outside));
        let source: &dyn Source = masked.as_ref().map_or(shown.source, |masked| masked);
        let options = export::placed(shown.mosaic, &shown.request);
        let lines = match shown.request.outlines {
            None => None,
            Some(outlines) => {
                let visible = near.rois.iter().map(|(roi, _)| *roi).filter(|roi| !roi.hidden);
                let part = options.region.unwrap_or(source.info().whole(0));
                Some(outlined(source, visible, shown.map, (outlines, pixels_of_one(&shown.request), part))?)
            }
        };
        let source: &dyn Source = lines.as_ref().map_or(source, |lines| lines);
        let labels = if self.how.labels {
            let part = options.region.unwrap_or(source.info().whole(0));
            let size = choose(source, &options)?.info().size();
            Some(beside::labels(&near, (shown.map, part), size, &shown.request, source.info().mpp))
        } else {
            None
        };
        let in_zarr = matches!(options.format, Format::Zarr | Format::Zarr04);
        let add_labels = |work: &Workspace| match &labels {
            Some(labels) if in_zarr => {
                let mask = beside::mask_options(&shown.request, options.format);
                write_labels(work, labels, &beside::meanings(&near), &mask, progress)
            }
            _ => Ok(()),
        };
        let identity = export::identity(shown.mosaic, &shown.request);
        let written =
            run_from(source, &shown.request.out, &options, ResumeMode::New, &identity, progress, &add_labels)?;
        let mask = match &labels {
            Some(labels) if !in_zarr => beside::write_mask(&self.how.folder, name, labels, self.request, progress)?,
            _ => 0,
        };
        Ok(written.bytes + mask)
    }

    /// The regions that lie on a target, with their labels, in their order.
    fn near(&self, target: &Target) -> Near<'a> {
        let found = self.index.as_ref().map(|index| index.touching(target.on_canvas())).unwrap_or_default();
        let roi = |number: u64| Some((self.rois.get(number as usize)?, number as u32 + 1));
        Near { rois: found.into_iter().filter_map(roi).collect(), last: self.rois.len() as u32 }
    }
}

fn index_of(rois: &[Roi]) -> SpatialIndex {
    let mut index = SpatialIndex::default();
    for (number, roi) in rois.iter().enumerate().filter(|(_, roi)| roi.kind != Kind::Root) {
        index.insert(number as u64, whole_pixels(roi.geometry.bounds()), number as i64);
    }
    index
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

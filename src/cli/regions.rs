//! `export --rois`: each region of a file of regions to an image of its own, of one image or of many.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::args::numbers;
use super::output::Output;
use super::progress::watched;
use super::{Done, Failure, print};
use crate::job::{Progress, peak_resident, show_bytes};
use crate::mosaic::Mosaic;
use crate::region::{Names, Outside};
use crate::work::{Axes, PatchGrid, RegionExport, RegionOutput, export_regions, plan_regions, read_regions};
use crate::{Error, IoResultExt as _};

/// The options of an export of regions.
#[derive(Debug, Args)]
#[command(next_help_heading = "Regions")]
pub(super) struct RegionArgs {
    /// Write each region of this file (`GeoJSON`, `ImageScope`, ASAP, NDPA, `ImageJ`, OME-XML, CSV) to an image of its own; OUT is a new
    /// or empty folder. With several images, {name} in it stands for the name of each without its ending.
    #[arg(long, value_name = "FILE", conflicts_with = "region")]
    pub(super) rois: Option<PathBuf>,
    /// Make pixels outside of a region transparent.
    #[arg(long, requires = "rois", conflicts_with = "outside")]
    masked: bool,
    /// Fill pixels outside of a region with this color.
    #[arg(long, value_name = "R,G,B", value_parser = color, requires = "rois")]
    outside: Option<[u8; 3]>,
    /// Only regions of this class.
    #[arg(long, value_name = "NAME", requires = "rois")]
    class: Option<String>,
    /// Rotate regions: 'own' to their own axes, so that a rotated rectangle comes out upright; or clockwise by so many degrees.
    #[arg(long, value_name = "own|DEGREES", value_parser = axes, requires = "rois", allow_hyphen_values = true)]
    rotate: Option<Axes>,
    /// Write square patches of this side in pixels of the output, in place of whole regions.
    #[arg(long, value_name = "N", requires = "rois")]
    patch: Option<u32>,
    /// Between the beginnings of neighboring patches; the side unless given.
    #[arg(long, value_name = "N", requires = "patch")]
    stride: Option<u32>,
    /// The least part of a patch inside the region, in percent.
    #[arg(long, value_name = "PERCENT", requires = "patch", default_value_t = 50.0)]
    inside: f64,
    /// Write a mask of labels for each file: in an OME-Zarr as its labels, else a TIFF in OUT/labels. Labels are the numbers of regions
    /// in regions.csv.
    #[arg(long, requires = "rois")]
    labels: bool,
    /// Write the regions to OUT/regions.geojson too.
    #[arg(long, requires = "rois")]
    geojson: bool,
}

/// An image whose regions are written, and where to.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) mosaic: &'a Mosaic,
    /// Its file.
    pub(super) image: &'a Path,
    pub(super) output: &'a Output,
    pub(super) level: usize,
}

fn color(text: &str) -> Result<[u8; 3], String> {
    numbers::<3>(text).map(|values| values.map(|value| value.clamp(0, 255) as u8))
}

fn axes(text: &str) -> Result<Axes, String> {
    if text == "own" {
        return Ok(Axes::Own);
    }
    let degrees: Option<f64> = text.parse().ok().filter(|degrees: &f64| degrees.is_finite());
    let view = |degrees: f64| Axes::View { degrees: degrees.rem_euclid(360.0), mirrored: false };
    degrees.map(view).ok_or_else(|| "write 'own', or an angle in degrees".into())
}

impl RegionArgs {
    /// Exports the regions of `rois` on one image.
    pub(super) fn run(&self, rois: &Path, job: Job<'_>) -> Done {
        let (folder, written) = self.export(rois, job)?;
        if job.output.json {
            return print(&format!("{:#}\n", told(&folder, &written, job.output)));
        }
        say_written(&folder, &written, job.output);
        Ok(())
    }

    /// Exports the regions of `rois` on each of `files`, into folders of their names. What fails is told, and the rest is done.
    ///
    /// `job` opens a file and does its part with it, given its folder.
    pub(super) fn run_all(
        &self,
        rois: &Path,
        files: &[PathBuf],
        output: &Output,
        job: impl Fn(&Path, &Path, &mut dyn FnMut(Job<'_>) -> Done) -> Done,
    ) -> Done {
        let out = output.out()?;
        if !output.dry_run && out.exists() && std::fs::read_dir(out).at(out)?.next().is_some() {
            return Err(Error::invalid(format!("{}: not empty; name a new or an empty folder", out.display())).into());
        }
        let (mut names, mut all, mut failed) = (Names::default(), Vec::new(), Vec::new());
        for (number, file) in (1..).zip(files) {
            say!("{number} of {}: {}", files.len(), file.display());
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let folder = out.join(names.unique(&stem));
            let own = PathBuf::from(rois.to_string_lossy().replace("{name}", &stem));
            let mut part = |job: Job<'_>| {
                let (folder, written) = self.export(&own, job)?;
                say_written(&folder, &written, output);
                all.push(told(&folder, &written, output));
                Ok(())
            };
            match job(file, &folder, &mut part) {
                Ok(()) => {}
                // The same for every image.
                Err(Failure::Usage(what)) => return Err(Failure::Usage(what)),
                Err(Failure::Work(Error::Cancelled)) => return Err(Error::Cancelled.into()),
                Err(Failure::Work(error)) => failed.push((file, error.to_string())),
                Err(Failure::Partial(what)) => failed.push((file, what)),
            }
        }
        if output.json {
            let failures: Vec<_> =
                failed.iter().map(|(file, reason)| json!({ "file": file, "reason": reason })).collect();
            print(&format!("{:#}\n", json!({ "images": all, "failed": failures })))?;
        }
        for (file, reason) in &failed {
            say!("  {}: {reason}", file.display());
        }
        match failed.len() {
            0 => Ok(()),
            count => Err(Failure::Partial(format!("{count} of {} images failed", files.len()))),
        }
    }

    fn export(&self, rois: &Path, job: Job<'_>) -> Result<(PathBuf, Vec<RegionOutput>), Failure> {
        let Job { mosaic, image, output, level } = job;
        let mut request = output.request_of_regions(mosaic, &[rois.to_owned(), image.to_owned()], level)?;
        output.keep_to_memory();
        let mut regions = read_regions(mosaic, &[rois.to_owned()], &Progress::default())?;
        for warning in &regions.warnings {
            say!("mosaicist: warning: {warning}");
        }
        if let Some(class) = &self.class {
            regions.retain(|roi| roi.class.as_ref().is_some_and(|own| *own.name == **class));
        }
        let usual = RegionExport::new(
            request.out.clone(),
            image.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        );
        let how = RegionExport {
            names: output.names.clone().unwrap_or_else(|| usual.names.clone()),
            outside: if self.masked { Some(Outside::Transparent) } else { self.outside.map(Outside::Color) },
            patches: self.patch.map(|side| PatchGrid {
                side,
                stride: self.stride.unwrap_or(side),
                inside: self.inside / 100.0,
            }),
            axes: self.rotate.unwrap_or_default(),
            labels: self.labels,
            geojson: self.geojson,
            ..usual
        };
        // Formats without alpha flatten onto this color.
        request.options.background = output.background.unwrap_or(request.options.background);
        let progress = Progress::default();
        let result = if output.dry_run {
            plan_regions(mosaic, &request, &regions, &how, &progress)
        } else {
            watched(&progress, || export_regions(mosaic, &request, &regions, &how, &progress))
        };
        for warning in progress.warnings() {
            say!("mosaicist: warning: {warning}");
        }
        Ok((how.folder, result?))
    }
}

fn told(folder: &Path, written: &[RegionOutput], output: &Output) -> Value {
    let bytes: u64 = written.iter().map(|output| output.bytes).sum();
    let files = written.iter().map(|output| {
        json!({ "file": output.name, "x": output.corner.x, "y": output.corner.y, "width": output.size.width,
            "height": output.size.height, "angle": output.angle, "inside": output.inside, "bytes": output.bytes })
    });
    let files: Vec<_> = files.collect();
    json!({ "out": folder, "files": files, "bytes": bytes, "dry_run": output.dry_run, "peak_memory": peak_resident() })
}

fn say_written(folder: &Path, written: &[RegionOutput], output: &Output) {
    let count = written.len();
    if !output.dry_run {
        let bytes = written.iter().map(|output| output.bytes).sum();
        return say!("{}: {count} files, {}", folder.display(), show_bytes(bytes));
    }
    for output in written {
        say!("  {}: {} px of full resolution", output.name, output.size);
    }
    say!("{}: {count} files would be written", folder.display());
}

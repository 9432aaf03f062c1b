//! `export --rois`: each region of a file of regions to an image of its own.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::args::numbers;
use super::output::Output;
use super::progress::watched;
use super::{Done, print};
use crate::Error;
use crate::job::{Progress, peak_resident, show_bytes};
use crate::mosaic::Mosaic;
use crate::region::Outside;
use crate::region::files::{Frame, load};
use crate::source::open_image;
use crate::work::{PatchGrid, RegionExport, RegionOutput, export_regions};

/// The options of an export of regions.
#[derive(Debug, Args)]
#[command(next_help_heading = "Regions")]
pub(super) struct RegionArgs {
    /// Write each region of this file (`GeoJSON`, `ImageScope`, ASAP, NDPA, `ImageJ`, OME-XML, CSV) to an image of its own; OUT is a new
    /// or empty folder.
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
    /// Write square patches of this side in pixels of the output, in place of whole regions.
    #[arg(long, value_name = "N", requires = "rois")]
    patch: Option<u32>,
    /// Between the beginnings of neighboring patches; the side unless given.
    #[arg(long, value_name = "N", requires = "patch")]
    stride: Option<u32>,
    /// The least part of a patch inside the region, in percent.
    #[arg(long, value_name = "PERCENT", requires = "patch", default_value_t = 50.0)]
    inside: f64,
}

/// Names where none are asked for.
const NAMES: &str = "{image}_{name}_{class}_{x}_{y}_{level}";

fn color(text: &str) -> Result<[u8; 3], String> {
    numbers::<3>(text).map(|values| values.map(|value| value.clamp(0, 255) as u8))
}

impl RegionArgs {
    /// Exports the regions of `rois` on `mosaic`; `image` is its file.
    pub(super) fn run(&self, rois: &Path, mosaic: &Mosaic, image: &Path, output: &Output, level: usize) -> Done {
        let mut request = output.request_of_regions(mosaic, &[rois.to_owned(), image.to_owned()], level)?;
        let loaded = load(rois, &frame(mosaic)?)?;
        for warning in &loaded.warnings {
            say!("mosaicist: warning: {}: {warning}", rois.display());
        }
        let mut chosen = loaded.rois;
        if let Some(class) = &self.class {
            chosen.retain(|roi| roi.class.as_ref().is_some_and(|own| *own.name == **class));
        }
        let ending = request.options.format.spec().endings.first();
        let how = RegionExport {
            folder: request.out.clone(),
            image: image.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            names: output.names.clone().unwrap_or_else(|| NAMES.to_owned()),
            ending: ending.map_or_else(String::new, |ending| format!(".{ending}")),
            outside: if self.masked { Some(Outside::Transparent) } else { self.outside.map(Outside::Color) },
            patches: self.patch.map(|side| PatchGrid {
                side,
                stride: self.stride.unwrap_or(side),
                inside: self.inside / 100.0,
            }),
        };
        // Formats without alpha flatten onto this color.
        request.options.background = output.background.unwrap_or(request.options.background);
        let progress = Progress::default();
        let result = watched(&progress, || export_regions(mosaic, &request, &chosen, &how, &progress));
        for warning in progress.warnings() {
            say!("mosaicist: warning: {warning}");
        }
        report(&how.folder, &result?, output.json)
    }
}

fn report(folder: &Path, written: &[RegionOutput], as_json: bool) -> Done {
    let bytes: u64 = written.iter().map(|output| output.bytes).sum();
    if as_json {
        let files = written.iter().map(|output| {
            json!({ "file": output.name, "x": output.rect.x0, "y": output.rect.y0, "width": output.rect.width(),
                "height": output.rect.height(), "inside": output.inside, "bytes": output.bytes })
        });
        let files: Vec<_> = files.collect();
        let told = json!({ "out": folder, "files": files, "bytes": bytes, "peak_memory": peak_resident() });
        return print(&format!("{told:#}\n"));
    }
    say!("{}: {} files, {}", folder.display(), written.len(), show_bytes(bytes));
    Ok(())
}

/// The image of the regions, if there is only one.
fn frame(mosaic: &Mosaic) -> Result<Frame, Error> {
    let mut placements = mosaic.placements.iter();
    let (Some(only), None) = (placements.next(), placements.next()) else { return Ok(Frame::default()) };
    Ok(Frame::of(open_image(&only.image)?.info()))
}

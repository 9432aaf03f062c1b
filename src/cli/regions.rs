//! `export --rois`: each region of a file of regions to an image of its own.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;
use serde_json::json;

use super::output::{OutputOptions, watched};
use super::{Done, Failure, print};
use crate::job::{Progress, peak_resident, show_bytes};
use crate::mosaic::Mosaic;
use crate::region::Outside;
use crate::region::files::{Frame, load};
use crate::source::open_whole;
use crate::work::{PatchGrid, RegionExport, export_regions};
use crate::{Error, IoResultExt as _};

/// What only an export of regions asks for.
#[derive(Debug, Default)]
pub(super) struct RegionOptions {
    /// The file of regions.
    pub(super) rois: Option<PathBuf>,
    names: Option<String>,
    outside: Option<Outside>,
    class: Option<String>,
    side: Option<u32>,
    stride: Option<u32>,
    inside: Option<f64>,
}

impl RegionOptions {
    /// Take one option if it is one of these.
    pub(super) fn take(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<bool, Failure> {
        match name {
            "rois" => self.rois = Some(parser.value()?.into()),
            "names" => self.names = Some(parser.value()?.string()?),
            "masked" => self.outside = Some(Outside::Transparent),
            "outside" => {
                let color = super::numbers::<3>(&parser.value()?, "--outside")?;
                self.outside = Some(Outside::Color(color.map(|value| value.clamp(0, 255) as u8)));
            }
            "class" => self.class = Some(parser.value()?.string()?),
            "patch" => self.side = Some(parser.value()?.parse()?),
            "stride" => self.stride = Some(parser.value()?.parse()?),
            "inside" => self.inside = Some(parser.value()?.parse::<f64>()? / 100.0),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Refuse these options where no regions are named.
    pub(super) fn check(&self) -> Done {
        let given = [
            (self.names.is_some(), "--names"),
            (self.outside.is_some(), "--masked and --outside"),
            (self.class.is_some(), "--class"),
            (self.side.is_some() || self.stride.is_some() || self.inside.is_some(), "--patch, --stride and --inside"),
        ];
        match given.into_iter().find(|(given, _)| *given) {
            Some((_, name)) if self.rois.is_none() => Err(Failure::Usage(format!("{name} goes with --rois"))),
            _ if self.side.is_none() && (self.stride.is_some() || self.inside.is_some()) => {
                Err(Failure::Usage("--stride and --inside go with --patch".into()))
            }
            _ => Ok(()),
        }
    }

    /// Export the regions of `rois`, which lie on `mosaic`.
    pub(super) fn run(&self, rois: &Path, mosaic: &Mosaic, image: &Path, output: &OutputOptions, level: usize) -> Done {
        let mut request = output.request(mosaic, &[rois.to_owned(), image.to_owned()], None, level)?;
        let loaded = load(rois, &frame(mosaic)?)?;
        for warning in &loaded.warnings {
            eprintln!("mosaicist: warning: {}: {warning}", rois.display());
        }
        let mut chosen = loaded.rois;
        if let Some(class) = &self.class {
            chosen.retain(|roi| roi.class.as_ref().is_some_and(|own| *own.name == **class));
        }
        let format = request.options.format.spec();
        let patches = self.side.map(|side| PatchGrid {
            side,
            stride: self.stride.unwrap_or(side),
            inside: self.inside.unwrap_or(0.5),
        });
        let how = RegionExport {
            folder: request.out.clone(),
            image: crate::source::file_of(image).file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            names: self.names.clone().unwrap_or_else(|| "{image}_{name}_{class}_{x}_{y}_{level}".into()),
            ending: format.endings.first().map_or_else(String::new, |ending| format!(".{ending}")),
            outside: self.outside,
            patches,
        };
        // What is transparent lies on this color where the format knows no alpha.
        request.options.background = output.background.unwrap_or(request.options.background);
        let progress = Progress::default();
        let result = watched(&progress, || export_regions(mosaic, &request, &chosen, &how, &progress));
        for warning in progress.warnings() {
            eprintln!("mosaicist: warning: {warning}");
        }
        let written = result?;
        let bytes: u64 = written.iter().map(|output| output.bytes).sum();
        let peak = peak_resident();
        if output.json {
            let files = written.iter().map(|output| {
                json!({ "file": output.name, "x": output.rect.x0, "y": output.rect.y0, "width": output.rect.width(),
                    "height": output.rect.height(), "inside": output.inside, "bytes": output.bytes })
            });
            let files: Vec<_> = files.collect();
            let out = &how.folder;
            return print(&format!(
                "{:#}\n",
                json!({ "out": out, "files": files, "bytes": bytes, "peak_memory": peak })
            ));
        }
        eprintln!("{}: {} files, {}", how.folder.display(), written.len(), show_bytes(bytes));
        Ok(())
    }
}

/// The image that the regions lie on, where there is but one.
fn frame(mosaic: &Mosaic) -> Result<Frame, Error> {
    let mut placements = mosaic.placements.iter();
    let (Some(only), None) = (placements.next(), placements.next()) else { return Ok(Frame::default()) };
    let (address, opened) = open_whole(&only.path)?;
    let source = opened.page(only.page as usize).at(&address)?;
    Ok(Frame::of(source.info()))
}

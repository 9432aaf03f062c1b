//! `export`: an image or a project, or a part of it, in another format.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Done;
use super::args::{Planes, Reading, rect};
use super::output::Output;
use super::stitch::arranged;
use crate::Error;
use crate::geometry::Rect;
use crate::mosaic::{Mosaic, Placement, is_project, load, save};
use crate::work::{Placing, Properties, Tiles, standing_file};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mosaicist export mosaic.tif --region 2000,1000,8000,6000 --level 1 -o part.tif
  mosaicist export mosaic.tif --format iiif3 --id https://example.org/iiif/mosaic --viewer -o mosaic
  mosaicist export mosaic.tif -o mosaic.png --dry-run")]
pub(super) struct Export {
    /// An image or a project.
    #[arg(value_name = "FILE|PROJECT")]
    file: PathBuf,
    /// Only this part, in full-resolution pixels.
    #[arg(long, value_name = "X,Y,W,H", value_parser = rect, allow_hyphen_values = true)]
    region: Option<Rect>,
    /// Export at 1/2^L of the full resolution.
    #[arg(long, value_name = "L", default_value_t = 0)]
    level: usize,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    planes: Planes,
    #[command(flatten)]
    output: Output,
}

impl Export {
    pub(super) fn run(&self) -> Done {
        let out = self.output.out()?;
        let mut mosaic = self.document()?;
        mosaic.background = self.output.background.unwrap_or(mosaic.background);
        // A project given is an input too.
        let protected: Vec<PathBuf> = Some(&self.file).filter(|file| is_project(file)).cloned().into_iter().collect();
        if is_project(out) {
            standing_file(&mosaic, out, &protected)?.allow(self.output.overwrite)?;
            return Ok(save(&mosaic, out)?);
        }
        self.output.write(&mosaic, &protected, self.region, self.level)
    }

    fn document(&self) -> Result<Mosaic, Error> {
        let file = self.planes.address(self.reading.address(&self.file));
        match self.planes.page {
            _ if is_project(&file) => load(&file),
            Some(page) => single(&file, page),
            None => {
                let tiles = Tiles { files: vec![file], strict: self.output.strict, ..Tiles::default() };
                arranged(&tiles, &Placing::default())
            }
        }
    }
}

/// A page of a file as it is stored.
fn single(file: &Path, page: usize) -> Result<Mosaic, Error> {
    let properties = Properties::read(file, page)?;
    let mut placement = Placement::new(file, properties.size());
    (placement.page, placement.kind) = (page as u32, Some(properties.kind));
    let mut mosaic = Mosaic::default();
    mosaic.add(placement);
    Ok(mosaic)
}

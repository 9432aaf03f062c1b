//! `export`: an image or a project, or a part of it, in another format.

use std::path::PathBuf;

use clap::Args;

use super::Done;
use super::args::{Planes, Reading, rect};
use super::output::Output;
use super::regions::RegionArgs;
use super::stitch::arranged;
use crate::geometry::Rect;
use crate::job::Progress;
use crate::mosaic::{Mosaic, Placement, is_project, save};
use crate::work::{Placing, Properties, Tiles, load_project, standing_file};
use crate::{Error, ImageRef};

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
    regions: RegionArgs,
    #[command(flatten)]
    output: Output,
}

impl Export {
    pub(super) fn run(&self) -> Done {
        let out = self.output.out()?;
        let mut mosaic = self.document()?;
        mosaic.background = self.output.background.unwrap_or(mosaic.background);
        if let Some(rois) = &self.regions.rois {
            return self.regions.run(rois, &mosaic, &self.file, &self.output, self.level);
        }
        // A project given is an input too.
        let protected: Vec<PathBuf> = Some(&self.file).filter(|file| is_project(file)).cloned().into_iter().collect();
        if is_project(out) {
            standing_file(&mosaic, out, &protected)?.allow(self.output.overwrite)?;
            return Ok(save(&mosaic, out)?);
        }
        self.output.write(&mosaic, &protected, self.region, self.level)
    }

    fn document(&self) -> Result<Mosaic, Error> {
        if is_project(&self.file) {
            return load_project(&self.file, &Progress::default());
        }
        let image = self.reading.address(self.planes.address(ImageRef::parse(&self.file)));
        if self.planes.page.is_some() {
            return single(image);
        }
        let tiles = Tiles { images: vec![image], strict: self.output.strict, ..Tiles::default() };
        arranged(&tiles, &Placing::default())
    }
}

/// A single image with its stored channels.
fn single(image: ImageRef) -> Result<Mosaic, Error> {
    let properties = Properties::read(&image)?;
    let mut placement = Placement::new(image, properties.size());
    placement.kind = Some(properties.kind);
    let mut mosaic = Mosaic::default();
    mosaic.add(placement);
    Ok(mosaic)
}

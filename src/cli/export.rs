//! `export`: an image or a project, or a part of it, in another format.

use std::path::{Path, PathBuf};

use clap::Args;

use super::args::{Planes, Reading, rect};
use super::output::Output;
use super::regions::{Job, RegionArgs};
use super::stitch::arranged;
use super::{Done, Failure};
use crate::geometry::Rect;
use crate::job::Progress;
use crate::mosaic::{Mosaic, Placement, is_project, save};
use crate::work::{Placing, Properties, Tiles, at_pixel_size, list_images, load_project, pixel_size, standing_file};
use crate::{Error, ImageRef};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mosaicist export mosaic.tif --region 2000,1000,8000,6000 --level 1 -o part.tif
  mosaicist export mosaic.tif --format iiif3 --id https://example.org/iiif/mosaic --viewer -o mosaic
  mosaicist export mosaic.tif -o mosaic.png --dry-run
  mosaicist export slide.svs --rois cores.geojson --rotate own --mpp 1 --format jpg -o cores
  mosaicist export slides/ --rois 'rois/{name}.geojson' --format zarr --labels -o regions")]
pub(super) struct Export {
    /// An image or a project; with --rois several, or a folder of images.
    #[arg(value_name = "FILE|PROJECT", required = true)]
    files: Vec<PathBuf>,
    /// Only this part, in full-resolution pixels.
    #[arg(long, value_name = "X,Y,W,H", value_parser = rect, allow_hyphen_values = true)]
    region: Option<Rect>,
    /// Export at 1/2^L of the full resolution.
    #[arg(long, value_name = "L", default_value_t = 0)]
    level: usize,
    /// Export at this resolution in µm per pixel, in place of a level and a scale.
    #[arg(long, value_name = "UM", conflicts_with_all = ["level", "scale"])]
    mpp: Option<f64>,
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
        let files = self.images()?;
        let [file] = &files[..] else { return self.run_all(&files) };
        let mosaic = self.document(file)?;
        let (output, level) = self.at_resolution(&mosaic)?;
        if let Some(rois) = &self.regions.rois {
            return self.regions.run(rois, Job { mosaic: &mosaic, image: file, output: &output, level });
        }
        // A project given is an input too.
        let protected: Vec<PathBuf> = Some(file).filter(|file| is_project(file)).cloned().into_iter().collect();
        if is_project(out) {
            standing_file(&mosaic, out, &protected)?.allow(self.output.overwrite)?;
            return Ok(save(&mosaic, out)?);
        }
        output.write(&mosaic, &protected, self.region, level)
    }

    /// The regions of many images, each in a folder of its own.
    fn run_all(&self, files: &[PathBuf]) -> Done {
        let Some(rois) = &self.regions.rois else {
            let what = "several images: give --rois for regions of them, or use 'mosaicist batch'";
            return Err(Failure::Usage(what.into()));
        };
        self.regions.run_all(rois, files, &self.output, |file, folder, part| {
            let mosaic = self.document(file)?;
            let (mut output, level) = self.at_resolution(&mosaic)?;
            output.out = Some(folder.to_owned());
            part(Job { mosaic: &mosaic, image: file, output: &output, level })
        })
    }

    /// What is named: folders stand for the images in them.
    fn images(&self) -> Result<Vec<PathBuf>, Error> {
        if self.regions.rois.is_none() {
            return Ok(self.files.clone());
        }
        let mut all = Vec::new();
        for file in &self.files {
            if file.is_dir() {
                all.extend(list_images(std::slice::from_ref(file))?.iter().map(|image| image.path.to_path_buf()));
            } else {
                all.push(file.clone());
            }
        }
        Ok(all)
    }

    /// The output at the resolution that is asked for, and the level.
    fn at_resolution(&self, mosaic: &Mosaic) -> Result<(Output, usize), Error> {
        let mut output = self.output.clone();
        let Some(um) = self.mpp else { return Ok((output, self.level)) };
        let (level, scale) = at_pixel_size(pixel_size(mosaic)?, um)?;
        output.scale = scale;
        Ok((output, level))
    }

    fn document(&self, file: &Path) -> Result<Mosaic, Error> {
        let mut mosaic = self.opened(file)?;
        mosaic.background = self.output.background.unwrap_or(mosaic.background);
        Ok(mosaic)
    }

    fn opened(&self, file: &Path) -> Result<Mosaic, Error> {
        if is_project(file) {
            return load_project(file, &Progress::default());
        }
        let image = self.reading.address(self.planes.address(ImageRef::parse(file)));
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

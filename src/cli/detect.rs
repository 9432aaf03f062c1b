//! `detect`: regions found in an image, to a file of regions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::{Planes, Reading};
use super::progress::watched;
use super::{Done, print};
use crate::export::standing_file;
use crate::job::Progress;
use crate::mosaic::is_project;
use crate::region::Roi;
use crate::region::detect::{Feature, Mode, Options, RegionKind, detect};
use crate::region::files::{Frame, save_rois};
use crate::source::{open_image, open_whole};
use crate::work::{find_regions, load_project};
use crate::{Error, ImageRef, IoResultExt as _};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mosaicist detect slide.svs -o regions.geojson
  mosaicist detect slide.mrxs --mode rectangles -o fields.geojson
  mosaicist export slide.svs --rois regions.geojson --format jpg -o regions")]
pub(super) struct Detect {
    /// An image or a project.
    #[arg(value_name = "FILE|PROJECT")]
    file: PathBuf,
    /// The file to write; `GeoJSON` on stdout unless given.
    #[arg(short, long)]
    out: Option<PathBuf>,
    /// The objects to find.
    #[arg(long, value_enum, default_value_t = ModeName::Foreground)]
    mode: ModeName,
    /// The feature that separates objects from the background.
    #[arg(long, value_enum, default_value_t = FeatureName::Auto)]
    feature: FeatureName,
    /// The shape of the regions.
    #[arg(long = "as", value_enum, default_value_t = ShapeName::Boxes)]
    shape: ShapeName,
    /// The threshold of the feature, 0 to 1; by Otsu's method unless given.
    #[arg(long, value_name = "VALUE")]
    threshold: Option<f64>,
    /// The least side of a region, in full-resolution pixels.
    #[arg(long, value_name = "PX")]
    min_size: Option<f64>,
    /// Enlarge regions by so much, in full-resolution pixels.
    #[arg(long, value_name = "PX")]
    margin: Option<f64>,
    /// Join objects that are nearer than this, in full-resolution pixels.
    #[arg(long, value_name = "PX")]
    join: Option<f64>,
    /// Keep holes.
    #[arg(long)]
    keep_holes: bool,
    /// One region around all.
    #[arg(long)]
    autocrop: bool,
    /// Replace OUT if it exists.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    planes: Planes,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeName {
    Foreground,
    Dark,
    Bright,
    Rectangles,
    Tma,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FeatureName {
    Auto,
    Brightness,
    Saturation,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShapeName {
    Boxes,
    Outlines,
}

impl Detect {
    pub(super) fn run(&self) -> Done {
        if let Some(out) = &self.out {
            standing_file(out, std::slice::from_ref(&self.file))?.allow(self.overwrite)?;
        }
        let progress = Progress::default();
        let (rois, frame) = watched(&progress, || self.find(&progress))?;
        for warning in progress.warnings() {
            say!("mosaicist: warning: {warning}");
        }
        let count = rois.len();
        let Some(out) = &self.out else { return print_geojson(rois) };
        for note in save_rois(out, rois, &frame)? {
            say!("mosaicist: note: {note}");
        }
        say!("{}: {count} regions", out.display());
        Ok(())
    }

    fn find(&self, progress: &Progress) -> Result<(Vec<Roi>, Frame), Error> {
        let options = self.options();
        if is_project(&self.file) {
            return Ok((find_regions(&load_project(&self.file, progress)?, &options, progress)?, Frame::default()));
        }
        let image = self.reading.address(self.planes.address(ImageRef::parse(&self.file)));
        let source =
            if image == ImageRef::file(&self.file) { open_whole(&self.file)?.1.page(0)? } else { open_image(&image)? };
        let rois = detect(&*source, &options, progress).at(&image.path)?;
        Ok((rois, Frame::of(source.info())))
    }

    fn options(&self) -> Options {
        let usual = Options::default();
        Options {
            mode: match self.mode {
                ModeName::Foreground => Mode::Foreground,
                ModeName::Dark => Mode::Dark,
                ModeName::Bright => Mode::Bright,
                ModeName::Rectangles => Mode::Rectangles,
                ModeName::Tma => Mode::Tma,
            },
            feature: match self.feature {
                FeatureName::Auto => Feature::Auto,
                FeatureName::Brightness => Feature::Brightness,
                FeatureName::Saturation => Feature::Saturation,
            },
            shape: match self.shape {
                ShapeName::Boxes => RegionKind::Boxes,
                ShapeName::Outlines => RegionKind::Outlines,
            },
            threshold: self.threshold.or(usual.threshold),
            min_size: self.min_size.or(usual.min_size),
            margin: self.margin.unwrap_or(usual.margin),
            join: self.join.or(usual.join),
            fill_holes: usual.fill_holes && !self.keep_holes,
            autocrop: self.autocrop,
        }
    }
}

fn print_geojson(rois: Vec<Roi>) -> Done {
    let folder = tempfile::tempdir().at(&std::env::temp_dir())?;
    let path = folder.path().join("regions.geojson");
    save_rois(&path, rois, &Frame::default())?;
    print(&std::fs::read_to_string(&path).at(&path)?)
}

//! `stitch`: tiles into one image, or into a project.

use std::path::PathBuf;

use clap::Args;

use super::args::Reading;
use super::blend::BlendArgs;
use super::layout::LayoutArgs;
use super::output::Output;
use super::progress::watched;
use super::{Done, Failure};
use crate::job::Progress;
use crate::mosaic::{Grid, Mosaic, TileLayout, is_project, save};
use crate::work::{Placing, Tiles, arrange_tiles, list_images, standing_file};
use crate::{Error, ImageRef};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mosaicist stitch tiles/ --across 50 --overlap 64,64 -o mosaic.dzi
  mosaicist stitch tiles/*.jpg --across 10 --layout snake@bottom-left -o mosaic.tif --compression deflate
  mosaicist stitch tiles/ --pattern 'r{row}_c{col}.png' -o mosaic.dzi
  mosaicist stitch tiles/ --across 8 --overlap 10% --align --flat-field auto --exposure --blend linear -o mosaic.tif
  mosaicist stitch tiles/ --across 8 --flat-field flat.tif --dark dark.tif --blend multi-band -o mosaic.dzi
  mosaicist stitch --positions TileConfiguration.txt -o tiles.mosaic")]
pub(super) struct Stitch {
    /// Tiles, and folders of tiles.
    #[arg(required_unless_present = "positions", value_name = "TILE|FOLDER")]
    files: Vec<PathBuf>,
    /// Export at 1/2^L of the full resolution.
    #[arg(long, value_name = "L", default_value_t = 0)]
    level: usize,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    blend: BlendArgs,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    output: Output,
}

impl Stitch {
    pub(super) fn run(&self) -> Done {
        let out = self.output.out()?;
        if self.files.is_empty() && !self.layout.names_tiles() {
            return Err(Failure::Usage("say which files".into()));
        }
        let from_folder = self.files.iter().all(|file| file.is_dir());
        let images = list_images(&self.files)?.into_iter().map(|image| self.reading.address(image));
        let images: Vec<ImageRef> = images.collect();
        self.output.check_name(&images.iter().map(|image| image.path.to_path_buf()).collect::<Vec<_>>())?;
        let tiles = Tiles {
            from_folder,
            images,
            pixel_size: self.layout.pixel_size(),
            plane: self.layout.plane(),
            strict: self.output.strict,
        };
        let is_unknown = self.layout.is_unknown()?;
        if is_unknown && !self.blend.aligns() {
            return Err(Failure::Usage("--layout unknown needs --align".into()));
        }
        // Where tiles of an unknown layout lie at first means nothing.
        let in_order = Placing::Layout(TileLayout::Grid(Grid::default()));
        let mut mosaic = arranged(&tiles, &if is_unknown { in_order } else { self.layout.placing()? })?;
        mosaic.background = self.output.background.unwrap_or(mosaic.background);
        let is_project = is_project(out);
        if is_project {
            // Before the work, not after it.
            standing_file(&mosaic, out, &[])?.allow(self.output.overwrite)?;
        }
        self.blend.apply(&mut mosaic, is_unknown, self.output.strict)?;
        if is_project {
            return Ok(save(&mosaic, out)?);
        }
        self.output.write(&mosaic, &[], None, self.level)
    }
}

/// Probes and arranges the tiles, and prints notes.
pub(super) fn arranged(tiles: &Tiles, how: &Placing) -> Result<Mosaic, Error> {
    let progress = Progress::default();
    let found = watched(&progress, || arrange_tiles(tiles, how, &progress))?;
    found.notes.iter().for_each(|note| say!("mosaicist: {note}"));
    Ok(found.mosaic)
}

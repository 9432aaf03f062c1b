//! `stitch`: tiles into one image, or into a project.

use std::path::PathBuf;

use clap::Args;

use super::args::{Reading, numbers};
use super::output::Output;
use super::progress::watched;
use super::{Done, Failure};
use crate::Error;
use crate::geometry::Point;
use crate::job::Progress;
use crate::mosaic::{Grid, Mosaic, Placement, is_project, save};
use crate::work::{list_images, probe, standing_file, suspected_results};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mosaicist stitch tiles/ --across 50 --overlap 64,64 -o mosaic.dzi
  mosaicist stitch tiles/*.jpg --across 10 --layout snake@bottom-left -o mosaic.tif --compression deflate
  mosaicist stitch tiles/ --across 8 -o tiles.mosaic")]
pub(super) struct Stitch {
    /// Tiles, and folders of tiles.
    #[arg(required = true, value_name = "TILE|FOLDER")]
    files: Vec<PathBuf>,
    /// Tiles in a row; as square as it gets unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Layout")]
    across: Option<u32>,
    /// The order of the tiles: rows, columns, snake or snake-columns; and where it starts: @top-left, @bottom-right ...
    #[arg(long, value_name = "ORDER[@CORNER]", help_heading = "Layout")]
    layout: Option<String>,
    /// Pixels that neighbors share.
    #[arg(long, value_name = "X,Y", value_parser = numbers::<2>, allow_hyphen_values = true, help_heading = "Layout")]
    overlap: Option<[i64; 2]>,
    /// Export at 1/2^L of the full resolution.
    #[arg(long, value_name = "L", default_value_t = 0)]
    level: usize,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    output: Output,
}

impl Stitch {
    pub(super) fn run(&self) -> Done {
        let out = self.output.out()?;
        let files: Vec<PathBuf> = self.files.iter().map(|file| self.reading.address(file)).collect();
        let files = list_images(&files)?;
        self.output.check_name(&files)?;
        let mut mosaic = gather(&files, &self.grid(files.len())?, self.output.strict)?;
        let placements: Vec<Placement> = mosaic.placements.iter().cloned().collect();
        for warning in suspected_results(&placements) {
            eprintln!("mosaicist: warning: {warning}");
        }
        mosaic.background = self.output.background.unwrap_or(mosaic.background);
        if is_project(out) {
            standing_file(&mosaic, out, &[])?.allow(self.output.overwrite)?;
            return Ok(save(&mosaic, out)?);
        }
        self.output.write(&mosaic, &[], None, self.level)
    }

    fn grid(&self, count: usize) -> Result<Grid, Failure> {
        let mut grid = self.across.map_or_else(|| Grid::square(count), Grid::across);
        if let Some([x, y]) = self.overlap {
            grid.overlap = (x, y);
        }
        if let Some(layout) = &self.layout {
            grid.parse_layout(layout).map_err(|error| Failure::Usage(error.to_string()))?;
        }
        Ok(grid)
    }
}

/// Probe the files and lay them out. A file that cannot be read is warned about later, when it is to be painted.
pub(super) fn gather(files: &[PathBuf], grid: &Grid, strict: bool) -> Result<Mosaic, Error> {
    let progress = Progress::default();
    let probed = watched(&progress, || probe(files, &progress))?;
    if probed.iter().all(|(_, error)| error.is_some())
        && let Some((_, Some(error))) = probed.first()
    {
        return Err(error.clone());
    }
    let mut mosaic = Mosaic::default();
    let mut ids = std::collections::HashSet::new();
    for (placement, error) in probed {
        match error {
            Some(error) if strict => return Err(error),
            _ => ids.insert(mosaic.add(placement)),
        };
    }
    mosaic.arrange(&ids, grid, Point::default());
    Ok(mosaic)
}

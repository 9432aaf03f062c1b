//! The bundled example: a landscape photographed in overlapping tiles, made by the program itself.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use mosaicist_core::whole_file;

use super::terrain::Terrain;
use crate::codec::jpeg::{self, EncodeOptions};
use crate::geometry::{Rect, Size};
use crate::job::Progress;
use crate::mosaic::{Grid, Mosaic, PixelKind, Placement};
use crate::{Error, IoResultExt as _, Result};

/// Of each tile.
const TILE: Size = Size::new(1600, 1200);
const ACROSS: u32 = 9;
const DOWN: u32 = 8;
/// Pixels that neighbors share.
const OVERLAP: i64 = 128;
/// Part of the folder's name: raised when the picture changes.
const VERSION: u32 = 1;

/// The folder of the tiles, reused in later runs.
pub fn folder() -> Result<PathBuf> {
    let folders = directories::ProjectDirs::from("org", "mosaicist", "Mosaicist")
        .ok_or_else(|| Error::invalid("this account has no home folder to keep the example in"))?;
    Ok(folders.cache_dir().join(format!("demo-{VERSION}")))
}

/// The example, its tiles made in `folder` unless they are there already.
pub fn make(folder: &Path, progress: &Progress) -> Result<Mosaic> {
    let mosaic = layout(folder)?;
    std::fs::create_dir_all(folder).at(folder)?;
    progress.set_total(mosaic.placements.len() as u64);
    let missing: Vec<_> = mosaic.placements.iter().filter(|placement| !placement.image.path.exists()).collect();
    progress.advance((mosaic.placements.len() - missing.len()) as u64)?;
    if !missing.is_empty() {
        let terrain = Terrain::new(mosaic.bounds().size());
        missing.par_iter().try_for_each(|placement| {
            progress.check()?;
            write_tile(&terrain, placement)?;
            progress.advance(1)
        })?;
    }
    Ok(mosaic)
}

fn layout(folder: &Path) -> Result<Mosaic> {
    let grid = Grid::across(ACROSS).with_overlap(OVERLAP as f64, OVERLAP as f64);
    let positions = grid.positions(&vec![TILE; (ACROSS * DOWN) as usize])?;
    let mut mosaic = Mosaic::default();
    for (number, position) in positions.into_iter().enumerate() {
        let (column, row) = (number as u32 % ACROSS + 1, number as u32 / ACROSS + 1);
        let mut placement = Placement::new(folder.join(format!("terrain_r{row}_c{column}.jpg")), TILE);
        placement.set_position(position);
        placement.kind = Some(PixelKind::RGB8);
        mosaic.add(placement);
    }
    Ok(mosaic)
}

/// Whole or not at all: another instance may be making the same.
fn write_tile(terrain: &Terrain, placement: &Placement) -> Result<()> {
    let rect: Rect = placement.rect();
    let options = EncodeOptions { quality: 88, ..EncodeOptions::default() };
    let mut bytes = Vec::new();
    jpeg::encode(terrain.paint(rect).view(), &options, &mut bytes)?;
    whole_file::write_bytes(&placement.image.path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_large_enough() {
        let mosaic = layout(Path::new("x")).unwrap();
        assert!(mosaic.placements.len() >= 60);
        assert!(mosaic.bounds().area() > 100_000_000, "{}", mosaic.bounds());
        let mut rects = mosaic.placements.iter().map(Placement::rect);
        let (first, second) = (rects.next().unwrap(), rects.next().unwrap());
        assert_eq!(first.intersect(second).width(), OVERLAP as u64);
    }
}

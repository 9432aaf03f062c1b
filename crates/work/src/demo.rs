//! The bundled example: a landscape photographed in overlapping tiles, made by the program itself.

use std::path::{Path, PathBuf};

use mosaicist_core::whole_file;

use super::terrain;
use crate::codec::jpeg::{self, EncodeOptions};
use crate::geometry::{Rect, Size};
use crate::job::Progress;
use crate::mosaic::{Extent, Grid, Mosaic, PixelKind, Placement};
use crate::source::arriving::Arriving;
use crate::{Error, IoResultExt as _, Result};

/// Of each tile.
const TILE: Size = Size::new(1600, 1200);
const ACROSS: u32 = 9;
const DOWN: u32 = 8;
/// Pixels that neighbors share.
const OVERLAP: i64 = 128;
/// Part of the folder's name: raised when the picture changes.
const VERSION: u32 = 1;

/// The folder of the tiles, reused in later runs. The document is called like it.
pub fn folder() -> Result<PathBuf> {
    let folders = directories::ProjectDirs::from("org", "mosaicist", "Mosaicist")
        .ok_or_else(|| Error::invalid("this account has no home folder to keep the example in"))?;
    Ok(folders.cache_dir().join(format!("demo-{VERSION}")).join("Example"))
}

/// The example, laid out; the tiles that are not there yet are expected ([`arriving`](crate::source::arriving)).
pub struct Example {
    pub mosaic: Mosaic,
    missing: Vec<Placement>,
    arriving: Arriving,
    progress: Progress,
}

impl Example {
    /// The example in `folder`; `progress` is that of making it.
    pub fn begin(folder: &Path, progress: &Progress) -> Result<Self> {
        let mosaic = layout(folder)?;
        std::fs::create_dir_all(folder).at(folder)?;
        let is_missing = |placement: &&Placement| !placement.image.path.exists();
        let mut missing: Vec<Placement> = mosaic.placements.iter().filter(is_missing).cloned().collect();
        // From the middle of the picture outwards.
        let middle = Extent::from(mosaic.bounds()).middle();
        let far = |placement: &Placement| {
            let step = placement.extent().middle() - middle;
            step.x.hypot(step.y)
        };
        missing.sort_by(|a, b| far(a).total_cmp(&far(b)));
        progress.set_total(mosaic.placements.len() as u64);
        progress.take_over((mosaic.placements.len() - missing.len()) as u64);
        let paths = missing.iter().map(|placement| placement.image.path.to_path_buf()).collect();
        let arriving = Arriving::announce(paths, progress);
        Ok(Self { mosaic, missing, arriving, progress: progress.clone() })
    }

    /// Whether tiles are to be made.
    pub fn is_missing_tiles(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Makes the tiles that are missing, one after another; `arrived` is called for each.
    pub fn make(self, arrived: impl Fn() + Sync + Send) -> Result<()> {
        let Self { missing, arriving, progress, .. } = self;
        // A pool of its own: in the common one, others may wait for these tiles.
        let pool = rayon::ThreadPoolBuilder::new().build().map_err(|error| Error::invalid(error.to_string()))?;
        pool.install(|| {
            for placement in &missing {
                progress.check()?;
                write_tile(placement)?;
                arriving.is_there(&placement.image.path);
                arrived();
                progress.advance(1)?;
            }
            Ok(())
        })
    }
}

/// The example, its tiles made in `folder` unless they are there already.
pub fn make(folder: &Path, progress: &Progress) -> Result<Mosaic> {
    let example = Example::begin(folder, progress)?;
    let mosaic = example.mosaic.clone();
    example.make(|| {})?;
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
fn write_tile(placement: &Placement) -> Result<()> {
    let rect: Rect = placement.rect();
    let options = EncodeOptions { quality: 88, ..EncodeOptions::default() };
    let mut bytes = Vec::new();
    jpeg::encode(terrain::paint(rect).view(), &options, &mut bytes)?;
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

    #[test]
    fn tiles_are_expected_from_the_middle_outwards_until_they_are_there() {
        use crate::source::arriving::expected_at;
        let folder = tempfile::tempdir().unwrap();
        let progress = Progress::default();
        let mut example = Example::begin(folder.path(), &progress).unwrap();
        assert_eq!(example.missing.len(), 72);
        let middle = Extent::from(example.mosaic.bounds()).middle();
        let (x, y) = (middle.x as i64, middle.y as i64);
        assert!(example.missing[0].rect().contains_pixel(x, y), "{:?}", example.missing[0]);
        let all = example.missing.clone();
        assert!(all.iter().all(|placement| expected_at(&placement.image.path).is_some()));
        example.missing.truncate(1);
        example.make(|| {}).unwrap();
        assert!(all[0].image.path.exists() && !all[1].image.path.exists());
        assert!(all.iter().all(|placement| expected_at(&placement.image.path).is_none()));
        assert_eq!(progress.snapshot().done, 1);
        let again = Example::begin(folder.path(), &Progress::default()).unwrap();
        assert_eq!(again.missing.len(), 71, "what is there is not made again");
    }
}

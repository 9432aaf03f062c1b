//! Tiles that do not lie edge to edge, each at a place of its own.

use std::sync::Arc;

use super::directory::Directory;
use super::image::Image;
use super::levels::downsample;
use super::page::Details;
use crate::geometry::Size;
use crate::pixels::Pixels;
use crate::placed_tiles::{CELL, MOST_PIECES, Pictures, Piece, PlacedTiles};
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Level, PositionedFile, Source};

/// A tile: column and row in one of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TileKey {
    pub(super) image: u32,
    pub(super) column: u32,
    pub(super) row: u32,
}

/// One level being built.
pub(super) struct TileLayout {
    pub(super) size: Size,
    /// In the order they are painted.
    pub(super) pieces: Vec<Piece<TileKey>>,
}

/// The images that the tiles are from.
pub(super) struct Tiles {
    images: Vec<Image>,
}

impl Tiles {
    /// The images of `directories`, all tiled.
    pub(super) fn new(file: &Arc<PositionedFile>, directories: &[Directory]) -> Result<Self> {
        let image = |directory| Image::new(Arc::clone(file), directory).at(file.path());
        let images: Result<Vec<Image>> = directories.iter().map(image).collect();
        let images = images?;
        if images.iter().any(|image| !image.is_tiled()) {
            return Err(Error::corrupt("a level of the slide is not tiled"));
        }
        let (first, rest) = images.split_first().ok_or_else(|| Error::corrupt("a slide without levels"))?;
        let kind = |image: &Image| (image.coding().channels(), image.coding().sample_type());
        if rest.iter().any(|image| kind(image) != kind(first)) {
            return Err(Error::corrupt("the levels of the slide are of unlike samples"));
        }
        if images.iter().map(|image| image.grid().count()).fold(0, u64::saturating_add) > MOST_PIECES as u64 {
            return Err(Error::limit(format!("a slide of more than {MOST_PIECES} tiles")));
        }
        Ok(Self { images })
    }

    /// Image `number`.
    pub(super) fn image(&self, number: usize) -> &Image {
        &self.images[number]
    }

    /// The slide with `levels`, finest first; `full` holds the metadata of its tags.
    pub(super) fn source(
        self,
        full: &Directory,
        levels: Vec<TileLayout>,
        details: &Details,
    ) -> Result<Arc<dyn Source>> {
        let (first, coding) = (self.images[0].file().path().to_owned(), self.images[0].coding());
        let size = levels.first().map(|level| level.size).unwrap_or_default();
        let mut info = Info::plain(details.format, size, CELL, coding.channels() as u8, coding.sample_type());
        info.color = coding.color();
        let level =
            |level: &TileLayout| Level { size: level.size, downsample: downsample(size, level.size), tile: CELL };
        info.levels = levels.iter().map(level).collect();
        details.describe(self.images[0].file(), full, &mut info);
        let pieces = levels.into_iter().map(|level| level.pieces).collect();
        Ok(Arc::new(PlacedTiles::new(info, pieces, self).at(&first)?))
    }
}

impl Pictures for Tiles {
    type Key = TileKey;

    fn picture(&self, key: TileKey) -> Result<Option<Pixels>> {
        let image = &self.images[key.image as usize];
        let read = || {
            let there = image.has_chunk(key.column, key.row)?;
            there.then(|| image.read_chunk(key.column, key.row)).transpose()
        };
        read().at(image.file().path())
    }
}

/// A position in a level as a whole pixel, if it is one that levels have.
pub(super) fn whole(position: f64) -> Result<i32> {
    if position.abs() < f64::from(1 << 30) {
        return Ok(position.round() as i32);
    }
    Err(Error::corrupt(format!("a tile at {position}")))
}

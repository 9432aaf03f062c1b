//! [`TilesAtHand`]: places for tiles that a document has already, from any source of positions.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::metadata::{self, Place};
use super::{Placing, PositionFile, listed, names, paths_text, positions_of};
use crate::collect::probe_with;
use crate::geometry::{Point, Size};
use crate::job::Progress;
use crate::mosaic::layout::{Arrangement, Axes, Plane, Unit};
use crate::mosaic::positions::{self, Positions};
use crate::mosaic::{Mosaic, Placement, TileLayout};
use crate::source::{ImageRef, Info};
use crate::{Error, Result};

/// What tiles' own metadata say of their places, read once.
#[derive(Debug, Clone, Default)]
pub struct TileMetadata(Arc<Vec<Option<Place>>>);

impl TileMetadata {
    /// Reads the headers of `images`. One that cannot be read says nothing.
    pub fn read(images: &[ImageRef], progress: &Progress) -> Result<Self> {
        Ok(probe_tiles(images, progress)?.1)
    }

    /// µm of a pixel across and down, of the first tile that says so.
    pub fn pixel_size(&self) -> Option<(f64, f64)> {
        self.0.iter().flatten().find_map(|place| place.pixel_size)
    }
}

/// A placement, and why its file cannot be read.
pub type ProbedTile = (Placement, Option<Error>);

/// A placement for each file and the reason for which it cannot be read, as of [`probe`](crate::probe), and what the files
/// say of their places.
pub fn probe_tiles(images: &[ImageRef], progress: &Progress) -> Result<(Vec<ProbedTile>, TileMetadata)> {
    let probed = probe_with(images, progress, |info: &Info| Place::of(info))?;
    let mut places = Vec::with_capacity(probed.len());
    let mut placements = Vec::with_capacity(probed.len());
    for (placement, read) in probed {
        let (place, error) = read.map_or_else(|error| (None, Some(error)), |place| (Some(place), None));
        places.push(place);
        placements.push((placement, error));
    }
    Ok((placements, TileMetadata(Arc::new(places))))
}

/// Tiles of a document, in the order in which they are laid out. All lists have the same order.
#[derive(Debug, Clone, Copy)]
pub struct TilesAtHand<'a> {
    pub images: &'a [ImageRef],
    /// px
    pub sizes: &'a [Size],
    /// Needed by [`Placing::Metadata`]; elsewhere it may tell the size of a pixel.
    pub metadata: Option<&'a TileMetadata>,
    /// µm of a pixel across and down, if the files' own is not to count.
    pub pixel_size: Option<(f64, f64)>,
}

impl TilesAtHand<'_> {
    /// The place of each tile, and notes for people. A file of positions is read; no tile is.
    ///
    /// Fails for the reasons of the way tiles are laid out.
    pub fn place(&self, how: &Placing) -> Result<(Arrangement, Vec<String>)> {
        match how {
            Placing::Auto(grid) => self.place(&Placing::Layout(TileLayout::Grid(*grid))),
            Placing::Layout(TileLayout::Names(layout)) => {
                let mut layout = layout.clone();
                layout.pixel_size = layout.pixel_size.or_else(|| self.pixel_size());
                Ok((layout.apply(&paths_text(self.images), self.sizes)?, Vec::new()))
            }
            Placing::Layout(layout) => Ok((layout.apply(&paths_text(self.images), self.sizes)?, Vec::new())),
            Placing::Metadata(axes) => self.by_metadata(*axes),
            Placing::File(file) => self.by_file(file),
        }
    }

    /// The place that each tile has as those of `mosaic` have theirs, in its canvas pixels: by their names, or else by the parts that
    /// differ among the names, as where these are tiles of another channel or round. `folder` is where they lie.
    ///
    /// Fails if no name fits.
    pub fn place_as(&self, mosaic: &Mosaic, folder: &Path) -> Result<(Arrangement, Vec<String>)> {
        let named = PositionFile { path: folder.to_owned(), ..PositionFile::default() };
        self.by_positions(&positions_of(mosaic, &folder.join("positions"))?, &named)
    }

    fn pixel_size(&self) -> Option<(f64, f64)> {
        self.pixel_size.or_else(|| self.metadata?.pixel_size())
    }

    fn by_metadata(&self, axes: Axes) -> Result<(Arrangement, Vec<String>)> {
        let none = TileMetadata::default();
        let metadata = self.metadata.unwrap_or(&none);
        if metadata.0.len() != self.images.len() {
            return Err(Error::invalid("the tiles' metadata have not been read"));
        }
        let names = names(self.images);
        let (positions, notes) = metadata::positions(&metadata.0, self.sizes, &names, axes, self.pixel_size())?;
        Ok((one_plane(positions), notes))
    }

    fn by_file(&self, file: &PositionFile) -> Result<(Arrangement, Vec<String>)> {
        self.by_positions(&positions::read(&file.path, &file.columns)?, file)
    }

    fn by_positions(&self, found: &Positions, file: &PositionFile) -> Result<(Arrangement, Vec<String>)> {
        let mut notes = found.notes.clone();
        // Several images may be parts of one file.
        let mut files: Vec<String> = Vec::new();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut known: HashMap<&Path, usize> = HashMap::new();
        for (at, image) in self.images.iter().enumerate() {
            let file = *known.entry(&image.path).or_insert_with(|| {
                files.push(image.path.to_string_lossy().into_owned());
                parts.push(Vec::new());
                files.len() - 1
            });
            parts[file].push(at);
        }
        let matched = file.matched(found, &files, &mut notes)?;
        let mut which: Vec<usize> = Vec::new();
        let mut points: Vec<(f64, f64)> = Vec::new();
        for (number, tile) in matched.pairs {
            let (tile, parts) = (&found.tiles[tile], &parts[number]);
            let series = tile.series.unwrap_or(0);
            let part = parts.iter().copied().find(|at| self.images[*at].number() == series);
            if let Some(at) = part.or(parts.first().copied().filter(|_| parts.len() == 1)) {
                which.push(at);
                points.push((tile.x, tile.y));
            }
        }
        if which.is_empty() {
            let first = found.tiles.first().map_or("", |tile| &tile.file);
            let what = format!("none of its {} tiles is in this mosaic, as {first}", found.tiles.len());
            return Err(Error::invalid(what).at(&file.path));
        }
        let missing: Vec<String> = found.tiles.iter().map(|tile| tile.file.clone()).collect();
        notes.extend(listed(&matched.missing, &missing, "of the file not in this mosaic", "not laid out"));
        let sizes: Vec<Size> = which.iter().map(|at| self.sizes[*at]).collect();
        let pixel_size = self.pixel_size.or(found.pixel_size).or_else(|| self.pixel_size());
        let needed = if found.unit == Unit::Micrometer { pixel_size } else { None };
        let placed = file.axes.to_canvas(&points, &sizes, found.unit, needed)?;
        let mut positions: Vec<Option<Point>> = vec![None; self.images.len()];
        which.into_iter().zip(placed).for_each(|(at, point)| positions[at] = Some(point));
        Ok((one_plane(positions), notes))
    }
}

fn one_plane(positions: Vec<Option<Point>>) -> Arrangement {
    Arrangement { plane: vec![0; positions.len()], planes: vec![Plane::default()], positions, ..Arrangement::default() }
}

//! Tiles to a mosaic: probed, and arranged by a grid, their names, a file of positions or their metadata.
//!
//! What a person should know of it, as tiles left out or how to change a guess, comes back as notes.

mod at_hand;
mod leftover;
mod metadata;
mod output;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use at_hand::{ProbedTile, TileMetadata, TilesAtHand, probe_tiles};
pub use leftover::earlier_result;
pub use output::positions_of;

use crate::collect::{probe_with, suspected_results};
use crate::geometry::{Point, Size};
use crate::job::Progress;
use crate::mosaic::layout::{Axes, Plane, Unit};
use crate::mosaic::pattern::{Guess, Pattern, guess};
use crate::mosaic::positions::{self, Columns, Matched, Positions, match_fields, match_files};
use crate::mosaic::{Arrangement, Grid, Mosaic, NameLayout, Placement, TileLayout};
use crate::source::{ImageRef, Info};
use crate::{Error, Result};
use metadata::Place;

/// Where tiles get their places from.
#[derive(Debug, Clone, PartialEq)]
pub enum Placing {
    /// Their names, where these surely tell; else this grid, in their order. The names' cells have its measures.
    Auto(Grid),
    /// A grid, or a pattern of names.
    Layout(TileLayout),
    /// A file of positions. Without tiles, those that it names are taken.
    File(PositionFile),
    /// What the tiles' own metadata say: a stage, a map.
    Metadata(Axes),
}

/// A file of positions, and how it is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PositionFile {
    pub path: PathBuf,
    pub columns: Columns,
    pub axes: Axes,
    /// Reads in both names which tile has which position, as where the file is of another channel; otherwise the names are
    /// compared.
    pub pattern: Option<String>,
}

impl PositionFile {
    /// Which of `files` have which of the positions. `notes` get what people should know.
    fn matched(&self, positions: &Positions, files: &[String], notes: &mut Vec<String>) -> Result<Matched> {
        let matched = match &self.pattern {
            Some(pattern) => match_fields(&positions.tiles, files, &Pattern::parse(pattern)?)?,
            None => match_files(&positions.tiles, files),
        };
        let Some((file, tile)) =
            matched.pairs.first().map(|(file, tile)| (&files[*file], &positions.tiles[*tile].file))
        else {
            let first = positions.tiles.first().map_or("", |tile| &tile.file);
            let what = format!("none of its {} tiles is among the files, as {first}", positions.tiles.len());
            return Err(Error::invalid(what).at(&self.path));
        };
        let path = Path::new(file);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Names of positions may be mere labels.
        if self.pattern.is_some() || !name.contains(stem(tile)) {
            notes.push(format!("{name} has the position of {tile}, and so on"));
        }
        Ok(matched)
    }
}

impl Default for Placing {
    fn default() -> Self {
        Self::Auto(Grid::default())
    }
}

/// Which plane is arranged, of tiles whose names give z, time or channel: the first that matches the choice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlaneChoice(Plane);

impl FromStr for PlaneChoice {
    type Err = Error;

    /// `channel=DAPI,z=3,t=0`, each optional.
    fn from_str(text: &str) -> Result<Self> {
        let mut plane = Plane::default();
        for part in text.split(',') {
            let wrong = || Error::invalid(format!("'{part}' chooses no plane: say channel=NAME, z=N or t=N"));
            let (key, value) = part.split_once('=').ok_or_else(wrong)?;
            let number = || value.trim().parse().ok().map(Some).ok_or_else(wrong);
            match key.trim() {
                "channel" => plane.channel = Some(value.trim().into()),
                "z" => plane.z = number()?,
                "t" => plane.t = number()?,
                _ => return Err(wrong()),
            }
        }
        Ok(Self(plane))
    }
}

impl PlaneChoice {
    fn includes(&self, plane: &Plane) -> bool {
        let Plane { z, t, channel } = &self.0;
        (z.is_none() || *z == plane.z)
            && (t.is_none() || *t == plane.t)
            && (channel.is_none() || *channel == plane.channel)
    }
}

/// Fewer files that somebody has named one by one are not laid out by their names.
pub const FEWEST_BY_NAMES: usize = 4;

/// The tiles of a mosaic.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tiles {
    pub images: Vec<ImageRef>,
    /// Whether the files are all those of a folder, among which there may be others than tiles, in no order of somebody's.
    pub from_folder: bool,
    /// µm of a pixel across and down, if the files' own are not to count.
    pub pixel_size: Option<(f64, f64)>,
    pub plane: PlaneChoice,
    /// Whether one file that cannot be read is an error.
    pub strict: bool,
}

/// Arranged tiles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arranged {
    pub mosaic: Mosaic,
    /// For people, a line each.
    pub notes: Vec<String>,
}

/// The likeliest way to lay files out by their names, if it is sure enough not to ask. `sizes` (px) may be empty; `pixel_size`
/// is in µm.
pub fn guess_layout(images: &[ImageRef], sizes: &[Size], pixel_size: Option<(f64, f64)>) -> Option<Guess> {
    guess(&names(images), sizes, pixel_size).into_iter().next().filter(Guess::is_sure)
}

/// Probes the tiles and lays them out.
///
/// A file that cannot be read gets the usual size and is warned about when it is painted. Fails if none can be read, or with
/// [`Tiles::strict`] if one cannot, or or if the arrangement fails.
pub fn arrange_tiles(tiles: &Tiles, how: &Placing, progress: &Progress) -> Result<Arranged> {
    if let Placing::File(file) = how {
        return by_file(tiles, file, progress);
    }
    let probed = Probed::of(tiles, &tiles.images, progress)?;
    match how {
        Placing::Auto(grid) => automatic(tiles, probed, grid),
        Placing::Layout(TileLayout::Grid(grid)) => in_grid(tiles, probed, grid),
        Placing::Layout(layout) => by_names(tiles, probed, layout, Vec::new()),
        Placing::Metadata(axes) => probed.by_metadata(*axes, tiles.pixel_size),
        Placing::File(_) => Err(Error::invalid("a file of positions is read first")),
    }
}

/// Tiles whose headers have been read.
struct Probed {
    placements: Vec<Placement>,
    places: Vec<Option<Place>>,
}

impl Probed {
    fn of(tiles: &Tiles, images: &[ImageRef], progress: &Progress) -> Result<Self> {
        let found = probe_with(images, progress, |info: &Info| Place::of(info))?;
        if let Some((_, Err(error))) = found.first()
            && found.iter().all(|(_, read)| read.is_err())
        {
            return Err(error.clone());
        }
        let mut probed = Self { placements: Vec::with_capacity(found.len()), places: Vec::with_capacity(found.len()) };
        for (placement, read) in found {
            match read {
                Err(error) if tiles.strict => return Err(error),
                read => probed.places.push(read.ok()),
            }
            probed.placements.push(placement);
        }
        Ok(probed)
    }

    fn sizes(&self) -> Vec<Size> {
        self.placements.iter().map(|placement| placement.size).collect()
    }

    /// µm of a pixel, of the first that says so.
    fn pixel_size(&self) -> Option<(f64, f64)> {
        self.places.iter().flatten().find_map(|place| place.pixel_size)
    }

    fn by_metadata(self, axes: Axes, pixel_size: Option<(f64, f64)>) -> Result<Arranged> {
        let pixel_size = pixel_size.or_else(|| self.pixel_size());
        let names = names_of(&self.placements);
        let (positions, mut notes) = metadata::positions(&self.places, &self.sizes(), &names, axes, pixel_size)?;
        let without: Vec<usize> = (0..names.len()).filter(|at| positions[*at].is_none()).collect();
        notes.extend(listed(&without, &names, "without a position", "left out"));
        Ok(Arranged { mosaic: mosaic_of(self.placements, &positions), notes })
    }
}

fn automatic(tiles: &Tiles, probed: Probed, grid: &Grid) -> Result<Arranged> {
    let pixel_size = tiles.pixel_size.or_else(|| probed.pixel_size());
    let guessed = || guess_layout(&tiles.images, &probed.sizes(), pixel_size);
    // Files named one by one are all meant: none of them is left out.
    let fits = |found: &Guess| tiles.from_folder || found.unmatched.is_empty();
    let are_enough = tiles.from_folder || tiles.images.len() >= FEWEST_BY_NAMES;
    let found = if are_enough { guessed().filter(fits) } else { None };
    let Some(found) = found else { return in_grid(tiles, probed, grid) };
    let pattern = &found.layout.pattern;
    let note = format!("arranged by {} (as --pattern '{pattern}'; --across N arranges tiles in order)", found.reason);
    let layout = NameLayout { grid: *grid, ..found.layout.clone() };
    by_names(tiles, probed, &TileLayout::Names(layout), vec![note])
}

fn in_grid(tiles: &Tiles, mut probed: Probed, grid: &Grid) -> Result<Arranged> {
    let mut notes = Vec::new();
    if tiles.from_folder {
        let names = names_of(&probed.placements);
        if let Some(result) = leftover::earlier_result(&names, &probed.sizes()) {
            notes.push(format!("{} is left out: it looks like an earlier result among its tiles", names[result]));
            probed.placements.remove(result);
        }
    }
    notes.extend(suspected_results(&probed.placements).iter().map(|warning| format!("warning: {warning}")));
    let sizes = probed.sizes();
    let points: Vec<Option<Point>> = grid.positions(&sizes)?.into_iter().map(Some).collect();
    Ok(Arranged { mosaic: mosaic_of(probed.placements, &points), notes })
}

fn by_names(tiles: &Tiles, probed: Probed, layout: &TileLayout, mut notes: Vec<String>) -> Result<Arranged> {
    let mut layout = layout.clone();
    if let TileLayout::Names(names) = &mut layout {
        names.pixel_size = names.pixel_size.or(tiles.pixel_size).or_else(|| probed.pixel_size());
    }
    let names = paths_of(&probed.placements);
    let Arrangement { mut positions, plane, planes, doubles, .. } = layout.apply(&names, &probed.sizes())?;
    let names = names_of(&probed.placements);
    let unmatched: Vec<usize> = (0..names.len()).filter(|at| positions[*at].is_none()).collect();
    notes.extend(listed(&unmatched, &names, "without the pattern's numbers in the name", "left out"));
    let chosen = planes.iter().position(|plane| tiles.plane.includes(plane));
    let chosen = chosen.ok_or_else(|| {
        let known: Vec<String> = planes.iter().take(9).map(ToString::to_string).collect();
        Error::invalid(format!("no tile is of the plane asked for; there are: {}", known.join("; ")))
    })?;
    if planes.len() > 1 {
        notes.push(format!("the names tell {} planes: {} is arranged (--plane chooses)", planes.len(), planes[chosen]));
        let others = positions.iter_mut().zip(&plane).filter(|(_, plane)| **plane as usize != chosen);
        others.for_each(|(position, _)| *position = None);
    }
    let pairs: Vec<_> = doubles.iter().filter(|(first, _)| plane[*first] as usize == chosen).collect();
    if let Some((first, second)) = pairs.first() {
        let more = if pairs.len() > 1 { format!(", and {} more pairs", pairs.len() - 1) } else { String::new() };
        notes.push(format!("warning: {} and {} have the same place{more}", names[*first], names[*second]));
    }
    Ok(Arranged { mosaic: mosaic_of(probed.placements, &positions), notes })
}

fn by_file(tiles: &Tiles, file: &PositionFile, progress: &Progress) -> Result<Arranged> {
    let path = &file.path;
    let found = positions::read(path, &file.columns)?;
    let mut notes: Vec<String> = found.notes.iter().map(|note| format!("{}: {note}", path.display())).collect();
    let folder = path.parent().unwrap_or(Path::new(""));
    let beside = |file: &str| folder.join(file.replace('\\', "/"));
    let mut images = tiles.images.clone();
    if images.is_empty() {
        let files = found.tiles.iter().map(|tile| beside(&tile.file)).filter(|file| file.exists());
        images = files.map(ImageRef::file).collect();
        images.sort_unstable();
        images.dedup();
    }
    if let Some(pattern) = &file.pattern {
        let pattern = Pattern::parse(pattern)?;
        let is_chosen = |image: &ImageRef| {
            let read = pattern.read(&image.path.to_string_lossy());
            read.is_some_and(|tile| tiles.plane.includes(&Plane { z: tile.z, t: tile.t, channel: tile.channel }))
        };
        images.retain(is_chosen);
    }
    let matched = file.matched(&found, &paths_text(&images), &mut notes)?;
    let wanted: Vec<String> = found.tiles.iter().map(|tile| tile.file.clone()).collect();
    notes.extend(listed(&matched.missing, &wanted, &format!("named in {} missing", path.display()), "not arranged"));
    notes.extend(listed(&matched.unplaced, &names(&images), "without a position", "left out"));
    let mut number = vec![usize::MAX; images.len()];
    let mut used: Vec<ImageRef> = Vec::new();
    for (image, _) in &matched.pairs {
        if number[*image] == usize::MAX {
            number[*image] = used.len();
            used.push(images[*image].clone());
        }
    }
    let probed = Probed::of(tiles, &used, progress)?;
    let mut placements = Vec::with_capacity(matched.pairs.len());
    for (image, tile) in &matched.pairs {
        let mut placement = probed.placements[number[*image]].clone();
        placement.image = placement.image.numbered(found.tiles[*tile].series.unwrap_or(0));
        placements.push(placement);
    }
    let points: Vec<(f64, f64)> =
        matched.pairs.iter().map(|(_, tile)| (found.tiles[*tile].x, found.tiles[*tile].y)).collect();
    let sizes: Vec<Size> = placements.iter().map(|placement| placement.size).collect();
    let pixel_size = tiles.pixel_size.or(found.pixel_size).or_else(|| probed.pixel_size());
    let needed = if found.unit == Unit::Micrometer { pixel_size } else { None };
    let points = file.axes.to_canvas(&points, &sizes, found.unit, needed)?;
    let points: Vec<Option<Point>> = points.into_iter().map(Some).collect();
    Ok(Arranged { mosaic: mosaic_of(placements, &points), notes })
}

/// Those that have a position, in order: later ones lie on top.
fn mosaic_of(placements: Vec<Placement>, positions: &[Option<Point>]) -> Mosaic {
    let mut mosaic = Mosaic::default();
    for (mut placement, position) in placements.into_iter().zip(positions) {
        if let Some(position) = position {
            placement.set_position(*position);
            mosaic.add(placement);
        }
    }
    mosaic
}

/// The name of a file without folders and ending.
fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn names(images: &[ImageRef]) -> Vec<String> {
    images.iter().map(ImageRef::name).collect()
}

fn names_of(placements: &[Placement]) -> Vec<String> {
    placements.iter().map(Placement::name).collect()
}

/// With their folders.
fn paths_of(placements: &[Placement]) -> Vec<String> {
    placements.iter().map(|placement| placement.image.path.to_string_lossy().into_owned()).collect()
}

fn paths_text(images: &[ImageRef]) -> Vec<String> {
    images.iter().map(|image| image.path.to_string_lossy().into_owned()).collect()
}

/// `3 tiles without a position left out: a.png, b.png, c.png`.
fn listed(which: &[usize], names: &[String], what: &str, done: &str) -> Option<String> {
    const MOST: usize = 5;
    let first: Vec<&str> = which.iter().take(MOST).map(|at| names[*at].as_str()).collect();
    let tiles = if which.len() == 1 { "tile" } else { "tiles" };
    let more = if which.len() > MOST { " …" } else { "" };
    (!which.is_empty()).then(|| format!("{} {tiles} {what}, {done}: {}{more}", which.len(), first.join(", ")))
}

//! Tiles of a web map in a folder: `ZOOM/X/Y.png` (or `ZOOM/Y/X`, as libvips writes them), each zoom twice as large.
//!
//! Nothing describes such a folder but itself: the image is the box around the tiles of the last zoom.

use std::path::Path;

use super::store::Store;
use super::{Layout, MOST_TILE_PIXELS, Pyramid, Tile, TileLevel, check_level};
use crate::geometry::Size;
use crate::{Error, IoResultExt as _, Result};
use crate::{Opened, flat};

/// The most downsampling (log2) at which the image's corner is still a whole pixel of a 256-pixel tile.
const MAX_REDUCTION: u32 = 8;

pub(crate) fn detect(path: &Path, head: &[u8]) -> bool {
    head.is_empty() && path.is_dir() && numbered(path).is_ok_and(|zooms| !zooms.is_empty() && is_plain(path))
}

/// The tiles below the folder `path`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let zooms = numbered(path)?;
    let last = zooms.iter().copied().max().filter(|&zoom| zoom <= 30);
    let last = last.ok_or_else(|| Error::corrupt("no folder of tiles for any zoom"))?;
    let top = path.join(last.to_string());
    let outer = numbered(&top)?;
    // Rows and columns stand in the names of files and folders; only one folder's files are looked at for each of the ends.
    let mut inner = Vec::new();
    let mut ending = None;
    for folder in &outer {
        for entry in std::fs::read_dir(top.join(folder.to_string())).at(&top)? {
            let file = entry.at(&top)?.path();
            let number = file.file_stem().and_then(|stem| stem.to_str()?.parse::<u32>().ok());
            if let (Some(number), Some(found)) = (number, file.extension()) {
                inner.push(number);
                ending.get_or_insert_with(|| found.to_string_lossy().into_owned());
            }
        }
    }
    let range = |numbers: &[u32]| numbers.iter().min().copied().zip(numbers.iter().max().copied());
    let ((o0, o1), (i0, i1)) = range(&outer).zip(range(&inner)).ok_or_else(|| Error::corrupt("no tile at all"))?;
    // libvips leaves the tile it did not write many times over.
    let rows_first = path.join("blank.png").is_file() || path.join("vips-properties.xml").is_file();
    let upward = path.join("tilemapresource.xml").is_file();
    let ((x0, x1), (y0, y1)) = if rows_first { ((i0, i1), (o0, o1)) } else { ((o0, o1), (i0, i1)) };
    let side = 1u64 << last;
    if u64::from(x1.max(y1)) >= side {
        return Err(Error::corrupt(format!("tile {x1},{y1} at zoom {last}, which has {side} a side")));
    }
    // Counted from below, as the Tile Map Service does, the first row is the last.
    let top_row = if upward { (side - 1) as u32 - y1 } else { y0 };
    let ending = ending.unwrap_or_default();
    let xyz = Xyz { ending, rows_first, upward, first: (x0, top_row), last, zooms: Vec::new() };
    let store = Store::Folder(path.to_owned());
    let tile = tile_size(&xyz, &store, (o0, &top))?;
    let across = |n: u32, side: u32| n.checked_mul(side).ok_or_else(|| Error::limit("a map larger than any image"));
    let size = Size::new(across(x1 - x0 + 1, tile.width)?, across(y1 - y0 + 1, tile.height)?);
    check_level(TileLevel { size, tile, shift: (0, 0), scale: 1 })?;
    let coarser = (1..=MAX_REDUCTION.min(last)).filter(|reduction| zooms.contains(&(last - reduction)));
    let reduction: Vec<u32> = std::iter::once(0).chain(coarser).collect();
    let levels = reduction.iter().map(|&n| TileLevel {
        size: size.halved_times(n as usize),
        tile,
        shift: (shift(xyz.first.0, tile.width, n), shift(xyz.first.1, tile.height, n)),
        scale: 1 << n,
    });
    let levels = levels.collect();
    Pyramid::opened("XYZ tiles", levels, store, Box::new(Xyz { zooms: reduction, ..xyz }))
}

/// The offset of the image within its tile, `reduction` zoom levels above the last.
fn shift(first: u32, side: u32, reduction: u32) -> u32 {
    let at = (u64::from(first) * u64::from(side)) >> reduction;
    (at % u64::from(side)) as u32
}

struct Xyz {
    ending: String,
    rows_first: bool,
    /// Rows count from below.
    upward: bool,
    /// The upper left tile of the last zoom.
    first: (u32, u32),
    last: u32,
    /// Log2 of the downsampling of each level.
    zooms: Vec<u32>,
}

impl Layout for Xyz {
    fn tile(&self, level: usize, column: u32, row: u32) -> Tile {
        let reduction = self.zooms[level];
        let (zoom, side) = (self.last - reduction, 1u64 << (self.last - reduction));
        let (x, y) = ((self.first.0 >> reduction) + column, (self.first.1 >> reduction) + row);
        let y = if self.upward { (side - 1).saturating_sub(y.into()) } else { y.into() };
        let name = if self.rows_first { format!("{zoom}/{y}/{x}") } else { format!("{zoom}/{x}/{y}") };
        Tile { names: vec![format!("{name}.{}", self.ending)], lead: (0, 0) }
    }

    fn is_sparse(&self) -> bool {
        true
    }
}

/// The size of any tile of the first folder of the last zoom.
fn tile_size(xyz: &Xyz, store: &Store, (folder, top): (u32, &Path)) -> Result<Size> {
    let folder = top.join(folder.to_string());
    for entry in std::fs::read_dir(&folder).at(&folder)? {
        let file = entry.at(&folder)?.path();
        if file.extension().is_some_and(|ending| *ending == *xyz.ending) {
            let name = file.strip_prefix(top.parent().unwrap_or(top)).unwrap_or(&file).to_string_lossy().into_owned();
            if let Some(bytes) = store.read(&name)? {
                let size = flat::size_of_bytes(&bytes).at(&file)?;
                return if size.area() > MOST_TILE_PIXELS {
                    Err(Error::limit("tiles too large").at(&file))
                } else {
                    Ok(size)
                };
            }
        }
    }
    Err(Error::corrupt("no tile at all"))
}

/// The folders with a number for a name.
fn numbered(folder: &Path) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder).at(folder)? {
        let entry = entry.at(folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.bytes().all(|b| b.is_ascii_digit())
            && (name.len() == 1 || !name.starts_with('0'))
            && let Ok(number) = name.parse()
            && entry.path().is_dir()
        {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// Whether the folder holds tiles: in the first folder of the first, a picture with a number for a name.
fn is_plain(folder: &Path) -> bool {
    let found = || {
        let zoom = folder.join(numbered(folder).ok()?.into_iter().max()?.to_string());
        let inner = zoom.join(numbered(&zoom).ok()?.into_iter().min()?.to_string());
        let mut files = inner.read_dir().ok()?.flatten().map(|entry| entry.path());
        files.find(|file| {
            let numbered = file.file_stem().is_some_and(|stem| stem.to_string_lossy().parse::<u32>().is_ok());
            let ending = file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
            numbered && ending.is_some_and(|ending| ["png", "jpg", "jpeg", "webp"].contains(&&*ending))
        })
    };
    found().is_some()
}

//! Zoomify: `ImageProperties.xml` beside `TileGroupN/TIER-COLUMN-ROW.jpg`.
//!
//! Tiles are counted from the smallest tier, row by row; 256 make a group. How a tier's size is rounded nobody wrote down:
//! Zoomify itself rounds down, others up, so that counts which agrees with the number of tiles in the descriptor.

use std::path::{Path, PathBuf};

use super::store::{Store, folder_of};
use super::{Layout, Pyramid, Tile, TileLevel, check_level, descriptor, number};
use crate::geometry::Size;
use crate::xml::Node;
use crate::{Error, Result};
use crate::{Opened, flat};

const DESCRIPTOR: &str = "ImageProperties.xml";
/// Of the tiles' files.
const ENDINGS: [&str; 4] = ["jpg", "png", "jpeg", "webp"];

pub(crate) fn detect(path: &Path, head: &[u8]) -> bool {
    if head.is_empty() {
        return path.is_dir() && path.join(DESCRIPTOR).is_file();
    }
    let start = String::from_utf8_lossy(head);
    start.trim_start_matches('\u{FEFF}').trim_start().starts_with('<') && start.contains("<IMAGE_PROPERTIES")
}

/// The descriptor at `path`, or that in the folder `path`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file: PathBuf = if path.is_dir() { path.join(DESCRIPTOR) } else { path.to_owned() };
    let root = Node::parse(&descriptor(&file)?).ok_or_else(|| Error::corrupt("the descriptor is no XML"))?;
    let properties = root.find("IMAGE_PROPERTIES");
    let properties = properties.ok_or_else(|| Error::corrupt("no IMAGE_PROPERTIES in the descriptor"))?;
    let size = Size::new(number(properties, "WIDTH")?, number(properties, "HEIGHT")?);
    let side = number(properties, "TILESIZE")?;
    check_level(TileLevel::new(size, side, 1))?;
    let count = properties.get("NUMTILES").and_then(|value| value.parse().ok());
    let store = Store::Folder(folder_of(&file));
    let tiers = choose(size, side, count, &store)?;
    let levels: Vec<TileLevel> =
        tiers.into_iter().enumerate().map(|(n, size)| TileLevel::new(size, side, 1 << n)).collect();
    let layout = Zoomify { levels: levels.clone() };
    Pyramid::opened("Zoomify", levels, store, Box::new(layout))
}

/// The sizes of the tiers, finest first, rounded as the descriptor's number of tiles and the smallest tile itself say.
fn choose(size: Size, side: u32, count: Option<u64>, store: &Store) -> Result<Vec<Size>> {
    let down = tiers(size, side, |n| (n / 2).max(1));
    let up = tiers(size, side, |n| n.div_ceil(2));
    let (tiles_down, tiles_up) = (tiles(&down, side), tiles(&up, side));
    if let Some(count) = count
        && tiles_down != tiles_up
    {
        if count == tiles_up {
            return Ok(up);
        }
        if count == tiles_down {
            return Ok(down);
        }
    }
    // Both make the same tiles: the smallest tier is one of them, and has its size.
    for ending in ENDINGS {
        if let Some(bytes) = store.read(&format!("TileGroup0/0-0-0.{ending}"))? {
            let smallest = flat::size_of_bytes(&bytes).ok();
            return Ok(if smallest.is_some() && smallest == up.last().copied() { up } else { down });
        }
    }
    Ok(down)
}

fn tiers(full: Size, side: u32, half: fn(u32) -> u32) -> Vec<Size> {
    let mut sizes = vec![full];
    let mut size = full;
    while size.longest() > side {
        size = Size::new(half(size.width), half(size.height));
        sizes.push(size);
    }
    sizes
}

fn tiles(tiers: &[Size], side: u32) -> u64 {
    tiers.iter().map(|&size| TileLevel::new(size, side, 1).grid().count()).sum()
}

struct Zoomify {
    levels: Vec<TileLevel>,
}

impl Layout for Zoomify {
    fn tile(&self, level: usize, column: u32, row: u32) -> Tile {
        let grid = self.levels[level].grid();
        let before: u64 = self.levels[level + 1..].iter().map(|level| level.grid().count()).sum();
        let number = before + u64::from(row) * u64::from(grid.columns()) + u64::from(column);
        let tier = self.levels.len() - 1 - level;
        let base = format!("TileGroup{}/{tier}-{column}-{row}", number / 256);
        let names = ENDINGS.iter().map(|ending| format!("{base}.{ending}")).collect();
        Tile { names, lead: (0, 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_tiles_decides_the_rounding() {
        let store = Store::Folder(PathBuf::from("nowhere"));
        let tiers = |count| choose(Size::new(1025, 700), 256, Some(count), &store).unwrap().len();
        assert_eq!((tiers(20), tiers(24)), (3, 4));
    }
}

//! A static IIIF image (Image API 2.1 and 3.0, level 0): `info.json` beside `REGION/SIZE/0/default.jpg`.
//!
//! At scale s the tile at (x, y) is asked for as the region of full-resolution pixels it shows and the size it has; a whole
//! image is `full`, and version 2 names only the width.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::store::{Store, folder_of};
use super::{Layout, Pyramid, Tile, TileLevel, check_level, checked_ending, descriptor};
use crate::Opened;
use crate::geometry::Size;
use crate::{Error, Result};

const DESCRIPTOR: &str = "info.json";
/// No image has more scales.
const MOST_LEVELS: usize = 32;

pub(crate) fn detect(path: &Path, head: &[u8]) -> bool {
    if head.is_empty() {
        return path.is_dir() && path.join(DESCRIPTOR).is_file();
    }
    path.extension().is_some_and(|ending| ending == "json") && String::from_utf8_lossy(head).contains("iiif.io")
}

/// The descriptor at `path`, or that in the folder `path`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file: PathBuf = if path.is_dir() { path.join(DESCRIPTOR) } else { path.to_owned() };
    let json: Value =
        serde_json::from_str(&descriptor(&file)?).map_err(|error| Error::corrupt(format!("info.json: {error}")))?;
    let number = |value: &Value, name: &str| {
        let number = value.get(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        number.ok_or_else(|| Error::corrupt(format!("info.json says no {name}")))
    };
    let size = Size::new(number(&json, "width")?, number(&json, "height")?);
    let tiles = json.get("tiles").and_then(|tiles| tiles.get(0));
    let tiles = tiles.ok_or_else(|| Error::unsupported("an IIIF image without tiles"))?;
    let width = number(tiles, "width")?;
    let tile = Size::new(width, number(tiles, "height").unwrap_or(width));
    let mut scales: Vec<u32> = tiles
        .get("scaleFactors")
        .and_then(Value::as_array)
        .map(|scales| scales.iter().filter_map(|scale| u32::try_from(scale.as_u64()?).ok()).collect())
        .unwrap_or_default();
    scales.sort_unstable();
    scales.dedup();
    scales.retain(|&scale| scale > 0 && scale <= size.longest());
    if scales.first() != Some(&1) {
        return Err(Error::unsupported("an IIIF image whose tiles lack the full resolution"));
    }
    scales.truncate(MOST_LEVELS);
    check_level(TileLevel { size, tile, shift: (0, 0), scale: 1 })?;
    let endings = ["jpg", "png", "webp"].map(str::to_owned).to_vec();
    let preferred = json.get("preferredFormats").and_then(|formats| formats.get(0)).and_then(Value::as_str);
    let preferred = preferred.map(checked_ending).transpose()?;
    let layout = Iiif { size, tile, scales, endings: preferred.into_iter().chain(endings).collect() };
    let level = |&scale: &u32| TileLevel { size: layout.level_size(scale), tile, shift: (0, 0), scale };
    let levels = layout.scales.iter().map(level).collect();
    Pyramid::opened("IIIF", levels, Store::Folder(folder_of(&file)), Box::new(layout))
}

struct Iiif {
    size: Size,
    tile: Size,
    scales: Vec<u32>,
    endings: Vec<String>,
}

impl Iiif {
    fn level_size(&self, scale: u32) -> Size {
        Size::new(self.size.width.div_ceil(scale), self.size.height.div_ceil(scale))
    }
}

impl Layout for Iiif {
    fn tile(&self, level: usize, column: u32, row: u32) -> Tile {
        let scale = u64::from(self.scales[level]);
        let along = |n: u32, side: u32, full: u32| {
            let start = u64::from(n) * u64::from(side) * scale;
            let length = (u64::from(side) * scale).min(u64::from(full).saturating_sub(start));
            (start, length, length.div_ceil(scale))
        };
        let (x, width, w) = along(column, self.tile.width, self.size.width);
        let (y, height, h) = along(row, self.tile.height, self.size.height);
        let mut regions = vec![format!("{x},{y},{width},{height}")];
        if (x, y) == (0, 0) && (width, height) == (self.size.width.into(), self.size.height.into()) {
            regions.insert(0, "full".to_owned());
        }
        let mut sizes = vec![format!("{w},{h}"), format!("{w},")];
        if scale == 1 {
            sizes.extend(["max".to_owned(), "full".to_owned()]);
        }
        let mut names = Vec::new();
        for ending in &self.endings {
            for region in &regions {
                names.extend(sizes.iter().map(|size| format!("{region}/{size}/0/default.{ending}")));
            }
        }
        Tile { names, lead: (0, 0) }
    }
}

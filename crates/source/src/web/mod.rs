//! Pyramids of many image files for web viewers: Deep Zoom, Zoomify, IIIF, XYZ.
//!
//! Opened by their descriptor or by their folder. A tile's file is read when the tile is. One that is not there is background
//! where the layout leaves out empty tiles, else damage. Nothing here lists a folder of tiles: there may be millions.

mod dzi;
mod iiif;
mod store;
mod xyz;
mod zip;
mod zoomify;

use std::path::Path;

use super::single::Single;
use super::{Capabilities, Info, Level, Opened, ReadingCost, Source, flat};
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::loss;
use crate::pixels::{Pixels, conform};
use crate::xml::Node;
use crate::{Error, IoResultExt as _, Result};
use store::Store;

pub(super) use dzi::{detect as is_dzi, open as open_dzi};
pub(super) use dzi::{detect_szi as is_szi, open_szi};
pub(super) use iiif::{detect as is_iiif, open as open_iiif};
pub(super) use xyz::{detect as is_xyz, open as open_xyz};
pub(super) use zoomify::{detect as is_zoomify, open as open_zoomify};

/// The most pixels that one tile's file may hold.
const MOST_TILE_PIXELS: u64 = 64 << 20;
/// The most bytes that a descriptor may have.
const MOST_DESCRIPTOR: u64 = 4 << 20;

/// One tile's file.
struct Tile {
    /// Possible names of a tile, which depend on the writer; the first that exists is used.
    names: Vec<String>,
    /// Columns and rows of its neighbors that it repeats before its own.
    lead: (u32, u32),
}

/// How a layout names its tiles.
trait Layout: Send + Sync {
    /// The tile (column, row) of `level` (0 is the finest), counted from the upper left of the level's grid.
    fn tile(&self, level: usize, column: u32, row: u32) -> Tile;

    /// Whether tiles of nothing but background are usually left out.
    fn is_sparse(&self) -> bool {
        false
    }
}

/// One resolution.
#[derive(Debug, Clone, Copy)]
struct TileLevel {
    size: Size,
    tile: Size,
    /// How far the image's upper left lies inside the grid of tiles, in pixels.
    shift: (u32, u32),
    /// Pixels of the finest level to one of its own, along a side.
    scale: u32,
}

impl TileLevel {
    /// A level in square tiles that begin at its upper left.
    fn new(size: Size, side: u32, scale: u32) -> Self {
        Self { size, tile: Size::new(side, side), shift: (0, 0), scale }
    }

    fn grid(&self) -> TileGrid {
        TileGrid::new(Size::new(self.size.width + self.shift.0, self.size.height + self.shift.1), self.tile)
    }
}

/// A pyramid of tile files.
struct Pyramid {
    info: Info,
    levels: Vec<TileLevel>,
    store: Store,
    layout: Box<dyn Layout>,
}

impl Pyramid {
    /// The pyramid of `levels`, finest first. One tile is decoded to learn what the pixels are.
    fn opened(
        format: &'static str,
        levels: Vec<TileLevel>,
        store: Store,
        layout: Box<dyn Layout>,
    ) -> Result<Box<dyn Opened>> {
        let Some(full) = levels.first().copied() else { return Err(Error::corrupt("a pyramid without levels")) };
        check_level(full)?;
        let mut info = Info::plain(format, full.size, full.tile, 3, crate::pixels::SampleType::U8);
        info.levels = levels
            .iter()
            .map(|level| Level { size: level.size, downsample: f64::from(level.scale), tile: level.tile })
            .collect();
        let mut pyramid = Self { info, levels, store, layout };
        let kind = pyramid.any_tile()?;
        (pyramid.info.channels, pyramid.info.sample) = (kind.channels(), kind.sample_type());
        pyramid.info.color = crate::pixels::Color::of_channels(kind.channels());
        pyramid.info.background = background(&pyramid.info);
        pyramid.info.properties.insert("tile.width".into(), full.tile.width.to_string());
        pyramid.info.properties.insert("tile.height".into(), full.tile.height.to_string());
        Ok(Single::of(pyramid))
    }

    /// Some tile: the first of the coarsest level that has one there, else one from the middle.
    fn any_tile(&self) -> Result<Pixels> {
        for (number, level) in self.levels.iter().enumerate().rev() {
            let grid = level.grid();
            for (column, row) in [(0, 0), (grid.columns() / 2, grid.rows() / 2)] {
                if let Some(pixels) = self.load(&self.layout.tile(number, column, row))? {
                    return Ok(pixels);
                }
            }
        }
        // The finest level, row by row, as far as a folder can be asked quickly.
        for (column, row) in self.levels[0].grid().touching(self.info.whole(0)).take(4096) {
            if let Some(pixels) = self.load(&self.layout.tile(0, column, row))? {
                return Ok(pixels);
            }
        }
        Err(Error::corrupt("none of its tiles is there"))
    }

    /// Why a tile cannot be shown.
    fn gap(&self, tile: &Tile, error: Option<Error>) -> Error {
        let name = tile.names.first().map_or("", String::as_str);
        error.unwrap_or_else(|| Error::corrupt("this tile is missing")).at(&self.store.path_of(name))
    }

    fn load(&self, tile: &Tile) -> Result<Option<Pixels>> {
        for name in &tile.names {
            if let Some(bytes) = self.store.read(name)? {
                // A tile repeats pixels of its neighbors, but not much more.
                let side = self.levels.first().map_or(1, |level| u64::from(level.tile.longest()));
                let most = (4 * (side + 256).pow(2)).min(MOST_TILE_PIXELS);
                let decoded = flat::decode_bytes(&bytes, most);
                return decoded.map(Some).at(&self.store.path_of(name));
            }
        }
        Ok(None)
    }
}

impl Source for Pyramid {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let info = &self.info;
        let size = info.level(region)?.size;
        let level = &self.levels[region.level];
        let (dx, dy) = (i64::from(level.shift.0), i64::from(level.shift.1));
        let rect = region.rect;
        let inside = rect.intersect(Rect::from_size(size));
        let mut out = info.blank(rect.size());
        let grid = level.grid();
        let count = grid.touching(inside.translate(dx, dy)).take(2).count();
        for (column, row) in grid.touching(inside.translate(dx, dy)) {
            let tile = self.layout.tile(region.level, column, row);
            let pixels = match self.load(&tile) {
                Ok(Some(pixels)) => pixels,
                Ok(None) if self.layout.is_sparse() => continue,
                missing if count == 1 => return Err(self.gap(&tile, missing.err())),
                missing => {
                    let own = grid.rect(column, row).translate(-dx, -dy).intersect(inside);
                    loss::note(info.loss(self.gap(&tile, missing.err()), Region { rect: own, ..region }));
                    continue;
                }
            };
            let from = crate::pixels::Color::of_channels(pixels.channels());
            let pixels = conform(pixels, from, info.color, info.channels, info.sample);
            // What the tile shows beyond its own cell is its neighbors', or outside.
            let own = grid.rect(column, row).translate(-dx, -dy);
            let (x, y) = (own.x0 - i64::from(tile.lead.0), own.y0 - i64::from(tile.lead.1));
            let part = own.intersect(inside).intersect(Rect::at(x, y, pixels.size()));
            out.paste(pixels.part(part.translate(-x, -y)), part.x0 - rect.x0, part.y0 - rect.y0);
        }
        Ok(out)
    }
}

fn check_level(level: TileLevel) -> Result<()> {
    if level.size.is_empty() || level.tile.is_empty() {
        return Err(Error::corrupt("an image without pixels"));
    }
    if level.size.longest() > 1 << 30 || level.tile.area() > MOST_TILE_PIXELS {
        return Err(Error::limit(format!("{} pixels in tiles of {} are too many", level.size, level.tile)));
    }
    Ok(())
}

/// The background where no tile is: transparent with alpha, else white, as in most web viewers.
fn background(info: &Info) -> Vec<f32> {
    let value = if info.color.has_alpha() { 0.0 } else { info.sample.max() };
    vec![value; info.channels as usize]
}

/// Read a descriptor: text of reasonable length, without a byte order mark.
fn descriptor(path: &Path) -> Result<String> {
    let length = std::fs::metadata(path).at(path)?.len();
    if length > MOST_DESCRIPTOR {
        return Err(Error::corrupt("too long for a descriptor"));
    }
    let bytes = std::fs::read(path).at(path)?;
    text_of(&bytes)
}

fn text_of(bytes: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(bytes).ok().ok_or_else(|| Error::corrupt("the descriptor is no UTF-8 text"))?;
    Ok(text.trim_start_matches('\u{FEFF}').to_owned())
}

/// A file ending from a descriptor, if it is one.
fn checked_ending(ending: &str) -> Result<String> {
    if ending.is_empty() || ending.len() > 8 || !ending.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::corrupt("the tiles' format has no sensible name"));
    }
    Ok(ending.to_owned())
}

/// The value of an attribute that must be a number.
fn number(element: &Node, name: &str) -> Result<u32> {
    element.number(name).ok_or_else(|| Error::corrupt(format!("{} says no {name}", element.name)))
}

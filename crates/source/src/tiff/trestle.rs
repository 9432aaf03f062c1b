//! Trestle's slides (`.tif`): tiles that overlap by as much as the description says; `NAME.Full` beside it shows the whole glass.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directory::Directory;
use super::image::is_tiled;
use super::page::Details;
use super::tags as tag;
use super::tile_layout::{TileKey, TileLayout, Tiles};
use super::{Associated, Contents};
use crate::PositionedFile;
use crate::Result;
use crate::geometry::{Rect, Size};
use crate::placed_tiles::Piece;

const SOFTWARE: u16 = 305;
const MOST_MACRO: u64 = 64 << 20;

/// The contents of the file, if it is one of Trestle's.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Result<Option<Contents>> {
    let software = chain[0].text(file, SOFTWARE).unwrap_or_default();
    let description = chain[0].text(file, tag::IMAGE_DESCRIPTION);
    let (true, Some(description)) = (software.starts_with("MedScan") && chain.iter().all(is_tiled), description) else {
        return Ok(None);
    };
    let pairs = description.split(';').filter_map(|pair| pair.split_once('='));
    let mut properties: BTreeMap<String, String> =
        pairs.map(|(key, value)| (format!("trestle.{}", key.trim()), value.trim().to_owned())).collect();
    let overlaps = properties.get("trestle.OverlapsXY").map(String::as_str).unwrap_or_default();
    let overlaps: Vec<u32> = overlaps.split_whitespace().map(|value| value.parse().unwrap_or(0)).collect();
    let background = properties.get("trestle.Background Color").and_then(|hex| u32::from_str_radix(hex, 16).ok());
    if let Some(rgb) = background {
        properties.insert("openslide.background-color".into(), format!("{:06X}", rgb & 0x00FF_FFFF));
    }
    // Against TIFF's own meaning, these are micrometers of a pixel.
    let resolution = |tag| chain[0].doubles(file, tag).first().copied().filter(|mpp| mpp.is_finite() && *mpp > 0.0);
    let details = Details {
        mpp: resolution(tag::X_RESOLUTION).zip(resolution(tag::Y_RESOLUTION)),
        objective: properties.get("trestle.Objective Power").and_then(|power| power.parse().ok()),
        background: Some(background.map_or([255; 3], |rgb| [(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8])),
        measured: false,
        properties,
        ..Details::slide("Trestle", "trestle")
    };
    let tiles = Tiles::new(file, chain)?;
    let levels = (0..chain.len()).map(|number| {
        let overlap = |at: usize| overlaps.get(2 * number + at).copied().unwrap_or(0);
        level(&tiles, number, (overlap(0), overlap(1)))
    });
    let levels = levels.collect();
    let source = tiles.source(&chain[0], levels, &details)?;
    Ok(Some(Contents::single(source, glass(file))))
}

fn level(tiles: &Tiles, number: usize, overlap: (u32, u32)) -> TileLayout {
    let grid = tiles.image(number).grid();
    let overlap = (overlap.0.min(grid.tile.width - 1), overlap.1.min(grid.tile.height - 1));
    let places = grid.touching(Rect::from_size(grid.size)).map(|(column, row)| {
        let place = grid.rect(column, row);
        Piece {
            key: TileKey { image: number as u32, column, row },
            x: (place.x0 - i64::from(column) * i64::from(overlap.0)) as i32,
            y: (place.y0 - i64::from(row) * i64::from(overlap.1)) as i32,
            width: place.width() as u32,
            height: place.height() as u32,
            from: (0, 0),
        }
    });
    let side = |side: u32, tile: u32, count: u32, overlap: u32| {
        if side >= tile { side - (count - 1) * overlap } else { side }
    };
    let width = side(grid.size.width, grid.tile.width, grid.columns(), overlap.0);
    let height = side(grid.size.height, grid.tile.height, grid.rows(), overlap.1);
    TileLayout { size: Size::new(width, height), pieces: places.collect() }
}

fn glass(file: &PositionedFile) -> Vec<(String, Associated)> {
    let read = || {
        let beside = PositionedFile::open(&file.path().with_extension("Full")).ok()?;
        let bytes = beside.read_at(0, beside.length().ok()?.min(MOST_MACRO)).ok()?;
        Some(("macro".to_owned(), Associated::Jpeg(bytes.into())))
    };
    read().into_iter().collect()
}

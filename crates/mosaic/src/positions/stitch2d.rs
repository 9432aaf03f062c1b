//! The JSON of stitch2d (`coords` are [y, x]), and a plain object of names with x and y.
//!
//! ```text
//! {"metadata": {"shape": [2, 3], "size": 6, "tile_shape": [442, 512]},
//!  "coords": {"0": [0.0, 9.73]}, "filenames": {"0": "a.jpg"}}
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cells::cells_of;
use super::{Positions, TilePosition, Written};
use crate::geometry::Size;
use crate::{Error, Result};

#[derive(Deserialize, Serialize)]
struct Stitch2d {
    #[serde(default)]
    metadata: Value,
    /// [y, x], px.
    coords: BTreeMap<u64, Option<[f64; 2]>>,
    filenames: BTreeMap<u64, String>,
}

#[derive(Deserialize)]
struct Place {
    x: f64,
    y: f64,
}

pub(super) fn detect(_: &str, text: &str) -> bool {
    text.trim_start().starts_with('{')
}

pub(super) fn read(text: &str) -> Result<Positions> {
    if let Ok(file) = serde_json::from_str::<Stitch2d>(text) {
        return Ok(of(file));
    }
    let places: BTreeMap<String, Place> = serde_json::from_str(text).map_err(|error| {
        Error::unsupported(format!("JSON that is neither stitch2d's nor names with x and y: {error}"))
    })?;
    let tile =
        |(file, place): (String, Place)| TilePosition { file, x: place.x, y: place.y, ..TilePosition::default() };
    Ok(Positions { tiles: places.into_iter().map(tile).collect(), ..Positions::default() })
}

fn of(file: Stitch2d) -> Positions {
    let side = |at: usize| file.metadata["tile_shape"][at].as_u64().and_then(|side| u32::try_from(side).ok());
    let size = side(1).zip(side(0)).map(|(width, height)| Size::new(width, height));
    let (mut tiles, mut unplaced) = (Vec::new(), 0);
    for (number, name) in file.filenames {
        match file.coords.get(&number) {
            Some(Some([y, x])) => {
                tiles.push(TilePosition { file: name, x: *x, y: *y, size, ..TilePosition::default() });
            }
            _ => unplaced += 1,
        }
    }
    let notes = if unplaced > 0 { vec![format!("{unplaced} tiles have no position")] } else { Vec::new() };
    Positions { tiles, notes, ..Positions::default() }
}

pub(super) fn write(positions: &Positions) -> Result<Written> {
    let tiles = &positions.tiles;
    let cells = cells_of(tiles);
    let span = |of: fn(&(usize, usize)) -> usize| cells.iter().map(of).max().map_or(0, |last| last + 1);
    let mut metadata = json!({"shape": [span(|cell| cell.0), span(|cell| cell.1)], "size": tiles.len()});
    let size = tiles.first().and_then(|tile| tile.size);
    if let Some(size) = size {
        metadata["tile_shape"] = json!([size.height, size.width]);
    }
    let mut notes = Vec::new();
    if tiles.iter().any(|tile| tile.size != size) {
        notes.push("stitch2d has one size for all tiles: that of the first is written".into());
    }
    let coords = (0..).zip(tiles.iter().map(|tile| Some([tile.y, tile.x]))).collect();
    let filenames = (0..).zip(tiles.iter().map(|tile| tile.file.clone())).collect();
    let text = serde_json::to_string(&Stitch2d { metadata, coords, filenames })
        .map_err(|error| Error::invalid(format!("positions cannot be written as JSON: {error}")))?;
    Ok(Written { text: text + "\n", notes })
}

//! `TileConfiguration.txt` of Fiji's Grid/Collection stitching, and its `.registered.txt`.
//!
//! ```text
//! dim = 2
//! multiseries = true        the second field is the number of the series; BigStitcher adds absolutepath = true
//! tile_001.tif; ; (0.0, 921.6)
//! ```

use std::fmt::Write as _;

use super::text::{Line, read_lines, tuple};
use super::{Positions, TilePosition, Written};
use crate::{Error, Result};

pub(super) fn detect(_: &str, text: &str) -> bool {
    text.lines().take(100).any(|line| tile(line, None).is_some())
}

pub(super) fn read(text: &str) -> Result<Positions> {
    let mut dimensions = None;
    let mut line = |line: &str| {
        if let Some((name, value)) = line.split_once('=')
            && matches!(name.trim(), "dim" | "multiseries" | "absolutepath")
        {
            if name.trim() == "dim" {
                dimensions = value.trim().parse().ok();
            }
            return Line::Setting;
        }
        tile(line, dimensions).map_or(Line::Unknown, Line::Tile)
    };
    Ok(read_lines(text, &mut line))
}

/// `name; series; (x, y)`. A name may have semicolons.
fn tile(line: &str, dimensions: Option<usize>) -> Option<TilePosition> {
    let (before, inside) = line.trim().strip_suffix(')')?.rsplit_once('(')?;
    let (file, series) = before.trim_end().strip_suffix(';')?.rsplit_once(';')?;
    let series = series.trim();
    let series = if series.is_empty() { None } else { Some(series.parse().ok()?) };
    let place = tuple(inside, dimensions)?;
    let [x, y, ..] = place[..] else { return None };
    let file = file.trim().to_owned();
    (!file.is_empty()).then(|| TilePosition { file, x, y, z: place.get(2).copied(), series, ..TilePosition::default() })
}

pub(super) fn write(positions: &Positions) -> Result<Written> {
    let deep = positions.tiles.iter().any(|tile| tile.z.is_some());
    let series = positions.tiles.iter().any(|tile| tile.series.is_some());
    let mut text = format!("# Define the number of dimensions we are working on\ndim = {}\n", if deep { 3 } else { 2 });
    if series {
        text.push_str("multiseries = true\n");
    }
    text.push_str("\n# Define the image coordinates\n");
    for tile in &positions.tiles {
        if tile.file.trim() != tile.file || tile.file.starts_with('#') {
            return Err(Error::invalid(format!("{}: Fiji cannot read such a name", tile.file)));
        }
        let number = tile.series.map_or_else(|| if series { "0".into() } else { String::new() }, |n| n.to_string());
        let depth = if deep { format!(", {:?}", tile.z.unwrap_or(0.0)) } else { String::new() };
        // A String takes any text.
        _ = writeln!(text, "{}; {number}; ({:?}, {:?}{depth})", tile.file, tile.x, tile.y);
    }
    Ok(Written { text, notes: Vec::new() })
}

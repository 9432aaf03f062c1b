//! `global-positions-0.txt` of MIST (NIST): whole pixels, with decimal commas in the correlation where the locale has them.
//!
//! ```text
//! file: img_r001_c002.tif; corr: 0.9812345678; position: (1252, 3); grid: (1, 0);
//! ```

use std::fmt::Write as _;

use super::cells::cells_of;
use super::text::{Line, read_lines, tuple};
use super::{Positions, TilePosition, Written};
use crate::Result;

pub(super) fn detect(_: &str, text: &str) -> bool {
    text.lines().take(100).any(|line| tile(line).is_some())
}

pub(super) fn read(text: &str) -> Result<Positions> {
    Ok(read_lines(text, |line| tile(line).map_or(Line::Unknown, Line::Tile)))
}

fn tile(line: &str) -> Option<TilePosition> {
    let rest = line.trim().strip_prefix("file:")?;
    let (file, rest) = rest.rsplit_once("; corr:").or_else(|| rest.rsplit_once("; position:"))?;
    let (_, place) = rest.split_once('(')?;
    let place = tuple(place.split_once(')')?.0, Some(2))?;
    Some(TilePosition { file: file.trim().to_owned(), x: place[0], y: place[1], ..TilePosition::default() })
}

pub(super) fn write(positions: &Positions) -> Result<Written> {
    let mut written = Written::default();
    let mut rounded = 0;
    for (tile, (column, row)) in positions.tiles.iter().zip(cells_of(&positions.tiles)) {
        let (x, y) = ((tile.x + 0.5).floor(), (tile.y + 0.5).floor());
        rounded += usize::from((x, y) != (tile.x, tile.y));
        let (x, y) = (x as i64, y as i64);
        // A String takes any text.
        _ = writeln!(
            written.text,
            "file: {}; corr: 0.0000000000; position: ({x}, {y}); grid: ({column}, {row});",
            tile.file
        );
    }
    if rounded > 0 {
        written.notes.push(format!("{rounded} positions are rounded: MIST has whole pixels"));
    }
    if positions.tiles.iter().any(|tile| tile.file.contains(' ')) {
        written.notes.push("MIST itself does not read names with spaces".into());
    }
    Ok(written)
}

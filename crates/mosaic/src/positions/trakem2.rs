//! Text that `TrakEM2` imports: `path x y z`, and optionally width, height, least, most and type of the samples, with tabs.

use std::fmt::Write as _;

use super::text::{Line, number, read_lines};
use super::{Positions, TilePosition, Written};
use crate::geometry::Size;
use crate::{Error, Result};

pub(super) fn detect(name: &str, text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    !name.ends_with(".csv") && !name.ends_with(".tsv") && lines.next().is_some_and(|line| tile(line).is_some())
}

pub(super) fn read(text: &str) -> Result<Positions> {
    Ok(read_lines(text, |line| tile(line).map_or(Line::Unknown, Line::Tile)))
}

fn tile(line: &str) -> Option<TilePosition> {
    let parts: Vec<&str> = line.trim_end_matches(['\r', '\n']).split('\t').collect();
    if let [file, x, y, z, rest @ ..] = &parts[..] {
        return made(file, [x, y, z], rest);
    }
    // With spaces: the name is what stands before the last three or eight numbers.
    let words: Vec<&str> = line.split_whitespace().collect();
    [8, 3].into_iter().find_map(|count| {
        let at = words.len().checked_sub(count).filter(|at| *at > 0)?;
        let numbers = &words[at..];
        let start = numbers.first()?.as_ptr() as usize - line.as_ptr() as usize;
        numbers.iter().try_for_each(|word| number(word).map(drop))?;
        made(line[..start].trim(), [numbers[0], numbers[1], numbers[2]], &numbers[3..])
    })
}

fn made(file: &str, [x, y, z]: [&str; 3], rest: &[&str]) -> Option<TilePosition> {
    let side = |at: usize| rest.get(at).and_then(|side| side.trim().parse::<u32>().ok());
    let size = side(0).zip(side(1)).map(|(width, height)| Size::new(width, height));
    let z = number(z)?;
    let place = TilePosition { file: file.to_owned(), x: number(x)?, y: number(y)?, size, ..TilePosition::default() };
    (!file.is_empty() && number(file).is_none()).then_some(TilePosition { z: (z != 0.0).then_some(z), ..place })
}

pub(super) fn write(positions: &Positions) -> Result<Written> {
    let mut text = String::new();
    for tile in &positions.tiles {
        if tile.file.contains('\t') || tile.file.starts_with('#') || number(&tile.file).is_some() {
            return Err(Error::invalid(format!("{}: TrakEM2 cannot read such a name", tile.file)));
        }
        // A String takes any text.
        _ = writeln!(text, "{}\t{}\t{}\t{}", tile.file, tile.x, tile.y, tile.z.unwrap_or(0.0));
    }
    Ok(Written { text, notes: Vec::new() })
}

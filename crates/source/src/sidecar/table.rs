//! Where each tile stands in the file, in memory and behind the tiles.
//!
//! The file: tiles one after the other, the table (offset and length of each tile, 12 bytes), the image's key, then the
//! lengths of both and a mark. Integers are little-endian. Only whole files have the name that is looked for.

use std::fs::File;

use crate::IoResultExt as _;
use crate::Result;
use crate::{Info, read_exact_at, write_all_at};

/// The end of every finished file; the number is the version of the format.
const MARK: &[u8; 8] = b"MSIDE\0\0\x01";
/// Lengths of table and key, and the mark.
const FOOTER: u64 = 24;

/// The place of each tile, level by level, row by row; a length of 0 is a tile that is not there yet.
pub(super) struct Table {
    levels: Vec<(u32, Vec<(u64, u32)>)>,
}

impl Table {
    /// Room for the tiles of `info`'s levels, of the first only if it is not read elsewhere.
    pub(super) fn new(info: &Info, without_first: bool) -> Self {
        let level = |(number, level): (usize, &crate::Level)| {
            let grid = level.grid();
            let count = if without_first && number == 0 { 0 } else { grid.count() as usize };
            (grid.columns(), vec![(0, 0); count])
        };
        Self { levels: info.levels.iter().enumerate().map(level).collect() }
    }

    pub(super) fn get(&self, level: usize, column: u32, row: u32) -> Option<(u64, u32)> {
        let (columns, tiles) = self.levels.get(level)?;
        tiles.get(row as usize * *columns as usize + column as usize).copied().filter(|(_, length)| *length > 0)
    }

    pub(super) fn put(&mut self, level: usize, column: u32, row: u32, place: (u64, u32)) {
        let (columns, tiles) = &mut self.levels[level];
        tiles[row as usize * *columns as usize + column as usize] = place;
    }

    /// Write the table and what follows it behind the tiles, which end at `at`.
    pub(super) fn store(&self, file: &File, at: u64, key: &str) -> Result<()> {
        let mut bytes = Vec::new();
        for (offset, length) in self.levels.iter().flat_map(|(_, tiles)| tiles) {
            bytes.extend(offset.to_le_bytes());
            bytes.extend(length.to_le_bytes());
        }
        let table = bytes.len() as u64;
        bytes.extend(key.as_bytes());
        bytes.extend(table.to_le_bytes());
        bytes.extend((key.len() as u64).to_le_bytes());
        bytes.extend(MARK);
        write_all_at(file, &bytes, at).at(std::path::Path::new(""))
    }

    /// The table of a finished file made for `key` and levels like `info`'s; `None` for any other file.
    pub(super) fn load(file: &File, key: &str, info: &Info, without_first: bool) -> Option<Self> {
        let end = file.metadata().ok()?.len();
        let read = |at: u64, length: u64| {
            let mut bytes = vec![0; length as usize];
            read_exact_at(file, &mut bytes, at).ok().map(|()| bytes)
        };
        let footer = read(end.checked_sub(FOOTER)?, FOOTER)?;
        let number = |at: usize| Some(u64::from_le_bytes(*footer.get(at..)?.first_chunk()?));
        let (table_bytes, key_bytes) = (number(0)?, number(8)?);
        let mut table = Self::new(info, without_first);
        let expected: u64 = table.levels.iter().map(|(_, tiles)| tiles.len() as u64 * 12).sum();
        if footer[16..] != *MARK || table_bytes != expected || key_bytes != key.len() as u64 {
            return None;
        }
        let at = end.checked_sub(FOOTER + key_bytes)?;
        if read(at, key_bytes)? != key.as_bytes() {
            return None;
        }
        let tiles_end = at.checked_sub(table_bytes)?;
        let bytes = read(tiles_end, table_bytes)?;
        let mut places = bytes.as_chunks::<12>().0.iter();
        for place in table.levels.iter_mut().flat_map(|(_, tiles)| tiles) {
            let (offset, length) = places.next()?.split_first_chunk::<8>()?;
            *place = (u64::from_le_bytes(*offset), u32::from_le_bytes(*length.first_chunk()?));
            if place.1 == 0 || place.0.checked_add(place.1.into())? > tiles_end {
                return None;
            }
        }
        Some(table)
    }
}

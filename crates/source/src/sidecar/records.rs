//! What stands before the tiles in the file, so that a scan can go on where an earlier one was interrupted.
//!
//! At the beginning the image's key. Before each row of tiles its level and number, and of each tile its length and checksum;
//! each head has a checksum of its own. Whatever a crash has torn does not agree with its checksum: it and what follows do
//! not count. Integers are little-endian.

use std::fs::File;
use std::ops::Range;

use crate::read_exact_at;

/// The number is the version of the format.
const MARK: &[u8; 8] = b"MSIDEUP\x01";
/// Of a row: level, number, tiles.
const ROW: usize = 12;
/// Of a tile: length, checksum.
const TILE: usize = 8;
const SUM: usize = 4;

/// What the file begins with.
pub(super) fn head(key: &str) -> Vec<u8> {
    let mut bytes = MARK.to_vec();
    bytes.extend((key.len() as u32).to_le_bytes());
    bytes.extend(key.as_bytes());
    summed(bytes)
}

/// What stands before the packed tiles of row `row` of `level`.
pub(super) fn row_head(level: usize, row: u32, tiles: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ROW + tiles.len() * TILE + SUM);
    for number in [level as u32, row, tiles.len() as u32] {
        bytes.extend(number.to_le_bytes());
    }
    for tile in tiles {
        bytes.extend((tile.len() as u32).to_le_bytes());
        bytes.extend(crc32fast::hash(tile).to_le_bytes());
    }
    summed(bytes)
}

/// The rows of tiles of an earlier scan, one after the other, as far as they are whole.
pub(super) struct Rows<'a> {
    file: &'a File,
    length: u64,
    at: u64,
}

/// One of them.
pub(super) struct Row {
    pub level: usize,
    /// Counted from the top.
    pub number: u32,
    /// The bytes of each tile.
    pub tiles: Vec<Range<u64>>,
}

impl<'a> Rows<'a> {
    /// Those of a file that begins with `head`; `None` for any other file.
    pub(super) fn of(file: &'a File, head: &[u8]) -> Option<Self> {
        let length = file.metadata().ok()?.len();
        let rows = Self { file, length, at: head.len() as u64 };
        (rows.read(0..rows.at)? == head).then_some(rows)
    }

    /// Where the last row that was given ends.
    pub(super) fn end(&self) -> u64 {
        self.at
    }

    /// The next row, which must have as many tiles as `count` says of a row of its level.
    pub(super) fn next(&mut self, count: impl Fn(usize) -> Option<u32>) -> Option<Row> {
        let row = self.read(self.at..self.at + ROW as u64)?;
        let number = |bytes: &[u8], at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        let (level, tiles) = (number(&row, 0)? as usize, number(&row, 8)?);
        if count(level)? != tiles {
            return None;
        }
        let head_end = self.at + (ROW + tiles as usize * TILE + SUM) as u64;
        let head = self.read(self.at..head_end)?;
        let (told, sum) = head.split_last_chunk::<SUM>()?;
        if crc32fast::hash(told) != u32::from_le_bytes(*sum) {
            return None;
        }
        let mut at = head_end;
        let mut places = Vec::with_capacity(tiles as usize);
        for tile in told[ROW..].as_chunks::<TILE>().0 {
            let end = at + u64::from(number(tile, 0)?);
            if end == at || crc32fast::hash(&self.read(at..end)?) != number(tile, 4)? {
                return None;
            }
            places.push(at..end);
            at = end;
        }
        self.at = at;
        Some(Row { level, number: number(&row, 4)?, tiles: places })
    }

    fn read(&self, bytes: Range<u64>) -> Option<Vec<u8>> {
        if bytes.end > self.length {
            return None;
        }
        let mut read = vec![0; (bytes.end - bytes.start) as usize];
        read_exact_at(self.file, &mut read, bytes.start).ok()?;
        Some(read)
    }
}

fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = crc32fast::hash(&bytes);
    bytes.extend(sum.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The (level, row) of each whole row, and the end.
    fn rows(bytes: &[u8]) -> Option<(Vec<(usize, u32)>, u64)> {
        let file = tempfile::tempfile().unwrap();
        crate::write_all_at(&file, bytes, 0).unwrap();
        let mut rows = Rows::of(&file, &head("key"))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next(|level| [Some(2), Some(1)].get(level).copied().flatten()) {
            let tiles = row.tiles.iter().map(|place| bytes[place.start as usize..place.end as usize].to_vec());
            assert_eq!(tiles.collect::<Vec<_>>(), tiles_of(row.level, row.number));
            found.push((row.level, row.number));
        }
        Some((found, rows.end()))
    }

    fn tiles_of(level: usize, row: u32) -> Vec<Vec<u8>> {
        (0..2 - level).map(|column| vec![(level * 10 + column) as u8 + row as u8; 5 + column]).collect()
    }

    #[test]
    fn rows_come_back_as_far_as_they_are_whole() {
        let all = [(0, 0), (0, 1), (1, 0), (0, 2)];
        let (mut bytes, mut ends) = (head("key"), Vec::new());
        ends.push(bytes.len());
        for (level, row) in all {
            bytes.extend(row_head(level, row, &tiles_of(level, row)));
            bytes.extend(tiles_of(level, row).concat());
            ends.push(bytes.len());
        }
        assert_eq!(rows(&bytes), Some((all.to_vec(), bytes.len() as u64)));
        for cut in 0..bytes.len() {
            let whole = ends.iter().filter(|&&end| end <= cut).count();
            let expected = whole.checked_sub(1).map(|rows| (all[..rows].to_vec(), ends[rows] as u64));
            assert_eq!(rows(&bytes[..cut]), expected, "cut at {cut}");
            let mut torn = bytes.clone();
            torn[cut] ^= 0x10;
            assert_eq!(rows(&torn), expected, "byte {cut} is another");
        }
        assert!(Rows::of(&tempfile::tempfile().unwrap(), &head("key")).is_none());
    }
}

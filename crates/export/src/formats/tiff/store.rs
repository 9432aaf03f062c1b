//! [`Store`]: encoded tiles appended to a file in any order, and where they are.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::ifd::{Value, Width};
use crate::geometry::TileGrid;
use crate::source::{read_exact_at, write_all_at};
use crate::tiff_options::CLASSIC_END;
use crate::{Error, IoResultExt as _, Result};

/// The file being written.
pub(super) struct Store {
    path: PathBuf,
    file: File,
    /// The position of the next tile.
    end: AtomicU64,
    tables: Vec<Table>,
    /// The tiles (table, index) that are not in the journal yet.
    news: Mutex<Vec<(u16, u64)>>,
    /// No tile may end beyond.
    limit: u64,
}

/// Where the tiles of one level of one plane are.
pub(super) struct Table {
    pub(super) grid: TileGrid,
    offsets: Vec<AtomicU64>,
    counts: Vec<AtomicU32>,
}

/// Tiles start behind the longer of the two kinds of header.
const START: u64 = 16;
/// Bytes that a state takes for each tile.
const RECORD: usize = 22;
/// Offsets written at a time.
const AT_A_TIME: usize = 1 << 16;

impl Store {
    /// A file at `path` for the tiles of `grids`: an empty one, or with `resumed` the one that is there.
    pub(super) fn open(
        path: PathBuf,
        grids: impl Iterator<Item = TileGrid>,
        classic: bool,
        resumed: bool,
    ) -> Result<Self> {
        // It is read again where tiles are to be sorted.
        let file = File::options().read(true).write(true).create(true).truncate(!resumed).open(&path).at(&path)?;
        let (tables, limit) = (grids.map(Table::new).collect(), if classic { CLASSIC_END } else { u64::MAX });
        Ok(Self { path, file, end: AtomicU64::new(START), tables, news: Mutex::default(), limit })
    }

    /// Keep one tile.
    pub(super) fn append(&self, table: usize, column: u32, row: u32, bytes: &[u8]) -> Result<()> {
        let length = (bytes.len() as u64).next_multiple_of(2);
        let at = self.end.fetch_add(length, Relaxed);
        if at + length > self.limit {
            let what = "a classic TIFF ends at 4 GiB; choose BigTIFF, or a smaller part, or another compression";
            return Err(Error::limit(what));
        }
        write_all_at(&self.file, bytes, at).at(&self.path)?;
        let Table { grid, offsets, counts } = &self.tables[table];
        let index = row as usize * grid.columns() as usize + column as usize;
        offsets[index].store(at, Relaxed);
        counts[index].store(bytes.len() as u32, Relaxed);
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push((table as u16, index as u64));
        Ok(())
    }

    /// Where the file ends, then table, index, offset and length of each new tile.
    pub(super) fn state(&self) -> Vec<u8> {
        let news = std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner));
        // Read after the list was taken: it lies behind all that the list names.
        let mut state = self.end.load(Relaxed).to_le_bytes().to_vec();
        for (number, index) in news {
            let table = &self.tables[number as usize];
            state.extend(number.to_le_bytes());
            state.extend(index.to_le_bytes());
            state.extend(table.offsets[index as usize].load(Relaxed).to_le_bytes());
            state.extend(table.counts[index as usize].load(Relaxed).to_le_bytes());
        }
        state
    }

    /// Take in an earlier state.
    pub(super) fn restore(&self, state: &[u8]) -> Result<()> {
        let damaged = || Error::corrupt("the record of an unfinished export");
        let (end, tiles) = state.split_first_chunk().ok_or_else(damaged)?;
        self.end.store(u64::from_le_bytes(*end), Relaxed);
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
        for tile in tiles.chunks(RECORD) {
            let part = |range| tile.get(range).map(number).ok_or_else(damaged);
            let (table, index) = (part(0..2)? as usize, part(2..10)? as usize);
            let table = self.tables.get(table).filter(|table| index < table.offsets.len()).ok_or_else(damaged)?;
            table.offsets[index].store(part(10..18)?, Relaxed);
            table.counts[index].store(part(18..RECORD)? as u32, Relaxed);
        }
        Ok(())
    }

    /// Make durable what has been written.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().at(&self.path)
    }

    /// The bytes of one tile, in `to`.
    pub(super) fn read(&self, table: usize, index: usize, to: &mut Vec<u8>) -> Result<()> {
        let table = &self.tables[table];
        to.resize(table.counts[index].load(Relaxed) as usize, 0);
        read_exact_at(&self.file, to, table.offsets[index].load(Relaxed)).at(&self.path)
    }

    /// Write the offsets and byte counts of a table at `at`, which moves behind them. Gives both as values for a directory.
    pub(super) fn write_table(&self, table: usize, width: Width, at: &mut u64) -> Result<(Value, Value)> {
        let Table { offsets, counts, .. } = &self.tables[table];
        if counts.len() <= width.bytes() / 4 {
            let offsets = offsets.iter().map(|offset| offset.load(Relaxed)).collect();
            return Ok((
                Value::Offsets(offsets),
                Value::Long(counts.iter().map(|count| count.load(Relaxed)).collect()),
            ));
        }
        let offsets_at = *at;
        for some in offsets.chunks(AT_A_TIME) {
            self.write_next(&some.iter().flat_map(|v| width.number(v.load(Relaxed))).collect::<Vec<_>>(), at)?;
        }
        *at = at.next_multiple_of(8);
        let counts_at = *at;
        for some in counts.chunks(AT_A_TIME) {
            self.write_next(&some.iter().flat_map(|v| v.load(Relaxed).to_le_bytes()).collect::<Vec<_>>(), at)?;
        }
        *at = at.next_multiple_of(8);
        let count = counts.len() as u64;
        // One offset is inline where two counts are.
        let offsets = if count == 1 {
            Value::Offsets(vec![offsets[0].load(Relaxed)])
        } else {
            Value::Stored { kind: width.offset_kind(), count, at: offsets_at }
        };
        Ok((offsets, Value::Stored { kind: 4, count, at: counts_at }))
    }

    /// Write `bytes` at `at`, which moves behind them.
    pub(super) fn write_next(&self, bytes: &[u8], at: &mut u64) -> Result<()> {
        write_all_at(&self.file, bytes, *at).at(&self.path)?;
        *at += bytes.len() as u64;
        Ok(())
    }

    /// Cut the file to `length` and write its header: now it is complete.
    pub(super) fn complete(&self, header: &[u8], length: u64) -> Result<()> {
        self.file.set_len(length).at(&self.path)?;
        write_all_at(&self.file, header, 0).at(&self.path)
    }

    /// Where the tiles end.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Relaxed).next_multiple_of(8)
    }

    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }
}

impl Table {
    fn new(grid: TileGrid) -> Self {
        let zeros = 0..grid.count();
        let offsets = zeros.clone().map(|_| AtomicU64::new(0)).collect();
        Self { grid, offsets, counts: zeros.map(|_| AtomicU32::new(0)).collect() }
    }

    /// Byte counts of all tiles, row by row.
    pub(super) fn counts(&self) -> impl Iterator<Item = u32> {
        self.counts.iter().map(|count| count.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn a_classic_file_ends_where_its_offsets_do() {
        let folder = tempfile::tempdir().unwrap();
        let grid = || std::iter::once(TileGrid::square(Size::new(40, 20), 16));
        for (classic, fits) in [(true, false), (false, true)] {
            let store = Store::open(folder.path().join("a"), grid(), classic, false).unwrap();
            store.append(0, 1, 1, &[1, 2, 3]).unwrap();
            assert_eq!(store.end(), 24, "an even position, then eights");
            store.end.store(CLASSIC_END - 3, Relaxed);
            assert_eq!(store.append(0, 2, 1, &[1; 9]).is_ok(), fits);
            let mut tile = Vec::new();
            store.read(0, 4, &mut tile).unwrap();
            assert_eq!(tile, [1, 2, 3]);
        }
    }

    #[test]
    fn earlier_outputs_are_recognized() {
        let folder = tempfile::tempdir().unwrap();
        let grids = || [32, 16].map(|side| TileGrid::square(Size::new(40, 20), side)).into_iter();
        let open = |resumed| Store::open(folder.path().join("a"), grids(), false, resumed).unwrap();
        let first = open(false);
        first.append(1, 2, 0, &[1, 2, 3]).unwrap();
        let early = first.state();
        first.append(0, 0, 0, &[4]).unwrap();
        let second = open(true);
        for state in [early, first.state()] {
            second.restore(&state).unwrap();
        }
        assert_eq!(second.end(), first.end());
        let mut tile = Vec::new();
        for (table, index, bytes) in [(1, 2, &[1, 2, 3][..]), (0, 0, &[4])] {
            second.read(table, index, &mut tile).unwrap();
            assert_eq!(tile, bytes);
        }
        assert!(second.restore(&[0; 9]).is_err() && second.restore(&[255; 30]).is_err());
    }
}

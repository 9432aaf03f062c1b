//! [`Zip`]: a zip archive written from many threads, its files stored as they are.
//!
//! PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3 (Zip64). An entry takes its place by counting and is written outside of any
//! lock. Of each there stay 16 bytes in memory; the directory is written from them, with names made anew, at the end.

use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Job;
use super::table::{Entry, TileTable};
use super::tile::Place;
use crate::geometry::{Rect, TileGrid};
use crate::source::write_all_at;
use crate::{Error, IoResultExt, Result};

/// A zip in the making.
pub(super) struct Zip {
    path: PathBuf,
    file: File,
    /// Where the next entry goes.
    end: AtomicU64,
    grids: Vec<TileGrid>,
    table: TileTable,
}

/// What needs more than the 32 bits of old says so by this.
const IN_ZIP64: u32 = u32::MAX;
/// 1 January 1980, midnight: the same output for the same input.
const DATE: u32 = 0x0021_0000;
/// Zip64 came with version 4.5 of the format.
const VERSION: u16 = 45;

impl Zip {
    /// An empty one, or that of the run before.
    pub(super) fn create(job: Job<'_>) -> Result<Self> {
        let path = job.path();
        let file = job.open(&path).at(&path)?;
        let (levels, tile) = (&job.plan.levels, job.plan.tile);
        let grids = levels.iter().map(|&size| TileGrid::square(size, tile)).collect();
        Ok(Self { path, file, end: AtomicU64::new(0), grids, table: TileTable::new(levels, tile, 1) })
    }

    /// Keep a tile as the file `name`.
    pub(super) fn put(&self, place: Place, name: &str, bytes: &[u8]) -> Result<()> {
        let entry = self.append(name, bytes)?;
        let Place { level, column, row } = place;
        self.table.set(level, u64::from(row) * u64::from(self.grids[level].columns()) + u64::from(column), entry);
        Ok(())
    }

    /// For [`TileSink::state`](super::TileSink::state): where it ends, and the new tiles.
    pub(super) fn state(&self) -> Vec<u8> {
        let news = self.table.state();
        // Read after them: it lies behind all that they name.
        [&self.end.load(Relaxed).to_le_bytes(), &news[..]].concat()
    }

    pub(super) fn restore(&self, state: &[u8]) -> Result<()> {
        let (end, tiles) =
            state.split_first_chunk().ok_or_else(|| Error::corrupt("the record of an unfinished export"))?;
        self.end.store(u64::from_le_bytes(*end), Relaxed);
        self.table.restore(tiles).map(|_| ())
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().at(&self.path)
    }

    /// Add `more` files, and the directory with the names of all tiles. Gives the bytes in all.
    pub(super) fn finish(&self, name: impl Fn(Place) -> String, more: &[(String, Vec<u8>)]) -> Result<u64> {
        let before = self.end.load(Relaxed);
        let more = more
            .iter()
            .map(|(name, bytes)| Ok((name.clone(), self.append(name, bytes)?)))
            .collect::<Result<Vec<_>>>()?;
        let start = self.end.swap(before, Relaxed);
        self.file.set_len(start).at(&self.path)?;
        let mut directory = BufWriter::with_capacity(1 << 20, &self.file);
        directory.seek(SeekFrom::Start(start)).at(&self.path)?;
        let (mut length, mut count) = (0, 0);
        let mut add = |name: &str, entry: Entry| {
            let record = directory_record(name.as_bytes(), entry);
            (length, count) = (length + record.len() as u64, count + 1);
            directory.write_all(&record).at(&self.path)
        };
        for (level, grid) in self.grids.iter().enumerate() {
            for (index, (column, row)) in (0..).zip(grid.touching(Rect::from_size(grid.size))) {
                let missing = || Error::invalid("internal error: a tile of the zip is missing");
                add(&name(Place { level, column, row }), self.table.get(level, index).ok_or_else(missing)?)?;
            }
        }
        more.iter().try_for_each(|(name, entry)| add(name, *entry))?;
        let end = end_records(start, length, count);
        directory.write_all(&end).and_then(|()| directory.flush()).at(&self.path)?;
        Ok(start + length + end.len() as u64)
    }

    /// Write a file behind the others. Up to 4 GiB.
    fn append(&self, name: &str, bytes: &[u8]) -> Result<Entry> {
        let too_long = |_| Error::limit("a zip entry of more than 4 GiB");
        let (size, sum) = (u32::try_from(bytes.len()).map_err(too_long)?, crc32fast::hash(bytes));
        let mut local = Vec::with_capacity(30 + name.len() + bytes.len());
        local.extend(0x0403_4B50_u32.to_le_bytes());
        describe(&mut local, sum, size, name.as_bytes());
        local.extend(0_u16.to_le_bytes());
        local.extend(name.as_bytes());
        local.extend(bytes);
        let offset = self.end.fetch_add(local.len() as u64, Relaxed);
        write_all_at(&self.file, &local, offset).at(&self.path)?;
        Ok(Entry { offset, size, sum })
    }
}

/// What the directory says about a file.
fn directory_record(name: &[u8], Entry { offset, size, sum }: Entry) -> Vec<u8> {
    let mut record = Vec::with_capacity(64 + name.len());
    record.extend(0x0201_4B50_u32.to_le_bytes());
    record.extend(VERSION.to_le_bytes());
    describe(&mut record, sum, size, name);
    let far = [&1_u16.to_le_bytes()[..], &8_u16.to_le_bytes(), &offset.to_le_bytes()].concat();
    let extra = if offset >= IN_ZIP64.into() { far } else { Vec::new() };
    record.extend((extra.len() as u16).to_le_bytes());
    // No comment, the first disk, no attributes.
    record.extend([0; 10]);
    record.extend(u32::try_from(offset).unwrap_or(IN_ZIP64).to_le_bytes());
    record.extend(name);
    record.extend(extra);
    record
}

/// What local header and directory record have in common, from the version to the length of the name.
fn describe(out: &mut Vec<u8>, sum: u32, size: u32, name: &[u8]) {
    out.extend(VERSION.to_le_bytes());
    // Names are UTF-8; nothing is packed.
    out.extend(0x0800_u16.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out.extend(DATE.to_le_bytes());
    out.extend(sum.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend((name.len() as u16).to_le_bytes());
}

/// The Zip64 records, where anything needs them, and the end record.
fn end_records(start: u64, length: u64, entries: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let narrow = |value: u64| u32::try_from(value).unwrap_or(IN_ZIP64);
    let count = u16::try_from(entries).unwrap_or(u16::MAX);
    if narrow(start) == IN_ZIP64 || narrow(length) == IN_ZIP64 || count == u16::MAX {
        out.extend(0x0606_4B50_u32.to_le_bytes());
        out.extend(44_u64.to_le_bytes());
        out.extend([VERSION.to_le_bytes(), VERSION.to_le_bytes()].concat());
        out.extend([0; 8]);
        for value in [entries, entries, length, start] {
            out.extend(value.to_le_bytes());
        }
        out.extend(0x0706_4B50_u32.to_le_bytes());
        out.extend(0_u32.to_le_bytes());
        out.extend((start + length).to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(0x0605_4B50_u32.to_le_bytes());
    out.extend([0; 4]);
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend(narrow(length).to_le_bytes());
    out.extend(narrow(start).to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_entry_says_so() {
        let entry = |offset| Entry { offset, size: 7, sum: 9 };
        assert_eq!(directory_record(b"abc", entry(5)).len(), 46 + 3);
        let far = directory_record(b"abc", entry(1 << 33));
        assert_eq!(far[42..46], [0xFF; 4]);
        assert_eq!(far[46 + 3..], [&[1, 0, 8, 0][..], &(1_u64 << 33).to_le_bytes()].concat());
    }

    #[test]
    fn the_end_record_grows_only_where_it_must() {
        assert_eq!(end_records(100, 50, 3).len(), 22);
        assert_eq!(end_records(1 << 33, 50, 3).len(), 22 + 20 + 56);
        assert_eq!(end_records(100, 50, 70_000).len(), 22 + 20 + 56);
    }
}

//! [`TileTable`]: where each tile lies in a file to which tiles are appended.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::geometry::{Size, TileGrid};
use crate::{Error, Result};

/// Where one tile lies, and a checksum of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) size: u32,
    pub(super) sum: u32,
}

/// One entry for each tile of each level, written by any thread and saved incrementally in the journal.
pub(super) struct TileTable {
    levels: Vec<Level>,
    /// The tiles (level, index) that are not in the journal yet.
    news: Mutex<Vec<(u8, u64)>>,
}

struct Level {
    offsets: Vec<AtomicU64>,
    /// 0 where there is no tile yet.
    sizes: Vec<AtomicU32>,
    sums: Vec<AtomicU32>,
}

/// Bytes of a tile in a state: level, index, offset, size, checksum.
const RECORD: usize = 1 + 8 + 8 + 4 + 4;

impl TileTable {
    /// A table with `layers` tiles at each position of each level.
    pub(super) fn new(levels: &[Size], tile: u32, layers: u64) -> Self {
        let level = |&size: &Size| {
            let count = 0..TileGrid::square(size, tile).count() * layers;
            Level {
                offsets: count.clone().map(|_| AtomicU64::new(0)).collect(),
                sizes: count.clone().map(|_| AtomicU32::new(0)).collect(),
                sums: count.map(|_| AtomicU32::new(0)).collect(),
            }
        };
        Self { levels: levels.iter().map(level).collect(), news: Mutex::default() }
    }

    /// Note where a tile lies, once it does.
    pub(super) fn set(&self, level: usize, index: u64, entry: Entry) {
        self.store(level, index, entry);
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push((level as u8, index));
    }

    /// Where a tile lies, if it is known.
    pub(super) fn get(&self, level: usize, index: u64) -> Option<Entry> {
        let (level, index) = (&self.levels[level], index as usize);
        let size = level.sizes[index].load(Relaxed);
        let (offset, sum) = (level.offsets[index].load(Relaxed), level.sums[index].load(Relaxed));
        (size > 0).then_some(Entry { offset, size, sum })
    }

    /// The entries [`set`](Self::set) since the last call.
    pub(super) fn state(&self) -> Vec<u8> {
        let news = std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner));
        let mut state = Vec::with_capacity(news.len() * RECORD);
        for (level, index) in news {
            let Some(entry) = self.get(level.into(), index) else { continue };
            state.push(level);
            state.extend(index.to_le_bytes());
            state.extend(entry.offset.to_le_bytes());
            state.extend(entry.size.to_le_bytes());
            state.extend(entry.sum.to_le_bytes());
        }
        state
    }

    /// Restores an earlier [`state`](Self::state). Returns its tiles: level and index.
    pub(super) fn restore(&self, state: &[u8]) -> Result<Vec<(usize, u64)>> {
        let damaged = || Error::corrupt("the record of an unfinished export");
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
        let records = state.chunks(RECORD).map(|record| {
            let (level, index) = (usize::from(record[0]), number(record.get(1..9).ok_or_else(damaged)?));
            let known = self.levels.get(level).is_some_and(|level| index < level.sizes.len() as u64);
            let rest = record.get(9..RECORD).filter(|_| known).ok_or_else(damaged)?;
            let (offset, size, sum) = (number(&rest[..8]), number(&rest[8..12]) as u32, number(&rest[12..]) as u32);
            self.store(level, index, Entry { offset, size, sum });
            Ok((level, index))
        });
        records.collect()
    }

    fn store(&self, level: usize, index: u64, entry: Entry) {
        let (level, index) = (&self.levels[level], index as usize);
        level.offsets[index].store(entry.offset, Relaxed);
        level.sums[index].store(entry.sum, Relaxed);
        level.sizes[index].store(entry.size, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_restore_entries() {
        let sizes = [Size::new(100, 50), Size::new(50, 25)];
        let (first, second) = (TileTable::new(&sizes, 16, 2), TileTable::new(&sizes, 16, 2));
        let entry = |n: u32| Entry { offset: u64::from(n) << 33, size: n, sum: n.wrapping_mul(0x9E37_79B9) };
        let mut states = Vec::new();
        for n in 1..=3 {
            first.set(0, n.into(), entry(n));
            first.set(1, n.into(), entry(n + 10));
            states.push(first.state());
        }
        assert!(first.state().is_empty());
        for state in &states {
            assert_eq!(second.restore(state).unwrap().len(), 2);
        }
        assert_eq!((second.get(0, 2), second.get(1, 3), second.get(0, 9)), (Some(entry(2)), Some(entry(13)), None));
        assert!(second.restore(&[0; 26]).is_err());
        assert!(second.restore(&[9; RECORD]).is_err());
    }
}

//! Shards: many chunks in one file, with a table at its end that says where each one is.
//!
//! Zarr 3's `sharding_indexed`: offset and length of each chunk as 64 bits, little-endian, all ones where there is none, then the
//! table's CRC-32C. Chunks come in any order and are appended; the tables are written when all chunks are there.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::table::{Entry, TileTable};
use crate::geometry::{Rect, Size, TileGrid};
use crate::source::write_all_at;
use crate::{IoResultExt, Result};

/// All shards of one output. Files are opened for each write: there may be many shards at a time.
pub(super) struct Shards {
    /// In chunks.
    side: u32,
    layers: u64,
    grids: Vec<TileGrid>,
    table: TileTable,
    /// Where the next chunk of each shard goes.
    ends: Mutex<HashMap<Shard, u64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Shard {
    level: usize,
    layer: u64,
    across: u32,
    down: u32,
}

/// Where there is no chunk.
const NONE: [u64; 2] = [u64::MAX; 2];

impl Shards {
    /// Shards of `side` × `side` chunks of `tile` pixels, of `layers` (groups of channels) each.
    pub(super) fn new(side: u32, levels: &[Size], tile: u32, layers: u64) -> Self {
        let grids = levels.iter().map(|&size| TileGrid::square(size, tile)).collect();
        Self { side, layers, grids, table: TileTable::new(levels, tile, layers), ends: Mutex::default() }
    }

    /// Append a chunk to its shard, which lies at `path` of column and row.
    pub(super) fn put(
        &self,
        (level, layer): (usize, u64),
        (column, row): (u32, u32),
        bytes: &[u8],
        path: impl Fn(u32, u32) -> PathBuf,
    ) -> Result<()> {
        let index = self.index(level, layer, column, row);
        if self.table.get(level, index).is_some() {
            // It comes again after an interruption, and is there.
            return Ok(());
        }
        let shard = Shard { level, layer, across: column / self.side, down: row / self.side };
        let size = bytes.len() as u32;
        let offset = {
            let mut ends = self.ends();
            let end = ends.entry(shard).or_default();
            *end += u64::from(size);
            *end - u64::from(size)
        };
        let path = path(shard.across, shard.down);
        write_all_at(&open(&path)?, bytes, offset).at(&path)?;
        self.table.set(level, index, Entry { offset, size, sum: 0 });
        Ok(())
    }

    /// What was put since the last call.
    pub(super) fn state(&self) -> Vec<u8> {
        self.table.state()
    }

    /// Take in an earlier [`state`](Self::state).
    pub(super) fn restore(&self, state: &[u8]) -> Result<()> {
        for (level, index) in self.table.restore(state)? {
            let (grid, columns) = (self.grids[level], u64::from(self.grids[level].columns()));
            let (layer, place) = (index / grid.count(), index % grid.count());
            let (across, down) = ((place % columns) as u32 / self.side, (place / columns) as u32 / self.side);
            let end = self.table.get(level, index).map_or(0, |entry| entry.offset + u64::from(entry.size));
            let mut ends = self.ends();
            let known = ends.entry(Shard { level, layer, across, down }).or_default();
            *known = end.max(*known);
        }
        Ok(())
    }

    /// Write the tables. Gives the bytes of all shards.
    pub(super) fn finish(&self, path: impl Fn(usize, u64, u32, u32) -> PathBuf) -> Result<u64> {
        let mut total = 0;
        for (level, grid) in self.grids.iter().enumerate() {
            let shards = TileGrid::square(Size::new(grid.columns(), grid.rows()), self.side);
            for (across, down) in shards.touching(Rect::from_size(shards.size)) {
                for layer in 0..self.layers {
                    let (table, end) = self.table_of(Shard { level, layer, across, down });
                    let path = path(level, layer, across, down);
                    let file = open(&path)?;
                    // An interrupted run may have written further.
                    file.set_len(end).at(&path)?;
                    write_all_at(&file, &table, end).at(&path)?;
                    total += end + table.len() as u64;
                }
            }
        }
        Ok(total)
    }

    /// The table of a shard, and where its chunks end.
    fn table_of(&self, Shard { level, layer, across, down }: Shard) -> (Vec<u8>, u64) {
        let (grid, mut end) = (self.grids[level], 0);
        let mut table = Vec::with_capacity(16 * self.side as usize * self.side as usize + 4);
        for (y, x) in (0..self.side).flat_map(|y| (0..self.side).map(move |x| (y, x))) {
            let (column, row) = (across * self.side + x, down * self.side + y);
            let inside = column < grid.columns() && row < grid.rows();
            let entry = if inside { self.table.get(level, self.index(level, layer, column, row)) } else { None };
            let place = entry.map_or(NONE, |entry| [entry.offset, entry.size.into()]);
            end = entry.map_or(end, |entry| end.max(entry.offset + u64::from(entry.size)));
            table.extend(place.iter().flat_map(|value| value.to_le_bytes()));
        }
        table.extend(crc32c(&table).to_le_bytes());
        (table, end)
    }

    fn index(&self, level: usize, layer: u64, column: u32, row: u32) -> u64 {
        let grid = self.grids[level];
        layer * grid.count() + u64::from(row) * u64::from(grid.columns()) + u64::from(column)
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<Shard, u64>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file at `path`, made with its folders if need be.
fn open(path: &Path) -> Result<File> {
    let open = || File::options().write(true).create(true).truncate(false).open(path);
    let mut file = open();
    if file.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound)
        && let Some(folder) = path.parent()
    {
        fs::create_dir_all(folder).at(folder)?;
        file = open();
    }
    file.at(path)
}

/// CRC-32C (Castagnoli), reflected, as RFC 3720 has it.
fn crc32c(bytes: &[u8]) -> u32 {
    const fn table() -> [u32; 256] {
        let mut table = [0; 256];
        let mut n = 0;
        while n < 256 {
            let (mut value, mut bit) = (n as u32, 0);
            while bit < 8 {
                value = if value & 1 == 1 { value >> 1 ^ 0x82F6_3B78 } else { value >> 1 };
                bit += 1;
            }
            table[n] = value;
            n += 1;
        }
        table
    }
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(!0, |sum, &byte| TABLE[usize::from(sum as u8 ^ byte)] ^ sum >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_castagnolis() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA, "RFC 3720, B.4");
    }
}

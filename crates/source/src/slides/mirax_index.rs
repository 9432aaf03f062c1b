//! [`Index`]: the `Index.dat` of a MIRAX slide: linked pages of 32-bit numbers with the positions of tiles and records.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::{Error, IoResultExt as _, Result};
use crate::{PositionedFile, limits, slide};

const VERSION: &str = "01.02";
/// No record is longer.
const MOST_RECORD: u32 = 256 << 20;

/// Bytes in a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: u32,
    pub(super) offset: u32,
    pub(super) length: u32,
}

impl Place {
    /// The bytes.
    pub(super) fn read(self, files: &[PathBuf]) -> Result<Vec<u8>> {
        let path = files.get(self.file as usize);
        let path =
            path.ok_or_else(|| Error::corrupt(format!("a record in data file {}, which is not there", self.file)))?;
        if self.length > MOST_RECORD {
            return Err(Error::corrupt("a record that is far too long").at(path));
        }
        limits::charge(self.length.into())?;
        PositionedFile::open(path)?.read_at(self.offset.into(), self.length.into())
    }
}

/// An open index.
pub(super) struct Index {
    file: PositionedFile,
    /// Where the pointers to levels are, then to records.
    levels: u64,
    records: u64,
}

impl Index {
    /// Open the file `name` in `folder`, which must be of the slide `id`.
    pub(super) fn open(folder: &Path, name: &str, id: &str) -> Result<Self> {
        let path = slide::inside(folder, name)?;
        let file = PositionedFile::open(&path)?;
        let root = (VERSION.len() + id.len()) as u64;
        let mut index = Self { file, levels: 0, records: 0 };
        if index.file.read_at(0, root)? != [VERSION, id].concat().into_bytes() {
            return Err(Error::corrupt("the index is of another slide or version").at(&path));
        }
        index.levels = index.number(root)?.into();
        index.records = index.number(root + 4)?.into();
        Ok(index)
    }

    /// The pictures of a level: where each lies on the grid of the finest level's pictures, and in the data files.
    pub(super) fn level(&self, number: usize) -> Result<Vec<(u32, Place)>> {
        self.pictures(number).at(self.file.path())
    }

    fn pictures(&self, number: usize) -> Result<Vec<(u32, Place)>> {
        let mut page = self.first_page(self.levels + 4 * number as u64)?;
        let (mut found, mut visited, mut room) = (Vec::new(), HashSet::new(), self.file.length()?);
        while page != 0 {
            if !visited.insert(page) {
                return Err(Error::corrupt("pages of the index that lead back to themselves"));
            }
            let (count, next) = (self.number(page)?, self.number(page + 4)?);
            room = room
                .checked_sub(u64::from(count) * 16 + 8)
                .ok_or_else(|| Error::corrupt("pages of the index that overlap"))?;
            limits::charge_items(count.into(), 2 * size_of::<(u32, Place)>())?;
            let entries = self.file.read_at(page + 8, u64::from(count) * 16)?;
            for entry in entries.chunks_exact(16) {
                let [at, offset, length, file] = [0, 4, 8, 12]
                    .map(|at| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]));
                if at > i32::MAX as u32 {
                    return Err(Error::corrupt("a picture at a negative place"));
                }
                found.push((at, Place { file, offset, length }));
            }
            page = next.into();
        }
        Ok(found)
    }

    /// The place of record `number`.
    pub(super) fn record(&self, number: u32) -> Result<Place> {
        let read = || -> Result<Place> {
            let page = self.first_page(self.records + 4 * u64::from(number))?;
            // Count, next page and two zeros stand before it.
            let [offset, length, file] = [16, 20, 24].map(|at| self.number(page + at));
            Ok(Place { file: file?, offset: offset?, length: length? })
        };
        read().at(self.file.path())
    }

    /// The first page of the list that the pointer at `at` leads to.
    fn first_page(&self, at: u64) -> Result<u64> {
        let list = u64::from(self.number(at)?);
        if self.number(list)? != 0 {
            return Err(Error::corrupt("a list of the index does not begin with 0"));
        }
        Ok(self.number(list + 4)?.into())
    }

    fn number(&self, at: u64) -> Result<u32> {
        let bytes = self.file.read_at(at, 4)?;
        Ok(bytes.first_chunk().map_or(0, |&bytes| u32::from_le_bytes(bytes)))
    }
}

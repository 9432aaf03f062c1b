//! Zip and Zip64 archives by position (PKWARE APPNOTE 6.3.9, 4.3 and 4.5.3): stored and deflated entries.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use crate::{Error, IoResultExt as _, Result};
use crate::{PositionedFile, limits};

/// The directory of an archive may have so many bytes: some four million entries.
const MOST_DIRECTORY: u64 = 512 << 20;

/// No name of a file in it is longer.
const LONGEST_NAME: usize = 4096;

/// An open archive.
pub(super) struct Zip {
    file: PositionedFile,
    entries: HashMap<String, Entry>,
    folders: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    method: u16,
    packed: u64,
    length: u64,
    /// Of the local header.
    offset: u64,
}

impl Zip {
    /// Read the directory at the end of the file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        let (offset, length) = find_directory(&file)?;
        if length > MOST_DIRECTORY {
            return Err(Error::limit("an archive of too many files").at(path));
        }
        let bytes = file.read_at(offset, length)?;
        let (mut entries, mut folders) = (HashMap::new(), BTreeSet::new());
        let mut rest = &bytes[..];
        while rest.starts_with(b"PK\x01\x02") {
            let (name, entry, after) = read_entry(rest).ok_or_else(|| damaged().at(path))?;
            if name.len() > LONGEST_NAME {
                return Err(damaged().at(path));
            }
            limits::charge_items(1, size_of::<(String, Entry)>() + name.len()).at(path)?;
            let parents = name.match_indices('/').map(|(at, _)| &name[..at]);
            for parent in parents.collect::<Vec<_>>().into_iter().rev() {
                if !folders.insert(parent.to_owned()) {
                    break;
                }
                limits::charge_items(1, size_of::<String>() + parent.len()).at(path)?;
            }
            entries.insert(name, entry);
            rest = after;
        }
        Ok(Self { file, entries, folders })
    }

    /// The archive's own path.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// The names of the files, in no order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = self.entries.keys().map(String::as_str).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// Whether some file lies in a folder of that name.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        self.folders.contains(name)
    }

    /// The bytes of a file; `None` if it is not there. At most `most` bytes.
    pub(super) fn read(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        self.read_entry(*entry, most).at(&self.path().join(name)).map(Some)
    }

    fn read_entry(&self, entry: Entry, most: u64) -> Result<Vec<u8>> {
        if entry.length > most || entry.packed > most {
            return Err(Error::limit("too long for one tile"));
        }
        let header = self.file.read_at(entry.offset, 30)?;
        let (name, extra) = (u16_at(&header, 26).unwrap_or(0), u16_at(&header, 28).unwrap_or(0));
        if !header.starts_with(b"PK\x03\x04") {
            return Err(damaged());
        }
        let packed = self.file.read_at(entry.offset + 30 + u64::from(name) + u64::from(extra), entry.packed)?;
        match entry.method {
            0 => Ok(packed),
            // Deflate makes at most 1032 bytes of one.
            8 if entry.length / 1032 <= entry.packed => {
                let mut out = vec![0; entry.length as usize];
                let length = libdeflater::Decompressor::new().deflate_decompress(&packed, &mut out);
                let length = length.map_err(|error| Error::corrupt(format!("deflate: {error}")))?;
                out.truncate(length);
                Ok(out)
            }
            8 => Err(damaged()),
            method => Err(Error::unsupported(format!("zip compression {method}"))),
        }
    }
}

/// Where the central directory lies: (offset, length).
fn find_directory(file: &PositionedFile) -> Result<(u64, u64)> {
    let length = file.length()?;
    let tail_at = length.saturating_sub(22 + 65_535);
    let tail = file.read_at(tail_at, length - tail_at)?;
    let end = (0..tail.len().saturating_sub(21)).rev().find(|&at| tail[at..].starts_with(b"PK\x05\x06"));
    let end = end.ok_or_else(|| Error::corrupt("the archive's directory is missing: is the file complete?"))?;
    let short = || Some((u32_at(&tail, end + 16)?.into(), u32_at(&tail, end + 12)?.into()));
    let (offset, size): (u64, u64) = short().ok_or_else(damaged)?;
    let count = u16_at(&tail, end + 10);
    if offset != u64::from(u32::MAX) && size != u64::from(u32::MAX) && count != Some(u16::MAX) {
        return Ok((offset, size));
    }
    let locator = (tail_at + end as u64).checked_sub(20).ok_or_else(damaged)?;
    let locator = file.read_at(locator, 20)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok((offset, size));
    }
    let record = file.read_at(u64_at(&locator, 8).ok_or_else(damaged)?, 56)?;
    if !record.starts_with(b"PK\x06\x06") {
        return Err(damaged());
    }
    u64_at(&record, 48).zip(u64_at(&record, 40)).ok_or_else(damaged)
}

/// One entry of the directory, and what follows it.
fn read_entry(bytes: &[u8]) -> Option<(String, Entry, &[u8])> {
    let (name, extra, comment) = (u16_at(bytes, 28)?, u16_at(bytes, 30)?, u16_at(bytes, 32)?);
    let (name, rest) = bytes.get(46..)?.split_at_checked(name.into())?;
    let (mut extra, rest) = rest.split_at_checked(extra.into())?;
    let rest = rest.get(usize::from(comment)..)?;
    let mut entry = Entry {
        method: u16_at(bytes, 10)?,
        packed: u32_at(bytes, 20)?.into(),
        length: u32_at(bytes, 24)?.into(),
        offset: u32_at(bytes, 42)?.into(),
    };
    while let (Some(kind), Some(size)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let (field, after) = extra.get(4..)?.split_at_checked(size.into())?;
        if kind == 1 {
            // Only those that did not fit are there, in this order.
            let mut at = 0;
            for value in [&mut entry.length, &mut entry.packed, &mut entry.offset] {
                if *value == u64::from(u32::MAX) {
                    *value = u64_at(field, at)?;
                    at += 8;
                }
            }
        }
        extra = after;
    }
    Some((String::from_utf8_lossy(name).into_owned(), entry, rest))
}

fn damaged() -> Error {
    Error::corrupt("the archive's directory contradicts itself")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

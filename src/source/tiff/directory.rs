//! Image file directories: TIFF 6.0 section 2, and BigTIFF's wider fields.

use std::collections::{HashMap, HashSet};

use crate::source::PositionedFile;
use crate::{Error, Result};

pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const BITS_PER_SAMPLE: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const PHOTOMETRIC: u16 = 262;
pub(super) const STRIP_OFFSETS: u16 = 273;
pub(super) const SAMPLES_PER_PIXEL: u16 = 277;
pub(super) const ROWS_PER_STRIP: u16 = 278;
pub(super) const STRIP_BYTE_COUNTS: u16 = 279;
pub(super) const X_RESOLUTION: u16 = 282;
pub(super) const Y_RESOLUTION: u16 = 283;
pub(super) const PLANAR: u16 = 284;
pub(super) const RESOLUTION_UNIT: u16 = 296;
pub(super) const PREDICTOR: u16 = 317;
pub(super) const COLOR_MAP: u16 = 320;
pub(super) const TILE_WIDTH: u16 = 322;
pub(super) const TILE_HEIGHT: u16 = 323;
pub(super) const TILE_OFFSETS: u16 = 324;
pub(super) const TILE_BYTE_COUNTS: u16 = 325;
const SUB_IFDS: u16 = 330;
pub(super) const EXTRA_SAMPLES: u16 = 338;
pub(super) const SAMPLE_FORMAT: u16 = 339;
pub(super) const JPEG_TABLES: u16 = 347;
pub(super) const ICC_PROFILE: u16 = 34675;

/// The texts worth showing, with the names `OpenSlide` users know.
pub(super) const TEXTS: &[(u16, &str)] = &[
    (270, "tiff.ImageDescription"),
    (271, "tiff.Make"),
    (272, "tiff.Model"),
    (305, "tiff.Software"),
    (306, "tiff.DateTime"),
    (315, "tiff.Artist"),
];

/// More directories than this are taken for a damaged chain.
const MOST_DIRECTORIES: usize = 100_000;
/// More entries than this are taken for a damaged directory.
const MOST_ENTRIES: u64 = 4096;

/// Byte order and field widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    little: bool,
    big: bool,
}

impl Layout {
    fn int(self, bytes: &[u8]) -> u64 {
        let join = |all: u64, byte: &u8| all << 8 | u64::from(*byte);
        if self.little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    }
}

/// One directory: its entries, their values where they are.
#[derive(Debug)]
pub(super) struct Directory {
    layout: Layout,
    entries: HashMap<u16, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    kind: u16,
    count: u64,
    /// The value itself where it fits, else its offset.
    field: Vec<u8>,
}

impl Directory {
    /// The directories of the main chain, in order.
    pub(super) fn chain(file: &PositionedFile) -> Result<Vec<Self>> {
        let head = file.read_at(0, 16.min(file.length()?))?;
        if head.len() < 8 {
            return Err(Error::corrupt("too short for a TIFF"));
        }
        let little = head[0] == b'I';
        let layout = Layout { little, big: false };
        let layout = Layout { little, big: layout.int(&head[2..4]) == 43 };
        if layout.big && head.len() < 16 {
            return Err(Error::corrupt("too short for a BigTIFF"));
        }
        let mut offset = if layout.big { layout.int(&head[8..16]) } else { layout.int(&head[4..8]) };
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        while offset != 0 && seen.insert(offset) && found.len() < MOST_DIRECTORIES {
            match Self::read(file, layout, offset) {
                Ok((directory, next)) => {
                    found.push(directory);
                    offset = next;
                }
                // A chain that breaks off leaves the pages before.
                Err(_) if !found.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn read(file: &PositionedFile, layout: Layout, offset: u64) -> Result<(Self, u64)> {
        let (count_width, entry_width, offset_width) = if layout.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = layout.int(&file.read_at(offset, count_width)?);
        if count > MOST_ENTRIES {
            return Err(Error::corrupt(format!("a directory of {count} entries")));
        }
        let table = file.read_at(offset + count_width, count * entry_width)?;
        let entries = table.chunks_exact(entry_width as usize).map(|entry| {
            let value = if layout.big { 12 } else { 8 };
            let made = Entry {
                kind: layout.int(&entry[2..4]) as u16,
                count: layout.int(&entry[4..value]),
                field: entry[value..].to_vec(),
            };
            (layout.int(&entry[..2]) as u16, made)
        });
        let directory = Self { layout, entries: entries.collect() };
        // Some writers leave the last link out at the very end of the file.
        let next = file.read_at(offset + count_width + count * entry_width, offset_width);
        Ok((directory, next.map_or(0, |bytes| layout.int(&bytes))))
    }

    /// Whether samples of more than one byte stand lowest byte first.
    pub(super) fn is_little(&self) -> bool {
        self.layout.little
    }

    /// Whether there is such an entry.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entries.contains_key(&tag)
    }

    /// A single number that stands in the entry itself.
    pub(super) fn int(&self, tag: u16) -> Option<u64> {
        let entry = self.entries.get(&tag)?;
        let width = width_of(entry.kind)?;
        (entry.count > 0).then(|| self.layout.int(&entry.field[..width.min(entry.field.len())]))
    }

    /// All numbers of an entry; none if there is no such entry.
    pub(super) fn ints(&self, file: &PositionedFile, tag: u16) -> Result<Vec<u64>> {
        let Some(entry) = self.entries.get(&tag) else { return Ok(Vec::new()) };
        let width =
            width_of(entry.kind).ok_or_else(|| Error::corrupt(format!("tag {tag} is of type {}", entry.kind)))?;
        let bytes = self.bytes(file, tag)?;
        Ok(bytes.chunks_exact(width).map(|value| self.layout.int(value)).collect())
    }

    /// The bytes of an entry's value; none if there is no such entry.
    pub(super) fn bytes(&self, file: &PositionedFile, tag: u16) -> Result<Vec<u8>> {
        let Some(entry) = self.entries.get(&tag) else { return Ok(Vec::new()) };
        let width = width_of(entry.kind).unwrap_or(1) as u64;
        let length = entry.count.checked_mul(width).ok_or_else(|| Error::corrupt(format!("tag {tag} is too long")))?;
        if length <= entry.field.len() as u64 {
            return Ok(entry.field[..length as usize].to_vec());
        }
        file.read_at(self.layout.int(&entry.field), length)
    }

    /// A text, without its end marks.
    pub(super) fn text(&self, file: &PositionedFile, tag: u16) -> Option<String> {
        let bytes = self.bytes(file, tag).ok()?;
        let text = String::from_utf8_lossy(&bytes).trim_end_matches('\0').trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// A fraction.
    pub(super) fn rational(&self, file: &PositionedFile, tag: u16) -> Option<f64> {
        let bytes = self.bytes(file, tag).ok()?;
        let (upper, lower) = (self.layout.int(bytes.get(..4)?), self.layout.int(bytes.get(4..8)?));
        (lower != 0).then(|| upper as f64 / lower as f64)
    }

    /// The directories that hang below this one.
    pub(super) fn sub_directories(&self, file: &PositionedFile) -> Result<Vec<Self>> {
        let offsets = self.ints(file, SUB_IFDS).unwrap_or_default();
        offsets.into_iter().take(64).map(|at| Ok(Self::read(file, self.layout, at)?.0)).collect()
    }
}

/// Bytes of one value of a field type.
fn width_of(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16..=18 => Some(8),
        _ => None,
    }
}

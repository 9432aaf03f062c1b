//! Image file directories: TIFF 6.0 section 2, and BigTIFF's wider fields. Tags, field types and compressions are named as in the
//! `tiff` crate.
//!
//! Its directory reading (0.11.3) does not serve: `decoder::ifd::Entry` gives the type and the count of a value but not where
//! it stands (`offset` is private), so that [`Table`] could not load the places of chunks in pieces, and a reader would load
//! tens of megabytes to show one tile; values are read through `&mut Decoder<R: Read + Seek>`, one thread at a time, while here
//! many read at positions of one shared file; and it knows no NDPI, whose links have 64 bits in a classic TIFF.

use std::collections::HashSet;

use tiff::tags::Type;

use super::byte_layout::Layout;
use super::table::Table;
use super::tags as tag;
use crate::{Error, Result};
use crate::{PositionedFile, limits};

/// More directories than this are taken for a damaged chain.
const MOST_DIRECTORIES: usize = 200_000;
/// More entries than this are taken for a damaged directory.
const MOST_ENTRIES: u64 = 4096;
/// A value longer than this is no text or table that anybody reads whole.
const MOST_VALUE: u64 = 256 << 20;

/// One directory: its entries, their values where they are.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    layout: Layout,
    /// Its offset in the file.
    offset: u64,
    /// Sorted by tag.
    entries: Vec<(u16, Entry)>,
    /// How many entries stand in the file.
    read: u16,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: u16,
    count: u64,
    /// Whether the field holds the value itself, and not its offset.
    inside: bool,
    field: [u8; 8],
}

impl Directory {
    /// The first directory alone.
    pub(super) fn first(file: &PositionedFile) -> Result<Self> {
        let (layout, first) = Self::header(file)?;
        Self::read(file, layout, first).map(|(directory, _)| directory)
    }

    /// The directories of the main chain, in order. A chain that breaks off or bites its tail leaves the pages before.
    pub(super) fn chain(file: &PositionedFile) -> Result<Vec<Self>> {
        let (layout, first) = Self::header(file)?;
        let found = Self::chain_from(file, layout, first, &mut HashSet::new())?;
        if found.is_empty() {
            return Err(Error::corrupt("a TIFF without an image"));
        }
        Ok(found)
    }

    /// How the file is written, and where its first directory stands.
    fn header(file: &PositionedFile) -> Result<(Layout, u64)> {
        let head = file.read_at(0, 16.min(file.length()?))?;
        if head.len() < 8 {
            return Err(Error::corrupt("too short for a TIFF"));
        }
        let layout = Layout { little: head[0] == b'I', big: false, ndpi: false };
        let layout = Layout { big: layout.int(&head[2..4]) == 43, ..layout };
        if layout.big && head.len() < 16 {
            return Err(Error::corrupt("too short for a BigTIFF"));
        }
        let layout = Layout { ndpi: is_ndpi(file, layout, &head), ..layout };
        let first = match (layout.big, layout.ndpi) {
            (true, _) => layout.int(&head[8..16]),
            (_, true) => layout.int(&head[4..12]),
            _ => layout.int(&head[4..8]),
        };
        Ok((layout, first))
    }

    /// The directories from `offset` on that were not `visited` before.
    fn chain_from(
        file: &PositionedFile,
        layout: Layout,
        mut offset: u64,
        visited: &mut HashSet<u64>,
    ) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        // Directories that overlap would be read again and again.
        let mut room = file.length()?;
        while offset != 0 && visited.insert(offset) && found.len() < MOST_DIRECTORIES {
            match Self::read(file, layout, offset) {
                Ok((directory, next)) => {
                    let bytes = 2 + directory.read as u64 * if layout.big { 20 } else { 12 };
                    let Some(left) = room.checked_sub(bytes) else {
                        return Err(Error::corrupt("TIFF directories that overlap"));
                    };
                    room = left;
                    limits::charge_items(directory.entries.len() as u64, size_of::<(u16, Entry)>())?;
                    found.push(directory);
                    offset = next;
                }
                Err(_) if !found.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// The directories that hang below this one. Each entry may begin a chain of its own.
    pub(super) fn sub_directories(&self, file: &PositionedFile) -> Vec<Self> {
        let offsets = self.ints(file, tag::SUB_IFDS).unwrap_or_default();
        let mut visited = HashSet::from([self.offset]);
        let chains = offsets.into_iter().take(64).map(|at| Self::chain_from(file, self.layout, at, &mut visited));
        chains.filter_map(Result::ok).flatten().take(64).collect()
    }

    fn read(file: &PositionedFile, layout: Layout, offset: u64) -> Result<(Self, u64)> {
        let (count_width, entry_width) = if layout.big { (8, 20) } else { (2, 12) };
        let count = layout.int(&file.read_at(offset, count_width)?);
        if count > MOST_ENTRIES || count == 0 {
            return Err(Error::corrupt(format!("a directory of {count} entries")));
        }
        let table = file.read_at(offset + count_width, count * entry_width)?;
        let end = offset + count_width + count * entry_width;
        let uppers =
            if layout.ndpi { file.read_at(end + layout.link(), count * 4)? } else { vec![0; 4 * count as usize] };
        let entries = table.chunks_exact(entry_width as usize).zip(uppers.chunks_exact(4));
        let entries =
            entries.map(|(entry, upper)| Ok((layout.int(&entry[..2]) as u16, Entry::read(layout, entry, upper)?)));
        let mut entries = entries.collect::<Result<Vec<_>>>()?;
        // The first of two with the same tag counts.
        entries.sort_by_key(|(tag, _)| *tag);
        entries.dedup_by_key(|(tag, _)| *tag);
        entries.shrink_to_fit();
        let directory = Self { layout, offset, entries, read: count as u16 };
        // Some writers leave the last link out at the very end of the file.
        let next = file.read_at(end, layout.link());
        Ok((directory, next.map_or(0, |bytes| layout.int(&bytes))))
    }

    /// Whether samples are little-endian.
    pub(super) fn is_little(&self) -> bool {
        self.layout.little
    }

    /// Whether this is the directory at the place of `other`.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.offset == other.offset
    }

    /// Whether there is such an entry.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// How many values an entry has; 0 if there is no such entry.
    pub(super) fn count(&self, tag: u16) -> u64 {
        self.entry(tag).map_or(0, |entry| entry.count)
    }

    /// The first number of an entry, if it is stored inline.
    pub(super) fn int(&self, tag: u16) -> Option<u64> {
        let entry = self.entry(tag)?;
        let width = width_of(entry.kind)?;
        (entry.count > 0 && entry.inside).then(|| self.layout.int(&entry.field[..width]))
    }

    /// All numbers of an entry; none if there is no such entry.
    pub(super) fn ints(&self, file: &PositionedFile, tag: u16) -> Result<Vec<u64>> {
        let Some(entry) = self.entry(tag) else { return Ok(Vec::new()) };
        let width =
            width_of(entry.kind).ok_or_else(|| Error::corrupt(format!("tag {tag} is of type {}", entry.kind)))?;
        let bytes = self.bytes(file, tag)?;
        Ok(bytes.chunks_exact(width).map(|value| self.layout.int(value)).collect())
    }

    /// All numbers of an entry of any numeric type; none if there is no such entry or it cannot be read.
    pub(super) fn doubles(&self, file: &PositionedFile, tag: u16) -> Vec<f64> {
        let Some(entry) = self.entry(tag) else { return Vec::new() };
        let (Some(width), Ok(bytes)) = (width_of(entry.kind), self.bytes(file, tag)) else { return Vec::new() };
        let layout = self.layout;
        let double = |value: &[u8]| match entry.kind {
            5 => layout.int(&value[..4]) as f64 / layout.int(&value[4..]) as f64,
            10 => f64::from(layout.int(&value[..4]) as i32) / f64::from(layout.int(&value[4..]) as i32),
            6 => f64::from(value[0] as i8),
            8 => f64::from(layout.int(value) as i16),
            9 => f64::from(layout.int(value) as i32),
            11 => f64::from(f32::from_bits(layout.int(value) as u32)),
            12 => f64::from_bits(layout.int(value)),
            _ => layout.int(value) as f64,
        };
        bytes.chunks_exact(width).map(double).collect()
    }

    /// The bytes of an entry's value; none if there is no such entry.
    pub(super) fn bytes(&self, file: &PositionedFile, tag: u16) -> Result<Vec<u8>> {
        let Some(entry) = self.entry(tag) else { return Ok(Vec::new()) };
        let width = width_of(entry.kind).unwrap_or(1) as u64;
        let length = entry.count.checked_mul(width).filter(|length| *length <= MOST_VALUE);
        let length = length.ok_or_else(|| Error::corrupt(format!("tag {tag} is too long")))?;
        if entry.inside {
            return Ok(entry.field[..length as usize].to_vec());
        }
        file.read_at(entry.place(self.layout), length)
    }

    /// A text, without its end marks.
    pub(super) fn text(&self, file: &PositionedFile, tag: u16) -> Option<String> {
        let bytes = self.bytes(file, tag).ok()?;
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        // Early writers and German scanners write Latin-1.
        let text = match std::str::from_utf8(&bytes[..end]) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes[..end].iter().map(|&byte| char::from(byte)).collect(),
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// An entry's numbers, to be loaded when they are needed.
    pub(super) fn table(&self, file: &PositionedFile, tag: u16) -> Result<Option<Table>> {
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        let width =
            width_of(entry.kind).ok_or_else(|| Error::corrupt(format!("tag {tag} is of type {}", entry.kind)))?;
        if entry.inside {
            return Ok(Some(Table::of(&self.ints(file, tag)?)));
        }
        let (length, at) = (entry.count.checked_mul(width as u64), entry.place(self.layout));
        let have = file.length()?;
        if length.and_then(|length| at.checked_add(length)).is_none_or(|end| end > have) {
            return Err(Error::corrupt(format!("tag {tag} reaches beyond the end of the file")));
        }
        Ok(Some(Table::at(self.layout, at, width, entry.count)))
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.binary_search_by_key(&tag, |(tag, _)| *tag).ok().map(|at| &self.entries[at].1)
    }
}

impl Entry {
    /// Parses an entry, with the upper half of an NDPI's field.
    fn read(layout: Layout, bytes: &[u8], upper: &[u8]) -> Result<Self> {
        let (at, room) = if layout.big { (12, 8) } else { (8, 4) };
        let mut field = [0; 8];
        field[..room].copy_from_slice(&bytes[at..]);
        let (mut kind, count) = (layout.int(&bytes[2..4]) as u16, layout.int(&bytes[4..at]));
        let length = count.checked_mul(width_of(kind).unwrap_or(1) as u64);
        // The text of an NDPI is never inline.
        let inside =
            length.is_some_and(|length| length <= room as u64) && !(layout.ndpi && kind == Type::ASCII.to_u16());
        if layout.ndpi {
            field[4..].copy_from_slice(upper);
            // An upper half of a number makes it one of 64 bits; other values in the field have none.
            if inside && upper != [0; 4] {
                kind = match Type::from_u16(kind) {
                    Some(Type::LONG) => Type::LONG8.to_u16(),
                    Some(Type::SLONG) => Type::SLONG8.to_u16(),
                    _ => return Err(Error::corrupt("an NDPI's value with a meaningless upper half")),
                };
            }
        }
        Ok(Self { kind, count, inside, field })
    }

    /// Where the value is, if not in the field.
    fn place(&self, layout: Layout) -> u64 {
        layout.int(&self.field[..layout.link() as usize])
    }
}

/// Whether the first directory makes sense as an NDPI's, and has the tag that marks them. Without any upper halves such a file may
/// also be an ordinary TIFF.
fn is_ndpi(file: &PositionedFile, layout: Layout, head: &[u8]) -> bool {
    let (Some(first), true, false) = (head.get(4..12), layout.little, layout.big) else { return false };
    let ndpi = Layout { ndpi: true, ..layout };
    Directory::read(file, ndpi, ndpi.int(first)).is_ok_and(|(directory, _)| directory.has(tag::NDPI_FORMAT))
}

/// Bytes of one value of a field type.
fn width_of(kind: u16) -> Option<usize> {
    Some(match Type::from_u16(kind)? {
        Type::BYTE | Type::ASCII | Type::SBYTE | Type::UNDEFINED => 1,
        Type::SHORT | Type::SSHORT => 2,
        Type::LONG | Type::SLONG | Type::FLOAT | Type::IFD => 4,
        Type::RATIONAL | Type::SRATIONAL | Type::DOUBLE | Type::LONG8 | Type::SLONG8 | Type::IFD8 => 8,
        _ => return None,
    })
}

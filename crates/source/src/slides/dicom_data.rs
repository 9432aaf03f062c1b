//! A DICOM file as a tree of elements (PS3.5, sections 7.1 and 7.5; PS3.10, section 7.1), up to its pixel data.
//!
//! Only the requested elements are stored: a slide's header may describe hundreds of thousands of frames.

use std::collections::BTreeMap;

use crate::{Error, Result};
use crate::{PositionedFile, limits};

/// Numbers of tags: group and element.
pub(super) type Tag = u32;

pub(super) const TRANSFER_SYNTAX: Tag = 0x0002_0010;
pub(super) const IMAGE_TYPE: Tag = 0x0008_0008;
pub(super) const SOP_CLASS: Tag = 0x0008_0016;
pub(super) const SERIES: Tag = 0x0020_000E;
pub(super) const CONCATENATION: Tag = 0x0020_9161;
pub(super) const FRAME_OFFSET: Tag = 0x0020_9228;
pub(super) const ORGANIZATION: Tag = 0x0020_9311;
pub(super) const SAMPLES: Tag = 0x0028_0002;
pub(super) const PHOTOMETRIC: Tag = 0x0028_0004;
pub(super) const PLANAR: Tag = 0x0028_0006;
pub(super) const FRAMES: Tag = 0x0028_0008;
pub(super) const ROWS: Tag = 0x0028_0010;
pub(super) const COLUMNS: Tag = 0x0028_0011;
pub(super) const SPACING: Tag = 0x0028_0030;
pub(super) const BITS_ALLOCATED: Tag = 0x0028_0100;
pub(super) const SIGNED: Tag = 0x0028_0103;
pub(super) const ICC: Tag = 0x0028_2000;
pub(super) const PIXEL_MEASURES: Tag = 0x0028_9110;
pub(super) const TOTAL_COLUMNS: Tag = 0x0048_0006;
pub(super) const TOTAL_ROWS: Tag = 0x0048_0007;
pub(super) const OPTICAL_PATHS: Tag = 0x0048_0105;
pub(super) const PATHS: Tag = 0x0048_0302;
pub(super) const FOCAL_PLANES: Tag = 0x0048_0303;
pub(super) const LENS_POWER: Tag = 0x0048_0112;
pub(super) const PLANE_POSITION: Tag = 0x0048_021A;
pub(super) const COLUMN_POSITION: Tag = 0x0048_021E;
pub(super) const ROW_POSITION: Tag = 0x0048_021F;
pub(super) const SHARED_GROUPS: Tag = 0x5200_9229;
pub(super) const FRAME_GROUPS: Tag = 0x5200_9230;
pub(super) const OFFSETS: Tag = 0x7FE0_0001;
pub(super) const PIXEL_DATA: Tag = 0x7FE0_0010;

pub(super) const ITEM: Tag = 0xFFFE_E000;
const ITEM_END: Tag = 0xFFFE_E00D;
const SEQUENCE_END: Tag = 0xFFFE_E0DD;

/// Elements worth showing, with their keywords.
pub(super) const TEXTS: &[(Tag, &str)] = &[
    (0x0008_0020, "StudyDate"),
    (0x0008_0060, "Modality"),
    (0x0008_0070, "Manufacturer"),
    (0x0008_103E, "SeriesDescription"),
    (0x0008_1030, "StudyDescription"),
    (0x0008_1090, "ManufacturerModelName"),
    (SERIES, "SeriesInstanceUID"),
    (0x0018_1000, "DeviceSerialNumber"),
    (0x0018_1020, "SoftwareVersions"),
    (0x0018_9073, "AcquisitionDuration"),
    (0x0028_1050, "WindowCenter"),
    (0x0028_1051, "WindowWidth"),
    (0x0028_1052, "RescaleIntercept"),
    (0x0028_1053, "RescaleSlope"),
    (0x0040_0512, "ContainerIdentifier"),
    (0x0048_0001, "ImagedVolumeWidth"),
    (0x0048_0002, "ImagedVolumeHeight"),
];

const SEQUENCES: [Tag; 5] = [PIXEL_MEASURES, OPTICAL_PATHS, PLANE_POSITION, SHARED_GROUPS, FRAME_GROUPS];
const VALUES: [Tag; 25] = [
    TRANSFER_SYNTAX,
    IMAGE_TYPE,
    SOP_CLASS,
    SERIES,
    CONCATENATION,
    FRAME_OFFSET,
    ORGANIZATION,
    SAMPLES,
    PHOTOMETRIC,
    PLANAR,
    FRAMES,
    ROWS,
    COLUMNS,
    SPACING,
    BITS_ALLOCATED,
    SIGNED,
    ICC,
    TOTAL_COLUMNS,
    TOTAL_ROWS,
    LENS_POWER,
    COLUMN_POSITION,
    ROW_POSITION,
    OFFSETS,
    PATHS,
    FOCAL_PLANES,
];
/// A value longer than this is none of these.
const MOST_VALUE: u64 = 128 << 20;
/// Texts are cut after so many bytes.
const MOST_TEXT: usize = 1024;
const DEEPEST: u32 = 16;
/// Items of one file.
const MOST_ITEMS: u32 = 1 << 23;
/// Bytes that are read at a time.
const WINDOW: u64 = 1 << 16;
const UNDEFINED: u32 = u32::MAX;

/// The elements of a file or an item that were asked for.
#[derive(Debug, Default)]
pub(super) struct DataSet {
    values: BTreeMap<Tag, Vec<u8>>,
    sequences: BTreeMap<Tag, Vec<DataSet>>,
}

impl DataSet {
    /// The bytes of a value.
    pub(super) fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        self.values.get(&tag).map(Vec::as_slice)
    }

    /// A text without its padding, on one line.
    pub(super) fn text(&self, tag: Tag) -> Option<String> {
        let bytes = self.bytes(tag)?;
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_TEXT)]);
        let text: String = text.trim_matches([' ', '\0']).chars().filter(|letter| !letter.is_control()).collect();
        (!text.is_empty()).then_some(text)
    }

    /// Numbers written as a text (DS, IS).
    pub(super) fn numbers(&self, tag: Tag) -> Vec<f64> {
        let text = self.text(tag).unwrap_or_default();
        text.split('\\')
            .filter_map(|number| number.trim().parse().ok())
            .filter(|number: &f64| number.is_finite())
            .collect()
    }

    /// A whole number of 16 or 32 bits.
    pub(super) fn int(&self, tag: Tag) -> Option<i64> {
        match *self.bytes(tag)? {
            [a, b] => Some(u16::from_le_bytes([a, b]).into()),
            [a, b, c, d] => Some(i32::from_le_bytes([a, b, c, d]).into()),
            _ => None,
        }
    }

    /// The items of a sequence.
    pub(super) fn items(&self, tag: Tag) -> &[DataSet] {
        self.sequences.get(&tag).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A file's elements, and where its pixel data are.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) elements: DataSet,
    /// Where the data begin, and how long they are; nothing of their length where they are in fragments.
    pub(super) pixels: Option<(u64, Option<u64>)>,
}

/// Whether these are the first bytes of a DICOM file.
pub(super) fn is_dicom(head: &[u8]) -> bool {
    head.get(128..132) == Some(b"DICM")
}

/// Read the elements up to tag `last`, or to the pixel data.
pub(super) fn parse(file: &PositionedFile, last: Tag) -> Result<Parsed> {
    let mut reader = Reader {
        file,
        at: 132,
        window: Vec::new(),
        start: 0,
        end: file.length()?,
        last,
        items: 0,
        room: file.length()?,
    };
    let mut elements = DataSet::default();
    // The first group is always explicit.
    let mut pixels = None;
    let mut explicit = true;
    while reader.at + 8 <= reader.end {
        let leading = reader.peek_tag()?;
        if explicit && leading >> 16 > 2 {
            explicit = match elements.text(TRANSFER_SYNTAX).as_deref() {
                Some("1.2.840.10008.1.2") => false,
                Some("1.2.840.10008.1.2.2" | "1.2.840.10008.1.2.1.99") => {
                    return Err(Error::unsupported("DICOM of high byte first, or deflated as a whole"));
                }
                _ => true,
            };
            let end = reader.end;
            pixels = reader.elements(&mut elements, explicit, end, 0)?;
            break;
        }
        let end = reader.at + 1;
        reader.elements(&mut elements, true, end, 0)?;
    }
    Ok(Parsed { elements, pixels })
}

struct Reader<'a> {
    file: &'a PositionedFile,
    at: u64,
    window: Vec<u8>,
    /// Where the window begins.
    start: u64,
    end: u64,
    last: Tag,
    items: u32,
    /// Bytes of values that may still be kept: no more than the file has.
    room: u64,
}

impl Reader<'_> {
    /// Elements up to `end`, the end of an item or the pixel data, whose place is the answer.
    fn elements(
        &mut self,
        into: &mut DataSet,
        explicit: bool,
        end: u64,
        depth: u32,
    ) -> Result<Option<(u64, Option<u64>)>> {
        while self.at + 8 <= self.end && self.at < end {
            let tag = self.peek_tag()?;
            if depth == 0 && tag > self.last {
                return Ok(None);
            }
            let [_, _, _, _, a, b, c, d] = self.take::<8>()?;
            if matches!(tag, ITEM_END | SEQUENCE_END) {
                return Ok(None);
            }
            let (kind, length) = match (explicit, &[a, b]) {
                (false, _) => (*b"??", u32::from_le_bytes([a, b, c, d])),
                (
                    true,
                    kind @ (b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR"
                    | b"UT" | b"UV"),
                ) => (*kind, u32::from_le_bytes(self.take::<4>()?)),
                (true, kind) => (*kind, u16::from_le_bytes([c, d]).into()),
            };
            if tag == PIXEL_DATA && depth == 0 {
                return Ok(Some((self.at, (length != UNDEFINED).then_some(length.into()))));
            }
            let nested = &kind == b"SQ" || length == UNDEFINED || !explicit && SEQUENCES.contains(&tag);
            if nested && (length == UNDEFINED || SEQUENCES.contains(&tag)) {
                // What is of unknown kind and length is implicit inside.
                let items = self.sequence(explicit && &kind != b"UN", length, depth)?;
                if SEQUENCES.contains(&tag) {
                    into.sequences.insert(tag, items);
                }
                continue;
            }
            let shown = depth == 0 && TEXTS.iter().any(|(known, _)| *known == tag);
            if shown || VALUES.contains(&tag) {
                // The value of an element ends with the item that it is in.
                if depth > 0 && self.at.saturating_add(length.into()) > end {
                    return Err(Error::corrupt(format!("the DICOM element {tag:08X} is longer than its item")));
                }
                let value = self.bytes(length.into())?;
                into.values.insert(tag, value);
            } else {
                self.at = self.at.saturating_add(length.into());
            }
        }
        Ok(None)
    }

    fn sequence(&mut self, explicit: bool, length: u32, depth: u32) -> Result<Vec<DataSet>> {
        if depth >= DEEPEST {
            return Err(Error::corrupt("DICOM sequences within sequences without end"));
        }
        let end = if length == UNDEFINED { self.end } else { self.at.saturating_add(length.into()).min(self.end) };
        let mut items = Vec::new();
        while self.at + 8 <= end {
            let tag = self.peek_tag()?;
            let [_, _, _, _, length @ ..] = self.take::<8>()?;
            match tag {
                ITEM => {}
                SEQUENCE_END => break,
                _ => return Err(Error::corrupt(format!("a DICOM sequence with {tag:08X} where an item belongs"))),
            }
            self.items += 1;
            limits::charge_items(1, size_of::<DataSet>())?;
            if self.items > MOST_ITEMS {
                return Err(Error::limit("a DICOM file of far too many items"));
            }
            let length = u32::from_le_bytes(length);
            let end = if length == UNDEFINED { end } else { self.at.saturating_add(length.into()).min(end) };
            let mut item = DataSet::default();
            self.elements(&mut item, explicit, end, depth + 1)?;
            if length != UNDEFINED {
                self.at = end;
            }
            items.push(item);
        }
        Ok(items)
    }

    fn peek_tag(&mut self) -> Result<Tag> {
        let at = self.at;
        let [a, b, c, d] = self.take::<4>()?;
        self.at = at;
        Ok(u32::from(u16::from_le_bytes([a, b])) << 16 | u32::from(u16::from_le_bytes([c, d])))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let inside = |reader: &Self| {
            let skip = reader.at.checked_sub(reader.start)?;
            reader.window.get(skip as usize..)?.first_chunk::<N>().copied()
        };
        if inside(self).is_none() {
            let length = self.end.saturating_sub(self.at).clamp(N as u64, WINDOW);
            self.window = self.file.read_at(self.at, length)?;
            self.start = self.at;
        }
        let bytes = inside(self).ok_or_else(|| Error::corrupt("the DICOM file ends too early"))?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.room = self.room.checked_sub(length).ok_or_else(|| Error::corrupt("DICOM elements that overlap"))?;
        if length > MOST_VALUE {
            return Err(Error::corrupt(format!("a DICOM value of {length} bytes")));
        }
        limits::charge_items(1, 64 + length as usize)?;
        let value = self.file.read_at(self.at, length)?;
        self.at += length;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_one_line() {
        let mut set = DataSet::default();
        set.values.insert(SERIES, b"1.2\n\x0B3 \0".to_vec());
        set.values.insert(SPACING, b"0.5\\ 0.25\\x".to_vec());
        set.values.insert(SOP_CLASS, vec![b'a'; 5000]);
        assert_eq!(set.text(SERIES).as_deref(), Some("1.23"));
        assert_eq!(set.numbers(SPACING), [0.5, 0.25]);
        assert_eq!(set.text(SOP_CLASS).map(|text| text.len()), Some(MOST_TEXT));
    }
}

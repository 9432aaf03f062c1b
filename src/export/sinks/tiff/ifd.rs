//! Image file directories of a BigTIFF (and of a small classic TIFF): entries, their values, where they stand.
//!
//! Adobe's TIFF 6.0 of 1992 and the BigTIFF proposal of 2007; little-endian.

use std::collections::BTreeMap;

/// Tags that are written.
pub(in crate::export) mod tag {
    pub(in crate::export) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(in crate::export) const IMAGE_WIDTH: u16 = 256;
    pub(in crate::export) const IMAGE_LENGTH: u16 = 257;
    pub(in crate::export) const BITS_PER_SAMPLE: u16 = 258;
    pub(in crate::export) const COMPRESSION: u16 = 259;
    pub(in crate::export) const PHOTOMETRIC: u16 = 262;
    pub(in crate::export) const STRIP_OFFSETS: u16 = 273;
    pub(in crate::export) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(in crate::export) const ROWS_PER_STRIP: u16 = 278;
    pub(in crate::export) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(in crate::export) const X_RESOLUTION: u16 = 282;
    pub(in crate::export) const Y_RESOLUTION: u16 = 283;
    pub(in crate::export) const PLANAR_CONFIGURATION: u16 = 284;
    pub(in crate::export) const RESOLUTION_UNIT: u16 = 296;
    pub(in crate::export) const SOFTWARE: u16 = 305;
    pub(in crate::export) const PREDICTOR: u16 = 317;
    pub(in crate::export) const TILE_WIDTH: u16 = 322;
    pub(in crate::export) const TILE_LENGTH: u16 = 323;
    pub(in crate::export) const TILE_OFFSETS: u16 = 324;
    pub(in crate::export) const TILE_BYTE_COUNTS: u16 = 325;
    pub(in crate::export) const EXTRA_SAMPLES: u16 = 338;
    pub(in crate::export) const SAMPLE_FORMAT: u16 = 339;
    pub(in crate::export) const JPEG_TABLES: u16 = 347;
    pub(in crate::export) const YCBCR_SUBSAMPLING: u16 = 530;
    pub(in crate::export) const REFERENCE_BLACK_WHITE: u16 = 532;
    pub(in crate::export) const ICC_PROFILE: u16 = 34675;
}

/// Offsets of 4 or of 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::export) enum Width {
    Classic,
    Big,
}

/// The value of one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::export) enum Value {
    Ascii(&'static str),
    Short(Vec<u16>),
    Long(Vec<u32>),
    Long8(Vec<u64>),
    /// Numerators and denominators.
    Rational(Vec<(u32, u32)>),
    Bytes(Vec<u8>),
}

impl Value {
    /// Type number, count, and the bytes themselves.
    fn encode(&self) -> (u16, u64, Vec<u8>) {
        match self {
            Self::Ascii(text) => (2, text.len() as u64 + 1, [text.as_bytes(), &[0]].concat()),
            Self::Short(values) => (3, values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Self::Long(values) => (4, values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Self::Long8(values) => (16, values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect()),
            Self::Rational(values) => {
                let pair = |&(above, below): &(u32, u32)| [above.to_le_bytes(), below.to_le_bytes()].concat();
                (5, values.len() as u64, values.iter().flat_map(pair).collect())
            }
            Self::Bytes(bytes) => (7, bytes.len() as u64, bytes.clone()),
        }
    }
}

/// The entries of one image, in the order of their tags.
pub(in crate::export) type Directory = BTreeMap<u16, Value>;

/// The bytes of `directory` for position `at` (even), `next` being the position of the one after it or 0; and where in
/// the file the directory itself starts, behind the values that do not fit into their entries.
pub(in crate::export) fn encode(directory: &Directory, at: u64, next: u64, width: Width) -> (Vec<u8>, u64) {
    let inline = if width == Width::Big { 8 } else { 4 };
    let number = |value: u64| value.to_le_bytes().into_iter().take(inline);
    let (mut values, mut entries) = (Vec::new(), Vec::new());
    for (tag, value) in directory {
        let (kind, count, mut bytes) = value.encode();
        entries.extend(tag.to_le_bytes());
        entries.extend(kind.to_le_bytes());
        entries.extend(number(count));
        if bytes.len() <= inline {
            bytes.resize(inline, 0);
            entries.extend(bytes);
        } else {
            entries.extend(number(at + values.len() as u64));
            values.append(&mut bytes);
            values.resize(values.len().next_multiple_of(8), 0);
        }
    }
    let start = at + values.len() as u64;
    let count = directory.len() as u64;
    values.extend(count.to_le_bytes().into_iter().take(if width == Width::Big { 8 } else { 2 }));
    values.append(&mut entries);
    values.extend(number(next));
    (values, start)
}

/// The head of a file whose first directory is at `first`.
pub(in crate::export) fn header(first: u64, width: Width) -> Vec<u8> {
    match width {
        Width::Big => [b"II\x2B\0\x08\0\0\0".as_slice(), &first.to_le_bytes()].concat(),
        Width::Classic => [b"II\x2A\0".as_slice(), &first.to_le_bytes()[..4]].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sorted_and_values_follow() {
        let directory =
            Directory::from([(tag::SOFTWARE, Value::Ascii("Mosaicist")), (tag::IMAGE_WIDTH, Value::Long(vec![7]))]);
        let (bytes, start) = encode(&directory, 100, 0, Width::Big);
        assert_eq!(start, 116, "ten characters, padded to 16");
        let entries = &bytes[16..];
        assert_eq!(entries[..8], 2u64.to_le_bytes());
        assert_eq!(entries[8..28], [0, 1, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(entries[40..48], 100u64.to_le_bytes());
        assert_eq!(bytes.len(), 16 + 8 + 2 * 20 + 8);
    }
}

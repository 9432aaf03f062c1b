//! Image file directories of BigTIFF and classic TIFF: entries, values and their offsets.
//!
//! Adobe's TIFF 6.0 of 1992 and the BigTIFF proposal of 2007; little-endian. Tags and field types are those of the `tiff` crate.
//!
//! Its encoder (0.11.3) does not serve: whether a file is classic or `BigTIFF` is a type parameter of `TiffEncoder`, chosen
//! before the first byte, while here it depends on where the last tile ends (`Offsets::Auto`); it writes the header first and
//! patches links behind it, while here the header is last, so that a file cut short is visibly invalid; and a directory goes to
//! the writer's own position with its values before it, while a COG has its directories before tiles at places computed
//! beforehand.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tiff::tags::Type;

/// Tags that are written: the `tiff` crate's where it names them.
pub(crate) mod tag {
    use tiff::tags::Tag;

    pub(crate) const NEW_SUBFILE_TYPE: u16 = Tag::NewSubfileType.to_u16();
    pub(crate) const IMAGE_WIDTH: u16 = Tag::ImageWidth.to_u16();
    pub(crate) const IMAGE_LENGTH: u16 = Tag::ImageLength.to_u16();
    pub(crate) const BITS_PER_SAMPLE: u16 = Tag::BitsPerSample.to_u16();
    pub(crate) const COMPRESSION: u16 = Tag::Compression.to_u16();
    pub(crate) const PHOTOMETRIC: u16 = Tag::PhotometricInterpretation.to_u16();
    pub(crate) const IMAGE_DESCRIPTION: u16 = Tag::ImageDescription.to_u16();
    pub(crate) const STRIP_OFFSETS: u16 = Tag::StripOffsets.to_u16();
    pub(crate) const SAMPLES_PER_PIXEL: u16 = Tag::SamplesPerPixel.to_u16();
    pub(crate) const ROWS_PER_STRIP: u16 = Tag::RowsPerStrip.to_u16();
    pub(crate) const STRIP_BYTE_COUNTS: u16 = Tag::StripByteCounts.to_u16();
    pub(crate) const X_RESOLUTION: u16 = Tag::XResolution.to_u16();
    pub(crate) const Y_RESOLUTION: u16 = Tag::YResolution.to_u16();
    pub(crate) const PLANAR_CONFIGURATION: u16 = Tag::PlanarConfiguration.to_u16();
    pub(crate) const RESOLUTION_UNIT: u16 = Tag::ResolutionUnit.to_u16();
    pub(crate) const SOFTWARE: u16 = Tag::Software.to_u16();
    pub(crate) const PREDICTOR: u16 = Tag::Predictor.to_u16();
    pub(crate) const TILE_WIDTH: u16 = Tag::TileWidth.to_u16();
    pub(crate) const TILE_LENGTH: u16 = Tag::TileLength.to_u16();
    pub(crate) const TILE_OFFSETS: u16 = Tag::TileOffsets.to_u16();
    pub(crate) const TILE_BYTE_COUNTS: u16 = Tag::TileByteCounts.to_u16();
    pub(crate) const SUB_IFDS: u16 = Tag::SubIfd.to_u16();
    pub(crate) const EXTRA_SAMPLES: u16 = Tag::ExtraSamples.to_u16();
    pub(crate) const SAMPLE_FORMAT: u16 = Tag::SampleFormat.to_u16();
    pub(crate) const JPEG_TABLES: u16 = Tag::JPEGTables.to_u16();
    pub(crate) const YCBCR_SUBSAMPLING: u16 = Tag::ChromaSubsampling.to_u16();
    pub(crate) const REFERENCE_BLACK_WHITE: u16 = 532;
    pub(crate) const ICC_PROFILE: u16 = Tag::IccProfile.to_u16();
}

/// Offsets of 4 or of 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Classic,
    Big,
}

/// The value of one tag.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Text, in UTF-8 where it is more than ASCII.
    Text(Cow<'static, str>),
    Short(Vec<u16>),
    Long(Vec<u32>),
    Double(Vec<f64>),
    /// Numerators and denominators.
    Rational(Vec<(u32, u32)>),
    Bytes(Vec<u8>),
    /// Positions in the file, as wide as those of the file are.
    Offsets(Vec<u64>),
    /// Values of type `kind` that are in the file already.
    Stored {
        kind: u16,
        count: u64,
        at: u64,
    },
}

impl Value {
    /// Type number, count, and the bytes themselves.
    fn encode(&self, width: Width) -> (u16, u64, Vec<u8>) {
        match self {
            Self::Text(text) => (Type::ASCII.to_u16(), text.len() as u64 + 1, [text.as_bytes(), &[0]].concat()),
            Self::Short(values) => {
                (Type::SHORT.to_u16(), values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect())
            }
            Self::Long(values) => {
                (Type::LONG.to_u16(), values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect())
            }
            Self::Double(values) => {
                (Type::DOUBLE.to_u16(), values.len() as u64, values.iter().flat_map(|v| v.to_le_bytes()).collect())
            }
            Self::Rational(values) => {
                let pair = |&(above, below): &(u32, u32)| [above.to_le_bytes(), below.to_le_bytes()].concat();
                (Type::RATIONAL.to_u16(), values.len() as u64, values.iter().flat_map(pair).collect())
            }
            Self::Bytes(bytes) => (Type::UNDEFINED.to_u16(), bytes.len() as u64, bytes.clone()),
            Self::Offsets(values) => {
                (width.offset_kind(), values.len() as u64, values.iter().flat_map(|&v| width.number(v)).collect())
            }
            Self::Stored { kind, count, at } => (*kind, *count, width.number(*at).collect()),
        }
    }
}

impl Width {
    /// Bytes of an offset, a count, and an inline value.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Classic => 4,
            Self::Big => 8,
        }
    }

    /// The type of an offset: LONG or LONG8.
    pub(crate) const fn offset_kind(self) -> u16 {
        match self {
            Self::Classic => Type::LONG.to_u16(),
            Self::Big => Type::LONG8.to_u16(),
        }
    }

    /// An offset or a count.
    pub(crate) fn number(self, value: u64) -> impl Iterator<Item = u8> {
        value.to_le_bytes().into_iter().take(self.bytes())
    }
}

/// The entries of one image, in the order of their tags.
pub(crate) type Directory = BTreeMap<u16, Value>;

/// The bytes of `directory` for position `at` (even), `next` being the position of the one after it or 0. The values that do
/// not fit into their entries follow it.
pub(crate) fn encode(directory: &Directory, at: u64, next: u64, width: Width) -> Vec<u8> {
    let (count_bytes, entry_bytes) = if width == Width::Big { (8, 20) } else { (2, 12) };
    let values_at = at + (count_bytes + entry_bytes * directory.len() + width.bytes()).next_multiple_of(8) as u64;
    let mut bytes: Vec<u8> = (directory.len() as u64).to_le_bytes().into_iter().take(count_bytes).collect();
    let mut values = Vec::new();
    for (tag, value) in directory {
        let (kind, count, mut content) = value.encode(width);
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(width.number(count));
        if content.len() <= width.bytes() {
            content.resize(width.bytes(), 0);
            bytes.extend(content);
        } else {
            bytes.extend(width.number(values_at + values.len() as u64));
            values.append(&mut content);
            values.resize(values.len().next_multiple_of(8), 0);
        }
    }
    bytes.extend(width.number(next));
    bytes.resize((values_at - at) as usize, 0);
    bytes.append(&mut values);
    bytes
}

/// The head of a file whose first directory is at `first`.
pub(crate) fn header(first: u64, width: Width) -> Vec<u8> {
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
        let directory = Directory::from([
            (tag::SOFTWARE, Value::Text("Mosaicist".into())),
            (tag::IMAGE_WIDTH, Value::Long(vec![7])),
            (tag::TILE_OFFSETS, Value::Offsets(vec![5])),
        ]);
        for (width, count, entry) in [(Width::Big, 8, 20), (Width::Classic, 2, 12)] {
            let bytes = encode(&directory, 100, 0, width);
            assert_eq!(bytes[..count], 3u64.to_le_bytes()[..count]);
            let entry = |n: usize| &bytes[count + n * entry..][..entry];
            let [first, second, third] = [0, 1, 2].map(entry);
            assert_eq!(
                (&first[..4], first[4], first.ends_with(&[7, 0, 0, 0]) || first[12] == 7),
                (&[0, 1, 4, 0][..], 1, true)
            );
            let values_at = (count + 3 * entry(0).len() + width.bytes()).next_multiple_of(8);
            let named = &second[second.len() - width.bytes()..];
            assert_eq!(named, &(100 + values_at as u64).to_le_bytes()[..width.bytes()]);
            assert_eq!(&bytes[values_at..values_at + 10], b"Mosaicist\0");
            assert_eq!(third[2..4], width.offset_kind().to_le_bytes());
            assert_eq!(bytes.len(), values_at + 16, "ten characters, padded");
        }
    }
}

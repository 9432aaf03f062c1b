//! EXIF metadata (EXIF 2.32): orientation, resolution, and a few texts. Parsed by `kamadak-exif`.

use ::exif::{Field, In, Rational, Reader, Tag, Value};

use crate::codec::jpeg;
use crate::geometry::Size;
use crate::is_measured;

/// The properties that matter here.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Exif {
    /// 1 to 8; 0 where nothing is said.
    pub(super) orientation: u8,
    /// Micrometers per pixel, across and down.
    pub(super) mpp: Option<(f64, f64)>,
    /// By the names of the tags.
    pub(super) texts: Vec<(&'static str, String)>,
}

const TEXTS: [(Tag, &str); 8] = [
    (Tag::ImageDescription, "ImageDescription"),
    (Tag::Make, "Make"),
    (Tag::Model, "Model"),
    (Tag::Software, "Software"),
    (Tag::DateTime, "DateTime"),
    (Tag::Artist, "Artist"),
    (Tag::Copyright, "Copyright"),
    (Tag::DateTimeOriginal, "DateTimeOriginal"),
];
/// No text is longer.
const MOST_TEXT: usize = 4096;

impl Exif {
    /// Read the block behind `Exif\0\0`. Damaged entries are skipped.
    pub(super) fn read(tiff: &[u8]) -> Self {
        let mut reader = Reader::new();
        reader.continue_on_error(true);
        let read = reader.read_raw(tiff.to_vec());
        let Ok(block) = read.or_else(|error| error.distill_partial_result(|_| ())) else { return Self::default() };
        let field = |tag| block.get_field(tag, In::PRIMARY);
        let number = |tag| field(tag).and_then(|field| field.value.get_uint(0));
        let texts = TEXTS.iter().filter_map(|(tag, name)| Some((*name, text(field(*tag)?)?)));
        let ratio = |tag| field(tag).and_then(ratio);
        let resolution = ratio(Tag::XResolution).zip(ratio(Tag::YResolution));
        Self {
            orientation: number(Tag::Orientation).filter(|n| *n <= 8).unwrap_or(0) as u8,
            mpp: resolution.and_then(|(x, y)| mpp(number(Tag::ResolutionUnit).unwrap_or(2) as u16, x, y)),
            texts: texts.collect(),
        }
    }
}

/// The JPEG of the thumbnail in the block behind `Exif\0\0`, unless its shape or what the block says of the image's size tells that it
/// belongs to another image than one of `size` (as stored): an editor may have cut that and kept the thumbnail.
pub(super) fn thumbnail(tiff: &[u8], size: Size) -> Option<Vec<u8>> {
    let mut reader = Reader::new();
    reader.continue_on_error(true);
    let block = reader.read_raw(tiff.to_vec()).or_else(|error| error.distill_partial_result(|_| ())).ok()?;
    let number = |tag, of| block.get_field(tag, of).and_then(|field| field.value.get_uint(0));
    let stated = [(Tag::PixelXDimension, size.width), (Tag::PixelYDimension, size.height)];
    if stated.into_iter().any(|(tag, side)| number(tag, In::PRIMARY).is_some_and(|stated| stated != side)) {
        return None;
    }
    let from = number(Tag::JPEGInterchangeFormat, In::THUMBNAIL)? as usize;
    let length = number(Tag::JPEGInterchangeFormatLength, In::THUMBNAIL)? as usize;
    let stream = block.buf().get(from..from.checked_add(length)?)?;
    let small = jpeg::header(stream).ok()?.size;
    // The sides agree to a pixel of the thumbnail.
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let scale = f64::from(small.longest()) / width.max(height);
    let fits = |side: f64, small: u32| (side * scale - f64::from(small)).abs() <= 1.0;
    (fits(width, small.width) && fits(height, small.height)).then(|| stream.to_vec())
}

fn ratio(field: &Field) -> Option<f64> {
    let Value::Rational(values) = &field.value else { return None };
    values.first().filter(|value| value.denom > 0).map(Rational::to_f64)
}

fn text(field: &Field) -> Option<String> {
    let Value::Ascii(parts) = &field.value else { return None };
    if parts.iter().map(Vec::len).sum::<usize>() > MOST_TEXT {
        return None;
    }
    let texts: Vec<_> = parts.iter().map(|part| String::from_utf8_lossy(part)).collect();
    let text = texts.join(" ").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Micrometers per pixel from pixels per inch (unit 2) or centimeter (3), unless it's what programs write that know nothing.
pub(super) fn mpp(unit: u16, x: f64, y: f64) -> Option<(f64, f64)> {
    let per = match unit {
        2 => 25_400.0,
        3 => 10_000.0,
        _ => return None,
    };
    (is_measured(per / x) && is_measured(per / y)).then_some((per / x, per / y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{Pixels, SampleType};

    #[test]
    fn the_facts_are_found_and_damage_is_passed_over() {
        let mut tiff = b"II*\0\x08\0\0\0\x03\0".to_vec();
        let entry = |tag: u16, kind: u16, count: u32, value: u32| {
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        tiff.extend(entry(0x0112, 3, 1, 6));
        tiff.extend(entry(0x0131, 2, 4, u32::from_le_bytes(*b"gimp")));
        tiff.extend(entry(0x010F, 2, 900, 5000));
        let exif = Exif::read(&tiff);
        assert_eq!(exif, Exif { orientation: 6, mpp: None, texts: vec![("Software", "gimp".into())] });
        for length in 0..tiff.len() {
            Exif::read(&tiff[..length]);
        }
    }

    /// A block that states an image of `stated` pixels and keeps a thumbnail of `small` pixels.
    fn with_thumbnail(stated: Size, small: Size) -> Vec<u8> {
        let mut stream = Vec::new();
        let pixels = Pixels::filled(small, SampleType::U8, &[9.0, 8.0, 7.0]);
        jpeg::encode(pixels.view(), &jpeg::EncodeOptions::default(), &mut stream).unwrap();
        let entry = |tag: u16, value: u32| {
            [&tag.to_le_bytes()[..], &4u16.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        let directory = |entries: &[Vec<u8>], next: u32| {
            [&(entries.len() as u16).to_le_bytes()[..], &entries.concat(), &next.to_le_bytes()].concat()
        };
        // The main directory at 8, that of EXIF at 26, that of the thumbnail at 56, the thumbnail at 86.
        let main = directory(&[entry(0x8769, 26)], 56);
        let exif = directory(&[entry(0xA002, stated.width), entry(0xA003, stated.height)], 0);
        let kept = directory(&[entry(0x0201, 86), entry(0x0202, stream.len() as u32)], 0);
        [&b"II*\0\x08\0\0\0"[..], &main, &exif, &kept, &stream].concat()
    }

    #[test]
    fn a_thumbnail_is_used_only_where_it_fits_the_image() {
        let size = Size::new(1600, 1200);
        let found = thumbnail(&with_thumbnail(size, Size::new(160, 120)), size).unwrap();
        assert_eq!(jpeg::decode(&found, &jpeg::DecodeOptions::default()).unwrap().size(), Size::new(160, 120));
        // Bars above and below, as cameras put them in pictures of 3:2; an image that was cut or scaled; a block that breaks off.
        assert_eq!(thumbnail(&with_thumbnail(Size::new(1800, 1200), Size::new(160, 120)), Size::new(1800, 1200)), None);
        assert_eq!(thumbnail(&with_thumbnail(size, Size::new(160, 120)), Size::new(800, 600)), None);
        let whole = with_thumbnail(size, Size::new(160, 120));
        for length in 0..whole.len() {
            assert_eq!(thumbnail(&whole[..length], size), None, "{length}");
        }
    }
}

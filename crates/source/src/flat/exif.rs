//! EXIF metadata (EXIF 2.32): orientation, resolution, and a few texts. Parsed by `kamadak-exif`.

use ::exif::{Field, In, Rational, Reader, Tag, Value};

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
}

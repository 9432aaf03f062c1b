//! What an EXIF block says: how to turn the image, its resolution, and a few texts (EXIF 2.32; a TIFF of its own).

/// The facts that matter here.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Exif {
    /// 1 to 8; 0 where nothing is said.
    pub(super) orientation: u8,
    /// Micrometers per pixel, across and down.
    pub(super) mpp: Option<(f64, f64)>,
    /// By the names of the tags.
    pub(super) texts: Vec<(&'static str, String)>,
}

const TEXTS: [(u16, &str); 8] = [
    (0x010E, "ImageDescription"),
    (0x010F, "Make"),
    (0x0110, "Model"),
    (0x0131, "Software"),
    (0x0132, "DateTime"),
    (0x013B, "Artist"),
    (0x8298, "Copyright"),
    (0x9003, "DateTimeOriginal"),
];
/// The tag that points at the directory with the photographic details.
const DETAILS: u16 = 0x8769;
/// No text is longer.
const MOST_TEXT: usize = 4096;

impl Exif {
    /// Read the block behind `Exif\0\0`. What is damaged is passed over.
    pub(super) fn read(tiff: &[u8]) -> Self {
        let mut exif = Self::default();
        let block = Block { bytes: tiff, little: tiff.starts_with(b"II") };
        let Some(first) = block.four(4) else { return exif };
        let mut unit = None;
        let mut resolution = [None; 2];
        let mut details = None;
        for entry in block.entries(first) {
            match block.two(entry) {
                Some(0x0112) => exif.orientation = block.two(entry + 8).filter(|n| *n <= 8).unwrap_or(0) as u8,
                Some(0x011A) => resolution[0] = block.ratio(entry),
                Some(0x011B) => resolution[1] = block.ratio(entry),
                Some(0x0128) => unit = block.two(entry + 8),
                Some(DETAILS) => details = block.four(entry + 8),
                _ => exif.take_text(&block, entry),
            }
        }
        for entry in details.into_iter().flat_map(|details| block.entries(details)) {
            exif.take_text(&block, entry);
        }
        if let [Some(x), Some(y)] = resolution {
            exif.mpp = mpp(unit.unwrap_or(2), x, y);
        }
        exif
    }

    fn take_text(&mut self, block: &Block<'_>, entry: usize) {
        let tag = block.two(entry);
        if let Some((_, name)) = TEXTS.iter().find(|(known, _)| Some(*known) == tag)
            && let Some(text) = block.text(entry)
        {
            self.texts.push((name, text));
        }
    }
}

/// Micrometers per pixel from pixels per inch (unit 2) or centimeter (3), if that is a measure and not merely how large to
/// print: 72 or 300 dpi says nothing of the thing itself.
pub(super) fn mpp(unit: u16, x: f64, y: f64) -> Option<(f64, f64)> {
    let per = match unit {
        2 => 25_400.0,
        3 => 10_000.0,
        _ => return None,
    };
    let measured = |mpp: f64| mpp.is_finite() && mpp > 0.0 && mpp < 50.0;
    (measured(per / x) && measured(per / y)).then_some((per / x, per / y))
}

struct Block<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl Block<'_> {
    fn two(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn four(&self, at: usize) -> Option<usize> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) } as usize)
    }

    /// Where the entries of a directory stand.
    fn entries(&self, directory: usize) -> impl Iterator<Item = usize> + use<> {
        let count = usize::from(self.two(directory).unwrap_or(0));
        let inside = self.bytes.len();
        (0..count).map(move |n| directory + 2 + 12 * n).take_while(move |at| at + 12 <= inside)
    }

    fn ratio(&self, entry: usize) -> Option<f64> {
        let at = self.four(entry + 8)?;
        let (above, below) = (self.four(at)? as f64, self.four(at + 4)? as f64);
        (below > 0.0).then_some(above / below)
    }

    fn text(&self, entry: usize) -> Option<String> {
        let count = self.four(entry + 4)?;
        if self.two(entry + 2)? != 2 || count > MOST_TEXT {
            return None;
        }
        let at = if count <= 4 { entry + 8 } else { self.four(entry + 8)? };
        let bytes = self.bytes.get(at..at.checked_add(count)?)?;
        let text = String::from_utf8_lossy(bytes).trim_matches(['\0', ' ']).to_owned();
        (!text.is_empty()).then_some(text)
    }
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

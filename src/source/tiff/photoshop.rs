//! Photoshop's files, PSD and the large PSB: the merged image, stored like a planar TIFF whose strips are rows.
//!
//! Layers are not composed: the program that wrote them has done that, unless it was told not to. Channels beyond those of the
//! colours (masks, spot colours) are pages of their own. Source: Adobe Photoshop File Formats Specification, November 2019.

use std::path::Path;
use std::sync::Arc;

use super::coding::{Alpha, Coding, Meaning};
use super::image::Image;
use super::levels::Levels;
use super::{Associated, Contents, Shown, Tiff};
use crate::geometry::Size;
use crate::source::{Opened, PositionedFile};
use crate::{Error, Result};

/// No side of a PSB is longer.
const MOST_SIDE: u32 = 300_000;
/// Rows that make a piece hold about so many bytes.
const PIECE: u64 = 256 << 10;
/// Nobody's names, profiles and thumbnails are longer.
const MOST_RESOURCES: u64 = 64 << 20;

/// Whether a file begins like one of Photoshop's.
pub(in crate::source) fn detect(_: &Path, head: &[u8]) -> bool {
    matches!(head, [b'8', b'B', b'P', b'S', 0, 1 | 2, ..])
}

/// The merged image and the channels beyond its colours.
pub(in crate::source) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = Arc::new(PositionedFile::open(path)?);
    let header = Header::read(&file)?;
    let mut at = Place { file: &file, at: 26 };
    let palette = at.section(4, 1 << 20)?;
    let resources = Resources::read(&at.section(4, MOST_RESOURCES)?);
    if resources.is_unmerged {
        let what = "its layers are not merged; save it with 'maximise compatibility'";
        return Err(Error::unsupported(what));
    }
    let (layers, end) = at.span(if header.large { 8 } else { 4 })?;
    let is_clear = has_transparency(&file, layers, end, header.large).unwrap_or(false);
    let rows = RowTable::read(&file, &header, end)?;
    let (colours, meaning) = header.meaning();
    let opacity = usize::from(is_clear && header.channels > colours && header.may_be_clear());
    let image = |first: usize, samples: usize, meaning: Meaning| -> Result<Image> {
        let mut coding = Coding::planar(meaning, samples, header.bits, rows.compression)?;
        if samples == colours + 1 && first == 0 && opacity == 1 {
            coding.alpha = Alpha::OnWhite;
        }
        let third = palette.len() / 3;
        coding.palette = (0..third).map(|at| [0, 1, 2].map(|c| palette[c * third + at])).collect();
        let (from, to) = (first * rows.strips, (first + samples) * rows.strips);
        let (offsets, counts) = (&rows.offsets[from..to], &rows.counts[from..to]);
        Ok(Image::of_strips(Arc::clone(&file), coding, header.size, rows.rows, offsets, counts))
    };
    let format = if header.large { "Photoshop PSB" } else { "Photoshop PSD" };
    let page = |image: Image, name: Option<String>| {
        let mut levels = Levels::new(format, vec![image]);
        let info = levels.info_mut();
        if header.mode == 3 || header.mode == 1 || header.mode == 4 {
            info.icc.clone_from(&resources.profile);
        }
        info.properties.insert("psd.Mode".into(), header.mode_name().into());
        // Some writers leave next to nothing there.
        if let Some((x, y)) = resources.resolution.filter(|(x, y)| x.min(*y) >= 1.0) {
            info.properties.insert("psd.XResolution".into(), format!("{x} pixels per inch"));
            info.properties.insert("psd.YResolution".into(), format!("{y} pixels per inch"));
        }
        Shown::Ready { source: Arc::new(levels), name }
    };
    let mut pages = vec![page(image(0, colours + opacity, meaning)?, None)];
    for channel in colours + opacity..header.channels {
        // The opacity of the merged image is named like the others.
        let name = resources.names.get(channel - colours).cloned();
        let name = name.unwrap_or_else(|| format!("Channel {}", channel + 1));
        pages.push(page(image(channel, 1, Meaning::BlackIsZero)?, Some(name)));
    }
    let associated = resources.thumbnail.into_iter().map(|jpeg| ("thumbnail".to_owned(), Associated::Jpeg(jpeg)));
    Ok(Box::new(Tiff {
        file: Arc::clone(&file),
        contents: Contents { format, pages, associated: associated.collect() },
    }))
}

/// The first 26 bytes.
struct Header {
    large: bool,
    channels: usize,
    size: Size,
    bits: u32,
    mode: u16,
}

impl Header {
    fn read(file: &PositionedFile) -> Result<Self> {
        let head = file.read_at(0, 26)?;
        let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let short = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        let header = Self {
            large: head[5] == 2,
            channels: short(12).into(),
            size: Size::new(number(18), number(14)),
            bits: short(22).into(),
            mode: short(24),
        };
        let sides = [header.size.width, header.size.height];
        if sides.iter().any(|side| !(1..=MOST_SIDE).contains(side)) || !(1..=56).contains(&header.channels) {
            let what = format!("a picture of {} with {} channels", header.size, header.channels);
            return Err(Error::corrupt(what));
        }
        if !matches!(header.bits, 1 | 8 | 16 | 32) || header.bits == 1 && header.mode != 0 {
            return Err(Error::corrupt(format!("{} bits for each sample", header.bits)));
        }
        if header.channels < header.meaning().0 {
            let what = format!("{} channels for {}", header.channels, header.mode_name());
            return Err(Error::corrupt(what));
        }
        Ok(header)
    }

    /// How many channels make the colours, and what they mean.
    fn meaning(&self) -> (usize, Meaning) {
        match (self.mode, self.bits) {
            (0, _) => (1, Meaning::WhiteIsZero),
            (2, 8) => (1, Meaning::Palette),
            (3, _) => (3, Meaning::Rgb),
            (4, 8 | 16) => (4, Meaning::Cmyk { inverted: true }),
            (9, 8 | 16) => (3, Meaning::Lab { shifted: true }),
            (7, _) if self.channels > 1 => (self.channels, Meaning::Channels),
            // Grey, and duotones, whose inks other programs leave out too.
            _ => (1, Meaning::BlackIsZero),
        }
    }

    /// Whether a channel after the colours can be the opacity of the whole.
    fn may_be_clear(&self) -> bool {
        matches!(self.mode, 1 | 3)
    }

    fn mode_name(&self) -> &'static str {
        match self.mode {
            0 => "bitmap",
            1 => "greyscale",
            2 => "indexed",
            3 => "RGB",
            4 => "CMYK",
            7 => "multichannel",
            8 => "duotone",
            9 => "Lab",
            _ => "unknown",
        }
    }

    fn row_bytes(&self) -> u64 {
        (u64::from(self.size.width) * u64::from(self.bits)).div_ceil(8)
    }
}

/// A place in the file that moves on as sections are read.
struct Place<'a> {
    file: &'a PositionedFile,
    at: u64,
}

impl Place<'_> {
    /// Where the section at this place begins and ends; its length takes `width` bytes.
    fn span(&mut self, width: u64) -> Result<(u64, u64)> {
        let length = self.file.read_at(self.at, width)?.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        let start = self.at + width;
        let end = start.checked_add(length).filter(|end| self.file.length().is_ok_and(|have| *end <= have));
        self.at = end.ok_or_else(|| Error::corrupt(format!("a section of {length} bytes at {start} is cut off")))?;
        Ok((start, self.at))
    }

    /// The bytes of that section, which are at most `most`.
    fn section(&mut self, width: u64, most: u64) -> Result<Vec<u8>> {
        let (start, end) = self.span(width)?;
        if end - start > most {
            return Err(Error::limit(format!("a section of {} bytes at {start}", end - start)));
        }
        self.file.read_at(start, end - start)
    }
}

/// What the image resources say.
#[derive(Default)]
struct Resources {
    is_unmerged: bool,
    profile: Option<Arc<[u8]>>,
    thumbnail: Option<Arc<[u8]>>,
    /// Of the channels after the colours.
    names: Vec<String>,
    /// Pixels per inch, across and down.
    resolution: Option<(f64, f64)>,
}

impl Resources {
    /// As far as `bytes` make sense: nothing in there is needed to show the picture.
    fn read(mut bytes: &[u8]) -> Self {
        let mut found = Self::default();
        while let Some((id, value, rest)) = next_resource(bytes) {
            match (id, value) {
                (1005, [a, b, c, d, _, _, _, _, e, f, g, h, ..]) => {
                    let fixed = |bytes| f64::from(u32::from_be_bytes(bytes)) / 65536.0;
                    found.resolution = Some((fixed([*a, *b, *c, *d]), fixed([*e, *f, *g, *h])));
                }
                (1006, names) if found.names.is_empty() => found.names = pascal_names(names),
                // The thumbnail's own header takes 28 bytes.
                (1036, thumbnail) => found.thumbnail = thumbnail.get(28..).map(Into::into),
                (1039, profile) => found.profile = Some(profile.into()),
                (1045, names) => found.names = unicode_names(names),
                (1057, [_, _, _, _, merged, ..]) => found.is_unmerged = *merged == 0,
                _ => {}
            }
            bytes = rest;
        }
        found
    }
}

/// The first resource of `bytes`: its number, its value, and what comes behind it.
fn next_resource(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(7)?;
    if !matches!(&head[..4], b"8BIM" | b"MeSa" | b"AgHg" | b"PHUT" | b"DCSR") {
        return None;
    }
    // A name with its length, padded to an even number of bytes.
    let name = usize::from(head[6]);
    let (length, rest) = rest.get(name + 1 - (name & 1)..)?.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    let (value, rest) = rest.split_at_checked(length)?;
    Some((u16::from_be_bytes([head[4], head[5]]), value, rest.get(length & 1..).unwrap_or_default()))
}

fn pascal_names(mut bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((&length, rest)) = bytes.split_first()
        && let Some((name, rest)) = rest.split_at_checked(length.into())
    {
        names.push(String::from_utf8_lossy(name).into_owned());
        bytes = rest;
    }
    names
}

fn unicode_names(mut bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>()
        && let Some(length) = (u32::from_be_bytes(*length) as usize).checked_mul(2)
        && let Some((name, rest)) = rest.split_at_checked(length)
    {
        let units: Vec<u16> = name.as_chunks().0.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
        names.push(String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned());
        bytes = rest;
    }
    names
}

/// Whether the first channel after the colours is the opacity of the merged image: a negative number of layers says so, or a
/// block of its own in files of more than 8 bits.
fn has_transparency(file: &PositionedFile, start: u64, end: u64, large: bool) -> Result<bool> {
    let width = if large { 8 } else { 4 };
    if end - start < width + 2 {
        return Ok(false);
    }
    let mut at = Place { file, at: start };
    let (layers, layers_end) = at.span(width)?;
    if layers_end - layers >= 2 {
        let count = file.read_at(layers, 2)?;
        return Ok(i16::from_be_bytes([count[0], count[1]]) < 0);
    }
    // The global mask, then blocks: signature, key, length.
    at.span(4)?;
    while end.saturating_sub(at.at) >= 12 {
        let head = file.read_at(at.at, 8)?;
        if !matches!(&head[..4], b"8BIM" | b"8B64") {
            break;
        }
        if matches!(&head[4..], b"Mtrn" | b"Mt16" | b"Mt32") {
            return Ok(true);
        }
        at.at += 8;
        let wide = large && matches!(&head[4..], b"LMsk" | b"Lr16" | b"Lr32" | b"Layr" | b"Alph" | b"FMsk");
        at.span(if wide { 8 } else { 4 })?;
        at.at = at.at.next_multiple_of(4);
    }
    Ok(false)
}

/// Where the strips of each channel are.
struct RowTable {
    /// TIFF's number.
    compression: u64,
    /// Of a strip.
    rows: u32,
    /// Of a channel.
    strips: usize,
    offsets: Vec<u64>,
    counts: Vec<u64>,
}

impl RowTable {
    /// The table of the image data at `start`. Rows that follow each other make strips: each row is packed for itself, so they
    /// unpack one after the other.
    fn read(file: &PositionedFile, header: &Header, start: u64) -> Result<Self> {
        let (height, channels) = (u64::from(header.size.height), header.channels as u64);
        let rows = (PIECE / header.row_bytes()).clamp(1, height);
        let strips = height.div_ceil(rows);
        let compression = file.read_at(start, 2)?;
        let start = start + 2;
        let (compression, counts, first): (_, Vec<u64>, _) = match u16::from_be_bytes([compression[0], compression[1]])
        {
            0 => {
                let length = |strip: u64| (height - strip * rows).min(rows) * header.row_bytes();
                let counts = (0..channels).flat_map(|_| (0..strips).map(length)).collect();
                (1, counts, start)
            }
            1 => {
                let width = if header.large { 4 } else { 2 };
                let table = file.read_at(start, channels * height * width)?;
                let number = |bytes: &[u8]| bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
                let channel = |channel: &[u8]| -> Vec<u64> {
                    let strips = channel.chunks((rows * width) as usize);
                    strips.map(|strip| strip.chunks_exact(width as usize).map(number).sum()).collect()
                };
                let counts = table.chunks_exact((height * width) as usize).flat_map(channel).collect();
                (32773, counts, start + table.len() as u64)
            }
            other => return Err(Error::unsupported(format!("Photoshop's compression {other} of a merged image"))),
        };
        // A row that does not shrink takes one byte more in 128.
        if counts.iter().any(|count| *count > rows * (header.row_bytes() * 2 + 2)) {
            return Err(Error::corrupt("packed rows longer than they can be"));
        }
        let ends = counts.iter().scan(first, |end, count| {
            *end += count;
            Some(*end)
        });
        let offsets: Vec<u64> = ends.zip(&counts).map(|(end, count)| end - count).collect();
        Ok(Self { compression, rows: rows as u32, strips: strips as usize, offsets, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Region;
    use crate::pixels::{Colour, Pixels, SampleType, Samples};
    use crate::source::Source;
    use crate::source::testing::check_source;

    /// A file in the making.
    struct Made {
        large: bool,
        mode: u16,
        bits: u16,
        size: (u32, u32),
        palette: Vec<u8>,
        resources: Vec<(u16, Vec<u8>)>,
        layers: i16,
        packed: bool,
        /// The rows of each channel, as stored.
        planes: Vec<Vec<u8>>,
    }

    impl Made {
        fn new(mode: u16, bits: u16, size: (u32, u32), planes: Vec<Vec<u8>>) -> Self {
            let (palette, resources) = (Vec::new(), Vec::new());
            Self { large: false, mode, bits, size, palette, resources, layers: 0, packed: false, planes }
        }

        fn bytes(&self) -> Vec<u8> {
            let mut out = b"8BPS\0\x01\0\0\0\0\0\0".to_vec();
            out[5] += u8::from(self.large);
            out.extend((self.planes.len() as u16).to_be_bytes());
            out.extend([self.size.1, self.size.0].iter().flat_map(|side| side.to_be_bytes()));
            out.extend([self.bits, self.mode].iter().flat_map(|number| number.to_be_bytes()));
            out.extend((self.palette.len() as u32).to_be_bytes());
            out.extend(&self.palette);
            let mut resources = Vec::new();
            for (id, value) in &self.resources {
                resources.extend(b"8BIM");
                resources.extend(id.to_be_bytes());
                // A name of four letters, and one byte of padding.
                resources.extend(b"\x04name\0");
                resources.extend((value.len() as u32).to_be_bytes());
                resources.extend(value);
                resources.resize(resources.len().next_multiple_of(2), 0);
            }
            out.extend((resources.len() as u32).to_be_bytes());
            out.extend(resources);
            let width = if self.large { 8 } else { 4 };
            let section = |bytes: &[u8]| [&(bytes.len() as u64).to_be_bytes()[8 - width..], bytes].concat();
            out.extend(section(&section(&self.layers.to_be_bytes())));
            out.extend(u16::from(self.packed).to_be_bytes());
            let row = (self.size.0 * u32::from(self.bits)).div_ceil(8) as usize;
            if !self.packed {
                out.extend(self.planes.concat());
                return out;
            }
            let rows = self.planes.iter().flat_map(|plane| plane.chunks(row));
            let pack = |row: &[u8]| -> Vec<u8> {
                let runs = row.chunk_by(|a, b| a == b).flat_map(|run| run.chunks(128));
                let packed = runs.flat_map(|run| [(1 - run.len() as i32) as u8, run[0]]);
                packed.collect()
            };
            let rows: Vec<Vec<u8>> = rows.map(pack).collect();
            for row in &rows {
                let length = (row.len() as u32).to_be_bytes();
                out.extend(&length[if self.large { 0 } else { 2 }..]);
            }
            out.extend(rows.concat());
            out
        }

        fn open(&self) -> Result<Box<dyn Opened>> {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), self.bytes()).unwrap();
            crate::source::open(file.path())
        }
    }

    fn whole(source: &dyn Source) -> Pixels {
        source.read(Region::new(0, source.info().whole(0))).unwrap()
    }

    #[test]
    fn colours_come_packed_or_not_from_small_and_large_files() {
        let (w, h) = (67, 41);
        let plane = |c: u32| (0..h).flat_map(move |y| (0..w).map(move |x| ((x / 9 * 31 + y * 3 + c * 70) % 256) as u8));
        let planes: Vec<Vec<u8>> = (0..3).map(|c| plane(c).collect()).collect();
        let expected: Vec<u8> = (0..(w * h) as usize).flat_map(|at| [0, 1, 2].map(|c| planes[c][at])).collect();
        for (large, packed) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut made = Made { large, packed, ..Made::new(3, 8, (w, h), planes.clone()) };
            made.resources.push((1039, b"profile".to_vec()));
            made.resources.push((1005, [0, 72, 0, 0, 0, 1, 0, 1, 1, 44, 0, 0, 0, 1, 0, 1].to_vec()));
            let opened = made.open().unwrap();
            let source = opened.page(0).unwrap();
            let info = source.info();
            assert_eq!((info.colour, info.sample, opened.pages()), (Colour::Rgb, SampleType::U8, 1));
            assert_eq!(info.icc.as_deref(), Some(&b"profile"[..]));
            assert_eq!(info.properties["psd.YResolution"], "300 pixels per inch");
            assert_eq!(whole(&*source).samples(), &Samples::U8(expected.clone()), "large {large}, packed {packed}");
            check_source(&*source);
        }
    }

    #[test]
    fn strips_of_several_rows_end_where_the_image_does() {
        // 300 rows of 1000 pixels of 16 bits: two strips, the second shorter.
        let (w, h) = (1000u32, 300u32);
        let plane: Vec<u8> =
            (0..h).flat_map(|y| (0..w).flat_map(move |x| ((x / 50 * 900 + y) as u16).to_be_bytes())).collect();
        let made = Made { packed: true, ..Made::new(1, 16, (w, h), vec![plane.clone()]) };
        let source = made.open().unwrap().page(0).unwrap();
        let expected = plane.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        assert_eq!(whole(&*source).samples(), &Samples::U16(expected));
        assert!(source.info().levels[0].grid().rows() > 1);
    }

    #[test]
    fn opacity_is_told_from_other_channels() {
        let planes = vec![vec![127, 255], vec![127, 127], vec![127, 127], vec![128, 128], vec![9, 8]];
        let mut made = Made { layers: -2, ..Made::new(3, 8, (2, 1), planes) };
        made.resources.push((1006, b"\x0cTransparency\x04Mask".to_vec()));
        let opened = made.open().unwrap();
        let source = opened.page(0).unwrap();
        assert_eq!(source.info().colour, Colour::Rgba);
        // What lies on white is taken from it.
        assert_eq!(whole(&*source).samples(), &Samples::U8(vec![0, 0, 0, 128, 255, 0, 0, 128]));
        assert_eq!((opened.pages(), opened.page_name(1).as_deref()), (2, Some("Mask")));
        assert_eq!(whole(&*opened.page(1).unwrap()).samples(), &Samples::U8(vec![9, 8]));
        let opened = Made { layers: 2, ..made }.open().unwrap();
        assert_eq!((opened.page(0).unwrap().info().colour, opened.pages()), (Colour::Rgb, 3));
    }

    #[test]
    fn inks_palettes_and_bits_become_colours() {
        // No ink is 255.
        let cmyk = Made::new(4, 8, (2, 1), vec![vec![255, 0], vec![255, 255], vec![255, 255], vec![255, 255]]);
        let source = cmyk.open().unwrap().page(0).unwrap();
        assert_eq!(whole(&*source).samples(), &Samples::U8(vec![255, 255, 255, 0, 255, 255]));
        let inks = source.read_inks(Region::new(0, source.info().whole(0))).unwrap().unwrap();
        assert_eq!(inks.samples(), &Samples::U8(vec![0, 0, 0, 0, 255, 0, 0, 0]));
        let mut indexed = Made::new(2, 8, (2, 1), vec![vec![1, 0]]);
        indexed.palette = (0..768).map(|at| [10, 20, 30][at / 256] + (at % 256 == 1) as u8).collect();
        let source = indexed.open().unwrap().page(0).unwrap();
        assert_eq!(whole(&*source).samples(), &Samples::U8(vec![11, 21, 31, 10, 20, 30]));
        let bitmap = Made::new(0, 1, (9, 1), vec![vec![0b1010_0000, 0b1000_0000]]);
        let source = bitmap.open().unwrap().page(0).unwrap();
        assert_eq!(whole(&*source).samples(), &Samples::U8(vec![0, 255, 0, 255, 255, 255, 255, 255, 0]));
        let float = Made::new(1, 32, (1, 1), vec![1.5f32.to_be_bytes().to_vec()]);
        assert_eq!(whole(&*float.open().unwrap().page(0).unwrap()).samples(), &Samples::F32(vec![1.5]));
    }

    #[test]
    fn what_cannot_be_shown_says_why() {
        let plain = || Made::new(1, 8, (2, 1), vec![vec![1, 2]]);
        let mut unmerged = plain();
        unmerged.resources.push((1057, vec![0, 0, 0, 1, 0]));
        let error = unmerged.open().err().unwrap().to_string();
        assert!(error.contains("maximise compatibility"), "{error}");
        assert!(Made { mode: 3, ..plain() }.open().is_err(), "one channel for three colours");
        assert!(Made { size: (0, 1), ..plain() }.open().is_err());
        assert!(Made { packed: true, ..plain() }.open().is_ok());
        let bytes = plain().bytes();
        for length in 0..bytes.len() {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes[..length]).unwrap();
            // The rows are missed when they are read.
            let read = crate::source::open(file.path()).and_then(|opened| opened.page(0)).and_then(|source| {
                let region = Region::new(0, source.info().whole(0));
                source.read(region)
            });
            assert!(read.is_err(), "the first {length} bytes");
        }
    }
}

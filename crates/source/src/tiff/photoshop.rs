//! Photoshop's files, PSD and the large PSB: the merged image, stored like a planar TIFF whose strips are rows.
//!
//! Layers are not composed: the program that wrote them has done that, unless it was told not to. Channels beyond those of the
//! colors (masks, spot colors) are pages of their own. Source: Adobe Photoshop File Formats Specification, November 2019.

use std::path::Path;
use std::sync::Arc;

use super::coding::{Alpha, Coding, Meaning};
use super::image::Image;
use super::levels::Levels;
use super::{Associated, Contents, Shown, Tiff};
use crate::geometry::Size;
use crate::{Error, Result};
use crate::{Opened, PositionedFile};

/// No side of a PSB is longer.
const MOST_SIDE: u32 = 300_000;
/// Rows that make a piece hold about so many bytes.
const PIECE: u64 = 256 << 10;
/// The most bytes of names, profiles and thumbnails.
const MOST_RESOURCES: u64 = 64 << 20;

/// Whether a file begins like one of Photoshop's.
pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    matches!(head, [b'8', b'B', b'P', b'S', 0, 1 | 2, ..])
}

/// The merged image and the channels beyond its colors.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let file = Arc::new(PositionedFile::open(path)?);
    let header = Header::read(&file)?;
    let mut at = Place { file: &file, at: 26 };
    let palette = at.section(4, 1 << 20)?;
    let resources = Resources::read(&at.section(4, MOST_RESOURCES)?);
    if resources.is_unmerged {
        let what = "its layers are not merged; save it with 'maximize compatibility'";
        return Err(Error::unsupported(what));
    }
    let (layers, end) = at.span(if header.large { 8 } else { 4 })?;
    let has_alpha = has_transparency(&file, layers, end, header.large).unwrap_or(false);
    let rows = RowTable::read(&file, &header, end)?;
    let (colors, meaning) = header.meaning();
    let alpha = usize::from(has_alpha && header.channels > colors && header.may_have_alpha());
    let image = |first: usize, samples: usize, meaning: Meaning| -> Result<Image> {
        let mut coding = Coding::planar(meaning, samples, header.bits, rows.compression)?;
        if samples == colors + 1 && first == 0 && alpha == 1 {
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
    let mut pages = vec![page(image(0, colors + alpha, meaning)?, None)];
    for channel in colors + alpha..header.channels {
        // The alpha of the merged image has a name like the others.
        let name = resources.names.get(channel - colors).cloned();
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

    /// The number of color channels and their meaning.
    fn meaning(&self) -> (usize, Meaning) {
        match (self.mode, self.bits) {
            (0, _) => (1, Meaning::WhiteIsZero),
            (2, 8) => (1, Meaning::Palette),
            (3, _) => (3, Meaning::Rgb),
            (4, 8 | 16) => (4, Meaning::Cmyk { inverted: true }),
            (9, 8 | 16) => (3, Meaning::Lab { shifted: true }),
            (7, _) if self.channels > 1 => (self.channels, Meaning::Channels),
            // Gray, and duotones, whose colorants other programs ignore too.
            _ => (1, Meaning::BlackIsZero),
        }
    }

    /// Whether a channel after the colors can be the alpha of the whole.
    fn may_have_alpha(&self) -> bool {
        matches!(self.mode, 1 | 3)
    }

    fn mode_name(&self) -> &'static str {
        match self.mode {
            0 => "bitmap",
            1 => "grayscale",
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

/// The image resources in use.
#[derive(Default)]
struct Resources {
    is_unmerged: bool,
    profile: Option<Arc<[u8]>>,
    thumbnail: Option<Arc<[u8]>>,
    /// Of the channels after the colors.
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

/// The first resource of `bytes`: its number, its value, and the remaining bytes.
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

/// Whether the first channel after the colors is the alpha of the merged image: a negative number of layers says so, or a
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
    /// decode one after the other.
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
mod tests;

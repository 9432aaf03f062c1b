//! JPEG files: four levels by scaled decoding, turned upright by EXIF.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::exif::{self, Exif};
use super::{Coder, Flat};
use crate::codec::jpeg;
use crate::geometry::Size;
use crate::pixels::{Pixels, SampleType};
use crate::rows::Rows;
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Level, Opened};

/// Levels whose longer side is shorter than this are left out.
const SMALLEST: u32 = 32;
/// Bytes that are read in search of the frame header, which follows the metadata: more where it is not among the first.
const STARTS: [u64; 3] = [1 << 12, 1 << 16, 64 << 20];
/// The most pixels of a thumbnail.
const MOST_THUMBNAIL: u64 = 1 << 20;

pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    head.starts_with(&[0xFF, 0xD8, 0xFF])
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let (stream, header) = read_header(path)?;
    let size = header.size;
    let channels = if header.components == 1 { 1 } else { 3 };
    let sample = if header.bits > 8 { SampleType::U16 } else { SampleType::U8 };
    let mut info = Info::plain("JPEG", size, size, channels, sample);
    for reduction in 1..=3 {
        let size = size.halved_times(reduction);
        if size.longest() >= SMALLEST {
            info.levels.push(Level { size, downsample: (1 << reduction) as f64, tile: size });
        }
    }
    info.is_cmyk = header.components == 4 && sample == SampleType::U8;
    let orientation = describe(&stream, &mut info);
    let length = std::fs::metadata(path).at(path)?.len();
    Flat::opened(path, info, Jpeg { length, is_rare: !header.by_rows }, orientation)
}

/// The size of the image at the beginning of `stream`.
pub(super) fn size_of(stream: &[u8]) -> Result<Size> {
    Ok(jpeg::header(stream)?.size)
}

struct Jpeg {
    /// Of the stream.
    length: u64,
    /// Whether it can only be decoded as a whole, by a crate.
    is_rare: bool,
}

impl Coder for Jpeg {
    fn memory(&self, info: &Info, size: Size) -> u64 {
        // How much the crate takes was measured.
        let pixel = if self.is_rare { 32 } else { info.pixel_bytes() as u64 };
        size.area().saturating_mul(pixel).saturating_add(self.length)
    }

    fn decode(&self, path: &Path, level: usize) -> Result<Pixels> {
        let stream = std::fs::read(path).at(path)?;
        // The end marker of a thumbnail in front of the picture says nothing of the picture.
        let data = &stream[data_at(&stream).min(stream.len())..];
        if !data.windows(2).rev().any(|pair| pair == [0xFF, 0xD9]) {
            return Err(Error::corrupt("the file ends before its end marker"));
        }
        jpeg::decode(&stream, &jpeg::DecodeOptions { reduce: level as u8, ..Default::default() })
    }

    fn decode_cmyk(&self, path: &Path, level: usize) -> Result<Option<Pixels>> {
        let stream = std::fs::read(path).at(path)?;
        if jpeg::header(&stream)?.components != 4 {
            return Ok(None);
        }
        jpeg::decode_cmyk(&stream, level as u8).map(Some)
    }

    fn rows(&self, path: &Path) -> Result<Option<Box<dyn Rows>>> {
        self.coarse_rows(path, 0)
    }

    fn coarse_rows(&self, path: &Path, level: usize) -> Result<Option<Box<dyn Rows>>> {
        let decoder = decoder(path, jpeg::DecodeOptions { reduce: level as u8, ..Default::default() })?;
        Ok(decoder.map(|decoder| Box::new(JpegRows(decoder)) as _))
    }

    fn thumbnail(&self, path: &Path, size: Size) -> Result<Option<Pixels>> {
        let (stream, _) = read_header(path)?;
        let blocks = segments(&stream).filter(|(kind, _)| *kind == 0xE1);
        let Some(block) = blocks.into_iter().find_map(|(_, segment)| segment.strip_prefix(b"Exif\0\0")) else {
            return Ok(None);
        };
        let Some(stream) = exif::thumbnail(block, size) else { return Ok(None) };
        Ok(jpeg::decode_within(&stream, &jpeg::DecodeOptions::default(), MOST_THUMBNAIL).ok())
    }

    fn cmyk_rows(&self, path: &Path, level: usize) -> Result<Option<Box<dyn Rows>>> {
        let color = jpeg::ColorSpace::Cmyk;
        let decoder = decoder(path, jpeg::DecodeOptions { color, reduce: level as u8, ..Default::default() })?;
        Ok(decoder.filter(|decoder| decoder.channels() == 4).map(|decoder| Box::new(JpegRows(decoder)) as _))
    }
}

/// A decoder of rows, for all but the rare kinds.
fn decoder(path: &Path, options: jpeg::DecodeOptions<'_>) -> Result<Option<jpeg::Decoder<File>>> {
    match jpeg::Decoder::new(File::open(path).at(path)?, &options) {
        Ok(decoder) => Ok(Some(decoder)),
        Err(Error::Unsupported { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

struct JpegRows(jpeg::Decoder<File>);

impl Rows for JpegRows {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        self.0.next_rows()
    }
}

/// Reads the marker segments before the frame into `info`; returns the orientation.
fn describe(stream: &[u8], info: &mut Info) -> u8 {
    let mut orientation = 1;
    let mut profile: Vec<(u8, &[u8])> = Vec::new();
    for (kind, segment) in segments(stream) {
        match kind {
            0xE0 if segment.starts_with(b"JFIF\0") => {
                if let &[unit, x1, x0, y1, y0, ..] = &segment[5..].get(2..).unwrap_or_default() {
                    let (x, y) = (u16::from_be_bytes([*x1, *x0]), u16::from_be_bytes([*y1, *y0]));
                    // JFIF counts inches as 1 and centimeters as 2, EXIF as 2 and 3.
                    info.mpp = info.mpp.or(exif::mpp(u16::from(*unit) + 1, x.into(), y.into()));
                }
            }
            0xE1 => {
                let Some(block) = segment.strip_prefix(b"Exif\0\0") else { continue };
                let found = Exif::read(block);
                orientation = if found.orientation == 0 { orientation } else { found.orientation };
                info.mpp = found.mpp.or(info.mpp);
                info.properties.extend(found.texts.into_iter().map(|(name, text)| (format!("exif.{name}"), text)));
            }
            0xE2 => {
                if let Some([number, _, part @ ..]) = segment.strip_prefix(b"ICC_PROFILE\0") {
                    profile.push((*number, part));
                }
            }
            0xFE => {
                let text = String::from_utf8_lossy(segment).trim_matches(['\0', ' ', '\n']).to_owned();
                if !text.is_empty() {
                    info.properties.insert("jpeg.comment".into(), text);
                }
            }
            _ => {}
        }
    }
    profile.sort_by_key(|(number, _)| *number);
    let profile: Vec<u8> = profile.into_iter().flat_map(|(_, part)| part).copied().collect();
    info.icc = (!profile.is_empty()).then(|| profile.into());
    orientation
}

/// Where the first scan begins.
fn data_at(stream: &[u8]) -> usize {
    2 + segments(stream).map(|(_, segment)| segment.len() + 4).sum::<usize>()
}

/// The marker segments before the first scan: (marker, payload).
fn segments(stream: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = 2;
    std::iter::from_fn(move || {
        let &[mark, kind, high, low] = stream.get(at..)?.first_chunk()?;
        if mark != 0xFF || kind == 0xDA {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = stream.get(at + 4..at + 2 + length)?;
        at += 2 + length;
        Some((kind, segment))
    })
}

/// The beginning of a file with the frame header, and that header.
fn read_header(path: &Path) -> Result<(Vec<u8>, jpeg::Header)> {
    let mut file = File::open(path).at(path)?;
    let mut start = Vec::with_capacity(STARTS[0] as usize);
    for most in STARTS {
        let had = start.len() as u64;
        (&mut file).take(most - had).read_to_end(&mut start).at(path)?;
        match jpeg::header(&start) {
            // There may be more to read.
            Err(_) if most < STARTS[STARTS.len() - 1] && start.len() as u64 == most => {}
            header => return header.map(|header| (start, header)),
        }
    }
    Err(Error::corrupt("no frame header"))
}

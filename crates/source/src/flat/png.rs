//! PNG files: 8 and 16 bits, palettes and fewer bits expanded, interlaced or not; by rows where large.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Limits, Reader, Transformations, Unit};

use super::exif::{self, Exif};
use super::{Coder, Flat, bytes_of, checked_size};
use crate::geometry::Size;
use crate::loss;
use crate::pixels::{Pixels, SampleType, Samples};
use crate::rows::Rows;
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Opened};

/// Rows are handed on in pieces of about so many bytes.
const PIECE: usize = 4 << 20;
/// The most unpacked bytes for a byte of a file: 1032 by deflate, and of a file that breaks off a part is shown.
const MOST_RATIO: u64 = 1 << 16;
/// No text of a file is longer than this, unpacked.
const MOST_TEXT: usize = 1 << 20;

pub(crate) fn detect(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"\x89PNG\r\n\x1A\n")
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let reader = reader(buffered(path)?).at(path)?;
    let size = checked_size(reader.info().width, reader.info().height)?;
    let bytes = (reader.info().raw_row_length() as u64).saturating_mul(size.height.into());
    if bytes > super::MOST_WHOLE && bytes / MOST_RATIO > std::fs::metadata(path).at(path)?.len() {
        return Err(Error::corrupt(format!("a file too short for {size} pixels")));
    }
    let (channels, sample) = kind(&reader);
    let mut info = Info::plain("PNG", size, size, channels, sample);
    let orientation = describe(reader.info(), &mut info);
    Flat::opened(path, info, Png, orientation)
}

/// The picture that `from` holds, of at most `most` pixels.
pub(crate) fn decode_from(from: impl BufRead + Seek, most: u64) -> Result<Pixels> {
    let mut reader = reader(from)?;
    let size = Size::new(reader.info().width, reader.info().height);
    if size.area() > most {
        return Err(Error::corrupt(format!("a PNG of {size} pixels where far fewer belong")));
    }
    let (channels, sample) = kind(&reader);
    let length = reader.output_buffer_size().filter(|&length| length as u64 <= super::MOST_BYTES);
    let mut bytes = vec![0; length.ok_or_else(|| Error::limit("too large to be decoded in one piece"))?];
    reader.next_frame(&mut bytes).map_err(explain)?;
    if reader.finish().is_err() {
        loss::note(Error::corrupt("the file ends before its end marker"));
    }
    Pixels::new(size, channels, samples(sample, bytes))
}

/// The size of the picture that `from` begins.
pub(super) fn size_from(from: impl BufRead + Seek) -> Result<Size> {
    let reader = reader(from)?;
    Ok(Size::new(reader.info().width, reader.info().height))
}

struct Png;

impl Coder for Png {
    fn memory(&self, info: &Info, size: Size) -> u64 {
        // Bytes become the samples without a copy; words need one. A quarter is the decoder's, as measured.
        let copies = if info.sample.bytes() == 1 { 1.25 } else { 2.25 };
        (bytes_of(size, info) as f64 * copies) as u64
    }

    fn decode(&self, path: &Path, _: usize) -> Result<Pixels> {
        decode_from(buffered(path)?, u64::MAX)
    }

    fn rows(&self, path: &Path) -> Result<Option<Box<dyn Rows>>> {
        let reader = reader(buffered(path)?)?;
        Ok(if reader.info().interlaced { None } else { Some(Box::new(PngRows { reader, failed: None })) })
    }
}

struct PngRows {
    reader: Reader<BufReader<File>>,
    /// What ended the rows too early, to be told after those that came.
    failed: Option<Error>,
}

impl Rows for PngRows {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let (channels, sample) = kind(&self.reader);
        let width = self.reader.info().width;
        let line = width as usize * usize::from(channels) * sample.bytes();
        let most = (PIECE / line.max(1)).max(1);
        let mut bytes = Vec::with_capacity(most * line);
        for _ in 0..most {
            match self.reader.next_row() {
                Ok(Some(row)) => bytes.extend_from_slice(row.data()),
                Ok(None) => break,
                Err(error) => {
                    self.failed = Some(explain(error));
                    break;
                }
            }
        }
        let rows = bytes.len() / line.max(1);
        if rows == 0 {
            return self.failed.take().map_or(Ok(None), Err);
        }
        Pixels::new(Size::new(width, rows as u32), channels, samples(sample, bytes)).map(Some)
    }
}

fn samples(sample: SampleType, bytes: Vec<u8>) -> Samples {
    match sample {
        SampleType::U16 => Samples::U16(bytes.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect()),
        _ => Samples::U8(bytes),
    }
}

fn buffered(path: &Path) -> Result<BufReader<File>> {
    Ok(BufReader::with_capacity(1 << 17, File::open(path).at(path)?))
}

fn reader<R: BufRead + Seek>(from: R) -> Result<Reader<R>> {
    let mut decoder = Decoder::new_with_limits(from, Limits { bytes: 256 << 20 });
    decoder.set_transformations(Transformations::EXPAND);
    // A wrong checksum of sound pixels is no reason to show nothing; damage shows in the deflate stream itself.
    decoder.ignore_checksums(true);
    decoder.read_info().map_err(explain)
}

fn kind<R: BufRead + Seek>(reader: &Reader<R>) -> (u8, SampleType) {
    let (color, depth) = reader.output_color_type();
    let channels = match color {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb | ColorType::Indexed => 3,
        ColorType::Rgba => 4,
    };
    (channels, if depth == BitDepth::Sixteen { SampleType::U16 } else { SampleType::U8 })
}

/// Reads the chunks before the pixels into `info`: profile, resolution, texts; returns the orientation.
fn describe(from: &png::Info<'_>, info: &mut Info) -> u8 {
    info.icc = from.icc_profile.as_deref().map(Into::into);
    if let Some(pixels) = from.pixel_dims
        && matches!(pixels.unit, Unit::Meter)
    {
        info.mpp = exif::mpp(3, f64::from(pixels.xppu) / 100.0, f64::from(pixels.yppu) / 100.0);
    }
    // A megabyte of packed text may stand for a gigabyte.
    let unpacked = |done: std::result::Result<(), png::DecodingError>| done.is_ok();
    let plain = from.uncompressed_latin1_text.iter().map(|chunk| (&chunk.keyword, Some(chunk.text.clone())));
    let packed = from.compressed_latin1_text.iter().map(|chunk| {
        let mut text = chunk.clone();
        (&chunk.keyword, unpacked(text.decompress_text_with_limit(MOST_TEXT)).then(|| text.get_text().ok()).flatten())
    });
    let wide = from.utf8_text.iter().map(|chunk| {
        let mut text = chunk.clone();
        (&chunk.keyword, unpacked(text.decompress_text_with_limit(MOST_TEXT)).then(|| text.get_text().ok()).flatten())
    });
    for (keyword, text) in plain.chain(packed).chain(wide) {
        if let Some(text) = text {
            info.properties.insert(format!("png.{keyword}"), text);
        }
    }
    let exif = from.exif_metadata.as_deref().map(Exif::read).unwrap_or_default();
    info.mpp = info.mpp.or(exif.mpp);
    info.properties.extend(exif.texts.into_iter().map(|(name, text)| (format!("exif.{name}"), text)));
    exif.orientation.max(1)
}

fn explain(error: png::DecodingError) -> Error {
    match error {
        png::DecodingError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::io(Path::new(""), error)
        }
        png::DecodingError::LimitsExceeded => Error::limit("too large to be decoded in one piece"),
        error => Error::corrupt(error.to_string()),
    }
}

//! PNG files: 8 and 16 bits, palettes and fewer bits expanded, interlaced or not.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Limits, Reader, Transformations};

use super::{Flat, checked_size};
use crate::geometry::Size;
use crate::pixels::{Pixels, SampleType, Samples};
use crate::source::{Info, Opened};
use crate::{Error, IoResultExt as _, Result};

pub(in crate::source) fn detect(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"\x89PNG\r\n\x1A\n")
}

pub(in crate::source) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let reader = reader(path)?;
    let size = checked_size(reader.info().width, reader.info().height)?;
    let (channels, sample) = kind(&reader);
    let mut info = Info::plain("PNG", size, size, channels, sample);
    info.icc = reader.info().icc_profile.as_deref().map(Into::into);
    Flat::opened(path, info, decode)
}

fn decode(path: &Path, _: usize) -> Result<Pixels> {
    let mut reader = reader(path)?;
    let size = Size::new(reader.info().width, reader.info().height);
    let (channels, sample) = kind(&reader);
    let length = reader.output_buffer_size().ok_or_else(|| Error::limit("too large for this machine"))?;
    let mut bytes = vec![0; length];
    reader.next_frame(&mut bytes).map_err(|error| explain(error, path))?;
    let samples = match sample {
        SampleType::U16 => Samples::U16(bytes.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]])).collect()),
        _ => Samples::U8(bytes),
    };
    Pixels::new(size, channels, samples)
}

fn reader(path: &Path) -> Result<Reader<BufReader<File>>> {
    let file = BufReader::new(File::open(path).at(path)?);
    let mut decoder = Decoder::new_with_limits(file, Limits { bytes: super::MOST_BYTES as usize });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info().map_err(|error| explain(error, path))
}

fn kind(reader: &Reader<BufReader<File>>) -> (u8, SampleType) {
    let (colour, depth) = reader.output_color_type();
    let channels = match colour {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb | ColorType::Indexed => 3,
        ColorType::Rgba => 4,
    };
    (channels, if depth == BitDepth::Sixteen { SampleType::U16 } else { SampleType::U8 })
}

fn explain(error: png::DecodingError, path: &Path) -> Error {
    match error {
        png::DecodingError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::io(path, error)
        }
        png::DecodingError::LimitsExceeded => Error::limit("too large to be decoded in one piece"),
        error => Error::corrupt(error.to_string()),
    }
}

//! BMP, GIF (the first frame), WebP and PNM, decoded by the `image` crate.

use std::path::Path;

use image::{ColorType, ImageDecoder, ImageReader, Limits};

use super::{Flat, checked_size};
use crate::geometry::Size;
use crate::pixels::{Pixels, SampleType, Samples};
use crate::source::{Info, Opened};
use crate::{Error, IoResultExt as _, Result};

pub(in crate::source) fn is_webp(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

pub(in crate::source) fn is_pnm(_: &Path, head: &[u8]) -> bool {
    matches!(head, [b'P', b'1'..=b'7', after, ..] if after.is_ascii_whitespace() || *after == b'#')
}

pub(in crate::source) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let decoder = decoder(path)?;
    let (width, height) = decoder.dimensions();
    let size = checked_size(width, height)?;
    let (channels, sample) = kind(decoder.color_type())?;
    let name = match image::ImageFormat::from_path(path) {
        Ok(image::ImageFormat::Bmp) => "BMP",
        Ok(image::ImageFormat::Gif) => "GIF",
        Ok(image::ImageFormat::WebP) => "WebP",
        Ok(image::ImageFormat::Pnm) => "PNM",
        _ => "image",
    };
    Flat::opened(path, Info::plain(name, size, size, channels, sample), decode)
}

fn decode(path: &Path, _: usize) -> Result<Pixels> {
    let decoder = decoder(path)?;
    let (width, height) = decoder.dimensions();
    let (channels, sample) = kind(decoder.color_type())?;
    let length = decoder.total_bytes();
    if length > super::MOST_BYTES {
        return Err(Error::limit("too large to be decoded in one piece"));
    }
    let mut bytes = vec![0; length as usize];
    decoder.read_image(&mut bytes).map_err(|error| explain(error, path))?;
    let samples = match sample {
        SampleType::U8 => Samples::U8(bytes),
        SampleType::U16 => Samples::U16(bytes.chunks_exact(2).map(|b| u16::from_ne_bytes([b[0], b[1]])).collect()),
        SampleType::F32 => {
            let quads = bytes.chunks_exact(4);
            Samples::F32(quads.map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
    };
    Pixels::new(Size::new(width, height), channels, samples)
}

fn decoder(path: &Path) -> Result<impl ImageDecoder + use<>> {
    let mut reader = ImageReader::open(path).at(path)?.with_guessed_format().at(path)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(super::MOST_BYTES);
    reader.limits(limits);
    reader.into_decoder().map_err(|error| explain(error, path))
}

fn kind(colour: ColorType) -> Result<(u8, SampleType)> {
    let sample = match colour {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => SampleType::U8,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => SampleType::U16,
        ColorType::Rgb32F | ColorType::Rgba32F => SampleType::F32,
        other => return Err(Error::unsupported(format!("pixels of kind {other:?}"))),
    };
    Ok((colour.channel_count(), sample))
}

fn explain(error: image::ImageError, path: &Path) -> Error {
    match error {
        image::ImageError::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::io(path, error)
        }
        image::ImageError::Limits(error) => Error::limit(error.to_string()),
        image::ImageError::Unsupported(error) => Error::unsupported(error.to_string()),
        error => Error::corrupt(error.to_string()),
    }
}

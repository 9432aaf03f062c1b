//! What the fast path does not do, done by a well-kept crate: progressive streams, scans of single components, damage. What
//! that one does not do either goes on to `rare`.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::inks::rgb_from_inks;
use super::markers::Segments;
use super::{ColourSpace, DecodeOptions, rare};
use crate::geometry::Size;
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// The smallest part of a bit that a pixel takes: in a progressive stream 32767 blocks can share a code. A stream shorter than
/// that is damaged, and must not make us allocate what its header says.
const MAX_PIXELS_PER_BYTE: u64 = 1 << 18;

/// Decode a whole stream at full size; `options.reduce` is the caller's.
pub(super) fn decode(stream: &[u8], options: &DecodeOptions<'_>) -> Result<Pixels> {
    let segments = Segments::read(options.tables, stream)?;
    if segments.header.size.area() / MAX_PIXELS_PER_BYTE > stream.len() as u64 {
        return Err(Error::corrupt("the JPEG is too short for its size"));
    }
    if segments.is_rare() {
        return rare::decode(stream, options);
    }
    let joined;
    let stream = if options.tables.is_empty() {
        stream
    } else {
        joined = with_tables(options.tables, stream);
        &joined
    };
    let corrupt = |error: zune_jpeg::errors::DecodeErrors| Error::corrupt(error.to_string());
    let limits = DecoderOptions::default().set_max_width(65_535).set_max_height(65_535).set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(stream), limits);
    decoder.decode_headers().map_err(corrupt)?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let wanted = match (options.colour, stored) {
        (_, ColorSpace::Luma | ColorSpace::CMYK | ColorSpace::YCCK) | (ColourSpace::AsStored, _) => stored,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(limits.jpeg_set_out_colorspace(wanted));
    let samples = decoder.decode().map_err(corrupt)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| Error::corrupt("no JPEG frame"))?;
    let channels = wanted.num_components() as u8;
    let pixels = Pixels::new(Size::new(width as u32, height as u32), channels, Samples::U8(samples))?;
    rgb_from_inks(pixels, &segments, options.colour)
}

/// A stream of its own from an abbreviated one and its tables: both without the markers that meet.
fn with_tables(tables: &[u8], stream: &[u8]) -> Vec<u8> {
    let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables);
    [tables, stream.get(2..).unwrap_or_default()].concat()
}

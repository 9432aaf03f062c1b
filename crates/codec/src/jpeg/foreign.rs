//! Another decoder, for tests: what this one makes of a stream.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::ColorSpace as StoredSpace;
use super::cmyk::cmyk_of;
use super::markers::Segments;
use crate::geometry::Size;
use crate::pixels::{Pixels, Samples};

/// Decodes a whole stream; CMYK becomes RGB as in our own decoder.
pub(super) fn decode(stream: &[u8]) -> Pixels {
    let limits = DecoderOptions::default().set_max_width(65_535).set_max_height(65_535).set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(stream), limits);
    decoder.decode_headers().unwrap();
    let stored = decoder.input_colorspace().unwrap();
    let wanted = match stored {
        ColorSpace::Luma | ColorSpace::CMYK | ColorSpace::YCCK => stored,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(limits.jpeg_set_out_colorspace(wanted));
    let samples = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    let channels = wanted.num_components() as u8;
    let pixels = Pixels::new(Size::new(width as u32, height as u32), channels, Samples::U8(samples)).unwrap();
    let segments = Segments::read(&[], stream).unwrap();
    cmyk_of(pixels, segments.adobe_transform(), StoredSpace::Marked).unwrap()
}

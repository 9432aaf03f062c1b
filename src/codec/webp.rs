//! WebP (RFC 9649), lossy and lossless: one still picture to bytes of red, green, blue and perhaps opacity.

use std::io::Cursor;

use image_webp::WebPDecoder;

use crate::geometry::Size;
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// Decode `stream`: three channels, or four where it holds opacity.
pub fn decode(stream: &[u8]) -> Result<Pixels> {
    let corrupt = |error: image_webp::DecodingError| Error::corrupt(format!("WebP: {error}"));
    let mut decoder = WebPDecoder::new(Cursor::new(stream)).map_err(corrupt)?;
    let (width, height) = decoder.dimensions();
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    // No side is longer than 16384, so this much may be allocated.
    let mut samples = vec![0; width as usize * height as usize * channels];
    decoder.read_image(&mut samples).map_err(corrupt)?;
    Pixels::new(Size::new(width, height), channels as u8, Samples::U8(samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lossless_pictures_come_back() {
        for (kind, channels) in [(image_webp::ColorType::Rgb8, 3), (image_webp::ColorType::Rgba8, 4)] {
            let samples: Vec<u8> = (0..20 * 10 * channels).map(|i| (i * 7) as u8).collect();
            let mut stream = Vec::new();
            image_webp::WebPEncoder::new(&mut stream).encode(&samples, 20, 10, kind).unwrap();
            let pixels = decode(&stream).unwrap();
            assert_eq!(pixels, Pixels::new(Size::new(20, 10), channels as u8, Samples::U8(samples)).unwrap());
            assert!(decode(&stream[..stream.len() / 2]).is_err(), "broken off");
        }
    }
}

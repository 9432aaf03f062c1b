//! WebP (RFC 9649), lossy and lossless: one still picture to bytes of red, green, blue and perhaps alpha.

use std::io::Cursor;

use image_webp::WebPDecoder;

use crate::geometry::Size;
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// Decode `stream`, of at most `most` pixels: three channels, or four where it holds alpha.
pub fn decode(stream: &[u8], most: u64) -> Result<Pixels> {
    let corrupt = |error: image_webp::DecodingError| Error::corrupt(format!("WebP: {error}"));
    let mut decoder = WebPDecoder::new(Cursor::new(stream)).map_err(corrupt)?;
    let (width, height) = decoder.dimensions();
    let (size, channels) = (Size::new(width, height), if decoder.has_alpha() { 4 } else { 3 });
    if size.area() > most {
        return Err(Error::corrupt(format!("a WebP of {size} pixels where far fewer belong")));
    }
    let mut samples = vec![0; width as usize * height as usize * channels];
    decoder.read_image(&mut samples).map_err(corrupt)?;
    Pixels::new(size, channels as u8, Samples::U8(samples))
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
            let pixels = decode(&stream, 200).unwrap();
            assert_eq!(pixels, Pixels::new(Size::new(20, 10), channels as u8, Samples::U8(samples)).unwrap());
            assert!(decode(&stream[..stream.len() / 2], 200).is_err(), "broken off");
            let error = decode(&stream, 199).unwrap_err();
            assert!(error.to_string().contains("20×10"), "{error}");
        }
    }
}

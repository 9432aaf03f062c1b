//! WebP (RFC 9649), lossy and lossless: one still picture to bytes of red, green, blue and perhaps opacity.

use std::io::Cursor;

use image_webp::WebPDecoder;

use crate::geometry::Size;
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// Pictures of so many pixels may be nothing but one colour in a few bytes; each takes some twelve bytes while it is decoded.
const SMALL: u64 = 48 << 20;
/// The most pixels of a larger picture that one byte stands for.
const MOST_PIXELS_PER_BYTE: u64 = 1 << 12;

/// Refuse what only a damaged header can say: a picture of `size` in `stored` bytes.
pub fn check(size: Size, stored: u64) -> Result<()> {
    if size.area() > SMALL && size.area() / MOST_PIXELS_PER_BYTE > stored {
        return Err(Error::corrupt(format!("a WebP too short for {size} pixels")));
    }
    Ok(())
}

/// Decode `stream`, of at most `most` pixels: three channels, or four where it holds opacity.
pub fn decode(stream: &[u8], most: u64) -> Result<Pixels> {
    let corrupt = |error: image_webp::DecodingError| Error::corrupt(format!("WebP: {error}"));
    let mut decoder = WebPDecoder::new(Cursor::new(stream)).map_err(corrupt)?;
    let (width, height) = decoder.dimensions();
    let (size, channels) = (Size::new(width, height), if decoder.has_alpha() { 4 } else { 3 });
    check(size, stream.len() as u64)?;
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

    #[test]
    fn a_damaged_header_does_not_make_us_decode_gigabytes() {
        // Lossless, of 16383×16383 pixels (14 bits for each side less one), and no more than that.
        let mut stream = b"RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0\x2F".to_vec();
        stream.extend([0xFE, 0xBF, 0xFF, 0x0F, 0, 0, 0]);
        let error = decode(&stream, u64::MAX).unwrap_err();
        assert!(error.to_string().contains("too short"), "{error}");
        assert!(check(Size::new(16384, 16384), 5390).is_err());
        assert!(check(Size::new(16384, 16384), 100_000).is_ok() && check(Size::new(6000, 8000), 90).is_ok());
    }
}

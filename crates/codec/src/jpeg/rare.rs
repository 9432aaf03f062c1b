//! Kinds of JPEG that hardly anything writes: arithmetic codes, more than 8 bits, lossless, hierarchical. A crate does it all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use oxideav_mjpeg::{DecodeOptions as CrateOptions, JpegImage, MjpegPixelFormat as Layout};

use super::{ColorSpace, DecodeOptions};
use crate::geometry::Size;
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// Decode a whole stream at full size. Samples of more than 8 bits are the numbers of the stream, as 16 bits.
pub(super) fn decode(stream: &[u8], options: &DecodeOptions<'_>) -> Result<Pixels> {
    let mut wanted = CrateOptions::default();
    wanted.tables = (!options.tables.is_empty()).then(|| options.tables.to_vec());
    // It is young, and these streams are what attackers send; a bug in it must stay an error about this one file.
    let decoded = catch_unwind(AssertUnwindSafe(|| oxideav_mjpeg::decode_with(stream, &wanted)));
    let image = decoded.map_err(|_panic| Error::corrupt("the JPEG cannot be decoded"))?;
    pixels_of(&image.map_err(|error| Error::corrupt(error.to_string()))?, options.color)
}

fn pixels_of(image: &JpegImage, color: ColorSpace) -> Result<Pixels> {
    let size = Size::new(image.width, image.height);
    let (width, height) = (size.width as usize, size.height as usize);
    let most = (1u32 << image.precision) - 1;
    // Each output channel: its plane, and where in the plane's pixels. Planes are in the order of the stream, also those that the
    // crate names GBR.
    let packed = image.format.packed_channels().unwrap_or(1);
    let places: Vec<(usize, usize)> = match image.format {
        format if format.is_packed() => (0..packed).map(|c| (0, c)).collect(),
        _ => vec![(0, 0), (1, 0), (2, 0)],
    };
    let convert = image.format.is_yuv() && color != ColorSpace::AsStored;
    let cmyk = image.format == Layout::Cmyk && color != ColorSpace::AsStored;
    let mut samples = Vec::with_capacity(width * height * places.len());
    let mut stored = vec![0.0; places.len()];
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        for (to, &(plane, channel)) in stored.iter_mut().zip(&places) {
            *to = interpolated(image, plane, (packed, channel), (x, y));
        }
        match stored[..] {
            [luma, cb, cr] if convert => {
                let zero = (most + 1) as f32 / 2.0;
                let (cb, cr) = (cb - zero, cr - zero);
                samples.extend([luma + 1.402 * cr, luma - 0.344_136 * cb - 0.714_136 * cr, luma + 1.772 * cb]);
            }
            [c, m, y, k] if cmyk => samples.extend([c, m, y].map(|value| (255.0 - value) * (255.0 - k) / 255.0)),
            _ => samples.extend_from_slice(&stored),
        }
    }
    let channels = if cmyk { 3 } else { places.len() as u8 };
    let rounded = samples.into_iter().map(|sample| sample.round().clamp(0.0, most as f32));
    let samples = match image.format.bytes_per_sample() {
        1 => Samples::U8(rounded.map(|sample| sample as u8).collect()),
        _ => Samples::U16(rounded.map(|sample| sample as u16).collect()),
    };
    Pixels::new(size, channels, samples)
}

/// A plane's sample for the pixel (x, y), by the filter that [`upsample`](super::upsample) describes.
fn interpolated(image: &JpegImage, plane: usize, channel: (usize, usize), (x, y): (usize, usize)) -> f32 {
    let (width, height) = image.format.plane_dimensions(image.width, image.height, plane);
    let at = |x: usize, y: usize| sample(image, plane, channel, x.min(width - 1), y.min(height - 1));
    let (across, down) = if plane == 0 { (1, 1) } else { image.format.chroma_divisors() };
    let near_and_next = |at: usize, divisor| match (divisor, at % 2) {
        (2, 0) => (at / 2, (at / 2).saturating_sub(1)),
        (2, _) => (at / 2, at / 2 + 1),
        _ => (at / divisor, at / divisor),
    };
    let ((near_x, next_x), (near_y, next_y)) = (near_and_next(x, across), near_and_next(y, down));
    let row = |y| 0.75 * at(near_x, y) + 0.25 * at(next_x, y);
    if (across, down) == (1, 1) { at(x, y) } else { 0.75 * row(near_y) + 0.25 * row(next_y) }
}

fn sample(image: &JpegImage, plane: usize, (packed, channel): (usize, usize), x: usize, y: usize) -> f32 {
    let plane = &image.planes[plane];
    let at = x * packed + channel;
    match image.format.bytes_per_sample() {
        1 => plane.data[y * plane.stride + at].into(),
        _ => u16::from_le_bytes([0, 1].map(|byte| plane.data[y * plane.stride + 2 * at + byte])).into(),
    }
}

#[cfg(test)]
mod tests {
    use oxideav_mjpeg::{EncodeOptions, Plane, encode};

    use super::*;

    const WIDTH: u32 = 21;
    const HEIGHT: u32 = 13;

    /// A stream of the planes, whose sample (x, y) in plane p is `value(p, x, y)`.
    fn stream(layout: Layout, options: &EncodeOptions, value: impl Fn(usize, usize, usize) -> u16) -> Vec<u8> {
        let plane = |p: usize| {
            let (width, height) = layout.plane_dimensions(WIDTH, HEIGHT, p);
            let packed = layout.packed_channels().unwrap_or(1);
            let place = (0..height).flat_map(|y| (0..width * packed).map(move |x| (x, y)));
            let bytes = place.flat_map(|(x, y)| value(p, x, y).to_le_bytes());
            Plane::new(layout.tight_stride(WIDTH, HEIGHT, p), bytes.collect())
        };
        let image = JpegImage::new(WIDTH, HEIGHT, layout, (0..layout.plane_count()).map(plane).collect());
        encode(&image.unwrap(), options).unwrap()
    }

    fn decoded(stream: &[u8], color: ColorSpace) -> Pixels {
        let header = super::super::header(stream).unwrap();
        let pixels = super::super::decode(stream, &DecodeOptions { color, ..DecodeOptions::default() }).unwrap();
        assert_eq!((pixels.size(), header.bits > 8), (header.size, matches!(pixels.samples(), Samples::U16(_))));
        pixels
    }

    fn words(pixels: &Pixels) -> &[u16] {
        match pixels.samples() {
            Samples::U16(words) => words,
            other => panic!("words, not {other:?}"),
        }
    }

    #[test]
    fn lossless_streams_come_back_as_they_were() {
        let value = |_: usize, x: usize, y: usize| (x * 1021 + y * 3001) as u16;
        let options = EncodeOptions::default().with_lossless(1);
        for layout in [Layout::Gray16Le, Layout::Rgb48Le] {
            let pixels = decoded(&stream(layout, &options, value), ColorSpace::Marked);
            let line = WIDTH as usize * usize::from(pixels.channels());
            assert_eq!(usize::from(pixels.channels()), layout.packed_channels().unwrap());
            for (at, &word) in words(&pixels).iter().enumerate() {
                assert_eq!(word, value(0, at % line, at / line), "{layout:?} at {at}");
            }
        }
        let planes = |p: usize, x: usize, y: usize| (p * 1000 + x * 30 + y) as u16;
        let pixels = decoded(&stream(Layout::Gbrp12Le, &options, planes), ColorSpace::AsStored);
        for (at, rgb) in words(&pixels).as_chunks::<3>().0.iter().enumerate() {
            let (x, y) = (at % WIDTH as usize, at / WIDTH as usize);
            assert_eq!(*rgb, [planes(0, x, y), planes(1, x, y), planes(2, x, y)], "({x}, {y})");
        }
    }

    #[test]
    fn twelve_bits_stay_twelve_bits() {
        let options = EncodeOptions::default().with_quality(100);
        let gray = |_: usize, x: usize, y: usize| (100 + x * 150 + y * 40) as u16;
        let pixels = decoded(&stream(Layout::Gray12Le, &options, gray), ColorSpace::Marked);
        for (at, &word) in words(&pixels).iter().enumerate() {
            let expected = gray(0, at % WIDTH as usize, at / WIDTH as usize);
            assert!(word.abs_diff(expected) <= 8, "{word} for {expected}");
        }
        // Chroma that rises evenly: interpolated, it's even at full resolution too.
        let colors = |p: usize, x: usize, y: usize| if p == 0 { 2000 } else { (1800 + 40 * x + 20 * y) as u16 };
        for layout in [Layout::Yuv444P12Le, Layout::Yuv420P12Le] {
            let (across, down) = layout.chroma_divisors();
            let stream = stream(layout, &options, colors);
            let (stored, shown) = (decoded(&stream, ColorSpace::AsStored), decoded(&stream, ColorSpace::Marked));
            let inner = |x: usize, y: usize| (2..18).contains(&x) && (2..10).contains(&y);
            let pairs = words(&stored).as_chunks::<3>().0.iter().zip(words(&shown).as_chunks::<3>().0);
            for (at, (ycc, rgb)) in pairs.enumerate() {
                let (x, y) = (at % WIDTH as usize, at / WIDTH as usize);
                let center = |at: usize, divisor: usize| (at as f32 + 0.5) / divisor as f32 - 0.5;
                let chroma = 1800.0 + 40.0 * center(x, across) + 20.0 * center(y, down);
                assert!(!inner(x, y) || (f32::from(ycc[1]) - chroma).abs() < 6.0, "{layout:?} ({x}, {y}): {ycc:?}");
                let blue = f32::from(ycc[0]) + 1.772 * (f32::from(ycc[1]) - 2048.0);
                assert!((f32::from(rgb[2]) - blue.clamp(0.0, 4095.0)).abs() < 2.0, "({x}, {y}): {ycc:?} {rgb:?}");
            }
        }
    }

    #[test]
    fn a_lossless_picture_has_a_bit_for_each_sample() {
        let options = EncodeOptions::default().with_lossless(4);
        let mut stream = stream(Layout::Gray16Le, &options, |_, x, y| (x * 77 + y) as u16);
        let frame = stream.windows(2).position(|marker| marker == [0xFF, 0xC3]).unwrap();
        // Its height.
        stream[frame + 5..frame + 7].copy_from_slice(&60_000u16.to_be_bytes());
        let error = super::super::decode(&stream, &DecodeOptions::default()).unwrap_err();
        assert!(error.to_string().contains("too short"), "{error}");
    }

    #[test]
    fn a_small_stream_makes_no_large_picture() {
        let gray = |_: usize, x: usize, y: usize| (100 + x * 150 + y * 40) as u16;
        let mut stream = stream(Layout::Gray12Le, &EncodeOptions::default(), gray);
        let frame = stream.windows(2).position(|marker| marker == [0xFF, 0xC1]).unwrap();
        let within =
            |stream: &[u8], most| super::super::decode_within(stream, &DecodeOptions::default(), most).map(|_| ());
        assert!(within(&stream, u64::from(WIDTH * HEIGHT)).is_ok());
        assert!(within(&stream, 10).unwrap_err().to_string().contains("far fewer belong"));
        // Its height and width.
        stream[frame + 5..frame + 9].copy_from_slice(&[0xF0; 4]);
        assert!(within(&stream, u64::MAX).unwrap_err().to_string().contains("too short"));
    }

    #[test]
    fn damage_is_an_error_and_no_panic() {
        let options = EncodeOptions::default().with_lossless(4);
        let whole = stream(Layout::Gray16Le, &options, |_, x, y| (x * 77 + y) as u16);
        let (mut decoded, mut refused) = (0, 0);
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            for stream in [&damaged[..], &whole[..at]] {
                // An error or a picture; but of no size that the stream is too short for.
                match super::super::decode(stream, &DecodeOptions::default()) {
                    Ok(pixels) => {
                        assert!(pixels.size().area() < 1 << 24, "byte {at}");
                        decoded += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(decoded > 0 && refused > 0, "{decoded} pictures, {refused} errors");
    }
}

//! JPEG XL (ISO/IEC 18181): bare code streams and files.
//!
//! The work is done by `jxl-oxide`; here sizes are checked and samples brought to their types.

use jxl_oxide::image::BitDepth;
use jxl_oxide::{AllocTracker, FrameBufferSample, JxlImage, JxlThreadPool, PixelFormat, Render};

use crate::geometry::Size;
use crate::pixels::{Color, Pixels, Sample, SampleType};
use crate::{Error, Result};

/// The most memory one decoding may take.
const MOST_BYTES: usize = 4 << 30;
/// The most samples of one image: each takes four bytes while it is decoded, more than once.
const MOST_SAMPLES: u64 = 1 << 28;
/// An image of so many samples may have nearly nothing in it.
const SMALL: u64 = 1 << 26;
/// The most samples for a byte of a larger one.
const MOST_SAMPLES_PER_BYTE: u64 = 1 << 16;

/// What the headers of a stream say.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Upright: the stream's orientation is applied.
    pub size: Size,
    /// As [`decode`] gives them.
    pub channels: u8,
    pub sample: SampleType,
    pub color: Color,
    /// The ICC profile of the pixels.
    pub icc: Option<Vec<u8>>,
}

/// The size and kind of the image in `stream`.
pub fn header(stream: &[u8]) -> Result<Header> {
    read_header(&open(stream)?)
}

/// Decode the first picture of `stream`, of at most `most` pixels, upright: up to 8 bits to bytes, more to 16 bits, floats to floats.
pub fn decode(stream: &[u8], most: u64) -> Result<Pixels> {
    let image = open(stream)?;
    let header = read_header(&image)?;
    if header.size.area() > most {
        return Err(Error::corrupt(format!("a JPEG XL of {} pixels where far fewer belong", header.size)));
    }
    let samples_in_all = header.size.area().saturating_mul(header.channels.into());
    if samples_in_all > MOST_SAMPLES {
        return Err(Error::limit(format!("JPEG XL: {} pixels in one piece are too many", header.size)));
    }
    if samples_in_all > SMALL && samples_in_all / MOST_SAMPLES_PER_BYTE > stream.len() as u64 {
        return Err(Error::corrupt("the JPEG XL stream is too short for its size"));
    }
    let rendered = image.render_frame(0).map_err(|error| Error::corrupt(format!("JPEG XL: {error}")))?;
    match header.sample {
        SampleType::U8 => samples::<u8>(&rendered, &header),
        SampleType::U16 => samples::<u16>(&rendered, &header),
        _ => samples::<f32>(&rendered, &header),
    }
}

fn samples<S: Sample + FrameBufferSample>(rendered: &Render, header: &Header) -> Result<Pixels> {
    let mut stream = rendered.stream();
    let found = Size::new(stream.width(), stream.height());
    if found != header.size || stream.channels() != u32::from(header.channels) {
        return Err(Error::corrupt(format!("a JPEG XL picture of {found} pixels where {} belong", header.size)));
    }
    let mut out = vec![S::default(); found.area() as usize * header.channels as usize];
    stream.write_to_buffer(&mut out);
    Pixels::new(header.size, header.channels, S::wrap(out))
}

fn open(stream: &[u8]) -> Result<JxlImage> {
    // One thread: who reads tiles has its own threads.
    let builder = JxlImage::builder().pool(JxlThreadPool::none()).alloc_tracker(AllocTracker::with_limit(MOST_BYTES));
    builder.read(stream).map_err(|error| Error::corrupt(format!("JPEG XL: {error}")))
}

fn read_header(image: &JxlImage) -> Result<Header> {
    let color = match image.pixel_format() {
        PixelFormat::Gray => Color::Gray,
        PixelFormat::Graya => Color::GrayAlpha,
        PixelFormat::Rgb => Color::Rgb,
        PixelFormat::Rgba => Color::Rgba,
        PixelFormat::Cmyk | PixelFormat::Cmyka => return Err(Error::unsupported("CMYK JPEG XL")),
    };
    let sample = match image.image_header().metadata.bit_depth {
        BitDepth::IntegerSample { bits_per_sample: ..=8 } => SampleType::U8,
        BitDepth::IntegerSample { bits_per_sample: ..=16 } => SampleType::U16,
        BitDepth::IntegerSample { .. } | BitDepth::FloatSample { .. } => SampleType::F32,
    };
    let size = Size::new(image.width(), image.height());
    if size.is_empty() {
        return Err(Error::corrupt("a JPEG XL image without pixels"));
    }
    let channels = image.pixel_format().channels() as u8;
    Ok(Header { size, channels, sample, color, icc: image.original_icc().map(<[u8]>::to_vec) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream that the documentation of `jxl-oxide` shows.
    const SMALL: [u8; 42] = [
        0xff, 0x0a, 0x30, 0x54, 0x10, 0x09, 0x08, 0x06, 0x01, 0x00, 0x78, 0x00, 0x4b, 0x38, 0x41, 0x3c, 0xb6, 0x3a,
        0x51, 0xfe, 0x00, 0x47, 0x1e, 0xa0, 0x85, 0xb8, 0x27, 0x1a, 0x48, 0x45, 0x84, 0x1b, 0x71, 0x4f, 0xa8, 0x3e,
        0x8e, 0x30, 0x03, 0x92, 0x84, 0x01,
    ];

    #[test]
    fn a_small_stream_is_read() {
        let header = header(&SMALL).unwrap();
        let area = header.size.area();
        let pixels = decode(&SMALL, area).unwrap();
        assert_eq!(
            (pixels.size(), pixels.channels(), pixels.sample_type()),
            (header.size, header.channels, header.sample)
        );
        assert!(!header.size.is_empty(), "{header:?}");
        assert!(decode(&SMALL, area - 1).unwrap_err().to_string().contains("far fewer"));
    }

    #[test]
    fn broken_streams_are_refused() {
        for length in 0..SMALL.len() - 1 {
            assert!(decode(&SMALL[..length], u64::MAX).is_err(), "the first {length} bytes");
        }
    }
}

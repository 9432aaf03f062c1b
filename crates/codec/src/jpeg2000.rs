//! JPEG 2000 (ITU T.800): code streams as slides hold them, and JP2 files.
//!
//! The work is done by `hayro-jpeg2000`; here sizes are checked and samples brought to their types.

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};

use crate::geometry::Size;
use crate::pixels::{Color, Pixels, SampleType, Samples};
use crate::{Error, Result};

/// The most samples of one image: each takes four bytes while it is decoded, or more.
const MOST_SAMPLES: u64 = 1 << 29;
/// A stream can leave out what is flat, but not this much of it.
const MOST_PIXELS_PER_BYTE: u64 = 1 << 14;

/// What the headers of a stream say.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub size: Size,
    /// As [`decode`] gives them.
    pub channels: u8,
    pub sample: SampleType,
    pub color: Color,
    /// Of a sample in the stream; [`decode`] spreads them over the range of `sample`.
    pub bits: u8,
    /// The ICC profile, which only JP2 files have.
    pub icc: Option<Vec<u8>>,
}

/// The size and kind of the image in `stream`, a code stream or a JP2 file.
pub fn header(stream: &[u8]) -> Result<Header> {
    read_header(&open(stream)?)
}

/// Decode the whole of `stream`, a code stream or a JP2 file, of at most `most` pixels: up to 8 bits to bytes, more to 16 bits.
///
/// Subsampled chroma is brought to full resolution and to RGB. A code stream of three full components says nothing of their
/// colors: they come as they are (see [`is_subsampled`]).
pub fn decode(stream: &[u8], most: u64) -> Result<Pixels> {
    let image = open(stream)?;
    let header = read_header(&image)?;
    let area = header.size.area();
    if area > most {
        return Err(Error::corrupt(format!("a JPEG 2000 of {} pixels where far fewer belong", header.size)));
    }
    let samples = area.saturating_mul(header.channels.into());
    if samples > MOST_SAMPLES {
        return Err(Error::limit(format!("JPEG 2000: {} pixels in one piece are too many", header.size)));
    }
    if area / MOST_PIXELS_PER_BYTE > stream.len() as u64 {
        return Err(Error::corrupt("the JPEG 2000 stream is too short for its size"));
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|error| Error::corrupt(format!("JPEG 2000: {error}")))?;
    let planes: Vec<(&[f32], u8)> = decoded.components().iter().map(|c| (c.samples(), c.bit_depth())).collect();
    let whole = |(plane, _): &(&[f32], u8)| plane.len() as u64 == area;
    if planes.len() != header.channels as usize || !planes.iter().all(whole) {
        return Err(Error::corrupt("JPEG 2000: components of unlike sizes"));
    }
    let samples = match header.sample {
        SampleType::U8 => Samples::U8(interleaved(&planes, area as usize, 255.0, |value| value as u8)),
        _ => Samples::U16(interleaved(&planes, area as usize, 65535.0, |value| value as u16)),
    };
    Pixels::new(header.size, header.channels, samples)
}

/// Whether the components of a code stream differ in resolution: then [`decode`] has made RGB of them.
pub fn is_subsampled(stream: &[u8]) -> bool {
    // SIZ follows SOC: two markers, length, capabilities, eight sizes, the number of components, then three bytes for each:
    // depth, and the steps across and down (T.800, A.5.1).
    let Some(count) = stream.get(40..42) else { return false };
    let components = stream.get(42..).unwrap_or_default().chunks_exact(3);
    let mut steps = components.take(u16::from_be_bytes([count[0], count[1]]).into()).map(|c| [c[1], c[2]]);
    let first = steps.next();
    stream.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]) && steps.any(|other| Some(other) != first)
}

/// Whether the code stream in `stream`, alone or in a JP2 file, ends with its end marker. Of one that breaks off, [`decode`] makes a
/// picture without a word.
pub fn is_whole(stream: &[u8]) -> bool {
    let Some(start) = stream.windows(4).position(|four| four == [0xFF, 0x4F, 0xFF, 0x51]) else { return false };
    let number =
        |at: usize, count: usize| stream[at..at + count].iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    // Its box (T.800, I.4): 32 bits of length, the type; a length of 1 stands for 64 bits behind the type, 0 for the rest of the file.
    let end = if start >= 8 && &stream[start - 4..start] == b"jp2c" {
        Some(number(start - 8, 4)).filter(|length| *length > 0).map(|length| start as u64 - 8 + length)
    } else if start >= 16 && &stream[start - 12..start - 8] == b"jp2c" {
        Some((start as u64 - 16).saturating_add(number(start - 8, 8)))
    } else {
        None
    };
    let end = end.unwrap_or(stream.len() as u64);
    let inside = stream.get(start..end.min(stream.len() as u64) as usize).unwrap_or_default();
    let last = inside.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    end <= stream.len() as u64 && inside[..last].ends_with(&[0xFF, 0xD9])
}

/// The most tiles that a code stream can number (T.800, A.4.2), and the most components that pictures have.
const MOST_TILES: u64 = 65_535;
const MOST_COMPONENTS: u16 = 64;

/// Refuse what the decoder would allocate for before it looks at it: tiles and components by the million.
fn check_size(stream: &[u8]) -> Result<()> {
    let siz = stream.windows(4).position(|four| four == [0xFF, 0x4F, 0xFF, 0x51]).map(|at| &stream[at..]);
    let Some(siz) = siz.filter(|siz| siz.len() >= 42) else { return Ok(()) };
    let long = |at: usize| u64::from(u32::from_be_bytes([siz[at], siz[at + 1], siz[at + 2], siz[at + 3]]));
    let tiles = |end: u64, start: u64, side: u64| end.saturating_sub(start).div_ceil(side.max(1));
    let count = tiles(long(8), long(32), long(24)).saturating_mul(tiles(long(12), long(36), long(28)));
    let components = u16::from_be_bytes([siz[40], siz[41]]);
    if count > MOST_TILES {
        return Err(Error::corrupt(format!("JPEG 2000 of {count} tiles")));
    }
    if components > MOST_COMPONENTS {
        return Err(Error::unsupported(format!("JPEG 2000 of {components} components")));
    }
    Ok(())
}

fn open(stream: &[u8]) -> Result<Image<'_>> {
    check_size(stream)?;
    if is_high_throughput(stream) {
        return Err(Error::unsupported("High-Throughput JPEG 2000; convert it to plain JPEG 2000 or TIFF"));
    }
    Image::new(stream, &DecodeSettings::default()).map_err(|error| Error::corrupt(format!("JPEG 2000: {error}")))
}

/// Whether a capability segment behind the size says that blocks are coded as ITU T.814 has it.
fn is_high_throughput(stream: &[u8]) -> bool {
    let Some(start) = stream.windows(4).position(|four| four == [0xFF, 0x4F, 0xFF, 0x51]) else { return false };
    let after = stream.get(start + 4..).and_then(|size| {
        let length = u16::from_be_bytes(*size.first_chunk()?);
        size.get(usize::from(length)..)
    });
    matches!(after, Some([0xFF, 0x50, _, _, _, parts, ..]) if parts & 2 != 0)
}

fn read_header(image: &Image<'_>) -> Result<Header> {
    let alpha = image.has_alpha();
    let colors = image.color_space().num_channels();
    let channels = colors.saturating_add(alpha.into());
    let bits = image.original_bit_depth();
    if !(1..=16).contains(&bits) {
        return Err(Error::unsupported(format!("JPEG 2000 of {bits} bits")));
    }
    let color = match (colors, alpha) {
        (1, false) => Color::Gray,
        (1, true) => Color::GrayAlpha,
        (3, false) => Color::Rgb,
        (3, true) => Color::Rgba,
        _ => Color::Channels,
    };
    let icc = match image.color_space() {
        ColorSpace::Icc { profile, .. } => Some(profile.clone()),
        _ => None,
    };
    let sample = if bits <= 8 { SampleType::U8 } else { SampleType::U16 };
    let size = Size::new(image.width(), image.height());
    if size.is_empty() || channels == 0 {
        return Err(Error::corrupt("a JPEG 2000 image without pixels"));
    }
    Ok(Header { size, channels, sample, color, bits, icc })
}

/// Planes of any depth as interleaved samples of the range 0 to `full`.
fn interleaved<S>(planes: &[(&[f32], u8)], area: usize, full: f32, make: fn(f32) -> S) -> Vec<S> {
    let scale = |bits: u8| full / ((1u32 << bits.clamp(1, 24)) - 1) as f32;
    let scaled: Vec<(&[f32], f32)> = planes.iter().map(|(plane, bits)| (*plane, scale(*bits))).collect();
    let mut out = Vec::with_capacity(area * planes.len());
    for at in 0..area {
        out.extend(scaled.iter().map(|(plane, scale)| make((plane[at] * scale + 0.5).clamp(0.0, full))));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_from_the_stream() {
        let mut stream = vec![0xFF, 0x4F, 0xFF, 0x51];
        stream.resize(40, 0);
        stream.extend([0, 3, 7, 1, 1, 7, 1, 1, 7, 1, 1]);
        assert!(!is_subsampled(&stream), "three alike");
        stream[46] = 2;
        assert!(is_subsampled(&stream), "chroma at half");
        assert!(!is_subsampled(&stream[..40]), "broken off");
    }

    #[test]
    fn a_stream_ends_with_its_marker() {
        let code = [&[0xFF, 0x4F, 0xFF, 0x51][..], &[7; 20], &[0xFF, 0xD9]].concat();
        let long = [&[0, 0, 0, 1][..], b"jp2c", &[0, 0, 0, 0, 0, 0, 0, 42], &code].concat();
        for boxed in [&[0, 0, 0, 34][..], &[0, 0, 0, 0]].map(|length| [length, b"jp2c", &code].concat()) {
            assert!(is_whole(&boxed) && !is_whole(&boxed[..boxed.len() - 3]));
        }
        assert!(is_whole(&code) && !is_whole(&code[..20]) && !is_whole(&[]));
        assert!(is_whole(&long) && !is_whole(&long[..41]));
        let followed = [&[0, 0, 0, 34][..], b"jp2c", &code, &[0, 0, 0, 9], b"xml !"].concat();
        assert!(is_whole(&followed), "another box behind it");
    }

    #[test]
    fn invalid_streams_fail() {
        for stream in [&b""[..], b"\xFF\x4F\xFF\x51", b"\xFF\xD8\xFF\xE0 jpeg"] {
            assert!(decode(stream, 100).is_err() && header(stream).is_err());
        }
    }
}

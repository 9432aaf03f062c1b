//! JPEG: what nearly every tile, slide and web pyramid is made of.

mod fallback;

use crate::geometry::Size;
use crate::pixels::{Pixels, PixelsView};
use crate::{Error, Result};

/// How the stored components are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourSpace {
    /// As the stream's own markers say (JFIF, Adobe, component ids).
    #[default]
    Marked,
    /// YCbCr whatever the markers say, to be turned into RGB.
    YCbCr,
    /// The components as they are: RGB or any other.
    AsStored,
}

/// How to decode.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecodeOptions<'a> {
    /// An abbreviated stream with the tables (TIFF's JPEGTables), or empty.
    pub tables: &'a [u8],
    /// Which colours the components are.
    pub colour: ColourSpace,
    /// Halvings: 0 full size, 1 to 3 for 1/2, 1/4, 1/8 (sides rounded up).
    pub reduce: u8,
}

/// What the headers of a stream say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Of the full image.
    pub size: Size,
    /// Of the stored components: 1, 3 or 4.
    pub components: u8,
    /// Whether decoding gets by with a part of the stream at a time.
    pub baseline: bool,
}

/// Chroma resolution of the encoder's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Subsampling {
    /// Full: 4:4:4.
    Full,
    /// Half across: 4:2:2.
    Half,
    /// Half both ways: 4:2:0.
    #[default]
    Quarter,
}

/// How to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// 1 to 100, on libjpeg's scale.
    pub quality: u8,
    pub subsampling: Subsampling,
    /// Leave out the tables (they stand in TIFF's JPEGTables, see [`tables`]), and the JFIF header with them.
    pub abbreviated: bool,
}

/// Decode a whole stream.
pub fn decode(stream: &[u8], options: &DecodeOptions<'_>) -> Result<Pixels> {
    let pixels = fallback::decode(stream, options)?;
    Ok((0..options.reduce).fold(pixels, |pixels, _| crate::pixels::halve(pixels.view(), false)))
}

/// Encode grey or RGB bytes (1 or 3 channels of u8) behind what `out` holds already.
pub fn encode(view: PixelsView<'_>, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<()> {
    fallback::encode(view, options, out)
}

/// The size and kind of the image in `stream`, from its headers alone.
pub fn header(stream: &[u8]) -> Result<Header> {
    let mut at = 2;
    if stream.get(..2) != Some(&[0xFF, 0xD8]) {
        return Err(Error::corrupt("no JPEG start marker"));
    }
    while let Some(&[first, marker, high, low]) = stream.get(at..at + 4) {
        if first != 0xFF {
            return Err(Error::corrupt("no JPEG marker where one must stand"));
        }
        if marker == 0xFF {
            at += 1;
            continue;
        }
        let is_frame = matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
        if is_frame {
            let Some(&[_, h1, h0, w1, w0, components]) = stream.get(at + 4..at + 10) else { break };
            let size = Size::new(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
            return Ok(Header { size, components, baseline: marker <= 0xC1 });
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    Err(Error::corrupt("the JPEG ends before its frame header"))
}

//! JPEG: what nearly every tile, slide and web pyramid is made of.

mod bits;
mod dct;
mod decode;
mod encode;
mod fallback;
mod huffman;
mod kernels;
mod markers;
mod simd;
mod tables;
#[cfg(test)]
mod tests;
mod upsample;

use std::cell::RefCell;

use crate::geometry::Size;
use crate::pixels::{Pixels, PixelsView, Samples};
use crate::{Error, Result};
use bits::{BitReader, BitWriter};
use markers::Segments;

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
    let fast = DECODER.with_borrow_mut(|engine| decode_fast(engine, stream, options));
    let (pixels, halvings) = match fast {
        // The decoder has done three halvings in one: the mean of a block is its DC coefficient.
        Ok(pixels) => (pixels, if options.reduce == 3 { 0 } else { options.reduce }),
        Err(_) => (fallback::decode(stream, options)?, options.reduce),
    };
    Ok((0..halvings).fold(pixels, |pixels, _| crate::pixels::halve(pixels.view(), false)))
}

/// Encode grey or RGB bytes (1 or 3 channels of u8) behind what `out` holds already.
pub fn encode(view: PixelsView<'_>, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<()> {
    let (size, channels) = (view.size(), view.channels());
    if !matches!(channels, 1 | 3) {
        return Err(Error::unsupported(format!("JPEG of {channels} channels")));
    }
    if size.is_empty() || size.width > MAX_SIDE || size.height > MAX_SIDE {
        return Err(Error::limit(format!("a JPEG holds 1 to {MAX_SIDE} pixels a side, not {size}")));
    }
    if view.row::<u8>(0).is_none() {
        return Err(Error::unsupported("JPEG of more than 8 bits; choose another compression"));
    }
    ENCODER.with_borrow_mut(|engine| encode_fast(engine, view, options, out));
    Ok(())
}

/// The abbreviated stream with the tables that streams encoded with these options need: TIFF's JPEGTables.
pub fn tables(options: &EncodeOptions, channels: u8) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    ENCODER.with_borrow_mut(|engine| {
        engine.start(Size::new(8, 8), channels, options, 0);
        engine.write_tables(&encode::STANDARD, &mut out);
    });
    out.extend([0xFF, 0xD9]);
    out
}

/// The size and kind of the image in `stream`, from its headers alone.
pub fn header(stream: &[u8]) -> Result<Header> {
    Segments::read_header(stream)
}

/// The longest side that a frame header can name.
const MAX_SIDE: u32 = 65_535;

thread_local! {
    /// Tables and buffers, kept from tile to tile: making a Huffman table ready takes as long as decoding a small tile.
    static DECODER: RefCell<decode::Engine> = RefCell::default();
    static ENCODER: RefCell<encode::Engine> = RefCell::default();
}

fn decode_fast(engine: &mut decode::Engine, stream: &[u8], options: &DecodeOptions<'_>) -> Result<Pixels> {
    let segments = Segments::read(options.tables, stream)?;
    let data = &stream[segments.data_at..];
    engine.start(&segments, options.colour, options.reduce == 3, data.len())?;
    let mut bits = BitReader::new(data);
    let mut samples = vec![0; engine.size().area() as usize * usize::from(engine.channels())];
    let mut rest = &mut samples[..];
    while !rest.is_empty() {
        let written = engine.advance(&mut bits, rest)?;
        rest = &mut rest[written..];
    }
    Pixels::new(engine.size(), engine.channels(), Samples::U8(samples))
}

fn encode_fast(engine: &mut encode::Engine, view: PixelsView<'_>, options: &EncodeOptions, out: &mut Vec<u8>) {
    engine.start(view.size(), view.channels(), options, 0);
    engine.write_header(options.abbreviated, &encode::STANDARD, out);
    let codes = encode::Codes::new(&encode::STANDARD);
    let mut sink = encode::StreamSink { codes: &codes, bits: BitWriter::new(std::mem::take(out)) };
    let (height, step) = (view.size().height as usize, engine.mcu_size().1 as usize);
    for top in (0..height).step_by(step) {
        let rows = top..height.min(top + step);
        engine.encode_mcu_row(rows.map(|y| view.row::<u8>(y).unwrap_or_default()), &mut sink);
    }
    sink.bits.align();
    sink.bits.marker(0xD9);
    *out = sink.bits.into_bytes();
}

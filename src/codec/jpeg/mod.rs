//! JPEG: what nearly every tile, slide and web pyramid is made of.

#![allow(
    clippy::inline_always,
    reason = "the inner loops take on the vector instructions of the function they are inlined into (see kernels.rs)"
)]

mod bits;
mod dct;
mod decode;
mod encode;
mod fallback;
mod huffman;
mod inks;
mod kernels;
mod markers;
mod optimise;
mod simd;
mod stream;
mod tables;
#[cfg(test)]
mod tests;
mod upsample;

use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;

use crate::geometry::{Rect, Size};
use crate::pixels::{Pixels, PixelsView, SampleType, Samples};
use crate::{Error, Result};
use bits::{BitReader, BitWriter};
use markers::Segments;

pub use stream::{Decoder, Encoder};

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
    let fast = DECODER.with_borrow_mut(|engine| decode_fast(engine, stream, options, 0..u32::MAX));
    let (pixels, halvings) = match fast {
        // The decoder has done three halvings in one: the mean of a block is its DC coefficient.
        Ok(pixels) => (pixels, if options.reduce == 3 { 0 } else { options.reduce }),
        Err(_) => (fallback::decode(stream, options)?, options.reduce),
    };
    Ok((0..halvings).fold(pixels, |pixels, _| crate::pixels::halve(pixels.view(), false)))
}

/// Decode the rows of pixels in `rows`, counted in the reduced image. What is above is only walked over, what is below not
/// looked at.
pub fn decode_rows(stream: &[u8], options: &DecodeOptions<'_>, rows: Range<u32>) -> Result<Pixels> {
    // Halvings that the decoder does not do by itself want their rows at full size.
    let halvings = if options.reduce == 3 { 0 } else { options.reduce };
    let needed = rows.start << halvings..rows.end.saturating_mul(1 << halvings);
    let fast = DECODER.with_borrow_mut(|engine| decode_fast(engine, stream, options, needed));
    if let Ok(pixels) = fast {
        return Ok((0..halvings).fold(pixels, |pixels, _| crate::pixels::halve(pixels.view(), false)));
    }
    let whole = decode(stream, options)?;
    let (end, width) = (rows.end.min(whole.size().height), whole.size().width.into());
    Ok(whole.crop(Rect::new(0, rows.start.min(end).into(), width, end.into())))
}

/// Encode grey or RGB bytes (1 or 3 channels of u8) behind what `out` holds already.
pub fn encode(view: PixelsView<'_>, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<()> {
    check(view)?;
    ENCODER.with_borrow_mut(|engine| encode_fast(engine, view, *options, out));
    Ok(())
}

/// As [`encode`], with Huffman tables made for this picture: some per cent smaller, in twice the time. The tables are in the
/// stream even if `options` ask for an abbreviated one.
pub fn encode_optimised(view: PixelsView<'_>, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<()> {
    check(view)?;
    ENCODER.with_borrow_mut(|engine| {
        let mut statistics = encode::Statistics([[0; 256]; 4]);
        engine.start(view.size(), view.channels(), *options, 0);
        encode_rows(engine, view, &mut statistics);
        let tables = statistics.0.map(|frequencies| optimise::Table::for_frequencies(&frequencies));
        let specs = [0, 1, 2, 3].map(|i| tables[i].spec());
        engine.start(view.size(), view.channels(), *options, 0);
        engine.write_header(false, &specs, out);
        encode_stream(engine, view, &encode::Codes::new(&specs), out);
    });
    Ok(())
}

/// The abbreviated stream with the tables that streams encoded with these options need: TIFF's JPEGTables.
pub fn tables(options: &EncodeOptions, channels: u8) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    ENCODER.with_borrow_mut(|engine| {
        engine.start(Size::new(8, 8), channels, *options, 0);
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

/// Codes of the standard tables, made once.
static STANDARD_CODES: LazyLock<encode::Codes> = LazyLock::new(|| encode::Codes::new(&encode::STANDARD));

fn decode_fast(
    engine: &mut decode::Engine,
    stream: &[u8],
    options: &DecodeOptions<'_>,
    rows: Range<u32>,
) -> Result<Pixels> {
    let segments = Segments::read(options.tables, stream)?;
    let data = &stream[segments.data_at..];
    engine.start(&segments, options.colour, options.reduce == 3, data.len())?;
    engine.limit_to(rows);
    let size = Size::new(engine.size().width, engine.rows_wanted());
    let mut samples = vec![0; engine.line() * size.height as usize];
    let (mut bits, mut rest) = (BitReader::new(data), &mut samples[..]);
    while !rest.is_empty() {
        let written = engine.advance(&mut bits, rest)?;
        rest = &mut rest[written..];
    }
    let pixels = Pixels::new(size, engine.channels(), Samples::U8(samples))?;
    inks::rgb_from_inks(pixels, &segments, options.colour)
}

fn encode_fast(engine: &mut encode::Engine, view: PixelsView<'_>, options: EncodeOptions, out: &mut Vec<u8>) {
    engine.start(view.size(), view.channels(), options, 0);
    engine.write_header(options.abbreviated, &encode::STANDARD, out);
    encode_stream(engine, view, &STANDARD_CODES, out);
}

/// Entropy-coded data and the end marker.
fn encode_stream(engine: &mut encode::Engine, view: PixelsView<'_>, codes: &encode::Codes, out: &mut Vec<u8>) {
    let mut sink = encode::StreamSink { codes, bits: BitWriter::new(std::mem::take(out)) };
    encode_rows(engine, view, &mut sink);
    sink.bits.end_with_marker(0xD9);
    *out = sink.bits.into_bytes();
}

fn encode_rows(engine: &mut encode::Engine, view: PixelsView<'_>, sink: &mut impl encode::Sink) {
    let (height, step) = (view.size().height as usize, engine.mcu_size().1 as usize);
    for top in (0..height).step_by(step) {
        let rows = top..height.min(top + step);
        engine.encode_mcu_row(rows.map(|y| view.row::<u8>(y).unwrap_or_default()), sink);
    }
}

fn check(view: PixelsView<'_>) -> Result<()> {
    check_size(view.size(), view.channels())?;
    if view.sample_type() == SampleType::U8 {
        return Ok(());
    }
    Err(Error::unsupported("JPEG of more than 8 bits; choose another compression"))
}

fn check_size(size: Size, channels: u8) -> Result<()> {
    if !matches!(channels, 1 | 3) {
        return Err(Error::unsupported(format!("JPEG of {channels} channels")));
    }
    if size.is_empty() || size.width > MAX_SIDE || size.height > MAX_SIDE {
        return Err(Error::limit(format!("a JPEG holds 1 to {MAX_SIDE} pixels a side, not {size}")));
    }
    Ok(())
}

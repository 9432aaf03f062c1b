//! JPEG (ITU T.81): what nearly every tile, slide and web pyramid is made of.
//!
//! Streams of 8 bits take a path of our own, which keeps up with the vector code of libjpeg-turbo and needs neither C nor an
//! assembler; everything else goes to `rare`. In reading order:
//!
//! ```text
//! markers   what stands before the data       tables     constants of the standard
//! bits      bits in and out of bytes          huffman    codes to symbols and back, in one look-up
//! dct       the transform, for any lanes      kernels    inner loops over pixels, in plain code
//! simd      the same with AVX2, and the choice; the only unsafe code
//! upsample  chroma to full resolution         cmyk       CMYK to RGB
//! raster    rows of MCUs to rows of pixels    encode     and back
//! decode    baseline streams                  optimize   Huffman tables made to measure
//! outline, coefficients, scan, scans          progressive streams, and what is left of damaged ones
//! stream    images of any height, both ways   rare       kinds that hardly anything writes
//! ```
//!
//! An MCU (minimum coded unit) is the smallest piece with all components: one block of 8×8 samples of each, or with 4:2:0
//! chroma four of luma and one of each chroma, for 16×16 pixels.
//!
//! How it is fast: bits come 64 at a time; one look-up gives run, size and value of a coefficient; a block with nothing but
//! its mean is filled, not transformed; what an MCU row touches stays in the cache; and tables are made once for all tiles of a
//! thread that share them. Plain and vector code give the same bytes, so a picture does not depend on the machine.

#![allow(
    clippy::inline_always,
    reason = "the inner loops take on the vector instructions of the function they are inlined into (see kernels.rs)"
)]

mod bits;
mod coefficients;
mod dct;
mod decode;
mod encode;
#[cfg(test)]
mod foreign;
mod huffman;
mod cmyk;
mod kernels;
mod markers;
mod optimize;
mod outline;
#[cfg(feature = "rare-jpeg")]
mod rare;
#[cfg(not(feature = "rare-jpeg"))]
#[path = "no_rare.rs"]
mod rare;
mod raster;
#[cfg(test)]
mod reference;
mod scan;
mod scans;
mod simd;
mod stream;
mod tables;
#[cfg(test)]
mod tests;
mod upsample;

use std::cell::RefCell;
use std::sync::LazyLock;

use crate::geometry::{Rect, Size};
use crate::pixels::{Pixels, PixelsView, SampleType, Samples};
use crate::{Error, Result};
use bits::{BitReader, BitWriter};
use cmyk::cmyk_of;
use markers::Segments;

pub use cmyk::decode_cmyk;
pub use stream::{Decoder, Encoder};

/// How the stored components are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorSpace {
    /// As the stream's own markers say (JFIF, Adobe, component ids).
    #[default]
    Marked,
    /// YCbCr whatever the markers say, converted to RGB.
    YCbCr,
    /// The components unchanged: RGB or any other.
    AsStored,
    /// CMYK, 255 for full colorant, whether or not the stream stores it inverted; other components unchanged.
    Cmyk,
}

/// How to decode.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecodeOptions<'a> {
    /// An abbreviated stream with the tables (TIFF's JPEGTables), or empty.
    pub tables: &'a [u8],
    /// Which colors the components are.
    pub color: ColorSpace,
    /// Log2 of the downsampling: 0 full size, 1 to 3 for 1/2, 1/4, 1/8 (sides rounded up).
    ///
    /// The filter is that of every pyramid here, the mean over the pixels, but exact: it is taken in the transform, before
    /// samples are rounded (see `dct`). Chroma at half resolution is downsampled once less, without interpolation. A pixel over
    /// the image's edge counts with what is beyond it in the stream. Rare kinds are halved after decoding.
    pub reduce: u8,
    /// Each sample of chroma stands for the pixels it was made from, without interpolation: what TIFF's own readers do with its
    /// old JPEG. Rare kinds do not know it.
    pub repeat_chroma: bool,
}

/// What the headers of a stream say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Of the full image.
    pub size: Size,
    /// Of the stored components: 1, 3 or 4.
    pub components: u8,
    /// Of a sample: above 8, decoding gives 16-bit samples.
    pub bits: u8,
    /// Whether a [`Decoder`] can do it: neither arithmetic, lossless, hierarchical nor of more than 8 bits.
    pub by_rows: bool,
}

/// Chroma resolution of the encoder's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Subsampling {
    /// Full: 4:4:4.
    Full,
    /// Half across: 4:2:2.
    Half,
    /// Half down: 4:4:0.
    HalfDown,
    /// Half both ways: 4:2:0.
    #[default]
    Quarter,
}

impl Subsampling {
    /// Pixels across and down for one sample of chroma: TIFF's `YCbCrSubSampling`.
    pub const fn factors(self) -> (u8, u8) {
        match self {
            Self::Full => (1, 1),
            Self::Half => (2, 1),
            Self::HalfDown => (1, 2),
            Self::Quarter => (2, 2),
        }
    }
}

/// Which colors the encoder stores for RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum StoredColors {
    /// Luma and chroma: YCbCr.
    #[default]
    Ycc,
    /// Red, green and blue as they are, never subsampled. Larger; for pictures that are no photographs, where colors at the
    /// same brightness matter.
    Rgb,
}

/// How to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// 1 to 100, on libjpeg's scale.
    pub quality: u8,
    pub subsampling: Subsampling,
    pub colors: StoredColors,
    /// Leave out the tables (they stand in TIFF's JPEGTables, see [`tables`]), and the JFIF header with them.
    pub abbreviated: bool,
}

impl Default for EncodeOptions {
    /// Quality 75, 4:2:0, a stream of its own.
    fn default() -> Self {
        Self { quality: 75, subsampling: Subsampling::default(), colors: StoredColors::default(), abbreviated: false }
    }
}

/// Decodes a whole stream. CMYK becomes RGB, unless `AsStored` is asked for. A damaged stream is decoded up to the damage.
pub fn decode(stream: &[u8], options: &DecodeOptions<'_>) -> Result<Pixels> {
    decode_part(stream, options, ALL)
}

/// [`decode`], of a picture of at most `most` pixels: a header that lies must not make us decode a far larger one.
pub fn decode_within(stream: &[u8], options: &DecodeOptions<'_>, most: u64) -> Result<Pixels> {
    let found = header(stream)?.size;
    if found.area() > most {
        return Err(Error::corrupt(format!("a JPEG of {found} pixels where far fewer belong")));
    }
    decode(stream, options)
}

/// Decode the pixels of `part`, counted in the reduced image and cut at its edges. What is above and to both sides is only walked
/// over, what is below not looked at.
pub fn decode_part(stream: &[u8], options: &DecodeOptions<'_>, part: Rect) -> Result<Pixels> {
    let fast = DECODER.with_borrow_mut(|engine| decode_fast(engine, stream, options, part));
    if fast.is_ok() {
        return fast;
    }
    let segments = Segments::read(options.tables, stream)?;
    let most = if segments.is_lossless() { 8 } else { MAX_PIXELS_PER_BYTE };
    if segments.header.size.area() / most > stream.len() as u64 {
        return Err(Error::corrupt("the JPEG is too short for its size"));
    }
    if segments.is_rare()
        && segments.header.size.area() > MANY_RARE
        && segments.header.size.area() / MAX_RARE_PER_BYTE > stream.len() as u64
    {
        return Err(Error::corrupt("the JPEG is too short for its size"));
    }
    if !segments.is_rare() {
        return scans::decode(stream, &segments, options, part);
    }
    let stored = if options.color == ColorSpace::Cmyk { ColorSpace::AsStored } else { options.color };
    let pixels = rare::decode(stream, &DecodeOptions { color: stored, ..*options })?;
    let pixels =
        if stored == options.color { pixels } else { cmyk_of(pixels, segments.adobe_transform(), options.color)? };
    let whole = (0..options.reduce).fold(pixels, |pixels, _| crate::pixels::halve(pixels.view(), false));
    Ok(if part == ALL { whole } else { whole.crop(part) })
}

/// Decode the pixels of `part` into `to`, in rows that begin `pitch` bytes apart. Only of baseline streams of `size` pixels and
/// `channels` components, which stay what they are; where this fails, parts of `to` may have been written already.
///
/// As [`decode_part`], but nothing is copied: for tiles that a larger picture is put together from.
pub fn decode_into(
    stream: &[u8],
    options: &DecodeOptions<'_>,
    (size, channels): (Size, u8),
    part: Rect,
    (to, pitch): (&mut [u8], usize),
) -> Result<()> {
    DECODER.with_borrow_mut(|engine| {
        let mut bits = start(engine, stream, options, part)?.1;
        let (raster, line) = (engine.raster_mut(), part.width() as usize * usize::from(channels));
        let room = (part.height() as usize).saturating_sub(1) * pitch + line;
        let fits = raster.size_wanted() == part.size() && !part.is_empty() && pitch >= line && to.len() >= room;
        if raster.size() != size || raster.channels() != channels || !fits {
            return Err(Error::unsupported("JPEG of this kind, piece by piece"));
        }
        raster.set_pitch(pitch);
        engine.finish(&mut bits, to)
    })
}

/// Encode gray or RGB bytes (1 or 3 channels of u8) behind what `out` holds already.
pub fn encode(view: PixelsView<'_>, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<()> {
    check(view)?;
    ENCODER.with_borrow_mut(|engine| encode_fast(engine, view, *options, out));
    Ok(())
}

/// As [`encode`], with Huffman tables made for this picture: some per cent smaller, in twice the time. The tables are in the
/// stream even if `options` ask for an abbreviated one.
pub fn encode_optimized(view: PixelsView<'_>, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<()> {
    check(view)?;
    ENCODER.with_borrow_mut(|engine| {
        let mut statistics = encode::Statistics([[0; 256]; 4]);
        engine.start(view.size(), view.channels(), *options, 0);
        encode_rows(engine, view, &mut statistics);
        let tables = statistics.0.map(|frequencies| optimize::Table::for_frequencies(&frequencies));
        let specs = [0, 1, 2, 3].map(|i| tables[i].spec());
        engine.start(view.size(), view.channels(), *options, 0);
        engine.write_header(false, &specs, out);
        encode_stream(engine, view, &encode::Codes::new(&specs), out);
    });
    Ok(())
}

/// Write what stands before the entropy-coded data of an image that is encoded in pieces, by several threads perhaps: one
/// [`encode_interval`] for each `restart_interval` MCUs, a restart marker (0xFF, 0xD0 + n mod 8) between two, 0xFF 0xD9
/// at the end.
///
/// An MCU is 8 pixels wide and high times the [`factors`](Subsampling::factors) of the subsampling, 8×8 for gray and RGB.
pub fn write_header(
    size: Size,
    channels: u8,
    options: &EncodeOptions,
    restart_interval: u16,
    out: &mut Vec<u8>,
) -> Result<()> {
    check_size(size, channels)?;
    ENCODER.with_borrow_mut(|engine| {
        engine.start(size, channels, *options, restart_interval.into());
        engine.write_header(options.abbreviated, &encode::STANDARD, out);
    });
    Ok(())
}

/// Encode rows of MCUs as one restart interval: their entropy-coded data alone, behind what `out` holds. All pieces of an image
/// are as wide as it is; all but the lowest have whole MCUs.
pub fn encode_interval(view: PixelsView<'_>, options: &EncodeOptions, out: &mut Vec<u8>) -> Result<()> {
    check(view)?;
    ENCODER.with_borrow_mut(|engine| {
        engine.start(view.size(), view.channels(), *options, 0);
        let mut sink = encode::StreamSink { codes: &STANDARD_CODES, bits: BitWriter::new(std::mem::take(out)) };
        encode_rows(engine, view, &mut sink);
        sink.bits.end();
        *out = sink.bits.into_bytes();
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

/// `stream` as a file of its own: with the `tables` it shares with others (themselves an abbreviated stream, perhaps empty) and a
/// marker that says whether three components are luma and chroma, whatever markers it had. The data stay as they are.
///
/// What an abbreviated tile of a TIFF becomes in a folder of tiles.
pub fn interchange(stream: &[u8], tables: &[u8], ycc: bool) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(stream.len() + tables.len() + 32);
    out.extend([0xFF, 0xD8]);
    out.extend(if ycc { &encode::JFIF[..] } else { &encode::ADOBE_RGB });
    for (part, what) in [(tables, "tables"), (stream, "stream")] {
        let mut at = 2;
        while let Some((marker, segment)) = markers::next_segment(part, &mut at)? {
            match marker {
                // JFIF's and Adobe's, which may say otherwise.
                0xE0 | 0xEE => {}
                // The data, to the end.
                0xDA if what == "stream" => {
                    out.extend(&part[at - segment.len() - 4..]);
                    return Ok(out);
                }
                _ => out.extend(&part[at - segment.len() - 4..at]),
            }
        }
    }
    Err(Error::corrupt("a JPEG stream without data"))
}

/// The size and kind of the image in `stream`, from its headers alone.
pub fn header(stream: &[u8]) -> Result<Header> {
    Segments::read_header(stream)
}

/// The smallest part of a bit that a pixel takes: in a progressive stream 32767 blocks can share a code. A stream shorter than
/// that is damaged, and must not make us allocate what its header says.
const MAX_PIXELS_PER_BYTE: u64 = 1 << 18;

/// The rare kinds are decoded whole, in some 32 bytes for each pixel. Beyond so many pixels they must have a byte for so many.
const MANY_RARE: u64 = 1 << 24;
const MAX_RARE_PER_BYTE: u64 = 1 << 11;

/// More than any image has.
const ALL: Rect = Rect { x0: 0, y0: 0, x1: i64::MAX, y1: i64::MAX };

/// The longest side that a frame header can name.
const MAX_SIDE: u32 = 65_535;

thread_local! {
    /// Tables and buffers, reused from tile to tile: making a Huffman table ready takes as long as decoding a small tile.
    static DECODER: RefCell<decode::Engine> = RefCell::default();
    static ENCODER: RefCell<encode::Engine> = RefCell::default();
}

/// Codes of the standard tables, made once.
static STANDARD_CODES: LazyLock<encode::Codes> = LazyLock::new(|| encode::Codes::new(&encode::STANDARD));

fn decode_fast(engine: &mut decode::Engine, stream: &[u8], options: &DecodeOptions<'_>, part: Rect) -> Result<Pixels> {
    let (segments, mut bits) = start(engine, stream, options, part)?;
    let (size, channels) = (engine.raster().size_wanted(), engine.raster().channels());
    let mut pixels = Pixels::unwritten(size, channels, SampleType::U8);
    if let (Samples::U8(samples), false) = (pixels.samples_mut(), size.is_empty()) {
        engine.finish(&mut bits, samples)?;
    }
    cmyk_of(pixels, segments.adobe_transform(), options.color)
}

/// Make `engine` ready for `part` of a stream.
fn start<'s>(
    engine: &mut decode::Engine,
    stream: &'s [u8],
    options: &DecodeOptions<'s>,
    part: Rect,
) -> Result<(Segments<'s>, BitReader<'s>)> {
    let segments = Segments::read(options.tables, stream)?;
    let data = &stream[segments.data_at..];
    engine.start(&segments, options, data.len())?;
    engine.raster_mut().limit_to(part);
    Ok((segments, BitReader::new(data)))
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

//! Images of any height in the memory of a few rows: decoding and encoding one row of MCUs after the other.

use std::io::{Read, Seek};
use std::path::Path;

use super::bits::{BitReader, BitWriter};
use super::cmyk::cmyk_of;
use super::encode::{Codes, STANDARD, StreamSink};
use super::markers::Segments;
use super::raster::Raster;
use super::scans::Scans;
use super::{ColorSpace, DecodeOptions, EncodeOptions, STANDARD_CODES, check_size, decode, encode};
use crate::geometry::Size;
use crate::pixels::{Pixels, PixelsView, Samples};
use crate::{Error, IoResultExt, Result};

/// How much of a stream is read at a time, at first.
const WINDOW: usize = 1 << 17;
/// More bytes than this before the first scan, or in one row of MCUs, are damage.
const MAX_WINDOW: usize = 1 << 26;

/// Decodes streams of all kinds but the rare ones from any reader, some rows of pixels at a time.
///
/// A baseline stream is read once from its beginning. One of several scans (progressive, most of all) is looked through for
/// them when the first rows are wanted, and then read at as many places as it has scans.
#[derive(Debug)]
pub struct Decoder<R> {
    source: R,
    way: Way,
    /// The tables of [`DecodeOptions::tables`].
    tables: Vec<u8>,
    color: ColorSpace,
    adobe_transform: Option<u8>,
}

#[derive(Debug)]
enum Way {
    OneScan(Box<OneScan>),
    /// The scans, and whether they have been found yet.
    Scans(Box<Scans<'static>>, bool),
}

impl<R: Read + Seek> Decoder<R> {
    /// Read the headers. [`Error::Unsupported`]: only [`decode`](super::decode()) can do this stream, as a whole.
    pub fn new(mut source: R, options: &DecodeOptions<'_>) -> Result<Self> {
        let mut head = Window::default();
        loop {
            head.read_more(&mut source)?;
            match Segments::read(options.tables, &head.bytes) {
                Ok(segments) if segments.data_at > 0 => {
                    let adobe_transform = segments.adobe_transform();
                    let way = if segments.is_plain() {
                        let mut engine = decode::Engine::default();
                        // How long the stream is nobody knows; the memory is for a row of MCUs, whatever the height.
                        engine.start(&segments, options, usize::MAX)?;
                        let data_at = segments.data_at;
                        Way::OneScan(Box::new(OneScan { engine, window: head.behind(data_at) }))
                    } else {
                        Way::Scans(Box::new(Scans::new(&segments, options)?), false)
                    };
                    return Ok(Self {
                        source,
                        way,
                        tables: options.tables.to_vec(),
                        color: options.color,
                        adobe_transform,
                    });
                }
                Err(error) if head.is_at_end => return Err(error),
                Ok(_) if head.is_at_end => return Err(Error::corrupt("the JPEG ends before its first scan")),
                _ => {}
            }
        }
    }

    /// Of the image, reduced if that was asked for.
    pub fn size(&self) -> Size {
        self.raster().size()
    }

    /// Samples per pixel.
    pub fn channels(&self) -> u8 {
        match (self.raster().channels(), self.color) {
            (4, ColorSpace::Marked | ColorSpace::YCbCr) => 3,
            (channels, _) => channels,
        }
    }

    /// The next rows from the top, some 7 to 16 (fewer when reduced); `None` after the last.
    ///
    /// Where several scans are damaged, what is left of them comes out first, and the error after the last row.
    pub fn next_rows(&mut self) -> Result<Option<Pixels>> {
        let (line, room) = (self.raster().line(), self.raster().max_rows());
        let mut samples = vec![0; line * room];
        while !self.raster().is_done() {
            let written = self.advance(&mut samples)?;
            if written > 0 {
                samples.truncate(written);
                let size = Size::new(self.size().width, (written / line) as u32);
                let pixels = Pixels::new(size, self.raster().channels(), Samples::U8(samples))?;
                return cmyk_of(pixels, self.adobe_transform, self.color).map(Some);
            }
        }
        match &self.way {
            Way::Scans(scans, _) if !scans.is_sound() => {
                Err(Error::corrupt("parts of the JPEG are damaged or missing: not all of the picture is sharp"))
            }
            _ => Ok(None),
        }
    }

    fn raster(&self) -> &Raster {
        match &self.way {
            Way::OneScan(scan) => scan.engine.raster(),
            Way::Scans(scans, _) => scans.raster(),
        }
    }

    fn advance(&mut self, out: &mut [u8]) -> Result<usize> {
        match &mut self.way {
            Way::OneScan(scan) => scan.advance(&mut self.source, out),
            Way::Scans(scans, found) => {
                if !std::mem::replace(found, true) {
                    scans.find(&mut self.source, &self.tables)?;
                }
                if scans.is_over() {
                    return Err(Error::corrupt(format!("JPEG data fail in MCU row {}", scans.raster().row())));
                }
                scans.advance(&mut self.source, out)
            }
        }
    }
}

/// A baseline stream on its way.
#[derive(Debug)]
struct OneScan {
    engine: decode::Engine,
    window: Window,
}

impl OneScan {
    /// One row of MCUs. Where it fails because the window ends, it's tried again with a longer one.
    fn advance(&mut self, source: &mut impl Read, out: &mut [u8]) -> Result<usize> {
        loop {
            let before = self.engine.checkpoint();
            let mut bits = self.window.bits.moved_to(&self.window.bytes, 0);
            match self.engine.advance(&mut bits, out) {
                Ok(written) => {
                    let used = bits.position();
                    self.window.bits = bits.moved_to(&[], used);
                    self.window.bytes.drain(..used);
                    return Ok(written);
                }
                Err(error) if self.window.is_at_end => return Err(error),
                Err(_) => {
                    self.engine.go_back_to(before);
                    self.window.read_more(source)?;
                }
            }
        }
    }
}

/// Bytes of a stream not yet done with; what comes after them is still in the source.
#[derive(Debug)]
struct Window {
    bytes: Vec<u8>,
    is_at_end: bool,
    /// Where in `bytes` to go on.
    bits: BitReader<'static>,
}

impl Default for Window {
    fn default() -> Self {
        Self { bytes: Vec::new(), is_at_end: false, bits: BitReader::new(&[]) }
    }
}

impl Window {
    /// Double the window.
    fn read_more(&mut self, source: &mut impl Read) -> Result<()> {
        let more = self.bytes.len().max(WINDOW);
        if more > MAX_WINDOW {
            return Err(Error::corrupt("a JPEG segment without end"));
        }
        let read = source.take(more as u64).read_to_end(&mut self.bytes).at(Path::new(""))?;
        self.is_at_end = read < more;
        Ok(())
    }

    /// Without its first bytes.
    fn behind(mut self, at: usize) -> Self {
        self.bytes.drain(..at);
        self
    }
}

/// Encodes an image from rows of pixels as they come.
#[derive(Debug)]
pub struct Encoder {
    engine: encode::Engine,
    codes: &'static Codes,
    bits: BitWriter,
    size: Size,
    channels: u8,
    rows_taken: u32,
    /// Rows that do not fill a row of MCUs yet.
    waiting: Vec<u8>,
}

impl Encoder {
    /// Start a stream, with a restart marker after each `restart_interval` MCUs if that is not 0, and write its headers.
    pub fn new(
        size: Size,
        channels: u8,
        options: &EncodeOptions,
        restart_interval: u16,
        out: &mut Vec<u8>,
    ) -> Result<Self> {
        check_size(size, channels)?;
        let mut engine = encode::Engine::default();
        engine.start(size, channels, *options, restart_interval.into());
        engine.write_header(options.abbreviated, &STANDARD, out);
        let bits = BitWriter::new(Vec::new());
        Ok(Self { engine, codes: &STANDARD_CODES, bits, size, channels, rows_taken: 0, waiting: Vec::new() })
    }

    /// Encode the next rows, any number of them, as wide as the image.
    pub fn push(&mut self, rows: PixelsView<'_>, out: &mut Vec<u8>) -> Result<()> {
        let fits = rows.size().width == self.size.width && rows.channels() == self.channels;
        if !fits || rows.size().height > self.size.height - self.rows_taken {
            return Err(Error::invalid("rows that the JPEG has no place for"));
        }
        let line = self.size.width as usize * usize::from(self.channels);
        let full = self.engine.mcu_size().1 as usize * line;
        let mut sink = StreamSink { codes: self.codes, bits: std::mem::take(&mut self.bits) };
        for row in rows.rows::<u8>() {
            self.waiting.extend_from_slice(row);
            self.rows_taken += 1;
            if self.waiting.len() == full || self.rows_taken == self.size.height {
                self.engine.encode_mcu_row(self.waiting.chunks_exact(line), &mut sink);
                self.waiting.clear();
            }
        }
        self.bits = sink.bits;
        self.bits.drain_to(out);
        Ok(())
    }

    /// Write the end, once all rows are there.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.rows_taken != self.size.height {
            return Err(Error::invalid(format!("a JPEG of {} with {} rows", self.size, self.rows_taken)));
        }
        self.bits.end_with_marker(0xD9);
        self.bits.drain_to(out);
        Ok(())
    }
}

//! Images of any height in the memory of a few rows: decoding and encoding one row of MCUs after the other.

use std::io::Read;
use std::path::Path;

use super::bits::{BitReader, BitWriter};
use super::encode::{Codes, STANDARD, StreamSink};
use super::markers::Segments;
use super::{DecodeOptions, EncodeOptions, STANDARD_CODES, check_size, decode, encode};
use crate::geometry::Size;
use crate::pixels::{Pixels, PixelsView, Samples};
use crate::{Error, IoResultExt, Result};

/// How much of a stream is read at a time, at first.
const WINDOW: usize = 1 << 17;
/// More bytes than this before the first scan, or in one row of MCUs, are damage.
const MAX_WINDOW: usize = 1 << 26;

/// Decodes baseline streams from any reader, some rows of pixels at a time.
///
/// Four inks come as they are stored.
#[derive(Debug)]
pub struct Decoder<R> {
    engine: decode::Engine,
    source: R,
    /// Bytes of the stream not yet done with; what comes after them is still in `source`.
    window: Vec<u8>,
    is_at_end: bool,
    /// Where in `window` to go on.
    bits: BitReader<'static>,
}

impl<R: Read> Decoder<R> {
    /// Read the headers. [`Error::Unsupported`]: only [`decode`](super::decode()) can do this stream, as a whole.
    pub fn new(source: R, options: &DecodeOptions<'_>) -> Result<Self> {
        let (engine, bits) = (decode::Engine::default(), BitReader::new(&[]));
        let mut decoder = Self { engine, source, window: Vec::new(), is_at_end: false, bits };
        loop {
            decoder.read_more()?;
            match Segments::read(options.tables, &decoder.window) {
                Ok(segments) if segments.data_at > 0 => {
                    let start = segments.data_at;
                    // How long the stream is nobody knows; the memory is for a row of MCUs, whatever the height.
                    decoder.engine.start(&segments, options.colour, options.reduce, usize::MAX)?;
                    decoder.window.drain(..start);
                    return Ok(decoder);
                }
                Err(error) if decoder.is_at_end => return Err(error),
                Ok(_) if decoder.is_at_end => return Err(Error::corrupt("the JPEG ends before its first scan")),
                _ => {}
            }
        }
    }

    /// Of the image, reduced if that was asked for.
    pub fn size(&self) -> Size {
        self.engine.size()
    }

    /// Samples per pixel.
    pub fn channels(&self) -> u8 {
        self.engine.channels()
    }

    /// The next rows from the top, some 7 to 16 (fewer when reduced); `None` after the last.
    pub fn next_rows(&mut self) -> Result<Option<Pixels>> {
        let (line, room) = (self.engine.line(), self.engine.max_rows());
        let mut samples = vec![0; line * room];
        while !self.engine.is_done() {
            let written = self.advance(&mut samples)?;
            if written > 0 {
                samples.truncate(written);
                let size = Size::new(self.engine.size().width, (written / line) as u32);
                return Pixels::new(size, self.engine.channels(), Samples::U8(samples)).map(Some);
            }
        }
        Ok(None)
    }

    /// One row of MCUs. Where it fails because the window ends, it's tried again with a longer one.
    fn advance(&mut self, out: &mut [u8]) -> Result<usize> {
        loop {
            let before = self.engine.checkpoint();
            let mut bits = self.bits.moved_to(&self.window, 0);
            match self.engine.advance(&mut bits, out) {
                Ok(written) => {
                    let used = bits.position();
                    self.bits = bits.moved_to(&[], used);
                    self.window.drain(..used);
                    return Ok(written);
                }
                Err(error) if self.is_at_end => return Err(error),
                Err(_) => {
                    self.engine.go_back_to(before);
                    self.read_more()?;
                }
            }
        }
    }

    /// Double the window.
    fn read_more(&mut self) -> Result<()> {
        let more = self.window.len().max(WINDOW);
        if more > MAX_WINDOW {
            return Err(Error::corrupt("a JPEG segment without end"));
        }
        let read = self.source.by_ref().take(more as u64).read_to_end(&mut self.window).at(Path::new(""))?;
        self.is_at_end = read < more;
        Ok(())
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

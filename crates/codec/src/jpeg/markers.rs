//! The marker segments before the first scan (ITU T.81, Annex B), read into what a decoder needs.
//!
//! It must not decode anything, and borrows all it can from the stream.

use super::tables::{self, HuffmanSpec};
use super::{ColorSpace, Header};
use crate::geometry::Size;
use crate::{Error, Result};

/// One component of the frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Component {
    pub id: u8,
    /// Sampling factors: blocks across and down in one MCU of an interleaved scan.
    pub h: u8,
    pub v: u8,
    pub quantizer: u8,
    /// Huffman tables, from the scan header.
    pub dc: u8,
    pub ac: u8,
}

/// All segments up to the entropy-coded data.
#[derive(Debug, Clone)]
pub(super) struct Segments<'a> {
    pub header: Header,
    pub components: [Component; 4],
    /// In rows.
    pub quantisers: [Option<[u16; 64]>; 4],
    pub dc: [Option<HuffmanSpec<'a>>; 4],
    pub ac: [Option<HuffmanSpec<'a>>; 4],
    /// MCUs between restart markers, or 0.
    pub restart_interval: u32,
    /// Where the entropy-coded data of the first scan start in the stream.
    pub data_at: usize,
    jfif: bool,
    adobe_transform: Option<u8>,
    frame: Option<Frame>,
    scan: Option<ScanHeader>,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    marker: u8,
    precision: u8,
    size: Size,
    count: u8,
}

/// A scan header (B.2.3).
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanHeader {
    pub count: u8,
    /// Of each component: its id, its tables.
    pub listed: [[u8; 2]; 4],
    /// The first and last coefficient, in the order of the stream.
    pub band: (u8, u8),
    /// The lowest bit of coefficients sent before, or 0, and the lowest one now (G.1.1.1.2).
    pub bits: (u8, u8),
    /// All components in their order, all coefficients, all bits.
    is_whole: bool,
}

impl Default for Segments<'_> {
    fn default() -> Self {
        Self {
            header: Header { size: Size::new(0, 0), components: 0, bits: 8, by_rows: false },
            components: [Component::default(); 4],
            quantisers: [None; 4],
            // What a stream without tables means, as Motion JPEG has it.
            dc: [Some(tables::LUMA_DC), Some(tables::CHROMA_DC), None, None],
            ac: [Some(tables::LUMA_AC), Some(tables::CHROMA_AC), None, None],
            restart_interval: 0,
            data_at: 0,
            jfif: false,
            adobe_transform: None,
            frame: None,
            scan: None,
        }
    }
}

impl<'a> Segments<'a> {
    /// The tables of the abbreviated stream `tables` (may be empty) alone.
    pub(super) fn of_tables(tables: &'a [u8]) -> Result<Self> {
        let mut segments = Self::default();
        if !tables.is_empty() {
            segments.read_stream(tables, false)?;
            (segments.jfif, segments.adobe_transform, segments.frame, segments.scan) = (false, None, None, None);
        }
        Ok(segments)
    }

    /// Read the tables of the abbreviated stream `tables` (may be empty), then all before the first scan of `stream`.
    pub(super) fn read(tables: &'a [u8], stream: &'a [u8]) -> Result<Self> {
        let mut segments = Self::of_tables(tables)?;
        segments.read_stream(stream, false)?;
        let Some(frame) = segments.frame else { return Err(Error::corrupt("the JPEG ends before its frame header")) };
        segments.header = frame.header();
        Ok(segments)
    }

    /// Only the frame header.
    pub(super) fn read_header(stream: &'a [u8]) -> Result<Header> {
        let mut segments = Self::default();
        segments.read_stream(stream, true)?;
        segments.frame.map(Frame::header).ok_or_else(|| Error::corrupt("the JPEG ends before its frame header"))
    }

    /// Whether the frame is what this decoder is for: baseline or extended Huffman of 8 bits, all components in one scan.
    pub(super) fn is_plain(&self) -> bool {
        let (Some(frame), Some(scan)) = (self.frame, self.scan) else { return false };
        matches!(frame.marker, 0xC0 | 0xC1)
            && frame.precision == 8
            && scan.is_whole
            && scan.count == frame.count
            && !frame.size.is_empty()
    }

    /// The color transform that Adobe's marker names, if there is one: 0 none, 1 YCbCr, 2 YCCK.
    pub(super) fn adobe_transform(&self) -> Option<u8> {
        self.adobe_transform
    }

    /// Whether coefficients come in bands and bits: the frame is progressive.
    pub(super) fn is_progressive(&self) -> bool {
        self.frame.is_some_and(|frame| frame.marker == 0xC2)
    }

    /// The header of the last scan that was read.
    pub(super) fn scan(&self) -> Option<ScanHeader> {
        self.scan
    }

    /// Whether the frame is neither sequential nor progressive Huffman of 8 bits.
    pub(super) fn is_rare(&self) -> bool {
        self.frame.is_some_and(|frame| !frame.header().by_rows)
    }

    /// Whether each sample has a code of its own, of one bit at least.
    pub(super) fn is_lossless(&self) -> bool {
        self.frame.is_some_and(|frame| matches!(frame.marker, 0xC3 | 0xC7))
    }

    /// Whether three components are luma and chroma, which is asked of the markers in the order that libjpeg asks them.
    pub(super) fn is_ycc(&self, wanted: ColorSpace) -> bool {
        let ids = [0, 1, 2].map(|c| self.components[c].id);
        self.header.components == 3
            && match (wanted, self.jfif, self.adobe_transform) {
                (ColorSpace::AsStored | ColorSpace::Cmyk, _, _) => false,
                (ColorSpace::YCbCr, _, _) | (_, true, _) => true,
                (_, _, Some(transform)) => transform != 0,
                _ => ids != *b"RGB",
            }
    }

    fn read_stream(&mut self, stream: &'a [u8], header_only: bool) -> Result<()> {
        if stream.get(..2) != Some(&[0xFF, 0xD8]) {
            return Err(Error::corrupt("no JPEG start marker"));
        }
        let mut at = 2;
        while let Some((marker, segment)) = next_segment(stream, &mut at)? {
            if marker == 0xF7 {
                return Err(Error::unsupported("a JPEG-LS picture; convert it to PNG or TIFF"));
            }
            self.take(marker, segment).ok_or_else(|| damaged(marker))?;
            if marker == 0xDA {
                self.data_at = at;
                break;
            }
            if header_only && self.frame.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// Take in all segments from byte `at` of `headers` (a stream without its data) to the next scan header, and move `at` behind
    /// it. False at the end.
    pub(super) fn read_to_scan(&mut self, headers: &'a [u8], at: &mut usize) -> Result<bool> {
        while let Some((marker, segment)) = next_segment(headers, at)? {
            self.take(marker, segment).ok_or_else(|| damaged(marker))?;
            if marker == 0xDA {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Take in one segment; `None` where it's too short or says what cannot be.
    fn take(&mut self, marker: u8, segment: &'a [u8]) -> Option<()> {
        match marker {
            0xC4 => self.take_huffman(segment),
            0xC0..=0xCF if !matches!(marker, 0xC8 | 0xCC) => self.take_frame(marker, segment),
            0xDA => self.take_scan(segment),
            0xDB => self.take_quantisers(segment),
            0xDD => {
                self.restart_interval = u16::from_be_bytes(*segment.first_chunk()?).into();
                Some(())
            }
            0xE0 => {
                self.jfif |= segment.starts_with(b"JFIF\0");
                Some(())
            }
            0xEE => {
                if segment.starts_with(b"Adobe") {
                    self.adobe_transform = segment.get(11).copied();
                }
                Some(())
            }
            _ => Some(()),
        }
    }

    fn take_frame(&mut self, marker: u8, segment: &[u8]) -> Option<()> {
        let &[precision, h1, h0, w1, w0, count] = segment.first_chunk()?;
        let size = Size::new(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
        for (component, &[id, factors, quantizer]) in self.components.iter_mut().zip(segment[6..].as_chunks().0) {
            let (h, v) = (factors >> 4, factors & 15);
            *component = Component { id, h, v, quantizer: quantizer & 3, dc: 0, ac: 0 };
            if !(1..=4).contains(&h) || !(1..=4).contains(&v) {
                return None;
            }
        }
        self.frame = Some(Frame { marker, precision, size, count });
        (self.frame.is_some() && segment.len() >= 6 + 3 * usize::from(count)).then_some(())
    }

    fn take_scan(&mut self, segment: &[u8]) -> Option<()> {
        let frame = self.frame?;
        let (&count, rest) = segment.split_first()?;
        let (listed, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let &[start, end, bits] = rest.first_chunk()?;
        let mut scan = ScanHeader {
            count,
            listed: [[0; 2]; 4],
            band: (start, end),
            bits: (bits >> 4, bits & 15),
            is_whole: count == frame.count && (start, end, bits) == (0, 63, 0),
        };
        let parts = self.components.iter_mut().zip(&mut scan.listed);
        for ((component, part), &[id, tables]) in parts.zip(listed.as_chunks().0) {
            *part = [id, tables];
            scan.is_whole &= component.id == id;
            (component.dc, component.ac) = (tables >> 4 & 3, tables & 3);
        }
        self.scan = Some(scan);
        Some(())
    }

    fn take_quantisers(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = segment.split_first() {
            let wide = kind >> 4 != 0;
            let (listed, rest) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            let mut steps = [0; 64];
            for (k, &at) in tables::ZIGZAG.iter().enumerate() {
                steps[at as usize] =
                    if wide { u16::from_be_bytes([listed[2 * k], listed[2 * k + 1]]) } else { listed[k].into() };
            }
            *self.quantisers.get_mut(usize::from(kind & 15))? = Some(steps);
            segment = rest;
        }
        Some(())
    }

    fn take_huffman(&mut self, mut segment: &'a [u8]) -> Option<()> {
        while let Some((&kind, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15))? = Some(HuffmanSpec { counts, symbols });
            segment = rest;
        }
        Some(())
    }
}

impl Frame {
    fn header(self) -> Header {
        let by_rows = self.marker <= 0xC2 && self.precision == 8;
        Header { size: self.size, components: self.count, bits: self.precision, by_rows }
    }
}

/// The next marker segment (ITU T.81, B.1.1.4) from byte `at` on, which moves behind it: the second byte of its marker, and its
/// content. Bytes that do not belong there are skipped, as other decoders do. None at the end of the image.
pub(super) fn next_segment<'a>(stream: &'a [u8], at: &mut usize) -> Result<Option<(u8, &'a [u8])>> {
    loop {
        let Some(&[first, marker]) = stream.get(*at..).and_then(<[u8]>::first_chunk::<2>) else { return Ok(None) };
        match marker {
            _ if first != 0xFF => *at += 1,
            0xFF => *at += 1,
            0 | 0x01 | 0xD0..=0xD7 => *at += 2,
            0xD9 => return Ok(None),
            _ => {
                let segment = segment_at(&stream[*at + 2..])?;
                *at += 4 + segment.len();
                return Ok(Some((marker, segment)));
            }
        }
    }
}

/// The payload of the segment whose length stands first in `rest`.
fn segment_at(rest: &[u8]) -> Result<&[u8]> {
    let length = rest.first_chunk().map_or(0, |&length| u16::from_be_bytes(length));
    rest.get(2..usize::from(length)).ok_or_else(|| Error::corrupt("a JPEG marker segment is cut short"))
}

fn damaged(marker: u8) -> Error {
    Error::corrupt(format!("a JPEG marker segment (FF{marker:02X}) contradicts itself"))
}

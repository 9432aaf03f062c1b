//! One PNG of any size, encoded by many threads (W3C PNG, third edition; RFC 1950, 1951).
//!
//! Each piece of rows is a deflate stream that ends at a byte (a sync flush), so pieces joined are one stream; each is an IDAT
//! chunk of its own, and the Adler checksums of the pieces are combined.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress, Status};

use super::super::Job;
use super::super::resolved::check_colors;
use super::super::spec::{Encoding, FormatSpec, OptionName};
use super::super::templates::PICTURE;
use super::png_filter::filtered;
use super::{RowFormat, Rows, RunningSum};
use crate::depth::bytes_of;
use crate::format::Format;
use crate::geometry::Size;
use crate::pixels::{Color, Pixels, SampleType};
use crate::source::Info;
use crate::{Error, Result};

/// One PNG.
pub(in crate::formats) const PNG: FormatSpec = FormatSpec {
    format: Format::Png,
    name: "png",
    title: "PNG",
    endings: &["png"],
    options: &[OptionName::DeflateLevel],
    check: |options, info| match info.sample {
        SampleType::U8 | SampleType::U16 => check_colors(options, info),
        other => {
            let what = format!("PNG of {} samples; write a .tif, or apply display settings (--as-seen)", other.name());
            Err(Error::unsupported(what))
        }
    },
    encoding: |_, _| Encoding::Deflate,
    create: |job| Ok(Box::new(Rows::create(job, Png::new(job)?)?)),
    ..PICTURE
};

/// How one PNG is made.
pub(in crate::formats) struct Png {
    size: Size,
    head: Vec<u8>,
    level: u32,
}

impl Png {
    pub(in crate::formats) fn new(job: Job<'_>) -> Result<Self> {
        let (size, info) = (job.plan.levels[0], job.info);
        let kind = match (info.color, info.channels) {
            (_, 1) => 0,
            (Color::GrayAlpha, 2) => 4,
            (_, 3) => 2,
            (Color::Rgba, 4) => 6,
            (_, n) => return Err(Error::unsupported(format!("PNG of {n} channels; write a .tif instead"))),
        };
        let depth = if info.sample == SampleType::U8 { 8 } else { 16 };
        let mut head = b"\x89PNG\r\n\x1A\n".to_vec();
        let mut header = [size.width.to_be_bytes(), size.height.to_be_bytes()].concat();
        header.extend([depth, kind, 0, 0, 0]);
        chunk(*b"IHDR", &header, &mut head);
        describe(info, &mut head)?;
        Ok(Self { size, head, level: u32::from(job.options.deflate_level.min(9)) })
    }
}

impl RowFormat for Png {
    type Sum = Adler;

    fn head(&self, _: Option<u64>) -> Vec<u8> {
        self.head.clone()
    }

    fn encode(&self, rows: &Pixels, first: u32) -> Result<(Vec<u8>, Adler)> {
        let bytes = match rows.samples() {
            crate::pixels::Samples::U16(samples) => samples.iter().flat_map(|sample| sample.to_be_bytes()).collect(),
            _ => bytes_of(rows.view()),
        };
        let pixel = rows.channels() as usize * rows.sample_type().bytes();
        let lines = filtered(&bytes, pixel, rows.size().width as usize * pixel);
        drop(bytes);
        let mut stream = Vec::with_capacity(lines.len() / 2);
        if first == 0 {
            stream.extend([0x78, 0x9C]);
        }
        let is_last = first + rows.size().height == self.size.height;
        deflate(&lines, self.level, is_last, &mut stream)?;
        let sum = Adler { sum: simd_adler32::adler32(&&lines[..]), length: lines.len() as u64 };
        let mut out = Vec::with_capacity(stream.len() + 12);
        chunk(*b"IDAT", &stream, &mut out);
        Ok((out, sum))
    }

    fn tail(&self, total: Adler, _: u64) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        chunk(*b"IDAT", &total.sum.to_be_bytes(), &mut out);
        chunk(*b"IEND", &[], &mut out);
        Ok(out)
    }
}

/// The Adler-32 checksum (RFC 1950) of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) struct Adler {
    sum: u32,
    length: u64,
}

impl Default for Adler {
    fn default() -> Self {
        Self { sum: 1, length: 0 }
    }
}

impl Adler {
    /// The checksum of these bytes and the `next`: the low half is 1 + their sum, the high half the sum of all low halves
    /// on the way, to each of which in the second part the sum of the first is added.
    fn and(self, next: Self) -> Self {
        const BASE: u64 = 65_521;
        let (low, high) = (u64::from(self.sum & 0xFFFF), u64::from(self.sum >> 16));
        let (next_low, next_high) = (u64::from(next.sum & 0xFFFF), u64::from(next.sum >> 16));
        let both_low = (low + next_low + BASE - 1) % BASE;
        let both_high = (high + next_high + (next.length % BASE) * (low + BASE - 1)) % BASE;
        Self { sum: (both_high << 16 | both_low) as u32, length: self.length + next.length }
    }
}

impl RunningSum for Adler {
    fn join(&mut self, next: Self) {
        *self = self.and(next);
    }

    fn save(&self) -> Vec<u8> {
        [&self.sum.to_le_bytes()[..], &self.length.to_le_bytes()].concat()
    }

    fn load(bytes: &[u8]) -> Option<Self> {
        let (sum, length) = bytes.split_first_chunk()?;
        Some(Self { sum: u32::from_le_bytes(*sum), length: u64::from_le_bytes(length.try_into().ok()?) })
    }
}

/// `data` as a chunk: length, name, data, checksum.
fn chunk(name: [u8; 4], data: &[u8], out: &mut Vec<u8>) {
    out.extend((data.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend(name);
    out.extend(data);
    out.extend(crc32fast::hash(&out[start..]).to_be_bytes());
}

/// Profile and resolution.
fn describe(info: &Info, out: &mut Vec<u8>) -> Result<()> {
    if let Some(profile) = &info.icc {
        let mut data = b"ICC profile\0\0".to_vec();
        data.extend([0x78, 0x9C]);
        deflate(profile, 6, true, &mut data)?;
        data.extend(simd_adler32::adler32(&&profile[..]).to_be_bytes());
        chunk(*b"iCCP", &data, out);
    }
    if let Some((x, y)) = info.mpp {
        let per_meter = |mpp: f64| ((1e6 / mpp).round().clamp(1.0, f64::from(i32::MAX)) as u32).to_be_bytes();
        chunk(*b"pHYs", &[&per_meter(x)[..], &per_meter(y), &[1]].concat(), out);
    }
    Ok(())
}

/// Appends `data` as raw deflate to `out`, finished or flushed to a byte boundary.
fn deflate(data: &[u8], level: u32, is_last: bool, out: &mut Vec<u8>) -> Result<()> {
    thread_local! {
        // Its tables are large; a thread keeps them for its next piece.
        static COMPRESSOR: RefCell<Option<(u32, Compress)>> = const { RefCell::new(None) };
    }
    let flush = if is_last { FlushCompress::Finish } else { FlushCompress::Sync };
    COMPRESSOR.with_borrow_mut(|compressor| {
        if compressor.as_ref().is_none_or(|(of, _)| *of != level) {
            *compressor = Some((level, Compress::new(Compression::new(level), false)));
        }
        let Some((_, compress)) = compressor else { unreachable!("made above") };
        compress.reset();
        loop {
            out.reserve((data.len() / 2).max(1 << 12));
            let rest = &data[compress.total_in() as usize..];
            let status = compress.compress_vec(rest, out, flush);
            let status = status.map_err(|error| Error::invalid(format!("internal error: deflate: {error}")))?;
            // If space is left in `out`, all output is written.
            let is_done = compress.total_in() == data.len() as u64 && out.len() < out.capacity();
            if status == Status::StreamEnd || (!is_last && is_done) {
                return Ok(());
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_combine() {
        let data: Vec<u8> = (0..200_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
        let of = |bytes: &[u8]| Adler { sum: simd_adler32::adler32(&bytes), length: bytes.len() as u64 };
        for at in [0, 1, 65_521, 131_042, 199_999] {
            assert_eq!(of(&data[..at]).and(of(&data[at..])), of(&data), "at {at}");
        }
        assert_eq!(Adler::default().and(of(&data)), of(&data));
    }

    #[test]
    fn pieces_join_to_one_stream() {
        let data: Vec<u8> = (0..300_000_u32).map(|i| (i / 7) as u8 ^ (i >> 9) as u8).collect();
        for level in [0, 1, 6, 9] {
            let mut stream = Vec::new();
            let pieces: Vec<_> = data.chunks(70_001).collect();
            for (i, piece) in pieces.iter().enumerate() {
                deflate(piece, level, i + 1 == pieces.len(), &mut stream).unwrap();
            }
            let mut out = vec![0; data.len()];
            let read = libdeflater::Decompressor::new().deflate_decompress(&stream, &mut out).unwrap();
            assert!(read == data.len() && out == data, "level {level}");
        }
    }
}

//! One strip or tile: from stored bytes to samples.

use crate::codec::{jpeg, lzw};
use crate::geometry::Size;
use crate::pixels::{Pixels, SampleType, Samples};
use crate::{Error, Result};

/// How the samples of an image are stored.
#[derive(Debug, Clone)]
pub(super) struct Coding {
    pub(super) compression: u64,
    pub(super) photometric: u64,
    pub(super) predictor: u64,
    /// Of each sample.
    pub(super) bits: u32,
    /// 1 unsigned, 2 signed, 3 float (tag 339).
    pub(super) format: u64,
    /// Samples in one stored pixel: all of them, or 1 where each plane stands for itself.
    pub(super) stored: usize,
    pub(super) little: bool,
    pub(super) tables: Vec<u8>,
    /// Red, green and blue of each palette entry, 8 bits.
    pub(super) palette: Vec<[u8; 3]>,
}

impl Coding {
    /// The chunk's samples as stored: `size` pixels of `self.stored` samples.
    pub(super) fn decode(&self, bytes: Vec<u8>, size: Size) -> Result<Pixels> {
        if matches!(self.compression, 6 | 7) {
            return self.decode_jpeg(&bytes, size);
        }
        let row_bits = size.width as u64 * self.stored as u64 * u64::from(self.bits);
        let expected = (row_bits.div_ceil(8) * size.height as u64) as usize;
        let mut bytes = self.decompress(bytes, expected)?;
        if bytes.len() < expected {
            return Err(Error::corrupt(format!("a chunk of {} bytes where {expected} belong", bytes.len())));
        }
        bytes.truncate(expected);
        let samples = self.widen(bytes, size);
        let samples = if self.predictor == 2 { self.undo_differences(samples, size) } else { samples };
        Pixels::new(size, self.stored as u8, samples)
    }

    /// What of this coding cannot be read, if anything.
    pub(super) fn check(&self) -> Result<()> {
        let no = |what: String| Err(Error::unsupported(what));
        if !matches!(self.compression, 1 | 5 | 7 | 8 | 32773 | 32946) {
            return no(format!("TIFF compression {}", self.compression));
        }
        match (self.format, self.bits) {
            (1 | 4, 1 | 2 | 4 | 8 | 16 | 32) | (2, 8 | 16 | 32) | (3, 32 | 64) => {}
            (format, bits) => return no(format!("TIFF samples of {bits} bits, format {format}")),
        }
        if self.predictor > 2 || self.predictor == 2 && !matches!(self.bits, 8 | 16) {
            return no(format!("TIFF predictor {} for {} bits", self.predictor, self.bits));
        }
        if !matches!(self.photometric, 0..=3 | 6) || self.photometric == 6 && self.compression != 7 {
            return no(format!("TIFF photometric interpretation {}", self.photometric));
        }
        if self.photometric == 3 && (self.palette.is_empty() || self.bits > 8) {
            return no("a TIFF palette of this kind".into());
        }
        Ok(())
    }

    /// The type the samples come out as.
    pub(super) fn sample_type(&self) -> SampleType {
        match (self.format, self.bits) {
            (1 | 4, ..=8) => SampleType::U8,
            (1 | 4, 16) => SampleType::U16,
            _ => SampleType::F32,
        }
    }

    fn decode_jpeg(&self, bytes: &[u8], size: Size) -> Result<Pixels> {
        let colour = if self.photometric == 6 { jpeg::ColourSpace::YCbCr } else { jpeg::ColourSpace::AsStored };
        let pixels = jpeg::decode(bytes, &jpeg::DecodeOptions { tables: &self.tables, colour, reduce: 0 })?;
        let found = pixels.size();
        if found.width < size.width || found.height < size.height || pixels.channels() as usize != self.stored {
            return Err(Error::corrupt(format!("a JPEG chunk of {found} pixels where {size} belong")));
        }
        Ok(if found == size { pixels } else { pixels.crop(crate::geometry::Rect::from_size(size)) })
    }

    fn decompress(&self, bytes: Vec<u8>, expected: usize) -> Result<Vec<u8>> {
        match self.compression {
            5 => lzw::decode(&bytes, expected),
            8 | 32946 => {
                let mut out = vec![0; expected];
                let mut decoder = libdeflater::Decompressor::new();
                let length = decoder.zlib_decompress(&bytes, &mut out);
                let length = length.map_err(|error| Error::corrupt(format!("deflate: {error}")))?;
                out.truncate(length);
                Ok(out)
            }
            32773 => unpack_bits(&bytes, expected),
            _ => Ok(bytes),
        }
    }

    fn widen(&self, bytes: Vec<u8>, size: Size) -> Samples {
        let little = self.little;
        let two = |b: &[u8]| if little { u16::from_le_bytes([b[0], b[1]]) } else { u16::from_be_bytes([b[0], b[1]]) };
        let four = |b: &[u8]| {
            let b = [b[0], b[1], b[2], b[3]];
            if little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) }
        };
        match (self.format, self.bits) {
            (1 | 4, 8) => Samples::U8(bytes),
            (1 | 4, 16) => Samples::U16(bytes.chunks_exact(2).map(two).collect()),
            (2, 8) => Samples::F32(bytes.iter().map(|&b| f32::from(b as i8)).collect()),
            (2, 16) => Samples::F32(bytes.chunks_exact(2).map(|b| f32::from(two(b) as i16)).collect()),
            (2, _) => Samples::F32(bytes.chunks_exact(4).map(|b| four(b) as i32 as f32).collect()),
            (3, 32) => Samples::F32(bytes.chunks_exact(4).map(|b| f32::from_bits(four(b))).collect()),
            (3, _) => Samples::F32(
                bytes
                    .chunks_exact(8)
                    .map(|b| {
                        let (first, second) = (u64::from(four(b)), u64::from(four(&b[4..])));
                        let bits = if little { second << 32 | first } else { first << 32 | second };
                        f64::from_bits(bits) as f32
                    })
                    .collect(),
            ),
            (_, 32) => Samples::F32(bytes.chunks_exact(4).map(|b| four(b) as f32).collect()),
            (_, bits) => Samples::U8(unpack_samples(&bytes, bits, size.width as usize * self.stored)),
        }
    }

    /// Predictor 2: each sample stands as its difference from the pixel before (TIFF 6.0 section 14).
    fn undo_differences(&self, samples: Samples, size: Size) -> Samples {
        fn sum<T: Copy>(samples: &mut [T], row: usize, stored: usize, add: fn(T, T) -> T) {
            for row in samples.chunks_exact_mut(row) {
                for at in stored..row.len() {
                    row[at] = add(row[at], row[at - stored]);
                }
            }
        }
        let row = (size.width as usize * self.stored).max(1);
        match samples {
            Samples::U8(mut samples) => {
                sum(&mut samples, row, self.stored, u8::wrapping_add);
                Samples::U8(samples)
            }
            Samples::U16(mut samples) => {
                sum(&mut samples, row, self.stored, u16::wrapping_add);
                Samples::U16(samples)
            }
            floats @ Samples::F32(_) => floats,
        }
    }

    /// From what is stored to what is meant: palettes to colours, white-is-zero upright, few bits to the full range.
    pub(super) fn interpret(&self, pixels: Pixels) -> Pixels {
        let (size, channels) = (pixels.size(), pixels.channels());
        let samples = match pixels.into_samples() {
            Samples::U8(samples) if self.photometric == 3 => {
                let colour = |index: u8| self.palette.get(index as usize).copied().unwrap_or_default();
                let samples = Samples::U8(samples.into_iter().flat_map(colour).collect());
                return Pixels::new(size, 3, samples).unwrap_or_else(|_| unreachable!("three for one"));
            }
            Samples::U8(mut samples) => {
                let spread = 255 / ((1u16 << self.bits.min(8)) - 1) as u8;
                let upright = if self.photometric == 0 { 255 } else { 0 };
                if spread != 1 || upright != 0 {
                    for sample in &mut samples {
                        *sample = (*sample * spread) ^ upright;
                    }
                }
                Samples::U8(samples)
            }
            Samples::U16(mut samples) => {
                if self.photometric == 0 {
                    for sample in &mut samples {
                        *sample = !*sample;
                    }
                }
                Samples::U16(samples)
            }
            floats @ Samples::F32(_) => floats,
        };
        Pixels::new(size, channels, samples).unwrap_or_else(|_| unreachable!("one for one"))
    }
}

/// Samples of 1, 2 or 4 bits, rows padded to bytes, one to a byte.
fn unpack_samples(bytes: &[u8], bits: u32, per_row: usize) -> Vec<u8> {
    let row_bytes = (per_row * bits as usize).div_ceil(8).max(1);
    let mask = (1u8 << bits) - 1;
    let in_row = |row: &[u8], at: usize| {
        let bit = at * bits as usize;
        row[bit / 8] >> (8 - bits as usize - bit % 8) & mask
    };
    bytes.chunks_exact(row_bytes).flat_map(|row| (0..per_row).map(move |at| in_row(row, at))).collect()
}

/// TIFF 6.0 section 9.
fn unpack_bits(bytes: &[u8], expected: usize) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(expected);
    let mut at = 0;
    while out.len() < expected {
        let Some(&code) = bytes.get(at) else { break };
        at += 1;
        let torn = || Error::corrupt("PackBits: the chunk breaks off");
        match code as i8 {
            -128 => {}
            run @ ..0 => {
                let value = *bytes.get(at).ok_or_else(torn)?;
                out.resize(out.len() + 1 + run.unsigned_abs() as usize, value);
                at += 1;
            }
            count => {
                let end = at + 1 + count as usize;
                out.extend_from_slice(bytes.get(at..end).ok_or_else(torn)?);
                at = end;
            }
        }
    }
    Ok(out)
}

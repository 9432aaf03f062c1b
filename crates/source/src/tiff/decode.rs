//! From the bytes of a chunk to its samples: byte order, few bits, differences between neighbors, short floats.

use super::coding::Coding;
use crate::geometry::Size;
use crate::half::half;
use crate::pixels::{RawSampleType, RawSamples};
use crate::{Error, Result};

/// Bytes of `size` pixels of `stored` samples of `bits`, each row padded to whole bytes.
pub(super) fn plain_bytes(size: Size, stored: usize, bits: u32) -> u64 {
    let row_bits = u64::from(size.width).saturating_mul(stored as u64).saturating_mul(bits.into());
    row_bits.div_ceil(8).saturating_mul(size.height.into())
}

/// The samples in `bytes`, uncompressed rows of `size` pixels in the order and form of the file.
pub(super) fn raw_samples(coding: &Coding, mut bytes: Vec<u8>, size: Size) -> Result<RawSamples> {
    let stored = coding.stored();
    let expected = plain_bytes(size, stored, coding.bits);
    if (bytes.len() as u64) < expected {
        return Err(Error::corrupt(format!("a chunk of {} bytes where {expected} belong", bytes.len())));
    }
    bytes.truncate(expected as usize);
    let per_row = size.width as usize * stored;
    if coding.predictor == 3 {
        let bytes = join_float_bytes(&bytes, per_row, stored, coding.bits as usize / 8);
        return finish(coding, bytes, size);
    }
    // Whole numbers of 24 bits come highest bit first in any file, as those of other odd widths.
    if !coding.little {
        reverse_each(&mut bytes, coding.bits, coding.short_float);
    }
    if coding.predictor == 2 && matches!(coding.bits, 8 | 16 | 32 | 64) {
        add_up(&mut bytes, per_row, stored, coding.bits);
    }
    if coding.bits < 8 && coding.predictor != 2 && !coding.kind.is_signed() {
        return RawSamples::new(size, stored as u8, coding.kind, spread_few(&bytes, coding.bits, per_row));
    }
    let narrow = !matches!(coding.bits, 8 | 16 | 32 | 64) && !coding.short_float;
    if narrow {
        let mut values = spread(&bytes, coding.bits, per_row);
        if coding.predictor == 2 {
            add_up_narrow(&mut values, per_row, stored, coding.bits);
        }
        if coding.kind.is_signed() {
            let unused = 64 - coding.bits;
            values.iter_mut().for_each(|value| *value = (value.cast_signed() << unused >> unused).cast_unsigned());
        }
        bytes = narrowest(&values, coding.kind);
    }
    finish(coding, bytes, size)
}

/// Samples from little-endian bytes of the stored width.
fn finish(coding: &Coding, bytes: Vec<u8>, size: Size) -> Result<RawSamples> {
    let bytes = match (coding.short_float, coding.bits) {
        (true, 16) => bytes.as_chunks().0.iter().flat_map(|b| half(u16::from_le_bytes(*b)).to_le_bytes()).collect(),
        (true, _) => bytes.as_chunks().0.iter().flat_map(|[a, b, c]| float24([*a, *b, *c]).to_le_bytes()).collect(),
        _ => bytes,
    };
    RawSamples::new(size, coding.stored() as u8, coding.kind, bytes)
}

/// Samples of 16 bits and more, and floats of 24, with their bytes the other way round.
fn reverse_each(bytes: &mut [u8], bits: u32, float: bool) {
    match bits {
        16 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|number| number.reverse()),
        24 if float => bytes.as_chunks_mut::<3>().0.iter_mut().for_each(|number| number.reverse()),
        32 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|number| number.reverse()),
        64 => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|number| number.reverse()),
        _ => {}
    }
}

/// Predictor 2: samples are stored as differences from the pixel before (TIFF 6.0 section 14).
fn add_up(bytes: &mut [u8], per_row: usize, stored: usize, bits: u32) {
    macro_rules! rows {
        ($type:ty) => {{
            const WIDTH: usize = size_of::<$type>();
            for row in bytes.chunks_exact_mut((per_row * WIDTH).max(1)) {
                let (raw, _) = row.as_chunks_mut::<WIDTH>();
                for at in stored..raw.len() {
                    let before = <$type>::from_le_bytes(raw[at - stored]);
                    let sum = <$type>::from_le_bytes(raw[at]).wrapping_add(before);
                    raw[at] = sum.to_le_bytes();
                }
            }
        }};
    }
    match bits {
        8 => rows!(u8),
        16 => rows!(u16),
        32 => rows!(u32),
        _ => rows!(u64),
    }
}

fn add_up_narrow(values: &mut [u64], per_row: usize, stored: usize, bits: u32) {
    let mask = (1u64 << bits) - 1;
    for row in values.chunks_exact_mut(per_row.max(1)) {
        for at in stored..row.len() {
            row[at] = row[at].wrapping_add(row[at - stored]) & mask;
        }
    }
}

/// Predictor 3 (Adobe's Technical Note 3): in each row first all highest bytes, then all second ones; each the difference from
/// the pixel before. Gives little-endian floats.
fn join_float_bytes(bytes: &[u8], per_row: usize, stored: usize, width: usize) -> Vec<u8> {
    let mut out = vec![0; bytes.len()];
    let row_bytes = (per_row * width).max(1);
    let mut row = vec![0; row_bytes];
    for (from, to) in bytes.chunks_exact(row_bytes).zip(out.chunks_exact_mut(row_bytes)) {
        row.copy_from_slice(from);
        for at in stored..row.len() {
            row[at] = row[at].wrapping_add(row[at - stored]);
        }
        for (at, number) in to.chunks_exact_mut(width).enumerate() {
            for (byte, to) in number.iter_mut().rev().enumerate() {
                *to = row[byte * per_row + at];
            }
        }
    }
    out
}

/// Samples of fewer than 8 bits, each to a byte of its own: in the memory of what comes out.
fn spread_few(bytes: &[u8], bits: u32, per_row: usize) -> Vec<u8> {
    let row_bytes = (per_row as u64 * u64::from(bits)).div_ceil(8).max(1) as usize;
    let mut out = Vec::with_capacity(bytes.len() / row_bytes * per_row);
    let mask = (1u16 << bits) - 1;
    for row in bytes.chunks_exact(row_bytes) {
        if 8 % bits == 0 {
            let each = (8 / bits) as usize;
            let whole = per_row / each;
            for byte in &row[..whole] {
                out.extend((0..each as u32).map(|at| byte >> (8 - bits * (at + 1)) & mask as u8));
            }
            let rest = (per_row - whole * each) as u32;
            out.extend((0..rest).map(|at| row[whole] >> (8 - bits * (at + 1)) & mask as u8));
        } else {
            for at in 0..per_row as u64 {
                let bit = at * u64::from(bits);
                let (byte, shift) = ((bit / 8) as usize, (bit % 8) as u32);
                let pair = u16::from(row[byte]) << 8 | u16::from(row.get(byte + 1).copied().unwrap_or(0));
                out.push((pair >> (16 - bits - shift) & mask) as u8);
            }
        }
    }
    out
}

/// Samples of any width up to 64 bits, highest bit first, rows padded to bytes.
fn spread(bytes: &[u8], bits: u32, per_row: usize) -> Vec<u64> {
    let row_bytes = (per_row as u64 * u64::from(bits)).div_ceil(8).max(1) as usize;
    let mut out = Vec::with_capacity(bytes.len() / row_bytes * per_row);
    for row in bytes.chunks_exact(row_bytes) {
        let (mut held, mut count, mut rest) = (0u128, 0, row.iter());
        for _ in 0..per_row {
            while count < bits {
                held = held << 8 | u128::from(rest.next().copied().unwrap_or(0));
                count += 8;
            }
            count -= bits;
            out.push((held >> count) as u64 & (u64::MAX >> (64 - bits)));
        }
    }
    out
}

fn narrowest(values: &[u64], kind: RawSampleType) -> Vec<u8> {
    match kind.bytes() {
        1 => values.iter().map(|&value| value as u8).collect(),
        2 => values.iter().flat_map(|&value| (value as u16).to_le_bytes()).collect(),
        4 => values.iter().flat_map(|&value| (value as u32).to_le_bytes()).collect(),
        _ => values.iter().flat_map(|&value| value.to_le_bytes()).collect(),
    }
}

/// 24-bit floats (Adobe's Technical Note 3): 1 sign, 7 exponent and 16 fraction bits, lowest byte first.
fn float24(bytes: [u8; 3]) -> f32 {
    let bits = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
    let (sign, exponent, fraction) = (bits >> 23 << 31, bits >> 16 & 127, bits & 0xFFFF);
    match (exponent, fraction) {
        (0, _) => f32::from_bits(sign | (fraction as f32 / 65536.0 * 2f32.powi(-62)).to_bits()),
        (127, _) => f32::from_bits(sign | 0x7F80_0000 | fraction << 7),
        _ => f32::from_bits(sign | (exponent + 64) << 23 | fraction << 7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_floats_are_read() {
        let halves =
            [(0x3C00, 1.0), (0xC000, -2.0), (0x0001, 5.960_464_5e-8), (0x7BFF, 65504.0), (0x3555, 0.333_251_95)];
        for (bits, value) in halves {
            assert_eq!(half(bits).to_bits(), f32::to_bits(value), "{bits:04x}");
        }
        assert!(half(0x7E00).is_nan() && half(0xFC00) == f32::NEG_INFINITY);
        assert_eq!(float24([0, 0, 0x3F]).to_bits(), 1.0f32.to_bits());
        assert_eq!(float24([0, 0x80, 0xC0]).to_bits(), (-3.0f32).to_bits());
    }

    #[test]
    fn few_bits_spread() {
        assert_eq!(spread(&[0b1011_0001, 0b1000_0000], 3, 3), [0b101, 0b100, 0b011]);
        assert_eq!(spread(&[0xAB, 0xC1, 0x23, 0xF0], 12, 1), [0xABC, 0x23F], "each row begins at a byte");
        assert_eq!(spread(&[0xFF; 8], 64, 1), [u64::MAX]);
        let bytes: Vec<u8> = (0..120u32).map(|i| (i * 73 + (i >> 2)) as u8).collect();
        for (bits, per_row) in [(1, 77), (2, 13), (3, 9), (4, 5), (5, 7), (6, 3), (7, 11), (1, 8)] {
            let wide: Vec<u8> = spread(&bytes, bits, per_row).iter().map(|value| *value as u8).collect();
            assert_eq!(spread_few(&bytes, bits, per_row), wide, "{bits} bits, {per_row} in a row");
        }
    }

    #[test]
    fn float_planes_join() {
        let floats = [1.0f32, 2.5, -3.75];
        // Two pixels of ... one row of three: planes of bytes, then differences.
        let planes: Vec<u8> = (0..4).flat_map(|byte| floats.map(|float| float.to_be_bytes()[byte])).collect();
        let stored: Vec<u8> = (0..12)
            .map(|at: usize| if at == 0 { planes[0] } else { planes[at].wrapping_sub(planes[at - 1]) })
            .collect();
        let joined = join_float_bytes(&stored, 3, 1, 4);
        let expected: Vec<u8> = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
        assert_eq!(joined, expected);
    }
}

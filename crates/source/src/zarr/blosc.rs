//! Blosc 1 (its `README_HEADER.rst`): blocks of streams in `BloscLZ`, LZ4, zlib or Zstandard, optionally with shuffled bytes or bits.

use crate::codec::bytes;
use crate::{Error, Result};

/// Undo a buffer, up to `expected` bytes.
pub(super) fn decode(packed: &[u8], expected: usize) -> Result<Vec<u8>> {
    let torn = || Error::corrupt("a Blosc buffer is cut short");
    let int = |at: usize| packed.get(at..).and_then(<[u8]>::first_chunk).map(|n| u32::from_le_bytes(*n) as usize);
    let (Some(&[_, _, flags, width]), Some(total), Some(block)) = (packed.first_chunk::<4>(), int(4), int(8)) else {
        return Err(torn());
    };
    let width = usize::from(width).max(1);
    if total > expected || block == 0 && total > 0 {
        return Err(Error::corrupt(format!("a Blosc buffer of {total} bytes where {expected} belong")));
    }
    if flags & 2 != 0 {
        return Ok(packed.get(16..16 + total).ok_or_else(torn)?.to_vec());
    }
    let mut out = Vec::with_capacity(total);
    for number in 0..total.div_ceil(block.max(1)) {
        let length = block.min(total - number * block);
        let mut at = int(16 + 4 * number).ok_or_else(torn)?;
        // A whole block of numbers may be split by the rank of their bytes; the rest at the end never is.
        let split = flags & 0x10 == 0 && width <= 16 && block / width >= 128 && length == block;
        let streams = if split { width } else { 1 };
        let piece = length / streams;
        let mut plain = Vec::with_capacity(length);
        for _ in 0..streams {
            let size = int(at).ok_or_else(torn)?;
            let stream = packed.get(at + 4..).and_then(|rest| rest.get(..size)).ok_or_else(torn)?;
            at += 4 + size;
            let stream = if size == piece { stream.to_vec() } else { decompress(flags >> 5, stream, piece)? };
            if stream.len() != piece {
                return Err(torn());
            }
            plain.extend(stream);
        }
        out.extend(match flags {
            _ if flags & 1 != 0 && width > 1 => unshuffled(&plain, width),
            _ if flags & 4 != 0 => bits_unshuffled(&plain, width),
            _ => plain,
        });
    }
    Ok(out)
}

fn decompress(format: u8, stream: &[u8], length: usize) -> Result<Vec<u8>> {
    match format {
        1 => lz4_flex::block::decompress(stream, length).map_err(|error| Error::corrupt(format!("LZ4: {error}"))),
        3 => bytes::inflate(stream, length),
        4 => bytes::unzstd(stream, length),
        0 => blosclz(stream, length),
        other => Err(Error::unsupported(format!("Blosc in format {other}"))),
    }
}

/// Undoes `BloscLZ`, the coding of `FastLZ`: literals, and copies of what came before. Gives `length` bytes.
fn blosclz(stream: &[u8], length: usize) -> Result<Vec<u8>> {
    let torn = || Error::corrupt("a BloscLZ stream is damaged");
    let (mut rest, mut out) = (stream.iter(), Vec::with_capacity(length));
    let mut next = || rest.next().copied().map(usize::from).ok_or_else(torn);
    // The first one is always of literals: its higher bits mean nothing.
    let mut control = next()? & 31;
    loop {
        if control >= 32 {
            let (mut count, mut distance) = ((control >> 5) - 1, (control & 31) << 8);
            if count == 6 {
                loop {
                    let more = next()?;
                    count += more;
                    if more != 255 {
                        break;
                    }
                }
            }
            let low = next()?;
            if low == 255 && distance == 31 << 8 {
                distance = (next()? << 8 | next()?) + 8191;
            } else {
                distance += low;
            }
            count += 3;
            let from = out.len().checked_sub(distance + 1).filter(|_| out.len() + count <= length).ok_or_else(torn)?;
            for at in from..from + count {
                out.push(out[at]);
            }
        } else {
            for _ in 0..=control {
                out.push(next()? as u8);
            }
            if out.len() > length {
                return Err(torn());
            }
        }
        if out.len() == length {
            return Ok(out);
        }
        control = next()?;
    }
}

/// Undoes the byte shuffle: all first bytes of the samples are stored first, then all second ones.
pub(super) fn unshuffled(bytes: &[u8], width: usize) -> Vec<u8> {
    let count = bytes.len() / width;
    let mut out: Vec<u8> = (0..count).flat_map(|at| (0..width).map(move |rank| bytes[rank * count + at])).collect();
    out.extend(&bytes[count * width..]);
    out
}

/// The bits of numbers sorted by their rank (the bitshuffle of K. Masui and others, as Blosc has it): the bytes of a rank are
/// together, of these first the lowest bits of all numbers, then the second ones. Numbers beyond a multiple of eight are as they
/// are.
fn bits_unshuffled(bytes: &[u8], width: usize) -> Vec<u8> {
    let count = bytes.len() / width / 8 * 8;
    let (row, whole) = (count / 8, count * width);
    let mut out = vec![0; bytes.len()];
    out[whole..].copy_from_slice(&bytes[whole..]);
    for rank in 0..width {
        for bit in 0..8 {
            let stored = &bytes[(rank * 8 + bit) * row..][..row];
            for (eight, byte) in stored.iter().enumerate() {
                for at in 0..8 {
                    out[(eight * 8 + at) * width + rank] |= (byte >> at & 1) << bit;
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buffer of one block.
    fn packed(flags: u8, width: u8, total: usize, streams: &[Vec<u8>]) -> Vec<u8> {
        let streams: Vec<u8> = streams.iter().flat_map(|s| [&(s.len() as u32).to_le_bytes()[..], s].concat()).collect();
        let size = (20 + streams.len()) as u32;
        let numbers = [total as u32, total as u32, size, 20].map(u32::to_le_bytes);
        [&[2, 1, flags, width][..], numbers.as_flattened(), &streams].concat()
    }

    #[test]
    fn shuffled_bits_come_back() {
        for (width, numbers) in [(1usize, 24usize), (2, 40), (4, 19), (8, 8), (2, 5)] {
            let plain: Vec<u8> = (0..numbers * width).map(|at| (at * 37 + at / 5) as u8).collect();
            let (count, mut stored) = (numbers / 8 * 8, plain.clone());
            stored[..count * width].fill(0);
            for number in 0..count {
                for bit in 0..8 * width {
                    let value = plain[number * width + bit / 8] >> (bit % 8) & 1;
                    stored[bit * (count / 8) + number / 8] |= value << (number % 8);
                }
            }
            let case = packed(1 << 5 | 4 | 0x10, width as u8, plain.len(), &[stored]);
            assert_eq!(decode(&case, plain.len()).unwrap(), plain, "{numbers} of {width} bytes");
        }
    }

    #[test]
    fn buffers_are_unpacked() {
        let numbers: Vec<u8> = (0..300u16).flat_map(|n| (n * 7).to_le_bytes()).collect();
        let sorted: Vec<u8> = (0..2).flat_map(|rank| numbers.iter().skip(rank).step_by(2).copied()).collect();
        let halves: Vec<Vec<u8>> = sorted.chunks(300).map(lz4_flex::block::compress).collect();
        let zstd = vec![zstd::bulk::compress(&sorted, 1).unwrap()];
        let plain = vec![numbers.clone()];
        let cases = [
            packed(1 << 5 | 1, 2, 600, &halves),
            packed(4 << 5 | 0x11, 2, 600, &zstd),
            packed(1 << 5 | 0x10, 2, 600, &plain),
            [&[2, 1, 2, 2][..], [600u32, 600, 616].map(u32::to_le_bytes).as_flattened(), &numbers].concat(),
        ];
        for (number, case) in cases.iter().enumerate() {
            assert_eq!(decode(case, 600).unwrap(), numbers, "case {number}");
            for length in 0..case.len().min(60) {
                assert!(decode(&case[..length], 600).is_err(), "case {number} cut at {length}");
            }
        }
        assert!(decode(&cases[0], 500).is_err());
    }
}

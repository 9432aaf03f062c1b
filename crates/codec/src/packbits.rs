//! Runs of equal bytes: PackBits (TIFF 6.0 section 9), and the codings of NeXT and ThunderScan that came before.

use crate::{Error, Result};

/// Decode PackBits up to `expected` bytes; fewer where the stream ends before or breaks off.
pub fn decode(stream: &[u8], expected: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(expected.min(stream.len().saturating_mul(64)));
    let mut at = 0;
    while let (Some(&code), true) = (stream.get(at), out.len() < expected) {
        at += 1;
        match code as i8 {
            -128 => {}
            run @ ..0 => {
                let Some(&value) = stream.get(at) else { break };
                out.resize(out.len() + 1 + run.unsigned_abs() as usize, value);
                at += 1;
            }
            count => {
                let end = at + 1 + count as usize;
                out.extend_from_slice(&stream[at..end.min(stream.len())]);
                at = end;
            }
        }
    }
    out.truncate(expected);
    out
}

/// NeXT's coding of 2-bit gray, rows of `row_bytes` (compression 32766). What a row does not mention is white.
pub fn decode_next(stream: &[u8], row_bytes: usize, width: usize, rows: usize) -> Result<Vec<u8>> {
    let torn = || Error::corrupt("NeXT: the chunk breaks off");
    let mut out = vec![0xFF; row_bytes * rows];
    let mut rest = stream.iter();
    let mut next = || rest.next().copied().ok_or_else(torn);
    for row in out.chunks_exact_mut(row_bytes.max(1)) {
        match next()? {
            0x00 => row.iter_mut().try_for_each(|byte| next().map(|value| *byte = value))?,
            0x40 => {
                let mut two = || Ok::<_, Error>(usize::from(next()?) << 8 | usize::from(next()?));
                let (offset, length) = (two()?, two()?);
                let span = row
                    .get_mut(offset..offset + length)
                    .ok_or_else(|| Error::corrupt("NeXT: a span beyond its row"))?;
                span.iter_mut().try_for_each(|byte| next().map(|value| *byte = value))?;
            }
            first => {
                let (mut code, mut x) = (first, 0);
                loop {
                    let (gray, run) = (code >> 6, usize::from(code & 0x3F));
                    for at in x..(x + run).min(width) {
                        let shift = 6 - at % 4 * 2;
                        row[at / 4] = row[at / 4] & !(3 << shift) | gray << shift;
                    }
                    x += run;
                    if x >= width {
                        break;
                    }
                    code = next()?;
                }
            }
        }
    }
    Ok(out)
}

/// ThunderScan's coding of 4-bit gray (compression 32809): two pixels a byte in `row_bytes`.
pub fn decode_thunder(stream: &[u8], row_bytes: usize, width: usize, rows: usize) -> Result<Vec<u8>> {
    const TWO_BIT: [i8; 4] = [0, 1, 0, -1];
    const THREE_BIT: [i8; 8] = [0, 1, 2, 3, 0, -3, -2, -1];
    let mut out = vec![0; row_bytes * rows];
    let mut codes = stream.iter();
    for row in out.chunks_exact_mut(row_bytes.max(1)) {
        let mut row = Nibbles { row, x: 0, width, last: 0 };
        while row.x < width {
            let code = *codes.next().ok_or_else(|| Error::corrupt("ThunderScan: the chunk breaks off"))?;
            let low = code & 0x3F;
            let steps: (&[i8], &[u8], u8) = match code >> 6 {
                0 => {
                    (0..low).for_each(|_| row.put(row.last));
                    continue;
                }
                1 => (&TWO_BIT, &[4, 2, 0], 2),
                2 => (&THREE_BIT, &[3, 0], 4),
                _ => {
                    row.put(low);
                    continue;
                }
            };
            let (deltas, shifts, skip) = steps;
            for shift in shifts {
                let step = low >> shift & (deltas.len() as u8 - 1);
                if step != skip {
                    row.put(row.last.wrapping_add_signed(deltas[step as usize]));
                }
            }
        }
    }
    Ok(out)
}

/// A row of 4-bit pixels being written.
struct Nibbles<'a> {
    row: &'a mut [u8],
    x: usize,
    width: usize,
    last: u8,
}

impl Nibbles<'_> {
    fn put(&mut self, value: u8) {
        self.last = value & 15;
        if self.x < self.width {
            self.row[self.x / 2] |= if self.x.is_multiple_of(2) { self.last << 4 } else { self.last };
        }
        self.x += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_literals_unpack() {
        // The example of TIFF 6.0, section 9.
        let packed = [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];
        let mut plain = vec![0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22];
        plain.resize(24, 0xAA);
        assert_eq!(decode(&packed, 24), plain);
        assert_eq!(decode(&packed, 10), plain[..10], "no more than is wanted");
        assert_eq!(decode(&packed[..4], 24), plain[..4], "a literal that breaks off");
        assert_eq!(decode(&packed[..3], 24), plain[..3], "a literal of which nothing is there");
        assert_eq!(decode(&packed[..2], 24).len(), 3, "nothing more to come");
    }

    #[test]
    fn next_rows_are_runs_spans_or_plain() {
        let stream = [0x00, 0x1B, 0x2C, 0x40, 0, 1, 0, 1, 0x05, 0x03, 0x45, 0x81];
        assert_eq!(decode_next(&stream, 2, 8, 2).unwrap(), [0x1B, 0x2C, 0xFF, 0x05]);
        let runs = [0x03, 0x44, 0x81];
        assert_eq!(decode_next(&runs, 2, 8, 1).unwrap(), [0b0000_0001, 0b0101_0110]);
        assert!(decode_next(&stream[..5], 2, 8, 2).is_err());
    }

    #[test]
    fn thunder_steps_from_the_last_gray() {
        // 9 plainly; up 1, down 1, none; up 3, skip; twice the same.
        let stream = [0b1100_1001, 0b0101_1110, 0b1001_1100, 0b0000_0010];
        assert_eq!(decode_thunder(&stream, 3, 6, 1).unwrap(), [0x9A, 0x9C, 0xCC]);
        assert!(decode_thunder(&stream[..2], 3, 6, 1).is_err());
    }
}

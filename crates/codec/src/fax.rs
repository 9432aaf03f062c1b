//! Facsimile coding of bilevel rows: ITU T.4 (Group 3) and T.6 (Group 4), as TIFF 6.0 sections 10 and 11 use them.
//!
//! A row is a list of the places where its color changes, beginning with white; a two-dimensional row says how its list
//! differs from the one above. The code tables are those of the `fax` crate.

use std::convert::Infallible;
use std::io::{BufRead, Read};

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, ByteReader};

use crate::{Error, Result};

/// Which of the codings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Rows of runs, each beginning at a byte (TIFF compression 2).
    Runs,
    /// The same, each at a word of 16 bits (TIFF compression 32771).
    RunsInWords,
    /// T.4 with an end-of-line code before each row; `two_d` where a bit says which rows refer to the one above.
    Group3 { two_d: bool },
    /// T.6: all rows refer to the one above.
    Group4,
}

/// Decode up to `rows` rows of `width` pixels: bits, 1 for black, each row padded to bytes; fewer where the stream ends, or
/// cannot be followed, before.
///
/// As fax machines do, a damaged row is filled with what could be read and the next one is looked for. Fails where no row can be
/// read.
pub fn decode(stream: &[u8], kind: Kind, width: u32, rows: u32) -> Result<Vec<u8>> {
    let row_bytes = width.div_ceil(8).max(1) as usize;
    let mut out = vec![0; row_bytes * rows as usize];
    let mut lines = Lines::new(stream.iter().copied(), kind, width);
    let came = out.chunks_exact_mut(row_bytes).map(|row| lines.next(row)).take_while(|came| *came).count();
    if lines.good == 0 && rows > 0 {
        return Err(Error::corrupt("fax: no row can be read"));
    }
    out.truncate(row_bytes * came);
    Ok(out)
}

/// The rows of a stream of any length, as the bytes that [`decode`] gives.
pub fn reader(stream: impl BufRead + Send + 'static, kind: Kind, width: u32) -> Box<dyn Read + Send> {
    // A file that cannot be read any further ends there.
    let bytes = stream.bytes().map_while(std::io::Result::ok);
    let row_bytes = width.div_ceil(8).max(1) as usize;
    Box::new(Reader { lines: Lines::new(bytes, kind, width), row: vec![0; row_bytes], given: row_bytes })
}

struct Reader<I: Iterator<Item = u8>> {
    lines: Lines<I>,
    row: Vec<u8>,
    given: usize,
}

impl<I: Iterator<Item = u8>> Read for Reader<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.given == self.row.len() {
            self.row.fill(0);
            if !self.lines.next(&mut self.row) {
                return Ok(0);
            }
            self.given = 0;
        }
        let count = buffer.len().min(self.row.len() - self.given);
        buffer[..count].copy_from_slice(&self.row[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// Rows, each read after the one above.
struct Lines<I: Iterator<Item = u8>> {
    rows: Rows<Bytes<I>>,
    kind: Kind,
    above: Vec<u32>,
    changes: Vec<u32>,
    is_first: bool,
    /// Rows that were whole.
    good: u64,
}

impl<I: Iterator<Item = u8>> Lines<I> {
    fn new(bytes: I, kind: Kind, width: u32) -> Self {
        let rows = Rows::new(bytes, width);
        Self { rows, kind, above: Vec::new(), changes: Vec::new(), is_first: true, good: 0 }
    }

    /// Paint the next row into `row`, which is white. False where there is none, or none can be made out.
    fn next(&mut self, row: &mut [u8]) -> bool {
        let Self { rows, above, changes, .. } = self;
        changes.clear();
        let read = match self.kind {
            Kind::Runs | Kind::RunsInWords => rows.runs(changes),
            Kind::Group4 => rows.differences(above, changes),
            Kind::Group3 { two_d } => rows.line(two_d, !self.is_first, above, changes),
        };
        match self.kind {
            Kind::Runs => rows.align(8),
            Kind::RunsInWords => rows.align(16),
            _ => {}
        }
        match read {
            Row::Whole => self.good += 1,
            Row::End => return false,
            // Each row refers to the one above: what follows would be noise.
            Row::Damaged if self.kind == Kind::Group4 => return false,
            Row::Damaged => {}
        }
        paint(changes, rows.width, row);
        std::mem::swap(above, changes);
        self.is_first = false;
        true
    }
}

/// How reading a row ended.
#[derive(Debug, PartialEq, Eq)]
enum Row {
    Whole,
    Damaged,
    End,
}

struct Rows<I> {
    bits: ByteReader<I>,
    used: u64,
    width: u32,
}

/// The bytes of a stream, and zeros behind: codes are looked up in more bits than the last one may have left.
struct Bytes<I> {
    bytes: I,
    padding: u8,
}

impl<I: Iterator<Item = u8>> Iterator for Bytes<I> {
    type Item = Result<u8, Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        let byte = self.bytes.next().or_else(|| {
            self.padding = self.padding.checked_sub(1)?;
            Some(0)
        });
        byte.map(Ok)
    }
}

impl<I: Iterator<Item = u8>> Rows<Bytes<I>> {
    fn new(bytes: I, width: u32) -> Self {
        let Ok(bits) = ByteReader::new(Bytes { bytes, padding: 4 });
        Self { bits, used: 0, width }
    }
}

impl<I: Iterator<Item = Result<u8, Infallible>>> Rows<I> {
    fn peek(&self, count: u8) -> Option<u16> {
        self.bits.peek(count)
    }

    fn skip(&mut self, count: u8) {
        let Ok(()) = self.bits.consume(count);
        self.used += u64::from(count);
    }

    /// Go on at the next multiple of `bits`.
    fn align(&mut self, bits: u64) {
        for _ in 0..(bits - self.used % bits) % bits {
            self.skip(1);
        }
    }

    /// One run: any number of codes for multiples of 64, then one for the rest.
    fn run(&mut self, is_black: bool) -> Option<u32> {
        let mut sum = 0u32;
        loop {
            let mut counted = Counted { bits: &mut self.bits, used: &mut self.used };
            let code = if is_black { black::decode(&mut counted)? } else { white::decode(&mut counted)? };
            sum = sum.saturating_add(code.into());
            if code < 64 {
                return Some(sum);
            }
            if sum > self.width {
                return None;
            }
        }
    }

    /// A row of runs.
    fn runs(&mut self, changes: &mut Vec<u32>) -> Row {
        let (mut at, mut is_black) = (0u32, false);
        while at < self.width {
            // Eight zeros begin no run.
            if self.peek(8).is_none_or(|bits| bits == 0) {
                return if changes.is_empty() && self.peek(16).is_none() { Row::End } else { Row::Damaged };
            }
            let Some(run) = self.run(is_black) else { return Row::Damaged };
            at = at.saturating_add(run).min(self.width);
            changes.push(at);
            is_black = !is_black;
        }
        Row::Whole
    }

    /// A row of Group 3: what may stand before it, then runs or differences.
    fn line(&mut self, two_d: bool, has_above: bool, above: &[u32], changes: &mut Vec<u32>) -> Row {
        let mut ends = 0;
        while self.end_of_line() {
            ends += 1;
            if two_d && ends > 1 {
                self.skip(1);
            }
            // Six in a row end the page.
            if ends >= 6 {
                return Row::End;
            }
            if two_d && self.is_end_of_line_after(1) {
                self.skip(1);
            }
        }
        if self.peek(1).is_none() {
            return Row::End;
        }
        if !two_d {
            return self.runs(changes);
        }
        let one_d = self.peek(1) != Some(0);
        self.skip(1);
        if one_d || !has_above { self.runs(changes) } else { self.differences(above, changes) }
    }

    /// Skip an end-of-line code, with any zeros before it, if the next thing is one.
    fn end_of_line(&mut self) -> bool {
        if self.peek(11) != Some(0) {
            return false;
        }
        while self.peek(1) == Some(0) {
            self.skip(1);
        }
        let found = self.peek(1) == Some(1);
        self.skip(1);
        found
    }

    fn is_end_of_line_after(&self, bits: u8) -> bool {
        self.peek(bits + 12).is_some_and(|all| all & 0xFFF == 1)
    }

    /// A row that refers to the one `above`.
    fn differences(&mut self, above: &[u32], changes: &mut Vec<u32>) -> Row {
        let width = self.width;
        let (mut a0, mut is_black, mut first) = (0u32, false, true);
        while a0 < width {
            let mut counted = Counted { bits: &mut self.bits, used: &mut self.used };
            let Some(mode) = mode::decode(&mut counted) else {
                return if first { Row::End } else { Row::Damaged };
            };
            let (b1, b2) = changes_above(above, a0, is_black, first, width);
            match mode {
                Mode::Pass => a0 = b2,
                Mode::Vertical(step) => {
                    let a1 = i64::from(b1) + i64::from(step);
                    if a1 < i64::from(a0) || a1 > i64::from(width) {
                        return Row::Damaged;
                    }
                    a0 = a1 as u32;
                    changes.push(a0);
                    is_black = !is_black;
                }
                Mode::Horizontal => {
                    for black in [is_black, !is_black] {
                        let Some(run) = self.run(black) else { return Row::Damaged };
                        a0 = a0.saturating_add(run).min(width);
                        changes.push(a0);
                    }
                }
                Mode::EOF => return if first { Row::End } else { Row::Damaged },
                Mode::Extension => return Row::Damaged,
            }
            first = false;
        }
        Row::Whole
    }
}

/// Counts the bits that codes take.
struct Counted<'a, I> {
    bits: &'a mut ByteReader<I>,
    used: &'a mut u64,
}

impl<I: Iterator<Item = Result<u8, Infallible>>> BitReader for Counted<'_, I> {
    type Error = Infallible;

    fn peek(&self, bits: u8) -> Option<u16> {
        self.bits.peek(bits)
    }

    fn consume(&mut self, bits: u8) -> Result<(), Infallible> {
        *self.used += u64::from(bits);
        self.bits.consume(bits)
    }

    fn bits_to_byte_boundary(&self) -> u8 {
        self.bits.bits_to_byte_boundary()
    }
}

/// b1, the first change above to the right of `a0` and away from the present color, and b2, the one after it.
fn changes_above(above: &[u32], a0: u32, is_black: bool, first: bool, width: u32) -> (u32, u32) {
    // Changes to black stand at even places, to white at odd ones.
    let right = above.partition_point(|&change| change < a0 || change == a0 && !first);
    let b1 = if right % 2 == usize::from(is_black) { right } else { right + 1 };
    let change = |at: usize| above.get(at).copied().unwrap_or(width);
    (change(b1), change(b1 + 1))
}

/// Set the bits of black runs: from each change at an even place to the next.
fn paint(changes: &[u32], width: u32, row: &mut [u8]) {
    for pair in changes.chunks(2) {
        let (from, to) = (pair[0].min(width), pair.get(1).copied().unwrap_or(width).min(width));
        if from >= to {
            continue;
        }
        let (first, last) = (from as usize / 8, (to - 1) as usize / 8);
        let (head, tail) = (0xFF >> (from % 8), 0xFFu8 << (7 - (to - 1) % 8));
        if first == last {
            row[first] |= head & tail;
        } else {
            row[first] |= head;
            row[first + 1..last].fill(0xFF);
            row[last] |= tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use fax::encoder::Encoder;
    use fax::{Color, VecWriter};

    use super::*;

    /// Rows of bits, and the same as Group 4.
    fn picture(width: u32, rows: u32) -> (Vec<u8>, Vec<u8>) {
        let is_black = |x: u32, y: u32| (x * x / 7 + y * 13 + x * y / 5) % 11 < 4 || x / 9 == y || y % 7 == 3;
        let mut plain = vec![0; width.div_ceil(8) as usize * rows as usize];
        let mut encoder = Encoder::new(VecWriter::new());
        for y in 0..rows {
            let line: Vec<bool> = (0..width).map(|x| is_black(x, y)).collect();
            for (x, _) in line.iter().enumerate().filter(|(_, black)| **black) {
                plain[y as usize * width.div_ceil(8) as usize + x / 8] |= 0x80 >> (x % 8);
            }
            let pels = line.iter().map(|black| if *black { Color::Black } else { Color::White });
            encoder.encode_line(pels, width).unwrap();
        }
        (plain, encoder.finish().unwrap().finish())
    }

    #[test]
    fn group_4_comes_back() {
        for (width, rows) in [(1, 3), (64, 40), (203, 31)] {
            let (plain, stream) = picture(width, rows);
            assert_eq!(decode(&stream, Kind::Group4, width, rows).unwrap(), plain, "{width}×{rows}");
            let mut read = Vec::new();
            reader(std::io::Cursor::new(stream), Kind::Group4, width).read_to_end(&mut read).unwrap();
            assert_eq!(read, plain, "{width}×{rows} row by row");
        }
    }

    #[test]
    fn rows_of_runs_begin_at_bytes_or_after_an_end_of_line() {
        // 4 white, 3 black, 1 white: 1011 10 000111.
        let runs = [0b1011_1000, 0b0111_0000];
        let expected = [0b0000_1110];
        assert_eq!(decode(&runs, Kind::Runs, 8, 1).unwrap(), expected);
        assert_eq!(decode(&[runs, runs].concat(), Kind::Runs, 8, 2).unwrap(), [expected[0]; 2]);
        // End of line 000000000001, the row, and again.
        let lines = [0b0000_0000, 0b0001_1011, 0b1000_0111, 0b0000_0000, 0b0001_1011, 0b1000_0111];
        assert_eq!(decode(&lines, Kind::Group3 { two_d: false }, 8, 2).unwrap(), [expected[0]; 2]);
        // With a bit behind: 1 for runs, 0 for differences; three vertical ones repeat the row: 1 1 1.
        let tagged = [0b0000_0000, 0b0001_1101, 0b1100_0011, 0b1000_0000, 0b0000_1011, 0b1000_0000];
        assert_eq!(decode(&tagged, Kind::Group3 { two_d: true }, 8, 2).unwrap(), [expected[0]; 2]);
    }

    #[test]
    fn damage_ends_in_an_error_or_a_part() {
        let (plain, stream) = picture(203, 31);
        let half = decode(&stream[..stream.len() / 2], Kind::Group4, 203, 31).unwrap();
        assert!(half.len() < plain.len() && half.len() >= 26 * 8, "no more rows than came: {}", half.len());
        assert_eq!(half[..26 * 8], plain[..26 * 8], "the first rows are there");
        assert!(decode(&[], Kind::Group4, 8, 8).is_err());
        assert!(decode(&[0; 40], Kind::Group3 { two_d: false }, 8, 8).is_err());
    }
}

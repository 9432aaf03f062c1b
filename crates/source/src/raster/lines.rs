//! Where the lines of a page are in the file, and how they are decoded (CUPS raster specification, version 2).
//!
//! A line begins with how often it is repeated, less one; then come packets: 0 to 127 repeat a unit that often and once more,
//! 129 to 255 copy 257 − n units, 128 leaves the rest of the line blank (in libcups' code, not in the specification).

use super::header::Header;
use crate::PositionedFile;
use crate::{Error, Result};

/// Every so many lines are noted.
const STEP: u64 = 64;
/// How much of the file is read at a time.
const WINDOW: u64 = 1 << 18;

/// Where some of the lines begin: (line, position).
pub(super) struct LineIndex {
    marks: Vec<(u64, u64)>,
    start: u64,
    packed: bool,
}

/// Reads on from a position, a window of the file at a time.
struct Cursor<'a> {
    file: &'a PositionedFile,
    window: Vec<u8>,
    start: u64,
    at: u64,
    end: u64,
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        if self.at < self.start || self.at >= self.start + self.window.len() as u64 {
            let length = WINDOW.min(self.end.saturating_sub(self.at));
            self.window = self.file.read_at(self.at, length).ok()?;
            self.start = self.at;
        }
        let byte = *self.window.get((self.at - self.start) as usize)?;
        self.at += 1;
        Some(byte)
    }

    fn bytes(&mut self, count: usize, out: &mut Vec<u8>) -> Option<()> {
        for _ in 0..count {
            out.push(self.byte()?);
        }
        Some(())
    }
}

impl LineIndex {
    /// Walk over the page that starts at `start`; also where it ends. A page that breaks off is noted as far as it goes.
    pub(super) fn of(file: &PositionedFile, header: &Header, start: u64) -> Result<(Self, u64)> {
        let (length, line) = (file.length()?, u64::from(header.line_bytes));
        if !header.version.is_packed() {
            let end = start.saturating_add(header.lines().saturating_mul(line));
            return Ok((Self { marks: Vec::new(), start, packed: false }, end));
        }
        let unit = header.unit();
        let mut cursor = Cursor { file, window: Vec::new(), start: 0, at: start, end: length };
        let (mut marks, mut done) = (Vec::new(), 0u64);
        while done < header.lines() {
            if marks.last().is_none_or(|(line, _)| line + STEP <= done) {
                marks.push((done, cursor.at));
            }
            let Some(repeat) = cursor.byte() else { break };
            if skip_line(&mut cursor, line as usize, unit).is_none() {
                break;
            }
            done += 1 + u64::from(repeat);
        }
        // A page of which next to nothing is there is a damaged header.
        if done * 1000 < header.lines() {
            return Err(Error::corrupt(format!("the page ends after {done} of {} lines", header.lines())));
        }
        let end = if done < header.lines() { length } else { cursor.at };
        Ok((Self { marks, start, packed: true }, end))
    }

    /// Call `take` with each of the lines `first..last`.
    pub(super) fn read(
        &self,
        file: &PositionedFile,
        header: &Header,
        (first, last): (u64, u64),
        mut take: impl FnMut(u64, &[u8]),
    ) -> Result<()> {
        let line = header.line_bytes as usize;
        if !self.packed {
            // As many lines at a time as fit a window.
            let group = (WINDOW / u64::from(header.line_bytes).max(1)).max(1);
            let mut at = first;
            while at < last {
                let count = group.min(last - at);
                let bytes = file.read_at(self.start + at * line as u64, count * line as u64)?;
                for (number, bytes) in (at..).zip(bytes.chunks_exact(line)) {
                    take(number, bytes);
                }
                at += count;
            }
            return Ok(());
        }
        let torn = || Error::corrupt("the page breaks off");
        let mark = self.marks.partition_point(|(line, _)| *line <= first).checked_sub(1).ok_or_else(torn)?;
        let (mut number, at) = self.marks[mark];
        let mut cursor = Cursor { file, window: Vec::new(), start: 0, at, end: file.length()? };
        let mut bytes = Vec::with_capacity(line);
        while number < last {
            let repeat = 1 + u64::from(cursor.byte().ok_or_else(torn)?);
            if number + repeat <= first {
                skip_line(&mut cursor, line, header.unit()).ok_or_else(torn)?;
            } else {
                bytes.clear();
                unpack_line(&mut cursor, line, header, &mut bytes).ok_or_else(torn)?;
                (number.max(first)..(number + repeat).min(last)).for_each(|line| take(line, &bytes));
            }
            number += repeat;
        }
        Ok(())
    }
}

/// Walk past one line.
fn skip_line(cursor: &mut Cursor<'_>, line: usize, unit: usize) -> Option<()> {
    let mut left = line;
    while left > 0 {
        let (stored, made) = match cursor.byte()? {
            128 => return Some(()),
            repeat @ 0..=127 => (unit, unit * (1 + usize::from(repeat))),
            literal => (unit * (257 - usize::from(literal)), unit * (257 - usize::from(literal))),
        };
        // The last unit may be cut off by the line's end, as libcups reads it.
        cursor.at += if made > left && stored > unit { stored.min(left) } else { stored } as u64;
        left = left.saturating_sub(made);
    }
    (cursor.at <= cursor.end).then_some(())
}

fn unpack_line(cursor: &mut Cursor<'_>, line: usize, header: &Header, out: &mut Vec<u8>) -> Option<()> {
    let unit = header.unit();
    while out.len() < line {
        let left = line - out.len();
        match cursor.byte()? {
            128 => out.resize(line, header.blank()),
            repeat @ 0..=127 => {
                let from = out.len();
                cursor.bytes(unit, out)?;
                for _ in 0..repeat {
                    out.extend_from_within(from..from + unit);
                }
            }
            literal => {
                let made = unit * (257 - usize::from(literal));
                cursor.bytes(if made > left && made > unit { made.min(left) } else { made }, out)?;
            }
        }
    }
    out.truncate(line);
    Some(())
}

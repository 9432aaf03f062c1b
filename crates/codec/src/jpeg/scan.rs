//! One of several scans of a frame, on its way down the picture: a row of MCUs at a time, so that all scans go in step and no
//! more coefficients are in memory than those of one row.
//!
//! Damage ends a scan at the next restart marker, where it goes on, or for good; what other scans say stays.

use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use super::bits::BitReader;
use super::coefficients::{Band, Coefficients};
use super::huffman::Decoder;
use super::markers::Segments;
use super::raster::Raster;
use crate::{IoResultExt as _, Result};

/// How much of a scan's data is read at a time.
const WINDOW: usize = 1 << 17;
/// No block takes more bytes: 64 codes of 16 bits with 16 more behind each, all of them stuffed.
const LONGEST_BLOCK: usize = 512;
/// Restart markers are numbered from 0 to 7: one that is farther ahead was not lost but is damaged.
const MOST_LOST: u8 = 3;

/// The blocks of one component in one row of MCUs.
#[derive(Debug, Default)]
pub(super) struct BlockRow {
    pub blocks: Vec<Coefficients>,
    /// Blocks of a line, those that only fill MCUs included.
    pub stride: usize,
}

/// The data of a scan: a part of it, and where the rest is.
#[derive(Debug)]
pub(super) struct Input<'s> {
    window: Cow<'s, [u8]>,
    rest: Range<u64>,
}

/// A scan, its tables, and where it stands.
#[derive(Debug)]
pub(super) struct Scan<'s> {
    input: Input<'s>,
    /// Where in `input.window` to go on.
    bits: BitReader<'static>,
    coding: Coding,
    band: Band,
    parts: Vec<Part>,
    /// Blocks from the next on without coefficients of their own in this scan.
    blocks_left: u32,
    /// MCUs of the frame.
    mcus_across: usize,
    restart_interval: u32,
    until_restart: u32,
    next_restart: u8,
    /// MCUs that are lost before the data go on.
    lost: u64,
    is_over: bool,
    is_damaged: bool,
    /// MCUs that were decoded.
    decoded: u64,
}

/// What a scan sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    All,
    Dc,
    RefineDc,
    Ac,
    RefineAc,
}

/// One component of a scan.
#[derive(Debug)]
struct Part {
    /// Which of the frame.
    component: usize,
    /// Blocks in an MCU of the frame.
    h: usize,
    v: usize,
    /// Blocks of the component where it stands alone.
    blocks: (usize, usize),
    dc: Option<Box<Decoder>>,
    ac: Option<Box<Decoder>>,
    prediction: i32,
}

impl<'s> Input<'s> {
    /// Data that are all there.
    pub(super) fn of(data: &'s [u8]) -> Self {
        Self { window: Cow::Borrowed(data), rest: 0..0 }
    }

    /// Data in a file.
    pub(super) fn at(bytes: Range<u64>) -> Self {
        Self { window: Cow::Owned(Vec::new()), rest: bytes }
    }

    /// Whether the bytes behind `at` suffice for a block.
    #[inline(always)]
    fn has_block_at(&self, at: usize) -> bool {
        self.window.len() >= at + LONGEST_BLOCK || self.rest.is_empty()
    }

    /// Read on, and forget what is before `bits`.
    #[cold]
    #[inline(never)]
    fn read_more(&mut self, source: &mut (impl Read + Seek), bits: &mut BitReader<'static>) -> Result<()> {
        let mut window = std::mem::take(&mut self.window).into_owned();
        let used = bits.position();
        *bits = bits.moved_to(&[], used);
        window.drain(..used);
        let more = (WINDOW.saturating_sub(window.len()) as u64).min(self.rest.end - self.rest.start);
        source.seek(SeekFrom::Start(self.rest.start)).at(Path::new(""))?;
        let read = source.take(more).read_to_end(&mut window).at(Path::new(""))? as u64;
        self.rest.start = if read < more { self.rest.end } else { self.rest.start + more };
        self.window = Cow::Owned(window);
        Ok(())
    }
}

impl<'s> Scan<'s> {
    /// The scan whose header `segments` read last, for the frame in `raster`; `None` if it is invalid.
    pub(super) fn new(segments: &Segments<'_>, raster: &Raster, input: Input<'s>) -> Option<Self> {
        let header = segments.scan()?;
        let ((start, end), (high, low)) = (header.band, header.bits);
        let coding = match (segments.is_progressive(), start, high) {
            (false, _, _) => Coding::All,
            (_, 0, 0) => Coding::Dc,
            (_, 0, _) => Coding::RefineDc,
            (_, _, 0) => Coding::Ac,
            _ => Coding::RefineAc,
        };
        let is_ac = matches!(coding, Coding::Ac | Coding::RefineAc);
        let count = usize::from(header.count);
        if !(1..=4).contains(&count) || is_ac && (count != 1 || start > end || end > 63) {
            return None;
        }
        let (band, low) = match coding {
            Coding::All => ((0, 0), 0),
            Coding::Dc | Coding::RefineDc => ((0, 0), low),
            Coding::Ac | Coding::RefineAc => ((start, end), low),
        };
        if low > 13 {
            return None;
        }
        let mut parts: Vec<Part> = Vec::new();
        for [id, tables] in &header.listed[..count] {
            let is_new = |i: &usize| segments.components[*i].id == *id && parts.iter().all(|part| part.component != *i);
            let component = (0..raster.planes().len()).find(is_new)?;
            let plane = &raster.planes()[component];
            let table = |specs: &[Option<_>; 4], i: u8| specs[usize::from(i & 3)].and_then(Decoder::new).map(Box::new);
            let dc = matches!(coding, Coding::All | Coding::Dc).then(|| table(&segments.dc, tables >> 4));
            let ac = (is_ac || coding == Coding::All).then(|| table(&segments.ac, tables & 15));
            if matches!(dc, Some(None)) || matches!(ac, Some(None)) {
                return None;
            }
            let (h, v, blocks) = (plane.h, plane.v, plane.blocks);
            parts.push(Part { component, h, v, blocks, dc: dc.flatten(), ac: ac.flatten(), prediction: 0 });
        }
        Some(Self {
            input,
            bits: BitReader::new(&[]),
            coding,
            band: Band::new(band, low),
            parts,
            blocks_left: 0,
            mcus_across: raster.mcus().across as usize,
            restart_interval: segments.restart_interval,
            until_restart: segments.restart_interval,
            next_restart: 0,
            lost: 0,
            is_over: false,
            is_damaged: false,
            decoded: 0,
        })
    }

    /// The components of the frame that it has something of.
    pub(super) fn components(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().map(|part| part.component)
    }

    /// Whether it has nothing but AC coefficients.
    pub(super) fn is_ac(&self) -> bool {
        matches!(self.coding, Coding::Ac | Coding::RefineAc)
    }

    /// Whether nothing more will come of it.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether not all of it could be decoded.
    pub(super) fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// MCUs that were decoded.
    pub(super) fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Add what it has of row `row` of MCUs to `rows`, one for each component of the frame. Fails only where `source` does.
    #[inline(always)]
    pub(super) fn decode_row(
        &mut self,
        source: &mut (impl Read + Seek),
        row: usize,
        rows: &mut [BlockRow; 4],
    ) -> Result<()> {
        let band = self.band;
        match self.coding {
            Coding::All => self.walk(source, row, rows, never, |block, bits, part, _| {
                block.read_all((part.dc.as_deref()?, part.ac.as_deref()?), bits, &mut part.prediction)
            }),
            Coding::Dc => self.walk(source, row, rows, never, |block, bits, part, _| {
                block.read_dc(part.dc.as_deref()?, bits, &mut part.prediction, band)
            }),
            Coding::RefineDc => self.walk(source, row, rows, never, |block, bits, _, _| {
                block.refine_dc(bits, band);
                Some(())
            }),
            Coding::Ac => {
                let is_passed = |_: &Coefficients| true;
                self.walk(source, row, rows, is_passed, |block, bits, part, left| {
                    block.read_ac(part.ac.as_deref()?, bits, band, left)
                })
            }
            Coding::RefineAc => {
                let is_passed = |block: &Coefficients| block.is_empty_in(band);
                self.walk(source, row, rows, is_passed, |block, bits, part, left| {
                    block.refine_ac(part.ac.as_deref()?, bits, band, left)
                })
            }
        }
    }

    /// Let `decode` do all blocks of a row of MCUs, but for those that `is_passed` says it of while blocks are left out.
    #[inline(always)]
    fn walk(
        &mut self,
        source: &mut (impl Read + Seek),
        row: usize,
        rows: &mut [BlockRow; 4],
        is_passed: impl Fn(&Coefficients) -> bool,
        mut decode: impl FnMut(&mut Coefficients, &mut BitReader<'_>, &mut Part, &mut u32) -> Option<()>,
    ) -> Result<()> {
        // The only component of a scan comes block by block and line by line (A.2.3).
        let (across, lines) = match &self.parts[..] {
            [part] => (part.blocks.0, part.v.min(part.blocks.1.saturating_sub(row * part.v))),
            _ => (self.mcus_across, 1),
        };
        for line in 0..lines {
            for mcu in 0..across {
                if (self.restart_interval > 0 || self.is_over) && !self.begin_mcu(source)? {
                    if self.is_over {
                        return Ok(());
                    }
                } else if self.decode_mcu(source, rows, (mcu, line), &is_passed, &mut decode)? {
                    self.decoded += 1;
                } else {
                    self.lose(self.until_restart, source)?;
                }
            }
        }
        Ok(())
    }

    /// One MCU, or the block at that place where the scan has but one component. False where the data are damaged.
    #[inline(always)]
    fn decode_mcu(
        &mut self,
        source: &mut (impl Read + Seek),
        rows: &mut [BlockRow; 4],
        (mcu, line): (usize, usize),
        is_passed: &impl Fn(&Coefficients) -> bool,
        decode: &mut impl FnMut(&mut Coefficients, &mut BitReader<'_>, &mut Part, &mut u32) -> Option<()>,
    ) -> Result<bool> {
        let is_alone = self.parts.len() == 1;
        for part in &mut self.parts {
            let (h, v) = if is_alone { (1, 1) } else { (part.h, part.v) };
            let BlockRow { blocks, stride } = &mut rows[part.component];
            for y in 0..v {
                for x in 0..h {
                    let block = &mut blocks[(line + y) * *stride + mcu * h + x];
                    if self.blocks_left > 0 && is_passed(block) {
                        self.blocks_left -= 1;
                        continue;
                    }
                    if !self.input.has_block_at(self.bits.position()) {
                        self.input.read_more(source, &mut self.bits)?;
                    }
                    let mut bits = self.bits.on(&self.input.window);
                    let decoded = decode(block, &mut bits, part, &mut self.blocks_left);
                    self.bits = bits.on(&[]);
                    if decoded.is_none() || self.bits.overran() {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Whether the next MCU is to be decoded; it is counted either way.
    fn begin_mcu(&mut self, source: &mut (impl Read + Seek)) -> Result<bool> {
        if self.lost == 0 && !self.is_over && self.until_restart == 0 {
            if !self.input.has_block_at(self.bits.position()) {
                self.input.read_more(source, &mut self.bits)?;
            }
            match self.bits.on(&self.input.window).restarted(self.next_restart) {
                Some(bits) => self.restart(bits.position(), self.next_restart),
                None => self.lose(0, source)?,
            }
        }
        if self.lost > 0 || self.is_over {
            self.lost = self.lost.saturating_sub(1);
            return Ok(false);
        }
        self.until_restart -= 1;
        Ok(true)
    }

    /// The data are damaged, with `left` more MCUs before the next restart marker: go on behind one, wherever it is.
    #[cold]
    #[inline(never)]
    fn lose(&mut self, left: u32, source: &mut (impl Read + Seek)) -> Result<()> {
        self.is_damaged = true;
        // Without a place to go on there is nothing to look for.
        self.is_over = self.restart_interval == 0;
        // What was put into the reservoir before the damage is of no use.
        self.bits = BitReader::behind(self.bits.position());
        while !self.is_over {
            let at = self.bits.position();
            let found = self.input.window[at..].windows(2).position(|pair| {
                pair[0] == 0xFF
                    && matches!(pair[1], 0xD0..=0xD7)
                    && pair[1].wrapping_sub(self.next_restart) & 7 <= MOST_LOST
            });
            if let Some(found) = found {
                let n = self.input.window[at + found + 1] & 7;
                let ahead = n.wrapping_sub(self.next_restart) & 7;
                self.lost = u64::from(left) + u64::from(ahead) * u64::from(self.restart_interval);
                self.restart(at + found + 2, n);
            } else if self.input.rest.is_empty() {
                self.is_over = true;
            } else {
                // Both bytes of a marker must be in the buffer.
                self.bits = BitReader::behind(self.input.window.len().saturating_sub(1).max(at));
                self.input.read_more(source, &mut self.bits)?;
                continue;
            }
            return Ok(());
        }
        Ok(())
    }

    /// Go on at byte `at` of the window, behind restart marker `n`.
    fn restart(&mut self, at: usize, n: u8) {
        self.bits = BitReader::behind(at);
        self.next_restart = (n + 1) % 8;
        self.until_restart = self.restart_interval;
        self.blocks_left = 0;
        self.parts.iter_mut().for_each(|part| part.prediction = 0);
    }
}

/// In scans that leave out no blocks.
fn never(_: &Coefficients) -> bool {
    false
}

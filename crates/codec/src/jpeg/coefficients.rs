//! What the scans of a frame leave in a block, and how each kind of scan adds to it (ITU T.81, F.2 and annex G.1.2).

use super::bits::BitReader;
use super::dct::STORED_AT;
use super::decode::{read_ac, read_dc, read_long};
use super::huffman::{self, END_OF_BLOCK};

/// The coefficients of a block, as far as they are known.
#[derive(Debug, Clone)]
pub(super) struct Coefficients {
    /// See [`STORED_AT`].
    pub values: [i16; 64],
    /// A bit for each AC coefficient that is not zero, in the order of the stream.
    pub present: u64,
}

/// The coefficients that a scan sends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    /// The first and the last, in the order of the stream.
    start: usize,
    mask: u64,
    /// The lowest bit sent.
    low: u32,
}

impl Band {
    /// From the first to the last, both 63 at most.
    pub(super) fn new((start, end): (u8, u8), low: u8) -> Self {
        let mask = u64::MAX >> (63 - end) & u64::MAX << start;
        Self { start: start.into(), mask, low: low.into() }
    }

    fn end(self) -> usize {
        63 - self.mask.leading_zeros() as usize
    }
}

impl Coefficients {
    pub(super) const NONE: Self = Self { values: [0; 64], present: 0 };

    /// A whole block (F.2.2).
    #[inline(always)]
    pub(super) fn read_all(
        &mut self,
        (dc, ac): (&huffman::Decoder, &huffman::Decoder),
        bits: &mut BitReader<'_>,
        prediction: &mut i32,
    ) -> Option<()> {
        let mut block = [0; 128];
        *prediction = prediction.wrapping_add(read_dc(dc, bits)?);
        let has_more = read_ac(ac, bits, &mut block)?;
        block[0] = *prediction as i16;
        self.values.copy_from_slice(&block[..64]);
        self.present = if has_more { !1 } else { 0 };
        Some(())
    }

    /// The upper bits of the DC coefficient (G.1.2.1).
    #[inline(always)]
    pub(super) fn read_dc(
        &mut self,
        dc: &huffman::Decoder,
        bits: &mut BitReader<'_>,
        prediction: &mut i32,
        band: Band,
    ) -> Option<()> {
        *prediction = prediction.wrapping_add(read_dc(dc, bits)?);
        self.values[0] = (*prediction << band.low) as i16;
        Some(())
    }

    /// One more bit of the DC coefficient (G.1.2.1).
    #[inline(always)]
    pub(super) fn refine_dc(&mut self, bits: &mut BitReader<'_>, band: Band) {
        self.values[0] |= i16::from(bits.bit()) << band.low;
    }

    /// The upper bits of some AC coefficients (G.1.2.2). `blocks_left` counts the blocks from this on that have nothing more in
    /// this scan; it must be zero.
    #[inline(always)]
    pub(super) fn read_ac(
        &mut self,
        ac: &huffman::Decoder,
        bits: &mut BitReader<'_>,
        band: Band,
        blocks_left: &mut u32,
    ) -> Option<()> {
        let (mut k, end) = (band.start, band.end());
        while k <= end {
            bits.refill();
            let entry = read_symbol(ac, bits)?;
            let advance = entry.advance();
            if advance >= END_OF_BLOCK {
                // This one is done.
                *blocks_left = run_of_blocks(advance, bits) - 1;
                break;
            }
            k += advance;
            if k > 64 {
                return None;
            }
            if entry.value() != 0 {
                self.values[usize::from(STORED_AT[k - 1]) & 63] = entry.value().wrapping_shl(band.low);
                self.present |= 1 << (k - 1);
            }
        }
        Some(())
    }

    /// Whether [`refine_ac`](Self::refine_ac) would find nothing to do in a block without new coefficients.
    #[inline(always)]
    pub(super) fn is_empty_in(&self, band: Band) -> bool {
        self.present & band.mask == 0
    }

    /// One more bit of some AC coefficients, and those that begin with it (G.1.2.3). `blocks_left` counts the blocks from this
    /// on that have no new ones.
    #[inline(always)]
    pub(super) fn refine_ac(
        &mut self,
        ac: &huffman::Decoder,
        bits: &mut BitReader<'_>,
        band: Band,
        blocks_left: &mut u32,
    ) -> Option<()> {
        let step = 1 << band.low;
        let mut places = band.mask;
        if *blocks_left == 0 {
            while places != 0 {
                bits.refill();
                let entry = read_symbol(ac, bits)?;
                let advance = entry.advance();
                if advance >= END_OF_BLOCK {
                    *blocks_left = run_of_blocks(advance, bits);
                    break;
                }
                // The code counts only those that are zero so far: skip all but the last of them.
                let mut zeros = places & !self.present;
                for _ in 1..advance {
                    zeros &= zeros.wrapping_sub(1);
                }
                let target = zeros & zeros.wrapping_neg();
                let before = places & target.wrapping_sub(1);
                self.correct(bits, before, step);
                places &= !(before | target);
                if target != 0 && entry.value() != 0 {
                    self.values[stored_at(target)] = if entry.value() > 0 { step } else { -step };
                    self.present |= target;
                }
            }
        }
        if *blocks_left > 0 {
            self.correct(bits, places, step);
            *blocks_left -= 1;
        }
        Some(())
    }

    /// A bit for each of `places` that has a coefficient.
    #[inline(always)]
    fn correct(&mut self, bits: &mut BitReader<'_>, places: u64, step: i16) {
        let mut places = places & self.present;
        while places != 0 {
            let value = &mut self.values[stored_at(places)];
            if bits.bit() && *value & step == 0 {
                *value = value.wrapping_add(if *value < 0 { -step } else { step });
            }
            places &= places - 1;
        }
    }
}

/// The index of the coefficient of the lowest bit in `places`.
#[inline(always)]
fn stored_at(places: u64) -> usize {
    usize::from(STORED_AT[(places.trailing_zeros() & 63) as usize]) & 63
}

#[inline(always)]
fn read_symbol(table: &huffman::Decoder, bits: &mut BitReader<'_>) -> Option<huffman::Entry> {
    match table.read_short(bits) {
        Some(entry) => Some(entry),
        None => read_long(table, bits),
    }
}

/// How many blocks end with a code that moves on so far (table G.1): 2ʳ, and what r bits more say.
#[inline(always)]
fn run_of_blocks(advance: usize, bits: &mut BitReader<'_>) -> u32 {
    match (advance - END_OF_BLOCK) as u32 {
        0 => 1,
        r => (1 << r) + bits.number(r),
    }
}

//! Huffman tables made ready (ITU T.81, Annex C): for decoding one look-up that yields a whole coefficient, for encoding the
//! code of each symbol.

use super::bits::{BitReader, extend};
use super::tables::HuffmanSpec;

/// Bits seen by the first look-up. Codes that are longer (and rare) take a slower way.
const LOOKUP_BITS: u32 = 11;

/// How far the end of a block moves on: beyond anything that coefficients can.
pub(super) const END_OF_BLOCK: usize = 128;

/// A table for decoding.
///
/// Most codes are so short that the amplitude bits behind them fit into the look-up as well. So an entry holds, from the top:
/// the amplitude (16 bits, signed), how many coefficients it moves on (run + 1, or [`END_OF_BLOCK`]), and all bits to
/// consume. Zero: not in the look-up.
#[derive(Debug, Clone)]
pub(super) struct Decoder {
    counts: [u8; 16],
    symbols: [u8; 256],
    symbol_count: usize,
    lookup: [u32; 1 << LOOKUP_BITS],
    /// For each length the first 16-bit value, left aligned, that belongs to a longer code; and what turns a code of that
    /// length into the index of its symbol.
    limits: [u32; 17],
    offsets: [i32; 17],
}

/// One decoded symbol with its amplitude.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry(u32);

impl Entry {
    /// The coefficient, zero for a symbol without one.
    #[inline(always)]
    pub(super) fn value(self) -> i16 {
        (self.0 >> 16) as i16
    }

    /// How far the place in the block moves on, the coefficient itself included.
    #[inline(always)]
    pub(super) fn advance(self) -> usize {
        (self.0 >> 8 & 0xFF) as usize
    }
}

impl Decoder {
    /// A table, or nothing where the lengths allow no prefix code.
    pub(super) fn new(spec: HuffmanSpec<'_>) -> Option<Self> {
        let mut table = Self {
            counts: *spec.counts,
            symbols: [0; 256],
            symbol_count: spec.symbols.len(),
            lookup: [0; 1 << LOOKUP_BITS],
            limits: [0; 17],
            offsets: [0; 17],
        };
        table.symbols.get_mut(..spec.symbols.len())?.copy_from_slice(spec.symbols);
        let (mut code, mut index) = (0u32, 0usize);
        for length in 1..=16u32 {
            table.offsets[length as usize] = index as i32 - code as i32;
            for _ in 0..spec.counts[length as usize - 1] {
                if code >> length != 0 {
                    return None;
                }
                table.fill(code, length, *spec.symbols.get(index)?);
                (code, index) = (code + 1, index + 1);
            }
            table.limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// Whether this was made from the same list.
    pub(super) fn is_of(&self, spec: HuffmanSpec<'_>) -> bool {
        self.counts == *spec.counts && self.symbols.get(..self.symbol_count) == Some(spec.symbols)
    }

    /// The next symbol and its amplitude from the look-up, consumed; `None` leaves all to [`read_long`](Self::read_long).
    ///
    /// Needs [`LOOKUP_BITS`] in the reader.
    #[inline(always)]
    pub(super) fn read_short(&self, bits: &mut BitReader<'_>) -> Option<Entry> {
        let entry = self.lookup[(bits.peek() >> (64 - LOOKUP_BITS)) as usize];
        if entry == 0 {
            return None;
        }
        bits.consume(entry & 0xFF);
        Some(Entry(entry))
    }

    /// The same for any code. A code that the table does not have gives `None`.
    #[cold]
    #[inline(never)]
    pub(super) fn read_long<'a>(&self, mut bits: BitReader<'a>) -> Option<(Entry, BitReader<'a>)> {
        bits.refill();
        let next = (bits.peek() >> 48) as u32;
        let length = (1..=16).find(|&length| next < self.limits[length])?;
        let index = (next >> (16 - length)) as i32 + self.offsets[length];
        let symbol = self.symbols[index as usize & 0xFF];
        bits.consume(length as u32);
        let size = u32::from(symbol & 15);
        let value = if size > 0 { bits.amplitude(size) } else { 0 };
        Some((entry(symbol, value, 0), bits))
    }

    fn fill(&mut self, code: u32, length: u32, symbol: u8) {
        let size = u32::from(symbol & 15);
        let used = length + size;
        if used > LOOKUP_BITS {
            return;
        }
        let free = LOOKUP_BITS - length;
        for rest in 0..1 << free {
            let bits = (rest >> (free - size)) as i32;
            let value = if size > 0 { extend(bits, size) } else { 0 };
            self.lookup[(code << free | rest) as usize] = entry(symbol, value, used).0;
        }
    }
}

/// An entry for `symbol`: high half the run of zeros before the coefficient, low half its size (F.2.2.2).
///
/// Size 0 is the end of the block, but for 0xF0, which is sixteen zeros. In a DC table, where the high half is 0, a size of 0
/// therefore looks like the end of a block; nobody asks there.
fn entry(symbol: u8, value: i32, used: u32) -> Entry {
    let has_value = symbol & 0x0F > 0;
    let advance = if !has_value && symbol != 0xF0 { END_OF_BLOCK as u32 } else { u32::from(symbol >> 4) + 1 };
    Entry((value as u16 as u32) << 16 | advance << 8 | used)
}

/// A table for encoding: for each symbol its code and length.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    /// Code in the upper 24 bits, length in the lower 8; 0 for a symbol without a code.
    codes: [u32; 256],
}

impl Encoder {
    pub(super) fn new(spec: HuffmanSpec<'_>) -> Self {
        let mut codes = [0; 256];
        let (mut code, mut symbols) = (0u32, spec.symbols.iter());
        for (length, &count) in (1u32..).zip(spec.counts) {
            for &symbol in symbols.by_ref().take(count.into()) {
                codes[symbol as usize] = code << 8 | length;
                code += 1;
            }
            code <<= 1;
        }
        Self { codes }
    }

    /// Code and length of `symbol`.
    #[inline(always)]
    pub(super) fn code(&self, symbol: u8) -> (u32, u32) {
        let code = self.codes[symbol as usize];
        (code >> 8, code & 0xFF)
    }
}

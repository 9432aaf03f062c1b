//! Huffman tables made ready (ITU T.81, Annex C): for decoding one look-up that yields a whole coefficient, for encoding the
//! code of each symbol.

use super::bits::{BitReader, extend};
use super::tables::HuffmanSpec;

/// Bits of the first look-up. Longer codes (rare) take a slower path.
const LOOKUP_BITS: u32 = 11;

/// How far the end of a block moves on: beyond anything that coefficients can. In progressive scans the end of 2ʳ blocks and
/// more (G.1.2.2, `EOBr`) moves on r further.
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
/// Size 0 is the end of one or more blocks, but for 0xF0, which is sixteen zeros. In a DC table, where the high half is 0, a size of 0
/// therefore looks like the end of a block; nobody asks there.
fn entry(symbol: u8, value: i32, used: u32) -> Entry {
    let has_value = symbol & 0x0F > 0;
    let run = u32::from(symbol >> 4);
    let advance = if !has_value && symbol != 0xF0 { END_OF_BLOCK as u32 + run } else { run + 1 };
    Entry((value as u16 as u32) << 16 | advance << 8 | used)
}

/// A table for encoding: for each symbol its code with room for the amplitude behind it.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    /// The code, moved up by the size that the symbol's low half names, in the upper 27 bits; the length of both in the
    /// lower 5. 0 for a symbol without a code.
    codes: [u32; 256],
}

impl Encoder {
    pub(super) fn new(spec: HuffmanSpec<'_>) -> Self {
        let mut codes = [0; 256];
        let (mut code, mut symbols) = (0u32, spec.symbols.iter());
        for (length, &count) in (1u32..).zip(spec.counts) {
            for &symbol in symbols.by_ref().take(count.into()) {
                let size = u32::from(symbol & 15);
                codes[symbol as usize] = code << size << 5 | (length + size);
                code += 1;
            }
            code <<= 1;
        }
        Self { codes }
    }

    /// The code of `symbol` with zeros where its amplitude goes, and the length of both.
    #[inline(always)]
    pub(super) fn code(&self, symbol: u8) -> (u32, u32) {
        let code = self.codes[symbol as usize];
        (code >> 5, code & 31)
    }
}

/// The codes of AC coefficients from -127 to 127, amplitudes included: by run and value, as in [`Encoder`].
#[derive(Debug, Clone)]
pub(super) struct SmallCodes([u32; 16 * 256]);

impl SmallCodes {
    pub(super) fn new(codes: &Encoder) -> Self {
        Self(std::array::from_fn(|at| {
            let (run, (size, amplitude)) = (at >> 8, category((at as u8 as i8).into()));
            let symbol = (run << 4) as u32 | size;
            // No size: that is not a coefficient but the end of the block.
            if size == 0 || size > 7 { 0 } else { codes.codes[symbol as usize & 255] | amplitude << 5 }
        }))
    }

    /// The code of `value` behind `run` zeros, fewer than 16, and its length.
    #[inline(always)]
    pub(super) fn code(&self, run: u32, value: i8) -> (u32, u32) {
        let code = self.0[(run << 8 | u32::from(value as u8)) as usize & 0xFFF];
        (code >> 5, code & 31)
    }
}

/// Size and bits of a value (table F.1): negative ones count up from 0.
#[inline(always)]
pub(super) fn category(value: i32) -> (u32, u32) {
    let sign = value >> 31;
    let size = 32 - ((value ^ sign) - sign).leading_zeros();
    (size, (value + sign) as u32 & ((1 << size) - 1))
}

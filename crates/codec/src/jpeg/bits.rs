//! Bits in and out of entropy-coded segments (ITU T.81, B.1.1.5 and F.1.2.3): 64 at a time, with the stuffed zero after each
//! 0xFF taken out and put in.
//!
//! It must not know what the bits mean.

/// Takes bits from a segment that ends at the next marker or with the data.
///
/// `reservoir` holds the next bits of the stream, the first on top. At least `count` of them are valid, and those below are
/// zero or *already the right ones*, which is why [`refill`](Self::refill) may simply OR the next word over them.
///
/// Its rare cases take and give it by value: a reader that nobody points to can live in registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitReader<'a> {
    data: &'a [u8],
    at: usize,
    reservoir: u64,
    count: u32,
    /// Zero bits put in behind the end of the segment.
    padding: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, reservoir: 0, count: 0, padding: 0 }
    }

    /// Have at least 56 bits ready, zeros where the segment has ended.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if let Some(chunk) = self.data.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let word = u64::from_be_bytes(*chunk);
            if !has_ff_byte(word) {
                self.reservoir |= word >> self.count;
                self.at += ((63 - self.count) >> 3) as usize;
                self.count |= 0b11_1000; // 56, and what was beyond whole bytes
                return;
            }
        }
        *self = self.refilled_bytewise();
    }

    /// The bits to come, the next one on top.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        self.reservoir
    }

    /// Drop `count` bits, at most as many as there are.
    #[inline(always)]
    pub(super) fn consume(&mut self, count: u32) {
        self.reservoir <<= count & 63;
        self.count = self.count.wrapping_sub(count);
    }

    /// Take `size` bits (1 to 16) as the amplitude of that category: a leading 0 means negative (F.2.2.1, EXTEND).
    #[inline(always)]
    pub(super) fn amplitude(&mut self, size: u32) -> i32 {
        let bits = (self.reservoir >> (64 - size)) as i32;
        self.consume(size);
        extend(bits, size)
    }

    /// Take the next bit.
    #[inline(always)]
    pub(super) fn bit(&mut self) -> bool {
        if self.count == 0 {
            self.refill();
        }
        let bit = self.reservoir >> 63 != 0;
        self.consume(1);
        bit
    }

    /// Take `size` bits (1 to 16) as a number, after a refill of their own.
    #[inline(always)]
    pub(super) fn number(&mut self, size: u32) -> u32 {
        self.refill();
        let bits = (self.reservoir >> (64 - size)) as u32;
        self.consume(size);
        bits
    }

    /// Whether bits were taken that the segment does not have.
    pub(super) fn overran(&self) -> bool {
        self.padding > self.count
    }

    /// Behind the restart marker `RSTn` that must stand here; nothing where it does not.
    #[cold]
    #[inline(never)]
    pub(super) fn restarted(mut self, n: u8) -> Option<Self> {
        let left = self.count.saturating_sub(self.padding);
        while self.data.get(self.at..self.at + 2) == Some(&[0xFF, 0xFF]) {
            self.at += 1;
        }
        if self.overran() || left >= 8 || self.data.get(self.at..self.at + 2) != Some(&[0xFF, 0xD0 + (n & 7)]) {
            return None;
        }
        Some(Self { at: self.at + 2, ..Self::new(self.data) })
    }

    /// How many bytes of `data` are consumed.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Resumes at the same position with newly borrowed bytes; the state itself holds none.
    #[inline(always)]
    pub(super) fn on<'b>(&self, data: &'b [u8]) -> BitReader<'b> {
        BitReader { data, at: self.at, reservoir: self.reservoir, count: self.count, padding: self.padding }
    }

    /// The start of the segment behind the marker whose second byte stands before byte `at`.
    pub(super) fn behind(at: usize) -> BitReader<'static> {
        BitReader { at, ..BitReader::new(&[]) }
    }

    /// The same place in the stream, whose bytes now stand in `data`, shifted down by `dropped`.
    pub(super) fn moved_to<'b>(&self, data: &'b [u8], dropped: usize) -> BitReader<'b> {
        BitReader {
            data,
            at: self.at - dropped,
            reservoir: self.reservoir,
            count: self.count - self.padding,
            padding: 0,
        }
    }

    #[cold]
    #[inline(never)]
    fn refilled_bytewise(mut self) -> Self {
        while self.count < 56 {
            let byte = match self.data.get(self.at) {
                Some(0xFF) if self.data.get(self.at + 1) == Some(&0) => {
                    self.at += 2;
                    0xFF
                }
                None | Some(0xFF) => {
                    self.padding = self.padding.saturating_add(8);
                    0
                }
                Some(&byte) => {
                    self.at += 1;
                    byte
                }
            };
            self.reservoir |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }
}

/// The value of category `size` whose bits are these (table F.1).
#[inline(always)]
pub(super) const fn extend(bits: i32, size: u32) -> i32 {
    let negative = bits >> (size - 1) == 0;
    if negative { bits - ((1 << size) - 1) } else { bits }
}

/// Whether one of eight bytes is 0xFF: only such a byte has its top bit set and loses it when 1 is added to each.
#[inline(always)]
const fn has_ff_byte(word: u64) -> bool {
    word & 0x8080_8080_8080_8080 & !word.wrapping_add(0x0101_0101_0101_0101) != 0
}

/// Writes bits behind what a buffer holds.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    state: WriterState,
}

/// Where a [`BitWriter`] stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WriterState {
    at: usize,
    /// The last `count` bits put, the latest at the bottom. What is above is out already.
    reservoir: u64,
    count: u32,
}

/// A [`BitWriter`] with room for some bits, its state in local variables: nobody points to it, so it can live in registers.
#[derive(Debug)]
pub(super) struct OpenBits<'w> {
    to: &'w mut [u8],
    state: WriterState,
}

impl BitWriter {
    /// Go on behind the end of `bytes`.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { state: WriterState { at: bytes.len(), ..WriterState::default() }, bytes }
    }

    /// Make room for `more` bytes; what is put beyond them is lost. To be followed by [`close`](Self::close).
    #[inline(always)]
    pub(super) fn open(&mut self, more: usize) -> OpenBits<'_> {
        if self.bytes.len() - self.state.at < more {
            self.grow(more);
        }
        OpenBits { to: &mut self.bytes, state: self.state }
    }

    /// Take over what was put.
    #[inline(always)]
    pub(super) fn close(&mut self, state: WriterState) {
        self.state = state;
    }

    /// End a segment, then write a marker.
    pub(super) fn end_with_marker(&mut self, code: u8) {
        self.end();
        let mut open = self.open(2);
        let at = open.state.at;
        open.to[at..at + 2].copy_from_slice(&[0xFF, code]);
        open.state.at += 2;
        let state = open.state();
        self.close(state);
    }

    /// Fill the last byte with ones, as every segment must end, and write what is left.
    pub(super) fn end(&mut self) {
        let mut open = self.open(32);
        let fill = (8 - open.state.count % 8) % 8;
        if fill > 0 {
            open.put((1 << fill) - 1, fill);
        }
        for i in (0..open.state.count / 8).rev() {
            open.emit_byte((open.state.reservoir >> (8 * i)) as u8);
        }
        open.state.count = 0;
        let state = open.state();
        self.close(state);
    }

    /// The buffer with all that was written (but for the last bits, before a marker).
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.state.at);
        self.bytes
    }

    /// Move what was written, but for the last bits, behind the end of `out`.
    pub(super) fn drain_to(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes[..self.state.at]);
        self.state.at = 0;
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        let room = more.max(self.bytes.len()).max(1 << 12);
        self.bytes.resize(self.state.at + room, 0);
    }
}

impl OpenBits<'_> {
    /// Put the lowest `count` bits (1 to 32) of `bits`, whose others must be zero.
    #[inline(always)]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        let total = self.state.count + count;
        if total < 64 {
            self.state.reservoir = self.state.reservoir << count | u64::from(bits);
            self.state.count = total;
        } else {
            let over = total - 64;
            let word = self.state.reservoir << (count - over) | u64::from(bits) >> over;
            self.emit(word);
            self.state.reservoir = u64::from(bits);
            self.state.count = over;
        }
    }

    /// For [`BitWriter::close`].
    #[inline(always)]
    pub(super) fn state(self) -> WriterState {
        self.state
    }

    #[inline(always)]
    fn emit(&mut self, word: u64) {
        if has_ff_byte(word) {
            self.state.at = emit_stuffed(self.to, self.state.at, word);
        } else if let Some(to) = self.to.get_mut(self.state.at..).and_then(<[u8]>::first_chunk_mut::<8>) {
            *to = word.to_be_bytes();
            self.state.at += 8;
        }
    }

    fn emit_byte(&mut self, byte: u8) {
        self.state.at = emit_byte(self.to, self.state.at, byte);
    }
}

#[cold]
#[inline(never)]
fn emit_stuffed(to: &mut [u8], at: usize, word: u64) -> usize {
    word.to_be_bytes().into_iter().fold(at, |at, byte| emit_byte(to, at, byte))
}

/// Write a byte, and a zero behind 0xFF; where to go on.
fn emit_byte(to: &mut [u8], at: usize, byte: u8) -> usize {
    let written = if byte == 0xFF { &[0xFF, 0][..] } else { &[byte] };
    let Some(to) = to.get_mut(at..at + written.len()) else { return at };
    to.copy_from_slice(written);
    at + written.len()
}

//! [`Layout`]: byte order and field widths of a TIFF.

/// Byte order and field widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) little: bool,
    pub(super) big: bool,
    /// Hamamatsu's variety of the classic layout: links of 64 bits, and after the entries the upper halves of their values.
    pub(super) ndpi: bool,
}

impl Layout {
    /// The unsigned number that `bytes`, at most eight, stand for.
    pub(super) fn int(self, bytes: &[u8]) -> u64 {
        let join = |all: u64, byte: &u8| all << 8 | u64::from(*byte);
        if self.little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    }

    /// Bytes of a link from place to place.
    pub(super) fn link(self) -> u64 {
        if self.big || self.ndpi { 8 } else { 4 }
    }
}

//! [`CopiedLevel`]: a level of the output that is made of the source's own tiles. A value of the plan.

use crate::source::Coded;

/// A level of the output made of the source's encoded tiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CopiedLevel {
    /// Of the source.
    pub(super) level: usize,
    /// The output's first pixel in that level.
    pub(super) origin: (i64, i64),
    /// So many columns and rows of tiles, from the upper left, are copied.
    pub(super) columns: u32,
    pub(super) rows: u32,
    pub(super) coded: Coded,
}

impl CopiedLevel {
    /// Tiles that are copied.
    pub(super) fn tiles(&self) -> u64 {
        u64::from(self.columns) * u64::from(self.rows)
    }
}

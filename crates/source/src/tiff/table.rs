//! [`Table`]: where the chunks of an image are, loaded in pieces when they are asked for.
//!
//! The table of a 100-gigapixel image takes tens of megabytes; a region needs a few of its numbers.

use std::sync::OnceLock;

use super::byte_layout::Layout;
use crate::PositionedFile;
use crate::{Error, Result};

/// Entries that are loaded at once.
const PAGE: u64 = 2048;

/// A list of numbers in the file.
pub(super) struct Table {
    layout: Layout,
    at: u64,
    width: usize,
    count: u64,
    pages: Vec<OnceLock<Vec<u64>>>,
}

impl Table {
    /// `count` numbers of `width` bytes each, at `at`: the caller has checked that the file holds them.
    pub(super) fn at(layout: Layout, at: u64, width: usize, count: u64) -> Self {
        let pages = (0..count.div_ceil(PAGE)).map(|_| OnceLock::new()).collect();
        Self { layout, at, width, count, pages }
    }

    /// Entries that are known already.
    pub(super) fn of(numbers: &[u64]) -> Self {
        let layout = Layout { little: true, big: true, ndpi: false };
        let mut table = Self::at(layout, 0, 8, numbers.len() as u64);
        for (page, numbers) in table.pages.iter_mut().zip(numbers.chunks(PAGE as usize)) {
            *page = OnceLock::from(numbers.to_vec());
        }
        table
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// Number `index`.
    pub(super) fn get(&self, file: &PositionedFile, index: u64) -> Result<u64> {
        let missing = || Error::corrupt(format!("piece {index} of {} is not listed", self.count));
        let page = self.pages.get((index / PAGE) as usize).ok_or_else(missing)?;
        if page.get().is_none() {
            let first = index / PAGE * PAGE;
            let count = (self.count - first).min(PAGE);
            let bytes = file.read_at(self.at + first * self.width as u64, count * self.width as u64)?;
            let numbers = bytes.chunks_exact(self.width).map(|number| self.layout.int(number)).collect();
            // Another thread may have loaded the same page in the meantime.
            page.get_or_init(|| numbers);
        }
        page.get().and_then(|numbers| numbers.get((index % PAGE) as usize)).copied().ok_or_else(missing)
    }
}

//! [`Rows`]: an image decoded from top to bottom, and a sequential scan of it.

use crate::Result;
use crate::geometry::{Rect, Size};
use crate::pixels::{Pixels, halve};

/// The decoded rows of an image from the top.
pub trait Rows: Send {
    /// The next rows, any number of them, as wide as the image; `None` after the last.
    fn next_rows(&mut self) -> Result<Option<Pixels>>;
}

/// A sequential scan over an image whose parts cannot be read by themselves.
pub struct SequentialScan {
    /// Level 0 as the file has it.
    pub rows: Box<dyn Rows>,
    /// How to turn it upright, as EXIF counts: 1 to 8.
    pub orientation: u8,
}

/// The rows of a scan, downsampled by a power of two.
pub(super) struct Halved {
    rows: Box<dyn Rows>,
    reduction: u32,
    waiting: Option<Pixels>,
    at_end: bool,
}

impl Halved {
    /// `rows` halved so many times.
    pub(super) fn of(rows: Box<dyn Rows>, reduction: u32) -> Box<dyn Rows> {
        if reduction == 0 { rows } else { Box::new(Self { rows, reduction, waiting: None, at_end: false }) }
    }
}

impl Rows for Halved {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        let group = 1 << self.reduction;
        let enough = |waiting: &Option<Pixels>| waiting.as_ref().is_some_and(|rows| rows.size().height >= group);
        while !self.at_end && !enough(&self.waiting) {
            match self.rows.next_rows()? {
                None => self.at_end = true,
                Some(more) => {
                    self.waiting = Some(match self.waiting.take() {
                        None => more,
                        Some(before) => below(&before, &more),
                    });
                }
            }
        }
        let Some(waiting) = self.waiting.take() else { return Ok(None) };
        let height = waiting.size().height;
        let whole = if self.at_end { height } else { height / group * group };
        let width = i64::from(waiting.size().width);
        if whole < height {
            self.waiting = Some(waiting.crop(Rect::new(0, whole.into(), width, height.into())));
        }
        let mut rows = waiting.crop(Rect::new(0, 0, width, whole.into()));
        for _ in 0..self.reduction {
            rows = halve(rows.view(), false);
        }
        Ok(Some(rows))
    }
}

/// Both in one, `second` below `first`.
fn below(first: &Pixels, second: &Pixels) -> Pixels {
    let (upper, lower) = (first.size(), second.size());
    let size = Size::new(upper.width, upper.height + lower.height);
    let mut both = Pixels::zeroed(size, first.channels(), first.sample_type());
    both.paste(first.view(), 0, 0);
    both.paste(second.view(), 0, upper.height.into());
    both
}

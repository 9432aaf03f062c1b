//! [`Rows`]: an image decoded from top to bottom, and a sequential scan of it.

use crate::geometry::{Rect, Size};
use crate::loss::{self, Loss};
use crate::pixels::{Pixels, halve};
use crate::{Error, Info, Result};

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

/// Rows of an image that may break off: from there on the background, and a loss is noted. Where no row comes at all, it fails.
pub(super) struct Completed {
    rows: Box<dyn Rows>,
    /// One row of the background.
    blank: Pixels,
    height: u32,
    done: u32,
    broken: bool,
    /// Pixels of level 0 for a row, and across all.
    step: f64,
    width: u32,
}

/// Rows of background are given so many at a time.
const BLANK_ROWS: u32 = 64;

impl Completed {
    /// `rows` of a level of the image that `info` describes.
    pub(super) fn of(rows: Box<dyn Rows>, info: &Info, level: usize) -> Box<dyn Rows> {
        let (size, full) = (info.whole(level).size(), info.size());
        let blank = info.blank(Size::new(size.width, 1));
        let step = f64::from(full.height) / f64::from(size.height.max(1));
        Box::new(Self { rows, blank, height: size.height, done: 0, broken: false, step, width: full.width })
    }

    fn broken(&mut self, error: Error) -> Result<Option<Pixels>> {
        if self.done == 0 {
            return Err(error);
        }
        self.broken = true;
        if self.done < self.height {
            let row = |row: u32| (f64::from(row) * self.step).round() as i64;
            let place = Rect::new(0, row(self.done), self.width.into(), row(self.height));
            let missing = format!("rows {} to {} of {}", place.y0, place.y1 - 1, place.y1);
            loss::note(Loss { place: Some(place), ..error.of_part(missing).into() });
        } else {
            loss::note(error);
        }
        self.next_rows()
    }
}

impl Rows for Completed {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        if self.broken {
            let count = (self.height - self.done.min(self.height)).min(BLANK_ROWS);
            if count == 0 {
                return Ok(None);
            }
            self.done += count;
            let width = self.blank.size().width;
            let mut rows = Pixels::zeroed(Size::new(width, count), self.blank.channels(), self.blank.sample_type());
            (0..count).for_each(|row| rows.paste(self.blank.view(), 0, row.into()));
            return Ok(Some(rows));
        }
        match self.rows.next_rows() {
            Ok(Some(rows)) => {
                self.done = self.done.saturating_add(rows.size().height);
                Ok(Some(rows))
            }
            Ok(None) if self.done < self.height => self.broken(Error::corrupt("the file ends before the picture does")),
            Ok(None) => Ok(None),
            Err(error @ Error::Corrupt { .. }) => self.broken(error),
            Err(error) => Err(error),
        }
    }
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

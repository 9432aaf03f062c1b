//! [`Sampling`]: a coarse whole of an image from some of its rows, finer with each look at it.

use std::time::{Duration, Instant};

use crate::Result;
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, halve};
use crate::{Preview, Source};

/// A coarse whole is no longer than this, and costs no more pixels than that.
const LONGEST: u32 = 1024;
const MOST_PIXELS: u64 = 60 << 20;
/// The first picture takes about so many rows, whatever they cost.
const FIRST_ROWS: u32 = 16;
/// Each look goes on for so long.
const PATIENCE: Duration = Duration::from_millis(200);

/// Rows that are read one by one, each standing for those up to the next one that was read: first a few of all over the image,
/// then those half way between, and so on.
pub(super) struct Sampling {
    pixels: Pixels,
    reduction: u32,
    /// Of the image, that are read in the end.
    rows: u32,
    /// Between the rows that are being read; 0 when all are.
    stride: u32,
    next: u32,
    /// Whether rows of all over the image were read.
    covers: bool,
}

impl Sampling {
    /// Nothing yet of `source`. Reading one row costs the decoding of the tiles it lies in, so the number of rows depends on
    /// their height.
    pub(super) fn of(source: &dyn Source) -> Self {
        let info = source.info();
        let (size, tile) = (info.size(), info.levels[0].tile);
        let reduction = (0..31).find(|n| size.halved_times(*n as usize).longest() <= LONGEST).unwrap_or(31);
        let target = size.halved_times(reduction as usize);
        let per_row = u64::from(size.width) * u64::from(tile.height.max(1));
        let rows = (MOST_PIXELS / per_row.max(1)).clamp(1, target.height.into()) as u32;
        let stride = 1 << (rows / FIRST_ROWS).max(1).ilog2();
        let pixels = Pixels::zeroed(target, info.channels, info.sample);
        Self { pixels, reduction, rows, stride, next: 0, covers: false }
    }

    /// Read some rows of `source`, and at least as many as make a picture.
    pub(super) fn go_on(&mut self, source: &dyn Source) -> Result<Preview> {
        let began = Instant::now();
        while self.stride > 0 && !(self.covers && began.elapsed() > PATIENCE) {
            self.read_row(source)?;
        }
        Ok(Preview { pixels: self.pixels.clone(), is_whole: self.stride == 0 })
    }

    /// Read row `next` of the sample, paint it as far as the next one that is there, and choose another.
    fn read_row(&mut self, source: &dyn Source) -> Result<()> {
        let info = source.info();
        let (size, strip) = (info.size(), i64::from(info.levels[0].tile.height.max(1)));
        let target: Size = self.pixels.size();
        let part = |n: u32| i64::from(n.min(self.rows)) * i64::from(target.height) / i64::from(self.rows);
        let (top, bottom) = (part(self.next), part(self.next + self.stride));
        let scale = 1i64 << self.reduction;
        let y = (i64::midpoint(top, part(self.next + 1)) * scale).min(i64::from(size.height) - 1);
        let y = y - y % strip;
        let height = scale.min(strip).min(i64::from(size.height) - y);
        let mut line = source.read(Region::new(0, Rect::new(0, y, size.width.into(), y + height)))?;
        for _ in 0..self.reduction {
            line = halve(line.view(), info.color.has_alpha());
        }
        let line = line.part(Rect::new(0, 0, target.width.into(), 1));
        (top..bottom).for_each(|row| self.pixels.paste(line, 0, row));
        self.next += if self.covers { 2 * self.stride } else { self.stride };
        if self.next >= self.rows {
            (self.covers, self.stride) = (true, self.stride / 2);
            self.next = self.stride;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SampleType;
    use crate::testing::Pattern;

    #[test]
    fn rows_of_all_over_the_image_come_first_and_each_is_read_once() {
        let source = Pattern::new(Size::new(100, 5000), 1, SampleType::U8);
        let mut sampling = Sampling::of(&source);
        let mut read = Vec::new();
        while sampling.stride > 0 {
            if !sampling.covers {
                assert!(read.len() < 2 * FIRST_ROWS as usize, "the first picture is soon there");
            }
            read.push(sampling.next);
            sampling.read_row(&source).unwrap();
        }
        read.sort_unstable();
        assert_eq!(read, (0..sampling.rows).collect::<Vec<_>>());
    }

    #[test]
    fn the_finished_sample_is_about_the_image() {
        let source = Pattern::new(Size::new(100, 5000), 1, SampleType::U8);
        let mut sampling = Sampling::of(&source);
        let preview = loop {
            let preview = sampling.go_on(&source).unwrap();
            if preview.is_whole {
                break preview;
            }
        };
        assert_eq!(preview.pixels.size(), Size::new(13, 625));
        // A row of tiles begins here.
        let region = Region::new(0, Rect::new(0, 2304, 100, 2312));
        let mut exact = source.read(region).unwrap();
        for _ in 0..3 {
            exact = halve(exact.view(), false);
        }
        assert_eq!(preview.pixels.crop(Rect::new(0, 288, 13, 289)), exact);
    }
}

//! [`Levels`]: a source made of images of decreasing size.

use std::sync::Arc;

use super::coded;
use super::coding::{Alpha, Meaning};
use super::image::Image;
use super::scan::StripRows;
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, RawSamples, SampleType};
use crate::rows::{Completed, Rows};
use crate::{
    Capabilities, Coded, EncodedTiles, Info, Level, ReadCmyk, ReadRaw, ReadingCost, Sequential, SequentialScan, Source,
};
use crate::{IoResultExt as _, Result};

/// An image with its smaller copies.
pub(super) struct Levels {
    info: Info,
    images: Vec<Arc<Image>>,
    missing: Missing,
}

/// The pixels of a chunk that the file lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Zeros, as GDAL has it.
    Zeros,
    /// The slide's background.
    Background,
    /// The means of the finer level; in the finest one the background. Aperio's scanners leave out what they failed to encode.
    Finer,
}

impl Levels {
    /// `images` in any order but for the first, which is the full one; those that are not like it are left out.
    pub(super) fn new(format: &'static str, mut images: Vec<Image>) -> Self {
        let full = images.remove(0);
        let alike = |image: &Image| {
            let (a, b) = (full.coding(), image.coding());
            a.channels() == b.channels() && a.sample_type() == b.sample_type() && a.stored_type() == b.stored_type()
        };
        images.retain(|image| alike(image) && image.size().width < full.size().width);
        images.sort_by_key(|image| std::cmp::Reverse(image.size().width));
        images.dedup_by_key(|image| image.size().width);
        images.insert(0, full);
        let full = &images[0];
        let coding = full.coding();
        let (size, tile) = (full.size(), full.grid().tile);
        let mut info = Info::plain(format, size, tile, coding.channels() as u8, coding.sample_type());
        info.color = coding.color();
        info.stored = coding.stored_type();
        info.is_cmyk = matches!(coding.meaning, Meaning::Cmyk { .. });
        info.channel_names = coding.channel_names();
        info.is_premultiplied = coding.alpha == Alpha::Premultiplied;
        info.is_white_zero = coding.meaning == Meaning::WhiteIsZero;
        let level = |image: &Image| Level {
            size: image.size(),
            downsample: downsample(size, image.size()),
            tile: image.piece(),
        };
        info.levels = images.iter().map(level).collect();
        Self { info, images: images.into_iter().map(Arc::new).collect(), missing: Missing::Zeros }
    }

    /// The description of the image, to be completed by the caller.
    pub(super) fn info_mut(&mut self) -> &mut Info {
        &mut self.info
    }

    /// The pixels of a chunk that the file lacks.
    pub(super) fn set_missing(&mut self, missing: Missing) {
        self.missing = missing;
    }

    /// `rect` of level `level`; beyond its edges there is background.
    fn painted(&self, level: usize, rect: Rect) -> Result<Pixels> {
        if self.images[level].is_scanned() {
            return self.scanned(level, rect);
        }
        let grid = self.images[level].grid();
        let mut touching = grid.touching(rect);
        if let (Some((column, row)), None) = (touching.next(), touching.next())
            && grid.rect(column, row) == rect
        {
            return self.chunk(level, column, row);
        }
        let image = &self.images[level];
        let mut out = if Rect::from_size(grid.size).contains(rect) {
            Pixels::unwritten(rect.size(), image.coding().channels() as u8, image.coding().sample_type())
        } else {
            self.info.blank(rect.size())
        };
        for (column, row) in grid.touching(rect) {
            if image.paint_chunk(column, row, rect, &mut out)? {
                continue;
            }
            let place = grid.rect(column, row);
            let part = place.intersect(rect);
            if let Some(pixels) = image.read_part(column, row, part.translate(-place.x0, -place.y0))? {
                out.paste(pixels.view(), part.x0 - rect.x0, part.y0 - rect.y0);
                continue;
            }
            let pixels = self.chunk(level, column, row)?;
            out.paste(pixels.view(), place.x0 - rect.x0, place.y0 - rect.y0);
        }
        Ok(out)
    }

    /// The rows of `level` from the top, all of them whatever is damaged.
    fn rows(&self, level: usize) -> Box<dyn Rows> {
        Completed::of(Box::new(StripRows::of(Arc::clone(&self.images[level]))), &self.info, level)
    }

    /// `rect` of a level whose rows can only be had one after the other.
    fn scanned(&self, level: usize, rect: Rect) -> Result<Pixels> {
        let (mut rows, mut out) = (self.rows(level), self.info.blank(rect.size()));
        let mut top = 0;
        while top < rect.y1 {
            let Some(some) = rows.next_rows()? else { break };
            out.paste(some.view(), -rect.x0, top - rect.y0);
            top += i64::from(some.size().height);
        }
        Ok(out)
    }

    /// Calls `paint` with the raw samples of all pieces that `region` touches, and where they lie in it. Chunks that the file lacks
    /// are zeros, or left out if they are `absent`.
    fn each_raw(&self, region: Region, absent: bool, mut paint: impl FnMut(&RawSamples, (i64, i64))) -> Result<()> {
        let (image, rect) = (&self.images[region.level], region.rect);
        let path = image.file().path();
        if image.is_scanned() {
            let (mut rows, mut top) = (StripRows::of(Arc::clone(image)), 0);
            while top < rect.y1
                && let Some(some) = rows.next_raw().at(path)?
            {
                paint(&some, (-rect.x0, top - rect.y0));
                top += i64::from(some.size().height);
            }
            return Ok(());
        }
        let grid = image.grid();
        for (column, row) in grid.touching(rect) {
            if absent && !image.has_chunk(column, row)? {
                continue;
            }
            let place = grid.rect(column, row);
            paint(&image.read_raw_samples(column, row).at(path)?, (place.x0 - rect.x0, place.y0 - rect.y0));
        }
        Ok(())
    }

    fn chunk(&self, level: usize, column: u32, row: u32) -> Result<Pixels> {
        let image = &self.images[level];
        if self.missing == Missing::Zeros || image.has_chunk(column, row)? {
            return image.read_chunk(column, row);
        }
        let rect = image.grid().rect(column, row);
        if self.missing == Missing::Finer && level > 0 {
            return self.reduced(level - 1, level, rect);
        }
        Ok(self.info.blank(rect.size()))
    }

    /// `rect` of level `to` as the means of the finer level `from`.
    fn reduced(&self, from: usize, to: usize, rect: Rect) -> Result<Pixels> {
        let levels = &self.info.levels;
        let reduction = (levels[to].downsample / levels[from].downsample).log2().round().clamp(0.0, 5.0) as u32;
        let fine = Rect::new(rect.x0 << reduction, rect.y0 << reduction, rect.x1 << reduction, rect.y1 << reduction);
        let fine = fine.intersect(self.info.whole(from));
        let mut pixels = self.painted(from, fine)?;
        for _ in 0..reduction {
            pixels = crate::pixels::halve(pixels.view(), self.info.color.has_alpha());
        }
        let mut out = self.info.blank(rect.size());
        out.paste(pixels.view(), 0, 0);
        Ok(out)
    }
}

impl Source for Levels {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: self.info.stored.and(Some(self)),
            cmyk: self.info.is_cmyk.then_some(self),
            planar: None,
            encoded: Some(self),
            sequential: self.images[0].is_scanned().then_some(self),
            deferred: None,
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let cost = ReadingCost::of_tiles(&self.info, region, 2);
        let Some(image) = self.images.get(region.level) else { return cost };
        let cost = ReadingCost { decoding: image.decoding_bytes(), ..cost };
        if image.reads_parts() { cost.without_pieces(&self.info, region) } else { cost }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        self.painted(region.level, region.rect).at(self.images[region.level].file().path())
    }
}

impl ReadRaw for Levels {
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        self.info.level(region)?;
        let Some(kind) = self.info.stored else { return Ok(None) };
        let fill = self.info.nodata.unwrap_or(0.0);
        let mut out = RawSamples::filled(region.rect.size(), self.info.channels, kind, fill);
        self.each_raw(region, self.info.nodata.is_some(), |raw, (x, y)| out.paste(raw, x, y))?;
        Ok(Some(out))
    }
}

impl ReadCmyk for Levels {
    fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
        self.info.level(region)?;
        if !self.info.is_cmyk {
            return Ok(None);
        }
        let coding = self.images[region.level].coding();
        let mut out = Pixels::zeroed(region.rect.size(), 4, SampleType::U8);
        self.each_raw(region, false, |raw, (x, y)| out.paste(coding.cmyk(raw).view(), x, y))?;
        Ok(Some(out))
    }

    fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
        if !self.info.is_cmyk || !self.images[0].is_scanned() {
            return Ok(None);
        }
        let rows = Box::new(CmykRows(StripRows::of(Arc::clone(&self.images[0]))));
        Ok(Some(SequentialScan { rows, orientation: 1 }))
    }
}

/// The CMYK of rows that come one after the other.
struct CmykRows(StripRows);

impl Rows for CmykRows {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        let raw = self.0.next_raw()?;
        Ok(raw.map(|raw| self.0.image().coding().cmyk(&raw)))
    }
}

impl Sequential for Levels {
    fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        Ok(self.images[0].is_scanned().then(|| SequentialScan { rows: self.rows(0), orientation: 1 }))
    }
}

impl EncodedTiles for Levels {
    fn encoding(&self, level: usize) -> Option<Coded> {
        coded::coded(self.images.get(level)?)
    }

    fn encoded_tile(&self, level: usize, rect: Rect) -> Result<Option<Vec<u8>>> {
        self.images.get(level).map_or(Ok(None), |image| coded::tile(image, rect))
    }
}

/// The mean of both sides' ratios, snapped to a whole number where rounding to whole pixels explains the rest.
pub(super) fn downsample(full: Size, level: Size) -> f64 {
    let across = f64::from(full.width) / f64::from(level.width);
    let down = f64::from(full.height) / f64::from(level.height);
    let mean = f64::midpoint(across, down);
    let explains = |whole: &f64| {
        let side = |full: u32, level: u32| (f64::from(full) / whole - f64::from(level)).abs() < 1.0;
        side(full.width, level.width) && side(full.height, level.height)
    };
    // For small levels several whole ratios may fit: a power of two is preferred.
    let whole = [mean.log2().round().exp2(), mean.round(), across.round(), down.round()];
    whole.into_iter().filter(|whole| *whole >= 1.0).find(explains).unwrap_or(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_downsamples_are_whole() {
        let full = Size::new(2220, 2967);
        for (level, expected) in [((2220, 2967), 1.0), ((555, 741), 4.0), ((1110, 1484), 2.0), ((740, 989), 3.0)] {
            let level = Size::new(level.0, level.1);
            assert!((downsample(full, level) - expected).abs() < 1e-12, "{level}");
        }
        let small = downsample(Size::new(14500, 20480), Size::new(114, 160));
        assert!((small - 128.0).abs() < 1e-12, "{small}");
        assert!((downsample(full, Size::new(700, 935)) - 3.17).abs() < 0.01);
    }
}

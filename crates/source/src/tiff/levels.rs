//! [`Levels`]: a source made of images of decreasing size.

use super::coded;
use super::coding::{Alpha, Meaning};
use super::image::Image;
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, RawSamples, SampleType};
use crate::{Capabilities, Coded, EncodedTiles, Info, Level, ReadCmyk, ReadRaw, SequentialScan, Source};
use crate::{IoResultExt as _, Result};

/// An image with its smaller copies.
pub(super) struct Levels {
    info: Info,
    images: Vec<Image>,
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
            tile: image.grid().tile,
        };
        info.levels = images.iter().map(level).collect();
        Self { info, images, missing: Missing::Zeros }
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
            let pixels = self.chunk(level, column, row)?;
            out.paste(pixels.view(), place.x0 - rect.x0, place.y0 - rect.y0);
        }
        Ok(out)
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
            sequential: None,
            deferred: None,
            preview: None,
        }
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
        let image = &self.images[region.level];
        let grid = image.grid();
        let fill = self.info.nodata.unwrap_or(0.0);
        let mut out = RawSamples::filled(region.rect.size(), self.info.channels, kind, fill);
        for (column, row) in grid.touching(region.rect) {
            let rect = grid.rect(column, row);
            let raw = match self.info.nodata {
                Some(nodata) if !image.has_chunk(column, row)? => {
                    RawSamples::filled(rect.size(), self.info.channels, kind, nodata)
                }
                _ => image.read_raw_samples(column, row).at(image.file().path())?,
            };
            out.paste(&raw, rect.x0 - region.rect.x0, rect.y0 - region.rect.y0);
        }
        Ok(Some(out))
    }
}

impl ReadCmyk for Levels {
    fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
        self.info.level(region)?;
        if !self.info.is_cmyk {
            return Ok(None);
        }
        let image = &self.images[region.level];
        let mut out = Pixels::zeroed(region.rect.size(), 4, SampleType::U8);
        let grid = image.grid();
        for (column, row) in grid.touching(region.rect) {
            let rect = grid.rect(column, row);
            let raw = image.read_raw_samples(column, row).at(image.file().path())?;
            let cmyk = image.coding().cmyk(&raw);
            out.paste(cmyk.view(), rect.x0 - region.rect.x0, rect.y0 - region.rect.y0);
        }
        Ok(Some(out))
    }

    /// Any part can be read.
    fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
        Ok(None)
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

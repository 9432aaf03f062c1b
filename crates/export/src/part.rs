//! [`Part`]: the region and level to be exported, as a source with one level.

use std::sync::Arc;

use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Downsample, Halving, Pixels};
use crate::source::{Capabilities, Info, Level, ReadingCost, Source};
use crate::{Error, Result};

/// A part of one level of a source, downsampled by a power of two.
pub struct Part<'a> {
    source: &'a dyn Source,
    info: Info,
    /// The source's level that is read.
    level: usize,
    /// The exported rectangle, in pixels of that level.
    rect: Rect,
    /// Log2 of the downsampling of what is read.
    reduction: u32,
    downsample: Downsample,
}

/// Reads of a reduced part go in squares of so many pixels of the source.
const PIECE: i64 = 1024;

impl<'a> Part<'a> {
    /// `region` of `source`, in pixels of level 0 and clipped to the image (everything if `None`), downsampled by 2^`level`.
    ///
    /// Where the source has levels that are 2^n smaller, the coarsest usable one is read.
    pub fn new(source: &'a dyn Source, level: usize, region: Option<Rect>) -> Result<Self> {
        Self::halved(source, level, region, Downsample::Mean)
    }

    /// The same, halved so: where that is no mean, always from the full resolution.
    pub(super) fn halved(
        source: &'a dyn Source,
        level: usize,
        region: Option<Rect>,
        downsample: Downsample,
    ) -> Result<Self> {
        if level > 30 {
            return Err(Error::invalid(format!("level {level}; the last one is 30")));
        }
        let whole = source.info();
        let region = region.unwrap_or(whole.whole(0)).intersect(whole.whole(0));
        if region.is_empty() {
            return Err(Error::invalid("the region holds no pixel of the image"));
        }
        let scale = f64::from(1u32 << level);
        let corner = (region.x0 as f64, region.y0 as f64);
        let (level, ready, reduction) = match downsample {
            Downsample::Mean => nearest_level(whole, level as u32),
            Downsample::Nearest | Downsample::Mode => (0, 0, level as u32),
        };
        let rect = region.reduced(ready).intersect(whole.whole(level));
        let size = rect.size().halved_times(reduction as usize);
        let tile = reduced(whole.levels[level].tile, reduction);
        let info = Info {
            levels: vec![Level { size, downsample: 1.0, tile }],
            mpp: whole.mpp.map(|(x, y)| (x * scale, y * scale)),
            geo: whole.geo.as_ref().map(|geo| Arc::new(geo.of_part(corner, (scale, scale)))),
            ..whole.clone()
        };
        Ok(Self { source, info, level, rect, reduction, downsample })
    }

    /// The pixels of the source's level that `rect` is made from.
    fn fine(&self, rect: Rect) -> Rect {
        let fine = Rect::new(
            rect.x0 << self.reduction,
            rect.y0 << self.reduction,
            rect.x1 << self.reduction,
            rect.y1 << self.reduction,
        );
        fine.translate(self.rect.x0, self.rect.y0).intersect(self.rect)
    }

    /// The downsampled pixels of `rect`, which starts at a multiple of the downsampling.
    fn read_halved(&self, rect: Rect) -> Result<Pixels> {
        let fine = self.fine(rect);
        let pixels = self.source.read(Region::new(self.level, fine))?;
        let (alpha, downsample, nodata) = (self.info.color.has_alpha(), self.downsample, self.info.nodata);
        let halving = Halving { alpha, downsample, nodata };
        Ok((0..self.reduction).fold(pixels, |pixels, _| halving.halve(pixels.view())))
    }
}

impl Source for Part<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Encoded tiles are read from the source itself (`passthrough`); reads of an export block.
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let fine = self.fine(region.rect.intersect(self.info.whole(0)));
        let cost = self.source.cost(Region::new(self.level, fine));
        if self.reduction == 0 {
            return cost;
        }
        // A piece and its half; halving goes on from there.
        let piece = fine.area().min(PIECE.unsigned_abs().pow(2)) * self.info.pixel_bytes() as u64;
        ReadingCost { working: cost.working + piece + piece / 4, ..cost }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let inside = region.rect.intersect(Rect::from_size(self.info.level(region)?.size));
        if self.reduction == 0 && inside == region.rect {
            return self.read_halved(inside);
        }
        let mut pixels = self.info.blank(region.rect.size());
        let side = (PIECE >> self.reduction).max(1);
        for y in (inside.y0..inside.y1).step_by(side as usize) {
            for x in (inside.x0..inside.x1).step_by(side as usize) {
                let piece = Rect::new(x, y, x + side, y + side).intersect(inside);
                pixels.paste(self.read_halved(piece)?.view(), x - region.rect.x0, y - region.rect.y0);
            }
        }
        Ok(pixels)
    }
}

/// The coarsest level that is 2^n smaller than level 0 for an n up to `reduction`, that n, and the reduction left.
fn nearest_level(info: &Info, reduction: u32) -> (usize, u32, u32) {
    let fits = |level: &Level, n: u32| {
        let exact = (level.downsample / f64::from(1u32 << n) - 1.0).abs() < 1e-3;
        exact && level.size == info.size().halved_times(n as usize)
    };
    let found = (1..=reduction).rev().find_map(|n| Some((info.levels.iter().position(|level| fits(level, n))?, n)));
    let (level, ready) = found.unwrap_or((0, 0));
    (level, ready, reduction - ready)
}

/// The size of a tile of the source after `reduction`.
fn reduced(tile: Size, reduction: u32) -> Size {
    Size::new((tile.width >> reduction).max(1), (tile.height >> reduction).max(1))
}

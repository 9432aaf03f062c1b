//! [`Thumbnails`]: files shown by the small pictures that they keep of themselves, for a first look at very many of them.

use std::sync::Arc;

use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, ResampleAxis, resample};
use crate::{Capabilities, Error, ImageRef, Info, Level, ReadingCost, Result, Source, Sources};

/// The side of the tiles of [`Enlarged`].
const TILE: u32 = 256;

/// The files of other sources, by their thumbnails. Those without one cannot be had.
pub(crate) struct Thumbnails(pub(crate) Arc<dyn Sources>);

impl Sources for Thumbnails {
    fn get(&self, image: &ImageRef) -> Result<Arc<dyn Source>> {
        let source = self.0.get(image)?;
        match source.thumbnail()? {
            Some(small) => Ok(Arc::new(Enlarged::new(source.info(), small))),
            None => Err(Error::unsupported("a file without a thumbnail").at(&image.path)),
        }
    }
}

/// A small picture as large as the image that it shows.
struct Enlarged {
    info: Info,
    small: Pixels,
}

impl Enlarged {
    fn new(info: &Info, small: Pixels) -> Self {
        let mut info = Info { stored: None, is_cmyk: false, ..info.clone() };
        let full = info.size();
        let reductions = (0..31).take_while(|&reduction| {
            reduction == 0 || full.halved_times(reduction - 1).longest() > small.size().longest()
        });
        let level = |reduction: usize| Level {
            size: full.halved_times(reduction),
            downsample: (1u64 << reduction) as f64,
            tile: Size::new(TILE, TILE),
        };
        info.levels = reductions.map(level).collect();
        Self { info, small }
    }
}

impl Source for Enlarged {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let level = self.info.level(region)?.size;
        let mut out = self.info.blank(region.rect.size());
        let inside = region.rect.intersect(Rect::from_size(level));
        if inside.is_empty() {
            return Ok(out);
        }
        let small = self.small.size();
        let axis = |source: u32, side: u32| ResampleAxis { source, step: f64::from(source) / f64::from(side) };
        let axes = (axis(small.width, level.width), axis(small.height, level.height));
        let at = (inside.x0, inside.y0);
        let alpha = self.info.color.has_alpha();
        let part = resample(self.small.view(), (0, 0), axes, at, inside.size(), alpha)?;
        out.paste(part.view(), inside.x0 - region.rect.x0, inside.y0 - region.rect.y0);
        Ok(out)
    }
}

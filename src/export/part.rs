//! [`Part`]: a rectangle of one level of a source, as a source of its own.

use crate::geometry::{Rect, Region};
use crate::pixels::Pixels;
use crate::source::{Info, Source};
use crate::{Error, Result};

/// A rectangle of one level, seen as a whole image with one level.
pub struct Part<'a> {
    source: &'a dyn Source,
    level: usize,
    rect: Rect,
    info: Info,
}

impl<'a> Part<'a> {
    /// `rect` in the pixels of `level`; the whole level if `None`. Cut at the level's edges.
    pub fn new(source: &'a dyn Source, level: usize, rect: Option<Rect>) -> Result<Self> {
        let found = *source.info().level(Region::new(level, Rect::default()))?;
        let whole = Rect::from_size(found.size);
        let asked = rect.unwrap_or(whole);
        let rect = asked.intersect(whole);
        if rect.is_empty() {
            let what = format!("the region {asked} has nothing of the image ({})", found.size);
            return Err(Error::invalid(what));
        }
        let mut info = source.info().clone();
        info.levels = vec![crate::source::Level { size: rect.size(), downsample: 1.0, tile: found.tile }];
        info.mpp = info.mpp.map(|(x, y)| (x * found.downsample, y * found.downsample));
        Ok(Self { source, level, rect, info })
    }
}

impl Source for Part<'_> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let inside = region.rect.intersect(Rect::from_size(self.rect.size()));
        let read = |rect: Rect| {
            let rect = rect.translate(self.rect.x0, self.rect.y0);
            self.source.read(Region::new(self.level, rect))
        };
        if inside == region.rect {
            return read(inside);
        }
        let mut out = Pixels::filled(region.rect.size(), self.info.sample, &self.info.background);
        if !inside.is_empty() {
            out.paste(read(inside)?.view(), inside.x0 - region.rect.x0, inside.y0 - region.rect.y0);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::SampleType;
    use crate::source::testing::{Pattern, check_source};

    #[test]
    fn parts_conform() {
        let pattern = Pattern::new(Size::new(300, 200), 3, SampleType::U8);
        let part = Part::new(&pattern, 0, Some(Rect::new(50, -10, 900, 120))).unwrap();
        assert_eq!(part.info().size(), Size::new(250, 120));
        check_source(&part);
        assert!(Part::new(&pattern, 0, Some(Rect::new(300, 0, 310, 10))).is_err());
        assert!(Part::new(&pattern, 1, None).is_err());
    }
}

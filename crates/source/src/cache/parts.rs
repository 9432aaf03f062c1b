//! Reading past the cache, where the source reads any part by itself.

use super::Cached;
use crate::geometry::{Rect, Region};
use crate::pixels::Pixels;
use crate::{Result, Source as _, loss};

/// So many bytes are painted at a time.
const PART: u64 = 1 << 20;

impl Cached {
    /// Whether any part of the image is read by itself, without tiles. Not where `region` has none of the image.
    pub(super) fn reads_parts(&self, region: Region) -> bool {
        let is_inside = !region.rect.intersect(self.info().whole(region.level)).is_empty();
        is_inside && self.planes.is_none() && self.cmyk.is_none() && self.source.cost(region).tile == 0
    }

    /// The pixels of `region`; `None` if some of them are missing.
    pub(super) fn part(&self, region: Region) -> Result<Option<Pixels>> {
        self.cancel.check()?;
        let (pixels, losses) = loss::collect(|| self.source.read(region));
        let pixels = pixels.ok().filter(|_| losses.parts.is_empty());
        if pixels.is_some() {
            loss::deliver();
        }
        Ok(pixels)
    }

    /// [`each_tile`](Self::each_tile) in parts of whole rows of `region`; where something is missing, in tiles cut to it.
    pub(super) fn each_part(&self, region: Region, paint: &mut impl FnMut(&Pixels, Rect)) -> Result<()> {
        let grid = self.info().level(region)?.grid();
        let rect = region.rect.intersect(self.info().whole(region.level));
        let rows = (PART / (rect.width() * self.info().pixel_bytes() as u64).max(1)).max(1) as i64;
        for y in (rect.y0..rect.y1).step_by(rows as usize) {
            let rect = Rect { y0: y, y1: (y + rows).min(rect.y1), ..rect };
            if let Some(pixels) = self.part(Region { rect, ..region })? {
                paint(&pixels, rect);
                continue;
            }
            for (column, row) in grid.touching(rect) {
                let place = grid.rect(column, row);
                let (tile, part) = (self.whole_tile(region.level, column, row, place)?, place.intersect(rect));
                paint(&tile.crop(part.translate(-place.x0, -place.y0)), part);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cache::{Library, TileCache};
    use crate::geometry::Size;
    use crate::pixels::SampleType;
    use crate::testing::{Failing, Pattern, check_source};
    use crate::{Capabilities, Error, ImageRef, Info, ReadingCost, Source, Sources};

    /// A pattern whose file ends before row `end`.
    struct Rows {
        pattern: Pattern,
        end: i64,
    }

    impl Source for Rows {
        fn info(&self) -> &Info {
            self.pattern.info()
        }

        fn capabilities(&self) -> Capabilities<'_> {
            Capabilities::none()
        }

        fn cost(&self, region: Region) -> ReadingCost {
            self.pattern.cost(region).without_pieces(self.info(), region)
        }

        fn read(&self, region: Region) -> Result<Pixels> {
            let wanted = region.rect.intersect(self.info().whole(0));
            if wanted.y1 > self.end { Err(Error::corrupt("ends early")) } else { self.pattern.read(region) }
        }
    }

    struct One(Arc<dyn Source>);

    impl Sources for One {
        fn get(&self, _: &ImageRef) -> Result<Arc<dyn Source>> {
            Ok(Arc::clone(&self.0))
        }
    }

    fn cached(end: i64) -> (Cached, Arc<TileCache>) {
        let pattern = Pattern::new(Size::new(700, 513), 3, SampleType::U8);
        let cache = Arc::new(TileCache::new(64 << 20));
        let library = Library::new(Arc::new(One(Arc::new(Rows { pattern, end }))), Arc::clone(&cache));
        (library.open(&"rows".into()).unwrap(), cache)
    }

    /// All pixels, as [`Cached::each_tile`] paints them.
    fn painted(source: &Cached) -> Pixels {
        let mut all = source.info().blank(source.info().size());
        let whole = Region::new(0, source.info().whole(0));
        source.each_tile(whole, |pixels, at| all.paste(pixels.view(), at.x0, at.y0)).unwrap();
        all
    }

    #[test]
    fn parts_are_read_past_the_cache() {
        let (source, cache) = cached(513);
        check_source(&source);
        let whole = source.read(Region::new(0, source.info().whole(0))).unwrap();
        assert!(painted(&source) == whole);
        assert_eq!(cache.bytes(), 0);
    }

    #[test]
    fn outside_nothing_is_read() {
        let failing = Failing::after(Pattern::new(Size::new(70, 51), 3, SampleType::U8), 0, || Error::corrupt("read"));
        let library = Library::new(Arc::new(One(Arc::new(failing))), Arc::new(TileCache::new(1 << 20)));
        let source = library.open(&"failing".into()).unwrap();
        let outside = Region::new(0, Rect::new(70, 0, 80, 9));
        let (pixels, losses) = loss::collect(|| source.read(outside).unwrap());
        assert!(pixels == source.info().blank(Size::new(10, 9)));
        assert!(losses.parts.is_empty() && !losses.delivered);
    }

    #[test]
    fn what_is_missing_costs_its_own_tiles() {
        let (source, _) = cached(400);
        let whole = Region::new(0, source.info().whole(0));
        let mut expected = source.info().blank(source.info().size());
        let sound = Rect { y1: 256, ..whole.rect };
        expected.paste(cached(513).0.read(Region { rect: sound, ..whole }).unwrap().view(), 0, 0);
        for read in [|source: &Cached, whole| source.read(whole).unwrap(), |source: &Cached, _| painted(source)] {
            let (pixels, losses) = loss::collect(|| read(&source, whole));
            assert!(pixels == expected);
            assert_eq!((losses.parts.len(), losses.delivered), (6, true), "{:?}", losses.parts);
        }
    }
}

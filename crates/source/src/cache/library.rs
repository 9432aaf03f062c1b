//! [`Library`]: every file of a document as a source whose tiles come from the cache.

use std::sync::Arc;

use super::planes::Planes;
use super::{CancelToken, TileCache, TileKey};
use crate::geometry::{Rect, Region, Size};
use crate::job::Progress;
use crate::loss::{self, Loss};
use crate::pixels::{Color, Downsample, Halving, Pixels, RawSamples, SampleType, interleave};
use crate::thumbnails::Thumbnails;
use crate::{
    Capabilities, CoarsePreview, Coded, Deferred, EncodedTiles, ImageRef, Info, Preview, ReadRaw, ReadingCost, Source,
    Sources,
};
use crate::{Error, Result};

/// Sources and the cache their tiles share.
#[derive(Clone)]
pub struct Library {
    sources: Arc<dyn Sources>,
    cache: Arc<TileCache>,
}

impl Library {
    /// Open files through `sources`, keep their tiles in `cache`.
    pub fn new(sources: Arc<dyn Sources>, cache: Arc<TileCache>) -> Self {
        Self { sources, cache }
    }

    /// The same files, with their tiles in `cache` instead.
    #[must_use]
    pub fn with_cache(&self, cache: Arc<TileCache>) -> Self {
        Self { sources: Arc::clone(&self.sources), cache }
    }

    /// The same files, each shown by the [thumbnail](super::super::CoarsePreview::thumbnail) that it keeps, whose tiles go to `cache`.
    /// Those without one cannot be opened.
    #[must_use]
    pub fn of_thumbnails(&self, cache: Arc<TileCache>) -> Self {
        Self { sources: Arc::new(Thumbnails(Arc::clone(&self.sources))), cache }
    }

    /// The cache.
    pub fn cache(&self) -> &Arc<TileCache> {
        &self.cache
    }

    /// Closes the files of images that are not kept, and forgets their tiles.
    pub fn keep_only(&self, is_kept: &dyn Fn(&ImageRef) -> bool) {
        self.sources.keep_only(is_kept);
        self.cache.keep_only(is_kept);
    }

    /// Opens `image`, to be read through the cache.
    pub fn open(&self, image: &ImageRef) -> Result<Cached> {
        let source = self.sources.get(image)?;
        let (planes, image) = (Planes::of(&*source, image), image.clone());
        Ok(Cached { source, planes, cmyk: None, library: self.clone(), image, cancel: CancelToken::default() })
    }
}

/// Level numbers beyond those of any file, as cache keys of reduced cells and of CMYK tiles.
const REDUCED: u16 = 0x8000;
const CMYK: u16 = 0x4000;

/// A source whose tiles are decoded once and then come from the cache; of channels that are stored apart, each by itself.
#[derive(Clone)]
pub struct Cached {
    pub(super) source: Arc<dyn Source>,
    pub(super) planes: Option<Planes>,
    /// The description of the CMYK image, if CMYK is read instead of RGB.
    pub(super) cmyk: Option<Arc<Info>>,
    library: Library,
    image: ImageRef,
    pub(super) cancel: CancelToken,
}

impl Source for Cached {
    fn info(&self) -> &Info {
        let other = self.cmyk.as_deref().or_else(|| self.planes.as_ref().map(|planes| &*planes.info));
        other.unwrap_or_else(|| self.source.info())
    }

    fn capabilities(&self) -> Capabilities<'_> {
        let (inner, colors) = (self.source.capabilities(), self.cmyk.is_none());
        let planes = self.planes.is_some();
        Capabilities {
            raw_samples: if planes { Some(self) } else { inner.raw_samples.and(Some(self)) },
            // [`Cached::as_cmyk`] reads it through the cache.
            cmyk: None,
            // [`Cached::of_channels`] reads them through the cache.
            planar: None,
            encoded: inner.encoded.filter(|_| colors).and(Some(self)),
            // Regions are read from cached tiles.
            sequential: None,
            deferred: if planes { Some(self) } else { inner.deferred.and(Some(self)) },
            preview: if planes { Some(self) } else { inner.preview.filter(|_| colors).and(Some(self)) },
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        match &self.planes {
            None => self.source.cost(region),
            Some(planes) => {
                let each = planes.each(self).unwrap_or_default();
                each.iter().map(|plane| plane.cost(region)).fold(ReadingCost::default(), ReadingCost::and)
            }
        }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        if let Some(planes) = &self.planes {
            return planes.read(self, region);
        }
        if self.reads_parts(region)
            && let Some(pixels) = self.part(region)?
        {
            return Ok(pixels);
        }
        let info = self.info();
        let grid = info.level(region)?.grid();
        let mut out = info.blank(region.rect.size());
        for (column, row) in grid.touching(region.rect) {
            let rect = grid.rect(column, row);
            let tile = self.whole_tile(region.level, column, row, rect)?;
            out.paste(tile.view(), rect.x0 - region.rect.x0, rect.y0 - region.rect.y0);
        }
        Ok(out)
    }
}

impl CoarsePreview for Cached {
    fn preview(&self) -> Result<Option<Preview>> {
        if self.cmyk.is_some() {
            return Ok(None);
        }
        let Some(planes) = &self.planes else { return self.source.preview() };
        let each = planes.each(self)?.into_iter().map(|plane| plane.preview());
        let Some(all) = each.collect::<Result<Option<Vec<_>>>>()? else { return Ok(None) };
        let is_whole = all.iter().all(|preview| preview.is_whole);
        let parts: Vec<_> = all.into_iter().map(|preview| preview.pixels).collect();
        Ok(Some(Preview { pixels: interleave(&parts)?, is_whole }))
    }

    fn thumbnail(&self) -> Result<Option<Pixels>> {
        if self.cmyk.is_some() || self.planes.is_some() { Ok(None) } else { self.source.thumbnail() }
    }
}

impl Deferred for Cached {
    fn is_ready(&self, region: Region) -> bool {
        match &self.planes {
            None => self.source.is_ready(region),
            Some(planes) => planes.all(self, |plane| plane.is_ready(region)),
        }
    }

    fn scanning(&self) -> Option<Progress> {
        match &self.planes {
            None => self.source.scanning(),
            Some(planes) => planes.each(self).ok()?.iter().find_map(Self::scanning),
        }
    }
}

impl ReadRaw for Cached {
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        match &self.planes {
            None => self.source.read_raw(region),
            Some(planes) => planes.read_raw(region),
        }
    }
}

impl EncodedTiles for Cached {
    fn encoding(&self, level: usize) -> Option<Coded> {
        if self.cmyk.is_some() { None } else { self.source.encoding(level) }
    }

    fn encoded_tile(&self, level: usize, rect: Rect) -> Result<Option<Vec<u8>>> {
        if self.cmyk.is_some() { Ok(None) } else { self.source.encoded_tile(level, rect) }
    }
}

impl Cached {
    /// The same, failing with [`Error::Cancelled`] at the next tile once `cancel` is set.
    #[must_use]
    pub fn until_cancelled(mut self, cancel: &CancelToken) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// The same image in CMYK instead of RGB, where [`Info::is_cmyk`].
    pub fn as_cmyk(&self) -> Option<Self> {
        let info = self.source.info();
        let (channels, color, background) = (4, Color::Channels, vec![0.0; 4]);
        let cmyk = Info { channels, sample: SampleType::U8, color, background, stored: None, ..info.clone() };
        info.is_cmyk.then(|| Self { cmyk: Some(Arc::new(cmyk)), ..self.clone() })
    }

    /// The same image with those of its channels alone, where each is stored by itself: no other one is decoded. None of
    /// them, or one that is not there, is nothing.
    pub fn of_channels(&self, channels: &[usize]) -> Option<Self> {
        let planes = self.planes.as_ref()?.chosen(channels)?;
        Some(Self { planes: Some(planes), ..self.clone() })
    }

    /// Call `paint` with the pixels of each decoded tile that `region` touches, or of parts of `region` where these are read by
    /// themselves, and where they lie in the level: of tiles no copy is made. A tile that cannot be read is [noted](loss::note),
    /// and filled from a coarser level or with the background.
    pub fn each_tile(&self, region: Region, mut paint: impl FnMut(&Pixels, Rect)) -> Result<()> {
        if self.reads_parts(region) {
            return self.each_part(region, &mut paint);
        }
        let grid = self.info().level(region)?.grid();
        for (column, row) in grid.touching(region.rect) {
            let rect = grid.rect(column, row);
            if self.planes.is_some() {
                paint(&self.read(Region::new(region.level, rect))?, rect);
            } else {
                paint(&*self.whole_tile(region.level, column, row, rect)?, rect);
            }
        }
        Ok(())
    }

    /// The pixels of `rect` at 1/2^`reduction` of the full resolution (sides rounded up), whatever levels the file has.
    ///
    /// Reads the coarsest level of the file that is fine enough and an exact power of two (to a pixel), and downsamples it.
    pub fn read_reduced(&self, reduction: u32, rect: Rect) -> Result<Pixels> {
        if let Some(planes) = &self.planes {
            let parts = planes.each(self)?.into_iter().map(|plane| plane.read_reduced(reduction, rect));
            return interleave(&parts.collect::<Result<Vec<_>>>()?);
        }
        let info = self.info();
        let inside = rect.intersect(Rect::from_size(info.size().halved_times(reduction as usize)));
        let mut out = info.blank(rect.size());
        if inside.is_empty() {
            return Ok(out);
        }
        let (level, have) = dyadic_level(info, reduction);
        let mut paste = |pixels: &Pixels, at: Rect| out.paste(pixels.view(), at.x0 - rect.x0, at.y0 - rect.y0);
        self.halved(level, reduction - have, inside, &mut paste)?;
        Ok(out)
    }

    /// What [`read_reduced`](Self::read_reduced) takes, piece by piece.
    pub fn cost_reduced(&self, reduction: u32, rect: Rect) -> ReadingCost {
        let inside = rect.intersect(Rect::from_size(self.info().size().halved_times(reduction as usize)));
        let Ok((region, missing)) = reduced_from(self.info(), reduction, inside) else { return ReadingCost::default() };
        let cost = self.cost(region);
        let piece =
            if missing == 0 { 0 } else { region.rect.area().min(MOST_PIECE) * self.info().pixel_bytes() as u64 };
        ReadingCost { working: cost.working + piece + piece / 4, ..cost }
    }

    /// Hands `paste` the pixels of `rect` at 1/2^`missing` of `level`, in pieces made of a bounded number of pixels.
    fn halved(&self, level: usize, missing: u32, rect: Rect, paste: &mut dyn FnMut(&Pixels, Rect)) -> Result<()> {
        let info = self.info();
        let halving = Halving { alpha: info.color.has_alpha(), downsample: Downsample::Mean, nodata: info.nodata };
        let fine = finer(rect, missing)?.intersect(info.whole(level));
        if fine.is_empty() {
            return Ok(());
        }
        if missing == 0 || fine.area() <= MOST_PIECE {
            let pixels = self.read(Region::new(level, fine))?;
            let pixels = (0..missing).fold(pixels, |pixels, _| halving.halve(pixels.view()));
            paste(&pixels, rect);
        } else if rect.area() > 1 {
            let (mut first, mut second) = (rect, rect);
            if rect.width() >= rect.height() {
                first.x1 = rect.x0.midpoint(rect.x1);
                second.x0 = first.x1;
            } else {
                first.y1 = rect.y0.midpoint(rect.y1);
                second.y0 = first.y1;
            }
            self.halved(level, missing, first, paste)?;
            self.halved(level, missing, second, paste)?;
        } else {
            // One pixel of very many: of the four of the halving before.
            let four = finer(rect, 1)?;
            let size = info.levels[level].size.halved_times(missing as usize - 1);
            let four = four.intersect(Rect::from_size(size));
            let mut held = info.blank(four.size());
            let mut gather = |pixels: &Pixels, at: Rect| held.paste(pixels.view(), at.x0 - four.x0, at.y0 - four.y0);
            self.halved(level, missing - 1, four, &mut gather)?;
            paste(&halving.halve(held.view()), rect);
        }
        Ok(())
    }

    /// The same for cell (column, row) of a grid over that level, cached where it took more than one level's
    /// tiles to make.
    pub fn read_cell(&self, reduction: u32, cell: (u32, u32), rect: Rect) -> Result<Arc<Pixels>> {
        if let Some(planes) = &self.planes {
            let parts = planes.each(self)?.into_iter().map(|plane| plane.read_cell(reduction, cell, rect));
            let parts = parts.collect::<Result<Vec<_>>>()?;
            return if let [one] = &*parts { Ok(Arc::clone(one)) } else { interleave(&parts).map(Arc::new) };
        }
        if dyadic_level(self.info(), reduction).1 == reduction {
            return self.read_reduced(reduction, rect).map(Arc::new);
        }
        let key = self.key(REDUCED | reduction as u16, cell.0, cell.1);
        self.library.cache.get_or_decode(&key, || self.read_reduced(reduction, rect))
    }

    /// Whether [`read_reduced`](Self::read_reduced) begins at once.
    pub fn is_ready_reduced(&self, reduction: u32, rect: Rect) -> bool {
        if let Some(planes) = &self.planes {
            return planes.all(self, |plane| plane.is_ready_reduced(reduction, rect));
        }
        let info = self.info();
        let inside = rect.intersect(Rect::from_size(info.size().halved_times(reduction as usize)));
        inside.is_empty() || reduced_from(info, reduction, inside).is_ok_and(|(fine, _)| self.is_ready(fine))
    }

    /// One of the planes, which `image` names alone, as a source of its own.
    pub(super) fn plane(&self, image: &ImageRef, plane: &Arc<dyn Source>) -> Result<Self> {
        let source = self.library.sources.plane(image, plane)?;
        let (library, cancel, image) = (self.library.clone(), self.cancel.clone(), image.clone());
        Ok(Self { source, planes: None, cmyk: None, library, image, cancel })
    }

    fn tile(&self, level: usize, column: u32, row: u32, rect: Rect) -> Result<Arc<Pixels>> {
        self.cancel.check()?;
        let key = self.key(level as u16, column, row);
        let region = Region { level, rect };
        let read = || match &self.cmyk {
            None => self.source.read(region),
            Some(_) => self.source.read_cmyk(region)?.ok_or_else(|| Error::corrupt("no CMYK samples")),
        };
        self.library.cache.get_or_decode(&key, || loss::within(self.info().at_full(region), read))
    }

    /// The tile, or in its place what a coarser level shows there, or the background; then a loss is noted.
    pub(super) fn whole_tile(&self, level: usize, column: u32, row: u32, rect: Rect) -> Result<Arc<Pixels>> {
        match self.tile(level, column, row, rect) {
            Ok(tile) => {
                loss::deliver();
                Ok(tile)
            }
            Err(error @ (Error::Cancelled | Error::Invalid { .. })) => Err(error),
            Err(error) => {
                let error = error.at(&self.image.path);
                let is_all = level == 0 && rect == self.info().whole(0);
                let whole = || Loss { place: Some(rect), ..error.clone().into() };
                loss::note(if is_all { whole() } else { self.info().loss(error.clone(), Region { level, rect }) });
                Ok(Arc::new(self.filled(level, rect)?))
            }
        }
    }

    /// What coarser levels show of `rect` of `level`, each pixel repeated; the background where none can be read.
    fn filled(&self, level: usize, rect: Rect) -> Result<Pixels> {
        let info = self.info();
        let mut out = info.blank(rect.size());
        let Some(coarse) = info.levels.get(level + 1).map(|_| level + 1) else { return Ok(out) };
        let (fine, small) = (info.levels[level].size, info.levels[coarse].size);
        let at = |value: i64, fine: u32, small: u32| value * i64::from(small) / i64::from(fine.max(1));
        let end = |value: i64, fine: u32, small: u32| (at(value - 1, fine, small) + 1).min(small.into());
        let needed = Rect::new(
            at(rect.x0, fine.width, small.width),
            at(rect.y0, fine.height, small.height),
            end(rect.x1, fine.width, small.width),
            end(rect.y1, fine.height, small.height),
        );
        let grid = info.levels[coarse].grid();
        let mut held = info.blank(needed.size());
        for (column, row) in grid.touching(needed) {
            let place = grid.rect(column, row);
            let tile = match self.tile(coarse, column, row, place) {
                Ok(tile) => tile,
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                // It has the same gap, and is told of where it's read itself.
                Err(_) => Arc::new(self.filled(coarse, place)?),
            };
            held.paste(tile.view(), place.x0 - needed.x0, place.y0 - needed.y0);
        }
        for y in rect.y0..rect.y1 {
            let from_y = at(y, fine.height, small.height) - needed.y0;
            let mut x = rect.x0;
            while x < rect.x1 {
                let from_x = at(x, fine.width, small.width) - needed.x0;
                let pixel = held.part(Rect::new(from_x, from_y, from_x + 1, from_y + 1));
                out.paste(pixel, x - rect.x0, y - rect.y0);
                x += 1;
            }
        }
        Ok(out)
    }

    fn key(&self, level: u16, column: u32, row: u32) -> TileKey {
        let level = level | if self.cmyk.is_some() { CMYK } else { 0 };
        TileKey { image: self.image.clone(), level, column, row }
    }
}

/// A reduced piece is made of so many pixels at a time, or of one tile.
const MOST_PIECE: u64 = 4 << 20;

/// `rect`, at 1/2^`reduction`, in full-resolution pixels.
fn finer(rect: Rect, reduction: u32) -> Result<Rect> {
    let scale = 1i64.checked_shl(reduction).ok_or_else(|| Error::invalid("so coarse a level does not exist"))?;
    Ok(Rect::new(rect.x0 * scale, rect.y0 * scale, rect.x1 * scale, rect.y1 * scale))
}

/// What `inside` at 1/2^`reduction` is made from: a region of the file's best level, and the reduction that is left.
fn reduced_from(info: &Info, reduction: u32, inside: Rect) -> Result<(Region, u32)> {
    let (level, have) = dyadic_level(info, reduction);
    let missing = reduction - have;
    let fine = finer(inside, missing)?;
    // The level may be a pixel smaller than exact 2× downsampling gives; its edge is repeated.
    Ok((Region::new(level, fine.intersect(info.whole(level))), missing))
}

/// The file's coarsest level that is at 1/2^`have` of level 0, `have` ≤ `reduction`: (level, have).
fn dyadic_level(info: &Info, reduction: u32) -> (usize, u32) {
    let close = |a: Size, b: Size| a.width.abs_diff(b.width) <= 1 && a.height.abs_diff(b.height) <= 1;
    let full = info.size();
    let candidates = info.levels.iter().enumerate().rev();
    let mut halved = candidates.filter_map(|(index, level)| {
        (0..=reduction).find(|&n| close(level.size, full.halved_times(n as usize))).map(|n| (index, n))
    });
    halved.next().unwrap_or((0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::halve;
    use crate::testing::{Pattern, check_source};

    struct One(Arc<Pattern>);

    impl Sources for One {
        fn get(&self, _: &ImageRef) -> Result<Arc<dyn Source>> {
            Ok(Arc::clone(&self.0) as Arc<dyn Source>)
        }
    }

    fn cached(size: Size) -> Cached {
        let sources = Arc::new(One(Arc::new(Pattern::new(size, 3, SampleType::U8))));
        Library::new(sources, Arc::new(TileCache::new(1 << 20))).open(&"pattern".into()).unwrap()
    }

    #[test]
    fn cached_sources_conform() {
        check_source(&cached(Size::new(700, 513)));
    }

    #[test]
    fn a_reduced_cell_is_made_once() {
        let source = cached(Size::new(701, 513));
        let grid = crate::geometry::TileGrid::square(Size::new(701, 513).halved(), 128);
        assert!(source.as_cmyk().is_none(), "a pattern is not CMYK");
        for (column, row) in [(0, 0), (2, 2), (0, 0)] {
            let rect = grid.rect(column, row);
            let cell = source.read_cell(1, (column, row), rect).unwrap();
            assert_eq!(*cell, source.read_reduced(1, rect).unwrap());
        }
        let first = source.read_cell(1, (0, 0), grid.rect(0, 0)).unwrap();
        assert!(Arc::ptr_eq(&first, &source.read_cell(1, (0, 0), grid.rect(0, 0)).unwrap()));
    }

    #[test]
    fn reduced_reading_is_the_halved_whole() {
        let source = cached(Size::new(701, 513));
        let mut whole = source.read(Region::new(0, source.info().whole(0))).unwrap();
        for reduction in 0..4 {
            let rect = Rect::from_size(whole.size());
            for part in [rect, rect.last_quarter(), Rect::new(3, 5, 9, 40)] {
                let read = source.read_reduced(reduction, part).unwrap();
                assert_eq!(read, whole.crop(part), "reduction {reduction}, {part}");
            }
            whole = halve(whole.view(), false);
        }
    }
}

//! [`Composite`]: painting placements into a requested rectangle.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use imbl::Vector;

use super::Index;
use crate::cache::{Cached, CancelToken, Library};
use crate::geometry::{Rect, Region, Size};
use crate::job::Progress;
use crate::mosaic::{Mosaic, PixelKind, Placement, PlacementId};
use crate::pixels::{Color, Pixels, PixelsView, Sample, Samples, conform};
use crate::source::{Coded, GeoTags, Info, Level, Source};
use crate::{Error, Result};

/// What stands for a tile that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadTiles {
    /// The background, and one warning for each such tile.
    #[default]
    Warn,
    /// A hatching that no photograph has.
    Mark,
    /// The read fails.
    Fail,
}

/// A mosaic as a source. Its pixel (0, 0) is the upper left of [`Mosaic::bounds`]; its levels are exact halvings.
pub struct Composite {
    /// Shared with the document where all of them are visible.
    pub(super) placements: Vector<Placement>,
    /// Where each lies, seen from the canvas's upper left.
    pub(super) index: Arc<Index>,
    pub(super) library: Library,
    pub(super) info: Info,
    bad: BadTiles,
    progress: Progress,
    warned: Mutex<HashSet<PlacementId>>,
    /// The image, where there is only one and it has been opened.
    only: Option<Cached>,
}

/// The most halvings a composite offers.
const MOST_LEVELS: usize = 24;

impl Composite {
    /// The visible placements of `mosaic`, read through `library`. Warnings about bad tiles go to `progress`.
    pub fn new(mosaic: &Mosaic, library: Library, bad: BadTiles, progress: Progress) -> Result<Self> {
        Self::within(mosaic.bounds(), mosaic, library, bad, progress)
    }

    /// The same of the part `bounds` of the canvas.
    pub fn within(bounds: Rect, mosaic: &Mosaic, library: Library, bad: BadTiles, progress: Progress) -> Result<Self> {
        if bounds.is_empty() {
            return Err(Error::invalid("there is nothing on the canvas: add images first"));
        }
        if bounds.width() > u32::MAX.into() || bounds.height() > u32::MAX.into() {
            return Err(Error::limit(format!("a canvas of {bounds} pixels is beyond any format")));
        }
        let mut placements = mosaic.placements.clone();
        if !placements.iter().all(|placement| placement.visible) {
            placements = placements.iter().filter(|placement| placement.visible).cloned().collect();
        }
        let rects = placements.iter().map(|p| p.rect().translate(-bounds.x0, -bounds.y0)).collect();
        let kind = placements.iter().filter_map(|p| p.kind).reduce(PixelKind::joined).unwrap_or(PixelKind::RGB8);
        let info = describe(bounds.size(), kind, mosaic.background, &placements);
        let index = Arc::new(Index::new(rects));
        Ok(Self { placements, index, library, info, bad, progress, warned: Mutex::default(), only: None })
    }

    /// The color profile of the image at the very bottom: that of the picture, as far as it has one. Opens the image.
    pub fn profile(&self) -> Option<Arc<[u8]>> {
        let first = self.placements.front()?;
        self.library.open(&first.path, first.page).ok()?.info().icc.clone()
    }

    /// The same for an export: with those levels only on which no image begins or ends within a pixel, so that they are the
    /// halvings of the whole without a seam; and knowing what a single image says of itself beyond its pixels: resolution,
    /// profile, place on the map. Opens that; what cannot be opened says nothing.
    #[must_use]
    pub fn described(mut self) -> Self {
        let whole = self.info.size();
        let within = |end: i64, last: u32| if end == i64::from(last) { 0 } else { end };
        let edges = self.index.rects().iter().fold(0, |edges, rect| {
            edges | rect.x0 | rect.y0 | within(rect.x1, whole.width) | within(rect.y1, whole.height)
        });
        self.info.levels.truncate(1 + edges.trailing_zeros() as usize);
        let Some(placement) = self.placements.front() else { return self };
        let alone = self.placements.len() == 1;
        if !alone && self.info.color != Color::Channels {
            return self;
        }
        let Ok(source) = self.library.open(&placement.path, placement.page) else { return self };
        let (info, place) = (source.info(), self.index.rects()[0]);
        // Tiles of one slide have the same channels.
        if info.channel_names.len() == usize::from(self.info.channels) {
            self.info.channel_names.clone_from(&info.channel_names);
        }
        if !alone {
            return self;
        }
        self.info.mpp = info.mpp;
        self.info.objective = info.objective;
        self.info.icc.clone_from(&info.icc);
        let moved = |geo: &Arc<GeoTags>| Arc::new(geo.of_part((-place.x0 as f64, -place.y0 as f64), (1.0, 1.0)));
        self.info.geo = info.geo.as_ref().map(moved);
        self.info.properties.extend(info.properties.clone());
        self.only = Some(source);
        self
    }

    /// The only image, its level that is level `level` of this, and where that begins here: if it is all that is seen, as
    /// it is.
    fn level_of_only(&self, level: usize) -> Option<(&Cached, usize, (i64, i64))> {
        let (source, place) = (self.only.as_ref()?, *self.index.rects().first()?);
        let scale = 1i64.checked_shl(level as u32)?;
        let whole = Rect::from_size(self.info.size());
        let alike = PixelKind::from(source.info()) == self.kind() && source.info().size() == place.size();
        let on_grid = place.x0 % scale == 0 && place.y0 % scale == 0;
        let fits = |found: &Level| {
            (found.downsample / scale as f64 - 1.0).abs() < 1e-9 && found.size == place.size().halved_times(level)
        };
        let found = source.info().levels.iter().position(fits)?;
        let covers = place.intersect(whole) == whole;
        (alike && on_grid && covers).then_some((source, found, (place.x0 / scale, place.y0 / scale)))
    }

    /// The same canvas, its files read through another library.
    #[must_use]
    pub fn through(&self, library: Library) -> Self {
        let (placements, index, info) = (self.placements.clone(), Arc::clone(&self.index), self.info.clone());
        let (bad, progress) = (self.bad, self.progress.clone());
        Self { placements, index, library, info, bad, progress, warned: Mutex::default(), only: None }
    }

    pub(super) fn kind(&self) -> PixelKind {
        PixelKind::from(&self.info)
    }

    /// Paint one placement into `out`, which shows `rect` of level `level`.
    fn paint(&self, number: usize, level: usize, rect: Rect, out: &mut Pixels, wanted: &CancelToken) -> Result<()> {
        let (placement, place) = (&self.placements[number], self.index.rects()[number]);
        let source = self.library.open(&placement.path, placement.page)?.until_cancelled(wanted);
        if level == 0 {
            let region = Region::new(0, rect.intersect(place).translate(-place.x0, -place.y0));
            let (color, x, y) = (source.info().color, place.x0 - rect.x0, place.y0 - rect.y0);
            // The slot is as large as the file was when it was placed; a file that grew since is cut to it.
            let slot = Rect::from_size(placement.size);
            return source.each_tile(region, |tile, at| {
                let part = at.intersect(slot).translate(-at.x0, -at.y0);
                self.lay(tile.part(part), color, x + at.x0, y + at.y0, out);
            });
        }
        let place_here = Rect::at(
            (place.x0 + (1 << level >> 1)) >> level,
            (place.y0 + (1 << level >> 1)) >> level,
            source.info().size().halved_times(level),
        );
        let wanted = rect.intersect(place_here);
        let pixels = source.read_reduced(level as u32, wanted.translate(-place_here.x0, -place_here.y0))?;
        let color = source.info().color;
        self.lay(pixels.view(), color, wanted.x0 - rect.x0, wanted.y0 - rect.y0, out);
        Ok(())
    }

    /// Lay pixels of some kind over `out` at (x, y).
    fn lay(&self, pixels: PixelsView<'_>, color: Color, x: i64, y: i64, out: &mut Pixels) {
        let kind = self.kind();
        let alike = pixels.channels() == kind.channels
            && pixels.sample_type() == kind.sample
            && (color == kind.color || kind.color == Color::Channels);
        if alike && !color.has_alpha() {
            return out.paste(pixels, x, y);
        }
        let made = conform(pixels.to_pixels(), color, kind.color, kind.channels, kind.sample);
        if color.has_alpha() { lay_over(&made, x, y, out) } else { out.paste(made.view(), x, y) }
    }

    fn report(&self, number: usize, error: &Error) {
        let placement = &self.placements[number];
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(placement.id) {
            self.progress.warn(error.clone().at(&placement.path));
        }
    }
}

impl Source for Composite {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.read_while(region, &CancelToken::default())
    }

    fn coded(&self, level: usize) -> Option<Coded> {
        let (source, found, _) = self.level_of_only(level)?;
        source.coded(found)
    }

    fn coded_tile(&self, level: usize, rect: Rect) -> Result<Option<Vec<u8>>> {
        let Some((source, found, (x, y))) = self.level_of_only(level) else { return Ok(None) };
        source.coded_tile(found, rect.translate(-x, -y))
    }
}

impl Composite {
    /// As [`read`](Source::read), failing with [`Error::Cancelled`] between two tiles once nobody wants it.
    pub fn read_while(&self, region: Region, wanted: &CancelToken) -> Result<Pixels> {
        let Region { level, rect } = region;
        let size = self.info.level(region)?.size;
        let mut out = self.info.blank(rect.size());
        let inside = rect.intersect(Rect::from_size(size));
        let scale = 1i64 << level;
        let at_full = Rect::new(inside.x0 * scale, inside.y0 * scale, inside.x1 * scale, inside.y1 * scale);
        for number in self.index.touching(at_full.expand(scale - 1)) {
            match self.paint(number, level, rect, &mut out, wanted) {
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) if self.bad == BadTiles::Fail => return Err(error.at(&self.placements[number].path)),
                Err(error) => {
                    self.report(number, &error);
                    if self.bad == BadTiles::Mark {
                        let place = self.index.rects()[number].reduced(level as u32);
                        hatch(&mut out, place.translate(-rect.x0, -rect.y0), (place.x0 - rect.x0, place.y0 - rect.y0));
                    }
                }
                Ok(()) => {}
            }
        }
        if inside != rect {
            clear_outside(&mut out, inside.translate(-rect.x0, -rect.y0), &self.info);
        }
        Ok(out)
    }
}

fn describe(size: Size, kind: PixelKind, background: [u8; 3], placements: &Vector<Placement>) -> Info {
    let mut info = Info::plain("mosaic", size, Size::new(512, 512), kind.channels, kind.sample);
    info.color = kind.color;
    let mut halved = size;
    while halved.longest() > 256 && info.levels.len() < MOST_LEVELS {
        halved = halved.halved();
        let downsample = (1u64 << info.levels.len()) as f64;
        info.levels.push(Level { size: halved, downsample, tile: Size::new(512, 512) });
    }
    let of_range = kind.sample.max() / 255.0;
    let [r, g, b] = background.map(|v| v as f32 * of_range);
    info.background = match kind.color {
        Color::Gray => vec![0.299 * r + 0.587 * g + 0.114 * b],
        Color::Rgb => vec![r, g, b],
        // Where nothing lies, a picture with opacity is clear.
        Color::GrayAlpha | Color::Rgba | Color::Channels => vec![0.0; kind.channels as usize],
    };
    info.properties.insert("mosaic.placements".into(), placements.len().to_string());
    info
}

/// Porter and Duff's "over" (1984), opacity not premultiplied, for pixels whose last channel is opacity.
fn lay_over(top: &Pixels, x: i64, y: i64, out: &mut Pixels) {
    fn over<S: Sample>(top: &[S], below: &mut [S]) {
        let last = top.len() - 1;
        let (a, b) = (top[last].to_f32() / S::TYPE.max(), below[last].to_f32() / S::TYPE.max());
        let all = a + b * (1.0 - a);
        if a >= 1.0 || b <= 0.0 {
            below.copy_from_slice(top);
        } else if a > 0.0 {
            for c in 0..last {
                below[c] = S::from_f32((top[c].to_f32() * a + below[c].to_f32() * b * (1.0 - a)) / all);
            }
            below[last] = S::from_f32(all * S::TYPE.max());
        }
    }
    fn rows<S: Sample>(top: &Pixels, (x, y): (i64, i64), rect: Rect, channels: usize, width: usize, out: &mut [S]) {
        for row in rect.y0..rect.y1 {
            let Some(line) = top.view().row::<S>((row - y) as usize) else { return };
            let line = &line[(rect.x0 - x) as usize * channels..][..rect.width() as usize * channels];
            let to = &mut out[(row as usize * width + rect.x0 as usize) * channels..][..line.len()];
            line.chunks_exact(channels).zip(to.chunks_exact_mut(channels)).for_each(|(top, below)| over(top, below));
        }
    }
    let rect = Rect::at(x, y, top.size()).intersect(Rect::from_size(out.size()));
    let (channels, width) = (out.channels() as usize, out.size().width as usize);
    match out.samples_mut() {
        Samples::U8(out) => rows(top, (x, y), rect, channels, width, out),
        Samples::U16(out) => rows(top, (x, y), rect, channels, width, out),
        Samples::F32(out) => rows(top, (x, y), rect, channels, width, out),
    }
}

/// Diagonal stripes in full and no intensity over `place`, running on from `origin`.
fn hatch(out: &mut Pixels, place: Rect, origin: (i64, i64)) {
    let place = place.intersect(Rect::from_size(out.size()));
    let (channels, sample) = (out.channels() as usize, out.sample_type());
    for y in place.y0..place.y1 {
        for x in place.x0..place.x1 {
            let stripe = ((x - origin.0) + (y - origin.1)) / 12 % 2 == 0;
            let value = if stripe { 0.85 * sample.max() } else { 0.15 * sample.max() };
            let pixel: Vec<f32> =
                (0..channels).map(|c| if c == 0 || c == 3 { value.max(0.5) } else { value * 0.2 }).collect();
            out.paste(Pixels::filled(Size::new(1, 1), sample, &pixel).view(), x, y);
        }
    }
}

/// Reset what lies outside `inside` (tiles may reach beyond an explicit canvas).
fn clear_outside(out: &mut Pixels, inside: Rect, info: &Info) {
    let size = Rect::from_size(out.size());
    let inside = inside.intersect(size);
    let bands = if inside.is_empty() {
        vec![size]
    } else {
        vec![
            Rect::new(0, 0, size.x1, inside.y0),
            Rect::new(0, inside.y1, size.x1, size.y1),
            Rect::new(0, inside.y0, inside.x0, inside.y1),
            Rect::new(inside.x1, inside.y0, size.x1, inside.y1),
        ]
    };
    for band in bands.into_iter().filter(|band| !band.is_empty()) {
        out.paste(info.blank(band.size()).view(), band.x0, band.y0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::TileCache;
    use crate::geometry::Point;
    use crate::pixels::SampleType;
    use crate::source::Sources;
    use crate::source::testing::{Pattern, check_source};
    use std::path::Path;

    /// Patterns by name: "WxH-channels-bits"; anything else cannot be read.
    struct Patterns;

    impl Sources for Patterns {
        fn get(&self, path: &Path, _: usize) -> Result<Arc<dyn Source>> {
            let name = path.to_string_lossy().into_owned();
            let mut parts = name.split(['x', '-']).map(str::parse::<u32>);
            let (Some(Ok(w)), Some(Ok(h)), Some(Ok(c)), Some(Ok(bits))) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(Error::corrupt("torn").at(path));
            };
            let sample = if bits == 16 { SampleType::U16 } else { SampleType::U8 };
            Ok(Arc::new(Pattern::new(Size::new(w, h), c as u8, sample)))
        }
    }

    fn library() -> Library {
        Library::new(Arc::new(Patterns), Arc::new(TileCache::new(8 << 20)))
    }

    fn mosaic(tiles: &[(&str, f64, f64)]) -> Mosaic {
        let mut mosaic = Mosaic::default();
        for (name, x, y) in tiles {
            let found = Patterns.get(Path::new(name), 0);
            let size = found.as_ref().map_or(Size::new(60, 50), |source| source.info().size());
            let mut placement = Placement::new(*name, size);
            placement.position = Point::new(*x, *y);
            placement.kind = found.ok().map(|source| source.info().into());
            mosaic.add(placement);
        }
        mosaic
    }

    fn composite(mosaic: &Mosaic, bad: BadTiles) -> (Composite, Progress) {
        let progress = Progress::default();
        (Composite::new(mosaic, library(), bad, progress.clone()).unwrap(), progress)
    }

    fn whole(source: &dyn Source) -> Pixels {
        source.read(Region::new(0, source.info().whole(0))).unwrap()
    }

    #[test]
    fn it_is_what_pasting_in_memory_gives() {
        let mosaic = mosaic(&[("300x200-3-8", -20.0, 7.0), ("64x64-3-8", 200.0, 100.0), ("300x200-3-8", 250.0, 0.4)]);
        let (composite, _) = composite(&mosaic, BadTiles::Warn);
        let bounds = mosaic.bounds();
        let mut expected = Pixels::zeroed(bounds.size(), 3, SampleType::U8);
        for placement in &mosaic.placements {
            let tile = whole(&*Patterns.get(&placement.path, 0).unwrap());
            expected.paste(tile.view(), placement.rect().x0 - bounds.x0, placement.rect().y0 - bounds.y0);
        }
        assert_eq!(whole(&composite), expected);
        check_source(&composite);
    }

    #[test]
    fn unlike_tiles_share_the_kind_that_holds_both() {
        let mosaic = mosaic(&[("40x40-1-16", 0.0, 0.0), ("40x40-3-8", 40.0, 0.0)]);
        let (composite, _) = composite(&mosaic, BadTiles::Warn);
        let info = composite.info();
        assert_eq!((info.color, info.channels, info.sample), (Color::Rgb, 3, SampleType::U16));
        let gray = whole(&*Patterns.get(Path::new("40x40-1-16"), 0).unwrap());
        let expected = conform(gray, Color::Gray, Color::Rgb, 3, SampleType::U16);
        assert_eq!(whole(&composite).crop(Rect::new(0, 0, 40, 40)), expected);
        check_source(&composite);
    }

    #[test]
    fn a_bad_tile_is_background_with_one_warning_or_fails_as_asked() {
        let mut mosaic = mosaic(&[("torn.jpg", 0.0, 0.0), ("40x40-3-8", 60.0, 0.0)]);
        mosaic.background = [9, 8, 7];
        let (lenient, progress) = composite(&mosaic, BadTiles::Warn);
        for _ in 0..3 {
            let corner = whole(&lenient).crop(Rect::new(0, 0, 1, 1));
            assert_eq!(corner.samples(), &Samples::U8(vec![9, 8, 7]));
        }
        let warnings: Vec<_> = progress.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(warnings, ["torn.jpg: damaged: torn"]);
        let (strict, _) = composite(&mosaic, BadTiles::Fail);
        assert!(strict.read(Region::new(0, Rect::new(0, 0, 9, 9))).is_err());
        assert!(strict.read(Region::new(0, Rect::new(60, 0, 70, 9))).is_ok(), "the rest is readable");
        let (marked, _) = composite(&mosaic, BadTiles::Mark);
        check_source(&marked);
    }

    #[test]
    fn opacity_is_laid_over() {
        let mut out = Pixels::new(Size::new(1, 1), 4, Samples::U8(vec![0, 0, 200, 255])).unwrap();
        let top = Pixels::new(Size::new(1, 1), 4, Samples::U8(vec![100, 0, 0, 128])).unwrap();
        lay_over(&top, 0, 0, &mut out);
        assert_eq!(out.samples(), &Samples::U8(vec![50, 0, 100, 255]));
    }

    #[test]
    fn an_explicit_canvas_cuts_and_extends() {
        let mut mosaic = mosaic(&[("40x40-3-8", 0.0, 0.0)]);
        mosaic.canvas = Some(Rect::new(10, 10, 100, 30));
        let (composite, _) = composite(&mosaic, BadTiles::Warn);
        assert_eq!(composite.info().size(), Size::new(90, 20));
        check_source(&composite);
    }
}

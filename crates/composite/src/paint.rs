//! [`Composite`]: painting placements into a requested rectangle.

use std::sync::Arc;

use super::outcome::Outcome;
use super::resample::{self, Resampled};
use super::shared::Shared;
use super::{Layer, Sampler, blend};
use crate::cache::{Cached, CancelToken, Library};
use crate::geometry::{Affine, Point, Rect, Region, Size};
use crate::job::Progress;
use crate::loss;
use crate::mosaic::{Margins, Mosaic, PixelKind, PixelSize, Placement, Placements, Sampling};
use crate::pixels::{Color, Pixels, PixelsView, conform};
use crate::source::{Capabilities, Coded, EncodedTiles, GeoTags, Info, Level, Source};
use crate::{Error, Result};

/// What to paint for a tile that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadTiles {
    /// The background, and one warning for each such tile.
    #[default]
    Warn,
    /// A hatching.
    Mark,
    /// The read fails.
    Fail,
}

/// A mosaic as a source. Its pixel (0, 0) is the upper left of [`Mosaic::bounds`]; its levels are exact 2× downsamplings.
pub struct Composite {
    /// Shared with the document.
    pub(super) placements: Placements,
    /// The canvas point that is pixel (0, 0).
    pub(super) origin: (i64, i64),
    pub(super) library: Library,
    pub(super) info: Info,
    bad: BadTiles,
    pub(super) progress: Progress,
    outcome: Arc<Outcome>,
    /// Paints the difference of images where they overlap.
    differences: bool,
    /// The opened image, if it is the only one.
    only: Option<Cached>,
}

/// The most levels of a composite.
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
        let placements = mosaic.placements.clone();
        let kind = placements.kind().unwrap_or(PixelKind::RGB8);
        let mut info = describe(bounds.size(), kind, mosaic.background, placements.visible());
        let origin = (bounds.x0, bounds.y0);
        if let Some(PixelSize { x, y }) = mosaic.pixel_size {
            info.mpp = Some((x, y));
        }
        let (outcome, only) = (Arc::default(), None);
        Ok(Self { placements, origin, library, info, bad, progress, outcome, differences: false, only })
    }

    /// The same canvas, with the difference of images where they overlap.
    #[must_use]
    pub fn with_differences(mut self) -> Self {
        self.differences = true;
        self
    }

    /// The rectangle of a placement, relative to the upper left of the composite.
    pub(super) fn place(&self, placement: &Placement) -> Rect {
        placement.rect().translate(-self.origin.0, -self.origin.1)
    }

    /// The visible placements that touch `rect`, lowest first.
    pub(super) fn touching(&self, rect: Rect) -> impl DoubleEndedIterator<Item = &Placement> {
        let ids = self.placements.touching(rect.translate(self.origin.0, self.origin.1));
        ids.into_iter().filter_map(|id| self.placements.get(id)).filter(|placement| placement.visible)
    }

    /// The lowest visible placement.
    fn lowest(&self) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.visible)
    }

    /// The color profile of the lowest image, which is used for the whole composite. Opens the image.
    pub fn profile(&self) -> Option<Arc<[u8]>> {
        let first = self.lowest()?;
        self.library.open(&first.image).ok()?.info().icc.clone()
    }

    /// The same for an export: only with levels on which every image begins and ends at a whole pixel, so that they are exact 2×
    /// downsamplings without seams; and with what the images say beyond their pixels: resolution, profile, place on the map, as
    /// far as all say the same. Opens the images; those that cannot be opened say nothing.
    #[must_use]
    pub fn described(mut self) -> Self {
        let whole = self.info.size();
        let within = |end: i64, last: u32| if end == i64::from(last) { 0 } else { end };
        let mut edges = 0;
        for placement in self.placements.iter().filter(|placement| placement.visible) {
            // Downsampling does not commute with resampling and tone changes: such a canvas has its full resolution only.
            let rect = self.place(placement);
            edges |= if placement.is_plain() {
                rect.x0 | rect.y0 | within(rect.x1, whole.width) | within(rect.y1, whole.height)
            } else {
                1
            };
        }
        self.info.levels.truncate(1 + edges.trailing_zeros() as usize);
        self.with_metadata()
    }

    /// The same, knowing what the images say beyond their pixels, as far as all say the same.
    #[must_use]
    pub fn with_metadata(mut self) -> Self {
        let Some(placement) = self.lowest().cloned() else { return self };
        if self.placements.visible() > 1 {
            let shared = Shared::of(&self);
            shared.tell(&mut self.info);
            return self;
        }
        let Ok(source) = self.library.open(&placement.image) else { return self };
        let info = source.info();
        if info.channel_names.len() == usize::from(self.info.channels) {
            self.info.channel_names.clone_from(&info.channel_names);
        }
        self.info.icc.clone_from(&info.icc);
        self.info.nodata = info.nodata.filter(|_| PixelKind::from(info) == self.kind());
        if self.info.nodata.is_some() {
            self.info.background.clone_from(&info.background);
        }
        if placement.sampling() == Sampling::Shift {
            self.info.mpp = self.info.mpp.or(info.mpp);
            self.info.objective = info.objective;
            let (x, y) = self.image_at(&placement);
            let moved = |geo: &Arc<GeoTags>| Arc::new(geo.of_part((-x as f64, -y as f64), (1.0, 1.0)));
            self.info.geo = info.geo.as_ref().map(moved);
        }
        self.info.properties.extend(info.properties.clone());
        self.only = Some(source);
        self
    }

    /// If the composite is a single unchanged image: that image, its level for `level`, and the position of its first pixel.
    fn level_of_only(&self, level: usize) -> Option<(&Cached, usize, (i64, i64))> {
        let (source, placement) = (self.only.as_ref()?, self.lowest()?);
        let place = self.place(placement);
        let scale = 1i64.checked_shl(level as u32)?;
        let whole = Rect::from_size(self.info.size());
        let alike = PixelKind::from(source.info()) == self.kind() && source.info().size() == place.size();
        let on_grid = place.x0 % scale == 0 && place.y0 % scale == 0;
        let fits = |found: &Level| {
            (found.downsample / scale as f64 - 1.0).abs() < 1e-9 && found.size == place.size().halved_times(level)
        };
        let found = source.info().levels.iter().position(fits)?;
        let covers = place.intersect(whole) == whole;
        (placement.is_plain() && alike && on_grid && covers).then_some((
            source,
            found,
            (place.x0 / scale, place.y0 / scale),
        ))
    }

    /// The same canvas, read through another library.
    #[must_use]
    pub fn through(&self, library: Library) -> Self {
        let (placements, origin, info) = (self.placements.clone(), self.origin, self.info.clone());
        let (bad, progress, differences) = (self.bad, self.progress.clone(), self.differences);
        Self { placements, origin, library, info, bad, progress, outcome: Arc::default(), differences, only: None }
    }

    pub(super) fn kind(&self) -> PixelKind {
        PixelKind::from(&self.info)
    }

    /// The position of the upper left corner of the image of a shifted placement.
    pub(super) fn image_at(&self, placement: &Placement) -> (i64, i64) {
        let (x, y) = placement.position().round();
        (x - self.origin.0, y - self.origin.1)
    }

    pub(super) fn layer<'a>(&self, placement: &'a Placement) -> Layer<'a> {
        let sampler = match placement.sampling() {
            Sampling::Shift if self.image_at(placement) == (0, 0) => Sampler::Identity,
            Sampling::Shift => Sampler::Shift(self.image_at(placement)),
            Sampling::Affine => {
                let origin = Point::new(-self.origin.0 as f64, -self.origin.1 as f64);
                Sampler::Affine(placement.transform.then(Affine::translation(origin)))
            }
        };
        Layer { placement, sampler }
    }

    /// Paints one layer into `out`, the pixels of `rect` at level `level`.
    pub(super) fn paint(
        &self,
        layer: &Layer<'_>,
        level: usize,
        rect: Rect,
        out: &mut Pixels,
        cancel: &CancelToken,
    ) -> Result<()> {
        let source = self.library.open(&layer.placement.image)?.until_cancelled(cancel);
        // The slot has the size that the file had when it was placed; a file that grew since is cropped to it.
        let slot = layer.placement.part();
        let (color, nodata) = (source.info().color, source.info().nodata);
        let (at_x, at_y) = match layer.sampler {
            Sampler::Affine(to_canvas) => {
                let made = resample::read(&source, slot, to_canvas, level as u32, rect)?;
                if let Some(Resampled { pixels, at, covered }) = made {
                    self.lay(pixels.view(), (color, nodata), layer, at, Some(&covered), out);
                }
                return Ok(());
            }
            Sampler::Identity => (0, 0),
            Sampler::Shift(at) => at,
        };
        if level == 0 {
            let wanted = rect.translate(-at_x, -at_y).intersect(slot);
            if wanted.is_empty() {
                return Ok(());
            }
            let (x, y) = (at_x - rect.x0, at_y - rect.y0);
            return source.each_tile(Region::new(0, wanted), |tile, at| {
                let part = at.intersect(slot).translate(-at.x0, -at.y0);
                // Where the slot begins within a tile, the tile is cropped.
                let (left, top) = (part.x0.max(0), part.y0.max(0));
                self.lay(tile.part(part), (color, nodata), layer, (x + at.x0 + left, y + at.y0 + top), None, out);
            });
        }
        let round = |value: i64| (value + (1 << level >> 1)) >> level;
        let place_here = Rect::at(round(at_x), round(at_y), source.info().size().halved_times(level));
        let cut = if layer.placement.crop == Margins::default() {
            place_here
        } else {
            let (x0, y0) = (round(at_x + slot.x0), round(at_y + slot.y0));
            // As images that abut round their common edge: what is cut off leaves no gap.
            Rect::new(x0, y0, round(at_x + slot.x1), round(at_y + slot.y1)).intersect(place_here)
        };
        let wanted = rect.intersect(cut);
        if wanted.is_empty() && cut != place_here {
            return Ok(());
        }
        let pixels = source.read_reduced(level as u32, wanted.translate(-place_here.x0, -place_here.y0))?;
        self.lay(pixels.view(), (color, nodata), layer, (wanted.x0 - rect.x0, wanted.y0 - rect.y0), None, out);
        Ok(())
    }

    /// Blends a layer's pixels of some kind, of which a value may mean that nothing is known, over `out` at (x, y): those that are `covered`, or all.
    fn lay(
        &self,
        pixels: PixelsView<'_>,
        (color, nodata): (Color, Option<f64>),
        layer: &Layer<'_>,
        (x, y): (i64, i64),
        covered: Option<&[bool]>,
        out: &mut Pixels,
    ) {
        let kind = self.kind();
        let alike = pixels.channels() == kind.channels
            && pixels.sample_type() == kind.sample
            && (color == kind.color || kind.color == Color::Channels);
        let Placement { gain, offset, opacity, .. } = *layer.placement;
        // Where nothing is known, what lies below shows through.
        let known = nodata.and_then(|nodata| blend::known(pixels, nodata, covered));
        let covered = known.as_deref().or(covered);
        let changed = !layer.placement.keeps_samples() || covered.is_some();
        if alike && !color.has_alpha() && !changed {
            return out.paste(pixels, x, y);
        }
        let mut made = pixels.to_pixels();
        if (gain, offset) != (1.0, 0.0) {
            blend::amplify(&mut made, color.has_alpha(), gain, offset);
        }
        let made = conform(made, color, kind.color, kind.channels, kind.sample);
        if changed {
            let alpha = kind.color.has_alpha() || color.has_alpha();
            blend::lay_faded(&made, alpha, opacity, covered, (x, y), out);
        } else if color.has_alpha() {
            blend::lay_over(&made, x, y, out);
        } else {
            out.paste(made.view(), x, y);
        }
    }

    /// What came of the images so far.
    pub fn outcome(&self) -> Arc<Outcome> {
        Arc::clone(&self.outcome)
    }
}

impl Source for Composite {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            // Samples are converted to the composite's type and blended: there are no raw samples.
            raw_samples: None,
            cmyk: None,
            planar: None,
            // If a single image fills the canvas.
            encoded: Some(self),
            sequential: None,
            // Reads wait for each image; the overview serves as a preview.
            deferred: None,
            preview: None,
        }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.read_while(region, &CancelToken::default())
    }
}

impl EncodedTiles for Composite {
    fn encoding(&self, level: usize) -> Option<Coded> {
        let (source, found, _) = self.level_of_only(level)?;
        source.encoding(found)
    }

    fn encoded_tile(&self, level: usize, rect: Rect) -> Result<Option<Vec<u8>>> {
        let Some((source, found, (x, y))) = self.level_of_only(level) else { return Ok(None) };
        let tile = source.encoded_tile(found, rect.translate(-x, -y))?;
        if let (Some(_), Some(placement)) = (&tile, self.lowest()) {
            self.outcome.deliver(placement.id);
        }
        Ok(tile)
    }
}

impl Composite {
    /// As [`read`](Source::read), failing with [`Error::Cancelled`] at the next tile once `cancel` is set.
    pub fn read_while(&self, region: Region, cancel: &CancelToken) -> Result<Pixels> {
        let Region { level, rect } = region;
        let size = self.info.level(region)?.size;
        let mut out = self.info.blank(rect.size());
        let mut differences = self.differences.then(|| vec![false; rect.area() as usize]);
        let inside = rect.intersect(Rect::from_size(size));
        let scale = 1i64 << level;
        let at_full = Rect::new(inside.x0 * scale, inside.y0 * scale, inside.x1 * scale, inside.y1 * scale);
        for placement in self.touching(at_full.expand(scale - 1)) {
            let (painted, mut losses) = loss::collect(|| match &mut differences {
                Some(differences) => self.paint_difference(placement, level, rect, (differences, &mut out), cancel),
                None => self.paint(&self.layer(placement), level, rect, &mut out, cancel),
            });
            match painted {
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => losses.parts.push(error),
                Ok(()) => {}
            }
            if let (BadTiles::Fail, Some(part)) = (self.bad, losses.parts.first()) {
                return Err(part.clone().at(&placement.image.path));
            }
            self.outcome.report(placement, &losses, &self.progress, self.placements.visible() == 1)?;
            if self.bad == BadTiles::Mark && !losses.delivered && !losses.parts.is_empty() {
                let place = self.place(placement).reduced(level as u32);
                blend::hatch(&mut out, place.translate(-rect.x0, -rect.y0), (place.x0 - rect.x0, place.y0 - rect.y0));
            }
        }
        if inside != rect {
            fill_outside(&mut out, inside.translate(-rect.x0, -rect.y0), &self.info);
        }
        Ok(out)
    }
}

fn describe(size: Size, kind: PixelKind, background: [u8; 3], count: usize) -> Info {
    let mut info = Info::plain("mosaic", size, Size::new(512, 512), kind.channels, kind.sample);
    info.color = kind.color;
    let mut halved = size;
    while halved.longest() > 256 && info.levels.len() < MOST_LEVELS {
        halved = halved.halved();
        let downsample = (1u64 << info.levels.len()) as f64;
        info.levels.push(Level { size: halved, downsample, tile: Size::new(512, 512) });
    }
    info.background = super::background(kind, background);
    info.properties.insert("mosaic.placements".into(), count.to_string());
    info
}

/// The samples of a pixel on which no image lies, where the document's background is `color`: red, green, blue.
pub fn background(kind: PixelKind, color: [u8; 3]) -> Vec<f32> {
    let of_range = kind.sample.max() / 255.0;
    let [r, g, b] = color.map(|v| f32::from(v) * of_range);
    match kind.color {
        Color::Gray => vec![0.299 * r + 0.587 * g + 0.114 * b],
        Color::Rgb => vec![r, g, b],
        // Without a placement, an image with alpha is transparent.
        Color::GrayAlpha | Color::Rgba | Color::Channels => vec![0.0; kind.channels as usize],
    }
}

/// Fills pixels outside `inside` with the background (tiles may reach beyond an explicit canvas).
fn fill_outside(out: &mut Pixels, inside: Rect, info: &Info) {
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
    use crate::pixels::{SampleType, Samples};
    use crate::source::testing::{Pattern, check_source};
    use crate::source::{ImageRef, Sources};

    /// Patterns by name: "WxH-channels-bits"; anything else cannot be read.
    struct Patterns;

    impl Sources for Patterns {
        fn get(&self, image: &ImageRef) -> Result<Arc<dyn Source>> {
            let name = image.path.to_string_lossy().into_owned();
            let mut parts = name.split(['x', '-']).map(str::parse::<u32>);
            let (Some(Ok(w)), Some(Ok(h)), Some(Ok(c)), Some(Ok(bits))) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(Error::corrupt("torn").at(&image.path));
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
            let found = Patterns.get(&(*name).into());
            let size = found.as_ref().map_or(Size::new(60, 50), |source| source.info().size());
            let mut placement = Placement::new(*name, size);
            placement.set_position(Point::new(*x, *y));
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
    fn composite_matches_pasting_in_memory() {
        let mosaic = mosaic(&[("300x200-3-8", -20.0, 7.0), ("64x64-3-8", 200.0, 100.0), ("300x200-3-8", 250.0, 0.4)]);
        let (composite, _) = composite(&mosaic, BadTiles::Warn);
        let bounds = mosaic.bounds();
        let mut expected = Pixels::zeroed(bounds.size(), 3, SampleType::U8);
        for placement in &mosaic.placements {
            let tile = whole(&*Patterns.get(&placement.image).unwrap());
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
        let gray = whole(&*Patterns.get(&"40x40-1-16".into()).unwrap());
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
    fn an_explicit_canvas_cuts_and_extends() {
        let mut mosaic = mosaic(&[("40x40-3-8", 0.0, 0.0)]);
        mosaic.canvas = Some(Rect::new(10, 10, 100, 30));
        let (composite, _) = composite(&mosaic, BadTiles::Warn);
        assert_eq!(composite.info().size(), Size::new(90, 20));
        check_source(&composite);
    }
}

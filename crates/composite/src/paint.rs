//! [`Composite`]: painting placements into a requested rectangle.

use std::sync::{Arc, OnceLock};

use super::blend::SeamCache;
use super::described::describe;
use super::light::{Correction, Light};
use super::outcome::Outcome;
use super::place::Place;
use super::resample::{self, Resampled};
use super::{Layer, Sampler, lay};
use crate::cache::{Cached, CancelToken, Library};
use crate::geometry::{Affine, Point, Rect, Region};
use crate::job::Progress;
use crate::loss::{self, Loss};
use crate::mosaic::{Blend, BlendMode, FlatField, Mosaic, PixelKind, PixelSize, Placement, Placements, Sampling};
use crate::pixels::{Color, Pixels, PixelsView, conform};
use crate::source::{Capabilities, Coded, EncodedTiles, Info, ReadingCost, Source};
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
    pub(super) blend: Blend,
    flat_field: Option<Arc<FlatField>>,
    /// The flat field once it has been read.
    light: OnceLock<Result<Light>>,
    pub(super) seams: SeamCache,
    pub(super) bad: BadTiles,
    pub(super) progress: Progress,
    outcome: Arc<Outcome>,
    /// Paints the difference of images where they overlap.
    differences: bool,
    /// The opened image, if it is the only one.
    pub(super) only: Option<Cached>,
}

/// An image's kind of color, and what changes its samples.
struct Top<'a> {
    color: Color,
    /// The value of samples that are missing.
    nodata: Option<f64>,
    opacity: f32,
    correction: Correction<'a>,
}

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
        Ok(Self {
            placements,
            origin,
            library,
            info,
            blend: mosaic.blend,
            flat_field: mosaic.flat_field.clone(),
            light: OnceLock::new(),
            seams: SeamCache::default(),
            bad,
            progress,
            outcome: Arc::default(),
            differences: false,
            only: None,
        })
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
    pub(super) fn lowest(&self) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.visible)
    }

    /// Whether an image is shown as it is stored.
    pub(super) fn is_plain(&self, placement: &Placement) -> bool {
        placement.is_plain() && self.flat_field.is_none()
    }

    /// From the pixels of an image to those of this.
    pub(super) fn to_canvas(&self, placement: &Placement) -> Affine {
        placement.transform.then(Affine::translation(Point::new(-self.origin.0 as f64, -self.origin.1 as f64)))
    }

    /// What the flat field takes, if it is an image as large as the images are.
    pub(super) fn light_bytes(&self) -> u64 {
        let images = self.flat_field.iter().flat_map(|field| field.images()).count() as u64;
        let largest = self.lowest().map_or(0, |placement| placement.size.area());
        images * largest * self.colors() as u64 * 4
    }

    /// What changes the samples of `placement`, which lies at `place`. Reads the flat field the first time.
    pub(super) fn correction(&self, placement: &Placement, place: &Place) -> Result<Correction<'_>> {
        let light = match &self.flat_field {
            None => None,
            Some(field) => match self.light.get_or_init(|| Light::load(field, &self.library)) {
                Ok(light) => Some((light, *place, placement.size)),
                Err(error) => return Err(error.clone()),
            },
        };
        Ok(Correction { light, gain: placement.gain, offset: placement.offset })
    }

    /// The same canvas, read through another library.
    #[must_use]
    pub fn through(&self, library: Library) -> Self {
        let (placements, origin, info) = (self.placements.clone(), self.origin, self.info.clone());
        let (bad, progress, differences) = (self.bad, self.progress.clone(), self.differences);
        Self {
            placements,
            origin,
            library,
            info,
            blend: self.blend,
            flat_field: self.flat_field.clone(),
            light: OnceLock::new(),
            seams: SeamCache::default(),
            bad,
            progress,
            outcome: Arc::default(),
            differences,
            only: None,
        }
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
            Sampling::Affine => Sampler::Affine(self.to_canvas(placement)),
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
        let Some(place) = self.place_at(layer.placement, level as u32) else { return Ok(()) };
        let source = self.library.open(&layer.placement.image)?.until_cancelled(cancel);
        let (color, nodata) = (source.info().color, source.info().nodata);
        let correction = self.correction(layer.placement, &place)?;
        let top = Top { color, nodata, opacity: layer.placement.opacity, correction };
        let (x, y) = match (layer.sampler, place.origin) {
            (Sampler::Affine(to_canvas), _) => {
                let made = resample::read(&source, layer.placement.part(), to_canvas, level as u32, rect)?;
                if let Some(Resampled { pixels, at, covered }) = made {
                    self.lay(pixels.view(), &top, (rect.x0 + at.0, rect.y0 + at.1), Some(&covered), rect, out);
                }
                return Ok(());
            }
            (_, origin) => origin.unwrap_or_default(),
        };
        let wanted = rect.intersect(place.rect).translate(-x, -y);
        if wanted.is_empty() {
            return Ok(());
        }
        if level > 0 {
            let pixels = source.read_reduced(level as u32, wanted)?;
            self.lay(pixels.view(), &top, (wanted.x0 + x, wanted.y0 + y), None, rect, out);
            return Ok(());
        }
        // The part is as large as the file was when it was placed; a file that grew since is cut to it.
        let shown = layer.placement.part();
        source.each_tile(Region::new(0, wanted), |tile, at| {
            let part = at.intersect(shown).intersect(wanted).translate(-at.x0, -at.y0);
            // Where the part begins within a tile, what is left of the tile begins there.
            let (left, above) = (part.x0.max(0), part.y0.max(0));
            self.lay(tile.part(part), &top, (x + at.x0 + left, y + at.y0 + above), None, rect, out);
        })
    }

    /// Lay an image's pixels, whose first lies at (x, y), over `out`, which shows `rect`: those that are `covered`, or all.
    fn lay(
        &self,
        pixels: PixelsView<'_>,
        top: &Top<'_>,
        (x, y): (i64, i64),
        covered: Option<&[bool]>,
        rect: Rect,
        out: &mut Pixels,
    ) {
        let (kind, color, opacity) = (self.kind(), top.color, top.opacity);
        let alike = pixels.channels() == kind.channels
            && pixels.sample_type() == kind.sample
            && (color == kind.color || kind.color == Color::Channels);
        // Where nothing is known, what lies below shows through.
        let known = top.nodata.and_then(|nodata| lay::known(pixels, nodata, covered));
        let covered = known.as_deref().or(covered);
        let is_faded = opacity < 1.0 || covered.is_some();
        let at = (x - rect.x0, y - rect.y0);
        if alike && !color.has_alpha() && !is_faded && top.correction.is_none() {
            return out.paste(pixels, at.0, at.1);
        }
        let mut made = pixels.to_pixels();
        if !top.correction.is_none() {
            top.correction.apply(&mut made, color.has_alpha(), (x, y));
        }
        let made = conform(made, color, kind.color, kind.channels, kind.sample);
        if is_faded {
            let alpha = kind.color.has_alpha() || color.has_alpha();
            lay::lay_faded(&made, alpha, opacity, covered, at, out);
        } else if color.has_alpha() {
            lay::lay_over(&made, at.0, at.1, out);
        } else {
            out.paste(made.view(), at.0, at.1);
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

    fn cost(&self, region: Region) -> ReadingCost {
        self.reading_cost(region)
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
                Err(error) => losses.parts.push(error.into()),
                Ok(()) => {}
            }
            if let (BadTiles::Fail, Some(part)) = (self.bad, losses.parts.first()) {
                return Err(part.error.clone().at(&placement.image.path));
            }
            self.outcome.report(placement, &losses, &self.progress, self.placements.visible() == 1)?;
            if self.bad == BadTiles::Mark && !losses.delivered && !losses.parts.is_empty() {
                let place = self.place(placement).reduced(level as u32);
                lay::hatch(&mut out, place.translate(-rect.x0, -rect.y0), (place.x0 - rect.x0, place.y0 - rect.y0));
            } else if self.bad == BadTiles::Mark {
                for part in losses.parts {
                    let error = part.error.at(&placement.image.path);
                    loss::note(Loss { error, image: Some(placement.image.clone()), ..part });
                }
            }
        }
        if self.blend.mode != BlendMode::Overlay && !self.differences {
            self.blend(level, rect, &mut out, cancel)?;
        }
        if inside != rect {
            fill_outside(&mut out, inside.translate(-rect.x0, -rect.y0), &self.info);
        }
        Ok(out)
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
    use crate::geometry::Size;
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

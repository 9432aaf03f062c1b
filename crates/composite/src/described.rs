//! What a composite says of itself: its levels, and what its only image says beyond its pixels.

use std::sync::Arc;

use super::Composite;
use super::shared::Shared;
use crate::cache::Cached;
use crate::geometry::{Rect, Size};
use crate::mosaic::{BlendMode, PixelKind, Sampling};
use crate::pixels::{Color, RawSampleType};
use crate::source::{GeoTags, Info, Level, Source as _};

/// The most levels of a composite.
const MOST_LEVELS: usize = 24;

impl Composite {
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
        // Downsampling does not commute with blending either.
        let is_mixed = self.blend.mode != BlendMode::Overlay && self.placements.visible() > 1;
        let mut edges = i64::from(is_mixed);
        for placement in self.placements.iter().filter(|placement| placement.visible) {
            // Downsampling does not commute with resampling and tone changes: such a canvas has its full resolution only.
            let rect = self.place(placement);
            edges |= if self.is_plain(placement) {
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
        self.info.stored = wide(info);
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
    pub(super) fn level_of_only(&self, level: usize) -> Option<(&Cached, usize, (i64, i64))> {
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
        (self.is_plain(placement) && alike && on_grid && covers).then_some((
            source,
            found,
            (place.x0 / scale, place.y0 / scale),
        ))
    }
}

/// The type of an image's numbers, where samples do not hold all of their digits.
pub(super) fn wide(info: &Info) -> Option<RawSampleType> {
    info.stored.filter(|stored| matches!(stored, RawSampleType::U64 | RawSampleType::I64))
}

/// A canvas of that size and kind of pixel, composed of `count` images.
pub(super) fn describe(size: Size, kind: PixelKind, background: [u8; 3], count: usize) -> Info {
    let mut info = Info::plain("mosaic", size, Size::new(512, 512), kind.channels, kind.sample);
    info.color = kind.color;
    let mut halved = size;
    while halved.longest() > 256 && info.levels.len() < MOST_LEVELS {
        halved = halved.halved();
        let downsample = (1u64 << info.levels.len()) as f64;
        info.levels.push(Level { size: halved, downsample, tile: Size::new(512, 512) });
    }
    info.background = self::background(kind, background);
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

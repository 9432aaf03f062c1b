//! Pixels of a document as the screen shows them, and files of them.

use std::sync::Arc;

use egui::ColorImage;

use super::display::RenderSettings;
use crate::cache::Library;
use crate::composite::{BadTiles, Composite};
use crate::export::write_image;
use crate::geometry::{Rect, Region, Size};
use crate::job::Progress;
use crate::mosaic::{Mosaic, PixelKind};
use crate::pixels::{Color, Pixels, Samples};
use crate::source::Source as _;
use crate::work::{FilterView, document_filters};
use crate::{Error, Result};

/// The most pixels of an image on the clipboard, because every program that pastes it holds it in memory.
const MOST_PIXELS: u64 = 48 << 20;

/// Reads a document as it is displayed, on any thread.
pub(super) struct Reader {
    pub(super) mosaic: Arc<Mosaic>,
    pub(super) library: Library,
    pub(super) settings: Arc<RenderSettings>,
}

impl Reader {
    /// The displayed pixels of a canvas rectangle at a level.
    pub(super) fn read(&self, rect: Rect, level: u32) -> Result<ColorImage> {
        let Self { mosaic, library, settings } = self;
        Ok(read(mosaic, library.clone(), rect, level, settings, &Progress::default())?.0)
    }
}

/// The displayed pixels of `rect` at the first level from `finest` on that is small enough; and that level.
pub(super) fn read(
    mosaic: &Mosaic,
    library: Library,
    rect: Rect,
    finest: u32,
    settings: &RenderSettings,
    progress: &Progress,
) -> Result<(ColorImage, u32)> {
    let composite = Composite::new(mosaic, library, BadTiles::Mark, progress.clone())?;
    let info = composite.info();
    let bounds = mosaic.bounds();
    let last = info.levels.len() as u32 - 1;
    let visible = rect.translate(-bounds.x0, -bounds.y0);
    let level = (finest.min(last)..=last).find(|&level| visible.reduced(level).area() <= MOST_PIXELS).unwrap_or(last);
    let (kind, profile, part) = (PixelKind::from(info), composite.profile(), visible.reduced(level));
    let filters = document_filters(mosaic)?;
    let pixels = if filters.is_empty() {
        composite.read(Region::new(level as usize, part))?
    } else {
        FilterView::new(composite, &filters)?.read(level, part)?
    };
    Ok((settings.image(&pixels, kind, profile.as_ref()), level))
}

/// Write `image` to `path`, whose ending names the format.
pub(super) fn write(image: &ColorImage, path: &std::path::Path) -> Result<()> {
    let size = Size::new(image.size[0] as u32, image.size[1] as u32);
    let samples = image.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    if size.is_empty() {
        return Err(Error::invalid("the picture is empty"));
    }
    write_image(path, &Pixels::new(size, 3, Samples::U8(samples))?, Color::Rgb, 92)
}

//! Pictures of what is seen: to the clipboard or to a file.

use std::path::PathBuf;
use std::sync::Arc;

use egui::ColorImage;

use super::App;
use super::display::RenderSettings;
use super::jobs::Message;
use super::picker::Ask;
use super::question::Writing;
use crate::cache::Library;
use crate::composite::{BadTiles, Composite};
use crate::export::write_image;
use crate::geometry::{Rect, Region, Size};
use crate::job::Progress;
use crate::mosaic::{Mosaic, PixelKind};
use crate::pixels::{Color, Pixels, Samples};
use crate::source::Source as _;
use crate::{Error, Result};

/// No larger picture goes to the clipboard: every program that takes it holds it whole.
const MOST_PIXELS: u64 = 48 << 20;

/// What to take a picture of, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shot {
    /// The pixels of the selected region, or else of what is in view, to the clipboard.
    CopyRegion,
    /// The canvas as it looks, with all that lies over it, to the clipboard.
    CopyView,
    /// The same to a file that the person is asked for.
    AskPath,
    SaveView(PathBuf),
}

impl App {
    pub(super) fn shoot(&mut self, shot: Shot) {
        if self.mosaic().placements.is_empty() {
            return;
        }
        match shot {
            Shot::CopyRegion => self.copy_region(),
            Shot::CopyView => self.screenshot(None),
            Shot::SaveView(path) => self.save_picture(path, false),
            Shot::AskPath => {
                let name = format!("{} view.png", self.tab.stem(None));
                let path = self.tab.folder(self.settings.export_folder.as_deref()).join(name);
                self.jobs.pick(Arc::clone(&self.picker), Ask::SavePicture(path.to_string_lossy().into_owned()));
            }
        }
    }

    /// Save the view as a picture, once nothing of worth is replaced by it.
    pub(super) fn save_picture(&mut self, path: PathBuf, confirmed: bool) {
        let named = path.extension().is_some();
        let path = if named { path } else { path.with_extension("png") };
        self.look_before(Writing::Picture { path, confirmed: confirmed && named });
    }

    /// The window has been drawn and read back.
    pub(super) fn receive_shot(&mut self, window: &ColorImage, canvas: egui::Rect, to: Option<PathBuf>) {
        let shown = window.region(&canvas, Some(self.context.pixels_per_point()));
        match to {
            None => self.copy(shown, ""),
            Some(path) => self.jobs.save_picture(shown, path),
        }
    }

    pub(super) fn copy(&mut self, image: ColorImage, how: &str) {
        let [width, height] = image.size;
        self.context.copy_image(image);
        self.tell(format!("Copied {width} × {height} px{how}"), false);
    }

    /// What the window shows after this frame.
    pub(super) fn screenshot(&self, to: Option<PathBuf>) {
        let (deliver, canvas) = (self.jobs.deliver(), self.tab.screen);
        self.context.request_screenshot(move |window| deliver(Message::Shot { window, canvas, to }));
        self.context.request_repaint();
    }

    fn copy_region(&mut self) {
        let mosaic = Arc::clone(self.mosaic());
        let region = self.tab.selection.region.and_then(|id| mosaic.region(id)).map(|region| region.shape.bounds());
        let rect = region.unwrap_or_else(|| self.tab.view.visible(self.tab.screen)).intersect(mosaic.bounds());
        if rect.is_empty() {
            self.tell("There is nothing to copy here".to_owned(), true);
            return;
        }
        // Of the view, no finer than it is seen.
        let finest = if region.is_some() { 0 } else { self.tab.view.level(self.context.pixels_per_point()) };
        let Some(look) = self.tab.display.look().cloned() else { return };
        self.jobs.copy(mosaic, self.textures.library().clone(), look, (rect, finest));
    }
}

/// The pixels of `rect` as they are shown, from level `finest` on at the first that is small enough; and that level.
pub(super) fn read(
    mosaic: &Mosaic,
    library: Library,
    rect: Rect,
    finest: u32,
    look: &RenderSettings,
    progress: &Progress,
) -> Result<(ColorImage, u32)> {
    let composite = Composite::new(mosaic, library, BadTiles::Mark, progress.clone())?;
    let info = composite.info();
    let bounds = mosaic.bounds();
    let last = info.levels.len() as u32 - 1;
    let seen = rect.translate(-bounds.x0, -bounds.y0);
    let level = (finest.min(last)..=last).find(|&level| seen.reduced(level).area() <= MOST_PIXELS).unwrap_or(last);
    let pixels = composite.read(Region::new(level as usize, seen.reduced(level)))?;
    Ok((look.image(&pixels, PixelKind::from(info), composite.profile().as_ref()), level))
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

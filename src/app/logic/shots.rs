//! Pictures of the view: to the clipboard or to a file.

use std::path::PathBuf;
use std::sync::Arc;

use egui::ColorImage;

use crate::app::question::Writing;
use crate::app::rendering::{self, Reader};
use crate::app::{App, Ask, Shot};
use crate::job::Progress;
use crate::mosaic::Region;

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
                let name = format!("{} view.png", self.documents.tab.stem(None));
                let path = self.documents.tab.folder(self.preferences.settings.export_folder.as_deref()).join(name);
                self.pick(Ask::SavePicture(path.to_string_lossy().into_owned()));
            }
        }
    }

    /// Save view as image, once nothing of worth is replaced by it.
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
            Some(path) => {
                let write = move || rendering::write(&shown, &path).map(|()| path);
                self.services.jobs.run(write, |app, path| app.tell(format!("Saved {}", path.display()), false));
            }
        }
    }

    pub(super) fn copy(&mut self, image: ColorImage, how: &str) {
        let [width, height] = image.size;
        self.context.copy_image(image);
        self.tell(format!("Copied {width} × {height} px{how}"), false);
    }

    /// The window's content after this frame.
    pub(super) fn screenshot(&self, to: Option<PathBuf>) {
        let (results, canvas) = (self.services.jobs.sender(), self.documents.tab.screen);
        self.context.request_screenshot(move |window| {
            results.send(move |app: &mut Self| app.receive_shot(&window, canvas, to));
        });
        self.context.request_repaint();
    }

    fn copy_region(&mut self) {
        let mosaic = Arc::clone(self.mosaic());
        let region = self.documents.tab.single_region().map(Region::rect);
        let rect = region
            .unwrap_or_else(|| self.documents.tab.view.visible(self.documents.tab.screen))
            .intersect(mosaic.bounds());
        if rect.is_empty() {
            self.tell("Nothing to copy here".to_owned(), true);
            return;
        }
        // Of the view, no finer than displayed.
        let finest = if region.is_some() { 0 } else { self.documents.tab.view.level(self.context.pixels_per_point()) };
        let Some(settings) = self.documents.tab.display.render_settings().cloned() else { return };
        let library = self.services.textures.library().clone();
        let read = move |progress: &Progress| rendering::read(&mosaic, library, rect, finest, &settings, progress);
        self.services.jobs.start("Copying", read, |app, (image, level)| {
            let how = if level == 0 { String::new() } else { format!(", reduced to 1/{}", 1 << level) };
            app.copy(image, &how);
        });
    }

    /// Reads the current document as it is displayed; `None` before that is known.
    pub(in crate::app) fn reader(&self) -> Option<Reader> {
        let settings = self.documents.tab.display.render_settings()?.clone();
        let (mosaic, library) = (Arc::clone(self.mosaic()), self.services.textures.library().clone());
        Some(Reader { mosaic, library, settings })
    }

    /// Distinguishes the display settings of the current document from others.
    pub(in crate::app) fn display_revision(&self) -> Option<u64> {
        self.documents.tab.display.render_settings().map(|settings| settings.revision)
    }
}

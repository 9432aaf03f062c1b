//! What is remembered from one run to the next: settings, thumbnails, and the session: what was open, and the view of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::settings::Settings;
use super::state::StoragePaths;
use super::{App, FileCommand, TabId, Toggle, recovery, thumbnails};

impl App {
    /// Settings of the last run.
    pub fn load_settings(&mut self) {
        let recovery = recovery::Folder::usual();
        self.kept = StoragePaths { settings: Settings::usual_path(), thumbnails: thumbnails::usual_folder(), recovery };
        self.take_settings();
    }

    /// Keep everything that is remembered in `folder`, and load what is there.
    pub fn keep_in(&mut self, folder: &Path) {
        let (settings, thumbnails) = (folder.join("settings.json"), folder.join("thumbnails"));
        let recovery = Some(recovery::Folder::new(folder.join("recovery")));
        self.kept = StoragePaths { settings: Some(settings), thumbnails: Some(thumbnails), recovery };
        self.take_settings();
    }

    /// Start with what was open, if the person wants that.
    pub(super) fn reopen(&mut self) {
        if self.settings.is_on(Toggle::Reopen) && !self.settings.session.is_empty() {
            self.ask(FileCommand::RestoreSession);
        }
    }

    /// Open what was open, as it was looked at.
    pub(super) fn resume(&mut self) {
        self.resuming = self.settings.session.clone().into();
    }

    /// Before each frame: the next of the documents that are being opened again, each in its tab.
    pub(super) fn go_on_resuming(&mut self) {
        while !self.jobs.is_busy()
            && let Some(visit) = self.resuming.pop_front()
        {
            // Some of it may have been recovered with its changes.
            let open = |id: &TabId| self.tab_of(*id).is_some_and(|tab| tab.opened == visit.paths);
            if !self.tabs.ids().iter().any(open) {
                self.opening = Some(visit.view);
                self.apply(FileCommand::OpenTab(visit.paths));
            }
        }
    }

    /// Before each frame: look for the pictures of recent documents on the first screen, make one of what is open.
    pub(super) fn keep_thumbnails(&mut self) {
        let Some(folder) = self.kept.thumbnails.clone() else { return };
        if self.mosaic().placements.is_empty() {
            if self.thumbnails.asked != self.settings.recent {
                self.thumbnails.asked.clone_from(&self.settings.recent);
                let paths = self.settings.recent.clone();
                self.jobs.run(move || Ok(thumbnails::load(&folder, &paths)), Self::receive_thumbnails);
            }
            return;
        }
        // Once the picture is there, its tiles are in the cache.
        let due = self.is_sharp() && !self.tab.fit_pending;
        if let ([path], true, Some(look)) = (&*self.tab.opened, due, self.tab.display.look().cloned())
            && self.thumbnails.made.insert(path.clone())
        {
            let (path, mosaic) = (path.clone(), Arc::clone(self.mosaic()));
            let library = self.textures.library().clone();
            // A failure costs only the picture.
            let make = move || {
                let made = thumbnails::make(&folder, &path, &mosaic, library, &look);
                Ok(made.map_or_else(|_| Vec::new(), |()| thumbnails::load(&folder, &[path])))
            };
            self.jobs.run(make, Self::receive_thumbnails);
        }
    }

    pub(super) fn receive_thumbnails(&mut self, found: Vec<(PathBuf, egui::ColorImage)>) {
        for (path, image) in found {
            let texture = self.context.load_texture("thumbnail", image, egui::TextureOptions::LINEAR);
            self.thumbnails.pictures.insert(path, texture);
        }
    }

    fn take_settings(&mut self) {
        self.settings = self.kept.settings.as_deref().map(Settings::load).unwrap_or_default();
        self.apply_theme();
        self.begin_keeping();
    }
}

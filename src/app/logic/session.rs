//! Persistence between runs: settings, thumbnails, and the session (open documents and their views).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::state::StoragePaths;
use crate::app::settings::Settings;
use crate::app::{App, FileCommand, TabId, Toggle, diagnostics, recovery, thumbnails};

impl App {
    /// Settings of the last run.
    pub fn load_settings(&mut self) {
        let recovery = recovery::Folder::usual();
        self.preferences.storage = StoragePaths {
            settings: Settings::usual_path(),
            thumbnails: thumbnails::usual_folder(),
            recovery,
            log: diagnostics::usual_log(),
        };
        self.take_settings();
    }

    /// Stores all of it in `folder`, and loads what is there.
    pub fn keep_in(&mut self, folder: &Path) {
        let (settings, thumbnails) = (folder.join("settings.json"), folder.join("thumbnails"));
        let recovery = Some(recovery::Folder::new(folder.join("recovery")));
        let log = Some(folder.join("log.txt"));
        self.preferences.storage =
            StoragePaths { settings: Some(settings), thumbnails: Some(thumbnails), recovery, log };
        self.take_settings();
    }

    /// Restore the session, if the user wants that.
    pub(super) fn reopen(&mut self) {
        if self.preferences.settings.is_on(Toggle::Reopen) && !self.preferences.settings.session.is_empty() {
            self.ask(FileCommand::RestoreSession);
        }
    }

    /// Restores the session.
    pub(super) fn resume(&mut self) {
        let settings = &self.preferences.settings;
        self.documents.active =
            settings.active.and_then(|at| settings.session.get(at)).map(|visit| visit.paths.clone());
        self.documents.resuming = settings.session.clone().into();
    }

    /// Before each frame: the next of the documents that are being opened again, each in its tab.
    pub(super) fn go_on_resuming(&mut self) {
        while !self.services.jobs.is_busy()
            && let Some(visit) = self.documents.resuming.pop_front()
        {
            // Some of it may have been recovered with its changes.
            let open = |id: &TabId| self.tab_of(*id).is_some_and(|tab| tab.opened == visit.paths);
            if !self.documents.tabs.ids().iter().any(open) {
                self.documents.opening = Some(visit.view);
                self.apply(FileCommand::OpenTab(visit.paths));
            }
        }
        if self.documents.resuming.is_empty()
            && !self.services.jobs.is_busy()
            && let Some(paths) = self.documents.active.take()
        {
            let is_it = |id: &TabId| self.tab_of(*id).is_some_and(|tab| tab.opened == paths);
            if let Some(id) = self.documents.tabs.ids().into_iter().find(is_it) {
                self.show_tab(id);
            }
        }
    }

    /// Before each frame: loads thumbnails of recent documents for the welcome screen, and makes one of the open document.
    pub(super) fn keep_thumbnails(&mut self) {
        let Some(folder) = self.preferences.storage.thumbnails.clone() else { return };
        if self.mosaic().placements.is_empty() {
            if self.services.thumbnails.asked != self.preferences.settings.recent {
                self.services.thumbnails.asked.clone_from(&self.preferences.settings.recent);
                let paths = self.preferences.settings.recent.clone();
                self.services.jobs.run(move || Ok(thumbnails::load(&folder, &paths)), Self::receive_thumbnails);
            }
            return;
        }
        // Once the picture is there, its tiles are in the cache.
        let due = self.is_sharp() && !self.documents.tab.fit_pending;
        if let ([path], true, Some(settings)) =
            (&*self.documents.tab.opened, due, self.documents.tab.display.render_settings().cloned())
            && self.services.thumbnails.made.insert(path.clone())
        {
            let (path, mosaic) = (path.clone(), Arc::clone(self.mosaic()));
            let library = self.services.textures.library().clone();
            // If it fails, the document has no thumbnail.
            let make = move || {
                let made = thumbnails::make(&folder, &path, &mosaic, library, &settings);
                Ok(made.map_or_else(|_| Vec::new(), |()| thumbnails::load(&folder, &[path])))
            };
            self.services.jobs.run(make, Self::receive_thumbnails);
        }
    }

    pub(super) fn receive_thumbnails(&mut self, found: Vec<(PathBuf, egui::ColorImage)>) {
        for (path, image) in found {
            let texture = self.context.load_texture("thumbnail", image, egui::TextureOptions::LINEAR);
            self.services.thumbnails.pictures.insert(path, texture);
        }
    }

    fn take_settings(&mut self) {
        self.preferences.settings =
            self.preferences.storage.settings.as_deref().map(Settings::load).unwrap_or_default();
        self.apply_theme();
        self.begin_keeping();
    }
}

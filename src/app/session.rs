//! What is remembered from one run to the next: settings, thumbnails, and [`Visit`]s: what was open, and where one was.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::settings::Settings;
use super::state::OverviewCache;
use super::{App, Command, TabId, Toggle, View, recovery, thumbnails};

/// A document that was open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Visit {
    /// A project, or what was opened: files and folders.
    pub(super) paths: Vec<PathBuf>,
    pub(super) view: View,
}

impl Visit {
    /// What it is called in a list.
    pub(super) fn name(&self) -> String {
        let name = |path: &PathBuf| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match &*self.paths {
            [] => String::new(),
            [one] => name(one),
            [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
        }
    }
}

impl App {
    /// Settings of the last run.
    pub fn load_settings(&mut self) {
        let recovery = recovery::Folder::usual();
        self.kept =
            OverviewCache { settings: Settings::usual_path(), thumbnails: thumbnails::usual_folder(), recovery };
        self.take_settings();
    }

    /// Keep everything that is remembered in `folder`, and load what is there.
    pub fn keep_in(&mut self, folder: &Path) {
        let (settings, thumbnails) = (folder.join("settings.json"), folder.join("thumbnails"));
        let recovery = Some(recovery::Folder::new(folder.join("recovery")));
        self.kept = OverviewCache { settings: Some(settings), thumbnails: Some(thumbnails), recovery };
        self.take_settings();
    }

    /// Start with what was open, if the person wants that.
    pub(super) fn reopen(&mut self) {
        if self.settings.is_on(Toggle::Reopen) && !self.settings.session.is_empty() {
            self.ask(Command::Resume);
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
                self.apply(Command::OpenTab(visit.paths));
            }
        }
    }

    /// Before each frame: look for the pictures of recent documents on the first screen, make one of what is open.
    pub(super) fn keep_thumbnails(&mut self) {
        let Some(folder) = self.kept.thumbnails.clone() else { return };
        if self.mosaic().placements.is_empty() {
            if self.thumbnails.asked != self.settings.recent {
                self.thumbnails.asked.clone_from(&self.settings.recent);
                self.jobs.load_thumbnails(folder, self.settings.recent.clone());
            }
            return;
        }
        // Once the picture is there, its tiles are in the cache.
        let due = self.is_sharp() && !self.tab.fit_pending;
        if let ([path], true, Some(look)) = (&*self.tab.opened, due, self.tab.display.look().cloned())
            && self.thumbnails.made.insert(path.clone())
        {
            let (path, mosaic) = (path.clone(), Arc::clone(self.mosaic()));
            self.jobs.make_thumbnail(folder, path, mosaic, self.textures.library().clone(), look);
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

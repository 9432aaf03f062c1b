//! Autosave: settings, recent documents, the session, and a recovery copy of each changed document are written when they are due.

use std::sync::Arc;
use std::time::Duration;

use egui::ColorImage;

use crate::app::keeper::Key;
use crate::app::keeping::{Keeping, RecoveryCopy};
use crate::app::question::is_active;
use crate::app::recovery::Head;
use crate::app::settings::Visit;
use crate::app::tab::Tab;
use crate::app::{App, TabId, recovery, thumbnails};

/// Seconds without a change before settings are written, and after which they are written in any case.
const SETTLED: f64 = 0.5;
const SETTINGS_LATEST: f64 = 5.0;
/// Seconds after which a copy's thumbnail is renewed.
const PICTURE_SERVES: f64 = 60.0;

impl App {
    /// Called once the settings are loaded: starts autosaving and looks for recovery copies of a crashed run.
    pub(super) fn begin_keeping(&mut self) {
        let keeper = self.services.keeping.keeper.clone();
        let settings = self.preferences.settings.clone();
        self.services.keeping = Keeping { keeper, settings, ..Keeping::default() };
        if let Some(folder) = self.preferences.storage.recovery.clone() {
            let exports = std::mem::take(&mut self.preferences.settings.exports);
            self.find_crashed(folder, exports);
        }
    }

    /// Before each frame: queues settings and recovery copies that are due.
    pub(super) fn keep(&mut self) {
        if self.documents.leaving {
            return;
        }
        let time = self.context.input(|input| input.time);
        self.keep_settings(time);
        self.keep_copies(time);
    }

    /// Write the settings now, and wait for it.
    pub fn save_settings(&mut self) {
        self.note_session();
        self.write_settings();
        self.services.keeping.keeper.flush();
    }

    /// Called when the window closes: removes the copies of saved and discarded documents. Waits until all is written.
    pub fn close_window(&mut self) {
        if let Some(folder) = self.preferences.storage.recovery.clone() {
            for (id, _) in std::mem::take(&mut self.services.keeping.copies) {
                let changed = self.tab_of(id).is_some_and(Tab::is_dirty);
                if self.documents.leaving || !changed {
                    self.remove_copy(id);
                }
            }
            self.services.keeping.keeper.put(Key::Earlier("".into()), move || folder.close());
        }
        self.save_settings();
    }

    fn keep_settings(&mut self, time: f64) {
        if self.preferences.storage.settings.is_none() {
            return;
        }
        self.note_session();
        let keeping = &mut self.services.keeping;
        if keeping.settings == self.preferences.settings {
            keeping.since = None;
            return;
        }
        if keeping.observed != self.preferences.settings || keeping.since.is_none() {
            keeping.observed.clone_from(&self.preferences.settings);
            keeping.changed = time;
        }
        let since = *keeping.since.get_or_insert(time);
        let left = (keeping.changed + SETTLED).min(since + SETTINGS_LATEST) - time;
        if left > 0.0 {
            self.wake_in(left);
        } else {
            keeping.since = None;
            self.write_settings();
        }
    }

    fn write_settings(&mut self) {
        let Some(path) = self.preferences.storage.settings.clone() else { return };
        self.services.keeping.settings.clone_from(&self.preferences.settings);
        let (settings, results) = (self.preferences.settings.clone(), self.services.jobs.sender());
        self.services.keeping.keeper.put(Key::Settings, move || {
            if let Err(error) = settings.save(&path) {
                results.send(move |app| app.receive_autosave_failure(&error));
            }
        });
    }

    /// Records the session: open documents, their views, and unfinished exports.
    fn note_session(&mut self) {
        let exports = self.services.exports.items().into_iter().filter(|item| is_active(&item.state));
        self.preferences.settings.exports = exports.map(|item| item.out).collect();
        if !self.documents.resuming.is_empty() || self.services.jobs.is_busy() {
            // Half of the last session is no session.
            return;
        }
        let current = self.documents.tabs.current();
        let listed = |id: &TabId| self.tab_of(*id).is_some_and(|tab| !tab.opened.is_empty());
        let ids: Vec<TabId> = self.documents.tabs.ids().into_iter().filter(listed).collect();
        let active = ids.iter().position(|id| *id == current);
        let tabs: Vec<_> = self.documents.tabs.ids().into_iter().filter_map(|id| self.tab_of(id)).collect();
        let open = tabs.iter().any(|tab| !tab.history.now().placements.is_empty());
        if open || self.services.keeping.begun {
            let visits = tabs.into_iter().map(|tab| Visit { paths: tab.opened.clone(), view: tab.heading() });
            self.preferences.settings.session = visits.filter(|visit| !visit.paths.is_empty()).collect();
            self.preferences.settings.active = active;
            self.services.keeping.begun = true;
        }
    }

    fn keep_copies(&mut self, time: f64) {
        if self.preferences.storage.recovery.is_none() {
            return;
        }
        for id in self.documents.tabs.ids() {
            let Some(tab) = self.tab_of(id) else { continue };
            if !tab.is_dirty() {
                if self.services.keeping.copies.remove(&id).is_some() {
                    self.remove_copy(id);
                }
                continue;
            }
            let (now, dragging) = (Arc::clone(tab.history.now()), self.layout.toolbox.is_dragging(id));
            match self.services.keeping.copies.entry(id).or_default().due(&now, time, dragging) {
                Some(left) if left > 0.0 => self.wake_in(left),
                Some(_) => self.write_copy(id, time),
                None => {}
            }
        }
        let closed: Vec<_> =
            self.services.keeping.copies.keys().copied().filter(|id| !self.documents.tabs.has(*id)).collect();
        for id in closed {
            self.services.keeping.copies.remove(&id);
            self.remove_copy(id);
        }
    }

    /// Writes the recovery copy of a tab's document.
    fn write_copy(&mut self, id: TabId, time: f64) {
        let (Some(folder), Some(tab)) = (self.preferences.storage.recovery.clone(), self.tab_of(id)) else { return };
        let head = Head::new(tab.name(), tab.project.clone(), tab.opened.clone(), tab.heading());
        let (mosaic, display) = (Arc::clone(tab.history.now()), tab.display.to_save());
        let settings = tab.display.render_settings().cloned();
        let results = self.services.jobs.sender();
        let Some(copy) = self.services.keeping.copies.get_mut(&id) else { return };
        (copy.written, copy.since) = (Some(Arc::clone(&mosaic)), None);
        let picture = copy.picture.clone();
        if copy.pictured.is_none_or(|at| time - at > PICTURE_SERVES) {
            copy.pictured = Some(time);
            let (mosaic, library) = (Arc::clone(&mosaic), self.services.textures.library().clone());
            let draw = move || {
                let made =
                    settings.and_then(|settings| thumbnails::picture(&mosaic, library, &settings).ok().flatten());
                Ok(made.or_else(|| recovery::sketch(&mosaic)))
            };
            self.services.jobs.run(draw, move |app, picture| app.receive_picture(id, picture));
        }
        self.services.keeping.keeper.put(Key::Recovery(id), move || {
            let mut shown = (*mosaic).clone();
            shown.display = display;
            // Until the images have been read for it: where they lie.
            let picture = picture.or_else(|| recovery::sketch(&shown));
            if let Err(error) = folder.write(id.0, &head, picture.as_ref(), &shown) {
                results.send(move |app| app.receive_autosave_failure(&error));
            }
        });
    }

    /// The picture of a document is there: its copy is written again with it.
    pub(super) fn receive_picture(&mut self, id: TabId, picture: Option<ColorImage>) {
        if let Some(copy) = self.services.keeping.copies.get_mut(&id) {
            copy.picture = picture;
            let time = self.context.input(|input| input.time);
            self.write_copy(id, time);
        }
    }

    /// The picture that a recovered document was offered with serves on.
    pub(super) fn keep_picture(&mut self, id: TabId, picture: Option<ColorImage>) {
        self.services.keeping.copies.insert(id, RecoveryCopy::with_picture(picture));
    }

    fn remove_copy(&self, id: TabId) {
        if let Some(folder) = self.preferences.storage.recovery.clone() {
            self.services.keeping.keeper.put(Key::Recovery(id), move || folder.remove(id.0));
        }
    }

    /// Reports once that recovery data cannot be written.
    pub(super) fn receive_autosave_failure(&mut self, error: &crate::Error) {
        if !std::mem::replace(&mut self.services.keeping.told, true) {
            self.tell(format!("{error}; after a crash, unsaved changes and settings may be missing"), true);
        }
    }

    fn wake_in(&self, seconds: f64) {
        self.context.request_repaint_after(Duration::from_secs_f64(seconds.max(0.0) + 0.01));
    }
}

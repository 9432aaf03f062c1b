//! Recovery after a crash: offers recovered documents and lists interrupted exports.

use std::path::{Path, PathBuf};

use egui::ColorImage;

use crate::app::dialog::Dialog;
use crate::app::keeper::Key;
use crate::app::recovering::WORTH_RESUMING;
use crate::app::recovery::{Folder, Found, Head};
use crate::app::{App, recovery};
use crate::export::{Unfinished, unfinished};
use crate::job::Progress;
use crate::mosaic::{History, Mosaic};

impl App {
    /// How many documents that a crash has left are offered just now.
    pub fn offered_count(&self) -> usize {
        if self.dialogs.shows_recovery() { self.services.crashes.found.len() } else { 0 }
    }

    /// Remove a recovery copy that is offered.
    pub(super) fn discard_recovery(&mut self, path: &Path) {
        if let (Some(found), Some(folder)) = (self.take_found(path), self.preferences.storage.recovery.clone()) {
            // The lock is released after the file is removed.
            self.services.keeping.keeper.put(Key::Earlier(found.path.clone()), move || folder.discard(&found.path));
        }
    }

    /// Finds recovery copies of crashed runs, and which of `exports` can be resumed.
    pub(super) fn find_crashed(&self, folder: Folder, exports: Vec<PathBuf>) {
        let find = move || {
            let exports = exports.into_iter().map(|out| (out.clone(), unfinished(&out)));
            // One that has been finished by another program or run is none of the interrupted.
            let exports: Vec<_> = exports.filter(|(out, left)| left.is_some() || !out.exists()).collect();
            Ok((folder.crashed(), exports))
        };
        self.services.jobs.run(find, |app, (documents, exports)| {
            app.receive_crashed(documents);
            app.receive_interrupted(exports);
        });
    }

    /// Before each frame: the next of the documents that are wanted back.
    pub(super) fn go_on_recovering(&mut self) {
        if !self.services.jobs.is_busy()
            && let Some(path) = self.services.crashes.take_wanted()
        {
            let copy = path.clone();
            let read = move |_: &Progress| recovery::load(&copy);
            self.services.jobs.start("Recovering", read, move |app, (head, picture, mosaic)| {
                app.receive_recovered(&path, head, picture, mosaic);
            });
        }
    }

    pub(super) fn receive_crashed(&mut self, found: Vec<Found>) {
        let context = self.context.clone();
        let texture =
            |image: &ColorImage| context.load_texture("recovery", image.clone(), egui::TextureOptions::LINEAR);
        let listed = found.into_iter().map(|found| {
            let picture = found.picture.as_ref().map(texture);
            (found, picture)
        });
        self.services.crashes.found = listed.collect();
        if !self.services.crashes.found.is_empty() {
            self.dialogs.open(Dialog::Recovery);
        }
    }

    /// A document is back, as one with changes.
    pub(super) fn receive_recovered(&mut self, path: &Path, head: Head, picture: Option<ColorImage>, mosaic: Mosaic) {
        // Replaces the tab that the restored session has opened for it.
        let same = self.documents.tabs.ids().into_iter().find(|id| {
            let tab = self.tab_of(*id);
            tab.is_some_and(|tab| head.project.is_some() && tab.project == head.project && !tab.is_dirty())
        });
        match same {
            Some(id) => self.show_tab(id),
            None => self.fresh_tab(),
        }
        self.documents.opening = Some(head.view);
        self.replace(mosaic, head.project);
        self.documents.tab.history = History::unsaved((**self.documents.tab.history.now()).clone());
        self.documents.tab.opened = head.opened;
        let id = self.documents.tabs.current();
        self.keep_picture(id, picture);
        if let (Some(found), Some(folder)) = (self.take_found(path), self.preferences.storage.recovery.clone()) {
            let results = self.services.jobs.sender();
            self.services.keeping.keeper.put(Key::Earlier(found.path.clone()), move || {
                if let Err(error) = folder.adopt(&found.path, id.0) {
                    results.send(move |app| app.receive_autosave_failure(&error));
                }
            });
        }
    }

    /// Exports that were under way when the program ended unasked.
    pub(super) fn receive_interrupted(&mut self, exports: Vec<(PathBuf, Option<Unfinished>)>) {
        for (out, left) in exports {
            let name = out.display();
            let text = match left.filter(|left| left.seconds >= WORTH_RESUMING) {
                Some(left) => {
                    let percent = 100 * left.done / left.total.max(1);
                    format!(
                        "The export to {name} was interrupted at {percent} %. Export to the same path again to resume it."
                    )
                }
                None => format!("The export to {name} was interrupted before much was done. Export it again."),
            };
            self.tell(text, true);
        }
    }

    /// Removes a document from the list; its lock is held while the returned value lives.
    fn take_found(&mut self, path: &Path) -> Option<Found> {
        let at = self.services.crashes.found.iter().position(|(found, _)| found.path == path)?;
        let (found, _) = self.services.crashes.found.remove(at);
        if self.services.crashes.found.is_empty() {
            self.dialogs.close_recovery();
        }
        Some(found)
    }
}

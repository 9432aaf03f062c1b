//! What earlier crashes have left: documents are offered to be recovered, interrupted exports are told of.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use egui::ColorImage;

use super::jobs::Message;
use super::keeper::Key;
use super::recovery::{Found, Head};
use super::{App, Command};
use crate::export::Unfinished;
use crate::mosaic::{History, Mosaic};

/// Work on an export that is worth going on with, in seconds; the engine begins again below that.
pub(super) const WORTH_RESUMING: f64 = 10.0;

/// The documents that are offered.
#[derive(Default)]
pub(super) struct Crashes {
    pub(super) found: Vec<(Found, Option<egui::TextureHandle>)>,
    pub(super) shown: bool,
    /// What the person wants to have back, one after another.
    wanted: VecDeque<PathBuf>,
}

impl App {
    /// How many documents that a crash has left are offered just now.
    pub fn offered_count(&self) -> usize {
        if self.crashes.shown { self.crashes.found.len() } else { 0 }
    }

    /// Do what a command asks of recovery copies; whether it was one of those.
    pub(super) fn apply_to_crashes(&mut self, command: &Command) -> bool {
        match command {
            Command::ShowRecovery(shown) => self.crashes.shown = *shown,
            Command::Recover(path) => self.crashes.wanted.push_back(path.clone()),
            Command::DiscardRecovery(path) => {
                if let (Some(found), Some(folder)) = (self.take_found(path), self.kept.recovery.clone()) {
                    // The lock is let go of after the file is gone.
                    self.keeping.keeper.put(Key::Earlier(found.path.clone()), move || folder.discard(&found.path));
                }
            }
            _ => return false,
        }
        true
    }

    /// Before each frame: the next of the documents that are wanted back.
    pub(super) fn go_on_recovering(&mut self) {
        if !self.jobs.is_busy()
            && let Some(path) = self.crashes.wanted.pop_front()
        {
            self.jobs.recover(path);
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
        self.crashes.found = listed.collect();
        self.crashes.shown = !self.crashes.found.is_empty();
    }

    /// A document is back, as one with changes.
    pub(super) fn receive_recovered(&mut self, path: &Path, head: Head, picture: Option<ColorImage>, mosaic: Mosaic) {
        self.jobs.finished();
        // In place of what the last session has opened again of it.
        let same = self.tabs.ids().into_iter().find(|id| {
            let tab = self.tab_of(*id);
            tab.is_some_and(|tab| head.project.is_some() && tab.project == head.project && !tab.history.is_dirty())
        });
        match same {
            Some(id) => self.show_tab(id),
            None => self.fresh_tab(),
        }
        self.opening = Some(head.view);
        self.replace(mosaic, head.project);
        self.tab.history = History::unsaved((**self.tab.history.now()).clone());
        self.tab.opened = head.opened;
        let id = self.tabs.current();
        self.keep_picture(id, picture);
        if let (Some(found), Some(folder)) = (self.take_found(path), self.kept.recovery.clone()) {
            let deliver = self.jobs.deliver();
            self.keeping.keeper.put(Key::Earlier(found.path.clone()), move || {
                if let Err(error) = folder.adopt(&found.path, id.0) {
                    deliver(Message::NotKept(error));
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

    /// Take a document off the list. Its lock is held as long as what comes back.
    fn take_found(&mut self, path: &Path) -> Option<Found> {
        let at = self.crashes.found.iter().position(|(found, _)| found.path == path)?;
        let (found, _) = self.crashes.found.remove(at);
        self.crashes.shown &= !self.crashes.found.is_empty();
        Some(found)
    }
}

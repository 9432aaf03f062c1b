//! What arrives in a watched folder is added to its tab's document.

use std::path::Path;
use std::sync::Arc;

use crate::app::watch::{Watch, added};
use crate::app::{App, TabId};
use crate::mosaic::Edited;

impl App {
    /// Watch the folder of the current tab's first image, or no longer.
    pub(super) fn set_watching(&mut self, on: bool) {
        let mosaic = Arc::clone(self.mosaic());
        let first = mosaic.placements.front().filter(|_| on);
        let folder = first.and_then(|placement| placement.image.path.parent()).map(Path::to_owned);
        let watch = folder.map(|folder| {
            let known = mosaic.placements.iter().map(|placement| placement.image.path.to_path_buf()).collect();
            Watch::start(&self.context, folder, known)
        });
        match watch.transpose() {
            Ok(watch) => self.documents.tab.watch = watch,
            Err(error) => self.tell(error.to_string(), true),
        }
    }

    /// Before each frame: add what has arrived, in each tab.
    pub(super) fn go_on_watching(&mut self) {
        for id in self.documents.tabs.ids() {
            let Some(tab) = self.tab_of_mut(id) else { continue };
            let Some(watch) = &mut tab.watch else { continue };
            watch.pending.extend(watch.arrived.try_iter().flatten());
            if watch.pending.is_empty() || watch.is_adding {
                continue;
            }
            watch.is_adding = true;
            let (base, form, new) = (Arc::clone(tab.history.now()), tab.layout.form.clone(), watch.pending.clone());
            let count = new.len();
            let add = move || Ok(added(&base, &form, new));
            self.services.jobs.run(add, move |app, edited| app.receive_arrived(id, edited, count));
        }
    }

    fn receive_arrived(&mut self, id: TabId, edited: Edited, count: usize) {
        let Some(tab) = self.tab_of_mut(id) else { return };
        let Some(watch) = &mut tab.watch else { return };
        watch.is_adding = false;
        // If the document was changed meanwhile, they are laid out once more.
        if tab.history.put("Add arrived tiles", None, edited) {
            watch.pending.drain(..count);
            watch.added += count;
        }
        self.context.request_repaint();
    }
}

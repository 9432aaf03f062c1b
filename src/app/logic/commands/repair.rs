//! What mends a mosaic: tiles removed or hidden, files found again that have been moved. Each is one step to undo.

use std::path::PathBuf;
use std::sync::Arc;

use crate::Error;
use crate::app::{App, Ask, RepairCommand, TabId};
use crate::job::Progress;
use crate::mosaic::{Edit, Edited, Placement};
use crate::work::find_moved;

/// Files that have been found again, and how many were missing.
struct Relinked {
    edited: Edited,
    found: usize,
    missing: usize,
}

impl App {
    pub(super) fn apply_repair(&mut self, command: RepairCommand) {
        let history = &mut self.documents.tab.history;
        match command {
            RepairCommand::Remove(ids) => {
                history.edit("Remove tiles", |mosaic| mosaic.remove(&ids));
                self.forget_vanished();
            }
            RepairCommand::Hide(ids) => history.edit("Hide tiles", |mosaic| mosaic.set_visible(&ids, false)),
            RepairCommand::AskMoved => self.pick(Ask::Moved),
            RepairCommand::Relink(folder) => self.relink(folder),
        }
    }

    /// Find the missing files of the document in `folder` or below it.
    fn relink(&mut self, folder: PathBuf) {
        let (tab, base) = (self.documents.tabs.current(), Arc::clone(self.mosaic()));
        let work = move |progress: &Progress| {
            let missing = base.placements.iter().filter(|placement| !placement.image.path.exists());
            let missing: Vec<Placement> = missing.cloned().collect();
            if missing.is_empty() {
                return Err(Error::invalid("no file is missing"));
            }
            let found = find_moved(&missing, &folder, progress)?;
            if found.is_empty() {
                let first = missing[0].name();
                let what = format!("none of the {} missing files is in it, as {first}", missing.len());
                return Err(Error::invalid(what).at(&folder));
            }
            let count = found.len();
            let edited = Edited::of(&base, |mosaic| _ = mosaic.apply(&Edit::Relink(found)));
            Ok(Relinked { edited, found: count, missing: missing.len() })
        };
        let done = move |app: &mut Self, relinked: Relinked| app.receive_relinked(tab, relinked);
        self.services.jobs.start("Looking for files", work, done);
    }

    fn receive_relinked(&mut self, tab: TabId, Relinked { edited, found, missing }: Relinked) {
        let Some(tab) = self.tab_of_mut(tab) else { return };
        if !tab.history.put("Find moved files", None, edited) {
            self.tell("The mosaic was changed meanwhile: look for the files again".into(), true);
            return;
        }
        self.look_for_missing();
        let files = if missing == 1 { "file" } else { "files" };
        self.tell(format!("Found {found} of {missing} missing {files}"), found < missing);
    }
}

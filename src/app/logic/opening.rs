//! Images that a job has opened become a document, or are added to one.

use std::path::PathBuf;
use std::sync::Arc;

use crate::Error;
use crate::app::files::Target;
use crate::app::opening::OpenedImages;
use crate::app::tile_layout::TabLayout;
use crate::app::{App, Command, FileCommand, RepairCommand};
use crate::mosaic::{Edit, Mosaic};

impl App {
    /// The document that images opened in `target` are added to.
    pub(super) fn base_of(&self, target: Target) -> Arc<Mosaic> {
        match target {
            Target::Tab(id) => self.tab_of(id).map(|tab| Arc::clone(tab.history.now())).unwrap_or_default(),
            Target::Own => Arc::default(),
        }
    }

    pub(super) fn receive_images(&mut self, target: Target, opened: OpenedImages) {
        let OpenedImages { edited, placements, failures, named, form, guesses, line } = opened;
        let (unreadable, count) = (failures.clone(), placements.len());
        self.services.textures.failures.extend(failures);
        for path in &named {
            self.preferences.settings.remember(path);
        }
        let named: Vec<PathBuf> =
            named.iter().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone())).collect();
        match target {
            Target::Tab(id) if self.tab_of(id).is_some_and(|tab| !tab.history.now().placements.is_empty()) => {
                self.show_tab(id);
                let tab = &mut self.documents.tab;
                tab.opened.extend(named);
                if !tab.history.put("Add images", None, edited) {
                    // It has been changed since the job began.
                    tab.history.edit("Add images", |mosaic| _ = mosaic.apply(&Edit::Add(placements)));
                }
                tab.fit_pending = true;
            }
            Target::Tab(_) | Target::Own => {
                let mosaic = Arc::unwrap_or_clone(edited.into_after());
                self.fresh_tab();
                self.replace(mosaic, None);
                self.documents.tab.opened = named;
            }
        }
        if !unreadable.is_empty() {
            let bad = unreadable.len();
            let files = if bad == 1 { "file" } else { "files" };
            let is_gone = unreadable.iter().any(|(_, error)| is_not_found(error));
            let action: (&'static str, Command) = if is_gone {
                ("Find…", RepairCommand::AskMoved.into())
            } else {
                ("Retry", FileCommand::Retry.into())
            };
            self.tell_about(
                self.documents.tabs.current(),
                format!("{bad} {files} of {count} cannot be read; see the marked places"),
                Some(action),
            );
        }
        let layout = &mut self.documents.tab.layout;
        *layout = TabLayout::new(form);
        (layout.line, layout.guesses) = (line, Arc::new(guesses));
    }
}

/// Whether there is no such file.
fn is_not_found(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}

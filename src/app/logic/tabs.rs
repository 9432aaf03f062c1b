//! Showing, adding and closing tabs.

use std::collections::HashSet;
use std::sync::Arc;

use crate::app::tab::Tab;
use crate::app::{App, TabCommand, TabId};
use crate::job::{give_back_memory, spawn};
use crate::mosaic::Mosaic;
use crate::pixels::buffer_pool;

impl App {
    /// The tabs in the order of their bar.
    pub fn tab_ids(&self) -> Vec<TabId> {
        self.documents.tabs.ids()
    }

    /// The tab that is worked on.
    pub fn current_tab(&self) -> TabId {
        self.documents.tabs.current()
    }

    pub(in crate::app) fn tab_of(&self, id: TabId) -> Option<&Tab> {
        if id == self.documents.tabs.current() { Some(&self.documents.tab) } else { self.documents.tabs.parked(id) }
    }

    pub(super) fn tab_of_mut(&mut self, id: TabId) -> Option<&mut Tab> {
        if id == self.documents.tabs.current() {
            Some(&mut self.documents.tab)
        } else {
            self.documents.tabs.parked_mut(id)
        }
    }

    /// Work on another tab. Where tabs are compared, it comes in the place of the current one.
    pub(super) fn show_tab(&mut self, id: TabId) {
        if self.documents.tabs.has(id) {
            self.documents.comparison.show(self.documents.tabs.current(), id);
            self.switch_to(id);
            self.services.readout.forget(self.services.textures.library());
            self.documents.comparison.last_view = Some((id, self.documents.tab.view));
        }
    }

    /// Close a tab; the last one becomes empty.
    pub(super) fn close(&mut self, id: TabId) {
        if self.documents.tabs.count() > 1 {
            self.close_tab(id);
        } else {
            self.replace(Mosaic::default(), None);
        }
    }

    /// Work on another tab.
    pub(super) fn switch_to(&mut self, id: TabId) {
        self.documents.tabs.switch(&mut self.documents.tab, id);
    }

    /// Do something with another tab in the place of the current one. What it asks for is done to that tab, which then
    /// becomes the current one.
    pub(super) fn with_tab<R>(&mut self, id: TabId, act: impl FnOnce(&mut Self) -> R) -> R {
        let (before, asked) = (self.documents.tabs.current(), self.commands.len());
        self.switch_to(id);
        let result = act(self);
        self.switch_to(before);
        if id != before && self.commands.len() > asked {
            self.commands.insert(asked, TabCommand::Show(id).into());
        }
        result
    }

    /// Have an empty tab to work on: the current one if it is, else a new one after it.
    pub(super) fn fresh_tab(&mut self) {
        if self.documents.tab.is_blank() {
            return;
        }
        let before = self.documents.tabs.current();
        self.documents.tabs.add(&mut self.documents.tab);
        self.documents.comparison.show(before, self.documents.tabs.current());
    }

    /// Take a tab away. The window keeps one, be it empty.
    pub(super) fn close_tab(&mut self, id: TabId) {
        let Some(next) = self.documents.tabs.successor(id) else { return };
        if id == self.documents.tabs.current() {
            self.switch_to(next);
        }
        let closed = self.documents.tabs.remove(id);
        self.notices.close_about(id);
        self.documents.comparison.forget(id);
        if let Some(closed) = closed {
            self.give_back(closed);
        }
    }

    /// A closed document's textures, tiles, files and buffers go with it.
    fn give_back(&mut self, closed: Tab) {
        self.services.textures.forget_document(closed.display.number(), closed.scene.canvas_numbers());
        self.services.properties.forget();
        let library = self.services.textures.library().clone();
        self.services.readout.forget(&library);
        let kept = self.documents.tabs.ids().into_iter();
        let kept: Vec<_> = kept.filter_map(|id| Some(Arc::clone(self.tab_of(id)?.history.now()))).collect();
        let free = move || {
            drop(closed);
            let images = kept.iter().flat_map(|mosaic| mosaic.placements.iter());
            let paths: HashSet<_> = images.map(|placement| Arc::clone(&placement.image.path)).collect();
            library.keep_only(&|image| paths.contains(&image.path));
            give_back();
            Ok(paths)
        };
        self.services.jobs.run(free, |app, paths| {
            app.services.textures.failures.retain(|image, _| paths.contains(&image.path));
            app.services.textures.damaged.retain(|image, _| paths.contains(&image.path));
        });
    }
}

impl App {
    /// Gives back what exports leave.
    pub(super) fn give_back_after_exports(&self) {
        let give = || {
            give_back();
            Ok(())
        };
        self.services.jobs.run(give, |_, ()| {});
    }
}

/// Gives back what a document that has gone leaves: at once what this program had, and a little later what its textures had, which go
/// with the next frame.
pub(super) fn give_back() {
    const TEXTURES: std::time::Duration = std::time::Duration::from_secs(2);
    buffer_pool::clear();
    give_back_memory();
    let later = || {
        std::thread::sleep(TEXTURES);
        give_back_memory();
    };
    // Without a thread it stays for the next document.
    spawn("memory", later).ok();
}

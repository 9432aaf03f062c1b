//! [`Tabs`]: several documents in one window. The one that is worked on, or just being drawn, is [`App::tab`]; the others are
//! parked here.

use super::tab::Tab;
use super::{App, TabCommand};
use crate::mosaic::Mosaic;

/// Names a tab for as long as the window lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TabId(pub(super) u64);

/// The tabs in the order of their bar.
pub(super) struct Tabs {
    /// The place of the tab that is not parked is empty.
    places: Vec<(TabId, Option<Tab>)>,
    /// The one that is not parked.
    current: TabId,
    last: u64,
}

impl Default for Tabs {
    fn default() -> Self {
        Self { places: vec![(TabId(0), None)], current: TabId(0), last: 0 }
    }
}

impl Tabs {
    pub(super) fn ids(&self) -> Vec<TabId> {
        self.places.iter().map(|(id, _)| *id).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.places.len()
    }

    pub(super) fn current(&self) -> TabId {
        self.current
    }

    pub(super) fn has(&self, id: TabId) -> bool {
        self.place(id).is_some()
    }

    /// The tab so many places after the current one, around the end.
    pub(super) fn beside(&self, step: isize) -> TabId {
        let at = self.place(self.current).unwrap_or(0) as isize;
        self.places[(at + step).rem_euclid(self.places.len() as isize) as usize].0
    }

    /// Where a tab is in the bar, from the left; `None` once it is closed.
    pub(super) fn place(&self, id: TabId) -> Option<usize> {
        self.places.iter().position(|(known, _)| *known == id)
    }
}

impl App {
    /// The tabs in the order of their bar.
    pub fn tab_ids(&self) -> Vec<TabId> {
        self.documents.tabs.ids()
    }

    /// The tab that is worked on.
    pub fn current_tab(&self) -> TabId {
        self.documents.tabs.current()
    }

    pub(super) fn tab_of(&self, id: TabId) -> Option<&Tab> {
        if id == self.documents.tabs.current {
            return Some(&self.documents.tab);
        }
        self.documents.tabs.places.iter().find(|(known, _)| *known == id)?.1.as_ref()
    }

    pub(super) fn tab_of_mut(&mut self, id: TabId) -> Option<&mut Tab> {
        if id == self.documents.tabs.current {
            return Some(&mut self.documents.tab);
        }
        self.documents.tabs.places.iter_mut().find(|(known, _)| *known == id)?.1.as_mut()
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
        let (Some(from), Some(to)) =
            (self.documents.tabs.place(self.documents.tabs.current), self.documents.tabs.place(id))
        else {
            return;
        };
        if let Some(tab) = self.documents.tabs.places[to].1.take() {
            self.documents.tabs.places[from].1 = Some(std::mem::replace(&mut self.documents.tab, tab));
            self.documents.tabs.current = id;
        }
    }

    /// Do something with another tab in the place of the current one. What it asks for is done to that tab, which then
    /// becomes the current one.
    pub(super) fn with_tab<R>(&mut self, id: TabId, act: impl FnOnce(&mut Self) -> R) -> R {
        let (before, asked) = (self.documents.tabs.current, self.commands.len());
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
        let unused = self.mosaic().placements.is_empty()
            && self.documents.tab.project.is_none()
            && !self.documents.tab.history.is_dirty();
        if unused {
            return;
        }
        let Some(from) = self.documents.tabs.place(self.documents.tabs.current) else { return };
        self.documents.tabs.last += 1;
        let id = TabId(self.documents.tabs.last);
        self.documents.tabs.places[from].1 = Some(std::mem::take(&mut self.documents.tab));
        self.documents.tabs.places.insert(from + 1, (id, None));
        self.documents.tabs.current = id;
        self.documents.comparison.show(self.documents.tabs.places[from].0, id);
    }

    /// Take a tab away. The window keeps one, be it empty.
    pub(super) fn close_tab(&mut self, id: TabId) {
        let Some(place) = self.documents.tabs.place(id) else { return };
        if self.documents.tabs.count() == 1 {
            return;
        }
        if id == self.documents.tabs.current {
            let next = if place + 1 < self.documents.tabs.count() { place + 1 } else { place - 1 };
            self.switch_to(self.documents.tabs.places[next].0);
        }
        self.documents.tabs.places.remove(place);
        self.documents.comparison.forget(id);
    }
}

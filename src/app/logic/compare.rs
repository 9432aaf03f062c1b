//! Which tabs are shown together, and how their views go together.

use crate::app::compare::{Difference, aligned, followed};
use crate::app::flight::Flight;
use crate::app::{App, Compare, TabId, View};

impl App {
    /// How tabs are shown together, and which.
    pub fn compared(&self) -> (Compare, &[TabId]) {
        (self.documents.comparison.how, &self.documents.comparison.panes)
    }

    /// The view of a tab.
    pub fn view_of(&self, id: TabId) -> Option<View> {
        self.tab_of(id).map(|tab| tab.view)
    }

    /// Show tabs together. Whether there are enough.
    pub(super) fn compare(&mut self, how: Compare) -> bool {
        // A view of the whole image shows the whole in the other tab too.
        let bounds = self.mosaic().bounds();
        let resized =
            [how, self.documents.comparison.how].iter().any(|how| matches!(how, Compare::Two | Compare::Four));
        if resized && self.documents.tab.view.visible(self.documents.tab.screen).contains(bounds) {
            self.documents.tab.fit_pending = true;
        }
        if how == Compare::One {
            (self.documents.comparison.how, self.documents.comparison.panes) = (how, Vec::new());
            self.documents.comparison.difference = Difference::default();
            return true;
        }
        if self.documents.tabs.count() < 2 {
            return false;
        }
        if how != Compare::Difference {
            self.documents.comparison.difference = Difference::default();
        }
        let current = self.documents.tabs.current();
        let mut panes = std::mem::take(&mut self.documents.comparison.panes);
        panes.truncate(how.count());
        if !panes.contains(&current) {
            panes = vec![current];
        }
        for step in 1..self.documents.tabs.count() as isize {
            let next = self.documents.tabs.beside(step);
            if panes.len() < how.count() && !panes.contains(&next) {
                panes.push(next);
            }
        }
        let bar = self.documents.tabs.ids();
        panes.sort_by_key(|pane| bar.iter().position(|id| id == pane));
        (self.documents.comparison.how, self.documents.comparison.panes) = (how, panes);
        if self.documents.comparison.linked {
            self.align_views();
        }
        true
    }

    /// Show the same part in all panes: of the whole, if they are not of one size.
    pub(super) fn align_views(&mut self) {
        // Linked ones follow a view that still moves; others are to be where it ends.
        let view = if self.documents.comparison.linked { self.documents.tab.view } else { self.heading() };
        let bounds = self.mosaic().bounds();
        let (pending, screen) = (self.documents.tab.fit_pending, self.documents.tab.screen);
        for id in self.other_panes() {
            let Some(tab) = self.tab_of_mut(id) else { continue };
            let own = tab.history.now().bounds();
            tab.fit_pending = pending || own.is_empty();
            tab.screen = screen;
            tab.view = aligned(view, bounds, own);
            tab.nav.flight = Flight::Still;
        }
        self.documents.comparison.last_view = None;
    }

    /// The tabs shown besides the current one.
    pub(super) fn other_panes(&self) -> Vec<TabId> {
        let current = self.documents.tabs.current();
        self.documents.comparison.panes.iter().copied().filter(|pane| *pane != current).collect()
    }

    /// Move linked views as the current one has moved since it was drawn.
    pub(super) fn link_views(&mut self) {
        let current = self.documents.tabs.current();
        let before = self.documents.comparison.last_view.filter(|(id, _)| *id == current).map(|(_, view)| view);
        let (after, fit) = (self.documents.tab.view, self.documents.tab.fit_pending);
        if !self.documents.comparison.linked || !fit && before.is_none_or(|before| before == after) {
            return;
        }
        for id in self.other_panes() {
            let Some(tab) = self.tab_of_mut(id) else { continue };
            if fit {
                tab.fit_pending = true;
            } else if let Some(before) = before {
                tab.view = followed(tab.view, before, after);
                tab.nav.flight = Flight::Still;
            }
        }
    }
}

//! [`Tabs`]: several documents in one window. The one that is worked on, or just being drawn, is beside them; the others are
//! parked here.

use super::tab::Tab;

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

    /// A tab that is not worked on.
    pub(super) fn parked(&self, id: TabId) -> Option<&Tab> {
        self.places.iter().find(|(known, _)| *known == id)?.1.as_ref()
    }

    pub(super) fn parked_mut(&mut self, id: TabId) -> Option<&mut Tab> {
        self.places.iter_mut().find(|(known, _)| *known == id)?.1.as_mut()
    }

    /// Parks `tab`, the current one, and puts the tab `id` in its place, if that is parked.
    pub(super) fn switch(&mut self, tab: &mut Tab, id: TabId) {
        let (Some(from), Some(to)) = (self.place(self.current), self.place(id)) else { return };
        if let Some(parked) = self.places[to].1.take() {
            self.places[from].1 = Some(std::mem::replace(tab, parked));
            self.current = id;
        }
    }

    /// Parks `tab`, the current one, and puts an empty one in its place, which comes after it in the bar.
    pub(super) fn add(&mut self, tab: &mut Tab) {
        let Some(from) = self.place(self.current) else { return };
        self.last += 1;
        self.current = TabId(self.last);
        self.places[from].1 = Some(std::mem::take(tab));
        self.places.insert(from + 1, (self.current, None));
    }

    /// The tab to work on once `id` is closed: the next one, or the one before the last.
    pub(super) fn successor(&self, id: TabId) -> Option<TabId> {
        let place = self.place(id)?;
        let next = if place + 1 < self.places.len() { place + 1 } else { place.checked_sub(1)? };
        Some(self.places[next].0)
    }

    /// Takes a parked tab away.
    pub(super) fn remove(&mut self, id: TabId) -> Option<Tab> {
        let at = self.places.iter().position(|(known, tab)| *known == id && tab.is_some())?;
        self.places.remove(at).1
    }
}

//! [`History`]: the document, with unlimited undo and redo.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Changes, Mosaic};

/// [`History::changes_since`] covers this many steps; for an older revision it returns `None`.
const MAX_RECENT: usize = 64;

/// A document with unlimited undo and redo. States share what an edit did not touch.
#[derive(Debug, Clone)]
pub struct History {
    now: Arc<Mosaic>,
    undo: Vec<Entry>,
    redo: Vec<Entry>,
    saved: Arc<Mosaic>,
    /// Increases with every edit, undo and redo.
    revision: Revision,
    /// The changes of the last steps, the latest at the end.
    recent: VecDeque<Arc<Changes>>,
}

impl Default for History {
    /// An empty document that counts as saved.
    fn default() -> Self {
        Self::new(Mosaic::default())
    }
}

/// One undo step: its label and what it touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub label: &'static str,
    pub changes: Arc<Changes>,
}

/// A state of one document; compare with [`History::changes_since`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    history: u64,
    count: u64,
}

/// Names steps that are one for the person: each replaces the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeKey(u64);

impl MergeKey {
    /// One that no other step has.
    pub fn unique() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Relaxed))
    }
}

/// A document after edits, the one before them, and what they touched. It may be made on any thread; [`History::put`] makes it a
/// step.
#[derive(Debug, Clone)]
pub struct Edited {
    before: Arc<Mosaic>,
    after: Arc<Mosaic>,
    changes: Changes,
}

impl Edited {
    /// `before` after `change`, which makes its edits by [`Mosaic::apply`] or what is short for it: what it touches comes from
    /// there, and nothing is compared.
    pub fn of(before: &Arc<Mosaic>, change: impl FnOnce(&mut Mosaic)) -> Self {
        let mut after = (**before).clone();
        after.record = Some(Changes::default());
        change(&mut after);
        let mut changes = after.record.take().unwrap_or_default();
        changes.everything |= after.background != before.background;
        changes.canvas |= after.canvas != before.canvas;
        let after = if changes.is_empty() { Arc::clone(before) } else { Arc::new(after) };
        Self { before: Arc::clone(before), after, changes }
    }

    /// The document after the edits.
    pub fn into_after(self) -> Arc<Mosaic> {
        self.after
    }
}

/// A step and the document before it (in `undo`) or after it (in `redo`).
#[derive(Debug, Clone)]
struct Entry {
    step: Step,
    other: Arc<Mosaic>,
    key: Option<MergeKey>,
}

impl History {
    /// A history that begins with `mosaic`, which counts as saved.
    pub fn new(mut mosaic: Mosaic) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        mosaic.record = None;
        let now = Arc::new(mosaic);
        let (undo, redo, recent) = (Vec::new(), Vec::new(), VecDeque::new());
        let revision = Revision { history: LAST.fetch_add(1, Relaxed), count: 0 };
        Self { saved: Arc::clone(&now), now, undo, redo, revision, recent }
    }

    /// A history that begins with `mosaic`, which counts as unsaved.
    pub fn unsaved(mosaic: Mosaic) -> Self {
        Self { saved: Arc::default(), ..Self::new(mosaic) }
    }

    /// The current document.
    pub fn now(&self) -> &Arc<Mosaic> {
        &self.now
    }

    /// Changes the document as one undo step. Without a change there is no step. See [`Edited::of`].
    pub fn edit(&mut self, label: &'static str, change: impl FnOnce(&mut Mosaic)) {
        let made = Edited::of(&self.now, change);
        self.put(label, None, made);
    }

    /// The document that the next step of `key` starts from: as it was before the last step if that has this key, else as it is.
    pub fn base(&self, key: MergeKey) -> &Arc<Mosaic> {
        self.undo.last().filter(|entry| entry.key == Some(key)).map_or(&self.now, |entry| &entry.other)
    }

    /// Make `made` the last step. One that starts from the [`base`](Self::base) of its key replaces the step of that key.
    ///
    /// False, and nothing is done, if the document has been changed otherwise since `made` was begun.
    pub fn put(&mut self, label: &'static str, key: Option<MergeKey>, made: Edited) -> bool {
        let Edited { before, after, changes } = made;
        if !Arc::ptr_eq(&before, key.map_or(&self.now, |key| self.base(key))) {
            return false;
        }
        let mut touched = changes.clone();
        if !Arc::ptr_eq(&before, &self.now)
            && let Some(replaced) = self.undo.pop()
        {
            touched.merge(&replaced.step.changes);
        }
        if touched.is_empty() {
            return true;
        }
        self.record(Arc::new(touched));
        self.now = after;
        self.redo.clear();
        if !changes.is_empty() {
            let step = Step { label, changes: Arc::new(changes) };
            self.undo.push(Entry { step, other: before, key });
        }
        true
    }

    /// Undoes the last step and returns it.
    pub fn undo(&mut self) -> Option<Step> {
        let Entry { step, other, .. } = self.undo.pop()?;
        let after = std::mem::replace(&mut self.now, other);
        self.record(Arc::clone(&step.changes));
        self.redo.push(Entry { step: step.clone(), other: after, key: None });
        Some(step)
    }

    /// Redoes the last undone step and returns it.
    pub fn redo(&mut self) -> Option<Step> {
        let Entry { step, other, .. } = self.redo.pop()?;
        let before = std::mem::replace(&mut self.now, other);
        self.record(Arc::clone(&step.changes));
        self.undo.push(Entry { step: step.clone(), other: before, key: None });
        Some(step)
    }

    fn record(&mut self, changes: Arc<Changes>) {
        self.revision.count += 1;
        self.recent.push_back(changes);
        if self.recent.len() > MAX_RECENT {
            self.recent.pop_front();
        }
    }

    /// The revision of the current document.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What was touched since `revision`. `None` if more than 64 steps have followed, or if it is of another document.
    pub fn changes_since(&self, revision: Revision) -> Option<Changes> {
        if revision.history != self.revision.history {
            return None;
        }
        let missed = usize::try_from(self.revision.count.checked_sub(revision.count)?).ok()?;
        let first = self.recent.len().checked_sub(missed)?;
        let mut all = Changes::default();
        self.recent.iter().skip(first).for_each(|changes| all.merge(changes));
        Some(all)
    }

    /// The label of the step that [`undo`](Self::undo) would undo.
    pub fn undo_label(&self) -> Option<&'static str> {
        self.undo.last().map(|entry| entry.step.label)
    }

    /// The label of the step that [`redo`](Self::redo) would redo.
    pub fn redo_label(&self) -> Option<&'static str> {
        self.redo.last().map(|entry| entry.step.label)
    }

    /// The labels of the steps done, and of those that can be redone, both in the order of editing.
    pub fn steps(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let done = self.undo.iter().map(|entry| entry.step.label).collect();
        (done, self.redo.iter().rev().map(|entry| entry.step.label).collect())
    }

    /// Marks `state`, the current document or an earlier one, as saved.
    pub fn mark_saved(&mut self, state: &Arc<Mosaic>) {
        self.saved = Arc::clone(state);
    }

    /// Whether the current document differs from the saved one.
    pub fn is_dirty(&self) -> bool {
        !Arc::ptr_eq(&self.saved, &self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Placement;
    use crate::PlacementIds;
    use crate::geometry::{Point, Size};
    use crate::{Edit, PlacementId, Stacking};

    #[test]
    fn redo_restores_what_undo_reverted() {
        let mut history = History::default();
        assert!(!history.is_dirty(), "nothing has been done yet");
        for name in ["a", "b"] {
            history.edit("Add", |mosaic| {
                mosaic.add(Placement::new(name, Size::new(1, 1)));
            });
        }
        let both = Arc::clone(history.now());
        history.edit("Nothing", |_| ());
        assert_eq!(history.undo_label(), Some("Add"), "no step for no change");
        assert!(history.is_dirty());
        let label = |step: Option<Step>| step.map(|step| step.label);
        let undone = [history.undo(), history.undo(), history.undo()].map(label);
        assert_eq!(undone, [Some("Add"), Some("Add"), None]);
        assert!(!history.is_dirty(), "back at what was saved");
        assert_eq!([history.redo(), history.redo(), history.redo()].map(label), undone);
        assert_eq!(history.now(), &both);
        history.undo();
        assert_eq!(history.steps(), (vec!["Add"], vec!["Add"]));
        history.edit("Other", |mosaic| mosaic.background = [1, 2, 3]);
        assert_eq!(history.redo_label(), None, "an edit clears redo");
    }

    #[test]
    fn edits_after_the_saved_state_are_unsaved() {
        let mut history = History::unsaved(Mosaic::default());
        assert!(history.is_dirty(), "recovered: not saved");
        let written = Arc::clone(history.now());
        history.edit("Color", |mosaic| mosaic.background = [1, 2, 3]);
        history.mark_saved(&written);
        assert!(history.is_dirty(), "the edit came while the file was written");
        history.undo();
        assert!(!history.is_dirty(), "back at what was written");
    }

    #[test]
    fn steps_of_one_key_are_one() {
        let (mut history, key) = (History::default(), MergeKey::unique());
        history.edit("Add", |mosaic| _ = mosaic.add(Placement::new("a", Size::new(1, 1))));
        let (added, began) = (Arc::clone(history.now()), history.revision());
        let id = added.placements[0].id;
        let put = |history: &mut History, x: f64| {
            let made = Edited::of(history.base(key), |mosaic| mosaic.move_by(&PlacementIds::from_iter([id]), x, 0.0));
            history.put("Lay out", Some(key), made)
        };
        assert!(put(&mut history, 3.0) && put(&mut history, 5.0));
        assert_eq!(history.now().placements[id].position(), Point::new(5.0, 0.0), "each from where it was at first");
        assert_eq!(history.steps().0, ["Add", "Lay out"]);
        let areas = history.changes_since(began).unwrap().areas;
        assert!([0, 3, 5].iter().all(|x| areas.contains(&crate::geometry::Rect::new(*x, 0, x + 1, 1))), "{areas:?}");
        let late = Edited::of(history.base(key), |mosaic| mosaic.move_by(&PlacementIds::from_iter([id]), 9.0, 0.0));
        assert!(put(&mut history, 0.0));
        assert_eq!(history.steps().0, ["Add"], "back where it was");
        assert!(Arc::ptr_eq(history.now(), &added));
        history.edit("Color", |mosaic| mosaic.background = [1, 2, 3]);
        assert!(!history.put("Lay out", Some(key), late), "the document has been changed since");
        assert!(put(&mut history, 1.0));
        assert_eq!(history.steps().0, ["Add", "Color", "Lay out"]);
        history.undo();
        assert_eq!(history.now().placements[id].position(), Point::default());
        assert_eq!(history.now().background, [1, 2, 3]);
    }

    #[test]
    fn an_edit_among_360000_placements_copies_only_what_it_changes() {
        const COUNT: u64 = 360_000;
        let tile = |number: u64| {
            let at = Point::new((number % 600) as f64 * 8.0, (number / 600) as f64 * 8.0);
            Placement::new("tile.png", Size::new(8, 8)).at(at)
        };
        let mut mosaic = Mosaic::default();
        mosaic.apply(&Edit::Add((0..COUNT).map(tile).collect()));
        let mut history = History::new(mosaic);
        // The number of placements that two documents do not share.
        let apart = |a: &Mosaic, b: &Mosaic| {
            let ids = (1..=COUNT).map(PlacementId);
            ids.filter(|id| !Arc::ptr_eq(a.placements.shared(*id).unwrap(), b.placements.shared(*id).unwrap())).count()
        };
        let (first, began) = (Arc::clone(history.now()), history.revision());
        let moved = PlacementId(180_300);
        let was = first.placements[moved].rect();
        history.edit("Move", |mosaic| mosaic.move_by(&PlacementIds::from_iter([moved]), 3.0, 0.0));
        assert_eq!(apart(&first, history.now()), 1);
        let is = was.translate(3, 0);
        let changes = Changes { placements: vec![moved], areas: vec![was, is], ..Changes::default() };
        assert_eq!(history.changes_since(began), Some(changes.clone()));
        assert!(history.now().placements.touching(is).contains(&moved));
        history.edit("Raise", |mosaic| mosaic.restack(&PlacementIds::from_iter([moved]), Stacking::Front));
        assert_eq!(apart(&first, history.now()), 1, "the painting order is no part of a placement");
        assert_eq!(history.now().placements.touching(is).last(), Some(&moved));
        let raised = history.revision();
        history.edit("Nothing", |mosaic| mosaic.set_visible(&PlacementIds::from_iter([moved]), true));
        assert_eq!(history.revision(), raised, "no step for no change");
        assert_eq!(history.undo().unwrap().changes.areas, [is]);
        assert_eq!(*history.undo().unwrap().changes, changes);
        assert!(Arc::ptr_eq(history.now(), &first));
        assert_eq!(history.changes_since(history.revision()), Some(Changes::default()));
        assert_eq!(History::new((*first).clone()).changes_since(began), None, "of another document");
    }

    #[test]
    fn changes_since_an_old_revision_are_unknown() {
        let mut history = History::default();
        let mut revisions = Vec::new();
        for number in 0..=MAX_RECENT as u8 {
            revisions.push(history.revision());
            history.edit("Color", |mosaic| mosaic.background = [number + 1, 0, 0]);
        }
        assert_eq!(history.changes_since(revisions[0]), None);
        assert!(history.changes_since(revisions[1]).unwrap().everything);
    }
}

//! [`History`]: the document, and every state it was in.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Changes, Mosaic};

/// Who follows the document may miss so many steps without having to look at all of it.
const MOST_RECENT: usize = 64;

/// A document with unlimited undo. A state costs what changed in it.
#[derive(Debug, Clone)]
pub struct History {
    now: Arc<Mosaic>,
    undo: Vec<Kept>,
    redo: Vec<Kept>,
    saved: Arc<Mosaic>,
    /// Grows with every change, in either direction.
    moment: Moment,
    /// What the last changes touched, the latest at the end.
    recent: VecDeque<Arc<Changes>>,
}

impl Default for History {
    /// An empty document, with nothing to save.
    fn default() -> Self {
        Self::new(Mosaic::default())
    }
}

/// One change of the document: what it is called, and what it touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub label: &'static str,
    pub changes: Arc<Changes>,
}

/// A time between two changes of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    history: u64,
    count: u64,
}

/// A step, and the document on its other side.
#[derive(Debug, Clone)]
struct Kept {
    step: Step,
    other: Arc<Mosaic>,
}

impl History {
    /// Start with `mosaic`, which counts as saved.
    pub fn new(mut mosaic: Mosaic) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        mosaic.record = None;
        let now = Arc::new(mosaic);
        let (undo, redo, recent) = (Vec::new(), Vec::new(), VecDeque::new());
        let moment = Moment { history: LAST.fetch_add(1, Relaxed), count: 0 };
        Self { saved: Arc::clone(&now), now, undo, redo, moment, recent }
    }

    /// Start with `mosaic`, which stands in no file as it is.
    pub fn unsaved(mosaic: Mosaic) -> Self {
        Self { saved: Arc::default(), ..Self::new(mosaic) }
    }

    /// The document as it is.
    pub fn now(&self) -> &Arc<Mosaic> {
        &self.now
    }

    /// Change the document, as one step to undo. A change that changes nothing leaves no step.
    ///
    /// `change` makes its edits by [`Mosaic::apply`] or what is short for it: what it touches comes from there, and nothing is
    /// compared.
    pub fn edit(&mut self, label: &'static str, change: impl FnOnce(&mut Mosaic)) {
        let before = Arc::clone(&self.now);
        let now = Arc::make_mut(&mut self.now);
        now.record = Some(Changes::default());
        change(now);
        let mut changes = now.record.take().unwrap_or_default();
        changes.everything |= now.background != before.background;
        changes.canvas |= now.canvas != before.canvas;
        if changes.is_empty() {
            self.now = before;
            return;
        }
        let step = Step { label, changes: Arc::new(changes) };
        self.note(&step);
        self.undo.push(Kept { step, other: before });
        self.redo.clear();
    }

    /// Take the last change back; says which it was.
    pub fn undo(&mut self) -> Option<Step> {
        let Kept { step, other } = self.undo.pop()?;
        let after = std::mem::replace(&mut self.now, other);
        self.note(&step);
        self.redo.push(Kept { step: step.clone(), other: after });
        Some(step)
    }

    /// Make the change again that was taken back last; says which it was.
    pub fn redo(&mut self) -> Option<Step> {
        let Kept { step, other } = self.redo.pop()?;
        let before = std::mem::replace(&mut self.now, other);
        self.note(&step);
        self.undo.push(Kept { step: step.clone(), other: before });
        Some(step)
    }

    fn note(&mut self, step: &Step) {
        self.moment.count += 1;
        self.recent.push_back(Arc::clone(&step.changes));
        if self.recent.len() > MOST_RECENT {
            self.recent.pop_front();
        }
    }

    /// The time of the document's last change.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// What was touched since that moment. `None` if it is too long ago to know, or of another document.
    pub fn changes_since(&self, moment: Moment) -> Option<Changes> {
        if moment.history != self.moment.history {
            return None;
        }
        let missed = usize::try_from(self.moment.count.checked_sub(moment.count)?).ok()?;
        let first = self.recent.len().checked_sub(missed)?;
        let mut all = Changes::default();
        self.recent.iter().skip(first).for_each(|changes| all.merge(changes));
        Some(all)
    }

    /// What undo would take back.
    pub fn undo_label(&self) -> Option<&'static str> {
        self.undo.last().map(|kept| kept.step.label)
    }

    /// What redo would make again.
    pub fn redo_label(&self) -> Option<&'static str> {
        self.redo.last().map(|kept| kept.step.label)
    }

    /// The labels of the steps that have been made, and of those that can be redone, in the order in which they are made.
    pub fn steps(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let done = self.undo.iter().map(|kept| kept.step.label).collect();
        (done, self.redo.iter().rev().map(|kept| kept.step.label).collect())
    }

    /// `state`, one of those that the document was in, now stands in a file.
    pub fn mark_saved(&mut self, state: &Arc<Mosaic>) {
        self.saved = Arc::clone(state);
    }

    /// Whether something would be lost by closing.
    pub fn is_dirty(&self) -> bool {
        !Arc::ptr_eq(&self.saved, &self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Placement;
    use crate::geometry::{Point, Size};
    use crate::{Edit, PlacementId};

    #[test]
    fn undo_and_redo_walk_the_same_path() {
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
        assert_eq!(history.redo_label(), None, "a new change forgets what was taken back");
    }

    #[test]
    fn edits_after_the_saved_state_are_unsaved() {
        let mut history = History::unsaved(Mosaic::default());
        assert!(history.is_dirty(), "recovered: it stands in no file");
        let written = Arc::clone(history.now());
        history.edit("Color", |mosaic| mosaic.background = [1, 2, 3]);
        history.mark_saved(&written);
        assert!(history.is_dirty(), "the edit came while the file was written");
        history.undo();
        assert!(!history.is_dirty(), "back at what was written");
    }

    #[test]
    fn an_edit_among_very_many_touches_what_it_changes() {
        const COUNT: u64 = 360_000;
        let tile = |number: u64| {
            let at = Point::new((number % 600) as f64 * 8.0, (number / 600) as f64 * 8.0);
            Placement::new("tile.png", Size::new(8, 8)).at(at)
        };
        let mut mosaic = Mosaic::default();
        mosaic.apply(&Edit::Add((0..COUNT).map(tile).collect()));
        let mut history = History::new(mosaic);
        // Only what is not shared was touched.
        let apart = |a: &Mosaic, b: &Mosaic| {
            let ids = (1..=COUNT).map(PlacementId);
            ids.filter(|id| !Arc::ptr_eq(a.placements.shared(*id).unwrap(), b.placements.shared(*id).unwrap())).count()
        };
        let (first, began) = (Arc::clone(history.now()), history.moment());
        let moved = PlacementId(180_300);
        let was = first.placements[moved].rect();
        history.edit("Move", |mosaic| mosaic.move_by(&[moved].into(), 3.0, 0.0));
        assert_eq!(apart(&first, history.now()), 1);
        let is = was.translate(3, 0);
        let changes = Changes { placements: vec![moved], areas: vec![was, is], ..Changes::default() };
        assert_eq!(history.changes_since(began), Some(changes.clone()));
        assert!(history.now().placements.touching(is).contains(&moved));
        history.edit("Raise", |mosaic| mosaic.restack(&[moved].into(), true));
        assert_eq!(apart(&first, history.now()), 1, "the painting order is no part of a placement");
        assert_eq!(history.now().placements.touching(is).last(), Some(&moved));
        let raised = history.moment();
        history.edit("Nothing", |mosaic| mosaic.set_visible(&[moved].into(), true));
        assert_eq!(history.moment(), raised, "no step for no change");
        assert_eq!(history.undo().unwrap().changes.areas, [is]);
        assert_eq!(*history.undo().unwrap().changes, changes);
        assert!(Arc::ptr_eq(history.now(), &first));
        assert_eq!(history.changes_since(history.moment()), Some(Changes::default()));
        assert_eq!(History::new((*first).clone()).changes_since(began), None, "of another document");
    }

    #[test]
    fn what_was_missed_for_too_long_is_not_known() {
        let mut history = History::default();
        let mut moments = Vec::new();
        for number in 0..=MOST_RECENT as u8 {
            moments.push(history.moment());
            history.edit("Color", |mosaic| mosaic.background = [number + 1, 0, 0]);
        }
        assert_eq!(history.changes_since(moments[0]), None);
        assert!(history.changes_since(moments[1]).unwrap().everything);
    }
}

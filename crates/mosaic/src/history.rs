//! [`History`]: the document, and every state it was in.

use std::sync::Arc;

use super::Mosaic;

/// A document with unlimited undo. A state costs what changed in it.
#[derive(Debug, Clone)]
pub struct History {
    now: Arc<Mosaic>,
    undo: Vec<Step>,
    redo: Vec<Step>,
    saved: Arc<Mosaic>,
}

impl Default for History {
    /// An empty document, with nothing to save.
    fn default() -> Self {
        Self::new(Mosaic::default())
    }
}

#[derive(Debug, Clone)]
struct Step {
    label: &'static str,
    before: Arc<Mosaic>,
}

impl History {
    /// Start with `mosaic`, which counts as saved.
    pub fn new(mosaic: Mosaic) -> Self {
        let now = Arc::new(mosaic);
        Self { saved: Arc::clone(&now), now, undo: Vec::new(), redo: Vec::new() }
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
    pub fn edit(&mut self, label: &'static str, change: impl FnOnce(&mut Mosaic)) {
        let before = Arc::clone(&self.now);
        change(Arc::make_mut(&mut self.now));
        if self.now == before {
            self.now = before;
        } else {
            self.undo.push(Step { label, before });
            self.redo.clear();
        }
    }

    /// Take the last change back; says which it was.
    pub fn undo(&mut self) -> Option<&'static str> {
        Self::step(&mut self.now, &mut self.undo, &mut self.redo)
    }

    /// Make the change again that was taken back last; says which it was.
    pub fn redo(&mut self) -> Option<&'static str> {
        Self::step(&mut self.now, &mut self.redo, &mut self.undo)
    }

    fn step(now: &mut Arc<Mosaic>, from: &mut Vec<Step>, to: &mut Vec<Step>) -> Option<&'static str> {
        let Step { label, before } = from.pop()?;
        let after = std::mem::replace(now, before);
        to.push(Step { label, before: after });
        Some(label)
    }

    /// What undo would take back.
    pub fn undo_label(&self) -> Option<&'static str> {
        self.undo.last().map(|step| step.label)
    }

    /// What redo would make again.
    pub fn redo_label(&self) -> Option<&'static str> {
        self.redo.last().map(|step| step.label)
    }

    /// The labels of the steps that have been made, and of those that can be redone, in the order in which they are made.
    pub fn steps(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let done = self.undo.iter().map(|step| step.label).collect();
        (done, self.redo.iter().rev().map(|step| step.label).collect())
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
    use crate::geometry::Size;

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
        assert_eq!((history.undo(), history.undo(), history.undo()), (Some("Add"), Some("Add"), None));
        assert!(!history.is_dirty(), "back at what was saved");
        assert_eq!((history.redo(), history.redo(), history.redo()), (Some("Add"), Some("Add"), None));
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
    fn one_edit_among_very_many_shares_the_rest() {
        let mut mosaic = Mosaic::default();
        let ids: Vec<_> = (0..20_000).map(|i| mosaic.add(Placement::new(i.to_string(), Size::new(8, 8)))).collect();
        let mut history = History::new(mosaic);
        for &id in &ids[..200] {
            history.edit("Move", |mosaic| mosaic.move_by(&[id].into(), 1.0, 0.0));
        }
        for _ in 0..200 {
            history.undo();
        }
        assert!(history.now().placements.iter().all(|p| p.position.x == 0.0));
    }
}

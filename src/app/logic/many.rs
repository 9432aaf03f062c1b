//! Changes of the selected tiles. Those of very many are made in the background: the window goes on meanwhile, and shows what is
//! moved where it goes.

use std::sync::Arc;

use crate::app::tab::{ManyEdit, Moving};
use crate::app::tile_command::Chosen;
use crate::app::{App, TabId};
use crate::geometry::Affine;
use crate::mosaic::{Edited, Mosaic};

/// A change of more tiles would take longer than a frame.
const MANY: usize = 2_000;

impl App {
    /// Changes the selected tiles as one step.
    pub(super) fn edit_selected(
        &mut self,
        label: &'static str,
        change: impl Fn(&mut Mosaic, &Chosen) + Send + Sync + 'static,
    ) {
        let id = self.documents.tabs.current();
        let tab = &mut self.documents.tab;
        let chosen = Arc::clone(&tab.selection.placements);
        if chosen.len() <= MANY && tab.many.is_empty() {
            tab.history.edit(label, |mosaic| change(mosaic, &chosen));
            return;
        }
        tab.many.push_back(Arc::new(ManyEdit { label, chosen, change: Box::new(change) }));
        if tab.many.len() == 1 {
            self.begin_many(id);
        }
    }

    /// The same; until it is done the tiles are shown transformed by `by`.
    pub(super) fn transform_selected(
        &mut self,
        label: &'static str,
        by: Affine,
        change: impl Fn(&mut Mosaic, &Chosen) + Send + Sync + 'static,
    ) {
        let chosen = Arc::clone(&self.documents.tab.selection.placements);
        self.documents.tab.moving = (chosen.len() > MANY).then_some(Moving { chosen, by });
        self.edit_selected(label, change);
    }

    /// Takes back the last change that is not made yet. Whether there was one.
    pub(super) fn undo_many(&mut self) -> bool {
        let tab = &mut self.documents.tab;
        tab.moving = None;
        tab.many.pop_back().is_some()
    }

    /// Makes the first change that waits.
    fn begin_many(&self, id: TabId) {
        let Some(tab) = self.tab_of(id) else { return };
        let Some(edit) = tab.many.front().cloned() else { return };
        let (base, made) = (Arc::clone(tab.history.now()), Arc::clone(&edit));
        let work = move || Ok(Edited::of(&base, |mosaic| (made.change)(mosaic, &made.chosen)));
        self.services.jobs.run(work, move |app, edited| {
            let Some(tab) = app.tab_of_mut(id) else { return };
            // It may have been taken back; and what has been changed meanwhile stays.
            if tab.many.front().is_none_or(|front| !Arc::ptr_eq(front, &edit)) {
                return;
            }
            if tab.history.put(edit.label, None, edited) {
                tab.many.pop_front();
                tab.moving = None;
                app.with_tab(id, App::forget_vanished);
            }
            app.begin_many(id);
        });
    }
}

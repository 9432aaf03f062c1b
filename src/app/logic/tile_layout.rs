//! Laying out the tiles of a tab, live: one job at a time, and its result becomes one step to undo.

use std::sync::Arc;

use crate::app::tile_layout::{Made, Tiles};
use crate::app::{App, LayoutForm, LayoutReport, PositionSource, TabId};
use crate::job::Progress;
use crate::mosaic::MergeKey;

/// Laying out more tiles than this takes so long that the status bar tells of it.
const MAX_UNTOLD: usize = 20_000;

impl App {
    /// How the tiles of the current tab are laid out.
    pub fn layout_form(&self) -> &LayoutForm {
        &self.documents.tab.layout.form
    }

    /// What came of that, or why nothing did, once it is known.
    pub fn layout_found(&self) -> Option<Result<&LayoutReport, String>> {
        let found = self.documents.tab.layout.found.as_ref()?;
        Some(found.as_ref().map(|report| &**report).map_err(ToString::to_string))
    }

    /// The line over the canvas that says how what was opened is laid out.
    pub fn layout_line(&self) -> Option<&str> {
        self.documents.tab.layout.line.as_deref()
    }

    /// Look what `form` makes of the tiles; `apply` moves them.
    pub(super) fn set_layout(&mut self, form: LayoutForm, apply: bool) {
        let layout = &mut self.documents.tab.layout;
        if layout.form.file != form.file {
            layout.columns = Vec::new();
        }
        layout.form = form;
        layout.wanted = Some(apply || layout.wanted.unwrap_or(false));
        self.begin_layout(self.documents.tabs.current());
    }

    fn begin_layout(&mut self, id: TabId) {
        let Some(tab) = self.tab_of_mut(id).filter(|tab| !tab.layout.is_running) else { return };
        let Some(apply) = tab.layout.wanted.take() else { return };
        let placements = &tab.history.now().placements;
        let chosen = &tab.selection.placements;
        let chosen = (2..placements.len()).contains(&chosen.len()).then(|| Arc::clone(chosen));
        if tab.layout.tiles.as_ref().is_some_and(|tiles| tiles.chosen != chosen) {
            tab.layout.key = MergeKey::unique();
        }
        let count = placements.len();
        let (base, form) = (Arc::clone(tab.history.base(tab.layout.key)), tab.layout.form.clone());
        let is_these = |tiles: &&Arc<Tiles>| {
            Arc::ptr_eq(&tiles.base, &base) && tiles.chosen == chosen && tiles.sequence == form.sequence
        };
        let known = tab.layout.tiles.as_ref().filter(is_these).cloned();
        tab.layout.is_running = true;
        let is_read = known.as_ref().is_some_and(|tiles| tiles.metadata.get().is_some());
        let reads = form.source == PositionSource::File || form.source == PositionSource::Metadata && !is_read;
        let work = move |progress: &Progress| {
            let tiles = known.unwrap_or_else(|| Arc::new(Tiles::of(&base, chosen, form.sequence)));
            Ok(tiles.lay_out(form, apply, progress))
        };
        let then = move |app: &mut Self, made: Made| app.receive_layout(id, made);
        let many = count > MAX_UNTOLD;
        if reads || many {
            let title = if reads { "Reading positions" } else { "Laying tiles out" };
            self.services.jobs.start(title, work, then);
        } else {
            self.services.jobs.run(move || work(&Progress::default()), then);
        }
    }

    fn receive_layout(&mut self, id: TabId, made: Made) {
        let Some(tab) = self.tab_of_mut(id) else { return };
        let layout = &mut tab.layout;
        layout.is_running = false;
        if layout.form.pattern.is_empty() {
            (layout.form.pattern, layout.form.close_gaps) = (made.form.pattern, made.form.close_gaps);
        }
        if layout.form.file == made.form.file {
            layout.columns = made.columns;
        }
        if let Some(guesses) = made.tiles.guesses.get() {
            layout.guesses = Arc::clone(guesses);
        }
        layout.tiles = Some(made.tiles);
        layout.found = Some(made.found.map(|(report, edited)| {
            if let Some(edited) = edited {
                let before = tab.history.now().bounds();
                let fitted = tab.view.visible(tab.screen).contains(before);
                let moved = tab.history.put("Lay out tiles", Some(layout.key), edited);
                tab.fit_pending |= moved && fitted && tab.history.now().bounds() != before;
                layout.line = None;
            }
            Arc::new(report)
        }));
        self.begin_layout(id);
    }
}

//! Changes of the document, each as one undo step, and of the selection.

use std::sync::Arc;

use crate::app::{App, EditCommand, RegionCommand, TileCommand, View};
use crate::geometry::Affine;
use crate::mosaic::{Bookmark, BookmarkId, Mosaic, PlacementId, Revision, RoiId};

/// Of no more selected regions, each is looked for after a change.
const FEW_REGIONS: usize = 500;

impl App {
    pub(super) fn apply_edit(&mut self, command: EditCommand) {
        if command == EditCommand::Undo && self.undo_many() {
            return;
        }
        let is_step = matches!(command, EditCommand::Undo | EditCommand::Redo | EditCommand::Jump(_));
        let history = &mut self.documents.tab.history;
        let before = (Arc::clone(history.now()), history.revision());
        match command {
            EditCommand::Undo => _ = history.undo(),
            EditCommand::Redo => _ = history.redo(),
            EditCommand::Jump(steps) => {
                for _ in 0..steps.unsigned_abs() {
                    _ = if steps < 0 { history.undo() } else { history.redo() };
                }
            }
            EditCommand::Select { ids, add } => {
                if !add && !ids.is_empty() {
                    self.select_no_region();
                }
                let selected = &mut self.documents.tab.selection.placements;
                let all = if add { selected.union(&ids) } else { ids };
                // What is selected again stays the same, and so does what is known of it.
                if **selected != all {
                    *selected = Arc::new(all);
                }
            }
            EditCommand::SelectAll => {
                self.select_no_region();
                self.documents.tab.selection.placements = Arc::clone(self.mosaic().placements.ids());
                self.layout.toolbox.choose_for_tiles();
            }
            EditCommand::MoveSelected(by) => {
                self.transform_selected("Move tiles", Affine::translation(by), move |m, ids| {
                    m.move_by(ids, by.x, by.y);
                });
            }
            EditCommand::RemoveSelected => {
                if self.documents.tab.selection.regions.is_empty() {
                    self.apply(TileCommand::Remove);
                } else {
                    self.apply(RegionCommand::RemoveSelected);
                }
            }
            EditCommand::AddBookmark => {
                let View { center, zoom, degrees, mirrored } = self.documents.tab.view;
                let (id, name) = (BookmarkId::default(), String::new());
                let bookmark = Bookmark { id, name, center, zoom, degrees, mirrored };
                history.edit("Add bookmark", |m| _ = m.add_bookmark(bookmark));
            }
            EditCommand::RenameBookmark(id, name) => history.edit("Rename bookmark", |m| m.rename_bookmark(id, name)),
            EditCommand::RemoveBookmark(id) => history.edit("Remove bookmark", |m| m.remove_bookmark(id)),
        }
        self.forget_vanished();
        if is_step {
            self.follow_links();
            self.follow_files(&before.0, before.1);
        }
    }

    /// After a step through the history: where tiles show other files than before, those may be missing.
    fn follow_files(&self, before: &Mosaic, revision: Revision) {
        let history = &self.documents.tab.history;
        let is_other = |id: &PlacementId| match (before.placement(*id), history.now().placement(*id)) {
            (Some(before), Some(now)) => before.image.path != now.image.path,
            _ => false,
        };
        if history.changes_since(revision).is_none_or(|changes| changes.placements.iter().any(is_other)) {
            self.look_for_missing();
        }
    }

    /// Deselects removed items.
    pub(in crate::app::logic) fn forget_vanished(&mut self) {
        let mosaic = Arc::clone(self.documents.tab.history.now());
        let chosen = &mut self.documents.tab.selection.placements;
        let there = mosaic.placements.ids();
        if !chosen.is_subset(there) {
            *chosen = Arc::new(chosen.intersection(there));
        }
        self.forget_vanished_regions(&mosaic);
    }

    fn forget_vanished_regions(&mut self, mosaic: &Mosaic) {
        let tab = &mut self.documents.tab;
        let checked = tab.regions_checked.replace(tab.history.revision());
        let chosen = &mut tab.selection.regions;
        let is_gone = |id: &&RoiId| mosaic.region(**id).is_none();
        // Of very many, only those that were touched since are looked at.
        let touched = checked.filter(|_| chosen.len() > FEW_REGIONS).and_then(|then| tab.history.changes_since(then));
        let gone: Vec<RoiId> = match &touched {
            Some(touched) => touched.regions.iter().filter(|id| chosen.contains(id)).filter(is_gone).copied().collect(),
            None => chosen.iter().filter(is_gone).copied().collect(),
        };
        if !gone.is_empty() {
            let chosen = Arc::make_mut(chosen);
            gone.iter().for_each(|id| _ = chosen.remove(id));
        }
    }
}

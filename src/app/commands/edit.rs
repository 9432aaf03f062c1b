//! Changes of the document, each as one undo step, and of the selection.

use std::sync::Arc;

use crate::app::{App, EditCommand, View};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Bookmark, BookmarkId, Grid, Placement};

impl App {
    pub(super) fn apply_edit(&mut self, command: EditCommand) {
        let chosen = Arc::clone(&self.documents.tab.selection.placements);
        let history = &mut self.documents.tab.history;
        match command {
            EditCommand::Undo => _ = history.undo(),
            EditCommand::Redo => _ = history.redo(),
            EditCommand::Jump(steps) => {
                for _ in 0..steps.unsigned_abs() {
                    _ = if steps < 0 { history.undo() } else { history.redo() };
                }
            }
            EditCommand::Select { ids, add } => {
                let selected = &mut self.documents.tab.selection.placements;
                let all = if add { selected.union(&ids).copied().collect() } else { ids };
                // What is selected again stays the same, and so does what is known of it.
                if **selected != all {
                    *selected = Arc::new(all);
                }
            }
            EditCommand::SelectAll => {
                let all = self.mosaic().placements.iter().map(|p| p.id).collect();
                self.documents.tab.selection.placements = Arc::new(all);
                self.layout.toolbox.choose_for_tiles();
            }
            EditCommand::MoveSelected(by) => history.edit("Move tiles", |m| m.move_by(&chosen, by.x, by.y)),
            EditCommand::RemoveSelected => match self.documents.tab.selection.region.take() {
                Some(id) => history.edit("Remove region", |m| m.remove_region(id)),
                None => history.edit("Remove tiles", |m| m.remove(&chosen)),
            },
            EditCommand::Arrange(grid) => self.arrange(&grid),
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
    }

    /// Arrange the selected placements, or else all, as a grid whose upper left corner is theirs.
    fn arrange(&mut self, grid: &Grid) {
        let chosen = self.documents.tab.selection.placements.clone();
        self.documents.tab.grid = *grid;
        let mut refused = None;
        self.documents.tab.history.edit("Arrange", |m| {
            let ids = if chosen.len() > 1 { chosen } else { Arc::new(m.placements.iter().map(|p| p.id).collect()) };
            let rects = m.placements.iter().filter(|p| ids.contains(&p.id)).map(Placement::rect);
            let origin = rects.reduce(Rect::union).unwrap_or_default();
            refused = m.arrange(&ids, grid, Point::new(origin.x0 as f64, origin.y0 as f64)).err();
        });
        match refused {
            Some(error) => self.tell(error.to_string(), true),
            None => self.documents.tab.fit_pending = true,
        }
    }

    /// Deselects removed items.
    pub(super) fn forget_vanished(&mut self) {
        let mosaic = Arc::clone(self.documents.tab.history.now());
        let chosen = &mut self.documents.tab.selection.placements;
        if chosen.iter().any(|id| !mosaic.placements.contains(*id)) {
            Arc::make_mut(chosen).retain(|id| mosaic.placements.contains(*id));
        }
        self.documents.tab.selection.region =
            self.documents.tab.selection.region.filter(|id| mosaic.region(*id).is_some());
    }
}

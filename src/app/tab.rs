//! [`Tab`]: one document in the window, with what is shown and selected of it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::View;
use super::tools::Gesture;
use crate::composite::Index;
use crate::geometry::{Point, Rect};
use crate::mosaic::{History, Mosaic, Placement, PlacementId, RoiId};

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    pub placements: HashSet<PlacementId>,
    pub region: Option<RoiId>,
}

/// A document and its view. All fields are the window's own; only `logic.rs` changes the document.
pub(super) struct Tab {
    pub(super) history: History,
    /// The file the document was read from or saved to.
    pub(super) project: Option<PathBuf>,
    pub(super) view: View,
    /// Where the canvas was last drawn; what fitting fits to.
    pub(super) screen: egui::Rect,
    /// Fit as soon as the canvas has a size.
    pub(super) fit_pending: bool,
    pub(super) selection: Selection,
    pub(super) gesture: Gesture,
    /// The canvas point under the mouse.
    pub(super) cursor: Option<Point>,
    /// The index of the placements of the document it was made for.
    index: (Arc<Mosaic>, Arc<Index>),
}

impl Default for Tab {
    fn default() -> Self {
        Self {
            history: History::default(),
            project: None,
            view: View::default(),
            screen: egui::Rect::ZERO,
            fit_pending: false,
            selection: Selection::default(),
            gesture: Gesture::None,
            cursor: None,
            index: Default::default(),
        }
    }
}

impl Tab {
    /// The placements that touch `rect`, as positions in the document's list, in painting order.
    pub(super) fn touching(&mut self, rect: Rect) -> Vec<usize> {
        if !Arc::ptr_eq(&self.index.0, self.history.now()) {
            let mosaic = Arc::clone(self.history.now());
            let rects = mosaic.placements.iter().map(Placement::rect).collect();
            self.index = (mosaic, Arc::new(Index::new(rects)));
        }
        self.index.1.touching(rect)
    }

    /// The document's name, for the title; empty for an empty document.
    pub(super) fn name(&self) -> String {
        let mosaic = self.history.now();
        let stem = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match (&self.project, mosaic.placements.len()) {
            (Some(project), _) => stem(project),
            (None, 0) => String::new(),
            (None, 1) => mosaic.placements[0].name(),
            (None, count) => {
                let folder = mosaic.placements[0].path.parent().map(stem).unwrap_or_default();
                format!("{folder} ({count} images)")
            }
        }
    }
}

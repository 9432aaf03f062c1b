//! [`Changes`]: what an edit touched, so that views of the document update only that.

use super::{BookmarkId, PlacementId, RoiId};
use crate::geometry::Rect;

/// The most separate areas; more are joined to one rectangle.
const MOST_AREAS: usize = 4096;

/// What an edit touched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Placements added, removed or changed, unordered, possibly with duplicates.
    pub placements: Vec<PlacementId>,
    /// Regions, in the same way.
    pub regions: Vec<RoiId>,
    /// Bookmarks, in the same way.
    pub bookmarks: Vec<BookmarkId>,
    /// Areas to repaint: where changed placements were and are, in whole canvas pixels.
    pub areas: Vec<Rect>,
    /// Whether the whole canvas must be repainted: another background, or another pixel type of the composed canvas.
    pub everything: bool,
    /// Whether the canvas rectangle or the pixel size changed.
    pub canvas: bool,
    /// Whether the filters changed.
    pub filters: bool,
}

impl Changes {
    /// Whether nothing was touched.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds the changes of a later edit.
    pub fn merge(&mut self, later: &Self) {
        self.placements.extend(&later.placements);
        self.regions.extend(&later.regions);
        self.bookmarks.extend(&later.bookmarks);
        self.areas.extend(&later.areas);
        self.everything |= later.everything;
        self.canvas |= later.canvas;
        self.filters |= later.filters;
        self.tidy();
    }

    /// Joins the areas if there are too many.
    pub(crate) fn tidy(&mut self) {
        if self.areas.len() > MOST_AREAS {
            self.areas = vec![self.areas.iter().fold(Rect::default(), |all, rect| all.union(*rect))];
        }
    }
}

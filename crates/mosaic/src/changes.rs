//! [`Changes`]: what an edit touched, so that whoever shows the document follows without looking at all of it.

use super::{BookmarkId, PlacementId, RoiId};
use crate::geometry::Rect;

/// Parts of the canvas are told apart up to so many; beyond, one rectangle stands for all.
const MOST_AREAS: usize = 4096;

/// What an edit touched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Added, removed or changed, in no order; some may be named twice.
    pub placements: Vec<PlacementId>,
    /// Likewise.
    pub regions: Vec<RoiId>,
    /// Likewise.
    pub bookmarks: Vec<BookmarkId>,
    /// Where the picture looks different: where changed placements were and are, in whole canvas pixels.
    pub areas: Vec<Rect>,
    /// Whether all of the picture may look different: another background, or another kind of pixel, which decides what the
    /// composed canvas is made of.
    pub everything: bool,
    /// Whether another part of the canvas is the picture.
    pub canvas: bool,
}

impl Changes {
    /// Whether nothing was touched.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These, and `later` ones after them.
    pub fn merge(&mut self, later: &Self) {
        self.placements.extend(&later.placements);
        self.regions.extend(&later.regions);
        self.bookmarks.extend(&later.bookmarks);
        self.areas.extend(&later.areas);
        self.everything |= later.everything;
        self.canvas |= later.canvas;
        self.tidy();
    }

    /// Join areas that are too many to be told apart.
    pub(crate) fn tidy(&mut self) {
        if self.areas.len() > MOST_AREAS {
            self.areas = vec![self.areas.iter().fold(Rect::default(), |all, rect| all.union(*rect))];
        }
    }
}

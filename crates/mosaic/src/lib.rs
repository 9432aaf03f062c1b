//! The document: which file lies where, which regions are marked. No open file, no pixel.
//!
//! It clones in constant time (persistent vectors), compares, and saves as JSON; so undo is a snapshot. This module must
//! never read an image: sizes and kinds come in with each [`Placement`], from whoever probed the file.

use mosaicist_core::{Error, IoResultExt, Result, geometry, pixels};

mod changes;
mod bookmark;
mod history;
mod layout;
mod placement;
mod project;
mod region;
mod snap;

pub use crate::pixels::PixelKind;
pub use bookmark::{Bookmark, BookmarkId};
pub use history::History;
pub use layout::{Corner, Grid, Order};
pub use placement::{Placement, PlacementId};
pub use project::{is_project, load, read, save, write};
pub use region::{Roi, RoiId, Shape};
pub use snap::snap;

use std::collections::HashSet;
use std::sync::Arc;

use imbl::Vector;
use serde::{Deserialize, Serialize};

use crate::geometry::{Point, Rect};
use mosaicist_display::Display;

/// Images arranged on a canvas, and regions of interest on it. Canvas coordinates: pixels, x right, y down.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Mosaic {
    /// In painting order: later ones lie on top.
    pub placements: Vector<Placement>,
    /// In the order they were drawn.
    pub regions: Vector<Roi>,
    /// In the order they were made.
    #[serde(default, skip_serializing_if = "Vector::is_empty")]
    pub bookmarks: Vector<Bookmark>,
    /// The part of the canvas that is the picture; what all placements cover if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas: Option<Rect>,
    /// Red, green, blue where no image lies.
    #[serde(default)]
    pub background: [u8; 3],
    /// How the window showed it when it was saved. An open document's display is the window's own: it's no edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<Arc<Display>>,
    /// The last id given; ids are never given twice in a document.
    last_id: u64,
}

impl Mosaic {
    /// Lay one more image on top. Its id is set here.
    pub fn add(&mut self, mut placement: Placement) -> PlacementId {
        self.last_id += 1;
        placement.id = PlacementId(self.last_id);
        let id = placement.id;
        self.placements.push_back(placement);
        id
    }

    /// Mark one more region.
    pub fn add_region(&mut self, name: Option<String>, shape: Shape) -> RoiId {
        self.last_id += 1;
        let id = RoiId(self.last_id);
        let name = name.unwrap_or_else(|| format!("Region {}", self.regions.len() + 1));
        self.regions.push_back(Roi { id, name, shape });
        id
    }

    /// Keep a view; its id is set here, and its name if it has none.
    pub fn add_bookmark(&mut self, mut bookmark: Bookmark) -> BookmarkId {
        self.last_id += 1;
        bookmark.id = BookmarkId(self.last_id);
        if bookmark.name.is_empty() {
            bookmark.name = format!("View {}", self.bookmarks.len() + 1);
        }
        let id = bookmark.id;
        self.bookmarks.push_back(bookmark);
        id
    }

    /// Give a bookmark another name.
    pub fn rename_bookmark(&mut self, id: BookmarkId, name: String) {
        if let Some(bookmark) = self.bookmarks.iter_mut().find(|bookmark| bookmark.id == id) {
            bookmark.name = name;
        }
    }

    /// Take a bookmark away.
    pub fn remove_bookmark(&mut self, id: BookmarkId) {
        self.bookmarks.retain(|bookmark| bookmark.id != id);
    }

    /// The part of the canvas that is the picture.
    pub fn bounds(&self) -> Rect {
        self.canvas.unwrap_or_else(|| self.placements.iter().fold(Rect::default(), |all, p| all.union(p.rect())))
    }

    /// The placement of that id.
    pub fn placement(&self, id: PlacementId) -> Option<&Placement> {
        self.placements.iter().find(|placement| placement.id == id)
    }

    /// The region of that id.
    pub fn region(&self, id: RoiId) -> Option<&Roi> {
        self.regions.iter().find(|region| region.id == id)
    }

    /// The topmost visible placement at a canvas point.
    pub fn at(&self, point: Point) -> Option<&Placement> {
        let (x, y) = (point.x.floor() as i64, point.y.floor() as i64);
        self.placements.iter().rev().find(|p| p.visible && p.rect().contains_pixel(x, y))
    }

    /// Move placements by (dx, dy) canvas pixels.
    pub fn move_by(&mut self, ids: &HashSet<PlacementId>, dx: f64, dy: f64) {
        self.change(ids, |placement| placement.position = placement.position + Point::new(dx, dy));
    }

    /// Show or hide placements.
    pub fn set_visible(&mut self, ids: &HashSet<PlacementId>, visible: bool) {
        self.change(ids, |placement| placement.visible = visible);
    }

    /// Have a placement show another page or file, of that size and kind, at its place.
    pub fn show_instead(&mut self, id: PlacementId, shown: &Placement) {
        self.change(&HashSet::from([id]), |placement| {
            let Placement { path, page, size, kind, .. } = shown.clone();
            *placement = Placement { path, page, size, kind, ..placement.clone() };
        });
    }

    /// Take placements away. Their files stay as they are.
    pub fn remove(&mut self, ids: &HashSet<PlacementId>) {
        self.placements.retain(|placement| !ids.contains(&placement.id));
    }

    /// Put placements above all others (`true`) or below, in their order.
    pub fn restack(&mut self, ids: &HashSet<PlacementId>, to_top: bool) {
        let (moved, stay): (Vector<_>, Vector<_>) =
            self.placements.iter().cloned().partition(|placement| ids.contains(&placement.id));
        self.placements = if to_top { stay + moved } else { moved + stay };
    }

    /// Replace the shape of a region.
    pub fn reshape(&mut self, id: RoiId, shape: Shape) {
        if let Some(region) = self.regions.iter_mut().find(|region| region.id == id) {
            region.shape = shape;
        }
    }

    /// Give a region another name.
    pub fn rename_region(&mut self, id: RoiId, name: String) {
        if let Some(region) = self.regions.iter_mut().find(|region| region.id == id) {
            region.name = name;
        }
    }

    /// Take a region away.
    pub fn remove_region(&mut self, id: RoiId) {
        self.regions.retain(|region| region.id != id);
    }

    /// Lay the placements `ids` out as a grid, in their painting order, from the canvas point `origin`.
    pub fn arrange(&mut self, ids: &HashSet<PlacementId>, grid: &Grid, origin: Point) {
        let sizes: Vec<_> = self.placements.iter().filter(|p| ids.contains(&p.id)).map(|p| p.size).collect();
        let mut positions = grid.positions(&sizes).into_iter();
        self.change(ids, |placement| {
            if let Some((x, y)) = positions.next() {
                placement.position = origin + Point::new(x as f64, y as f64);
            }
        });
    }

    /// Change the placements `ids`, touching no other: shared chunks of the persistent vector stay shared.
    fn change(&mut self, ids: &HashSet<PlacementId>, mut change: impl FnMut(&mut Placement)) {
        let found = self.placements.iter().enumerate().filter(|(_, p)| ids.contains(&p.id));
        let indices: Vec<usize> = found.map(|(index, _)| index).collect();
        for index in indices {
            if let Some(placement) = self.placements.get_mut(index) {
                change(placement);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn three() -> (Mosaic, Vec<PlacementId>) {
        let mut mosaic = Mosaic::default();
        let ids = (0..3).map(|i| mosaic.add(Placement::new(format!("{i}.png"), Size::new(10, 10)))).collect();
        (mosaic, ids)
    }

    #[test]
    fn moving_touches_only_what_is_named() {
        let (mut mosaic, ids) = three();
        mosaic.move_by(&HashSet::from([ids[1]]), 5.0, -2.0);
        let positions: Vec<_> = mosaic.placements.iter().map(|p| (p.position.x, p.position.y)).collect();
        assert_eq!(positions, [(0.0, 0.0), (5.0, -2.0), (0.0, 0.0)]);
        assert_eq!(mosaic.bounds(), Rect::new(0, -2, 15, 10));
    }

    #[test]
    fn the_topmost_visible_one_is_hit() {
        let (mut mosaic, ids) = three();
        let hit = |mosaic: &Mosaic| mosaic.at(Point::new(9.9, 0.0)).map(|p| p.id);
        assert_eq!(hit(&mosaic), Some(ids[2]));
        mosaic.set_visible(&HashSet::from([ids[2]]), false);
        assert_eq!(hit(&mosaic), Some(ids[1]));
        mosaic.restack(&HashSet::from([ids[0]]), true);
        assert_eq!(hit(&mosaic), Some(ids[0]));
        assert_eq!(mosaic.at(Point::new(10.0, 0.0)).map(|p| p.id), None, "half-open");
    }

    #[test]
    fn ids_are_never_given_twice() {
        let (mut mosaic, ids) = three();
        mosaic.remove(&ids.iter().copied().collect());
        let again = mosaic.add(Placement::new("x.png", Size::new(1, 1)));
        assert!(!ids.contains(&again));
    }
}

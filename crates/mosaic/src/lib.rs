//! The document: placements of images and regions of interest. It holds no open file and no pixel.
//!
//! It clones in constant time (persistent collections) and saves as JSON, so undo keeps snapshots. This crate must never read an
//! image: each [`Placement`] is created with the size and kind of its file.

pub use mosaicist_core::ImageRef;
use mosaicist_core::{Error, IoResultExt, Result, geometry, pixels};

mod align;
mod blend;
mod bookmark;
mod changes;
mod edit;
mod extent;
mod filter_step;
mod history;
pub mod layout;
mod natural;
pub mod pattern;
mod pixel_size;
mod placement;
mod placement_ids;
mod placements;
mod pose;
pub mod positions;
mod project;
mod region;
mod region_edit;
mod regions;
pub mod snap;
mod spatial;
mod stored;
mod stored_region;

pub use crate::pixels::PixelKind;
pub use align::{Alignment, Distribution, aligned, distributed, in_line};
pub use blend::{Blend, BlendMode, Flat, FlatField, SeamPath, Surface};
pub use bookmark::{Bookmark, BookmarkId};
pub use changes::Changes;
pub use edit::{BookmarkEdit, Edit, Property};
pub use extent::Extent;
pub use filter_step::{FilterStep, MOST_FILTERS};
pub use history::{Edited, History, MergeKey, Revision, Step};
pub use layout::{Arrangement, Corner, Grid, GridOrder, Length, NameLayout, TileLayout};
pub use natural::{Natural, natural_cmp};
pub use pixel_size::PixelSize;
pub use placement::{Appearance, GroupId, Margins, Placement, PlacementId, Sampling};
pub use placement_ids::PlacementIds;
pub use placements::{Placements, Stacking};
pub use pose::Pose;
pub use project::{allow_outside, is_project, load, read, relative, save, write};
pub use region::{Region, RegionProperty, RoiId};
pub use region_edit::RegionEdit;
pub use regions::Regions;
pub use spatial::SpatialIndex;

use std::collections::HashSet;
use std::sync::Arc;

use imbl::Vector;

use crate::geometry::{Point, Rect};
use mosaicist_display::Display;
use mosaicist_shape::{Geometry, Roi};
use serde_json::{Map, Value};

/// Images arranged on a canvas, and regions of interest on it. Canvas coordinates: pixels, x right, y down.
///
/// Images, regions and bookmarks are changed by [`apply`](Self::apply) alone; the other methods that change something are short
/// for that.
#[derive(Debug, Clone, Default)]
pub struct Mosaic {
    pub placements: Placements,
    pub regions: Regions,
    /// What GeoJSON files of regions say beside the regions and no program here knows: written back with them.
    pub region_members: Arc<Map<String, Value>>,
    /// In the order they were made.
    pub bookmarks: Vector<Bookmark>,
    /// The canvas rectangle; the bounds of all placements if `None`.
    pub canvas: Option<Rect>,
    /// The background, red, green, blue.
    pub background: [u8; 3],
    /// The size of a canvas pixel; that of the images if `None`.
    pub pixel_size: Option<PixelSize>,
    /// What a pixel shows that several images cover.
    pub blend: Blend,
    /// What evens out the light of all images.
    pub flat_field: Option<Arc<FlatField>>,
    /// What the composed canvas goes through, in order.
    pub filters: Vec<FilterStep>,
    /// The display settings at the last save. Changing those of an open document is no edit.
    pub display: Option<Arc<Display>>,
    /// The last id assigned; ids are never reused in a document.
    last_id: u64,
    /// Accumulates what edits touch while it is set.
    record: Option<Changes>,
}

impl PartialEq for Mosaic {
    /// Whether both save to the same project.
    fn eq(&self, other: &Self) -> bool {
        let rest = |mosaic: &Self| (mosaic.canvas, mosaic.background, mosaic.pixel_size, mosaic.blend, mosaic.last_id);
        rest(self) == rest(other)
            && self.flat_field == other.flat_field
            && self.filters == other.filters
            && self.display == other.display
            && self.regions == other.regions
            && self.region_members == other.region_members
            && self.bookmarks == other.bookmarks
            && self.placements == other.placements
    }
}

impl Mosaic {
    /// Adds a placement on top; returns its new id.
    pub fn add(&mut self, placement: Placement) -> PlacementId {
        self.apply(&Edit::Add(vec![placement]));
        PlacementId(self.last_id)
    }

    /// Adds a region; it's numbered if it has no name.
    pub fn add_region(&mut self, name: Option<String>, shape: impl Into<Geometry>) -> RoiId {
        let name = name.unwrap_or_else(|| format!("Region {}", self.regions.len() + 1));
        self.apply(&Edit::Region(RegionEdit::Add(vec![Roi::new(shape.into()).named(name)])));
        RoiId(self.last_id)
    }

    /// Adds regions, whose parents are among them, in this order; returns their ids.
    pub fn add_regions(&mut self, rois: Vec<Roi>) -> impl Iterator<Item = RoiId> + use<> {
        let first = self.last_id + 1;
        self.apply(&Edit::Region(RegionEdit::Add(rois)));
        (first..=self.last_id).map(RoiId)
    }

    /// Adds what a GeoJSON file says beside its regions; of members of one name the last counts.
    pub fn add_region_members(&mut self, mut members: Map<String, Value>) {
        if !members.is_empty() {
            Arc::make_mut(&mut self.region_members).append(&mut members);
        }
    }

    /// Adds a bookmark; sets its id, and its name if it has none.
    pub fn add_bookmark(&mut self, bookmark: Bookmark) -> BookmarkId {
        self.apply(&Edit::Bookmark(BookmarkEdit::Add(bookmark)));
        BookmarkId(self.last_id)
    }

    /// Renames a bookmark.
    pub fn rename_bookmark(&mut self, id: BookmarkId, name: String) {
        self.apply(&Edit::Bookmark(BookmarkEdit::Rename(id, name)));
    }

    /// Removes a bookmark.
    pub fn remove_bookmark(&mut self, id: BookmarkId) {
        self.apply(&Edit::Bookmark(BookmarkEdit::Remove(id)));
    }

    /// The canvas rectangle.
    pub fn bounds(&self) -> Rect {
        self.canvas.unwrap_or_else(|| self.placements.bounds())
    }

    /// The placement of that id.
    pub fn placement(&self, id: PlacementId) -> Option<&Placement> {
        self.placements.get(id)
    }

    /// The region of that id.
    pub fn region(&self, id: RoiId) -> Option<&Region> {
        self.regions.get(id)
    }

    /// Whether all images are painted as they are, each over those below: what can be drawn image by image.
    pub fn is_overlay(&self) -> bool {
        self.blend.mode == BlendMode::Overlay && self.flat_field.is_none() && !self.is_filtered()
    }

    /// Whether the composed canvas goes through filters.
    pub fn is_filtered(&self) -> bool {
        self.filters.iter().any(|step| !step.off)
    }

    /// The topmost visible placement at a canvas point.
    pub fn at(&self, point: Point) -> Option<&Placement> {
        let (x, y) = (point.x.floor() as i64, point.y.floor() as i64);
        let touched = self.placements.touching(Rect::new(x, y, x + 1, y + 1));
        touched.into_iter().rev().filter_map(|id| self.placements.get(id)).find(|p| p.visible && p.holds(point))
    }

    /// Move placements by (dx, dy) canvas pixels.
    pub fn move_by(&mut self, ids: &PlacementIds, dx: f64, dy: f64) {
        self.apply(&Edit::Move { ids: ids.clone(), by: Point::new(dx, dy) });
    }

    /// Changes a property of placements.
    pub fn set(&mut self, ids: &PlacementIds, property: Property) {
        self.apply(&Edit::Set { ids: ids.clone(), property });
    }

    /// Show or hide placements.
    pub fn set_visible(&mut self, ids: &PlacementIds, visible: bool) {
        self.set(ids, Property::Visible(visible));
    }

    /// Replaces the image of a placement by another page or file of that size and kind.
    pub fn show_instead(&mut self, id: PlacementId, shown: &Placement) {
        self.apply(&Edit::Show { id, shown: Box::new(shown.clone()) });
    }

    /// Removes placements. Their files are not touched.
    pub fn remove(&mut self, ids: &PlacementIds) {
        self.apply(&Edit::Remove(ids.clone()));
    }

    /// Changes the painting order of placements, keeping their order among each other.
    pub fn restack(&mut self, ids: &PlacementIds, to: Stacking) {
        self.apply(&Edit::Restack { ids: ids.clone(), to });
    }

    /// Changes a property of regions.
    pub fn set_regions(&mut self, ids: &HashSet<RoiId>, property: RegionProperty) {
        self.apply(&Edit::Region(RegionEdit::Set { ids: ids.clone(), property }));
    }

    /// Replaces shapes of regions.
    pub fn reshape(&mut self, shapes: Vec<(RoiId, Geometry)>) {
        self.apply(&Edit::Region(RegionEdit::Reshape(shapes)));
    }

    /// Removes regions.
    pub fn remove_regions(&mut self, ids: &HashSet<RoiId>) {
        self.apply(&Edit::Region(RegionEdit::Remove(ids.clone())));
    }

    /// Arranges the placements `ids` as a grid, in their painting order, from the canvas point `origin`.
    ///
    /// Fails without any change for the reasons of [`Grid::positions`].
    pub fn arrange(&mut self, ids: &PlacementIds, grid: &Grid, origin: Point) -> Result<()> {
        let places = self.arranged(ids, grid, origin)?;
        self.apply(&Edit::Place(places));
        Ok(())
    }

    /// The positions that [`arrange`](Self::arrange) gives the placements `ids`.
    pub fn arranged(&self, ids: &PlacementIds, grid: &Grid, origin: Point) -> Result<Vec<(PlacementId, Point)>> {
        let chosen: Vec<&Placement> = self.placements.iter().filter(|p| ids.contains(p.id)).collect();
        let sizes: Vec<_> = chosen.iter().map(|placement| placement.rect().size()).collect();
        let places = grid.positions(&sizes)?.into_iter();
        Ok(chosen
            .iter()
            .zip(places)
            .map(|(placement, place)| (placement.id, placement.position_at(origin + place)))
            .collect())
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
    fn moving_touches_only_the_given_placements() {
        let (mut mosaic, ids) = three();
        mosaic.move_by(&PlacementIds::from_iter([ids[1]]), 5.0, -2.0);
        let positions: Vec<_> = mosaic.placements.iter().map(|p| (p.position().x, p.position().y)).collect();
        assert_eq!(positions, [(0.0, 0.0), (5.0, -2.0), (0.0, 0.0)]);
        assert_eq!(mosaic.bounds(), Rect::new(0, -2, 15, 10));
    }

    #[test]
    fn the_topmost_visible_one_is_hit() {
        let (mut mosaic, ids) = three();
        let hit = |mosaic: &Mosaic| mosaic.at(Point::new(9.9, 0.0)).map(|p| p.id);
        assert_eq!(hit(&mosaic), Some(ids[2]));
        mosaic.set_visible(&PlacementIds::from_iter([ids[2]]), false);
        assert_eq!(hit(&mosaic), Some(ids[1]));
        mosaic.restack(&PlacementIds::from_iter([ids[0]]), Stacking::Front);
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

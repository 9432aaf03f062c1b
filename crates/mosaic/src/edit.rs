//! [`Edit`]: the changes of a document, and their application.

use std::sync::Arc;

use super::{
    Blend, BlendMode, Bookmark, BookmarkId, Changes, FilterStep, FlatField, GroupId, Margins, Mosaic, PixelSize,
    Placement, PlacementId, PlacementIds, RegionEdit, Stacking,
};
use crate::geometry::{Affine, Point, Rect};

/// How far beyond an image it may change what is blended, in canvas pixels.
const BLEND_REACH: i64 = 64;

/// One change of a document. Unknown ids and locked placements are skipped; `Lock` also applies to locked ones.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Add placements on top, in this order. Their ids are set.
    Add(Vec<Placement>),
    /// Remove placements. Their files are not touched.
    Remove(PlacementIds),
    /// Move placements, in canvas pixels.
    Move {
        ids: PlacementIds,
        by: Point,
    },
    /// Set the positions of upper left corners, in canvas pixels.
    Place(Vec<(PlacementId, Point)>),
    /// Rotate, scale or shear placements on the canvas, after their own transforms. Where edges stay straight and pixels keep their
    /// size, whole pixels stay whole.
    Transform {
        ids: PlacementIds,
        by: Affine,
    },
    /// Change a property of placements.
    Set {
        ids: PlacementIds,
        property: Property,
    },
    /// Replace the image of a placement by another of this size and kind.
    Show {
        id: PlacementId,
        shown: Box<Placement>,
    },
    /// Read placements, locked ones too, from other files: image, size and kind of these. For files that have moved.
    Relink(Vec<(PlacementId, Placement)>),
    /// Set the transforms of placements.
    Transforms(Vec<(PlacementId, Affine)>),
    /// Change the painting order of placements, keeping their order among each other.
    Restack {
        ids: PlacementIds,
        to: Stacking,
    },
    /// Make placements one group, which is chosen together. They leave the groups they were in.
    Group(PlacementIds),
    Region(RegionEdit),
    Bookmark(BookmarkEdit),
    /// Set the canvas rectangle; the bounds of all placements if `None`.
    Canvas(Option<Rect>),
    /// Set the background, red, green, blue.
    Background([u8; 3]),
    /// Set what the composed canvas goes through.
    Filters(Vec<FilterStep>),
    /// The size of a canvas pixel; what the images say of theirs if `None`.
    PixelSize(Option<PixelSize>),
    /// What a pixel shows that several images cover.
    Blend(Blend),
    /// What evens out the light of all images.
    FlatField(Option<Arc<FlatField>>),
}

/// A property of a placement. See the fields of [`Placement`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Property {
    Visible(bool),
    Locked(bool),
    Group(Option<GroupId>),
    Subpixel(bool),
    Crop(Margins),
    /// Each sample except alpha becomes `gain` · sample + `offset`.
    Gain {
        gain: f32,
        offset: f32,
    },
    /// From 0 (transparent) to 1 (opaque).
    Opacity(f32),
}

/// A change of the saved views.
#[derive(Debug, Clone, PartialEq)]
pub enum BookmarkEdit {
    /// Add a bookmark; its id is set, and its name if it has none.
    Add(Bookmark),
    Rename(BookmarkId, String),
    Remove(BookmarkId),
}

impl Mosaic {
    /// Applies `edit` and returns what it touched; empty if it changed nothing. The cost depends on what is touched, not on the
    /// size of the document.
    pub fn apply(&mut self, edit: &Edit) -> Changes {
        let whole = |mosaic: &Self| (mosaic.background, mosaic.placements.kind(), mosaic.blend);
        let before = whole(self);
        let mut changes = Changes::default();
        match edit {
            Edit::Add(placements) => self.add_all(placements, &mut changes),
            Edit::Remove(ids) => self.take_away(ids, &mut changes),
            Edit::Move { ids, by } => self.change(ids, &mut changes, |placement| {
                placement.set_position(placement.position() + *by);
            }),
            Edit::Place(places) => {
                for (id, position) in places {
                    self.change_one(*id, &mut changes, |placement| placement.set_position(*position));
                }
            }
            Edit::Transform { ids, by } => {
                self.change(ids, &mut changes, |placement| placement.transform_by(*by));
            }
            Edit::Set { ids, property: Property::Locked(locked) } => self.lock(ids, *locked, &mut changes),
            Edit::Set { ids, property } => self.change(ids, &mut changes, |placement| property.set(placement)),
            Edit::Show { id, shown } => self.change_one(*id, &mut changes, |placement| placement.show(shown)),
            Edit::Relink(found) => {
                for (id, shown) in found {
                    self.replace(*id, &mut changes, |placement| placement.show(shown));
                }
            }
            Edit::Transforms(transforms) => {
                for (id, transform) in transforms {
                    self.change_one(*id, &mut changes, |placement| placement.transform = *transform);
                }
            }
            Edit::Restack { ids, to } => self.put_in_order(ids, *to, &mut changes),
            Edit::Group(ids) => {
                self.last_id += 1;
                let group = Some(GroupId(self.last_id));
                self.change(ids, &mut changes, |placement| placement.group = group);
            }
            Edit::Region(edit) => self.edit_region(edit, &mut changes),
            Edit::Bookmark(edit) => self.edit_bookmark(edit, &mut changes),
            Edit::Canvas(canvas) => {
                changes.canvas = self.canvas != *canvas;
                self.canvas = *canvas;
            }
            Edit::Background(color) => self.background = *color,
            Edit::PixelSize(size) => {
                let size = size.filter(PixelSize::is_sound);
                changes.canvas = self.pixel_size != size;
                self.pixel_size = size;
            }
            Edit::Blend(blend) => self.blend = *blend,
            Edit::Filters(steps) => {
                changes.filters = self.filters != *steps;
                self.filters.clone_from(steps);
            }
            Edit::FlatField(field) => {
                changes.everything = self.flat_field != *field;
                self.flat_field.clone_from(field);
            }
        }
        self.placements.settle();
        changes.everything |= before != whole(self);
        if self.blend.mode == BlendMode::MultiBand {
            // A seam is smoothed beyond the edges of what made it.
            changes.areas.iter_mut().for_each(|area| *area = area.expand(BLEND_REACH));
        }
        changes.tidy();
        if let Some(record) = &mut self.record {
            record.merge(&changes);
        }
        changes
    }

    fn add_all(&mut self, placements: &[Placement], changes: &mut Changes) {
        for placement in placements {
            self.last_id += 1;
            let placement = Placement { id: PlacementId(self.last_id), ..placement.clone() };
            changes.placements.push(placement.id);
            changes.areas.extend(placement.visible.then(|| placement.rect()));
            self.placements.push(Arc::new(placement));
        }
    }

    fn take_away(&mut self, ids: &PlacementIds, changes: &mut Changes) {
        for id in ids.iter() {
            if self.placements.get(id).is_some_and(|placement| !placement.locked)
                && let Some(placement) = self.placements.remove(id)
            {
                changes.placements.push(id);
                changes.areas.extend(placement.visible.then(|| placement.rect()));
            }
        }
    }

    /// Changes those of `ids` that are not locked.
    fn change(&mut self, ids: &PlacementIds, changes: &mut Changes, change: impl Fn(&mut Placement)) {
        for id in ids.iter() {
            self.change_one(id, changes, &change);
        }
    }

    fn change_one(&mut self, id: PlacementId, changes: &mut Changes, change: impl FnOnce(&mut Placement)) {
        if self.placements.get(id).is_some_and(|placement| !placement.locked) {
            self.replace(id, changes, change);
        }
    }

    fn replace(&mut self, id: PlacementId, changes: &mut Changes, change: impl FnOnce(&mut Placement)) {
        let Some(before) = self.placements.shared(id).cloned() else { return };
        let mut after = (*before).clone();
        change(&mut after);
        if after == *before || !after.transform.is_finite() {
            return;
        }
        changes.placements.push(id);
        if !before.paints_like(&after) {
            let visible = [&*before, &after].into_iter().filter(|placement| placement.visible);
            changes.areas.extend(visible.map(Placement::rect));
        }
        self.placements.replace(Arc::new(after));
    }

    fn lock(&mut self, ids: &PlacementIds, locked: bool, changes: &mut Changes) {
        for id in ids.iter() {
            if let Some(before) = self.placements.get(id).filter(|placement| placement.locked != locked) {
                let after = Placement { locked, ..before.clone() };
                self.placements.replace(Arc::new(after));
                changes.placements.push(id);
            }
        }
    }

    fn put_in_order(&mut self, ids: &PlacementIds, to: Stacking, changes: &mut Changes) {
        let free = |id: &PlacementId| self.placements.get(*id).filter(|placement| !placement.locked);
        let moved: Vec<&Placement> = ids.iter().filter_map(|id| free(&id)).collect();
        let areas: Vec<Rect> = moved.iter().filter(|placement| placement.visible).map(|p| p.rect()).collect();
        let moved: Vec<PlacementId> = moved.iter().map(|placement| placement.id).collect();
        if self.placements.restack(&moved, to) {
            changes.areas.extend(areas);
            changes.placements.extend(moved);
        }
    }

    fn edit_bookmark(&mut self, edit: &BookmarkEdit, changes: &mut Changes) {
        match edit {
            BookmarkEdit::Add(bookmark) => {
                self.last_id += 1;
                let mut bookmark = Bookmark { id: BookmarkId(self.last_id), ..bookmark.clone() };
                if bookmark.name.is_empty() {
                    bookmark.name = format!("View {}", self.bookmarks.len() + 1);
                }
                changes.bookmarks.push(bookmark.id);
                self.bookmarks.push_back(bookmark);
            }
            BookmarkEdit::Rename(id, name) => {
                let found = self.bookmarks.iter().position(|known| known.id == *id && known.name != *name);
                if let Some(bookmark) = found.and_then(|at| self.bookmarks.get_mut(at)) {
                    bookmark.name.clone_from(name);
                    changes.bookmarks.push(*id);
                }
            }
            BookmarkEdit::Remove(id) => {
                if let Some(at) = self.bookmarks.iter().position(|known| known.id == *id) {
                    self.bookmarks.remove(at);
                    changes.bookmarks.push(*id);
                }
            }
        }
    }
}

impl Property {
    fn set(self, placement: &mut Placement) {
        match self {
            Self::Visible(visible) => placement.visible = visible,
            Self::Locked(locked) => placement.locked = locked,
            Self::Group(group) => placement.group = group,
            Self::Subpixel(subpixel) => placement.subpixel = subpixel,
            Self::Crop(crop) => placement.crop = crop.within(placement.size),
            Self::Gain { gain, offset } => (placement.gain, placement.offset) = (gain, offset),
            Self::Opacity(opacity) => placement.opacity = opacity.clamp(0.0, 1.0),
        }
    }
}

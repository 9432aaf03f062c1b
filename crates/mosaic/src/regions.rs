//! [`Regions`]: the regions of interest of a document, found by id and by place.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;
use mosaicist_shape::{Hit, Point, Roi};

use super::region::Region;
use super::{RoiId, SpatialIndex};
use crate::geometry::Rect;

/// Regions by id and place, in the order in which they were drawn. Persistent, as [`Placements`](super::Placements) are.
#[derive(Debug, Clone, Default)]
pub struct Regions {
    drawn: OrdMap<RoiId, Arc<Region>>,
    index: SpatialIndex,
}

impl Regions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.drawn.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.drawn.is_empty()
    }

    /// Whether both are one state, found without a look at the regions. Equal ones made apart are not.
    pub fn is_same(&self, other: &Self) -> bool {
        self.drawn.ptr_eq(&other.drawn)
    }

    /// In the order in which they were drawn.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Region> {
        self.drawn.values().map(|region| &**region)
    }

    /// The one of that id.
    pub fn get(&self, id: RoiId) -> Option<&Region> {
        self.drawn.get(&id).map(|region| &**region)
    }

    /// The one of that id, to keep.
    pub fn shared(&self, id: RoiId) -> Option<&Arc<Region>> {
        self.drawn.get(&id)
    }

    /// The next visible one in the order in which they were drawn, or the one before; from the other end after the last. The first,
    /// or the last, if `from` is none.
    pub fn next(&self, from: Option<RoiId>, back: bool) -> Option<&Region> {
        let visible = |region: &&Arc<Region>| !region.hidden;
        let all = || self.drawn.values();
        let found = match (from, back) {
            (Some(from), false) => {
                let later = self.drawn.range((Bound::Excluded(from), Bound::Unbounded)).map(|(_, region)| region);
                later.chain(all()).find(visible)
            }
            (Some(from), true) => {
                let earlier = self.drawn.range(..from).rev().map(|(_, region)| region);
                earlier.chain(all().rev()).find(visible)
            }
            (None, false) => all().find(visible),
            (None, true) => all().rev().find(visible),
        };
        found.map(|region| &**region)
    }

    /// Those whose bounds share a pixel with `rect`, in the order in which they were drawn.
    pub fn touching(&self, rect: Rect) -> impl DoubleEndedIterator<Item = &Region> {
        self.index.touching(rect).into_iter().filter_map(|id| self.get(RoiId(id)))
    }

    /// Whether the bounds of more than `count` share a pixel with `rect`.
    pub fn is_crowded(&self, rect: Rect, count: usize) -> bool {
        self.index.is_crowded(rect, count)
    }

    /// The visible region at a point: the one whose edge is nearest, if that is within `tolerance` pixels, comes before what merely
    /// holds the point, so that a line over an area can be taken; of equals, the one drawn last.
    pub fn hit(&self, point: Point, tolerance: f64) -> Option<(&Region, Hit)> {
        let (x, y) = (point.x.floor() as i64, point.y.floor() as i64);
        let around = Rect::new(x, y, x + 1, y + 1).expand(tolerance.ceil().clamp(0.0, 1e12) as i64 + 1);
        let visible = self.touching(around).filter(|region| !region.hidden);
        let hits = visible.filter_map(|region| Some((region, region.geometry.hit(point, tolerance)?)));
        let edge = |hit: &Hit| if hit.distance <= tolerance { hit.distance } else { f64::INFINITY };
        hits.min_by(|(a, hit_a), (b, hit_b)| edge(hit_a).total_cmp(&edge(hit_b)).then(b.id.cmp(&a.id)))
    }

    /// Regions as a list by themselves, as files hold them: what refers to one outside of it refers to none.
    pub fn listed(&self, ids: impl IntoIterator<Item = RoiId>) -> Vec<Roi> {
        let regions: Vec<&Region> = ids.into_iter().filter_map(|id| self.get(id)).collect();
        let places: HashMap<RoiId, u32> = (0..).zip(&regions).map(|(index, region)| (region.id, index)).collect();
        let place = |region: &Region| region.parent.and_then(|parent| places.get(&parent).copied());
        regions.iter().map(|region| Roi { parent: place(region), ..region.roi.clone() }).collect()
    }

    /// Add one, or replace the one of its id.
    pub(crate) fn put(&mut self, region: Region) {
        let (id, rect) = (region.id, region.rect());
        let before = self.drawn.insert(id, Arc::new(region)).map(|before| before.rect());
        if before == Some(rect) {
            return;
        }
        if let Some(before) = before {
            self.index.remove(id.0, before);
        }
        self.index.insert(id.0, rect, id.0 as i64);
    }

    /// Removes one.
    pub(crate) fn remove(&mut self, id: RoiId) -> Option<Arc<Region>> {
        let region = self.drawn.remove(&id)?;
        self.index.remove(id.0, region.rect());
        Some(region)
    }
}

impl PartialEq for Regions {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.drawn == other.drawn
    }
}

impl std::ops::Index<usize> for Regions {
    type Output = Region;

    /// The one at an index of the order, which must exist. Linear in `index`.
    fn index(&self, number: usize) -> &Region {
        self.iter().nth(number).unwrap_or_else(|| panic!("no region number {number}"))
    }
}

impl<'a> IntoIterator for &'a Regions {
    type Item = &'a Region;
    type IntoIter = Box<dyn DoubleEndedIterator<Item = &'a Region> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl FromIterator<Region> for Regions {
    fn from_iter<I: IntoIterator<Item = Region>>(regions: I) -> Self {
        let mut all = Self::default();
        regions.into_iter().for_each(|region| all.put(region));
        all
    }
}

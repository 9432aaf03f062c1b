//! [`Regions`]: the regions of interest of a document, found by id and by place.

use imbl::OrdMap;

use super::{Roi, RoiId, SpatialIndex};
use crate::geometry::Rect;

/// Regions by id and place, in the order in which they were drawn. Persistent, as [`Placements`](super::Placements) are.
#[derive(Debug, Clone, Default)]
pub struct Regions {
    drawn: OrdMap<RoiId, Roi>,
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

    /// In the order in which they were drawn.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Roi> {
        self.drawn.values()
    }

    /// The one of that id.
    pub fn get(&self, id: RoiId) -> Option<&Roi> {
        self.drawn.get(&id)
    }

    /// Those whose bounds share a pixel with `rect`, in the order in which they were drawn.
    pub fn touching(&self, rect: Rect) -> impl DoubleEndedIterator<Item = &Roi> {
        self.index.touching(rect).into_iter().filter_map(|id| self.drawn.get(&RoiId(id)))
    }

    /// Add one, or replace the one of its id.
    pub(crate) fn put(&mut self, region: Roi) {
        self.remove(region.id);
        self.index.insert(region.id.0, region.shape.bounds(), region.id.0 as i64);
        self.drawn.insert(region.id, region);
    }

    /// Removes one.
    pub(crate) fn remove(&mut self, id: RoiId) -> Option<Roi> {
        let region = self.drawn.remove(&id)?;
        self.index.remove(id.0, region.shape.bounds());
        Some(region)
    }
}

impl PartialEq for Regions {
    fn eq(&self, other: &Self) -> bool {
        self.drawn == other.drawn
    }
}

impl std::ops::Index<usize> for Regions {
    type Output = Roi;

    /// The one at an index of the order, which must exist. Linear in `index`.
    fn index(&self, number: usize) -> &Roi {
        self.iter().nth(number).unwrap_or_else(|| panic!("no region number {number}"))
    }
}

impl<'a> IntoIterator for &'a Regions {
    type Item = &'a Roi;
    type IntoIter = Box<dyn DoubleEndedIterator<Item = &'a Roi> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl FromIterator<Roi> for Regions {
    fn from_iter<I: IntoIterator<Item = Roi>>(regions: I) -> Self {
        let mut all = Self::default();
        regions.into_iter().for_each(|region| all.put(region));
        all
    }
}

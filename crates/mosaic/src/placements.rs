//! [`Placements`]: the images of a document in painting order, found by id and by place.
//!
//! Persistent: clones share everything, and the cost of a change does not depend on the number of placements.

use std::sync::Arc;

use imbl::OrdMap;

use super::{Placement, PlacementId, SpatialIndex};
use crate::geometry::Rect;
use crate::pixels::PixelKind;

/// Images by painting order, id and place.
#[derive(Debug, Clone, Default)]
pub struct Placements {
    /// By rank: later ones lie on top.
    painted: OrdMap<i64, Arc<Placement>>,
    ranks: OrdMap<PlacementId, i64>,
    index: SpatialIndex,
    bounds: Rect,
    /// Whether `bounds` may have shrunk.
    is_loose: bool,
    /// How many visible ones there are of each kind of pixel.
    kinds: Vec<(Option<PixelKind>, usize)>,
}

impl Placements {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.painted.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.painted.is_empty()
    }

    /// In painting order: later ones lie on top.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Placement> {
        self.painted.values().map(|placement| &**placement)
    }

    /// The lowest one.
    pub fn front(&self) -> Option<&Placement> {
        self.painted.get_min().map(|(_, placement)| &**placement)
    }

    /// The one of that id.
    pub fn get(&self, id: PlacementId) -> Option<&Placement> {
        self.shared(id).map(|placement| &**placement)
    }

    /// The placement of that id. Documents share unchanged placements.
    pub fn shared(&self, id: PlacementId) -> Option<&Arc<Placement>> {
        self.painted.get(self.ranks.get(&id)?)
    }

    /// Whether one of that id is there.
    pub fn contains(&self, id: PlacementId) -> bool {
        self.ranks.contains_key(&id)
    }

    /// Those that share a pixel with `rect`, in painting order, hidden ones included.
    pub fn touching(&self, rect: Rect) -> Vec<PlacementId> {
        self.index.touching(rect).into_iter().map(PlacementId).collect()
    }

    /// Whether more than `count` share a pixel with `rect`; visits few more than that.
    pub fn is_crowded(&self, rect: Rect, count: usize) -> bool {
        self.index.is_crowded(rect, count)
    }

    /// The smallest rectangle around all, in canvas pixels.
    pub fn bounds(&self) -> Rect {
        self.bounds
    }

    /// The pixel type that can hold every visible one; `None` if no kind is known.
    pub fn kind(&self) -> Option<PixelKind> {
        self.kinds.iter().filter_map(|(kind, _)| *kind).reduce(PixelKind::joined)
    }

    /// How many are visible.
    pub fn visible(&self) -> usize {
        self.kinds.iter().map(|(_, count)| count).sum()
    }

    /// Inserts a placement on top, replacing the one of its id.
    pub(crate) fn push(&mut self, placement: Arc<Placement>) {
        self.remove(placement.id);
        let rank = self.painted.get_max().map_or(0, |(rank, _)| rank + 1);
        self.put(rank, placement);
    }

    /// Replaces the one of the same id, keeping its painting order.
    pub(crate) fn replace(&mut self, placement: Arc<Placement>) {
        if let Some(rank) = self.ranks.get(&placement.id).copied() {
            let (was_loose, rect) = (self.is_loose, placement.rect());
            let before = self.take(rank);
            if before.is_some_and(|before| before.rect() == rect) {
                self.is_loose = was_loose;
            }
            self.put(rank, placement);
        }
    }

    /// Removes one.
    pub(crate) fn remove(&mut self, id: PlacementId) -> Option<Arc<Placement>> {
        let rank = self.ranks.remove(&id)?;
        self.take(rank)
    }

    /// Raises those of `ids` above all others (`true`) or lowers them below, keeping their order.
    pub(crate) fn restack(&mut self, ids: &[PlacementId], to_top: bool) {
        let was_loose = self.is_loose;
        let mut ranks: Vec<i64> = ids.iter().filter_map(|id| self.ranks.get(id).copied()).collect();
        ranks.sort_unstable();
        let moved: Vec<_> = ranks.into_iter().filter_map(|rank| self.take(rank)).collect();
        let ends = (self.painted.get_min(), self.painted.get_max());
        let first = if to_top {
            ends.1.map_or(0, |(rank, _)| rank + 1)
        } else {
            ends.0.map_or(0, |(rank, _)| rank - moved.len() as i64)
        };
        for (rank, placement) in (first..).zip(moved) {
            self.put(rank, placement);
        }
        self.is_loose = was_loose;
    }

    /// Whether those of `ids` are the ones above all others (`true`) or below.
    pub(crate) fn is_stacked(&self, ids: &[PlacementId], to_top: bool) -> bool {
        let chosen: std::collections::HashSet<_> = ids.iter().copied().collect();
        let count = chosen.len();
        let mut ends: Box<dyn Iterator<Item = &Placement>> =
            if to_top { Box::new(self.iter().rev().take(count)) } else { Box::new(self.iter().take(count)) };
        ends.all(|placement| chosen.contains(&placement.id))
    }

    /// Recomputes the bounds from all placements if they may have shrunk. Call after every change.
    pub(crate) fn settle(&mut self) {
        if std::mem::take(&mut self.is_loose) {
            self.bounds = self.iter().fold(Rect::default(), |all, placement| all.union(placement.rect()));
        }
    }

    fn put(&mut self, rank: i64, placement: Arc<Placement>) {
        let (id, rect) = (placement.id, placement.rect());
        self.index.insert(id.0, rect, rank);
        self.bounds = self.bounds.union(rect);
        if placement.visible {
            match self.kinds.iter_mut().find(|(kind, _)| *kind == placement.kind) {
                Some((_, count)) => *count += 1,
                None => self.kinds.push((placement.kind, 1)),
            }
        }
        self.ranks.insert(id, rank);
        self.painted.insert(rank, placement);
    }

    fn take(&mut self, rank: i64) -> Option<Arc<Placement>> {
        let placement = self.painted.remove(&rank)?;
        let (rect, all) = (placement.rect(), self.bounds);
        self.index.remove(placement.id.0, rect);
        let inner = rect.x0 > all.x0 && rect.y0 > all.y0 && rect.x1 < all.x1 && rect.y1 < all.y1;
        self.is_loose |= !inner && !rect.is_empty();
        if placement.visible
            && let Some(at) = self.kinds.iter().position(|(kind, _)| *kind == placement.kind)
        {
            self.kinds[at].1 -= 1;
            self.kinds.retain(|(_, count)| *count > 0);
        }
        Some(placement)
    }
}

impl PartialEq for Placements {
    fn eq(&self, other: &Self) -> bool {
        self.painted.ptr_eq(&other.painted) || self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl std::ops::Index<PlacementId> for Placements {
    type Output = Placement;

    /// The one of that id, which must be there.
    fn index(&self, id: PlacementId) -> &Placement {
        self.get(id).unwrap_or_else(|| panic!("no placement {}", id.0))
    }
}

impl std::ops::Index<usize> for Placements {
    type Output = Placement;

    /// The one at an index of the painting order, which must exist. Linear in `index`.
    fn index(&self, number: usize) -> &Placement {
        self.iter().nth(number).unwrap_or_else(|| panic!("no placement number {number}"))
    }
}

impl<'a> IntoIterator for &'a Placements {
    type Item = &'a Placement;
    type IntoIter = Box<dyn DoubleEndedIterator<Item = &'a Placement> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl FromIterator<Placement> for Placements {
    fn from_iter<I: IntoIterator<Item = Placement>>(placements: I) -> Self {
        let mut all = Self::default();
        placements.into_iter().for_each(|placement| all.push(Arc::new(placement)));
        all.settle();
        all
    }
}

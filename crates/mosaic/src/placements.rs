//! [`Placements`]: the images of a document in painting order, found by id and by place.
//!
//! Persistent: clones share everything, and the cost of a change does not depend on the number of placements.

use std::sync::Arc;

use imbl::OrdMap;

use super::{Placement, PlacementId, PlacementIds, SpatialIndex};
use crate::geometry::Rect;
use crate::pixels::PixelKind;

/// How far apart ranks are, so that others fit in between.
const SPACING: i64 = 1 << 20;

/// Where placements go in the painting order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stacking {
    /// Above all others.
    Front,
    /// Above the next one that they overlap.
    Forward,
    /// Below the next one that they overlap.
    Backward,
    /// Below all others.
    Back,
}

/// Images by painting order, id and place.
#[derive(Debug, Clone, Default)]
pub struct Placements {
    /// By rank: later ones lie on top.
    painted: OrdMap<i64, Arc<Placement>>,
    ranks: OrdMap<PlacementId, i64>,
    ids: Arc<PlacementIds>,
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

    /// The ids of all.
    pub fn ids(&self) -> &Arc<PlacementIds> {
        &self.ids
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
        self.ids.contains(id)
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
        let rank = self.painted.get_max().map_or(0, |(rank, _)| rank + SPACING);
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
        Arc::make_mut(&mut self.ids).remove(id);
        self.take(rank)
    }

    /// Changes the painting order of those of `ids`, keeping their order among each other. Returns whether anything changed.
    pub(crate) fn restack(&mut self, ids: &[PlacementId], to: Stacking) -> bool {
        let chosen: PlacementIds = ids.iter().copied().filter(|id| self.contains(*id)).collect();
        let (moved, above) = match to {
            Stacking::Front | Stacking::Back if self.is_stacked(ids, to == Stacking::Front) => return false,
            Stacking::Front => (self.ranks_of(&chosen), self.painted.get_max().map(|(rank, _)| *rank)),
            Stacking::Back => (self.ranks_of(&chosen), None),
            Stacking::Forward | Stacking::Backward => {
                let forward = to == Stacking::Forward;
                let Some(beside) = self.next_overlapped(&chosen, forward) else { return false };
                let mut moved = self.ranks_of(&chosen);
                moved.retain(|rank| (*rank < beside) == forward);
                let above =
                    if forward { Some(beside) } else { self.painted.get_prev(&(beside - 1)).map(|(rank, _)| *rank) };
                (moved, above)
            }
        };
        self.put_above(&moved, above);
        true
    }

    /// The ranks of those, in order.
    fn ranks_of(&self, chosen: &PlacementIds) -> Vec<i64> {
        let mut ranks: Vec<i64> = chosen.iter().filter_map(|id| self.ranks.get(&id).copied()).collect();
        ranks.sort_unstable();
        ranks
    }

    /// The rank nearest above (`true`) or below one of `chosen` whose image, visible and not one of them, it overlaps.
    fn next_overlapped(&self, chosen: &PlacementIds, above: bool) -> Option<i64> {
        let next = chosen.iter().filter_map(|id| {
            let (rank, placement) = (self.ranks.get(&id)?, self.get(id)?);
            let others = self.touching(placement.rect()).into_iter().filter(|other| !chosen.contains(*other));
            let others = others.filter(|other| self.get(*other).is_some_and(|other| other.visible));
            let ranks = others.filter_map(|other| self.ranks.get(&other).copied());
            if above { ranks.filter(|other| other > rank).min() } else { ranks.filter(|other| other < rank).max() }
        });
        if above { next.min() } else { next.max() }
    }

    /// Put those of the ranks `moved` just above the rank `above`; below all if that is `None`.
    fn put_above(&mut self, moved: &[i64], above: Option<i64>) {
        let was_loose = self.is_loose;
        let count = moved.len() as i64;
        let taken: Vec<_> = moved.iter().filter_map(|rank| self.take(*rank)).collect();
        let (low, high) = if let Some(above) = above {
            let next = self.painted.get_next(&(above + 1)).map(|(rank, _)| *rank);
            (above, next.unwrap_or(above + (count + 1) * SPACING))
        } else {
            let first = self.painted.get_min().map_or(0, |(rank, _)| *rank);
            (first - (count + 1) * SPACING, first)
        };
        let (mut low, mut step) = (low, (high - low) / (count + 1));
        if step == 0 {
            // Between these two there is no room any more.
            let below = self.painted.range(..=low).count() as i64;
            self.respace(count + 1);
            (low, step) = ((below - 1) * (count + 1) * SPACING, SPACING);
        }
        for (number, placement) in (1..).zip(taken) {
            self.put(low + number * step, placement);
        }
        self.is_loose = was_loose;
    }

    /// Give all new ranks, with room for others in between.
    fn respace(&mut self, room: i64) {
        let ranks: Vec<i64> = self.painted.keys().copied().collect();
        let all: Vec<_> = ranks.into_iter().filter_map(|rank| self.take(rank)).collect();
        for (number, placement) in (0..).zip(all) {
            self.put(number * room * SPACING, placement);
        }
    }

    /// Whether those of `ids` are the ones above all others (`true`) or below.
    pub(crate) fn is_stacked(&self, ids: &[PlacementId], to_top: bool) -> bool {
        let chosen: PlacementIds = ids.iter().copied().collect();
        let count = chosen.len();
        let mut ends: Box<dyn Iterator<Item = &Placement>> =
            if to_top { Box::new(self.iter().rev().take(count)) } else { Box::new(self.iter().take(count)) };
        ends.all(|placement| chosen.contains(placement.id))
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
        if self.ranks.insert(id, rank).is_none() {
            Arc::make_mut(&mut self.ids).insert(id);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Size};
    use crate::{Edit, GroupId, Mosaic};

    /// Five tiles: the first four overlap in a row, the fifth lies far away.
    fn row() -> (Mosaic, Vec<PlacementId>) {
        let mut mosaic = Mosaic::default();
        let at = |x: f64| Placement::new("a.png", Size::new(10, 10)).at(Point::new(x, 0.0));
        let ids = [0.0, 5.0, 8.0, 9.0, 900.0].map(|x| mosaic.add(at(x))).into();
        (mosaic, ids)
    }

    fn order(mosaic: &Mosaic) -> Vec<u64> {
        mosaic.placements.iter().map(|placement| placement.id.0).collect()
    }

    #[test]
    fn forward_and_backward_pass_the_next_one_that_overlaps() {
        let (mut mosaic, ids) = row();
        let one = PlacementIds::from_iter([ids[0]]);
        let steps = [
            (Stacking::Forward, [2, 1, 3, 4, 5]),
            (Stacking::Forward, [2, 3, 1, 4, 5]),
            (Stacking::Forward, [2, 3, 4, 1, 5]),
            (Stacking::Forward, [2, 3, 4, 1, 5]),
            (Stacking::Front, [2, 3, 4, 5, 1]),
            (Stacking::Backward, [2, 3, 1, 4, 5]),
            (Stacking::Back, [1, 2, 3, 4, 5]),
            (Stacking::Backward, [1, 2, 3, 4, 5]),
        ];
        for (to, expected) in steps {
            let before = order(&mosaic);
            let changes = mosaic.apply(&Edit::Restack { ids: one.clone(), to });
            assert_eq!(order(&mosaic), expected, "{to:?}");
            assert_eq!(changes.is_empty(), before == expected, "{to:?}");
        }
        mosaic.restack(&PlacementIds::from_iter([ids[0], ids[2]]), Stacking::Forward);
        assert_eq!(order(&mosaic), [2, 1, 3, 4, 5], "the other is above already");
        mosaic.restack(&PlacementIds::from_iter([ids[0], ids[1]]), Stacking::Back);
        assert_eq!(order(&mosaic), [2, 1, 3, 4, 5]);
        mosaic.restack(&PlacementIds::from_iter([ids[1], ids[0]]), Stacking::Forward);
        assert_eq!(order(&mosaic), [3, 2, 1, 4, 5], "in their order");
    }

    #[test]
    fn there_is_always_room_in_between() {
        let (mut mosaic, ids) = row();
        for _ in 0..60 {
            // Each time between the same two, which halves the room.
            mosaic.restack(&PlacementIds::from_iter([ids[2]]), Stacking::Backward);
            mosaic.restack(&PlacementIds::from_iter([ids[1]]), Stacking::Forward);
            mosaic.restack(&PlacementIds::from_iter([ids[1]]), Stacking::Backward);
            mosaic.restack(&PlacementIds::from_iter([ids[2]]), Stacking::Forward);
        }
        assert_eq!(order(&mosaic), [1, 2, 3, 4, 5]);
        assert_eq!(mosaic.placements.touching(Rect::new(9, 0, 10, 1)), ids[..4], "the index knows the order");
    }

    #[test]
    fn a_group_gets_a_number_of_its_own() {
        let (mut mosaic, ids) = row();
        mosaic.apply(&Edit::Group(PlacementIds::from_iter([ids[0], ids[1]])));
        mosaic.apply(&Edit::Group(PlacementIds::from_iter([ids[1], ids[2]])));
        let groups: Vec<_> = ids.iter().map(|id| mosaic.placements[*id].group).collect();
        assert_eq!(groups, [Some(GroupId(6)), Some(GroupId(7)), Some(GroupId(7)), None, None]);
        assert_eq!(mosaic.add(Placement::new("b.png", Size::new(1, 1))), PlacementId(8));
    }
}

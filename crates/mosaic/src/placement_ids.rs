//! [`PlacementIds`]: a set of placements.

use std::fmt;

use roaring::RoaringTreemap;

use super::PlacementId;

/// A set of placements, in ascending order of their ids. A compressed bitmap: the ids of a document are mostly consecutive, so that a
/// set of 360,000 takes some tens of KiB, and is copied, compared and joined in microseconds.
#[derive(Clone, Default, PartialEq)]
pub struct PlacementIds(RoaringTreemap);

impl PlacementIds {
    /// How many there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.0.len()).unwrap_or(usize::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `id` is one of them.
    pub fn contains(&self, id: PlacementId) -> bool {
        self.0.contains(id.0)
    }

    /// Adds one. Returns whether it is new.
    pub fn insert(&mut self, id: PlacementId) -> bool {
        self.0.insert(id.0)
    }

    /// Takes one out. Returns whether it was there.
    pub fn remove(&mut self, id: PlacementId) -> bool {
        self.0.remove(id.0)
    }

    /// All, ascending.
    pub fn iter(&self) -> impl Iterator<Item = PlacementId> + '_ {
        self.0.iter().map(PlacementId)
    }

    /// The smallest.
    pub fn first(&self) -> Option<PlacementId> {
        self.0.min().map(PlacementId)
    }

    /// The one with `number` smaller ones before it. Doesn't walk through those.
    pub fn nth(&self, number: usize) -> Option<PlacementId> {
        self.0.select(number as u64).map(PlacementId)
    }

    /// The only one, if there is just one.
    pub fn only(&self) -> Option<PlacementId> {
        self.first().filter(|_| self.0.len() == 1)
    }

    /// Whether all of these are in `others` too.
    pub fn is_subset(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    /// Those of either.
    #[must_use]
    pub fn union(&self, others: &Self) -> Self {
        Self(&self.0 | &others.0)
    }

    /// Those of both.
    #[must_use]
    pub fn intersection(&self, others: &Self) -> Self {
        Self(&self.0 & &others.0)
    }

    /// Those of these that are not in `others`.
    #[must_use]
    pub fn difference(&self, others: &Self) -> Self {
        Self(&self.0 - &others.0)
    }
}

impl Eq for PlacementIds {}

impl fmt::Debug for PlacementIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<PlacementId> for PlacementIds {
    fn from_iter<I: IntoIterator<Item = PlacementId>>(ids: I) -> Self {
        Self(ids.into_iter().map(|id| id.0).collect())
    }
}

impl Extend<PlacementId> for PlacementIds {
    fn extend<I: IntoIterator<Item = PlacementId>>(&mut self, ids: I) {
        self.0.extend(ids.into_iter().map(|id| id.0));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn numbers(ids: &PlacementIds) -> Vec<u64> {
        ids.iter().map(|id| id.0).collect()
    }

    proptest! {
        #[test]
        fn behaves_as_a_sorted_set(a in prop::collection::vec(0u64..300, 0..200), b in prop::collection::vec(0u64..300, 0..200)) {
            let set = |from: &[u64]| from.iter().copied().map(PlacementId).collect::<PlacementIds>();
            let (ids, others) = (set(&a), set(&b));
            let (a, b): (BTreeSet<u64>, BTreeSet<u64>) = (a.into_iter().collect(), b.into_iter().collect());
            prop_assert_eq!(numbers(&ids), a.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(numbers(&ids.union(&others)), a.union(&b).copied().collect::<Vec<_>>());
            prop_assert_eq!(numbers(&ids.intersection(&others)), a.intersection(&b).copied().collect::<Vec<_>>());
            prop_assert_eq!(numbers(&ids.difference(&others)), a.difference(&b).copied().collect::<Vec<_>>());
            prop_assert_eq!(ids.is_subset(&others), a.is_subset(&b));
            prop_assert_eq!(ids.len(), a.len());
            prop_assert_eq!(ids.only().is_some(), a.len() == 1);
            for (number, id) in a.iter().enumerate() {
                prop_assert_eq!(ids.nth(number), Some(PlacementId(*id)));
            }
            prop_assert_eq!(ids.nth(a.len()), None);
        }
    }
}

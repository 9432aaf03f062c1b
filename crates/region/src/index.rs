//! [`BoundsIndex`]: which of many shapes that are to be rasterized lie in a rectangle, without looking at all of them.
//!
//! The regions of a document are found by its own index, which changes with it.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use mosaicist_shape::Bounds;

type Entry = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// Bounds in an R-tree, by their index in the list it was made from.
#[derive(Debug, Clone, Default)]
pub(crate) struct BoundsIndex {
    tree: RTree<Entry>,
}

impl BoundsIndex {
    /// An index of `bounds` in their order; what is empty or not finite is never found.
    pub(crate) fn new(bounds: impl IntoIterator<Item = Bounds>) -> Self {
        let entries = (0..).zip(bounds).filter_map(|(index, bounds)| entry(index, bounds)).collect();
        Self { tree: RTree::bulk_load(entries) }
    }

    /// Those that touch `bounds`, in their order.
    pub(crate) fn touching(&self, bounds: Bounds) -> Vec<u32> {
        let mut found: Vec<u32> = self.unsorted(bounds).collect();
        found.sort_unstable();
        found
    }

    /// The same in no order.
    pub(crate) fn unsorted(&self, bounds: Bounds) -> impl Iterator<Item = u32> {
        let envelope = AABB::from_corners([bounds.x0, bounds.y0], [bounds.x1, bounds.y1]);
        self.tree.locate_in_envelope_intersecting(&envelope).map(|entry| entry.data)
    }
}

fn entry(index: u32, bounds: Bounds) -> Option<Entry> {
    let finite = [bounds.x0, bounds.y0, bounds.x1, bounds.y1].iter().all(|value| value.is_finite());
    let rectangle = || Rectangle::from_corners([bounds.x0, bounds.y0], [bounds.x1, bounds.y1]);
    (finite && !bounds.is_empty()).then(|| GeomWithData::new(rectangle(), index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_is_found_in_order_and_unsound_bounds_never() {
        let square = |x: f64| Bounds::at(x, 0.0, 10.0, 10.0);
        let unsound = Bounds { x0: f64::NAN, ..square(0.0) };
        let index = BoundsIndex::new([square(30.0), square(5.0), unsound, Bounds::EMPTY, square(0.0)]);
        assert_eq!(index.touching(square(-2.0)), [1, 4]);
        assert_eq!(index.touching(square(20.0)), [0]);
        assert!(index.touching(square(100.0)).is_empty());
    }
}

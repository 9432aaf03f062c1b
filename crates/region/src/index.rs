//! [`RoiIndex`]: which of many regions lie in a rectangle or under a point, without looking at all of them.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::core_geometry::Point;
use mosaicist_shape::{Bounds, Hit, Roi};

type Entry = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// The bounds of regions in an R-tree, by their index in the list it was made from.
#[derive(Debug, Clone, Default)]
pub struct RoiIndex {
    tree: RTree<Entry>,
}

impl RoiIndex {
    /// An index of `rois` in their order.
    pub fn new(rois: &[Roi]) -> Self {
        Self::of_bounds(rois.iter().map(|roi| roi.geometry.bounds()))
    }

    /// An index of `bounds` in their order; what is empty or not finite is never found.
    pub fn of_bounds(bounds: impl IntoIterator<Item = Bounds>) -> Self {
        let entries = (0..).zip(bounds).filter_map(|(index, bounds)| entry(index, bounds)).collect();
        Self { tree: RTree::bulk_load(entries) }
    }

    /// The number of regions in it.
    pub fn len(&self) -> usize {
        self.tree.size()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Region `index` has changed its bounds from `before` to `after`.
    pub fn update(&mut self, index: u32, before: Bounds, after: Bounds) {
        if let Some(old) = entry(index, before) {
            self.tree.remove(&old);
        }
        if let Some(new) = entry(index, after) {
            self.tree.insert(new);
        }
    }

    /// The regions whose bounds touch `bounds`, in their order.
    pub fn touching(&self, bounds: Bounds) -> Vec<u32> {
        let mut found: Vec<u32> = self.unsorted(bounds).collect();
        found.sort_unstable();
        found
    }

    /// The same in no order, for those who only count or draw.
    pub fn unsorted(&self, bounds: Bounds) -> impl Iterator<Item = u32> {
        let envelope = AABB::from_corners([bounds.x0, bounds.y0], [bounds.x1, bounds.y1]);
        self.tree.locate_in_envelope_intersecting(&envelope).map(|entry| entry.data)
    }

    /// The topmost visible region of `rois`, the list it was made from, at `point`: what has an edge within `tolerance` pixels
    /// comes before what merely holds the point, so that a line over an area can be taken; of equals, the later one.
    pub fn hit(&self, rois: &[Roi], point: Point, tolerance: f64) -> Option<(u32, Hit)> {
        let around = Bounds { x0: point.x, y0: point.y, x1: point.x, y1: point.y }.expand(tolerance);
        let hits = self.unsorted(around).filter_map(|index| {
            let roi = rois.get(index as usize).filter(|roi| !roi.hidden)?;
            Some((index, roi.geometry.hit(point, tolerance)?))
        });
        hits.max_by_key(|(index, hit)| (hit.distance <= tolerance, *index))
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
    use mosaicist_shape::Geometry;

    fn rois() -> Vec<Roi> {
        let square = |x: f64| Roi::new(Geometry::rectangle(x, 0.0, 10.0, 10.0));
        vec![square(0.0), square(5.0), Roi::new(Geometry::Line([Point::new(0.0, 5.0), Point::new(20.0, 5.0)]))]
    }

    #[test]
    fn the_topmost_is_hit_and_edges_come_first() {
        let mut rois = rois();
        let index = RoiIndex::new(&rois);
        let hit = |rois: &[Roi], x, y| index.hit(rois, Point::new(x, y), 0.5).map(|(index, _)| index);
        assert_eq!(hit(&rois, 7.0, 2.0), Some(1));
        assert_eq!(hit(&rois, 2.0, 2.0), Some(0));
        assert_eq!(hit(&rois, 7.0, 5.3), Some(2));
        assert_eq!(hit(&rois, 7.0, 30.0), None);
        rois[1].hidden = true;
        assert_eq!(hit(&rois, 7.0, 2.0), Some(0), "what is hidden is not hit");
    }

    #[test]
    fn a_moved_region_is_found_at_its_new_place() {
        let mut rois = rois();
        let mut index = RoiIndex::new(&rois);
        let before = rois[0].geometry.bounds();
        rois[0].geometry = Geometry::rectangle(100.0, 100.0, 5.0, 5.0);
        index.update(0, before, rois[0].geometry.bounds());
        assert_eq!(index.touching(Bounds::at(99.0, 99.0, 3.0, 3.0)), [0]);
        assert_eq!(index.touching(before), [1, 2]);
    }
}

//! [`Frame`]: the box around what is selected, which handles are attached to.

use std::sync::Arc;

use super::tile_command::Chosen;
use crate::geometry::{Affine, Point};
use crate::mosaic::{Extent, History, Mosaic, Placement, PlacementId, Revision};

/// The box around the selected placements: of a single one along its own edges, of several upright.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    /// On the canvas: upper left, upper right, lower right, lower left, of a single image as it is stored.
    pub(super) corners: [Point; 4],
    /// The upright box around it.
    pub(super) extent: Extent,
    /// The placement, if it is a single one.
    pub(super) single: Option<PlacementId>,
    /// Whether none of them may be changed.
    pub(super) is_locked: bool,
}

impl Frame {
    /// Of those; `None` if none of them is there.
    pub(super) fn of(mosaic: &Mosaic, chosen: &Chosen) -> Option<Self> {
        let placements = || chosen.iter().filter_map(|id| mosaic.placement(id));
        let is_locked = placements().all(|placement| placement.locked);
        if chosen.len() == 1 {
            let one = placements().next()?;
            return Some(Self { corners: one.corners(), extent: one.extent(), single: Some(one.id), is_locked });
        }
        let extent = if chosen.len() == mosaic.placements.len() && !chosen.is_empty() {
            mosaic.placements.bounds().into()
        } else {
            placements().map(Placement::extent).reduce(Extent::union)?
        };
        let (Point { x: x0, y: y0 }, Point { x: x1, y: y1 }) = (extent.min, extent.max);
        let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)].map(|(x, y)| Point::new(x, y));
        Some(Self { corners, extent, single: None, is_locked })
    }

    pub(super) fn middle(&self) -> Point {
        let [a, _, c, _] = self.corners;
        Point::new(f64::midpoint(a.x, c.x), f64::midpoint(a.y, c.y))
    }

    /// From (0, 0) at the upper left to (1, 1) at the lower right to the canvas.
    pub(super) fn to_canvas(&self) -> Affine {
        let [a, b, _, d] = self.corners;
        Affine { a: b.x - a.x, b: b.y - a.y, c: d.x - a.x, d: d.y - a.y, e: a.x, f: a.y }
    }

    /// How long its edges are, across and down, in canvas pixels.
    pub(super) fn size(&self) -> (f64, f64) {
        let Affine { a, b, c, d, .. } = self.to_canvas();
        (a.hypot(b), c.hypot(d))
    }

    /// What scales it along its own edges; the point `fixed` of it, from (0, 0) to (1, 1), stays. `None` if it has no area.
    pub(super) fn scaling(&self, across: f64, down: f64, fixed: Point) -> Option<Affine> {
        let (map, (width, height)) = (self.to_canvas(), self.size());
        // An upright frame isn't rotated at all: no rounding.
        let turn = Affine { a: map.a / width, b: map.b / width, c: map.c / height, d: map.d / height, e: 0.0, f: 0.0 };
        let back = turn.invert()?;
        Some(back.then(Affine::scale(across, down)).then(turn).about(map.apply(fixed)))
    }

    /// The same transformed.
    pub(super) fn transformed(&self, by: Affine) -> [Point; 4] {
        self.corners.map(|corner| by.apply(corner))
    }
}

/// The frame that was found last, and of what.
#[derive(Default)]
pub(super) struct FrameCache {
    of: Option<(Revision, Chosen)>,
    found: Option<Frame>,
    first: Option<PlacementId>,
}

impl FrameCache {
    /// Find it again if the document or what is selected has changed. Looks at all that is selected then.
    pub(super) fn follow(&mut self, history: &History, chosen: &Chosen) {
        let is_known =
            |(revision, known): &(Revision, Chosen)| *revision == history.revision() && Arc::ptr_eq(known, chosen);
        if !self.of.as_ref().is_some_and(is_known) {
            let is_same = self.of.as_ref().is_some_and(|(_, known)| Arc::ptr_eq(known, chosen));
            if !is_same {
                self.first = chosen.first();
            }
            self.found = Frame::of(history.now(), chosen);
            self.of = Some((history.revision(), Arc::clone(chosen)));
        }
    }

    /// The first of `chosen`, if the frame of that was found.
    pub(super) fn first(&self, chosen: &Chosen) -> Option<PlacementId> {
        let (_, known) = self.of.as_ref()?;
        self.first.filter(|_| Arc::ptr_eq(known, chosen))
    }

    /// That of `chosen`, if it is the one that was found.
    pub(super) fn of(&self, chosen: &Chosen) -> Option<&Frame> {
        let (_, known) = self.of.as_ref()?;
        self.found.as_ref().filter(|_| Arc::ptr_eq(known, chosen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::mosaic::PlacementIds;

    #[test]
    fn the_frame_of_one_is_along_its_edges_and_of_many_upright() {
        let mut mosaic = Mosaic::default();
        let turned = Affine::rotation(90.0).then(Affine::translation(Point::new(20.0, 0.0)));
        let one = mosaic.add(Placement { transform: turned, ..Placement::new("a.png", Size::new(30, 20)) });
        let other = mosaic.add(Placement::new("b.png", Size::new(10, 10)).at(Point::new(90.0, 50.0)));
        let frame = Frame::of(&mosaic, &Arc::new(PlacementIds::from_iter([one]))).unwrap();
        assert_eq!(frame.corners[..2], [Point::new(20.0, 0.0), Point::new(20.0, 30.0)]);
        assert_eq!((frame.size(), frame.middle()), ((30.0, 20.0), Point::new(10.0, 15.0)));
        let both = Frame::of(&mosaic, &Arc::new(PlacementIds::from_iter([one, other]))).unwrap();
        assert_eq!((both.extent.min, both.extent.max), (Point::default(), Point::new(100.0, 60.0)));
        assert_eq!(both.single, None);
        assert_eq!(Frame::of(&mosaic, &Chosen::default()), None);
    }
}

//! The box around the selected regions, which handles are attached to.

use std::sync::Arc;

use super::ChosenRegions;
use crate::app::frame::Frame;
use crate::geometry::Point;
use crate::mosaic::{Extent, History, Mosaic, Region, Revision};
use crate::region::{Bounds, Geometry};

/// The frame that was found last, and of what.
#[derive(Default)]
pub(in crate::app) struct RegionFrame {
    of: Option<(Revision, ChosenRegions)>,
    found: Option<Frame>,
}

impl RegionFrame {
    /// Find it again if the document or what is selected has changed. Looks at all that is selected then.
    pub(in crate::app) fn follow(&mut self, history: &History, chosen: &ChosenRegions) {
        let is_known = |(revision, known): &(Revision, ChosenRegions)| {
            *revision == history.revision() && Arc::ptr_eq(known, chosen)
        };
        if !self.of.as_ref().is_some_and(is_known) {
            self.found = of_all(history.now(), chosen);
            self.of = Some((history.revision(), Arc::clone(chosen)));
        }
    }

    /// That of `chosen`, if it is the one that was found.
    pub(in crate::app) fn of(&self, chosen: &ChosenRegions) -> Option<&Frame> {
        let (_, known) = self.of.as_ref()?;
        self.found.as_ref().filter(|_| Arc::ptr_eq(known, chosen))
    }
}

fn of_all(mosaic: &Mosaic, chosen: &ChosenRegions) -> Option<Frame> {
    let regions = || chosen.iter().filter_map(|id| mosaic.region(*id)).filter(|region| !region.hidden);
    if chosen.len() == 1 {
        return regions().next().map(frame_of);
    }
    let bounds = regions().fold(Bounds::EMPTY, |all, region| all.union(region.geometry.bounds()));
    let is_locked = regions().all(|region| region.locked);
    (!bounds.is_empty()).then(|| upright(bounds, is_locked))
}

/// The frame of one region: along its own axes, if it has some.
pub(in crate::app) fn frame_of(region: &Region) -> Frame {
    let rotated = |center: Point, width: f64, height: f64, angle: f64| {
        let turned = Geometry::RotatedRectangle { center, width, height, angle };
        let corners = turned.polygons().first().map(|polygon| polygon.exterior.to_vec()).unwrap_or_default();
        corners.try_into().ok()
    };
    let bounds = region.geometry.bounds();
    let along: Option<[Point; 4]> = match region.geometry {
        Geometry::RotatedRectangle { center, width, height, angle } => rotated(center, width, height, angle),
        Geometry::Ellipse { center, rx, ry, angle } => rotated(center, 2.0 * rx, 2.0 * ry, angle),
        _ => None,
    };
    let frame = upright(bounds, region.locked);
    Frame { corners: along.unwrap_or(frame.corners), ..frame }
}

fn upright(bounds: Bounds, is_locked: bool) -> Frame {
    let extent = Extent { min: Point::new(bounds.x0, bounds.y0), max: Point::new(bounds.x1, bounds.y1) };
    Frame { corners: bounds.corners(), extent, single: None, is_locked }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mosaic::Edit;
    use crate::mosaic::RegionEdit;
    use crate::region::Roi;

    #[test]
    fn a_rotated_shape_has_its_own_axes_and_many_have_an_upright_box() {
        let mut mosaic = Mosaic::default();
        let turned = Geometry::RotatedRectangle {
            center: Point::new(10.0, 10.0),
            width: 8.0,
            height: 2.0,
            angle: std::f64::consts::FRAC_PI_2,
        };
        let rois = vec![Roi::new(turned), Roi::new(Geometry::rectangle(20.0, 0.0, 5.0, 5.0))];
        mosaic.apply(&Edit::Region(RegionEdit::Add(rois)));
        let ids: Vec<_> = mosaic.regions.iter().map(|region| region.id).collect();
        let history = History::new(mosaic);
        let mut cache = RegionFrame::default();
        let one: ChosenRegions = Arc::new([ids[0]].into());
        cache.follow(&history, &one);
        let (width, height) = cache.of(&one).unwrap().size();
        assert!((width - 8.0).abs() < 1e-9 && (height - 2.0).abs() < 1e-9, "{width} {height}");
        let both: ChosenRegions = Arc::new(ids.into_iter().collect());
        assert_eq!(cache.of(&both), None);
        cache.follow(&history, &both);
        assert_eq!(cache.of(&both).unwrap().extent.max.x, 25.0);
    }
}

//! The box around the selected regions, which handles are attached to.

use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError};

use super::ChosenRegions;
use crate::app::frame::Frame;
use crate::app::scene::in_background;
use crate::geometry::Point;
use crate::mosaic::{Extent, History, Mosaic, Region, Revision};
use crate::region::{Bounds, Geometry};

/// The frame of more regions than this is found in the background.
const MOST_AT_ONCE: usize = 500;

/// What a frame is of: a state of the document, and what is selected of it.
type Of = (Revision, ChosenRegions);

/// The frame that was found last, and of what.
#[derive(Default)]
pub(in crate::app) struct RegionFrame {
    of: Option<Of>,
    found: Option<Frame>,
    making: Option<(Of, Receiver<Option<Frame>>)>,
}

impl RegionFrame {
    /// Find it again if the document or what is selected has changed. Looks at all that is selected then, in the background if that
    /// is much: until it is found, there is none, or that of the document before.
    pub(in crate::app) fn follow(&mut self, history: &History, chosen: &ChosenRegions, context: &egui::Context) {
        if let Some(found) = self.making.as_ref().map(|(_, made)| made.try_recv()) {
            match found {
                Err(TryRecvError::Empty) => {}
                // Its thread panicked.
                Err(TryRecvError::Disconnected) => self.making = None,
                Ok(found) => (self.of, self.found) = (self.making.take().map(|(of, _)| of), found),
            }
        }
        let is_current = |(revision, known): &Of| *revision == history.revision() && Arc::ptr_eq(known, chosen);
        if self.of.as_ref().is_some_and(is_current) || self.making.is_some() {
            return;
        }
        let of = (history.revision(), Arc::clone(chosen));
        if chosen.len() <= MOST_AT_ONCE {
            (self.of, self.found) = (Some(of), of_all(history.now(), chosen));
            return;
        }
        let (mosaic, chosen) = (Arc::clone(history.now()), Arc::clone(chosen));
        self.making = in_background(context, move || of_all(&mosaic, &chosen)).map(|made| (of, made));
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
        let context = egui::Context::default();
        cache.follow(&history, &one, &context);
        let (width, height) = cache.of(&one).unwrap().size();
        assert!((width - 8.0).abs() < 1e-9 && (height - 2.0).abs() < 1e-9, "{width} {height}");
        let both: ChosenRegions = Arc::new(ids.into_iter().collect());
        assert_eq!(cache.of(&both), None);
        cache.follow(&history, &both, &context);
        assert_eq!(cache.of(&both).unwrap().extent.max.x, 25.0);
    }

    #[test]
    fn the_frame_of_very_many_is_found_in_the_background() {
        let mut mosaic = Mosaic::default();
        let square = |n: usize| Roi::new(Geometry::rectangle(n as f64, 0.0, 5.0, 5.0));
        let ids = mosaic.add_regions((0..=MOST_AT_ONCE).map(square).collect());
        let all: ChosenRegions = Arc::new(ids.collect());
        let history = History::new(mosaic);
        let (mut cache, context) = (RegionFrame::default(), egui::Context::default());
        cache.follow(&history, &all, &context);
        while cache.making.is_some() {
            std::thread::yield_now();
            cache.follow(&history, &all, &context);
        }
        assert_eq!(cache.of(&all).unwrap().extent.max.x, MOST_AT_ONCE as f64 + 5.0);
    }
}

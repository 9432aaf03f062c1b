//! Values of the selected tiles, as fields and sliders change them.

use crate::app::frame::Frame;
use crate::app::tile_command::Chosen;
use crate::app::{Adjustment, App, CropSide};
use crate::geometry::{Affine, Point};
use crate::mosaic::{Edit, Margins, Mosaic, Placement, PlacementId, PlacementIds, Pose, Property};

impl App {
    pub(super) fn adjust(&mut self, adjustment: Adjustment) {
        let by = if let Adjustment::Nudge(by) = adjustment { by } else { Point::default() };
        self.edit_live(adjustment.label(), by, |mosaic, chosen, nudged| {
            let is_nudge = matches!(adjustment, Adjustment::Nudge(_));
            adjusted(mosaic, chosen, if is_nudge { Adjustment::Nudge(nudged) } else { adjustment });
        });
    }
}

/// Changes a value of the chosen tiles, as they are in `mosaic`.
fn adjusted(mosaic: &mut Mosaic, chosen: &Chosen, adjustment: Adjustment) {
    let Some(frame) = Frame::of(mosaic, chosen) else { return };
    match adjustment {
        Adjustment::Nudge(by) => mosaic.move_by(chosen, by.x, by.y),
        Adjustment::X(x) => mosaic.move_by(chosen, x - frame.extent.min.x, 0.0),
        Adjustment::Y(y) => mosaic.move_by(chosen, 0.0, y - frame.extent.min.y),
        Adjustment::Width(width) => scale(mosaic, chosen, &frame, width / frame.size().0, 1.0),
        Adjustment::Height(height) => scale(mosaic, chosen, &frame, 1.0, height / frame.size().1),
        Adjustment::Scale(factor) => repose(mosaic, chosen, |pose| {
            let mirrored = if pose.scale.0 < 0.0 { -1.0 } else { 1.0 };
            pose.scale = (factor * mirrored, factor);
        }),
        Adjustment::Rotation(degrees) if frame.single.is_some() => {
            repose(mosaic, chosen, |pose| pose.degrees = degrees);
        }
        Adjustment::Rotation(degrees) => {
            let by = Affine::rotation(degrees).about(frame.extent.middle());
            mosaic.apply(&Edit::Transform { ids: (**chosen).clone(), by });
        }
        Adjustment::Opacity(opacity) => mosaic.set(chosen, Property::Opacity(opacity)),
        Adjustment::Gain(gain) => each(mosaic, chosen, |p| Property::Gain { gain, offset: p.offset }),
        Adjustment::Offset(offset) => each(mosaic, chosen, |p| Property::Gain { gain: p.gain, offset }),
        Adjustment::Crop(side, pixels) => each(mosaic, chosen, |p| Property::Crop(with_side(p.crop, side, pixels))),
        Adjustment::Subpixel(on) => mosaic.set(chosen, Property::Subpixel(on)),
    }
}

/// Sets a property of each that may depend on the others of it.
fn each(mosaic: &mut Mosaic, chosen: &Chosen, property: impl Fn(&Placement) -> Property) {
    let all: Vec<(PlacementId, Property)> =
        chosen.iter().filter_map(|id| mosaic.placement(id)).map(|p| (p.id, property(p))).collect();
    for (id, property) in all {
        mosaic.set(&PlacementIds::from_iter([id]), property);
    }
}

fn with_side(crop: Margins, side: CropSide, pixels: u32) -> Margins {
    match side {
        CropSide::Left => Margins { left: pixels, ..crop },
        CropSide::Top => Margins { top: pixels, ..crop },
        CropSide::Right => Margins { right: pixels, ..crop },
        CropSide::Bottom => Margins { bottom: pixels, ..crop },
    }
}

/// Scales along the edges of the frame; its upper left corner stays.
fn scale(mosaic: &mut Mosaic, chosen: &Chosen, frame: &Frame, across: f64, down: f64) {
    let is_usable = |factor: f64| factor.is_finite() && factor > 0.0;
    if let Some(by) = frame.scaling(across, down, Point::default()).filter(|_| is_usable(across) && is_usable(down)) {
        mosaic.apply(&Edit::Transform { ids: (**chosen).clone(), by });
    }
}

/// Changes rotation or scale of each, about its own middle.
fn repose(mosaic: &mut Mosaic, chosen: &Chosen, change: impl Fn(&mut Pose)) {
    let transforms = chosen.iter().filter_map(|id| mosaic.placement(id)).map(|placement| {
        let part = placement.part();
        let middle = Point::new((part.x0 + part.x1) as f64 / 2.0, (part.y0 + part.y1) as f64 / 2.0);
        let mut pose = Pose::of(placement.transform, middle);
        change(&mut pose);
        (placement.id, placement.settled(pose.transform(middle)))
    });
    let transforms = transforms.collect();
    mosaic.apply(&Edit::Transforms(transforms));
}

#[cfg(test)]
mod tests {
    use crate::mosaic::PlacementIds;
    use std::sync::Arc;

    use super::*;
    use crate::geometry::Size;

    fn one() -> (Mosaic, Chosen) {
        let mut mosaic = Mosaic::default();
        let id = mosaic.add(Placement::new("a.png", Size::new(40, 20)).at(Point::new(10.0, 5.0)));
        (mosaic, Arc::new(PlacementIds::from_iter([id])))
    }

    fn bounds(mosaic: &Mosaic) -> [f64; 4] {
        let extent = mosaic.placements[0].extent();
        [extent.min.x, extent.min.y, extent.max.x, extent.max.y]
    }

    #[test]
    fn a_field_sets_what_it_says() {
        let (mut mosaic, chosen) = one();
        adjusted(&mut mosaic, &chosen, Adjustment::X(-3.0));
        adjusted(&mut mosaic, &chosen, Adjustment::Y(7.0));
        assert_eq!(bounds(&mosaic), [-3.0, 7.0, 37.0, 27.0]);
        adjusted(&mut mosaic, &chosen, Adjustment::Width(80.0));
        adjusted(&mut mosaic, &chosen, Adjustment::Height(10.0));
        assert_eq!(bounds(&mosaic), [-3.0, 7.0, 77.0, 17.0], "from the upper left corner");
        adjusted(&mut mosaic, &chosen, Adjustment::Scale(1.0));
        assert_eq!(bounds(&mosaic), [17.0, 2.0, 57.0, 22.0], "about the middle");
        assert!(mosaic.placements[0].is_plain(), "as the image is again");
        adjusted(&mut mosaic, &chosen, Adjustment::Rotation(90.0));
        assert_eq!(bounds(&mosaic), [27.0, -8.0, 47.0, 32.0]);
        adjusted(&mut mosaic, &chosen, Adjustment::Rotation(0.0));
        assert!(mosaic.placements[0].is_plain());
        adjusted(&mut mosaic, &chosen, Adjustment::Crop(CropSide::Left, 12));
        adjusted(&mut mosaic, &chosen, Adjustment::Crop(CropSide::Top, 3));
        adjusted(&mut mosaic, &chosen, Adjustment::Gain(2.0));
        adjusted(&mut mosaic, &chosen, Adjustment::Offset(-5.0));
        let placement = &mosaic.placements[0];
        assert_eq!((placement.crop.left, placement.crop.top), (12, 3));
        assert_eq!((placement.gain, placement.offset), (2.0, -5.0));
    }

    #[test]
    fn several_are_rotated_and_scaled_together() {
        let (mut mosaic, _) = one();
        mosaic.add(Placement::new("b.png", Size::new(40, 20)).at(Point::new(50.0, 5.0)));
        let both: Chosen = Arc::new(mosaic.placements.iter().map(|p| p.id).collect());
        adjusted(&mut mosaic, &both, Adjustment::Rotation(180.0));
        assert_eq!(bounds(&mosaic), [50.0, 5.0, 90.0, 25.0], "they have changed places");
        adjusted(&mut mosaic, &both, Adjustment::Width(160.0));
        assert_eq!(bounds(&mosaic), [90.0, 5.0, 170.0, 25.0]);
    }
}

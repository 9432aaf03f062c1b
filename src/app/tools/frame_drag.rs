//! A frame being scaled or rotated by one of its handles.

use egui::Modifiers;

use super::Preview;
use super::handles::{FrameHandle, unit};
use crate::app::Command;
use crate::app::frame::Frame;
use crate::app::regions::{ChosenRegions, RegionCommand};
use crate::app::tile_command::{Chosen, TileCommand};
use crate::geometry::{Affine, Point};

/// Degrees that Shift rotates by.
const TURN: f64 = 15.0;
/// No edge becomes shorter than this, in canvas pixels.
const SHORTEST: f64 = 1.0;

/// What the frame is of.
pub(super) enum Subject {
    Tiles(Chosen),
    Regions(ChosenRegions),
}

/// A drag of a handle.
pub(super) struct FrameDrag {
    subject: Subject,
    handle: FrameHandle,
    frame: Frame,
    start: Point,
    by: Affine,
    /// What is said beside the mouse.
    pub(super) text: String,
}

impl FrameDrag {
    pub(super) fn new(subject: Subject, handle: FrameHandle, frame: Frame, start: Point) -> Self {
        Self { subject, handle, frame, start, by: Affine::IDENTITY, text: String::new() }
    }

    /// The mouse is at a canvas point. Shift keeps proportions, or rotates in steps; Alt scales about the middle.
    pub(super) fn drag(&mut self, at: Point, modifiers: Modifiers) {
        match self.handle {
            FrameHandle::Rotate => {
                let degrees = rotation(self.frame.middle(), self.start, at, modifiers.shift);
                self.by = Affine::rotation(degrees).about(self.frame.middle());
                self.text = format!("{degrees:.1}°");
            }
            FrameHandle::Edge(x, y) => {
                let Some(scale) = scaled(&self.frame, (x, y), at - self.start, modifiers) else { return };
                self.by = scale;
                let [a, b, _, d] = self.corners();
                let length = |from: Point, to: Point| (to.x - from.x).hypot(to.y - from.y);
                self.text = format!("{:.0} × {:.0} px", length(a, b), length(a, d));
            }
        }
    }

    /// The corners of the frame as it is dragged.
    pub(super) fn corners(&self) -> [Point; 4] {
        self.frame.transformed(self.by)
    }

    pub(super) fn preview(&self) -> Preview<'_> {
        match &self.subject {
            Subject::Tiles(chosen) => Preview::Transformed(chosen, self.by),
            Subject::Regions(chosen) => Preview::Regions(chosen, self.by),
        }
    }

    pub(super) fn release(self) -> Vec<Command> {
        let (rotates, by) = (self.handle == FrameHandle::Rotate, self.by);
        if by == Affine::IDENTITY {
            return Vec::new();
        }
        match self.subject {
            Subject::Tiles(_) => {
                let label = if rotates { "Rotate tiles" } else { "Scale tiles" };
                vec![TileCommand::Transform { label, by }.into()]
            }
            Subject::Regions(_) => {
                let label = if rotates { "Rotate regions" } else { "Resize regions" };
                vec![RegionCommand::Transform { label, by }.into()]
            }
        }
    }
}

/// How far around `middle` it is from one point to another, in degrees, to a tenth.
fn rotation(middle: Point, from: Point, to: Point, in_steps: bool) -> f64 {
    let angle = |at: Point| (at.y - middle.y).atan2(at.x - middle.x).to_degrees();
    let turned = (angle(to) - angle(from) + 540.0).rem_euclid(360.0) - 180.0;
    if in_steps { (turned / TURN).round() * TURN } else { (turned * 10.0).round() / 10.0 }
}

/// What a frame is scaled by when one of its handles goes so far on the canvas. `None` where it has no area.
fn scaled(frame: &Frame, (x, y): (i8, i8), step: Point, modifiers: Modifiers) -> Option<Affine> {
    let back = frame.to_canvas().invert()?;
    let (width, height) = frame.size();
    // Along the frame's own edges, where each is 1 long.
    let moved = Affine { e: 0.0, f: 0.0, ..back }.apply(step);
    let both = if modifiers.alt { 2.0 } else { 1.0 };
    let along = |handle: i8, moved: f64, length: f64| {
        let factor = 1.0 + f64::from(handle) * moved * both;
        // To whole pixels, where the frame has them.
        let pixels = (factor * length).round().max(SHORTEST);
        if handle == 0 { 1.0 } else { pixels / length }
    };
    let (mut across, mut down) = (along(x, moved.x, width), along(y, moved.y, height));
    if modifiers.shift {
        let factor = match (x, y) {
            (0, _) => down,
            (_, 0) => across,
            _ if (across - 1.0).abs() > (down - 1.0).abs() => across,
            _ => down,
        };
        (across, down) = (factor, factor);
    }
    let fixed = if modifiers.alt { Point::new(0.5, 0.5) } else { unit((-x, -y)) };
    frame.scaling(across, down, fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::mosaic::Extent;

    fn frame() -> Frame {
        let extent = Extent::from(Rect::new(100, 50, 300, 150));
        let corners = [(100.0, 50.0), (300.0, 50.0), (300.0, 150.0), (100.0, 150.0)].map(|(x, y)| Point::new(x, y));
        Frame { corners, extent, single: None, is_locked: false }
    }

    fn box_after(handle: (i8, i8), step: (f64, f64), modifiers: Modifiers) -> [f64; 4] {
        let by = scaled(&frame(), handle, Point::new(step.0, step.1), modifiers).unwrap();
        let [a, _, c, _] = frame().transformed(by);
        [a.x, a.y, c.x, c.y].map(|value| (value * 1e6).round() / 1e6)
    }

    #[test]
    fn a_corner_follows_the_mouse_and_its_opposite_stays() {
        assert_eq!(box_after((1, 1), (20.0, 10.4), Modifiers::NONE), [100.0, 50.0, 320.0, 160.0]);
        assert_eq!(box_after((-1, -1), (20.0, 10.0), Modifiers::NONE), [120.0, 60.0, 300.0, 150.0]);
        assert_eq!(box_after((1, 0), (20.0, 99.0), Modifiers::NONE), [100.0, 50.0, 320.0, 150.0], "an edge: one way");
        assert_eq!(box_after((1, 1), (-900.0, 0.0), Modifiers::NONE), [100.0, 50.0, 101.0, 150.0], "never nothing");
    }

    #[test]
    fn shift_keeps_proportions_and_alt_the_middle() {
        assert_eq!(box_after((1, 1), (100.0, 3.0), Modifiers::SHIFT), [100.0, 50.0, 400.0, 200.0]);
        assert_eq!(box_after((1, 0), (20.0, 0.0), Modifiers::ALT), [80.0, 50.0, 320.0, 150.0]);
    }

    #[test]
    fn rotation_is_to_a_tenth_of_a_degree_or_in_steps() {
        let middle = Point::new(10.0, 10.0);
        let turned = |x: f64, y: f64, steps| rotation(middle, Point::new(10.0, 0.0), Point::new(x, y), steps);
        assert_eq!(turned(20.0, 10.0, false), 90.0, "clockwise");
        assert!((turned(0.0, 10.4, false) + 92.3).abs() < 1e-9);
        assert_eq!(turned(14.0, 0.0, true), 15.0);
    }
}

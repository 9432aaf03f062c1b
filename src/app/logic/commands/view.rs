//! Moves of the view, and pictures of it.

use crate::app::{Adjustment, App, ViewChange, ViewCommand};
use crate::geometry::Point;

/// Points on the screen that an arrow key pans.
const ARROW: f32 = 80.0;

impl App {
    pub(super) fn apply_view(&mut self, command: ViewCommand) {
        match command {
            ViewCommand::Zoom(zoom) => self.zoom(zoom),
            ViewCommand::Change(change) => self.change_view(change),
            ViewCommand::Pan(by) => self.pan(by),
            ViewCommand::CenterOn(point) => {
                self.pan(egui::Vec2::ZERO);
                self.documents.tab.view.center = point;
            }
            ViewCommand::Arrow(x, y) => self.arrow(x, y, false),
            ViewCommand::FarArrow(x, y) => self.arrow(x, y, true),
            ViewCommand::Shot(shot) => self.shoot(shot),
        }
    }

    /// An arrow moves selected tiles by a pixel, or else the view.
    fn arrow(&mut self, x: i8, y: i8, far: bool) {
        let (across, down) = (f64::from(x), f64::from(y));
        if self.layout.toolbox.is_for_tiles() && !self.documents.tab.selection.placements.is_empty() {
            let step = if far { 10.0 } else { 1.0 };
            self.adjust(Adjustment::Nudge(Point::new(across * step, down * step)));
        } else if far {
            self.change_view(ViewChange::Page(x, y));
        } else {
            self.change_view(ViewChange::Slide(egui::vec2(-across as f32, -down as f32) * ARROW));
        }
    }
}

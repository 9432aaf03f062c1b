//! The canvas before and after the filters, at both sides of a line.

use egui::{Painter, Stroke};

use super::Pane;
use super::picture::Picture;
use crate::app::tab::Before;

/// How wide the line between both is, in points.
const LINE: f32 = 1.5;

impl Pane<'_> {
    /// The canvas without filters, and where the line is on the screen, if both are to be seen.
    pub(super) fn before(&self) -> Option<(Picture, f32)> {
        let Before::Swipe(part) = self.tab.before else { return None };
        let is_filtered = self.tab.scene.canvas().is_some_and(|canvas| canvas.filtered.is_some());
        let original = self.composed_as(false).filter(|_| is_filtered)?;
        Some((original, egui::lerp(self.tab.screen.x_range(), part)))
    }

    /// Draws `before` to the left of the line, and `after` to its right.
    pub(super) fn draw_before(&self, painter: &Painter, (before, after): (&Picture, &Picture), line: f32, level: u32) {
        let (mut left, mut right) = (painter.clip_rect(), painter.clip_rect());
        left.max.x = left.max.x.min(line);
        right.min.x = right.min.x.max(line);
        self.draw_picture(&painter.with_clip_rect(left), before, level);
        self.draw_picture(&painter.with_clip_rect(right), after, level);
        let line = painter.round_to_pixel_center(line);
        painter.vline(line, self.tab.screen.y_range(), Stroke::new(LINE + 2.0, egui::Color32::from_black_alpha(120)));
        painter.vline(line, self.tab.screen.y_range(), Stroke::new(LINE, egui::Color32::WHITE));
    }
}

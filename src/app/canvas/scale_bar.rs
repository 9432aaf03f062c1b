//! The scale bar.

use egui::{Align2, Color32, FontId, Painter, Stroke};

use crate::app::theme::Palette;

/// A length of a round number of pixels, in the lower left.
pub(super) fn scale_bar(painter: &Painter, screen: egui::Rect, zoom: f64, colours: Palette) {
    let longest = 140.0 / zoom;
    let power = 10f64.powf(longest.log10().floor());
    let length = [5.0, 2.0, 1.0].into_iter().map(|n| n * power).find(|&n| n <= longest).unwrap_or(power);
    if length < 1.0 {
        return;
    }
    let width = (length * zoom) as f32;
    let corner = screen.left_bottom() + egui::vec2(14.0, -14.0);
    let ground = egui::Rect::from_min_max(corner + egui::vec2(-4.0, -32.0), corner + egui::vec2(width + 16.0, 2.0));
    painter.rect_filled(ground, 5.0, colours.scrim);
    let (left, right) = (corner + egui::vec2(6.0, -8.0), corner + egui::vec2(6.0 + width, -8.0));
    let stroke = Stroke::new(2.0, Color32::WHITE);
    painter.line_segment([left, right], stroke);
    for end in [left, right] {
        painter.line_segment([end, end - egui::vec2(0.0, 5.0)], stroke);
    }
    let middle = egui::pos2(f32::midpoint(left.x, right.x), left.y - 13.0);
    painter.text(middle, Align2::CENTER_CENTER, format!("{length} px"), FontId::proportional(11.0), Color32::WHITE);
}

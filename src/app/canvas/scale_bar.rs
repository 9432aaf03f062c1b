//! The scale bar.

use egui::{Align2, Color32, FontId, Painter, Stroke};

use crate::app::theme::Palette;
use crate::app::units::{Georeference, Unit, round_length};

/// The longest bar, in points.
const LONGEST: f64 = 140.0;

/// A round length in the lower left of `screen`.
pub(super) fn scale_bar(
    painter: &Painter,
    screen: egui::Rect,
    zoom: f64,
    georeference: &Georeference,
    unit: Unit,
    colors: Palette,
) {
    let pixel = georeference.pixel(unit);
    let length = round_length(LONGEST / zoom * pixel);
    if unit == Unit::Pixels && length < 1.0 || !length.is_finite() {
        return;
    }
    let width = (length / pixel * zoom) as f32;
    let corner = screen.left_bottom() + egui::vec2(14.0, -14.0);
    let font = FontId::proportional(11.0);
    let text = painter.layout_no_wrap(georeference.length(unit, length), font, Color32::WHITE);
    // The georeference is as wide as the text where the bar is shorter.
    let inner = width.max(text.size().x);
    let back = egui::Rect::from_min_max(corner + egui::vec2(-4.0, -32.0), corner + egui::vec2(inner + 16.0, 2.0));
    painter.rect_filled(back, 5.0, colors.scrim);
    let (left, right) = (
        egui::pos2(back.center().x - width / 2.0, corner.y - 8.0),
        egui::pos2(back.center().x + width / 2.0, corner.y - 8.0),
    );
    let stroke = Stroke::new(2.0, Color32::WHITE);
    painter.line_segment([left, right], stroke);
    for end in [left, right] {
        painter.line_segment([end, end - egui::vec2(0.0, 5.0)], stroke);
    }
    let at = Align2::CENTER_CENTER.anchor_size(egui::pos2(back.center().x, left.y - 13.0), text.size());
    painter.galley(at.min, text, Color32::WHITE);
}

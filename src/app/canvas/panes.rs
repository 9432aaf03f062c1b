//! Several canvases in a frame, side by side or one over another: where they lie, and what is drawn over them.

use std::sync::Arc;

use egui::{Align2, Color32, CursorIcon, FontId, Sense, Stroke};

use super::Pane;
use super::picture::Picture;
use crate::app::compare::Pair;
use crate::app::textures::{Shown, TileSource};
use crate::app::theme::palette;
use crate::geometry::Point;

/// Points between panes.
const GAP: f32 = 3.0;

impl Pane<'_> {
    /// Draws how far the pixels of this document and another are apart; multiplied by 2 to the power of `gain`.
    pub(in crate::app) fn draw_difference(&self, ui: &egui::Ui, painter: &egui::Painter, pair: &Arc<Pair>, gain: u32) {
        let bounds = self.tab.history.now().bounds();
        let number = self.textures.picture(Shown::Difference(pair.number));
        let origin = Point::new(bounds.x0 as f64, bounds.y0 as f64);
        let picture = Picture::at(origin, number, pair.size, TileSource::Difference(Arc::clone(pair), gain));
        self.draw_picture(painter, &picture, self.tab.view.level(ui.pixels_per_point()));
    }
}

/// The edge between two pictures one over another, at `swipe` of the width. Returns where it is dragged to.
pub(in crate::app) fn swipe_edge_ui(ui: &egui::Ui, area: egui::Rect, swipe: f32) -> Option<f32> {
    let edge = area.left() + area.width() * swipe;
    let handle = egui::Rect::from_center_size(egui::pos2(edge, area.center().y), egui::vec2(14.0, area.height()));
    let response = ui.interact(handle, ui.scope_id().with("swipe"), Sense::drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Swipe"));
    let dragged = response.interact_pointer_pos();
    let response = response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
    let color = if response.hovered() || response.dragged() { palette(ui).accent } else { Color32::WHITE };
    let painter = ui.painter();
    painter.vline(edge, area.y_range(), Stroke::new(3.0, Color32::from_black_alpha(120)));
    painter.vline(edge, area.y_range(), Stroke::new(1.5, color));
    let knob = egui::pos2(edge, area.center().y);
    painter.circle(knob, 9.0, palette(ui).scrim, Stroke::new(1.5, color));
    for side in [-1.0, 1.0] {
        let tip = knob + egui::vec2(side * 5.0, 0.0);
        let stroke = Stroke::new(1.5, color);
        painter.line_segment([tip, tip + egui::vec2(-side * 3.0, -3.0)], stroke);
        painter.line_segment([tip, tip + egui::vec2(-side * 3.0, 3.0)], stroke);
    }
    dragged.map(|position| ((position.x - area.left()) / area.width()).clamp(0.02, 0.98))
}

/// Where so many panes lie: two beside each other, else in rows of two.
pub(in crate::app) fn cells(area: egui::Rect, count: usize) -> Vec<egui::Rect> {
    let rows = count.div_ceil(2).max(1);
    let height = (area.height() - GAP * (rows - 1) as f32) / rows as f32;
    let place = |number: usize| {
        let (row, last) = (number / 2, number / 2 + 1 == rows);
        let columns = if last && count % 2 == 1 { 1 } else { 2 };
        let width = (area.width() - GAP * (columns - 1) as f32) / columns as f32;
        let corner = egui::vec2((number % 2) as f32 * (width + GAP), row as f32 * (height + GAP));
        egui::Rect::from_min_size(area.min + corner, egui::vec2(width, height))
    };
    (0..count).map(place).collect()
}

/// A short text on a dark ground, never wider than `width`.
pub(in crate::app) fn tag(ui: &egui::Ui, at: egui::Pos2, align: Align2, text: &str, width: f32) {
    if width < 60.0 {
        return;
    }
    let font = FontId::proportional(12.0);
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, Color32::WHITE);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width - 40.0);
    let galley = ui.painter().layout_job(job);
    let rect = align.anchor_size(at, galley.size() + egui::vec2(14.0, 6.0));
    ui.painter().rect_filled(rect, 4.0, palette(ui).scrim);
    ui.painter().galley(rect.min + egui::vec2(7.0, 3.0), galley, Color32::WHITE);
}

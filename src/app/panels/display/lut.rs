//! Scales of colors as strips.

use egui::{Color32, Mesh, Sense, Stroke, StrokeKind};

use super::palette;

/// A strip as wide as there is room.
pub(super) fn strip(ui: &mut egui::Ui, ramp: &[[u8; 3]; 256], inverted: bool) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 8.0), Sense::hover());
    paint(ui, rect, ramp, inverted);
}

/// A line of a list: strip and name. Whether it was chosen.
pub(super) fn choice(ui: &mut egui::Ui, ramp: &[[u8; 3]; 256], name: &str, chosen: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(egui::vec2(180.0, 22.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, name));
    let visuals = ui.style().interact_selectable(&response, chosen);
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 4.0, visuals.weak_bg_fill);
    }
    let strip = egui::Rect::from_min_size(rect.min + egui::vec2(6.0, 5.0), egui::vec2(72.0, 12.0));
    paint(ui, strip, ramp, false);
    let at = egui::pos2(strip.right() + 8.0, rect.center().y);
    let font = egui::TextStyle::Body.resolve(ui.style());
    ui.painter().text(at, egui::Align2::LEFT_CENTER, name, font, visuals.text_color());
    response.clicked()
}

fn paint(ui: &egui::Ui, rect: egui::Rect, ramp: &[[u8; 3]; 256], inverted: bool) {
    const STEPS: u32 = 64;
    let mut mesh = Mesh::default();
    for step in 0..=STEPS {
        let at = (step * 255 / STEPS) as usize;
        let [r, g, b] = ramp[if inverted { 255 - at } else { at }];
        let x = rect.left() + rect.width() * step as f32 / STEPS as f32;
        for y in [rect.top(), rect.bottom()] {
            mesh.colored_vertex(egui::pos2(x, y), Color32::from_rgb(r, g, b));
        }
        if step > 0 {
            let first = step * 2 - 2;
            mesh.add_triangle(first, first + 1, first + 2);
            mesh.add_triangle(first + 1, first + 3, first + 2);
        }
    }
    ui.painter().add(mesh);
    ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.0, palette(ui).border), StrokeKind::Outside);
}

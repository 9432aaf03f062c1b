//! The mosaic as a whole.

use crate::app::App;

pub(super) fn facts_ui(ui: &mut egui::Ui, app: &App) {
    let bounds = app.documents().tab.scene.bounds();
    let count = app.mosaic().placements.len();
    let images = if count == 1 { "image" } else { "images" };
    let text =
        format!("{count} {images}, {} × {} px, {:.1} Mpx", bounds.width(), bounds.height(), bounds.area() as f64 / 1e6);
    ui.add(egui::Label::new(text).wrap());
}

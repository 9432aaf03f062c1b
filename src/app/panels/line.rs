//! Text that is painted at a place.

use egui::Ui;

/// A text in one line, cut off with "…" where there is no room.
pub(super) fn line(ui: &Ui, at: egui::Pos2, width: f32, text: &str, style: egui::TextStyle, color: egui::Color32) {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), style.resolve(ui.style()), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(10.0));
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(at, galley, color);
}

//! The performance overlay (F12). It requests no repaints: it shows the last frame drawn.

use egui::{Color32, RichText, Stroke};

use crate::app::App;
use crate::app::hud::FRAMES;
use crate::app::theme::palette;
use crate::cache::LoaderStatus;
use crate::job::{resident, show_bytes};

/// The target for a frame's work, in milliseconds.
const GOAL: f32 = 4.0;

/// Tiles that were no longer requested when they were stopped or done, and the time that they took.
fn wasted(loader: LoaderStatus) -> String {
    let LoaderStatus { abandoned, unrequested, wasted, .. } = loader;
    format!("{abandoned} stopped, {unrequested} finished unrequested: {} ms", wasted.as_millis())
}

impl App {
    pub(in crate::app) fn hud_ui(&self, ui: &egui::Ui) {
        if !self.layout().performance.shown || self.mosaic().placements.is_empty() {
            return;
        }
        let (colors, figures) = (palette(ui), self.figures());
        let of = |(used, most): (u64, u64)| format!("{} of {}", show_bytes(used), show_bytes(most));
        let loader = figures.loader;
        let lines = [
            (
                "Frame",
                format!(
                    "{:.1} ms, 99 % under {:.1}",
                    self.layout().performance.under(0.5),
                    self.layout().performance.under(0.99)
                ),
            ),
            ("Missing", format!("{} in view", figures.lacking)),
            ("Loader", format!("{} waiting, {} running", loader.waiting, loader.running + loader.finished)),
            ("Made", loader.started.to_string()),
            ("Wasted", wasted(loader)),
            ("Decoded", format!("{} tiles", figures.decodes)),
            ("Cache", of(figures.decoded_bytes)),
            ("Textures", format!("{}: {}", figures.textures, of(figures.texture_bytes))),
            ("Memory", resident().map_or_else(|| "–".to_owned(), show_bytes)),
        ];
        let frame = egui::Frame::NONE.fill(colors.scrim).corner_radius(8.0).inner_margin(12.0);
        let corner = self.documents().tab.screen.left_top() + egui::vec2(14.0, 14.0);
        egui::Area::new(egui::Id::unique("figures")).fixed_pos(corner).interactable(false).show(ui.ctx(), |ui| {
            frame.show(ui, |ui| {
                egui::Grid::new("figures").spacing([14.0, 3.0]).show(ui, |ui| {
                    for (name, text) in lines {
                        ui.label(RichText::new(name).size(12.0).color(Color32::from_gray(170)));
                        ui.label(RichText::new(text).monospace().size(12.0).color(Color32::WHITE));
                        ui.end_row();
                    }
                });
                self.chart_ui(ui);
            });
        });
    }

    /// One bar for each frame; the line is the target.
    fn chart_ui(&self, ui: &mut egui::Ui) {
        let colors = palette(ui);
        let (chart, _) = ui.allocate_exact_size(egui::vec2(FRAMES as f32 * 2.0, 36.0), egui::Sense::hover());
        let (step, tall) = (chart.width() / FRAMES as f32, chart.height() / (4.0 * GOAL));
        for (number, &frame) in self.layout().performance.frames.iter().enumerate() {
            let x = chart.left() + step * number as f32;
            let top = chart.bottom() - (frame * tall).clamp(1.0, chart.height());
            let color = if frame > GOAL { colors.bad } else { colors.good };
            let bar = egui::Rect::from_min_max(egui::pos2(x, top), egui::pos2(x + step * 0.8, chart.bottom()));
            ui.painter().rect_filled(bar, 0.0, color);
        }
        let line = chart.bottom() - GOAL * tall;
        ui.painter().hline(chart.x_range(), line, Stroke::new(1.0, Color32::from_gray(120)));
    }
}

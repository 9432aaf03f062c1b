//! The first screen: open, drop, recent, example.

use egui::{RichText, Stroke, StrokeKind};

use super::super::theme::{Icon, icon, palette};
use super::super::{App, Command};

impl App {
    pub(super) fn welcome_ui(&mut self, ui: &mut egui::Ui) {
        let colours = palette(ui);
        let frame = egui::Frame::NONE.fill(colours.canvas);
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            let area = ui.max_rect();
            let hovering = ui.input(|input| !input.raw.hovered_files.is_empty());
            let height = if self.settings.recent.is_empty() { 262.0 } else { 430.0 };
            let card = egui::Rect::from_center_size(
                area.center(),
                egui::vec2(560.0, height).min(area.size() - egui::vec2(24.0, 24.0)),
            );
            let edge = if hovering { Stroke::new(2.0, colours.accent) } else { Stroke::new(1.0, colours.border) };
            ui.painter().rect(card, 14.0, ui.visuals().panel_fill, edge, StrokeKind::Inside);
            let inner =
                egui::UiBuilder::new().max_rect(card.shrink(28.0)).layout(egui::Layout::top_down(egui::Align::Center));
            ui.scope_builder(inner, |ui| {
                ui.label(icon(Icon::Grid3x3, 44.0).color(colours.accent));
                ui.add_space(2.0);
                ui.label(RichText::new("Drop images, a folder or a project here").size(19.0).color(colours.strong));
                let what = "Tiles are laid out as a mosaic; one image opens as it is. Any size.";
                ui.label(RichText::new(what).color(colours.weak));
                ui.add_space(14.0);
                self.welcome_buttons_ui(ui);
                ui.add_space(12.0);
                self.recent_ui(ui);
            });
        });
    }

    fn welcome_buttons_ui(&mut self, ui: &mut egui::Ui) {
        let size = egui::vec2(150.0, 36.0);
        let fill = palette(ui).accent_fill;
        ui.horizontal(|ui| {
            let gap = (ui.available_width() - 3.0 * size.x - 2.0 * ui.spacing().item_spacing.x) / 2.0;
            ui.add_space(gap.max(0.0));
            for (text, command, main) in [
                ("Open files…", Command::AskFiles, true),
                ("Open folder…", Command::AskFolder, false),
                ("See the example", Command::Demo, false),
            ] {
                let button = egui::Button::new(RichText::new(text).size(14.0)).min_size(size);
                if ui.add(if main { button.fill(fill) } else { button }).clicked() {
                    self.ask(command);
                }
            }
        });
    }

    fn recent_ui(&mut self, ui: &mut egui::Ui) {
        let recent = self.settings.recent.clone();
        let weak = palette(ui).weak;
        if recent.is_empty() {
            let text = "Wheel zooms at the cursor, dragging pans. Press ? for all shortcuts.";
            ui.label(RichText::new(text).color(weak));
            return;
        }
        ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
            ui.label(RichText::new("Recent").color(weak));
            for path in recent.into_iter().take(6) {
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                let folder = path.parent().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
                let text = egui::Button::selectable(false, RichText::new(format!("{name}   {folder}"))).truncate();
                if ui.add(text).on_hover_text(path.to_string_lossy()).clicked() {
                    self.ask(Command::Open(vec![path]));
                }
            }
        });
    }
}

//! The line over the canvas that says how what was opened is laid out, until it is closed.

use egui::{Align2, Id};

use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, LayoutCommand};

impl App {
    pub(super) fn layout_line_ui(&self, ui: &mut egui::Ui) {
        let Some(text) = self.layout_line().filter(|_| !self.mosaic().placements.is_empty()) else { return };
        let screen = self.documents().tab.screen;
        let colors = palette(ui);
        let area = egui::Area::new(Id::unique("layout line")).pivot(Align2::CENTER_TOP);
        area.fixed_pos(screen.center_top() + egui::vec2(0.0, 10.0)).constrain_to(screen).show(ui.ctx(), |ui| {
            egui::Frame::popup(ui.style()).inner_margin(egui::Margin::symmetric(12, 6)).show(ui, |ui| {
                ui.set_max_width((screen.width() - 60.0).max(120.0));
                ui.horizontal(|ui| {
                    let buttons = 120.0;
                    let room = (ui.available_width() - buttons).max(60.0);
                    ui.scope(|ui| {
                        ui.set_max_width(room);
                        ui.add(egui::Label::new(text).truncate()).on_hover_text(text);
                    });
                    if ui.link("Change…").on_hover_text("Choose another way to read the names").clicked() {
                        self.ask(LayoutCommand::ShowNames);
                    }
                    let close = ui.add(egui::Button::new(icon(Icon::X, 13.0).color(colors.weak)).frame(false));
                    close.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Close layout line"));
                    if close.on_hover_text("Close").clicked() {
                        self.ask(LayoutCommand::DismissLine);
                    }
                });
            });
        });
    }
}

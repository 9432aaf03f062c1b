//! What stands on the canvas of a document without images.

use egui::{Align2, Id, RichText, Ui};

use crate::app::theme::palette;
use crate::app::{App, Compare, EditCommand, FileCommand};

impl App {
    pub(super) fn empty_ui(&self, ui: &Ui) {
        let (tab, how) = (&self.documents().tab, self.documents().comparison.how);
        if !self.mosaic().placements.is_empty() || tab.is_blank() || how != Compare::One {
            return;
        }
        let (screen, colors) = (tab.screen, palette(ui));
        let area = egui::Area::new(Id::unique("empty")).pivot(Align2::CENTER_CENTER).fixed_pos(screen.center());
        // Regions that are left lie under it.
        let frame = egui::Frame::popup(ui.style()).inner_margin(egui::Margin::symmetric(20, 14));
        area.constrain_to(screen).show(ui.ctx(), |ui| {
            frame.show(ui, |ui| {
                ui.vertical_centered(|ui| {
                    ui.set_max_width(360.0);
                    ui.label(RichText::new("This document has no images").size(16.0).color(colors.strong));
                    let line = "It is open: Close in the File menu closes it.";
                    ui.label(RichText::new(line).color(colors.weak));
                    ui.add_space(8.0);
                    if let Some(label) = tab.history.undo_label()
                        && ui.add(egui::Button::new(format!("Undo: {label}")).fill(colors.accent_fill)).clicked()
                    {
                        self.ask(EditCommand::Undo);
                    }
                    if ui.button("Add images…").clicked() {
                        self.ask(FileCommand::AskMore);
                    }
                })
            });
        });
    }
}

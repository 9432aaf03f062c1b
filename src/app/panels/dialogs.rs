//! What lies over the window: a typed path, notices, the drop hint.

use std::path::PathBuf;

use egui::{Align2, Id, Key, Modal};

use super::super::state::TypedPath;
use super::super::theme::palette;
use super::super::{Answer, App, Ask, Command};

impl App {
    pub(super) fn dialogs_ui(&mut self, ui: &mut egui::Ui) {
        self.export_ui(ui);
        self.raw_ui(ui);
        self.typed_path_ui(ui);
        self.shortcuts_ui(ui);
        self.go_to_ui(ui);
        self.recovery_ui(ui);
        self.question_ui(ui);
        self.drop_hint_ui(ui);
    }

    /// What the path is for stays as it was when the dialog opened, whatever is typed.
    fn typed_path_ui(&mut self, ui: &mut egui::Ui) {
        let Some(TypedPath { ask, mut text }) = self.typed_path.take() else { return };
        let (heading, verb, hint) = match ask {
            Ask::Files | Ask::Folder => ("Open location", "Open", "A file, a folder of tiles or a .mosaic project"),
            Ask::More => ("Add images", "Add", "A file or a folder of tiles"),
            Ask::Raw => ("Import raw", "Import", "A file of plain samples"),
            Ask::SaveProject(_) => ("Save project as", "Save", "A .mosaic file"),
            Ask::SavePicture(_) => ("Save the view as a picture", "Save", "A .png, .jpg, .tif or .bmp file"),
            Ask::SaveExport(_) => ("Export to", "Choose", "A file or a folder to write"),
        };
        let mut done = None;
        let modal = modal(ui, "path").show(ui.ctx(), |ui| {
            ui.set_width(440.0);
            ui.heading(heading);
            let field = ui.add(egui::TextEdit::singleline(&mut text).desired_width(430.0).hint_text(hint));
            if !field.has_focus() && !field.lost_focus() {
                field.request_focus();
            }
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(6.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let go = egui::Button::new(verb).fill(palette(ui).accent_fill);
                let clicked = ui.add_enabled(!text.trim().is_empty(), go).clicked();
                if (clicked || entered) && !text.trim().is_empty() {
                    done = Some(Command::Typed(ask.clone(), PathBuf::from(text.trim())));
                }
                if ui.button("Cancel").clicked() {
                    ui.close();
                }
            });
        });
        match done {
            Some(command) => self.ask(command),
            None if modal.should_close() => self.ask(Command::Answer(Answer::Stay)),
            None => self.typed_path = Some(TypedPath { ask, text }),
        }
    }

    /// What has been done or has failed, until it is closed.
    pub(super) fn notices_ui(&mut self, ui: &mut egui::Ui) {
        if self.notices.is_empty() {
            return;
        }
        let colors = palette(ui);
        egui::Area::new(Id::unique("notices")).anchor(Align2::CENTER_BOTTOM, [0.0, -44.0]).show(ui.ctx(), |ui| {
            egui::Frame::popup(ui.style()).inner_margin(egui::Margin::symmetric(14, 10)).show(ui, |ui| {
                ui.set_max_width(640.0);
                for notice in &self.notices {
                    let color = if notice.bad { colors.bad } else { colors.good };
                    ui.horizontal(|ui| {
                        ui.colored_label(color, "●");
                        ui.add(egui::Label::new(&notice.text).wrap());
                    });
                }
                if ui.small_button("Close").clicked() {
                    self.ask(Command::DismissNotices);
                }
            });
        });
    }

    fn drop_hint_ui(&self, ui: &mut egui::Ui) {
        let count = ui.input(|input| input.raw.hovered_files.len());
        if count > 0 && !self.mosaic().placements.is_empty() {
            let text = format!("Drop to add {count} to the canvas");
            let at = self.tab.screen.center();
            let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop")));
            painter.rect_filled(self.tab.screen, 0.0, palette(ui).accent.gamma_multiply(0.2));
            painter.text(at, Align2::CENTER_CENTER, text, egui::FontId::proportional(24.0), egui::Color32::WHITE);
        }
    }
}

pub(super) fn modal(ui: &egui::Ui, name: &str) -> Modal {
    Modal::new(Id::unique(name)).frame(egui::Frame::popup(ui.style()).inner_margin(egui::Margin::same(20)))
}

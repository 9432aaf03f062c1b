//! What lies over the window: a typed path, shortcuts, notices, the drop hint.

use std::path::PathBuf;

use egui::{Align2, Id, Key, Modal};

use super::super::theme::palette;
use super::super::{App, Command, Shot};

impl App {
    pub(super) fn dialogs_ui(&mut self, ui: &mut egui::Ui) {
        self.export_ui(ui);
        self.raw_ui(ui);
        self.typed_path_ui(ui);
        self.shortcuts_ui(ui);
        self.go_to_ui(ui);
        self.unconfirmed_ui(ui);
        self.drop_hint_ui(ui);
    }

    fn typed_path_ui(&mut self, ui: &mut egui::Ui) {
        let Some(mut text) = self.typed_path.take() else { return };
        // A proposed name means that something is to be saved.
        let open = !self.mosaic().placements.is_empty();
        let picture = text.to_lowercase().ends_with(".png") && open;
        let saving = picture || text.to_lowercase().ends_with(".mosaic") && open;
        let mut done = None;
        let modal = modal(ui, "path").show(ui.ctx(), |ui| {
            ui.set_width(440.0);
            ui.heading(match (picture, saving) {
                (true, _) => "Save the view as a picture",
                (_, true) => "Save the project as",
                _ => "Open",
            });
            let hint = "A file, a folder of tiles or a .mosaic project";
            let field = ui.add(egui::TextEdit::singleline(&mut text).desired_width(430.0).hint_text(hint));
            if !field.has_focus() && !field.lost_focus() {
                field.request_focus();
            }
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(6.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let go = egui::Button::new(if saving { "Save" } else { "Open path" }).fill(palette(ui).accent_fill);
                let clicked = ui.add_enabled(!text.trim().is_empty(), go).clicked();
                if (clicked || entered) && !text.trim().is_empty() {
                    let path = PathBuf::from(text.trim());
                    done = Some(match (picture, saving) {
                        (true, _) => Command::Shot(Shot::SaveView(path)),
                        (_, true) => Command::SaveTo(path),
                        _ => Command::OpenTab(vec![path]),
                    });
                }
                if ui.button("Cancel").clicked() {
                    ui.close();
                }
            });
        });
        match done {
            Some(command) => self.ask(command),
            None if !modal.should_close() => self.typed_path = Some(text),
            None => {}
        }
    }

    fn unconfirmed_ui(&mut self, ui: &mut egui::Ui) {
        let Some(command) = self.unconfirmed.clone() else { return };
        let changed = self.tab.history.is_dirty();
        let (heading, text, go) = if changed {
            let text =
                "Since the last saving the arrangement or the regions have changed. The image files are never touched.";
            ("Changes are not saved", text, "Discard")
        } else {
            let text = "Leaving stops them. What takes longer than some seconds is kept: the same export, or the same \
                        command with --resume, goes on from there.";
            ("Exports are running", text, "Stop them and leave")
        };
        let modal = modal(ui, "unconfirmed").show(ui.ctx(), |ui| {
            ui.set_width(380.0);
            ui.heading(heading);
            ui.label(text);
            ui.add_space(8.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if changed && ui.add(egui::Button::new("Save").fill(palette(ui).accent_fill)).clicked() {
                    self.ask(Command::KeepChanges);
                    self.ask(Command::Save);
                }
                if ui.button(go).clicked() {
                    self.ask(Command::Discard(Box::new(command)));
                }
                if ui.button("Keep working").clicked() {
                    ui.close();
                }
            });
        });
        if modal.should_close() {
            self.ask(Command::KeepChanges);
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

//! The documents that a crash has left: each with its picture, where it belongs and when its copy was written.

use std::path::PathBuf;

use egui::{Button, Color32, RichText, Stroke, StrokeKind, Ui};

use super::super::recovery::Head;
use super::super::standing::{age, date};
use super::super::theme::{Icon, palette};
use super::super::{App, FileCommand};
use super::modal::{Title, buttons, main_button, modal};

/// Points of a picture.
const PICTURE: egui::Vec2 = egui::vec2(112.0, 84.0);
/// Points of the buttons beside a document.
const BUTTONS: f32 = 84.0;

/// A listed document.
struct Row {
    path: PathBuf,
    head: Head,
    picture: Option<egui::TextureHandle>,
}

impl App {
    /// Whether it stays open.
    pub(super) fn recovery_ui(&self, ui: &mut Ui) -> bool {
        let found = self.services().crashes.found.iter();
        let rows: Vec<_> = found
            .map(|(found, picture)| Row {
                path: found.path.clone(),
                head: found.head.clone(),
                picture: picture.clone(),
            })
            .collect();
        let many = if rows.len() == 1 { "This document" } else { "These documents" };
        let title = Title { name: "recovery", heading: "Recover unsaved changes?", width: 540.0 };
        modal(
            ui,
            title,
            &mut (),
            |ui, ()| {
                let text = format!("Mosaicist ended unexpectedly. {many} had changes that were not saved.");
                ui.add(egui::Label::new(text).wrap());
                ui.add_space(8.0);
                for row in &rows {
                    self.recovery_row_ui(ui, row);
                    ui.add_space(6.0);
                }
            },
            |ui, (), entered| {
                buttons(ui, |ui| {
                    if rows.len() > 1 && main_button(ui, "Recover all", true, entered) {
                        for row in &rows {
                            self.ask(FileCommand::Recover(row.path.clone()));
                        }
                    }
                    let later = ui.button("Decide later");
                    if later.on_hover_text("Recovery copies stay available in the File menu").clicked() {
                        ui.close();
                    }
                });
            },
        )
    }

    fn recovery_row_ui(&self, ui: &mut Ui, row: &Row) {
        ui.horizontal(|ui| {
            picture_ui(ui, row.picture.as_ref());
            let width = ui.available_width() - BUTTONS - ui.spacing().item_spacing.x;
            let size = egui::vec2(width, PICTURE.y);
            ui.allocate_ui_with_layout(size, egui::Layout::top_down(egui::Align::Min), |ui| {
                ui.set_min_size(size);
                let weak = palette(ui).weak;
                ui.add(egui::Label::new(RichText::new(&row.head.name).color(palette(ui).strong)).truncate());
                let place = row.head.project.as_ref();
                let place = place.map_or_else(|| "Never saved".into(), |project| project.to_string_lossy());
                ui.add(egui::Label::new(RichText::new(&*place).small().color(weak)).truncate()).on_hover_text(&*place);
                let time = row.head.written();
                let time = format!("{}, {}", age(time), date(time));
                ui.add(egui::Label::new(RichText::new(time).small().color(weak)).truncate());
            });
            ui.with_layout(egui::Layout::top_down(egui::Align::Center), |ui| {
                let size = egui::vec2(BUTTONS, 26.0);
                if ui.add(Button::new("Recover").fill(palette(ui).accent_fill).min_size(size)).clicked() {
                    self.ask(FileCommand::Recover(row.path.clone()));
                }
                let discard = ui.add(Button::new("Discard").min_size(size));
                if discard.on_hover_text("Removes these changes permanently").clicked() {
                    self.ask(FileCommand::DiscardRecovery(row.path.clone()));
                }
            });
        });
    }
}

fn picture_ui(ui: &mut Ui, picture: Option<&egui::TextureHandle>) {
    let colors = palette(ui);
    let (rect, _) = ui.allocate_exact_size(PICTURE, egui::Sense::hover());
    ui.painter().rect(rect, 6.0, colors.canvas, Stroke::new(1.0, colors.border), StrokeKind::Inside);
    let Some(texture) = picture else {
        let font = egui::FontId::new(26.0, egui::FontFamily::Name("icons".into()));
        ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, char::from(Icon::Image), font, colors.weak);
        return;
    };
    let inner = rect.shrink(4.0);
    let scale = (inner.size() / texture.size_vec2()).min_elem();
    let place = egui::Rect::from_center_size(inner.center(), texture.size_vec2() * scale);
    let whole = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
    ui.painter().image(texture.id(), place, whole, Color32::WHITE);
}

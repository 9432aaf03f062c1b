//! The dialog that shows an exact place: coordinates, zoom and angle.

use egui::{Key, RichText};

use super::super::go_to_form::GoToForm;
use super::super::theme::palette;
use super::super::{App, ViewChange, ViewCommand};
use super::dialogs::modal;

impl App {
    /// Whether it stays open.
    pub(super) fn go_to_ui(&self, ui: &mut egui::Ui, form: &mut GoToForm) -> bool {
        let (georeference, now, dense) = (self.georeference(), self.heading(), ui.pixels_per_point());
        let mut go = false;
        let modal = modal(ui, "go to").show(ui.ctx(), |ui| {
            ui.set_width(320.0);
            ui.heading("Go to");
            ui.add_space(6.0);
            let weak = palette(ui).weak;
            egui::Grid::new("go to fields").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| {
                let units = georeference.units();
                if units.len() > 1 {
                    ui.label(RichText::new("In").color(weak));
                    let before = form.unit;
                    egui::ComboBox::from_id_salt("unit")
                        .width(180.0)
                        .selected_text(georeference.name(form.unit))
                        .show_ui(ui, |ui| {
                            for unit in units {
                                ui.selectable_value(&mut form.unit, unit, georeference.name(unit));
                            }
                        });
                    if form.unit != before {
                        form.place(&now, &georeference);
                    }
                    ui.end_row();
                }
                for (name, text, first) in [("x", &mut form.x, true), ("y", &mut form.y, false)] {
                    let label = ui.label(RichText::new(name).color(weak));
                    let field = ui.add(egui::TextEdit::singleline(text).desired_width(180.0)).labelled_by(label.id);
                    if first && form.fresh {
                        field.request_focus();
                    }
                    ui.end_row();
                }
                form.fresh = false;
                ui.label(RichText::new("Zoom").color(weak));
                let percent = egui::DragValue::new(&mut form.percent).range(1e-4..=6400.0).speed(0.5).suffix(" %");
                ui.add(percent.max_decimals(3));
                ui.end_row();
                ui.label(RichText::new("Angle").color(weak));
                ui.add(egui::DragValue::new(&mut form.degrees).range(-360.0..=360.0).speed(0.5).suffix("°"));
                ui.end_row();
            });
            let wanted = form.view(&now, &georeference, dense);
            if wanted.is_none() {
                ui.colored_label(palette(ui).bad, "x and y must be numbers");
            }
            ui.add_space(8.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let button = egui::Button::new("Go").fill(palette(ui).accent_fill).min_size(egui::vec2(80.0, 28.0));
                let clicked = ui.add_enabled(wanted.is_some(), button).clicked();
                if let Some(to) = wanted.filter(|_| clicked || ui.input(|input| input.key_pressed(Key::Enter))) {
                    go = true;
                    self.ask(ViewCommand::Change(ViewChange::At(to)));
                }
                if ui.button("Cancel").clicked() {
                    ui.close();
                }
            });
        });
        !go && !modal.should_close()
    }
}

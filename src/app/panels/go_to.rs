//! The dialog that shows an exact place: coordinates, zoom and angle.

use egui::RichText;

use super::super::go_to_form::{GoToForm, pair_of};
use super::super::theme::palette;
use super::super::{App, ViewChange, ViewCommand};
use super::field::{number_field, select_all, text_field};
use super::modal::{Title, buttons, main_button, modal};

impl App {
    /// Whether it stays open.
    pub(super) fn go_to_ui(&self, ui: &mut egui::Ui, form: &mut GoToForm) -> bool {
        let (georeference, now, dense) = (self.georeference(), self.heading(), ui.pixels_per_point());
        let mut is_done = false;
        let title = Title { name: "go to", heading: "Go to", width: 320.0 };
        let body = |ui: &mut egui::Ui, form: &mut GoToForm| {
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
                let pasted = ui.input(|input| {
                    let mut texts = input.events.iter().rev().filter_map(|event| match event {
                        egui::Event::Paste(text) => pair_of(text),
                        _ => None,
                    });
                    texts.next()
                });
                for (name, text, first) in [("x", &mut form.x, true), ("y", &mut form.y, false)] {
                    let label = ui.label(RichText::new(name).color(weak));
                    let field = egui::TextEdit::singleline(text).desired_width(180.0);
                    let field = text_field(ui, field).labelled_by(label.id);
                    if first && form.fresh {
                        field.request_focus();
                    }
                    if field.gained_focus() || first && form.fresh {
                        select_all(ui, &field, text);
                    }
                    ui.end_row();
                }
                form.fresh = false;
                // Two numbers at once are both coordinates.
                if let Some((x, y)) = pasted {
                    (form.x, form.y) = (x, y);
                }
                ui.label(RichText::new("Zoom").color(weak));
                let percent = number_field(&mut form.percent).range(1e-4..=6400.0).speed(0.5).suffix(" %");
                ui.add(percent.max_decimals(3));
                ui.end_row();
                ui.label(RichText::new("Angle").color(weak));
                ui.add(number_field(&mut form.degrees).range(-360.0..=360.0).speed(0.5).suffix("°"));
                ui.end_row();
            });
            if form.view(&now, &georeference, dense).is_none() {
                ui.colored_label(palette(ui).bad, "x and y must be numbers");
            }
        };
        let is_open = modal(ui, title, form, body, |ui, form, entered| {
            let wanted = form.view(&now, &georeference, dense);
            buttons(ui, |ui| {
                if main_button(ui, "Go", wanted.is_some(), entered)
                    && let Some(to) = wanted
                {
                    is_done = true;
                    self.ask(ViewCommand::Change(ViewChange::At(to)));
                }
                if ui.button("Cancel").clicked() {
                    ui.close();
                }
            });
        });
        is_open && !is_done
    }
}

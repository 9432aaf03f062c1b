//! Presets of the Process tab: filters that are kept under a name.

use egui::{RichText, TextEdit, Ui};

use super::{Process, set};
use crate::app::panels::field::text_field;
use crate::app::panels::menu::menu;
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, ProcessCommand};

impl Process {
    /// A menu that applies, keeps and removes presets.
    pub(super) fn presets_ui(&mut self, ui: &mut Ui, app: &App) {
        let presets = &app.preferences().settings.presets;
        menu(ui, "Presets", |ui| {
            if presets.is_empty() {
                ui.label(RichText::new("No presets yet").color(palette(ui).weak));
            }
            for (name, steps) in presets {
                ui.horizontal(|ui| {
                    let listed = steps.iter().map(|step| &*step.filter).collect::<Vec<_>>().join(", ");
                    if ui.button(name).on_hover_text(listed).clicked() {
                        set(app, "Apply preset", steps.clone());
                        ui.close();
                    }
                    let remove = ui.add(egui::Button::new(icon(Icon::X, 13.0)).frame(false));
                    if remove.on_hover_text(format!("Remove preset {name}")).clicked() {
                        app.ask(ProcessCommand::RemovePreset(name.clone()));
                    }
                });
            }
            ui.separator();
            ui.horizontal(|ui| {
                let field = text_field(ui, TextEdit::singleline(&mut self.name).hint_text("Name").desired_width(120.0));
                field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Name of the preset"));
                let name = self.name.trim();
                let enabled = !name.is_empty() && !app.mosaic().filters.is_empty();
                let text = if presets.contains_key(name) { "Replace" } else { "Save" };
                if ui.add_enabled(enabled, egui::Button::new(text)).clicked() {
                    app.ask(ProcessCommand::SavePreset(name.to_owned()));
                    self.name.clear();
                    ui.close();
                }
            });
        });
    }
}

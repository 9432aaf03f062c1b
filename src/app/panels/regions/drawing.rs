//! How tools draw: which tool, the class, the size, the brush, the wand.

use egui::RichText;

use super::menu::{ClassChoice, class_menu_ui};
use crate::app::panels::field::number_field;
use crate::app::panels::side::row;
use crate::app::theme::{icon, palette};
use crate::app::tools::region_tools;
use crate::app::{App, Drawing, RegionCommand, WindowCommand};

/// The fields.
#[derive(Default)]
pub(super) struct DrawingOptions {
    /// A new class being typed.
    typed: String,
}

impl DrawingOptions {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        tools_ui(ui, app);
        let before = &app.preferences().settings.drawing;
        let mut drawing = before.clone();
        row(ui, "Class", |ui| {
            if let Some(ClassChoice(class)) =
                class_menu_ui(ui, app, "drawn class", drawing.class.as_ref(), &mut self.typed)
            {
                drawing.class = class;
            }
        });
        let toolbox = &app.layout().toolbox;
        if ["rectangle", "ellipse"].iter().any(|id| toolbox.is_current(id)) {
            size_ui(ui, app, &mut drawing);
        }
        if ["brush", "eraser"].iter().any(|id| toolbox.is_current(id)) {
            row(ui, "Width", |ui| {
                ui.add(number_field(&mut drawing.brush).range(2.0..=500.0).suffix(" pt"))
                    .on_hover_text("On the screen");
            });
        }
        if toolbox.is_current("wand") {
            row(ui, "Tolerance", |ui| {
                ui.add(number_field(&mut drawing.tolerance).range(0.0..=442.0).speed(0.5))
                    .on_hover_text("The largest distance between colors, 0 to 442");
            });
        }
        if drawing != *before {
            app.ask(RegionCommand::SetDrawing(drawing));
        }
    }
}

fn tools_ui(ui: &mut egui::Ui, app: &App) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(3.0, 3.0);
        for row in region_tools() {
            let info = row.info;
            let chosen = app.layout().toolbox.is_current(info.id);
            let command = WindowCommand::SetTool(info.id);
            let button = egui::Button::new(icon(info.icon, 15.0)).min_size(egui::vec2(28.0, 26.0)).selected(chosen);
            let button = ui.add(button);
            let label = format!("{} tool", info.name);
            button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &label));
            let hint = format!("{}\n{}", app.hint(info.name, &command.clone().into()), info.hint);
            if button.on_hover_text(hint).clicked() {
                app.ask(command);
            }
        }
    });
}

fn size_ui(ui: &mut egui::Ui, app: &App, drawing: &mut Drawing) {
    row(ui, "Size", |ui| {
        ui.checkbox(&mut drawing.fixed, "Fixed").on_hover_text("Click to place shapes of this size");
    });
    if !drawing.fixed {
        return;
    }
    // A row of its own: all of it in one would make the panel wider, and move the canvas under the mouse.
    row(ui, "", |ui| {
        ui.spacing_mut().interact_size.x = 30.0;
        ui.add(number_field(&mut drawing.size.0).range(1.0..=1e7));
        ui.label("×");
        ui.add(number_field(&mut drawing.size.1).range(1.0..=1e7));
        let unit = if drawing.in_um { "µm" } else { "px" };
        if app.documents().tab.nav.georeference.calibration.mpp.is_some() {
            if ui.button(unit).on_hover_text("Unit of the size").clicked() {
                drawing.in_um = !drawing.in_um;
            }
        } else {
            drawing.in_um = false;
            ui.label(RichText::new(unit).color(palette(ui).weak));
        }
    });
}

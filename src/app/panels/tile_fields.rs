//! Fields and rows of buttons for values of tiles.

use egui::{Response, Slider, Ui};

use super::field::number_field;
use crate::app::theme::{Icon, icon};
use crate::app::{Adjustment, App, Command, TileCommand};

/// Asks for an adjustment as a field changes, and ends it with the drag or the input.
pub(super) fn adjust(app: &App, response: &Response, adjustment: Adjustment) {
    if response.changed() {
        app.ask(TileCommand::Adjust(adjustment));
    }
    finish(app, response);
}

/// Ends what a field or slider changes, with the drag or the input.
pub(super) fn finish(app: &App, response: &Response) {
    if response.drag_stopped() || response.lost_focus() {
        app.ask(TileCommand::EndAdjusting);
    }
}

/// The width of each of two fields in a row.
pub(super) fn half_of(ui: &Ui) -> f32 {
    ((ui.available_width() - ui.spacing().item_spacing.x) / 2.0).max(60.0)
}

/// A number of that width, with what it is called for those who don't see it.
pub(super) fn number(ui: &mut Ui, width: f32, name: &str, prefix: &str, suffix: &str, value: &mut f64) -> Response {
    let field = number_field(value).speed(1.0).max_decimals(2).prefix(format!("{prefix} ")).suffix(suffix);
    let response = ui.add_sized(egui::vec2(width, ui.spacing().interact_size.y), field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, name));
    response
}

/// A slider as wide as there is room beside its number.
pub(super) fn slider(ui: &mut Ui, name: &str, slider: Slider<'_>) -> Response {
    const NUMBER: f32 = 78.0;
    ui.spacing_mut().slider_width = (ui.available_width() - NUMBER).max(60.0);
    let response = ui.add(slider);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, name));
    response
}

/// A button that is an icon.
pub(super) fn icon_button(ui: &mut Ui, app: &App, picture: Icon, text: &str, command: impl Into<Command>, on: bool) {
    let command = command.into();
    let padding = std::mem::replace(&mut ui.spacing_mut().button_padding.x, 5.0);
    let button = egui::Button::new(icon(picture, 15.0)).min_size(egui::vec2(26.0, 24.0));
    let response = ui.add_enabled(on, button);
    ui.spacing_mut().button_padding.x = padding;
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, on, text));
    if response.on_hover_text(app.hint(text, &command)).clicked() {
        app.ask(command);
    }
}

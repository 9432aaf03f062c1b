//! One filter of the Process tab, with its parameters.

use egui::{ComboBox, RichText, TextEdit, Ui};

use super::{Process, filter_title, set, title};
use crate::app::panels::field::{number_slider, text_field};
use crate::app::panels::side::row;
use crate::app::panels::tile_fields::{finish, slider};
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, ProcessCommand};
use crate::filter::{FilterSpec, Param, ParamKind, Value};
use crate::mosaic::FilterStep;
use crate::work::document_filter;

/// A range that is so many times as wide as its start is a slider by factors.
const BY_FACTORS: f64 = 50.0;

impl Process {
    /// The filter of that number: its name, switches and parameters.
    pub(super) fn step_ui(&mut self, ui: &mut Ui, app: &App, number: usize) {
        let step = &app.mosaic().filters[number];
        let found = document_filter(&step.filter);
        let frame = egui::Frame::group(ui.style()).inner_margin(egui::Margin::symmetric(8, 6));
        frame.show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            let name = found.as_ref().map_or_else(|_| step.filter.clone(), |spec| filter_title(spec.filter().name));
            head_ui(ui, app, number, step, &name);
            match found {
                Ok(spec) if !step.off => {
                    for (param, value) in spec.values() {
                        self.param_ui(ui, app, (number, &spec), (param, value));
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    ui.label(RichText::new(error.to_string()).small().color(ui.visuals().error_fg_color));
                }
            }
        });
    }

    fn param_ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        (step, spec): (usize, &FilterSpec),
        (param, value): (&'static Param, &Value),
    ) {
        let set = |text: &str, goes_on: bool| {
            let mut changed = spec.clone();
            if changed.set(param.name, text).is_ok() {
                let mut steps = app.mosaic().filters.clone();
                steps[step].filter = changed.to_string();
                app.ask(ProcessCommand::Set { label: "Change filter", steps, goes_on });
            }
        };
        row(ui, &title(param.name), |ui| match param.kind {
            ParamKind::Number { min, max, default } => {
                number_ui(ui, app, param, value, (min, max, default), 0.0, &set);
            }
            ParamKind::Whole { min, max, default } => {
                number_ui(ui, app, param, value, (min, max, Some(default)), 1.0, &set);
            }
            ParamKind::Odd { min, max, default } => {
                number_ui(ui, app, param, value, (min, max, Some(default)), 2.0, &set);
            }
            ParamKind::Choice { names } => {
                let chosen = if let Value::Text(text) = value { text.as_str() } else { "" };
                let list = ComboBox::from_id_salt((step, param.name)).selected_text(chosen);
                let list = list.show_ui(ui, |ui| {
                    for name in names {
                        if ui.selectable_label(*name == chosen, *name).clicked() {
                            set(name, false);
                        }
                    }
                });
                list.response.on_hover_text(param.help);
            }
            ParamKind::Text { form, .. } => {
                let own = |typed: &&mut (usize, &'static str, String)| (typed.0, typed.1) == (step, param.name);
                let mut text = match self.typed.as_mut().filter(own) {
                    Some(typed) => typed.2.clone(),
                    None => {
                        if let Value::Text(text) = value {
                            text.clone()
                        } else {
                            String::new()
                        }
                    }
                };
                let wrong = spec.clone().set(param.name, &text).err();
                let mut field = TextEdit::singleline(&mut text).desired_width(f32::INFINITY);
                if wrong.is_some() {
                    field = field.text_color(ui.visuals().error_fg_color);
                }
                let field = text_field(ui, field);
                field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, param.name));
                let hint = wrong.map_or_else(|| format!("{}: {form}", param.help), |error| error.to_string());
                let field = field.on_hover_text(hint);
                if field.changed() {
                    self.typed = Some((step, param.name, text.clone()));
                }
                if field.lost_focus() {
                    self.typed = None;
                    set(&text, false);
                }
            }
        });
    }
}

/// Switch, name, and buttons to move and remove a step.
fn head_ui(ui: &mut Ui, app: &App, number: usize, step: &FilterStep, name: &str) {
    ui.horizontal(|ui| {
        let mut on = !step.off;
        let toggle = ui.checkbox(&mut on, RichText::new(name).strong());
        if toggle.on_hover_text("Applied, or left out").changed() {
            let mut steps = app.mosaic().filters.clone();
            steps[number].off = !on;
            set(app, if on { "Switch filter on" } else { "Switch filter off" }, steps);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.spacing_mut().button_padding.x = 4.0;
            let last = app.mosaic().filters.len() - 1;
            let buttons = [
                (Icon::X, "Remove filter", true, None),
                (Icon::ArrowDown, "Move filter down", number < last, Some(number + 1)),
                (Icon::ArrowUp, "Move filter up", number > 0, number.checked_sub(1)),
            ];
            for (picture, text, enabled, to) in buttons {
                let button = ui
                    .add_enabled(enabled, egui::Button::new(icon(picture, 13.0).color(palette(ui).weak)).frame(false));
                button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, text));
                if button.on_hover_text(text).clicked() {
                    let mut steps = app.mosaic().filters.clone();
                    match to {
                        Some(to) => steps.swap(number, to),
                        None => _ = steps.remove(number),
                    }
                    set(app, if to.is_some() { "Move filter" } else { "Remove filter" }, steps);
                }
            }
        });
    });
}

/// A slider with its number; a switch before it where the filter can choose the number itself.
fn number_ui(
    ui: &mut Ui,
    app: &App,
    param: &Param,
    value: &Value,
    (min, max, default): (f64, f64, Option<f64>),
    step: f64,
    set: &impl Fn(&str, bool),
) {
    let own = if let Value::Number(own) = value { Some(*own) } else { None };
    if default.is_none() {
        let mut auto = own.is_none();
        if ui.checkbox(&mut auto, "auto").on_hover_text("Chosen by the filter").changed() {
            set(&if auto { "auto".to_owned() } else { min.max(0.0).min(max).to_string() }, false);
        }
        if own.is_none() {
            return;
        }
    }
    let mut number = own.or(default).unwrap_or(min);
    let by_factors = min >= 0.0 && max > BY_FACTORS * min.max(1.0);
    let unit = if param.unit.is_empty() { String::new() } else { format!(" {}", param.unit) };
    let mut field = number_slider(&mut number, min..=max).logarithmic(by_factors).suffix(unit).max_decimals(3);
    if step > 0.0 {
        field = field.step_by(step).fixed_decimals(0);
    }
    let response = slider(ui, param.name, field);
    if response.changed() {
        set(&number.to_string(), true);
    }
    finish(app, &response);
    response.on_hover_text(param.help);
}

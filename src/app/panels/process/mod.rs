//! The Process tab: the filters that the canvas goes through.

mod presets;
mod step;

use egui::{RichText, Ui};

use super::menu::menu;
use super::side::{row, section};
use super::tile_fields::finish;
use super::{Panel, PanelInfo};
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, Before, ProcessCommand};
use crate::filter::{FILTERS, Group};
use crate::mosaic::{FilterStep, MOST_FILTERS};

/// The groups of filters that leave pixels in place, as the menu lists them.
const GROUPS: [Group; 10] = [
    Group::Smooth,
    Group::Sharpen,
    Group::Edges,
    Group::Morphology,
    Group::Threshold,
    Group::Background,
    Group::Tone,
    Group::Color,
    Group::Channels,
    Group::Convert,
];

/// The Process tab.
#[derive(Default)]
pub(super) struct Process {
    /// A text that is being typed: the number of the step, the parameter, the text.
    typed: Option<(usize, &'static str, String)>,
    /// The name of the next preset.
    name: String,
}

impl Panel for Process {
    fn info(&self) -> PanelInfo {
        PanelInfo { id: "process", icon: Icon::WandSparkles, title: "Process" }
    }

    fn ui(&mut self, ui: &mut Ui, app: &App) {
        section(ui, Icon::WandSparkles, "Filters", |ui| {
            ui.horizontal(|ui| {
                add_ui(ui, app);
                self.presets_ui(ui, app);
            });
            let count = app.mosaic().filters.len();
            if count == 0 {
                let text =
                    "Filters are shown as they will be exported, at the level that you look at. Files are not changed.";
                ui.label(RichText::new(text).small().color(palette(ui).weak));
            }
            for number in 0..count {
                self.step_ui(ui, app, number);
            }
        });
        if app.mosaic().is_filtered() {
            section(ui, Icon::Columns2, "Before and after", |ui| before_ui(ui, app));
        }
    }
}

/// A menu of all filters, by group.
fn add_ui(ui: &mut Ui, app: &App) {
    let enabled = app.mosaic().filters.len() < MOST_FILTERS;
    ui.add_enabled_ui(enabled, |ui| {
        let button = menu(ui, (icon(Icon::Plus, 14.0), "Add filter"), |ui| {
            for group in GROUPS {
                menu(ui, group.title(), |ui| {
                    for filter in FILTERS.iter().filter(|filter| filter.group == group) {
                        if ui.button(filter_title(filter.name)).on_hover_text(filter.help).clicked() {
                            let mut steps = app.mosaic().filters.clone();
                            steps.push(FilterStep::new(filter.name));
                            set(app, "Add filter", steps);
                            ui.close();
                        }
                    }
                });
            }
        });
        let label = || egui::WidgetInfo::labeled(egui::Role::Button, enabled, "Add filter");
        button.widget_info(label);
    });
}

/// The titles of filters whose names on the command line are short for them.
const TITLES: [(&str, &str); 15] = [
    ("unsharp", "Unsharp mask"),
    ("kernel", "Custom kernel"),
    ("highpass", "High-pass"),
    ("log", "Laplacian of Gaussian"),
    ("dog", "Difference of Gaussians"),
    ("tophat", "Top-hat"),
    ("blackhat", "Black-hat"),
    ("otsu", "Otsu threshold"),
    ("local", "Local threshold"),
    ("background", "Subtract background"),
    ("stain", "Color deconvolution"),
    ("channel", "Select channels"),
    ("mix", "Mix channels"),
    ("flatten", "Flatten alpha"),
    ("depth", "Sample type"),
];

/// The title of the filter of that name.
pub(in crate::app::panels) fn filter_title(name: &str) -> String {
    let found = TITLES.iter().find_map(|(own, title)| (*own == name).then_some(*title));
    found.map_or_else(|| title(name), str::to_owned)
}

/// The name of a filter or parameter for people.
fn title(name: &str) -> String {
    let mut letters = name.replace('-', " ").chars().collect::<Vec<_>>();
    if let Some(first) = letters.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    letters.into_iter().collect()
}

/// What is shown: the filtered canvas, the original, or both at the sides of a line.
fn before_ui(ui: &mut Ui, app: &App) {
    let shown = app.documents().tab.before;
    let part = if let Before::Swipe(part) = shown { part } else { 0.5 };
    ui.horizontal(|ui| {
        let choices = [("Filtered", Before::After), ("Original", Before::Original), ("Both", Before::Swipe(part))];
        for (text, choice) in choices {
            if ui.selectable_label(shown == choice, text).clicked() {
                app.ask(ProcessCommand::Show(choice));
            }
        }
    });
    if let Before::Swipe(mut part) = shown {
        row(ui, "Line", |ui| {
            ui.spacing_mut().slider_width = ui.available_width() - 8.0;
            let slider = ui.add(egui::Slider::new(&mut part, 0.0..=1.0).show_value(false));
            slider.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Line between before and after"));
            if slider.changed() {
                app.ask(ProcessCommand::Show(Before::Swipe(part)));
            }
            finish(app, &slider);
        });
    }
}

/// Sets the filters as one step.
fn set(app: &App, label: &'static str, steps: Vec<FilterStep>) {
    app.ask(ProcessCommand::Set { label, steps, goes_on: false });
}

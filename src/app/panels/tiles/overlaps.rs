//! The section Overlaps of the Tiles tab: aligning images, and what becomes of pixels that several images cover.

use egui::{ComboBox, Role, WidgetInfo};

use crate::align::AlignOptions;
use crate::app::panels::field::number_field;
use crate::app::panels::menu::menu;
use crate::app::panels::side::row;
use crate::app::{App, OverlapCommand};
use crate::mosaic::{Blend, BlendMode, SeamPath};

/// The fields of the section.
#[derive(Default)]
pub(super) struct Overlaps {
    /// How far a step may be off, in pixels; 0 for the usual cap.
    max_shift: u32,
    /// Overlaps are looked for between all images, wherever they lie.
    is_layout_unknown: bool,
}

impl Overlaps {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        let busy = app.services().jobs.is_busy();
        blend_ui(ui, app);
        row(ui, "Start from", |ui| {
            let [known, unknown] = ["Current positions", "Unknown layout"];
            let chosen = if self.is_layout_unknown { unknown } else { known };
            let list =
                ComboBox::from_id_salt("start of aligning").width(150.0).selected_text(chosen).show_ui(ui, |ui| {
                    ui.selectable_value(&mut self.is_layout_unknown, false, known);
                    ui.selectable_value(&mut self.is_layout_unknown, true, unknown);
                });
            list.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Start from"));
            list.response.on_hover_text("Whether images lie about where they belong, or anywhere");
        });
        row(ui, "Max shift", |ui| {
            let shown = |value: f64, _| if value < 1.0 { "auto".into() } else { format!("{value:.0} px") };
            let field = number_field(&mut self.max_shift).range(0..=100_000).custom_formatter(shown);
            ui.add(field).on_hover_text("The most that two neighbors move against each other");
        });
        ui.horizontal_wrapped(|ui| {
            let selected = app.documents().tab.selection.placements.len() > 1;
            let what = if selected { "Align selected" } else { "Align all" };
            let hint = if self.is_layout_unknown {
                "Looks for overlaps between all images, wherever they lie, and moves them to where they match; locked ones stay"
            } else {
                "Moves images to where they match; locked ones stay"
            };
            if ui.add_enabled(!busy, egui::Button::new(what)).on_hover_text(hint).clicked() {
                let max_shift = (self.max_shift > 0).then(|| f64::from(self.max_shift));
                let options = AlignOptions { max_shift, is_layout_unknown: self.is_layout_unknown };
                app.ask(OverlapCommand::Align { selected, options });
            }
            let hint = "Gives each image a gain, so that it is as bright as its neighbors";
            if ui.add_enabled(!busy, egui::Button::new("Match exposures")).on_hover_text(hint).clicked() {
                app.ask(OverlapCommand::MatchExposures);
            }
            menu(ui, "Other rounds", |ui| app.rounds_menu_ui(ui));
            if app.mosaic().flat_field.is_some() {
                if ui.button("Remove flat field").clicked() {
                    app.ask(OverlapCommand::RemoveFlatField);
                }
            } else {
                let hint = "Evens out the vignette, as the overlaps tell of it";
                if ui.add_enabled(!busy, egui::Button::new("Estimate flat field")).on_hover_text(hint).clicked() {
                    app.ask(OverlapCommand::EstimateFlatField);
                }
            }
        });
    }
}

/// The rows that choose the mode, and the seam where it has one.
fn blend_ui(ui: &mut egui::Ui, app: &App) {
    let before = app.mosaic().blend;
    let Blend { mut mode, mut seam } = before;
    row(ui, "Blend", |ui| {
        ComboBox::from_id_salt("blend").width(150.0).selected_text(mode.label()).show_ui(ui, |ui| {
            for each in BlendMode::ALL {
                ui.selectable_value(&mut mode, each, each.label());
            }
        });
    });
    if mode.has_seam() {
        row(ui, "Seam", |ui| {
            ComboBox::from_id_salt("seam").width(150.0).selected_text(seam.label()).show_ui(ui, |ui| {
                for each in SeamPath::ALL {
                    ui.selectable_value(&mut seam, each, each.label());
                }
            });
        });
    }
    let after = Blend { mode, seam };
    if after != before {
        app.ask(OverlapCommand::Blend(after));
    }
}

//! Finding regions: foreground, dark or bright objects, rectangles, the cores of a tissue microarray; with a live preview.

use egui::{ComboBox, RichText};

use crate::app::panels::field::{number_field, number_slider};
use crate::app::panels::side::row;
use crate::app::theme::palette;
use crate::app::{App, DetectForm, RegionCommand};
use crate::region::detect::{Feature, Mode, RegionKind};

const MODES: [(Mode, &str); 5] = [
    (Mode::Foreground, "Foreground"),
    (Mode::Dark, "Dark objects"),
    (Mode::Bright, "Bright objects"),
    (Mode::Rectangles, "Rectangles"),
    (Mode::Tma, "TMA cores"),
];
const FEATURES: [(Feature, &str); 3] =
    [(Feature::Auto, "Automatic"), (Feature::Brightness, "Brightness"), (Feature::Saturation, "Saturation")];

/// The fields.
#[derive(Default)]
pub(super) struct Find {
    form: DetectForm,
}

impl Find {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        let detecting = &app.documents().tab.detecting;
        let options = &mut self.form.options;
        let longest = app.mosaic().bounds().size().longest().max(1);
        row(ui, "Objects", |ui| choice(ui, "mode", &mut options.mode, &MODES));
        row(ui, "Feature", |ui| choice(ui, "feature", &mut options.feature, &FEATURES));
        row(ui, "Threshold", |ui| {
            let mut automatic = options.threshold.is_none();
            ui.checkbox(&mut automatic, "Otsu").on_hover_text("The threshold by Otsu's method");
            options.threshold = if automatic { None } else { options.threshold.or(Some(0.5)) };
            if let Some(threshold) = &mut options.threshold {
                ui.add(number_slider(threshold, 0.0..=1.0));
            }
        });
        let mut least = options.min_size.unwrap_or(f64::from(longest) / 64.0).round();
        row(ui, "Min size", |ui| {
            if ui.add(number_field(&mut least).range(1.0..=f64::from(longest)).suffix(" px")).changed() {
                options.min_size = Some(least);
            }
        });
        row(ui, "Margin", |ui| {
            ui.add(number_field(&mut options.margin).range(0.0..=f64::from(longest)).suffix(" px"));
        });
        row(ui, "As", |ui| {
            ui.selectable_value(&mut options.shape, RegionKind::Boxes, "Boxes");
            ui.selectable_value(&mut options.shape, RegionKind::Outlines, "Outlines");
        });
        ui.horizontal_wrapped(|ui| {
            ui.checkbox(&mut options.fill_holes, "Fill holes");
            ui.checkbox(&mut options.autocrop, "One region around all");
        });
        // The preview follows the fields.
        if detecting.form.is_some_and(|shown| shown != self.form) {
            app.ask(RegionCommand::Detect(self.form));
        }
        self.buttons_ui(ui, app);
    }

    fn buttons_ui(&self, ui: &mut egui::Ui, app: &App) {
        let detecting = &app.documents().tab.detecting;
        if detecting.form.is_none() {
            let text = egui::Button::new("Find").fill(palette(ui).accent_fill);
            if ui.add_enabled(!app.mosaic().placements.is_empty(), text).clicked() {
                app.ask(RegionCommand::Detect(self.form));
            }
            return;
        }
        let (count, current) = (detecting.found().len(), detecting.is_current());
        let text = if current { format!("{count} found") } else { "Searching…".to_owned() };
        ui.label(RichText::new(text).color(palette(ui).weak));
        ui.horizontal_wrapped(|ui| {
            let add = egui::Button::new("Add regions").fill(palette(ui).accent_fill);
            if ui.add_enabled(current && count > 0, add).clicked() {
                app.ask(RegionCommand::AddFound);
            }
            let crop = egui::Button::new("Crop canvas");
            let crop = ui.add_enabled(current && count > 0, crop);
            if crop.on_hover_text("Crop the canvas to what was found").clicked() {
                app.ask(RegionCommand::CropToFound);
            }
            if ui.button("Discard").clicked() {
                app.ask(RegionCommand::EndDetecting);
            }
        });
    }
}

fn choice<T: Copy + PartialEq>(ui: &mut egui::Ui, id: &str, value: &mut T, all: &[(T, &str)]) {
    let name = all.iter().find(|(each, _)| each == value).map_or("", |(_, name)| name);
    ComboBox::from_id_salt(id).width(ui.available_width() - 4.0).selected_text(name).show_ui(ui, |ui| {
        for (each, name) in all {
            ui.selectable_value(value, *each, *name);
        }
    });
}

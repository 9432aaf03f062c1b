//! Exporting regions, each to a file of its own, into a new or empty folder.

use egui::{ComboBox, DragValue, RichText, TextEdit};

use crate::app::panels::side::row;
use crate::app::theme::palette;
use crate::app::{App, OutsidePixels, RegionCommand, RegionExportForm, RegionFiles};

const OUTSIDE: [(OutsidePixels, &str); 4] = [
    (OutsidePixels::Keep, "Bounding box"),
    (OutsidePixels::Transparent, "Masked, transparent"),
    (OutsidePixels::White, "Masked, white"),
    (OutsidePixels::Black, "Masked, black"),
];

pub(super) fn export_ui(ui: &mut egui::Ui, app: &App) {
    let before = &app.preferences().settings.region_export;
    let mut form = before.clone();
    row(ui, "Which", |ui| {
        ui.selectable_value(&mut form.which, RegionFiles::All, "All");
        let some = !app.selection().regions.is_empty();
        ui.add_enabled_ui(some, |ui| ui.selectable_value(&mut form.which, RegionFiles::Selected, "Selected"));
    });
    row(ui, "Format", |ui| {
        let title = form.spec().title;
        ComboBox::from_id_salt("region format").width(ui.available_width() - 4.0).selected_text(title).show_ui(
            ui,
            |ui| {
                for spec in RegionExportForm::formats() {
                    ui.selectable_value(&mut form.format, spec.name.to_owned(), spec.title);
                }
            },
        );
    });
    row(ui, "Level", |ui| {
        let name = |level: usize| if level == 0 { "Full".to_owned() } else { format!("1/{}", 1u64 << level) };
        ComboBox::from_id_salt("region level").width(70.0).selected_text(name(form.level)).show_ui(ui, |ui| {
            for level in 0..8 {
                ui.selectable_value(&mut form.level, level, name(level));
            }
        });
        ui.add(DragValue::new(&mut form.percent).range(0.1..=1600.0).speed(0.5).max_decimals(2).suffix(" %"))
            .on_hover_text("On top of the level, in any factor");
    });
    row(ui, "Pixels", |ui| {
        let name = OUTSIDE.iter().find(|(each, _)| *each == form.outside).map_or("", |(_, name)| name);
        ComboBox::from_id_salt("outside").width(ui.available_width() - 4.0).selected_text(name).show_ui(ui, |ui| {
            for (each, name) in OUTSIDE {
                ui.selectable_value(&mut form.outside, each, name);
            }
        });
    });
    ui.checkbox(&mut form.patches, "As square patches");
    if form.patches {
        patches_ui(ui, &mut form);
    }
    row(ui, "Names", |ui| {
        ui.add(TextEdit::singleline(&mut form.names).desired_width(f32::INFINITY)).on_hover_text(
            "Fields: {image} {name} {class} {kind} {id} {index} {x} {y} {width} {height} {level}; {x:06} adds zeros",
        );
    });
    ui.checkbox(&mut form.geojson, "GeoJSON of the regions beside");
    let proposed = app.region_folder();
    row(ui, "Folder", |ui| {
        let field = TextEdit::singleline(&mut form.folder).hint_text(&proposed);
        ui.add(field.desired_width(ui.available_width() - 30.0))
            .on_hover_text(format!("New or empty. Unless you name one: {proposed}"));
        if ui.button("…").on_hover_text("Browse").clicked() {
            app.ask(RegionCommand::AskExportFolder);
        }
    });
    if form != *before {
        app.ask(RegionCommand::SetExport(Box::new(form)));
    }
    ui.horizontal(|ui| {
        let button = egui::Button::new("Export regions").fill(palette(ui).accent_fill);
        if ui.add_enabled(!app.is_busy(), button).clicked() {
            app.ask(RegionCommand::Export);
        }
        let count = match before.which {
            RegionFiles::All => app.mosaic().regions.len(),
            RegionFiles::Selected => app.selection().regions.len(),
        };
        ui.label(RichText::new(format!("{count} regions")).color(palette(ui).weak));
    });
}

fn patches_ui(ui: &mut egui::Ui, form: &mut RegionExportForm) {
    row(ui, "Side", |ui| {
        ui.add(DragValue::new(&mut form.side).range(1..=65_535).suffix(" px"));
        ui.label("step");
        ui.add(DragValue::new(&mut form.stride).range(1..=65_535).suffix(" px"));
    });
    row(ui, "Inside", |ui| {
        ui.add(DragValue::new(&mut form.inside).range(0.0..=100.0).suffix(" %"))
            .on_hover_text("The least part of a patch inside its region");
    });
}

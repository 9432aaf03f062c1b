//! The fields of a layout by positions: from the tiles' metadata, from a file.

use egui::{ComboBox, RichText, Ui};

use super::grid::narrow_choice;
use crate::app::panels::bars::file_name;
use crate::app::panels::field::number_field;
use crate::app::panels::side::row;
use crate::app::theme::palette;
use crate::app::{App, LayoutCommand, LayoutForm, LayoutReport};
use crate::mosaic::layout::Unit;

pub(super) fn metadata_ui(ui: &mut Ui, app: &App, form: &mut LayoutForm) {
    let text = "Stage positions of OME-TIFF, Micro-Manager, CZI and TIFF, or positions on the map of GeoTIFF.";
    ui.add(egui::Label::new(RichText::new(text).small().color(palette(ui).weak)).wrap());
    axes_ui(ui, form);
    found_ui(ui, app);
}

pub(super) fn file_ui(ui: &mut Ui, app: &App, form: &mut LayoutForm) {
    ui.horizontal(|ui| {
        if ui.button("Open…").on_hover_text("Fiji, MIST, TrakEM2, stitch2d, BigStitcher, Hugin, VRT, CSV").clicked() {
            app.ask(LayoutCommand::AskPositions);
        }
        if let Some(path) = &form.file {
            ui.add(egui::Label::new(file_name(path)).truncate()).on_hover_text(path.to_string_lossy());
        } else {
            ui.label(RichText::new("No file chosen").color(palette(ui).weak));
        }
    });
    if form.file.is_some() {
        columns_ui(ui, app, form);
        axes_ui(ui, form);
        found_ui(ui, app);
    }
}

/// Which column of a table holds what.
fn columns_ui(ui: &mut Ui, app: &App, form: &mut LayoutForm) {
    let columns = &app.documents().tab.layout.columns;
    if columns.is_empty() {
        return;
    }
    let chosen = &mut form.columns;
    for (name, column) in [("Name from", &mut chosen.file), ("x from", &mut chosen.x), ("y from", &mut chosen.y)] {
        row(ui, name, |ui| {
            let width = (ui.available_width() - 8.0).clamp(60.0, 190.0);
            let text = column.clone().unwrap_or_else(|| "Automatic".to_owned());
            ComboBox::from_id_salt(name).width(width).selected_text(text).truncate().show_ui(ui, |ui| {
                ui.selectable_value(column, None, "Automatic");
                for known in columns {
                    ui.selectable_value(column, Some(known.clone()), known);
                }
            });
        });
    }
    let units = [(None, "Automatic"), (Some(Unit::Pixel), "px"), (Some(Unit::Micrometer), "µm")];
    row(ui, "Unit", |ui| narrow_choice(ui, "unit of positions", &mut chosen.unit, &units));
}

/// How the axes of positions lie, and how large a pixel is.
pub(super) fn axes_ui(ui: &mut Ui, form: &mut LayoutForm) {
    ui.horizontal_wrapped(|ui| {
        ui.checkbox(&mut form.axes.flip_x, "Flip x").on_hover_text("The stage's x axis runs to the left");
        ui.checkbox(&mut form.axes.flip_y, "Flip y").on_hover_text("The stage's y axis runs up");
        ui.checkbox(&mut form.axes.swap, "Swap axes").on_hover_text("The stage's x axis runs down the image");
    });
    let mut own = form.pixel_size.is_some();
    let hint = "For positions in µm, in place of what the files say";
    if ui.checkbox(&mut own, "Set the pixel size").on_hover_text(hint).changed() {
        form.pixel_size = own.then_some((1.0, 1.0));
    }
    if let Some((x, y)) = &mut form.pixel_size {
        row(ui, "Pixel size", |ui| {
            for (value, name) in [(x, "x "), (y, "y ")] {
                let field = number_field(value).range(1e-6..=1e6).speed(0.005).max_decimals(5);
                ui.add(field.prefix(name).suffix(" µm"));
            }
        });
    }
}

fn found_ui(ui: &mut Ui, app: &App) {
    let Some(Ok(LayoutReport { tiles, unplaced, notes, .. })) = app.layout_found() else { return };
    ui.label(format!("{} of {tiles} have a position", tiles - unplaced.len()));
    for note in notes.iter().take(5) {
        ui.add(egui::Label::new(RichText::new(note).small().color(palette(ui).weak)).wrap());
    }
}

//! How the tiles are laid out: what tells their places, and what comes of it. A change moves them at once.

use egui::RichText;

use super::{grid, names, places};
use crate::align::AlignOptions;
use crate::app::panels::bars::file_name;
use crate::app::panels::menu::menu;
use crate::app::theme::palette;
use crate::app::{App, LayoutCommand, LayoutForm, OverlapCommand, PositionSource};
use crate::mosaic::positions::FORMATS;

const SOURCES: [(PositionSource, &str, &str); 4] = [
    (PositionSource::Grid, "Grid", "In rows or columns, in the order of the tiles"),
    (PositionSource::Names, "Names", "By rows and columns or positions in the names of the files"),
    (PositionSource::Metadata, "Metadata", "By the positions of the stage or on the map that the files tell"),
    (PositionSource::File, "File", "By a file of positions from a stitching program"),
];

pub(super) fn layout_ui(ui: &mut egui::Ui, app: &App) {
    let before = app.layout_form();
    let mut form = before.clone();
    source_ui(ui, &mut form);
    ui.add_space(4.0);
    let (all, chosen) = (app.mosaic().placements.len(), app.documents().tab.selection.placements.len());
    let is_part = chosen > 1 && chosen < all;
    if is_part {
        ui.label(RichText::new(format!("Only the {chosen} selected tiles are moved.")).color(palette(ui).weak));
    }
    let mut apply = false;
    if form.source == before.source {
        match form.source {
            PositionSource::Grid => {
                grid::grid_ui(ui, &mut form);
                guess_ui(ui, app, &mut form, &mut apply);
            }
            PositionSource::Names => {
                names::names_ui(ui, app, &mut form);
                if app.layout_found().is_some_and(|found| found.is_ok_and(|report| report.extent.is_some())) {
                    guess_button_ui(ui, app, "Guess overlap", "Find the overlap by which neighboring tiles match");
                }
            }
            PositionSource::Metadata => places::metadata_ui(ui, app, &mut form),
            PositionSource::File => places::file_ui(ui, app, &mut form),
        }
        apply |= form != *before;
    }
    if let Some(Err(reason)) = app.layout_found() {
        // A file that has yet to be chosen is no error.
        if form.source != PositionSource::File || form.file.is_some() {
            ui.add(egui::Label::new(RichText::new(reason).color(palette(ui).bad)).wrap());
        }
    }
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let what = if is_part { "Lay out selected" } else { "Lay out all" };
        let can = form.source != PositionSource::File || form.file.is_some();
        let button = egui::Button::new(what).fill(palette(ui).accent_fill);
        let hint = "Put the tiles where these fields say, once more";
        apply |= ui.add_enabled(can, button).on_hover_text(hint).clicked();
        export_ui(ui, app);
    });
    watch_ui(ui, app);
    let is_told = form.source != PositionSource::Names || !app.documents().tab.layout.is_unknown();
    if apply || form != *before || !is_told {
        app.ask(LayoutCommand::Set { form: Box::new(form), apply });
    }
}

/// Looks for the grid by the pictures, and lists what was found.
fn guess_ui(ui: &mut egui::Ui, app: &App, form: &mut LayoutForm, apply: &mut bool) {
    let hint =
        "Try orders, corners, columns and overlaps on some of the tiles, and list those by which neighbors match";
    guess_button_ui(ui, app, "Guess from overlaps", hint);
    let guesses = &app.documents().tab.layout.grids;
    if guesses.first().is_some_and(|guess| guess.is_ambiguous) {
        ambiguous_ui(ui, app);
    }
    for guess in guesses {
        let is_chosen = form.grid == guess.grid;
        let words = grid::in_words(&guess.grid);
        let text = format!("{:.0} %  {words}", guess.score * 100.0);
        let button = egui::Button::new(RichText::new(text).size(12.0)).selected(is_chosen).truncate();
        let hint = format!("Lay out {words}. {} pairs of neighbors were compared", guess.pairs);
        if ui.add(button).on_hover_text(hint).clicked() {
            form.grid = guess.grid;
            *apply = true;
        }
    }
}

/// Says that no layout is the right one for sure, and offers to do without.
fn ambiguous_ui(ui: &mut egui::Ui, app: &App) {
    let text = "Ambiguous: no layout explains the overlaps clearly better than others.";
    ui.add(egui::Label::new(RichText::new(text).color(palette(ui).strong)).wrap());
    let hint = "Looks for overlaps between all images, whatever their order, and moves them to where they match";
    let button = egui::Button::new("Search all tiles");
    if ui.add_enabled(!app.services().jobs.is_busy(), button).on_hover_text(hint).clicked() {
        let options = AlignOptions { is_layout_unknown: true, ..AlignOptions::default() };
        app.ask(OverlapCommand::Align { selected: false, options });
    }
}

fn guess_button_ui(ui: &mut egui::Ui, app: &App, text: &str, hint: &str) {
    if ui.add_enabled(!app.services().jobs.is_busy(), egui::Button::new(text)).on_hover_text(hint).clicked() {
        app.ask(OverlapCommand::GuessLayout);
    }
}

fn source_ui(ui: &mut egui::Ui, form: &mut LayoutForm) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        // No button may be wider than its part: the panel would grow.
        let width = ((ui.available_width() - 3.0 * 4.0) / 4.0).floor();
        ui.spacing_mut().button_padding.x = 0.0;
        for (source, name, hint) in SOURCES {
            let chosen = form.source == source;
            let button =
                egui::Button::new(RichText::new(name).size(12.0)).selected(chosen).min_size(egui::vec2(width, 24.0));
            if ui.add(button).on_hover_text(hint).clicked() {
                form.source = source;
            }
        }
    });
}

/// The switch that has images added as they arrive.
fn watch_ui(ui: &mut egui::Ui, app: &App) {
    let watch = app.documents().tab.watch.as_ref();
    let mut on = watch.is_some();
    let hint = "Adds images that arrive in the folder of the tiles, where the layout puts them. The view stays";
    if ui.checkbox(&mut on, "Watch the folder").on_hover_text(hint).changed() {
        app.ask(LayoutCommand::Watch(on));
    }
    if let Some(watch) = watch {
        let text = format!("{}: {} added", file_name(&watch.folder), watch.added);
        ui.add(egui::Label::new(RichText::new(text).small().color(palette(ui).weak)).truncate());
    }
}

/// The positions as they are, in any of the formats.
fn export_ui(ui: &mut egui::Ui, app: &App) {
    menu(ui, "Export positions…", |ui| {
        for format in FORMATS.iter().filter(|format| format.can_write()) {
            if ui.button(format.title).on_hover_text(format.file_name).clicked() {
                app.ask(LayoutCommand::AskExport(format.name));
                ui.close();
            }
        }
    });
}

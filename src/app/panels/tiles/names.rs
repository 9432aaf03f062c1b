//! The fields of a layout by names: the pattern, what matches it, what does not.

use egui::{Align, ComboBox, Layout, RichText, TextEdit, Ui};

use super::{grid, places};
use crate::app::panels::field::text_field;
use crate::app::panels::side::row;
use crate::app::theme::palette;
use crate::app::{App, EditCommand, LayoutForm, LayoutReport, ViewCommand, Zoom};
use crate::mosaic::pattern::Pattern;
use crate::mosaic::{Corner, PlacementId, PlacementIds};

/// Rows of a list that are shown without scrolling.
const MAX_ROWS: usize = 5;
/// Gaps that are named in the line; the others are told when the mouse is over it.
const MAX_NAMED: usize = 3;

const FIELDS: &str = "{row} and {col}: places in the grid\n{x} and {y}: positions in px; {x:um} in µm\n{i}: a running number\n\
{z}, {t}, {channel}: planes\n{*}: anything\n{row:03}: at least three digits; {row:A}: a letter\n\
The ending of the files may be left out. A regular expression with groups of these names is read, too.";

pub(super) fn names_ui(ui: &mut Ui, app: &App, form: &mut LayoutForm) {
    let field = TextEdit::singleline(&mut form.pattern).desired_width(f32::INFINITY).hint_text("r{row}_c{col}");
    let field = text_field(ui, field.font(egui::TextStyle::Monospace));
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Pattern of names"));
    field.on_hover_text(FIELDS);
    readings_ui(ui, app, form);
    if let Some(Ok(report)) = app.layout_found() {
        report_ui(ui, app, report, form);
    }
    let Ok(pattern) = Pattern::parse(&form.pattern) else { return };
    if pattern.tells_positions() {
        places::axes_ui(ui, form);
        return;
    }
    let first = [
        (Corner::TopLeft, "Top left"),
        (Corner::TopRight, "Top right"),
        (Corner::BottomLeft, "Bottom left"),
        (Corner::BottomRight, "Bottom right"),
    ];
    if pattern.tells_order() {
        ui.checkbox(&mut form.close_gaps, "Close gaps of missing numbers");
        return grid::grid_ui(ui, form);
    }
    row(ui, "First tile", |ui| grid::choice(ui, "corner", &mut form.grid.start, &first));
    grid::cells_ui(ui, form);
}

/// Other ways to read the names.
fn readings_ui(ui: &mut Ui, app: &App, form: &mut LayoutForm) {
    let guesses = &app.documents().tab.layout.guesses;
    if let Some(guess) = guesses.iter().find(|guess| guess.layout.pattern == form.pattern) {
        ui.add(egui::Label::new(RichText::new(&guess.reason).small().color(palette(ui).weak)).wrap());
    }
    if guesses.len() < 2 {
        return;
    }
    row(ui, "Read as", |ui| {
        let width = (ui.available_width() - 8.0).clamp(60.0, 300.0);
        let chosen = ComboBox::from_id_salt("readings").width(width).selected_text(&form.pattern).truncate();
        chosen.show_ui(ui, |ui| {
            for guess in guesses.iter() {
                let layout = &guess.layout;
                let text = format!("{}\n{}", layout.pattern, guess.reason);
                if ui.selectable_label(layout.pattern == form.pattern, text).clicked() {
                    (form.pattern, form.close_gaps) = (layout.pattern.clone(), layout.close_gaps);
                }
            }
        });
    });
}

fn report_ui(ui: &mut Ui, app: &App, report: &LayoutReport, form: &mut LayoutForm) {
    let colors = palette(ui);
    let matched = report.tiles - report.unplaced.len();
    let color = if matched == report.tiles { colors.good } else { colors.strong };
    ui.horizontal(|ui| {
        ui.colored_label(color, format!("{matched} of {} match", report.tiles));
        if let Some((across, down)) = report.extent {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(format!("{across} × {down}")).color(colors.weak))
                    .on_hover_text("Columns × rows");
            });
        }
    });
    if !report.unplaced.is_empty() {
        let title = format!("{} without a place, below the others", report.unplaced.len());
        egui::CollapsingHeader::new(title)
            .id_salt("unmatched")
            .default_open(report.unplaced.len() <= MAX_ROWS)
            .show(ui, |ui| list_ui(ui, app, "unmatched tiles", &report.unplaced));
    }
    if report.empty > 0 {
        let named: Vec<String> = report.gaps.iter().take(MAX_NAMED).map(ToString::to_string).collect();
        let more = if report.empty > named.len() as u64 { " …" } else { "" };
        let (count, cells) = (report.empty, if report.empty == 1 { "cell" } else { "cells" });
        let text = format!("{count} empty {cells}: {}{more}", named.join("; "));
        let label = ui.add(egui::Label::new(RichText::new(text).small().color(colors.weak)).wrap());
        let all: Vec<String> = report.gaps.iter().take(30).map(ToString::to_string).collect();
        label.on_hover_text(all.join("\n"));
    }
    if !report.doubles.is_empty() {
        let text = format!("{} tiles have the place of another", report.doubles.len());
        if ui.link(RichText::new(text).small().color(colors.bad)).on_hover_text("Select them").clicked() {
            let ids = report.doubles.iter().flat_map(|(a, b)| [*a, *b]).collect();
            app.ask(EditCommand::Select { ids, add: false });
        }
    }
    if report.planes.len() > 1 {
        row(ui, "Plane", |ui| {
            let shown = report.planes.get(report.plane).map_or_else(String::new, ToString::to_string);
            ComboBox::from_id_salt("plane").selected_text(shown).truncate().show_ui(ui, |ui| {
                for (number, plane) in report.planes.iter().enumerate() {
                    if ui.selectable_label(number == report.plane, plane.to_string()).clicked() {
                        form.plane = Some(plane.clone());
                    }
                }
            });
        });
    }
}

/// Tiles by name; a click selects one and shows it.
fn list_ui(ui: &mut Ui, app: &App, id: &str, tiles: &[PlacementId]) {
    let height = ui.spacing().interact_size.y;
    let step = height + ui.spacing().item_spacing.y;
    let height_of_list = step * MAX_ROWS as f32;
    let area = egui::ScrollArea::vertical().id_salt(id).auto_shrink([false, true]);
    let area = area.max_height(height_of_list).min_scrolled_height(height_of_list);
    area.show_rows(ui, height, tiles.len(), |ui, rows| {
        for id in &tiles[rows] {
            let Some(placement) = app.mosaic().placement(*id) else {
                ui.label("");
                continue;
            };
            let selected = app.documents().tab.selection.placements.contains(*id);
            let label = egui::Button::selectable(selected, placement.name()).truncate();
            if ui.add(label).on_hover_text("Show it").clicked() {
                app.ask(EditCommand::Select { ids: PlacementIds::from_iter([*id]), add: false });
                app.ask(ViewCommand::Zoom(Zoom::Show(placement.rect())));
            }
        }
    });
}

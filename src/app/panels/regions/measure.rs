//! The table of measures: what is measured, sorted by any column; copied, or saved as CSV.

use std::sync::Arc;

use egui::{ComboBox, RichText, ScrollArea};

use crate::app::panels::side::row;
use crate::app::regions::Measured;
use crate::app::theme::palette;
use crate::app::{App, MeasureForm, RegionCommand, RegionFiles};

/// Points that a row of the table is high, and a column wide.
const ROW: f32 = 18.0;
const COLUMN: f32 = 92.0;
/// More rows than this are sorted where they are not in the way: by saving them and a spreadsheet.
const MOST_SORTED: usize = 20_000;

/// The fields and the table.
#[derive(Default)]
pub(super) struct MeasureTable {
    form: MeasureForm,
    /// The table in order, what it was made from, and by which column.
    sorted: Option<(Arc<Measured>, Measured)>,
    sort: Option<(usize, bool)>,
}

impl MeasureTable {
    pub(super) fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        row(ui, "Which", |ui| {
            ui.selectable_value(&mut self.form.which, RegionFiles::All, "All");
            ui.selectable_value(&mut self.form.which, RegionFiles::Selected, "Selected");
        });
        ui.checkbox(&mut self.form.samples, "Samples inside: mean, min, max, standard deviation");
        if self.form.samples {
            let bounds = app.mosaic().bounds();
            row(ui, "Level", |ui| {
                let name = |level: usize| if level == 0 { "Full".to_owned() } else { format!("1/{}", 1u64 << level) };
                let text = name(self.form.level);
                ComboBox::from_id_salt("measured level").selected_text(text).show_ui(ui, |ui| {
                    for level in (0..12).filter(|&level| level == 0 || bounds.size().longest() >> level >= 64) {
                        ui.selectable_value(&mut self.form.level, level, name(level));
                    }
                });
            });
        }
        let measuring = &app.documents().tab.measuring;
        ui.horizontal_wrapped(|ui| {
            let button = egui::Button::new("Measure").fill(palette(ui).accent_fill);
            if ui.add_enabled(!measuring.running, button).clicked() {
                app.ask(RegionCommand::Measure(self.form));
            }
            if measuring.measured.is_some() {
                if ui.button("Copy").on_hover_text("As tab-separated text").clicked() {
                    app.ask(RegionCommand::CopyMeasures);
                }
                if ui.button("Save CSV…").clicked() {
                    app.ask(RegionCommand::AskSaveMeasures);
                }
            }
        });
        if let Some(measured) = measuring.measured.clone() {
            self.table_ui(ui, app, &measured);
        }
    }

    fn table_ui(&mut self, ui: &mut egui::Ui, app: &App, measured: &Arc<Measured>) {
        if let Some((column, descending)) = self.sort.filter(|_| measured.ids.len() <= MOST_SORTED) {
            if self.sorted.as_ref().is_none_or(|(of, _)| !Arc::ptr_eq(of, measured)) {
                self.sorted = Some((Arc::clone(measured), measured.sorted(column, descending)));
            }
        } else {
            self.sorted = None;
        }
        let shown = self.sorted.as_ref().map_or(&**measured, |(_, sorted)| sorted);
        let mut clicked = None;
        ScrollArea::horizontal().id_salt("measures across").show(ui, |ui| {
            ui.set_min_width(COLUMN * shown.table.columns.len() as f32);
            ui.spacing_mut().item_spacing = egui::vec2(4.0, 2.0);
            ui.horizontal(|ui| {
                for (column, name) in shown.table.columns.iter().enumerate() {
                    let arrow = match self.sort {
                        Some((sorted, false)) if sorted == column => " ↑",
                        Some((sorted, true)) if sorted == column => " ↓",
                        _ => "",
                    };
                    let text = RichText::new(format!("{name}{arrow}")).small().strong();
                    let button =
                        egui::Button::new(text).frame(false).truncate().min_size(egui::vec2(COLUMN - 4.0, ROW));
                    if ui.add_sized([COLUMN - 4.0, ROW], button).on_hover_text(&**name).clicked() {
                        clicked = Some(column);
                    }
                }
            });
            let rows = ScrollArea::vertical().id_salt("measures down").max_height(200.0);
            rows.show_rows(ui, ROW, shown.table.rows.len(), |ui, rows| {
                for row in rows {
                    row_ui(ui, app, shown, row);
                }
            });
        });
        if let Some(column) = clicked {
            let descending = self.sort.is_some_and(|(sorted, descending)| sorted == column && !descending);
            (self.sort, self.sorted) = (Some((column, descending)), None);
        }
        histogram_ui(ui, app, measured);
    }
}

fn row_ui(ui: &mut egui::Ui, app: &App, shown: &Measured, row: usize) {
    let id = shown.ids[row];
    ui.horizontal(|ui| {
        for cell in &shown.table.rows[row] {
            let short = match cell.parse::<f64>() {
                Ok(value) if value.fract() != 0.0 => format!("{value:.2}"),
                _ => cell.clone(),
            };
            let selected = app.selection().regions.contains(&id);
            let button = egui::Button::selectable(selected, RichText::new(short).small()).truncate();
            if ui.add_sized([COLUMN - 4.0, ROW], button).clicked() {
                app.ask(RegionCommand::Select(Some(id)));
                app.ask(RegionCommand::Show([id].into()));
            }
        }
    });
}

/// How often which samples occur in the selected region.
fn histogram_ui(ui: &mut egui::Ui, app: &App, measured: &Measured) {
    let Some(channels) = app.selection().region().and_then(|id| measured.histograms.get(&id)) else { return };
    for (number, channel) in channels.iter().enumerate() {
        let most = channel.histogram.iter().copied().max().unwrap_or(0).max(1) as f32;
        let text = format!("Channel {}: mean {:.1}, σ {:.1}", number + 1, channel.mean, channel.std);
        ui.label(RichText::new(text).small().color(palette(ui).weak));
        let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 36.0), egui::Sense::hover());
        let bins = channel.histogram.len().max(1);
        // As many bars as there are points across.
        let each = bins.div_ceil(rect.width() as usize + 1).max(1);
        let bars = channel.histogram.chunks(each).enumerate().map(|(bar, counts)| {
            let x = rect.left() + (bar * each) as f32 / bins as f32 * rect.width();
            let high = counts.iter().copied().max().unwrap_or(0) as f32 / most;
            egui::Shape::vline(
                x,
                (rect.bottom() - high * rect.height())..=rect.bottom(),
                egui::Stroke::new(1.0, palette(ui).accent),
            )
        });
        ui.painter().extend(bars.collect::<Vec<_>>());
    }
}

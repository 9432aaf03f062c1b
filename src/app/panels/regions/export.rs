//! Opens the export dialog for regions, each to a file of its own.

use egui::RichText;

use crate::app::theme::palette;
use crate::app::{App, ExportCommand, RegionFiles};

pub(super) fn export_ui(ui: &mut egui::Ui, app: &App) {
    let (all, selected) = (app.mosaic().regions.len(), app.selection().regions.len());
    ui.horizontal_wrapped(|ui| {
        for (which, text, count) in
            [(RegionFiles::All, "Export all…", all), (RegionFiles::Selected, "Export selected…", selected)]
        {
            if ui.add_enabled(count > 0, egui::Button::new(text)).clicked() {
                app.ask(ExportCommand::ShowRegions(which));
            }
        }
    });
    let count = if all == 1 { "1 region".to_owned() } else { format!("{all} regions") };
    let text = format!("{count}, {selected} selected");
    ui.label(RichText::new(text).small().color(palette(ui).weak));
}

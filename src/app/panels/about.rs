//! The About dialog.

use egui::{CollapsingHeader, Grid, RichText, Ui};

use super::modal::{Title, buttons, main_button, modal};
use crate::app::about::{FONTS, LICENSE, packages, version_text};
use crate::app::theme::palette;
use crate::app::{App, WindowCommand};

impl App {
    /// Whether it stays open.
    pub(super) fn about_ui(&self, ui: &Ui) -> bool {
        let title = Title { name: "about", heading: "About Mosaicist", width: 520.0 };
        modal(
            ui,
            title,
            &mut (),
            |ui, ()| about_body(ui),
            |ui, (), entered| {
                buttons(ui, |ui| {
                    if main_button(ui, "Close", true, entered) {
                        ui.close();
                    }
                    if ui.button("Copy version").on_hover_text("For a report of a problem").clicked() {
                        ui.ctx().copy_text(version_text());
                    }
                    let hint = "Version, state of the window and end of the log, with file names";
                    if ui.button("Copy diagnostics").on_hover_text(hint).clicked() {
                        self.ask(WindowCommand::CopyDiagnostics);
                    }
                });
            },
        )
    }
}

fn about_body(ui: &mut Ui) {
    let weak = palette(ui).weak;
    ui.label(version_text());
    ui.label(RichText::new("Open, arrange, look at and export images far larger than memory.").color(weak));
    ui.add_space(6.0);
    CollapsingHeader::new("License").show(ui, |ui| ui.label(RichText::new(LICENSE).small().color(weak)));
    CollapsingHeader::new("Fonts").show(ui, |ui| {
        for (name, license) in FONTS {
            ui.label(RichText::new(format!("{name}: {license}")).small().color(weak));
        }
    });
    CollapsingHeader::new("Packages").show(ui, |ui| {
        Grid::new("packages").num_columns(3).spacing([12.0, 2.0]).show(ui, |ui| {
            for text in packages().flat_map(|(name, version, license)| [Some(name), Some(version), Some(license), None])
            {
                match text {
                    Some(text) => _ = ui.label(RichText::new(text).small().color(weak)),
                    None => ui.end_row(),
                }
            }
        });
    });
}

//! Dialogs and overlays of the window: a typed path, the drop hint.

use egui::{Align2, Id};

use super::super::dialog::{Dialog, TypedPath};
use super::super::theme::palette;
use super::super::{Answer, App, Ask, FileCommand, RoundUse, names};
use super::field::text_field;
use super::modal::{Title, buttons, main_button, modal};

impl App {
    /// Whether `dialog` stays open. `asked`: a question waits for an answer.
    pub(in crate::app) fn dialog_ui(&self, ui: &mut egui::Ui, dialog: &mut Dialog, asked: bool) -> bool {
        match dialog {
            Dialog::Export(export) => self.export_ui(ui, export),
            Dialog::Batch(batch) => self.batch_ui(ui, batch),
            Dialog::Raw(form) => self.raw_ui(ui, form),
            Dialog::Path(path) => self.typed_path_ui(ui, path),
            Dialog::Shortcuts(rebinding) => self.shortcuts_ui(ui, rebinding),
            Dialog::GoTo(form) => self.go_to_ui(ui, form),
            Dialog::Recovery => asked || self.recovery_ui(ui),
            Dialog::Unknown(file) => self.unknown_ui(ui, file),
            Dialog::About => self.about_ui(ui),
            Dialog::Question(question) => {
                self.question_ui(ui, question);
                true
            }
        }
    }

    /// The dialog for typing a path. Returns whether it stays open.
    fn typed_path_ui(&self, ui: &mut egui::Ui, TypedPath { ask, text }: &mut TypedPath) -> bool {
        let (heading, verb, hint) = match ask {
            Ask::Files | Ask::Folder => ("Open location", "Open", "A file, a folder of tiles or a .mosaic project"),
            Ask::More => ("Add images", "Add", "A file or a folder of tiles"),
            Ask::Replacement(_) => ("Replace file", "Replace", "The image that the tile is to show"),
            Ask::Raw => ("Import raw", "Import", "A file of plain samples"),
            Ask::SaveProject(_) => ("Save project as", "Save", "A .mosaic file"),
            Ask::SavePortable(_) => {
                ("Save portable project", "Save", "A .mosaic file; the images are copied beside it")
            }
            Ask::SavePicture(_) => ("Save view as image", "Save", "A .png, .jpg, .tif or .bmp file"),
            Ask::Moved => ("Find missing files", "Find", "The folder that they have been moved to"),
            Ask::Positions => ("Open positions", "Open", "TileConfiguration.txt, .csv, .json, .xml, .pto, .vrt …"),
            Ask::SavePositions { .. } => ("Export positions", "Export", "A file to write"),
            Ask::SaveReport(_) => ("Save report", "Save", "A .html page or a .csv table"),
            Ask::Regions => ("Import regions", "Import", "GeoJSON, ImageScope, ASAP, NDPA, ImageJ, OME-XML or CSV"),
            Ask::SaveRegions { .. } => ("Save regions", "Save", ".geojson, .xml, .ndpa, .zip, .ome.xml or .csv"),
            Ask::SaveMeasures(_) => ("Save measurements", "Save", "A .csv table"),
            Ask::RegionFolder(_) => ("Export regions", "Choose", "A new or empty folder"),
            Ask::Round(RoundUse::Positions) => {
                ("Apply positions", "Apply", "A folder with the tiles of another channel")
            }
            Ask::Round(RoundUse::Align) => {
                ("Align a second round", "Align", "A folder with the tiles of the other round")
            }
            Ask::BatchFiles => ("Add images", "Add", "A file or a folder"),
            Ask::BatchFolder => ("Add folder", "Add", "A folder of images"),
            Ask::BatchOut(_) => ("Folder for the results", "Choose", "A folder to write to"),
            Ask::Recipe => ("Open recipe", "Open", "A .json file"),
            Ask::SaveRecipe(_) => ("Save recipe", "Save", "A .json file"),
            Ask::SaveExport(_) => ("Export to", "Choose", "A file or a folder to write"),
        };
        let mut done = None;
        let title = Title { name: "path", heading, width: 440.0 };
        let is_open = modal(
            ui,
            title,
            text,
            |ui, text| {
                let field = egui::TextEdit::singleline(text).desired_width(f32::INFINITY).hint_text(hint);
                let field = text_field(ui, field);
                if !field.has_focus() && !field.lost_focus() {
                    field.request_focus();
                }
            },
            |ui, text, entered| {
                let path = text.trim();
                buttons(ui, |ui| {
                    if main_button(ui, verb, !path.is_empty(), entered) {
                        done = Some(FileCommand::Typed(ask.clone(), names::typed(path)));
                    }
                    if ui.button("Cancel").clicked() {
                        ui.close();
                    }
                });
            },
        );
        let is_open = done.is_none() && is_open;
        match done {
            Some(command) => self.ask(command),
            None if !is_open => self.ask(FileCommand::Answer(Answer::Stay)),
            None => {}
        }
        is_open
    }

    /// The files that are dragged over the window.
    pub(in crate::app) fn drop_hint_ui(&self, ui: &mut egui::Ui) {
        let count = ui.input(|input| input.raw.hovered_files.len());
        if count > 0 && !self.mosaic().placements.is_empty() && self.dialogs().is_empty() {
            let text = format!("Drop to add {count} to the canvas");
            let at = self.documents().tab.screen.center();
            let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop")));
            painter.rect_filled(self.documents().tab.screen, 0.0, palette(ui).accent.gamma_multiply(0.2));
            painter.text(at, Align2::CENTER_CENTER, text, egui::FontId::proportional(24.0), egui::Color32::WHITE);
        }
    }
}

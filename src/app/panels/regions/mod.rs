//! The Regions tab: tools and how they draw, the list, what is selected, finding, measuring, exporting; and bookmarks. One file per section.

mod bookmarks;
mod drawing;
mod export;
mod find;
mod list;
mod measure;
mod menu;
mod place;
mod selected;
mod thumbs;

use egui::RichText;

use super::side::{folded_section, section};
use super::{Panel, PanelInfo};
use crate::app::App;
use crate::app::theme::{Icon, palette};

/// The Regions tab.
#[derive(Default)]
pub(super) struct Regions {
    drawing: drawing::DrawingOptions,
    list: list::RegionList,
    selected: selected::SelectedRegions,
    find: find::Find,
    measure: measure::MeasureTable,
    bookmarks: bookmarks::Bookmarks,
}

impl Panel for Regions {
    fn info(&self) -> PanelInfo {
        PanelInfo { id: "regions", icon: Icon::SquareDashed, title: "Regions" }
    }

    fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        section(ui, Icon::PenTool, "Draw", |ui| self.drawing.ui(ui, app));
        section(ui, Icon::SquareDashed, "Regions", |ui| {
            self.list.ui(ui, app);
            notes_ui(ui, app);
        });
        if !app.selection().regions.is_empty() {
            section(ui, Icon::SquareMousePointer, "Selected", |ui| self.selected.ui(ui, app));
        }
        folded_section(ui, "Find regions", |ui| self.find.ui(ui, app));
        if !app.mosaic().regions.is_empty() {
            folded_section(ui, "Measure", |ui| self.measure.ui(ui, app));
            folded_section(ui, "Export", |ui| export::export_ui(ui, app));
        }
        section(ui, Icon::Bookmark, "Bookmarks", |ui| self.bookmarks.bookmarks_ui(ui, app));
    }
}

/// What could not be read or written of the last file.
fn notes_ui(ui: &mut egui::Ui, app: &App) {
    let notes = &app.documents().tab.region_notes;
    if notes.is_empty() {
        return;
    }
    let title = format!("{} notes on the last file", notes.len());
    egui::CollapsingHeader::new(title).id_salt("region notes").show(ui, |ui| {
        let row = ui.text_style_height(&egui::TextStyle::Small);
        egui::ScrollArea::vertical().id_salt("notes").max_height(120.0).show_rows(ui, row, notes.len(), |ui, rows| {
            for note in &notes[rows] {
                ui.add(egui::Label::new(RichText::new(note).small().color(palette(ui).weak)).truncate());
            }
        });
    });
}

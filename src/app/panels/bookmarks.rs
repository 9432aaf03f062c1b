//! Bookmarks: named views of the document.

use egui::{Key, RichText};

use super::super::theme::{Icon, icon, palette};
use super::super::{App, Command, View, ViewChange};
use crate::mosaic::Bookmark;

/// The view that a bookmark names.
pub(in crate::app) fn view_of(bookmark: &Bookmark) -> View {
    let Bookmark { center, zoom, degrees, mirrored, .. } = *bookmark;
    let mut view = View { center, zoom: 1.0, degrees: 0.0, mirrored };
    // A file may say anything; these keep a view within its limits.
    view.zoom_about(center, if zoom.is_finite() && zoom > 0.0 { zoom } else { 1.0 });
    view.turn(if degrees.is_finite() { degrees } else { 0.0 });
    view
}

impl App {
    pub(super) fn bookmarks_ui(&mut self, ui: &mut egui::Ui) {
        let mosaic = self.mosaic().clone();
        for bookmark in &mosaic.bookmarks {
            if self.renaming.as_ref().is_some_and(|(id, _)| *id == bookmark.id) {
                self.rename_ui(ui);
                continue;
            }
            ui.horizontal(|ui| {
                let show = Command::ChangeView(ViewChange::At(view_of(bookmark)));
                if ui.selectable_label(false, &bookmark.name).on_hover_text("Show this view").clicked() {
                    self.ask(show);
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let button = |ui: &mut egui::Ui, picture: Icon, text: &str| {
                        let button = ui.add(egui::Button::new(icon(picture, 13.0)).frame(false));
                        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, text));
                        button.on_hover_text(text).clicked()
                    };
                    if button(ui, Icon::Trash2, "Remove the bookmark") {
                        self.ask(Command::RemoveBookmark(bookmark.id));
                    }
                    if button(ui, Icon::Pencil, "Rename the bookmark") {
                        self.renaming = Some((bookmark.id, bookmark.name.clone()));
                    }
                    let percent = bookmark.zoom * f64::from(ui.pixels_per_point()) * 100.0;
                    ui.label(RichText::new(format!("{percent:.0} %")).small().color(palette(ui).weak));
                });
            });
        }
        let text = self.hint("Bookmark this view", &Command::AddBookmark);
        if ui.button(text).clicked() {
            self.ask(Command::AddBookmark);
        }
    }

    pub(super) fn bookmark_menu_ui(&mut self, ui: &mut egui::Ui) {
        self.item(ui, "Bookmark this view", Command::AddBookmark, true);
        let mosaic = self.mosaic().clone();
        if !mosaic.bookmarks.is_empty() {
            ui.separator();
        }
        for bookmark in &mosaic.bookmarks {
            self.item(ui, &bookmark.name, Command::ChangeView(ViewChange::At(view_of(bookmark))), true);
        }
    }

    fn rename_ui(&mut self, ui: &mut egui::Ui) {
        let Some((id, mut name)) = self.renaming.take() else { return };
        let field = ui.add(egui::TextEdit::singleline(&mut name).desired_width(f32::INFINITY));
        if field.lost_focus() {
            if !ui.input(|input| input.key_pressed(Key::Escape)) && !name.trim().is_empty() {
                self.ask(Command::RenameBookmark(id, name.trim().to_owned()));
            }
            return;
        }
        field.request_focus();
        self.renaming = Some((id, name));
    }
}

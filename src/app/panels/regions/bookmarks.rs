//! Bookmarks: views of the document with names.

use egui::{Key, RichText};

use crate::app::panels::field::text_field;
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, Command, EditCommand, View, ViewChange, ViewCommand};
use crate::mosaic::{Bookmark, BookmarkId};

/// The list of bookmarks.
#[derive(Default)]
pub(super) struct Bookmarks {
    /// A bookmark's new name being typed.
    renaming: Option<(BookmarkId, String)>,
}

impl Bookmarks {
    pub(super) fn bookmarks_ui(&mut self, ui: &mut egui::Ui, app: &App) {
        let mosaic = app.mosaic().clone();
        for bookmark in &mosaic.bookmarks {
            if self.renaming.as_ref().is_some_and(|(id, _)| *id == bookmark.id) {
                self.rename_ui(ui, app);
                continue;
            }
            ui.horizontal(|ui| {
                let show = Command::View(ViewCommand::Change(ViewChange::At(view_of(bookmark))));
                if ui.selectable_label(false, &bookmark.name).on_hover_text("Show this view").clicked() {
                    app.ask(show);
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let button = |ui: &mut egui::Ui, picture: Icon, text: &str| {
                        let button = ui.add(egui::Button::new(icon(picture, 13.0)).frame(false));
                        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, text));
                        button.on_hover_text(text).clicked()
                    };
                    if button(ui, Icon::Trash2, "Remove bookmark") {
                        app.ask(EditCommand::RemoveBookmark(bookmark.id));
                    }
                    if button(ui, Icon::Pencil, "Rename bookmark") {
                        self.renaming = Some((bookmark.id, bookmark.name.clone()));
                    }
                    let percent = bookmark.zoom * f64::from(ui.pixels_per_point()) * 100.0;
                    ui.label(RichText::new(format!("{percent:.0} %")).small().color(palette(ui).weak));
                });
            });
        }
        let text = app.hint("Bookmark this view", &Command::Edit(EditCommand::AddBookmark));
        if ui.button(text).clicked() {
            app.ask(EditCommand::AddBookmark);
        }
    }

    fn rename_ui(&mut self, ui: &mut egui::Ui, app: &App) {
        let Some((id, mut name)) = self.renaming.take() else { return };
        let field = text_field(ui, egui::TextEdit::singleline(&mut name).desired_width(f32::INFINITY));
        if field.lost_focus() {
            if !ui.input(|input| input.key_pressed(Key::Escape)) && !name.trim().is_empty() {
                app.ask(EditCommand::RenameBookmark(id, name.trim().to_owned()));
            }
            return;
        }
        field.request_focus();
        self.renaming = Some((id, name));
    }
}

impl App {
    pub(in crate::app::panels) fn bookmark_menu_ui(&self, ui: &mut egui::Ui) {
        self.item(ui, "Bookmark this view", Command::Edit(EditCommand::AddBookmark), true);
        let mosaic = self.mosaic().clone();
        if !mosaic.bookmarks.is_empty() {
            ui.separator();
        }
        for bookmark in &mosaic.bookmarks {
            self.item(ui, &bookmark.name, Command::View(ViewCommand::Change(ViewChange::At(view_of(bookmark)))), true);
        }
    }
}

/// The view that a bookmark names.
fn view_of(bookmark: &Bookmark) -> View {
    let Bookmark { center, zoom, degrees, mirrored, .. } = *bookmark;
    let mut view = View { center, zoom: 1.0, degrees: 0.0, mirrored };
    // A file may contain any values; these keep the view within its limits.
    view.zoom_about(center, if zoom.is_finite() && zoom > 0.0 { zoom } else { 1.0 });
    view.turn(if degrees.is_finite() { degrees } else { 0.0 });
    view
}

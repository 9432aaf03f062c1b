//! A file that cannot be opened as an image: why, and what can be done instead.

use egui::{Label, Ui};

use super::bars::file_name;
use super::modal::{Title, buttons, main_button, modal};
use crate::app::dialog::UnknownFile;
use crate::app::{App, FileCommand};

impl App {
    /// Whether it stays open.
    pub(super) fn unknown_ui(&self, ui: &Ui, file: &mut UnknownFile) -> bool {
        let heading = format!("{} cannot be opened", file_name(&file.path));
        let title = Title { name: "unknown", heading: &heading, width: 460.0 };
        let mut is_done = false;
        let is_open = modal(
            ui,
            title,
            file,
            |ui, file| {
                let mut reason = file.reason.clone();
                if let Some(first) = reason.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                ui.add(Label::new(format!("{reason}.")).wrap());
                let raw =
                    "Open another file. Or, if it holds plain samples, import it by giving its size and sample type.";
                ui.add(Label::new(raw).wrap());
            },
            |ui, file, entered| {
                buttons(ui, |ui| {
                    if main_button(ui, "Open another…", true, entered) {
                        self.ask(FileCommand::AskFiles);
                        is_done = true;
                    }
                    if ui.button("Import raw…").clicked() {
                        self.ask(FileCommand::ImportRaw(file.path.clone()));
                        is_done = true;
                    }
                    if ui.button("Close").clicked() {
                        ui.close();
                    }
                });
            },
        );
        is_open && !is_done
    }
}

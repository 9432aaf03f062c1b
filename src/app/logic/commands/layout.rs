//! Laying tiles out, and files of positions.

use std::path::PathBuf;

use crate::app::{App, Ask, LayoutCommand, LayoutForm, PositionSource};
use crate::mosaic::positions::{FORMATS, format_of_name, write};
use crate::work::positions_of;

impl App {
    pub(super) fn apply_layout(&mut self, command: LayoutCommand) {
        match command {
            LayoutCommand::Set { form, apply } => self.set_layout(*form, apply),
            LayoutCommand::ShowNames => {
                self.preferences.settings.open_panel("tiles");
                let form = LayoutForm { source: PositionSource::Names, ..self.layout_form().clone() };
                self.set_layout(form, false);
                self.documents.tab.layout.line = None;
            }
            LayoutCommand::DismissLine => self.documents.tab.layout.line = None,
            LayoutCommand::AskPositions => self.pick(Ask::Positions),
            LayoutCommand::ReadPositions(path) => {
                let source = PositionSource::File;
                self.set_layout(LayoutForm { source, file: Some(path), ..self.layout_form().clone() }, true);
            }
            LayoutCommand::Watch(on) => self.set_watching(on),
            LayoutCommand::AskExport(name) => {
                let file = FORMATS.iter().find(|format| format.name == name).map_or(name, |format| format.file_name);
                let path = self.documents.tab.folder(None).join(file);
                self.pick(Ask::SavePositions { path: path.to_string_lossy().into_owned(), format: name });
            }
        }
    }

    /// Write the positions of all tiles.
    pub(in crate::app::logic) fn write_positions(&self, path: PathBuf, format: &'static str) {
        let mosaic = self.mosaic().clone();
        let work = move || {
            let notes = write(&positions_of(&mosaic, &path)?, &path, format_of_name(format)?)?;
            Ok((path, notes))
        };
        self.services.jobs.run(work, |app, (path, notes)| {
            app.tell(format!("Wrote positions to {}", path.display()), false);
            notes.into_iter().for_each(|note| app.tell(note, true));
        });
    }
}

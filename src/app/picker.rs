//! [`Picker`]: asking the system's dialogs for files.

use std::path::PathBuf;

/// What to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    Files,
    Folder,
    /// A project to write.
    SaveProject(String),
    /// An export to write.
    SaveExport(String),
}

/// Asks for paths. Called on a thread of its own; may wait for the person.
pub trait Picker: Send + Sync {
    /// The paths chosen; none if the person changed their mind; `Err` where no dialog can be shown.
    fn pick(&self, ask: &Ask) -> Result<Vec<PathBuf>, ()>;
}

/// The system's own dialogs.
pub(super) struct Native;

impl Picker for Native {
    fn pick(&self, ask: &Ask) -> Result<Vec<PathBuf>, ()> {
        let started = std::time::Instant::now();
        let dialog = rfd::FileDialog::new();
        let chosen = match ask {
            Ask::Files => dialog.set_title("Open images or a project").pick_files(),
            Ask::Folder => dialog.set_title("Open a folder of images").pick_folder().map(|folder| vec![folder]),
            Ask::SaveProject(name) => {
                dialog.set_title("Save the project").set_file_name(name).save_file().map(|file| vec![file])
            }
            Ask::SaveExport(name) => dialog.set_title("Export").set_file_name(name).save_file().map(|file| vec![file]),
        };
        match chosen {
            Some(paths) => Ok(paths),
            // No person cancels a dialog this fast: there was none (no portal, no zenity).
            None if started.elapsed().as_millis() < 250 => Err(()),
            None => Ok(Vec::new()),
        }
    }
}

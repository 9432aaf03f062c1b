//! [`Picker`]: asking the system's dialogs for files.

use std::path::{Path, PathBuf};

use super::{RegionFiles, RoundUse};
use crate::mosaic::PlacementId;

/// The kind of dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    Files,
    /// Images for the mosaic that is there.
    More,
    Folder,
    /// An image for a placement, instead of its own.
    Replacement(PlacementId),
    /// A raw file.
    Raw,
    /// A project to write.
    SaveProject(String),
    /// A project to write with copies of its files.
    SavePortable(String),
    /// An export to write.
    SaveExport(String),
    /// A picture of the view.
    SavePicture(String),
    /// The folder that missing files have been moved to.
    Moved,
    /// A file of positions.
    Positions,
    /// A file of positions to write, in the format of that name.
    SavePositions {
        path: String,
        format: &'static str,
    },
    /// A report of an alignment to write.
    SaveReport(String),
    /// Files of regions.
    Regions,
    /// A file of regions to write.
    SaveRegions {
        path: String,
        which: RegionFiles,
    },
    /// A table of measures to write.
    SaveMeasures(String),
    /// A folder for exported regions.
    RegionFolder(String),
    /// The folder of another channel or round.
    Round(RoundUse),
    /// Images for a batch.
    BatchFiles,
    BatchFolder,
    /// A folder for the results of a batch.
    BatchOut(String),
    /// A recipe of a batch.
    Recipe,
    SaveRecipe(String),
}

/// No dialog can be shown here: the path must be typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoDialog;

/// Asks for paths. Called on a thread of its own; may wait for the user.
pub trait Picker: Send + Sync {
    /// The paths chosen; none if the user changed their mind; [`NoDialog`] where none can be shown.
    fn pick(&self, ask: &Ask) -> Result<Vec<PathBuf>, NoDialog>;

    /// Whether its dialogs for saving have already asked whether to replace the file.
    fn asks_before_replacing(&self) -> bool {
        false
    }
}

/// The system's own dialogs.
pub(super) struct Native;

impl Picker for Native {
    fn pick(&self, ask: &Ask) -> Result<Vec<PathBuf>, NoDialog> {
        if !can_show_dialogs() {
            return Err(NoDialog);
        }
        let started = std::time::Instant::now();
        let mut dialog = rfd::FileDialog::new();
        if let Ask::SaveProject(path)
        | Ask::SavePortable(path)
        | Ask::SavePicture(path)
        | Ask::SaveExport(path)
        | Ask::SavePositions { path, .. }
        | Ask::SaveReport(path)
        | Ask::SaveRegions { path, .. }
        | Ask::SaveMeasures(path)
        | Ask::SaveRecipe(path) = ask
        {
            let path = Path::new(path);
            dialog = dialog.set_file_name(path.file_name().unwrap_or_default().to_string_lossy());
            if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
                dialog = dialog.set_directory(folder);
            }
        }
        let chosen = match ask {
            Ask::Files => dialog.set_title("Open images or a project").pick_files(),
            Ask::More => dialog.set_title("Add images to the mosaic").pick_files(),
            Ask::Replacement(_) => dialog.set_title("Replace the file of a tile").pick_file().map(|file| vec![file]),
            Ask::Raw => dialog.set_title("Import a raw file").pick_file().map(|file| vec![file]),
            Ask::Folder => dialog.set_title("Open a folder of images").pick_folder().map(|folder| vec![folder]),
            Ask::SaveProject(_) => dialog.set_title("Save the project").save_file().map(|file| vec![file]),
            Ask::SavePortable(_) => {
                dialog.set_title("Save the project with its files").save_file().map(|file| vec![file])
            }
            Ask::SavePicture(_) => dialog.set_title("Save view as image").save_file().map(|file| vec![file]),
            Ask::Moved => dialog.set_title("Folder of the missing files").pick_folder().map(|folder| vec![folder]),
            Ask::Positions => dialog.set_title("Open positions of tiles").pick_file().map(|file| vec![file]),
            Ask::SavePositions { .. } => {
                dialog.set_title("Export positions of tiles").save_file().map(|file| vec![file])
            }
            Ask::SaveReport(_) => dialog.set_title("Save a report of the alignment").save_file().map(|file| vec![file]),
            Ask::Regions => dialog.set_title("Import regions").pick_files(),
            Ask::SaveRegions { .. } => dialog.set_title("Export regions").save_file().map(|file| vec![file]),
            Ask::SaveMeasures(_) => dialog.set_title("Save measurements").save_file().map(|file| vec![file]),
            Ask::RegionFolder(_) => dialog.set_title("Folder for the regions").pick_folder().map(|folder| vec![folder]),
            Ask::Round(_) => dialog.set_title("Folder of the other round").pick_folder().map(|folder| vec![folder]),
            Ask::BatchFiles => dialog.set_title("Add images to the batch").pick_files(),
            Ask::BatchFolder => dialog.set_title("Add a folder to the batch").pick_folder().map(|folder| vec![folder]),
            Ask::BatchOut(_) => dialog.set_title("Folder for the results").pick_folder().map(|folder| vec![folder]),
            Ask::Recipe => dialog.set_title("Open a recipe").pick_file().map(|file| vec![file]),
            Ask::SaveRecipe(_) => dialog.set_title("Save the recipe").save_file().map(|file| vec![file]),
            Ask::SaveExport(_) => dialog.set_title("Export").save_file().map(|file| vec![file]),
        };
        match chosen {
            Some(paths) => Ok(paths),
            // Nobody cancels this fast: there was no dialog (no portal, no zenity).
            None if started.elapsed().as_millis() < 250 => Err(NoDialog),
            None => Ok(Vec::new()),
        }
    }

    fn asks_before_replacing(&self) -> bool {
        true
    }
}

/// Whether the system has a way to show a dialog for files: on Linux the desktop's portal, over the session bus, or zenity. Without
/// both, a call would only fail late, which on a busy machine looks like a person who cancels.
fn can_show_dialogs() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let has_bus = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty())
        || folder("XDG_RUNTIME_DIR").is_some_and(|folder| folder.join("bus").exists());
    let programs = std::env::var_os("PATH").unwrap_or_default();
    has_bus || std::env::split_paths(&programs).any(|folder| folder.join("zenity").is_file())
}

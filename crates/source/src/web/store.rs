//! [`Store`]: where the tiles lie, a folder or a zip archive.

use std::path::{Path, PathBuf};

use super::zip::Zip;
use crate::{Result, neighbor};

/// No tile's file is longer.
const MOST_BYTES: u64 = 256 << 20;

/// Files by their names, with `/` between folders.
pub(super) enum Store {
    Folder(PathBuf),
    Zip(Zip),
}

impl Store {
    /// The bytes of the file `name`; `None` if it is not there.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => neighbor::read(folder, &folder.join(name), MOST_BYTES),
            Self::Zip(zip) => zip.read(name, MOST_BYTES),
        }
    }

    /// Whether there is a folder of that name.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.join(name).is_dir(),
            Self::Zip(zip) => zip.has_folder(name),
        }
    }

    /// The file `name`, for messages.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(name),
            Self::Zip(zip) => zip.path().join(name),
        }
    }
}

/// The folder that a descriptor lies in.
pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

//! [`Settings`]: what is remembered from one run to the next.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The longest list of recent files.
const MOST_RECENT: usize = 10;

/// Kept in the user's configuration folder as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub(super) light: bool,
    pub(super) recent: Vec<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { light: false, recent: Vec::new() }
    }
}

impl Settings {
    /// As they were left; the usual ones if there is nothing sensible.
    pub(super) fn load() -> Self {
        let text = path().and_then(|path| std::fs::read(path).ok());
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Keep them. A failure costs only a convenience and is passed over.
    pub(super) fn save(&self) {
        let Some((path, text)) = path().zip(serde_json::to_vec_pretty(self).ok()) else { return };
        let written = path.parent().map(std::fs::create_dir_all).transpose().and_then(|_| std::fs::write(&path, text));
        if written.is_err() {
            // Next time the window starts with the usual settings.
        }
    }

    /// Put `path` first among the recent ones.
    pub(super) fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|known| *known != path);
        self.recent.insert(0, path);
        self.recent.truncate(MOST_RECENT);
    }
}

fn path() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("org", "mosaicist", "Mosaicist")?;
    Some(folders.config_dir().join("settings.json"))
}

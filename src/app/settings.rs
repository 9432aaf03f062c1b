//! [`Settings`]: what is remembered from one run to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::session::Visit;
use super::units::Unit;
use crate::{IoResultExt as _, Result};

/// The longest list of recent files.
const MOST_RECENT: usize = 10;

/// What can be switched on and off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Toggle {
    ScaleBar,
    Grid,
    Crosshair,
    Rulers,
    /// The map shades what has not been looked at.
    Visited,
    /// Jumps of the view are short flights.
    Motion,
    /// Two fingers pan; otherwise they zoom as a wheel does.
    Trackpad,
    /// Start with what was open.
    Reopen,
}

impl Toggle {
    /// As it is until the person changes it.
    const fn usually(self) -> bool {
        matches!(self, Self::ScaleBar | Self::Visited | Self::Motion)
    }
}

/// Stored in the user's configuration folder as JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub(super) light: bool,
    pub(super) recent: Vec<PathBuf>,
    /// Toggles that are not as they usually are.
    switched: BTreeSet<Toggle>,
    /// In what lengths are shown; the best the image knows if `None`.
    pub(super) unit: Option<Unit>,
    /// The keys of actions that the person has changed, by the action's text.
    pub(super) keys: BTreeMap<String, Vec<String>>,
    /// What was open when the window was closed.
    pub(super) session: Vec<Visit>,
    /// Where the last export went.
    pub(super) export_folder: Option<PathBuf>,
    /// Outputs of exports that were running or waiting.
    pub(super) exports: Vec<PathBuf>,
}

impl Settings {
    /// As they were left; the usual ones if there is nothing sensible.
    pub(super) fn load(path: &Path) -> Self {
        let text = std::fs::read(path).ok();
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Keep them: whole or not at all.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::from).at(path)?;
        path.parent().map_or(Ok(()), std::fs::create_dir_all).at(path)?;
        crate::whole_file::write_bytes(path, &text)
    }

    /// Where they are kept.
    pub(super) fn usual_path() -> Option<PathBuf> {
        let folders = directories::ProjectDirs::from("org", "mosaicist", "Mosaicist")?;
        Some(folders.config_dir().join("settings.json"))
    }

    pub(super) fn is_on(&self, toggle: Toggle) -> bool {
        toggle.usually() != self.switched.contains(&toggle)
    }

    pub(super) fn switch(&mut self, toggle: Toggle) {
        if !self.switched.remove(&toggle) {
            self.switched.insert(toggle);
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

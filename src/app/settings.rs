//! [`Settings`]: the settings stored between runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::View;
use super::regions::{Drawing, RegionExportForm};
use super::speeds::Speeds;
use super::units::Unit;
use crate::mosaic::FilterStep;
use crate::{IoResultExt as _, Result, stored_path};

/// The longest list of recent files.
const MOST_RECENT: usize = 10;

/// How far apart the lines are at first that dragged tiles stop at.
const SNAP_GRID: u32 = 100;

/// The tab of the side bar that is open at first.
pub(super) const FIRST_PANEL: &str = "display";

/// How wide the open tab of the side bar is at first, in points.
const PANEL_WIDTH: u32 = 280;

/// Options that can be switched on and off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Toggle {
    ScaleBar,
    Grid,
    Crosshair,
    Rulers,
    /// The navigator shades areas not viewed yet.
    Visited,
    /// Jumps of the view are short flights.
    Motion,
    /// Two fingers pan; otherwise they zoom as a wheel does.
    Trackpad,
    /// Restore session on startup.
    Reopen,
    /// The navigator above the open tab of the right side.
    Navigator,
    /// Dragged tiles stop where their edges meet those of others.
    SnapEdges,
    /// And where they overlap as others do.
    SnapOverlaps,
    /// And at lines of a grid.
    SnapGrid,
    /// Tiles that were dragged move on to where they match what they overlap.
    SnapMatch,
}

impl Toggle {
    /// Its default.
    const fn usually(self) -> bool {
        matches!(
            self,
            Self::ScaleBar | Self::Visited | Self::Motion | Self::Navigator | Self::SnapEdges | Self::SnapOverlaps
        )
    }
}

/// What is shown where tiles overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlaps {
    /// The picture as it is exported.
    #[default]
    Normal,
    /// How far the samples of overlapping tiles are apart.
    Difference,
    /// The picture, and the outline and name of each tile.
    Outlines,
}

/// A document that was open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Visit {
    /// A project, or the opened files and folders.
    #[serde(with = "stored_path::list")]
    pub(super) paths: Vec<PathBuf>,
    pub(super) view: View,
}

impl Visit {
    /// Its name in a list.
    pub(super) fn name(&self) -> String {
        let name = |path: &PathBuf| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match &*self.paths {
            [] => String::new(),
            [one] => name(one),
            [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
        }
    }
}

/// Stored in the user's configuration folder as JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub(super) light: bool,
    #[serde(with = "stored_path::list")]
    pub(super) recent: Vec<PathBuf>,
    /// Toggles that differ from their defaults.
    switched: BTreeSet<Toggle>,
    /// The unit of lengths; the best one of the image if `None`.
    pub(super) unit: Option<Unit>,
    /// How far apart the lines are that dragged tiles stop at, in canvas pixels.
    snap_grid: Option<u32>,
    /// What is shown where tiles overlap.
    pub(super) overlaps: Overlaps,
    /// Filters that have been kept, by their names.
    pub(super) presets: BTreeMap<String, Vec<FilterStep>>,
    /// The keys of actions that the user has changed, by the action's identifier.
    pub(super) keys: BTreeMap<String, Vec<String>>,
    /// The last session.
    pub(super) session: Vec<Visit>,
    /// Which of its documents was worked on.
    pub(super) active: Option<usize>,
    /// Where the last export went.
    #[serde(default, with = "stored_path::option")]
    pub(super) export_folder: Option<PathBuf>,
    /// The name of its format, and its quality if it had one.
    pub(super) export_format: Option<String>,
    pub(super) export_quality: Option<u8>,
    /// How fast exports run here.
    pub(super) speeds: Speeds,
    /// The open tab of the side bar, by its identifier; empty if the user has closed it.
    panel: Option<String>,
    /// How tools draw regions.
    pub(super) drawing: Drawing,
    /// How regions are exported.
    pub(super) region_export: RegionExportForm,
    /// Points.
    pub(super) panel_width: Option<u32>,
    /// Outputs of exports that were running or waiting.
    #[serde(with = "stored_path::list")]
    pub(super) exports: Vec<PathBuf>,
}

impl Settings {
    /// Loads the settings; the defaults if the file is missing or invalid.
    pub(super) fn load(path: &Path) -> Self {
        let text = std::fs::read(path).ok();
        let found: Option<Self> = text.and_then(|text| serde_json::from_slice(&text).ok());
        let mut settings = found.unwrap_or_default();
        settings.keys =
            std::mem::take(&mut settings.keys).into_iter().map(|(id, keys)| (current_id(id), keys)).collect();
        settings
    }

    /// Keep them: whole or not at all.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::from).at(path)?;
        path.parent().map_or(Ok(()), std::fs::create_dir_all).at(path)?;
        crate::whole_file::write_bytes(path, &text)
    }

    /// The file they are stored in.
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

    /// Open that tab of the side bar; close it if it is open.
    pub(super) fn show_panel(&mut self, id: &str) {
        let open = if self.panel() == id { "" } else { id };
        self.panel = Some(open.to_owned());
    }

    pub(super) fn open_panel(&mut self, id: &str) {
        self.panel = Some(id.to_owned());
    }

    /// The open tab of the side bar, by its identifier; empty if none is.
    pub(super) fn panel(&self) -> &str {
        self.panel.as_deref().unwrap_or(FIRST_PANEL)
    }

    /// How wide the open tab of the side bar is, in points.
    pub(super) fn panel_width(&self) -> f32 {
        self.panel_width.unwrap_or(PANEL_WIDTH) as f32
    }

    /// How far apart the lines are that dragged tiles stop at, in canvas pixels.
    pub(super) fn snap_grid(&self) -> u32 {
        self.snap_grid.unwrap_or(SNAP_GRID).max(1)
    }

    pub(super) fn set_snap_grid(&mut self, step: u32) {
        self.snap_grid = Some(step.max(1));
    }

    /// Put `path` first among the recent ones.
    pub(super) fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|known| *known != path);
        self.recent.insert(0, path);
        self.recent.truncate(MOST_RECENT);
    }
}

/// The identifier of an action that older settings name by its English text.
fn current_id(name: String) -> String {
    let old = include_str!("../../assets/old-actions.txt").lines().filter_map(|line| line.split_once('\t'));
    old.into_iter().find(|(text, _)| *text == name).map_or(name, |(_, id)| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_named_by_texts_of_older_versions_are_found_by_identifier() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        std::fs::write(&path, r#"{"keys": {"Fit the picture": ["F9"], "undo": ["F8"]}, "light": true}"#).unwrap();
        let settings = Settings::load(&path);
        assert_eq!(
            (settings.keys["zoom-fit"].as_slice(), settings.keys["undo"].as_slice()),
            (&["F9".to_owned()][..], &["F8".to_owned()][..])
        );
        assert!(settings.light);
    }
}

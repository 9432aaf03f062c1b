//! [`Question`]: asked before changes are discarded or a file is replaced. One at a time; nothing is done, and nothing
//! counts as saved, before the last answer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{RegionFiles, TabId};
use crate::export::Replaced;
use crate::mosaic::Mosaic;
use crate::work::{ExportRequest, QueueState};

/// The user's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is done.
    Stay,
    /// Save the changes, then continue.
    Save,
    /// Give the changes up.
    Discard,
    /// Stop the exports.
    Stop,
    Replace,
    /// Resume an unfinished export.
    Resume,
    /// Begin an unfinished export again.
    Restart,
}

/// The action that waits for an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Question {
    /// Whether the changes of the current tab may be given up.
    Changes(Leaving),
    /// Whether the exports may be stopped.
    Exports(Leaving),
    /// Whether an existing file may be replaced.
    Replace { replaced: Vec<Replaced>, writing: Writing },
    /// Whether to resume an unfinished export: tiles done, all tiles, seconds spent.
    Unfinished { done: u64, total: u64, seconds: f64, writing: Writing },
}

/// What to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    Tab(TabId),
    /// The document of the current tab, for the file so many places further in the folder.
    ForFile(isize),
    Window,
}

/// A closing action, and the changes the user has agreed to discard.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaving {
    pub(super) closing: Closing,
    /// Tabs whose changes may be lost.
    pub(super) given_up: Vec<TabId>,
}

/// Something to be written, not yet allowed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Writing {
    Project { tab: TabId, path: PathBuf, confirmed: bool },
    Picture { path: PathBuf, confirmed: bool },
    Positions { path: PathBuf, format: &'static str, confirmed: bool },
    Report { path: PathBuf, confirmed: bool },
    Regions { path: PathBuf, which: RegionFiles, confirmed: bool },
    Measures { path: PathBuf, confirmed: bool },
    Recipe { path: PathBuf, confirmed: bool },
    Export { mosaic: Arc<Mosaic>, request: Box<ExportRequest> },
}

impl Writing {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Project { path, .. }
            | Self::Picture { path, .. }
            | Self::Positions { path, .. }
            | Self::Report { path, .. }
            | Self::Regions { path, .. }
            | Self::Measures { path, .. }
            | Self::Recipe { path, .. } => path,
            Self::Export { request, .. } => &request.out,
        }
    }

    /// Whether the user has already agreed to replace it.
    pub(super) fn is_confirmed(&self) -> bool {
        match self {
            Self::Project { confirmed, .. }
            | Self::Picture { confirmed, .. }
            | Self::Positions { confirmed, .. }
            | Self::Report { confirmed, .. }
            | Self::Regions { confirmed, .. }
            | Self::Measures { confirmed, .. }
            | Self::Recipe { confirmed, .. } => *confirmed,
            Self::Export { request, .. } => request.options.overwrite,
        }
    }
}

/// Whether an export has not ended yet.
pub(super) fn is_active(state: &QueueState) -> bool {
    matches!(state, QueueState::Waiting | QueueState::Running | QueueState::Paused)
}

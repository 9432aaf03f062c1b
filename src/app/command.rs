//! [`Command`]: everything the window can be asked to do. Menus, keys, panels and tests ask the same way.

use std::collections::HashSet;
use std::path::PathBuf;

use super::{DisplayChange, Tool};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Grid, PlacementId, RoiId};
use crate::work::QueueId;

/// Ways to change the zoom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Zoom {
    /// All of the picture.
    Fit,
    /// One image pixel on one of the screen's.
    Actual,
    /// By this factor, about this canvas point.
    About(Point, f64),
    /// By this factor, about the middle.
    By(f64),
    /// This part of the canvas.
    Show(Rect),
}

/// The only way the window changes anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    AskFiles,
    AskFolder,
    AskPath,
    Open(Vec<PathBuf>),
    Demo,
    CloseDocument,
    Quit,
    /// Do it although changes since the last saving are lost.
    Discard(Box<Command>),
    KeepChanges,
    Save,
    SaveAs,
    SaveTo(PathBuf),
    Undo,
    Redo,
    SetTool(Tool),
    Zoom(Zoom),
    /// By so many points on the screen.
    Pan(egui::Vec2),
    CenterOn(Point),
    /// Select these placements; `add` keeps those selected before.
    Select {
        ids: HashSet<PlacementId>,
        add: bool,
    },
    SelectAll,
    SelectRegion(Option<RoiId>),
    MoveSelected(Point),
    RemoveSelected,
    Restack {
        to_top: bool,
    },
    HideSelected,
    ShowAll,
    Arrange(Grid),
    AddRegion(Rect),
    ReshapeRegion(RoiId, Rect),
    RenameRegion(RoiId, String),
    RemoveRegion(RoiId),
    /// Show the export dialog, for a region or for everything.
    ShowExport(Option<RoiId>),
    AskExportPath,
    StartExport,
    /// Stop what the status bar shows.
    CancelJob,
    /// Hold an export, or let it go on.
    PauseExport(QueueId, bool),
    CancelExport(QueueId),
    /// Run an export that has failed or was cancelled again: from where it stopped, if there is something left of it and
    /// `anew` does not say otherwise.
    RepeatExport {
        id: QueueId,
        anew: bool,
    },
    /// Take an export that has ended off the list.
    ForgetExport(QueueId),
    ShowFolder(PathBuf),
    /// Show the picture otherwise.
    Display(DisplayChange),
    SwitchTheme,
    ShowShortcuts(bool),
    DismissNotices,
}

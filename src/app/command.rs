//! [`Command`]: everything the window can be asked to do. Menus, keys, panels and tests ask the same way.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::units::Unit;
use super::{Answer, Ask, Compare, DisplayChange, Shot, TabId, Toggle, Tool, ViewChange};
use crate::geometry::{Point, Rect};
use crate::mosaic::{BookmarkId, Grid, PlacementId, RoiId};
use crate::work::{PageAxis, QueueId};

/// Ways to change the zoom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Zoom {
    /// All of the picture.
    Fit,
    /// At 100, one image pixel on one of the screen's.
    Percent(f64),
    /// By this factor, about this canvas point, at once.
    About(Point, f64),
    /// The same, smoothly.
    Towards(Point, f64),
    /// By this factor, about the middle.
    By(f64),
    /// This part of the canvas.
    Show(Rect),
    /// What lies in this box on the screen.
    Box(egui::Rect),
}

/// The only way the window changes anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    AskFiles,
    AskFolder,
    AskPath,
    /// Paths that were typed for what was asked.
    Typed(Ask, PathBuf),
    /// Files to add to the mosaic.
    AskMore,
    /// Open in the current tab, beside what is there; a project in a tab of its own.
    Open(Vec<PathBuf>),
    /// Open in a tab of its own.
    OpenTab(Vec<PathBuf>),
    ShowTab(TabId),
    /// Show the tab so many places further.
    NextTab(isize),
    CloseTab(TabId),
    Compare(Compare),
    /// Whether the views of what is compared move together.
    LinkViews(bool),
    ToggleLink,
    /// Show the same part in all views.
    AlignViews,
    Demo,
    CloseDocument,
    Quit,
    /// What the person answers to the question shown.
    Answer(Answer),
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
    ChangeView(ViewChange),
    /// An arrow key: −1 to the left or up.
    Arrow(i8, i8),
    /// The same with Shift.
    FarArrow(i8, i8),
    ShowGoTo(bool),
    FullScreen,
    /// Hide everything around the picture, or show it again.
    OnlyPicture,
    /// Leave what is special, or select nothing.
    Escape,
    Toggle(Toggle),
    /// In what lengths are shown; the best the image knows if `None`.
    SetUnit(Option<Unit>),
    /// Give the action of that text these keys.
    Rebind(&'static str, Vec<egui::KeyboardShortcut>),
    ResetKeys,
    ForgetVisited,
    AddBookmark,
    RenameBookmark(BookmarkId, String),
    RemoveBookmark(BookmarkId),
    Shot(Shot),
    /// Open what was open when the window was closed.
    Resume,
    /// Show the list of documents that a crash has left, or hide it until later.
    ShowRecovery(bool),
    /// Open a recovery copy as a changed document.
    Recover(PathBuf),
    /// Remove a recovery copy.
    DiscardRecovery(PathBuf),
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
    /// Have the facts of a page of a file read.
    Describe(Arc<Path>, u32),
    /// Have a placement show another page of its file.
    ShowPage(PlacementId, u32),
    /// Go so many pages further.
    NextPage(isize),
    /// Go so many slices or moments further.
    NextAlong(PageAxis, isize),
    /// Show the file so many places further in the folder.
    NextFile(isize),
    /// Open a file that has no header.
    AskRaw,
    /// Show what it looks like by the layout in the dialog.
    PreviewRaw,
    OpenRaw,
    /// Find how the export in the dialog would go.
    PreviewExport,
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
    /// Show the figures of drawing and loading, or no longer.
    ShowFigures,
    DismissNotices,
}

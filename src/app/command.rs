//! [`Command`]: everything the window can be asked to do, by topic. Menus, keys, panels, tools and tests ask the same way.

use std::path::PathBuf;

use super::tab::Before;
use super::units::Unit;
use super::{
    Answer, Ask, BatchCommand, CanvasCommand, Compare, DisplayChange, LayoutForm, Overlaps, RegionCommand, RegionFiles,
    Shot, TabId, TileCommand, Toggle, ViewChange,
};
use crate::ImageRef;
use crate::align::{AlignOptions, ByHand};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Blend, BookmarkId, FilterStep, PlacementId, PlacementIds, RoiId};
use crate::work::{PageAxis, QueueId};

/// Ways to change the zoom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Zoom {
    /// Shows the whole canvas.
    Fit,
    /// At 100, one image pixel covers one screen pixel.
    Percent(f64),
    /// By this factor, about this canvas point, at once.
    About(Point, f64),
    /// The same, animated.
    Towards(Point, f64),
    /// By this factor, about the center of the view.
    By(f64),
    /// Shows this part of the canvas.
    Show(Rect),
    /// Shows what lies in this box on the screen.
    Box(egui::Rect),
}

/// The only way the window changes anything. Each topic has its handler in `logic/commands/`.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    File(FileCommand),
    Page(PageCommand),
    Edit(EditCommand),
    Tile(TileCommand),
    Canvas(CanvasCommand),
    Layout(LayoutCommand),
    Repair(RepairCommand),
    Region(RegionCommand),
    Overlap(OverlapCommand),
    Process(ProcessCommand),
    View(ViewCommand),
    Display(DisplayChange),
    Export(ExportCommand),
    Batch(BatchCommand),
    Tab(TabCommand),
    Window(WindowCommand),
}

/// Opens, saves and closes documents.
#[derive(Debug, Clone, PartialEq)]
pub enum FileCommand {
    /// Asks for files to open.
    AskFiles,
    AskFolder,
    /// Asks for a path to be typed.
    AskLocation,
    /// Asks for files to add to the mosaic.
    AskMore,
    /// Asks for a file of plain samples to import.
    AskRaw,
    /// Imports a file of plain samples.
    ImportRaw(PathBuf),
    /// A path typed for a request.
    Typed(Ask, PathBuf),
    /// Adds to the current tab; a project opens in its own tab.
    Open(Vec<PathBuf>),
    /// Opens in a new tab.
    OpenTab(Vec<PathBuf>),
    /// Opens a part of a file in a new tab.
    OpenImage(ImageRef),
    /// Shows the file so many places further in the folder.
    NextFile(isize),
    /// Opens the bundled example.
    Demo,
    /// Closes the current document.
    Close,
    Quit,
    /// Answers the question shown.
    Answer(Answer),
    Save,
    SaveAs,
    SaveTo(PathBuf),
    /// Asks where to save a project with copies of its files.
    AskPortable,
    /// Reads the raw file again with the layout in the dialog.
    PreviewRaw,
    /// Opens the raw file with the layout in the dialog.
    OpenRaw,
    /// Retries files that could not be read.
    Retry,
    /// Restores the last session.
    RestoreSession,
    /// Shows the list of recovery copies, or hides it until later.
    ShowRecovery(bool),
    /// Opens a recovery copy as a changed document.
    Recover(PathBuf),
    /// Removes a recovery copy.
    DiscardRecovery(PathBuf),
}

/// Moves through the pages of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum PageCommand {
    /// Reads the properties of a page of a file.
    Describe(ImageRef),
    /// Shows another page of a placement's file.
    Show(PlacementId, u32),
    /// Moves by a number of pages.
    Next(isize),
    /// Moves by a number of Z-slices, timepoints, or series.
    NextAlong(PageAxis, isize),
}

/// Changes of the document, each as one undo step, and of the selection.
#[derive(Debug, Clone, PartialEq)]
pub enum EditCommand {
    Undo,
    Redo,
    /// Undoes so many steps if negative, else redoes so many.
    Jump(isize),
    /// Selects these placements; `add` keeps those selected before.
    Select {
        ids: PlacementIds,
        add: bool,
    },
    SelectAll,
    /// Moves the selected placements by so many canvas pixels.
    MoveSelected(Point),
    /// Removes the selected regions, or else the selected placements.
    RemoveSelected,
    AddBookmark,
    RenameBookmark(BookmarkId, String),
    RemoveBookmark(BookmarkId),
}

/// Lays tiles out.
#[derive(Debug, Clone, PartialEq)]
pub enum LayoutCommand {
    /// Looks what the form makes of the selected tiles, or of all unless several are selected. `apply` moves them: as one step
    /// with what the form did to them before.
    Set { form: Box<LayoutForm>, apply: bool },
    /// Opens the Tiles tab at the layout by names.
    ShowNames,
    /// Closes the line over the canvas that says how tiles were laid out.
    DismissLine,
    /// Asks for a file of positions.
    AskPositions,
    /// Lays tiles out by a file of positions.
    ReadPositions(PathBuf),
    /// Adds images that arrive in the folder of the tiles, or no longer.
    Watch(bool),
    /// Asks where to write the positions, in the format of that name.
    AskExport(&'static str),
}

/// Mends the mosaic, each as one step to undo.
#[derive(Debug, Clone, PartialEq)]
pub enum RepairCommand {
    Remove(PlacementIds),
    Hide(PlacementIds),
    /// Asks for the folder that missing files have been moved to.
    AskMoved,
    /// Finds missing files in that folder or below it.
    Relink(PathBuf),
}

/// Filters the composed canvas.
#[derive(Debug, Clone, PartialEq)]
pub enum ProcessCommand {
    /// Sets the filters, as a step of that name. With `goes_on` the next one of the same name replaces it, until
    /// [`TileCommand::EndAdjusting`].
    Set {
        label: &'static str,
        steps: Vec<FilterStep>,
        goes_on: bool,
    },
    /// Shows the canvas through the filters, without them, or both.
    Show(Before),
    /// Keeps the filters of the document under a name, in place of those of the same name.
    SavePreset(String),
    RemovePreset(String),
}

/// Aligns overlapping images and makes one picture of them, each as one step to undo.
#[derive(Debug, Clone, PartialEq)]
pub enum OverlapCommand {
    /// Aligns all images, or only those selected.
    Align {
        selected: bool,
        options: AlignOptions,
    },
    /// Chooses what a pixel shows that several images cover.
    Blend(Blend),
    EstimateFlatField,
    RemoveFlatField,
    /// Gives each image a gain, so that it is as bright as its neighbors.
    MatchExposures,
    /// Draws the links of the last alignment on the canvas.
    ShowLinks(bool),
    /// Selects and shows the tiles of a link, by its number.
    ChooseLink(Option<usize>),
    /// Decides on the chosen link, and moves the tiles; `None` leaves the decision to the comparison.
    Judge(Option<ByHand>),
    /// Decides that the tiles of the chosen link lie right as they do now.
    SetLink,
    /// Draws the tiles of the chosen link over each other by turns.
    Blink(bool),
    /// Moves the selected tiles to where they match what they overlap, if that is switched on.
    SnapToMatch,
    /// Asks where to write a report of the alignment.
    AskReport,
    /// Tries layouts, and lists the likeliest.
    GuessLayout,
    /// Asks for the folder of another channel or round.
    AskRound(RoundUse),
    /// Opens such a folder in a tab of its own, its tiles where those of this document are, or aligned to them.
    OpenRound(RoundUse, PathBuf),
}

/// What becomes of the tiles of another channel or round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundUse {
    /// They get the positions of the document's tiles, as their names tell.
    Positions,
    /// They are aligned to the document's tiles, which stay.
    Align,
}

/// Moves the view, and takes pictures of it.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewCommand {
    Zoom(Zoom),
    /// By so many points on the screen.
    Pan(egui::Vec2),
    CenterOn(Point),
    Change(ViewChange),
    /// An arrow key: −1 to the left or up.
    Arrow(i8, i8),
    /// The same with Shift.
    FarArrow(i8, i8),
    Shot(Shot),
}

/// Fills in, starts and controls exports.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportCommand {
    /// Shows the export dialog, for a region; for the one that is selected, or else for the whole mosaic, if `None`.
    Show(Option<RoiId>),
    /// Shows the export dialog for regions, each to a file of its own.
    ShowRegions(RegionFiles),
    /// Plans the export in the dialog.
    Preview,
    AskPath,
    Start,
    /// Pauses an export, or resumes it.
    Pause(QueueId, bool),
    Cancel(QueueId),
    /// Runs an export that has failed or was cancelled again: from where it stopped, if something is left of it and `anew` is
    /// false.
    Repeat {
        id: QueueId,
        anew: bool,
    },
    /// Removes an export that has ended from the list.
    Remove(QueueId),
    /// Shows a folder, or that of a file, in the system's own file manager.
    ShowFolder(PathBuf),
}

/// Switches and compares tabs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TabCommand {
    Show(TabId),
    /// Shows the tab so many places further.
    Next(isize),
    Close(TabId),
    Compare(Compare),
    /// Whether the views of compared tabs move together.
    LinkViews(bool),
    ToggleLink,
    /// Enlarges a difference by this power of two.
    Gain(u32),
    /// Shows the same part in all views.
    AlignViews,
}

/// Changes of the window: tools, dialogs, panels, overlays and shortcuts.
#[derive(Debug, Clone, PartialEq)]
pub enum WindowCommand {
    /// Uses the tool of that identifier.
    SetTool(&'static str),
    /// Cancels the job in the status bar.
    CancelJob,
    ShowGoTo(bool),
    ShowShortcuts(bool),
    /// Copies the version, the state of the window and the end of its log.
    CopyDiagnostics,
    FullScreen,
    /// Hides the panels around the canvas, or shows them again.
    HidePanels,
    /// Gives up a drag, leaves a special mode, or else selects nothing.
    Escape,
    Toggle(Toggle),
    SwitchTheme,
    TogglePerformance,
    /// The unit of lengths; the best that the image knows if `None`.
    SetUnit(Option<Unit>),
    /// Gives the action of that identifier these keys.
    Rebind(&'static str, Vec<egui::KeyboardShortcut>),
    ResetKeys,
    /// The width of the side bar's open tab, in points.
    SetPanelWidth(u32),
    /// Opens this tab of the side bar, by its identifier; closes it if it is open.
    ShowPanel(&'static str),
    SetOverlaps(Overlaps),
    /// How far apart the lines are that dragged tiles stop at, in canvas pixels.
    SetSnapGrid(u32),
    /// Resets the viewed area.
    ResetVisited,
    DismissNotices,
    /// Closes a notice, by its number.
    CloseNotice(u64),
    /// The list under the bell is looked at.
    SeeNotices,
    /// Empties the list under the bell.
    ClearNotices,
    /// Shows the version and the licenses.
    ShowAbout,
}

macro_rules! topics {
    ($($topic:ident($command:ident)),+) => {
        $(impl From<$command> for Command {
            fn from(command: $command) -> Self {
                Self::$topic(command)
            }
        })+
    };
}

topics!(
    File(FileCommand),
    Page(PageCommand),
    Edit(EditCommand),
    Tile(TileCommand),
    Canvas(CanvasCommand),
    Layout(LayoutCommand),
    Repair(RepairCommand),
    Region(RegionCommand),
    Overlap(OverlapCommand),
    Process(ProcessCommand),
    View(ViewCommand),
    Display(DisplayChange),
    Export(ExportCommand),
    Batch(BatchCommand),
    Tab(TabCommand),
    Window(WindowCommand)
);

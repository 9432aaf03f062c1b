//! [`Action`]: what keys can do. One table that the keys, the menus and the sheet of shortcuts share.

use std::sync::LazyLock;

use egui::{Key, KeyboardShortcut, Modifiers};

use super::tools::{TOOLS, ToolRow};
use super::{
    Command, Compare, Direction, DisplayChange, EditCommand, ExportCommand, FileCommand, PageCommand, RegionCommand,
    Shaping, Shot, TabCommand, TileCommand, Toggle, ViewChange, ViewCommand, WindowCommand, Zoom,
};
use crate::mosaic::Stacking;
use crate::work::PageAxis;

/// Something that keys can do.
pub(super) struct Action {
    /// Names it in the settings: never changes.
    pub(super) id: &'static str,
    pub(super) text: &'static str,
    pub(super) keys: &'static [KeyboardShortcut],
    asks: Asks,
}

/// The command of an action.
enum Asks {
    Command(fn() -> Command),
    /// Use the tool of this identifier.
    Tool(&'static str),
}

impl Action {
    pub(super) fn command(&self) -> Command {
        match self.asks {
            Asks::Command(command) => command(),
            Asks::Tool(id) => WindowCommand::SetTool(id).into(),
        }
    }
}

/// A group of actions in the list of shortcuts.
#[derive(Clone, Copy)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) actions: &'static [Action],
}

const fn action(
    id: &'static str,
    text: &'static str,
    keys: &'static [KeyboardShortcut],
    command: fn() -> Command,
) -> Action {
    Action { id, text, keys, asks: Asks::Command(command) }
}

const fn key(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn alt(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::ALT, key)
}

const fn alt_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::ALT.plus(Modifiers::SHIFT), key)
}

const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

fn step(x: i8, y: i8) -> Command {
    TileCommand::StepTiles(x, y).into()
}

const fn percent(percent: u32) -> Command {
    Command::View(ViewCommand::Zoom(Zoom::Percent(percent as f64)))
}

/// Every action; the tools' from their registry, after those of the Edit menu.
pub(super) fn groups() -> impl Iterator<Item = Group> {
    static TOOL_ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(|| {
        let action = |row: &ToolRow| {
            let info = row.info;
            Action { id: info.id, text: info.name, keys: info.keys, asks: Asks::Tool(info.id) }
        };
        TOOLS.iter().map(action).collect()
    });
    let (before, after) = GROUPS.split_at(2);
    let tools = Group { title: "Tools", actions: &TOOL_ACTIONS };
    before.iter().copied().chain([tools]).chain(after.iter().copied())
}

static GROUPS: &[Group] = &[
    Group {
        title: "File",
        actions: &[
            action("open-files", "Open files…", &[ctrl(Key::O), ctrl(Key::T)], || {
                Command::File(FileCommand::AskFiles)
            }),
            action("open-folder", "Open folder…", &[ctrl_shift(Key::O)], || Command::File(FileCommand::AskFolder)),
            action("open-location", "Open location…", &[ctrl(Key::L)], || Command::File(FileCommand::AskLocation)),
            action("import-raw", "Import raw…", &[], || Command::File(FileCommand::AskRaw)),
            action("add-images", "Add images…", &[ctrl_shift(Key::A)], || Command::File(FileCommand::AskMore)),
            action("save", "Save project", &[ctrl(Key::S)], || Command::File(FileCommand::Save)),
            action("save-as", "Save project as…", &[ctrl_shift(Key::S)], || Command::File(FileCommand::SaveAs)),
            action("export", "Export…", &[ctrl(Key::E)], || Command::Export(ExportCommand::Show(None))),
            action("close", "Close", &[ctrl(Key::W)], || Command::File(FileCommand::Close)),
            action("quit", "Quit", &[ctrl(Key::Q)], || Command::File(FileCommand::Quit)),
        ],
    },
    Group {
        title: "Edit",
        actions: &[
            action("undo", "Undo", &[ctrl(Key::Z)], || Command::Edit(EditCommand::Undo)),
            action("redo", "Redo", &[ctrl_shift(Key::Z), ctrl(Key::Y)], || Command::Edit(EditCommand::Redo)),
            action("select-all", "Select all tiles", &[ctrl(Key::A)], || Command::Edit(EditCommand::SelectAll)),
            action("remove", "Remove selection", &[key(Key::Delete)], || Command::Edit(EditCommand::RemoveSelected)),
            action("copy-region", "Copy selected region or view", &[ctrl(Key::C)], || {
                Command::View(ViewCommand::Shot(Shot::CopyRegion))
            }),
            action("copy-view", "Copy view with overlays", &[ctrl_shift(Key::C)], || {
                Command::View(ViewCommand::Shot(Shot::CopyView))
            }),
            action("save-view", "Save view as image…", &[ctrl_shift(Key::P)], || {
                Command::View(ViewCommand::Shot(Shot::AskPath))
            }),
        ],
    },
    Group {
        title: "Regions",
        actions: &[
            action("finish-region", "Finish outline", &[key(Key::Enter)], || Command::Region(RegionCommand::Finish)),
            action("take-back", "Take back last vertex", &[key(Key::Backspace)], || {
                Command::Region(RegionCommand::TakeBack)
            }),
            action("next-region", "Next region", &[key(Key::N)], || Command::Region(RegionCommand::Next(1))),
            action("previous-region", "Previous region", &[shift(Key::N)], || Command::Region(RegionCommand::Next(-1))),
            action("select-regions", "Select all regions", &[alt_shift(Key::A)], || {
                Command::Region(RegionCommand::SelectAll)
            }),
            action("merge-regions", "Merge regions", &[ctrl(Key::M)], || {
                Command::Region(RegionCommand::Shape(Shaping::Merge))
            }),
            action("import-regions", "Import regions…", &[], || Command::Region(RegionCommand::AskImport)),
        ],
    },
    Group {
        title: "Zoom",
        actions: &[
            action("zoom-fit", "Fit to window", &[key(Key::Num0)], || Command::View(ViewCommand::Zoom(Zoom::Fit))),
            action("zoom-in", "Zoom in", &[key(Key::Plus), key(Key::Equals)], || {
                Command::View(ViewCommand::Zoom(Zoom::By(1.25)))
            }),
            action("zoom-out", "Zoom out", &[key(Key::Minus)], || Command::View(ViewCommand::Zoom(Zoom::By(0.8)))),
            action("zoom-100", "100 %", &[key(Key::Num1)], || percent(100)),
            action("zoom-200", "200 %", &[key(Key::Num2)], || percent(200)),
            action("zoom-300", "300 %", &[key(Key::Num3)], || percent(300)),
            action("zoom-400", "400 %", &[key(Key::Num4)], || percent(400)),
            action("zoom-500", "500 %", &[key(Key::Num5)], || percent(500)),
            action("zoom-600", "600 %", &[key(Key::Num6)], || percent(600)),
            action("zoom-700", "700 %", &[key(Key::Num7)], || percent(700)),
            action("zoom-800", "800 %", &[key(Key::Num8)], || percent(800)),
            action("zoom-900", "900 %", &[key(Key::Num9)], || percent(900)),
            action("zoom-half", "50 %", &[ctrl(Key::Num2)], || {
                Command::View(ViewCommand::Zoom(Zoom::Percent(100.0 / 2.0)))
            }),
            action("zoom-quarter", "25 %", &[ctrl(Key::Num4)], || {
                Command::View(ViewCommand::Zoom(Zoom::Percent(100.0 / 4.0)))
            }),
            action("zoom-eighth", "12.5 %", &[ctrl(Key::Num8)], || {
                Command::View(ViewCommand::Zoom(Zoom::Percent(100.0 / 8.0)))
            }),
        ],
    },
    Group {
        title: "Navigate",
        actions: &[
            action("left", "Left", &[key(Key::ArrowLeft)], || Command::View(ViewCommand::Arrow(-1, 0))),
            action("right", "Right", &[key(Key::ArrowRight)], || Command::View(ViewCommand::Arrow(1, 0))),
            action("up", "Up", &[key(Key::ArrowUp)], || Command::View(ViewCommand::Arrow(0, -1))),
            action("down", "Down", &[key(Key::ArrowDown)], || Command::View(ViewCommand::Arrow(0, 1))),
            action("page-left", "Page left", &[shift(Key::ArrowLeft)], || Command::View(ViewCommand::FarArrow(-1, 0))),
            action("page-right", "Page right", &[shift(Key::ArrowRight)], || {
                Command::View(ViewCommand::FarArrow(1, 0))
            }),
            action("page-up", "Page up", &[shift(Key::ArrowUp)], || Command::View(ViewCommand::FarArrow(0, -1))),
            action("page-down", "Page down", &[shift(Key::ArrowDown)], || Command::View(ViewCommand::FarArrow(0, 1))),
            action("edge-left", "Left edge", &[ctrl(Key::ArrowLeft)], || {
                Command::View(ViewCommand::Change(ViewChange::Edge(-1, 0)))
            }),
            action("edge-right", "Right edge", &[ctrl(Key::ArrowRight)], || {
                Command::View(ViewCommand::Change(ViewChange::Edge(1, 0)))
            }),
            action("edge-top", "Top edge", &[ctrl(Key::ArrowUp)], || {
                Command::View(ViewCommand::Change(ViewChange::Edge(0, -1)))
            }),
            action("edge-bottom", "Bottom edge", &[ctrl(Key::ArrowDown)], || {
                Command::View(ViewCommand::Change(ViewChange::Edge(0, 1)))
            }),
            action("go-to", "Go to…", &[ctrl(Key::G)], || Command::Window(WindowCommand::ShowGoTo(true))),
            action("back", "Back", &[key(Key::OpenBracket)], || Command::View(ViewCommand::Change(ViewChange::Back))),
            action("forward", "Forward", &[key(Key::CloseBracket)], || {
                Command::View(ViewCommand::Change(ViewChange::Forward))
            }),
            action("bookmark", "Bookmark this view", &[key(Key::B)], || Command::Edit(EditCommand::AddBookmark)),
        ],
    },
    Group {
        title: "Rotate and flip",
        actions: &[
            action("rotate-right", "Rotate right", &[key(Key::R)], || {
                Command::View(ViewCommand::Change(ViewChange::Turn(90.0)))
            }),
            action("rotate-left", "Rotate left", &[shift(Key::R)], || {
                Command::View(ViewCommand::Change(ViewChange::Turn(-90.0)))
            }),
            action("rotate-5", "Rotate 5° clockwise", &[ctrl(Key::CloseBracket)], || {
                Command::View(ViewCommand::Change(ViewChange::Turn(5.0)))
            }),
            action("rotate-minus-5", "Rotate 5° counterclockwise", &[ctrl(Key::OpenBracket)], || {
                Command::View(ViewCommand::Change(ViewChange::Turn(-5.0)))
            }),
            action("flip-horizontal", "Flip horizontal", &[key(Key::X)], || {
                Command::View(ViewCommand::Change(ViewChange::Mirror))
            }),
            action("flip-vertical", "Flip vertical", &[shift(Key::X)], || {
                Command::View(ViewCommand::Change(ViewChange::UpsideDown))
            }),
            action("reset-rotation", "Reset rotation", &[key(Key::U)], || {
                Command::View(ViewCommand::Change(ViewChange::Upright))
            }),
        ],
    },
    Group {
        title: "Display",
        actions: &[
            action("auto-contrast", "Auto contrast", &[key(Key::K)], || Command::Display(DisplayChange::Fit)),
            action("reset-display", "Reset display", &[shift(Key::K)], || Command::Display(DisplayChange::Reset)),
            action("invert", "Invert colors", &[key(Key::I)], || Command::Display(DisplayChange::Invert)),
        ],
    },
    Group {
        title: "Files and pages",
        actions: &[
            action("next-file", "Next file in folder", &[key(Key::PageDown)], || {
                Command::File(FileCommand::NextFile(1))
            }),
            action("previous-file", "Previous file in folder", &[key(Key::PageUp)], || {
                Command::File(FileCommand::NextFile(-1))
            }),
            action("next-page", "Next page", &[ctrl(Key::PageDown)], || Command::Page(PageCommand::Next(1))),
            action("previous-page", "Previous page", &[ctrl(Key::PageUp)], || Command::Page(PageCommand::Next(-1))),
            action("next-z", "Next Z-slice", &[alt(Key::PageDown)], || {
                Command::Page(PageCommand::NextAlong(PageAxis::Z, 1))
            }),
            action("previous-z", "Previous Z-slice", &[alt(Key::PageUp)], || {
                Command::Page(PageCommand::NextAlong(PageAxis::Z, -1))
            }),
            action("next-timepoint", "Next timepoint", &[alt_shift(Key::PageDown)], || {
                Command::Page(PageCommand::NextAlong(PageAxis::Time, 1))
            }),
            action("previous-timepoint", "Previous timepoint", &[alt_shift(Key::PageUp)], || {
                Command::Page(PageCommand::NextAlong(PageAxis::Time, -1))
            }),
            action("next-series", "Next series or channel", &[ctrl_shift(Key::PageDown)], || {
                Command::Page(PageCommand::NextAlong(PageAxis::SeriesChannel, 1))
            }),
            action("previous-series", "Previous series or channel", &[ctrl_shift(Key::PageUp)], || {
                Command::Page(PageCommand::NextAlong(PageAxis::SeriesChannel, -1))
            }),
        ],
    },
    Group {
        title: "Tabs",
        actions: &[
            action("next-tab", "Next tab", &[ctrl(Key::Tab)], || Command::Tab(TabCommand::Next(1))),
            action("previous-tab", "Previous tab", &[ctrl_shift(Key::Tab)], || Command::Tab(TabCommand::Next(-1))),
            action("single-view", "Single view", &[alt(Key::Num1)], || Command::Tab(TabCommand::Compare(Compare::One))),
            action("two-views", "Two side by side", &[alt(Key::Num2)], || {
                Command::Tab(TabCommand::Compare(Compare::Two))
            }),
            action("four-views", "Four side by side", &[alt(Key::Num4)], || {
                Command::Tab(TabCommand::Compare(Compare::Four))
            }),
            action("swipe", "Swipe", &[alt(Key::C)], || Command::Tab(TabCommand::Compare(Compare::Swipe))),
            action("blink", "Blink", &[alt(Key::B)], || Command::Tab(TabCommand::Compare(Compare::Blink))),
            action("difference", "Difference", &[alt(Key::D)], || {
                Command::Tab(TabCommand::Compare(Compare::Difference))
            }),
            action("align-views", "Show the same area in all views", &[alt(Key::A)], || {
                Command::Tab(TabCommand::AlignViews)
            }),
            action("link-views", "Link views", &[alt(Key::L)], || Command::Tab(TabCommand::ToggleLink)),
        ],
    },
    Group {
        title: "Window",
        actions: &[
            action("full-screen", "Full screen", &[key(Key::F11)], || Command::Window(WindowCommand::FullScreen)),
            action("hide-panels", "Hide panels", &[key(Key::F)], || Command::Window(WindowCommand::HidePanels)),
            action("scale-bar", "Scale bar", &[shift(Key::S)], || {
                Command::Window(WindowCommand::Toggle(Toggle::ScaleBar))
            }),
            action("grid", "Grid", &[shift(Key::G)], || Command::Window(WindowCommand::Toggle(Toggle::Grid))),
            action("crosshair", "Crosshair", &[key(Key::C)], || {
                Command::Window(WindowCommand::Toggle(Toggle::Crosshair))
            }),
            action("rulers", "Rulers", &[ctrl_shift(Key::R)], || {
                Command::Window(WindowCommand::Toggle(Toggle::Rulers))
            }),
            action("viewed-areas", "Viewed areas on navigator", &[], || {
                Command::Window(WindowCommand::Toggle(Toggle::Visited))
            }),
            action("smooth-motion", "Smooth motion", &[], || Command::Window(WindowCommand::Toggle(Toggle::Motion))),
            action("trackpad", "Trackpad: pan with two fingers", &[], || {
                Command::Window(WindowCommand::Toggle(Toggle::Trackpad))
            }),
            action("performance", "Performance overlay", &[key(Key::F12)], || {
                Command::Window(WindowCommand::TogglePerformance)
            }),
            action("theme", "Dark theme", &[key(Key::T)], || Command::Window(WindowCommand::SwitchTheme)),
            action("shortcuts", "Keyboard shortcuts", &[key(Key::F1), key(Key::Questionmark)], || {
                Command::Window(WindowCommand::ShowShortcuts(true))
            }),
        ],
    },
    Group {
        title: "Tiles",
        actions: &[
            action("select-inverse", "Invert selection", &[ctrl(Key::I)], || TileCommand::SelectInverse.into()),
            action("select-row", "Select row", &[alt(Key::R)], || TileCommand::SelectRow.into()),
            action("select-column", "Select column", &[alt_shift(Key::R)], || TileCommand::SelectColumn.into()),
            action("step-left", "Move by a tile to the left", &[alt(Key::ArrowLeft)], || step(-1, 0)),
            action("step-right", "Move by a tile to the right", &[alt(Key::ArrowRight)], || step(1, 0)),
            action("step-up", "Move by a tile up", &[alt(Key::ArrowUp)], || step(0, -1)),
            action("step-down", "Move by a tile down", &[alt(Key::ArrowDown)], || step(0, 1)),
            action("tiles-rotate-right", "Rotate tiles right", &[ctrl(Key::Period)], || {
                TileCommand::Rotate(90.0).into()
            }),
            action("tiles-rotate-left", "Rotate tiles left", &[ctrl(Key::Comma)], || TileCommand::Rotate(-90.0).into()),
            action("tiles-flip-horizontal", "Flip tiles horizontally", &[alt(Key::X)], || {
                TileCommand::Flip(Direction::Horizontal).into()
            }),
            action("tiles-flip-vertical", "Flip tiles vertically", &[alt_shift(Key::X)], || {
                TileCommand::Flip(Direction::Vertical).into()
            }),
            action("bring-front", "Bring to front", &[alt_shift(Key::CloseBracket)], || {
                TileCommand::Restack(Stacking::Front).into()
            }),
            action("bring-forward", "Bring forward", &[alt(Key::CloseBracket)], || {
                TileCommand::Restack(Stacking::Forward).into()
            }),
            action("send-backward", "Send backward", &[alt(Key::OpenBracket)], || {
                TileCommand::Restack(Stacking::Backward).into()
            }),
            action("send-back", "Send to back", &[alt_shift(Key::OpenBracket)], || {
                TileCommand::Restack(Stacking::Back).into()
            }),
            action("lock", "Lock", &[alt(Key::K)], || TileCommand::Lock(true).into()),
            action("unlock", "Unlock", &[alt_shift(Key::K)], || TileCommand::Lock(false).into()),
            action("hide", "Hide", &[alt(Key::H)], || TileCommand::Hide.into()),
            action("show-all", "Show all", &[alt_shift(Key::H)], || TileCommand::ShowAll.into()),
            action("isolate", "Isolate", &[alt(Key::I)], || TileCommand::Isolate.into()),
            action("group", "Group", &[alt(Key::G)], || TileCommand::Group.into()),
            action("ungroup", "Ungroup", &[alt_shift(Key::G)], || TileCommand::Ungroup.into()),
            action("duplicate", "Duplicate", &[ctrl(Key::D)], || TileCommand::Duplicate.into()),
            action("swap", "Swap two tiles", &[alt(Key::S)], || TileCommand::Swap.into()),
            action("replace", "Replace file…", &[], || TileCommand::AskReplace.into()),
        ],
    },
];

//! Keys: one table of actions that the handler, the menus and the sheet of shortcuts share.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::super::bindings::{key_text, pressed};
use super::super::{App, Command, Compare, DisplayChange, Shot, Toggle, Tool, ViewChange, Zoom};
use crate::geometry::Point;
use crate::work::PageAxis;

/// Something that keys can do. Its text names it in the settings, too.
pub(in crate::app) struct Action {
    pub(in crate::app) text: &'static str,
    pub(in crate::app) keys: &'static [KeyboardShortcut],
    pub(in crate::app) command: fn() -> Command,
}

/// Actions that stand together on the sheet.
pub(in crate::app) struct Group {
    pub(in crate::app) title: &'static str,
    pub(in crate::app) actions: &'static [Action],
}

const fn action(text: &'static str, keys: &'static [KeyboardShortcut], command: fn() -> Command) -> Action {
    Action { text, keys, command }
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

const fn percent(percent: u32) -> Command {
    Command::Zoom(Zoom::Percent(percent as f64))
}

/// Points on the screen that an arrow key pans.
const ARROW: f32 = 80.0;

/// Every action.
pub(in crate::app) static GROUPS: &[Group] = &[
    Group {
        title: "Document",
        actions: &[
            action("Open files…", &[ctrl(Key::O), ctrl(Key::T)], || Command::AskFiles),
            action("Open a folder…", &[ctrl_shift(Key::O)], || Command::AskFolder),
            action("Open location…", &[ctrl(Key::L)], || Command::AskPath),
            action("Open a file without a header…", &[], || Command::AskRaw),
            action("Add images to the mosaic…", &[ctrl_shift(Key::A)], || Command::AskMore),
            action("Save the project", &[ctrl(Key::S)], || Command::Save),
            action("Save the project as…", &[ctrl_shift(Key::S)], || Command::SaveAs),
            action("Export…", &[ctrl(Key::E)], || Command::ShowExport(None)),
            action("Close", &[ctrl(Key::W)], || Command::CloseDocument),
            action("Quit", &[ctrl(Key::Q)], || Command::Quit),
        ],
    },
    Group {
        title: "Edit",
        actions: &[
            action("Undo", &[ctrl(Key::Z)], || Command::Undo),
            action("Redo", &[ctrl_shift(Key::Z), ctrl(Key::Y)], || Command::Redo),
            action("Select all tiles", &[ctrl(Key::A)], || Command::SelectAll),
            action("Remove what is selected", &[key(Key::Delete)], || Command::RemoveSelected),
            action("Copy the selected region, or the view", &[ctrl(Key::C)], || Command::Shot(Shot::CopyRegion)),
            action("Copy the view as it looks", &[ctrl_shift(Key::C)], || Command::Shot(Shot::CopyView)),
            action("Save the view as a picture…", &[ctrl_shift(Key::P)], || Command::Shot(Shot::AskPath)),
        ],
    },
    Group {
        title: "Tools",
        actions: &[
            action("Hand: drag the view", &[key(Key::H)], || Command::SetTool(Tool::Hand)),
            action("Select and move tiles", &[key(Key::V)], || Command::SetTool(Tool::Select)),
            action("Draw a region", &[key(Key::M)], || Command::SetTool(Tool::Region)),
            action("Zoom box", &[key(Key::Z)], || Command::SetTool(Tool::Zoom)),
        ],
    },
    Group {
        title: "Zoom",
        actions: &[
            action("Fit the picture", &[key(Key::Num0)], || Command::Zoom(Zoom::Fit)),
            action("Zoom in", &[key(Key::Plus), key(Key::Equals)], || Command::Zoom(Zoom::By(1.25))),
            action("Zoom out", &[key(Key::Minus)], || Command::Zoom(Zoom::By(0.8))),
            action("100 %", &[key(Key::Num1)], || percent(100)),
            action("200 %", &[key(Key::Num2)], || percent(200)),
            action("300 %", &[key(Key::Num3)], || percent(300)),
            action("400 %", &[key(Key::Num4)], || percent(400)),
            action("500 %", &[key(Key::Num5)], || percent(500)),
            action("600 %", &[key(Key::Num6)], || percent(600)),
            action("700 %", &[key(Key::Num7)], || percent(700)),
            action("800 %", &[key(Key::Num8)], || percent(800)),
            action("900 %", &[key(Key::Num9)], || percent(900)),
            action("1/2", &[ctrl(Key::Num2)], || Command::Zoom(Zoom::Percent(100.0 / 2.0))),
            action("1/4", &[ctrl(Key::Num4)], || Command::Zoom(Zoom::Percent(100.0 / 4.0))),
            action("1/8", &[ctrl(Key::Num8)], || Command::Zoom(Zoom::Percent(100.0 / 8.0))),
        ],
    },
    Group {
        title: "Move",
        actions: &[
            action("To the left", &[key(Key::ArrowLeft)], || Command::Arrow(-1, 0)),
            action("To the right", &[key(Key::ArrowRight)], || Command::Arrow(1, 0)),
            action("Up", &[key(Key::ArrowUp)], || Command::Arrow(0, -1)),
            action("Down", &[key(Key::ArrowDown)], || Command::Arrow(0, 1)),
            action("A screen to the left", &[shift(Key::ArrowLeft)], || Command::FarArrow(-1, 0)),
            action("A screen to the right", &[shift(Key::ArrowRight)], || Command::FarArrow(1, 0)),
            action("A screen up", &[shift(Key::ArrowUp)], || Command::FarArrow(0, -1)),
            action("A screen down", &[shift(Key::ArrowDown)], || Command::FarArrow(0, 1)),
            action("To the left edge", &[ctrl(Key::ArrowLeft)], || Command::ChangeView(ViewChange::Edge(-1, 0))),
            action("To the right edge", &[ctrl(Key::ArrowRight)], || Command::ChangeView(ViewChange::Edge(1, 0))),
            action("To the upper edge", &[ctrl(Key::ArrowUp)], || Command::ChangeView(ViewChange::Edge(0, -1))),
            action("To the lower edge", &[ctrl(Key::ArrowDown)], || Command::ChangeView(ViewChange::Edge(0, 1))),
            action("Go to…", &[ctrl(Key::G)], || Command::ShowGoTo(true)),
            action("Back to the place before", &[key(Key::OpenBracket)], || Command::ChangeView(ViewChange::Back)),
            action("Forward again", &[key(Key::CloseBracket)], || Command::ChangeView(ViewChange::Forward)),
            action("Bookmark this view", &[key(Key::B)], || Command::AddBookmark),
        ],
    },
    Group {
        title: "Turn",
        actions: &[
            action("Turn right", &[key(Key::R)], || Command::ChangeView(ViewChange::Turn(90.0))),
            action("Turn left", &[shift(Key::R)], || Command::ChangeView(ViewChange::Turn(-90.0))),
            action("A little to the right", &[ctrl(Key::CloseBracket)], || Command::ChangeView(ViewChange::Turn(5.0))),
            action("A little to the left", &[ctrl(Key::OpenBracket)], || Command::ChangeView(ViewChange::Turn(-5.0))),
            action("Mirror left and right", &[key(Key::X)], || Command::ChangeView(ViewChange::Mirror)),
            action("Mirror top and bottom", &[shift(Key::X)], || Command::ChangeView(ViewChange::UpsideDown)),
            action("Upright again", &[key(Key::U)], || Command::ChangeView(ViewChange::Upright)),
        ],
    },
    Group {
        title: "Display",
        actions: &[
            action("Contrast that fits the picture", &[key(Key::K)], || Command::Display(DisplayChange::Fit)),
            action("Display as it was at first", &[shift(Key::K)], || Command::Display(DisplayChange::Reset)),
            action("Bright for dark", &[key(Key::I)], || Command::Display(DisplayChange::Invert)),
        ],
    },
    Group {
        title: "Files and pages",
        actions: &[
            action("The next file in the folder", &[key(Key::PageDown)], || Command::NextFile(1)),
            action("The file before", &[key(Key::PageUp)], || Command::NextFile(-1)),
            action("The next page of the file", &[ctrl(Key::PageDown)], || Command::NextPage(1)),
            action("The page before", &[ctrl(Key::PageUp)], || Command::NextPage(-1)),
            action("The next slice", &[alt(Key::PageDown)], || Command::NextAlong(PageAxis::Slice, 1)),
            action("The slice before", &[alt(Key::PageUp)], || Command::NextAlong(PageAxis::Slice, -1)),
            action("The next moment", &[alt_shift(Key::PageDown)], || Command::NextAlong(PageAxis::Time, 1)),
            action("The moment before", &[alt_shift(Key::PageUp)], || Command::NextAlong(PageAxis::Time, -1)),
            action("The next series or channel", &[ctrl_shift(Key::PageDown)], || {
                Command::NextAlong(PageAxis::Named, 1)
            }),
            action("The one before", &[ctrl_shift(Key::PageUp)], || Command::NextAlong(PageAxis::Named, -1)),
        ],
    },
    Group {
        title: "Tabs",
        actions: &[
            action("The next tab", &[ctrl(Key::Tab)], || Command::NextTab(1)),
            action("The tab before", &[ctrl_shift(Key::Tab)], || Command::NextTab(-1)),
            action("One tab alone", &[alt(Key::Num1)], || Command::Compare(Compare::One)),
            action("Two side by side", &[alt(Key::Num2)], || Command::Compare(Compare::Two)),
            action("Four side by side", &[alt(Key::Num4)], || Command::Compare(Compare::Four)),
            action("Compare by a curtain", &[alt(Key::C)], || Command::Compare(Compare::Curtain)),
            action("Compare by blinking", &[alt(Key::B)], || Command::Compare(Compare::Blink)),
            action("Difference of two", &[alt(Key::D)], || Command::Compare(Compare::Difference)),
            action("The same part in all views", &[alt(Key::A)], || Command::AlignViews),
            action("Views move together or apart", &[alt(Key::L)], || Command::ToggleLink),
        ],
    },
    Group {
        title: "Show",
        actions: &[
            action("Full screen", &[key(Key::F11)], || Command::FullScreen),
            action("Only the picture", &[key(Key::F)], || Command::OnlyPicture),
            action("Scale bar", &[shift(Key::S)], || Command::Toggle(Toggle::ScaleBar)),
            action("Grid", &[shift(Key::G)], || Command::Toggle(Toggle::Grid)),
            action("Crosshair", &[key(Key::C)], || Command::Toggle(Toggle::Crosshair)),
            action("Rulers", &[ctrl_shift(Key::R)], || Command::Toggle(Toggle::Rulers)),
            action("What has been looked at, on the map", &[], || Command::Toggle(Toggle::Visited)),
            action("Smooth motion", &[], || Command::Toggle(Toggle::Motion)),
            action("Trackpad: two fingers pan", &[], || Command::Toggle(Toggle::Trackpad)),
            action("Figures of drawing and loading", &[key(Key::F12)], || Command::ShowFigures),
            action("Dark or light", &[key(Key::T)], || Command::SwitchTheme),
            action("These shortcuts", &[key(Key::F1), key(Key::Questionmark)], || Command::ShowShortcuts(true)),
        ],
    },
];

impl App {
    /// Take the keys of this frame, unless a text field or a dialog has them.
    pub(super) fn keys(&mut self, ui: &egui::Ui) {
        let context = ui.ctx().clone();
        if context.text_edit_focused() || self.has_dialog() {
            return;
        }
        let commands = context.input_mut(|input| pressed(input, &self.settings.keys));
        for command in commands {
            self.ask(command);
        }
        if context.input(|input| input.key_pressed(Key::Escape)) {
            self.ask(Command::Escape);
        }
    }

    fn has_dialog(&self) -> bool {
        self.export_form.is_some()
            || self.raw_form.is_some()
            || self.question.is_some()
            || self.crashes.shown
            || self.typed_path.is_some()
            || self.go_to.is_some()
            || self.shortcuts_shown
    }

    /// An arrow moves selected tiles by a pixel, or else the view.
    pub(in crate::app) fn arrow(&mut self, x: i8, y: i8, far: bool) {
        let (across, down) = (f64::from(x), f64::from(y));
        if self.tool == Tool::Select && !self.tab.selection.placements.is_empty() {
            let step = if far { 10.0 } else { 1.0 };
            self.apply(Command::MoveSelected(Point::new(across * step, down * step)));
        } else if far {
            self.apply(Command::ChangeView(ViewChange::Page(x, y)));
        } else {
            self.apply(Command::ChangeView(ViewChange::Slide(egui::vec2(-across as f32, -down as f32) * ARROW)));
        }
    }

    /// The key of a command that takes no value, for menus.
    pub(super) fn shortcut_text(&self, command: &Command) -> String {
        key_text(command, &self.settings.keys)
    }

    /// A hint with the key of its command.
    pub(super) fn hint(&self, text: &str, command: &Command) -> String {
        let key = self.shortcut_text(command);
        if key.is_empty() { text.to_owned() } else { format!("{text} ({key})") }
    }
}

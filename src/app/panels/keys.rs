//! Keys: one table that the handler, the menus and the sheet of shortcuts share.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::super::logic::ARROW;
use super::super::{App, Command, DisplayChange, Tool, Zoom};
use crate::geometry::Point;

/// A key and what it does.
pub(super) struct Binding {
    pub(super) shortcut: KeyboardShortcut,
    pub(super) text: &'static str,
    pub(super) command: fn() -> Command,
}

const fn key(modifiers: Modifiers, key: Key, text: &'static str, command: fn() -> Command) -> Binding {
    Binding { shortcut: KeyboardShortcut::new(modifiers, key), text, command }
}

const NONE: Modifiers = Modifiers::NONE;
const COMMAND: Modifiers = Modifiers::COMMAND;
const COMMAND_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// Every binding. Those with more modifiers stand before those with fewer: the first match is taken.
pub(super) static BINDINGS: &[Binding] = &[
    key(COMMAND_SHIFT, Key::Z, "Redo", || Command::Redo),
    key(COMMAND_SHIFT, Key::S, "Save the project as…", || Command::SaveAs),
    key(COMMAND_SHIFT, Key::O, "Open a folder…", || Command::AskFolder),
    key(COMMAND_SHIFT, Key::C, "Contrast that fits the picture", || Command::Display(DisplayChange::Fit)),
    key(COMMAND_SHIFT, Key::R, "Display as it was at first", || Command::Display(DisplayChange::Reset)),
    key(COMMAND_SHIFT, Key::I, "Bright for dark", || Command::Display(DisplayChange::Invert)),
    key(COMMAND, Key::Z, "Undo", || Command::Undo),
    key(COMMAND, Key::Y, "Redo", || Command::Redo),
    key(COMMAND, Key::O, "Open files…", || Command::AskFiles),
    key(COMMAND, Key::L, "Open by path…", || Command::AskPath),
    key(COMMAND, Key::S, "Save the project", || Command::Save),
    key(COMMAND, Key::E, "Export…", || Command::ShowExport(None)),
    key(COMMAND, Key::W, "Close", || Command::CloseDocument),
    key(COMMAND, Key::Q, "Quit", || Command::Quit),
    key(COMMAND, Key::A, "Select all tiles", || Command::SelectAll),
    key(NONE, Key::H, "Hand: drag the view", || Command::SetTool(Tool::Hand)),
    key(NONE, Key::V, "Select and move tiles", || Command::SetTool(Tool::Select)),
    key(NONE, Key::R, "Draw a region", || Command::SetTool(Tool::Region)),
    key(NONE, Key::Num0, "Fit the picture", || Command::Zoom(Zoom::Fit)),
    key(NONE, Key::Num1, "100 %", || Command::Zoom(Zoom::Actual)),
    key(NONE, Key::Plus, "Zoom in", || Command::Zoom(Zoom::By(1.25))),
    key(NONE, Key::Equals, "Zoom in", || Command::Zoom(Zoom::By(1.25))),
    key(NONE, Key::Minus, "Zoom out", || Command::Zoom(Zoom::By(0.8))),
    key(NONE, Key::Delete, "Remove what is selected", || Command::RemoveSelected),
    key(NONE, Key::T, "Dark or light", || Command::SwitchTheme),
    key(NONE, Key::F1, "These shortcuts", || Command::ShowShortcuts(true)),
];

impl App {
    /// Take the keys of this frame, unless a text field has them.
    pub(super) fn keys(&mut self, ui: &egui::Ui) {
        let context = ui.ctx().clone();
        if context.text_edit_focused() {
            return;
        }
        let dialog = self.export_form.is_some()
            || self.unconfirmed.is_some()
            || self.typed_path.is_some()
            || self.shortcuts_shown;
        if dialog {
            return;
        }
        for binding in BINDINGS {
            if context.input_mut(|input| input.consume_shortcut(&binding.shortcut)) {
                self.ask((binding.command)());
            }
        }
        if context
            .input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Text(text) if text == "?")))
        {
            self.ask(Command::ShowShortcuts(true));
        }
        if context.input(|input| input.key_pressed(Key::Escape)) {
            self.ask(Command::Select { ids: std::collections::HashSet::new(), add: false });
            self.ask(Command::SelectRegion(None));
        }
        self.arrows(&context);
    }

    /// Arrows move selected tiles by a pixel (with Shift ten), else the view.
    fn arrows(&mut self, context: &egui::Context) {
        let directions = [
            (Key::ArrowLeft, (-1.0, 0.0)),
            (Key::ArrowRight, (1.0, 0.0)),
            (Key::ArrowUp, (0.0, -1.0)),
            (Key::ArrowDown, (0.0, 1.0)),
        ];
        let shift = context.input(|input| input.modifiers.shift);
        for (key, (x, y)) in directions {
            if !context.input(|input| input.key_pressed(key)) {
                continue;
            }
            if self.tool == Tool::Select && !self.tab.selection.placements.is_empty() {
                let step = if shift { 10.0 } else { 1.0 };
                self.ask(Command::MoveSelected(Point::new(x * step, y * step)));
            } else {
                let page = if shift { self.tab.screen.size() * 0.9 } else { egui::vec2(ARROW, ARROW) };
                self.ask(Command::Pan(egui::vec2(-x as f32 * page.x, -y as f32 * page.y)));
            }
        }
    }
}

/// The key of a command that takes no value, for menus.
pub(super) fn shortcut_text(context: &egui::Context, command: &Command) -> String {
    let binding = BINDINGS.iter().find(|binding| (binding.command)() == *command);
    binding.map_or_else(String::new, |binding| context.format_shortcut(&binding.shortcut))
}

//! The keys of a frame, and the names of keys in menus and hints.

use egui::{Key, Popup};

use crate::app::bindings::{key_text, pressed};
use crate::app::{App, Command, WindowCommand};

impl App {
    /// Take the keys of this frame, unless a field, a menu or a dialog has them.
    pub(super) fn keys(&self, ui: &egui::Ui) {
        let context = ui.ctx().clone();
        // Escape has taken the keyboard from a field or a button before this frame begins.
        let keyboard = egui::Id::unique("keyboard");
        let (is_typing, is_held) = (context.text_edit_focused(), context.memory(egui::Memory::focused).is_some());
        let (was_typing, was_held) = context.data_mut(|data| {
            let known = data.get_temp_mut_or_default::<(bool, bool)>(keyboard);
            std::mem::replace(known, (is_typing, is_held))
        });
        if is_typing || was_typing || Popup::is_any_open(&context) || !self.dialogs().is_empty() {
            return;
        }
        let commands = context.input_mut(|input| pressed(input, &self.preferences().settings.keys, is_held));
        for command in commands {
            self.ask(command);
        }
        if !was_held && context.input(|input| input.key_pressed(Key::Escape)) {
            self.ask(WindowCommand::Escape);
        }
    }

    /// The key of a command that takes no value, for menus.
    pub(super) fn shortcut_text(&self, command: &Command) -> String {
        key_text(command, &self.preferences().settings.keys)
    }

    /// A hint with the key of its command.
    pub(super) fn hint(&self, text: &str, command: &Command) -> String {
        let key = self.shortcut_text(command);
        if key.is_empty() { text.to_owned() } else { format!("{text} ({key})") }
    }
}

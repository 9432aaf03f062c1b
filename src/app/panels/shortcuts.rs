//! The sheet of shortcuts: every action with its keys, which can be changed here.

use egui::{Key, RichText};

use super::super::actions::{Group, groups};
use super::super::bindings::{Rebinding, captured, holders, keys_of, shown};
use super::super::theme::{Icon, icon, palette};
use super::super::{App, WindowCommand};
use super::modal::{Title, buttons, main_button, modal};

/// Mouse actions, which cannot be changed.
const MOUSE: [(&str, &str); 8] = [
    ("Wheel, pinch", "Zoom at the cursor"),
    ("Drag, middle drag, Space and drag", "Move the view; release while moving to glide"),
    ("Double click", "Zoom in at the cursor; with Shift out"),
    ("Ctrl and drag", "Zoom to a box (Hand tool)"),
    ("Shift and wheel", "Scroll sideways; with Alt up and down"),
    ("Back and forward buttons", "Previous view, next view"),
    ("Alt while dragging tiles", "No snapping"),
    ("Arrows on selected tiles", "Move by 1 px, with Shift by 10 px"),
];

impl App {
    /// Whether it stays open.
    pub(super) fn shortcuts_ui(&self, ui: &mut egui::Ui, rebinding: &mut Option<Rebinding>) -> bool {
        let capturing = rebinding.is_some();
        self.capture(ui, rebinding);
        let title = Title { name: "shortcuts", heading: "Keyboard shortcuts", width: 900.0 };
        let is_open = modal(
            ui,
            title,
            rebinding,
            |ui, rebinding| {
                ui.label(RichText::new("Click on a key to change it.").color(palette(ui).weak));
                ui.add_space(4.0);
                self.sheet_ui(ui, rebinding);
            },
            |ui, _, entered| {
                buttons(ui, |ui| {
                    if main_button(ui, "Close", true, entered && !capturing) {
                        ui.close();
                    }
                    let changed = !self.preferences().settings.keys.is_empty();
                    if ui.add_enabled(changed, egui::Button::new("Reset all")).clicked() {
                        self.ask(WindowCommand::ResetKeys);
                    }
                });
            },
        );
        // Escape ends the choice of a key first.
        capturing || is_open
    }

    fn sheet_ui(&self, ui: &mut egui::Ui, rebinding: &mut Option<Rebinding>) {
        let columns: &[&[&str]] = if ui.available_width() > 640.0 {
            &[&["File", "Edit", "Tools", "Navigate"], &["Zoom", "Rotate and flip", "Display"]]
        } else {
            &[&["File", "Edit", "Tools", "Navigate", "Zoom", "Rotate and flip", "Display"]]
        };
        // A group that is in no column is at the end of the last.
        let named = |title: &str| columns.iter().any(|column| column.contains(&title));
        ui.spacing_mut().item_spacing.x = 32.0;
        ui.columns(columns.len(), |parts| {
            for (number, (ui, titles)) in parts.iter_mut().zip(columns).enumerate() {
                ui.spacing_mut().item_spacing.x = 8.0;
                let last = number + 1 == columns.len();
                for group in groups().filter(|g| titles.contains(&g.title) || last && !named(g.title)) {
                    self.group_ui(ui, group, rebinding);
                }
                if last {
                    mouse_ui(ui);
                }
            }
        });
    }

    fn group_ui(&self, ui: &mut egui::Ui, group: Group, rebinding: &mut Option<Rebinding>) {
        title_ui(ui, group.title);
        for action in group.actions {
            let keys = keys_of(action, &self.preferences().settings.keys);
            let clashing = keys.iter().any(|key| holders(*key, &self.preferences().settings.keys).len() > 1);
            ui.horizontal(|ui| {
                ui.label(action.text);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let text = keys.iter().map(|key| shown(*key)).collect::<Vec<_>>().join("  ");
                    let text = if text.is_empty() { "none".to_owned() } else { text };
                    let colors = palette(ui);
                    let color = if clashing { colors.bad } else { ui.visuals().text_color() };
                    let button = ui.add(egui::Button::new(RichText::new(text).monospace().size(11.5).color(color)));
                    let label = format!("Change the key of {}", action.text);
                    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
                    if button.on_hover_text("Change the key").clicked() {
                        *rebinding = Some(Rebinding { action, pressed: None });
                    }
                    if self.preferences().settings.keys.contains_key(action.id) {
                        let back = ui.add(egui::Button::new(icon(Icon::Undo2, 12.0)).frame(false));
                        if back.on_hover_text("Default").clicked() {
                            self.ask(WindowCommand::Rebind(action.id, action.keys.to_vec()));
                        }
                    }
                });
            });
            self.rebinding_ui(ui, action.id, rebinding);
        }
        ui.add_space(8.0);
    }

    /// Assigns the next key to the selected action, unless another has it.
    fn capture(&self, ui: &egui::Ui, choosing: &mut Option<Rebinding>) {
        let Some(key) = ui.input(captured) else { return };
        let Some(mut rebinding) = choosing.take() else { return };
        match key.logical_key {
            Key::Escape => {}
            Key::Backspace => self.ask(WindowCommand::Rebind(rebinding.action.id, Vec::new())),
            _ => {
                let holders = holders(key, &self.preferences().settings.keys);
                if holders.iter().all(|holder| holder.id == rebinding.action.id) {
                    self.ask(WindowCommand::Rebind(rebinding.action.id, vec![key]));
                } else {
                    rebinding.pressed = Some(key);
                    *choosing = Some(rebinding);
                }
            }
        }
    }

    /// Below the action `id` whose key is being chosen: what to press, or which action has that key already.
    fn rebinding_ui(&self, ui: &mut egui::Ui, id: &str, rebinding: &mut Option<Rebinding>) {
        let colors = palette(ui);
        let Some(Rebinding { action, pressed }) = *rebinding else { return };
        if action.id != id {
            return;
        }
        let Some(key) = pressed else {
            let text = "Press the new key. Backspace removes it, Escape cancels.";
            let asks = egui::Label::new(RichText::new(text).color(colors.accent)).wrap();
            ui.add(asks).scroll_to_me(None);
            return;
        };
        let holders: Vec<_> =
            holders(key, &self.preferences().settings.keys).into_iter().map(|holder| holder.text).collect();
        let text = format!("{} is the key of “{}”.", shown(key), holders.join("”, “"));
        ui.add(egui::Label::new(RichText::new(text).color(colors.bad)).wrap());
        ui.horizontal(|ui| {
            if ui.button("Apply").clicked() {
                *rebinding = None;
                self.ask(WindowCommand::Rebind(action.id, vec![key]));
            }
            if ui.button("Cancel").clicked() {
                *rebinding = None;
            }
        });
    }
}

fn title_ui(ui: &mut egui::Ui, title: &str) {
    ui.label(RichText::new(title).strong().color(palette(ui).strong));
}

fn mouse_ui(ui: &mut egui::Ui) {
    title_ui(ui, "Mouse");
    for (what, text) in MOUSE {
        ui.label(what);
        ui.label(RichText::new(text).color(palette(ui).weak));
        ui.add_space(2.0);
    }
}

//! What the mouse does on the canvas.

use egui::PointerButton;

use crate::app::tools::Gesture;
use crate::app::{App, Command, Zoom};

impl App {
    pub(super) fn pointer(&mut self, ui: &egui::Ui, response: &egui::Response) {
        let (position, modifiers, space) =
            ui.input(|input| (input.pointer.latest_pos(), input.modifiers, input.key_down(egui::Key::Space)));
        let at = position.map(|position| self.tab.view.canvas_from_ui(self.tab.screen, position));
        self.tab.cursor = at.filter(|_| response.hovered() || response.dragged());
        let Some(at) = at else { return };
        if response.hovered() {
            let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
            let factor = f64::from(pinch) * (f64::from(scroll.y) / 180.0).exp();
            if (factor - 1.0).abs() > 1e-6 {
                self.commands.push(Command::Zoom(Zoom::About(at, factor)));
            }
        }
        let middle = response.dragged_by(PointerButton::Middle);
        if response.drag_started() {
            let origin = ui.input(|input| input.pointer.press_origin());
            let from = origin.map_or(at, |position| self.tab.view.canvas_from_ui(self.tab.screen, position));
            self.begin_gesture(from, modifiers, space || middle);
        }
        if response.dragged() {
            self.continue_gesture(at, response.drag_delta(), modifiers);
        }
        if response.drag_stopped() {
            self.end_gesture();
        }
        if response.clicked() {
            self.click(at, modifiers);
        }
        if response.double_clicked() && self.tab.gesture == Gesture::None {
            self.commands.push(Command::Zoom(Zoom::About(at, 2.0)));
        }
    }
}

//! Mouse input on the canvas.

use egui::{Modifiers, PointerButton, Vec2};

use crate::app::tools::{CanvasEvent, Snapping, Viewed};
use crate::app::{App, Toggle, ViewChange, ViewCommand, Zoom};

/// Points of the wheel that enlarge about 2.7 times.
const WHEEL: f64 = 180.0;
/// Points a second that a flick has at least, and at most.
const FLICK: std::ops::RangeInclusive<f32> = 250.0..=6000.0;

impl App {
    pub(super) fn pointer(&mut self, ui: &egui::Ui, response: &egui::Response) {
        let (position, modifiers, space) =
            ui.input(|input| (input.pointer.latest_pos(), input.modifiers, input.key_down(egui::Key::Space)));
        let at = position.map(|position| self.documents.tab.view.canvas_from_ui(self.documents.tab.screen, position));
        self.documents.tab.cursor = at.filter(|_| response.hovered() || response.dragged());
        let Some(at) = at else { return };
        let id = self.documents.tabs.current();
        if response.hovered() {
            self.wheel(ui, at, modifiers);
            let pressed = |button| ui.input(|input| input.pointer.button_pressed(button));
            for (button, change) in
                [(PointerButton::Extra1, ViewChange::Back), (PointerButton::Extra2, ViewChange::Forward)]
            {
                if pressed(button) {
                    self.ask(ViewCommand::Change(change));
                }
            }
        }
        // The right button opens a menu, and drags nothing.
        let middle = response.dragged_by(PointerButton::Middle);
        if response.drag_started_by(PointerButton::Primary) || response.drag_started() && middle {
            let origin = ui.input(|input| input.pointer.press_origin());
            let from = origin
                .map_or(at, |position| self.documents.tab.view.canvas_from_ui(self.documents.tab.screen, position));
            let by_hand = space && !ui.ctx().text_edit_focused() || middle;
            if by_hand || self.layout.toolbox.current().pans(modifiers) {
                self.layout.toolbox.set_panning(id, true);
            } else {
                self.tool_event(CanvasEvent::Press { at: from, modifiers });
            }
        }
        // The last movement may come with the release.
        if response.dragged() || response.drag_stopped() {
            let (step, time) = ui.input(|input| (input.pointer.delta(), input.time));
            self.documents.tab.nav.hand.observe(step, time, response.drag_started());
            if self.layout.toolbox.is_panning(id) {
                self.ask(ViewCommand::Pan(step));
            } else {
                self.tool_event(CanvasEvent::Drag { at, modifiers });
            }
        }
        if response.drag_stopped() {
            // Escape ends a drag, too; what it gives up is for its command to say.
            let is_given_up = ui.input(|input| input.key_pressed(egui::Key::Escape));
            if !self.layout.toolbox.is_panning(id) {
                if !is_given_up {
                    self.tool_event(CanvasEvent::Release);
                }
            } else if self.documents.tab.nav.hand.moves() {
                self.flick(self.documents.tab.nav.hand.velocity);
            }
            self.layout.toolbox.set_panning(id, false);
        }
        // A press on a gliding view stops it.
        if response.is_pointer_button_down_on() && self.is_moving() && !response.dragged() {
            self.ask(ViewCommand::Pan(Vec2::ZERO));
        }
        if response.clicked() {
            self.tool_event(CanvasEvent::Click { at, modifiers });
        }
        if response.double_clicked() {
            self.tool_event(CanvasEvent::DoubleClick { at });
        }
        let zooms = self.layout.toolbox.current().info().double_click_zooms;
        if response.double_clicked() && zooms && !self.layout.toolbox.is_dragging(id) {
            let factor = if modifiers.shift { 0.5 } else { 2.0 };
            self.ask(ViewCommand::Zoom(Zoom::Towards(at, factor)));
        }
    }

    /// Passes an event to the current tool, and executes its commands.
    pub(super) fn tool_event(&mut self, event: CanvasEvent) {
        let settings = &self.preferences.settings;
        let (snapping, drawing) = (Snapping::from(settings), &settings.drawing);
        let viewed = Viewed { tab: &self.documents.tab, snapping, drawing };
        for command in self.layout.toolbox.event(self.documents.tabs.current(), event, &viewed) {
            self.ask(command);
        }
    }

    /// The wheel zooms, two fingers zoom or pan, a pinch zooms and turns.
    fn wheel(&mut self, ui: &egui::Ui, at: crate::geometry::Point, modifiers: Modifiers) {
        let (scroll, pinch, turn) = ui.input(|input| {
            let turn = input.multi_touch().map_or(0.0, |touch| touch.rotation_delta);
            (input.smooth_scroll_delta(), input.zoom_delta(), turn)
        });
        let pans = self.preferences.settings.is_on(Toggle::Trackpad) || modifiers.alt;
        let (pan, zoom) = if pans { (scroll, 0.0) } else { (egui::vec2(scroll.x, 0.0), scroll.y) };
        if pan != Vec2::ZERO {
            self.ask(ViewCommand::Pan(pan));
        }
        let factor = f64::from(pinch) * (f64::from(zoom) / WHEEL).exp();
        if (factor - 1.0).abs() > 1e-6 {
            self.ask(ViewCommand::Zoom(Zoom::About(at, factor)));
        }
        if turn != 0.0 {
            self.ask(ViewCommand::Change(ViewChange::Turn(f64::from(turn.to_degrees()))));
        }
    }

    fn flick(&mut self, velocity: Vec2) {
        if velocity.length() >= *FLICK.start() && self.preferences.settings.is_on(Toggle::Motion) {
            let velocity = velocity.normalized() * velocity.length().min(*FLICK.end());
            self.ask(ViewCommand::Change(ViewChange::Flick(velocity)));
        }
    }
}

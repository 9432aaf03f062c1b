//! The part of the logic that is about the window itself: what is shown around and over the picture, and the keys.

use std::collections::HashSet;

use super::bindings::{actions, assign};
use super::navigate::Under;
use super::panels::GoTo;
use super::units::Georeference;
use super::{App, Command};
use crate::geometry::Point;
use crate::mosaic::Placement;

impl App {
    /// Do one thing about the window.
    pub(super) fn arrange_window(&mut self, command: Command) {
        match command {
            Command::ShowGoTo(shown) => {
                let georeference = self.georeference();
                let unit = georeference.unit(self.settings.unit);
                let open = shown && !self.mosaic().placements.is_empty();
                let dense = self.context.pixels_per_point();
                self.go_to = open.then(|| GoTo::at(&self.heading(), &georeference, unit, dense));
            }
            Command::FullScreen => {
                self.context.send_viewport_cmd(egui::ViewportCommand::Fullscreen(!self.is_full_screen()));
            }
            Command::OnlyPicture => self.only_picture = !self.only_picture,
            Command::Escape if self.only_picture => self.only_picture = false,
            Command::Escape if self.is_full_screen() => self.arrange_window(Command::FullScreen),
            Command::Escape => {
                self.apply(Command::Select { ids: HashSet::new(), add: false });
                self.apply(Command::SelectRegion(None));
            }
            Command::Toggle(toggle) => self.settings.switch(toggle),
            Command::SetUnit(unit) => self.settings.unit = unit,
            Command::Rebind(text, keys) => {
                if let Some(action) = actions().find(|action| action.text == text) {
                    assign(&mut self.settings.keys, action, &keys);
                }
            }
            Command::ResetKeys => self.settings.keys.clear(),
            Command::ForgetVisited => self.tab.nav.visited.forget(),
            // Every other command is done by `apply`.
            _ => {}
        }
    }

    /// What a canvas pixel is in the world.
    pub(super) fn georeference(&self) -> Georeference {
        self.tab.nav.georeference.clone()
    }

    /// Before each frame: ask in the background what lies under the mouse.
    pub(super) fn read_out(&mut self) {
        self.readout.begin();
        let first = self.mosaic().placements.front().cloned();
        let georeference = first.and_then(|placement| self.georeference_of(&placement));
        let under = self.tab.cursor.and_then(|at| Some((at, self.tab.at(at)?)));
        let nav = &mut self.tab.nav;
        nav.georeference = georeference.unwrap_or_default();
        nav.under = Under { georeference: nav.georeference.clone(), ..Under::default() };
        if let Some((at, placement)) = under {
            let (x, y) = placement.position.round();
            let pixel = (at.x.floor() as i64 - x, at.y.floor() as i64 - y);
            let fresh = self.readout.samples(&placement, pixel, self.tab.display.channels_on()).is_some();
            let georeference = self.georeference_of(&placement).unwrap_or_else(|| self.georeference());
            self.tab.nav.under = Under { georeference, image: Some(placement.name()), fresh };
        }
        self.readout.end();
    }

    fn georeference_of(&mut self, placement: &Placement) -> Option<Georeference> {
        let (x, y) = placement.position.round();
        let calibration = self.readout.calibration(placement)?;
        Some(Georeference { calibration, origin: Point::new(x as f64, y as f64) })
    }

    /// After each frame: what is on the screen has been looked at, unless it only passed by.
    pub(super) fn note_visited(&mut self, pixels_per_point: f32) {
        let held = self.tab.gesture == super::tools::Gesture::Pan;
        if self.is_moving() || held || self.tab.fit_pending {
            return;
        }
        let bounds = self.tab.scene.bounds();
        let (view, screen) = (self.tab.view, self.tab.screen);
        self.tab.nav.visited.look(bounds, &view, screen, pixels_per_point);
    }

    fn is_full_screen(&self) -> bool {
        self.context.input(|input| input.viewport().fullscreen.unwrap_or(false))
    }
}

//! One frame: what is drawn, in which order, and what of the state follows the drawing.

use std::time::Instant;

use crate::app::panels::focus_ui;
use crate::app::theme::palette;
use crate::app::{App, Toggle};

impl App {
    /// The whole window.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let began = Instant::now();
        self.services.textures.begin();
        self.documents.tab.scene.receive_canvas();
        self.follow_veil(ui);
        let mut panels = std::mem::take(&mut self.layout.panels);
        self.around_ui(ui, &mut panels);
        self.layout.panels = panels;
        if self.shows_canvas() {
            let frame = egui::Frame::NONE;
            egui::CentralPanel::default().frame(frame).show(ui, |ui| self.panes_ui(ui));
        }
        self.over_ui(ui);
        self.dialogs_ui(ui);
        focus_ui(ui);
        self.services.textures.end();
        self.hud_ui(ui);
        self.layout.performance.note(began.elapsed());
    }

    /// The open dialogs. Drawing one changes only its own fields.
    fn dialogs_ui(&mut self, ui: &mut egui::Ui) {
        let mut dialogs = std::mem::take(&mut self.dialogs);
        let asked = dialogs.has_question();
        dialogs.retain(|dialog| self.dialog_ui(ui, dialog, asked));
        self.dialogs = dialogs;
        self.drop_hint_ui(ui);
    }

    /// Makes the map's veil over what has not been viewed, if that has changed and is to be seen.
    fn follow_veil(&mut self, ui: &egui::Ui) {
        if !self.shows_map() || !self.preferences.settings.is_on(Toggle::Visited) {
            return;
        }
        let nav = &mut self.documents.tab.nav;
        let color = palette(ui).canvas;
        let key = (nav.visited.revision, color);
        if nav.veil.as_ref().is_none_or(|(known, _)| *known != key) {
            let image = nav.visited.veil(color.gamma_multiply(0.55));
            let load = |image| self.context.load_texture("visited", image, egui::TextureOptions::LINEAR);
            nav.veil = image.map(|image| (key, load(image)));
        }
    }
}

//! Everything around the canvas. Panels show state and push [`Command`]s; they change nothing themselves, but for the
//! fields of a dialog that is open.

mod bars;
mod dialogs;
mod display;
mod exports;
mod keys;
mod side;
mod welcome;

use super::App;

impl App {
    /// The whole window.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        self.textures.begin();
        self.keys(ui);
        self.menu_bar_ui(ui);
        self.status_bar_ui(ui);
        if self.mosaic().placements.is_empty() {
            self.welcome_ui(ui);
        } else {
            self.tool_bar_ui(ui);
            self.side_panel_ui(ui);
            let frame = egui::Frame::NONE;
            egui::CentralPanel::default().frame(frame).show(ui, |ui| self.canvas_ui(ui));
        }
        self.notices_ui(ui);
        self.dialogs_ui(ui);
        self.textures.end();
    }
}

//! Everything around the canvas. Panels show state and push [`Command`]s; they change nothing themselves, but for the
//! fields of a dialog that is open.

mod bars;
mod bookmarks;
mod dialogs;
mod display;
mod export_dialog;
mod exports;
mod properties;
mod go_to;
mod hud;
mod keys;
mod minimap;
mod question_dialog;
mod raw_dialog;
mod recovery_dialog;
mod shortcuts;
mod side;
mod status;
mod tab_bar;
mod view_menu;
mod welcome;

use std::time::Instant;

pub(super) use go_to::GoTo;
pub(super) use hud::Hud;
pub(super) use keys::{Action, GROUPS};
pub(super) use shortcuts::Rebinding;

use super::{App, Compare};

impl App {
    /// The whole window.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let began = Instant::now();
        self.textures.begin();
        self.keys(ui);
        let open = !self.mosaic().placements.is_empty() || self.comparison.how != Compare::One;
        let around = !(open && self.only_picture);
        if around {
            self.menu_bar_ui(ui);
            self.status_bar_ui(ui);
        }
        if open {
            if around {
                self.tool_bar_ui(ui);
                self.side_panel_ui(ui);
                self.tab_bar_ui(ui);
            }
            let frame = egui::Frame::NONE;
            egui::CentralPanel::default().frame(frame).show(ui, |ui| self.panes_ui(ui));
            if !around {
                self.floating_map_ui(ui);
            }
        } else {
            self.tab_bar_ui(ui);
            self.welcome_ui(ui);
        }
        self.notices_ui(ui);
        self.dialogs_ui(ui);
        self.textures.end();
        self.hud_ui(ui);
        self.hud.note(began.elapsed());
    }
}

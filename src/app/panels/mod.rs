//! Everything around the canvas. Panels show the state and ask for commands; they get it by `&` and cannot change it, but for their own
//! fields and those of a dialog that is open.

mod bars;
mod canvas_section;
mod dialogs;
mod display;
mod export_dialog;
mod exports;
mod go_to;
mod history;
mod hud;
mod info;
mod keys;
mod layout_line;
mod pages;
mod question_dialog;
mod raw_dialog;
mod recovery_dialog;
mod regions;
mod selected_tiles;
mod shortcuts;
mod side;
mod status;
mod tab_bar;
mod tile_fields;
mod tiles;
mod tiles_menu;
mod view_menu;
mod welcome;

use std::time::Instant;

pub(super) use go_to::GoTo;
pub(super) use hud::Hud;
pub(super) use keys::{Action, groups};
pub(super) use shortcuts::Rebinding;

use super::theme::Icon;
use super::{App, Compare};

/// The tab that is open at first.
pub(super) const FIRST_PANEL: &str = "display";
/// Points that a side panel can be wide.
pub(super) const PANEL_WIDTHS: std::ops::RangeInclusive<f32> = 230.0..=460.0;

/// Icon and title of a panel in the tab bar.
pub(super) struct PanelInfo {
    /// Names it in the settings: never changes.
    pub(super) id: &'static str,
    pub(super) icon: Icon,
    pub(super) title: &'static str,
}

/// A tab of the right side. It has its own fields, and sees the state but cannot change it: it asks for commands.
pub(super) trait Panel {
    fn info(&self) -> PanelInfo;

    /// Whether its tab is there at all.
    fn is_shown(&self, _: &App) -> bool {
        true
    }

    fn ui(&mut self, ui: &mut egui::Ui, app: &App);
}

/// Every panel, in the order of the tabs.
pub(super) fn all() -> Vec<Box<dyn Panel>> {
    vec![
        Box::<tiles::Tiles>::default(),
        Box::<regions::Regions>::default(),
        Box::new(display::DisplayPanel),
        Box::<info::Info>::default(),
        Box::new(history::HistoryPanel),
        Box::new(exports::Exports),
    ]
}

impl App {
    /// The whole window.
    pub fn show(&mut self, ui: &mut egui::Ui) {
        let began = Instant::now();
        self.services.textures.begin();
        self.keys(ui);
        let open = !self.mosaic().placements.is_empty() || self.documents.comparison.how != Compare::One;
        let around = !(open && self.layout.panels_hidden);
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
            if around {
                self.layout_line_ui(ui);
            } else {
                self.floating_map_ui(ui);
            }
        } else {
            self.tab_bar_ui(ui);
            self.welcome_ui(ui);
        }
        self.notices_ui(ui);
        self.dialogs_ui(ui);
        self.services.textures.end();
        self.hud_ui(ui);
        self.layout.performance.note(began.elapsed());
    }
}

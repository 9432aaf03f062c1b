//! Everything around the canvas. Panels show the state and ask for commands; they get it by `&` and cannot change it, but for their own
//! fields and those of a dialog that is open.

mod about;
mod bars;
mod batch;
mod canvas_section;
mod canvas_menu;
mod dialogs;
mod display;
mod export_dialog;
mod empty;
mod exports;
mod field;
mod focus;
mod go_to;
mod history;
mod hud;
mod info;
mod keys;
mod layout_line;
mod line;
mod menu;
mod modal;
mod navigator;
mod notices;
mod pages;
mod process;
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
mod unknown_dialog;
mod welcome;

pub(super) use focus::focus_ui;

use super::theme::Icon;
use super::{App, Compare, Toggle};

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
        Box::<process::Process>::default(),
        Box::<info::Info>::default(),
        Box::new(history::HistoryPanel),
        Box::new(exports::Exports),
    ]
}

impl App {
    /// Whether the canvas is shown, and not the first screen.
    pub(super) fn shows_canvas(&self) -> bool {
        !self.documents().tab.is_blank() || self.documents().comparison.how != Compare::One
    }

    /// Whether there is nothing around the canvas.
    fn shows_canvas_alone(&self) -> bool {
        self.shows_canvas() && self.layout().panels_hidden
    }

    /// Whether the navigator is to be seen.
    pub(super) fn shows_map(&self) -> bool {
        let settings = &self.preferences().settings;
        let in_panel = settings.is_on(Toggle::Navigator) && !settings.panel().is_empty();
        self.shows_canvas_alone() || self.shows_canvas() && in_panel
    }

    /// Takes the keys, and draws what is around the canvas. `panels` are the tabs of the right side.
    pub(super) fn around_ui(&self, ui: &mut egui::Ui, panels: &mut [Box<dyn Panel>]) {
        self.keys(ui);
        if self.shows_canvas_alone() {
            self.errors_ui(ui);
            return;
        }
        self.menu_bar_ui(ui);
        self.status_bar_ui(ui);
        self.errors_ui(ui);
        if self.shows_canvas() {
            self.tool_bar_ui(ui);
            self.side_panel_ui(ui, panels);
            self.tab_bar_ui(ui);
        } else {
            self.tab_bar_ui(ui);
            self.welcome_ui(ui);
        }
    }

    /// Draws what lies over the canvas, but for dialogs.
    pub(super) fn over_ui(&self, ui: &mut egui::Ui) {
        if self.shows_canvas_alone() {
            self.floating_map_ui(ui);
        } else if self.shows_canvas() {
            self.layout_line_ui(ui);
        }
        self.empty_ui(ui);
        self.passing_ui(ui);
    }
}

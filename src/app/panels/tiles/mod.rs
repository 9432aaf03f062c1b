//! The Tiles tab: the mosaic as a whole, and how its tiles are laid out, what is wrong with them, and all of them in a list. One file per section.

mod facts;
mod grid;
mod layout;
mod links;
mod list;
mod names;
mod overlaps;
mod places;
mod problems;

use super::selected_tiles::SelectedTiles;
use super::side::section;
use super::{Panel, PanelInfo, canvas_section};
use crate::app::App;
use crate::app::theme::Icon;

/// The Tiles tab.
#[derive(Default)]
pub(super) struct Tiles {
    selected: SelectedTiles,
    overlaps: overlaps::Overlaps,
    links: links::LinkList,
    problems: problems::Problems,
    list: list::TileList,
}

impl Panel for Tiles {
    fn info(&self) -> PanelInfo {
        PanelInfo { id: "tiles", icon: Icon::LayoutGrid, title: "Tiles" }
    }

    fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        section(ui, Icon::Images, "Mosaic", |ui| facts::facts_ui(ui, app));
        if app.mosaic().placements.len() > 1 {
            section(ui, Icon::LayoutGrid, "Layout", |ui| layout::layout_ui(ui, app));
            section(ui, Icon::Blend, "Overlaps", |ui| self.overlaps.ui(ui, app));
        }
        if let Some(links) = &app.documents().tab.links {
            section(ui, Icon::Waypoints, "Links", |ui| self.links.links_ui(ui, app, links));
        }
        self.selected.ui(ui, app);
        canvas_section::ui(ui, app);
        section(ui, Icon::TriangleAlert, "Problems", |ui| self.problems.problems_ui(ui, app));
        if app.mosaic().placements.len() > 1 {
            section(ui, Icon::List, "Tiles", |ui| self.list.list_ui(ui, app));
        }
    }
}

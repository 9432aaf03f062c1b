//! The menu of the right button on the canvas: of the region or tile under the mouse, or of the view where there is none.

use egui::{Response, Ui};

use super::menu::context_menu;
use crate::app::{
    App, Command, EditCommand, ExportCommand, FileCommand, RegionCommand, TileCommand, ViewChange, ViewCommand,
    WindowCommand, Zoom,
};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Placement, PlacementId, PlacementIds, RoiId, Stacking};

/// What the menu is about.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Under {
    Region(RoiId),
    Tile(PlacementId),
    #[default]
    Nothing,
}

impl App {
    /// Shows the menu of the canvas, if it is open. A click with the right button selects the tile it is about.
    pub(in crate::app) fn canvas_menu_ui(&self, ui: &Ui, response: &Response) {
        let id = response.id.with("menu");
        if response.secondary_clicked() {
            let at = response.interact_pointer_pos().map(|at| self.view().canvas_from_ui(response.rect, at));
            let under = at.map_or(Under::Nothing, |at| self.under(at));
            ui.data_mut(|data| data.insert_temp(id, under));
            if let Under::Tile(tile) = under
                && !self.selection().placements.contains(tile)
            {
                self.ask(EditCommand::Select { ids: PlacementIds::from_iter([tile]), add: false });
            }
            if let Under::Region(region) = under
                && !self.selection().regions.contains(&region)
            {
                self.ask(RegionCommand::Select(Some(region)));
            }
        }
        context_menu(response, |ui| {
            ui.set_min_width(220.0);
            match ui.data(|data| data.get_temp(id)).unwrap_or_default() {
                Under::Tile(tile) => match self.mosaic().placement(tile) {
                    Some(placement) => self.tile_menu_ui(ui, placement),
                    None => ui.close(),
                },
                Under::Region(_) => self.region_menu_ui(ui),
                Under::Nothing => self.nothing_menu_ui(ui),
            }
        });
    }

    fn under(&self, at: Point) -> Under {
        /// Points on the screen within which an edge is meant.
        const REACH: f64 = 8.0;
        let reach = REACH / self.view().zoom;
        // Inside a region, the tools for tiles mean the tile, as with a click.
        let is_inside_meant = !self.layout().toolbox.is_for_tiles();
        if let Some((region, hit)) = self.mosaic().regions.hit(at, reach)
            && (is_inside_meant || hit.distance <= reach || self.selection().regions.contains(&region.id))
        {
            return Under::Region(region.id);
        }
        self.documents().tab.at(at).map_or(Under::Nothing, |placement| Under::Tile(placement.id))
    }

    /// What can be done to the selected tiles, of which `placement` is one. Lists of tiles show it, too.
    pub(super) fn tile_menu_ui(&self, ui: &mut Ui, placement: &Placement) {
        let (count, locked) = (self.selection().placements.len(), placement.locked);
        let name = if count > 1 { format!("{count} tiles") } else { placement.name() };
        ui.add(egui::Label::new(egui::RichText::new(name).small().weak()).truncate());
        let item = |ui: &mut Ui, text: &str, command: TileCommand, on: bool| self.item(ui, text, command.into(), on);
        let all = self.selection().placements.iter().filter_map(|id| self.mosaic().placement(id));
        // Very many take as long to look at as a frame lasts.
        let around = if count > 1000 { None } else { all.map(Placement::rect).reduce(Rect::union) };
        let around = around.unwrap_or_else(|| placement.rect());
        self.item(ui, "Zoom to tiles", ViewCommand::Zoom(Zoom::Show(around)).into(), true);
        ui.separator();
        item(ui, "Bring to front", TileCommand::Restack(Stacking::Front), !locked);
        item(ui, "Send to back", TileCommand::Restack(Stacking::Back), !locked);
        item(ui, "Hide", TileCommand::Hide, true);
        item(ui, "Isolate", TileCommand::Isolate, true);
        item(ui, "Show all", TileCommand::ShowAll, true);
        if locked {
            item(ui, "Unlock", TileCommand::Lock(false), true);
        } else {
            item(ui, "Lock", TileCommand::Lock(true), true);
        }
        ui.separator();
        item(ui, "Duplicate", TileCommand::Duplicate, true);
        item(ui, "Replace file…", TileCommand::AskReplace, count == 1);
        let path = &placement.image.path;
        if ui.button("Copy path").clicked() {
            ui.ctx().copy_text(path.to_string_lossy().into_owned());
            ui.close();
        }
        if let Some(folder) = path.parent() {
            self.item(ui, "Show in folder", ExportCommand::ShowFolder(folder.to_owned()).into(), true);
        }
        ui.separator();
        item(ui, "Remove", TileCommand::Remove, true);
    }

    /// What can be done where no tile is.
    fn nothing_menu_ui(&self, ui: &mut Ui) {
        let open = !self.mosaic().placements.is_empty();
        self.item(ui, "Fit", ViewCommand::Zoom(Zoom::Fit).into(), open);
        self.item(ui, "100 %", ViewCommand::Zoom(Zoom::Percent(100.0)).into(), open);
        self.item(ui, "Reset rotation", ViewCommand::Change(ViewChange::Upright).into(), !self.view().is_upright());
        self.item(ui, "Go to…", WindowCommand::ShowGoTo(true).into(), open);
        ui.separator();
        self.item(ui, "Select all tiles", EditCommand::SelectAll.into(), open);
        self.item(ui, "Show all", TileCommand::ShowAll.into(), open);
        self.item(ui, "Add images…", FileCommand::AskMore.into(), true);
        ui.separator();
        self.item(ui, "Export…", Command::Export(ExportCommand::Show(None)), open);
    }
}

//! Draws the canvas of a document: tiles in `tiles`, overlays in `marks`. It changes nothing: what it shows is brought up to date before,
//! in `logic/panes.rs`, and requests of tiles go to the [`Textures`].

mod backdrop;
mod before;
mod guides;
mod links;
mod marks;
mod painter;
mod panes;
mod picture;
mod regions;
mod scale_bar;
mod tiles;

use egui::CursorIcon;
pub(super) use links::link_color;
pub(super) use painter::{CanvasPainter, outline};
pub(super) use panes::{cells, swipe_edge_ui, tag};

use super::settings::Settings;
use super::tab::Tab;
use super::textures::Textures;
use super::theme::palette;
use super::tools::{Snapping, Toolbox, Viewed};
use super::{TabId, Toggle};

/// The canvas of a document, with all that drawing it needs.
pub(super) struct Pane<'a> {
    pub(super) id: TabId,
    pub(super) tab: &'a Tab,
    pub(super) toolbox: &'a Toolbox,
    pub(super) settings: &'a Settings,
    pub(super) textures: &'a Textures,
}

impl Pane<'_> {
    /// Draws the overlays, and sets the cursor. `response` is that of the canvas.
    pub(super) fn overlays_ui(&self, ui: &egui::Ui, painter: &egui::Painter, response: &egui::Response) {
        let colors = palette(ui);
        let marks = CanvasPainter::new(painter, colors, self.tab, &self.settings.drawing);
        self.draw_regions(&marks);
        if let Some(tool) = self.toolbox.on(self.id) {
            tool.paint(&marks);
        }
        self.draw_guides(painter, response.hovered(), colors, ui.visuals().panel_fill);
        if self.settings.is_on(Toggle::ScaleBar) && !self.tab.history.now().placements.is_empty() {
            let ruler = if self.settings.is_on(Toggle::Rulers) { guides::RULER } else { 0.0 };
            let room = egui::Rect::from_min_max(self.tab.screen.min + egui::vec2(ruler, 0.0), self.tab.screen.max);
            let georeference = &self.tab.nav.georeference;
            let unit = georeference.unit(self.settings.unit);
            scale_bar::scale_bar(painter, room, self.tab.view.zoom, georeference, unit, colors);
        }
        if let Some(at) = self.tab.cursor.filter(|_| response.hovered()) {
            let panning = self.toolbox.is_panning(self.id);
            let tool = self.toolbox.current();
            ui.ctx().set_cursor_icon(if panning { CursorIcon::Grabbing } else { tool.cursor(at, &self.viewed()) });
        }
    }

    /// What tools see of the document.
    fn viewed(&self) -> Viewed<'_> {
        Viewed { tab: self.tab, snapping: Snapping::from(self.settings), drawing: &self.settings.drawing }
    }
}

/// Whether the second of two pictures that are shown by turns has its turn. Asks for the frame of the next one.
pub(super) fn blinks(ui: &egui::Ui) -> bool {
    /// Seconds that each is shown for.
    const TURN: f64 = 0.6;
    let time = ui.input(|input| input.time);
    let next = TURN - time.rem_euclid(TURN);
    ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(next.max(0.01)));
    (time / TURN) as u64 % 2 == 1
}

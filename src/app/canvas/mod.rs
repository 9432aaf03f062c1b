//! One frame of the canvas. Input is handled in `pointer`, tiles are drawn in `tiles`, overlays in `marks`.

mod backdrop;
mod guides;
mod links;
mod marks;
mod navigator;
mod painter;
mod panes;
mod picture;
mod pointer;
mod scale_bar;
mod tiles;

use egui::{CursorIcon, Sense};
pub(super) use links::link_color;
pub(super) use painter::CanvasPainter;

use super::theme::palette;
use super::{App, Toggle};

impl App {
    /// The canvas, in all the room that is left.
    pub(super) fn canvas_ui(&mut self, ui: &mut egui::Ui) {
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Canvas"));
        self.resize(response.rect);
        self.fit_if_pending();
        self.pointer(ui, &response);
        let colors = palette(ui);
        painter.rect_filled(self.documents.tab.screen, 0.0, colors.canvas);
        self.draw(ui, &painter);
        let marks = CanvasPainter::new(&painter, colors, self.viewed());
        self.draw_regions(&marks);
        if let Some(tool) = self.layout.toolbox.on(self.documents.tabs.current()) {
            tool.paint(&marks);
        }
        self.draw_guides(&painter, response.hovered(), colors, ui.visuals().panel_fill);
        if self.preferences.settings.is_on(Toggle::ScaleBar) {
            let ruler = if self.preferences.settings.is_on(Toggle::Rulers) { guides::RULER } else { 0.0 };
            let room = egui::Rect::from_min_max(
                self.documents.tab.screen.min + egui::vec2(ruler, 0.0),
                self.documents.tab.screen.max,
            );
            let (georeference, unit) = (self.georeference(), self.georeference().unit(self.preferences.settings.unit));
            scale_bar::scale_bar(&painter, room, self.documents.tab.view.zoom, &georeference, unit, colors);
        }
        self.note_visited(ui.pixels_per_point());
        if let Some(at) = self.documents.tab.cursor.filter(|_| response.hovered()) {
            let panning = self.layout.toolbox.is_panning(self.documents.tabs.current());
            let tool = self.layout.toolbox.current();
            ui.ctx().set_cursor_icon(if panning { CursorIcon::Grabbing } else { tool.cursor(at, &self.viewed()) });
        }
    }
}

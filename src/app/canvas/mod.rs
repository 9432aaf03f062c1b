//! The canvas: one frame of it. What the mouse does is in `pointer`, the picture in `tiles`, what lies over it in `marks`.

mod ground;
mod marks;
mod picture;
mod pointer;
mod scale_bar;
mod tiles;

use egui::Sense;

use super::App;
use super::theme::palette;

impl App {
    /// The canvas, in all the room that is left.
    pub(super) fn canvas_ui(&mut self, ui: &mut egui::Ui) {
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Canvas"));
        self.tab.screen = response.rect;
        self.fit_if_pending();
        self.pointer(ui, &response);
        let colours = palette(ui);
        painter.rect_filled(self.tab.screen, 0.0, colours.canvas);
        self.draw(ui, &painter);
        self.draw_regions(&painter, colours);
        self.draw_gesture(&painter, colours);
        scale_bar::scale_bar(&painter, self.tab.screen, self.tab.view.zoom, colours);
        if let Some(at) = self.tab.cursor.filter(|_| response.hovered()) {
            ui.ctx().set_cursor_icon(self.cursor_icon(at));
        }
    }
}

//! What shows through where an image is clear.

use egui::{Color32, ColorImage, Mesh, Painter, TextureHandle, TextureOptions};

use crate::app::App;
use crate::geometry::Rect;
use crate::pixels::Ground;

/// The side of two squares of the checkerboard, in points.
const PERIOD: f32 = 20.0;
const BRIGHT: Color32 = Color32::from_gray(0xA8);
const DARK: Color32 = Color32::from_gray(0x8A);

impl App {
    /// Lay the ground under an image at `rect` of the canvas. The checkerboard stays still on the screen, whatever the zoom.
    pub(super) fn draw_ground(&self, painter: &Painter, rect: Rect) {
        let rect = self.tab.view.ui_from_rect(self.tab.screen, rect).intersect(self.tab.screen);
        if !rect.is_positive() {
            return;
        }
        match self.tab.display.settings().map(|display| display.ground).unwrap_or_default() {
            Ground::None => {}
            Ground::Colour([r, g, b]) => drop(painter.rect_filled(rect, 0.0, Color32::from_rgb(r, g, b))),
            Ground::Checkers => {
                let mut mesh = Mesh::with_texture(checkers(painter.ctx()).id());
                let uv = |at: egui::Pos2| (at.to_vec2() / PERIOD).to_pos2();
                mesh.add_rect_with_uv(rect, egui::Rect::from_min_max(uv(rect.min), uv(rect.max)), Color32::WHITE);
                painter.add(mesh);
            }
        }
    }
}

/// Two by two squares, made once.
fn checkers(context: &egui::Context) -> TextureHandle {
    let id = egui::Id::unique("checkers");
    if let Some(known) = context.data(|data| data.get_temp::<TextureHandle>(id)) {
        return known;
    }
    let image = ColorImage::new([2, 2], vec![BRIGHT, DARK, DARK, BRIGHT]);
    let made = context.load_texture("checkers", image, TextureOptions::NEAREST_REPEAT);
    context.data_mut(|data| data.insert_temp(id, made.clone()));
    made
}

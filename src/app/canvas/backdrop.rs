//! The backdrop behind transparent pixels.

use egui::epaint::{Mesh, Vertex};
use egui::{Color32, ColorImage, Painter, TextureHandle, TextureOptions};

use super::Pane;
use crate::geometry::Rect;
use mosaicist_display::Backdrop;

/// The side of two squares of the checkerboard, in points.
const PERIOD: f32 = 20.0;
const BRIGHT: Color32 = Color32::from_gray(0xA8);
const DARK: Color32 = Color32::from_gray(0x8A);

impl Pane<'_> {
    /// Lay the backdrop under an image at `rect` of the canvas. The checkerboard stays still on the screen, whatever the zoom.
    pub(super) fn draw_backdrop(&self, painter: &Painter, rect: Rect) {
        let (view, screen) = (self.tab.view, self.tab.screen);
        let upright = view.ui_from_rect(screen, rect).intersect(screen);
        if !upright.is_positive() {
            return;
        }
        let corners = if rect.contains(view.visible(screen)) {
            corners_of(screen)
        } else if view.is_upright() {
            corners_of(upright)
        } else {
            view.corners(screen, rect)
        };
        let (texture, color) = match self.tab.display.settings().map(|display| display.backdrop).unwrap_or_default() {
            Backdrop::None => return,
            Backdrop::Color([r, g, b]) => (egui::TextureId::default(), Color32::from_rgb(r, g, b)),
            Backdrop::Checkers => (checkers(painter.ctx()).id(), Color32::WHITE),
        };
        let plain = texture == egui::TextureId::default();
        let uv = |at: egui::Pos2| if plain { egui::epaint::WHITE_UV } else { (at.to_vec2() / PERIOD).to_pos2() };
        let vertices = corners.map(|pos| Vertex { pos, uv: uv(pos), color }).to_vec();
        painter.add(Mesh { indices: vec![0, 1, 2, 2, 3, 0], vertices, texture_id: texture });
    }
}

fn corners_of(rect: egui::Rect) -> [egui::Pos2; 4] {
    [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()]
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

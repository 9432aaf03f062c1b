//! [`CanvasPainter`]: draws over the canvas in canvas pixels.

use egui::{Align2, Color32, FontId, Painter, Stroke, StrokeKind};

use crate::app::View;
use crate::app::tab::Tab;
use crate::app::theme::Palette;
use crate::geometry::{Point, Rect};
use crate::mosaic::Placement;

/// Tiles narrower than this on the screen, in points, have no name on them.
const NAMED: f32 = 48.0;

/// Draws over the canvas of one document.
pub(in crate::app) struct CanvasPainter<'a> {
    pub(in crate::app) painter: &'a Painter,
    pub(in crate::app) colors: Palette,
    pub(in crate::app) view: View,
    /// Where on the screen the canvas is.
    pub(in crate::app) screen: egui::Rect,
    /// The canvas point under the mouse.
    pub(in crate::app) cursor: Option<Point>,
    pub(in crate::app) tab: &'a Tab,
}

impl<'a> CanvasPainter<'a> {
    pub(in crate::app) fn new(painter: &'a Painter, colors: Palette, tab: &'a Tab) -> Self {
        Self { painter, colors, view: tab.view, screen: tab.screen, cursor: tab.cursor, tab }
    }

    pub(in crate::app) fn ui_from_canvas(&self, point: Point) -> egui::Pos2 {
        self.view.ui_from_canvas(self.screen, point)
    }

    /// A region of interest with its name and size; with handles if it is selected.
    pub(in crate::app) fn region(&self, rect: Rect, name: &str, selected: bool) {
        let shown = self.view.ui_from_rect(self.screen, rect);
        if !shown.intersects(self.screen) {
            return;
        }
        let color = if selected { self.colors.accent } else { Color32::from_rgb(0xF2, 0xB1, 0x3C) };
        self.outline(rect, color.gamma_multiply(0.08), Stroke::new(3.0, Color32::from_black_alpha(90)));
        self.outline(rect, Color32::TRANSPARENT, Stroke::new(1.6, color));
        let at = shown.left_top().max(self.screen.left_top()) + egui::vec2(6.0, 6.0);
        if shown.width() > 60.0 {
            self.label(at, Align2::LEFT_TOP, &format!("{name}  {} × {} px", rect.width(), rect.height()));
        }
        if selected {
            for position in handle_positions(self.view, self.screen, rect) {
                let handle = egui::Rect::from_center_size(position, egui::vec2(8.0, 8.0));
                self.painter.rect(handle, 2.0, Color32::WHITE, Stroke::new(1.5, color), StrokeKind::Middle);
            }
        }
    }

    /// The outline of a canvas rectangle, rotated with the canvas.
    pub(in crate::app) fn outline(&self, rect: Rect, fill: Color32, stroke: Stroke) {
        let view = self.view;
        if view.degrees % 90.0 == 0.0 {
            self.painter.rect(view.ui_from_rect(self.screen, rect), 0.0, fill, stroke, StrokeKind::Middle);
        } else {
            let corners = view.corners(self.screen, rect).to_vec();
            self.painter.add(egui::Shape::convex_polygon(corners, fill, stroke));
        }
    }

    /// The edge of a polygon of canvas points.
    pub(in crate::app) fn polygon<const N: usize>(&self, corners: [Point; N], stroke: Stroke) {
        let corners = corners.map(|corner| self.ui_from_canvas(corner)).to_vec();
        self.painter.add(egui::Shape::closed_line(corners, stroke));
    }

    /// The outline and the name of a tile.
    pub(in crate::app) fn named(&self, placement: &Placement, selected: bool) {
        let corners = placement.corners();
        let on_screen = egui::Rect::from_points(&corners.map(|corner| self.ui_from_canvas(corner)));
        self.polygon(corners, Stroke::new(3.0, Color32::from_black_alpha(110)));
        let color = if selected { self.colors.accent } else { Color32::from_white_alpha(210) };
        self.polygon(corners, Stroke::new(1.4, color));
        let shown = on_screen.intersect(self.screen);
        if on_screen.width() > NAMED && on_screen.height() > 30.0 && shown.is_positive() {
            let font = FontId::proportional(11.0);
            let mut job = egui::text::LayoutJob::simple_singleline(placement.name(), font, Color32::WHITE);
            job.wrap = egui::text::TextWrapping::truncate_at_width(on_screen.width() - 16.0);
            let galley = self.painter.layout_job(job);
            let rect = Align2::CENTER_CENTER.anchor_size(on_screen.center(), galley.size() + egui::vec2(10.0, 4.0));
            self.painter.rect_filled(rect, 4.0, self.colors.scrim);
            self.painter.galley(rect.min + egui::vec2(5.0, 2.0), galley, Color32::WHITE);
        }
    }

    /// Text on a dark ground, readable over any picture.
    pub(in crate::app) fn label(&self, at: egui::Pos2, align: Align2, text: &str) {
        let galley = self.painter.layout_no_wrap(text.to_owned(), FontId::proportional(12.0), Color32::WHITE);
        let rect = align.anchor_size(at, galley.size()).expand2(egui::vec2(6.0, 3.0));
        self.painter.rect_filled(rect, 4.0, self.colors.scrim);
        self.painter.galley(rect.min + egui::vec2(6.0, 3.0), galley, Color32::WHITE);
    }
}

/// Where the eight handles of a region are on the screen.
fn handle_positions(view: View, screen: egui::Rect, rect: Rect) -> [egui::Pos2; 8] {
    let [a, b, c, d] = view.corners(screen, rect);
    let middle = |from: egui::Pos2, to: egui::Pos2| from.lerp(to, 0.5);
    [a, middle(a, b), b, middle(b, c), c, middle(c, d), d, middle(d, a)]
}

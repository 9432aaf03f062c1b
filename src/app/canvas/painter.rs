//! [`CanvasPainter`]: draws over the canvas in canvas pixels.

use egui::{Align2, Color32, FontId, Painter, Stroke, StrokeKind};

use crate::app::View;
use crate::app::regions::Drawing;
use crate::app::tab::Tab;
use crate::app::theme::Palette;
use crate::app::tools::length_text;
use crate::geometry::{Point, Rect};
use crate::mosaic::Placement;
use crate::region::Geometry;

/// Tiles narrower than this on the screen, in points, have no name on them.
const NAMED: f32 = 48.0;
/// Points from the middle of a single point to its edge.
const POINT: f32 = 4.0;

/// A path as lines, in pieces where it turns back: there a joint would reach out far.
pub(in crate::app) fn outline(mut path: Vec<egui::Pos2>, closed: bool, stroke: Stroke) -> Vec<egui::Shape> {
    if let Some(&first) = path.first().filter(|_| closed) {
        path.push(first);
    }
    let turns_back = |at: usize| {
        let (before, after) = (path[at] - path[at - 1], path[at + 1] - path[at]);
        before.normalized().dot(after.normalized()) < -0.9
    };
    let ends = (1..path.len().saturating_sub(1)).filter(|&at| turns_back(at));
    let ends: Vec<usize> = [0].into_iter().chain(ends).chain([path.len().saturating_sub(1)]).collect();
    let pieces = ends.windows(2).filter(|pair| pair[1] > pair[0]);
    pieces.map(|pair| egui::Shape::line(path[pair[0]..=pair[1]].to_vec(), stroke)).collect()
}

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
    /// How wide the brush is, in points.
    pub(in crate::app) brush: f64,
}

impl<'a> CanvasPainter<'a> {
    pub(in crate::app) fn new(painter: &'a Painter, colors: Palette, tab: &'a Tab, drawing: &Drawing) -> Self {
        let brush = drawing.brush;
        Self { painter, colors, view: tab.view, screen: tab.screen, cursor: tab.cursor, tab, brush }
    }

    pub(in crate::app) fn ui_from_canvas(&self, point: Point) -> egui::Pos2 {
        self.view.ui_from_canvas(self.screen, point)
    }

    /// The outline of a shape, its lines and its points.
    pub(in crate::app) fn shape(&self, shape: &Geometry, stroke: Stroke) {
        shape.each_path(|path, closed| {
            self.painter.extend(outline(self.thinned(path), closed, stroke));
        });
        for &point in shape.points() {
            self.painter.circle_stroke(self.ui_from_canvas(point), POINT, stroke);
        }
    }

    /// A path on the screen, without the vertices that nobody can tell apart.
    fn thinned(&self, path: &[Point]) -> Vec<egui::Pos2> {
        let mut shown: Vec<egui::Pos2> = Vec::with_capacity(path.len());
        for (index, &point) in path.iter().enumerate() {
            let at = self.ui_from_canvas(point);
            let is_far = shown.last().is_none_or(|last| (at - *last).length_sq() >= 0.25);
            if is_far || index + 1 == path.len() {
                shown.push(at);
            }
        }
        shown
    }

    /// Text beside the mouse.
    pub(in crate::app) fn beside_cursor(&self, text: &str, align: Align2) {
        let at = self.cursor.map_or(self.screen.center(), |at| self.ui_from_canvas(at));
        self.label(at + egui::vec2(16.0, 18.0), align, text);
    }

    /// How large a shape is, in words.
    pub(in crate::app) fn size_text(&self, shape: &Geometry) -> String {
        let georeference = &self.tab.nav.georeference;
        match shape {
            Geometry::Line([from, to]) => length_text(*from, *to, georeference),
            Geometry::Angle(_) => format!("{:.1}°", shape.angle().unwrap_or_default().to_degrees()),
            Geometry::Points(points) => points.len().to_string(),
            Geometry::Text { .. } => String::new(),
            Geometry::Polyline(_) | Geometry::MultiPolyline(_) => format!("{:.0} px", shape.length()),
            _ => {
                let bounds = shape.bounds();
                format!("{:.0} × {:.0} px", bounds.width(), bounds.height())
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
        if shown.width() > NAMED && shown.height() > 30.0 {
            let font = FontId::proportional(11.0);
            let mut job = egui::text::LayoutJob::simple_singleline(placement.name(), font, Color32::WHITE);
            job.wrap = egui::text::TextWrapping::truncate_at_width(shown.width() - 16.0);
            let galley = self.painter.layout_job(job);
            let rect = Align2::CENTER_CENTER.anchor_size(shown.center(), galley.size() + egui::vec2(10.0, 4.0));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_turns_back_is_drawn_in_pieces() {
        let path = |all: &[(f32, f32)]| all.iter().map(|&(x, y)| egui::pos2(x, y)).collect::<Vec<_>>();
        let stroke = Stroke::new(1.0, Color32::WHITE);
        let square = path(&[(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)]);
        assert_eq!(outline(square, true, stroke).len(), 1);
        assert_eq!(outline(path(&[(0.0, 0.0), (9.0, 0.1), (0.0, 0.2)]), false, stroke).len(), 2);
        assert!(outline(path(&[(0.0, 0.0)]), false, stroke).is_empty() && outline(Vec::new(), true, stroke).is_empty());
    }
}

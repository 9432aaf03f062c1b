//! [`View`]: which part of the canvas the screen shows.

use crate::geometry::{Point, Rect};

/// The smallest and largest zoom, in points on the screen for each canvas pixel.
const ZOOM: std::ops::RangeInclusive<f64> = 1e-6..=64.0;

/// The canvas point in the middle of the screen, and how large a canvas pixel appears.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pub center: Point,
    /// Points on the screen for each canvas pixel.
    pub zoom: f64,
}

impl Default for View {
    fn default() -> Self {
        Self { center: Point::default(), zoom: 1.0 }
    }
}

impl View {
    /// Zoom by `factor`, keeping the canvas point under `fixed` where it is.
    pub fn zoom_about(&mut self, fixed: Point, factor: f64) {
        let zoom = (self.zoom * factor).clamp(*ZOOM.start(), *ZOOM.end());
        let factor = zoom / self.zoom;
        self.zoom = zoom;
        self.center.x = fixed.x + (self.center.x - fixed.x) / factor;
        self.center.y = fixed.y + (self.center.y - fixed.y) / factor;
    }

    /// Show all of `rect` in a screen area of `screen` points, with a little air around it.
    pub fn fit(rect: Rect, screen: egui::Vec2) -> Self {
        let (width, height) = (rect.width().max(1) as f64, rect.height().max(1) as f64);
        let zoom = (f64::from(screen.x) * 0.94 / width).min(f64::from(screen.y) * 0.94 / height);
        let center = Point::new((rect.x0 + rect.x1) as f64 / 2.0, (rect.y0 + rect.y1) as f64 / 2.0);
        Self { center, zoom: zoom.clamp(*ZOOM.start(), *ZOOM.end()) }
    }

    /// The halvings of the full resolution that come nearest to one image pixel for each of the screen's, never blurred.
    pub fn level(&self, pixels_per_point: f32) -> u32 {
        let shown = self.zoom * f64::from(pixels_per_point);
        (1.0 / shown).log2().floor().clamp(0.0, 24.0) as u32
    }

    /// Where a canvas point appears in the screen area `screen`.
    pub fn ui_from_canvas(&self, screen: egui::Rect, point: Point) -> egui::Pos2 {
        let offset = point - self.center;
        screen.center() + egui::vec2((offset.x * self.zoom) as f32, (offset.y * self.zoom) as f32)
    }

    /// The canvas point at a position in the screen area `screen`.
    pub fn canvas_from_ui(&self, screen: egui::Rect, position: egui::Pos2) -> Point {
        let offset = position - screen.center();
        self.center + Point::new(f64::from(offset.x) / self.zoom, f64::from(offset.y) / self.zoom)
    }

    /// Where a canvas rectangle appears.
    pub fn ui_from_rect(&self, screen: egui::Rect, rect: Rect) -> egui::Rect {
        let corner = |x: i64, y: i64| self.ui_from_canvas(screen, Point::new(x as f64, y as f64));
        egui::Rect::from_min_max(corner(rect.x0, rect.y0), corner(rect.x1, rect.y1))
    }

    /// The canvas pixels that can be seen in `screen`.
    pub fn visible(&self, screen: egui::Rect) -> Rect {
        let (a, b) = (self.canvas_from_ui(screen, screen.min), self.canvas_from_ui(screen, screen.max));
        Rect::new(a.x.floor() as i64, a.y.floor() as i64, b.x.ceil() as i64, b.y.ceil() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_follows_zoom() {
        let level = |zoom| View { zoom, ..View::default() }.level(1.0);
        assert_eq!([4.0, 1.0, 0.51, 0.5, 0.3, 0.25, 1e-12].map(level), [0, 0, 0, 1, 1, 2, 24]);
        assert_eq!(View { zoom: 0.5, ..View::default() }.level(2.0), 0, "a dense screen shows more");
    }

    #[test]
    fn the_point_under_the_cursor_stays() {
        let screen = egui::Rect::from_min_size(egui::pos2(10.0, 20.0), egui::vec2(800.0, 600.0));
        let mut view = View { center: Point::new(5000.0, -200.0), zoom: 0.2 };
        let cursor = egui::pos2(123.0, 456.0);
        let before = view.canvas_from_ui(screen, cursor);
        for factor in [1.3, 7.0, 0.01, 1e9, 1e-12] {
            view.zoom_about(before, factor);
            let after = view.ui_from_canvas(screen, before);
            assert!((after - cursor).length() < 0.01, "{factor}: {after:?}");
        }
    }

    #[test]
    fn fitting_shows_all() {
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(800.0, 600.0));
        for rect in [Rect::new(-50, 0, 40_000, 60_000), Rect::new(0, 0, 1, 1), Rect::new(7, 7, 9000, 8)] {
            let view = View::fit(rect, screen.size());
            assert!(view.visible(screen).contains(rect), "{rect}");
        }
    }
}

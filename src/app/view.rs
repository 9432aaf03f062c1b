//! [`View`]: center, zoom, rotation and flip of the canvas on the screen.

use serde::{Deserialize, Serialize};

use crate::geometry::{Point, Rect};

/// The smallest and largest zoom, in points on the screen for each canvas pixel.
const ZOOM: std::ops::RangeInclusive<f64> = 1e-6..=64.0;

/// Maps the canvas to the screen.
///
/// From canvas to screen, about the center: first a horizontal flip, then a clockwise rotation, then the zoom.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    pub center: Point,
    /// Points on the screen for each canvas pixel.
    pub zoom: f64,
    /// Clockwise, at least 0 and less than 360.
    pub degrees: f64,
    /// Flipped horizontally, before the rotation.
    pub mirrored: bool,
}

impl Default for View {
    fn default() -> Self {
        Self { center: Point::default(), zoom: 1.0, degrees: 0.0, mirrored: false }
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

    /// Show all of `rect`, upright, in a screen area of `screen` points, with a little air around it.
    pub fn fit(rect: Rect, screen: egui::Vec2) -> Self {
        Self::default().fitted(rect, screen)
    }

    /// The same with the rotation and flip of this view.
    pub fn fitted(&self, rect: Rect, screen: egui::Vec2) -> Self {
        let (width, height) = (rect.width().max(1) as f64, rect.height().max(1) as f64);
        let (sin, cos) = self.sin_cos();
        let (across, down) = (width * cos.abs() + height * sin.abs(), width * sin.abs() + height * cos.abs());
        let zoom = (f64::from(screen.x) * 0.94 / across).min(f64::from(screen.y) * 0.94 / down);
        let center = Point::new((rect.x0 + rect.x1) as f64 / 2.0, (rect.y0 + rect.y1) as f64 / 2.0);
        Self { center, zoom: zoom.clamp(*ZOOM.start(), *ZOOM.end()), ..*self }
    }

    /// Rotates the view clockwise about the center of the screen.
    pub fn turn(&mut self, degrees: f64) {
        let turned = (self.degrees + degrees).rem_euclid(360.0);
        // `rem_euclid` of a tiny negative number is 360 itself.
        self.degrees = if turned < 360.0 { turned } else { 0.0 };
    }

    /// The angle that it is told by: that of the picture before it was flipped.
    pub fn angle(&self) -> f64 {
        if self.mirrored && self.degrees > 0.0 { 360.0 - self.degrees } else { self.degrees }
    }

    /// Rotates the view to what [`angle`](Self::angle) tells.
    pub fn turn_to(&mut self, angle: f64) {
        self.degrees = 0.0;
        self.turn(if self.mirrored { -angle } else { angle });
    }

    /// Flips the view horizontally.
    pub fn mirror(&mut self) {
        self.mirrored = !self.mirrored;
        let degrees = std::mem::take(&mut self.degrees);
        self.turn(-degrees);
    }

    /// Whether edges of the canvas are edges of the screen, left at the left.
    pub fn is_upright(&self) -> bool {
        self.degrees == 0.0 && !self.mirrored
    }

    /// The level that comes nearest to one image pixel for each of the screen's, never blurred.
    pub fn level(&self, pixels_per_point: f32) -> u32 {
        let shown = self.zoom * f64::from(pixels_per_point);
        (1.0 / shown).log2().floor().clamp(0.0, 24.0) as u32
    }

    /// Where a canvas point appears in the screen area `screen`.
    pub fn ui_from_canvas(&self, screen: egui::Rect, point: Point) -> egui::Pos2 {
        let offset = point - self.center;
        let (x, y) = (if self.mirrored { -offset.x } else { offset.x }, offset.y);
        let (sin, cos) = self.sin_cos();
        let (x, y) = (x * cos - y * sin, x * sin + y * cos);
        screen.center() + egui::vec2((x * self.zoom) as f32, (y * self.zoom) as f32)
    }

    /// The canvas point at a position in the screen area `screen`.
    pub fn canvas_from_ui(&self, screen: egui::Rect, position: egui::Pos2) -> Point {
        self.center + self.canvas_step(position - screen.center())
    }

    /// The canvas vector of a screen vector.
    pub fn canvas_step(&self, step: egui::Vec2) -> Point {
        let (x, y) = (f64::from(step.x) / self.zoom, f64::from(step.y) / self.zoom);
        let (sin, cos) = self.sin_cos();
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        Point::new(if self.mirrored { -x } else { x }, y)
    }

    /// Where the corners of a canvas rectangle appear: those that are upper left, upper right, lower right, lower left on the
    /// canvas.
    pub fn corners(&self, screen: egui::Rect, rect: Rect) -> [egui::Pos2; 4] {
        let corner = |x: i64, y: i64| self.ui_from_canvas(screen, Point::new(x as f64, y as f64));
        [corner(rect.x0, rect.y0), corner(rect.x1, rect.y0), corner(rect.x1, rect.y1), corner(rect.x0, rect.y1)]
    }

    /// The screen rectangle of a canvas rectangle; the bounding rectangle if the view is rotated.
    pub fn ui_from_rect(&self, screen: egui::Rect, rect: Rect) -> egui::Rect {
        egui::Rect::from_points(&self.corners(screen, rect))
    }

    /// The canvas pixels visible in `screen`; of a rotated view, their bounding rectangle.
    pub fn visible(&self, screen: egui::Rect) -> Rect {
        let corners = [screen.left_top(), screen.right_top(), screen.right_bottom(), screen.left_bottom()];
        let [a, b, c, d] = corners.map(|corner| self.canvas_from_ui(screen, corner));
        let (x, y) = ([a.x, b.x, c.x, d.x], [a.y, b.y, c.y, d.y]);
        let low = |values: [f64; 4]| values.into_iter().fold(f64::INFINITY, f64::min).floor() as i64;
        let high = |values: [f64; 4]| values.into_iter().fold(f64::NEG_INFINITY, f64::max).ceil() as i64;
        Rect::new(low(x), low(y), high(x), high(y))
    }

    /// Sine and cosine of the angle; exact for quarter turns, so that those leave edges straight.
    pub fn sin_cos(&self) -> (f64, f64) {
        match self.degrees {
            0.0 => (0.0, 1.0),
            90.0 => (1.0, 0.0),
            180.0 => (0.0, -1.0),
            270.0 => (-1.0, 0.0),
            degrees => degrees.to_radians().sin_cos(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: egui::Rect = egui::Rect::from_min_max(egui::pos2(10.0, 20.0), egui::pos2(810.0, 620.0));

    fn turned() -> impl Iterator<Item = View> {
        let angles = [0.0, 90.0, 180.0, 270.0, 33.0, 359.5];
        angles.into_iter().flat_map(|degrees| {
            [false, true].map(|mirrored| View { center: Point::new(5000.0, -200.0), zoom: 0.2, degrees, mirrored })
        })
    }

    #[test]
    fn level_follows_zoom() {
        let level = |zoom| View { zoom, ..View::default() }.level(1.0);
        assert_eq!([4.0, 1.0, 0.51, 0.5, 0.3, 0.25, 1e-12].map(level), [0, 0, 0, 1, 1, 2, 24]);
        assert_eq!(View { zoom: 0.5, ..View::default() }.level(2.0), 0, "a dense screen shows more");
    }

    #[test]
    fn the_point_under_the_cursor_stays() {
        for mut view in turned() {
            let cursor = egui::pos2(123.0, 456.0);
            let before = view.canvas_from_ui(SCREEN, cursor);
            for factor in [1.3, 7.0, 0.01, 1e9, 1e-12] {
                view.zoom_about(before, factor);
                let after = view.ui_from_canvas(SCREEN, before);
                assert!((after - cursor).length() < 0.01, "{factor}: {after:?}");
            }
        }
    }

    #[test]
    fn fitting_shows_all() {
        for rect in [Rect::new(-50, 0, 40_000, 60_000), Rect::new(0, 0, 1, 1), Rect::new(7, 7, 9000, 8)] {
            for view in turned().map(|view| view.fitted(rect, SCREEN.size())) {
                assert!(view.visible(SCREEN).contains(rect), "{rect} in {view:?}");
                assert!(SCREEN.contains_rect(view.ui_from_rect(SCREEN, rect)), "{rect} in {view:?}");
            }
        }
    }

    #[test]
    fn rotation_is_clockwise_and_flips_apply_to_the_rotated_view() {
        let right_of = |view: &View| view.ui_from_canvas(SCREEN, view.center + Point::new(10.0, 0.0)) - SCREEN.center();
        let mut view = View::default();
        view.turn(90.0);
        assert_eq!(right_of(&view), egui::vec2(0.0, 10.0), "what was at the right is below");
        for mut view in turned() {
            let before = right_of(&view);
            view.mirror();
            let after = right_of(&view);
            assert!((after - egui::vec2(-before.x, before.y)).length() < 1e-4, "{before:?} to {after:?}");
            view.mirror();
            view.turn(-view.degrees);
            assert!(view.degrees.abs() < 1e-9);
        }
    }

    #[test]
    fn a_quarter_turn_leaves_whole_pixels_whole() {
        let view = View { degrees: 90.0, ..View::default() };
        let corners = view.corners(SCREEN, Rect::new(0, 0, 3, 2));
        let middle = SCREEN.center();
        assert_eq!(
            corners.map(|corner| corner - middle).map(|v| (v.x, v.y)),
            [(0.0, 0.0), (0.0, 3.0), (-2.0, 3.0), (-2.0, 0.0)]
        );
    }
}

//! Grid, rulers and crosshair: where on the canvas one is.

use egui::{Align2, Color32, FontId, Painter, Stroke};

use super::Pane;
use crate::app::theme::Palette;
use crate::app::units::{Georeference, Unit, round_length};
use crate::app::{Toggle, View};
use crate::geometry::Point;

/// Points between two lines of the grid, about.
const SPACING: f64 = 90.0;
/// How wide a ruler is, in points.
pub(super) const RULER: f32 = 20.0;

/// Which canvas coordinate a line has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GuideAxis {
    X,
    Y,
}

impl GuideAxis {
    fn of(self, point: Point) -> f64 {
        if self == Self::X { point.x } else { point.y }
    }
}

/// Round steps along an axis of the canvas.
struct Steps {
    axis: GuideAxis,
    /// A coordinate in the unit, and its change per canvas pixel.
    start: f64,
    pixel: f64,
    step: f64,
}

impl Steps {
    fn new(axis: GuideAxis, view: &View, georeference: &Georeference, unit: Unit) -> Self {
        let at = |point: Point| {
            let (x, y) = georeference.coordinates(unit, point).unwrap_or((point.x, point.y));
            if axis == GuideAxis::X { x } else { y }
        };
        // A map may be rotated against its image: then the grid follows the image, in lengths of its pixels.
        let start = at(Point::default());
        let next = if axis == GuideAxis::X { Point::new(1.0, 0.0) } else { Point::new(0.0, 1.0) };
        let pixel = at(next) - start;
        let pixel = if pixel.abs() > 0.0 && pixel.is_finite() { pixel } else { 1.0 };
        Self { axis, start, pixel, step: round_length(2.0 * SPACING / view.zoom * pixel.abs()) }
    }

    /// The canvas coordinates of the steps between two of them, with the values they stand for.
    fn between(&self, low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> {
        let (a, b) = (self.start + low * self.pixel, self.start + high * self.pixel);
        let (first, last) = ((a.min(b) / self.step).ceil(), (a.max(b) / self.step).floor());
        // Never more lines than a screen can resolve.
        let count = (last - first + 1.0).clamp(0.0, 400.0) as usize;
        let value = move |index: usize| (first + index as f64) * self.step;
        (0..count).map(move |index| ((value(index) - self.start) / self.pixel, value(index)))
    }
}

impl Pane<'_> {
    /// Whatever of grid, crosshair and rulers is switched on.
    pub(super) fn draw_guides(&self, painter: &Painter, hovered: bool, colors: Palette, panel: Color32) {
        let georeference = &self.tab.nav.georeference;
        let unit = georeference.unit(self.settings.unit);
        let (x, y) = (
            Steps::new(GuideAxis::X, &self.tab.view, georeference, unit),
            Steps::new(GuideAxis::Y, &self.tab.view, georeference, unit),
        );
        if self.settings.is_on(Toggle::Grid) {
            self.draw_grid(painter, &x, &y);
        }
        let cursor = self.tab.cursor.filter(|_| hovered);
        let cursor = cursor.map(|at| self.tab.view.ui_from_canvas(self.tab.screen, at));
        if let (true, Some(at)) = (self.settings.is_on(Toggle::Crosshair), cursor) {
            self.draw_crosshair(painter, at);
        }
        if self.settings.is_on(Toggle::Rulers) {
            self.draw_rulers(painter, [&x, &y], cursor, colors, panel);
        }
    }

    fn draw_grid(&self, painter: &Painter, x: &Steps, y: &Steps) {
        let bounds = self.tab.scene.bounds();
        let visible = self.tab.view.visible(self.tab.screen).intersect(bounds);
        let (x0, x1, y0, y1) = (visible.x0 as f64, visible.x1 as f64, visible.y0 as f64, visible.y1 as f64);
        let at = |x: f64, y: f64| self.tab.view.ui_from_canvas(self.tab.screen, Point::new(x, y));
        let lines = x.between(x0, x1).map(|(x, _)| [at(x, y0), at(x, y1)]);
        for line in lines.chain(y.between(y0, y1).map(|(y, _)| [at(x0, y), at(x1, y)])) {
            // Light on dark, visible on any image.
            painter.line_segment(line, Stroke::new(2.0, Color32::from_black_alpha(50)));
            painter.line_segment(line, Stroke::new(1.0, Color32::from_white_alpha(90)));
        }
    }

    fn draw_crosshair(&self, painter: &Painter, at: egui::Pos2) {
        let screen = self.tab.screen;
        let lines = [
            [egui::pos2(screen.left(), at.y), egui::pos2(screen.right(), at.y)],
            [egui::pos2(at.x, screen.top()), egui::pos2(at.x, screen.bottom())],
        ];
        for line in lines {
            painter.line_segment(line, Stroke::new(3.0, Color32::from_black_alpha(70)));
            painter.line_segment(line, Stroke::new(1.0, Color32::from_white_alpha(200)));
        }
    }

    /// Along the upper and the left edge. Each shows the canvas coordinate that changes faster along it.
    fn draw_rulers(
        &self,
        painter: &Painter,
        steps: [&Steps; 2],
        cursor: Option<egui::Pos2>,
        colors: Palette,
        georeference: Color32,
    ) {
        let screen = self.tab.screen;
        let (sin, cos) = self.tab.view.sin_cos();
        let straight = cos.abs() >= sin.abs();
        let [x, y] = steps;
        let (top, left) = if straight { (x, y) } else { (y, x) };
        let upper = egui::Rect::from_min_max(screen.min, egui::pos2(screen.right(), screen.top() + RULER));
        let side = egui::Rect::from_min_max(screen.min, egui::pos2(screen.left() + RULER, screen.bottom()));
        for (strip, steps, across) in [(side, left, false), (upper, top, true)] {
            painter.rect_filled(strip, 0.0, georeference);
            self.draw_ruler(&painter.with_clip_rect(strip), strip, steps, across, colors);
            if let Some(at) = cursor {
                let line = if across {
                    [egui::pos2(at.x, strip.top()), egui::pos2(at.x, strip.bottom())]
                } else {
                    [egui::pos2(strip.left(), at.y), egui::pos2(strip.right(), at.y)]
                };
                painter.line_segment(line, Stroke::new(1.0, colors.accent));
            }
        }
        painter.rect_filled(egui::Rect::from_min_size(screen.min, egui::vec2(RULER, RULER)), 0.0, georeference);
        let border = Stroke::new(1.0, colors.border);
        painter.line_segment([upper.left_bottom(), upper.right_bottom()], border);
        painter.line_segment([side.right_top(), side.right_bottom()], border);
    }

    fn draw_ruler(&self, painter: &Painter, strip: egui::Rect, steps: &Steps, across: bool, colors: Palette) {
        let view = &self.tab.view;
        let (from, to) =
            if across { (strip.left_top(), strip.right_top()) } else { (strip.left_top(), strip.left_bottom()) };
        let along = |position| steps.axis.of(view.canvas_from_ui(self.tab.screen, position));
        let (first, last) = (along(from), along(to));
        for (coordinate, value) in steps.between(first.min(last), first.max(last)) {
            let at = from.lerp(to, ((coordinate - first) / (last - first)) as f32);
            let font = FontId::proportional(9.5);
            let text = painter.layout_no_wrap(tick(value, steps.step), font, colors.weak);
            let stroke = Stroke::new(1.0, colors.weak);
            if across {
                painter.line_segment([at, at + egui::vec2(0.0, RULER)], stroke);
                painter.galley(at + egui::vec2(3.0, 2.0), text, colors.weak);
            } else {
                painter.line_segment([at, at + egui::vec2(RULER, 0.0)], stroke);
                // Read from below, as on any drawing.
                let place = Align2::LEFT_TOP.anchor_size(at + egui::vec2(2.0, -3.0), egui::Vec2::ZERO).min;
                let shape = egui::epaint::TextShape::new(place, text, colors.weak);
                painter.add(shape.with_angle(-std::f32::consts::FRAC_PI_2));
            }
        }
    }
}

/// A coordinate with as many digits as its step has.
fn tick(value: f64, step: f64) -> String {
    let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    // No minus before a zero.
    let value = if value.abs() < step / 2.0 { 0.0 } else { value };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_at_round_coordinates() {
        let view = View { zoom: 0.5, ..View::default() };
        let steps = Steps::new(GuideAxis::X, &view, &Georeference::default(), Unit::Pixels);
        let lines: Vec<_> = steps.between(-250.0, 450.0).collect();
        assert_eq!(lines, [(-200.0, -200.0), (0.0, 0.0), (200.0, 200.0), (400.0, 400.0)]);
        assert_eq!([(0.0, 0.5), (-200.0, 200.0), (1.25, 0.25)].map(|(v, s)| tick(v, s)), ["0.0", "-200", "1.2"]);
    }
}

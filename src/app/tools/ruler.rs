//! The ruler: measures a distance in pixels, and in the image's own unit where that is known.

use egui::{Align2, Color32, CursorIcon, Key, Stroke};

use super::{CanvasEvent, Tool, ToolInfo, Viewed, key};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::theme::Icon;
use crate::app::units::{Georeference, Unit};
use crate::geometry::Point;

pub(super) const INFO: ToolInfo = ToolInfo {
    id: "ruler",
    icon: Icon::Ruler,
    name: "Ruler",
    keys: &[key(Key::L)],
    hint: "Drag to measure a distance, Shift for multiples of 45°; click to remove it",
    double_click_zooms: false,
};

/// Measures a distance. The line stays until the next click or drag.
#[derive(Default)]
pub(super) struct Ruler {
    /// The ends of the line, in canvas pixels.
    line: Option<(Point, Point)>,
    dragging: bool,
}

impl Tool for Ruler {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, _: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, .. } => (self.line, self.dragging) = (Some((at, at)), true),
            CanvasEvent::Drag { at, modifiers } => {
                let end = |start| if modifiers.shift { snapped(start, at) } else { at };
                self.line = self.line.map(|(start, _)| (start, end(start)));
            }
            CanvasEvent::Release => self.dragging = false,
            CanvasEvent::Click { .. } => self.line = None,
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => {}
        }
        Vec::new()
    }

    fn cursor(&self, _: Point, _: &Viewed<'_>) -> CursorIcon {
        CursorIcon::Crosshair
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        let Some((start, end)) = self.line.filter(|(start, end)| start != end) else { return };
        let (from, to) = (painter.ui_from_canvas(start), painter.ui_from_canvas(end));
        painter.painter.line_segment([from, to], Stroke::new(4.0, Color32::from_black_alpha(110)));
        painter.painter.line_segment([from, to], Stroke::new(1.6, Color32::WHITE));
        for at in [from, to] {
            painter.painter.circle(at, 4.0, painter.colors.accent, Stroke::new(1.5, Color32::WHITE));
        }
        let text = length_text(start, end, &painter.tab.nav.georeference);
        painter.label(from.lerp(to, 0.5), Align2::CENTER_CENTER, &text);
    }

    fn is_dragging(&self) -> bool {
        self.dragging
    }
}

/// The distance in pixels; where a pixel's size is known, in micrometers or the map's unit, too.
pub(in crate::app) fn length_text(start: Point, end: Point, georeference: &Georeference) -> String {
    let step = end - start;
    let pixels = step.x.hypot(step.y);
    let best = georeference.unit(None);
    let length = match (best, georeference.calibration.mpp) {
        (Unit::Micrometers, Some((across, down))) => (step.x * across).hypot(step.y * down),
        (Unit::Map, _) => pixels * georeference.pixel(best),
        (Unit::Pixels | Unit::Micrometers, _) => return format!("{pixels:.1} px"),
    };
    format!("{pixels:.1} px · {}", georeference.length(best, rounded(length)))
}

/// To four significant digits.
fn rounded(value: f64) -> f64 {
    let scale = 10f64.powf(3.0 - value.abs().max(1e-9).log10().floor());
    (value * scale).round() / scale
}

/// The point nearest to `at` whose direction from `start` is a multiple of 45°.
pub(super) fn snapped(start: Point, at: Point) -> Point {
    let step = at - start;
    let angle = (step.y.atan2(step.x) / std::f64::consts::FRAC_PI_4).round() * std::f64::consts::FRAC_PI_4;
    let along = step.x * angle.cos() + step.y * angle.sin();
    start + Point::new(along * angle.cos(), along * angle.sin())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::units::Calibration;

    #[test]
    fn lengths_are_in_pixels_and_micrometers() {
        let mut georeference = Georeference::default();
        let text = |known: &Georeference| length_text(Point::new(10.0, 10.0), Point::new(310.0, 410.0), known);
        assert_eq!(text(&georeference), "500.0 px");
        let mut calibration = Calibration::default();
        calibration.mpp = Some((0.5, 0.25));
        georeference.calibration = Arc::new(calibration);
        assert_eq!(text(&georeference), "500.0 px · 180.3 µm", "each axis has its own pixel size");
    }

    #[test]
    fn shift_keeps_the_line_at_multiples_of_45_degrees() {
        let near = |a: Point, b: Point| (a.x - b.x).hypot(a.y - b.y) < 1e-9;
        assert!(near(snapped(Point::default(), Point::new(100.0, 8.0)), Point::new(100.0, 0.0)));
        assert!(near(snapped(Point::default(), Point::new(90.0, 110.0)), Point::new(100.0, 100.0)));
    }
}

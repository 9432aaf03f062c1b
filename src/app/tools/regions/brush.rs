//! The brush: paints regions with a disc. A stroke that begins in the selected region goes on with it.

use egui::{CursorIcon, Key, KeyboardShortcut, Modifiers, Stroke};

use super::trail;
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::{Combine, RegionCommand};
use crate::app::theme::Icon;
use crate::app::tools::{CanvasEvent, Tool, ToolInfo, Viewed};
use crate::geometry::Point;
use crate::region::brush;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "brush",
    icon: Icon::Brush,
    name: "Brush",
    keys: &[KeyboardShortcut::new(Modifiers::SHIFT, Key::B)],
    hint: "Drag to paint a region, from inside the selected one to go on with it; Alt erases",
    double_click_zooms: false,
};

/// Paints with a disc of a width on the screen.
#[derive(Default)]
pub(in crate::app::tools) struct Brush {
    stroke: BrushStroke,
}

/// A stroke under way.
#[derive(Default)]
pub(super) struct BrushStroke {
    path: Vec<Point>,
    combine: Combine,
    /// Half the width of the disc, in canvas pixels and points.
    radius: f64,
    on_screen: f32,
}

impl BrushStroke {
    pub(super) fn begin(&mut self, at: Point, combine: Combine, viewed: &Viewed<'_>) {
        self.on_screen = viewed.drawing.brush.clamp(1.0, 1000.0) as f32 / 2.0;
        self.radius = viewed.canvas_length(self.on_screen);
        (self.path, self.combine) = (Vec::new(), combine);
        trail(&mut self.path, at, viewed);
    }

    pub(super) fn drag(&mut self, at: Point, viewed: &Viewed<'_>) {
        if self.is_under_way() {
            trail(&mut self.path, at, viewed);
        }
    }

    pub(super) fn end(&mut self) -> Vec<Command> {
        let path = std::mem::take(&mut self.path);
        let shape = brush(None, &path, self.radius, false);
        if path.is_empty() { Vec::new() } else { vec![RegionCommand::Draw { shape, combine: self.combine }.into()] }
    }

    pub(super) fn is_under_way(&self) -> bool {
        !self.path.is_empty()
    }

    /// The stroke, and the disc at the mouse; `width` is that of the disc, in points.
    pub(super) fn paint(&self, painter: &CanvasPainter<'_>, erases: bool) {
        let erases = erases || self.combine == Combine::Subtract && self.is_under_way();
        let color = if erases { painter.colors.bad } else { painter.colors.accent };
        let places: Vec<_> = self.path.iter().map(|&at| painter.ui_from_canvas(at)).collect();
        let (wide, fill) = (2.0 * self.on_screen, color.gamma_multiply(0.35));
        match &places[..] {
            [] => {}
            [only] => _ = painter.painter.circle_filled(*only, self.on_screen, fill),
            all => _ = painter.painter.add(egui::Shape::line(all.to_vec(), Stroke::new(wide, fill))),
        }
        if let Some(at) = painter.cursor {
            let radius = (painter.brush / 2.0) as f32;
            painter.painter.circle_stroke(painter.ui_from_canvas(at), radius, Stroke::new(1.5, color));
        }
    }
}

impl Tool for Brush {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => {
                let inside = viewed.tab.single_region().is_some_and(|region| region.geometry.contains(at));
                let combine = match Combine::of(modifiers) {
                    Combine::New if inside => Combine::Add,
                    asked => asked,
                };
                self.stroke.begin(at, combine, viewed);
            }
            CanvasEvent::Drag { at, .. } => self.stroke.drag(at, viewed),
            CanvasEvent::Release => return self.stroke.end(),
            CanvasEvent::Click { at, modifiers } => {
                let mut commands = self.event(CanvasEvent::Press { at, modifiers }, viewed);
                commands.extend(self.stroke.end());
                return commands;
            }
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => {}
        }
        Vec::new()
    }

    fn cursor(&self, _: Point, _: &Viewed<'_>) -> CursorIcon {
        CursorIcon::Crosshair
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        self.stroke.paint(painter, false);
    }

    fn is_dragging(&self) -> bool {
        self.stroke.is_under_way()
    }
}

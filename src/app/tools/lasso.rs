//! The lasso: selects the tiles inside a line drawn by hand.

use egui::{CursorIcon, Key, Modifiers, Stroke};

use super::{CanvasEvent, Tool, ToolInfo, Viewed};
use crate::app::canvas::CanvasPainter;
use crate::app::theme::Icon;
use crate::app::tile_command::TileCommand;
use crate::app::{Command, EditCommand};
use crate::geometry::Point;

pub(super) const INFO: ToolInfo = ToolInfo {
    id: "lasso",
    icon: Icon::Lasso,
    name: "Lasso",
    keys: &[egui::KeyboardShortcut::new(Modifiers::SHIFT, Key::V)],
    hint: "Draw around tiles to select them; Shift adds to the selection",
    double_click_zooms: true,
};

/// Points on the screen between two corners of the line.
const SPACING: f32 = 3.0;

/// Selects by a line.
#[derive(Default)]
pub(super) struct Lasso {
    /// Canvas points.
    line: Vec<Point>,
    add: bool,
}

impl Tool for Lasso {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => {
                (self.line, self.add) = (vec![at], modifiers.shift || modifiers.command);
                Vec::new()
            }
            CanvasEvent::Drag { at, .. } => {
                let spacing = viewed.canvas_length(SPACING);
                if self.line.last().is_none_or(|last| (at - *last).x.hypot((at - *last).y) >= spacing) {
                    self.line.push(at);
                }
                Vec::new()
            }
            CanvasEvent::Release => {
                let polygon = std::mem::take(&mut self.line);
                if polygon.len() < 3 {
                    Vec::new()
                } else {
                    vec![TileCommand::SelectIn { polygon, add: self.add }.into()]
                }
            }
            CanvasEvent::Click { at, modifiers } => {
                let ids = viewed.tab.at(at).map(|placement| placement.id).into_iter().collect();
                vec![EditCommand::Select { ids, add: modifiers.shift || modifiers.command }.into()]
            }
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => Vec::new(),
        }
    }

    fn cursor(&self, _: Point, _: &Viewed<'_>) -> CursorIcon {
        CursorIcon::Crosshair
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        if self.line.len() < 2 {
            return;
        }
        let line: Vec<_> = self.line.iter().map(|at| painter.ui_from_canvas(*at)).collect();
        let accent = painter.colors.accent;
        if let (Some(first), Some(last)) = (line.first(), line.last()) {
            painter.painter.extend(egui::Shape::dashed_line(&[*last, *first], Stroke::new(1.2, accent), 5.0, 4.0));
        }
        painter.painter.add(egui::Shape::line(line.clone(), Stroke::new(3.0, egui::Color32::from_black_alpha(90))));
        painter.painter.add(egui::Shape::line(line, Stroke::new(1.6, accent)));
    }

    fn is_dragging(&self) -> bool {
        !self.line.is_empty()
    }
}

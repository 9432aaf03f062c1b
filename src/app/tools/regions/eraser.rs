//! The eraser: the brush, but it takes away from the selected regions.

use egui::{CursorIcon, Key};

use super::brush::BrushStroke;
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::Combine;
use crate::app::theme::Icon;
use crate::app::tools::{CanvasEvent, Tool, ToolInfo, Viewed, key};
use crate::geometry::Point;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "eraser",
    icon: Icon::Eraser,
    name: "Eraser",
    keys: &[key(Key::E)],
    hint: "Drag to take away from the selected regions",
    double_click_zooms: false,
};

/// Erases with the disc of the brush.
#[derive(Default)]
pub(in crate::app::tools) struct Eraser {
    stroke: BrushStroke,
}

impl Tool for Eraser {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, .. } => self.stroke.begin(at, Combine::Subtract, viewed),
            CanvasEvent::Drag { at, .. } => self.stroke.drag(at, viewed),
            CanvasEvent::Release => return self.stroke.end(),
            CanvasEvent::Click { at, .. } => {
                self.stroke.begin(at, Combine::Subtract, viewed);
                return self.stroke.end();
            }
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => {}
        }
        Vec::new()
    }

    fn cursor(&self, _: Point, _: &Viewed<'_>) -> CursorIcon {
        CursorIcon::Crosshair
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        self.stroke.paint(painter, true);
    }

    fn is_dragging(&self) -> bool {
        self.stroke.is_under_way()
    }
}

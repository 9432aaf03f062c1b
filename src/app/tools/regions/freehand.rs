//! The freehand tool: draws outlines by a drag.

use egui::{CursorIcon, Key};

use super::{draw, paint_shape, select_at, trail};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::Combine;
use crate::app::theme::Icon;
use crate::app::tools::{CanvasEvent, Tool, ToolInfo, Viewed, key};
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "freehand",
    icon: Icon::LassoSelect,
    name: "Freehand",
    keys: &[key(Key::D)],
    hint: "Drag around something to add it as a region; Alt cuts it out of the selected, Ctrl joins it",
    double_click_zooms: true,
};

/// Draws outlines by hand.
#[derive(Default)]
pub(in crate::app::tools) struct Freehand {
    path: Vec<Point>,
    combine: Combine,
}

impl Tool for Freehand {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => {
                (self.path, self.combine) = (Vec::new(), Combine::of(modifiers));
                trail(&mut self.path, at, viewed);
            }
            CanvasEvent::Drag { at, .. } => trail(&mut self.path, at, viewed),
            CanvasEvent::Release => {
                let path = std::mem::take(&mut self.path);
                let shape = Geometry::polygon(path);
                // Along a line there is no inside.
                if shape.area() >= viewed.canvas_length(2.0).powi(2) {
                    return draw(shape, self.combine, 2.0, viewed);
                }
            }
            CanvasEvent::Click { at, modifiers } => return select_at(at, modifiers, viewed),
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => {}
        }
        Vec::new()
    }

    fn cursor(&self, _: Point, _: &Viewed<'_>) -> CursorIcon {
        CursorIcon::Crosshair
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        if self.path.len() > 1 {
            paint_shape(painter, &Geometry::polygon(&self.path[..]), self.combine);
        }
    }

    fn is_dragging(&self) -> bool {
        !self.path.is_empty()
    }
}

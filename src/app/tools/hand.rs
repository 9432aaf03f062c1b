//! The hand: drags the view; with Ctrl, zooms to a box.

use egui::{CursorIcon, Key, Modifiers};

use super::regions::select_at;
use super::zoom::ZoomBox;
use super::{CanvasEvent, Tool, ToolInfo, Viewed, key};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::theme::Icon;
use crate::geometry::Point;

pub(super) const INFO: ToolInfo = ToolInfo {
    id: "hand",
    icon: Icon::Hand,
    name: "Hand",
    keys: &[key(Key::H)],
    hint: "Drag to move the view, click to select a region; Ctrl+drag to zoom to a box",
    double_click_zooms: true,
};

#[derive(Default)]
pub(super) struct Hand {
    zoom: ZoomBox,
}

impl Tool for Hand {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Click { at, modifiers } => select_at(at, modifiers, viewed),
            event => self.zoom.event(event, viewed),
        }
    }

    fn cursor(&self, _: Point, _: &Viewed<'_>) -> CursorIcon {
        if self.is_dragging() { CursorIcon::ZoomIn } else { CursorIcon::Grab }
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        self.zoom.paint(painter);
    }

    fn pans(&self, modifiers: Modifiers) -> bool {
        !modifiers.command
    }

    fn is_dragging(&self) -> bool {
        self.zoom.is_dragging()
    }
}

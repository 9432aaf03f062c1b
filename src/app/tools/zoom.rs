//! The zoom tool: a drag zooms to a box, a click zooms in, with Alt or Shift out.

use egui::{Color32, CursorIcon, Key, Stroke, StrokeKind};

use super::{CanvasEvent, REACH, Tool, ToolInfo, Viewed, key};
use crate::app::canvas::CanvasPainter;
use crate::app::theme::Icon;
use crate::app::{Command, ViewCommand, Zoom as ZoomChange};
use crate::geometry::Point;

pub(super) const INFO: ToolInfo = ToolInfo {
    id: "zoom",
    icon: Icon::ScanSearch,
    name: "Zoom",
    keys: &[key(Key::Z)],
    hint: "Click to zoom in, Alt+click to zoom out; drag to zoom to a box",
    double_click_zooms: false,
};

#[derive(Default)]
pub(super) struct Zoom {
    zoom: ZoomBox,
}

impl Tool for Zoom {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        if let CanvasEvent::Click { at, modifiers } = event {
            let factor = if modifiers.alt || modifiers.shift { 0.5 } else { 2.0 };
            return vec![ViewCommand::Zoom(ZoomChange::Towards(at, factor)).into()];
        }
        self.zoom.event(event, viewed)
    }

    fn cursor(&self, _: Point, _: &Viewed<'_>) -> CursorIcon {
        CursorIcon::ZoomIn
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        self.zoom.paint(painter);
    }

    fn is_dragging(&self) -> bool {
        self.zoom.is_dragging()
    }
}

/// A box being drawn that the view zooms to: two corners on the canvas.
#[derive(Default)]
pub(super) struct ZoomBox(Option<(Point, Point)>);

impl ZoomBox {
    pub(super) fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, .. } => self.0 = Some((at, at)),
            CanvasEvent::Drag { at, .. } => self.0 = self.0.map(|(start, _)| (start, at)),
            CanvasEvent::Release => {
                let Some((start, end)) = self.0.take() else { return Vec::new() };
                let corner = |point| viewed.tab.view.ui_from_canvas(viewed.tab.screen, point);
                let chosen = egui::Rect::from_two_pos(corner(start), corner(end));
                if chosen.width().max(chosen.height()) >= REACH {
                    return vec![ViewCommand::Zoom(ZoomChange::Box(chosen)).into()];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn is_dragging(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn paint(&self, painter: &CanvasPainter<'_>) {
        let Some((start, end)) = self.0 else { return };
        let chosen = egui::Rect::from_two_pos(painter.ui_from_canvas(start), painter.ui_from_canvas(end));
        let shadow = Stroke::new(3.0, Color32::from_black_alpha(90));
        painter.painter.rect_stroke(chosen, 0.0, shadow, StrokeKind::Middle);
        painter.painter.rect_stroke(chosen, 0.0, Stroke::new(1.5, painter.colors.accent), StrokeKind::Middle);
    }
}

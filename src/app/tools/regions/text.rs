//! The text tool: a click adds a label, whose text is typed in the Regions tab.

use egui::{CursorIcon, Key, KeyboardShortcut, Modifiers};

use super::{Grip, GripDrag, fine, grip_at};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::{Combine, RegionCommand};
use crate::app::theme::Icon;
use crate::app::tools::{CanvasEvent, Preview, Tool, ToolInfo, Viewed};
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "text",
    icon: Icon::Type,
    name: "Text",
    keys: &[KeyboardShortcut::new(Modifiers::SHIFT, Key::T)],
    hint: "Click to add a label, then type its text in the Regions tab; drag to move it",
    double_click_zooms: false,
};

/// Adds labels.
#[derive(Default)]
pub(in crate::app::tools) struct Text {
    grip: Option<GripDrag>,
}

impl Tool for Text {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => match grip_at(at, viewed) {
                Some(grip) => {
                    let (drag, commands) = GripDrag::new(grip, at, viewed);
                    self.grip = Some(drag);
                    commands
                }
                None => self.event(CanvasEvent::Click { at, modifiers }, viewed),
            },
            CanvasEvent::Drag { at, modifiers } => {
                if let Some(grip) = &mut self.grip {
                    grip.drag(at, modifiers);
                }
                Vec::new()
            }
            CanvasEvent::Release => self.grip.take().map_or_else(Vec::new, GripDrag::release),
            CanvasEvent::Click { at, .. } => {
                let shape = Geometry::Text { at: fine(at), text: "Label".into() };
                vec![RegionCommand::Draw { shape, combine: Combine::New }.into()]
            }
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => Vec::new(),
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        grip_at(at, viewed).map_or(CursorIcon::Text, |grip| Grip::cursor(&grip, viewed))
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        if let Some(grip) = &self.grip {
            grip.paint(painter);
        }
    }

    fn is_dragging(&self) -> bool {
        self.grip.is_some()
    }

    fn preview(&self) -> Preview<'_> {
        self.grip.as_ref().map_or(Preview::None, GripDrag::preview)
    }
}

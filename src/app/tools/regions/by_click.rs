//! [`ByClick`]: what single clicks place, and a press on what is there drags.

use std::marker::PhantomData;

use egui::{CursorIcon, Modifiers};

use super::{Grip, GripDrag, grip_at};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::tools::{CanvasEvent, Preview, Tool, ToolInfo, Viewed};
use crate::geometry::Point;

/// A kind of thing that a click places.
pub(in crate::app::tools) trait OneClick {
    const INFO: &'static ToolInfo;
    const CURSOR: CursorIcon;

    /// Whether a press there drags instead.
    fn is_dragged(grip: &Grip) -> bool;

    /// What a click does.
    fn click(at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Vec<Command>;

    /// What Enter does.
    fn finish() -> Vec<Command>;
}

/// Places one kind of thing.
pub(in crate::app::tools) struct ByClick<K> {
    grip: Option<GripDrag>,
    kind: PhantomData<K>,
}

impl<K> Default for ByClick<K> {
    fn default() -> Self {
        Self { grip: None, kind: PhantomData }
    }
}

impl<K: OneClick> Tool for ByClick<K> {
    fn info(&self) -> &'static ToolInfo {
        K::INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => match grip_at(at, viewed).filter(K::is_dragged) {
                Some(grip) => {
                    let (drag, commands) = GripDrag::new(grip, at, viewed);
                    self.grip = Some(drag);
                    commands
                }
                None => K::click(at, modifiers, viewed),
            },
            CanvasEvent::Drag { at, modifiers } => {
                if let Some(grip) = &mut self.grip {
                    grip.drag(at, modifiers);
                }
                Vec::new()
            }
            CanvasEvent::Release => self.grip.take().map_or_else(Vec::new, GripDrag::release),
            CanvasEvent::Click { at, modifiers } => K::click(at, modifiers, viewed),
            CanvasEvent::Finish => K::finish(),
            CanvasEvent::DoubleClick { .. } | CanvasEvent::TakeBack => Vec::new(),
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        grip_at(at, viewed).filter(K::is_dragged).map_or(K::CURSOR, |grip| grip.cursor(viewed))
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

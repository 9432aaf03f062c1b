//! [`ByClicks`]: shapes drawn vertex by vertex. A click adds one, a drag many; a double click, Enter or a click on the first vertex
//! finishes; Backspace takes the last back; Escape gives up.

use std::marker::PhantomData;

use egui::{CursorIcon, Stroke};

use super::{Grip, GripDrag, draw, fine, grip_at, paint_shape, trail, vertex_click};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::Combine;
use crate::app::tools::ruler::snapped;
use crate::app::tools::{CanvasEvent, Preview, REACH, Tool, ToolInfo, Viewed};
use crate::geometry::Point;
use crate::region::{Geometry, distance};

/// A kind of shape that vertices make.
pub(in crate::app::tools) trait Vertices {
    const INFO: &'static ToolInfo;
    /// It is finished with so many vertices.
    const MOST: usize = usize::MAX;
    /// Whether a click on the first vertex finishes it.
    const CLOSES: bool = false;

    /// The shape of these vertices; `None` if they are too few.
    fn shape(vertices: &[Point]) -> Option<Geometry>;
}

/// Draws one kind of shape.
pub(in crate::app::tools) struct ByClicks<K> {
    vertices: Vec<Point>,
    combine: Combine,
    /// The mouse is down and draws.
    draws: bool,
    grip: Option<GripDrag>,
    /// The next vertex is along a multiple of 45° from the last.
    is_even: bool,
    kind: PhantomData<K>,
}

impl<K> Default for ByClicks<K> {
    fn default() -> Self {
        Self {
            vertices: Vec::new(),
            combine: Combine::New,
            draws: false,
            grip: None,
            is_even: false,
            kind: PhantomData,
        }
    }
}

impl<K: Vertices> ByClicks<K> {
    fn finish(&mut self, viewed: &Viewed<'_>) -> Vec<Command> {
        let (vertices, combine) = (std::mem::take(&mut self.vertices), std::mem::take(&mut self.combine));
        K::shape(&vertices).map_or_else(Vec::new, |shape| draw(shape, combine, 0.0, viewed))
    }

    fn add(&mut self, at: Point, viewed: &Viewed<'_>) -> Vec<Command> {
        let reach = viewed.canvas_length(REACH);
        let is_near = |vertex: Option<&Point>| vertex.is_some_and(|&vertex| distance(vertex, at) <= reach);
        if K::CLOSES && self.vertices.len() >= 3 && is_near(self.vertices.first()) {
            return self.finish(viewed);
        }
        let at = match self.vertices.last() {
            Some(&last) if self.is_even => snapped(last, at),
            _ => at,
        };
        // The second click of a double click adds nothing.
        if self.vertices.last().is_none_or(|&last| distance(last, at) > viewed.canvas_length(2.0)) {
            self.vertices.push(fine(at));
        }
        if self.vertices.len() >= K::MOST { self.finish(viewed) } else { Vec::new() }
    }
}

impl<K: Vertices> Tool for ByClicks<K> {
    fn info(&self) -> &'static ToolInfo {
        K::INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => {
                if self.vertices.is_empty() {
                    self.combine = Combine::of(modifiers);
                    if let Some(grip) = grip_at(at, viewed).filter(|_| self.combine == Combine::New) {
                        let (drag, commands) = GripDrag::new(grip, at, viewed);
                        self.grip = Some(drag);
                        return commands;
                    }
                }
                self.draws = true;
                self.add(at, viewed)
            }
            CanvasEvent::Drag { at, modifiers } => {
                if let Some(grip) = &mut self.grip {
                    grip.drag(at, modifiers);
                } else if self.draws && K::MOST == usize::MAX {
                    trail(&mut self.vertices, at, viewed);
                }
                Vec::new()
            }
            CanvasEvent::Release => {
                self.draws = false;
                self.grip.take().map_or_else(Vec::new, GripDrag::release)
            }
            CanvasEvent::Click { at, modifiers } => {
                self.is_even = modifiers.shift;
                if self.vertices.is_empty() {
                    if let Some(commands) = vertex_click(at, modifiers, viewed) {
                        return commands;
                    }
                    self.combine = Combine::of(modifiers);
                }
                self.add(at, viewed)
            }
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish => self.finish(viewed),
            CanvasEvent::TakeBack => {
                self.vertices.pop();
                Vec::new()
            }
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        let grip = grip_at(at, viewed).filter(|_| self.vertices.is_empty());
        grip.map_or(CursorIcon::Crosshair, |grip| Grip::cursor(&grip, viewed))
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        if let Some(grip) = &self.grip {
            grip.paint(painter);
        }
        let Some(&first) = self.vertices.first() else { return };
        let path: Vec<Point> = self.vertices.iter().copied().chain(painter.cursor).collect();
        paint_shape(painter, &Geometry::Polyline(path.into()), self.combine);
        if K::CLOSES {
            let at = painter.ui_from_canvas(first);
            painter.painter.circle(at, 4.0, egui::Color32::WHITE, Stroke::new(1.5, painter.colors.accent));
        }
    }

    fn is_dragging(&self) -> bool {
        self.grip.is_some() || !self.vertices.is_empty()
    }

    fn preview(&self) -> Preview<'_> {
        self.grip.as_ref().map_or(Preview::None, GripDrag::preview)
    }
}

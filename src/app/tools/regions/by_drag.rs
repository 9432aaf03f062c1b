//! [`ByDrag`]: shapes drawn by a drag from one point to another.

use std::marker::PhantomData;

use egui::{Align2, CursorIcon};

use super::{Grip, GripDrag, draw, grip_at, paint_shape, select_at, vertex_click};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::Combine;
use crate::app::tools::{CanvasEvent, Preview, Tool, ToolInfo, Viewed};
use crate::geometry::Point;
use crate::region::Geometry;

/// A kind of shape that two points make.
pub(in crate::app::tools) trait TwoPoints {
    const INFO: &'static ToolInfo;
    /// Whether it can have a fixed size.
    const HAS_SIZE: bool;

    /// The shape between two points; `is_even` with equal sides, or along a multiple of 45°.
    fn shape(from: Point, to: Point, is_even: bool) -> Geometry;
}

/// Draws one kind of shape.
pub(in crate::app::tools) struct ByDrag<K> {
    drag: Drag,
    kind: PhantomData<K>,
}

impl<K> Default for ByDrag<K> {
    fn default() -> Self {
        Self { drag: Drag::None, kind: PhantomData }
    }
}

/// A drag under way.
enum Drag {
    None,
    Draw {
        from: Point,
        to: Point,
        is_even: bool,
        combine: Combine,
        /// The shape has this size, and the mouse drags it.
        fixed: Option<(f64, f64)>,
    },
    Grip(GripDrag),
}

impl Drag {
    fn shape<K: TwoPoints>(&self) -> Option<(Geometry, Combine)> {
        match *self {
            Self::Draw { to, combine, fixed: Some(size), .. } => Some((around::<K>(to, size), combine)),
            Self::Draw { from, to, is_even, combine, fixed: None } => Some((K::shape(from, to, is_even), combine)),
            _ => None,
        }
    }
}

/// A shape of a fixed size with its middle at a point, at whole pixels.
fn around<K: TwoPoints>(at: Point, (width, height): (f64, f64)) -> Geometry {
    let from = Point::new((at.x - width / 2.0).round(), (at.y - height / 2.0).round());
    K::shape(from, from + Point::new(width, height), false)
}

fn fixed_size<K: TwoPoints>(viewed: &Viewed<'_>) -> Option<(f64, f64)> {
    let mpp = viewed.tab.nav.georeference.calibration.mpp;
    viewed.drawing.fixed_size(mpp).filter(|_| K::HAS_SIZE)
}

impl<K: TwoPoints> Tool for ByDrag<K> {
    fn info(&self) -> &'static ToolInfo {
        K::INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => {
                let combine = Combine::of(modifiers);
                if let Some(grip) = grip_at(at, viewed).filter(|_| combine == Combine::New) {
                    let (drag, commands) = GripDrag::new(grip, at, viewed);
                    self.drag = Drag::Grip(drag);
                    return commands;
                }
                let fixed = fixed_size::<K>(viewed);
                self.drag = Drag::Draw { from: at, to: at, is_even: modifiers.shift, combine, fixed };
                Vec::new()
            }
            CanvasEvent::Drag { at, modifiers } => {
                match &mut self.drag {
                    Drag::None => {}
                    Drag::Draw { to, is_even, .. } => (*to, *is_even) = (at, modifiers.shift),
                    Drag::Grip(drag) => drag.drag(at, modifiers),
                }
                Vec::new()
            }
            CanvasEvent::Release => match std::mem::replace(&mut self.drag, Drag::None) {
                Drag::Grip(drag) => drag.release(),
                drawn => drawn.shape::<K>().map_or_else(Vec::new, |(shape, combine)| draw(shape, combine, 2.0, viewed)),
            },
            CanvasEvent::Click { at, modifiers } => {
                if let Some(commands) = vertex_click(at, modifiers, viewed) {
                    return commands;
                }
                match fixed_size::<K>(viewed).filter(|_| grip_at(at, viewed).is_none()) {
                    Some(size) => draw(around::<K>(at, size), Combine::of(modifiers), 0.0, viewed),
                    None => select_at(at, modifiers, viewed),
                }
            }
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => Vec::new(),
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        grip_at(at, viewed).map_or(CursorIcon::Crosshair, |grip| Grip::cursor(&grip, viewed))
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        if let Drag::Grip(drag) = &self.drag {
            drag.paint(painter);
        }
        if let Some((shape, combine)) = self.drag.shape::<K>() {
            paint_shape(painter, &shape, combine);
            painter.beside_cursor(&painter.size_text(&shape), Align2::LEFT_TOP);
        }
    }

    fn is_dragging(&self) -> bool {
        !matches!(self.drag, Drag::None)
    }

    fn preview(&self) -> Preview<'_> {
        if let Drag::Grip(drag) = &self.drag { drag.preview() } else { Preview::None }
    }
}

//! [`GripDrag`]: a vertex, a handle or the selected regions themselves, being dragged.

use std::sync::Arc;

use egui::{Align2, Modifiers};

use super::Grip;
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::{ChosenRegions, RegionCommand};
use crate::app::tools::frame_drag::{FrameDrag, Subject};
use crate::app::tools::ruler::snapped;
use crate::app::tools::{Preview, Viewed, handles};
use crate::geometry::{Affine, Point};
use crate::mosaic::RoiId;
use crate::region::{Edge, Geometry};

/// A drag of regions under way.
pub(in crate::app::tools) enum GripDrag {
    Vertex {
        id: RoiId,
        vertex: Edge,
        from: Point,
        before: Geometry,
        now: Geometry,
    },
    Frame(FrameDrag),
    Move {
        ids: ChosenRegions,
        start: Point,
        by: Affine,
    },
    /// What was pressed is gone.
    Nothing,
}

impl GripDrag {
    /// A drag that begins at a point, and what it selects.
    pub(in crate::app::tools) fn new(grip: Grip, at: Point, viewed: &Viewed<'_>) -> (Self, Vec<Command>) {
        let chosen = |other: Option<RoiId>| {
            let commands = other.map(|id| RegionCommand::Select(Some(id)).into()).into_iter().collect();
            let selected = || Arc::clone(&viewed.tab.selection.regions);
            (other.map_or_else(selected, |id| Arc::new([id].into())), commands)
        };
        match grip {
            Grip::Vertex(id, vertex) => {
                let Some(region) = viewed.tab.history.now().region(id) else { return (Self::Nothing, Vec::new()) };
                let before = region.geometry.clone();
                let mut from = at;
                before.each_vertex(|each, place| from = if each == vertex { place } else { from });
                (Self::Vertex { id, vertex, from, now: before.clone(), before }, Vec::new())
            }
            Grip::Frame(frame, handle, other) => {
                let (ids, commands) = chosen(other);
                (Self::Frame(FrameDrag::new(Subject::Regions(ids), handle, frame, at)), commands)
            }
            Grip::Body(other) => {
                let (ids, commands) = chosen(other);
                (Self::Move { ids, start: at, by: Affine::IDENTITY }, commands)
            }
        }
    }

    /// The mouse is at a canvas point. Shift: along an axis, or a multiple of 45°.
    pub(in crate::app::tools) fn drag(&mut self, at: Point, modifiers: Modifiers) {
        match self {
            Self::Nothing => {}
            Self::Vertex { vertex, from, before, now, .. } => {
                let to = if modifiers.shift { snapped(*from, at) } else { at };
                *now = before.with_vertex(*vertex, super::fine(to));
            }
            Self::Frame(drag) => drag.drag(at, modifiers),
            Self::Move { start, by, .. } => {
                let step = at - *start;
                let mut whole = Point::new(step.x.round(), step.y.round());
                if modifiers.shift {
                    if whole.x.abs() >= whole.y.abs() { whole.y = 0.0 } else { whole.x = 0.0 }
                }
                *by = Affine::translation(whole);
            }
        }
    }

    pub(in crate::app::tools) fn release(self) -> Vec<Command> {
        match self {
            Self::Vertex { id, before, now, .. } if now != before => {
                vec![RegionCommand::Reshape(vec![(id, now)]).into()]
            }
            Self::Frame(drag) => drag.release(),
            Self::Move { by, .. } if by != Affine::IDENTITY => {
                vec![RegionCommand::Transform { label: "Move regions", by }.into()]
            }
            Self::Nothing | Self::Vertex { .. } | Self::Move { .. } => Vec::new(),
        }
    }

    pub(in crate::app::tools) fn preview(&self) -> Preview<'_> {
        match self {
            Self::Nothing => Preview::None,
            Self::Vertex { id, now, .. } => Preview::Region(*id, now),
            Self::Frame(drag) => drag.preview(),
            Self::Move { ids, by, .. } => Preview::Regions(ids, *by),
        }
    }

    pub(in crate::app::tools) fn paint(&self, painter: &CanvasPainter<'_>) {
        match self {
            Self::Nothing => {}
            Self::Vertex { now, .. } => painter.beside_cursor(&painter.size_text(now), Align2::LEFT_TOP),
            Self::Frame(drag) => {
                handles::paint(painter, drag.corners(), false);
                painter.beside_cursor(&drag.text, Align2::LEFT_TOP);
            }
            Self::Move { by, .. } => {
                let step = by.translation_part();
                painter.beside_cursor(&format!("{:+}, {:+} px", step.x, step.y), Align2::LEFT_TOP);
            }
        }
    }
}

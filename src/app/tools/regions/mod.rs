//! The tools that draw regions of interest, a file each; and what they share: shapes drawn by a drag or by clicks, what of the
//! selected regions can be dragged, and what a click selects.

pub(in crate::app::tools) mod angle;
pub(in crate::app::tools) mod brush;
mod by_click;
mod by_clicks;
mod by_drag;
pub(in crate::app::tools) mod ellipse;
pub(in crate::app::tools) mod eraser;
pub(in crate::app::tools) mod freehand;
mod grip;
mod grip_drag;
pub(in crate::app::tools) mod line;
pub(in crate::app::tools) mod points;
pub(in crate::app::tools) mod polygon;
pub(in crate::app::tools) mod polyline;
pub(in crate::app::tools) mod rectangle;
pub(in crate::app::tools) mod text;
pub(in crate::app::tools) mod wand;

use egui::{Color32, Modifiers, Stroke};

pub(super) use grip::{Grip, grip_at};
pub(super) use grip_drag::GripDrag;

use super::{REACH, Viewed};
use crate::app::Command;
use crate::app::canvas::CanvasPainter;
use crate::app::regions::{Combine, Pick, RegionCommand};
use crate::geometry::Point;
use crate::region::{Geometry, distance};

/// What a click on the canvas selects: the region there, or nothing.
pub(super) fn select_at(at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Vec<Command> {
    let hit = viewed.tab.history.now().regions.hit(at, viewed.canvas_length(REACH));
    let ids = hit.map(|(region, _)| region.id).into_iter().collect();
    let how = if modifiers.command {
        Pick::Toggle
    } else if modifiers.shift {
        Pick::Add
    } else {
        Pick::Only
    };
    vec![RegionCommand::Pick { ids, how }.into()]
}

/// What a click with Ctrl does to the selected region: a vertex there goes, an edge gets one.
pub(super) fn vertex_click(at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Option<Vec<Command>> {
    let region = viewed.tab.single_region().filter(|region| modifiers.command && !region.locked)?;
    let reach = viewed.canvas_length(REACH);
    let shape = if let Some(vertex) = grip::vertex_at(&region.geometry, at, reach) {
        region.geometry.without_vertex(vertex)?
    } else {
        let mut has_vertices = false;
        region.geometry.each_vertex(|_, _| has_vertices = true);
        let (edge, _) = region.geometry.nearest_edge(at).filter(|(_, away)| has_vertices && *away <= reach)?;
        region.geometry.with_vertex_in(edge, at)
    };
    Some(vec![RegionCommand::Reshape(vec![(region.id, shape)]).into()])
}

/// Draws a shape, where there is something of it: `least` points on the screen from one side to the other.
pub(super) fn draw(shape: Geometry, combine: Combine, least: f32, viewed: &Viewed<'_>) -> Vec<Command> {
    let bounds = shape.bounds();
    let is_seen = bounds.width().max(bounds.height()) >= viewed.canvas_length(least);
    if is_seen { vec![RegionCommand::Draw { shape, combine }.into()] } else { Vec::new() }
}

/// To a hundredth of a pixel: files stay short, and nobody draws more exactly.
pub(super) fn fine(at: Point) -> Point {
    Point::new((at.x * 100.0).round() / 100.0, (at.y * 100.0).round() / 100.0)
}

/// Adds a point to a path drawn by hand, if it is far enough from the last.
pub(super) fn trail(path: &mut Vec<Point>, at: Point, viewed: &Viewed<'_>) {
    /// Points on the screen between two vertices.
    const SPACING: f32 = 3.0;
    if path.last().is_none_or(|&last| distance(last, at) >= viewed.canvas_length(SPACING)) {
        path.push(fine(at));
    }
}

/// Draws a shape that is being drawn: in the accent, dashed and red where it is cut out.
pub(super) fn paint_shape(painter: &CanvasPainter<'_>, shape: &Geometry, combine: Combine) {
    let color = if combine == Combine::Subtract { painter.colors.bad } else { painter.colors.accent };
    painter.shape(shape, Stroke::new(3.0, Color32::from_black_alpha(90)));
    painter.shape(shape, Stroke::new(1.6, color));
}

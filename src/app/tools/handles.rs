//! Handles around what is selected: where they are, and which one is under the mouse.

use egui::{Color32, CursorIcon, Stroke, StrokeKind};

use super::Viewed;
use crate::app::View;
use crate::app::canvas::CanvasPainter;
use crate::app::frame::Frame;
use crate::geometry::{Affine, Point};

/// Points on the screen within which a handle is caught.
const CATCH: f32 = 7.0;
/// Points from the upper edge to the handle that rotates.
const STEM: f32 = 26.0;
/// A frame shorter than this on the screen, in points, has no handles: they would cover what is to be dragged.
const SMALLEST: f32 = 28.0;
/// And no handles in the middle of edges that are shorter than this.
const SMALLEST_MIDDLES: f32 = 56.0;

/// Part of a frame that can be dragged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameHandle {
    /// An edge or a corner: -1 left or top, 1 right or bottom, 0 neither.
    Edge(i8, i8),
    Rotate,
}

/// Corners and middles of edges.
const EDGES: [(i8, i8); 8] = [(-1, -1), (1, -1), (1, 1), (-1, 1), (0, -1), (1, 0), (0, 1), (-1, 0)];

/// Where a handle is, from (0, 0) at the upper left of its frame to (1, 1).
pub(super) fn unit((x, y): (i8, i8)) -> Point {
    Point::new(f64::from(x + 1) / 2.0, f64::from(y + 1) / 2.0)
}

/// The handle at a canvas point.
pub(super) fn handle_at(frame: &Frame, at: Point, viewed: &Viewed<'_>, rotates: bool) -> Option<FrameHandle> {
    let screen = |point: Point| viewed.tab.view.ui_from_canvas(viewed.tab.screen, point);
    let at = screen(at);
    let mut all = Vec::new();
    if rotates {
        all.extend(rotate_position(frame.corners.map(screen)).map(|place| (FrameHandle::Rotate, place)));
    }
    let map = frame.to_canvas();
    let edges = edges_of(frame.corners.map(screen)).into_iter();
    all.extend(edges.map(|edge| (FrameHandle::Edge(edge.0, edge.1), screen(map.apply(unit(edge))))));
    let near = all.into_iter().filter(|(_, place)| (*place - at).abs().max_elem() <= CATCH);
    near.min_by(|(_, a), (_, b)| (*a - at).length().total_cmp(&(*b - at).length())).map(|(handle, _)| handle)
}

/// The cursor over a handle.
pub(super) fn cursor(frame: &Frame, handle: FrameHandle, viewed: &Viewed<'_>) -> CursorIcon {
    match handle {
        FrameHandle::Rotate => CursorIcon::Grab,
        FrameHandle::Edge(x, y) => {
            let map = Affine { e: 0.0, f: 0.0, ..frame.to_canvas() };
            // Along the edge's own direction, whatever the frame's proportions.
            let (across, down) = (map.apply(Point::new(1.0, 0.0)), map.apply(Point::new(0.0, 1.0)));
            let unit = |way: Point| {
                let length = way.x.hypot(way.y).max(1e-9);
                Point::new(way.x / length, way.y / length)
            };
            let (across, down) = (unit(across), unit(down));
            let (x, y) = (f64::from(x), f64::from(y));
            arrow_along(viewed.tab.view, Point::new(across.x * x + down.x * y, across.y * x + down.y * y))
        }
    }
}

/// The cursor for a direction on the canvas.
fn arrow_along(view: View, way: Point) -> CursorIcon {
    let length = way.x.hypot(way.y).max(1e-9) * view.zoom;
    // Of the same length on the screen at any zoom.
    let way = view.ui_from_canvas(egui::Rect::ZERO, view.center + Point::new(way.x / length, way.y / length));
    // Opposite directions have the same cursor; each covers 45 degrees.
    let eighth = (way.to_vec2().angle() / std::f32::consts::FRAC_PI_4).round().rem_euclid(4.0) as u8;
    match eighth {
        0 => CursorIcon::ResizeHorizontal,
        1 => CursorIcon::ResizeNwSe,
        2 => CursorIcon::ResizeVertical,
        _ => CursorIcon::ResizeNeSw,
    }
}

/// Draws a frame with its handles.
pub(in crate::app) fn paint(painter: &CanvasPainter<'_>, corners: [Point; 4], rotates: bool) {
    let accent = painter.colors.accent;
    let on_screen = corners.map(|corner| painter.ui_from_canvas(corner));
    painter.polygon(corners, Stroke::new(1.0, accent));
    let [a, b, c, d] = on_screen;
    if rotates && let Some(place) = rotate_position(on_screen) {
        painter.painter.line_segment([a.lerp(b, 0.5), place], Stroke::new(1.0, accent));
        painter.painter.circle(place, 5.0, Color32::WHITE, Stroke::new(1.5, accent));
    }
    for (x, y) in edges_of(on_screen) {
        let at = unit((x, y));
        let (top, bottom) = (a.lerp(b, at.x as f32), d.lerp(c, at.x as f32));
        let square = egui::Rect::from_center_size(top.lerp(bottom, at.y as f32), egui::vec2(8.0, 8.0));
        painter.painter.rect(square, 2.0, Color32::WHITE, Stroke::new(1.5, accent), StrokeKind::Middle);
    }
}

/// Which handles there is room for.
fn edges_of([a, b, _, d]: [egui::Pos2; 4]) -> Vec<(i8, i8)> {
    let (across, down) = ((b - a).length(), (d - a).length());
    if across.min(down) < SMALLEST {
        return Vec::new();
    }
    let fits = |(x, y): &(i8, i8)| match (x, y) {
        (0, _) => across >= SMALLEST_MIDDLES,
        (_, 0) => down >= SMALLEST_MIDDLES,
        _ => true,
    };
    EDGES.into_iter().filter(fits).collect()
}

/// Where the handle that rotates is on the screen: beyond the upper edge.
fn rotate_position([a, b, _, d]: [egui::Pos2; 4]) -> Option<egui::Pos2> {
    let up = a - d;
    (up.length().min((b - a).length()) >= SMALLEST).then(|| a.lerp(b, 0.5) + up.normalized() * STEM)
}

//! [`Grip`]: what of the regions can be dragged at a point of the canvas.

use egui::CursorIcon;

use crate::app::frame::Frame;
use crate::app::regions::frame_of;
use crate::app::tools::handles::{self, FrameHandle};
use crate::app::tools::{REACH, Viewed};
use crate::geometry::Point;
use crate::mosaic::{Region, RoiId};
use crate::region::{Edge, Geometry, distance};

/// What can be dragged.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app::tools) enum Grip {
    /// A vertex of the selected region.
    Vertex(RoiId, Edge),
    /// A handle of the frame around the selected regions; of one that is not selected, which it then is.
    Frame(Frame, FrameHandle, Option<RoiId>),
    /// The selected regions; of one that is not selected, which it then is.
    Body(Option<RoiId>),
}

/// What of the regions is dragged by a press at a point: of the selected ones anything, of others their edges.
pub(in crate::app::tools) fn grip_at(at: Point, viewed: &Viewed<'_>) -> Option<Grip> {
    selected_grip(at, viewed).or_else(|| other_grip(at, viewed))
}

fn selected_grip(at: Point, viewed: &Viewed<'_>) -> Option<Grip> {
    let (tab, reach) = (viewed.tab, viewed.canvas_length(REACH));
    let regions = &tab.history.now().regions;
    if let Some(region) = tab.single_region() {
        if region.locked || region.hidden {
            return None;
        }
        if let Some(vertex) = vertex_at(&region.geometry, at, reach) {
            return Some(Grip::Vertex(region.id, vertex));
        }
    }
    if let Some(frame) = tab.region_frame().filter(|frame| !frame.is_locked) {
        let handle = handles::handle_at(frame, at, viewed, true);
        let is_box = tab.single_region().is_some_and(|region| has_edges(&region.geometry));
        if let Some(handle) = handle.or_else(|| edge_at(frame, at, viewed).filter(|_| is_box)) {
            return Some(Grip::Frame(frame.clone(), handle, None));
        }
    }
    let chosen = &tab.selection.regions;
    let near = crate::region::Bounds::of([at]).expand(reach).pixels();
    let caught = |region: &&Region| chosen.contains(&region.id) && !region.locked && !region.hidden;
    let mut caught = regions.touching(near).filter(caught);
    caught.any(|region| region.geometry.hit(at, reach).is_some()).then_some(Grip::Body(None))
}

fn other_grip(at: Point, viewed: &Viewed<'_>) -> Option<Grip> {
    let (tab, reach) = (viewed.tab, viewed.canvas_length(REACH));
    let (region, hit) = tab.history.now().regions.hit(at, reach)?;
    if hit.distance > reach || region.locked || tab.selection.regions.contains(&region.id) {
        return None;
    }
    let frame = frame_of(region);
    match edge_at(&frame, at, viewed).filter(|_| has_edges(&region.geometry)) {
        Some(handle) => Some(Grip::Frame(frame, handle, Some(region.id))),
        None => Some(Grip::Body(Some(region.id))),
    }
}

/// The vertex within reach of a point.
pub(super) fn vertex_at(geometry: &Geometry, at: Point, reach: f64) -> Option<Edge> {
    let mut nearest: Option<(Edge, f64)> = None;
    geometry.each_vertex(|vertex, place| {
        let away = distance(place, at);
        if away <= reach && nearest.is_none_or(|(_, least)| away < least) {
            nearest = Some((vertex, away));
        }
    });
    nearest.map(|(vertex, _)| vertex)
}

/// Whether the edges of its frame are its own.
fn has_edges(geometry: &Geometry) -> bool {
    matches!(geometry, Geometry::Rectangle(_) | Geometry::RotatedRectangle { .. })
}

/// The edge or corner of a frame that a point is near to.
fn edge_at(frame: &Frame, at: Point, viewed: &Viewed<'_>) -> Option<FrameHandle> {
    let place = frame.to_canvas().invert()?.apply(at);
    let (width, height) = frame.size();
    let reach = viewed.canvas_length(REACH);
    let side = |at: f64, length: f64| {
        let from_low = at * length;
        if from_low < -reach || from_low > length + reach {
            return None;
        }
        Some(if (from_low - length).abs() <= reach { 1 } else { -i8::from(from_low.abs() <= reach) })
    };
    let (x, y) = (side(place.x, width)?, side(place.y, height)?);
    ((x, y) != (0, 0)).then_some(FrameHandle::Edge(x, y))
}

impl Grip {
    /// The cursor over it.
    pub(in crate::app::tools) fn cursor(&self, viewed: &Viewed<'_>) -> CursorIcon {
        match self {
            Self::Vertex(..) => CursorIcon::PointingHand,
            Self::Frame(frame, handle, _) => handles::cursor(frame, *handle, viewed),
            Self::Body(_) => CursorIcon::Move,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::regions::Drawing;
    use crate::app::tab::Tab;
    use crate::app::tools::Snapping;
    use crate::geometry::Rect;
    use crate::mosaic::{History, Mosaic};

    fn grip(tab: &Tab, x: f64, y: f64) -> Option<Grip> {
        let drawing = Drawing::default();
        grip_at(Point::new(x, y), &Viewed { tab, snapping: Snapping::default(), drawing: &drawing })
    }

    fn tab(mosaic: Mosaic, selected: &[RoiId]) -> Tab {
        let mut tab = Tab { history: History::new(mosaic), ..Tab::default() };
        tab.screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1000.0, 800.0));
        tab.view.zoom = 2.0;
        tab.selection.regions = Arc::new(selected.iter().copied().collect());
        tab.follow_frame(&egui::Context::default());
        tab
    }

    #[test]
    fn edges_of_others_are_caught_and_insides_only_of_the_selected() {
        let mut mosaic = Mosaic::default();
        let low = mosaic.add_region(None, Rect::new(0, 0, 100, 50));
        let high = mosaic.add_region(None, Rect::new(90, 10, 200, 60));
        let unselected = tab(mosaic.clone(), &[]);
        let edge = |x, y| match grip(&unselected, x, y) {
            Some(Grip::Frame(_, FrameHandle::Edge(x, y), id)) => Some((x, y, id)),
            _ => None,
        };
        assert_eq!(edge(0.0, 25.0), Some((-1, 0, Some(low))));
        assert_eq!(edge(95.0, 12.0), Some((0, -1, Some(high))), "the topmost");
        assert_eq!((edge(-3.5, 25.0), edge(-4.5, 25.0)), (Some((-1, 0, Some(low))), None), "within reach");
        assert_eq!(grip(&unselected, 50.0, 25.0), None, "the inside belongs to what lies below");
        let selected = tab(mosaic.clone(), &[low]);
        assert_eq!(grip(&selected, 50.0, 25.0), Some(Grip::Body(None)));
        let both = tab(mosaic, &[low, high]);
        assert!(matches!(grip(&both, 200.0, 60.0), Some(Grip::Frame(_, FrameHandle::Edge(1, 1), None))));
    }

    #[test]
    fn vertices_come_before_the_frame_and_locked_regions_are_not_caught() {
        let mut mosaic = Mosaic::default();
        let triangle = [(0.0, 0.0), (100.0, 0.0), (50.0, 80.0)].map(Point::from);
        let id = mosaic.add_region(None, Geometry::polygon(triangle));
        let vertex = |tab: &Tab| grip(tab, 101.0, 1.0);
        let free = tab(mosaic.clone(), &[id]);
        assert_eq!(vertex(&free), Some(Grip::Vertex(id, Edge { path: 0, index: 1 })));
        assert!(matches!(grip(&free, 0.0, 80.0), Some(Grip::Frame(..))), "a corner of the box");
        mosaic.set_regions(&[id].into(), crate::mosaic::RegionProperty::Locked(true));
        assert_eq!(vertex(&tab(mosaic, &[id])), None);
    }
}

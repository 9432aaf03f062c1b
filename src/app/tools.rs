//! What dragging on the canvas means: [`Gesture`]s, one at a time, that end in [`Command`]s.

use std::collections::HashSet;

use egui::{CursorIcon, Modifiers};

use super::{App, Command, Tool, View, Zoom};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Placement, PlacementId, RoiId, snap};

/// Points on the screen within which an edge snaps or a handle is caught.
const REACH: f32 = 8.0;

/// A drag under way. All in canvas pixels.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Gesture {
    #[default]
    None,
    Pan,
    /// Tiles follow the mouse from `start`; `step` is how far they are now, snapped.
    MoveTiles {
        start: Point,
        step: Point,
    },
    /// A box from `start` to the mouse selects.
    BoxSelect {
        start: Point,
        end: Point,
        add: bool,
    },
    /// A box on the screen is to be zoomed to; its corners on the canvas.
    ZoomBox {
        start: Point,
        end: Point,
    },
    /// A region is drawn.
    Draw {
        start: Point,
        end: Point,
    },
    /// A region is moved or resized: the edges named by `handle` follow the mouse.
    Reshape {
        id: RoiId,
        handle: Handle,
        start: Point,
        before: Rect,
        now: Rect,
    },
}

/// Which edges of a region follow the mouse: -1 left or top, 1 right or bottom, 0 neither; (0, 0) moves it all.
pub(super) type Handle = (i8, i8);

impl App {
    /// The left button went down on the canvas at `at`.
    pub(super) fn begin_gesture(&mut self, at: Point, modifiers: Modifiers, pan: bool) {
        self.tab.gesture = match self.tool {
            _ if pan => Gesture::Pan,
            Tool::Zoom => Gesture::ZoomBox { start: at, end: at },
            Tool::Hand if modifiers.command => Gesture::ZoomBox { start: at, end: at },
            Tool::Hand => Gesture::Pan,
            Tool::Select | Tool::Region => {
                if let Some((id, handle, before)) = self.region_handle_at(at) {
                    self.commands.push(Command::SelectRegion(Some(id)));
                    Gesture::Reshape { id, handle, start: at, before, now: before }
                } else if self.tool == Tool::Region {
                    Gesture::Draw { start: at, end: at }
                } else {
                    self.begin_select(at, modifiers)
                }
            }
        };
    }

    fn begin_select(&mut self, at: Point, modifiers: Modifiers) -> Gesture {
        match self.tab.at(at).map(|placement| placement.id) {
            Some(id) => {
                if !self.tab.selection.placements.contains(&id) {
                    let add = modifiers.shift || modifiers.command;
                    self.apply(Command::Select { ids: HashSet::from([id]), add });
                }
                Gesture::MoveTiles { start: at, step: Point::default() }
            }
            None => Gesture::BoxSelect { start: at, end: at, add: modifiers.shift },
        }
    }

    /// The mouse moved to `at` with the button down; `delta` on the screen.
    pub(super) fn continue_gesture(&mut self, at: Point, delta: egui::Vec2, modifiers: Modifiers) {
        match std::mem::take(&mut self.tab.gesture) {
            Gesture::None => {}
            Gesture::Pan => {
                self.commands.push(Command::Pan(delta));
                self.tab.gesture = Gesture::Pan;
            }
            Gesture::MoveTiles { start, .. } => {
                let step = self.snapped(at - start, modifiers);
                self.tab.gesture = Gesture::MoveTiles { start, step };
            }
            Gesture::BoxSelect { start, add, .. } => self.tab.gesture = Gesture::BoxSelect { start, end: at, add },
            Gesture::ZoomBox { start, .. } => self.tab.gesture = Gesture::ZoomBox { start, end: at },
            Gesture::Draw { start, .. } => self.tab.gesture = Gesture::Draw { start, end: at },
            Gesture::Reshape { id, handle, start, before, .. } => {
                let now = reshaped(before, handle, at - start);
                self.tab.gesture = Gesture::Reshape { id, handle, start, before, now };
            }
        }
    }

    /// The button went up.
    pub(super) fn end_gesture(&mut self) {
        match std::mem::take(&mut self.tab.gesture) {
            Gesture::None | Gesture::Pan => {}
            Gesture::MoveTiles { step, .. } => {
                if step != Point::default() {
                    self.commands.push(Command::MoveSelected(step));
                }
            }
            Gesture::BoxSelect { start, end, add } => {
                let rect = spanned(start, end);
                let mosaic = self.tab.scene.mosaic();
                let inside = self.tab.scene.touching(rect).into_iter().map(|id| &mosaic.placements[id]);
                let ids = inside.filter(|placement| placement.visible).map(|placement| placement.id).collect();
                self.commands.push(Command::Select { ids, add });
            }
            Gesture::ZoomBox { start, end } => {
                let corner = |point| self.tab.view.ui_from_canvas(self.tab.screen, point);
                let chosen = egui::Rect::from_two_pos(corner(start), corner(end));
                if chosen.width().max(chosen.height()) >= REACH {
                    self.commands.push(Command::Zoom(Zoom::Box(chosen)));
                }
            }
            Gesture::Draw { start, end } => {
                let rect = spanned(start, end);
                if rect.width() >= 2 && rect.height() >= 2 {
                    self.commands.push(Command::AddRegion(rect));
                }
            }
            Gesture::Reshape { id, before, now, .. } => {
                if now != before {
                    self.commands.push(Command::ReshapeRegion(id, now));
                }
            }
        }
    }

    /// A click without a drag.
    pub(super) fn click(&mut self, at: Point, modifiers: Modifiers) {
        match self.tool {
            Tool::Hand => return,
            Tool::Zoom => {
                let factor = if modifiers.alt || modifiers.shift { 0.5 } else { 2.0 };
                self.commands.push(Command::Zoom(Zoom::Towards(at, factor)));
                return;
            }
            Tool::Select | Tool::Region => {}
        }
        if let Some((id, ..)) = self.region_handle_at(at) {
            self.commands.push(Command::SelectRegion(Some(id)));
            return;
        }
        if self.tool == Tool::Select {
            let ids = self.tab.at(at).map(|placement| placement.id).into_iter().collect();
            self.commands.push(Command::Select { ids, add: modifiers.shift || modifiers.command });
        }
        self.commands.push(Command::SelectRegion(None));
    }

    /// How far placement `id` is dragged just now.
    pub(super) fn drag_step(&self, id: PlacementId) -> Point {
        match &self.tab.gesture {
            Gesture::MoveTiles { step, .. } if self.tab.selection.placements.contains(&id) => *step,
            _ => Point::default(),
        }
    }

    /// The region whose edge or corner is under `at`, and which part of it; the selected one by its inside, too.
    pub(super) fn region_handle_at(&self, at: Point) -> Option<(RoiId, Handle, Rect)> {
        let reach = f64::from(REACH) / self.tab.view.zoom;
        self.mosaic().regions.iter().rev().find_map(|region| {
            let rect = region.shape.bounds();
            let handle = handle_at(rect, at, reach, self.tab.selection.region == Some(region.id))?;
            Some((region.id, handle, rect))
        })
    }

    /// What the mouse would do at `at`.
    pub(super) fn cursor_icon(&self, at: Point) -> CursorIcon {
        match (&self.tab.gesture, self.tool) {
            (Gesture::Pan, _) => CursorIcon::Grabbing,
            (Gesture::ZoomBox { .. }, _) | (_, Tool::Zoom) => CursorIcon::ZoomIn,
            (_, Tool::Hand) => CursorIcon::Grab,
            (Gesture::MoveTiles { .. }, _) => CursorIcon::Move,
            _ => match (self.region_handle_at(at), self.tool) {
                (Some((_, handle, _)), _) => handle_icon(self.tab.view, handle),
                (None, Tool::Region) => CursorIcon::Crosshair,
                (None, _) => CursorIcon::Default,
            },
        }
    }

    /// `step`, bent to the edges of what lies beside the dragged tiles; Alt drags freely.
    fn snapped(&self, step: Point, modifiers: Modifiers) -> Point {
        let whole = Point::new(step.x.round(), step.y.round());
        if modifiers.alt {
            return whole;
        }
        let mosaic = self.tab.scene.mosaic();
        let chosen = &self.tab.selection.placements;
        let moved = chosen.iter().filter_map(|id| mosaic.placement(*id));
        let moved = moved.fold(Rect::default(), |all, placement| all.union(placement.rect()));
        let moved = moved.translate(whole.x as i64, whole.y as i64);
        let reach = f64::from(REACH) / self.tab.view.zoom;
        let near = self.tab.scene.touching(moved.expand(reach.ceil() as i64 + 1));
        let others = near.into_iter().map(|id| &mosaic.placements[id]);
        let others = others.filter(|p| p.visible && !chosen.contains(&p.id)).map(Placement::rect);
        whole + snap(moved, others, reach)
    }
}

/// The arrow along which a handle moves on the screen.
fn handle_icon(view: View, (x, y): Handle) -> CursorIcon {
    if (x, y) == (0, 0) {
        return CursorIcon::Move;
    }
    let way = view.ui_from_canvas(egui::Rect::ZERO, view.center + Point::new(x.into(), y.into()));
    // Opposite ways have the same arrow; each arrow stands for an eighth of a full turn.
    let eighth = (way.to_vec2().angle() / std::f32::consts::FRAC_PI_4).round().rem_euclid(4.0) as u8;
    match eighth {
        0 => CursorIcon::ResizeHorizontal,
        1 => CursorIcon::ResizeNwSe,
        2 => CursorIcon::ResizeVertical,
        _ => CursorIcon::ResizeNeSw,
    }
}

/// The whole pixels between two corners.
pub(super) fn spanned(a: Point, b: Point) -> Rect {
    Rect::spanning(a.round(), b.round())
}

fn handle_at(rect: Rect, at: Point, reach: f64, inside_too: bool) -> Option<Handle> {
    let (x0, y0, x1, y1) = (rect.x0 as f64, rect.y0 as f64, rect.x1 as f64, rect.y1 as f64);
    if at.x < x0 - reach || at.x > x1 + reach || at.y < y0 - reach || at.y > y1 + reach {
        return None;
    }
    let side = |at: f64, low: f64, high: f64| {
        if (at - high).abs() <= reach { 1 } else { -i8::from((at - low).abs() <= reach) }
    };
    let handle = (side(at.x, x0, x1), side(at.y, y0, y1));
    (handle != (0, 0) || inside_too).then_some(handle)
}

fn reshaped(before: Rect, (x, y): Handle, by: Point) -> Rect {
    let (dx, dy) = by.round();
    if (x, y) == (0, 0) {
        return before.translate(dx, dy);
    }
    let pull = |low: i64, high: i64, handle: i8, by: i64| match handle {
        -1 => (low + by, high),
        1 => (low, high + by),
        _ => (low, high),
    };
    let ((x0, x1), (y0, y1)) = (pull(before.x0, before.x1, x, dx), pull(before.y0, before.y1, y, dy));
    let rect = Rect::spanning((x0, y0), (x1, y1));
    Rect::new(rect.x0, rect.y0, rect.x1.max(rect.x0 + 1), rect.y1.max(rect.y0 + 1))
}

/// Where the eight handles of a region are on the screen.
pub(super) fn handle_positions(view: View, screen: egui::Rect, rect: Rect) -> [egui::Pos2; 8] {
    let [a, b, c, d] = view.corners(screen, rect);
    let middle = |from: egui::Pos2, to: egui::Pos2| from.lerp(to, 0.5);
    [a, middle(a, b), b, middle(b, c), c, middle(c, d), d, middle(d, a)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_and_corners_are_caught() {
        let rect = Rect::new(0, 0, 100, 50);
        let caught = |x, y, inside| handle_at(rect, Point::new(x, y), 3.0, inside);
        assert_eq!(caught(-2.0, -2.0, false), Some((-1, -1)));
        assert_eq!(caught(101.0, 25.0, false), Some((1, 0)));
        assert_eq!(caught(50.0, 52.0, false), Some((0, 1)));
        assert_eq!(caught(50.0, 25.0, false), None, "the inside belongs to what lies below");
        assert_eq!(caught(50.0, 25.0, true), Some((0, 0)), "unless it is selected");
        assert_eq!(caught(110.0, 25.0, true), None);
    }

    #[test]
    fn pulling_an_edge_past_the_other_turns_it_over() {
        let rect = Rect::new(0, 0, 100, 50);
        assert_eq!(reshaped(rect, (1, 0), Point::new(-130.0, 9.0)), Rect::new(-30, 0, 0, 50));
        assert_eq!(reshaped(rect, (0, 0), Point::new(5.0, 6.0)), Rect::new(5, 6, 105, 56));
        assert_eq!(reshaped(rect, (-1, 1), Point::new(10.0, 10.0)), Rect::new(10, 0, 100, 60));
    }
}

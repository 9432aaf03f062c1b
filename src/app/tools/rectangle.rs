//! The rectangle tool: draws regions of interest, and reshapes them.

use egui::{CursorIcon, Key};

use super::{CanvasEvent, Preview, REACH, Tool, ToolInfo, Viewed, key, spanned};
use crate::app::canvas::CanvasPainter;
use crate::app::tab::Tab;
use crate::app::theme::Icon;
use crate::app::{Command, RegionCommand, View};
use crate::geometry::{Point, Rect};
use crate::mosaic::RoiId;

pub(super) const INFO: ToolInfo = ToolInfo {
    id: "rectangle",
    icon: Icon::SquareDashed,
    name: "Rectangle",
    keys: &[key(Key::M)],
    hint: "Drag to add a region; drag its edges to resize it",
    double_click_zooms: true,
};

/// Draws rectangles.
#[derive(Default)]
pub(super) struct Rectangle {
    drag: Drag,
}

/// A drag under way, in canvas pixels.
#[derive(Default)]
enum Drag {
    #[default]
    None,
    Draw {
        start: Point,
        end: Point,
    },
    Reshape(Reshape),
}

impl Tool for Rectangle {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, .. } => {
                if let Some((id, handle, rect)) = region_handle_at(viewed.tab, at) {
                    self.drag = Drag::Reshape(Reshape::new(id, handle, at, rect));
                    return vec![RegionCommand::Select(Some(id)).into()];
                }
                self.drag = Drag::Draw { start: at, end: at };
                Vec::new()
            }
            CanvasEvent::Drag { at, .. } => {
                match &mut self.drag {
                    Drag::None => {}
                    Drag::Draw { end, .. } => *end = at,
                    Drag::Reshape(reshape) => reshape.drag(at),
                }
                Vec::new()
            }
            CanvasEvent::Release => match std::mem::take(&mut self.drag) {
                Drag::None => Vec::new(),
                Drag::Draw { start, end } => {
                    let rect = spanned(start, end);
                    let drawn = rect.width() >= 2 && rect.height() >= 2;
                    if drawn { vec![RegionCommand::Add(rect).into()] } else { Vec::new() }
                }
                Drag::Reshape(reshape) => reshape.release(),
            },
            CanvasEvent::Click { at, .. } => {
                vec![RegionCommand::Select(region_handle_at(viewed.tab, at).map(|(id, ..)| id)).into()]
            }
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        match region_handle_at(viewed.tab, at) {
            Some((_, handle, _)) => handle_icon(viewed.tab.view, handle),
            None => CursorIcon::Crosshair,
        }
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        if let Drag::Draw { start, end } = self.drag {
            painter.region(spanned(start, end), "New region", true);
        }
    }

    fn is_dragging(&self) -> bool {
        !matches!(self.drag, Drag::None)
    }

    fn preview(&self) -> Preview<'_> {
        match &self.drag {
            Drag::Reshape(reshape) => reshape.preview(),
            Drag::None | Drag::Draw { .. } => Preview::None,
        }
    }
}

/// Which edges of a region follow the mouse: -1 left or top, 1 right or bottom, 0 neither; (0, 0) moves it all.
type Handle = (i8, i8);

/// A region being moved or resized: the edges named by `handle` follow the mouse.
pub(super) struct Reshape {
    id: RoiId,
    handle: Handle,
    start: Point,
    before: Rect,
    now: Rect,
}

impl Reshape {
    pub(super) fn new(id: RoiId, handle: Handle, start: Point, before: Rect) -> Self {
        Self { id, handle, start, before, now: before }
    }

    pub(super) fn drag(&mut self, at: Point) {
        self.now = reshaped(self.before, self.handle, at - self.start);
    }

    pub(super) fn release(self) -> Vec<Command> {
        let changed = self.now != self.before;
        if changed { vec![RegionCommand::Reshape(self.id, self.now).into()] } else { Vec::new() }
    }

    pub(super) fn preview(&self) -> Preview<'_> {
        Preview::Region(self.id, self.now)
    }
}

/// The region whose edge or corner is under `at`, and which part of it; the selected one by its inside, too.
pub(super) fn region_handle_at(tab: &Tab, at: Point) -> Option<(RoiId, Handle, Rect)> {
    let reach = f64::from(REACH) / tab.view.zoom;
    let (x, y) = (at.x.floor() as i64, at.y.floor() as i64);
    let near = Rect::new(x, y, x + 1, y + 1).expand(reach.ceil() as i64 + 1);
    tab.history.now().regions.touching(near).rev().find_map(|region| {
        let rect = region.shape.bounds();
        let handle = handle_at(rect, at, reach, tab.selection.region == Some(region.id))?;
        Some((region.id, handle, rect))
    })
}

/// The arrow along which a handle moves on the screen.
pub(super) fn handle_icon(view: View, (x, y): Handle) -> CursorIcon {
    if (x, y) == (0, 0) {
        return CursorIcon::Move;
    }
    arrow_along(view, Point::new(x.into(), y.into()))
}

/// The cursor for a direction on the canvas.
pub(super) fn arrow_along(view: View, way: Point) -> CursorIcon {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mosaic::{History, Mosaic, Shape};

    #[test]
    fn the_topmost_region_at_an_edge_is_caught() {
        let (mut mosaic, mut tab) = (Mosaic::default(), Tab::default());
        let low = mosaic.add_region(None, Shape::Rectangle(Rect::new(0, 0, 100, 50)));
        let high = mosaic.add_region(None, Shape::Rectangle(Rect::new(90, 10, 200, 60)));
        mosaic.add_region(None, Shape::Rectangle(Rect::new(5000, 10, 5200, 60)));
        tab.history = History::new(mosaic);
        tab.view.zoom = 2.0;
        let at = |tab: &Tab, x: f64, y: f64| region_handle_at(tab, Point::new(x, y)).map(|(id, ..)| id);
        assert_eq!([at(&tab, 0.0, 25.0), at(&tab, 95.0, 12.0), at(&tab, 50.0, 25.0)], [Some(low), Some(high), None]);
        assert_eq!(at(&tab, -3.5, 25.0), Some(low), "within reach");
        assert_eq!(at(&tab, -4.5, 25.0), None);
        tab.selection.region = Some(low);
        assert_eq!(at(&tab, 50.0, 25.0), Some(low), "the selected one by its inside, too");
    }

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
    fn dragging_an_edge_past_the_other_flips_it() {
        let rect = Rect::new(0, 0, 100, 50);
        assert_eq!(reshaped(rect, (1, 0), Point::new(-130.0, 9.0)), Rect::new(-30, 0, 0, 50));
        assert_eq!(reshaped(rect, (0, 0), Point::new(5.0, 6.0)), Rect::new(5, 6, 105, 56));
        assert_eq!(reshaped(rect, (-1, 1), Point::new(10.0, 10.0)), Rect::new(10, 0, 100, 60));
    }
}

//! The crop tool: cuts the margins of a tile by handles at its edges.

use egui::{Align2, Color32, CursorIcon, Key, Modifiers, Stroke};

use super::handles::{self, FrameHandle, handle_at};
use super::{CanvasEvent, Preview, Tool, ToolInfo, Viewed};
use crate::app::canvas::CanvasPainter;
use crate::app::frame::Frame;
use crate::app::tab::Tab;
use crate::app::theme::Icon;
use crate::app::tile_command::TileCommand;
use crate::app::{Command, EditCommand};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Margins, Placement};

pub(super) const INFO: ToolInfo = ToolInfo {
    id: "crop",
    icon: Icon::Crop,
    name: "Crop tile",
    keys: &[egui::KeyboardShortcut::new(Modifiers::SHIFT, Key::C)],
    hint: "Click a tile, then drag its edges to cut its margins",
    double_click_zooms: true,
};

/// Cuts margins.
#[derive(Default)]
pub(super) struct Crop {
    drag: Option<Cut>,
}

/// An edge or a corner that follows the mouse.
struct Cut {
    placement: Placement,
    handle: (i8, i8),
    crop: Margins,
}

impl Tool for Crop {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, .. } => match edge_at(at, viewed) {
                Some((placement, handle)) => {
                    let crop = placement.crop;
                    self.drag = Some(Cut { placement, handle, crop });
                    Vec::new()
                }
                None => select(at, viewed),
            },
            CanvasEvent::Drag { at, .. } => {
                if let Some(cut) = &mut self.drag {
                    cut.crop = cropped(&cut.placement, cut.handle, at);
                }
                Vec::new()
            }
            CanvasEvent::Release => {
                let changed = self.drag.take().filter(|cut| cut.crop != cut.placement.crop);
                changed.map(|cut| TileCommand::Crop(cut.placement.id, cut.crop).into()).into_iter().collect()
            }
            CanvasEvent::Click { at, .. } => select(at, viewed),
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => Vec::new(),
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        let frame = single(viewed.tab).map(|(_, frame)| frame);
        let handle = frame.and_then(|frame| Some((frame, handle_at(frame, at, viewed, false)?)));
        handle.map_or(CursorIcon::Default, |(frame, handle)| handles::cursor(frame, handle, viewed))
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        let Some((placement, _)) = single(painter.tab) else { return };
        let crop = self.drag.as_ref().map_or(placement.crop, |cut| cut.crop);
        let shown = Placement { crop, ..placement.clone() };
        // The whole image, as far as it reaches.
        let whole = Placement { crop: Margins::default(), ..placement.clone() };
        painter.polygon(whole.corners(), Stroke::new(1.0, Color32::from_white_alpha(110)));
        handles::paint(painter, shown.corners(), false);
        if self.drag.is_some() {
            let part: Rect = shown.part();
            let at = painter.cursor.map_or(painter.screen.center(), |at| painter.ui_from_canvas(at));
            let text = format!("{} × {} px", part.width(), part.height());
            painter.label(at + egui::vec2(16.0, 18.0), Align2::LEFT_TOP, &text);
        }
    }

    fn is_dragging(&self) -> bool {
        self.drag.is_some()
    }

    fn preview(&self) -> Preview<'_> {
        self.drag.as_ref().map_or(Preview::None, |cut| Preview::Cropped(cut.placement.id, cut.crop))
    }
}

/// The selected tile, if it is a single one that may be changed.
fn single(tab: &Tab) -> Option<(&Placement, &Frame)> {
    let frame = tab.frame().filter(|frame| !frame.is_locked)?;
    Some((tab.history.now().placement(frame.single?)?, frame))
}

fn edge_at(at: Point, viewed: &Viewed<'_>) -> Option<(Placement, (i8, i8))> {
    let (placement, frame) = single(viewed.tab)?;
    match handle_at(frame, at, viewed, false)? {
        FrameHandle::Edge(x, y) => Some((placement.clone(), (x, y))),
        FrameHandle::Rotate => None,
    }
}

/// Selects the tile at a point, alone.
fn select(at: Point, viewed: &Viewed<'_>) -> Vec<Command> {
    let ids = viewed.tab.at(at).map(|placement| placement.id).into_iter().collect();
    vec![EditCommand::Select { ids, add: false }.into()]
}

/// The margins when the edges that `handle` names come to a canvas point.
fn cropped(placement: &Placement, (x, y): (i8, i8), at: Point) -> Margins {
    let Some(back) = placement.painted().invert() else { return placement.crop };
    let (x_at, y_at) = back.apply(at).round();
    let size = placement.size;
    let from_low = |at: i64, all: u32, other: u32| at.clamp(0, i64::from(all.saturating_sub(other + 1))) as u32;
    let mut crop = placement.crop;
    match x {
        -1 => crop.left = from_low(x_at, size.width, crop.right),
        1 => crop.right = from_low(i64::from(size.width) - x_at, size.width, crop.left),
        _ => {}
    }
    match y {
        -1 => crop.top = from_low(y_at, size.height, crop.bottom),
        1 => crop.bottom = from_low(i64::from(size.height) - y_at, size.height, crop.top),
        _ => {}
    }
    crop
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Affine, Size};

    #[test]
    fn edges_come_to_the_mouse_and_leave_a_pixel() {
        let placement = Placement::new("a.png", Size::new(100, 60)).at(Point::new(1000.0, 0.0));
        let crop = |handle, x, y| cropped(&placement, handle, Point::new(x, y));
        assert_eq!(crop((-1, 0), 1012.4, 99.0), Margins { left: 12, ..Margins::default() });
        assert_eq!(crop((1, 1), 1090.0, 50.0), Margins { right: 10, bottom: 10, ..Margins::default() });
        assert_eq!(crop((-1, -1), 990.0, 900.0), Margins { top: 59, ..Margins::default() });
        let turned = Affine::rotation(90.0).then(Affine::translation(Point::new(60.0, 0.0)));
        let turned = Placement { transform: turned, ..Placement::new("a.png", Size::new(100, 60)) };
        assert_eq!(cropped(&turned, (0, -1), Point::new(50.0, 30.0)).top, 10, "its own upper edge is at the right");
    }
}

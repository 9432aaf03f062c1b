//! The arrange tool: selects, drags, scales and rotates tiles, and reshapes regions.

use std::sync::Arc;

use egui::{Align2, CursorIcon, Key, Modifiers, Stroke};

use super::frame_drag::{FrameDrag, Subject};
use super::handles::{self, FrameHandle, handle_at};
use super::regions::{Grip, GripDrag, grip_at, select_at, vertex_click};
use super::snapping::paint_guides;
use super::{CanvasEvent, Preview, Tool, ToolInfo, Viewed, key, spanned};
use crate::app::canvas::CanvasPainter;
use crate::app::frame::Frame;
use crate::app::regions::{Pick, RegionCommand};
use crate::app::theme::Icon;
use crate::app::tile_command::{Chosen, TileCommand};
use crate::app::{Command, EditCommand, OverlapCommand};
use crate::geometry::{Affine, Point};
use crate::mosaic::snap::Guide;
use crate::mosaic::{Extent, Mosaic, Placement, PlacementIds};

pub(super) const INFO: ToolInfo = ToolInfo {
    id: "arrange",
    icon: Icon::MousePointer2,
    name: "Arrange tiles",
    keys: &[key(Key::V)],
    hint: "Drag a tile to select and move it; drag beside tiles to select in a box",
    double_click_zooms: true,
};

/// Selects and drags tiles.
#[derive(Default)]
pub(super) struct Arrange {
    drag: Drag,
}

/// A drag under way, in canvas pixels.
#[derive(Default)]
enum Drag {
    #[default]
    None,
    Tiles(Move),
    /// A handle of the frame around what is selected.
    Frame(FrameDrag),
    /// A box from `start` to the mouse selects.
    Box {
        start: Point,
        end: Point,
        add: bool,
    },
    Region(GripDrag),
}

/// Tiles that follow the mouse.
struct Move {
    ids: Chosen,
    start: Point,
    /// The box around them where they were.
    extent: Extent,
    /// How far they are from there, as [`preview`](Tool::preview) needs it.
    by: Affine,
    guides: Vec<Guide>,
    /// Alt is held: nothing snaps.
    is_free: bool,
}

impl Tool for Arrange {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } => self.press(at, modifiers, viewed),
            CanvasEvent::Drag { at, modifiers } => {
                match &mut self.drag {
                    Drag::None => {}
                    Drag::Tiles(moved) => moved.drag(at, modifiers, viewed),
                    Drag::Frame(drag) => drag.drag(at, modifiers),
                    Drag::Box { end, .. } => *end = at,
                    Drag::Region(grip) => grip.drag(at, modifiers),
                }
                Vec::new()
            }
            CanvasEvent::Release => self.release(viewed),
            CanvasEvent::Click { at, modifiers } => click(at, modifiers, viewed),
            CanvasEvent::DoubleClick { .. } | CanvasEvent::Finish | CanvasEvent::TakeBack => Vec::new(),
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        match &self.drag {
            Drag::Tiles(_) => return CursorIcon::Move,
            Drag::Frame(_) => return CursorIcon::Grabbing,
            Drag::None | Drag::Box { .. } | Drag::Region(_) => {}
        }
        if let Some((frame, handle)) = frame_handle(at, viewed) {
            return handles::cursor(frame, handle, viewed);
        }
        grip_at(at, viewed).map_or(CursorIcon::Default, |grip| Grip::cursor(&grip, viewed))
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        let beside = painter.cursor.map_or(painter.screen.center(), |at| painter.ui_from_canvas(at));
        let say = |text: &str| painter.label(beside + egui::vec2(16.0, 18.0), Align2::LEFT_TOP, text);
        match &self.drag {
            Drag::Box { start, end, .. } => {
                let fill = painter.colors.accent.gamma_multiply(0.15);
                painter.outline(spanned(*start, *end), fill, Stroke::new(1.0, painter.colors.accent));
            }
            Drag::Tiles(moved) if moved.step() != Point::default() => {
                if moved.ids.len() > 1 {
                    let (min, max) = (moved.extent.min + moved.step(), moved.extent.max + moved.step());
                    let corners = [min, Point::new(max.x, min.y), max, Point::new(min.x, max.y)];
                    painter.polygon(corners, Stroke::new(1.0, painter.colors.accent));
                }
                paint_guides(painter, &moved.guides);
                say(&format!("{:+}, {:+} px", moved.step().x, moved.step().y));
            }
            Drag::Frame(drag) => {
                handles::paint(painter, drag.corners(), false);
                say(&drag.text);
            }
            Drag::None => {
                if let Some(frame) = painter.tab.frame() {
                    if frame.is_locked {
                        painter.polygon(frame.corners, Stroke::new(1.0, painter.colors.accent));
                    } else {
                        handles::paint(painter, frame.corners, true);
                    }
                }
            }
            Drag::Region(grip) => grip.paint(painter),
            Drag::Tiles(_) => {}
        }
    }

    fn hint(&self, at: Point, viewed: &Viewed<'_>) -> Option<String> {
        let placement = viewed.tab.at(at)?;
        let selected = &viewed.tab.selection.placements;
        Some(match (placement.locked, selected.contains(placement.id), selected.len()) {
            (true, ..) => format!("{} is locked: Unlock in the Tiles menu", placement.name()),
            (false, false, _) => format!("Drag to select and move {}", placement.name()),
            (false, true, 1) => format!("Drag to move {}: Shift level, Alt without snapping", placement.name()),
            (false, true, count) => format!("Drag to move {count} tiles: Shift level, Alt without snapping"),
        })
    }

    fn is_dragging(&self) -> bool {
        !matches!(self.drag, Drag::None)
    }

    fn preview(&self) -> Preview<'_> {
        match &self.drag {
            Drag::Tiles(moved) => Preview::Transformed(&moved.ids, moved.by),
            Drag::Frame(drag) => drag.preview(),
            Drag::Region(grip) => grip.preview(),
            Drag::None | Drag::Box { .. } => Preview::None,
        }
    }
}

impl Arrange {
    fn press(&mut self, at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Vec<Command> {
        let selected = &viewed.tab.selection.placements;
        if let Some((frame, handle)) = frame_handle(at, viewed) {
            self.drag = Drag::Frame(FrameDrag::new(Subject::Tiles(Arc::clone(selected)), handle, frame.clone(), at));
            return Vec::new();
        }
        if let Some(grip) = grip_at(at, viewed) {
            let (drag, commands) = GripDrag::new(grip, at, viewed);
            self.drag = Drag::Region(drag);
            return commands;
        }
        let Some(placement) = viewed.tab.at(at).filter(|placement| !placement.locked) else {
            self.drag = Drag::Box { start: at, end: at, add: modifiers.shift || modifiers.command };
            return Vec::new();
        };
        let mosaic = viewed.tab.scene.mosaic();
        let (ids, commands) = if selected.contains(placement.id) {
            (Arc::clone(selected), Vec::new())
        } else {
            let add = modifiers.shift || modifiers.command;
            let only = clicked(mosaic, &placement, modifiers);
            let ids: Chosen = Arc::new(if add { selected.union(&only) } else { only.clone() });
            (ids, vec![EditCommand::Select { ids: only, add }.into()])
        };
        let known = viewed.tab.frame().filter(|_| Arc::ptr_eq(&ids, selected)).map(|frame| frame.extent);
        let extent = known.or_else(|| Frame::of(mosaic, &ids).map(|frame| frame.extent));
        let extent = extent.unwrap_or_else(|| placement.extent());
        self.drag =
            Drag::Tiles(Move { ids, start: at, extent, by: Affine::IDENTITY, guides: Vec::new(), is_free: false });
        commands
    }

    fn release(&mut self, viewed: &Viewed<'_>) -> Vec<Command> {
        match std::mem::take(&mut self.drag) {
            Drag::Tiles(moved) if moved.step() != Point::default() => {
                let mut commands = vec![EditCommand::MoveSelected(moved.step()).into()];
                if !moved.is_free {
                    commands.push(OverlapCommand::SnapToMatch.into());
                }
                commands
            }
            Drag::Box { start, end, add } => {
                let scene = &viewed.tab.scene;
                let placements = &scene.mosaic().placements;
                let inside = scene.touching(spanned(start, end)).into_iter().map(|id| &placements[id]);
                let ids = inside.filter(|placement| placement.visible && !placement.locked);
                let ids = ids.map(|placement| placement.id).collect();
                let (tiles, area) = (EditCommand::Select { ids, add }, spanned(start, end));
                let regions = viewed.tab.history.now().regions.touching(area);
                let whole = regions.filter(|region| !region.hidden && area.contains(region.rect()));
                let ids = whole.map(|region| region.id).collect();
                let how = if add { Pick::Add } else { Pick::Only };
                vec![tiles.into(), RegionCommand::Pick { ids, how }.into()]
            }
            Drag::Frame(drag) => drag.release(),
            Drag::Region(grip) => grip.release(),
            Drag::None | Drag::Tiles(_) => Vec::new(),
        }
    }
}

impl Move {
    fn step(&self) -> Point {
        self.by.translation_part()
    }

    /// The mouse is at a canvas point: whole pixels, level with Shift, and where they fit unless Alt is held.
    fn drag(&mut self, at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) {
        let step = at - self.start;
        let mut whole = Point::new(step.x.round(), step.y.round());
        if modifiers.shift {
            if whole.x.abs() >= whole.y.abs() { whole.y = 0.0 } else { whole.x = 0.0 }
        }
        self.is_free = modifiers.alt;
        let (mut by, guides) = if modifiers.alt {
            Default::default()
        } else {
            viewed.snapping.find(self.extent.translate(whole), &self.ids, viewed)
        };
        if modifiers.shift {
            (by.x, by.y) = (if whole.x == 0.0 { 0.0 } else { by.x }, if whole.y == 0.0 { 0.0 } else { by.y });
        }
        (self.by, self.guides) = (Affine::translation(whole + by), guides);
    }
}

/// The handle of the frame around what is selected at a canvas point.
fn frame_handle<'a>(at: Point, viewed: &Viewed<'a>) -> Option<(&'a Frame, FrameHandle)> {
    let frame = viewed.tab.frame().filter(|frame| !frame.is_locked)?;
    Some((frame, handle_at(frame, at, viewed, true)?))
}

/// What a click on a placement selects: its group, or with Alt it alone.
fn clicked(mosaic: &Mosaic, placement: &Placement, modifiers: Modifiers) -> PlacementIds {
    match placement.group.filter(|_| !modifiers.alt) {
        Some(group) => mosaic.placements.iter().filter(|p| p.group == Some(group)).map(|p| p.id).collect(),
        None => PlacementIds::from_iter([placement.id]),
    }
}

fn click(at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Vec<Command> {
    if let Some(commands) = vertex_click(at, modifiers, viewed) {
        return commands;
    }
    if grip_at(at, viewed).is_some() {
        return select_at(at, modifiers, viewed);
    }
    let mosaic = viewed.tab.scene.mosaic();
    let ids = viewed.tab.at(at).map(|placement| clicked(mosaic, &placement, modifiers)).unwrap_or_default();
    if modifiers.command {
        return vec![TileCommand::Toggle(ids).into()];
    }
    vec![EditCommand::Select { ids, add: modifiers.shift }.into(), RegionCommand::Select(None).into()]
}

//! The arrange tool: selects and drags tiles, and reshapes regions.

use std::collections::HashSet;

use egui::{Align2, CursorIcon, Key, Modifiers, Stroke};

use super::rectangle::{Reshape, handle_icon, region_handle_at};
use super::{CanvasEvent, Preview, REACH, Tool, ToolInfo, Viewed, key, spanned};
use crate::app::canvas::CanvasPainter;
use crate::app::theme::Icon;
use crate::app::{Command, EditCommand, RegionCommand};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Placement, PlacementId, snap};

pub(super) const INFO: ToolInfo = ToolInfo {
    id: "arrange",
    icon: Icon::MousePointer2,
    name: "Arrange tiles",
    keys: &[key(Key::V)],
    hint: "Click or drag a box to select; drag tiles to move them, Alt for no snapping",
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
    /// These tiles follow the mouse from `start`; `step` is how far they are, snapped.
    Tiles {
        ids: HashSet<PlacementId>,
        start: Point,
        step: Point,
    },
    /// A box from `start` to the mouse selects.
    Box {
        start: Point,
        end: Point,
        add: bool,
    },
    Region(Reshape),
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
                    Drag::Tiles { ids, start, step } => *step = snapped(ids, at - *start, modifiers, viewed),
                    Drag::Box { end, .. } => *end = at,
                    Drag::Region(reshape) => reshape.drag(at),
                }
                Vec::new()
            }
            CanvasEvent::Release => self.release(viewed),
            CanvasEvent::Click { at, modifiers } => click(at, modifiers, viewed),
        }
    }

    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon {
        match (&self.drag, region_handle_at(viewed.tab, at)) {
            (Drag::Tiles { .. }, _) => CursorIcon::Move,
            (_, Some((_, handle, _))) => handle_icon(viewed.tab.view, handle),
            (_, None) => CursorIcon::Default,
        }
    }

    fn paint(&self, painter: &CanvasPainter<'_>) {
        match &self.drag {
            Drag::Box { start, end, .. } => {
                let fill = painter.colors.accent.gamma_multiply(0.15);
                painter.outline(spanned(*start, *end), fill, Stroke::new(1.0, painter.colors.accent));
            }
            Drag::Tiles { step, .. } if *step != Point::default() => {
                let text = format!("{:+}, {:+} px", step.x, step.y);
                let at = painter.cursor.map_or(painter.screen.center(), |at| painter.ui_from_canvas(at));
                painter.label(at + egui::vec2(16.0, 18.0), Align2::LEFT_TOP, &text);
            }
            Drag::None | Drag::Tiles { .. } | Drag::Region(_) => {}
        }
    }

    fn is_dragging(&self) -> bool {
        !matches!(self.drag, Drag::None)
    }

    fn preview(&self) -> Preview<'_> {
        match &self.drag {
            Drag::Tiles { ids, step, .. } => Preview::Moved(ids, *step),
            Drag::Region(reshape) => reshape.preview(),
            Drag::None | Drag::Box { .. } => Preview::None,
        }
    }
}

impl Arrange {
    fn press(&mut self, at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Vec<Command> {
        if let Some((id, handle, rect)) = region_handle_at(viewed.tab, at) {
            self.drag = Drag::Region(Reshape::new(id, handle, at, rect));
            return vec![RegionCommand::Select(Some(id)).into()];
        }
        let Some(placement) = viewed.tab.at(at) else {
            self.drag = Drag::Box { start: at, end: at, add: modifiers.shift };
            return Vec::new();
        };
        let (selected, only) = (&viewed.tab.selection.placements, HashSet::from([placement.id]));
        let (ids, commands) = if selected.contains(&placement.id) {
            (selected.clone(), Vec::new())
        } else {
            let add = modifiers.shift || modifiers.command;
            let ids = if add { selected | &only } else { only.clone() };
            (ids, vec![EditCommand::Select { ids: only, add }.into()])
        };
        self.drag = Drag::Tiles { ids, start: at, step: Point::default() };
        commands
    }

    fn release(&mut self, viewed: &Viewed<'_>) -> Vec<Command> {
        match std::mem::take(&mut self.drag) {
            Drag::Tiles { step, .. } if step != Point::default() => vec![EditCommand::MoveSelected(step).into()],
            Drag::Box { start, end, add } => {
                let scene = &viewed.tab.scene;
                let placements = &scene.mosaic().placements;
                let inside = scene.touching(spanned(start, end)).into_iter().map(|id| &placements[id]);
                let ids = inside.filter(|placement| placement.visible).map(|placement| placement.id).collect();
                vec![EditCommand::Select { ids, add }.into()]
            }
            Drag::Region(reshape) => reshape.release(),
            Drag::None | Drag::Tiles { .. } => Vec::new(),
        }
    }
}

fn click(at: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Vec<Command> {
    if let Some((id, ..)) = region_handle_at(viewed.tab, at) {
        return vec![RegionCommand::Select(Some(id)).into()];
    }
    let ids = viewed.tab.at(at).map(|placement| placement.id).into_iter().collect();
    let add = modifiers.shift || modifiers.command;
    vec![EditCommand::Select { ids, add }.into(), RegionCommand::Select(None).into()]
}

/// `step` in whole pixels, snapped to the edges of neighbors of the dragged tiles; Alt disables snapping.
fn snapped(ids: &HashSet<PlacementId>, step: Point, modifiers: Modifiers, viewed: &Viewed<'_>) -> Point {
    let whole = Point::new(step.x.round(), step.y.round());
    if modifiers.alt {
        return whole;
    }
    let scene = &viewed.tab.scene;
    let placements = &scene.mosaic().placements;
    let dragged = ids.iter().filter_map(|id| scene.mosaic().placement(*id)).map(Placement::rect);
    let moved = dragged.fold(Rect::default(), Rect::union).translate(whole.x as i64, whole.y as i64);
    let reach = viewed.canvas_length(REACH);
    let near = scene.touching(moved.expand(reach.ceil() as i64 + 1));
    let others = near.into_iter().map(|id| &placements[id]);
    let others = others.filter(|p| p.visible && !ids.contains(&p.id)).map(Placement::rect);
    whole + snap(moved, others, reach)
}

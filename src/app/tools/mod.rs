//! Tools of the left mouse button. One file per tool, the only place that knows it, and one row in [`TOOLS`]: the
//! tool bar, the keys, the cursor and the hint in the status bar come from there. A tool sees the document and its view, and answers with
//! commands; it changes nothing itself.

mod arrange;
mod crop;
mod frame_drag;
mod hand;
mod handles;
mod lasso;
mod regions;
mod ruler;
mod snapping;
mod zoom;

use egui::{CursorIcon, KeyboardShortcut, Modifiers};

use super::canvas::CanvasPainter;
use super::regions::{ChosenRegions, Drawing};
use super::tab::Tab;
use super::theme::Icon;
use super::tile_command::Chosen;
use super::{Command, TabId};
use crate::geometry::{Affine, Point, Rect};
use crate::mosaic::{Margins, Placement, PlacementId, RoiId};
use crate::region::Geometry;
pub(super) use handles::paint as paint_handles;
use regions::{angle, brush, ellipse, eraser, freehand, line, points, polygon, polyline, rectangle, text, wand};
pub(super) use ruler::length_text;
pub(super) use snapping::Snapping;

/// Points on the screen within which an edge snaps or a handle is caught.
const REACH: f32 = 8.0;

/// Every tool, in the order of the tool bar.
pub(super) static TOOLS: &[ToolRow] = &[
    ToolRow { info: &hand::INFO, make: make::<hand::Hand> },
    ToolRow { info: &arrange::INFO, make: make::<arrange::Arrange> },
    ToolRow { info: &lasso::INFO, make: make::<lasso::Lasso> },
    ToolRow { info: &crop::INFO, make: make::<crop::Crop> },
    ToolRow { info: &ruler::INFO, make: make::<ruler::Ruler> },
    ToolRow { info: &zoom::INFO, make: make::<zoom::Zoom> },
    ToolRow { info: &rectangle::INFO, make: make::<rectangle::Rectangle> },
    ToolRow { info: &ellipse::INFO, make: make::<ellipse::Ellipse> },
    ToolRow { info: &polygon::INFO, make: make::<polygon::Polygon> },
    ToolRow { info: &freehand::INFO, make: make::<freehand::Freehand> },
    ToolRow { info: &brush::INFO, make: make::<brush::Brush> },
    ToolRow { info: &eraser::INFO, make: make::<eraser::Eraser> },
    ToolRow { info: &wand::INFO, make: make::<wand::Wand> },
    ToolRow { info: &points::INFO, make: make::<points::Points> },
    ToolRow { info: &line::INFO, make: make::<line::Line> },
    ToolRow { info: &polyline::INFO, make: make::<polyline::Polyline> },
    ToolRow { info: &angle::INFO, make: make::<angle::Angle> },
    ToolRow { info: &text::INFO, make: make::<text::Text> },
];

/// How many tools at the end of [`TOOLS`] draw regions: the tool bar has one place for them.
const REGION_TOOLS: usize = 12;

/// The tools that draw regions.
pub(super) fn region_tools() -> &'static [ToolRow] {
    &TOOLS[TOOLS.len() - REGION_TOOLS..]
}

/// The other tools.
pub(super) fn other_tools() -> &'static [ToolRow] {
    &TOOLS[..TOOLS.len() - REGION_TOOLS]
}

/// A tool as the registry knows it.
pub(super) struct ToolRow {
    pub(super) info: &'static ToolInfo,
    make: fn() -> Box<dyn Tool>,
}

/// Name, icon and hint of a tool.
pub(super) struct ToolInfo {
    /// Names it in settings and commands: never changes.
    pub(super) id: &'static str,
    pub(super) icon: Icon,
    pub(super) name: &'static str,
    pub(super) keys: &'static [KeyboardShortcut],
    /// How it is used, for the status bar.
    pub(super) hint: &'static str,
    /// Whether a double click zooms, as the tool itself uses none.
    pub(super) double_click_zooms: bool,
}

/// A tool of the left mouse button. Points are in canvas pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum CanvasEvent {
    /// A drag starts.
    Press { at: Point, modifiers: Modifiers },
    /// The mouse has moved with the button down.
    Drag { at: Point, modifiers: Modifiers },
    /// The drag has ended.
    Release,
    /// A click without a drag.
    Click { at: Point, modifiers: Modifiers },
    /// The second of two clicks, after its [`Click`](Self::Click).
    DoubleClick { at: Point },
    /// Enter: what is drawn is finished.
    Finish,
    /// Backspace: the last vertex is taken back.
    TakeBack,
}

/// A document and its view, for tools.
pub(super) struct Viewed<'a> {
    pub(super) tab: &'a Tab,
    /// Where what is dragged stops.
    pub(super) snapping: Snapping,
    /// How regions are drawn.
    pub(super) drawing: &'a Drawing,
}

impl Viewed<'_> {
    /// So many points on the screen in canvas pixels.
    fn canvas_length(&self, points: f32) -> f64 {
        f64::from(points) / self.tab.view.zoom
    }
}

/// The preview of a drag.
#[derive(Default)]
pub(super) enum Preview<'a> {
    #[default]
    None,
    /// These placements, transformed on the canvas.
    Transformed(&'a Chosen, Affine),
    /// A placement with other margins cut off.
    Cropped(PlacementId, Margins),
    /// A region with another shape.
    Region(RoiId, &'a Geometry),
    /// These regions, transformed on the canvas.
    Regions(&'a ChosenRegions, Affine),
}

impl Preview<'_> {
    /// Whether placements are drawn otherwise.
    pub(super) fn is_of_placements(&self) -> bool {
        matches!(self, Self::Transformed(..) | Self::Cropped(..))
    }

    /// A placement as it is drawn otherwise; `None` if it is drawn as it is.
    pub(super) fn of(&self, placement: &Placement) -> Option<Placement> {
        match self {
            _ if placement.locked => None,
            Self::Transformed(ids, by) if ids.contains(placement.id) => {
                let mut moved = placement.clone();
                moved.transform_by(*by);
                Some(moved)
            }
            Self::Cropped(id, crop) if *id == placement.id => Some(Placement { crop: *crop, ..placement.clone() }),
            _ => None,
        }
    }

    /// A placement as it is drawn.
    pub(super) fn shown(&self, placement: &Placement) -> Placement {
        self.of(placement).unwrap_or_else(|| placement.clone())
    }

    /// Where placements that are drawn in `visible` may lie in the document.
    pub(super) fn sources_of(&self, visible: Rect) -> Rect {
        match self {
            Self::Transformed(_, by) => by.invert().map_or(visible, |back| visible.union(back.bounds_of(visible))),
            _ => visible,
        }
    }
}

/// A tool.
pub(super) trait Tool {
    fn info(&self) -> &'static ToolInfo;

    /// Handles an event; returns the resulting commands.
    fn event(&mut self, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command>;

    /// What a drag or click at a canvas point would do, for the status bar; [`ToolInfo::hint`] says it if `None`.
    fn hint(&self, _: Point, _: &Viewed<'_>) -> Option<String> {
        None
    }

    /// The cursor at a canvas point.
    fn cursor(&self, at: Point, viewed: &Viewed<'_>) -> CursorIcon;

    /// Draws the tool's feedback over the canvas.
    fn paint(&self, _: &CanvasPainter<'_>) {}

    /// Whether a drag that starts with these modifiers moves the view.
    fn pans(&self, _: Modifiers) -> bool {
        false
    }

    /// Whether a drag is under way.
    fn is_dragging(&self) -> bool;

    /// The preview of the drag.
    fn preview(&self) -> Preview<'_> {
        Preview::None
    }
}

/// The tools, the one in use, and whose canvas it works on.
pub(super) struct Toolbox {
    tools: Vec<Box<dyn Tool>>,
    current: usize,
    /// The one for regions that was used last.
    for_regions: usize,
    /// The tab of the last event.
    tab: Option<TabId>,
    /// The tab whose view is dragged.
    panning: Option<TabId>,
    /// The drag under way has been canceled: what comes of it counts for nothing.
    canceled: bool,
}

impl Default for Toolbox {
    fn default() -> Self {
        Self {
            tools: TOOLS.iter().map(|row| (row.make)()).collect(),
            current: 0,
            for_regions: TOOLS.len() - REGION_TOOLS,
            tab: None,
            panning: None,
            canceled: false,
        }
    }
}

impl Toolbox {
    pub(super) fn current(&self) -> &dyn Tool {
        &*self.tools[self.current]
    }

    pub(super) fn is_current(&self, id: &str) -> bool {
        self.current().info().id == id
    }

    /// Use the tool of that identifier.
    pub(super) fn choose(&mut self, id: &str) {
        let Some(chosen) = TOOLS.iter().position(|row| row.info.id == id) else { return };
        if chosen != self.current {
            self.cancel_drag();
        }
        self.current = chosen;
        if chosen >= other_tools().len() {
            self.for_regions = chosen;
        }
    }

    /// The tool for regions that was used last.
    pub(super) fn region_tool(&self) -> &'static ToolInfo {
        TOOLS[self.for_regions].info
    }

    /// Whether the tool in use works on the selected tiles.
    pub(super) fn is_for_tiles(&self) -> bool {
        ["arrange", "lasso", "crop"].iter().any(|id| self.is_current(id))
    }

    /// Uses a tool that works on the selected tiles, unless one is in use.
    pub(super) fn choose_for_tiles(&mut self) {
        if !self.is_for_tiles() {
            self.choose("arrange");
        }
    }

    pub(super) fn event(&mut self, id: TabId, event: CanvasEvent, viewed: &Viewed<'_>) -> Vec<Command> {
        self.tab = Some(id);
        match event {
            CanvasEvent::Press { .. } | CanvasEvent::Click { .. } => self.canceled = false,
            CanvasEvent::Drag { .. } | CanvasEvent::Release if self.canceled => return Vec::new(),
            _ => {}
        }
        self.tools[self.current].event(event, viewed)
    }

    /// Gives up what the tool in use drags. Whether it did.
    pub(super) fn cancel_drag(&mut self) -> bool {
        if !self.current().is_dragging() {
            return false;
        }
        // A new one holds nothing.
        self.tools[self.current] = (TOOLS[self.current].make)();
        self.canceled = true;
        true
    }

    /// The tool in use, if it works on the canvas of that tab.
    pub(super) fn on(&self, id: TabId) -> Option<&dyn Tool> {
        (self.tab == Some(id)).then(|| self.current())
    }

    pub(super) fn preview(&self, id: TabId) -> Preview<'_> {
        self.on(id).map(Tool::preview).unwrap_or_default()
    }

    pub(super) fn set_panning(&mut self, id: TabId, panning: bool) {
        self.panning = panning.then_some(id);
    }

    pub(super) fn is_panning(&self, id: TabId) -> bool {
        self.panning == Some(id)
    }

    /// Whether something of that tab is being dragged.
    pub(super) fn is_dragging(&self, id: TabId) -> bool {
        self.is_panning(id) || self.on(id).is_some_and(Tool::is_dragging)
    }
}

fn make<T: Tool + Default + 'static>() -> Box<dyn Tool> {
    Box::<T>::default()
}

const fn key(key: egui::Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

/// The whole pixels between two corners.
fn spanned(a: Point, b: Point) -> Rect {
    Rect::spanning(a.round(), b.round())
}

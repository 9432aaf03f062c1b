//! Where dragged tiles stop: the rules that are switched on, and the guides that show why.

use egui::{Align2, Color32, Stroke};

use super::{REACH, Viewed};
use crate::app::canvas::CanvasPainter;
use crate::app::settings::{Settings, Toggle};
use crate::app::tile_command::Chosen;
use crate::geometry::Point;
use crate::mosaic::snap::{Dragged, Edges, EqualOverlap, GridLines, Guide, Snap, snapped};
use crate::mosaic::{Extent, Placement};

/// So many tiles near by are looked at.
const MOST_NEAR: usize = 64;
/// Lines that show where something stopped.
const GUIDE: Color32 = Color32::from_rgb(0xF0, 0x5A, 0xC8);

/// Which rules are switched on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::app) struct Snapping {
    edges: bool,
    overlaps: bool,
    /// How far apart lines are, in canvas pixels.
    grid: Option<f64>,
}

impl From<&Settings> for Snapping {
    fn from(settings: &Settings) -> Self {
        Self {
            edges: settings.is_on(Toggle::SnapEdges),
            overlaps: settings.is_on(Toggle::SnapOverlaps),
            grid: settings.is_on(Toggle::SnapGrid).then(|| f64::from(settings.snap_grid())),
        }
    }
}

impl Snapping {
    /// How far to move the box `at` of the dragged placements so that it fits, and the guides that show why.
    pub(super) fn find(self, at: Extent, dragged: &Chosen, viewed: &Viewed<'_>) -> (Point, Vec<Guide>) {
        let grid = self.grid.map(|step| GridLines { step });
        let mut rules: Vec<&dyn Snap> = Vec::new();
        if self.edges {
            rules.push(&Edges);
        }
        if self.overlaps {
            rules.push(&EqualOverlap);
        }
        rules.extend(grid.as_ref().map(|grid| grid as &dyn Snap));
        if rules.is_empty() {
            return Default::default();
        }
        let reach = viewed.canvas_length(REACH);
        let scene = &viewed.tab.scene;
        let placements = &scene.mosaic().placements;
        // The neighbor's neighbor tells the overlap that is usual here.
        let area = at.rect().expand((reach + at.width().max(at.height())) as i64 + 1);
        let near = if scene.is_crowded(area, 4 * MOST_NEAR) { at.rect().expand(reach as i64 + 1) } else { area };
        let mut others = Vec::new();
        if !scene.is_crowded(near, 4 * MOST_NEAR) {
            let ids = scene.touching(near).into_iter();
            let there = ids.map(|id| &placements[id]).filter(|other| other.visible && !dragged.contains(other.id));
            others = there.map(Placement::extent).take(MOST_NEAR).collect();
        }
        let (by, mut guides) = snapped(&rules, &Dragged { at, others: &others, reach });
        // Whole pixels stay whole.
        let is_whole = at.min.x.fract() == 0.0 && at.min.y.fract() == 0.0;
        let by = if is_whole { Point::new(by.x.round(), by.y.round()) } else { by };
        guides.truncate(8);
        (by, guides)
    }
}

/// Draws the lines that show why something stopped.
pub(super) fn paint_guides(painter: &CanvasPainter<'_>, guides: &[Guide]) {
    for guide in guides {
        let (from, to) = (painter.ui_from_canvas(guide.from), painter.ui_from_canvas(guide.to));
        let along = (to - from).normalized();
        let stroke = Stroke::new(1.5, GUIDE);
        match guide.distance {
            None => {
                let beyond = along * 12.0;
                painter.painter.line_segment([from - beyond, to + beyond], stroke);
            }
            Some(distance) => {
                painter.painter.line_segment([from, to], stroke);
                for end in [from, to] {
                    painter.painter.line_segment([end - along.rot90() * 5.0, end + along.rot90() * 5.0], stroke);
                }
                let what = if distance < 0.0 { "overlap" } else { "gap" };
                let text = format!("{what} {} px", distance.abs().round());
                painter.label(from.lerp(to, 0.5) + egui::vec2(0.0, -10.0), Align2::CENTER_BOTTOM, &text);
            }
        }
    }
}

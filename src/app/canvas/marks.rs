//! Overlays on the image: outlines of selected tiles, bad tiles.

use egui::text::LayoutJob;
use egui::{Align2, Color32, FontId, Painter, Stroke, StrokeKind};

use super::{CanvasPainter, Pane};
use crate::app::Overlaps;
use crate::app::theme::{Palette, palette};
use crate::mosaic::{Mosaic, Placement, PlacementId};

impl Pane<'_> {
    /// Draws outlines of selected tiles, and markers of bad ones.
    pub(super) fn draw_marks(&self, ui: &egui::Ui, painter: &Painter, mosaic: &Mosaic, visible: &[PlacementId]) {
        let colors = palette(ui);
        let painter = painter.with_clip_rect(painter.clip_rect().intersect(self.tab.screen));
        let marks = CanvasPainter::new(&painter, colors, self.tab, &self.settings.drawing);
        let outlines = self.settings.overlaps == Overlaps::Outlines;
        let preview = self.preview();
        for &id in visible {
            let placement = &preview.shown(&mosaic.placements[id]);
            if let Some(error) = self.textures.failures.get(&placement.image) {
                let around = self.tab.view.ui_from_rect(self.tab.screen, placement.rect());
                placeholder(&painter, around, placement, &error.reason(), colors);
            }
            let selected = self.tab.selection.placements.contains(placement.id);
            if outlines {
                marks.named(placement, selected);
            } else if selected {
                marks.polygon(placement.corners(), Stroke::new(2.0, colors.accent));
            }
        }
    }
}

/// Points that a line of a marker is high.
const LINE: f32 = 15.0;

/// The marker of a tile that cannot be read: its name and the reason, in the middle of what is in view of it.
fn placeholder(painter: &Painter, rect: egui::Rect, placement: &Placement, reason: &str, colors: Palette) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    painter.rect(rect, 0.0, colors.bad.gamma_multiply(0.12), Stroke::new(1.5, colors.bad), StrokeKind::Inside);
    let visible = rect.intersect(painter.clip_rect());
    let mut x = visible.left() - visible.height() - (visible.left() - visible.height()).rem_euclid(18.0);
    while x < visible.right() {
        let line = [egui::pos2(x, visible.bottom()), egui::pos2(x + visible.height(), visible.top())];
        painter.line_segment(line, Stroke::new(1.0, colors.bad.gamma_multiply(0.35)));
        x += 18.0;
    }
    if visible.width() > 70.0 && visible.height() > 40.0 {
        let text = format!("{}\n{reason}", placement.name());
        let mut job = LayoutJob::simple(text, FontId::proportional(12.0), Color32::WHITE, visible.width() - 20.0);
        job.wrap.max_rows = ((visible.height() - 12.0) / LINE) as usize;
        let galley = painter.layout_job(job);
        let at = Align2::CENTER_CENTER.anchor_size(visible.center(), galley.size());
        painter.rect_filled(at.expand(6.0), 4.0, colors.scrim);
        painter.galley(at.min, galley, Color32::WHITE);
    }
}

//! What lies over the picture: outlines of what is selected, regions, the gesture under way.

use egui::{Align2, Color32, FontId, Painter, Stroke, StrokeKind};

use crate::app::App;
use crate::app::theme::{Palette, palette};
use crate::app::tools::{Gesture, handle_positions, spanned};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Mosaic, Placement};

impl App {
    /// Outlines of the selected tiles, and what stands for bad ones.
    pub(super) fn draw_marks(&self, ui: &egui::Ui, painter: &Painter, mosaic: &Mosaic, seen: &[usize]) {
        let colors = palette(ui);
        let painter = painter.with_clip_rect(painter.clip_rect().intersect(self.tab.screen));
        for &index in seen {
            let placement = &mosaic.placements[index];
            let step = self.drag_step(placement.id).round();
            let rect = placement.rect().translate(step.0, step.1);
            if let Some(error) = self.textures.failures.get(&placement.path) {
                let around = self.tab.view.ui_from_rect(self.tab.screen, rect);
                placeholder(&painter, around, placement, &error.reason(), colors);
            }
            if self.tab.selection.placements.contains(&placement.id) {
                self.outline(&painter, rect, Color32::TRANSPARENT, Stroke::new(2.0, colors.accent));
            }
        }
    }

    pub(super) fn draw_regions(&self, painter: &Painter, colors: Palette) {
        for region in &self.mosaic().regions {
            let rect = match &self.tab.gesture {
                Gesture::Reshape { id, now, .. } if *id == region.id => *now,
                _ => region.shape.bounds(),
            };
            let selected = self.tab.selection.region == Some(region.id);
            self.draw_region(painter, colors, rect, &region.name, selected);
        }
    }

    fn draw_region(&self, painter: &Painter, colors: Palette, rect: Rect, name: &str, selected: bool) {
        let shown = self.tab.view.ui_from_rect(self.tab.screen, rect);
        if !shown.intersects(self.tab.screen) {
            return;
        }
        let color = if selected { colors.accent } else { Color32::from_rgb(0xF2, 0xB1, 0x3C) };
        self.outline(painter, rect, color.gamma_multiply(0.08), Stroke::new(3.0, Color32::from_black_alpha(90)));
        self.outline(painter, rect, Color32::TRANSPARENT, Stroke::new(1.6, color));
        let at = shown.left_top().max(self.tab.screen.left_top()) + egui::vec2(6.0, 6.0);
        if shown.width() > 60.0 {
            label(painter, at, Align2::LEFT_TOP, &format!("{name}  {} × {}", rect.width(), rect.height()), colors);
        }
        if selected {
            for position in handle_positions(self.tab.view, self.tab.screen, rect) {
                let handle = egui::Rect::from_center_size(position, egui::vec2(8.0, 8.0));
                painter.rect(handle, 2.0, Color32::WHITE, Stroke::new(1.5, color), StrokeKind::Middle);
            }
        }
    }

    /// The edge of a canvas rectangle, turned with the canvas.
    fn outline(&self, painter: &Painter, rect: Rect, fill: Color32, stroke: Stroke) {
        let view = self.tab.view;
        if view.degrees % 90.0 == 0.0 {
            painter.rect(view.ui_from_rect(self.tab.screen, rect), 0.0, fill, stroke, StrokeKind::Middle);
        } else {
            let corners = view.corners(self.tab.screen, rect).to_vec();
            painter.add(egui::Shape::convex_polygon(corners, fill, stroke));
        }
    }

    pub(super) fn draw_gesture(&self, painter: &Painter, colors: Palette) {
        match &self.tab.gesture {
            Gesture::BoxSelect { start, end, .. } => {
                let fill = colors.accent.gamma_multiply(0.15);
                self.outline(painter, spanned(*start, *end), fill, Stroke::new(1.0, colors.accent));
            }
            Gesture::Draw { start, end } => {
                self.draw_region(painter, colors, spanned(*start, *end), "New region", true);
            }
            Gesture::ZoomBox { start, end } => {
                let corner = |point| self.tab.view.ui_from_canvas(self.tab.screen, point);
                let chosen = egui::Rect::from_two_pos(corner(*start), corner(*end));
                painter.rect_stroke(chosen, 0.0, Stroke::new(3.0, Color32::from_black_alpha(90)), StrokeKind::Middle);
                painter.rect_stroke(chosen, 0.0, Stroke::new(1.5, colors.accent), StrokeKind::Middle);
            }
            Gesture::MoveTiles { step, .. } if *step != Point::default() => {
                let text = format!("{:+} , {:+} px", step.x, step.y);
                let at = self
                    .tab
                    .cursor
                    .map_or(self.tab.screen.center(), |at| self.tab.view.ui_from_canvas(self.tab.screen, at));
                label(painter, at + egui::vec2(16.0, 18.0), Align2::LEFT_TOP, &text, colors);
            }
            _ => {}
        }
    }
}

/// Text on a dark ground, readable over any picture.
fn label(painter: &Painter, at: egui::Pos2, align: Align2, text: &str, colors: Palette) {
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(12.0), Color32::WHITE);
    let rect = align.anchor_size(at, galley.size()).expand2(egui::vec2(6.0, 3.0));
    painter.rect_filled(rect, 4.0, colors.scrim);
    painter.galley(rect.min + egui::vec2(6.0, 3.0), galley, Color32::WHITE);
}

/// What stands for a tile that cannot be shown: its name and the reason.
fn placeholder(painter: &Painter, rect: egui::Rect, placement: &Placement, reason: &str, colors: Palette) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    painter.rect(rect, 0.0, colors.bad.gamma_multiply(0.12), Stroke::new(1.5, colors.bad), StrokeKind::Inside);
    let seen = rect.intersect(painter.clip_rect());
    let mut x = seen.left() - seen.height() - (seen.left() - seen.height()).rem_euclid(18.0);
    while x < seen.right() {
        let line = [egui::pos2(x, seen.bottom()), egui::pos2(x + seen.height(), seen.top())];
        painter.line_segment(line, Stroke::new(1.0, colors.bad.gamma_multiply(0.35)));
        x += 18.0;
    }
    if rect.width() > 70.0 && rect.height() > 40.0 {
        let text = format!("{}\n{reason}", placement.name());
        let galley = painter.layout(text, FontId::proportional(12.0), Color32::WHITE, rect.width() - 20.0);
        let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
        painter.rect_filled(at.expand(6.0), 4.0, colors.scrim);
        painter.galley(at.min, galley, Color32::WHITE);
    }
}

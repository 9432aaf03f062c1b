//! Several canvases in a frame: side by side, or one over another.

use std::sync::Arc;

use egui::{Align2, Color32, CursorIcon, FontId, Painter, Sense, Stroke, StrokeKind, UiBuilder};

use super::CanvasPainter;
use super::picture::Picture;
use crate::app::tab::Tab;
use crate::app::textures::{Shown, TileSource};
use crate::app::theme::palette;
use crate::app::{App, Compare, TabCommand, TabId};
use crate::geometry::Point;

/// Seconds that each picture is shown for while they blink.
const BLINK: f64 = 0.6;
/// Points between panes.
const GAP: f32 = 3.0;

impl App {
    /// The compared tabs, or the one canvas, in the remaining space.
    pub(in crate::app) fn panes_ui(&mut self, ui: &mut egui::Ui) {
        self.link_views();
        let area = ui.available_rect_before_wrap();
        match (self.documents.comparison.how, self.other_panes().first().copied()) {
            (Compare::Two | Compare::Four, Some(_)) => self.grid_ui(ui, area),
            (Compare::Swipe, Some(other)) => self.swipe_ui(ui, area, other),
            (Compare::Blink, Some(other)) => self.blink_ui(ui, area, other),
            (Compare::Difference, Some(other)) => self.difference_ui(ui, area, other),
            (Compare::One, _) | (_, None) => self.canvas_ui(ui),
        }
        self.documents.comparison.last_view = Some((self.documents.tabs.current(), self.documents.tab.view));
    }

    fn grid_ui(&mut self, ui: &mut egui::Ui, area: egui::Rect) {
        let panes = self.documents.comparison.panes.clone();
        ui.painter().rect_filled(area, 0.0, palette(ui).border);
        for (id, rect) in panes.iter().zip(cells(area, panes.len())) {
            self.with_tab(*id, |app| {
                app.follow_display();
                ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(("pane", id)), |ui| app.canvas_ui(ui));
            });
            let current = *id == self.documents.tabs.current();
            if !current && ui.rect_contains_pointer(rect) && ui.input(|input| input.pointer.any_pressed()) {
                self.ask(TabCommand::Show(*id));
            }
            self.name_tag(ui, *id, rect.center_top() + egui::vec2(0.0, 8.0), Align2::CENTER_TOP, rect.width());
            if current {
                let stroke = Stroke::new(2.0, palette(ui).accent);
                ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Inside);
            }
        }
    }

    fn swipe_ui(&mut self, ui: &mut egui::Ui, area: egui::Rect, other: TabId) {
        self.canvas_ui(ui);
        let edge = area.left() + area.width() * self.documents.comparison.swipe;
        let (left, right) = area.split_left_right_at_x(edge);
        let first = self.documents.comparison.panes.first() == Some(&self.documents.tabs.current());
        self.overlay(ui, area, if first { right } else { left }, other);
        let handle = egui::Rect::from_center_size(egui::pos2(edge, area.center().y), egui::vec2(14.0, area.height()));
        let response = ui.interact(handle, ui.scope_id().with("swipe"), Sense::drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Swipe"));
        if let Some(position) = response.interact_pointer_pos() {
            self.documents.comparison.swipe = ((position.x - area.left()) / area.width()).clamp(0.02, 0.98);
        }
        let response = response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
        let color = if response.hovered() || response.dragged() { palette(ui).accent } else { Color32::WHITE };
        let painter = ui.painter();
        painter.vline(edge, area.y_range(), Stroke::new(3.0, Color32::from_black_alpha(120)));
        painter.vline(edge, area.y_range(), Stroke::new(1.5, color));
        let knob = egui::pos2(edge, area.center().y);
        painter.circle(knob, 9.0, palette(ui).scrim, Stroke::new(1.5, color));
        for side in [-1.0, 1.0] {
            let tip = knob + egui::vec2(side * 5.0, 0.0);
            let stroke = Stroke::new(1.5, color);
            painter.line_segment([tip, tip + egui::vec2(-side * 3.0, -3.0)], stroke);
            painter.line_segment([tip, tip + egui::vec2(-side * 3.0, 3.0)], stroke);
        }
        let panes = self.documents.comparison.panes.clone();
        if let [first, second] = *panes {
            self.name_tag(ui, first, left.right_top() + egui::vec2(-12.0, 8.0), Align2::RIGHT_TOP, left.width());
            self.name_tag(ui, second, right.left_top() + egui::vec2(12.0, 8.0), Align2::LEFT_TOP, right.width());
        }
    }

    fn blink_ui(&mut self, ui: &mut egui::Ui, area: egui::Rect, other: TabId) {
        self.canvas_ui(ui);
        let time = ui.input(|input| input.time);
        let shown = (time / BLINK) as u64 % 2 == 1;
        // Unseen, it is loaded all the same.
        self.overlay(ui, area, if shown { area } else { egui::Rect::NOTHING }, other);
        let id = if shown { other } else { self.documents.tabs.current() };
        self.name_tag(ui, id, area.center_top() + egui::vec2(0.0, 8.0), Align2::CENTER_TOP, area.width());
        let next = BLINK - time.rem_euclid(BLINK);
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(next.max(0.01)));
    }

    fn difference_ui(&mut self, ui: &mut egui::Ui, area: egui::Rect, other: TabId) {
        self.canvas_ui(ui);
        let painter = ui.painter_at(area);
        painter.rect_filled(area, 0.0, palette(ui).canvas);
        let Some(second) = self.tab_of(other).map(|tab| Arc::clone(tab.history.now())) else { return };
        let first = Arc::clone(self.mosaic());
        let library = self.services.textures.library().clone();
        let Some(pair) = self.documents.comparison.difference.pair(&first, &second, &library, &self.context) else {
            return;
        };
        let bounds = first.bounds();
        let number = self.services.textures.picture(Shown::Difference(pair.number));
        let (origin, size) = (Point::new(bounds.x0 as f64, bounds.y0 as f64), pair.size);
        let picture = Picture::at(origin, number, size, TileSource::Difference(pair, self.documents.comparison.gain));
        let level = self.documents.tab.view.level(ui.pixels_per_point());
        self.draw_picture(&painter, &picture, level);
        let name = |id| self.tab_of(id).map(Tab::name).unwrap_or_default();
        let text = format!("|{} − {}|", name(self.documents.tabs.current()), name(other));
        tag(ui, area.center_top() + egui::vec2(0.0, 8.0), Align2::CENTER_TOP, &text, area.width());
    }

    /// Draw another tab over the canvas, as far as `clip`.
    fn overlay(&mut self, ui: &egui::Ui, area: egui::Rect, clip: egui::Rect, other: TabId) {
        let colors = palette(ui);
        let painter = Painter::new(ui.ctx().clone(), ui.layer_id(), clip);
        self.with_tab(other, |app| {
            app.documents.tab.screen = area;
            app.fit_if_pending();
            app.follow_display();
            if clip.is_positive() {
                painter.rect_filled(clip, 0.0, colors.canvas);
            }
            app.draw(ui, &painter);
            app.draw_regions(&CanvasPainter::new(&painter, colors, app.viewed()));
        });
    }

    /// Computes the histogram of a document in another pane.
    fn follow_display(&mut self) {
        let quiet = self.services.textures.is_settled();
        self.documents.tab.display.follow(
            self.documents.tab.history.now(),
            self.services.textures.library(),
            &self.context,
            quiet,
        );
    }

    fn name_tag(&self, ui: &egui::Ui, id: TabId, at: egui::Pos2, align: Align2, width: f32) {
        if let Some(tab) = self.tab_of(id) {
            tag(ui, at, align, &tab.name(), width);
        }
    }
}

/// Where so many panes lie: two beside each other, else in rows of two.
fn cells(area: egui::Rect, count: usize) -> Vec<egui::Rect> {
    let rows = count.div_ceil(2).max(1);
    let height = (area.height() - GAP * (rows - 1) as f32) / rows as f32;
    let place = |number: usize| {
        let (row, last) = (number / 2, number / 2 + 1 == rows);
        let columns = if last && count % 2 == 1 { 1 } else { 2 };
        let width = (area.width() - GAP * (columns - 1) as f32) / columns as f32;
        let corner = egui::vec2((number % 2) as f32 * (width + GAP), row as f32 * (height + GAP));
        egui::Rect::from_min_size(area.min + corner, egui::vec2(width, height))
    };
    (0..count).map(place).collect()
}

/// A short text on a dark ground, never wider than `width`.
fn tag(ui: &egui::Ui, at: egui::Pos2, align: Align2, text: &str, width: f32) {
    if width < 60.0 {
        return;
    }
    let font = FontId::proportional(12.0);
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, Color32::WHITE);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width - 40.0);
    let galley = ui.painter().layout_job(job);
    let rect = align.anchor_size(at, galley.size() + egui::vec2(14.0, 6.0));
    ui.painter().rect_filled(rect, 4.0, palette(ui).scrim);
    ui.painter().galley(rect.min + egui::vec2(7.0, 3.0), galley, Color32::WHITE);
}

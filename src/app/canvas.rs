//! The canvas: what the mouse does there, and drawing what the view shows.

use std::sync::Arc;

use egui::{Align2, Color32, FontId, Painter, PointerButton, Sense, Stroke, StrokeKind};

use super::textures::{SIDE, Shown, TileId};
use super::theme::{Palette, palette};
use super::tools::{Gesture, handle_positions, spanned};
use super::{App, Command, Zoom};
use crate::geometry::{Point, Rect, Size, TileGrid};
use crate::mosaic::{Mosaic, Placement};

/// Above so many tiles in view, or where they are smaller than `SMALLEST` on the screen, the composed canvas is shown.
const MOST_QUADS: usize = 500;
const SMALLEST: f64 = 20.0;

impl App {
    /// The canvas, in all the room that is left.
    pub(super) fn canvas_ui(&mut self, ui: &mut egui::Ui) {
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Canvas"));
        self.screen = response.rect;
        self.fit_if_pending();
        self.pointer(ui, &response);
        let colours = palette(ui);
        painter.rect_filled(self.screen, 0.0, colours.canvas);
        self.textures.begin();
        self.draw(ui, &painter);
        self.textures.end();
        self.draw_regions(&painter, colours);
        self.draw_gesture(&painter, colours);
        scale_bar(&painter, self.screen, self.view.zoom, colours);
        if let Some(at) = self.cursor.filter(|_| response.hovered()) {
            ui.ctx().set_cursor_icon(self.cursor_icon(at));
        }
    }

    fn pointer(&mut self, ui: &egui::Ui, response: &egui::Response) {
        let (position, modifiers, space) =
            ui.input(|input| (input.pointer.latest_pos(), input.modifiers, input.key_down(egui::Key::Space)));
        let at = position.map(|position| self.view.canvas_from_ui(self.screen, position));
        self.cursor = at.filter(|_| response.hovered() || response.dragged());
        let Some(at) = at else { return };
        if response.hovered() {
            let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
            let factor = f64::from(pinch) * (f64::from(scroll.y) / 180.0).exp();
            if (factor - 1.0).abs() > 1e-6 {
                self.commands.push(Command::Zoom(Zoom::About(at, factor)));
            }
        }
        let middle = response.dragged_by(PointerButton::Middle);
        if response.drag_started() {
            let origin = ui.input(|input| input.pointer.press_origin());
            let from = origin.map_or(at, |position| self.view.canvas_from_ui(self.screen, position));
            self.begin_gesture(from, modifiers, space || middle);
        }
        if response.dragged() {
            self.continue_gesture(at, response.drag_delta(), modifiers);
        }
        if response.drag_stopped() {
            self.end_gesture();
        }
        if response.clicked() {
            self.click(at, modifiers);
        }
        if response.double_clicked() && self.gesture == Gesture::None {
            self.commands.push(Command::Zoom(Zoom::About(at, 2.0)));
        }
    }

    fn draw(&mut self, ui: &egui::Ui, painter: &Painter) {
        let mosaic = Arc::clone(self.mosaic());
        let level = self.view.level(ui.pixels_per_point());
        // While tiles are dragged, those that come into view are looked for a little further out.
        let visible = self.view.visible(self.screen);
        let margin = match &self.gesture {
            Gesture::MoveTiles { step, .. } => step.x.abs().max(step.y.abs()) as i64 + 1,
            _ => 0,
        };
        let seen: Vec<usize> = self
            .touching(visible.expand(margin))
            .into_iter()
            .filter(|&index| mosaic.placements[index].visible)
            .collect();
        let typical =
            seen.first().map_or(0.0, |&index| f64::from(mosaic.placements[index].size.longest()) * self.view.zoom);
        if seen.len() > MOST_QUADS || seen.len() > 4 && typical < SMALLEST {
            self.draw_composed(painter, &mosaic, level);
        } else {
            self.draw_quads(painter, &mosaic, &seen, level);
        }
        self.draw_marks(ui, painter, &mosaic, &seen);
    }

    /// Every placement from its own tiles: dragging one recomputes nothing.
    fn draw_quads(&mut self, painter: &Painter, mosaic: &Mosaic, seen: &[usize], level: u32) {
        let mut coarse = Vec::new();
        let mut sharp = Vec::new();
        for &index in seen {
            let placement = &mosaic.placements[index];
            let place = placement.position + self.drag_step(placement.id);
            let shown = Shown::Image { path: Arc::clone(&placement.path), page: placement.page };
            let origin = Point::new(place.round().0 as f64, place.round().1 as f64);
            let (first, wanted) = self.draw_picture(painter, &shown, placement.size, origin, level);
            coarse.extend(first);
            sharp.extend(wanted);
        }
        self.wish_all(coarse, sharp);
    }

    /// The composed canvas: its cost does not depend on how many tiles there are.
    fn draw_composed(&mut self, painter: &Painter, mosaic: &Arc<Mosaic>, level: u32) {
        let revision = self.textures.revision(mosaic);
        let bounds = mosaic.bounds();
        let origin = Point::new(bounds.x0 as f64, bounds.y0 as f64);
        let (coarse, sharp) = self.draw_picture(painter, &Shown::Canvas { revision }, bounds.size(), origin, level);
        self.wish_all(coarse.into_iter().collect(), sharp);
    }

    /// Coarse before fine, each from the middle of the view outward.
    fn wish_all(&mut self, coarse: Vec<(f64, TileId)>, mut sharp: Vec<(f64, TileId)>) {
        let mut all = coarse;
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        sharp.sort_by(|a, b| a.0.total_cmp(&b.0));
        all.into_iter().chain(sharp).for_each(|(_, id)| self.textures.wish(id));
    }

    /// Draw a picture of `size` at `origin` from what textures there are. What is missing comes back as wishes, each with its
    /// distance from the middle: the coarse whole first, then the tiles of `level` that can be seen.
    fn draw_picture(
        &mut self,
        painter: &Painter,
        shown: &Shown,
        size: Size,
        origin: Point,
        level: u32,
    ) -> (Option<(f64, TileId)>, Vec<(f64, TileId)>) {
        let whole_level = (0..=24).find(|&l| size.halved_times(l as usize).longest() <= SIDE).unwrap_or(24);
        let level = level.min(whole_level + 9);
        let whole = TileId { shown: shown.clone(), level: whole_level.max(level), column: 0, row: 0 };
        let middle = self.screen.center();
        let distance = |rect: egui::Rect| f64::from((rect.center() - middle).length_sq());
        let place = self.place(size, origin, &TileGrid::square(size.halved_times(whole.level as usize), SIDE), &whole);
        let coarse = self.textures.get(&whole).is_none().then(|| (distance(place), whole.clone()));
        if level >= whole_level {
            self.draw_tile(painter, &whole, size, origin);
            return (coarse, Vec::new());
        }
        let grid = TileGrid::square(size.halved_times(level as usize), SIDE);
        let scale = f64::from(1u32 << level);
        let view = self.view.visible(self.screen);
        let local = |at: i64, from: f64| ((at as f64 - from) / scale).floor() as i64;
        let seen = Rect::new(
            local(view.x0, origin.x),
            local(view.y0, origin.y),
            local(view.x1, origin.x) + 1,
            local(view.y1, origin.y) + 1,
        );
        let mut wishes = Vec::new();
        for (column, row) in grid.touching(seen) {
            let id = TileId { shown: shown.clone(), level, column, row };
            if !self.draw_tile(painter, &id, size, origin) {
                wishes.push((distance(self.place(size, origin, &grid, &id)), id));
            }
        }
        (coarse, wishes)
    }

    /// Draw one tile, or the part of its nearest loaded ancestor. Whether it was the tile itself.
    fn draw_tile(&mut self, painter: &Painter, id: &TileId, size: Size, origin: Point) -> bool {
        let grid = |level: u32| TileGrid::square(size.halved_times(level as usize), SIDE);
        let place = self.place(size, origin, &grid(id.level), id);
        for up in 0..=(24 - id.level.min(24)) {
            let level = id.level + up;
            let ancestor = TileId { level, column: id.column >> up, row: id.row >> up, ..id.clone() };
            let Some(texture) = self.textures.get(&ancestor) else { continue };
            let (own, around) =
                (grid(id.level).rect(id.column, id.row), grid(level).rect(ancestor.column, ancestor.row));
            let scale = f64::from(1u32 << up);
            let across =
                |at: i64| ((at as f64 / scale - around.x0 as f64) / around.width() as f64).clamp(0.0, 1.0) as f32;
            let down =
                |at: i64| ((at as f64 / scale - around.y0 as f64) / around.height() as f64).clamp(0.0, 1.0) as f32;
            let uv = egui::Rect::from_min_max(
                egui::pos2(across(own.x0), down(own.y0)),
                egui::pos2(across(own.x1), down(own.y1)),
            );
            painter.image(texture, place, uv, Color32::WHITE);
            return up == 0;
        }
        false
    }

    /// The texture of a placement as a whole, if it is there.
    pub(super) fn coarse_texture(&mut self, placement: &Placement) -> Option<egui::TextureId> {
        let level = (0..=24).find(|&level| placement.size.halved_times(level as usize).longest() <= SIDE)?;
        let shown = Shown::Image { path: Arc::clone(&placement.path), page: placement.page };
        (level..=24).find_map(|level| self.textures.get(&TileId { shown: shown.clone(), level, column: 0, row: 0 }))
    }

    /// Where a display tile appears on the screen.
    fn place(&self, size: Size, origin: Point, grid: &TileGrid, id: &TileId) -> egui::Rect {
        let rect = grid.rect(id.column, id.row);
        let scale = 2f64.powi(id.level as i32);
        let end =
            |at: i64, last: u32, full: u32| if at == i64::from(last) { f64::from(full) } else { at as f64 * scale };
        let (x1, y1) = (end(rect.x1, grid.size.width, size.width), end(rect.y1, grid.size.height, size.height));
        let from = origin + Point::new(rect.x0 as f64 * scale, rect.y0 as f64 * scale);
        let to = origin + Point::new(x1, y1);
        egui::Rect::from_min_max(self.view.ui_from_canvas(self.screen, from), self.view.ui_from_canvas(self.screen, to))
    }

    /// Outlines of the selected tiles, and what stands for bad ones.
    fn draw_marks(&self, ui: &egui::Ui, painter: &Painter, mosaic: &Mosaic, seen: &[usize]) {
        let colours = palette(ui);
        let painter = painter.with_clip_rect(self.screen);
        for &index in seen {
            let placement = &mosaic.placements[index];
            let step = self.drag_step(placement.id).round();
            let rect = self.view.ui_from_rect(self.screen, placement.rect().translate(step.0, step.1));
            if let Some(error) = self.textures.failures.get(&placement.path) {
                placeholder(&painter, rect, placement, &error.reason(), colours);
            }
            if self.selection.placements.contains(&placement.id) {
                painter.rect_stroke(rect, 0.0, Stroke::new(2.0, colours.accent), StrokeKind::Inside);
            }
        }
    }

    fn draw_regions(&self, painter: &Painter, colours: Palette) {
        for region in &self.mosaic().regions {
            let rect = match &self.gesture {
                Gesture::Reshape { id, now, .. } if *id == region.id => *now,
                _ => region.shape.bounds(),
            };
            let selected = self.selection.region == Some(region.id);
            self.draw_region(painter, colours, rect, &region.name, selected);
        }
    }

    fn draw_region(&self, painter: &Painter, colours: Palette, rect: Rect, name: &str, selected: bool) {
        let shown = self.view.ui_from_rect(self.screen, rect);
        if !shown.intersects(self.screen) {
            return;
        }
        let colour = if selected { colours.accent } else { Color32::from_rgb(0xF2, 0xB1, 0x3C) };
        painter.rect(
            shown,
            0.0,
            colour.gamma_multiply(0.08),
            Stroke::new(3.0, Color32::from_black_alpha(90)),
            StrokeKind::Middle,
        );
        painter.rect_stroke(shown, 0.0, Stroke::new(1.6, colour), StrokeKind::Middle);
        let at = shown.left_top().max(self.screen.left_top()) + egui::vec2(6.0, 6.0);
        if shown.width() > 60.0 {
            label(painter, at, Align2::LEFT_TOP, &format!("{name}  {} × {}", rect.width(), rect.height()), colours);
        }
        if selected {
            for position in handle_positions(self.view, self.screen, rect) {
                let handle = egui::Rect::from_center_size(position, egui::vec2(8.0, 8.0));
                painter.rect(handle, 2.0, Color32::WHITE, Stroke::new(1.5, colour), StrokeKind::Middle);
            }
        }
    }

    fn draw_gesture(&self, painter: &Painter, colours: Palette) {
        match &self.gesture {
            Gesture::BoxSelect { start, end, .. } => {
                let rect = self.view.ui_from_rect(self.screen, spanned(*start, *end));
                let fill = colours.accent.gamma_multiply(0.15);
                painter.rect(rect, 0.0, fill, Stroke::new(1.0, colours.accent), StrokeKind::Inside);
            }
            Gesture::Draw { start, end } => {
                self.draw_region(painter, colours, spanned(*start, *end), "New region", true)
            }
            Gesture::MoveTiles { step, .. } if *step != Point::default() => {
                let text = format!("{:+} , {:+} px", step.x, step.y);
                let at = self.cursor.map_or(self.screen.center(), |at| self.view.ui_from_canvas(self.screen, at));
                label(painter, at + egui::vec2(16.0, 18.0), Align2::LEFT_TOP, &text, colours);
            }
            _ => {}
        }
    }
}

/// Text on a dark ground, readable over any picture.
fn label(painter: &Painter, at: egui::Pos2, align: Align2, text: &str, colours: Palette) {
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(12.0), Color32::WHITE);
    let rect = align.anchor_size(at, galley.size()).expand2(egui::vec2(6.0, 3.0));
    painter.rect_filled(rect, 4.0, colours.scrim);
    painter.galley(rect.min + egui::vec2(6.0, 3.0), galley, Color32::WHITE);
}

/// What stands for a tile that cannot be shown: its name and the reason.
fn placeholder(painter: &Painter, rect: egui::Rect, placement: &Placement, reason: &str, colours: Palette) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    painter.rect(rect, 0.0, colours.bad.gamma_multiply(0.12), Stroke::new(1.5, colours.bad), StrokeKind::Inside);
    let seen = rect.intersect(painter.clip_rect());
    let mut x = seen.left() - seen.height() - (seen.left() - seen.height()).rem_euclid(18.0);
    while x < seen.right() {
        let line = [egui::pos2(x, seen.bottom()), egui::pos2(x + seen.height(), seen.top())];
        painter.line_segment(line, Stroke::new(1.0, colours.bad.gamma_multiply(0.35)));
        x += 18.0;
    }
    if rect.width() > 70.0 && rect.height() > 40.0 {
        let text = format!("{}\n{reason}", placement.name());
        let galley = painter.layout(text, FontId::proportional(12.0), Color32::WHITE, rect.width() - 20.0);
        let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
        painter.rect_filled(at.expand(6.0), 4.0, colours.scrim);
        painter.galley(at.min, galley, Color32::WHITE);
    }
}

/// A length of a round number of pixels, in the lower left.
fn scale_bar(painter: &Painter, screen: egui::Rect, zoom: f64, colours: Palette) {
    let longest = 140.0 / zoom;
    let power = 10f64.powf(longest.log10().floor());
    let length = [5.0, 2.0, 1.0].into_iter().map(|n| n * power).find(|&n| n <= longest).unwrap_or(power);
    if length < 1.0 {
        return;
    }
    let width = (length * zoom) as f32;
    let corner = screen.left_bottom() + egui::vec2(14.0, -14.0);
    let ground = egui::Rect::from_min_max(corner + egui::vec2(-4.0, -32.0), corner + egui::vec2(width + 16.0, 2.0));
    painter.rect_filled(ground, 5.0, colours.scrim);
    let (left, right) = (corner + egui::vec2(6.0, -8.0), corner + egui::vec2(6.0 + width, -8.0));
    let stroke = Stroke::new(2.0, Color32::WHITE);
    painter.line_segment([left, right], stroke);
    for end in [left, right] {
        painter.line_segment([end, end - egui::vec2(0.0, 5.0)], stroke);
    }
    let middle = egui::pos2(f32::midpoint(left.x, right.x), left.y - 13.0);
    painter.text(middle, Align2::CENTER_CENTER, format!("{length} px"), FontId::proportional(11.0), Color32::WHITE);
}

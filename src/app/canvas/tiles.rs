//! The picture: drawn from what textures there are, and wishes for those that are missing.

use std::sync::Arc;

use egui::{Color32, Painter};

use crate::app::App;
use crate::app::textures::{SIDE, Shown, TileId};
use crate::app::tools::Gesture;
use crate::geometry::{Point, Rect, Size, TileGrid};
use crate::mosaic::{Mosaic, Placement};

/// Above so many tiles in view, or where they are smaller than `SMALLEST` on the screen, the composed canvas is shown.
const MOST_QUADS: usize = 500;
const SMALLEST: f64 = 20.0;

/// A tile that is wanted, and how far from the middle of the view it is.
type Wish = (f64, TileId);

impl App {
    pub(super) fn draw(&mut self, ui: &egui::Ui, painter: &Painter) {
        let mosaic = Arc::clone(self.mosaic());
        let level = self.tab.view.level(ui.pixels_per_point());
        // While tiles are dragged, those that come into view are looked for a little further out.
        let visible = self.tab.view.visible(self.tab.screen);
        let margin = match &self.tab.gesture {
            Gesture::MoveTiles { step, .. } => step.x.abs().max(step.y.abs()) as i64 + 1,
            _ => 0,
        };
        let seen: Vec<usize> = self
            .tab
            .touching(visible.expand(margin))
            .into_iter()
            .filter(|&index| mosaic.placements[index].visible)
            .collect();
        let typical =
            seen.first().map_or(0.0, |&index| f64::from(mosaic.placements[index].size.longest()) * self.tab.view.zoom);
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
    fn wish_all(&mut self, coarse: Vec<Wish>, mut sharp: Vec<Wish>) {
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
    ) -> (Option<Wish>, Vec<Wish>) {
        let whole_level = (0..=24).find(|&l| size.halved_times(l as usize).longest() <= SIDE).unwrap_or(24);
        let level = level.min(whole_level + 9);
        let whole = TileId { shown: shown.clone(), level: whole_level.max(level), column: 0, row: 0 };
        let middle = self.tab.screen.center();
        let distance = |rect: egui::Rect| f64::from((rect.center() - middle).length_sq());
        let place = self.place(size, origin, &TileGrid::square(size.halved_times(whole.level as usize), SIDE), &whole);
        let coarse = self.textures.get(&whole).is_none().then(|| (distance(place), whole.clone()));
        if level >= whole_level {
            self.draw_tile(painter, &whole, size, origin);
            return (coarse, Vec::new());
        }
        let grid = TileGrid::square(size.halved_times(level as usize), SIDE);
        let scale = f64::from(1u32 << level);
        let view = self.tab.view.visible(self.tab.screen);
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
    pub(in crate::app) fn coarse_texture(&mut self, placement: &Placement) -> Option<egui::TextureId> {
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
        egui::Rect::from_min_max(
            self.tab.view.ui_from_canvas(self.tab.screen, from),
            self.tab.view.ui_from_canvas(self.tab.screen, to),
        )
    }
}

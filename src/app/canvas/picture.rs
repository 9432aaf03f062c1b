//! [`Picture`]: draws one image from its textures and requests missing ones.

use egui::epaint::{Mesh, Vertex};
use egui::{Color32, Painter, TextureId};

use super::Pane;
use crate::app::textures::{Rank, RankedRequest, SIDE, State, TileId, TileSource};
use crate::geometry::{Affine, Point, Rect, Size, TileGrid};

/// A gap shown by a tile that is more levels coarser than this is first filled by one in between.
const MOST_BLUR: u32 = 3;
/// From this number of levels on, the coarsest tile is requested first, even if it is hardly coarser than the needed level.
const LARGE: u32 = 4;
/// Descendants are looked for down to so many levels finer than a missing tile.
const FINER: u32 = 2;

/// Upper left, upper right, lower right, lower left of the canvas, on the screen.
type Corners = [egui::Pos2; 4];

/// An image or a composed canvas, and where it lies.
pub(super) struct Picture {
    /// Its short name.
    pub(super) number: u32,
    pub(super) size: Size,
    /// From its pixels to the canvas's.
    pub(super) to_canvas: Affine,
    /// What is shown of it, in its pixels.
    pub(super) part: Rect,
    /// Its colors are multiplied by this.
    pub(super) tint: Color32,
    pub(super) source: TileSource,
}

impl Picture {
    /// All of a picture as it is, its upper left corner at `origin`.
    pub(super) fn at(origin: Point, number: u32, size: Size, source: TileSource) -> Self {
        let (to_canvas, part) = (Affine::translation(origin), Rect::from_size(size));
        Self { number, size, to_canvas, part, tint: Color32::WHITE, source }
    }

    /// The level of it that is as fine on the screen as `level` is where a pixel of it is one of the canvas.
    fn level_at(&self, level: u32) -> u32 {
        let smaller = self.to_canvas.minification().log2();
        if smaller == 0.0 { level } else { (f64::from(level) + smaller).floor().clamp(0.0, 24.0) as u32 }
    }

    /// The level that is one tile.
    pub(super) fn whole_level(&self) -> u32 {
        (0..=24).find(|&level| self.size.halved_times(level as usize).longest() <= SIDE).unwrap_or(24)
    }

    pub(super) fn tile(&self, level: u32, column: u32, row: u32) -> TileId {
        TileId { picture: self.number, level, column, row }
    }

    fn grid(&self, level: u32) -> TileGrid {
        TileGrid::square(self.size.halved_times(level as usize), SIDE)
    }

    /// The tiles of `level` that touch a rectangle of the canvas.
    fn touching(&self, rect: Rect, level: u32) -> Vec<TileId> {
        let Some(from_canvas) = self.to_canvas.invert() else { return Vec::new() };
        let rect = from_canvas.bounds_of(rect).intersect(self.part);
        if rect.is_empty() {
            return Vec::new();
        }
        let rect = Rect::new(rect.x0 >> level, rect.y0 >> level, (rect.x1 >> level) + 1, (rect.y1 >> level) + 1);
        self.grid(level).touching(rect).map(|(column, row)| self.tile(level, column, row)).collect()
    }

    /// Where a tile lies in the picture at full resolution: left, top, right, bottom.
    fn place(&self, tile: TileId) -> [f64; 4] {
        let grid = self.grid(tile.level);
        let rect = grid.rect(tile.column, tile.row);
        let scale = 2f64.powi(tile.level as i32);
        let end =
            |at: i64, last: u32, full: u32| if at == i64::from(last) { f64::from(full) } else { at as f64 * scale };
        let (x1, y1) =
            (end(rect.x1, grid.size.width, self.size.width), end(rect.y1, grid.size.height, self.size.height));
        [rect.x0 as f64 * scale, rect.y0 as f64 * scale, x1, y1]
    }

    /// Of the place `full` of a texture's part `uv`, what is shown: where, and which part.
    fn cut(&self, full: [f64; 4], uv: egui::Rect) -> Option<([f64; 4], egui::Rect)> {
        let part = [self.part.x0, self.part.y0, self.part.x1, self.part.y1].map(|at| at as f64);
        let [x0, y0, x1, y1] = [full[0].max(part[0]), full[1].max(part[1]), full[2].min(part[2]), full[3].min(part[3])];
        if x0 >= x1 || y0 >= y1 {
            return None;
        }
        let along = |at: f64, low: f64, high: f64| ((at - low) / (high - low)) as f32;
        let (across, down) = (|at| along(at, full[0], full[2]), |at| along(at, full[1], full[3]));
        let shown = egui::Rect::from_min_max(
            uv.lerp_inside(egui::vec2(across(x0), down(y0))),
            uv.lerp_inside(egui::vec2(across(x1), down(y1))),
        );
        Some(([x0, y0, x1, y1], shown))
    }

    /// The part of `around`'s texture that shows `tile`, which lies inside it.
    fn part_of(&self, tile: TileId, around: TileId) -> egui::Rect {
        let (own, all) = (
            self.grid(tile.level).rect(tile.column, tile.row),
            self.grid(around.level).rect(around.column, around.row),
        );
        let scale = f64::from(1u32 << (around.level - tile.level));
        let across = |at: i64| ((at as f64 / scale - all.x0 as f64) / all.width() as f64).clamp(0.0, 1.0) as f32;
        let down = |at: i64| ((at as f64 / scale - all.y0 as f64) / all.height() as f64).clamp(0.0, 1.0) as f32;
        egui::Rect::from_min_max(egui::pos2(across(own.x0), down(own.y0)), egui::pos2(across(own.x1), down(own.y1)))
    }

    /// The finest level whose tiles are in memory.
    fn quick_level(&self) -> Option<u32> {
        match &self.source {
            TileSource::Canvas(canvas, _) => Some(canvas.overview.level()),
            TileSource::Image { .. } | TileSource::Difference(..) | TileSource::Overview(..) => None,
        }
    }

    /// The state of the picture that a tile is to show.
    fn revision(&self, tile: TileId) -> u64 {
        match &self.source {
            TileSource::Image { .. } | TileSource::Overview(..) => 0,
            TileSource::Difference(_, gain) => u64::from(*gain),
            TileSource::Canvas(canvas, filtered) => {
                let [x0, y0, x1, y1] = self.place(tile);
                canvas.revision(tile.level, Rect::new(x0 as i64, y0 as i64, x1 as i64, y1 as i64), *filtered)
            }
        }
    }
}

impl Pane<'_> {
    /// Draws an image from its textures and requests missing ones.
    pub(super) fn draw_picture(&self, painter: &Painter, picture: &Picture, level: u32) {
        let whole = picture.whole_level();
        // A picture at the end of the world is not cut into more tiles than can be counted.
        let level = picture.level_at(level).min(whole + 9);
        if level + 2 <= whole || level < whole && whole >= LARGE && !self.is_begun(picture) {
            self.request(picture, picture.tile(whole, 0, 0), Rank::Whole);
        }
        for tile in self.visible_tiles(picture, level) {
            self.request(picture, tile, Rank::Sharp);
            let blur = self.draw_tile(painter, picture, tile);
            let up = picture.quick_level().map_or(2, |quick| quick.saturating_sub(tile.level));
            if blur.is_none_or(|blur| blur > MOST_BLUR.min(up)) && up > 0 && tile.level + up < whole {
                let between = picture.tile(tile.level + up, tile.column >> up, tile.row >> up);
                self.request(picture, between, Rank::Coarse);
            }
        }
    }

    /// The same without a request.
    pub(super) fn draw_what_there_is(&self, painter: &Painter, picture: &Picture, level: u32) {
        for tile in self.visible_tiles(picture, picture.level_at(level).min(picture.whole_level() + 9)) {
            self.draw_tile(painter, picture, tile);
        }
    }

    /// Requests the tiles of `level` that touch a rectangle of the canvas and are not visible yet.
    pub(super) fn request_ahead(&self, picture: &Picture, rect: Rect, level: u32) {
        const MOST: usize = 48;
        let level = picture.level_at(level);
        if level < picture.whole_level() {
            for tile in picture.touching(rect, level).into_iter().take(MOST) {
                self.request(picture, tile, Rank::Ahead);
            }
        } else {
            self.request(picture, picture.tile(level, 0, 0), Rank::Ahead);
        }
    }

    /// Whether there is anything to show of a picture.
    pub(super) fn is_begun(&self, picture: &Picture) -> bool {
        let whole = picture.whole_level();
        (0..=whole + 2).rev().any(|level| self.textures.get(picture.tile(level, 0, 0)).is_some())
    }

    fn visible_tiles(&self, picture: &Picture, level: u32) -> Vec<TileId> {
        if level >= picture.whole_level() {
            return vec![picture.tile(level, 0, 0)];
        }
        let mut tiles = picture.touching(self.tab.view.visible(self.tab.screen), level);
        // The bounding rectangle of a rotated view has invisible corners.
        if self.tab.view.degrees != 0.0 || !picture.to_canvas.is_translation() {
            tiles.retain(|tile| {
                let corners = self.corners(picture, picture.place(*tile));
                self.tab.screen.intersects(egui::Rect::from_points(&corners))
            });
        }
        tiles
    }

    pub(super) fn request(&self, picture: &Picture, tile: TileId, rank: Rank) {
        // Until it is known how to show the picture, there is nothing to make of it.
        let Some(settings) = self.tab.display.render_settings() else { return };
        let revision = picture.revision(tile);
        if !self.textures.has(tile, State { revision, settings: settings.revision }) {
            let [from, _, to, _] = self.corners(picture, picture.place(tile));
            let distance = (from.lerp(to, 0.5) - self.tab.screen.center()).length_sq();
            self.textures.request(RankedRequest::new(rank, distance, tile, revision, picture.source.clone(), settings));
        }
    }

    /// Draws one tile, or the part of its nearest loaded ancestor with loaded finer tiles on top: how many levels coarser
    /// that is than the tile.
    fn draw_tile(&self, painter: &Painter, picture: &Picture, tile: TileId) -> Option<u32> {
        let last = picture.whole_level().max(tile.level) + 2;
        let blur = (0..=last - tile.level).find(|up| {
            let ancestor = TileId { level: tile.level + up, column: tile.column >> up, row: tile.row >> up, ..tile };
            let Some(texture) = self.textures.get(ancestor) else { return false };
            self.draw_part(painter, picture, texture, tile, picture.part_of(tile, ancestor));
            true
        });
        if blur != Some(0) {
            self.draw_finer(painter, picture, tile, FINER);
        }
        blur
    }

    /// Draws loaded tiles of the next finer levels: after zooming out they are sharper than any ancestor.
    fn draw_finer(&self, painter: &Painter, picture: &Picture, tile: TileId, depth: u32) {
        if tile.level == 0 || depth == 0 {
            return;
        }
        let grid = picture.grid(tile.level - 1);
        for (right, below) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let child = picture.tile(tile.level - 1, tile.column * 2 + right, tile.row * 2 + below);
            if child.column >= grid.columns() || child.row >= grid.rows() {
                continue;
            }
            if let Some(texture) = self.textures.get(child) {
                let all = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
                self.draw_part(painter, picture, texture, child, all);
            } else {
                self.draw_finer(painter, picture, child, depth - 1);
            }
        }
    }

    /// Draw a tile from the part `uv` of a texture.
    fn draw_part(&self, painter: &Painter, picture: &Picture, texture: TextureId, tile: TileId, uv: egui::Rect) {
        if let Some((place, uv)) = picture.cut(picture.place(tile), uv) {
            painter.add(quad(texture, self.shown_corners(picture, place), uv, picture.tint));
        }
    }

    /// Where the corners of a place in a picture are drawn: a picture that is thinner than a point is still seen.
    fn shown_corners(&self, picture: &Picture, place: [f64; 4]) -> Corners {
        let part = picture.part;
        let whole = [part.x0, part.y0, part.x1, part.y1].map(|at| at as f64);
        at_least_a_point(self.corners(picture, place), self.corners(picture, whole))
    }

    /// Where the corners of a place in a picture appear on the screen.
    fn corners(&self, picture: &Picture, [x0, y0, x1, y1]: [f64; 4]) -> Corners {
        let (view, screen) = (self.tab.view, self.tab.screen);
        let on_screen = |x, y| view.ui_from_canvas(screen, picture.to_canvas.apply(Point::new(x, y)));
        [on_screen(x0, y0), on_screen(x1, y0), on_screen(x1, y1), on_screen(x0, y1)]
    }
}

/// `corners`, moved apart as far as those of a picture, `whole`, have to be for it to be a point wide and high.
fn at_least_a_point(corners: Corners, whole: Corners) -> Corners {
    let lacking = |edge: egui::Vec2| edge.normalized() * (1.0 - edge.length()).max(0.0) / 2.0;
    let (across, down) = (lacking(whole[1] - whole[0]), lacking(whole[3] - whole[0]));
    let [upper_left, upper_right, lower_right, lower_left] = corners;
    [upper_left - across - down, upper_right + across - down, lower_right + across + down, lower_left - across + down]
}

/// The part `uv` of a texture between four corners on the screen.
fn quad(texture: TextureId, corners: Corners, uv: egui::Rect, color: Color32) -> Mesh {
    let places = [uv.left_top(), uv.right_top(), uv.right_bottom(), uv.left_bottom()];
    let vertices = corners.into_iter().zip(places).map(|(pos, uv)| Vertex { pos, uv, color }).collect();
    Mesh { indices: vec![0, 1, 2, 2, 3, 0], vertices, texture_id: texture }
}

//! The picture: every image from its own tiles, or the composed canvas where there are too many.

use std::sync::Arc;
use std::time::Duration;

use egui::epaint::{Mesh, Vertex, WHITE_UV};
use egui::{Color32, Painter, Stroke};

use super::Pane;
use super::picture::Picture;
use crate::app::Before;
use crate::app::Overlaps;
use crate::app::scene::Canvas;
use crate::app::textures::{Rank, RankedRequest, SIDE, Shown, TileId, TileSource};
use crate::app::tools::Preview;
use crate::composite::{Patch, background};
use crate::geometry::{Affine, Rect, Size};
use crate::mosaic::{Mosaic, Placement, PlacementId};
use crate::pixels::Pixels;

/// Above so many tiles in view, or where they are smaller than `SMALLEST` on the screen, the composed canvas is shown.
const MOST_QUADS: usize = 500;
const SMALLEST: f64 = 20.0;
/// The map requests for the wholes of so many images; of more, it shows what there is.
const MOST_WHOLE: usize = 64;
/// Above so many tiles in view, they are not even listed.
const MOST_LISTED: usize = 8 * MOST_QUADS;

/// Whether the composite has what was dragged is looked at again after so long.
const SETTLING: Duration = Duration::from_millis(50);

/// From what the picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DrawnFrom {
    /// Every placement from its own tiles.
    Tiles,
    /// The same until the composed canvas has followed a drag; what they hide of it is requested already.
    TilesForNow,
    /// The composed canvas.
    Canvas,
    /// The same, with so many placements in view that they are not listed.
    CanvasAlone,
}

/// What a frame draws of a document.
pub(in crate::app) struct Plan {
    from: DrawnFrom,
    /// The visible placements in view; of too many, those selected.
    ids: Vec<PlacementId>,
}

impl Plan {
    /// The visible placements in view; of too many, those selected.
    pub(in crate::app) fn ids(&self) -> &[PlacementId] {
        &self.ids
    }

    /// Whether all visible placements in view are listed.
    pub(in crate::app) fn lists_all(&self) -> bool {
        self.from != DrawnFrom::CanvasAlone
    }

    /// Whether the canvas has to be composed for it.
    pub(in crate::app) fn needs_canvas(&self) -> bool {
        self.from != DrawnFrom::Tiles
    }
}

impl Pane<'_> {
    /// What is drawn otherwise than the document has it: what is dragged, or moved in the background.
    pub(super) fn preview(&self) -> Preview<'_> {
        match (self.toolbox.preview(self.id), &self.tab.moving) {
            (Preview::None, Some(moving)) => Preview::Transformed(&moving.chosen, moving.by),
            (dragged, _) => dragged,
        }
    }

    /// How far the picture as a whole is dragged; `None` if not all of it is, or otherwise than along.
    fn whole_moved(&self, mosaic: &Mosaic) -> Option<Affine> {
        match self.preview() {
            Preview::Transformed(ids, by) if ids.len() == mosaic.placements.len() && by.is_translation() => Some(by),
            _ => None,
        }
    }

    /// What is to be drawn, and from what.
    pub(in crate::app) fn plan(&self) -> Plan {
        let (scene, mosaic) = (&self.tab.scene, self.tab.scene.mosaic());
        let visible = self.tab.view.visible(self.tab.screen);
        if scene.is_crowded(visible, MOST_LISTED) {
            // Even listing them would take a frame's time.
            return Plan { from: DrawnFrom::CanvasAlone, ids: self.chosen_in(mosaic, visible) };
        }
        // What is dragged may come into view from somewhere else.
        let preview = self.preview();
        let area = preview.sources_of(visible);
        let area = if scene.is_crowded(area, MOST_LISTED) { visible } else { area };
        let ids = self.shown_in(mosaic, area);
        let typical =
            ids.first().map_or(0.0, |&id| f64::from(mosaic.placements[id].size.longest()) * self.tab.view.zoom);
        let differences = self.settings.overlaps == Overlaps::Difference;
        let few = ids.len() <= MOST_QUADS && (ids.len() <= 4 || typical >= SMALLEST) && !differences;
        // Resampled, translucent or blended placements are painted only by the composite, so that screen and export agree; but
        // while they are dragged, and until the composite has followed, from their own tiles.
        let plain = mosaic.is_overlay() && ids.iter().all(|&id| mosaic.placements[id].is_plain());
        let settling = self.tab.settling || preview.is_of_placements();
        let from = if few && plain {
            DrawnFrom::Tiles
        } else if few && settling {
            DrawnFrom::TilesForNow
        } else {
            DrawnFrom::Canvas
        };
        Plan { from, ids }
    }

    /// Draws the picture and what marks its tiles. Whether what is or was dragged goes on being drawn from its own tiles.
    pub(in crate::app) fn draw(&self, ui: &egui::Ui, painter: &Painter, Plan { from, ids }: &Plan) -> bool {
        let mosaic = self.tab.scene.mosaic();
        let level = self.tab.view.level(ui.pixels_per_point());
        let dragging = self.preview().is_of_placements();
        let mut settling = dragging;
        match from {
            DrawnFrom::CanvasAlone => {
                self.draw_composed(painter, mosaic, &[], level);
                self.draw_dragged(painter, mosaic, ids, level);
                self.draw_marks(ui, painter, mosaic, ids);
                return dragging || self.tab.settling;
            }
            DrawnFrom::Tiles => {
                self.draw_quads(painter, mosaic, ids, level);
                self.update_overview();
            }
            DrawnFrom::TilesForNow => {
                self.draw_composed(&painter.with_clip_rect(egui::Rect::NOTHING), mosaic, ids, level);
                self.draw_quads(painter, mosaic, ids, level);
                if !self.textures.is_settled() || !self.tab.scene.is_canvas_current() {
                    settling = true;
                    ui.ctx().request_repaint_after(SETTLING);
                }
            }
            DrawnFrom::Canvas => {
                self.draw_composed(painter, mosaic, ids, level);
                self.draw_dragged(painter, mosaic, ids, level);
            }
        }
        self.draw_blink(ui, painter, mosaic, level);
        self.shade_outside(painter, mosaic);
        self.draw_marks(ui, painter, mosaic, ids);
        settling
    }

    /// Over the composed canvas, those of `ids` that are dragged, where they are dragged to.
    fn draw_dragged(&self, painter: &Painter, mosaic: &Mosaic, ids: &[PlacementId], level: u32) {
        let preview = self.preview();
        let dragged = ids.iter().filter_map(|id| preview.of(&mosaic.placements[*id])).take(MOST_QUADS);
        for placement in dragged.collect::<Vec<_>>() {
            let picture = self.picture_of(&placement);
            self.draw_picture(painter, &picture, level);
        }
    }

    /// The background of the document where no image lies.
    fn draw_background(&self, painter: &Painter, mosaic: &Mosaic) {
        let display = &self.tab.display;
        let Some((settings, kind)) = display.render_settings().zip(display.kind()) else { return };
        let covered = mosaic.placements.len() == 1 && mosaic.canvas.is_none();
        if covered || kind.color.has_alpha() {
            return;
        }
        let pixel = Pixels::filled(Size::new(1, 1), kind.sample, &background(kind, mosaic.background));
        let color = settings.image(&pixel, kind, None).pixels[0];
        let corners = self.tab.view.corners(self.tab.screen, mosaic.bounds());
        // A mesh has hard edges, as tiles have.
        let vertices = corners.map(|pos| Vertex { pos, uv: WHITE_UV, color }).to_vec();
        painter.add(Mesh { indices: vec![0, 1, 2, 2, 3, 0], vertices, ..Mesh::default() });
    }

    /// What lies outside a canvas of a fixed size is not exported: it's seen through a veil.
    fn shade_outside(&self, painter: &Painter, mosaic: &Mosaic) {
        let Some(canvas) = mosaic.canvas else { return };
        let (view, screen) = (self.tab.view, self.tab.screen);
        let inner = view.corners(screen, canvas);
        // Four sides of a rectangle around all that is seen, however it is turned.
        let far = view.visible(screen).union(canvas).expand(1 + (screen.size().max_elem() as f64 / view.zoom) as i64);
        let outer = view.corners(screen, far);
        let mut mesh = Mesh::default();
        for pos in inner.into_iter().chain(outer) {
            mesh.vertices.push(Vertex { pos, uv: WHITE_UV, color: Color32::from_black_alpha(150) });
        }
        for side in 0..4u32 {
            let next = (side + 1) % 4;
            mesh.indices.extend([side, 4 + side, 4 + next, side, 4 + next, next]);
        }
        painter.add(mesh);
        let line = |color| egui::Shape::closed_line(inner.to_vec(), Stroke::new(1.0, color));
        painter.add(line(Color32::from_white_alpha(120)));
    }

    /// The selected placements that touch `rect`, where they are few.
    fn chosen_in(&self, mosaic: &Mosaic, rect: Rect) -> Vec<PlacementId> {
        let chosen = &self.tab.selection.placements;
        if chosen.is_empty() || chosen.len() > MOST_QUADS {
            return Vec::new();
        }
        let chosen = chosen.iter().filter_map(|id| mosaic.placement(id));
        chosen.filter(|placement| placement.rect().overlaps(rect)).map(|placement| placement.id).collect()
    }

    /// The visible placements that touch `rect`.
    fn shown_in(&self, mosaic: &Mosaic, rect: Rect) -> Vec<PlacementId> {
        let touching = self.tab.scene.touching(rect).into_iter();
        touching.filter(|&id| mosaic.placements[id].visible).collect()
    }

    /// Every placement from its own tiles: dragging one recomputes nothing.
    fn draw_quads(&self, painter: &Painter, mosaic: &Mosaic, ids: &[PlacementId], level: u32) {
        let preview = self.preview();
        let shown: Vec<Placement> = ids.iter().map(|id| preview.shown(&mosaic.placements[*id])).collect();
        let pictures: Vec<Picture> = shown.iter().map(|placement| self.picture_of(placement)).collect();
        self.draw_background(painter, mosaic);
        if pictures.iter().any(|picture| !self.is_begun(picture)) {
            // After zooming in, the composed canvas is drawn until the tiles are loaded.
            self.draw_canvas_as_it_is(painter, level);
        }
        let visible = self.tab.view.visible(self.tab.screen);
        for (picture, placement) in pictures.iter().zip(&shown) {
            if placement.kind.is_some_and(|kind| kind.color.has_alpha()) {
                self.draw_backdrop(painter, placement.rect());
            }
            self.draw_picture(painter, picture, level);
        }
        let ahead = self.ahead(visible, level);
        for id in self.shown_in(mosaic, ahead).into_iter().take(MOST_QUADS) {
            let picture = self.picture_of(&mosaic.placements[id]);
            self.request_ahead(&picture, ahead, level);
        }
    }

    /// The composed canvas: its cost does not depend on how many tiles there are.
    fn draw_composed(&self, painter: &Painter, mosaic: &Mosaic, ids: &[PlacementId], level: u32) {
        let picture = self.composed();
        let visible = self.tab.view.visible(self.tab.screen);
        if self.tab.scene.is_canvas_changing(visible, level) {
            self.textures.expect_change();
        }
        if picture.as_ref().is_none_or(|picture| !self.is_begun(picture)) {
            // After zooming out, the tiles are drawn until the canvas is composed.
            for &id in ids.iter().take(4 * MOST_QUADS) {
                let picture = self.picture_of(&mosaic.placements[id]);
                self.draw_what_there_is(painter, &picture, level);
            }
        }
        let Some(mut picture) = picture else { return };
        let mut bounds = self.tab.scene.bounds();
        if let Some(by) = self.whole_moved(mosaic) {
            picture.to_canvas = picture.to_canvas.then(by);
            bounds = by.bounds_of(bounds);
        }
        let bounds = self.tab.view.ui_from_rect(self.tab.screen, bounds);
        let painter = painter.with_clip_rect(painter.clip_rect().intersect(bounds));
        if self.tab.display.kind().is_some_and(|kind| kind.color.has_alpha()) {
            self.draw_backdrop(&painter, self.tab.scene.bounds());
        }
        if let Some((original, line)) = self.before() {
            self.draw_before(&painter, (&original, &picture), line, level);
        } else {
            self.draw_picture(&painter, &picture, level);
        }
        if let TileSource::Canvas(canvas, _) = &picture.source {
            self.request_overview(canvas, visible, level);
        }
        let ahead = self.ahead(visible, level);
        self.request_ahead(&picture, ahead, level);
    }

    /// Requests what edits have changed of the overview, for the navigator, while the canvas shows the tiles themselves.
    fn update_overview(&self) {
        if let Some(Picture { source: TileSource::Canvas(canvas, _), .. }) = self.composed() {
            self.request_overview(&canvas, Rect::default(), 0);
        }
    }

    /// Requests missing parts of the overview: sketches of everything first, then visible cells, then the rest.
    fn request_overview(&self, canvas: &Arc<Canvas>, visible: Rect, level: u32) {
        const MOST: usize = 48;
        let Some(settings) = self.tab.display.render_settings().map(Arc::clone) else { return };
        let picture = self.textures.picture(Shown::Overview(canvas.number));
        let frame = canvas.frame;
        let all = Rect::from_size(frame.size());
        let on_canvas = visible.translate(-frame.x0, -frame.y0).intersect(all);
        let middle = ((on_canvas.x0 + on_canvas.x1) as f32 / 2.0, (on_canvas.y0 + on_canvas.y1) as f32 / 2.0);
        let mut requests: Vec<RankedRequest> = canvas
            .missing(all)
            .into_iter()
            .map(|patch| {
                let place = canvas.overview.place(patch);
                let from = |a: i64, b: i64, middle: f32| (a + b) as f32 / 2.0 - middle;
                let (x, y) = (from(place.x0, place.x1, middle.0), from(place.y0, place.y1, middle.1));
                let (rank, level, column, row, revision) = match patch {
                    Patch::Sketch { column, row, fineness: 0 } => (Rank::Sketch, 1, column, row, 0),
                    Patch::Sketch { column, row, fineness } => (Rank::Coarse, 1 + fineness, column, row, 0),
                    Patch::Paint { column, row, edit } => {
                        let needed = level >= canvas.overview.level() && place.overlaps(on_canvas);
                        (if needed { Rank::Sharp } else { Rank::Later }, 0, column, row, edit)
                    }
                };
                let tile = TileId { picture, level, column, row };
                RankedRequest::new(
                    rank,
                    x * x + y * y,
                    tile,
                    revision,
                    TileSource::Overview(Arc::clone(canvas), patch),
                    &settings,
                )
            })
            .collect();
        requests.sort_by(|a, b| a.rank.cmp(&b.rank).then(a.distance.total_cmp(&b.distance)));
        requests.truncate(MOST);
        for request in requests {
            self.textures.request(request);
        }
    }

    fn draw_canvas_as_it_is(&self, painter: &Painter, level: u32) {
        if let Some(picture) = self.composed() {
            self.draw_what_there_is(painter, &picture, level);
        }
    }

    /// The area to load ahead: in the direction of motion, or a margin around a view at rest.
    fn ahead(&self, visible: Rect, level: u32) -> Rect {
        let ahead = self.tab.motion.ahead(visible);
        if ahead == visible { visible.expand(i64::from(SIDE / 2) << level) } else { ahead }
    }

    pub(super) fn picture_of(&self, placement: &Placement) -> Picture {
        let shown = Shown::Image { image: placement.image.clone(), display: self.tab.display.number() };
        let library = self.textures.library().clone();
        Picture {
            number: self.textures.picture(shown),
            size: placement.size,
            to_canvas: placement.painted(),
            part: placement.part(),
            tint: Color32::WHITE.gamma_multiply(placement.opacity),
            source: TileSource::Image { library, image: placement.image.clone() },
        }
    }

    /// The composed canvas as a picture, once it is there; through the filters unless the original is looked at.
    fn composed(&self) -> Option<Picture> {
        self.composed_as(self.tab.before != Before::Original)
    }

    /// The same, through the filters or not.
    pub(super) fn composed_as(&self, filtered: bool) -> Option<Picture> {
        let canvas = Arc::clone(self.tab.scene.canvas()?);
        let filtered = filtered && canvas.filtered.is_some();
        let number = self.textures.picture(Shown::Canvas(canvas.number, filtered));
        Some(Picture::at(canvas.origin(), number, canvas.frame.size(), TileSource::Canvas(canvas, filtered)))
    }

    /// The texture of a placement as a whole, if it is there.
    pub(in crate::app) fn coarse_texture(&self, placement: &Placement) -> Option<egui::TextureId> {
        let picture = self.picture_of(placement);
        let whole = picture.whole_level();
        let found = (whole..=24).find_map(|level| self.textures.get(picture.tile(level, 0, 0)));
        if found.is_none() && self.tab.scene.mosaic().placements.len() <= MOST_WHOLE {
            self.request(&picture, picture.tile(whole, 0, 0), Rank::Ahead);
        }
        found
    }

    /// The texture of a placement as a whole, if it is there: nothing is requested.
    pub(in crate::app) fn whole_texture(&self, placement: &Placement) -> Option<egui::TextureId> {
        let shown = Shown::Image { image: placement.image.clone(), display: self.tab.display.number() };
        self.textures.whole(&shown, placement.size)
    }

    /// The composed canvas as a whole and the part of the canvas it shows, where there are too many images to draw one by one.
    pub(in crate::app) fn canvas_texture(&self) -> Option<(egui::TextureId, Rect)> {
        if self.tab.scene.mosaic().placements.len() <= MOST_WHOLE {
            return None;
        }
        let picture = self.composed()?;
        let tile = picture.tile(picture.whole_level(), 0, 0);
        self.request(&picture, tile, Rank::Ahead);
        let (x, y) = picture.to_canvas.translation_part().round();
        self.textures.get(tile).map(|texture| (texture, Rect::at(x, y, picture.size)))
    }
}

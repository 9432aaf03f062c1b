//! Links of the last alignment, drawn between the middles of their tiles; of very many in view, the worst of each part of the
//! canvas. A click on the middle of one chooses it.

use egui::{Color32, Painter, Sense, Stroke};

use super::tiles::Plan;
use super::{Pane, blinks};
use crate::align::{Link, LinkState};
use crate::app::links::Links;
use crate::app::theme::{Palette, palette};
use crate::mosaic::Mosaic;

/// More links in view are drawn as a map; of more than the second none can be clicked.
const MAX_LINES: usize = 20_000;
const MAX_DOTS: usize = 1_500;
/// Dots are drawn where a link is longer than this on the screen, in points.
const LEAST_LENGTH: f32 = 24.0;
/// How much of the picture the map of links hides.
const MAP_ALPHA: f32 = 0.45;

/// The color of a link: green if it is held for right, gray if nothing is known, else yellow to red.
pub(in crate::app) fn link_color(link: &Link, colors: Palette) -> Color32 {
    const WEAK: Color32 = Color32::from_rgb(0xE8, 0xA8, 0x38);
    match link.state {
        LinkState::Accepted => WEAK.lerp_to_gamma(colors.good, (link.confidence * 1.5).min(1.0)),
        LinkState::Weak => WEAK,
        LinkState::Contradicted | LinkState::Unreadable => colors.bad,
        LinkState::Rejected => colors.bad.gamma_multiply(0.6),
        LinkState::Bare => Color32::from_gray(0x9A),
    }
}

impl Pane<'_> {
    /// Draws the links of the placements in view. The number of the one that was clicked.
    pub(in crate::app) fn links_ui(&self, ui: &egui::Ui, painter: &Painter, plan: &Plan) -> Option<usize> {
        let links = self.tab.links.as_ref().filter(|links| links.shown)?;
        let numbers = if plan.lists_all() { links.found.of(plan.ids()) } else { Vec::new() };
        if !plan.lists_all() || numbers.len() > MAX_LINES {
            self.draw_link_map(ui, painter, links);
            return None;
        }
        let (view, screen, mosaic) = (self.tab.view, self.tab.screen, self.tab.scene.mosaic());
        let painter = painter.with_clip_rect(painter.clip_rect().intersect(screen));
        let can_click = numbers.len() <= MAX_DOTS;
        let mut clicked = None;
        for number in numbers {
            let Some([a, b]) = links.found.placements(number, mosaic) else { continue };
            let [from, to] = [a, b].map(|end| view.ui_from_canvas(screen, end.extent().middle()));
            let (link, is_chosen) = (&links.found.links()[number], links.chosen == Some(number));
            let color = link_color(link, palette(ui));
            let width = if is_chosen { 4.0 } else { 2.0 };
            painter.line_segment([from, to], Stroke::new(width + 2.0, Color32::from_black_alpha(120)));
            painter.line_segment([from, to], Stroke::new(width, color));
            if from.distance(to) < LEAST_LENGTH {
                continue;
            }
            let at = from.lerp(to, 0.5);
            let edge = Stroke::new(1.0, Color32::from_black_alpha(160));
            painter.circle(at, if is_chosen { 6.0 } else { 4.0 }, color, edge);
            if can_click && screen.contains(at) {
                let dot = egui::Rect::from_center_size(at, egui::Vec2::splat(14.0));
                let response = ui.interact(dot, ui.scope_id().with(("link", number)), Sense::click());
                if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                    clicked = Some(number);
                }
            }
        }
        clicked
    }

    /// Draws the worst link of each part of the canvas as a square in its color.
    fn draw_link_map(&self, ui: &egui::Ui, painter: &Painter, links: &Links) {
        let (view, screen) = (self.tab.view, self.tab.screen);
        let mut mesh = egui::Mesh::default();
        for (corners, number) in links.found.map().cells(view.visible(screen)) {
            let color = link_color(&links.found.links()[number], palette(ui)).gamma_multiply(MAP_ALPHA);
            let first = mesh.vertices.len() as u32;
            corners.into_iter().for_each(|corner| mesh.colored_vertex(view.ui_from_canvas(screen, corner), color));
            mesh.add_triangle(first, first + 1, first + 2);
            mesh.add_triangle(first, first + 2, first + 3);
        }
        painter.with_clip_rect(painter.clip_rect().intersect(screen)).add(mesh);
    }

    /// Draws the two tiles of the chosen link over each other by turns.
    pub(super) fn draw_blink(&self, ui: &egui::Ui, painter: &Painter, mosaic: &Mosaic, level: u32) {
        let Some(links) = self.tab.links.as_ref().filter(|links| links.blinks && links.shown) else { return };
        let ends = links.chosen.and_then(|number| links.found.placements(number, mosaic));
        let Some(mut ends) = ends else { return };
        if blinks(ui) {
            ends.reverse();
        }
        for end in ends {
            self.draw_picture(painter, &self.picture_of(end), level);
        }
    }
}

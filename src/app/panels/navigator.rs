//! The navigator: a map of the whole with the outline of the view and the viewed area.

use egui::{Color32, Sense, Shape, Stroke};

use crate::app::theme::palette;
use crate::app::{App, Toggle, View, ViewChange, ViewCommand, WindowCommand};
use crate::mosaic::{Mosaic, Placement};

/// At most so many images are drawn one by one.
const MOST: usize = 2000;

impl App {
    /// The map, as wide as there is room, in the panel or on the picture.
    pub(super) fn minimap_ui(&self, ui: &mut egui::Ui, highest: f32) {
        let bounds = self.documents().tab.scene.bounds();
        let width = ui.available_width();
        let ratio = bounds.height().max(1) as f32 / bounds.width().max(1) as f32;
        let size = egui::vec2(width, (width * ratio).clamp(60.0, highest));
        let (response, painter) = ui.allocate_painter(size, Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Map"));
        painter.rect_filled(response.rect, 4.0, palette(ui).canvas);
        if self.mosaic().placements.is_empty() {
            return;
        }
        let inner = response.rect.shrink(2.0);
        let map = View::fit(bounds, inner.size() / 0.94);
        self.draw_overview(&painter, inner, map);
        if self.preferences().settings.is_on(Toggle::Visited) {
            self.draw_visited(&painter, map.ui_from_rect(inner, bounds));
        }
        self.draw_view(&painter, inner, map, palette(ui).accent);
        let Some(position) = response.interact_pointer_pos() else { return };
        let center = map.canvas_from_ui(inner, position);
        if response.dragged() {
            self.ask(ViewCommand::CenterOn(center));
        } else if response.clicked() {
            self.ask(ViewCommand::Change(ViewChange::At(View { center, ..self.heading() })));
        }
    }

    /// The navigator over the image, while there are no panels.
    pub(super) fn floating_map_ui(&self, ui: &egui::Ui) {
        let corner = self.documents().tab.screen.right_bottom() - egui::vec2(16.0, 16.0);
        egui::Area::new(egui::Id::unique("floating map"))
            .pivot(egui::Align2::RIGHT_BOTTOM)
            .fixed_pos(corner)
            .order(egui::Order::Middle)
            .show(ui.ctx(), |ui| {
                egui::Frame::popup(ui.style()).inner_margin(egui::Margin::same(6)).show(ui, |ui| {
                    ui.set_width(190.0);
                    self.minimap_ui(ui, 170.0);
                });
            });
    }

    /// How much has been viewed, and a way to reset it.
    pub(super) fn visited_ui(&self, ui: &mut egui::Ui) {
        if !self.preferences().settings.is_on(Toggle::Visited) || self.mosaic().placements.is_empty() {
            return;
        }
        let part = self.documents().tab.nav.visited.part() * 100.0;
        ui.horizontal(|ui| {
            ui.label(egui::RichText::new(format!("{part:.0} % viewed")).small().color(palette(ui).weak));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let reset = ui.small_button("Reset");
                reset.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Reset viewed areas"));
                if reset.on_hover_text("Forget which areas have been viewed").clicked() {
                    self.ask(WindowCommand::ResetVisited);
                }
            });
        });
    }

    /// The outline of the view, rotated like it.
    fn draw_view(&self, painter: &egui::Painter, inner: egui::Rect, map: View, accent: Color32) {
        let (view, screen) = (self.documents().tab.view, self.documents().tab.screen);
        let corners = [screen.left_top(), screen.right_top(), screen.right_bottom(), screen.left_bottom()];
        let outline = corners.map(|corner| map.ui_from_canvas(inner, view.canvas_from_ui(screen, corner)));
        let around = egui::Rect::from_points(&outline);
        // A view of a few pixels would be invisible on the map.
        if around.width().max(around.height()) < 5.0 {
            painter.circle_stroke(around.center(), 4.0, Stroke::new(1.5, accent));
            return;
        }
        let fill = accent.gamma_multiply(0.12);
        painter.add(Shape::convex_polygon(outline.to_vec(), fill, Stroke::new(1.5, accent)));
        if !view.is_upright() {
            // The upper edge of the screen.
            painter.line_segment([outline[0], outline[1]], Stroke::new(3.0, accent));
        }
    }

    fn draw_visited(&self, painter: &egui::Painter, place: egui::Rect) {
        if let Some((_, texture)) = &self.documents().tab.nav.veil {
            let whole = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
            painter.image(texture.id(), place, whole, Color32::WHITE);
        }
    }

    /// Every placement as a small picture, from whatever textures there are.
    fn draw_overview(&self, painter: &egui::Painter, screen: egui::Rect, map: View) {
        let whole = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
        let pane = self.pane();
        if let Some((texture, rect)) = pane.canvas_texture() {
            let place = map.ui_from_rect(screen, rect);
            painter.with_clip_rect(screen).image(texture, place, whole, Color32::WHITE);
            return;
        }
        for placement in sample(self.mosaic()).into_iter().filter(|placement| placement.visible) {
            let rect = map.ui_from_rect(screen, placement.rect());
            let rect = egui::Rect::from_center_size(rect.center(), rect.size().max(egui::Vec2::splat(1.0)));
            match pane.coarse_texture(placement) {
                Some(texture) => {
                    painter.image(texture, rect, whole, Color32::WHITE);
                }
                None => {
                    painter.rect_filled(rect, 0.0, Color32::from_gray(90).gamma_multiply(0.6));
                }
            }
        }
    }
}

/// All in painting order, or about [`MOST`] spread evenly over all: walking 360,000 would take longer than a frame may.
fn sample(mosaic: &Mosaic) -> Vec<&Placement> {
    let ids = mosaic.placements.ids();
    if ids.len() <= MOST {
        return mosaic.placements.iter().collect();
    }
    let numbers = (0..ids.len()).step_by(ids.len().div_ceil(MOST));
    numbers.filter_map(|number| mosaic.placement(ids.nth(number)?)).collect()
}

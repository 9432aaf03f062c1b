//! Draws the regions of interest: few one by one, very many as one picture; what is selected, and what is dragged, over them.

use egui::{Align2, Color32, Stroke, StrokeKind};

use super::{CanvasPainter, Pane};
use crate::app::regions::DEFAULT_COLOR;
use crate::app::tools::{Preview, paint_handles};
use crate::mosaic::Region;
use crate::region::Geometry;

/// A region narrower than this on the screen, in points, has no name on it.
const NAMED: f32 = 60.0;
/// The most selected regions that are drawn over a picture.
const MOST_SELECTED: usize = 200;
/// Vertices of the selected region are shown where they are as far apart on average, in points.
const APART: f64 = 7.0;
/// Points along the side of a vertex's handle.
const VERTEX: f32 = 6.0;

impl Pane<'_> {
    pub(in crate::app) fn draw_regions(&self, painter: &CanvasPainter<'_>) {
        let (regions, preview) = (&self.tab.history.now().regions, self.preview());
        let selected = &self.tab.selection.regions;
        let visible = self.tab.view.visible(self.tab.screen);
        let layer = &self.tab.region_layer;
        if layer.is_crowded() {
            layer.draw(painter.painter, self.tab.view, self.tab.screen);
            if selected.len() <= MOST_SELECTED {
                let on_top = selected.iter().filter_map(|id| regions.get(*id)).filter(|region| !region.hidden);
                let still = on_top.filter(|region| !is_dragged(&preview, region));
                still.for_each(|region| painter.region(region, &region.geometry, true));
            }
        } else {
            // Areas of points and labels are larger than what they name.
            let near = visible.expand((16.0 / self.tab.view.zoom).ceil() as i64);
            let shown = regions.touching(near).filter(|region| !region.hidden && !is_dragged(&preview, region));
            for region in shown {
                painter.region(region, &region.geometry, selected.contains(&region.id));
            }
        }
        self.draw_dragged_regions(painter, &preview);
        if !matches!(preview, Preview::Regions(..)) {
            self.draw_grips(painter, &preview);
        }
        for found in self.tab.detecting.found() {
            painter.shape(&found.geometry, Stroke::new(3.0, Color32::from_black_alpha(90)));
            painter.shape(&found.geometry, Stroke::new(1.6, painter.colors.good));
        }
    }

    /// What is dragged, where it is by now. It may come into view from somewhere else.
    fn draw_dragged_regions(&self, painter: &CanvasPainter<'_>, preview: &Preview<'_>) {
        let regions = &self.tab.history.now().regions;
        match preview {
            Preview::Region(id, shape) => {
                if let Some(region) = regions.get(*id) {
                    painter.region(region, shape, true);
                }
            }
            Preview::Regions(ids, by) if ids.len() <= MOST_SELECTED => {
                for region in ids.iter().filter_map(|id| regions.get(*id)).filter(|region| !region.hidden) {
                    let shape = if region.locked { region.geometry.clone() } else { region.geometry.transformed(*by) };
                    painter.region(region, &shape, true);
                }
            }
            Preview::Regions(..) => {
                if let Some(frame) = self.tab.region_frame()
                    && let Preview::Regions(_, by) = preview
                {
                    painter.polygon(frame.transformed(*by), Stroke::new(1.5, painter.colors.accent));
                }
            }
            _ => {}
        }
    }

    /// Handles and vertices of what is selected.
    fn draw_grips(&self, painter: &CanvasPainter<'_>, preview: &Preview<'_>) {
        let single = self.tab.single_region().filter(|region| !region.hidden && !region.locked);
        if let Some(frame) = self.tab.region_frame().filter(|frame| !frame.is_locked) {
            let framed = single.is_none_or(|region| {
                region.geometry.is_area()
                    || matches!(region.geometry, Geometry::Polyline(_) | Geometry::MultiPolyline(_))
            });
            if framed && !matches!(preview, Preview::Region(..)) {
                paint_handles(painter, frame.corners, true);
            }
        }
        let Some(region) = single else { return };
        let shape = match preview {
            Preview::Region(id, shape) if *id == region.id => shape,
            _ => &region.geometry,
        };
        let bounds = shape.bounds();
        let around = 2.0 * (bounds.width() + bounds.height()) * self.tab.view.zoom;
        let mut count = 0;
        shape.each_vertex(|_, _| count += 1);
        if !matches!(shape, Geometry::Points(_)) && around < APART * f64::from(count) {
            return;
        }
        let visible = self.tab.screen.expand(VERTEX);
        shape.each_vertex(|_, vertex| {
            let at = painter.ui_from_canvas(vertex);
            if visible.contains(at) {
                let square = egui::Rect::from_center_size(at, egui::vec2(VERTEX, VERTEX));
                let stroke = Stroke::new(1.2, painter.colors.accent);
                painter.painter.rect(square, 1.0, Color32::WHITE, stroke, StrokeKind::Middle);
            }
        });
    }
}

/// Whether a region is drawn elsewhere, because it is dragged.
fn is_dragged(preview: &Preview<'_>, region: &Region) -> bool {
    match preview {
        Preview::Region(id, _) => *id == region.id,
        Preview::Regions(ids, _) => ids.contains(&region.id),
        _ => false,
    }
}

impl CanvasPainter<'_> {
    /// A region of this shape, with its name.
    fn region(&self, region: &Region, shape: &Geometry, selected: bool) {
        let own = region.shown_color().map_or(DEFAULT_COLOR, |[r, g, b]| Color32::from_rgb(r, g, b));
        let color = if selected { self.colors.accent } else { own };
        let bounds = shape.bounds();
        let shown = self.view.ui_from_rect(self.screen, bounds.pixels());
        if !shown.expand(16.0).intersects(self.screen) {
            return;
        }
        if let Geometry::Text { at, text } = shape {
            let at = self.ui_from_canvas(*at);
            self.painter.circle_filled(at, 3.0, color);
            return self.label(at + egui::vec2(6.0, 0.0), Align2::LEFT_CENTER, text);
        }
        if shown.width().max(shown.height()) < 3.0 && shape.is_area() {
            self.painter.rect_filled(shown.expand(0.5), 0.0, color);
            return;
        }
        if matches!(shape, Geometry::Rectangle(_) | Geometry::RotatedRectangle { .. } | Geometry::Ellipse { .. }) {
            let corners = shape.polygons().first().map(|polygon| polygon.exterior.clone()).unwrap_or_default();
            let corners = corners.iter().map(|&corner| self.ui_from_canvas(corner)).collect();
            self.painter.add(egui::Shape::convex_polygon(corners, color.gamma_multiply(0.08), Stroke::NONE));
        }
        self.shape(shape, Stroke::new(3.0, Color32::from_black_alpha(90)));
        self.shape(shape, Stroke::new(if selected { 2.0 } else { 1.6 }, color));
        let is_line = !shape.is_area() && !matches!(shape, Geometry::Points(_));
        if shown.width() > NAMED || is_line && shown.height() > NAMED {
            let at = match shape {
                Geometry::Line([from, to]) => self.ui_from_canvas(*from).lerp(self.ui_from_canvas(*to), 0.5),
                Geometry::Angle([_, vertex, _]) => self.ui_from_canvas(*vertex),
                _ => shown.left_top().max(self.screen.left_top()),
            };
            self.label(
                at + egui::vec2(6.0, 6.0),
                Align2::LEFT_TOP,
                &format!("{}  {}", region.title(), self.size_text(shape)),
            );
        }
    }
}

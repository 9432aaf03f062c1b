//! [`RegionLayer`]: very many regions as one picture, painted in the background; few are drawn one by one and need none.

use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError};
use egui::{Color32, ColorImage, TextureHandle, TextureOptions};

use super::ChosenRegions;
use super::picture::paint;
use crate::app::View;
use crate::app::scene::in_background;
use crate::geometry::{Point, Rect};
use crate::mosaic::Regions;
use crate::region::Roi;

/// The most regions that are drawn one by one, and the most vertices of all.
const MOST_REGIONS: usize = 400;
const MOST_VERTICES: usize = 20_000;
/// The part of the view that a picture reaches beyond it on each side.
const MARGIN: f64 = 0.25;
/// The most pixels along a side of a picture: what any graphics card takes.
const LONGEST: f64 = 4096.0;
/// A picture is enlarged or reduced by no more than this before another is made, while the view moves.
const STRETCH: f64 = 1.5;

/// Regions that have no color, nor their class.
pub(in crate::app) const DEFAULT_COLOR: Color32 =
    Color32::from_rgb(Roi::DEFAULT_COLOR[0], Roi::DEFAULT_COLOR[1], Roi::DEFAULT_COLOR[2]);

/// The picture of many regions.
#[derive(Default)]
pub(in crate::app) struct RegionLayer {
    shown: Option<Shown>,
    making: Option<(Wanted, Receiver<ColorImage>)>,
    /// Whether there are so many in view that a picture is drawn.
    is_crowded: bool,
    /// The view of the last frame.
    last: Option<View>,
}

/// What a picture is of.
#[derive(Clone)]
struct Wanted {
    regions: Regions,
    selected: ChosenRegions,
    accent: Color32,
    /// The part of the canvas.
    area: Rect,
    /// Pixels of the picture for each of the canvas.
    scale: f64,
}

struct Shown {
    of: Wanted,
    texture: TextureHandle,
}

impl RegionLayer {
    /// Follow the document and the view: has a picture made where one is needed.
    pub(in crate::app) fn follow(
        &mut self,
        regions: &Regions,
        selected: &ChosenRegions,
        view: View,
        screen: egui::Rect,
        accent: Color32,
        context: &egui::Context,
    ) {
        let visible = view.visible(screen);
        self.is_crowded = is_many(regions, visible);
        if !self.is_crowded {
            (self.shown, self.making) = (None, None);
            return;
        }
        self.receive(context);
        let moves = self.last.replace(view) != Some(view);
        if moves && self.shown.is_some() {
            // Once it stands still, a sharp one is made.
            context.request_repaint();
        }
        let scale = view.zoom * f64::from(context.pixels_per_point()).min(2.0);
        let fits = self.shown.as_ref().is_some_and(|Shown { of, .. }| {
            let stretch = (scale / of.scale).max(of.scale / scale);
            let is_sharp = if moves { stretch < STRETCH } else { stretch < 1.0 + 1e-6 };
            let is_same = of.regions.is_same(regions) && Arc::ptr_eq(&of.selected, selected) && of.accent == accent;
            is_same && is_sharp && of.area.contains(visible)
        });
        if fits || self.making.is_some() {
            return;
        }
        let longest = visible.width().max(visible.height());
        let area = visible.expand((longest as f64 * MARGIN).ceil() as i64);
        let scale = scale.min(LONGEST / area.width().max(area.height()).max(1) as f64);
        let wanted = Wanted { regions: regions.clone(), selected: Arc::clone(selected), accent, area, scale };
        let asked = wanted.clone();
        let made = in_background(context, move || {
            paint(&asked.regions, asked.area, asked.scale, |region| {
                if asked.selected.contains(&region.id) { asked.accent } else { color_of(region.shown_color()) }
            })
        });
        self.making = made.map(|made| (wanted, made));
    }

    fn receive(&mut self, context: &egui::Context) {
        let Some((_, made)) = &self.making else { return };
        match made.try_recv() {
            Err(TryRecvError::Empty) => {}
            // Its thread panicked.
            Err(TryRecvError::Disconnected) => self.making = None,
            Ok(image) => {
                let texture = context.load_texture("regions", image, TextureOptions::LINEAR);
                self.shown = self.making.take().map(|(of, _)| Shown { of, texture });
            }
        }
    }

    /// Whether a picture is drawn, and not each region.
    pub(in crate::app) fn is_crowded(&self) -> bool {
        self.is_crowded
    }

    /// Whether the picture is that of the document, or none is needed.
    pub(in crate::app) fn is_current(&self, regions: &Regions) -> bool {
        !self.is_crowded
            || self.making.is_none() && self.shown.as_ref().is_some_and(|it| it.of.regions.is_same(regions))
    }

    /// Draws the picture.
    pub(in crate::app) fn draw(&self, painter: &egui::Painter, view: View, screen: egui::Rect) {
        let Some(Shown { of, texture }) = &self.shown else { return };
        let [a, b, c, d] = view.corners(screen, of.area);
        let mut mesh = egui::Mesh::with_texture(texture.id());
        for (pos, uv) in [(a, (0.0, 0.0)), (b, (1.0, 0.0)), (c, (1.0, 1.0)), (d, (0.0, 1.0))] {
            mesh.vertices.push(egui::epaint::Vertex { pos, uv: uv.into(), color: Color32::WHITE });
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(0, 2, 3);
        painter.add(mesh);
    }
}

/// The color of what has this one.
pub(super) fn color_of(color: Option<[u8; 3]>) -> Color32 {
    color.map_or(DEFAULT_COLOR, |[r, g, b]| Color32::from_rgb(r, g, b))
}

/// Whether there are too many in `visible`, or too many vertices, to be drawn one by one.
fn is_many(regions: &Regions, visible: Rect) -> bool {
    if regions.is_crowded(visible, MOST_REGIONS) {
        return true;
    }
    let mut vertices = 0;
    for region in regions.touching(visible) {
        region.geometry.each_vertex(|_, _: Point| vertices += 1);
        if vertices > MOST_VERTICES {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mosaic::{Edit, Mosaic, RegionEdit};
    use crate::region::Geometry;

    #[test]
    fn many_regions_or_vertices_are_crowded() {
        let mut mosaic = Mosaic::default();
        let square = |n: usize| Roi::new(Geometry::rectangle(n as f64 * 10.0, 0.0, 5.0, 5.0));
        mosaic.apply(&Edit::Region(RegionEdit::Add((0..500).map(square).collect())));
        assert!(is_many(&mosaic.regions, Rect::new(0, 0, 5000, 10)));
        assert!(!is_many(&mosaic.regions, Rect::new(0, 0, 3000, 10)));
        let round = Geometry::Ellipse { center: Point::new(0.0, 900.0), rx: 1e6, ry: 1e6, angle: 0.0 };
        let vertices = round.polygons()[0].exterior.repeat(20);
        mosaic.apply(&Edit::Region(RegionEdit::Add(vec![Roi::new(Geometry::polygon(vertices))])));
        assert!(is_many(&mosaic.regions, Rect::new(-10, 500, 10, 510)), "its bounds are everywhere");
    }
}

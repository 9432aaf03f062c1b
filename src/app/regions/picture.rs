//! Paints very many regions into a picture: lines of a pixel and a half, and dots for what is tiny.

use egui::{Color32, ColorImage};

use crate::geometry::{Point, Rect};
use crate::mosaic::{Region, Regions};

/// A region no larger than this in the picture, in pixels, is a dot.
const TINY: f64 = 3.0;
/// A region no larger than this is a box.
const SMALL: f64 = 6.0;
/// Pixels of the picture between two vertices that are both drawn.
const SPACING: f64 = 1.5;
/// Pixels across a single point.
const DOT: i32 = 2;

/// The visible regions in `area` of the canvas, at so many pixels for each of the canvas.
pub(super) fn paint(regions: &Regions, area: Rect, scale: f64, color: impl Fn(&Region) -> Color32) -> ColorImage {
    let side = |length: u64| ((length as f64 * scale).ceil() as usize).clamp(1, 8192);
    let (width, height) = (side(area.width()), side(area.height()));
    let mut canvas = Canvas { image: ColorImage::filled([width, height], Color32::TRANSPARENT), area, scale };
    for region in regions.touching(area).filter(|region| !region.hidden) {
        canvas.region(region, color(region));
    }
    canvas.image
}

struct Canvas {
    image: ColorImage,
    area: Rect,
    scale: f64,
}

impl Canvas {
    fn place(&self, point: Point) -> (f64, f64) {
        let along = |at: f64, from: i64| (at - from as f64) * self.scale;
        (along(point.x, self.area.x0), along(point.y, self.area.y0))
    }

    fn region(&mut self, region: &Region, color: Color32) {
        let bounds = region.geometry.bounds();
        let longest = bounds.width().max(bounds.height()) * self.scale;
        let [from, _, to, _] = bounds.corners().map(|corner| self.place(corner));
        if longest <= TINY {
            self.fill((from.0 as i32, from.1 as i32), (to.0 as i32 + 1, to.1 as i32 + 1), color);
            return;
        }
        if longest <= SMALL && region.geometry.is_area() {
            let corners = bounds.corners().map(|corner| self.place(corner));
            (0..4).for_each(|side| self.line(corners[side], corners[(side + 1) % 4], color));
            return;
        }
        region.geometry.each_path(|path, closed| self.path(path, closed, color));
        for &point in region.geometry.points() {
            let (x, y) = self.place(point);
            self.fill((x as i32 - DOT, y as i32 - DOT), (x as i32 + DOT, y as i32 + DOT), color);
        }
    }

    fn path(&mut self, path: &[Point], closed: bool, color: Color32) {
        let Some(&first) = path.first() else { return };
        let begin = self.place(first);
        let mut last = begin;
        for (index, &point) in path.iter().enumerate().skip(1) {
            let at = self.place(point);
            let is_far = (at.0 - last.0).abs() + (at.1 - last.1).abs() >= SPACING;
            if is_far || index + 1 == path.len() {
                self.line(last, at, color);
                last = at;
            }
        }
        if closed {
            self.line(last, begin, color);
        }
    }

    fn fill(&mut self, from: (i32, i32), to: (i32, i32), color: Color32) {
        let [width, height] = self.image.size;
        let (x0, x1) = (from.0.max(0), to.0.min(width as i32));
        for y in from.1.max(0)..to.1.min(height as i32) {
            for x in x0..x1 {
                self.image.pixels[y as usize * width + x as usize] = color;
            }
        }
    }

    /// A line of about a pixel and a half: along its longer way two pixels a step, each as much as the line is near.
    fn line(&mut self, from: (f64, f64), to: (f64, f64), color: Color32) {
        let [width, height] = self.image.size;
        let Some((from, to)) = clipped(from, to, (width as f64, height as f64)) else { return };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).ceil().max(1.0) as i32;
        for step in 0..=steps {
            let part = step as f64 / steps as f64;
            let (x, y) = (from.0 + dx * part, from.1 + dy * part);
            let across = if dx.abs() >= dy.abs() { y } else { x } - 0.5;
            let low = across.floor();
            for (offset, weight) in [(0.0, 1.0 - (across - low)), (1.0, across - low)] {
                let at = low + offset;
                let (x, y) = if dx.abs() >= dy.abs() { (x, at) } else { (at, y) };
                self.blend(x.floor() as i32, y.floor() as i32, color, (0.25 + weight).min(1.0));
            }
        }
    }

    fn blend(&mut self, x: i32, y: i32, color: Color32, weight: f64) {
        let [width, height] = self.image.size;
        if x < 0 || y < 0 || x >= width as i32 || y >= height as i32 {
            return;
        }
        let pixel = &mut self.image.pixels[y as usize * width + x as usize];
        let alpha = (weight * 255.0) as u8;
        if alpha >= pixel.a() {
            *pixel = Color32::from_rgba_unmultiplied(color.r(), color.g(), color.b(), alpha);
        }
    }
}

/// The part of a segment within a box from the origin, a little larger: long lines cost only what is visible of them.
fn clipped(from: (f64, f64), to: (f64, f64), size: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
    let (mut first, mut last) = (0.0f64, 1.0f64);
    for (from, step, high) in [(from.0, to.0 - from.0, size.0), (from.1, to.1 - from.1, size.1)] {
        let (low, high) = (-2.0, high + 2.0);
        if step == 0.0 {
            if from < low || from > high {
                return None;
            }
            continue;
        }
        let (a, b) = ((low - from) / step, (high - from) / step);
        (first, last) = (first.max(a.min(b)), last.min(a.max(b)));
    }
    // Not true for what is not a number, either.
    let at = |part: f64| (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
    (first <= last).then(|| (at(first), at(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mosaic::{Edit, Mosaic, RegionEdit};
    use crate::region::{Geometry, Roi};

    fn painted(shapes: Vec<Geometry>, scale: f64) -> ColorImage {
        let mut mosaic = Mosaic::default();
        mosaic.apply(&Edit::Region(RegionEdit::Add(shapes.into_iter().map(Roi::new).collect())));
        paint(&mosaic.regions, Rect::new(0, 0, 1000, 500), scale, |_| Color32::RED)
    }

    fn count(image: &ColorImage) -> usize {
        image.pixels.iter().filter(|pixel| pixel.a() > 60).count()
    }

    #[test]
    fn outlines_are_lines_and_tiny_regions_dots() {
        let square = Geometry::rectangle(100.0, 100.0, 200.0, 200.0);
        let image = painted(vec![square.clone()], 0.5);
        assert_eq!(image.size, [500, 250]);
        let outline = count(&image);
        assert!((400..=900).contains(&outline), "{outline}");
        assert_eq!(image.pixels[100 * 500 + 100].a(), 0, "the inside is clear");
        assert!((1..=9).contains(&count(&painted(vec![square], 0.005))));
    }

    #[test]
    fn far_away_lines_cost_nothing_and_show_nothing() {
        let far = Geometry::Line([Point::new(-1e12, -1e12), Point::new(-1e11, -5.0)]);
        let across = Geometry::Line([Point::new(-1e9, 250.0), Point::new(1e9, 250.0)]);
        assert_eq!(count(&painted(vec![far], 1.0)), 0);
        let line = count(&painted(vec![across], 1.0));
        assert!((900..=2100).contains(&line), "{line}");
    }
}

//! [`Visited`]: which parts of the canvas have been viewed, and how closely.

use egui::{Color32, ColorImage};

use super::View;
use crate::geometry::{Point, Rect};

/// Cells along the longer side of the canvas.
const CELLS: u64 = 96;
/// A screen pixel shows so many image pixels, as levels, where looking hardly counts.
const FAR: f64 = 6.0;

/// A coarse grid over the canvas with the best magnification at which each cell was in view.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Visited {
    bounds: Rect,
    columns: usize,
    /// 0 never, 255 at full size or more. Row by row.
    cells: Vec<u8>,
    /// Raised by each change.
    pub(super) revision: u64,
    drawn: Option<(View, egui::Rect)>,
}

impl Visited {
    /// `view` is on the screen, at rest. What is not `drawn` there has not been viewed.
    pub(super) fn record(
        &mut self,
        bounds: Rect,
        view: &View,
        screen: egui::Rect,
        pixels_per_point: f32,
        drawn: impl Fn(Point) -> bool,
    ) {
        if bounds.is_empty() || self.bounds == bounds && self.drawn == Some((*view, screen)) {
            return;
        }
        if self.bounds != bounds {
            let side = bounds.width().max(bounds.height()).div_ceil(CELLS).max(1);
            self.columns = bounds.width().div_ceil(side) as usize;
            let rows = bounds.height().div_ceil(side) as usize;
            (self.bounds, self.cells) = (bounds, vec![0; self.columns * rows]);
        }
        self.drawn = Some((*view, screen));
        let worth = worth(view.zoom * f64::from(pixels_per_point));
        let (columns, rows) = (self.columns, self.rows());
        let (across, down) = (bounds.width() as f64 / columns as f64, bounds.height() as f64 / rows as f64);
        // So close that no cell's middle is in view, the one looked into still counts.
        let inside = |at: f64, from: i64, size: f64, count: usize| {
            ((at - from as f64) / size).floor().clamp(0.0, count as f64 - 1.0) as usize
        };
        let under = bounds.contains_pixel(view.center.x.floor() as i64, view.center.y.floor() as i64).then(|| {
            inside(view.center.y, bounds.y0, down, rows) * columns + inside(view.center.x, bounds.x0, across, columns)
        });
        for (index, cell) in self.cells.iter_mut().enumerate().filter(|(_, cell)| **cell < worth) {
            let (column, row) = (index % columns, index / columns);
            let middle = Point::new(
                bounds.x0 as f64 + (column as f64 + 0.5) * across,
                bounds.y0 as f64 + (row as f64 + 0.5) * down,
            );
            let is_seen = under == Some(index) || screen.contains(view.ui_from_canvas(screen, middle));
            let looked_at = if under == Some(index) { view.center } else { middle };
            if is_seen && drawn(looked_at) {
                *cell = worth;
                self.revision += 1;
            }
        }
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        *self = Self { revision: self.revision + 1, ..Self::default() };
    }

    /// How closely the cell of a canvas point was viewed, 0 to 255.
    #[cfg(test)]
    fn at(&self, point: Point) -> u8 {
        let rows = self.rows();
        let column = (point.x - self.bounds.x0 as f64) / self.bounds.width() as f64 * self.columns as f64;
        let row = (point.y - self.bounds.y0 as f64) / self.bounds.height() as f64 * rows as f64;
        self.cells[row as usize * self.columns + column as usize]
    }

    /// The part of the canvas that has been viewed, 0 to 1.
    pub(super) fn part(&self) -> f64 {
        let viewed = self.cells.iter().filter(|&&cell| cell > 0).count();
        viewed as f64 / self.cells.len().max(1) as f64
    }

    /// A veil over the map, a pixel for each cell: the clearer, the closer it was viewed.
    pub(super) fn veil(&self, veil: Color32) -> Option<ColorImage> {
        if self.cells.is_empty() {
            return None;
        }
        let pixels = self.cells.iter().map(|&cell| veil.gamma_multiply(1.0 - f32::from(cell) / 255.0)).collect();
        Some(ColorImage::new([self.columns, self.rows()], pixels))
    }

    fn rows(&self) -> usize {
        self.cells.len() / self.columns.max(1)
    }
}

/// The value of viewing at a zoom (screen pixels per image pixel), 1 to 255.
fn worth(zoom: f64) -> u8 {
    (((zoom.log2() + FAR) / FAR).clamp(0.0, 1.0) * 254.0) as u8 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closely_viewed_areas_stay_viewed() {
        let bounds = Rect::new(-500, 0, 9500, 5000);
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(800.0, 600.0));
        let mut visited = Visited::default();
        let close = View { center: Point::new(1000.0, 1000.0), zoom: 1.0, ..View::default() };
        visited.record(bounds, &close, screen, 1.0, |_| true);
        assert_eq!(visited.at(Point::new(1000.0, 1000.0)), 255);
        assert_eq!(visited.at(Point::new(5000.0, 1000.0)), 0);
        let before = visited.revision;
        visited.record(bounds, &close, screen, 1.0, |_| true);
        assert_eq!(visited.revision, before, "nothing new to see");
        visited.record(bounds, &View::fit(bounds, screen.size()), screen, 1.0, |_| true);
        assert_eq!(visited.at(Point::new(1000.0, 1000.0)), 255, "from afar it stays what it was");
        let deep = View { center: Point::new(7001.0, 20.0), zoom: 30.0, ..View::default() };
        visited.record(bounds, &deep, screen, 1.0, |_| true);
        assert_eq!(visited.at(deep.center), 255, "within one cell");
        let far = visited.at(Point::new(5000.0, 1000.0));
        assert!((1..200).contains(&far), "{far}");
        assert!((visited.part() - 1.0).abs() < 1e-9);
        let mut unread = Visited::default();
        unread.record(bounds, &View::fit(bounds, screen.size()), screen, 1.0, |at| at.x < 4500.0);
        assert!((unread.part() - 0.5).abs() < 0.02, "what cannot be read is not viewed: {}", unread.part());
        let veil = visited.veil(Color32::BLACK).unwrap();
        assert_eq!(veil.size, [96, 48]);
        visited.forget();
        assert!(visited.veil(Color32::BLACK).is_none());
    }
}

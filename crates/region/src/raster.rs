//! [`Raster`]: regions to pixels, row by row, any rectangle of any size by itself.
//!
//! A pixel belongs to a region if its center does (even-odd rule; a center on an edge belongs to the region on the right or
//! below), as in rasterio and PostScript. So neighbors that share an edge share no pixel, and a part rasterized alone equals
//! that part of the whole.

use crate::core_geometry::{Point, Rect};
use crate::index::BoundsIndex;
use mosaicist_shape::{Bounds, Geometry, Polygon};

/// The number of a region in a mask or label image.
pub trait Label: Copy + Send {
    /// `label` in this type; what is too large becomes the largest value.
    fn of(label: u32) -> Self;
}

macro_rules! labels {
    ($($t:ty),*) => {$(
        impl Label for $t {
            fn of(label: u32) -> Self {
                Self::try_from(label).unwrap_or(Self::MAX)
            }
        }
    )*};
}
labels!(u8, u16, u32);

/// A rectangle of labels in memory, row by row; 0 is no region.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask<T> {
    pub rect: Rect,
    pub labels: Vec<T>,
}

/// Regions to be rasterized, each with its label, the later ones on top.
#[derive(Debug, Clone)]
pub struct Raster {
    shapes: Vec<(Geometry, u32)>,
    index: BoundsIndex,
    /// Pixels of the raster for one of the regions' coordinates.
    scale: (f64, f64),
}

/// One run of pixels of a region: `from..to` of row `y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub label: u32,
    pub y: i64,
    pub from: i64,
    pub to: i64,
}

impl Raster {
    /// At full resolution. What has no inside is left out.
    pub fn new<'a>(shapes: impl IntoIterator<Item = (&'a Geometry, u32)>) -> Self {
        Self::scaled(shapes, (1.0, 1.0))
    }

    /// At `scale` pixels of the raster for one of the coordinates, across and down: 0.5 for a level 2× downsampled.
    pub fn scaled<'a>(shapes: impl IntoIterator<Item = (&'a Geometry, u32)>, scale: (f64, f64)) -> Self {
        let areas = shapes.into_iter().filter(|(geometry, _)| geometry.is_area());
        let shapes: Vec<_> = areas.map(|(geometry, label)| (geometry.clone(), label)).collect();
        let bounds = shapes.iter().map(|(geometry, _)| {
            let b = geometry.bounds();
            Bounds { x0: b.x0 * scale.0, y0: b.y0 * scale.1, x1: b.x1 * scale.0, y1: b.y1 * scale.1 }
        });
        let index = BoundsIndex::new(bounds);
        Self { shapes, index, scale }
    }

    /// The number of regions in it.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// Whether any region may have a pixel in `rect`.
    pub fn touches(&self, rect: Rect) -> bool {
        self.index.unsorted(rect.into()).next().is_some()
    }

    /// Call `see` with each run of pixels inside `rect`: region by region in their order, rows downward, runs to the right.
    pub fn spans(&self, rect: Rect, mut see: impl FnMut(Span)) {
        if rect.is_empty() {
            return;
        }
        let mut rows = Rows::default();
        for index in self.index.touching(rect.into()) {
            let Some((geometry, label)) = self.shapes.get(index as usize) else { continue };
            for polygon in geometry.polygons().iter() {
                rows.spans(polygon, self.scale, rect, |y, from, to| see(Span { label: *label, y, from, to }));
            }
        }
    }

    /// The labels of `rect`. Takes its area times the size of a label.
    pub fn mask<T: Label>(&self, rect: Rect) -> Mask<T> {
        let mut mask = Mask { rect, labels: vec![T::of(0); rect.area() as usize] };
        self.paint(rect, &mut mask.labels);
        mask
    }

    /// Write the labels over those in `into`, the pixels of `rect` row by row. Other pixels stay as they are.
    pub fn paint<T: Label>(&self, rect: Rect, into: &mut [T]) {
        let width = rect.width() as usize;
        debug_assert_eq!(into.len() as u64, rect.area(), "one label for each pixel");
        self.spans(rect, |span| {
            let row = (span.y - rect.y0) as usize * width;
            let (from, to) = ((span.from - rect.x0) as usize, (span.to - rect.x0) as usize);
            if let Some(run) = into.get_mut(row + from..row + to) {
                run.fill(T::of(span.label));
            }
        });
    }

    /// The labels of `rect` in bands of `rows` rows from the top, one after the other in the same memory.
    pub fn bands<T: Label, E>(
        &self,
        rect: Rect,
        rows: u32,
        mut see: impl FnMut(Rect, &[T]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut labels = Vec::new();
        let mut y = rect.y0;
        while y < rect.y1 {
            let band = Rect::new(rect.x0, y, rect.x1, (y + i64::from(rows.max(1))).min(rect.y1));
            labels.clear();
            labels.resize(band.area() as usize, T::of(0));
            self.paint(band, &mut labels);
            see(band, &labels)?;
            y = band.y1;
        }
        Ok(())
    }
}

/// Where the edges of one polygon cross the centers of rows; the memory is used again for the next polygon.
#[derive(Default)]
struct Rows {
    /// Row and column of each crossing, as they are found.
    crossings: Vec<(u32, u32)>,
    /// How many crossings there are above each row.
    above: Vec<u32>,
    columns: Vec<u32>,
}

impl Rows {
    fn spans(&mut self, polygon: &Polygon, scale: (f64, f64), rect: Rect, mut see: impl FnMut(i64, i64, i64)) {
        let (first, count) = self.cross(polygon, scale, rect);
        self.sort(count);
        for row in 0..count {
            let (from, to) = (self.above[row] as usize, self.above[row + 1] as usize);
            let columns = &mut self.columns[from..to];
            if columns.len() > 1 {
                columns.sort_unstable();
            }
            for pair in columns.chunks_exact(2).filter(|pair| pair[0] < pair[1]) {
                see(first + row as i64, rect.x0 + i64::from(pair[0]), rect.x0 + i64::from(pair[1]));
            }
        }
    }

    /// Find the crossings within the rows of `rect`. Returns the first row that may have any, and the number of rows.
    fn cross(&mut self, polygon: &Polygon, scale: (f64, f64), rect: Rect) -> (i64, usize) {
        self.crossings.clear();
        let bounds = Bounds::of(polygon.exterior.iter().copied());
        // The first row whose center is not above y.
        let row_from = |y: f64| (y - 0.5).ceil().clamp(rect.y0 as f64, rect.y1 as f64) as i64;
        let (first, last) = (row_from(bounds.y0 * scale.1), row_from(bounds.y1 * scale.1));
        let (width, x0) = (rect.width() as f64, rect.x0 as f64 + 0.5);
        for ring in polygon.rings() {
            let Some(&end) = ring.last() else { continue };
            let mut a = Point::new(end.x * scale.0, end.y * scale.1);
            for vertex in ring.iter() {
                let b = Point::new(vertex.x * scale.0, vertex.y * scale.1);
                let (upper, lower) = if a.y < b.y { (a, b) } else { (b, a) };
                let (from, to) = (row_from(upper.y).max(first), row_from(lower.y).min(last));
                if from < to {
                    let slope = (lower.x - upper.x) / (lower.y - upper.y);
                    // Each row by itself, not by adding up: a part equals that part of the whole.
                    let base = upper.x - x0 - (upper.y - 0.5) * slope;
                    let columns = (from..to).map(|row| {
                        let x = base + row as f64 * slope;
                        ((row - first) as u32, x.ceil().clamp(0.0, width) as u32)
                    });
                    self.crossings.extend(columns);
                }
                a = b;
            }
        }
        (first, usize::try_from(last - first).unwrap_or(0))
    }

    /// Sort the crossings by row.
    fn sort(&mut self, count: usize) {
        self.above.clear();
        self.above.resize(count + 2, 0);
        for (row, _) in &self.crossings {
            self.above[*row as usize + 2] += 1;
        }
        for row in 2..count + 2 {
            self.above[row] += self.above[row - 1];
        }
        self.columns.clear();
        self.columns.resize(self.crossings.len(), 0);
        for &(row, column) in &self.crossings {
            let place = &mut self.above[row as usize + 1];
            self.columns[*place as usize] = column;
            *place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area<T: Label + PartialEq>(mask: &Mask<T>, label: u32) -> usize {
        mask.labels.iter().filter(|&&found| found == T::of(label)).count()
    }

    #[test]
    fn a_rectangle_covers_its_pixels() {
        let shape = Geometry::rectangle(2.0, 3.0, 4.0, 5.0);
        let mask = Raster::new([(&shape, 7)]).mask::<u8>(Rect::new(0, 0, 10, 10));
        assert_eq!(area(&mask, 7), 20);
        assert_eq!((mask.labels[3 * 10 + 2], mask.labels[3 * 10 + 1], mask.labels[2 * 10 + 2]), (7, 0, 0));
    }

    #[test]
    fn neighbors_share_no_pixel() {
        let triangle = |a, b, c| Geometry::polygon([a, b, c].map(Point::from));
        let (one, two) =
            (triangle((0.0, 0.0), (31.0, 0.0), (0.0, 17.0)), triangle((31.0, 17.0), (31.0, 0.0), (0.0, 17.0)));
        let rect = Rect::new(0, 0, 40, 20);
        let count = |shape: &Geometry| area(&Raster::new([(shape, 1)]).mask::<u8>(rect), 1);
        let both = Raster::new([(&one, 1), (&two, 1)]).mask::<u16>(rect);
        assert_eq!(count(&one) + count(&two), 31 * 17);
        assert_eq!(area(&both, 1), 31 * 17);
    }

    #[test]
    fn parts_equal_the_whole() {
        let shape = Geometry::Ellipse { center: Point::new(50.3, 40.7), rx: 37.2, ry: 21.9, angle: 0.6 };
        let raster = Raster::scaled([(&shape, 3)], (0.7, 1.3));
        let whole = raster.mask::<u32>(Rect::new(-5, -5, 100, 100));
        let mut rows = Vec::new();
        raster
            .bands::<u32, ()>(Rect::new(-5, -5, 100, 100), 7, |_, labels| {
                rows.extend_from_slice(labels);
                Ok(())
            })
            .unwrap();
        assert_eq!(rows, whole.labels);
        let part = raster.mask::<u32>(Rect::new(20, 30, 60, 61));
        let cut = (30..61).flat_map(|y| (20..60).map(move |x| (y + 5) * 105 + x + 5));
        assert_eq!(part.labels, cut.map(|at: i64| whole.labels[at as usize]).collect::<Vec<_>>());
    }

    #[test]
    fn wild_coordinates_do_no_harm() {
        let wild = [(f64::NAN, 1.0), (1e300, -1e300), (f64::INFINITY, 5.0), (3.0, 3.0)].map(Point::from);
        let shape = Geometry::polygon(wild);
        let mask = Raster::new([(&shape, 1)]).mask::<u8>(Rect::new(0, 0, 8, 8));
        assert_eq!(mask.labels.len(), 64);
    }
}

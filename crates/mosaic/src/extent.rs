//! [`Extent`]: an upright box on the canvas whose sides may lie between pixels.

use crate::geometry::{Point, Rect};

/// From `min` to `max`, in canvas pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    pub min: Point,
    pub max: Point,
}

impl From<Rect> for Extent {
    fn from(rect: Rect) -> Self {
        Self { min: Point::new(rect.x0 as f64, rect.y0 as f64), max: Point::new(rect.x1 as f64, rect.y1 as f64) }
    }
}

impl Extent {
    /// The smallest one around all of these points, of which there must be one.
    pub fn around(points: impl IntoIterator<Item = Point>) -> Self {
        let far = Point::new(f64::INFINITY, f64::INFINITY);
        let none = Self { min: far, max: Point::new(-far.x, -far.y) };
        points.into_iter().fold(none, |all, at| all.union(Self { min: at, max: at }))
    }

    /// The smallest one around both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            min: Point::new(self.min.x.min(other.min.x), self.min.y.min(other.min.y)),
            max: Point::new(self.max.x.max(other.max.x), self.max.y.max(other.max.y)),
        }
    }

    /// The same elsewhere.
    #[must_use]
    pub fn translate(self, by: Point) -> Self {
        Self { min: self.min + by, max: self.max + by }
    }

    pub fn width(self) -> f64 {
        self.max.x - self.min.x
    }

    pub fn height(self) -> f64 {
        self.max.y - self.min.y
    }

    pub fn middle(self) -> Point {
        Point::new(f64::midpoint(self.min.x, self.max.x), f64::midpoint(self.min.y, self.max.y))
    }

    /// The smallest rectangle of whole pixels around it.
    pub fn rect(self) -> Rect {
        let (min, max) = (self.min, self.max);
        Rect::new(min.x.floor() as i64, min.y.floor() as i64, max.x.ceil() as i64, max.y.ceil() as i64)
    }
}

//! Coordinates of a stage or a file to canvas pixels: units, swapped and flipped axes.

use serde::{Deserialize, Serialize};

use crate::geometry::{Point, Size};
use crate::{Error, Result};

/// What positions are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unit {
    /// Pixels of the tiles.
    #[default]
    #[serde(rename = "px")]
    Pixel,
    #[serde(rename = "um")]
    Micrometer,
}

/// How stage axes map to the canvas (x right, y down). Axes are swapped before they are flipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Axes {
    /// The stage's x is the canvas's y.
    pub swap: bool,
    /// The canvas's x runs against the stage's.
    pub flip_x: bool,
    /// The canvas's y runs against the stage's.
    pub flip_y: bool,
}

impl Axes {
    /// Whether the axes are the canvas's own.
    pub fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// Canvas positions (px) of tiles whose upper left corners lie at `points` in `unit`. `pixel_size` is in µm, across and
    /// down.
    ///
    /// Pixel positions with unchanged axes are returned unchanged; others are moved so that the least x and y are 0. Fails without the
    /// pixel size that `unit` needs.
    pub fn to_canvas(
        self,
        points: &[(f64, f64)],
        sizes: &[Size],
        unit: Unit,
        pixel_size: Option<(f64, f64)>,
    ) -> Result<Vec<Point>> {
        let usable = |side: f64| side.is_finite() && side > 0.0;
        let scale = match (unit, pixel_size) {
            (Unit::Pixel, _) => (1.0, 1.0),
            (Unit::Micrometer, Some((x, y))) if usable(x) && usable(y) => (x, y),
            (Unit::Micrometer, _) => {
                return Err(Error::invalid("positions in µm need the size of a pixel, which the tiles don't tell"));
            }
        };
        let place = |(point, size): (&(f64, f64), &Size)| {
            let (x, y) = if self.swap { (point.1, point.0) } else { *point };
            let (x, y) = (x / scale.0, y / scale.1);
            let mirrored = |at: f64, side: u32| -at - f64::from(side);
            let x = if self.flip_x { mirrored(x, size.width) } else { x };
            let y = if self.flip_y { mirrored(y, size.height) } else { y };
            Point::new(x, y)
        };
        let mut placed: Vec<Point> = points.iter().zip(sizes).map(place).collect();
        if placed.iter().any(|point| !(point.x.is_finite() && point.y.is_finite())) {
            return Err(Error::invalid("a position that is no number"));
        }
        if !(self.is_plain() && unit == Unit::Pixel) {
            let least = |of: fn(&Point) -> f64| placed.iter().map(of).fold(f64::INFINITY, f64::min);
            let origin = Point::new(least(|point| point.x), least(|point| point.y));
            placed.iter_mut().for_each(|point| *point = *point - origin);
        }
        Ok(placed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_turned_to_the_canvas() {
        let sizes = [Size::new(10, 20), Size::new(10, 20), Size::new(30, 20)];
        let points = [(1000.0, 500.0), (1004.0, 500.0), (1004.0, 510.0)];
        let place = |axes: Axes| {
            let placed = axes.to_canvas(&points, &sizes, Unit::Micrometer, Some((0.5, 0.25))).unwrap();
            placed.into_iter().map(<(f64, f64)>::from).collect::<Vec<_>>()
        };
        assert_eq!(place(Axes::default()), [(0.0, 0.0), (8.0, 0.0), (8.0, 40.0)]);
        let flipped = Axes { flip_x: true, ..Axes::default() };
        assert_eq!(place(flipped), [(28.0, 0.0), (20.0, 0.0), (0.0, 40.0)], "right edges are flipped to left ones");
        let swapped = Axes { swap: true, ..Axes::default() };
        assert_eq!(place(swapped), [(0.0, 0.0), (0.0, 16.0), (20.0, 16.0)]);
        let plain = Axes::default().to_canvas(&points, &sizes, Unit::Pixel, None).unwrap();
        assert_eq!(plain[0], Point::new(1000.0, 500.0), "pixels stay");
        assert!(Axes::default().to_canvas(&points, &sizes, Unit::Micrometer, None).is_err());
        assert!(Axes::default().to_canvas(&[(f64::NAN, 0.0)], &sizes, Unit::Pixel, None).is_err());
    }
}

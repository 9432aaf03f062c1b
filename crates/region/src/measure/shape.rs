//! Lengths, areas and angles.

use crate::core_geometry::{Affine, Point};
use mosaicist_shape::{Bounds, Geometry};

/// What a shape measures. Lengths and areas once in pixels and once in µm, where the size of a pixel is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapeMeasures {
    /// In pixels.
    pub bounds: Bounds,
    /// The centroid of the area, or the middle of the bounds of lines and points; in pixels.
    pub center: Point,
    pub area_px: Option<f64>,
    pub perimeter_px: Option<f64>,
    /// Of lines.
    pub length_px: Option<f64>,
    pub area_um2: Option<f64>,
    pub perimeter_um: Option<f64>,
    pub length_um: Option<f64>,
    /// Of an angle: degrees, 0 to 180, with the pixels' true sides where they are known.
    pub angle_degrees: Option<f64>,
}

/// Measure `geometry`; `mpp` are the µm of a pixel across and down.
pub fn shape(geometry: &Geometry, mpp: Option<(f64, f64)>) -> ShapeMeasures {
    let is_line = !geometry.paths().is_empty();
    let physical = mpp.map(|(x, y)| geometry.transformed(Affine::scale(x, y)));
    let area = |geometry: &Geometry| geometry.is_area().then(|| geometry.area());
    let perimeter = |geometry: &Geometry| geometry.is_area().then(|| geometry.perimeter());
    let length = |geometry: &Geometry| is_line.then(|| geometry.length());
    let bounds = geometry.bounds();
    ShapeMeasures {
        bounds,
        center: centroid(geometry).unwrap_or_else(|| bounds.center()),
        area_px: area(geometry),
        perimeter_px: perimeter(geometry),
        length_px: length(geometry),
        area_um2: physical.as_ref().and_then(area),
        perimeter_um: physical.as_ref().and_then(perimeter),
        length_um: physical.as_ref().and_then(length),
        angle_degrees: physical.as_ref().unwrap_or(geometry).angle().map(f64::to_degrees),
    }
}

fn centroid(geometry: &Geometry) -> Option<Point> {
    use geo::Centroid as _;
    let centroid = crate::convert::to_multi(geometry).centroid()?;
    Some(Point::new(centroid.x(), centroid.y())).filter(|point| point.x.is_finite() && point.y.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn physical_measures_follow_both_sides_of_a_pixel() {
        let measured = shape(&Geometry::rectangle(10.0, 10.0, 4.0, 6.0), Some((0.5, 0.25)));
        assert_eq!((measured.area_px, measured.area_um2), (Some(24.0), Some(3.0)));
        assert_eq!((measured.perimeter_px, measured.perimeter_um), (Some(20.0), Some(7.0)));
        assert_eq!((measured.length_px, measured.center), (None, Point::new(12.0, 13.0)));
    }

    #[test]
    fn lines_have_a_length_and_no_area() {
        let line = Geometry::Polyline([(0.0, 0.0), (3.0, 4.0), (3.0, 5.0)].map(Point::from).into());
        let measured = shape(&line, Some((2.0, 2.0)));
        assert_eq!((measured.length_px, measured.length_um, measured.area_px), (Some(6.0), Some(12.0), None));
        let angle = Geometry::Angle([(4.0, 0.0), (0.0, 0.0), (0.0, 1.0)].map(Point::from));
        assert_eq!(shape(&angle, None).angle_degrees.map(f64::round), Some(90.0));
    }
}

//! [`Georeference`]: physical units of canvas pixels, and formatting of lengths and coordinates.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::geometry::Point;
use crate::source::{GeoTags, Info};

/// The unit of lengths and coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    #[default]
    Pixels,
    #[serde(alias = "micrometres")]
    Micrometers,
    /// Of the map that the image is a part of.
    Map,
}

/// Pixel size and map coordinates of an image.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Calibration {
    /// Micrometers per pixel, across and down.
    pub(super) mpp: Option<(f64, f64)>,
    pub(super) objective: Option<f64>,
    geo: Option<Arc<GeoTags>>,
    /// `m`, `ft` or `°`.
    map_unit: &'static str,
}

impl From<&Info> for Calibration {
    fn from(info: &Info) -> Self {
        let placed = info.geo.clone().filter(|geo| map_matrix(geo).is_some());
        let map_unit = match placed.as_ref().and_then(|geo| geo.key(3076).or_else(|| geo.key(2054))).as_deref() {
            Some("9002" | "9003") => "ft",
            Some("9102") => "°",
            Some("9101") => "rad",
            _ => "m",
        };
        let sensible = |&(x, y): &(f64, f64)| x.is_finite() && y.is_finite() && x > 0.0 && y > 0.0;
        Self { mpp: info.mpp.filter(sensible), objective: info.objective, geo: placed, map_unit }
    }
}

impl Calibration {
    /// `m`, `ft` or `°`.
    pub(super) const fn map_unit(&self) -> &'static str {
        self.map_unit
    }

    /// The same with another pixel size, in micrometers.
    pub(super) fn with_mpp(&self, mpp: (f64, f64)) -> Self {
        Self { mpp: Some(mpp), ..self.clone() }
    }
}

/// An image's calibration and where on the canvas its upper left corner lies.
#[derive(Debug, Clone, Default)]
pub(super) struct Georeference {
    pub(super) calibration: Arc<Calibration>,
    pub(super) origin: Point,
}

impl Georeference {
    /// The units that mean something here; the best one last.
    pub(super) fn units(&self) -> Vec<Unit> {
        let micrometers = self.calibration.mpp.map(|_| Unit::Micrometers);
        let map = self.calibration.geo.as_ref().map(|_| Unit::Map);
        [Some(Unit::Pixels), micrometers, map].into_iter().flatten().collect()
    }

    /// `wanted` where it means something, else the best there is.
    pub(super) fn unit(&self, wanted: Option<Unit>) -> Unit {
        let units = self.units();
        wanted.filter(|unit| units.contains(unit)).or_else(|| units.last().copied()).unwrap_or_default()
    }

    /// A canvas point in `unit`: from the canvas's origin in pixels, from the image's corner in micrometers, on the map.
    pub(super) fn coordinates(&self, unit: Unit, point: Point) -> Option<(f64, f64)> {
        let pixel = point - self.origin;
        match unit {
            Unit::Pixels => Some((point.x, point.y)),
            Unit::Micrometers => self.calibration.mpp.map(|(across, down)| (pixel.x * across, pixel.y * down)),
            Unit::Map => self.calibration.geo.as_ref()?.map_of_pixel(pixel.x, pixel.y),
        }
    }

    /// The canvas point of coordinates in `unit`.
    pub(super) fn canvas_point(&self, unit: Unit, (x, y): (f64, f64)) -> Option<Point> {
        let pixel = match unit {
            Unit::Pixels => return Some(Point::new(x, y)),
            Unit::Micrometers => self.calibration.mpp.map(|(across, down)| Point::new(x / across, y / down))?,
            Unit::Map => {
                let [a, b, c, d, e, f] = map_matrix(self.calibration.geo.as_ref()?)?;
                let (x, y, area) = (x - c, y - f, a * e - b * d);
                Point::new((e * x - b * y) / area, (a * y - d * x) / area)
            }
        };
        Some(self.origin + pixel)
    }

    /// How long a canvas pixel is, across, in `unit`.
    pub(super) fn pixel(&self, unit: Unit) -> f64 {
        match unit {
            Unit::Pixels => 1.0,
            Unit::Micrometers => self.calibration.mpp.map_or(1.0, |(across, _)| across),
            Unit::Map => {
                self.calibration.geo.as_deref().and_then(map_matrix).map_or(1.0, |[a, _, _, d, _, _]| a.hypot(d))
            }
        }
    }

    /// A length in `unit` with the prefix that makes it short.
    pub(super) fn length(&self, unit: Unit, value: f64) -> String {
        let (value, name) = match unit {
            Unit::Pixels => (value, " px"),
            Unit::Micrometers if value.abs() >= 10_000.0 * 1000.0 => (value / 1e7, " m"),
            Unit::Micrometers if value.abs() >= 1000.0 => (value / 1000.0, " mm"),
            Unit::Micrometers if value.abs() < 1.0 => (value * 1000.0, " nm"),
            Unit::Micrometers => (value, " µm"),
            Unit::Map => match self.calibration.map_unit {
                "m" if value.abs() >= 1000.0 => (value / 1000.0, " km"),
                "m" if value.abs() < 1.0 => (value * 100.0, " cm"),
                "m" => (value, " m"),
                "ft" => (value, " ft"),
                "rad" => (value, " rad"),
                _ => (value, "°"),
            },
        };
        format!("{}{name}", short(value))
    }

    /// A canvas point for the status line.
    pub(super) fn position(&self, unit: Unit, point: Point) -> Option<String> {
        let (x, y) = self.coordinates(unit, point)?;
        Some(match unit {
            Unit::Pixels => format!("x {:.0}  y {:.0}", x.floor(), y.floor()),
            Unit::Micrometers if x.abs().max(y.abs()) >= 1000.0 => format!("{:.3}, {:.3} mm", x / 1000.0, y / 1000.0),
            Unit::Micrometers => format!("{x:.2}, {y:.2} µm"),
            Unit::Map => match self.calibration.map_unit {
                "°" => format!("{x:.6}, {y:.6}°"),
                "rad" => format!("{x:.8}, {y:.8} rad"),
                name => format!("{x:.2}, {y:.2} {name}"),
            },
        })
    }

    /// The name of the unit.
    pub(super) fn name(&self, unit: Unit) -> String {
        match unit {
            Unit::Pixels => "Pixels".to_owned(),
            Unit::Micrometers => "Micrometers".to_owned(),
            Unit::Map => format!("Map units ({})", self.calibration.map_unit),
        }
    }
}

/// The longest of 1, 2 or 5 times a power of ten that is at most `longest`.
pub(super) fn round_length(longest: f64) -> f64 {
    let power = 10f64.powf(longest.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|n| n * power).find(|&n| n <= longest * (1.0 + 1e-9)).unwrap_or(power)
}

/// A number without needless digits.
fn short(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Map x = a·i + b·j + c, map y = d·i + e·j + f, for a pixel's corner (i, j).
fn map_matrix(geo: &GeoTags) -> Option<[f64; 6]> {
    let ((c, f), (x1, y1), (x2, y2)) =
        (geo.map_of_pixel(0.0, 0.0)?, geo.map_of_pixel(1.0, 0.0)?, geo.map_of_pixel(0.0, 1.0)?);
    let matrix = [x1 - c, x2 - c, c, y1 - f, y2 - f, f];
    let [a, b, _, d, e, _] = matrix;
    let area = a * e - b * d;
    (matrix.iter().all(|value| value.is_finite()) && area.abs() > 0.0).then_some(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::SampleType;

    fn georeference(change: impl FnOnce(&mut Info)) -> Georeference {
        let mut info = Info::plain("test", Size::new(100, 80), Size::new(100, 80), 1, SampleType::U8);
        change(&mut info);
        Georeference { calibration: Arc::new(Calibration::from(&info)), origin: Point::new(1000.0, -50.0) }
    }

    fn on_a_map(unit: u16) -> Georeference {
        georeference(|info| {
            info.geo = Some(Arc::new(GeoTags {
                pixel_scale: vec![2.0, 4.0, 0.0],
                tie_points: vec![0.0, 0.0, 0.0, 500_000.0, 4_000_000.0, 0.0],
                key_directory: vec![1, 1, 0, 1, 3076, 0, 1, unit],
                ..GeoTags::default()
            }));
        })
    }

    #[test]
    fn coordinates_go_there_and_back() {
        let slide = georeference(|info| info.mpp = Some((0.25, 0.5)));
        assert_eq!(slide.units(), [Unit::Pixels, Unit::Micrometers]);
        assert_eq!(slide.coordinates(Unit::Micrometers, Point::new(1010.0, -40.0)), Some((2.5, 5.0)));
        let map = on_a_map(9001);
        assert_eq!(map.coordinates(Unit::Map, Point::new(1010.0, -40.0)), Some((500_020.0, 3_999_960.0)));
        for (georeference, unit) in [(&slide, Unit::Micrometers), (&map, Unit::Map), (&map, Unit::Pixels)] {
            let point = Point::new(1033.5, 7.25);
            let back = georeference.canvas_point(unit, georeference.coordinates(unit, point).unwrap()).unwrap();
            assert!((back.x - point.x).abs() < 1e-6 && (back.y - point.y).abs() < 1e-6, "{unit:?}: {back:?}");
        }
        assert_eq!(slide.coordinates(Unit::Map, Point::default()), None);
        assert_eq!(slide.unit(Some(Unit::Map)), Unit::Micrometers, "what means nothing is not shown");
    }

    #[test]
    fn lengths_are_short() {
        let slide = georeference(|info| info.mpp = Some((0.25, 0.25)));
        let shown = [0.5, 2.0, 500.0, 2000.0, 5e7].map(|value| slide.length(Unit::Micrometers, value));
        assert_eq!(shown, ["500 nm", "2 µm", "500 µm", "2 mm", "5 m"]);
        assert_eq!(on_a_map(9001).length(Unit::Map, 2000.0), "2 km");
        assert_eq!(on_a_map(9102).length(Unit::Map, 0.005), "0.005°");
        let rounded = [0.9, 1.0, 4.9, 99.0, 700.0].map(|length| round_length(length).to_string());
        assert_eq!(rounded, ["0.5", "1", "2", "50", "500"]);
    }

    #[test]
    fn invalid_units_are_ignored() {
        let bad = georeference(|info| {
            info.mpp = Some((0.0, f64::NAN));
            let zeros = vec![0.0; 6];
            info.geo = Some(Arc::new(GeoTags { pixel_scale: zeros.clone(), tie_points: zeros, ..GeoTags::default() }));
        });
        assert_eq!(bad.units(), [Unit::Pixels]);
    }
}

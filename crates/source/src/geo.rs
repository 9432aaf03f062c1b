//! [`GeoTags`]: where on Earth an image lies, as GeoTIFF 1.1 (OGC 19-008) and GDAL write it.

use std::collections::BTreeMap;

/// The GeoTIFF tags of level 0, unchanged, for writers to copy.
///
/// A writer of the whole image writes each field that is not empty under its tag. Of a part or a smaller copy it writes
/// [`of_part`](Self::of_part) instead: the keys stay, tie points, scale and matrix change.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GeoTags {
    /// 33550 `ModelPixelScale`, doubles: map units per pixel across, down (positive though the map's y goes up), and in height.
    pub pixel_scale: Vec<f64>,
    /// 33922 `ModelTiepoint`, doubles: sets of six, a pixel (i, j, k) and where it lies (x, y, z).
    pub tie_points: Vec<f64>,
    /// 34264 `ModelTransformation`, doubles: 4×4, row by row, from (i, j, k, 1) to the map.
    pub transformation: Vec<f64>,
    /// 34735 `GeoKeyDirectory`, shorts: sets of four.
    pub key_directory: Vec<u16>,
    /// 34736 `GeoDoubleParams`, doubles.
    pub double_params: Vec<f64>,
    /// 34737 `GeoAsciiParams`, text with `|` after each value.
    pub ascii_params: String,
    /// 42112 `GDAL_METADATA`, XML.
    pub gdal_metadata: String,
    /// 42113 `GDAL_NODATA`: the value that means nothing is known here.
    pub gdal_nodata: String,
}

/// `GTRasterTypeGeoKey` with the value `RasterPixelIsPoint`: coordinates name the middle of a pixel.
const RASTER_TYPE: u16 = 1025;
const PIXEL_IS_POINT: u16 = 2;

impl GeoTags {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same for the part whose first pixel is (x, y) of level 0, with pixels `downsample` (across, down) times as large.
    #[must_use]
    pub fn of_part(&self, (x, y): (f64, f64), (across, down): (f64, f64)) -> Self {
        let middle = if self.is_point() { 0.5 } else { 0.0 };
        let mut part = self.clone();
        for point in part.tie_points.chunks_exact_mut(6) {
            point[0] = (point[0] + middle - x) / across - middle;
            point[1] = (point[1] + middle - y) / down - middle;
        }
        for (value, factor) in part.pixel_scale.iter_mut().zip([across, down]) {
            *value *= factor;
        }
        for row in part.transformation.chunks_exact_mut(4) {
            // A pixel (i, j) of the part is (i, j) × downsample + offset of the whole.
            let offset = |start: f64, factor: f64| start + middle * (factor - 1.0);
            row[3] += row[0] * offset(x, across) + row[1] * offset(y, down);
            row[0] *= across;
            row[1] *= down;
        }
        part
    }

    /// The same for an image whose place (x, y) is the place (a x + b y + c, d x + e y + f) of this one, `x` being (a, b, c) and
    /// `y` (d, e, f); places are of pixel corners. A map that is not upright and north up is written as a matrix.
    #[must_use]
    pub fn through(&self, x: [f64; 3], y: [f64; 3]) -> Self {
        let ([a, b, c], [d, e, f]) = (x, y);
        if b == 0.0 && d == 0.0 && a > 0.0 && e > 0.0 {
            return self.of_part((c, f), (a, e));
        }
        let middle = if self.is_point() { 0.5 } else { 0.0 };
        let mut made = self.clone();
        let from = |i: f64, j: f64| (a * (i + middle) + b * (j + middle) + c, d * (i + middle) + e * (j + middle) + f);
        let map = |i: f64, j: f64| {
            let (x, y) = from(i, j);
            self.map_of_pixel(x, y)
        };
        if let (Some(origin), Some(right), Some(below)) = (map(0.0, 0.0), map(1.0, 0.0), map(0.0, 1.0)) {
            // Differences of large coordinates lose digits; the steps themselves do not.
            let step = |along: (f64, f64)| rounded(along.0 - along.1);
            let height = self.transformation.get(8..12).unwrap_or(&[0.0; 4]);
            made.transformation = vec![step((right.0, origin.0)), step((below.0, origin.0)), 0.0, origin.0];
            made.transformation.extend([step((right.1, origin.1)), step((below.1, origin.1)), 0.0, origin.1]);
            made.transformation.extend([0.0, 0.0, height[2], height[3], 0.0, 0.0, 0.0, 1.0]);
            (made.pixel_scale, made.tie_points) = (Vec::new(), Vec::new());
            return made;
        }
        let size = a * e - b * d;
        for point in made.tie_points.chunks_exact_mut(6) {
            let (x, y) = (point[0] + middle - c, point[1] + middle - f);
            point[0] = (e * x - b * y) / size - middle;
            point[1] = (a * y - d * x) / size - middle;
        }
        made
    }

    /// The same without GDAL's statistics, for an image whose values have changed.
    #[must_use]
    pub fn without_statistics(mut self) -> Self {
        let is_other = |line: &&str| !line.contains("name=\"STATISTICS_");
        self.gdal_metadata = self.gdal_metadata.split_inclusive('\n').filter(is_other).collect();
        self
    }

    /// Where the upper left corner of the place (x, y) in pixels of level 0 lies, in map units; (0, 0) is the image's corner,
    /// (0.5, 0.5) the middle of its first pixel.
    pub fn map_of_pixel(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let middle = if self.is_point() { 0.5 } else { 0.0 };
        let (i, j) = (x - middle, y - middle);
        if let [a, b, _, d, e, f, _, h, ..] = self.transformation[..] {
            return Some((a * i + b * j + d, e * i + f * j + h));
        }
        let ([across, down, ..], [tie_i, tie_j, _, map_x, map_y, _, ..]) =
            (&self.pixel_scale[..], &self.tie_points[..])
        else {
            return None;
        };
        Some((map_x + (i - tie_i) * across, map_y - (j - tie_j) * down))
    }

    /// The value of a key: a number, or a text.
    pub fn key(&self, key: u16) -> Option<String> {
        let entries = self.key_directory.get(4..)?;
        let [_, place, count, value] = *entries.as_chunks::<4>().0.iter().find(|entry| entry[0] == key)?;
        let (start, count) = (value as usize, count as usize);
        match place {
            0 => Some(value.to_string()),
            34736 => self.double_params.get(start).map(ToString::to_string),
            34737 => {
                let text = self.ascii_params.get(start..(start + count).min(self.ascii_params.len()))?;
                Some(text.trim_end_matches(['|', '\0']).to_owned())
            }
            _ => None,
        }
    }

    /// Whether coordinates name the middle of a pixel, not its corner.
    fn is_point(&self) -> bool {
        self.key(RASTER_TYPE).is_some_and(|kind| kind == PIXEL_IS_POINT.to_string())
    }

    /// Adds readable values for an image of `width` × `height` pixels to its `properties`, under names that begin
    /// with `geo.`: projection, unit, pixel size, corners.
    pub fn describe(&self, width: u32, height: u32, properties: &mut BTreeMap<String, String>) {
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                properties.insert(format!("geo.{name}"), value);
            }
        };
        let epsg = |key| {
            let code = self.key(key)?;
            Some(if code == "32767" { "user-defined".to_owned() } else { format!("EPSG:{code}") })
        };
        put("projection", epsg(3072).or_else(|| epsg(2048)));
        let citation = [3073, 1026, 2049].into_iter().find_map(|key| self.key(key));
        put("projection-name", citation);
        put("datum-name", self.key(2049));
        let units = self.key(3076).or_else(|| self.key(2054)).map(|code| match code.as_str() {
            "9001" => "meter".to_owned(),
            "9002" => "foot".to_owned(),
            "9003" => "US survey foot".to_owned(),
            "9101" => "radian".to_owned(),
            "9102" => "degree".to_owned(),
            other => format!("EPSG:{other}"),
        });
        put("unit", units);
        put("nodata", Some(self.gdal_nodata.clone()));
        let corner = |x: u32, y: u32| self.map_of_pixel(x.into(), y.into());
        let shown = |(x, y): (f64, f64)| format!("{x}, {y}");
        put("upper-left", corner(0, 0).map(shown));
        put("upper-right", corner(width, 0).map(shown));
        put("lower-left", corner(0, height).map(shown));
        put("lower-right", corner(width, height).map(shown));
        let steps = corner(0, 0).zip(corner(1, 0)).zip(corner(0, 1));
        let size = steps.map(|((o, right), below)| {
            let length = |to: (f64, f64)| (to.0 - o.0).hypot(to.1 - o.1);
            format!("{} × {}", rounded(length(right)), rounded(length(below)))
        });
        put("pixel-size", size);
    }
}

/// Without the dirt that a difference of large numbers leaves.
fn rounded(value: f64) -> f64 {
    format!("{value:.9e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(raster_type: u16) -> GeoTags {
        GeoTags {
            pixel_scale: vec![10.0, 20.0, 0.0],
            tie_points: vec![0.0, 0.0, 0.0, 500_000.0, 4_000_000.0, 0.0],
            key_directory: vec![1, 1, 0, 3, 1025, 0, 1, raster_type, 3072, 0, 1, 32633, 3073, 34737, 6, 0],
            ascii_params: "UTM33|".into(),
            ..GeoTags::default()
        }
    }

    fn turned(raster_type: u16) -> GeoTags {
        let straight = placed(raster_type);
        let matrix = [9.0, 1.0, 0.0, 500_000.0, -1.0, -9.0, 0.0, 4e6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        GeoTags { pixel_scale: vec![], tie_points: vec![], transformation: matrix.to_vec(), ..straight }
    }

    #[test]
    fn parts_keep_their_georeference() {
        for whole in [placed(1), placed(2), turned(1), turned(2)] {
            let part = whole.of_part((30.0, 7.0), (4.0, 2.0));
            for (x, y) in [(0.0, 0.0), (5.0, 3.0), (0.5, 0.5)] {
                let expected = whole.map_of_pixel(30.0 + x * 4.0, 7.0 + y * 2.0).unwrap();
                let found = part.map_of_pixel(x, y).unwrap();
                let near = (found.0 - expected.0).abs() < 1e-6 && (found.1 - expected.1).abs() < 1e-6;
                assert!(near, "({x}, {y}): {found:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn rotated_images_keep_their_georeference() {
        // A quarter clockwise of 40 × 30 pixels: (x, y) of the result is (y, 30 - x) of the image.
        let (turn_x, turn_y) = ([0.0, 1.0, 0.0], [-1.0, 0.0, 30.0]);
        for whole in [placed(1), placed(2), turned(1), turned(2)] {
            let made = whole.through(turn_x, turn_y);
            for (x, y) in [(0.0, 0.0), (5.0, 3.0), (0.5, 0.5)] {
                let expected = whole.map_of_pixel(y, 30.0 - x).unwrap();
                let found = made.map_of_pixel(x, y).unwrap();
                let near = (found.0 - expected.0).abs() < 1e-6 && (found.1 - expected.1).abs() < 1e-6;
                assert!(near, "({x}, {y}): {found:?}, not {expected:?}");
            }
        }
        let points = GeoTags { pixel_scale: vec![], ..placed(1) };
        assert_eq!(
            points.through(turn_x, turn_y).tie_points[..2],
            [30.0, 0.0],
            "control points move with their pixels"
        );
    }

    #[test]
    fn status_bar_shows_keys_and_corners() {
        let mut told = BTreeMap::new();
        placed(1).describe(100, 10, &mut told);
        let expected = [
            ("geo.projection", "EPSG:32633"),
            ("geo.projection-name", "UTM33"),
            ("geo.upper-left", "500000, 4000000"),
            ("geo.lower-right", "501000, 3999800"),
            ("geo.pixel-size", "10 × 20"),
        ];
        for (name, value) in expected {
            assert_eq!(told.get(name).map(String::as_str), Some(value), "{name} in {told:?}");
        }
        placed(2).describe(100, 10, &mut told);
        assert_eq!(told["geo.upper-left"], "499995, 4000010", "the tie point is the middle of the first pixel");
    }

    #[test]
    fn nonsense_is_passed_over() {
        let tags = GeoTags { key_directory: vec![1, 1, 0, 9, 3073, 34737, 500, 400, 1], ..GeoTags::default() };
        assert_eq!((tags.key(3073), tags.key(1025), tags.map_of_pixel(0.0, 0.0)), (None, None, None));
    }
}

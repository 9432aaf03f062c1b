//! [`lettering`]: a line of text as a shape, to be rasterized.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::float::simplify::SimplifyShape as _;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider as _};

use crate::core_geometry::Point;
use crate::{Error, Result};
use mosaicist_shape::{Geometry, Polygon, Ring};

/// The window's font.
const FONT: &[u8] = include_bytes!("../../../assets/fonts/Inter-Medium.otf");
/// Straight pieces of a curve.
const STEPS: i32 = 6;
/// What lies around the letters, as a part of their height.
const MARGIN: f64 = 0.25;
/// The most characters of a line.
const MOST: usize = 200;

/// A line of text and the box behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lettering {
    pub letters: Geometry,
    pub backing: Geometry,
}

/// `text` in letters `height` pixels high (from the lowest to the highest letter), in a box whose upper left corner is `at`. What the font
/// has no letter for is a frame; of very long texts the beginning.
///
/// Fails if the height is not a positive number.
pub fn lettering(text: &str, at: Point, height: f64) -> Result<Lettering> {
    if !(height > 0.0 && height.is_finite()) {
        return Err(Error::invalid("the height of letters must be more than 0 pixels"));
    }
    let font = FontRef::new(FONT).map_err(|error| Error::invalid(format!("the font: {error}")))?;
    let metrics = font.metrics(Size::unscaled(), LocationRef::default());
    let (ascent, descent) = (f64::from(metrics.ascent), f64::from(metrics.descent));
    let scale = height / (ascent - descent);
    let margin = height * MARGIN;
    let (charmap, glyphs) = (font.charmap(), font.outline_glyphs());
    let advances = font.glyph_metrics(Size::unscaled(), LocationRef::default());
    let mut polygons = Vec::new();
    let (mut x, baseline) = (at.x + margin, at.y + margin * 0.5 + ascent * scale);
    for letter in text.chars().filter(|letter| !letter.is_control()).take(MOST) {
        let id = charmap.map(letter).unwrap_or_default();
        if let Some(glyph) = glyphs.get(id) {
            let mut pen = Pen { origin: (x, baseline), scale, ..Pen::default() };
            let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
            glyph.draw(settings, &mut pen).map_err(|error| Error::invalid(format!("the font: {error}")))?;
            polygons.extend(pen.polygons());
        }
        x += f64::from(advances.advance_width(id).unwrap_or(0.0)) * scale;
    }
    let letters = Geometry::MultiPolygon(polygons.into());
    let backing = Geometry::rectangle(at.x, at.y, x + margin - at.x, height + margin);
    Ok(Lettering { letters, backing })
}

/// Collects the outlines of a letter, curves as straight pieces.
#[derive(Default)]
struct Pen {
    /// Where the letter's origin lies.
    origin: (f64, f64),
    /// Pixels of one unit of the font.
    scale: f64,
    contours: Vec<Vec<[f64; 2]>>,
    last: (f32, f32),
}

impl Pen {
    /// The letter as areas with holes.
    fn polygons(self) -> Vec<Polygon> {
        let shapes = self.contours.simplify_shape(FillRule::NonZero);
        let ring = |contour: Vec<[f64; 2]>| contour.into_iter().map(|[x, y]| Point::new(x, y)).collect::<Vec<Point>>();
        let polygon = |shape: Vec<Vec<[f64; 2]>>| {
            let mut rings = shape.into_iter().map(ring);
            let exterior = rings.next()?.into();
            Some(Polygon { exterior, holes: rings.map(Ring::from).collect() })
        };
        shapes.into_iter().filter_map(polygon).collect()
    }

    fn add(&mut self, x: f32, y: f32) {
        let point = [self.origin.0 + f64::from(x) * self.scale, self.origin.1 - f64::from(y) * self.scale];
        if let Some(contour) = self.contours.last_mut() {
            contour.push(point);
        }
        self.last = (x, y);
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.contours.push(Vec::new());
        self.add(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add(x, y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (x0, y0) = self.last;
        for step in 1..=STEPS {
            let (t, u) = (step as f32 / STEPS as f32, 1.0 - step as f32 / STEPS as f32);
            let at = |from: f32, near: f32, to: f32| u * u * from + 2.0 * u * t * near + t * t * to;
            self.add(at(x0, cx, x), at(y0, cy, y));
        }
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (x0, y0) = self.last;
        for step in 1..=STEPS {
            let (t, u) = (step as f32 / STEPS as f32, 1.0 - step as f32 / STEPS as f32);
            let at = |from: f32, a: f32, b: f32, to: f32| {
                u * u * u * from + 3.0 * u * u * t * a + 3.0 * u * t * t * b + t * t * t * to
            };
            self.add(at(x0, ax, bx, x), at(y0, ay, by, y));
        }
    }

    fn close(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Raster;
    use crate::core_geometry::Rect;
    use mosaicist_shape::Bounds;

    fn covered(shape: &Geometry) -> Vec<(i64, i64)> {
        let mask = Raster::new([(shape, 1)]).mask::<u8>(Rect::new(0, 0, 200, 60));
        (0..200 * 60).filter(|&at| mask.labels[at as usize] > 0).map(|at| (at % 200, at / 200)).collect()
    }

    #[test]
    fn letters_have_their_shape_and_lie_in_their_box() {
        let bar = lettering("I", Point::new(10.0, 5.0), 40.0).unwrap();
        let found = covered(&bar.letters);
        let columns: std::collections::BTreeSet<i64> = found.iter().map(|(x, _)| *x).collect();
        let rows: std::collections::BTreeSet<i64> = found.iter().map(|(_, y)| *y).collect();
        assert!(
            (2..8).contains(&columns.len()) && (22..34).contains(&rows.len()),
            "{} x {}",
            columns.len(),
            rows.len()
        );
        // A ring: its middle is clear, and a row through it meets it twice.
        let ring = lettering("O", Point::new(10.0, 5.0), 40.0).unwrap();
        let found = covered(&ring.letters);
        let middle = found.iter().map(|(_, y)| *y).sum::<i64>() / found.len() as i64;
        let row: Vec<i64> = found.iter().filter(|(_, y)| *y == middle).map(|(x, _)| *x).collect();
        assert!(row.windows(2).any(|pair| pair[1] - pair[0] > 10), "{row:?}");
        for text in ["Tumor 7 äßЖ", "細胞", "", "a\nb"] {
            let both = lettering(text, Point::new(3.0, 4.0), 20.0).unwrap();
            let (letters, backing) = (both.letters.bounds(), both.backing.bounds());
            let inside = letters == Bounds::EMPTY
                || letters.x0 >= backing.x0
                    && letters.y0 >= backing.y0
                    && letters.x1 <= backing.x1
                    && letters.y1 <= backing.y1;
            assert!(inside, "{text}");
        }
        let corner = lettering("I", Point::new(70.0, 50.0), 20.0).unwrap().backing.bounds();
        assert!(corner.x1 < 90.0 && (corner.y1 - 75.0).abs() < 0.1, "{corner:?}");
        let wide = |text| lettering(text, Point::default(), 20.0).unwrap().backing.bounds().width();
        assert!(wide("WW") > wide("ii") && wide(&"x".repeat(100_000)) < 20_000.0);
        assert!(lettering("a", Point::default(), 0.0).is_err() && lettering("a", Point::default(), f64::NAN).is_err());
    }
}

//! Keypoints: places in a tile that are found again in another tile that shows the same, spread over the whole tile.
//!
//! They are local maxima of the magnitude of the determinant of the Hessian (Beaudet 1978), blobs and saddles alike, at one
//! scale: tiles of a mosaic have the same scale.

use crate::plane::Plane;

/// Keypoints are at least so far apart, in pixels, along one axis.
const APART: usize = 4;
/// The distance over which second derivatives are taken, in pixels: about the sigma of the blur.
const STEP: usize = 2;
/// A cell keeps so many.
const PER_CELL: usize = 2;
/// The rim, as a part of the shorter side: overlaps mostly lie there, so its cells have half the side.
const RIM: usize = 8;
/// The least side of a cell, in pixels.
const LEAST_CELL: usize = 8;
/// What rounding leaves of a flat picture is less than this.
const LEAST_RESPONSE: f32 = 1e-11;

/// A place in a picture, in its pixels.
pub(super) type Place = [u16; 2];

/// About `most` keypoints of a blurred picture, at most that many, none nearer than `margin` pixels to its edge. In reading order.
pub(super) fn keypoints(smooth: &Plane, margin: usize, most: usize) -> Vec<Place> {
    let margin = margin.max(STEP + 1);
    let (width, height) = (smooth.width, smooth.height);
    if most == 0 || width <= 2 * margin || height <= 2 * margin || width.max(height) > usize::from(u16::MAX) {
        return Vec::new();
    }
    let response = response(smooth, margin);
    let cells = Cells::new(width, height, most);
    let mut found: Vec<((usize, usize, usize), f32, Place)> = Vec::new();
    for y in margin..height - margin {
        for (x, value) in response.row(y).iter().enumerate().take(width - margin).skip(margin) {
            if *value > LEAST_RESPONSE && is_highest(&response, x, y, margin) {
                found.push((cells.of(x, y), *value, [x as u16, y as u16]));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    let mut chosen: Vec<(f32, Place)> = Vec::with_capacity(most);
    for cell in found.chunk_by(|a, b| a.0 == b.0) {
        chosen.extend(cell.iter().take(PER_CELL).map(|(_, value, place)| (*value, *place)));
    }
    chosen.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    chosen.truncate(most);
    let mut places: Vec<Place> = chosen.into_iter().map(|(_, place)| place).collect();
    places.sort_unstable_by_key(|[x, y]| (*y, *x));
    places
}

/// The magnitude of the determinant of the Hessian; 0 in the margin.
fn response(smooth: &Plane, margin: usize) -> Plane {
    let (width, height) = (smooth.width, smooth.height);
    let mut out = Plane::zeros(width, height);
    for y in margin..height - margin {
        let (above, row, below) = (smooth.row(y - STEP), smooth.row(y), smooth.row(y + STEP));
        let to = out.row_mut(y);
        for x in margin..width - margin {
            let (left, right) = (x - STEP, x + STEP);
            let across = row[left] + row[right] - 2.0 * row[x];
            let down = above[x] + below[x] - 2.0 * row[x];
            let mixed = 0.25 * (above[left] + below[right] - above[right] - below[left]);
            to[x] = (across * down - mixed * mixed).abs();
        }
    }
    out
}

/// Whether no value nearby is higher; of equal ones the first counts.
fn is_highest(response: &Plane, x: usize, y: usize, margin: usize) -> bool {
    let value = response.row(y)[x];
    let (left, right) = (x.saturating_sub(APART - 1).max(margin), (x + APART).min(response.width - margin));
    let (top, bottom) = (y.saturating_sub(APART - 1).max(margin), (y + APART).min(response.height - margin));
    (top..bottom).all(|row| {
        response.row(row)[left..right].iter().enumerate().all(|(at, other)| {
            let is_before = (row, left + at) < (y, x);
            if is_before { *other < value } else { *other <= value }
        })
    })
}

/// The cells of a picture: small ones in its rim, larger ones inside.
struct Cells {
    width: usize,
    height: usize,
    rim: usize,
    side: usize,
}

impl Cells {
    /// Cells of such a side that they keep about `most` keypoints.
    fn new(width: usize, height: usize, most: usize) -> Self {
        let rim = width.min(height) / RIM;
        let inside = (width - 2 * rim) * (height - 2 * rim);
        let small = width * height - inside;
        let side = ((PER_CELL * (inside + 4 * small)) as f64 / most as f64).sqrt() as usize;
        Self { width, height, rim, side: side.max(LEAST_CELL) }
    }

    /// The cell of a pixel.
    fn of(&self, x: usize, y: usize) -> (usize, usize, usize) {
        let to_edge = x.min(y).min(self.width - 1 - x).min(self.height - 1 - y);
        let is_rim = to_edge < self.rim;
        let side = if is_rim { self.side / 2 } else { self.side };
        (usize::from(is_rim), y / side, x / side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::texture;

    #[test]
    fn keypoints_are_found_again_in_a_shifted_picture() {
        let scene = texture(400, 300, 4);
        let (a, b) = (scene.crop(0, 0, 300, 260).gauss(2.0), scene.crop(63, 21, 300, 260).gauss(2.0));
        let [of_a, of_b] = [&a, &b].map(|plane| keypoints(plane, 13, 500));
        let shared = of_a.iter().filter(|[x, y]| *x >= 63 + 16 && *y >= 21 + 16).count();
        let again = of_a.iter().filter(|[x, y]| *x >= 63 && *y >= 21 && of_b.contains(&[x - 63, y - 21])).count();
        assert!(again * 2 > shared && again > 60, "{again} of {shared}");
    }

    #[test]
    fn keypoints_are_bounded_spread_and_inside() {
        let plane = texture(320, 240, 2).gauss(2.0);
        for most in [1, 40, 400] {
            let found = keypoints(&plane, 13, most);
            assert!(!found.is_empty() && found.len() <= most, "{} of {most}", found.len());
            assert!(found.iter().all(|[x, y]| (13..307).contains(x) && (13..227).contains(y)));
        }
        let found = keypoints(&plane, 13, 400);
        for (left, top) in [(0, 0), (160, 0), (0, 120), (160, 120)] {
            let quarter = found.iter().filter(|[x, y]| (left..left + 160).contains(x) && (top..top + 120).contains(y));
            assert!(quarter.count() > found.len() / 8);
        }
    }

    #[test]
    fn flat_and_tiny_pictures_have_none() {
        assert_eq!(keypoints(&Plane::from_fn(200, 100, |_, _| 0.7).gauss(2.0), 13, 400), Vec::<Place>::new());
        assert_eq!(keypoints(&texture(20, 20, 1), 13, 400), Vec::<Place>::new());
    }
}

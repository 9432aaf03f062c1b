//! From a mask to polygons that run along the borders of its pixels: their area is the number of pixels.

use crate::components::{Components, components};
use crate::core_geometry::{Point, Size};
use mosaicist_shape::{Polygon, Ring, ring_area};

/// One polygon with its holes for each group of pixels of `mask` that are not 0 and touch along an edge.
///
/// `mask` is `size` pixels, row by row; the polygons are in its pixels.
pub fn trace(mask: &[u8], size: Size) -> Vec<Polygon> {
    let filled: Vec<bool> = mask.iter().map(|&value| value != 0).collect();
    trace_components(&components(&filled, size))
}

/// The same for an image of labels: one polygon, with its label, for each group of pixels of one label other than 0.
pub fn trace_labels(labels: &[u32], size: Size) -> Vec<(u32, Polygon)> {
    let all = components(labels, size);
    let mut values = vec![0; all.found.len()];
    for (&component, &label) in all.labels.iter().zip(labels).filter(|(component, _)| **component != 0) {
        values[component as usize - 1] = label;
    }
    values.into_iter().zip(trace_components(&all)).collect()
}

/// The polygon of each component, in their order.
pub(crate) fn trace_components(all: &Components) -> Vec<Polygon> {
    let (width, height) = (all.size.width as usize, all.size.height as usize);
    let at = |x: i64, y: i64| {
        let inside = x >= 0 && y >= 0 && x < width as i64 && y < height as i64;
        if inside { all.labels[y as usize * width + x as usize] } else { 0 }
    };
    let mut polygons: Vec<Polygon> = vec![Polygon::new(Vec::new()); all.found.len()];
    let mut visited = vec![false; all.labels.len()];
    for start in 0..all.labels.len() {
        let (x, y) = ((start % width) as i64, (start / width) as i64);
        let label = all.labels[start];
        if label == 0 || visited[start] || at(x, y - 1) == label {
            continue;
        }
        let ring: Ring = walk((x, y), label, at, |x, y| visited[y as usize * width + x as usize] = true).into();
        let polygon = &mut polygons[label as usize - 1];
        // With the inside on the right, the exterior runs clockwise on the screen.
        if ring_area(&ring) > 0.0 { polygon.exterior = ring } else { polygon.holes.push(ring) }
    }
    polygons
}

/// Follow the border of `label` from the upper left corner of pixel (x, y), to the right at first, the inside on the right,
/// until it closes. `visited` is told of each pixel along whose upper edge it goes to the right.
fn walk((x, y): (i64, i64), label: u32, at: impl Fn(i64, i64) -> u32, mut visited: impl FnMut(i64, i64)) -> Vec<Point> {
    let (start, mut place, mut step) = ((x, y), (x, y), (1i64, 0i64));
    let mut ring = Vec::new();
    loop {
        if step == (1, 0) {
            visited(place.0, place.1);
        }
        place = (place.0 + step.0, place.1 + step.1);
        // The pixels ahead of the corner `place`, left and right of the way.
        let (right, left) = match step {
            (1, 0) => ((place.0, place.1), (place.0, place.1 - 1)),
            (0, 1) => ((place.0 - 1, place.1), (place.0, place.1)),
            (-1, 0) => ((place.0 - 1, place.1 - 1), (place.0 - 1, place.1)),
            _ => ((place.0, place.1 - 1), (place.0 - 1, place.1 - 1)),
        };
        let (right, left) = (at(right.0, right.1) == label, at(left.0, left.1) == label);
        let next = match (right, left) {
            (false, _) => (-step.1, step.0),
            (true, true) => (step.1, -step.0),
            (true, false) => step,
        };
        if next != step {
            ring.push(Point::new(place.0 as f64, place.1 as f64));
        }
        step = next;
        if place == start && step == (1, 0) {
            return ring;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_close_around_their_pixels() {
        // A frame with a pixel in its hole, and a pixel that touches it only at a corner.
        let rows = ["#####..", "#...#..", "#.#.#..", "#...#..", "#####..", ".....#."];
        let mask: Vec<u8> = rows.iter().flat_map(|row| row.bytes().map(|byte| u8::from(byte == b'#'))).collect();
        let polygons = trace(&mask, Size::new(7, 6));
        assert_eq!(polygons.iter().map(Polygon::area).collect::<Vec<_>>(), [16.0, 1.0, 1.0]);
        assert_eq!(polygons[0].exterior.len(), 4, "vertices only where it turns");
        assert_eq!(polygons[0].holes.len(), 1);
    }

    #[test]
    fn labels_that_touch_stay_apart() {
        let found = trace_labels(&[5, 5, 9, 9, 5, 5, 9, 9], Size::new(4, 2));
        let areas: Vec<_> = found.iter().map(|(label, polygon)| (*label, polygon.area())).collect();
        assert_eq!(areas, [(5, 4.0), (9, 4.0)]);
    }
}

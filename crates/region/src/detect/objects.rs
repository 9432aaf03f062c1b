//! Objects of a mask: joined, filled, chosen by size, and made regions.

use super::{Found, Options, RegionKind};
use crate::components::{Components, components};
use crate::core_geometry::Size;
use crate::ops::simplify;
use crate::trace::trace_components;
use mosaicist_shape::{Bounds, Geometry, Polygon, Roi};

/// The mask closed by a square of 2 × `radius` + 1 pixels: gaps up to twice the radius go.
pub(super) fn joined(mask: &[bool], size: Size, radius: usize) -> Vec<bool> {
    if radius == 0 || size.is_empty() {
        return mask.to_vec();
    }
    // On a larger canvas: at the edges the erosion would find the outside.
    let (width, height) = (size.width as usize + 2 * radius, size.height as usize + 2 * radius);
    let mut wide = vec![false; width * height];
    for (y, row) in mask.chunks_exact(size.width as usize).enumerate() {
        wide[(y + radius) * width + radius..][..row.len()].copy_from_slice(row);
    }
    let grown = spread(&wide, width, radius, true);
    let closed = spread(&grown, width, radius, false);
    let rows = closed.chunks_exact(width).skip(radius).take(size.height as usize);
    rows.flat_map(|row| row[radius..radius + size.width as usize].iter().copied()).collect()
}

/// Every pixel that has one of `value` within `radius` in both directions becomes `value`.
fn spread(mask: &[bool], width: usize, radius: usize, value: bool) -> Vec<bool> {
    let mut across = vec![!value; mask.len()];
    for (row, out) in mask.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        spread_line(row.iter().copied(), width, radius, value, |at| out[at] = value);
    }
    let height = mask.len() / width;
    let mut both = vec![!value; mask.len()];
    for x in 0..width {
        let column = (0..height).map(|y| across[y * width + x]);
        spread_line(column, height, radius, value, |at| both[at * width + x] = value);
    }
    both
}

fn spread_line(
    line: impl Iterator<Item = bool>,
    length: usize,
    radius: usize,
    value: bool,
    mut set: impl FnMut(usize),
) {
    let mut done = 0;
    for (at, _) in line.enumerate().filter(|(_, found)| *found == value) {
        let end = (at + radius + 1).min(length);
        (done.max(at.saturating_sub(radius))..end).for_each(&mut set);
        done = end;
    }
}

/// The mask without holes: background that doesn't reach the edge of the image.
pub(super) fn filled(mask: &[bool], size: Size) -> Vec<bool> {
    let inverse: Vec<bool> = mask.iter().map(|found| !found).collect();
    let holes = components(&inverse, size);
    let (right, bottom) = (i64::from(size.width), i64::from(size.height));
    let open: Vec<bool> = holes
        .found
        .iter()
        .map(|hole| hole.bounds.x0 == 0 || hole.bounds.y0 == 0 || hole.bounds.x1 == right || hole.bounds.y1 == bottom)
        .collect();
    holes.labels.iter().map(|&label| label == 0 || !open[label as usize - 1]).collect()
}

/// Those of at least `least` pixels in one direction.
pub(super) fn large(all: Components, least: f64) -> Found {
    let is_large = |index: &usize| {
        let bounds = all.found[*index].bounds;
        bounds.width().max(bounds.height()) as f64 >= least
    };
    let chosen = (0..all.found.len()).filter(is_large).collect();
    Found { all, chosen }
}

/// Boxes or outlines, in pixels of the overview.
pub(super) fn regions(found: &Found, options: &Options) -> Vec<Roi> {
    let geometries: Vec<Geometry> = match options.shape {
        RegionKind::Boxes => {
            found.chosen.iter().map(|&index| Geometry::Rectangle(found.all.found[index].bounds.into())).collect()
        }
        RegionKind::Outlines => outlines(found).into_iter().filter(|outline| outline.area() > 0.0).collect(),
    };
    geometries.into_iter().map(Roi::new).collect()
}

/// The outline of each object, along the borders of pixels, the steps smoothed away by about a pixel.
pub(super) fn outlines(found: &Found) -> Vec<Geometry> {
    let all = trace_components(&found.all);
    let one =
        |&index: &usize| all.get(index).map(|polygon: &Polygon| simplify(&Geometry::Polygon(polygon.clone()), 1.0));
    found.chosen.iter().filter_map(one).collect()
}

/// The bounds of each object.
pub(super) fn bounds(found: &Found) -> Vec<Bounds> {
    found.chosen.iter().map(|&index| found.all.found[index].bounds.into()).collect()
}

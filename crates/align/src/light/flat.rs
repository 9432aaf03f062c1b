//! [`flat_field`]: how much of the light each part of a tile gets, from the overlaps of all tiles.
//!
//! The same place lies at one end of one tile and at the other end of the next: what both make of it differs by the light alone,
//! and by how both tiles were exposed, which is the same all over an overlap. So within an overlap, the logarithms of the ratios
//! are linear in the coefficients of a smooth surface of the light's logarithm, whatever the picture shows. What overlaps say
//! nothing of, a slope all over the tile that a drift of the exposure from tile to tile would explain as well, is taken from
//! the exposures' mean drift.

use mosaicist_mosaic::Surface;

use super::samples::{Overlap, overlaps};
use crate::job::Progress;
use crate::{Error, Result, Tile, TileReader};

/// The degree of the surface.
const DEGREE: usize = 4;
/// Its terms without the constant one.
const TERMS: usize = (DEGREE + 1) * (DEGREE + 2) / 2 - 1;
/// How large coefficients of each degree are thought to be, before anything is seen.
const EXPECTED: [f64; DEGREE + 1] = [0.0, 0.1, 0.3, 0.03, 0.1];
/// Means of cells differ by this part at least, for noise and rounding.
const LEAST_SPREAD: f64 = 0.001;
/// Rounds in which what does not fit loses its weight, and Tukey's constant.
const ROUNDS: usize = 5;
const TUKEY: f64 = 4.685;
/// Of more pairs than these, so many tell enough.
const MOST_PAIRS: usize = 2000;
/// Nodes of the result along each side.
const NODES: u32 = 33;
/// No lens takes more light than this away, as a logarithm.
const MOST_LOSS: f64 = 3.0;

/// The light of one channel of `tiles`, which lie where they belong: 1 where it is brightest.
///
/// `full` is the largest value that a sample can have, if there is one. Fails where no two tiles overlap enough, and when
/// cancelled.
pub fn flat_field(tiles: &[Tile], reader: &dyn TileReader, full: Option<f32>, progress: &Progress) -> Result<Surface> {
    let overlaps = overlaps(tiles, reader, full, MOST_PAIRS, progress)?;
    let count: usize = overlaps.iter().map(|overlap| overlap.samples.len()).sum();
    if count < 4 * TERMS {
        return Err(Error::invalid("the tiles overlap too little to estimate a flat field; give one as a file"));
    }
    Ok(surface(&fit(&overlaps)))
}

/// The terms of the surface at a place: products of Legendre's polynomials.
fn terms((x, y): (f32, f32)) -> [f64; TERMS] {
    let powers = |at: f32| {
        let mut all = [1.0f64; DEGREE + 1];
        let at = f64::from(at);
        all[1] = at;
        for n in 1..DEGREE {
            all[n + 1] = ((2 * n + 1) as f64 * at * all[n] - n as f64 * all[n - 1]) / (n + 1) as f64;
        }
        all
    };
    let (across, down) = (powers(x), powers(y));
    let mut out = [0.0; TERMS];
    for (out, (i, j)) in out.iter_mut().zip(degrees()) {
        *out = across[i] * down[j];
    }
    out
}

/// The degrees of the terms across and down.
fn degrees() -> impl Iterator<Item = (usize, usize)> {
    (1..=DEGREE).flat_map(|degree| (0..=degree).map(move |down| (degree - down, down)))
}

/// Whether a term is a mere slope.
fn is_slope((i, j): (usize, usize)) -> bool {
    i + j == 1
}

/// The coefficients.
fn fit(overlaps: &[Overlap]) -> [f64; TERMS] {
    let mut coefficients = [0.0; TERMS];
    let mut spread = f64::INFINITY;
    for _ in 0..ROUNDS {
        let mut normal = Normal::default();
        let mut left = Vec::new();
        for overlap in overlaps {
            let rows: Vec<Row> = overlap
                .samples
                .iter()
                .map(|sample| {
                    let (a, b) = (terms(sample.at[0]), terms(sample.at[1]));
                    (std::array::from_fn(|k| a[k] - b[k]), sample.ratio())
                })
                .collect();
            let residual = |(row, ratio): &Row| ratio - dot(row, &coefficients);
            let middle = median(rows.iter().map(residual).collect());
            let weight = |row: &_| {
                let by = (residual(row) - middle) / (TUKEY * spread);
                (1.0 - by * by).max(0.0).powi(2)
            };
            let weights: Vec<f64> = rows.iter().map(weight).collect();
            left.extend(rows.iter().map(|row| (residual(row) - middle).abs()));
            normal.add(&rows, &weights);
        }
        spread = (median(left) * 1.4826).max(LEAST_SPREAD);
        coefficients = normal.solve(spread);
    }
    add_slopes(overlaps, &mut coefficients);
    coefficients
}

/// The slopes across and down: what the ratios between tiles beside, and below each other have in common.
fn add_slopes(overlaps: &[Overlap], coefficients: &mut [f64; TERMS]) {
    let mut sums = [[0.0f64; 3]; 2];
    for overlap in overlaps {
        let difference = |sample: &super::samples::Sample| {
            let (a, b) = (terms(sample.at[0]), terms(sample.at[1]));
            let row: [f64; TERMS] = std::array::from_fn(|k| a[k] - b[k]);
            sample.ratio() - dot(&row, coefficients)
        };
        let Some(first) = overlap.samples.first() else { continue };
        let step = [f64::from(first.at[0].0 - first.at[1].0), f64::from(first.at[0].1 - first.at[1].1)];
        let ratio = median(overlap.samples.iter().map(difference).collect());
        // Tiles lie mostly beside or mostly below each other.
        let axis = usize::from(step[1].abs() > step[0].abs());
        let sum = &mut sums[axis];
        (sum[0], sum[1], sum[2]) = (sum[0] + ratio * step[axis], sum[1] + step[axis] * step[axis], sum[2] + 1.0);
    }
    for (axis, [product, square, count]) in sums.into_iter().enumerate() {
        // Few pairs say little of a drift: it is thought to be none.
        if square > 0.0 {
            coefficients[axis] += product / (square * (1.0 + 4.0 / count));
        }
    }
}

/// The terms at a place in one tile less those in the other, and the logarithm of the ratio.
type Row = ([f64; TERMS], f64);

/// Normal equations of weighted rows, each overlap's mean taken off.
struct Normal {
    matrix: [[f64; TERMS]; TERMS],
    right: [f64; TERMS],
}

impl Default for Normal {
    fn default() -> Self {
        Self { matrix: [[0.0; TERMS]; TERMS], right: [0.0; TERMS] }
    }
}

impl Normal {
    fn add(&mut self, rows: &[Row], weights: &[f64]) {
        let all: f64 = weights.iter().sum();
        if all <= 0.0 {
            return;
        }
        let mean = |value: &dyn Fn(&Row) -> f64| {
            rows.iter().zip(weights).map(|(row, weight)| weight * value(row)).sum::<f64>() / all
        };
        let means: [f64; TERMS] = std::array::from_fn(|k| mean(&|row| row.0[k]));
        let mean_ratio = mean(&|row| row.1);
        for ((row, ratio), weight) in rows.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
            let off: [f64; TERMS] = std::array::from_fn(|k| row[k] - means[k]);
            for k in 0..TERMS {
                for other in 0..=k {
                    self.matrix[k][other] += weight * off[k] * off[other];
                }
                self.right[k] += weight * off[k] * (ratio - mean_ratio);
            }
        }
    }

    /// The coefficients, where means of cells deviate by `spread`; slopes are left out.
    fn solve(mut self, spread: f64) -> [f64; TERMS] {
        for (k, term) in degrees().enumerate() {
            let expected = if is_slope(term) { 1e-9 } else { EXPECTED[term.0 + term.1] };
            self.matrix[k][k] += (spread / expected).powi(2);
        }
        cholesky(&mut self.matrix, self.right)
    }
}

/// Solve a symmetric positive definite system, of which the lower triangle is given.
fn cholesky(matrix: &mut [[f64; TERMS]; TERMS], mut right: [f64; TERMS]) -> [f64; TERMS] {
    for k in 0..TERMS {
        for other in 0..=k {
            let sum: f64 = (0..other).map(|m| matrix[k][m] * matrix[other][m]).sum();
            let left = matrix[k][other] - sum;
            matrix[k][other] =
                if k == other { left.max(f64::MIN_POSITIVE).sqrt() } else { left / matrix[other][other] };
        }
        let sum: f64 = (0..k).map(|m| matrix[k][m] * right[m]).sum();
        right[k] = (right[k] - sum) / matrix[k][k];
    }
    for k in (0..TERMS).rev() {
        let sum: f64 = (k + 1..TERMS).map(|m| matrix[m][k] * right[m]).sum();
        right[k] = (right[k] - sum) / matrix[k][k];
    }
    right
}

fn dot(a: &[f64; TERMS], b: &[f64; TERMS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The median; 0 of nothing.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

/// The surface with those coefficients, 1 where it is brightest.
fn surface(coefficients: &[f64; TERMS]) -> Surface {
    let place = |node: u32| 2.0 * node as f32 / (NODES - 1) as f32 - 1.0;
    let nodes = (0..NODES).flat_map(|row| (0..NODES).map(move |column| (place(column), place(row))));
    let logs: Vec<f64> = nodes.map(|at| dot(&terms(at), coefficients)).collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let values = logs.iter().map(|log| (log - most).max(-MOST_LOSS).exp() as f32).collect();
    Surface { columns: NODES, rows: NODES, channels: 1, values }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Rect, Size};
    use crate::plane::Plane;
    use crate::testing::{Scene, random};

    const SIZE: Size = Size::new(240, 180);

    /// A grid of tiles of a scene with gains of their own, under a lens that takes light away.
    struct Camera {
        scene: Scene,
        tiles: Vec<Tile>,
        gains: Vec<f32>,
    }

    fn light(x: f32, y: f32) -> f32 {
        let (x, y) = (2.0 * x / SIZE.width as f32 - 1.0, 2.0 * y / SIZE.height as f32 - 1.0);
        1.0 - 0.15 * x * x - 0.12 * y * y + 0.03 * x
    }

    impl TileReader for Camera {
        fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
            let at = self.tiles[tile].position;
            let mut plane = self.scene.cut(
                at.x + rect.x0 as f64,
                at.y + rect.y0 as f64,
                rect.width() as usize,
                rect.height() as usize,
            );
            let width = plane.width;
            for (index, value) in plane.data.iter_mut().enumerate() {
                let (x, y) = (rect.x0 as f32 + (index % width) as f32, rect.y0 as f32 + (index / width) as f32);
                *value = (*value + 150.0) * self.gains[tile] * light(x + 0.5, y + 0.5);
            }
            Ok(plane)
        }
    }

    fn camera() -> Camera {
        let mut state = 5;
        let mut jitter = || f64::from((random(&mut state) * 8.0).round());
        let at = |k: usize| Point::new((k % 5) as f64 * 204.0, (k / 5) as f64 * 150.0);
        let tiles = (0..25).map(|k| Tile {
            position: at(k) + Point::new(jitter(), jitter()),
            size: SIZE,
            locked: false,
            round: 0,
        });
        let tiles = tiles.collect();
        let gains = (0..25).map(|_| 0.95 + 0.1 * random(&mut state)).collect();
        Camera { scene: Scene::new(3), tiles, gains }
    }

    #[test]
    fn the_light_is_found_whatever_the_picture_and_the_exposures() {
        let camera = camera();
        let found = flat_field(&camera.tiles, &camera, None, &Progress::default()).unwrap();
        let node = |k: u32, length: u32| k as f32 / 32.0 * length as f32;
        let brightest = light(132.0, 90.0);
        for (index, value) in found.values.iter().enumerate() {
            let (x, y) = (node(index as u32 % 33, SIZE.width), node(index as u32 / 33, SIZE.height));
            let truth = light(x, y) / brightest;
            assert!((value - truth).abs() < 0.015, "at {x},{y}: {value}, not {truth}");
        }
    }

    #[test]
    fn tiles_that_do_not_overlap_say_nothing() {
        let mut camera = camera();
        camera
            .tiles
            .iter_mut()
            .for_each(|tile| tile.position = Point::new(tile.position.x * 2.0, tile.position.y * 2.0));
        assert!(flat_field(&camera.tiles, &camera, None, &Progress::default()).is_err());
    }
}

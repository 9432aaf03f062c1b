//! A landscape that is a function of its coordinates: any part of it can be painted alone, and overlapping parts agree.

use rayon::prelude::*;

use crate::geometry::Rect;
use crate::pixels::{Pixels, Samples};

/// Pixels between two points of the coarse height field.
const STEP: i64 = 16;
/// Height of the water's surface.
const SEA: f32 = 0.42;

/// The picture of `rect`, in RGB bytes. Its rows are painted on all threads of the pool in use.
pub(super) fn paint(rect: Rect) -> Pixels {
    let coarse = Coarse::around(rect);
    let (width, height) = (rect.width() as usize, rect.height() as usize);
    let stride = width + 1;
    let mut heights = vec![0.0; stride * (height + 1)];
    heights.par_chunks_mut(stride).enumerate().for_each(|(row, line)| {
        let (y, row) = (rect.y0 + row as i64, line);
        coarse.along(&coarse.line(&coarse.height, y), rect.x0, row);
        add_relief(row, rect.x0, y);
    });
    let mut out = vec![0; width * height * 3];
    out.par_chunks_mut(3 * width.max(1)).enumerate().for_each(|(y, row)| {
        let mut moisture = vec![0.0; width];
        coarse.along(&coarse.line(&coarse.moisture, rect.y0 + y as i64), rect.x0, &mut moisture);
        for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
            let at = y * stride + x;
            let here = heights[at];
            let slope = ((heights[at + 1] - here) * 60.0, (heights[at + stride] - here) * 60.0);
            let (px, py) = (rect.x0 + x as i64, rect.y0 + y as i64);
            pixel.copy_from_slice(&color(here, moisture[x], slope, grain(px, py)));
        }
    });
    Pixels::new(rect.size(), 3, Samples::U8(out)).unwrap_or_else(|_| unreachable!("three for each pixel"))
}

/// Height and moisture at coarse points around a rectangle; the fine relief is computed for each pixel.
struct Coarse {
    /// The column and row of the first point.
    first: (i64, i64),
    across: usize,
    height: Vec<f32>,
    moisture: Vec<f32>,
}

impl Coarse {
    fn around(rect: Rect) -> Self {
        let first = (rect.x0.div_euclid(STEP), rect.y0.div_euclid(STEP));
        // Three points more than needed, for the interpolation at the edge.
        let (across, down) = (rect.x1.div_euclid(STEP) - first.0 + 4, rect.y1.div_euclid(STEP) - first.1 + 4);
        let points = (0..down * across).into_par_iter().map(|at| point(first.0 + at % across, first.1 + at / across));
        let (height, moisture) = points.unzip();
        Self { first, across: across as usize, height, moisture }
    }

    /// The coarse points of `field`, interpolated down to row `y`, by a cubic B-spline: smooth, without ringing.
    fn line(&self, field: &[f32], y: i64) -> Vec<f32> {
        let row = (y.div_euclid(STEP) - self.first.1) as usize;
        let weights = spline(y.rem_euclid(STEP) as f32 / STEP as f32);
        let rows = [0, 1, 2, 3].map(|j| &field[(row + j) * self.across..][..self.across]);
        (0..self.across).map(|x| (0..4).map(|j| weights[j] * rows[j][x]).sum()).collect()
    }

    /// The values from `x0` on of an interpolated line of coarse points.
    fn along(&self, line: &[f32], x0: i64, values: &mut [f32]) {
        let weights: [[f32; 4]; STEP as usize] = std::array::from_fn(|part| spline(part as f32 / STEP as f32));
        for (value, x) in values.iter_mut().zip(x0..) {
            let column = (x.div_euclid(STEP) - self.first.0) as usize;
            let (points, weights) = (&line[column..][..4], &weights[x.rem_euclid(STEP) as usize]);
            *value = weights[0] * points[0] + weights[1] * points[1] + weights[2] * points[2] + weights[3] * points[3];
        }
    }
}

/// Height and moisture at a coarse point.
fn point(x: i64, y: i64) -> (f32, f32) {
    let (u, v) = (x as f32 / 150.0, y as f32 / 150.0);
    // Domain warping (Quilez): noise that bends the space of other noise gives rivers and folds.
    let (wu, wv) = (fbm(u + 3.1, v + 7.7, 5), fbm(u - 5.2, v + 1.3, 5));
    let base = fbm(u + 1.9 * wu, v + 1.9 * wv, 8);
    let ridge = 1.0 - (2.0 * fbm(u * 1.7 + 0.8 * wv + 11.0, v * 1.7 + 0.8 * wu, 7)).abs();
    (0.5 + 0.62 * base + 0.16 * (ridge - 0.7), 0.5 + 0.8 * fbm(u * 0.8 - wv + 21.0, v * 0.8 + wu + 4.0, 6))
}

/// Adds finer octaves to the coarse heights of row `y` from `x0` on; water is smoother than land.
fn add_relief(heights: &mut [f32], x0: i64, y: i64) {
    let mut fine = vec![0.0; heights.len()];
    for (scale, strength) in [(41, 0.5), (17, 0.26), (7, 0.13)] {
        add_noise(&mut fine, x0, y, scale, strength);
    }
    for (height, fine) in heights.iter_mut().zip(fine) {
        let land = ((*height - SEA) * 9.0 + 0.3).clamp(0.12, 1.0);
        *height += 0.035 * land * fine;
    }
}

/// Adds `strength` times the [`noise`] of features of `scale` pixels to the values of row `y` from `x0` on. In a row, what the corners of
/// a cell add is linear in x.
fn add_noise(values: &mut [f32], x0: i64, y: i64, scale: i64, strength: f32) {
    let row = y.div_euclid(scale) as i32;
    let fy = y.rem_euclid(scale) as f32 / scale as f32;
    let v = fade(fy);
    // At a point of the lattice: the value at x 0, and what it gains for each pixel to the right.
    let line = |column: i64| {
        let [upper, lower] = [0, 1].map(|dy| gradient(column as i32, row + dy));
        let value = upper.1 * fy + v * (lower.1 * (fy - 1.0) - upper.1 * fy);
        (strength * value, strength * (upper.0 + v * (lower.0 - upper.0)))
    };
    let fades: Vec<(f32, f32)> = (0..scale).map(|part| part as f32 / scale as f32).map(|fx| (fx, fade(fx))).collect();
    let (mut column, mut part) = (x0.div_euclid(scale), x0.rem_euclid(scale) as usize);
    let mut rest = values;
    let mut left = line(column);
    while !rest.is_empty() {
        let right = line(column + 1);
        let count = rest.len().min(fades.len() - part);
        let (cell, others) = rest.split_at_mut(count);
        for (value, (fx, u)) in cell.iter_mut().zip(&fades[part..]) {
            let a = left.0 + left.1 * fx;
            *value += a + u * (right.0 + right.1 * (fx - 1.0) - a);
        }
        (rest, left, column, part) = (others, right, column + 1, 0);
    }
}

fn spline(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [(1.0 - t).powi(3) / 6.0, (3.0 * t3 - 6.0 * t2 + 4.0) / 6.0, (-3.0 * t3 + 3.0 * t2 + 3.0 * t + 1.0) / 6.0, t3 / 6.0]
}

/// Water, shore, meadow, forest, rock and snow, shaded by a sun in the upper left.
fn color(height: f32, moisture: f32, slope: (f32, f32), grain: f32) -> [u8; 3] {
    const STOPS: [(f32, [f32; 3]); 9] = [
        (0.18, [10.0, 42.0, 78.0]),
        (0.34, [20.0, 82.0, 122.0]),
        (0.415, [62.0, 138.0, 152.0]),
        (0.432, [202.0, 190.0, 144.0]),
        (0.47, [142.0, 152.0, 84.0]),
        (0.55, [84.0, 118.0, 54.0]),
        (0.66, [62.0, 84.0, 46.0]),
        (0.76, [128.0, 116.0, 98.0]),
        (0.88, [236.0, 236.0, 238.0]),
    ];
    let wet = if height > SEA { (moisture - 0.5) * 0.16 } else { 0.0 };
    let at = (height + wet * (height - SEA).min(0.2) * 3.0).clamp(STOPS[0].0, STOPS[8].0);
    let upper = STOPS.iter().position(|stop| stop.0 >= at).unwrap_or(8).max(1);
    let ((from, a), (to, b)) = (STOPS[upper - 1], STOPS[upper]);
    let t = (at - from) / (to - from);
    // Lambert's law, from the upper left, at about 45 degrees.
    let light = (1.0 + slope.0 + slope.1) / (1.0 + slope.0 * slope.0 + slope.1 * slope.1).sqrt();
    let shade = if height > SEA { (0.62 + 0.38 * light).clamp(0.3, 1.25) } else { 0.94 + 0.06 * light };
    let dry = ((0.5 - moisture) * 60.0).clamp(-14.0, 18.0) * f32::from(u8::from(height > SEA + 0.015));
    let tint = [dry, dry * 0.35, -dry * 0.3];
    [0, 1, 2].map(|c| ((a[c] + (b[c] - a[c]) * t + tint[c]) * shade + grain * 7.0) as u8)
}

/// -0.5 to 0.5, without any order.
fn grain(x: i64, y: i64) -> f32 {
    hash(x as i32, y as i32) as f32 / u32::MAX as f32 - 0.5
}

/// Octaves of noise, each twice as fine and half as strong; about -0.6 to 0.6.
fn fbm(x: f32, y: f32, octaves: u32) -> f32 {
    let octave = |n: u32| {
        let scale = (1 << n) as f32;
        noise(x * scale + 17.3 * n as f32, y * scale - 9.1 * n as f32) / scale
    };
    (0..octaves).map(octave).sum::<f32>() * 0.75
}

/// Gradient noise (Perlin 2002): smooth, about -0.7 to 0.7, features of size 1.
fn noise(x: f32, y: f32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let (fx, fy) = (x - column, y - row);
    let corner = |dx: i32, dy: i32| {
        let (gx, gy) = gradient(column as i32 + dx, row as i32 + dy);
        gx * (fx - dx as f32) + gy * (fy - dy as f32)
    };
    let (u, v) = (fade(fx), fade(fy));
    let upper = corner(0, 0) + u * (corner(1, 0) - corner(0, 0));
    let lower = corner(0, 1) + u * (corner(1, 1) - corner(0, 1));
    upper + v * (lower - upper)
}

/// From 0 to 1, level at both ends.
fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// That of a point of the lattice.
fn gradient(column: i32, row: i32) -> (f32, f32) {
    GRADIENTS[(hash(column, row) >> 28) as usize & 7]
}

const DIAGONAL: f32 = std::f32::consts::FRAC_1_SQRT_2;
const GRADIENTS: [(f32, f32); 8] = [
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.0, 1.0),
    (0.0, -1.0),
    (DIAGONAL, DIAGONAL),
    (-DIAGONAL, DIAGONAL),
    (DIAGONAL, -DIAGONAL),
    (-DIAGONAL, -DIAGONAL),
];

fn hash(x: i32, y: i32) -> u32 {
    let mixed = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2C1B_3C6D);
    (mixed ^ mixed >> 13).wrapping_mul(0x297A_2D39)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_parts_agree() {
        let whole = paint(Rect::new(0, 0, 600, 400));
        let part = Rect::new(100, 50, 350, 333);
        assert_eq!(paint(part), whole.crop(part));
    }

    #[test]
    fn a_row_of_noise_is_that_of_its_points() {
        for (scale, y) in [(41, 5), (17, -30), (7, 0)] {
            let mut row = vec![1.0; 100];
            add_noise(&mut row, -50, y, scale, 2.0);
            for (value, x) in row.iter().zip(-50i64..) {
                let expected = 1.0 + 2.0 * noise(x as f32 / scale as f32, y as f32 / scale as f32);
                assert!((value - expected).abs() < 1e-4, "{x} {y} {scale}: {value}, not {expected}");
            }
        }
    }

    #[test]
    fn the_terrain_is_not_flat() {
        let Samples::U8(samples) = paint(Rect::new(0, 0, 3000, 2000)).into_samples() else { panic!("bytes") };
        let mean = samples.iter().map(|&s| f64::from(s)).sum::<f64>() / samples.len() as f64;
        let spread = samples.iter().map(|&s| (f64::from(s) - mean).powi(2)).sum::<f64>() / samples.len() as f64;
        assert!((60.0..200.0).contains(&mean) && spread.sqrt() > 20.0, "mean {mean}, deviation {}", spread.sqrt());
    }
}

//! The offset of two strips to a few hundredths of a pixel: Gauss-Newton with contrast and brightness as unknowns.
//!
//! Both strips are moved by half the offset, so that both are interpolated alike and the interpolation's blur favors no
//! fraction. The problem is that of Lucas and Kanade 1981 with the gain and offset of Evangelidis and Psarakis 2008.

use crate::correlate::Offset;
use crate::ncc::{correlation, shared};
use crate::plane::Plane;

/// Rounds at most; a step smaller than [`SETTLED`] ends them.
const ROUNDS: usize = 8;
const SETTLED: f64 = 0.004;
/// The blur that noise has gone through, in pixels.
const FINE: f32 = 1.0;
/// Structures larger than this, in pixels, are shading: they are taken away.
const COARSE: f32 = 8.0;
/// How far the edges of strips are not to be trusted, in pixels: there they have been blurred with what lies mirrored beyond.
const RIM: usize = 2;
/// How far interpolation and gradients reach.
const REACH: usize = 4;

/// A refined offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Refined {
    /// Of strip b inside strip a, in pixels.
    pub(crate) offset: (f64, f64),
    /// Of the band-passed strips there.
    pub(crate) ncc: f32,
    /// The standard deviation that noise alone gives the offset, the larger of both axes, in pixels.
    pub(crate) sigma: f32,
}

/// Refine an offset that is right to a pixel or two; `a` and `b` are blurred by [`FINE`]. `None` where the overlap is too
/// small or has no gradients, or where it runs away.
pub(crate) fn refine(a: &Plane, b: &Plane, start: (f64, f64)) -> Option<Refined> {
    let mut at = start;
    for _ in 0..3 {
        let whole: Offset = (at.0.round() as i64, at.1.round() as i64);
        let (a, b) = windows(a, b, whole)?;
        let found = settle(&a, &b, (at.0 - whole.0 as f64, at.1 - whole.1 as f64))?;
        at = (whole.0 as f64 + found.offset.0, whole.1 as f64 + found.offset.1);
        if (at.0 - start.0).abs().max((at.1 - start.1).abs()) > 4.0 {
            return None;
        }
        if found.offset.0.abs().max(found.offset.1.abs()) <= 0.75 {
            return Some(Refined { offset: at, ..found });
        }
    }
    None
}

/// What both strips show at a whole offset, without shading and less a rim.
///
/// The shading is that of what both share, so that it is the same in both. Taken from the whole strips, one would be blurred
/// with what lies beyond the overlap, the other with what lies mirrored at its edge: in a narrow overlap that moves the result
/// by several hundredths of a pixel.
fn windows(a: &Plane, b: &Plane, offset: Offset) -> Option<(Plane, Plane)> {
    let (x, y, width, height) = shared(a, b, offset)?;
    if width.min(height) < 2 * REACH + 4 {
        return None;
    }
    let rim = |side: usize| RIM.min((side - 2 * REACH - 4) / 2);
    let (across, down) = (rim(width), rim(height));
    let from_b = ((x as i64 - offset.0) as usize, (y as i64 - offset.1) as usize);
    let inner = |plane: &Plane, (x, y): (usize, usize)| {
        let shared = plane.crop(x, y, width, height).high_pass(COARSE);
        shared.crop(across, down, width - 2 * across, height - 2 * down)
    };
    Some((inner(a, (x, y)), inner(b, from_b)))
}

/// Gauss-Newton from a fraction of a pixel.
fn settle(a: &Plane, b: &Plane, start: (f64, f64)) -> Option<Refined> {
    let (mut dx, mut dy) = start;
    let mut gain = 1.0f32;
    let mut last = f64::INFINITY;
    for round in 0..ROUNDS {
        let from_a = shifted(a, dx / 2.0, dy / 2.0);
        let from_b = shifted(b, -dx / 2.0, -dy / 2.0);
        let sums = Sums::of(&from_a, &from_b, gain);
        let solved = sums.solve()?;
        let step = solved.dx.hypot(solved.dy);
        if round > 1 && step > 2.0 * last {
            return None;
        }
        if step < SETTLED || round + 1 == ROUNDS {
            let settled = step < 0.05;
            let [ncc, sigma] = [sums.ncc(), solved.sigma as f32];
            return settled.then_some(Refined { offset: (dx + solved.dx, dy + solved.dy), ncc, sigma });
        }
        (dx, dy) = (dx + solved.dx, dy + solved.dy);
        gain = solved.gain as f32;
        last = step;
        if dx.abs().max(dy.abs()) > 2.0 {
            // Cut anew from there; the caller does.
            return Some(Refined { offset: (dx, dy), ncc: sums.ncc(), sigma: solved.sigma as f32 });
        }
    }
    None
}

/// Products over all pixels of 1, the gradients, b and a.
struct Sums {
    /// Of the upper triangle, row by row: gx, gy, b, 1, a.
    products: [f64; 15],
    count: f64,
}

struct Solved {
    dx: f64,
    dy: f64,
    gain: f64,
    sigma: f64,
}

impl Sums {
    fn of(a: &Plane, b: &Plane, gain: f32) -> Self {
        let (width, height) = (a.width, a.height);
        let inner = width - 2 * REACH;
        let mut lines = [const { Vec::new() }; 5];
        lines.iter_mut().for_each(|line| line.resize(inner, 0.0f32));
        lines[3].fill(1.0);
        let mut products = [0.0f64; 15];
        for y in REACH..height - REACH {
            let at = |plane: &'_ Plane, dx: i64, dy: i64| {
                let start = (y as i64 + dy) as usize * width + (REACH as i64 + dx) as usize;
                start..start + inner.min(plane.data.len())
            };
            let [gx, gy, of_b, _, of_a] = &mut lines;
            let (a_left, a_right) = (&a.data[at(a, -1, 0)], &a.data[at(a, 1, 0)]);
            let (b_left, b_right) = (&b.data[at(b, -1, 0)], &b.data[at(b, 1, 0)]);
            let (a_up, a_down) = (&a.data[at(a, 0, -1)], &a.data[at(a, 0, 1)]);
            let (b_up, b_down) = (&b.data[at(b, 0, -1)], &b.data[at(b, 0, 1)]);
            for x in 0..inner {
                gx[x] = 0.25 * ((a_right[x] - a_left[x]) + gain * (b_right[x] - b_left[x]));
                gy[x] = 0.25 * ((a_down[x] - a_up[x]) + gain * (b_down[x] - b_up[x]));
            }
            of_a.copy_from_slice(&a.data[at(a, 0, 0)]);
            of_b.copy_from_slice(&b.data[at(b, 0, 0)]);
            let mut place = 0;
            for first in 0..5 {
                for second in first..5 {
                    products[place] += f64::from(dot(&lines[first], &lines[second]));
                    place += 1;
                }
            }
        }
        Self { products, count: (inner * (height - 2 * REACH)) as f64 }
    }

    /// The product of entries `first` and `second`.
    fn get(&self, first: usize, second: usize) -> f64 {
        let (low, high) = (first.min(second), first.max(second));
        self.products[low * 5 - low * low.saturating_sub(1) / 2 + high - low]
    }

    fn ncc(&self) -> f32 {
        correlation([self.get(4, 3), self.get(2, 3), self.get(4, 4), self.get(2, 2), self.get(4, 2)], self.count)
    }

    /// Minimize |a + dx gx + dy gy - gain b - brightness|². `None` where the gradients do not determine it.
    fn solve(&self) -> Option<Solved> {
        // Unknowns dx, dy, -gain, -brightness; the right side is -a.
        let mut rows: [[f64; 7]; 4] = std::array::from_fn(|row| {
            let mut line = [0.0; 7];
            (0..4).for_each(|column| line[column] = self.get(row, column));
            line[4] = -self.get(row, 4);
            if row < 2 {
                line[5 + row] = 1.0;
            }
            line
        });
        let diagonal: [f64; 4] = std::array::from_fn(|k| rows[k][k]);
        for pivot in 0..4 {
            if rows[pivot][pivot] <= diagonal[pivot] * 1e-6 || rows[pivot][pivot] <= 1e-12 {
                return None;
            }
            let scale = 1.0 / rows[pivot][pivot];
            rows[pivot].iter_mut().for_each(|value| *value *= scale);
            let chosen = rows[pivot];
            for (_, row) in rows.iter_mut().enumerate().filter(|(other, _)| *other != pivot) {
                let factor = row[pivot];
                row.iter_mut().zip(&chosen).for_each(|(value, from)| *value -= factor * from);
            }
        }
        let unknowns: [f64; 4] = std::array::from_fn(|k| rows[k][4]);
        let explained: f64 = (0..4).map(|k| unknowns[k] * self.get(k, 4)).sum();
        let left = (self.get(4, 4) + explained).max(0.0) / self.count;
        // Blurred noise is alike within 4 π σ² pixels.
        let alike = 4.0 * std::f64::consts::PI * f64::from(FINE * FINE);
        let sigma = (left * alike * rows[0][5].max(rows[1][6])).max(0.0).sqrt();
        Some(Solved { dx: unknowns[0], dy: unknowns[1], gain: -unknowns[2], sigma })
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut lanes = [0.0f32; LANES];
    let (whole_a, rest_a) = a.as_chunks::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    for (a, b) in whole_a.iter().zip(whole_b) {
        (0..LANES).for_each(|k| lanes[k] += a[k] * b[k]);
    }
    lanes.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

/// The plane sampled at (x + dx, y + dy), mirrored at its edges.
fn shifted(plane: &Plane, dx: f64, dy: f64) -> Plane {
    let moved = |plane: &Plane, d: f64, across: bool| {
        let (whole, fraction) = (d.floor(), d - d.floor());
        if fraction.abs() < 1e-9 && whole == 0.0 {
            return plane.clone();
        }
        // Taps at -2..=3 around the whole part; a kernel of odd length with that part as its shift.
        let taps = lagrange(fraction);
        let reach = 3 + whole.abs() as usize;
        let mut kernel = vec![0.0f32; 2 * reach + 1];
        for (k, tap) in taps.into_iter().enumerate() {
            kernel[(reach as i64 + whole as i64 + k as i64 - 2) as usize] = tap;
        }
        if across { plane.convolved_across(&kernel) } else { plane.convolved_down(&kernel) }
    };
    let across = moved(plane, dx, true);
    moved(&across, dy, false)
}

/// Weights of the pixels -2 to 3 for a value at `fraction` of the way from 0 to 1: the polynomial of degree 5 through them.
///
/// What is blurred like here it moves by exactly that fraction; Lanczos' window would move smooth structures by a tenth less.
fn lagrange(fraction: f64) -> [f32; 6] {
    std::array::from_fn(|k| {
        let node = k as f64 - 2.0;
        let others = (0..6).map(|other| f64::from(other) - 2.0).filter(|other| *other != node);
        others.map(|other| (fraction - other) / (node - other)).product::<f64>() as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scene, noise};

    #[test]
    fn fractions_are_found_to_a_hundredth() {
        let scene = Scene::new(5);
        for (x, y) in [(30.0, -4.0), (30.3, -4.25), (29.51, 3.5), (31.9, 0.77)] {
            let (a, b) = (scene.cut(0.0, 0.0, 120, 200).gauss(FINE), scene.cut(x, y, 120, 200).gauss(FINE));
            let found = refine(&a, &b, (x + 0.8, y - 0.9)).unwrap();
            let error = (found.offset.0 - x).abs().max((found.offset.1 - y).abs());
            assert!(error < 0.02, "{found:?} for {x},{y}");
            assert!(found.ncc > 0.999, "{found:?}");
        }
    }

    #[test]
    fn noise_gain_and_shading_cost_little() {
        let (scene, mut state) = (Scene::new(6), 1);
        let (mut a, mut b) = (scene.cut(0.0, 0.0, 140, 400), scene.cut(20.4, 3.2, 140, 400));
        for (index, value) in a.data.iter_mut().enumerate() {
            *value = ((*value + 60.0) * (1.0 - (index % 140) as f32 * 0.001) + noise(&mut state) * 8.0).max(1.0).ln();
        }
        b.data.iter_mut().for_each(|value| *value = ((*value + 60.0) * 0.8 + noise(&mut state) * 8.0).max(1.0).ln());
        let found = refine(&a.gauss(FINE), &b.gauss(FINE), (20.0, 4.0)).unwrap();
        let error = (found.offset.0 - 20.4).hypot(found.offset.1 - 3.2);
        assert!(error < 0.05 && f64::from(found.sigma) < 0.05, "{error}, {found:?}");
    }

    #[test]
    fn flat_overlaps_are_not_refined() {
        let flat = Plane::zeros(60, 80);
        assert_eq!(refine(&flat, &flat, (3.0, 2.0)), None);
        let bars = Plane::from_fn(60, 80, |x, _| (x as f32 / 3.0).sin());
        assert_eq!(refine(&bars, &bars, (3.0, 2.0)), None, "nothing says where they lie along themselves");
    }
}

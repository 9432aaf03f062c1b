//! All positions from all links: the least squares of a network of springs, solved by conjugate gradients with a multigrid
//! of aggregates, across and down side by side.

mod graph;
mod gradients;
mod multigrid;
mod robust;

pub use graph::{Spring, components};
pub use robust::{Robust, robust};

use crate::geometry::Point;
use graph::Graph;

/// Move `positions` to where the springs' weighted squares are least; those that are `fixed` stay.
///
/// What hangs together but on no fixed tile keeps the mean of its positions, so nothing can fly off. `tolerance` is that of the
/// positions, in pixels. Two weights may differ by a factor of 10^8.
pub fn settle(positions: &mut [Point], springs: &[Spring], fixed: &[bool], tolerance: f64) {
    let parts = components(positions.len(), springs.iter().map(|spring| (spring.a, spring.b)));
    let mut held = fixed.to_vec();
    let mut heaviest: Vec<Option<(u32, u32)>> = vec![None; positions.len()];
    let mut has_fixed = vec![false; positions.len()];
    let mut degrees = vec![0u32; positions.len()];
    for spring in springs {
        degrees[spring.a as usize] += 1;
        degrees[spring.b as usize] += 1;
    }
    for (tile, part) in parts.iter().enumerate() {
        has_fixed[*part as usize] |= fixed[tile];
        let candidate = Some((degrees[tile], tile as u32));
        if candidate > heaviest[*part as usize] {
            heaviest[*part as usize] = candidate;
        }
    }
    // One tile of each part that hangs free is held while solving; the part is moved back afterwards.
    for (part, tile) in heaviest.iter().enumerate() {
        if let (Some((_, tile)), false) = (tile, has_fixed[part]) {
            held[*tile as usize] = true;
        }
    }
    let graph = Graph::new(positions.len(), springs, &held);
    let levels = multigrid::Multigrid::new(&graph);
    let [xs, ys] = [|point: &Point| point.x, |point: &Point| point.y].map(|axis: fn(&Point) -> f64| {
        let start: Vec<f64> = positions.iter().map(axis).collect();
        let pull = graph.pull(springs, &start, axis);
        (start, pull)
    });
    let solve = |(mut x, pull): (Vec<f64>, Vec<f64>)| {
        gradients::solve(&graph, &levels, &mut x, &pull, tolerance);
        x
    };
    let (xs, ys) = rayon::join(|| solve(xs), || solve(ys));
    let mut moved = vec![(0.0f64, 0.0f64, 0u32); positions.len()];
    for (tile, part) in parts.iter().enumerate() {
        let sum = &mut moved[*part as usize];
        *sum = (sum.0 + positions[tile].x - xs[tile], sum.1 + positions[tile].y - ys[tile], sum.2 + 1);
    }
    for (tile, position) in positions.iter_mut().enumerate() {
        let part = parts[tile] as usize;
        let (dx, dy, count) = moved[part];
        let back =
            if has_fixed[part] { Point::default() } else { Point::new(dx / f64::from(count), dy / f64::from(count)) };
        if !fixed[tile] {
            *position = Point::new(xs[tile], ys[tile]) + back;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random;

    /// Springs of a grid whose steps are those between `truth`.
    fn grid(columns: u32, rows: u32) -> (Vec<Point>, Vec<Spring>) {
        let mut state = 5;
        let mut jitter = || f64::from(random(&mut state) * 20.0 - 10.0);
        let at = |k: u32| (f64::from(k % columns) * 90.0, f64::from(k / columns) * 70.0);
        let truth: Vec<Point> =
            (0..columns * rows).map(|k| Point::new(at(k).0 + jitter(), at(k).1 + jitter())).collect();
        let mut springs = Vec::new();
        for k in 0..columns * rows {
            let right = (k % columns + 1 < columns).then_some(k + 1);
            let below = (k / columns + 1 < rows).then_some(k + columns);
            for other in [right, below].into_iter().flatten() {
                let step = truth[other as usize] - truth[k as usize];
                springs.push(Spring { a: k, b: other, step, weight: 1.0 });
            }
        }
        (truth, springs)
    }

    fn worst(found: &[Point], truth: &[Point]) -> f64 {
        let mean = |points: &[Point]| {
            let sum = points.iter().fold(Point::default(), |sum, point| sum + *point);
            Point::new(sum.x / points.len() as f64, sum.y / points.len() as f64)
        };
        let shift = mean(truth) - mean(found);
        found.iter().zip(truth).map(|(a, b)| (a.x + shift.x - b.x).hypot(a.y + shift.y - b.y)).fold(0.0, f64::max)
    }

    #[test]
    fn consistent_springs_are_satisfied_whatever_their_weights() {
        let (truth, mut springs) = grid(40, 30);
        for (index, spring) in springs.iter_mut().enumerate() {
            spring.weight = [1.0, 1e-4, 0.3, 1e-6][index % 4];
        }
        let mut found = vec![Point::new(500.0, 300.0); truth.len()];
        settle(&mut found, &springs, &vec![false; truth.len()], 1e-3);
        assert!(worst(&found, &truth) < 0.01, "{}", worst(&found, &truth));
        let mean = found.iter().fold(Point::default(), |sum, point| sum + *point);
        assert!((mean.x / 1200.0 - 500.0).abs() < 1e-6, "what hangs free keeps its mean");
    }

    #[test]
    fn fixed_tiles_stay_and_carry_the_others() {
        let (truth, springs) = grid(20, 10);
        let mut found = vec![Point::default(); truth.len()];
        let mut fixed = vec![false; truth.len()];
        for tile in [0, 57, 199] {
            (fixed[tile], found[tile]) = (true, truth[tile] + Point::new(1000.0, -50.0));
        }
        settle(&mut found, &springs, &fixed, 1e-3);
        let expected = truth.iter().map(|point| *point + Point::new(1000.0, -50.0));
        for (found, expected) in found.iter().zip(expected) {
            assert!((found.x - expected.x).hypot(found.y - expected.y) < 0.01);
        }
    }

    #[test]
    fn parts_without_a_spring_between_them_stay_apart() {
        let start = [0.0, 10.0, 500.0, 520.0, 900.0].map(|x| Point::new(x, 0.0));
        let spring = |a, b, x| Spring { a, b, step: Point::new(x, 0.0), weight: 1.0 };
        let mut found = start;
        settle(&mut found, &[spring(0, 1, 12.0), spring(2, 3, 10.0)], &[false; 5], 1e-3);
        let expected = [-1.0, 11.0, 505.0, 515.0, 900.0];
        assert!(found.iter().zip(expected).all(|(point, x)| (point.x - x).abs() < 1e-6), "{found:?}");
    }
}

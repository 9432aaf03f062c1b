//! [`Graph`]: springs as a sparse symmetric matrix, and which tiles hang together.

use crate::geometry::Point;

/// A constraint: `b` lies `step` from `a`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spring {
    pub a: u32,
    pub b: u32,
    /// In canvas pixels.
    pub step: Point,
    /// Above 0.
    pub weight: f64,
}

/// The matrix of the springs between tiles that may move: for each, its sum of weights and its neighbors.
pub(crate) struct Graph {
    /// Row `k` has the entries `starts[k]..starts[k + 1]`.
    pub(crate) starts: Vec<u32>,
    pub(crate) neighbors: Vec<u32>,
    /// Positive; the matrix has their negatives.
    pub(crate) weights: Vec<f64>,
    /// Springs to held tiles count here only. A held tile has 1 and no neighbors.
    pub(crate) diagonal: Vec<f64>,
    held: Vec<bool>,
}

impl Graph {
    /// The matrix of `springs` between `count` tiles.
    pub(crate) fn new(count: usize, springs: &[Spring], held: &[bool]) -> Self {
        let free = |spring: &&Spring| !held[spring.a as usize] && !held[spring.b as usize] && spring.a != spring.b;
        let mut starts = vec![0u32; count + 1];
        for spring in springs.iter().filter(free) {
            starts[spring.a as usize + 1] += 1;
            starts[spring.b as usize + 1] += 1;
        }
        for k in 0..count {
            starts[k + 1] += starts[k];
        }
        let mut next = starts.clone();
        let entries = starts[count] as usize;
        let (mut neighbors, mut weights) = (vec![0u32; entries], vec![0.0f64; entries]);
        for spring in springs.iter().filter(free) {
            for (from, to) in [(spring.a, spring.b), (spring.b, spring.a)] {
                let at = &mut next[from as usize];
                (neighbors[*at as usize], weights[*at as usize]) = (to, spring.weight);
                *at += 1;
            }
        }
        let mut diagonal: Vec<f64> = held.iter().map(|held| f64::from(u8::from(*held))).collect();
        for spring in springs.iter().filter(|spring| spring.a != spring.b) {
            for tile in [spring.a, spring.b] {
                if !held[tile as usize] {
                    diagonal[tile as usize] += spring.weight;
                }
            }
        }
        // A tile without a spring stays where it is.
        diagonal.iter_mut().for_each(|value| *value = if *value > 0.0 { *value } else { 1.0 });
        Self { starts, neighbors, weights, diagonal, held: held.to_vec() }
    }

    /// The right side: what the springs pull each tile to along one axis.
    pub(crate) fn pull(&self, springs: &[Spring], start: &[f64], axis: fn(&Point) -> f64) -> Vec<f64> {
        let mut pull = vec![0.0; start.len()];
        let mut touched = vec![false; start.len()];
        for spring in springs.iter().filter(|spring| spring.a != spring.b) {
            let along = axis(&spring.step);
            for (tile, other, sign) in [(spring.a, spring.b, -1.0), (spring.b, spring.a, 1.0)] {
                let (tile, other) = (tile as usize, other as usize);
                touched[tile] = true;
                let from = if self.held[other] { start[other] } else { 0.0 };
                pull[tile] += spring.weight * (sign * along + from);
            }
        }
        for (tile, value) in pull.iter_mut().enumerate() {
            if self.held[tile] || !touched[tile] {
                *value = start[tile];
            }
        }
        pull
    }

    /// The entries of row `k`.
    pub(crate) fn row(&self, k: usize) -> impl Iterator<Item = (u32, f64)> + '_ {
        let part = self.starts[k] as usize..self.starts[k + 1] as usize;
        self.neighbors[part.clone()].iter().copied().zip(self.weights[part].iter().copied())
    }

    /// The matrix times `x`.
    pub(crate) fn multiply(&self, x: &[f64], out: &mut [f64]) {
        for (k, out) in out.iter_mut().enumerate() {
            let around: f64 = self.row(k).map(|(other, weight)| weight * x[other as usize]).sum();
            *out = self.diagonal[k] * x[k] - around;
        }
    }
}

/// For each of `count` tiles, the first tile that hangs together with it by `edges`.
pub fn components(count: usize, edges: impl Iterator<Item = (u32, u32)>) -> Vec<u32> {
    let mut roots: Vec<u32> = (0..count as u32).collect();
    fn root(roots: &mut [u32], mut at: u32) -> u32 {
        while roots[at as usize] != at {
            roots[at as usize] = roots[roots[at as usize] as usize];
            at = roots[at as usize];
        }
        at
    }
    for (a, b) in edges {
        let (a, b) = (root(&mut roots, a), root(&mut roots, b));
        // The smaller one stays a root.
        roots[a.max(b) as usize] = a.min(b);
    }
    (0..count as u32).map(|k| root(&mut roots, k)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_labeled_by_their_first_pixel() {
        let edges = [(5, 4), (1, 2), (4, 2), (0, 7)];
        assert_eq!(components(8, edges.into_iter()), [0, 1, 1, 3, 1, 1, 6, 0]);
    }
}

//! [`Multigrid`]: an approximate inverse of a graph's matrix, by merging strongly tied tiles level after level.
//!
//! Aggregates of about four, made by pairing twice along the strongest spring (Notay 2010), piecewise constant between them,
//! Gauss-Seidel forth before and back after, and each coarser level visited twice. In `f32`: it only guides the gradients.

use super::graph::Graph;

/// Levels stop at this many tiles, or when merging no longer makes them fewer.
const COARSEST: usize = 48;
/// Sweeps forth and back that solve the coarsest level.
const COARSEST_SWEEPS: usize = 24;
/// The mark of a node without an aggregate.
const NONE: u32 = u32::MAX;

/// All levels of one matrix.
pub(crate) struct Multigrid {
    levels: Vec<Level>,
}

#[derive(Default)]
struct Level {
    starts: Vec<u32>,
    /// Where the neighbors of higher numbers begin.
    higher: Vec<u32>,
    /// Of each tile first those of lower numbers, then those of higher ones; of both the nearest numbers last: a sweep has just
    /// written these, and waits for them the least.
    neighbors: Vec<u32>,
    weights: Vec<f32>,
    diagonal: Vec<f32>,
    /// 1 / `diagonal`.
    inverse: Vec<f32>,
    /// The aggregate of each tile on the next level; empty on the last.
    aggregates: Vec<u32>,
}

/// Vectors for one who applies it.
pub(crate) struct Workspace {
    levels: Vec<Vectors>,
}

#[derive(Clone)]
struct Vectors {
    right: Vec<f32>,
    x: Vec<f32>,
    residual: Vec<f32>,
}

impl Multigrid {
    /// The levels for `graph`.
    pub(crate) fn new(graph: &Graph) -> Self {
        let mut levels = vec![Level {
            starts: graph.starts.clone(),
            neighbors: graph.neighbors.clone(),
            weights: graph.weights.iter().map(|weight| *weight as f32).collect(),
            diagonal: graph.diagonal.iter().map(|weight| *weight as f32).collect(),
            ..Level::default()
        }];
        while let Some(finest) = levels.last_mut() {
            let count = finest.diagonal.len();
            if count <= COARSEST {
                break;
            }
            let (pairs, paired) = finest.pairs();
            let half = finest.merged(&pairs, paired);
            let (again, merged) = half.pairs();
            if merged == 0 || merged * 10 > count * 8 {
                break;
            }
            let coarse = half.merged(&again, merged);
            finest.aggregates = pairs.iter().map(|&at| if at == NONE { NONE } else { again[at as usize] }).collect();
            levels.push(coarse);
        }
        levels.iter_mut().for_each(Level::prepare);
        Self { levels }
    }

    /// Memory for [`apply`](Self::apply).
    pub(crate) fn workspace(&self) -> Workspace {
        let vectors = |level: &Level| {
            let zeros = vec![0.0; level.diagonal.len()];
            Vectors { right: zeros.clone(), x: zeros.clone(), residual: zeros }
        };
        Workspace { levels: self.levels.iter().map(vectors).collect() }
    }

    /// About the solution for the right side `residual`.
    pub(crate) fn apply(&self, residual: &[f64], out: &mut [f64], workspace: &mut Workspace) {
        // Scaled, so that nothing is lost in f32.
        let most = residual.iter().fold(0.0f64, |most, value| most.max(value.abs())).max(f64::MIN_POSITIVE);
        let right = &mut workspace.levels[0].right;
        right.iter_mut().zip(residual).for_each(|(to, value)| *to = (value / most) as f32);
        self.cycle(0, &mut workspace.levels);
        out.iter_mut().zip(&workspace.levels[0].x).for_each(|(to, value)| *to = f64::from(*value) * most);
    }

    /// Solve level `at` for its right side, about.
    fn cycle(&self, at: usize, vectors: &mut [Vectors]) {
        let level = &self.levels[at];
        let Some((own, coarser)) = vectors.split_first_mut() else { return };
        level.first_sweep(&own.right, &mut own.x);
        if level.aggregates.is_empty() {
            for _ in 0..COARSEST_SWEEPS {
                level.sweep(&own.right, &mut own.x, true);
                level.sweep(&own.right, &mut own.x, false);
            }
        } else {
            // A second visit costs half as much again and keeps the number of rounds small on many levels.
            for visit in 0..if at == 0 { 1 } else { 2 } {
                if visit == 0 {
                    level.first_residual(&own.x, &mut own.residual);
                } else {
                    level.residual(&own.right, &own.x, &mut own.residual);
                }
                coarser[0].right.fill(0.0);
                for (value, &aggregate) in own.residual.iter().zip(&level.aggregates) {
                    if aggregate != NONE {
                        coarser[0].right[aggregate as usize] += value;
                    }
                }
                self.cycle(at + 1, coarser);
                for (x, &aggregate) in own.x.iter_mut().zip(&level.aggregates) {
                    if aggregate != NONE {
                        *x += coarser[0].x[aggregate as usize];
                    }
                }
            }
        }
        level.sweep(&own.right, &mut own.x, true);
    }
}

impl Level {
    #[inline]
    fn row(&self, k: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let part = self.starts[k] as usize..self.starts[k + 1] as usize;
        self.neighbors[part.clone()].iter().copied().zip(self.weights[part].iter().copied())
    }

    /// The sum over the `entries` of weights times `x`.
    #[inline]
    fn sum(&self, entries: std::ops::Range<u32>, x: &[f32], start: f32) -> f32 {
        let part = entries.start as usize..entries.end as usize;
        let entries = self.neighbors[part.clone()].iter().zip(&self.weights[part]);
        entries.fold(start, |sum, (other, weight)| sum + weight * x[*other as usize])
    }

    /// A sweep from the first to the last where all of `x` was zero: what comes later counts for nothing.
    fn first_sweep(&self, right: &[f32], x: &mut [f32]) {
        for k in 0..x.len() {
            x[k] = self.sum(self.starts[k]..self.higher[k], x, right[k]) * self.inverse[k];
        }
    }

    /// The residual after [`first_sweep`](Self::first_sweep): what later tiles have changed since.
    fn first_residual(&self, x: &[f32], out: &mut [f32]) {
        for (k, out) in out.iter_mut().enumerate() {
            *out = self.sum(self.higher[k]..self.starts[k + 1], x, 0.0);
        }
    }

    /// One Gauss-Seidel sweep, from the first to the last or back.
    fn sweep(&self, right: &[f32], x: &mut [f32], back: bool) {
        let count = x.len();
        for step in 0..count {
            let k = if back { count - 1 - step } else { step };
            x[k] = self.sum(self.starts[k]..self.starts[k + 1], x, right[k]) * self.inverse[k];
        }
    }

    /// Orders neighbors and divides, for the sweeps.
    fn prepare(&mut self) {
        self.inverse = self.diagonal.iter().map(|value| 1.0 / value).collect();
        let mut row = Vec::new();
        for k in 0..self.diagonal.len() {
            row.clear();
            row.extend(self.row(k));
            row.sort_unstable_by_key(|(other, _)| (*other > k as u32, std::cmp::Reverse(other.abs_diff(k as u32))));
            let lower = row.iter().filter(|(other, _)| *other <= k as u32).count() as u32;
            self.higher.push(self.starts[k] + lower);
            let part = self.starts[k] as usize..self.starts[k + 1] as usize;
            let entries = self.neighbors[part.clone()].iter_mut().zip(&mut self.weights[part]);
            entries.zip(&row).for_each(|((other, weight), from)| (*other, *weight) = *from);
        }
    }

    fn residual(&self, right: &[f32], x: &[f32], out: &mut [f32]) {
        for (k, out) in out.iter_mut().enumerate() {
            *out = self.sum(self.starts[k]..self.starts[k + 1], x, right[k]) - self.diagonal[k] * x[k];
        }
    }

    /// Each tile with the free neighbor it is tied to most strongly: the number of its pair, and how many there are. Tiles
    /// without neighbors are in none.
    fn pairs(&self) -> (Vec<u32>, usize) {
        let count = self.diagonal.len();
        let mut pairs = vec![NONE; count];
        let mut found = 0;
        for k in 0..count {
            if pairs[k] != NONE || self.starts[k] == self.starts[k + 1] {
                continue;
            }
            let strongest = self.row(k).map(|(_, weight)| weight).fold(0.0f32, f32::max);
            let free = self.row(k).filter(|(other, _)| pairs[*other as usize] == NONE && *other as usize != k);
            let best = free.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, weight)| *weight >= 0.25 * strongest);
            pairs[k] = found;
            if let Some((other, _)) = best {
                pairs[other as usize] = found;
            }
            found += 1;
        }
        (pairs, found as usize)
    }

    /// The level whose tiles are the `count` aggregates.
    fn merged(&self, aggregates: &[u32], count: usize) -> Self {
        let mut members = vec![0u32; count + 1];
        for &aggregate in aggregates.iter().filter(|aggregate| **aggregate != NONE) {
            members[aggregate as usize + 1] += 1;
        }
        for k in 0..count {
            members[k + 1] += members[k];
        }
        let mut next = members.clone();
        let mut order = vec![0u32; members[count] as usize];
        for (tile, &aggregate) in aggregates.iter().enumerate() {
            if aggregate != NONE {
                order[next[aggregate as usize] as usize] = tile as u32;
                next[aggregate as usize] += 1;
            }
        }
        let mut coarse = Self { starts: vec![0], diagonal: vec![0.0; count], ..Self::default() };
        // Where the entry for an aggregate is in the row that is being made.
        let mut places = vec![NONE; count];
        for aggregate in 0..count {
            let begin = coarse.neighbors.len();
            let mut sum = 0.0f64;
            for &tile in &order[members[aggregate] as usize..members[aggregate + 1] as usize] {
                sum += f64::from(self.diagonal[tile as usize]);
                for (other, weight) in self.row(tile as usize) {
                    let to = aggregates[other as usize];
                    if to as usize == aggregate {
                        sum -= f64::from(weight);
                    } else if to != NONE {
                        let place = places[to as usize];
                        if place != NONE && place as usize >= begin {
                            coarse.weights[place as usize] += weight;
                        } else {
                            places[to as usize] = coarse.neighbors.len() as u32;
                            coarse.neighbors.push(to);
                            coarse.weights.push(weight);
                        }
                    }
                }
            }
            let outward: f64 = coarse.weights[begin..].iter().map(|weight| f64::from(*weight)).sum();
            // Rounding must not make it less than its neighbors together: the matrix would no longer be positive.
            coarse.diagonal[aggregate] = sum.max(outward * (1.0 + 1e-6)).max(1e-30) as f32;
            coarse.starts.push(coarse.neighbors.len() as u32);
        }
        coarse
    }
}

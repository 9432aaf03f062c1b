//! Preconditioned conjugate gradients (Hestenes and Stiefel 1952), in the form that a varying preconditioner may have
//! (Polak and Ribière).

use super::graph::Graph;
use super::multigrid::Multigrid;

/// It never takes so many: a bound against running on for ever.
const MOST_ROUNDS: usize = 400;
/// The preconditioned residual is a guess of the error only.
const SAFETY: f64 = 0.05;

/// Solve `graph` x = `pull` from the `x` given, until the preconditioned residual, which is about the error, is nowhere more
/// than `tolerance` in a round.
pub(crate) fn solve(graph: &Graph, levels: &Multigrid, x: &mut [f64], pull: &[f64], tolerance: f64) {
    let count = x.len();
    let mut residual = vec![0.0; count];
    graph.multiply(x, &mut residual);
    residual.iter_mut().zip(pull).for_each(|(value, pull)| *value = pull - *value);
    let mut workspace = levels.workspace();
    let mut better = vec![0.0; count];
    levels.apply(&residual, &mut better, &mut workspace);
    let mut direction = better.clone();
    let mut along = vec![0.0; count];
    let mut strength = dot(&residual, &better);
    for _ in 0..MOST_ROUNDS {
        if strength <= 0.0 || better.iter().all(|value| value.abs() < tolerance * SAFETY) {
            return;
        }
        graph.multiply(&direction, &mut along);
        let bend = dot(&direction, &along);
        if bend <= 0.0 || !bend.is_finite() {
            return;
        }
        let step = strength / bend;
        x.iter_mut().zip(&direction).for_each(|(x, direction)| *x += step * direction);
        residual.iter_mut().zip(&along).for_each(|(value, along)| *value -= step * along);
        let before = dot(&residual, &better);
        levels.apply(&residual, &mut better, &mut workspace);
        let now = dot(&residual, &better);
        let turn = ((now - before) / strength).max(0.0);
        direction.iter_mut().zip(&better).for_each(|(direction, better)| *direction = better + turn * *direction);
        strength = now;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

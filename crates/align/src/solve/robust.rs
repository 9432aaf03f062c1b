//! [`robust`]: positions from links of which some are wrong, by reweighting (Huber's weights first, then Tukey's).

use super::{Spring, settle};
use crate::geometry::Point;
use crate::job::Progress;
use crate::{Error, Result};

/// Residuals below this are never held against a link: real lenses bend, and many links agree by less than they are right.
const LEAST_SCALE: f64 = 0.3;
/// Rounds with Huber's weights, in which wrong links lose their pull little by little, and with Tukey's after them.
const HUBER_ROUNDS: usize = 4;
const TUKEY_ROUNDS: usize = 6;
/// In the first of Tukey's, more is forgiven: what wrong links have bent must come back before right ones are judged.
const FORGIVING: [f64; 3] = [6.0, 3.0, 1.5];
/// Huber's and Tukey's usual constants.
const HUBER: f64 = 1.345;
const TUKEY: f64 = 4.685;
/// How exact positions are in pixels while links are judged: a fraction of [`LEAST_SCALE`]. And at the end.
const JUDGED: f64 = 0.02;
const FINAL: f64 = 0.002;
/// The weight of a link that is only a guess.
const WEAK: f64 = 1e-4;

/// One link of the robust solver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Robust {
    pub a: u32,
    pub b: u32,
    /// The measured offset from `a` to `b` in pixels, and its weight; `None` without a match.
    pub measured: Option<(Point, f64)>,
    /// Whether `measured` is never down-weighted.
    pub is_sure: bool,
    /// The offset from `a` to `b` by the usual step.
    pub usual: Point,
}

/// Moves `positions` to satisfy most links; links without a measurement pull weakly to their usual step. Returns the final weight
/// of each measured link, 0 to 1: 0 for one that the others contradict.
///
/// Fails only when cancelled.
pub fn robust(positions: &mut [Point], links: &[Robust], fixed: &[bool], progress: &Progress) -> Result<Vec<f32>> {
    let mut counts: Vec<f32> = links.iter().map(|link| f32::from(u8::from(link.measured.is_some()))).collect();
    let mut residuals = vec![0.0f64; links.len()];
    let settled = |positions: &mut [Point], counts: &[f32], tolerance: f64| {
        let springs: Vec<Spring> = links.iter().zip(counts).map(|(link, counts)| spring(link, *counts)).collect();
        settle(positions, &springs, fixed, tolerance);
    };
    for round in 0..HUBER_ROUNDS + TUKEY_ROUNDS {
        progress.check().or(Err(Error::Cancelled))?;
        settled(positions, &counts, if round < HUBER_ROUNDS { 2.0 * JUDGED } else { JUDGED });
        for (residual, link) in residuals.iter_mut().zip(links) {
            let measured =
                link.measured.map(|(step, _)| positions[link.b as usize] - positions[link.a as usize] - step);
            *residual = measured.map_or(f64::NAN, |off| off.x.hypot(off.y));
        }
        let forgiven = round.checked_sub(HUBER_ROUNDS).map_or(1.0, |k| FORGIVING.get(k).copied().unwrap_or(1.0));
        let scale = scale(&residuals) * forgiven;
        let mut change = 0.0f32;
        for ((counts, residual), link) in counts.iter_mut().zip(&residuals).zip(links) {
            if link.measured.is_none() || link.is_sure {
                continue;
            }
            let by = residual / scale;
            let next = if round < HUBER_ROUNDS {
                (HUBER / by).min(1.0)
            } else {
                (1.0 - (by / TUKEY).powi(2)).max(0.0).powi(2)
            };
            change = change.max((next as f32 - *counts).abs());
            *counts = next as f32;
        }
        if change < 0.02 && round >= HUBER_ROUNDS + FORGIVING.len() {
            break;
        }
        // Without outliers no weights are needed.
        if round == 0 && residuals.iter().all(|residual| residual.is_nan() || *residual < LEAST_SCALE / 3.0) {
            counts
                .iter_mut()
                .zip(links)
                .for_each(|(counts, link)| *counts = f32::from(u8::from(link.measured.is_some())));
            break;
        }
    }
    settled(positions, &counts, FINAL);
    Ok(counts)
}

/// The spring between the tiles of a link.
fn spring(link: &Robust, counts: f32) -> Spring {
    let strong =
        link.measured.map(|(step, weight)| (step, weight * f64::from(counts))).filter(|(_, weight)| *weight > WEAK);
    let (step, weight) = strong.unwrap_or((link.usual, WEAK));
    Spring { a: link.a, b: link.b, step, weight }
}

/// The scale of the residuals, as the standard deviation of a Gaussian with the same median.
fn scale(residuals: &[f64]) -> f64 {
    let mut known: Vec<f64> = residuals.iter().copied().filter(|residual| !residual.is_nan()).collect();
    if known.is_empty() {
        return LEAST_SCALE;
    }
    let middle = known.len() / 2;
    let (_, median, _) = known.select_nth_unstable_by(middle, f64::total_cmp);
    // The median of the length of a vector with that deviation in both directions is 1.177 of it.
    (*median / 1.177).max(LEAST_SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random;

    #[test]
    fn wrong_links_are_found_and_outvoted() {
        let (columns, rows) = (12u32, 9u32);
        let mut state = 3;
        let mut jitter = |range: f32| f64::from((random(&mut state) - 0.5) * range);
        let truth: Vec<Point> = (0..columns * rows)
            .map(|k| {
                Point::new(f64::from(k % columns) * 90.0 + jitter(8.0), f64::from(k / columns) * 70.0 + jitter(8.0))
            })
            .collect();
        let mut links = Vec::new();
        for k in 0..columns * rows {
            let right = (k % columns + 1 < columns).then_some((k + 1, Point::new(90.0, 0.0)));
            let below = (k / columns + 1 < rows).then_some((k + columns, Point::new(0.0, 70.0)));
            for (other, usual) in [right, below].into_iter().flatten() {
                let step = truth[other as usize] - truth[k as usize] + Point::new(jitter(0.2), jitter(0.2));
                links.push(Robust { a: k, b: other, measured: Some((step, 1.0)), is_sure: false, usual });
            }
        }
        // Not at the rim, where two links may be all there is.
        let inside = |k: u32| (2..columns - 2).contains(&(k % columns)) && (2..rows - 2).contains(&(k / columns));
        let wrong: Vec<usize> =
            (0..links.len()).filter(|k| k % 7 == 4 && inside(links[*k].a) && inside(links[*k].b)).collect();
        assert!(wrong.len() > 5);
        for &k in &wrong {
            let (step, weight) = links[k].measured.unwrap();
            links[k].measured = Some((step + Point::new(jitter(50.0), 9.0), weight));
        }
        let start: Vec<Point> = (0..columns * rows)
            .map(|k| Point::new(f64::from(k % columns) * 90.0, f64::from(k / columns) * 70.0))
            .collect();
        let mut found = start.clone();
        let counts = robust(&mut found, &links, &vec![false; truth.len()], &Progress::default()).unwrap();
        for (k, counts) in counts.iter().enumerate() {
            assert_eq!(*counts < 0.1, wrong.contains(&k), "{k}: {counts}");
        }
        let off = found[0] - truth[0];
        let worst =
            found.iter().zip(&truth).map(|(a, b)| (*a - *b - off).x.hypot((*a - *b - off).y)).fold(0.0, f64::max);
        assert!(worst < 0.4, "{worst}");
    }

    #[test]
    fn a_tile_nothing_is_known_of_lies_at_the_usual_step() {
        let link = |a, b, measured: Option<f64>| Robust {
            a,
            b,
            measured: measured.map(|x| (Point::new(x, 1.0), 1.0)),
            is_sure: false,
            usual: Point::new(88.0, 0.0),
        };
        let mut found = [0.0, 90.0, 180.0].map(|x| Point::new(x, 0.0));
        let links = [link(0, 1, Some(87.0)), link(1, 2, None)];
        robust(&mut found, &links, &[true, false, false], &Progress::default()).unwrap();
        assert!((found[1].x - 87.0).abs() < 1e-3 && (found[2].x - 175.0).abs() < 1e-2, "{found:?}");
    }
}

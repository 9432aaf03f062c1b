//! [`Regular`]: the steps that a stage takes again and again.
//!
//! Of tiles in a grid, matches of neighbors have nearly the same steps, across or down, or to a corner; matches of pictures that
//! show the same thing twice have any steps. So where most tiles match by few steps, others are not believed.

use std::collections::HashSet;

use super::grow::Edge;
use crate::Tile;
use crate::geometry::Point;

/// Each of the two steps is that of so many matches at least, and of so many times those that chance would have there.
const LEAST: usize = 6;
const BEYOND_CHANCE: f64 = 4.0;
/// They connect this part of the tiles that match any other.
const CONNECTED: f64 = 0.6;
/// Matches that are tried as the usual step.
const TRIED: usize = 512;
/// The sine of the least angle between both steps.
const LEAST_SINE: f64 = 0.5;
/// Steps are up to so many times as far from each other as each is from what is expected of it.
const APART: f64 = 1.5;
/// So many times what nine of ten matches are off their step at most contain all; or this many pixels. Not the median: where every
/// second row is off, most may be right at their step.
const NEARLY_ALL: f64 = 0.9;
const SPREAD: f64 = 1.5;
const LEAST_SPREAD: f64 = 4.0;

/// The two steps of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Regular {
    one: Step,
    other: Step,
}

/// A usual step, and how far along each axis steps are from it; in canvas pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    mean: Point,
    spread: Point,
}

impl Regular {
    /// The steps of a grid by which most of the tiles match, each about `tolerance` pixels off at most. `None` if there are none.
    pub(super) fn of(edges: &[Edge], tiles: &[Tile], tolerance: f64) -> Option<Self> {
        let tolerance = APART * tolerance;
        let size = edges.first().map(|edge| tiles[edge.a as usize].size)?;
        // Of all steps at which two tiles overlap, forth and back the same.
        let all = 2.0 * f64::from(size.width) * f64::from(size.height);
        let by_chance = (edges.len() as f64 * (2.0 * tolerance).powi(2) / all * BEYOND_CHANCE) as usize;
        let least = LEAST.max(by_chance);
        let one = usual(edges, tolerance, least, |_| true)?;
        let other = usual(edges, tolerance, least, |step| sine(one.mean, step).abs() >= LEAST_SINE)?;
        let found = Self { one, other };
        let tiles_of = |edges: &mut dyn Iterator<Item = &Edge>| {
            edges.flat_map(|edge| [edge.a, edge.b]).collect::<HashSet<u32>>().len() as f64
        };
        let connected = tiles_of(&mut edges.iter().filter(|edge| found.has(edge.step)));
        (connected >= CONNECTED * tiles_of(&mut edges.iter())).then_some(found)
    }

    /// The step to the next tile in either direction.
    pub(super) fn steps(&self) -> [Point; 2] {
        [self.one.mean, self.other.mean]
    }

    /// Whether a step is to a neighbor or a corner of the grid.
    pub(super) fn has(&self, step: Point) -> bool {
        let near = |i: f64, j: f64| {
            let expected = |one: f64, other: f64| i * one + j * other;
            let (one, other) = (self.one, self.other);
            let off = step - Point::new(expected(one.mean.x, other.mean.x), expected(one.mean.y, other.mean.y));
            let spread = |one: f64, other: f64| i.abs() * one + j.abs() * other;
            off.x.abs() <= spread(one.spread.x, other.spread.x) && off.y.abs() <= spread(one.spread.y, other.spread.y)
        };
        [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)]
            .into_iter()
            .any(|(i, j)| near(i, j))
    }
}

/// The step near which most of the edges are of those that are `allowed`, `least` at least; forth and back are the same.
fn usual(edges: &[Edge], tolerance: f64, least: usize, allowed: impl Fn(Point) -> bool) -> Option<Step> {
    let steps: Vec<Point> = edges.iter().map(|edge| edge.step).filter(|step| allowed(*step)).collect();
    let near = |from: Point| {
        let back = move |step: &Point| if along(from, *step) < 0.0 { Point::default() - *step } else { *step };
        let is_near = move |step: &Point| (step.x - from.x).abs() <= tolerance && (step.y - from.y).abs() <= tolerance;
        steps.iter().map(back).filter(is_near)
    };
    let tried = steps.iter().step_by(steps.len().div_ceil(TRIED).max(1));
    let counted = tried.map(|step| (near(*step).count(), *step));
    let (count, best) = counted.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    if count < least {
        return None;
    }
    let near: Vec<Point> = near(best).collect();
    let along = |axis: fn(&Point) -> f64| {
        let middle = part_of(near.iter().map(axis), 0.5);
        let off = part_of(near.iter().map(|step| (axis(step) - middle).abs()), NEARLY_ALL);
        (middle, (SPREAD * off).max(LEAST_SPREAD).min(tolerance))
    };
    let (x, y) = (along(|step| step.x), along(|step| step.y));
    Some(Step { mean: Point::new(x.0, y.0), spread: Point::new(x.1, y.1) })
}

/// The value that this part of some values do not exceed.
fn part_of(values: impl Iterator<Item = f64>, part: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get((values.len() as f64 * part) as usize).copied().unwrap_or(0.0)
}

fn along(a: Point, b: Point) -> f64 {
    a.x * b.x + a.y * b.y
}

/// The sine of the angle between two steps.
fn sine(a: Point, b: Point) -> f64 {
    (a.x * b.y - a.y * b.x) / (a.x.hypot(a.y) * b.x.hypot(b.y)).max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn regular(edges: &[Edge]) -> Option<Regular> {
        let tile = Tile { position: Point::default(), size: Size::new(1000, 800), locked: false, round: 0 };
        Regular::of(edges, &[tile; 90], 40.0)
    }

    fn edges(steps: impl Iterator<Item = (f64, f64)>) -> Vec<Edge> {
        let edge = |(k, (x, y)): (u32, (f64, f64))| Edge {
            a: k,
            b: k + 1,
            step: Point::new(x, y),
            quality: 0.9,
            evenness: 1.0,
            votes: 9,
        };
        (0..).zip(steps).map(edge).collect()
    }

    /// Steps of a grid, forth and back, and their corners.
    fn of_grid() -> impl Iterator<Item = (f64, f64)> {
        (0..24).map(|k| {
            let (off, sign) = (f64::from(k * 7 % 11 - 5), if k % 3 == 0 { -1.0 } else { 1.0 });
            match k % 4 {
                0 | 1 => (sign * (900.0 + off), sign * off),
                2 => (sign * (off - 20.0), sign * (700.0 + off)),
                _ => (sign * (880.0 + off), sign * (700.0 - off)),
            }
        })
    }

    #[test]
    fn steps_of_a_grid_are_told_from_others() {
        let wrong = [(480.0, 486.0), (-142.0, -698.0), (639.0, 514.0), (53.0, -15.0)];
        let found = regular(&edges(of_grid().chain(wrong))).unwrap();
        assert!(of_grid().all(|(x, y)| found.has(Point::new(x, y))), "{found:?}");
        assert!(wrong.into_iter().all(|(x, y)| !found.has(Point::new(x, y))), "{found:?}");
    }

    #[test]
    fn steps_by_hand_are_not_those_of_a_grid() {
        let steps = (0..40).map(|k| (f64::from(k * 37 % 101) * 9.0, f64::from(k * 53 % 97) * 8.0 - 390.0));
        assert_eq!(regular(&edges(steps)), None);
        assert_eq!(regular(&[]), None);
        assert_eq!(regular(&edges(of_grid().take(8))), None, "too few to tell");
    }
}

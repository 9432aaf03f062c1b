//! [`Usual`]: the usual steps of a stage, for pairs that nothing is known of.
//!
//! A stage that is off is mostly off alike: of the matches between the same two rows or columns, or else of all in that
//! direction, the median of how far they are from what was expected.

use std::collections::HashMap;

use crate::Tile;
use crate::geometry::Point;
use crate::link::Link;

/// So many matches make a median of their own.
const ENOUGH: usize = 3;

/// Steps further off than this many times the median are not expected of a stage, or this many pixels.
const SPREAD: f64 = 4.0;
const LEAST_SPREAD: f64 = 3.0;

/// The direction of a pair's step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Direction {
    Across,
    Down,
    /// To another round, at about the same place.
    Round,
}

/// A direction, and the two rows or columns between which a pair lies.
type Line = (Direction, i64);

/// The medians.
pub(crate) struct Usual {
    lines: HashMap<Line, Point>,
    directions: [Point; 3],
    /// How far steps are from their line's median: so many pixels contain nearly all.
    spread: [f64; 3],
    /// The usual distance between neighbors across and down, in pixels.
    spacing: [f64; 2],
}

impl Usual {
    /// The medians over the chosen matches of `links`.
    pub(crate) fn of(tiles: &[Tile], links: &[Link]) -> Self {
        let mut spacing = [Vec::new(), Vec::new()];
        for link in links {
            match direction(tiles, link) {
                Direction::Across => spacing[0].push(link.expected.x.abs()),
                Direction::Down => spacing[1].push(link.expected.y.abs()),
                Direction::Round => {}
            }
        }
        let spacing = spacing.map(|mut all| median(&mut all).max(1.0));
        let mut usual =
            Self { lines: HashMap::new(), directions: [Point::default(); 3], spread: [f64::INFINITY; 3], spacing };
        let mut lines: HashMap<Line, Vec<Point>> = HashMap::new();
        let mut directions = [Vec::new(), Vec::new(), Vec::new()];
        for link in links {
            let Some(chosen) = link.chosen else { continue };
            let (off, line) = (chosen.step - link.expected, usual.line(tiles, link));
            // Both directions along a line count alike: a step back is the step forth turned around.
            let off = if is_backward(tiles, link) { Point::new(-off.x, -off.y) } else { off };
            lines.entry(line).or_default().push(off);
            directions[line.0 as usize].push(off);
        }
        usual.directions = directions.map(|offs| median_point(&offs));
        usual.lines = lines
            .into_iter()
            .filter(|(_, offs)| offs.len() >= ENOUGH)
            .map(|(line, offs)| (line, median_point(&offs)))
            .collect();
        let mut off = [Vec::new(), Vec::new(), Vec::new()];
        for (link, chosen) in links.iter().filter_map(|link| link.chosen.map(|chosen| (link, chosen))) {
            let from = chosen.step - usual.step(tiles, link);
            off[direction(tiles, link) as usize].push(from.x.abs().max(from.y.abs()));
        }
        let nearly_all = |mut off: Vec<f64>| {
            if off.len() < ENOUGH { f64::INFINITY } else { (SPREAD * median(&mut off)).max(LEAST_SPREAD) }
        };
        usual.spread = off.map(nearly_all);
        usual
    }

    /// Where the second tile of a link lies from the first by the usual step.
    pub(crate) fn step(&self, tiles: &[Tile], link: &Link) -> Point {
        let line = self.line(tiles, link);
        let off = self.lines.get(&line).copied().unwrap_or(self.directions[line.0 as usize]);
        if is_backward(tiles, link) { link.expected - off } else { link.expected + off }
    }

    /// Whether a step is one that this stage makes.
    pub(crate) fn is_likely(&self, tiles: &[Tile], link: &Link, step: Point) -> bool {
        let off = step - self.step(tiles, link);
        off.x.abs().max(off.y.abs()) <= self.spread[direction(tiles, link) as usize]
    }

    fn line(&self, tiles: &[Tile], link: &Link) -> Line {
        let direction = direction(tiles, link);
        let first = if is_backward(tiles, link) { link.b } else { link.a };
        let position = tiles[first as usize].position;
        let number = match direction {
            Direction::Across => position.x / self.spacing[0],
            Direction::Down => position.y / self.spacing[1],
            // A round is off as a whole.
            Direction::Round => f64::from(tiles[link.a as usize].round.max(tiles[link.b as usize].round)),
        };
        (direction, number.round() as i64)
    }
}

/// Whether the second tile lies beside the first, or more below or above it, or is of another round.
fn direction(tiles: &[Tile], link: &Link) -> Direction {
    let (first, second) = (&tiles[link.a as usize], &tiles[link.b as usize]);
    let size = first.size;
    let (x, y) = (link.expected.x / f64::from(size.width.max(1)), link.expected.y / f64::from(size.height.max(1)));
    match () {
        () if first.round != second.round => Direction::Round,
        () if y.abs() > x.abs() => Direction::Down,
        () => Direction::Across,
    }
}

/// Whether a step is to the left or up, or back to an earlier round.
fn is_backward(tiles: &[Tile], link: &Link) -> bool {
    match direction(tiles, link) {
        Direction::Across => link.expected.x < 0.0,
        Direction::Down => link.expected.y < 0.0,
        Direction::Round => tiles[link.b as usize].round < tiles[link.a as usize].round,
    }
}

fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn median_point(points: &[Point]) -> Point {
    let [mut xs, mut ys] =
        [|p: &Point| p.x, |p: &Point| p.y].map(|axis: fn(&Point) -> f64| points.iter().map(axis).collect::<Vec<_>>());
    Point::new(median(&mut xs), median(&mut ys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::neighbors::pairs;
    use crate::pair::Match;

    #[test]
    fn every_second_row_has_a_step_of_its_own() {
        let at = |k: usize| Point::new((k % 6) as f64 * 90.0, (k / 6) as f64 * 70.0);
        let tiles: Vec<Tile> =
            (0..36).map(|k| Tile { position: at(k), size: Size::new(100, 80), locked: false, round: 0 }).collect();
        let mut links: Vec<Link> = pairs(&tiles, 4.0).iter().map(|pair| Link::new(pair, None)).collect();
        let truth = |link: &Link| {
            let row = f64::from(u8::from((link.a / 6).is_multiple_of(2))) * 50.0 - 25.0;
            link.expected + if link.expected.y > 0.0 { Point::new(row, 2.0) } else { Point::new(-3.0, 1.0) }
        };
        for link in links.iter_mut().filter(|link| link.a % 6 != 2) {
            link.chosen = Some(Match { step: truth(link), ncc: 0.9, sigma: 0.01 });
        }
        let usual = Usual::of(&tiles, &links);
        assert!(links.iter().all(|link| usual.step(&tiles, link) == truth(link)));
        assert!(links.iter().any(|link| link.chosen.is_none()));
    }
}

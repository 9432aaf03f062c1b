//! [`guess_layout`]: in which order the tiles of a grid were taken, and how far they overlap, from a few dozen of their pairs.

use std::collections::HashMap;

use mosaicist_mosaic::{Corner, Grid, GridOrder};

use crate::geometry::{Point, Size};
use crate::job::Progress;
use crate::neighbors::Pair;
use crate::pair::{Comparer, Comparison, Limits, Match};
use crate::{Error, Result, Tile, TileReader};

/// Overlaps between these parts of a side are looked for.
const LEAST_OVERLAP: f64 = 0.02;
const MOST_OVERLAP: f64 = 0.5;
/// Pairs beside each other, and as many above each other, that are looked at for one layout; and before it is given up.
const PAIRS: usize = 8;
const FIRST_PAIRS: usize = 3;
/// A layout that is this much worse than the best after its first pairs is given up.
const HOPELESS: f32 = 0.5;
/// So many numbers of columns are tried where the number of tiles has no divisors.
const MOST_COLUMNS: u32 = 40;

/// A layout and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// Columns, order, first corner and overlap.
    pub grid: Grid,
    /// How well neighbors match by it, 0 to 1.
    pub score: f32,
    /// How many pairs of neighbors were looked at, those without anything to see left out.
    pub pairs: usize,
}

/// The layouts that tiles of `sizes`, in their order, may have, the best first; with `across` columns if that is known.
///
/// Reads halves of some dozens of tiles through `reader`. Fails when cancelled, and where a tile cannot be read.
pub fn guess_layout(
    sizes: &[Size],
    reader: &dyn TileReader,
    across: Option<u32>,
    progress: &Progress,
) -> Result<Vec<Guess>> {
    let tiles: Vec<Tile> =
        sizes.iter().map(|size| Tile { position: Point::default(), size: *size, locked: false }).collect();
    let Some(size) = sizes.first().copied().filter(|_| sizes.len() > 1) else {
        return Err(Error::invalid("a layout takes two tiles at least"));
    };
    let mut trial = Trial::new(&tiles, reader, size, progress);
    let mut guesses: Vec<Guess> = Vec::new();
    let mut best = 0.0f32;
    for grid in layouts(sizes.len(), across) {
        if let Some(guess) = trial.rate(&grid, best)? {
            best = best.max(guess.score);
            guesses.push(guess);
        }
    }
    guesses.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(guesses)
}

/// Every order from every corner in every sensible number of columns, the usual ones first.
fn layouts(count: usize, across: Option<u32>) -> Vec<Grid> {
    use Corner::{BottomLeft, BottomRight, TopLeft, TopRight};
    use GridOrder::{Columns, Rows, SnakeColumns, SnakeRows};
    let count = count as u32;
    let square = f64::from(count).sqrt();
    let mut columns: Vec<u32> = (1..=count).filter(|columns| count.is_multiple_of(*columns)).collect();
    if columns.len() <= 2 {
        columns.extend(2..=(count / 2).min(MOST_COLUMNS));
    }
    columns.sort_by(|a, b| (f64::from(*a) - square).abs().total_cmp(&(f64::from(*b) - square).abs()));
    let columns = across.map_or(columns, |across| vec![across.clamp(1, count)]);
    let each = columns.into_iter().flat_map(|across| {
        [Rows, SnakeRows, Columns, SnakeColumns].into_iter().flat_map(move |order| {
            [TopLeft, TopRight, BottomLeft, BottomRight].map(|start| Grid { order, start, ..Grid::across(across) })
        })
    });
    // With a single row or column, snakes and the other axis give the same cells.
    let mut layouts = Vec::new();
    let is_new = |grid: &Grid| {
        if grid.across.is_some_and(|across| across > 1 && across < count) {
            return true;
        }
        let Ok(cells) = grid.cells(count as usize) else { return false };
        let known = layouts.contains(&cells);
        layouts.push(cells);
        !known
    };
    each.filter(is_new).collect()
}

/// Two tiles, the second beside (or above or below) the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Neighbors {
    a: u32,
    b: u32,
    down: bool,
    backward: bool,
}

/// Compares neighbors, each pair once.
struct Trial<'a> {
    beside: Comparer<'a>,
    below: Comparer<'a>,
    size: Size,
    count: usize,
    known: HashMap<Neighbors, Option<Agreement>>,
    progress: &'a Progress,
}

/// How well two neighbors match at best, and at which offset.
#[derive(Debug, Clone, Copy)]
struct Agreement {
    /// Fisher's transform of the correlation.
    strength: f32,
    step: Option<Point>,
}

impl<'a> Trial<'a> {
    fn new(tiles: &'a [Tile], reader: &'a dyn TileReader, size: Size, progress: &'a Progress) -> Self {
        let comparer = |side: u32| {
            let max_shift = f64::from(side) * (MOST_OVERLAP - LEAST_OVERLAP) / 2.0;
            Comparer::new(tiles, reader, Limits { max_shift, least_overlap: 8.0 })
        };
        let (beside, below) = (comparer(size.width), comparer(size.height));
        Self { beside, below, size, count: tiles.len(), known: HashMap::new(), progress }
    }

    /// How well neighbors match in a layout; `None` if it is clearly worse than one with the score `best`.
    fn rate(&mut self, grid: &Grid, best: f32) -> Result<Option<Guess>> {
        let (beside, below) = neighbors(grid, self.count)?;
        let mut agreements = [Vec::new(), Vec::new()];
        let longest = beside.len().max(below.len()).min(PAIRS);
        for round in 0..longest {
            for (kind, pairs) in [&beside, &below].into_iter().enumerate() {
                let wanted = pairs.len().min(PAIRS);
                if round < wanted
                    && let Some(found) = self.compare(pairs[round * pairs.len() / wanted])?
                {
                    agreements[kind].push(found);
                }
            }
            if round + 1 == FIRST_PAIRS && score(&agreements) < HOPELESS * best {
                return Ok(None);
            }
        }
        let overlap = |agreements: &[Agreement], side: u32, axis: fn(&Point) -> f64| {
            let mut steps: Vec<f64> =
                agreements.iter().filter_map(|found| found.step.as_ref().map(|step| axis(step).abs())).collect();
            steps.sort_by(f64::total_cmp);
            steps.get(steps.len() / 2).map_or(0.0, |step| (f64::from(side) - step).round())
        };
        let overlaps = (
            overlap(&agreements[0], self.size.width, |step| step.x),
            overlap(&agreements[1], self.size.height, |step| step.y),
        );
        let pairs = agreements[0].len() + agreements[1].len();
        Ok(Some(Guess { grid: grid.with_overlap(overlaps.0, overlaps.1), score: score(&agreements), pairs }))
    }

    /// How well two neighbors match; `None` where there is no texture.
    fn compare(&mut self, pair: Neighbors) -> Result<Option<Agreement>> {
        if let Some(known) = self.known.get(&pair) {
            return Ok(*known);
        }
        self.progress.check()?;
        let middle = 1.0 - f64::midpoint(LEAST_OVERLAP, MOST_OVERLAP);
        let sign = if pair.backward { -1.0 } else { 1.0 };
        let (comparer, step) = if pair.down {
            (&mut self.below, Point::new(0.0, sign * middle * f64::from(self.size.height)))
        } else {
            (&mut self.beside, Point::new(sign * middle * f64::from(self.size.width), 0.0))
        };
        let (comparison, texture) = comparer.compare(&Pair { a: pair.a, b: pair.b, step })?;
        let strength = |best: &Match| best.ncc.clamp(0.0, 0.9999).atanh();
        let found = match &comparison {
            Comparison::Bare => None,
            Comparison::Clear { .. } if texture < 1.0 => None,
            Comparison::Clear { best, .. } => Some(Agreement { strength: strength(best), step: Some(best.step) }),
            Comparison::Ambiguous { matches } => {
                let best = matches.first();
                Some(Agreement { strength: best.map_or(0.0, strength), step: best.map(|best| best.step) })
            }
            Comparison::Different { best } => {
                Some(Agreement { strength: best.as_ref().map_or(0.0, strength), step: None })
            }
        };
        self.known.insert(pair, found);
        Ok(found)
    }
}

/// The mean correlation of all pairs, 0 to 1.
fn score(agreements: &[Vec<Agreement>; 2]) -> f32 {
    let count = agreements[0].len() + agreements[1].len();
    let sum: f32 = agreements.iter().flatten().map(|found| found.strength).sum();
    if count == 0 { 0.0 } else { (sum / count as f32).tanh() }
}

/// The pairs of `count` tiles that lie beside each other in a grid, and those that lie above each other; in the order that
/// comparing wants: the first tile before the second.
fn neighbors(grid: &Grid, count: usize) -> Result<(Vec<Neighbors>, Vec<Neighbors>)> {
    let cells = grid.cells(count)?;
    let places: HashMap<(i64, i64), u32> = cells.iter().enumerate().map(|(tile, cell)| (*cell, tile as u32)).collect();
    let toward = |right: i64, down: i64| {
        let pair = |(tile, (column, row)): (usize, &(i64, i64))| {
            let (tile, other) = (tile as u32, *places.get(&(column + right, row + down))?);
            Some(Neighbors { a: tile.min(other), b: tile.max(other), down: down > 0, backward: other < tile })
        };
        cells.iter().enumerate().filter_map(pair).collect::<Vec<_>>()
    };
    Ok((toward(1, 0), toward(0, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::plane::Plane;
    use crate::testing::Scene;

    /// Tiles of a scene, in the order of a grid.
    struct Taken {
        scene: Scene,
        places: Vec<(f64, f64)>,
    }

    impl TileReader for Taken {
        fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
            let (x, y) = self.places[tile];
            Ok(self.scene.cut(x + rect.x0 as f64, y + rect.y0 as f64, rect.width() as usize, rect.height() as usize))
        }
    }

    #[test]
    fn the_layout_is_found_whatever_the_order() {
        let size = Size::new(150, 120);
        let cases = [
            (4, GridOrder::Rows, Corner::TopLeft),
            (4, GridOrder::SnakeRows, Corner::BottomRight),
            (3, GridOrder::SnakeColumns, Corner::TopRight),
            (3, GridOrder::Columns, Corner::BottomLeft),
        ];
        for (across, order, start) in cases {
            let grid = Grid { order, start, ..Grid::across(across) }.with_overlap(24.0, 18.0);
            let places = grid.positions(&[size; 12]).unwrap();
            let jitter = |k: usize| ((k * 7 % 5) as f64 - 2.0, (k * 3 % 5) as f64 - 2.0);
            let places = places.iter().enumerate().map(|(k, place)| (place.x + jitter(k).0, place.y + jitter(k).1));
            let taken = Taken { scene: Scene::new(12), places: places.collect() };
            let guesses = guess_layout(&[size; 12], &taken, None, &Progress::default()).unwrap();
            let best = guesses[0];
            assert_eq!(
                (best.grid.across, best.grid.order, best.grid.start),
                (Some(across), order, start),
                "{guesses:?}"
            );
            let (x, y) = best.grid.overlap;
            assert!((x.of(0.0) - 24.0).abs() < 4.0 && (y.of(0.0) - 18.0).abs() < 4.0, "{best:?}");
            assert!(best.score > 0.8, "{best:?}");
        }
    }

    #[test]
    fn one_tile_has_no_layout() {
        let taken = Taken { scene: Scene::new(1), places: vec![(0.0, 0.0)] };
        assert!(guess_layout(&[Size::new(50, 50)], &taken, None, &Progress::default()).is_err());
    }
}

//! [`guess_layout`]: in which order the tiles of a grid were taken, and how far they overlap, from a few dozen of their pairs.

use std::collections::HashMap;
use std::sync::Arc;

use mosaicist_mosaic::{Corner, Grid, GridOrder};

use crate::geometry::{Point, Size};
use crate::job::Progress;
use crate::neighbors::Pair;
use crate::pair::{Comparer, Comparison, Limits, Match};
use crate::{Error, Result, Tile, TileReader};

/// Overlaps between these parts of a side are looked for.
const LEAST_OVERLAP: f64 = 0.02;
const MOST_OVERLAP: f64 = 0.5;
/// Pairs beside each other, and as many above each other, that have to show something for one layout; how many are looked at for
/// that; and how many before it is given up.
const PAIRS: usize = 8;
const MOST_PAIRS: usize = 24;
const FIRST_PAIRS: usize = 3;
/// A pair with this Fisher transform of its correlation, about 0.9, matches: more is not more certain.
const MATCHES: f32 = 1.5;
/// Neighbors whose offsets differ by at most this part of a side agree.
const ALIKE: f64 = 0.05;
/// What an unusual layout has to score more than a usual one: for each e-fold of its aspect, and for a whole overlap.
const ODD_ASPECT: f64 = 0.02;
const ODD_OVERLAP: f64 = 0.2;
/// Overlaps up to this are usual.
const USUAL_OVERLAP: f64 = 0.3;
/// A layout that is this much worse than the best after its first pairs is given up.
const HOPELESS: f32 = 0.5;
/// So many numbers of columns are tried where the number of tiles has no divisors.
const MOST_COLUMNS: u32 = 40;

/// A layout and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// Columns, order, first corner and overlap.
    pub grid: Grid,
    /// How well neighbors match by it and agree on their offset, 0 to 1.
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
        sizes.iter().map(|size| Tile { position: Point::default(), size: *size, locked: false, round: 0 }).collect();
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
    // In pictures that repeat themselves many layouts match; then the usual one is the likeliest.
    let rank = |guess: &Guess| guess.score - oddness(&guess.grid, sizes.len(), size);
    guesses.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    Ok(guesses)
}

/// How unusual a layout of `count` tiles is: a strip, or overlaps of nearly a half.
fn oddness(grid: &Grid, count: usize, size: Size) -> f32 {
    let across = f64::from(grid.across.unwrap_or(1).max(1));
    let down = (count as f64 / across).ceil();
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let aspect = (across * width / (down * height)).ln().abs();
    let excess = |overlap: f64, side: f64| (overlap / side - USUAL_OVERLAP).max(0.0);
    let (x, y) = grid.overlap;
    (aspect * ODD_ASPECT + (excess(x.of(width), width) + excess(y.of(height), height)) * ODD_OVERLAP) as f32
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
    known: HashMap<Neighbors, Option<Arc<Agreement>>>,
    progress: &'a Progress,
}

/// Where two neighbors match about as well as at best, and how well, up to [`MATCHES`].
type Agreement = Vec<(Point, f32)>;

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
        let mut found = [Vec::new(), Vec::new()];
        let tolerance = Point::new(f64::from(self.size.width) * ALIKE, f64::from(self.size.height) * ALIKE);
        let rated = |found: &[Vec<Arc<Agreement>>; 2]| {
            let voted = found.each_ref().map(|found| voted(found, tolerance));
            let pairs = found[0].len() + found[1].len();
            let score = (voted[0].1 + voted[1].1) / (pairs.max(1) as f32 * MATCHES);
            (voted.map(|(step, _)| step), score, pairs)
        };
        for round in 0..MOST_PAIRS {
            for (kind, pairs) in [&beside, &below].into_iter().enumerate() {
                if found[kind].len() < PAIRS
                    && let Some(pair) = spread(round, pairs.len()).map(|at| pairs[at])
                    && let Some(agreement) = self.compare(pair)?
                {
                    found[kind].push(agreement);
                }
            }
            if round + 1 == FIRST_PAIRS && rated(&found).1 < HOPELESS * best {
                return Ok(None);
            }
        }
        let ([right, down], score, pairs) = rated(&found);
        let overlap = |side: u32, step: Option<f64>| step.map_or(0.0, |step| (f64::from(side) - step.abs()).round());
        let x = overlap(self.size.width, right.map(|step| step.x));
        let y = overlap(self.size.height, down.map(|step| step.y));
        Ok(Some(Guess { grid: grid.with_overlap(x, y), score, pairs }))
    }

    /// Where two neighbors match; nowhere if they don't, `None` where there is no texture.
    fn compare(&mut self, pair: Neighbors) -> Result<Option<Arc<Agreement>>> {
        if let Some(known) = self.known.get(&pair) {
            return Ok(known.clone());
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
        let matching = |found: &Match| (found.step, found.ncc.clamp(0.0, 0.9999).atanh().min(MATCHES));
        let found = match &comparison {
            Comparison::Bare => None,
            Comparison::Clear { .. } if texture < 1.0 => None,
            Comparison::Clear { best, .. } => Some(vec![matching(best)]),
            Comparison::Ambiguous { matches } => Some(matches.iter().map(matching).collect()),
            Comparison::Different { .. } => Some(Vec::new()),
        };
        // Steps of one kind point the same way.
        let found = found.map(|mut found: Agreement| {
            found.iter_mut().for_each(|(step, _)| *step = Point::new(step.x * sign, step.y * sign));
            Arc::new(found)
        });
        self.known.insert(pair, found.clone());
        Ok(found)
    }
}

/// The step that neighbors agree on the most, and the sum of how well each matches there.
fn voted(found: &[Arc<Agreement>], tolerance: Point) -> (Option<Point>, f32) {
    let near = |a: Point, b: Point| (a.x - b.x).abs() <= tolerance.x && (a.y - b.y).abs() <= tolerance.y;
    let support = |step: Point| {
        let best = |agreement: &Arc<Agreement>| {
            let near = agreement.iter().filter(|(other, _)| near(*other, step));
            near.map(|(_, strength)| *strength).fold(0.0, f32::max)
        };
        found.iter().map(best).sum::<f32>()
    };
    let steps = found.iter().flat_map(|agreement| agreement.iter().map(|(step, _)| (*step, support(*step))));
    let best = steps.reduce(|best, other| if other.1 > best.1 { other } else { best });
    let Some((chosen, strength)) = best else { return (None, 0.0) };
    let middle = |axis: fn(&Point) -> f64| {
        let agreeing = found.iter().flat_map(|agreement| agreement.iter()).filter(|(step, _)| near(*step, chosen));
        let mut values: Vec<f64> = agreeing.map(|(step, _)| axis(step)).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (Some(Point::new(middle(|step| step.x), middle(|step| step.y))), strength)
}

/// The number, of `count`, that is looked at in a round: each once, far apart, and in step with no row.
fn spread(round: usize, count: usize) -> Option<usize> {
    const fn shared(a: usize, b: usize) -> usize {
        if b == 0 { a } else { shared(b, a % b) }
    }
    let golden = (count as f64 * 0.618).round() as usize;
    let stride = (golden.max(1)..=golden.max(1) + count).find(|stride| shared(*stride, count) == 1)?;
    (round < count).then(|| round * stride % count)
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
    fn every_pair_is_looked_at_once() {
        for count in 1..40 {
            let mut all: Vec<usize> = (0..count).filter_map(|round| spread(round, count)).collect();
            all.sort_unstable();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
        assert_eq!((spread(0, 0), spread(3, 3)), (None, None));
    }

    #[test]
    fn the_step_that_most_agree_on_wins_over_a_stronger_one() {
        let at = |x: f64, strength: f32| (Point::new(x, 0.0), strength);
        let found =
            [vec![at(90.0, 1.0), at(42.0, 1.2)], vec![at(91.0, 1.0)], vec![at(10.0, 2.0)], vec![]].map(Arc::new);
        assert_eq!(voted(&found, Point::new(5.0, 5.0)), (Some(Point::new(91.0, 0.0)), 2.0));
        assert_eq!(voted(&[], Point::new(5.0, 5.0)), (None, 0.0));
    }

    #[test]
    fn one_tile_has_no_layout() {
        let taken = Taken { scene: Scene::new(1), places: vec![(0.0, 0.0)] };
        assert!(guess_layout(&[Size::new(50, 50)], &taken, None, &Progress::default()).is_err());
    }
}

//! [`guess_layout`]: in which order the tiles of a grid were taken, and how far they overlap, from a few dozen of their pairs.

use std::collections::HashMap;
use std::sync::Arc;

use mosaicist_mosaic::{Corner, Grid, GridOrder};

use crate::geometry::{Point, Size};
use crate::job::Progress;
use crate::neighbors::Pair;
use crate::pair::{Compared, Comparer, Comparison, Limits, Match};
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
/// Tiles that a layout puts far apart are compared as if they were neighbors: so many pairs at most, and at least if it is to count.
const CONTROLS: usize = 8;
const LEAST_CONTROLS: usize = 3;
/// Among so many pairs of tiles, always the same.
const MOST_CONTROLS: usize = 32;
/// A layout with a lower score explains little, and one whose score is this near to that of the best explains about as much.
const CERTAIN: f32 = 0.3;
const RIVAL: f32 = 0.05;
/// So many numbers of columns are tried where the number of tiles has no divisors.
const MOST_COLUMNS: u32 = 40;

/// A layout and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// Columns, order, first corner and overlap.
    pub grid: Grid,
    /// How well neighbors match by it and agree on their offset, less how well tiles do that it puts far apart; 0 to 1.
    pub score: f32,
    /// Whether it explains little, or another layout about as much: then it is not to be relied on.
    pub is_ambiguous: bool,
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
    let mut guesses: Vec<(Guess, f32)> = Vec::new();
    let mut best = 0.0f32;
    for grid in layouts(sizes.len(), across) {
        if let Some((guess, matching)) = trial.rate(&grid, best)? {
            best = best.max(matching);
            guesses.push((guess, matching));
        }
    }
    // In pictures that repeat themselves many layouts match; then the usual one is the likeliest.
    let rank = |(guess, matching): &(Guess, f32)| matching - oddness(&guess.grid, sizes.len(), size);
    guesses.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    let mut guesses: Vec<Guess> = guesses.into_iter().map(|(guess, _)| guess).collect();
    judge(&mut guesses, sizes.len());
    Ok(guesses)
}

/// Marks the layouts that are not to be relied on; the likeliest comes first.
fn judge(guesses: &mut [Guess], count: usize) {
    let cells = |guess: &Guess| guess.grid.cells(count).unwrap_or_default();
    let good: Vec<_> =
        guesses.iter().filter(|guess| guess.score >= CERTAIN).map(|guess| (guess.score, cells(guess))).collect();
    for guess in guesses {
        let own = cells(guess);
        let has_rival = good.iter().any(|(score, other)| *other != own && *score > guess.score - RIVAL);
        guess.is_ambiguous = guess.score < CERTAIN || has_rival;
    }
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

/// Where two neighbors match about as well as at best, and how well: the Fisher transform of their correlation.
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

    /// A layout with its score, and how well its neighbors match whatever others do; `None` if they match clearly worse than `best`.
    fn rate(&mut self, grid: &Grid, best: f32) -> Result<Option<(Guess, f32)>> {
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
        let ([right, down], matching, pairs) = rated(&found);
        let score = (matching - self.matches_by_chance(grid, [right, down], tolerance)?).max(0.0);
        let overlap = |side: u32, step: Option<f64>| step.map_or(0.0, |step| (f64::from(side) - step.abs()).round());
        let x = overlap(self.size.width, right.map(|step| step.x));
        let y = overlap(self.size.height, down.map(|step| step.y));
        Ok(Some((Guess { grid: grid.with_overlap(x, y), score, is_ambiguous: false, pairs }, matching)))
    }

    /// How well tiles that a layout puts far apart match at its steps, 0 to 1: much in pictures that repeat themselves.
    fn matches_by_chance(&mut self, grid: &Grid, steps: [Option<Point>; 2], tolerance: Point) -> Result<f32> {
        let cells = grid.cells(self.count)?;
        let far = |(a, b): &(u32, u32)| {
            let ((ax, ay), (bx, by)) = (cells[*a as usize], cells[*b as usize]);
            (ax - bx).abs().max((ay - by).abs()) > 1
        };
        let apart: Vec<(u32, u32)> = controls(self.count).into_iter().filter(far).collect();
        let (mut sum, mut count) = (0.0f32, 0usize);
        for (down, step) in [(false, steps[0]), (true, steps[1])] {
            let Some(step) = step else { continue };
            let mut compared = 0;
            for (a, b) in &apart {
                if compared == CONTROLS {
                    break;
                }
                let Some(found) = self.compare(Neighbors { a: *a, b: *b, down, backward: false })? else { continue };
                compared += 1;
                sum += strength_near(&found, step, tolerance).min(MATCHES);
            }
            count += compared;
        }
        Ok(if count < LEAST_CONTROLS { 0.0 } else { sum / (count as f32 * MATCHES) })
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
        let Compared { comparison, texture, .. } = comparer.compare(&Pair { a: pair.a, b: pair.b, step })?;
        let matching = |found: &Match| (found.step, found.ncc.clamp(0.0, 0.9999).atanh());
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

/// How well two tiles match near a step; 0 if they don't.
fn strength_near(found: &Agreement, step: Point, tolerance: Point) -> f32 {
    let near = found.iter().filter(|(other, _)| is_near(*other, step, tolerance));
    near.map(|(_, strength)| *strength).fold(0.0, f32::max)
}

fn is_near(a: Point, b: Point, tolerance: Point) -> bool {
    (a.x - b.x).abs() <= tolerance.x && (a.y - b.y).abs() <= tolerance.y
}

/// Pairs of tiles, the first before the second, always the same ones, far from each other in the order of the tiles.
fn controls(count: usize) -> Vec<(u32, u32)> {
    let pair = |round: usize| {
        let (a, b) = (spread(round % count, count)?, spread((round + 1 + count / 3) % count, count)?);
        (a != b).then_some((a.min(b) as u32, a.max(b) as u32))
    };
    let mut pairs: Vec<(u32, u32)> = (0..MOST_CONTROLS.min(count)).filter_map(pair).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The step that neighbors agree on the most, and the sum of how well each matches there, up to [`MATCHES`].
fn voted(found: &[Arc<Agreement>], tolerance: Point) -> (Option<Point>, f32) {
    let near = |a: Point, b: Point| is_near(a, b, tolerance);
    let support = |step: Point| -> f32 {
        found.iter().map(|agreement| strength_near(agreement, step, tolerance).min(MATCHES)).sum()
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
            assert!(best.score > 0.7 && !best.is_ambiguous, "{best:?}");
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
            [vec![at(90.0, 1.0), at(42.0, 1.2)], vec![at(91.0, 1.0)], vec![at(10.0, 1.9)], vec![]].map(Arc::new);
        assert_eq!(voted(&found, Point::new(5.0, 5.0)), (Some(Point::new(91.0, 0.0)), 2.0));
        assert_eq!(voted(&[], Point::new(5.0, 5.0)), (None, 0.0));
    }

    /// Tiles of a picture that repeats itself.
    struct Periodic(Vec<(f64, f64)>);

    impl TileReader for Periodic {
        fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
            let (left, top) = self.0[tile];
            let cell = |x: usize, y: usize| {
                let (x, y) = (left as i64 + rect.x0 + x as i64, top as i64 + rect.y0 + y as i64);
                if x.rem_euclid(24) < 9 && y.rem_euclid(24) < 15 { 200.0 } else { 60.0 }
            };
            Ok(Plane::from_fn(rect.width() as usize, rect.height() as usize, cell))
        }
    }

    #[test]
    fn a_picture_that_repeats_itself_leaves_the_layout_ambiguous() {
        let size = Size::new(150, 120);
        let places = Grid::across(4).with_overlap(24.0, 18.0).positions(&[size; 12]).unwrap();
        let periodic = Periodic(places.iter().map(|place| (place.x, place.y)).collect());
        let guesses = guess_layout(&[size; 12], &periodic, None, &Progress::default()).unwrap();
        assert!(guesses.iter().all(|guess| guess.is_ambiguous), "{guesses:?}");
    }

    #[test]
    fn one_tile_has_no_layout() {
        let taken = Taken { scene: Scene::new(1), places: vec![(0.0, 0.0)] };
        assert!(guess_layout(&[Size::new(50, 50)], &taken, None, &Progress::default()).is_err());
    }
}

//! Which tiles may overlap: by a spatial index, so that the work grows with the tiles and not with their square.

use std::collections::HashMap;

use crate::Tile;
use crate::geometry::{Point, Rect};

/// Pairs that share less than this of what the better placed of both shares with its best neighbor are left out: the corners
/// where four tiles meet say little that the sides don't. Pairs of one round and of two are compared among themselves.
const CORNER: f64 = 0.35;

/// Two tiles that may overlap, `a` before `b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    pub(crate) a: u32,
    pub(crate) b: u32,
    /// Where `b` is thought to lie from `a`, in canvas pixels.
    pub(crate) step: Point,
}

/// The pairs whose rectangles overlap, or come within `reach` pixels, in an order in which each tile's pairs are close together.
pub(crate) fn pairs(tiles: &[Tile], reach: f64) -> Vec<Pair> {
    let several = tiles.iter().any(|tile| tile.round != tiles[0].round);
    let both = |pair: &Pair| (&tiles[pair.a as usize], &tiles[pair.b as usize]);
    let is_known = |pair: &Pair| {
        let (a, b) = both(pair);
        several && a.round == b.round && a.locked && b.locked
    };
    let mut found = near(tiles, reach);
    found.retain(|pair| !is_known(pair));
    // Of each tile: with its own round, and with others.
    let mut best = vec![[0.0f64; 2]; tiles.len()];
    let across = |pair: &Pair| usize::from(both(pair).0.round != both(pair).1.round);
    let areas: Vec<f64> = found.iter().map(|pair| shared_area(tiles, pair, reach)).collect();
    for (pair, area) in found.iter().zip(&areas) {
        for tile in [pair.a, pair.b] {
            let best = &mut best[tile as usize][across(pair)];
            *best = best.max(*area);
        }
    }
    let keep = |(pair, area): &(Pair, f64)| {
        let best = [pair.a, pair.b].map(|tile| best[tile as usize][across(pair)]);
        *area >= CORNER * best[0].min(best[1])
    };
    let mut found: Vec<Pair> = found.into_iter().zip(areas).filter(keep).map(|(pair, _)| pair).collect();
    sort_by_place(&mut found, tiles);
    found
}

/// All pairs that overlap or come within `reach`.
fn near(tiles: &[Tile], reach: f64) -> Vec<Pair> {
    let side = tiles.iter().map(|tile| f64::from(tile.size.longest())).fold(1.0, f64::max) + reach.max(0.0);
    let cell = |value: f64| (value / side).floor() as i64;
    let mut cells: HashMap<(i64, i64), Vec<u32>> = HashMap::new();
    for (index, tile) in tiles.iter().enumerate() {
        cells.entry((cell(tile.position.x), cell(tile.position.y))).or_default().push(index as u32);
    }
    let mut found = Vec::with_capacity(tiles.len() * 2);
    for (index, tile) in tiles.iter().enumerate() {
        let (column, row) = (cell(tile.position.x), cell(tile.position.y));
        // No tile is longer than a cell: what begins two cells away is out of reach.
        let around = (row - 1..=row + 1).flat_map(|row| (column - 1..=column + 1).map(move |column| (column, row)));
        for other in around.filter_map(|at| cells.get(&at)).flatten().copied() {
            let pair = Pair { a: index as u32, b: other, step: tiles[other as usize].position - tile.position };
            if (other as usize) > index && shared_area(tiles, &pair, reach) > 0.0 {
                found.push(pair);
            }
        }
    }
    found
}

/// The area of what both share where the gap between them is taken as `reach` pixels smaller; 0 if they do not meet.
fn shared_area(tiles: &[Tile], pair: &Pair, reach: f64) -> f64 {
    let (a, b) = (&tiles[pair.a as usize], &tiles[pair.b as usize]);
    let along = |step: f64, a: u32, b: u32| (f64::from(a).min(step + f64::from(b)) - step.max(0.0)) + reach.max(0.0);
    let width = along(pair.step.x, a.size.width, b.size.width);
    let height = along(pair.step.y, a.size.height, b.size.height);
    if width <= 0.0 || height <= 0.0 { 0.0 } else { width * height }
}

/// Along a Hilbert curve over the pairs' middles: whoever goes through them in this order needs few tiles at a time.
pub(crate) fn sort_by_place(pairs: &mut [Pair], tiles: &[Tile]) {
    let middle =
        |tile: &Tile| tile.position + Point::new(f64::from(tile.size.width) / 2.0, f64::from(tile.size.height) / 2.0);
    let all = tiles.iter().fold(Rect::default(), |all, tile| {
        let (x, y) = tile.position.round();
        all.union(Rect::at(x, y, tile.size))
    });
    let scale = 65_535.0 / (all.width().max(all.height()).max(1)) as f64;
    let key = |pair: &Pair| {
        let (a, b) = (middle(&tiles[pair.a as usize]), middle(&tiles[pair.b as usize]));
        let to_cell = |value: f64, start: i64| ((value - start as f64) * scale).clamp(0.0, 65_535.0) as u32;
        hilbert(to_cell(f64::midpoint(a.x, b.x), all.x0), to_cell(f64::midpoint(a.y, b.y), all.y0))
    };
    pairs.sort_by_cached_key(|pair| (key(pair), pair.a, pair.b));
}

/// The place of cell (x, y), each below 65,536, on the Hilbert curve through all of them.
fn hilbert(mut x: u32, mut y: u32) -> u64 {
    let mut place = 0u64;
    for level in (0..16).rev() {
        let side = 1u32 << level;
        let (right, below) = (u32::from(x & side != 0), u32::from(y & side != 0));
        place += u64::from(side) * u64::from(side) * u64::from((3 * right) ^ below);
        if below == 0 {
            if right == 1 {
                (x, y) = (65_535 - x, 65_535 - y);
            }
            (x, y) = (y, x);
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn grid(columns: usize, rows: usize, step: (f64, f64), size: Size) -> Vec<Tile> {
        let at = |k: usize| Point::new((k % columns) as f64 * step.0, (k / columns) as f64 * step.1);
        (0..columns * rows).map(|k| Tile { position: at(k), size, locked: false, round: 0 }).collect()
    }

    #[test]
    fn a_grid_has_its_sides_and_no_corners() {
        let tiles = grid(7, 5, (90.0, 70.0), Size::new(100, 80));
        let found = pairs(&tiles, 4.0);
        assert_eq!(found.len(), 6 * 5 + 7 * 4);
        let side = |pair: &Pair| [(90.0, 0.0), (0.0, 70.0)].contains(&(pair.step.x, pair.step.y));
        assert!(found.iter().all(|pair| side(pair) && pair.a < pair.b), "{found:?}");
    }

    #[test]
    fn half_overlapping_rows_have_all_their_neighbors() {
        // Bricks: each tile has two below it.
        let mut tiles = grid(4, 2, (90.0, 70.0), Size::new(100, 80));
        tiles[4..].iter_mut().for_each(|tile| tile.position.x += 45.0);
        assert_eq!(pairs(&tiles, 4.0).len(), 3 + 3 + 4 + 3);
    }

    #[test]
    fn tiles_side_by_side_are_neighbors_within_reach() {
        let tiles = grid(3, 1, (100.0, 0.0), Size::new(100, 80));
        assert_eq!(pairs(&tiles, 4.0).len(), 2);
        assert_eq!(pairs(&tiles, 0.0).len(), 0);
        assert_eq!(pairs(&[], 4.0).len(), 0);
    }

    #[test]
    fn the_order_keeps_places_together() {
        let tiles = grid(64, 64, (90.0, 70.0), Size::new(100, 80));
        let found = pairs(&tiles, 4.0);
        // With room for 300 of 4,096 tiles, least recently used out first, few are needed twice.
        let (mut cached, mut reads) = (Vec::<u32>::new(), 0);
        for tile in found.iter().flat_map(|pair| [pair.a, pair.b]) {
            if let Some(at) = cached.iter().position(|other| *other == tile) {
                cached.remove(at);
            } else {
                reads += 1;
            }
            cached.push(tile);
            if cached.len() > 300 {
                cached.remove(0);
            }
        }
        assert!(reads < 4096 * 5 / 4, "{reads}");
    }
}

//! Tiles of generated scenes in no order.

use super::*;
use crate::TileState;
use crate::geometry::{Rect, Size};
use crate::plane::Plane;
use crate::testing::{Scene, noise};
use crate::{Error, LinkState};

const SIZE: Size = Size::new(260, 200);

/// Tiles of several scenes, each with a gain and noise of its own.
struct Shuffled {
    scenes: Vec<Scene>,
    /// Scene and place of each; `None` for a blank one.
    tiles: Vec<Option<(usize, f64, f64)>>,
}

impl TileReader for Shuffled {
    fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
        let mut state = ((tile as u64) << 32) ^ ((rect.x0 as u64) << 16) ^ rect.y0 as u64;
        let (width, height) = (rect.width() as usize, rect.height() as usize);
        let mut plane = match self.tiles[tile] {
            Some((scene, x, y)) => self.scenes[scene].cut(x + rect.x0 as f64, y + rect.y0 as f64, width, height),
            None => Plane::from_fn(width, height, |_, _| 150.0),
        };
        let gain = 1.0 + 0.05 * (tile % 5) as f32;
        plane.data.iter_mut().for_each(|value| *value = (*value + 60.0) * gain + 3.0 * noise(&mut state));
        Ok(plane)
    }
}

fn tiles(count: usize) -> Vec<Tile> {
    vec![Tile { position: Point::default(), size: SIZE, locked: false, round: 0 }; count]
}

/// The places of a grid with some jitter, in an order without a pattern.
fn places(columns: usize, rows: usize) -> Vec<(f64, f64)> {
    let count = columns * rows;
    let place = |k: usize| {
        let jitter = |seed: usize| ((k * seed) % 11) as f64 - 5.0 + 0.25 * (k % 4) as f64;
        ((k % columns) as f64 * 205.0 + jitter(7), (k / columns) as f64 * 155.0 + jitter(3))
    };
    (0..count).map(|k| place((k * 7 + 3) % count)).collect()
}

/// The largest distance of tiles from where they belong as seen from the first of them.
fn worst(found: &Alignment, reader: &Shuffled, group: &[u32]) -> f64 {
    let truth = |tile: u32| reader.tiles[tile as usize].map_or(Point::default(), |(_, x, y)| Point::new(x, y));
    let off = |tile: u32| found.placed[tile as usize].position - truth(tile);
    group.iter().map(|tile| off(*tile) - off(group[0])).map(|off| off.x.hypot(off.y)).fold(0.0, f64::max)
}

fn aligned(tiles: Vec<Tile>, reader: &dyn TileReader) -> Alignment {
    align_unknown(tiles, reader, &AlignOptions::default(), &Progress::default()).unwrap()
}

#[test]
fn tiles_in_any_order_find_their_places() {
    let reader = Shuffled {
        scenes: vec![Scene::new(21)],
        tiles: places(5, 4).into_iter().map(|(x, y)| Some((0, x, y))).collect(),
    };
    let found = aligned(tiles(20), &reader);
    assert_eq!(found.groups().len(), 1, "{:?}", found.groups());
    assert_eq!(found.count(TileState::Aligned), 20);
    assert!(worst(&found, &reader, &found.groups()[0]) < 0.2);
    assert!(found.links.iter().all(|link| link.state == LinkState::Accepted), "{:?}", found.links);
    assert_eq!(found, aligned(tiles(20), &reader), "the same each time");
}

#[test]
fn groups_lie_side_by_side_and_strangers_are_unplaced() {
    let grid = |scene: usize, columns: usize, rows: usize| {
        places(columns, rows).into_iter().map(move |(x, y)| Some((scene, x, y)))
    };
    let mut all: Vec<Option<(usize, f64, f64)>> = grid(0, 3, 3).chain(grid(1, 2, 2)).collect();
    all.insert(5, None);
    all.insert(2, Some((2, 50.0, 50.0)));
    let reader = Shuffled { scenes: vec![Scene::new(31), Scene::new(32), Scene::new(33)], tiles: all };
    let found = aligned(tiles(15), &reader);
    let groups = found.groups();
    assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [9, 4], "{groups:?}");
    assert!(groups.iter().all(|group| worst(&found, &reader, group) < 0.2));
    let unplaced = |tile: usize| found.placed[tile].state == TileState::Unplaced;
    assert_eq!((0..15).filter(|tile| unplaced(*tile)).collect::<Vec<_>>(), [2, 6]);
    let rect = |tile: usize| {
        let (x, y) = found.placed[tile].position.round();
        Rect::at(x, y, SIZE)
    };
    for (a, b) in (0..15).flat_map(|b| (0..b).map(move |a| (a, b))) {
        let together = found.placed[a].group == found.placed[b].group;
        assert!(together || rect(a).intersect(rect(b)).is_empty(), "{a} and {b}");
    }
}

#[test]
fn locked_tiles_stay_and_others_come_to_them() {
    let reader = Shuffled {
        scenes: vec![Scene::new(41)],
        tiles: places(3, 2).into_iter().map(|(x, y)| Some((0, x, y))).collect(),
    };
    let mut start = tiles(6);
    (start[4].locked, start[4].position) = (true, Point::new(7_000.0, -300.0));
    let found = aligned(start, &reader);
    assert_eq!(found.placed[4].position, Point::new(7_000.0, -300.0));
    assert!(found.groups().len() == 1 && worst(&found, &reader, &found.groups()[0]) < 0.2);
}

#[test]
fn a_cancelled_search_ends() {
    let reader = Shuffled { scenes: vec![Scene::new(1)], tiles: vec![Some((0, 0.0, 0.0)); 3] };
    let progress = Progress::default();
    progress.cancel();
    let found = align_unknown(tiles(3), &reader, &AlignOptions::default(), &progress);
    assert!(matches!(found, Err(Error::Cancelled)));
}

#[test]
fn no_tiles_and_one_tile_are_fine() {
    let reader = Shuffled { scenes: vec![Scene::new(1)], tiles: vec![Some((0, 0.0, 0.0))] };
    assert!(aligned(Vec::new(), &reader).placed.is_empty());
    assert_eq!(aligned(tiles(1), &reader).placed[0].state, TileState::Unplaced);
}

/// A scene whose lower half shows what its upper half does, further to the right.
struct Repeated {
    scene: Scene,
    places: Vec<(f64, f64)>,
}

impl TileReader for Repeated {
    fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
        const HALF: f64 = 335.0;
        let (left, top) = self.places[tile];
        let (left, top) = (left + rect.x0 as f64, top + rect.y0 as f64);
        let gray = |x: usize, y: usize| {
            let (x, y) = (left + x as f64, top + y as f64);
            let (x, y) = if y < HALF { (x, y) } else { (x + 93.0, y - HALF) };
            self.scene.at(x as f32, y as f32)
        };
        Ok(Plane::from_fn(rect.width() as usize, rect.height() as usize, gray))
    }
}

#[test]
fn what_a_scene_shows_twice_is_not_taken_for_neighbors() {
    let reader = Repeated { scene: Scene::new(51), places: places(5, 4) };
    let found = aligned(tiles(20), &reader);
    let truth = |tile: u32| Point::from(reader.places[tile as usize]);
    let accepted = found.links.iter().filter(|link| link.state == LinkState::Accepted);
    let off = accepted.map(|link| link.chosen.unwrap().step - (truth(link.b) - truth(link.a)));
    let wrong = off.filter(|off| off.x.hypot(off.y) > 1.0).count();
    let groups: Vec<usize> = found.groups().iter().map(Vec::len).collect();
    assert_eq!((wrong, &*groups, found.is_ambiguous), (0, &[20][..], false), "{:?}", found.links);
}

#[test]
fn neighbors_in_a_grid_are_found_where_no_features_are() {
    let at = |k: usize| ((k % 6) as f64 * 205.0 + (k % 4) as f64, (k / 6) as f64 * 155.0 - (k % 5) as f64);
    let reader =
        Shuffled { scenes: vec![Scene::new(61)], tiles: (0..18).map(|k| Some((0, at(k).0, at(k).1))).collect() };
    let step = |a: usize, b: usize| Point::from(at(b)) - Point::from(at(a));
    let edge = |a: usize, b: usize| {
        let (a, b, step) = (a as u32, b as u32, step(a, b));
        Edge { a, b, step, quality: 0.9, evenness: 1.0, votes: 12 }
    };
    let beside = (0..18).filter(|k| k % 3 < 2).map(|k| edge(k, k + 1));
    let edges: Vec<Edge> = beside.chain((0..12).map(|k| edge(k, k + 6))).collect();
    let none = Features { starts: vec![0; 19], places: Vec::new(), descriptors: Vec::new(), tiles: Vec::new(), by: 1 };
    let (mut tiles, limits) = (tiles(18), AlignOptions::default().limits(&tiles(18)));
    let (progress, mut tried) = (Progress::default(), 0);
    let compare = |tiles: &[Tile], pairs: &[Pair]| {
        tried = pairs.len();
        compare_all(tiles, pairs, &reader, limits, &progress)
    };
    let (pairs, is_ambiguous) = overlapping(&mut tiles, &none, edges, limits.max_shift, compare).unwrap();
    assert!(!is_ambiguous && tried > 3, "{tried}");
    for (left, right) in [(2, 3), (8, 9), (14, 15)] {
        let found = pairs.iter().find(|pair| (pair.a, pair.b) == (left, right));
        let off = found.map(|pair| pair.step - step(left as usize, right as usize));
        assert!(off.is_some_and(|off| off.x.hypot(off.y) < 1.0), "{left} and {right}: {pairs:?}");
    }
}

//! [`Evidence`]: groups of tiles grow from where overlaps agree the most, as one lays a jigsaw puzzle.
//!
//! Pictures that show the same thing twice have overlaps that match and are wrong. What tells them from right ones is the rest: a
//! tile lies right where it matches several neighbors and contradicts none, so such places are taken first.

use std::collections::{BinaryHeap, HashMap};

use super::descriptor::RADIUS;
use super::features::Features;
use crate::Tile;
use crate::geometry::Point;

/// Two positions of a tile are the same if they are no further apart along both axes, in canvas pixels and in pixels of the copies.
const SAME: f64 = 6.0;
const SAME_COPIES: f64 = 2.0;
/// Where both tiles have so many features in their overlap and no match, they contradict each other.
const ENOUGH: usize = 12;
/// One contradiction counts as so many matches.
const AGAINST: i64 = 2;
/// With contradictions, a place needs so many matches.
const NEEDED: i64 = 3;
/// More matches than these make a place no surer.
const SURE: i64 = 3;
/// How often tiles are moved to better places and the group goes on growing.
const ROUNDS: usize = 4;
/// Two tiles alone lie together by no fewer votes than these.
const LONE_VOTES: u32 = 10;
/// So many starts are tried where overlaps contradict each other.
const STARTS: usize = 10;
/// Groups are contradicted by more than this part of all edges.
const MOST_BROKEN: f64 = 0.03;
/// The best edges that starts are looked for among.
const MOST_FIRST: usize = 4096;

/// Two tiles that match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    /// `a` comes before `b`.
    pub(super) a: u32,
    pub(super) b: u32,
    /// Where `b` lies from `a`, in canvas pixels.
    pub(super) step: Point,
    /// How well they match, 0 to 1.
    pub(super) quality: f32,
    /// In how much of the overlap, 0 to 1.
    pub(super) evenness: f32,
    /// How many features say so.
    pub(super) votes: u32,
}

/// What is known of the tiles.
pub(super) struct Evidence<'a> {
    tiles: &'a [Tile],
    features: &'a Features,
    /// The best first.
    edges: Vec<Edge>,
    of_tile: Vec<Vec<u32>>,
    of_pair: HashMap<(u32, u32), Vec<u32>>,
    /// Whether tiles that both show something where they overlap, but do not match there, contradict each other.
    is_careful: bool,
    same: f64,
    /// The side of the cells by which tiles are looked up.
    cell: f64,
}

/// Tiles that lie together.
#[derive(Debug, Clone, Default)]
pub(super) struct Grown {
    /// In the order in which they were added.
    pub(super) tiles: Vec<(u32, Point)>,
    places: HashMap<u32, Point>,
    cells: HashMap<(i64, i64), Vec<u32>>,
    /// Matches less contradictions, of each tile.
    score: i64,
}

/// How a place fits what lies there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fit {
    matches: i64,
    against: i64,
    quality: f64,
}

impl Fit {
    fn score(&self) -> i64 {
        self.matches - AGAINST * self.against
    }

    fn is_good(&self) -> bool {
        self.score() > 0 && (self.against == 0 || self.matches >= NEEDED)
    }

    /// The higher, the surer.
    fn rank(&self) -> (i64, i64) {
        (self.score().min(SURE), (self.quality * 1e6) as i64)
    }
}

impl<'a> Evidence<'a> {
    /// With `is_careful`, tiles that overlap but do not match count as well: for pictures that show the same thing several times. In
    /// others a match may merely have been missed.
    pub(super) fn new(tiles: &'a [Tile], features: &'a Features, mut edges: Vec<Edge>, is_careful: bool) -> Self {
        edges.sort_by(|x, y| y.quality.total_cmp(&x.quality).then((x.a, x.b).cmp(&(y.a, y.b))));
        let mut of_tile = vec![Vec::new(); tiles.len()];
        let mut of_pair: HashMap<(u32, u32), Vec<u32>> = HashMap::new();
        for (number, edge) in (0u32..).zip(&edges) {
            of_tile[edge.a as usize].push(number);
            of_tile[edge.b as usize].push(number);
            of_pair.entry((edge.a, edge.b)).or_default().push(number);
        }
        let same = SAME.max(SAME_COPIES * features.by as f64);
        let cell = tiles.iter().map(|tile| f64::from(tile.size.longest())).fold(1.0, f64::max);
        Self { tiles, features, edges, of_tile, of_pair, is_careful, same, cell }
    }

    /// All groups of two tiles and more, the first with the locked tiles if there are some.
    pub(super) fn groups(&self) -> Vec<Grown> {
        let mut free = vec![true; self.tiles.len()];
        let mut groups = Vec::new();
        let locked = (0u32..).zip(self.tiles).filter(|(_, tile)| tile.locked);
        let locked: Vec<(u32, Point)> = locked.map(|(number, tile)| (number, tile.position)).collect();
        if !locked.is_empty() {
            groups.push(self.grow(&locked, &free));
        }
        loop {
            for (tile, _) in groups.last().map_or(&[][..], |group: &Grown| &group.tiles) {
                free[*tile as usize] = false;
            }
            let starts = self.starts(&free);
            let mut best: Option<Grown> = None;
            for start in &starts {
                let grown = self.grow(start, &free);
                // Where nothing contradicts, other starts give the same.
                let is_plain = self.is_plain(&grown);
                if best.as_ref().is_none_or(|best| grown.score > best.score) {
                    best = Some(grown);
                }
                if is_plain {
                    break;
                }
            }
            // Its first tiles may have been taken out of it.
            let Some(best) = best.filter(|best| best.tiles.len() > 1) else { return groups };
            groups.push(best);
        }
    }

    /// The edges that hold in a group.
    pub(super) fn holding(&self, group: &Grown) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| self.holds(edge, group) == Some(true))
    }

    /// Whether an edge of two tiles of a group is as they lie.
    fn holds(&self, edge: &Edge, group: &Grown) -> Option<bool> {
        let (a, b) = (group.places.get(&edge.a)?, group.places.get(&edge.b)?);
        Some(self.is_same(*b - *a, edge.step))
    }

    /// The same with more edges.
    pub(super) fn with(self, more: Vec<Edge>) -> Self {
        Self::new(self.tiles, self.features, [self.edges, more].concat(), self.is_careful)
    }

    /// Whether much contradicts groups: edges of tiles of the same group that do not hold.
    pub(super) fn contradicts(&self, groups: &[Grown]) -> bool {
        let broken = |group: &Grown| self.edges.iter().filter(|edge| self.holds(edge, group) == Some(false)).count();
        groups.iter().map(broken).sum::<usize>() as f64 > MOST_BROKEN * self.edges.len() as f64
    }

    /// Whether a tile of a group is `within` so many pixels of a place.
    pub(super) fn is_taken(&self, group: &Grown, place: Point, within: f64) -> bool {
        let (column, row) = cell_of(place, self.cell);
        let around = (row - 1..=row + 1).flat_map(|row| (column - 1..=column + 1).map(move |column| (column, row)));
        around.filter_map(|at| group.cells.get(&at)).flatten().any(|tile| {
            let off = group.places[tile] - place;
            off.x.abs().max(off.y.abs()) <= within
        })
    }

    fn is_plain(&self, group: &Grown) -> bool {
        let of_group = group.tiles.iter().flat_map(|(tile, _)| &self.of_tile[*tile as usize]);
        of_group.copied().all(|edge| self.holds(&self.edges[edge as usize], group) == Some(true))
    }

    fn is_same(&self, a: Point, b: Point) -> bool {
        (a.x - b.x).abs().max((a.y - b.y).abs()) <= self.same
    }

    /// Where groups may begin: three or four tiles whose edges close, of the best edges; or else the best edge.
    fn starts(&self, free: &[bool]) -> Vec<Vec<(u32, Point)>> {
        let is_free = |edge: &&Edge| free[edge.a as usize] && free[edge.b as usize];
        let first: Vec<&Edge> = self.edges.iter().filter(is_free).take(MOST_FIRST).collect();
        let mut starts: Vec<Vec<(u32, Point)>> = first.iter().filter_map(|edge| self.closed(edge, free)).collect();
        if starts.len() > STARTS {
            let step = starts.len() / STARTS;
            starts = starts.into_iter().step_by(step).take(STARTS).collect();
        }
        if starts.is_empty() {
            let sure = first.iter().find(|edge| edge.votes >= LONE_VOTES);
            starts.extend(sure.map(|edge| vec![(edge.a, Point::default()), (edge.b, edge.step)]));
        }
        starts
    }

    /// An edge with one or two further tiles by which it closes, without contradictions.
    fn closed(&self, edge: &Edge, free: &[bool]) -> Option<Vec<(u32, Point)>> {
        let near = |tile: u32| self.steps_from(tile).filter(|(other, _)| free[*other as usize]);
        let is_other = |tile: u32| tile != edge.a && tile != edge.b;
        for (c, at_c) in near(edge.a).filter(|(c, _)| is_other(*c)) {
            let start = vec![(edge.a, Point::default()), (edge.b, edge.step), (c, at_c)];
            if matches!(self.relation(edge.b, c, at_c - edge.step), Relation::Match(_)) {
                return Some(start);
            }
            for (d, from_b) in near(edge.b).filter(|(d, _)| is_other(*d) && *d != c) {
                let at_d = edge.step + from_b;
                let fits = |tile: &(u32, Point)| self.relation(tile.0, d, at_d - tile.1);
                let closes = matches!(self.relation(c, d, at_d - at_c), Relation::Match(_));
                let is_even = self.relation(edge.b, c, at_c - edge.step) != Relation::Against;
                if closes && is_even && start.iter().all(|tile| fits(tile) != Relation::Against) {
                    return Some([&start[..], &[(d, at_d)]].concat());
                }
            }
        }
        None
    }

    /// The tiles that match a tile, and where they lie from it.
    fn steps_from(&self, tile: u32) -> impl Iterator<Item = (u32, Point)> + '_ {
        self.of_tile[tile as usize].iter().map(move |number| {
            let edge = &self.edges[*number as usize];
            if edge.a == tile { (edge.b, edge.step) } else { (edge.a, Point::default() - edge.step) }
        })
    }

    /// A group from its first tiles on, as far as free tiles fit.
    fn grow(&self, start: &[(u32, Point)], free: &[bool]) -> Grown {
        let mut group = Grown::default();
        start.iter().for_each(|(tile, place)| group.add(*tile, *place, self.cell));
        for _ in 0..ROUNDS {
            self.extend(&mut group, free);
            if !self.move_misfits(&mut group, start) {
                break;
            }
        }
        let fits = group.tiles.iter().map(|(tile, place)| self.fit(*tile, *place, &group));
        group.score = fits.map(|fit| fit.score()).sum();
        group
    }

    /// Adds free tiles, the surest first.
    fn extend(&self, group: &mut Grown, free: &[bool]) {
        let mut waiting: BinaryHeap<((i64, i64), std::cmp::Reverse<u32>)> = BinaryHeap::new();
        let mut possible: HashMap<u32, Vec<Point>> = HashMap::new();
        let mut next: Vec<(u32, Point)> = group.tiles.clone();
        loop {
            for (tile, place) in next.drain(..) {
                group.add(tile, place, self.cell);
                for (other, step) in self.steps_from(tile) {
                    let is_open = free[other as usize] && !self.tiles[other as usize].locked;
                    if !is_open || group.places.contains_key(&other) {
                        continue;
                    }
                    let place = place + step;
                    let known = possible.entry(other).or_default();
                    if known.iter().all(|known| !self.is_same(*known, place)) {
                        known.push(place);
                    }
                    waiting.push((self.fit(other, place, group).rank(), std::cmp::Reverse(other)));
                }
            }
            let Some((rank, std::cmp::Reverse(tile))) = waiting.pop() else { return };
            if group.places.contains_key(&tile) {
                continue;
            }
            let places = possible.get(&tile).map_or(&[][..], |all| all);
            let Some((fit, place)) = self.best_place(tile, places, group) else { continue };
            if fit.rank() < rank {
                waiting.push((fit.rank(), std::cmp::Reverse(tile)));
                continue;
            }
            next.push((tile, place));
        }
    }

    /// Moves tiles that fit better elsewhere by what has been added since, and takes out what fits nowhere. Returns whether any did.
    fn move_misfits(&self, group: &mut Grown, start: &[(u32, Point)]) -> bool {
        let mut changed = false;
        for (tile, place) in group.tiles.clone() {
            if start.iter().any(|(first, _)| *first == tile && self.tiles[tile as usize].locked) {
                continue;
            }
            group.remove(tile, place, self.cell);
            let steps = self.steps_from(tile);
            let places = steps.filter_map(|(other, step)| Some(*group.places.get(&other)? - step));
            let mut places: Vec<Point> = places.collect();
            places.insert(0, place);
            let mut own: Vec<Point> = Vec::new();
            for place in places {
                if own.iter().all(|known| !self.is_same(*known, place)) {
                    own.push(place);
                }
            }
            match self.best_place(tile, &own, group) {
                Some((_, best)) => {
                    changed |= !self.is_same(best, place);
                    group.add(tile, if self.is_same(best, place) { place } else { best }, self.cell);
                }
                None => changed = true,
            }
        }
        changed
    }

    /// The place of a tile that fits best, if it fits well and better than any other.
    fn best_place(&self, tile: u32, places: &[Point], group: &Grown) -> Option<(Fit, Point)> {
        let mut fits: Vec<(Fit, Point)> = places.iter().map(|place| (self.fit(tile, *place, group), *place)).collect();
        fits.sort_by_key(|(fit, _)| std::cmp::Reverse((fit.score(), fit.rank().1)));
        let best = fits.first().copied().filter(|(fit, _)| fit.is_good())?;
        let is_rival = fits.get(1).is_some_and(|(other, _)| other.score() == best.0.score());
        (!is_rival).then_some(best)
    }

    /// How a tile fits what lies around a place.
    fn fit(&self, tile: u32, place: Point, group: &Grown) -> Fit {
        let mut fit = Fit { matches: 0, against: 0, quality: 0.0 };
        let (column, row) = cell_of(place, self.cell);
        for at in (row - 1..=row + 1).flat_map(|row| (column - 1..=column + 1).map(move |column| (column, row))) {
            for other in group.cells.get(&at).map_or(&[][..], |tiles| tiles) {
                match self.relation(*other, tile, place - group.places[other]) {
                    Relation::Match(quality) => {
                        fit.matches += 1;
                        fit.quality += f64::from(quality);
                    }
                    Relation::Against => fit.against += 1,
                    Relation::Silent => {}
                }
            }
        }
        fit
    }

    /// What is known of two tiles, the second `step` from the first.
    fn relation(&self, first: u32, second: u32, step: Point) -> Relation {
        let (a, b, step) =
            if first < second { (first, second, step) } else { (second, first, Point::default() - step) };
        let (of_a, of_b) = (&self.tiles[a as usize], &self.tiles[b as usize]);
        let off = step;
        // The corners of the overlap in what is compared of a.
        let (x0, y0) = (off.x.max(0.0), off.y.max(0.0));
        let x1 = (off.x + f64::from(of_b.size.width)).min(f64::from(of_a.size.width));
        let y1 = (off.y + f64::from(of_b.size.height)).min(f64::from(of_a.size.height));
        if x1 <= x0 || y1 <= y0 {
            return Relation::Silent;
        }
        let edges = self.of_pair.get(&(a, b)).map_or(&[][..], |edges| edges);
        let found = edges.iter().map(|edge| &self.edges[*edge as usize]).find(|edge| self.is_same(edge.step, step));
        if let Some(edge) = found {
            return Relation::Match(edge.quality);
        }
        if !self.is_careful || of_a.locked && of_b.locked {
            return Relation::Silent;
        }
        let seen = |tile: u32, from: Point| {
            self.features.count_within(tile, (x0 - from.x, y0 - from.y), (x1 - from.x, y1 - from.y), RADIUS)
        };
        let is_seen = seen(a, Point::default()) >= ENOUGH && seen(b, off) >= ENOUGH;
        if is_seen { Relation::Against } else { Relation::Silent }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Relation {
    /// They match there, so well.
    Match(f32),
    /// Both show something there, but do not match.
    Against,
    /// Nothing is known.
    Silent,
}

impl Grown {
    fn add(&mut self, tile: u32, place: Point, cell: f64) {
        if self.places.insert(tile, place).is_none() {
            self.tiles.push((tile, place));
            self.cells.entry(cell_of(place, cell)).or_default().push(tile);
        }
    }

    fn remove(&mut self, tile: u32, place: Point, cell: f64) {
        self.places.remove(&tile);
        self.tiles.retain(|(other, _)| *other != tile);
        if let Some(tiles) = self.cells.get_mut(&cell_of(place, cell)) {
            tiles.retain(|other| *other != tile);
        }
    }
}

fn cell_of(place: Point, side: f64) -> (i64, i64) {
    ((place.x / side).floor() as i64, (place.y / side).floor() as i64)
}

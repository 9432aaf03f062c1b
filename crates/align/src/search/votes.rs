//! [`candidates`]: which tiles may overlap, and where: features that are alike vote for a step between their tiles.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::descriptor::distance;
use super::features::Features;
use super::index::Index;
use crate::Result;
use crate::geometry::Point;
use crate::job::Progress;

/// Descriptors of the same place differ in no more bits than these.
const MOST_BITS: u32 = 72;
/// And in no more than this part of the bits by which the next best of either tile differs (Lowe's ratio test), so that what a
/// tile shows several times does not vote.
const RATIO: f32 = 0.8;
/// A feature votes for so many tiles at most, those where it matches best.
const MOST_TILES: usize = 12;
/// Votes that are this near to each other along both axes are for the same step, in pixels of the copies.
const SAME: i32 = 2;
/// Votes further than this from a step are for another one.
const OTHER: i32 = 8;
/// Two tiles are compared at so many steps at most.
const MOST_STEPS: usize = 3;
/// Fewer votes than these for the same step are chance.
const LEAST_VOTES: u32 = 4;
/// A tile has so many candidates at most, those with most votes.
const MOST_CANDIDATES: usize = 12;

/// A pair of tiles that may overlap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    /// `a` comes before `b`.
    pub(super) a: u32,
    pub(super) b: u32,
    /// Where `b` lies from `a`, in canvas pixels, to a pixel or two of the copies.
    pub(super) step: Point,
    /// How many features say so.
    pub(super) votes: u32,
}

/// Two features that are alike.
#[derive(Debug, Clone, Copy)]
struct Vote {
    /// The other tile and its feature.
    tile: u32,
    feature: u32,
    bits: u32,
    step: (i32, i32),
}

/// The pairs of tiles that features vote for, by their tiles. Fails only when cancelled.
pub(super) fn candidates(features: &Features, progress: &Progress) -> Result<Vec<Candidate>> {
    let index = Index::new(&features.descriptors);
    let tiles = features.starts.len() - 1;
    let found: Vec<Vec<Candidate>> = (0..tiles)
        .into_par_iter()
        .map(|tile| progress.check().map(|()| of_tile(tile, features, &index)))
        .collect::<Result<_>>()?;
    Ok(best_of_each_tile(found.into_iter().flatten().collect(), tiles))
}

/// The candidates between a tile and those after it.
fn of_tile(tile: usize, features: &Features, index: &Index) -> Vec<Candidate> {
    let (mut votes, mut alike, mut best) = (Vec::new(), Vec::new(), Vec::new());
    for feature in features.of_tile(tile) {
        index.alike(&features.descriptors[feature], &mut alike);
        best_of_tiles(feature, &alike, features, &mut best);
        votes.extend_from_slice(&best);
    }
    // A feature is at one place: of several that are like it, the one that is most alike counts.
    votes.sort_unstable_by_key(|vote| (vote.tile, vote.feature, vote.bits));
    votes.dedup_by_key(|vote| (vote.tile, vote.feature));
    let groups = votes.chunk_by(|a, b| a.tile == b.tile);
    groups.flat_map(|votes| elected(tile as u32, votes, features)).collect()
}

/// The votes of a feature for later tiles, from features that are about alike, in their order.
fn best_of_tiles(feature: usize, alike: &[u32], features: &Features, best: &mut Vec<Vote>) {
    best.clear();
    let own_tile = features.tiles[feature];
    let bits = |other: u32| distance(&features.descriptors[feature], &features.descriptors[other as usize]);
    // What this tile shows a second time.
    let own = alike.iter().filter(|other| features.tiles[**other as usize] == own_tile && **other as usize != feature);
    let own_next = own.map(|other| bits(*other)).min().unwrap_or(u32::MAX);
    for group in alike.chunk_by(|a, b| features.tiles[*a as usize] == features.tiles[*b as usize]) {
        let tile = features.tiles[group[0] as usize];
        if tile <= own_tile {
            continue;
        }
        let (mut first, mut next) = ((u32::MAX, 0), own_next);
        for other in group {
            let bits = bits(*other);
            if bits < first.0 {
                next = next.min(first.0);
                first = (bits, *other);
            } else {
                next = next.min(bits);
            }
        }
        if first.0 <= MOST_BITS && first.0 as f32 <= RATIO * next as f32 {
            let step = features.step(feature, first.1 as usize);
            best.push(Vote { tile, feature: first.1, bits: first.0, step });
        }
    }
    best.sort_by_key(|vote| (vote.bits, vote.feature));
    best.truncate(MOST_TILES);
}

/// The steps that most of the votes between two tiles are for, if they are enough; none if they are for too many.
fn elected(a: u32, votes: &[Vote], features: &Features) -> Vec<Candidate> {
    let near = |one: &Vote, other: &Vote, by: i32| {
        (one.step.0 - other.step.0).abs() <= by && (one.step.1 - other.step.1).abs() <= by
    };
    if votes.len() < LEAST_VOTES as usize {
        return Vec::new();
    }
    let count = |one: &Vote| votes.iter().filter(|other| near(one, other, SAME)).count() as u32;
    let mut left: Vec<(u32, &Vote)> = votes.iter().map(|vote| (count(vote), vote)).collect();
    left.sort_by_key(|(count, vote)| (std::cmp::Reverse(*count), vote.step, vote.feature));
    let mut found: Vec<Candidate> = Vec::new();
    while let Some((most, winner)) = left.first().copied().filter(|(most, _)| *most >= LEAST_VOTES) {
        let first = found.first().map_or(most, |first| first.votes);
        if found.len() == MOST_STEPS {
            // What repeats itself has votes for many steps.
            return if most * 2 > first { Vec::new() } else { found };
        }
        let agreeing = votes.iter().filter(|vote| near(winner, vote, SAME));
        let sum = agreeing.fold((0, 0), |sum, vote| (sum.0 + vote.step.0, sum.1 + vote.step.1));
        let mean = (f64::from(sum.0) / f64::from(most), f64::from(sum.1) / f64::from(most));
        found.push(Candidate { a, b: winner.tile, step: features.on_canvas(mean), votes: most });
        left.retain(|(_, vote)| !near(winner, vote, OTHER));
    }
    found
}

/// Those that are among the candidates with most votes of one of their tiles.
fn best_of_each_tile(mut all: Vec<Candidate>, tiles: usize) -> Vec<Candidate> {
    all.sort_by_key(|candidate| (std::cmp::Reverse(candidate.votes), candidate.a, candidate.b));
    let mut counts = vec![0usize; tiles];
    all.retain(|candidate| {
        let ends = [candidate.a as usize, candidate.b as usize];
        let is_kept = ends.iter().any(|tile| counts[*tile] < MOST_CANDIDATES);
        ends.iter().for_each(|tile| counts[*tile] += usize::from(is_kept));
        is_kept
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(x: i32, y: i32, feature: u32) -> Vote {
        Vote { tile: 3, feature, bits: 10, step: (x, y) }
    }

    fn none() -> Features {
        Features { starts: vec![0], places: Vec::new(), descriptors: Vec::new(), tiles: Vec::new(), by: 2 }
    }

    #[test]
    fn the_step_with_most_votes_is_elected() {
        let votes = [vote(50, 4, 0), vote(51, 5, 1), vote(-80, 2, 2), vote(50, 4, 3), vote(50, 5, 4), vote(7, 7, 5)];
        let found = elected(1, &votes, &none());
        assert_eq!((found.len(), found[0].a, found[0].b, found[0].votes), (1, 1, 3, 4));
        assert_eq!(found[0].step, Point::new(100.5, 9.0), "in canvas pixels");
        assert_eq!(elected(1, &votes[..4], &none()), [], "three votes are too few");
    }

    #[test]
    fn votes_for_many_steps_elect_none() {
        let votes: Vec<Vote> = (0..20).map(|k| vote(48 * (k % 4), 0, k as u32)).collect();
        assert_eq!(elected(1, &votes, &none()), []);
    }
}

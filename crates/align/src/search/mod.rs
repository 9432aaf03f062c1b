//! [`align_unknown`]: tiles of which nobody knows where they lie are placed by what they show.
//!
//! The steps: keypoints of smaller copies (`keypoints`) and their descriptors (`descriptor`, `features`); which are alike
//! (`index`), and which steps between tiles they vote for (`votes`); the overlaps compared as in any alignment, pixel by pixel;
//! and the tiles joined to groups by what matches (`groups`), which are start positions for the solver.

mod descriptor;
mod features;
mod groups;
mod index;
mod keypoints;
mod votes;

use std::collections::{HashMap, HashSet};

use crate::alignment::Alignment;
use crate::geometry::Point;
use crate::job::Progress;
use crate::link::Link;
use crate::neighbors::{Pair, pairs, sort_by_place};
use crate::pair::Comparison;
use crate::register::{AlignOptions, compare_all};
use crate::solve::components;
use crate::{Result, Tile, TileReader};
use features::Features;
use groups::{Groups, side_by_side};
use votes::{Candidate, candidates};

/// A match is at the step that was voted for if it is no further from it, in pixels of the copies.
const NEAR_VOTE: f64 = 4.0;
/// An ambiguous comparison is decided by so many votes for one of its matches.
const DECIDING_VOTES: u32 = 8;

/// Finds which of `tiles` overlap and where, and all positions; their own count only where they are locked. `progress` counts tiles
/// and pairs.
///
/// Groups of tiles that nothing connects are put side by side, and tiles that match none lie in rows below. A tile that cannot be
/// read is warned about and is one of these. Fails only when cancelled.
pub(crate) fn align_unknown(
    mut tiles: Vec<Tile>,
    reader: &dyn TileReader,
    options: &AlignOptions,
    progress: &Progress,
) -> Result<Alignment> {
    let limits = options.limits(&tiles);
    let count = tiles.len() as u64;
    // Until the pairs are known: about two for each tile.
    progress.set_total(3 * count);
    let (mut found, by) = {
        let features = Features::of(&tiles, reader, progress)?;
        (candidates(&features, progress)?, features.by)
    };
    found.retain(|one| !tiles[one.a as usize].locked || !tiles[one.b as usize].locked);
    let near = NEAR_VOTE * by as f64;
    let voted = in_order_of_place(&found, &mut tiles);
    progress.set_total(count + (voted.len() as u64).max(2 * count));
    let compared = compare_all(&tiles, &voted, reader, limits, progress)?;
    let wanted = overlapping(&mut tiles, &found, &compared, near);
    // What has been compared at about the right step need not be compared again.
    let mut known: HashMap<(u32, u32), Link> = HashMap::with_capacity(compared.len());
    known.extend(compared.into_iter().map(|link| ((link.a, link.b), link)));
    let is_known = |pair: &Pair| known.get(&(pair.a, pair.b)).is_some_and(|link| is_near(link.expected, pair.step, near));
    let missing: Vec<Pair> = wanted.iter().filter(|pair| !is_known(pair)).copied().collect();
    progress.set_total(count + (voted.len() + missing.len()) as u64);
    let more = compare_all(&tiles, &missing, reader, limits, progress)?;
    known.extend(more.into_iter().map(|link| ((link.a, link.b), link)));
    let links = wanted.iter().filter_map(|pair| {
        let link = known.remove(&(pair.a, pair.b))?;
        Some(Link { expected: pair.step, ..link })
    });
    let links = links.collect();
    let mut alignment = Alignment::of_unknown(tiles, links, progress)?;
    set_apart(&mut alignment);
    Ok(alignment)
}

/// The candidates as pairs, in an order in which each tile's are close together. Moves the tiles to where the votes have them.
fn in_order_of_place(found: &[Candidate], tiles: &mut [Tile]) -> Vec<Pair> {
    let mut groups = Groups::new(tiles);
    for one in found {
        groups.join(one.a, one.b, one.step);
    }
    move_to(tiles, &groups.side_by_side(tiles));
    let mut voted: Vec<Pair> = found.iter().map(|one| Pair { a: one.a, b: one.b, step: one.step }).collect();
    sort_by_place(&mut voted, tiles);
    voted
}

/// Joins the tiles by the links that match where features vote for, and moves them there. Returns the pairs that overlap then.
fn overlapping(tiles: &mut [Tile], found: &[Candidate], links: &[Link], near: f64) -> Vec<Pair> {
    let matches: HashMap<(u32, u32), Joint> =
        links.iter().filter_map(|link| Some(((link.a, link.b), joint(link, near)?))).collect();
    // By votes, those that match clearly before those that only votes decide.
    let joints = |is_clear: bool| {
        let matches = &matches;
        found.iter().filter_map(move |one| {
            let joint = matches.get(&(one.a, one.b))?;
            let is_enough = joint.is_clear || one.votes >= DECIDING_VOTES;
            (joint.is_clear == is_clear && is_enough).then_some((one, joint.step))
        })
    };
    let mut groups = Groups::new(tiles);
    let mut used = Vec::new();
    for (one, step) in joints(true).chain(joints(false)) {
        if groups.join(one.a, one.b, step) {
            used.push(Pair { a: one.a, b: one.b, step });
        }
    }
    move_to(tiles, &groups.side_by_side(tiles));
    let mut wanted = pairs(tiles, 0.0);
    wanted.retain(|pair| groups.are_together(pair.a, pair.b));
    // What holds the groups together stays, also where other overlaps are much larger.
    let known: HashSet<(u32, u32)> = wanted.iter().map(|pair| (pair.a, pair.b)).collect();
    wanted.extend(used.into_iter().filter(|pair| !known.contains(&(pair.a, pair.b))));
    wanted
}

/// Where two tiles match, as features and pixels say.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Joint {
    step: Point,
    is_clear: bool,
}

/// The match of a link that is near the step that was voted for.
fn joint(link: &Link, near: f64) -> Option<Joint> {
    let is_clear = link.is_clear() && link.texture >= 1.0;
    let is_ambiguous = matches!(link.comparison, Some(Comparison::Ambiguous { .. }));
    let step = link.matches().iter().map(|found| found.step).find(|step| is_near(*step, link.expected, near))?;
    (is_clear || is_ambiguous).then_some(Joint { step, is_clear })
}

/// Puts the groups of a solution side by side, after the solution has moved them, and unplaced tiles below.
fn set_apart(alignment: &mut Alignment) {
    let parts = components(alignment.tiles.len(), alignment.links.iter().map(|link| (link.a, link.b)));
    let mut groups: Vec<Vec<u32>> = vec![Vec::new(); parts.len()];
    for (tile, part) in (0u32..).zip(&parts) {
        groups[*part as usize].push(tile);
    }
    groups.retain(|group| !group.is_empty());
    let mut positions: Vec<Point> = alignment.placed.iter().map(|placed| placed.position).collect();
    side_by_side(&groups, &alignment.tiles, &mut positions);
    alignment.placed.iter_mut().zip(positions).for_each(|(placed, position)| placed.position = position);
}

fn move_to(tiles: &mut [Tile], positions: &[Point]) {
    tiles.iter_mut().zip(positions).for_each(|(tile, position)| tile.position = *position);
}

fn is_near(a: Point, b: Point, near: f64) -> bool {
    (a.x - b.x).abs().max((a.y - b.y).abs()) <= near
}

#[cfg(test)]
mod tests;

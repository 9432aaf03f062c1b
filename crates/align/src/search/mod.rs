//! [`align_unknown`]: tiles of which nobody knows where they lie are placed by what they show.
//!
//! The steps: keypoints of smaller copies (`keypoints`) and their descriptors (`descriptor`, `features`); which are alike
//! (`index`), and which steps between tiles they vote for (`votes`); the overlaps compared as in any alignment, pixel by pixel;
//! and the tiles joined to groups by what matches (`grow`, `groups`), which are start positions for the solver.

mod descriptor;
mod features;
mod groups;
mod grow;
mod index;
mod keypoints;
mod regular;
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
use grow::{Edge, Evidence, Grown};
use regular::Regular;
use votes::{Candidate, candidates};

/// A match is at the step that was voted for if it is no further from it, in pixels of the copies.
const NEAR_VOTE: f64 = 4.0;
/// Tiles whose overlap matches in less than this part of it have an object in common, and no place.
const EVEN: f32 = 0.4;
/// Where matches contradict each other, only those count that are very even.
const VERY_EVEN: f32 = 0.75;
/// An ambiguous comparison is decided by so many votes for one of its matches.
const DECIDING_VOTES: u32 = 8;
/// So many pairs of possible neighbors are compared for each tile.
const MOST_TRIED: usize = 32;

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
    let mut features = Features::of(&tiles, reader, progress)?;
    let mut found = candidates(&features, progress)?;
    features.forget_descriptors();
    found.retain(|one| !tiles[one.a as usize].locked || !tiles[one.b as usize].locked);
    let near = NEAR_VOTE * features.by as f64;
    let voted = in_order_of_place(&found, &mut tiles);
    progress.set_total(count + (voted.len() as u64).max(2 * count));
    let compared = compare_all(&tiles, &voted, reader, limits, progress)?;
    let edges = edges(&compared, &found, near);
    let mut done = voted.len();
    let compare = |tiles: &[Tile], pairs: &[Pair]| {
        done += pairs.len();
        progress.set_total(count + (done as u64).max(2 * count));
        compare_all(tiles, pairs, reader, limits, progress)
    };
    let (wanted, is_ambiguous) = overlapping(&mut tiles, &features, edges, limits.max_shift, compare)?;
    drop(features);
    // What has been compared at about the right step need not be compared again.
    let steps: HashMap<(u32, u32), Point> = wanted.iter().map(|pair| ((pair.a, pair.b), pair.step)).collect();
    let is_wanted = |link: &Link| steps.get(&(link.a, link.b)).is_some_and(|step| is_near(link.expected, *step, near));
    let mut known: HashMap<(u32, u32), Link> = HashMap::with_capacity(wanted.len());
    known.extend(compared.into_iter().filter(is_wanted).map(|link| ((link.a, link.b), link)));
    let is_known = |pair: &Pair| known.contains_key(&(pair.a, pair.b));
    let missing: Vec<Pair> = wanted.iter().filter(|pair| !is_known(pair)).copied().collect();
    progress.set_total(count + (done + missing.len()) as u64);
    let more = compare_all(&tiles, &missing, reader, limits, progress)?;
    known.extend(more.into_iter().map(|link| ((link.a, link.b), link)));
    let links = wanted.iter().filter_map(|pair| {
        let link = known.remove(&(pair.a, pair.b))?;
        Some(Link { expected: pair.step, ..link })
    });
    let links = links.collect();
    let mut alignment = Alignment::of_unknown(tiles, links, is_ambiguous, progress)?;
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

/// Joins the tiles by what matches, and moves them there. Returns the pairs that overlap then, and whether much contradicts that.
/// `compare` compares further pairs. Steps of a grid are `jitter` pixels from each other at most, along each axis.
fn overlapping(
    tiles: &mut [Tile],
    features: &Features,
    edges: Vec<Edge>,
    jitter: f64,
    compare: impl FnOnce(&[Tile], &[Pair]) -> Result<Vec<Link>>,
) -> Result<(Vec<Pair>, bool)> {
    let regular = Regular::of(&edges, tiles, jitter);
    let of_even = edges.iter().copied().filter(|edge| edge.evenness >= VERY_EVEN).collect();
    let beside = |regular: Regular| edges.iter().copied().filter(move |edge| regular.has(edge.step)).collect();
    let of_neighbors: Option<Vec<Edge>> = regular.map(beside);
    let mut evidence = Evidence::new(tiles, features, edges, false);
    let mut grown = evidence.groups();
    let mut is_ambiguous = evidence.contradicts(&grown);
    if is_ambiguous {
        evidence = Evidence::new(tiles, features, of_even, true);
        grown = evidence.groups();
        // What matches evenly and is contradicted too, is shown several times. Then only the steps of the grid tell.
        if let Some(edges) = of_neighbors.filter(|_| evidence.contradicts(&grown)) {
            evidence = Evidence::new(tiles, features, edges, true);
            grown = evidence.groups();
            is_ambiguous = evidence.contradicts(&grown);
        }
    }
    if let Some(regular) = regular {
        let found = compare(tiles, &open_sides(tiles, &evidence, &grown, &regular))?;
        let more: Vec<Edge> = found.iter().filter_map(|link| edge_of_side(link, &regular)).collect();
        if !more.is_empty() {
            evidence = evidence.with(more);
            grown = evidence.groups();
            is_ambiguous |= evidence.contradicts(&grown);
        }
    }
    let (mut groups, mut used) = (Groups::new(tiles), Vec::new());
    for grown in &grown {
        let Some(((first, origin), others)) = grown.tiles.split_first() else { continue };
        for (tile, place) in others {
            groups.join(*first, *tile, *place - *origin);
        }
        used.extend(evidence.holding(grown).map(|edge| Pair { a: edge.a, b: edge.b, step: edge.step }));
    }
    let places = groups.side_by_side(tiles);
    move_to(tiles, &places);
    let mut wanted = pairs(tiles, 0.0);
    wanted.retain(|pair| groups.are_together(pair.a, pair.b));
    // What holds the groups together stays, also where other overlaps are much larger.
    let mut known: HashSet<(u32, u32)> = wanted.iter().map(|pair| (pair.a, pair.b)).collect();
    let parts = components(tiles.len(), wanted.iter().map(|pair| (pair.a, pair.b)));
    used.retain(|pair| parts[pair.a as usize] != parts[pair.b as usize] && known.insert((pair.a, pair.b)));
    wanted.extend(used);
    Ok((wanted, is_ambiguous))
}

/// Pairs of tiles of different groups that may be neighbors in a grid: at the right of the one and the left of the other, and
/// below and above, nothing lies yet. None where they are too many.
fn open_sides(tiles: &[Tile], evidence: &Evidence<'_>, grown: &[Grown], regular: &Regular) -> Vec<Pair> {
    let mut is_alone = vec![true; tiles.len()];
    grown.iter().flat_map(|group| &group.tiles).for_each(|(tile, _)| is_alone[*tile as usize] = false);
    let mut pairs = Vec::new();
    for step in regular.steps() {
        let within = step.x.abs().max(step.y.abs()) / 2.0;
        let open = |toward: Point| {
            let mut open: Vec<(u32, Option<usize>)> = Vec::new();
            for (number, group) in grown.iter().enumerate() {
                let free = group.tiles.iter().filter(|(_, at)| !evidence.is_taken(group, *at + toward, within));
                open.extend(free.map(|(tile, _)| (*tile, Some(number))));
            }
            let alone = (0u32..).zip(&is_alone).filter(|(_, is_alone)| **is_alone);
            open.extend(alone.map(|(tile, _)| (tile, None)));
            open
        };
        let (before, after) = (open(step), open(Point::default() - step));
        if before.len() * after.len() > MOST_TRIED * tiles.len() {
            return Vec::new();
        }
        for (a, of_a) in &before {
            for (b, _) in after.iter().filter(|(b, of_b)| a != b && (of_a != of_b || of_a.is_none())) {
                let (a, b, step) = if a < b { (*a, *b, step) } else { (*b, *a, Point::default() - step) };
                pairs.push(Pair { a, b, step });
            }
        }
    }
    pairs
}

/// A neighbor found without features: it matches clearly and evenly, and as far away as neighbors are.
fn edge_of_side(link: &Link, regular: &Regular) -> Option<Edge> {
    let found = link.first_choice()?;
    let (a, b, step, evenness) = (link.a, link.b, found.step, link.evenness);
    let is_sure = evenness >= VERY_EVEN && regular.has(step);
    is_sure.then_some(Edge { a, b, step, quality: found.ncc * evenness, evenness, votes: 0 })
}

/// The links that match evenly where features vote for: clearly, or by so many votes that they decide.
fn edges(links: &[Link], found: &[Candidate], near: f64) -> Vec<Edge> {
    let mut votes: HashMap<(u32, u32), Vec<&Candidate>> = HashMap::with_capacity(found.len());
    for one in found {
        votes.entry((one.a, one.b)).or_default().push(one);
    }
    let edge = |link: &Link| {
        let (a, b) = (link.a, link.b);
        let votes = votes.get(&(a, b))?.iter().find(|one| is_near(one.step, link.expected, 0.0))?.votes;
        let is_decided = match &link.comparison {
            Some(Comparison::Clear { .. }) => link.texture >= 1.0,
            Some(Comparison::Ambiguous { .. }) => votes >= DECIDING_VOTES,
            _ => false,
        };
        let found = link.matches().iter().find(|found| is_near(found.step, link.expected, near))?;
        let quality = found.ncc * link.evenness;
        let evenness = link.evenness;
        (is_decided && evenness >= EVEN).then_some(Edge { a, b, step: found.step, quality, evenness, votes })
    };
    links.iter().filter_map(edge).collect()
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

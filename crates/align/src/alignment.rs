//! [`Alignment`]: all links and where they put the tiles; links can be overruled, and solving again is fast.

use crate::geometry::Point;
use crate::job::Progress;
use crate::link::{Link, LinkState};
use crate::pair::{Comparison, Match};
use crate::solve::{Robust, components, robust};
use crate::usual::Usual;
use crate::{Result, Tile};

/// Links that count less than this are contradicted.
const CONTRADICTED: f32 = 0.05;
/// An ambiguous match is accepted if the other links predict it within this many pixels.
const CONFIRMED: f64 = 1.5;
/// Of several matches, the one that the others expect is believed if it is this much nearer than the next.
const NEARER: f64 = 0.4;
/// The weight of a match supported only by the usual step.
const UNSURE: f64 = 0.02;
/// How often ambiguous links are decided by the others and all is solved again.
const ROUNDS: usize = 3;

/// Where a tile ended up, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Of its upper left corner, in canvas pixels.
    pub position: Point,
    pub state: TileState,
    /// The mean of its accepted links', 0 to 1; 1 for a locked tile, 0 for a guessed one.
    pub confidence: f32,
    /// The first tile of those it hangs together with by accepted links; its own number if it is alone.
    pub group: u32,
}

/// How the position of a tile was determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileState {
    /// Accepted links, or its lock.
    Aligned,
    /// Only ambiguous matches.
    Weak,
    /// The usual step from its neighbors.
    Guessed,
    /// Nothing: its layout is unknown, and it matches no other tile.
    Unplaced,
}

impl TileState {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Aligned, Self::Weak, Self::Guessed, Self::Unplaced];

    /// Its name in reports and in CSV.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Weak => "weak",
            Self::Guessed => "guessed",
            Self::Unplaced => "unplaced",
        }
    }
}

/// Tiles, their links and their solution.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// The start positions.
    pub tiles: Vec<Tile>,
    pub links: Vec<Link>,
    /// For each tile.
    pub placed: Vec<Placed>,
    /// Whether nothing was known of the layout, so that a tile without links has no place.
    pub is_unknown: bool,
    /// Whether many matches contradict the positions, because the tiles show the same things at several places.
    pub is_ambiguous: bool,
}

impl Alignment {
    /// Solves for the current links. Fails only when cancelled.
    pub fn new(tiles: Vec<Tile>, links: Vec<Link>, progress: &Progress) -> Result<Self> {
        let mut alignment = Self { tiles, links, placed: Vec::new(), is_unknown: false, is_ambiguous: false };
        alignment.solve(progress)?;
        Ok(alignment)
    }

    /// The same for tiles whose start positions come from the links alone.
    pub(crate) fn of_unknown(
        tiles: Vec<Tile>,
        links: Vec<Link>,
        is_ambiguous: bool,
        progress: &Progress,
    ) -> Result<Self> {
        let mut alignment = Self { tiles, links, placed: Vec::new(), is_unknown: true, is_ambiguous };
        alignment.solve(progress)?;
        Ok(alignment)
    }

    /// Solves again, after [`Link::by_hand`] of links or [`Tile::locked`] of tiles changed. Reads no pixels.
    /// Fails only when cancelled.
    pub fn solve(&mut self, progress: &Progress) -> Result<()> {
        let mut positions: Vec<Point> = if self.placed.len() == self.tiles.len() {
            // The last solution is near, but locked tiles are where they were.
            let last = self.placed.iter().zip(&self.tiles);
            last.map(|(placed, tile)| if tile.locked { tile.position } else { placed.position }).collect()
        } else {
            self.tiles.iter().map(|tile| tile.position).collect()
        };
        self.links.iter_mut().for_each(|link| link.chosen = link.first_choice());
        let fixed: Vec<bool> = self.tiles.iter().map(|tile| tile.locked).collect();
        let mut unsure = vec![false; self.links.len()];
        let mut counts;
        let mut round = 0;
        loop {
            let usual = Usual::of(&self.tiles, &self.links);
            let springs: Vec<Robust> =
                self.links.iter().zip(&unsure).map(|(link, unsure)| self.robust(link, *unsure, &usual)).collect();
            counts = robust(&mut positions, &springs, &fixed, progress)?;
            round += 1;
            if round == ROUNDS || !self.decide(&positions, &counts, &mut unsure) {
                break;
            }
        }
        self.center(&mut positions);
        self.judge(&positions, &counts, &unsure);
        Ok(())
    }

    /// The tiles from number `first` on alone, with the links between them. Those that hung together by the others still do.
    #[must_use]
    pub fn from_tile(&self, first: usize) -> Self {
        let number = |tile: u32| tile.saturating_sub(first as u32);
        let own = self.links.iter().filter(|link| link.a as usize >= first && link.b as usize >= first);
        Self {
            tiles: self.tiles[first..].to_vec(),
            links: own.map(|link| Link { a: number(link.a), b: number(link.b), ..link.clone() }).collect(),
            placed: self.placed[first..].iter().map(|one| Placed { group: number(one.group), ..*one }).collect(),
            is_unknown: self.is_unknown,
            is_ambiguous: self.is_ambiguous,
        }
    }

    /// The tiles of each group of two or more that accepted links hold together, the largest first.
    pub fn groups(&self) -> Vec<Vec<u32>> {
        let mut groups: Vec<Vec<u32>> = vec![Vec::new(); self.tiles.len()];
        for (tile, placed) in self.placed.iter().enumerate() {
            groups[placed.group as usize].push(tile as u32);
        }
        groups.retain(|group| group.len() > 1);
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups
    }

    /// How many tiles are in a state.
    pub fn count(&self, state: TileState) -> usize {
        self.placed.iter().filter(|placed| placed.state == state).count()
    }

    fn robust(&self, link: &Link, unsure: bool, usual: &Usual) -> Robust {
        let weight = if unsure { UNSURE } else { link.weight() };
        let measured = link.chosen.map(|chosen| (chosen.step, weight));
        Robust { a: link.a, b: link.b, measured, is_sure: link.is_sure(), usual: usual.step(&self.tiles, link) }
    }

    /// Chooses matches of ambiguous links by the positions that other links give. Returns whether any changed.
    fn decide(&mut self, positions: &[Point], counts: &[f32], unsure: &mut [bool]) -> bool {
        let groups = self.held_together(counts, unsure);
        let usual = Usual::of(&self.tiles, &self.links);
        let mut changed = false;
        for (index, link) in self.links.iter_mut().enumerate() {
            let open = link.by_hand.is_none() && (link.chosen.is_none() || unsure[index]);
            if !open || link.matches().is_empty() {
                continue;
            }
            let together = groups[link.a as usize] == groups[link.b as usize];
            let solved = positions[link.b as usize] - positions[link.a as usize];
            let expected = if together { solved } else { usual.step(&self.tiles, link) };
            let choice = nearest(link.matches(), expected).filter(|(one, distance, next)| match link.comparison {
                _ if together => *distance <= CONFIRMED,
                Some(Comparison::Clear { .. }) => usual.is_likely(&self.tiles, link, one.step),
                Some(Comparison::Ambiguous { .. }) => *distance <= NEARER * next,
                _ => false,
            });
            let Some((choice, _, _)) = choice else { continue };
            let sure = together || link.is_clear();
            if link.chosen != Some(choice) || unsure[index] == sure {
                link.chosen = Some(choice);
                unsure[index] = !sure;
                changed = true;
            }
        }
        changed
    }

    /// The group of each tile by links that hold.
    fn held_together(&self, counts: &[f32], unsure: &[bool]) -> Vec<u32> {
        let holds = self.links.iter().zip(counts).zip(unsure);
        let holds =
            holds.filter(|((link, counts), unsure)| link.chosen.is_some() && **counts >= CONTRADICTED && !**unsure);
        components(self.tiles.len(), holds.map(|((link, _), _)| (link.a, link.b)))
    }

    /// Move everything back as one, so that the tiles' mean is where it was, to half a pixel: tiles that lie whole pixels apart
    /// come to lie on whole pixels. A locked tile holds it where it is.
    fn center(&self, positions: &mut [Point]) {
        if self.tiles.iter().any(|tile| tile.locked) || positions.is_empty() {
            return;
        }
        let off =
            positions.iter().zip(&self.tiles).fold(Point::default(), |sum, (now, tile)| sum + (tile.position - *now));
        let off = Point::new(off.x / positions.len() as f64, off.y / positions.len() as f64);
        let rest = |axis: fn(&Point) -> f64| common_fraction(positions.iter().map(|position| axis(&(*position + off))));
        let off = off - Point::new(rest(|point| point.x), rest(|point| point.y));
        positions.iter_mut().for_each(|position| *position = *position + off);
    }

    /// State residuals, states and confidences.
    fn judge(&mut self, positions: &[Point], counts: &[f32], unsure: &[bool]) {
        let groups = self.held_together(counts, unsure);
        let mut sums = vec![(0.0f32, 0u32, false); self.tiles.len()];
        let mut is_linked = vec![!self.is_unknown; self.tiles.len()];
        for ((link, counts), unsure) in self.links.iter_mut().zip(counts).zip(unsure) {
            let solved = positions[link.b as usize] - positions[link.a as usize];
            let found = link.chosen.as_ref().or(link.matches().first()).map(|found| solved - found.step);
            link.residual = found.map(|off| off.x.hypot(off.y) as f32);
            link.state = match (link.by_hand, &link.comparison) {
                (Some(crate::link::ByHand::Reject), _) => LinkState::Rejected,
                _ if link.chosen.is_some() && *unsure => LinkState::Weak,
                _ if link.chosen.is_some() && *counts >= CONTRADICTED => LinkState::Accepted,
                _ if link.chosen.is_some() => LinkState::Contradicted,
                (_, None) => LinkState::Unreadable,
                (_, Some(Comparison::Bare)) => LinkState::Bare,
                _ => LinkState::Weak,
            };
            link.confidence = if link.state == LinkState::Accepted { link.rated() } else { 0.0 };
            for tile in [link.a, link.b] {
                let sum = &mut sums[tile as usize];
                if link.state == LinkState::Accepted {
                    (sum.0, sum.1) = (sum.0 + link.confidence, sum.1 + 1);
                }
                sum.2 |= link.state == LinkState::Weak && !link.matches().is_empty();
                is_linked[tile as usize] = true;
            }
        }
        let place = |(tile, (confidence, count, weak)): (usize, (f32, u32, bool))| {
            let state = match (self.tiles[tile].locked || count > 0, weak) {
                (true, _) => TileState::Aligned,
                (false, true) => TileState::Weak,
                (false, false) if is_linked[tile] => TileState::Guessed,
                (false, false) => TileState::Unplaced,
            };
            let mean = if self.tiles[tile].locked { 1.0 } else { confidence / count.max(1) as f32 };
            Placed { position: positions[tile], state, confidence: mean, group: groups[tile] }
        };
        self.placed = sums.into_iter().enumerate().map(place).collect();
    }
}

/// The fraction that numbers have in common, from -1/2 to 1/2: their mean on a circle of length 1. 0 if they have none.
fn common_fraction(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    const ALIKE: f64 = 0.9;
    let count = numbers.len() as f64;
    let angles = numbers.map(|number| (number.fract() * std::f64::consts::TAU).sin_cos());
    let (sin, cos) = angles.fold((0.0, 0.0), |sum: (f64, f64), (sin, cos)| (sum.0 + sin, sum.1 + cos));
    if sin.hypot(cos) < ALIKE * count { 0.0 } else { sin.atan2(cos) / std::f64::consts::TAU }
}

/// The match nearest to a step, how far from it that is, and how far the next one is.
fn nearest(matches: &[Match], expected: Point) -> Option<(Match, f64, f64)> {
    let distance = |one: &Match| (one.step.x - expected.x).hypot(one.step.y - expected.y);
    let best = matches.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let others = matches.iter().filter(|other| *other != best);
    Some((*best, distance(best), others.map(distance).fold(f64::INFINITY, f64::min)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_fraction_is_found_across_whole_numbers() {
        let of = |numbers: &[f64]| common_fraction(numbers.iter().copied());
        assert!((of(&[3.48, -7.52, 1.49, 0.47]) - 0.48).abs() < 0.01);
        assert!((of(&[3.02, -6.99, 1.98]) - 0.003).abs() < 0.01);
        assert_eq!([of(&[]), of(&[0.0, 1234.57]), of(&[0.1, 0.4, 0.7])], [0.0; 3], "nothing in common");
    }
}

//! What `align` says when it is done: numbers, groups and unplaced tiles for people, or all links as JSON.

use std::path::Path;

use serde::Serialize;

use super::{Done, Failure, print};
use crate::Error;
use crate::align::{Alignment, Link, LinkState, TileState};
use crate::job::{Progress, peak_resident, show_bytes};

/// Groups, and tiles of one, that are named in the terminal.
const MOST_NAMED: usize = 8;

/// An alignment that is done.
pub(super) struct Told<'a> {
    /// The file that has been written.
    pub(super) out: &'a Path,
    pub(super) alignment: &'a Alignment,
    /// The tiles before this one are of the mosaic that was aligned to.
    pub(super) first: usize,
    /// Of all tiles.
    pub(super) names: &'a [String],
    pub(super) progress: &'a Progress,
}

/// The answer in JSON. Links are written one by one: as values of JSON they would take most of the memory.
#[derive(Serialize)]
struct Answer<'a> {
    out: String,
    tiles: usize,
    aligned: usize,
    weak: usize,
    guessed: usize,
    unplaced: usize,
    ambiguous: bool,
    links: Vec<LinkAnswer<'a>>,
    groups: Vec<Vec<&'a str>>,
    seconds: f64,
    warnings: Vec<String>,
    peak_memory: Option<u64>,
}

#[derive(Serialize)]
struct LinkAnswer<'a> {
    a: &'a str,
    b: &'a str,
    state: &'static str,
    dx: Option<f64>,
    dy: Option<f64>,
    ncc: Option<f32>,
    residual: Option<f32>,
    confidence: f32,
}

impl Told<'_> {
    /// Prints it.
    pub(super) fn tell(&self, as_json: bool) -> Done {
        let groups = self.alignment.groups();
        if as_json {
            return self.tell_json(&groups);
        }
        let (is_unknown, links) = (self.alignment.is_unknown, &self.alignment.links);
        let states = TileState::ALL.iter().filter(|state| is_unknown || **state != TileState::Unplaced);
        let states: Vec<String> = states.map(|state| format!("{} {}", self.count(*state), state.name())).collect();
        let count = |state: LinkState| links.iter().filter(|link| link.state == state).count();
        say!(
            "{}; {} of {} links accepted, {} contradicted; {:.1} s{}",
            states.join(", "),
            count(LinkState::Accepted),
            links.len(),
            count(LinkState::Contradicted),
            self.seconds(),
            peak_resident().map_or_else(String::new, |peak| format!(", peak memory {}", show_bytes(peak)))
        );
        if is_unknown {
            if self.alignment.is_ambiguous {
                say!("mosaicist: warning: the tiles show the same things at several places: some may lie wrong");
            }
            self.tell_groups(&groups);
            self.tell_unplaced();
        } else if groups.len() > 1 {
            say!("{} groups that no link connects: where they lie to each other is a guess", groups.len());
        }
        Ok(())
    }

    fn tell_json(&self, groups: &[Vec<u32>]) -> Done {
        let name = |tile: u32| &*self.names[tile as usize];
        let link = |link: &Link| {
            let found = link.chosen.as_ref().or(link.matches().first());
            LinkAnswer {
                a: name(link.a),
                b: name(link.b),
                state: link.state.name(),
                dx: found.map(|found| found.step.x),
                dy: found.map(|found| found.step.y),
                ncc: found.map(|found| found.ncc),
                residual: link.residual,
                confidence: link.confidence,
            }
        };
        let answer = Answer {
            out: self.out.to_string_lossy().into_owned(),
            tiles: self.alignment.tiles.len() - self.first,
            aligned: self.count(TileState::Aligned),
            weak: self.count(TileState::Weak),
            guessed: self.count(TileState::Guessed),
            unplaced: self.count(TileState::Unplaced),
            ambiguous: self.alignment.is_ambiguous,
            links: self.alignment.links.iter().map(link).collect(),
            groups: groups.iter().map(|group| group.iter().map(|tile| name(*tile)).collect()).collect(),
            seconds: self.seconds(),
            warnings: self.progress.warnings().iter().map(ToString::to_string).collect(),
            peak_memory: peak_resident(),
        };
        let text = serde_json::to_string_pretty(&answer).map_err(|error| Error::invalid(error.to_string()));
        print(&format!("{}\n", text.map_err(Failure::from)?))
    }

    /// The groups of tiles whose layout was unknown, if there are several, and the first tiles of each.
    fn tell_groups(&self, groups: &[Vec<u32>]) {
        if groups.len() < 2 {
            return;
        }
        say!("{} groups that no link connects lie side by side:", groups.len());
        for group in groups.iter().take(MOST_NAMED) {
            say!("  {} tiles: {}", group.len(), self.first_names(group));
        }
        if groups.len() > MOST_NAMED {
            say!("  and {} more", groups.len() - MOST_NAMED);
        }
    }

    /// The tiles that match no other.
    fn tell_unplaced(&self) {
        let placed = self.alignment.placed.iter().enumerate().skip(self.first);
        let unplaced = placed.filter(|(_, placed)| placed.state == TileState::Unplaced);
        let unplaced: Vec<u32> = unplaced.map(|(tile, _)| tile as u32).collect();
        if !unplaced.is_empty() {
            say!("unplaced, below the others: {}", self.first_names(&unplaced));
        }
    }

    fn first_names(&self, tiles: &[u32]) -> String {
        let first: Vec<&str> = tiles.iter().take(MOST_NAMED).map(|tile| &*self.names[*tile as usize]).collect();
        format!("{}{}", first.join(", "), if tiles.len() > MOST_NAMED { ", …" } else { "" })
    }

    /// How many of its own tiles are in a state.
    fn count(&self, state: TileState) -> usize {
        self.alignment.placed[self.first..].iter().filter(|placed| placed.state == state).count()
    }

    fn seconds(&self) -> f64 {
        self.progress.snapshot().elapsed.as_secs_f64()
    }
}

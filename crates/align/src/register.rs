//! [`align`]: all pairs compared on all cores, then everything solved.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use crate::alignment::Alignment;
use crate::job::Progress;
use crate::link::Link;
use crate::neighbors::{Pair, pairs};
use crate::pair::{Compared, Comparer, Limits};
use crate::search::align_unknown;
use crate::{Error, Result, Tile, TileReader};

/// The usual cap: this part of the longer side of the largest tile, and at least so many pixels.
const USUAL_SHIFT: f64 = 0.04;
const LEAST_SHIFT: f64 = 16.0;
/// What two tiles must share along each axis, in pixels.
const LEAST_OVERLAP: f64 = 8.0;

/// How to align.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AlignOptions {
    /// How far a step between two tiles may be from what the start positions say, along each axis, in pixels. `None`: 4 % of
    /// the longer side, at least 16.
    pub max_shift: Option<f64>,
    /// Nothing is known of the layout: the start positions of tiles that are not locked mean nothing, and overlaps are looked for
    /// between all tiles.
    pub is_layout_unknown: bool,
}

impl AlignOptions {
    /// The limits for `tiles`.
    pub fn limits(&self, tiles: &[Tile]) -> Limits {
        let longest = tiles.iter().map(|tile| tile.size.longest()).max().unwrap_or(0);
        let max_shift = self.max_shift.unwrap_or_else(|| (f64::from(longest) * USUAL_SHIFT).max(LEAST_SHIFT));
        Limits { max_shift: max_shift.clamp(1.0, f64::from(longest.max(1))), least_overlap: LEAST_OVERLAP }
    }
}

/// Compare all overlapping pairs of `tiles` and find all positions. `progress` counts pairs, and also tiles where the layout is
/// unknown.
///
/// A tile that cannot be read is warned about once and placed by the usual steps. Where the layout is unknown, groups of tiles that
/// nothing connects are put side by side, and a tile that matches none is [unplaced](crate::TileState::Unplaced). Fails only when
/// cancelled.
pub fn align(
    tiles: Vec<Tile>,
    reader: &dyn TileReader,
    options: &AlignOptions,
    progress: &Progress,
) -> Result<Alignment> {
    if options.is_layout_unknown {
        return align_unknown(tiles, reader, options, progress);
    }
    let limits = options.limits(&tiles);
    let pairs = pairs(&tiles, limits.max_shift - limits.least_overlap);
    progress.set_total(pairs.len() as u64);
    let links = compare_all(&tiles, &pairs, reader, limits, progress)?;
    Alignment::new(tiles, links, progress)
}

/// Every pair compared. Each thread takes the next pair of the list when it is done with one, so that what is read lies close
/// together and no more pairs are in memory than there are threads.
pub(crate) fn compare_all(
    tiles: &[Tile],
    pairs: &[Pair],
    reader: &dyn TileReader,
    limits: Limits,
    progress: &Progress,
) -> Result<Vec<Link>> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let unreadable = Mutex::new(HashSet::new());
    let work = |_: rayon::BroadcastContext<'_>| {
        let mut comparer = Comparer::new(tiles, reader, limits);
        let mut found: Vec<(usize, Link)> = Vec::new();
        loop {
            let index = next.fetch_add(1, Relaxed);
            let Some(pair) = pairs.get(index).filter(|_| !stop.load(Relaxed)) else { return Ok(found) };
            let compared = match comparer.compare(pair) {
                Err(Error::Cancelled) => Err(Error::Cancelled),
                Err(error) => {
                    let mut known = unreadable.lock().unwrap_or_else(PoisonError::into_inner);
                    if known.insert(error.to_string()) {
                        progress.warn(error);
                    }
                    Ok(None)
                }
                Ok(compared) => Ok(Some(compared)),
            };
            match compared.and_then(|compared: Option<Compared>| progress.advance(1).map(|()| compared)) {
                Ok(compared) => found.push((index, Link::new(pair, compared))),
                Err(error) => {
                    stop.store(true, Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let parts: Vec<Vec<(usize, Link)>> = rayon::broadcast(work).into_iter().collect::<Result<_>>()?;
    let mut all: Vec<(usize, Link)> = parts.into_iter().flatten().collect();
    all.sort_unstable_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, link)| link).collect())
}

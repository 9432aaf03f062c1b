//! [`Overlap`]: what two tiles show of the same places, as means over small cells.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::geometry::{Rect, Size};
use crate::job::Progress;
use crate::neighbors::{Pair, pairs};
use crate::{Error, Plane, Result, Tile, TileReader};

/// The side of a cell, in pixels; larger where an overlap would have too many.
const CELL: u64 = 12;
/// So many cells of an overlap are looked at.
const MOST_CELLS: u64 = 512;
/// Cells as bright as this part of the brightest, and those that hold a brighter pixel, are left out: what is cut off there is
/// not known.
const SATURATED: f32 = 0.995;
/// And those darker than this part: their ratio is noise.
const DARK: f32 = 0.01;

/// One place as both tiles show it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// Where it lies in each, from -1 at the left (or upper) edge to 1.
    pub(super) at: [(f32, f32); 2],
    /// What each shows.
    pub(super) value: [f32; 2],
}

impl Sample {
    /// The logarithm of the first over the second.
    pub(super) fn ratio(&self) -> f64 {
        f64::from(self.value[0] / self.value[1]).ln()
    }
}

/// All places of one pair.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Overlap {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) samples: Vec<Sample>,
}

/// The overlaps of `tiles`, which lie where they belong; of more than `most` pairs, so many of them, evenly. `full` is the
/// largest value that a sample can have, if there is one. `progress` counts pairs; a tile that cannot be read is warned about.
pub(super) fn overlaps(
    tiles: &[Tile],
    reader: &dyn TileReader,
    full: Option<f32>,
    most: usize,
    progress: &Progress,
) -> Result<Vec<Overlap>> {
    let all = pairs(tiles, 0.0);
    let step = all.len().div_ceil(most.max(1)).max(1);
    let chosen: Vec<Pair> = all.into_iter().step_by(step).collect();
    progress.set_total(chosen.len() as u64);
    let next = AtomicUsize::new(0);
    let work = |_: rayon::BroadcastContext<'_>| {
        let mut found = Vec::new();
        while let Some(pair) = chosen.get(next.fetch_add(1, Relaxed)) {
            match overlap(tiles, pair, reader, full) {
                Ok(overlap) => found.push(overlap),
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => progress.warn(error),
            }
            progress.advance(1)?;
        }
        Ok(found)
    };
    let parts: Vec<Vec<Overlap>> = rayon::broadcast(work).into_iter().collect::<Result<_>>()?;
    let mut overlaps: Vec<Overlap> = parts.into_iter().flatten().filter(|found| !found.samples.is_empty()).collect();
    overlaps.sort_unstable_by_key(|overlap| (overlap.a, overlap.b));
    Ok(overlaps)
}

fn overlap(tiles: &[Tile], pair: &Pair, reader: &dyn TileReader, full: Option<f32>) -> Result<Overlap> {
    let (a, b) = (&tiles[pair.a as usize], &tiles[pair.b as usize]);
    let (x, y) = pair.step.round();
    let in_a = Rect::from_size(a.size).intersect(Rect::at(x, y, b.size));
    let none = Overlap { a: pair.a, b: pair.b, samples: Vec::new() };
    if in_a.is_empty() {
        return Ok(none);
    }
    let in_b = in_a.translate(-x, -y);
    let (of_a, of_b) = (reader.read(pair.a as usize, in_a)?, reader.read(pair.b as usize, in_b)?);
    let mut side = CELL;
    while (in_a.width() / side).max(1) * (in_a.height() / side).max(1) > MOST_CELLS {
        side += side / 2;
    }
    let cells = (Cells::of(&of_a, side as usize), Cells::of(&of_b, side as usize));
    let brightest = cells.0.brightest().max(cells.1.brightest());
    let (low, high) = (brightest * DARK, full.map_or(f32::INFINITY, |full| full * SATURATED));
    let place = |rect: Rect, size: Size, column: usize, row: usize| {
        let part = |at: i64, cell: usize, length: u32| {
            (2.0 * (at as f64 + (cell as f64 + 0.5) * side as f64) / f64::from(length) - 1.0) as f32
        };
        (part(rect.x0, column, size.width), part(rect.y0, row, size.height))
    };
    let mut samples = Vec::with_capacity(cells.0.means.len());
    for (index, (a_cell, b_cell)) in cells.0.means.iter().zip(&cells.1.means).enumerate() {
        let is_sound = |(mean, most): (f32, f32)| mean > low && mean > 0.0 && most < high;
        if is_sound(*a_cell) && is_sound(*b_cell) {
            let (column, row) = (index % cells.0.columns, index / cells.0.columns);
            samples.push(Sample {
                at: [place(in_a, a.size, column, row), place(in_b, b.size, column, row)],
                value: [a_cell.0, b_cell.0],
            });
        }
    }
    Ok(Overlap { samples, ..none })
}

/// The mean and the largest value of each cell; what is left over at the right and below is dropped.
struct Cells {
    columns: usize,
    means: Vec<(f32, f32)>,
}

impl Cells {
    fn of(plane: &Plane, side: usize) -> Self {
        let (columns, rows) = (plane.width / side, plane.height / side);
        let mut means = Vec::with_capacity(columns * rows);
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            let lines = (row * side..(row + 1) * side).map(|y| &plane.row(y)[column * side..(column + 1) * side]);
            let (mut sum, mut most) = (0.0f32, f32::NEG_INFINITY);
            for line in lines {
                sum += line.iter().sum::<f32>();
                most = line.iter().copied().fold(most, f32::max);
            }
            means.push((sum / (side * side) as f32, most));
        }
        Self { columns, means }
    }

    fn brightest(&self) -> f32 {
        self.means.iter().map(|(mean, _)| *mean).fold(0.0, f32::max)
    }
}

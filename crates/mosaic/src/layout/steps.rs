//! Where the columns or rows of a grid begin, and the tiles in them, along one axis.

use std::collections::BTreeMap;

use super::grid::{Align, CellSize, Length};
use crate::geometry::Size;
use crate::{Error, Result};

/// The parameters of a grid along one axis.
pub(super) struct GridAxis {
    pub(super) is_x: bool,
    pub(super) overlap: Length,
    pub(super) spacing: f64,
    pub(super) cell: CellSize,
    pub(super) align: Align,
}

impl GridAxis {
    fn side(&self, size: Size) -> u32 {
        if self.is_x { size.width } else { size.height }
    }

    /// From the start of a cell of `side` pixels to that of the next.
    fn step(&self, side: f64) -> Result<f64> {
        let side = side.max(1.0);
        let (overlap, direction) = (self.overlap.of(side), if self.is_x { "wide" } else { "high" });
        let is_smaller = overlap < side;
        if !is_smaller {
            let axis = if self.is_x { "x" } else { "y" };
            let what = format!(
                "an overlap of {} in {axis} is not smaller than the tiles, {side} px {direction}",
                self.overlap
            );
            return Err(Error::invalid(what));
        }
        let step = side - overlap + self.spacing;
        if !(step > 0.0 && step.is_finite()) {
            let what = format!("a spacing of {} px leaves no step between tiles {side} px {direction}", self.spacing);
            return Err(Error::invalid(what));
        }
        Ok(step)
    }
}

/// Where each tile begins along `axis`: tile n is `sizes[n]` and lies in the column or row `lines[n]`. The first line that has
/// a tile begins at 0; lines without tiles take the usual step.
pub(super) fn starts(lines: &[i64], sizes: &[Size], axis: &GridAxis) -> Result<Vec<f64>> {
    let tiles = || lines.iter().copied().zip(sizes.iter().map(|size| axis.side(*size)));
    let mut widest: BTreeMap<i64, u32> = BTreeMap::new();
    for (line, side) in tiles() {
        let known = widest.entry(line).or_default();
        *known = side.max(*known);
    }
    let usual = match axis.cell {
        CellSize::Largest => widest.values().copied().max().unwrap_or(0),
        CellSize::Each | CellSize::Median => median(tiles().map(|(_, side)| side).collect()),
    };
    let mut begun: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    let (mut at, mut next): (f64, Option<i64>) = (0.0, None);
    let last = widest.last_key_value().map(|(line, _)| *line);
    for (line, widest) in &widest {
        let side = f64::from(if axis.cell == CellSize::Each { *widest } else { usual });
        let empty = next.map_or(0.0, |next| *line as f64 - next as f64);
        if empty > 0.0 {
            at += empty * axis.step(f64::from(usual))?;
        }
        begun.insert(*line, (at, side));
        // A last line narrower than the overlap hides under its neighbor; any other would turn the order around.
        if Some(*line) != last || begun.len() == 1 {
            at += axis.step(side)?;
        }
        next = Some(line.saturating_add(1));
    }
    let place = |(line, side): (i64, u32)| {
        let (start, cell) = begun.get(&line).copied().unwrap_or_default();
        let free = cell - f64::from(side);
        start
            + match axis.align {
                Align::Start => 0.0,
                Align::Center => (free / 2.0).floor(),
                Align::End => free,
            }
    };
    Ok(tiles().map(place).collect())
}

/// The middle value, of two the larger.
fn median(mut sides: Vec<u32>) -> u32 {
    let middle = sides.len() / 2;
    if sides.is_empty() { 0 } else { *sides.select_nth_unstable(middle).1 }
}

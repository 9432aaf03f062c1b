//! [`TileLayout`]: the arrangement of tiles by their order or their names. Reads no file.
//!
//! ```text
//! grid   cells of a sequence, in rows, columns or a snake      steps  where columns and rows begin
//! names  cells or positions read from the tiles' names         axes   stage coordinates to canvas pixels
//! ```

mod axes;
mod grid;
mod names;
mod steps;

pub use axes::{Axes, Unit};
pub use grid::{Align, CellSize, Corner, Grid, GridOrder, Length};
pub use names::NameLayout;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::geometry::{Point, Size};

/// How tiles are arranged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TileLayout {
    /// In a grid, in their order.
    Grid(Grid),
    /// By positions in their names.
    Names(NameLayout),
}

impl TileLayout {
    /// The position of each tile. `names` and `sizes` (px) have the same length and order.
    ///
    /// Fails if the overlap is not smaller than the tiles, the pattern cannot be read, matches nothing, or gives positions in
    /// µm without [`NameLayout::pixel_size`].
    pub fn apply(&self, names: &[impl AsRef<str>], sizes: &[Size]) -> Result<Arrangement> {
        match self {
            Self::Grid(grid) => {
                let cells = grid.cells(sizes.len())?;
                Ok(Arrangement::all(grid.place(&cells, sizes)?, Some(&cells)))
            }
            Self::Names(layout) => layout.apply(names, sizes),
        }
    }
}

/// The positions of tiles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Arrangement {
    /// The upper left corner of each tile, in canvas pixels; `None` for a tile without a position.
    pub positions: Vec<Option<Point>>,
    /// The plane of each tile, as an index of `planes`; 0 for a tile without a position.
    pub plane: Vec<u32>,
    /// The planes (z, time, channel), in order; one without a name if the names give none. Tiles of different planes have the
    /// same positions.
    pub planes: Vec<Plane>,
    /// Columns and rows from the first to the last that has a tile, where tiles lie in cells.
    pub extent: Option<(u64, u64)>,
    /// Cells without a tile in the plane that has the most.
    pub empty: u64,
    /// The first of them that names lack, as the names count them.
    pub gaps: Vec<Gap>,
    /// Pairs of tiles of one plane at the same place: (the first, another).
    pub doubles: Vec<(usize, usize)>,
}

impl Arrangement {
    /// All tiles in one plane, at these positions, in these cells if they are in cells.
    pub(crate) fn all(positions: Vec<Point>, cells: Option<&[(i64, i64)]>) -> Self {
        let extent = cells.and_then(extent_of);
        let tiles = positions.len();
        let empty = extent.map_or(0, |(across, down)| across.saturating_mul(down).saturating_sub(tiles as u64));
        Self {
            plane: vec![0; tiles],
            planes: vec![Plane::default()],
            positions: positions.into_iter().map(Some).collect(),
            extent,
            empty,
            gaps: Vec::new(),
            doubles: Vec::new(),
        }
    }
}

/// A place that no name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    Cell { column: i64, row: i64 },
    Number(i64),
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cell { column, row } => write!(f, "column {column}, row {row}"),
            Self::Number(number) => write!(f, "number {number}"),
        }
    }
}

/// Columns and rows from the first to the last.
fn extent_of(cells: &[(i64, i64)]) -> Option<(u64, u64)> {
    let span = |of: fn(&(i64, i64)) -> i64| {
        let (least, most) = (cells.iter().map(of).min()?, cells.iter().map(of).max()?);
        most.abs_diff(least).checked_add(1)
    };
    span(|cell| cell.0).zip(span(|cell| cell.1))
}

/// What distinguishes tiles at the same position.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Plane {
    pub z: Option<i64>,
    pub t: Option<i64>,
    pub channel: Option<Box<str>>,
}

impl std::fmt::Display for Plane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |name: &str, value: Option<i64>| value.map(|value| format!("{name} {value}"));
        let channel = self.channel.as_deref().map(|name| format!("channel {name}"));
        let parts: Vec<_> = [channel, number("z", self.z), number("t", self.t)].into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}

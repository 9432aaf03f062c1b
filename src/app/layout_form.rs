//! [`LayoutForm`]: where tiles get their places from, as the Tiles tab says it; and [`LayoutReport`]: what comes of it.

use std::path::PathBuf;

use crate::mosaic::layout::{Axes, Gap, Plane};
use crate::mosaic::positions::Columns;
use crate::mosaic::{Grid, NameLayout, PlacementId, TileLayout};
use crate::work::{Placing, PositionFile};
use crate::{Error, Result};

/// What tells the places of tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PositionSource {
    /// Their order.
    #[default]
    Grid,
    Names,
    Metadata,
    /// A file of positions.
    File,
}

/// The order in which tiles are put into a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sequence {
    /// Numbers in names count as numbers.
    #[default]
    Name,
    /// The painting order, the lowest first.
    Stacking,
}

/// The fields of the layout.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayoutForm {
    pub source: PositionSource,
    pub sequence: Sequence,
    /// Of a grid; of names that tell cells, too.
    pub grid: Grid,
    /// Of names. The likeliest one is filled in where it is empty.
    pub pattern: String,
    pub close_gaps: bool,
    /// How the axes of positions lie.
    pub axes: Axes,
    /// The plane that is shown, where names tell several.
    pub plane: Option<Plane>,
    pub file: Option<PathBuf>,
    pub columns: Columns,
    /// µm of a pixel across and down, in place of what the files say.
    pub pixel_size: Option<(f64, f64)>,
}

impl LayoutForm {
    /// As near to a square as `tiles` get.
    pub fn square(tiles: usize) -> Self {
        Self { grid: Grid::square(tiles), ..Self::default() }
    }

    /// What it says. Fails if no file is chosen.
    pub(super) fn placing(&self) -> Result<Placing> {
        Ok(match self.source {
            PositionSource::Grid => Placing::Layout(TileLayout::Grid(self.grid)),
            PositionSource::Names => Placing::Layout(TileLayout::Names(NameLayout {
                pattern: self.pattern.clone(),
                grid: self.grid,
                axes: self.axes,
                pixel_size: self.pixel_size,
                close_gaps: self.close_gaps,
            })),
            PositionSource::Metadata => Placing::Metadata(self.axes),
            PositionSource::File => {
                let path = self.file.clone().ok_or_else(|| Error::invalid("no file of positions is chosen"))?;
                Placing::File(PositionFile { path, columns: self.columns.clone(), axes: self.axes, pattern: None })
            }
        })
    }
}

/// What a layout makes of tiles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayoutReport {
    pub tiles: usize,
    /// Those that it gives no place. They lie below the others.
    pub unplaced: Vec<PlacementId>,
    /// Columns and rows, where tiles lie in cells.
    pub extent: Option<(u64, u64)>,
    /// Cells without a tile, and the first of them.
    pub empty: u64,
    pub gaps: Vec<Gap>,
    /// Pairs of tiles at one place.
    pub doubles: Vec<(PlacementId, PlacementId)>,
    pub planes: Vec<Plane>,
    /// The one that is shown, as an index.
    pub plane: usize,
    pub notes: Vec<String>,
}

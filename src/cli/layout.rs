//! The options for the arrangement of tiles.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::Failure;
use crate::mosaic::layout::{Align, Axes, CellSize};
use crate::mosaic::positions::Columns;
use crate::mosaic::{Grid, Length, NameLayout, TileLayout};
use crate::work::{Placing, PlaneChoice, PositionFile};

/// The arrangement of tiles: in a grid by their order, by their names, by a file of positions or by their metadata. Without any of
/// these, a folder, or four files and more, are arranged by their names if these give positions.
#[derive(Debug, Args)]
#[command(next_help_heading = "Layout")]
pub(super) struct LayoutArgs {
    /// Tiles in a row; by default as square as possible.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    across: Option<u32>,
    /// Tiles in a column.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    down: Option<u32>,
    /// The order of the tiles: rows, columns, snake or snake-columns; and where it starts: @top-left, @bottom-right ... For `align`
    /// also auto, which tries the layouts, and unknown: overlaps are looked for between all tiles, whatever their order and names.
    #[arg(long, value_name = "ORDER[@CORNER]")]
    layout: Option<String>,
    /// By names such as r{row}_c{col}.png; also {x}_{y}, {x:um}, s{*}_{i}, {z}, {t}, {channel}, or a regular expression with
    /// groups of these names. With --positions it tells which tile has which position: tiles of another channel, slice or round
    /// get those of the same row and column.
    #[arg(long, value_name = "P")]
    pattern: Option<String>,
    /// By a file of Fiji, MIST, `TrakEM2`, stitch2d, `BigStitcher`, Hugin, Micro-Manager, GDAL VRT, CSV or TSV; or 'metadata': stage
    /// or map positions in the tiles.
    #[arg(long, value_name = "FILE|metadata", conflicts_with_all = ["across", "down", "layout", "overlap", "spacing", "skew", "cell_align", "cells"])]
    positions: Option<PathBuf>,
    /// The columns of a table of positions, as `file=name,x=x_um,y=y_um,unit=um`.
    #[arg(long, value_name = "C", requires = "positions")]
    columns: Option<Columns>,
    /// The size of a pixel in µm.
    #[arg(long, value_name = "X,Y", value_parser = pair::<f64>)]
    pixel_size: Option<(f64, f64)>,
    /// The stage's x axis runs down the image.
    #[arg(long)]
    swap_axes: bool,
    /// The stage's x axis runs to the left.
    #[arg(long)]
    flip_x: bool,
    /// The stage's y axis runs up.
    #[arg(long)]
    flip_y: bool,
    /// One plane of several in the names, as channel=DAPI,z=3.
    #[arg(long, value_name = "P")]
    plane: Option<PlaneChoice>,
    /// Overlap of neighbors, in px or as 10%.
    #[arg(long, value_name = "X,Y", value_parser = pair::<Length>, allow_hyphen_values = true)]
    overlap: Option<(Length, Length)>,
    /// Pixels between neighbors.
    #[arg(long, value_name = "X,Y", value_parser = pair::<f64>, allow_hyphen_values = true)]
    spacing: Option<(f64, f64)>,
    /// Pixels by which each row and each column is shifted.
    #[arg(long, value_name = "X,Y", value_parser = pair::<f64>, allow_hyphen_values = true)]
    skew: Option<(f64, f64)>,
    /// Alignment of a smaller tile in its cell.
    #[arg(long, value_enum)]
    cell_align: Option<AlignName>,
    /// The size of cells: that of each row and column, of the largest tile, or the median.
    #[arg(long, value_enum)]
    cells: Option<CellsName>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AlignName {
    Start,
    Center,
    End,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CellsName {
    Each,
    Largest,
    Median,
}

impl LayoutArgs {
    /// Whether tiles may be omitted, because a file of positions names them.
    pub(super) fn names_tiles(&self) -> bool {
        self.positions.as_deref().is_some_and(|path| !is_metadata(path))
    }

    /// The size of a pixel in µm, across and down.
    pub(super) fn pixel_size(&self) -> Option<(f64, f64)> {
        self.pixel_size
    }

    /// The chosen plane of several.
    pub(super) fn plane(&self) -> PlaneChoice {
        self.plane.clone().unwrap_or_default()
    }

    /// Whether the layout is guessed from the pixels: `--layout auto`.
    pub(super) fn is_guessed(&self) -> bool {
        self.layout.as_deref() == Some("auto")
    }

    /// Whether nothing is known of the layout, so that all tiles are compared: `--layout unknown`.
    ///
    /// Fails on options that tell a layout.
    pub(super) fn is_unknown(&self) -> Result<bool, Failure> {
        let is_unknown = self.layout.as_deref() == Some("unknown");
        let is_told = self.across.is_some()
            || self.down.is_some()
            || self.pattern.is_some()
            || self.positions.is_some()
            || self.overlap.is_some();
        if is_unknown && is_told {
            let what = "--layout unknown takes no --across, --down, --overlap, --pattern or --positions";
            return Err(Failure::Usage(what.into()));
        }
        Ok(is_unknown)
    }

    /// Tiles in a row, if that was given.
    pub(super) fn columns_given(&self) -> Option<u32> {
        self.across
    }

    /// The source of the tiles' positions.
    pub(super) fn placing(&self) -> Result<Placing, Failure> {
        let (grid, axes) = (self.grid()?, self.axes());
        let in_order = self.across.is_some() || self.down.is_some() || self.layout.is_some();
        Ok(match (&self.positions, &self.pattern) {
            (Some(path), _) if is_metadata(path) => Placing::Metadata(axes),
            (Some(path), _) => {
                let (path, columns) = (path.clone(), self.columns.clone().unwrap_or_default());
                Placing::File(PositionFile { path, columns, axes, pattern: self.pattern.clone() })
            }
            (None, Some(pattern)) => {
                let pixel_size = self.pixel_size;
                let layout = NameLayout { grid, axes, pixel_size, ..NameLayout::new(pattern.clone()) };
                Placing::Layout(TileLayout::Names(layout))
            }
            (None, None) if in_order => Placing::Layout(TileLayout::Grid(grid)),
            (None, None) => Placing::Auto(grid),
        })
    }

    fn grid(&self) -> Result<Grid, Failure> {
        let usual = Grid::default();
        let align = self.cell_align.map(Align::from);
        let mut grid = Grid {
            across: self.across,
            down: self.down,
            overlap: self.overlap.unwrap_or(usual.overlap),
            spacing: self.spacing.unwrap_or(usual.spacing),
            skew: self.skew.unwrap_or(usual.skew),
            align: align.map_or(usual.align, |align| (align, align)),
            cell: self.cells.map_or(usual.cell, CellSize::from),
            ..usual
        };
        if let Some(layout) = &self.layout {
            grid.parse_layout(layout).map_err(|error| Failure::Usage(error.to_string()))?;
        }
        Ok(grid)
    }

    fn axes(&self) -> Axes {
        Axes { swap: self.swap_axes, flip_x: self.flip_x, flip_y: self.flip_y }
    }
}

impl From<AlignName> for Align {
    fn from(name: AlignName) -> Self {
        match name {
            AlignName::Start => Self::Start,
            AlignName::Center => Self::Center,
            AlignName::End => Self::End,
        }
    }
}

impl From<CellsName> for CellSize {
    fn from(name: CellsName) -> Self {
        match name {
            CellsName::Each => Self::Each,
            CellsName::Largest => Self::Largest,
            CellsName::Median => Self::Median,
        }
    }
}

fn is_metadata(path: &Path) -> bool {
    path.as_os_str() == "metadata"
}

/// `X,Y`, or one value for both.
fn pair<T: FromStr + Copy>(text: &str) -> Result<(T, T), String> {
    let parse = |part: &str| part.trim().parse::<T>().ok();
    let parsed = match text.split_once(',') {
        Some((x, y)) => parse(x).zip(parse(y)),
        None => parse(text).map(|both| (both, both)),
    };
    parsed.ok_or_else(|| "write X,Y or one number for both".into())
}

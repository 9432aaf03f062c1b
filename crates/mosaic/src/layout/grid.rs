//! [`Grid`]: tiles in rows and columns, in the order a microscope or a renderer wrote them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::steps::{GridAxis, starts};
use crate::geometry::{Point, Size};
use crate::{Error, Result};

/// The order of tiles in the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum GridOrder {
    /// Row by row, each in the same direction.
    #[default]
    Rows,
    /// Column by column.
    Columns,
    /// Row by row, every second one backwards.
    SnakeRows,
    /// Column by column, every second one backwards.
    SnakeColumns,
}

impl GridOrder {
    /// Whether a line is a row.
    pub fn by_row(self) -> bool {
        matches!(self, Self::Rows | Self::SnakeRows)
    }

    /// Whether every second line runs back.
    pub fn is_snake(self) -> bool {
        matches!(self, Self::SnakeRows | Self::SnakeColumns)
    }
}

/// Where the first tile lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Corner {
    #[default]
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

impl Corner {
    /// Whether columns are counted from the right.
    pub fn is_right(self) -> bool {
        matches!(self, Self::TopRight | Self::BottomRight)
    }

    /// Whether rows are counted from the bottom.
    pub fn is_bottom(self) -> bool {
        matches!(self, Self::BottomLeft | Self::BottomRight)
    }
}

/// A length along an axis of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    /// Canvas pixels.
    Px(f64),
    /// Hundredths of the cell's side.
    Percent(f64),
}

impl Default for Length {
    fn default() -> Self {
        Self::Px(0.0)
    }
}

impl Length {
    /// In pixels, for a cell of `side` pixels.
    pub fn of(self, side: f64) -> f64 {
        match self {
            Self::Px(px) => px,
            Self::Percent(percent) => side * percent / 100.0,
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Px(px) => write!(f, "{px} px"),
            Self::Percent(percent) => write!(f, "{percent} %"),
        }
    }
}

impl FromStr for Length {
    type Err = Error;

    /// `12`, `12.5px` or `10%`.
    fn from_str(text: &str) -> Result<Self> {
        let trimmed = text.trim();
        let (number, percent) = match trimmed.strip_suffix('%') {
            Some(number) => (number, true),
            None => (trimmed.strip_suffix("px").unwrap_or(trimmed), false),
        };
        let number = number.trim().parse::<f64>().ok().filter(|value| value.is_finite());
        let number = number.ok_or_else(|| Error::invalid(format!("'{text}' is no length: say 12, 12.5px or 10%")))?;
        Ok(if percent { Self::Percent(number) } else { Self::Px(number) })
    }
}

/// The alignment of a tile in a larger cell, along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// Left or top.
    #[default]
    Start,
    /// In the middle, at a whole pixel.
    Center,
    /// Right or bottom.
    End,
}

/// How wide columns and how high rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellSize {
    /// Each column as wide as its widest tile, each row as high as its highest. One without tiles has the median side.
    #[default]
    Each,
    /// All as the largest tile.
    Largest,
    /// All as the median of the tiles.
    Median,
}

/// A grid of tiles. Pairs are (x, y).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Grid {
    /// The number of columns; if `None`, as many as `down` needs.
    pub across: Option<u32>,
    /// The number of rows; if `None`, as many as `across` needs. Both `None`: as square as possible.
    pub down: Option<u32>,
    pub order: GridOrder,
    pub start: Corner,
    /// The overlap of neighbors.
    pub overlap: (Length, Length),
    /// Canvas pixels between neighbors, in addition.
    pub spacing: (f64, f64),
    /// Canvas pixels by which each row lies further right than the one above, each column lower than the one to its left.
    pub skew: (f64, f64),
    pub cell: CellSize,
    pub align: (Align, Align),
}

impl Grid {
    /// Row by row from the upper left, without overlap.
    pub fn across(columns: u32) -> Self {
        Self { across: Some(columns.max(1)), ..Self::default() }
    }

    /// Column by column from the upper left, `rows` in a column, without overlap.
    pub fn down(rows: u32) -> Self {
        Self { down: Some(rows.max(1)), order: GridOrder::Columns, ..Self::default() }
    }

    /// As square as possible.
    pub fn square(tiles: usize) -> Self {
        Self::across((tiles as f64).sqrt().ceil() as u32)
    }

    /// The same with neighbors that share (x, y) pixels; negative leaves gaps.
    pub fn with_overlap(self, x: f64, y: f64) -> Self {
        Self { overlap: (Length::Px(x), Length::Px(y)), ..self }
    }

    /// Reads `rows`, `columns`, `snake` or `snake-columns`, optionally followed by `@` and a start corner (`@bottom-left`).
    pub fn parse_layout(&mut self, text: &str) -> Result<()> {
        let (order, start) = text.split_once('@').unwrap_or((text, "top-left"));
        self.order = match order {
            "rows" | "row" => GridOrder::Rows,
            "columns" | "column" => GridOrder::Columns,
            "snake" | "snake-rows" => GridOrder::SnakeRows,
            "snake-columns" => GridOrder::SnakeColumns,
            _ => {
                let what = format!("unknown layout '{order}'; there are rows, columns, snake and snake-columns");
                return Err(Error::invalid(what));
            }
        };
        self.start = match start {
            "top-left" => Corner::TopLeft,
            "top-right" => Corner::TopRight,
            "bottom-left" => Corner::BottomLeft,
            "bottom-right" => Corner::BottomRight,
            _ => {
                let what =
                    format!("unknown corner '{start}'; there are top-left, top-right, bottom-left, bottom-right");
                return Err(Error::invalid(what));
            }
        };
        Ok(())
    }

    /// Columns and rows that `count` tiles in sequence take. The last line may be short.
    ///
    /// Fails if both numbers are given and too small.
    pub fn extent(&self, count: usize) -> Result<(i64, i64)> {
        let count = count as i64;
        let side = |given: u32| i64::from(given.max(1));
        let lines = |length: i64| (count + length - 1) / length;
        let (across, down) = match (self.across.map(side), self.down.map(side)) {
            (Some(across), Some(down)) if count > across * down => {
                return Err(Error::invalid(format!("{count} tiles are more than {across} across and {down} down")));
            }
            (Some(across), Some(down)) => (across, down),
            (Some(across), None) => (across, lines(across)),
            (None, Some(down)) => (lines(down), down),
            (None, None) => {
                let across = ((count as f64).sqrt().ceil() as i64).max(1);
                (across, lines(across))
            }
        };
        // The lines may need fewer columns than asked for: 16 tiles five across by columns of four.
        let whole = self.across.is_some() && self.down.is_some();
        let (across, down) = if whole {
            (across, down)
        } else if self.order.by_row() {
            (across, lines(across))
        } else {
            (lines(down.max(1)), down)
        };
        Ok((across.max(1), down.max(1)))
    }

    /// (column, row) of each of `count` tiles in sequence, from the upper left cell (0, 0).
    pub fn cells(&self, count: usize) -> Result<Vec<(i64, i64)>> {
        let (across, down) = self.extent(count)?;
        Ok((0..count as i64).map(|index| self.cell_of(index, across, down)).collect())
    }

    fn cell_of(&self, index: i64, across: i64, down: i64) -> (i64, i64) {
        let line_length = if self.order.by_row() { across } else { down };
        let (line, mut along) = (index / line_length, index % line_length);
        if self.order.is_snake() && line % 2 == 1 {
            along = line_length - 1 - along;
        }
        let (column, row) = if self.order.by_row() { (along, line) } else { (line, along) };
        (
            if self.start.is_right() { across - 1 - column } else { column },
            if self.start.is_bottom() { down - 1 - row } else { row },
        )
    }

    /// The upper left corner of each tile in sequence, in canvas pixels, the grid's own at (0, 0).
    ///
    /// Fails if the overlap is not smaller than the tiles, or for the reason of [`extent`](Self::extent).
    pub fn positions(&self, sizes: &[Size]) -> Result<Vec<Point>> {
        self.place(&self.cells(sizes.len())?, sizes)
    }

    /// The upper left corner of tiles of these `sizes` in these cells, in canvas pixels, the corner of the first column and
    /// the first row that has a tile at (0, 0). Cells without a tile stay empty. Takes order, corner and counts from `cells`.
    pub fn place(&self, cells: &[(i64, i64)], sizes: &[Size]) -> Result<Vec<Point>> {
        let columns: Vec<i64> = cells.iter().map(|cell| cell.0).collect();
        let rows: Vec<i64> = cells.iter().map(|cell| cell.1).collect();
        let axis = |is_x: bool| {
            let of = |pair: (f64, f64)| if is_x { pair.0 } else { pair.1 };
            GridAxis {
                is_x,
                overlap: if is_x { self.overlap.0 } else { self.overlap.1 },
                spacing: of(self.spacing),
                cell: self.cell,
                align: if is_x { self.align.0 } else { self.align.1 },
            }
        };
        let xs = starts(&columns, sizes, &axis(true))?;
        let ys = starts(&rows, sizes, &axis(false))?;
        let (right, lower) = (skewed(&rows, self.skew.0)?, skewed(&columns, self.skew.1)?);
        let points = xs.into_iter().zip(ys).enumerate();
        Ok(points.map(|(tile, (x, y))| Point::new(x + right(tile), y + lower(tile))).collect())
    }
}

/// What a skew of `by` pixels a line adds to each tile, never negative.
fn skewed(lines: &[i64], by: f64) -> Result<impl Fn(usize) -> f64> {
    if !by.is_finite() {
        return Err(Error::invalid("the skew must be a number of pixels"));
    }
    let first = if by < 0.0 { lines.iter().max() } else { lines.iter().min() };
    let first = first.copied().unwrap_or(0);
    Ok(move |tile: usize| (lines[tile] as f64 - first as f64) * by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xy(points: Vec<Point>) -> Vec<(f64, f64)> {
        points.into_iter().map(Into::into).collect()
    }

    /// The cells of the grid, row by row; 0 is an empty cell.
    fn read(grid: &Grid, count: usize) -> Vec<Vec<usize>> {
        let (across, down) = grid.extent(count).unwrap();
        let mut cells = vec![vec![0; across as usize]; down as usize];
        for (tile, (column, row)) in grid.cells(count).unwrap().into_iter().enumerate() {
            cells[row as usize][column as usize] = tile + 1;
        }
        cells
    }

    #[test]
    fn every_order_from_every_corner() {
        use Corner::{BottomLeft, BottomRight, TopLeft, TopRight};
        use GridOrder::{Columns, Rows, SnakeColumns, SnakeRows};
        let cases = [
            (Rows, TopLeft, [1, 2, 3, 4, 5, 6]),
            (Rows, TopRight, [3, 2, 1, 6, 5, 4]),
            (Rows, BottomLeft, [4, 5, 6, 1, 2, 3]),
            (Rows, BottomRight, [6, 5, 4, 3, 2, 1]),
            (Columns, TopLeft, [1, 3, 5, 2, 4, 6]),
            (Columns, TopRight, [5, 3, 1, 6, 4, 2]),
            (Columns, BottomLeft, [2, 4, 6, 1, 3, 5]),
            (Columns, BottomRight, [6, 4, 2, 5, 3, 1]),
            (SnakeRows, TopLeft, [1, 2, 3, 6, 5, 4]),
            (SnakeRows, TopRight, [3, 2, 1, 4, 5, 6]),
            (SnakeRows, BottomLeft, [6, 5, 4, 1, 2, 3]),
            (SnakeRows, BottomRight, [4, 5, 6, 3, 2, 1]),
            (SnakeColumns, TopLeft, [1, 4, 5, 2, 3, 6]),
            (SnakeColumns, TopRight, [5, 4, 1, 6, 3, 2]),
            (SnakeColumns, BottomLeft, [2, 3, 6, 1, 4, 5]),
            (SnakeColumns, BottomRight, [6, 3, 2, 5, 4, 1]),
        ];
        for (order, start, expected) in cases {
            let cells = read(&Grid { order, start, ..Grid::across(3) }, 6).concat();
            assert_eq!(cells, expected, "{order:?} from {start:?}");
        }
    }

    #[test]
    fn the_last_line_may_be_short() {
        let columns = Grid::down(3);
        assert_eq!(read(&columns, 7), [[1, 4, 7], [2, 5, 0], [3, 6, 0]]);
        let from_right = Grid { start: Corner::BottomRight, ..columns };
        assert_eq!(read(&from_right, 7), [[0, 6, 3], [0, 5, 2], [7, 4, 1]]);
        let rows = Grid { order: GridOrder::SnakeRows, ..columns };
        assert_eq!(read(&rows, 7), [[1, 2, 3], [6, 5, 4], [7, 0, 0]]);
        let across = Grid { order: GridOrder::Columns, ..Grid::across(5) };
        assert_eq!(across.extent(16).unwrap(), (4, 4));
        let both = Grid { down: Some(3), ..Grid::across(3) };
        assert_eq!(read(&both, 4), [[1, 2, 3], [4, 0, 0], [0, 0, 0]]);
        assert!(both.cells(10).is_err());
        assert_eq!(Grid::default().extent(10).unwrap(), (4, 3));
    }

    #[test]
    fn cells_fit_their_largest_tile() {
        let sizes = [(10, 10), (20, 5), (8, 12), (8, 8)].map(|(w, h)| Size::new(w, h));
        let place = |grid: Grid| xy(grid.positions(&sizes).unwrap());
        assert_eq!(place(Grid::across(2)), [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (10.0, 10.0)]);
        assert_eq!(place(Grid::across(2).with_overlap(2.0, 3.0)), [(0.0, 0.0), (8.0, 0.0), (0.0, 7.0), (8.0, 7.0)]);
        assert_eq!(place(Grid::across(4).with_overlap(-5.0, 0.0)), [(0.0, 0.0), (15.0, 0.0), (40.0, 0.0), (53.0, 0.0)]);
        assert_eq!(Grid::across(2).positions(&[]).unwrap(), []);
        let largest = Grid { cell: CellSize::Largest, align: (Align::Center, Align::End), ..Grid::across(2) };
        assert_eq!(place(largest), [(5.0, 2.0), (20.0, 7.0), (6.0, 12.0), (26.0, 16.0)]);
        let median = Grid { cell: CellSize::Median, spacing: (1.0, 2.0), ..Grid::across(2) };
        assert_eq!(place(median), [(0.0, 0.0), (11.0, 0.0), (0.0, 12.0), (11.0, 12.0)]);
    }

    #[test]
    fn percent_and_skew_are_not_rounded() {
        let sizes = [Size::new(1024, 512); 4];
        let overlap = (Length::Percent(10.0), Length::Percent(25.0));
        let grid = Grid { overlap, skew: (-3.0, 2.0), ..Grid::across(2) };
        assert_eq!(xy(grid.positions(&sizes).unwrap()), [(3.0, 0.0), (924.6, 2.0), (0.0, 384.0), (921.6, 386.0)]);
    }

    #[test]
    fn an_overlap_not_smaller_than_the_tiles_is_refused() {
        let sizes = [Size::new(64, 80); 4];
        for (x, y) in [(64.0, 0.0), (0.0, 80.0), (100.0, 0.0), (f64::NAN, 0.0)] {
            let error = Grid::across(2).with_overlap(x, y).positions(&sizes).unwrap_err().to_string();
            assert!(error.contains("overlap"), "{error}");
        }
        let all = Grid { overlap: (Length::Percent(100.0), Length::default()), ..Grid::across(2) };
        assert!(all.positions(&sizes).unwrap_err().to_string().contains("overlap of 100 %"));
        let narrow_last = [Size::new(64, 80), Size::new(10, 80)];
        assert!(Grid::across(2).with_overlap(20.0, 0.0).positions(&narrow_last).is_ok(), "only the last is narrower");
    }

    #[test]
    fn empty_columns_keep_their_width() {
        let sizes = [Size::new(10, 10), Size::new(12, 10), Size::new(10, 10)];
        let placed = Grid::default().place(&[(-3, 7), (0, 7), (1_000_000, 9)], &sizes).unwrap();
        assert_eq!(xy(placed), [(0.0, 0.0), (30.0, 0.0), (10_000_032.0, 20.0)]);
        assert!(Grid::default().place(&[(i64::MIN, 0), (i64::MAX, 0)], &sizes[..2]).is_ok());
    }

    #[test]
    fn layouts_and_lengths_are_read() {
        let mut grid = Grid::across(2);
        grid.parse_layout("snake@bottom-right").unwrap();
        assert_eq!((grid.order, grid.start), (GridOrder::SnakeRows, Corner::BottomRight));
        assert!(grid.parse_layout("spiral").is_err());
        assert!(grid.parse_layout("rows@middle").is_err());
        assert_eq!("10%".parse::<Length>().unwrap(), Length::Percent(10.0));
        assert_eq!(" -2.5px".parse::<Length>().unwrap(), Length::Px(-2.5));
        assert!("ten".parse::<Length>().is_err());
        assert_eq!(serde_json::from_str::<Grid>("{\"across\": 4}").unwrap(), Grid::across(4));
    }
}

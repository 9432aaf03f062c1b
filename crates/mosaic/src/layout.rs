//! [`Grid`]: tiles in rows and columns, in the order a microscope or a renderer wrote them.

use serde::{Deserialize, Serialize};

use crate::geometry::Size;
use crate::{Error, Result};

/// Which way the numbering runs first, and whether every second line runs back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Order {
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

/// Where the first tile lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Corner {
    #[default]
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

/// A grid of tiles. Each column is as wide as its widest tile and each row as high as its highest; a smaller tile lies at
/// the upper left of its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// The number of columns.
    pub across: u32,
    pub order: Order,
    pub start: Corner,
    /// Pixels that neighbors share across and down; negative leaves a gap.
    pub overlap: (i64, i64),
}

impl Grid {
    /// Row by row from the upper left, without overlap.
    pub fn across(columns: u32) -> Self {
        Self { across: columns.max(1), order: Order::Rows, start: Corner::TopLeft, overlap: (0, 0) }
    }

    /// As square as it gets.
    pub fn square(tiles: usize) -> Self {
        Self::across((tiles as f64).sqrt().ceil() as u32)
    }

    /// Read `rows`, `columns`, `snake` or `snake-columns`, if wanted followed by `@` and a start corner (`@bottom-left`).
    pub fn parse_layout(&mut self, text: &str) -> Result<()> {
        let (order, start) = text.split_once('@').unwrap_or((text, "top-left"));
        self.order = match order {
            "rows" | "row" => Order::Rows,
            "columns" | "column" => Order::Columns,
            "snake" | "snake-rows" => Order::SnakeRows,
            "snake-columns" => Order::SnakeColumns,
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

    /// (column, row) of each of `count` tiles.
    pub fn cells(&self, count: usize) -> Vec<(u32, u32)> {
        let columns = self.across.max(1);
        let rows = count.div_ceil(columns as usize).max(1) as u32;
        let by_row = matches!(self.order, Order::Rows | Order::SnakeRows);
        let snake = matches!(self.order, Order::SnakeRows | Order::SnakeColumns);
        let line_length = if by_row { columns } else { rows };
        let cell = |index: usize| {
            let (line, mut along) = (index as u32 / line_length, index as u32 % line_length);
            if snake && line % 2 == 1 {
                along = line_length - 1 - along;
            }
            let (column, row) = if by_row { (along, line) } else { (line, along) };
            let column = if matches!(self.start, Corner::TopRight | Corner::BottomRight) {
                columns - 1 - column
            } else {
                column
            };
            let row = if matches!(self.start, Corner::BottomLeft | Corner::BottomRight) { rows - 1 - row } else { row };
            (column, row)
        };
        (0..count).map(cell).collect()
    }

    /// The upper left corner of each tile, in canvas pixels, the grid's own at (0, 0).
    pub fn positions(&self, sizes: &[Size]) -> Vec<(i64, i64)> {
        let cells = self.cells(sizes.len());
        let starts = |index: fn(&(u32, u32)) -> u32, side: fn(&Size) -> u32, overlap: i64| {
            let count = cells.iter().map(|cell| index(cell) + 1).max().unwrap_or(0) as usize;
            let mut sides = vec![0i64; count];
            for (cell, size) in cells.iter().zip(sizes) {
                let at = &mut sides[index(cell) as usize];
                *at = (*at).max(side(size).into());
            }
            let step = |at: &mut i64, side: i64| {
                let start = *at;
                *at += (side - overlap).max(0);
                Some(start)
            };
            sides.into_iter().scan(0, step).collect::<Vec<i64>>()
        };
        let columns = starts(|cell| cell.0, |size| size.width, self.overlap.0);
        let rows = starts(|cell| cell.1, |size| size.height, self.overlap.1);
        cells.iter().map(|&(column, row)| (columns[column as usize], rows[row as usize])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_from_every_corner() {
        use Corner::{BottomLeft, BottomRight, TopLeft, TopRight};
        use Order::{Columns, Rows, SnakeColumns, SnakeRows};
        // Tiles 1 to 6, three across: what stands in the grid, read row by row.
        let cases = [
            (Rows, TopLeft, [1, 2, 3, 4, 5, 6]),
            (Rows, TopRight, [3, 2, 1, 6, 5, 4]),
            (Rows, BottomLeft, [4, 5, 6, 1, 2, 3]),
            (Columns, TopLeft, [1, 3, 5, 2, 4, 6]),
            (SnakeRows, TopLeft, [1, 2, 3, 6, 5, 4]),
            (SnakeRows, BottomRight, [4, 5, 6, 3, 2, 1]),
            (SnakeColumns, TopLeft, [1, 4, 5, 2, 3, 6]),
            (SnakeColumns, BottomLeft, [2, 3, 6, 1, 4, 5]),
        ];
        for (order, start, expected) in cases {
            let grid = Grid { across: 3, order, start, overlap: (0, 0) };
            let mut seen = [0; 6];
            for (tile, (column, row)) in grid.cells(6).into_iter().enumerate() {
                seen[(row * 3 + column) as usize] = tile + 1;
            }
            assert_eq!(seen, expected, "{order:?} from {start:?}");
        }
    }

    #[test]
    fn cells_fit_their_largest_tile() {
        let sizes = [(10, 10), (20, 5), (8, 12), (8, 8)].map(|(w, h)| Size::new(w, h));
        assert_eq!(Grid::across(2).positions(&sizes), [(0, 0), (10, 0), (0, 10), (10, 10)]);
        let overlapping = Grid { overlap: (2, 3), ..Grid::across(2) };
        assert_eq!(overlapping.positions(&sizes), [(0, 0), (8, 0), (0, 7), (8, 7)]);
        let gaps = Grid { overlap: (-5, 0), ..Grid::across(4) };
        assert_eq!(gaps.positions(&sizes), [(0, 0), (15, 0), (40, 0), (53, 0)]);
        assert_eq!(Grid::across(2).positions(&[]), []);
    }

    #[test]
    fn layouts_are_read() {
        let mut grid = Grid::across(2);
        grid.parse_layout("snake@bottom-right").unwrap();
        assert_eq!((grid.order, grid.start), (Order::SnakeRows, Corner::BottomRight));
        assert!(grid.parse_layout("spiral").is_err());
        assert!(grid.parse_layout("rows@middle").is_err());
    }
}

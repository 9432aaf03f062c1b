//! [`LinkMap`]: the links of very many tiles, for views in which they are too many to be drawn one by one: of each cell of the
//! canvas the worst.

use std::collections::BTreeMap;

use crate::align::{Alignment, LinkState};
use crate::geometry::{Point, Rect};

/// Cells along the longer side of the canvas.
const CELLS: f64 = 128.0;
/// Cells are at least this large, in canvas pixels.
const LEAST_SIDE: f64 = 16.0;

/// Cells of the canvas that links cross.
pub(super) struct LinkMap {
    /// Of each cell, in canvas pixels.
    side: f64,
    /// Row, column and the number of the worst link whose middle lies there.
    cells: Vec<(i64, i64, u32)>,
}

impl LinkMap {
    /// The links where the solution has put their tiles.
    pub(super) fn new(alignment: &Alignment) -> Self {
        let middle = |tile: u32| {
            let (place, size) = (alignment.placed[tile as usize].position, alignment.tiles[tile as usize].size);
            place + Point::new(f64::from(size.width) / 2.0, f64::from(size.height) / 2.0)
        };
        let bounds = alignment.placed.iter().zip(&alignment.tiles).fold(Rect::default(), |all, (placed, tile)| {
            let (x, y) = placed.position.round();
            all.union(Rect::at(x, y, tile.size))
        });
        let side = (bounds.width().max(bounds.height()) as f64 / CELLS).max(LEAST_SIDE);
        let mut worst: BTreeMap<(i64, i64), ((u8, i32), u32)> = BTreeMap::new();
        for (number, link) in (0u32..).zip(&alignment.links) {
            let (a, b) = (middle(link.a), middle(link.b));
            let cell = |a: f64, b: f64| (f64::midpoint(a, b) / side).floor() as i64;
            // Of accepted ones the least sure.
            let rank = (badness(link.state), -(link.confidence * 1000.0) as i32);
            let at = worst.entry((cell(a.y, b.y), cell(a.x, b.x))).or_insert((rank, number));
            *at = (*at).max((rank, number));
        }
        Self { side, cells: worst.into_iter().map(|((row, column), (_, number))| (row, column, number)).collect() }
    }

    /// The corners of each cell that meets `visible`, clockwise in canvas pixels, and its link.
    pub(super) fn cells(&self, visible: Rect) -> impl Iterator<Item = ([Point; 4], usize)> + '_ {
        let cell = |value: i64| (value as f64 / self.side).floor() as i64;
        let (rows, columns) = (cell(visible.y0)..=cell(visible.y1), cell(visible.x0)..=cell(visible.x1));
        let first = self.cells.partition_point(|(row, ..)| row < rows.start());
        let inside = self.cells[first..].iter().take_while(move |(row, ..)| *row <= *rows.end());
        inside.filter(move |(_, column, _)| columns.contains(column)).map(|(row, column, link)| {
            let (x, y) = (*column as f64 * self.side, *row as f64 * self.side);
            let (right, below) = (x + self.side, y + self.side);
            ([Point::new(x, y), Point::new(right, y), Point::new(right, below), Point::new(x, below)], *link as usize)
        })
    }
}

/// What has to be looked at counts more.
fn badness(state: LinkState) -> u8 {
    match state {
        LinkState::Bare | LinkState::Rejected => 0,
        LinkState::Accepted => 1,
        LinkState::Weak => 2,
        LinkState::Contradicted | LinkState::Unreadable => 3,
    }
}

//! [`Index`]: which placements touch a rectangle, without looking at all of them.

use std::sync::Arc;

use crate::geometry::Rect;

/// Rectangles sorted into the cells of a coarse grid, each cell about as large as a typical rectangle.
#[derive(Debug, Clone)]
pub struct Index {
    /// Row and column of a cell, and a rectangle that touches it; sorted. Twelve bytes an entry: mosaics have 100,000s of tiles.
    entries: Arc<[(i32, i32, u32)]>,
    /// Those that span too many cells, and those that lie elsewhere than they were sorted.
    everywhere: Vec<u32>,
    rects: Vec<Rect>,
    side: i64,
    /// What the sorted ones cover.
    extent: Rect,
}

/// Rectangles that span more cells than this are looked at for every query instead.
const MOST_CELLS: u64 = 4096;

impl Default for Index {
    /// Of nothing.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Index {
    /// Index `rects`; queries answer with their positions in this list.
    pub fn new(rects: Vec<Rect>) -> Self {
        let sum: u64 = rects.iter().map(|rect| rect.width().max(rect.height())).sum();
        let side = (sum / rects.len().max(1) as u64).clamp(64, 1 << 30) as i64;
        let (mut entries, mut everywhere) = (Vec::new(), Vec::new());
        for (number, rect) in (0u32..).zip(&rects) {
            let cells = cells_of(*rect, side);
            if cells.area() > MOST_CELLS {
                everywhere.push(number);
            } else {
                entries.extend(keys(cells).map(|(row, column)| (row, column, number)));
            }
        }
        entries.sort_unstable();
        let extent = rects.iter().fold(Rect::default(), |all, rect| all.union(*rect));
        Self { entries: entries.into(), everywhere, rects, side, extent }
    }

    /// The same after some rectangles, given by their positions in the list, have moved; new ones at its end. What is sorted is
    /// shared, and each of these is looked at for every query: for few of them.
    #[must_use]
    pub fn moved(&self, moved: &[(u32, Rect)]) -> Self {
        let mut index = self.clone();
        for &(number, rect) in moved {
            match index.rects.get_mut(number as usize) {
                Some(place) => *place = rect,
                None => index.rects.push(rect),
            }
        }
        index.everywhere.extend(moved.iter().map(|(number, _)| number));
        index.everywhere.sort_unstable();
        index.everywhere.dedup();
        index
    }

    /// How many are looked at for every query.
    pub fn loose(&self) -> usize {
        self.everywhere.len()
    }

    /// The rectangles, in the order they were given.
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }

    /// Those that share a pixel with `rect`, in their order.
    pub fn touching(&self, rect: Rect) -> Vec<usize> {
        let cells = cells_of(rect, self.side);
        let mut found: Vec<u32> = if cells.height() > self.entries.len() as u64 {
            (0..self.rects.len() as u32).collect()
        } else {
            (cells.y0..cells.y1).flat_map(|row| self.in_row(row as i32, cells.x0 as i32, cells.x1 as i32)).collect()
        };
        found.extend(&self.everywhere);
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|number| number as usize).filter(|&n| self.rects[n].overlaps(rect)).collect()
    }

    /// About how many share a pixel with `rect`, rather too many than too few, without looking at them.
    pub fn about(&self, rect: Rect) -> usize {
        let cells = cells_of(rect.intersect(self.extent), self.side);
        let below = |row: i64, column: i64| {
            self.entries.partition_point(|&(y, x, _)| (i64::from(y), i64::from(x)) < (row, column))
        };
        let sorted: usize = (cells.y0..cells.y1).map(|row| below(row, cells.x1) - below(row, cells.x0)).sum();
        sorted + self.everywhere.len()
    }

    /// What touches the cells from `first` up to `end` of a row.
    fn in_row(&self, row: i32, first: i32, end: i32) -> impl Iterator<Item = u32> {
        let start = self.entries.partition_point(|&(y, x, _)| (y, x) < (row, first));
        self.entries[start..].iter().take_while(move |&&(y, x, _)| y == row && x < end).map(|&(_, _, number)| number)
    }
}

/// The cells a rectangle touches; those beyond any sensible canvas all count as one.
fn cells_of(rect: Rect, side: i64) -> Rect {
    if rect.is_empty() {
        return Rect::default();
    }
    let cell = |at: i64| at.div_euclid(side).clamp(-(1 << 30), 1 << 30);
    Rect::new(cell(rect.x0), cell(rect.y0), cell(rect.x1 - 1) + 1, cell(rect.y1 - 1) + 1)
}

fn keys(cells: Rect) -> impl Iterator<Item = (i32, i32)> {
    (cells.y0..cells.y1).flat_map(move |y| (cells.x0..cells.x1).map(move |x| (y as i32, x as i32)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = Rect> {
        (-3000i64..3000, -3000i64..3000, 0i64..900, 0i64..900).prop_map(|(x, y, w, h)| Rect::new(x, y, x + w, y + h))
    }

    proptest! {
        #[test]
        fn it_finds_what_a_full_search_finds(rects in prop::collection::vec(rect(), 0..40), asked in rect()) {
            let expected: Vec<usize> = (0..rects.len()).filter(|&n| rects[n].overlaps(asked)).collect();
            let index = Index::new(rects);
            prop_assert!(index.about(asked) >= expected.len());
            prop_assert_eq!(index.touching(asked), expected);
        }

        #[test]
        fn it_follows_what_moves(
            mut rects in prop::collection::vec(rect(), 1..40), moves in prop::collection::vec((0u32..40, rect()), 0..9),
            added in prop::collection::vec(rect(), 0..4), asked in rect(),
        ) {
            let before = Index::new(rects.clone());
            let count = rects.len() as u32;
            let mut moved: Vec<(u32, Rect)> = moves.into_iter().map(|(number, rect)| (number % count, rect)).collect();
            moved.extend((count..).zip(added));
            for &(number, rect) in &moved {
                if number < count { rects[number as usize] = rect } else { rects.push(rect) }
            }
            prop_assert_eq!(before.moved(&moved).touching(asked), Index::new(rects).touching(asked));
        }
    }

    #[test]
    fn nothing_touches_anything() {
        assert_eq!(Index::default().touching(Rect::new(-5, -5, 5, 5)), [0usize; 0]);
    }

    #[test]
    fn one_huge_rectangle_among_small_ones() {
        let mut rects: Vec<_> = (0..1000).map(|i| Rect::new(i * 10, 0, i * 10 + 10, 10)).collect();
        rects.push(Rect::new(-1_000_000, -1_000_000, 1_000_000, 1_000_000));
        let index = Index::new(rects);
        assert_eq!(index.touching(Rect::new(55, 5, 56, 6)), [5, 1000]);
    }
}

//! [`SpatialIndex`]: finds the rectangles that touch another.
//!
//! A grid for each power of two: a rectangle lies in the grid whose cells are just as large as it, once, in the cell of its upper
//! left corner; so it reaches into the next cell at most, and a query visits one cell more on two sides. The entries are a
//! persistent map: clones share unchanged entries, so every state of a document has its own index.

use imbl::OrdMap;

use crate::geometry::Rect;

/// Grids: cells of 1, 2, 4 … pixels.
const GRIDS: usize = 64;

/// Grid, row, column, and the rectangle's number.
type Key = (u8, i32, i32, u64);

/// Numbered rectangles, each with a rank by which answers are sorted.
#[derive(Debug, Clone)]
pub struct SpatialIndex {
    entries: OrdMap<Key, (Rect, i64)>,
    /// How many rectangles lie in each grid.
    counts: [u32; GRIDS],
}

impl Default for SpatialIndex {
    /// An empty index.
    fn default() -> Self {
        Self { entries: OrdMap::new(), counts: [0; GRIDS] }
    }
}

impl SpatialIndex {
    /// Adds a rectangle. Empty ones are ignored.
    pub fn insert(&mut self, number: u64, rect: Rect, rank: i64) {
        if !rect.is_empty() && self.entries.insert(key(number, rect), (rect, rank)).is_none() {
            self.counts[grid_of(rect)] += 1;
        }
    }

    /// Removes a rectangle, which must equal the inserted one.
    pub fn remove(&mut self, number: u64, rect: Rect) {
        if !rect.is_empty() && self.entries.remove(&key(number, rect)).is_some() {
            self.counts[grid_of(rect)] -= 1;
        }
    }

    /// The numbers of those that share a pixel with `rect`, by rank.
    pub fn touching(&self, rect: Rect) -> Vec<u64> {
        let mut found: Vec<(i64, u64)> = Vec::new();
        self.visit(rect, |rank, number| {
            found.push((rank, number));
            true
        });
        found.sort_unstable();
        found.into_iter().map(|(_, number)| number).collect()
    }

    /// Whether more than `count` share a pixel with `rect`; visits few more than that.
    pub fn is_crowded(&self, rect: Rect, count: usize) -> bool {
        let mut found = 0;
        self.visit(rect, |_, _| {
            found += 1;
            found <= count
        });
        found > count
    }

    /// Calls `take` with rank and number of each that shares a pixel with `rect`, until it returns `false`.
    fn visit(&self, rect: Rect, mut take: impl FnMut(i64, u64) -> bool) {
        if rect.is_empty() {
            return;
        }
        let grids = (0..GRIDS).filter(|&grid| self.counts[grid] > 0);
        for grid in grids {
            let reach = (1i64 << grid.min(62)) - 1;
            let first = |low: i64| cell(low.saturating_sub(reach), grid);
            let (columns, rows) =
                ((first(rect.x0), cell(rect.x1 - 1, grid)), (first(rect.y0), cell(rect.y1 - 1, grid)));
            let level = grid as u8;
            let mut scan = |from: Key, to: Key| {
                let mut entries = self.entries.range(from..=to);
                entries.all(|(key, (at, rank))| !at.overlaps(rect) || take(*rank, key.3))
            };
            let many = i64::from(rows.1) - i64::from(rows.0) >= i64::from(self.counts[grid]);
            let goes_on = if many {
                scan((level, rows.0, i32::MIN, 0), (level, rows.1, i32::MAX, u64::MAX))
            } else {
                (rows.0..=rows.1).all(|row| scan((level, row, columns.0, 0), (level, row, columns.1, u64::MAX)))
            };
            if !goes_on {
                return;
            }
        }
    }
}

/// The grid whose cells are the smallest as large as `rect`.
fn grid_of(rect: Rect) -> usize {
    let longest = rect.width().max(rect.height()).max(1);
    longest.checked_next_power_of_two().map_or(GRIDS - 1, |side| (side.trailing_zeros() as usize).min(GRIDS - 1))
}

/// The cell of a coordinate, clamped to the largest canvas.
fn cell(at: i64, grid: usize) -> i32 {
    (at >> grid).clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

fn key(number: u64, rect: Rect) -> Key {
    let grid = grid_of(rect);
    (grid as u8, cell(rect.y0, grid), cell(rect.x0, grid), number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = Rect> {
        (-3000i64..3000, -3000i64..3000, 0i64..900, 0i64..900).prop_map(|(x, y, w, h)| Rect::new(x, y, x + w, y + h))
    }

    fn index(rects: &[Rect]) -> SpatialIndex {
        let mut index = SpatialIndex::default();
        for (number, rect) in (0u64..).zip(rects) {
            index.insert(number, *rect, -(number as i64));
        }
        index
    }

    proptest! {
        #[test]
        fn queries_match_a_linear_search(
            mut rects in prop::collection::vec(rect(), 0..40), moves in prop::collection::vec((0usize..40, rect()), 0..9),
            asked in rect(),
        ) {
            let mut index = index(&rects);
            let before = (index.clone(), rects.clone());
            for (number, to) in moves.into_iter().filter(|(number, _)| *number < before.1.len()) {
                index.remove(number as u64, rects[number]);
                index.insert(number as u64, to, -(number as i64));
                rects[number] = to;
            }
            for (index, rects) in [before, (index, rects)] {
                let expected: Vec<u64> =
                    (0..rects.len()).rev().filter(|&n| rects[n].overlaps(asked)).map(|n| n as u64).collect();
                let count = expected.len();
                prop_assert_eq!(index.touching(asked), expected);
                prop_assert!(!index.is_crowded(asked, count));
                prop_assert!(count == 0 || index.is_crowded(asked, count - 1));
            }
        }
    }

    #[test]
    fn huge_and_far_rectangles_are_found() {
        let far = i64::MAX / 4;
        let rects = [
            Rect::new(-1_000_000, -1_000_000, 1_000_000, 1_000_000),
            Rect::new(far, far, far + 10, far + 10),
            Rect::new(-far, -far, far, far),
        ];
        let index = index(&rects);
        assert_eq!(index.touching(Rect::new(5, 5, 6, 6)), [2, 0]);
        assert_eq!(index.touching(Rect::new(far + 9, far + 9, far + 12, far + 12)), [1]);
        assert_eq!(index.touching(Rect::default()), [0u64; 0]);
    }
}

//! [`Index`]: which placements touch a rectangle, without looking at all of them.

use std::collections::HashMap;

use crate::geometry::Rect;

/// Rectangles hashed by the cells of a coarse grid, each cell about as large as a typical rectangle.
#[derive(Debug, Clone, Default)]
pub struct Index {
    cells: HashMap<(i64, i64), Vec<u32>>,
    rects: Vec<Rect>,
    side: i64,
}

/// Rectangles that span more cells than this are looked at for every query instead.
const MOST_CELLS: u64 = 4096;

impl Index {
    /// Index `rects`; queries answer with their positions in this list.
    pub fn new(rects: Vec<Rect>) -> Self {
        let sum: u64 = rects.iter().map(|rect| rect.width().max(rect.height())).sum();
        let side = (sum / rects.len().max(1) as u64).clamp(64, 1 << 30) as i64;
        let mut cells: HashMap<_, Vec<u32>> = HashMap::new();
        for (number, rect) in rects.iter().enumerate() {
            let spanned = cells_of(*rect, side);
            let targets: Vec<_> = if count(spanned) > MOST_CELLS { vec![EVERYWHERE] } else { keys(spanned).collect() };
            for key in targets {
                cells.entry(key).or_default().push(number as u32);
            }
        }
        Self { cells, rects, side }
    }

    /// Those that share a pixel with `rect`, in their order.
    pub fn touching(&self, rect: Rect) -> Vec<usize> {
        let spanned = cells_of(rect, self.side);
        let everywhere = self.cells.get(&EVERYWHERE).into_iter().flatten();
        let mut found: Vec<u32> = if count(spanned) > self.cells.len() as u64 {
            (0..self.rects.len() as u32).collect()
        } else {
            keys(spanned).filter_map(|key| self.cells.get(&key)).flatten().chain(everywhere).copied().collect()
        };
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|number| number as usize).filter(|&n| self.rects[n].overlaps(rect)).collect()
    }
}

/// The cell of what spans too many.
const EVERYWHERE: (i64, i64) = (i64::MAX, i64::MAX);

fn cells_of(rect: Rect, side: i64) -> Rect {
    if rect.is_empty() {
        return Rect::default();
    }
    let floor = |at: i64| at.div_euclid(side);
    Rect::new(floor(rect.x0), floor(rect.y0), floor(rect.x1 - 1) + 1, floor(rect.y1 - 1) + 1)
}

fn count(cells: Rect) -> u64 {
    cells.area()
}

fn keys(cells: Rect) -> impl Iterator<Item = (i64, i64)> {
    (cells.y0..cells.y1).flat_map(move |y| (cells.x0..cells.x1).map(move |x| (x, y)))
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
            prop_assert_eq!(Index::new(rects).touching(asked), expected);
        }
    }

    #[test]
    fn one_huge_rectangle_among_small_ones() {
        let mut rects: Vec<_> = (0..1000).map(|i| Rect::new(i * 10, 0, i * 10 + 10, 10)).collect();
        rects.push(Rect::new(-1_000_000, -1_000_000, 1_000_000, 1_000_000));
        let index = Index::new(rects);
        assert_eq!(index.touching(Rect::new(55, 5, 56, 6)), [5, 1000]);
    }
}

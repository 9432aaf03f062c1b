//! What is selected of the tiles.

use std::sync::Arc;

use crate::app::{App, TileCommand};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Extent, Mosaic, Placement, PlacementIds, in_line};

impl App {
    /// Do one of the commands that select.
    pub(super) fn select_tiles(&mut self, command: TileCommand) {
        let mosaic = Arc::clone(self.mosaic());
        let chosen = &mut self.documents.tab.selection.placements;
        match command {
            TileCommand::Toggle(ids) => {
                // A group goes as a whole.
                let all = if ids.is_subset(chosen) { chosen.difference(&ids) } else { chosen.union(&ids) };
                *chosen = Arc::new(all);
            }
            TileCommand::SelectIn { polygon, add } => {
                let found = inside(&mosaic, &polygon);
                *chosen = Arc::new(if add { found.union(chosen) } else { found });
            }
            TileCommand::SelectInverse => {
                let all = mosaic.placements.iter().filter(|placement| placement.visible && !placement.locked);
                let others = all.map(|placement| placement.id).filter(|id| !chosen.contains(*id)).collect();
                *chosen = Arc::new(others);
            }
            TileCommand::SelectRow => *chosen = Arc::new(beside(&mosaic, chosen, true)),
            TileCommand::SelectColumn => *chosen = Arc::new(beside(&mosaic, chosen, false)),
            _ => {}
        }
        self.layout.toolbox.choose_for_tiles();
    }
}

/// The visible tiles in a polygon of canvas points: those whose middle is inside, and those that it runs through.
fn inside(mosaic: &Mosaic, polygon: &[Point]) -> PlacementIds {
    if polygon.len() < 3 {
        return PlacementIds::default();
    }
    let area: Rect = Extent::around(polygon.iter().copied()).rect();
    let near = mosaic.placements.touching(area).into_iter().filter_map(|id| mosaic.placement(id));
    let is_inside = |placement: &&Placement| {
        holds(polygon, placement.extent().middle()) || polygon.iter().any(|corner| placement.holds(*corner))
    };
    near.filter(|placement| placement.visible && !placement.locked).filter(is_inside).map(|p| p.id).collect()
}

/// Whether a point lies in a polygon: a ray to the left crosses its edges an odd number of times.
fn holds(polygon: &[Point], at: Point) -> bool {
    let ends = polygon.iter().zip(polygon.iter().cycle().skip(1));
    let crossed = ends.filter(|(a, b)| {
        let spans = (a.y > at.y) != (b.y > at.y);
        spans && at.x > a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x)
    });
    crossed.count() % 2 == 1
}

/// The visible tiles in the rows (`across`) or columns of those that are chosen.
fn beside(mosaic: &Mosaic, chosen: &PlacementIds, across: bool) -> PlacementIds {
    let (bounds, mut found) = (mosaic.placements.bounds(), PlacementIds::default());
    for id in chosen.iter() {
        // A row that was found by one of its tiles isn't looked through for each other of them.
        let fresh = found.insert(id);
        let Some(one) = mosaic.placement(id).map(Placement::extent).filter(|_| fresh) else { continue };
        let (x, y) = (one.middle().x.floor() as i64, one.middle().y.floor() as i64);
        let strip =
            if across { Rect::new(bounds.x0, y, bounds.x1, y + 1) } else { Rect::new(x, bounds.y0, x + 1, bounds.y1) };
        let near = mosaic.placements.touching(strip).into_iter().filter_map(|id| mosaic.placement(id));
        let same = near.filter(|other| other.visible && !other.locked && in_line(one, other.extent(), across));
        found.extend(same.map(|other| other.id));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::mosaic::PlacementId;

    /// Three by three tiles of 100 × 80 that overlap by 10, the rows a little uneven.
    fn grid() -> (Mosaic, Vec<PlacementId>) {
        let mut mosaic = Mosaic::default();
        let place = |number: i64| Point::new((number % 3 * 90) as f64, (number / 3 * 70 + number % 3 * 5) as f64);
        let tile = |number| Placement::new("a.png", Size::new(100, 80)).at(place(number));
        let ids = (0..9).map(|number| mosaic.add(tile(number))).collect();
        (mosaic, ids)
    }

    fn numbers(found: &PlacementIds) -> Vec<u64> {
        found.iter().map(|id| id.0 - 1).collect()
    }

    #[test]
    fn rows_and_columns_are_found_although_tiles_overlap() {
        let (mosaic, ids) = grid();
        assert_eq!(numbers(&beside(&mosaic, &PlacementIds::from_iter([ids[4]]), true)), [3, 4, 5]);
        assert_eq!(numbers(&beside(&mosaic, &PlacementIds::from_iter([ids[4]]), false)), [1, 4, 7]);
        assert_eq!(numbers(&beside(&mosaic, &PlacementIds::from_iter([ids[0], ids[8]]), true)), [0, 1, 2, 6, 7, 8]);
    }

    #[test]
    fn a_polygon_selects_what_it_holds_and_what_it_runs_through() {
        let (mosaic, _) = grid();
        let polygon = [(100.0, -50.0), (215.0, -50.0), (215.0, 40.0), (110.0, 60.0)].map(|(x, y)| Point::new(x, y));
        assert_eq!(numbers(&inside(&mosaic, &polygon)), [1, 2], "the middle of 1 is inside, a corner is on 2");
        assert_eq!(numbers(&inside(&mosaic, &polygon[..2])), [0u64; 0]);
        let square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)].map(|(x, y)| Point::new(x, y));
        assert!(holds(&square, Point::new(5.0, 5.0)) && !holds(&square, Point::new(-5.0, 5.0)));
    }
}

//! Where two states of a document look different.

use std::collections::{HashMap, HashSet};

use super::{Mosaic, Placement, PlacementId};
use crate::geometry::Rect;

impl Mosaic {
    /// The parts of the canvas that look different in `after`: where changed placements were and are, in whole pixels.
    ///
    /// `None` where all may: another background, or other kinds of pixels, which decide what the composed canvas is made of.
    pub fn differs_from(&self, after: &Self) -> Option<Vec<Rect>> {
        let visible = |mosaic: &Self| {
            mosaic
                .placements
                .iter()
                .filter_map(|p| p.visible.then_some(p.kind).flatten())
                .reduce(super::PixelKind::joined)
        };
        if self.background != after.background || visible(self) != visible(after) {
            return None;
        }
        let old: HashMap<PlacementId, (usize, &Placement)> =
            self.placements.iter().enumerate().map(|(order, placement)| (placement.id, (order, placement))).collect();
        let new: HashMap<PlacementId, usize> =
            after.placements.iter().enumerate().map(|(order, placement)| (placement.id, order)).collect();
        let mut rects = Vec::new();
        let mut note = |placement: &Placement| {
            if placement.visible {
                rects.push(placement.rect());
            }
        };
        for placement in &after.placements {
            match old.get(&placement.id) {
                Some((_, before)) if *before == placement => {}
                Some((_, before)) => [*before, placement].into_iter().for_each(&mut note),
                None => note(placement),
            }
        }
        self.placements.iter().filter(|placement| !new.contains_key(&placement.id)).for_each(&mut note);
        let restacked = restacked(
            &self.placements.iter().map(|p| p.id).filter(|id| new.contains_key(id)).collect::<Vec<_>>(),
            &after.placements.iter().map(|p| p.id).filter(|id| old.contains_key(id)).collect::<Vec<_>>(),
        );
        after.placements.iter().filter(|placement| restacked.contains(&placement.id)).for_each(&mut note);
        Some(rects)
    }
}

/// Some of those without which both lists would be the same, few where few were moved.
fn restacked(before: &[PlacementId], after: &[PlacementId]) -> HashSet<PlacementId> {
    let mut moved = HashSet::new();
    if before == after {
        return moved;
    }
    let order = |list: &[PlacementId]| -> HashMap<PlacementId, usize> {
        list.iter().enumerate().map(|(order, id)| (*id, order)).collect()
    };
    let (old, new) = (order(before), order(after));
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (before.get(i), after.get(j)) {
        if moved.contains(a) {
            i += 1;
        } else if moved.contains(b) {
            j += 1;
        } else if a == b {
            (i, j) = (i + 1, j + 1);
        } else if new[a].abs_diff(j) >= old[b].abs_diff(i) {
            // Whichever of both has gone further is the one that was moved.
            moved.insert(*a);
        } else {
            moved.insert(*b);
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Size};

    #[test]
    fn only_what_an_edit_touched() {
        let mut before = Mosaic::default();
        let ids: Vec<PlacementId> = (0..6)
            .map(|number| {
                let mut placement = Placement::new(format!("{number}.png"), Size::new(10, 10));
                placement.position = Point::new(f64::from(number) * 20.0, 0.0);
                before.add(placement)
            })
            .collect();
        let at = |number: i64| Rect::new(number * 20, 0, number * 20 + 10, 10);
        let edited = |edit: &dyn Fn(&mut Mosaic)| {
            let mut after = before.clone();
            edit(&mut after);
            let mut rects = before.differs_from(&after)?;
            rects.sort_by_key(|rect| (rect.x0, rect.y0));
            Some(rects)
        };
        let one = HashSet::from([ids[2]]);
        assert_eq!(edited(&|_| ()), Some(vec![]));
        assert_eq!(edited(&|m| m.move_by(&one, 0.0, 5.0)), Some(vec![at(2), at(2).translate(0, 5)]));
        assert_eq!(edited(&|m| m.remove(&one)), Some(vec![at(2)]));
        assert_eq!(edited(&|m| m.restack(&one, true)), Some(vec![at(2)]));
        assert_eq!(edited(&|m| m.restack(&one, false)), Some(vec![at(2)]));
        assert_eq!(edited(&|m| m.set_visible(&one, false)), Some(vec![at(2)]));
        let more = Placement::new("more.png", Size::new(3, 3));
        assert_eq!(edited(&|m| _ = m.add(more.clone())), Some(vec![Rect::new(0, 0, 3, 3)]));
        assert_eq!(edited(&|m| m.background = [1, 2, 3]), None);
    }
}

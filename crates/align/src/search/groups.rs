//! [`Groups`]: tiles that hang together by the steps between them, and where each lies in its group.

use crate::Tile;
use crate::geometry::{Point, Rect};

/// The gap between groups, as a part of the longest side of a tile, and the least, in pixels: too wide for an alignment that starts
/// from these positions to look for overlaps across it.
const GAP: f64 = 0.1;
const LEAST_GAP: i64 = 64;
/// How much wider than high the groups lie together.
const ASPECT: f64 = 1.5;

/// A partition of the tiles.
pub(super) struct Groups {
    /// The group of each tile.
    group: Vec<u32>,
    /// The tiles of each group; of a group that has been joined to another none.
    members: Vec<Vec<u32>>,
    /// Groups with a locked tile, which stay where they are.
    is_locked: Vec<bool>,
    /// The position of each tile, in pixels; positions of different groups are not to be compared.
    positions: Vec<Point>,
}

impl Groups {
    /// Each tile alone, but locked ones together at their places.
    pub(super) fn new(tiles: &[Tile]) -> Self {
        let count = tiles.len() as u32;
        let place = |tile: &Tile| if tile.locked { tile.position } else { Point::default() };
        let mut groups = Self {
            group: (0..count).collect(),
            members: (0..count).map(|tile| vec![tile]).collect(),
            is_locked: tiles.iter().map(|tile| tile.locked).collect(),
            positions: tiles.iter().map(place).collect(),
        };
        let mut locked = (0..count).filter(|tile| tiles[*tile as usize].locked);
        if let Some(first) = locked.next() {
            locked.for_each(|tile| groups.merge(first, tile));
        }
        groups
    }

    /// Whether two tiles are in the same group.
    pub(super) fn are_together(&self, a: u32, b: u32) -> bool {
        self.group[a as usize] == self.group[b as usize]
    }

    /// Joins the groups of two tiles so that `b` lies `step` from `a`. Returns whether they were two.
    pub(super) fn join(&mut self, a: u32, b: u32, step: Point) -> bool {
        if self.are_together(a, b) {
            return false;
        }
        let (of_a, of_b) = (self.group[a as usize] as usize, self.group[b as usize] as usize);
        let off = self.positions[a as usize] + step - self.positions[b as usize];
        let moves_b =
            !self.is_locked[of_b] && (self.is_locked[of_a] || self.members[of_a].len() >= self.members[of_b].len());
        let (moved, off) = if moves_b { (of_b, off) } else { (of_a, Point::default() - off) };
        for tile in &self.members[moved] {
            let position = &mut self.positions[*tile as usize];
            *position = *position + off;
        }
        if moves_b {
            self.merge(a, b);
        } else {
            self.merge(b, a);
        }
        true
    }

    /// The group of `other` becomes part of that of `tile`.
    fn merge(&mut self, tile: u32, other: u32) {
        let (to, from) = (self.group[tile as usize] as usize, self.group[other as usize] as usize);
        let moved = std::mem::take(&mut self.members[from]);
        moved.iter().for_each(|tile| self.group[*tile as usize] = to as u32);
        self.members[to].extend(moved);
        self.is_locked[to] |= self.is_locked[from];
    }

    /// The positions of all tiles, the groups side by side.
    pub(super) fn side_by_side(&self, tiles: &[Tile]) -> Vec<Point> {
        let mut positions = self.positions.clone();
        side_by_side(&self.members, tiles, &mut positions);
        positions
    }
}

/// Moves groups of tiles, of which some may be empty, by whole pixels so that none overlaps another: the largest first, then in rows; tiles that are alone in
/// rows below. A group with locked tiles stays.
pub(super) fn side_by_side(groups: &[Vec<u32>], tiles: &[Tile], positions: &mut [Point]) {
    let is_locked = |group: &[u32]| group.iter().any(|tile| tiles[*tile as usize].locked);
    let bounds = |group: &[u32], positions: &[Point]| {
        let rect = |tile: &u32| {
            let (place, size) = (positions[*tile as usize], tiles[*tile as usize].size);
            let (x, y) = (place.x.floor() as i64, place.y.floor() as i64);
            Rect::new(x, y, x + i64::from(size.width) + 1, y + i64::from(size.height) + 1)
        };
        group.iter().map(rect).fold(Rect::default(), Rect::union)
    };
    let groups = groups.iter().filter(|group| !group.is_empty());
    let mut order: Vec<(&Vec<u32>, Rect)> = groups.map(|group| (group, bounds(group, positions))).collect();
    order.sort_by_key(|(group, _)| (!is_locked(group), std::cmp::Reverse(group.len()), group.iter().min().copied()));
    let longest = tiles.iter().map(|tile| tile.size.longest()).max().unwrap_or(0);
    let gap = ((f64::from(longest) * GAP) as i64).max(LEAST_GAP);
    let area: f64 =
        order.iter().map(|(_, rect)| (rect.width() as f64 + gap as f64) * (rect.height() as f64 + gap as f64)).sum();
    let wide = (area * ASPECT).sqrt() as i64;
    let Some((first, place)) = order.first() else { return };
    let (left, top) = if is_locked(first) { (place.x0, place.y0) } else { (0, 0) };
    let right = left + wide.max(place.width() as i64);
    let (mut x, mut y, mut bottom, mut was_alone) = (left, top, top, false);
    for (number, (group, rect)) in order.iter().enumerate() {
        let (width, height) = (rect.width() as i64, rect.height() as i64);
        let is_alone = group.len() == 1;
        if number > 0 && (x + width > right || is_alone && !was_alone) {
            (x, y) = (left, bottom + gap);
        }
        was_alone = is_alone;
        let off = Point::new((x - rect.x0) as f64, (y - rect.y0) as f64);
        for tile in *group {
            let position = &mut positions[*tile as usize];
            *position = *position + off;
        }
        x += width + gap;
        bottom = bottom.max(y + height);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn tiles(count: usize) -> Vec<Tile> {
        vec![Tile { position: Point::default(), size: Size::new(100, 80), locked: false, round: 0 }; count]
    }

    fn shared(positions: &[Point], tiles: &[Tile], a: usize, b: usize) -> u64 {
        let rect = |tile: usize| {
            let (x, y) = positions[tile].round();
            Rect::at(x, y, tiles[tile].size)
        };
        rect(a).intersect(rect(b)).area()
    }

    #[test]
    fn steps_hold_in_a_group_and_groups_do_not_overlap() {
        let tiles = tiles(7);
        let mut groups = Groups::new(&tiles);
        assert!(groups.join(0, 1, Point::new(90.0, 1.5)));
        assert!(groups.join(2, 3, Point::new(0.0, -70.0)));
        assert!(groups.join(3, 0, Point::new(-90.0, 70.0)), "the smaller group or this one is moved");
        assert!(!groups.join(1, 2, Point::new(5.0, 5.0)), "they are together already");
        assert!(groups.join(4, 5, Point::new(90.0, 0.0)));
        assert!(groups.are_together(1, 2) && !groups.are_together(1, 4));
        let found = groups.side_by_side(&tiles);
        for (a, b, step) in [(0, 1, (90.0, 1.5)), (2, 3, (0.0, -70.0)), (3, 0, (-90.0, 70.0)), (4, 5, (90.0, 0.0))] {
            assert_eq!(<(f64, f64)>::from(found[b] - found[a]), step);
        }
        for (a, b) in [(0, 4), (0, 5), (1, 4), (2, 5), (3, 6), (4, 6), (5, 6)] {
            assert_eq!(shared(&found, &tiles, a, b), 0, "{a} and {b} of {found:?}");
        }
    }

    #[test]
    fn locked_tiles_stay() {
        let mut tiles = tiles(4);
        (tiles[2].locked, tiles[2].position) = (true, Point::new(500.0, 300.0));
        (tiles[3].locked, tiles[3].position) = (true, Point::new(590.0, 301.0));
        let mut groups = Groups::new(&tiles);
        assert!(groups.are_together(2, 3));
        assert!(groups.join(0, 1, Point::new(90.0, 0.0)) && groups.join(1, 2, Point::new(0.0, 70.0)));
        let found = groups.side_by_side(&tiles);
        assert_eq!(found[2..], [tiles[2].position, tiles[3].position]);
        assert_eq!(<(f64, f64)>::from(found[0]), (410.0, 230.0));
    }
}

//! [`Links`]: what aligning found between the tiles of a document, and the link that is looked at.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::link_map::LinkMap;
use crate::Result;
use crate::align::{Alignment, ByHand, Link, LinkState};
use crate::geometry::{Point, Rect};
use crate::job::Progress;
use crate::mosaic::{Mosaic, Placement, PlacementId};

/// Positions that differ by no more than this, in canvas pixels, are the same.
const SAME: f64 = 1e-3;

/// The links of a document, as they were found last.
#[derive(Clone)]
pub(super) struct Links {
    pub(super) found: Arc<Found>,
    /// Drawn on the canvas.
    pub(super) shown: bool,
    /// The one that is looked at.
    pub(super) chosen: Option<usize>,
    /// Its two tiles are drawn over each other by turns.
    pub(super) blinks: bool,
}

impl Links {
    pub(super) fn new(found: Found) -> Self {
        Self { found: Arc::new(found), shown: true, chosen: None, blinks: false }
    }

    /// The link that is looked at, and its number.
    pub(super) fn chosen(&self) -> Option<(usize, &Link)> {
        let number = self.chosen?;
        Some((number, self.found.links().get(number)?))
    }
}

/// Which links some states of a document have, so that undoing an alignment or a decision takes back both the positions and the links.
#[derive(Default)]
pub(super) struct LinkStates(VecDeque<(Arc<Mosaic>, Option<Arc<Found>>)>);

impl LinkStates {
    /// States further back are forgotten; their links stay as they are then.
    const MOST: usize = 64;

    /// From now on `state` has the links `found`.
    pub(super) fn note(&mut self, state: &Arc<Mosaic>, found: Option<Arc<Found>>) {
        self.0.retain(|(known, _)| !Arc::ptr_eq(known, state));
        self.0.push_back((Arc::clone(state), found));
        if self.0.len() > Self::MOST {
            self.0.pop_front();
        }
    }

    /// What becomes of `links` where the document is in `state` now; they stay where nothing is known of that.
    pub(super) fn at(&self, state: &Arc<Mosaic>, links: Option<Links>) -> Option<Links> {
        let Some((_, found)) = self.0.iter().find(|(known, _)| Arc::ptr_eq(known, state)) else { return links };
        let found = Arc::clone(found.as_ref()?);
        let Some(links) = links else { return Some(Links { found, shown: true, chosen: None, blinks: false }) };
        // Numbers of links are of one alignment.
        let chosen = links.chosen.filter(|_| found.links().len() == links.found.links().len());
        Some(Links { found, chosen, ..links })
    }
}

/// An alignment of the tiles of a document.
pub(super) struct Found {
    alignment: Alignment,
    /// Which placement each tile is.
    ids: Vec<PlacementId>,
    tiles: HashMap<PlacementId, u32>,
    /// The links of tile `t` are `by_tile[starts[t]..starts[t + 1]]`.
    starts: Vec<u32>,
    by_tile: Vec<u32>,
    /// All links, those that fit worst first; links without a match last.
    order: Vec<u32>,
    map: LinkMap,
}

impl Found {
    /// `ids` says which placement each tile of the alignment is.
    pub(super) fn new(ids: Vec<PlacementId>, alignment: Alignment) -> Self {
        let tiles = ids.iter().zip(0..).map(|(id, tile)| (*id, tile)).collect();
        let mut starts = vec![0u32; ids.len() + 1];
        for link in &alignment.links {
            for tile in [link.a, link.b] {
                starts[tile as usize + 1] += 1;
            }
        }
        for tile in 0..ids.len() {
            starts[tile + 1] += starts[tile];
        }
        let mut next = starts.clone();
        let mut by_tile = vec![0; 2 * alignment.links.len()];
        for (number, link) in (0u32..).zip(&alignment.links) {
            for tile in [link.a, link.b] {
                by_tile[next[tile as usize] as usize] = number;
                next[tile as usize] += 1;
            }
        }
        let mut order: Vec<u32> = (0..alignment.links.len() as u32).collect();
        let residual = |number: &u32| alignment.links[*number as usize].residual.unwrap_or(-1.0);
        order.sort_by(|a, b| residual(b).total_cmp(&residual(a)));
        let map = LinkMap::new(&alignment);
        Self { alignment, ids, tiles, starts, by_tile, order, map }
    }

    /// The links for views with too many of them.
    pub(super) fn map(&self) -> &LinkMap {
        &self.map
    }

    pub(super) fn alignment(&self) -> &Alignment {
        &self.alignment
    }

    pub(super) fn links(&self) -> &[Link] {
        &self.alignment.links
    }

    /// The numbers of all links, those that fit worst first.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The placements that a link is between.
    pub(super) fn ends(&self, link: usize) -> [PlacementId; 2] {
        let Link { a, b, .. } = self.links()[link];
        [self.ids[a as usize], self.ids[b as usize]]
    }

    /// The two placements of a link, while both are there.
    pub(super) fn placements<'a>(&self, link: usize, mosaic: &'a Mosaic) -> Option<[&'a Placement; 2]> {
        let [a, b] = self.ends(link);
        Some([mosaic.placement(a)?, mosaic.placement(b)?])
    }

    /// The part of the canvas that both of them cover now; if they don't overlap, what lies around both.
    pub(super) fn overlap(&self, link: usize, mosaic: &Mosaic) -> Option<Rect> {
        let [a, b] = self.placements(link, mosaic)?.map(Placement::rect);
        let shared = a.intersect(b);
        Some(if shared.is_empty() { a.union(b) } else { shared })
    }

    /// The links of the placements `visible`, each once.
    pub(super) fn of(&self, visible: &[PlacementId]) -> Vec<usize> {
        let tiles = visible.iter().filter_map(|id| self.tiles.get(id)).map(|tile| *tile as usize);
        let links = |tile: usize| &self.by_tile[self.starts[tile] as usize..self.starts[tile + 1] as usize];
        let mut found: Vec<usize> = tiles.flat_map(links).map(|link| *link as usize).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The name of each tile.
    pub(super) fn names(&self, mosaic: &Mosaic) -> Vec<String> {
        let name = |id: &PlacementId| mosaic.placement(*id).map(Placement::name).unwrap_or_default();
        self.ids.iter().map(name).collect()
    }

    /// How many links are in a state.
    pub(super) fn count(&self, state: LinkState) -> usize {
        self.links().iter().filter(|link| link.state == state).count()
    }

    /// Solves again with another decision on one link. Placements that have been locked since stay where they are. Reads no
    /// pixels. Fails only when cancelled.
    pub(super) fn judged(
        &self,
        link: usize,
        by_hand: Option<ByHand>,
        now: &Mosaic,
        progress: &Progress,
    ) -> Result<Self> {
        let mut alignment = self.alignment.clone();
        alignment.links[link].by_hand = by_hand;
        for (tile, id) in alignment.tiles.iter_mut().zip(&self.ids) {
            if let Some(placement) = now.placement(*id).filter(|placement| placement.locked) {
                (tile.locked, tile.position) = (true, placement.position());
            }
        }
        alignment.solve(progress)?;
        Ok(Self::new(self.ids.clone(), alignment))
    }

    /// Where the tiles that do not lie there yet belong.
    pub(super) fn moves(&self, now: &Mosaic) -> Vec<(PlacementId, Point)> {
        let placed = self.ids.iter().zip(&self.alignment.placed).zip(&self.alignment.tiles);
        let free = placed.filter(|(_, tile)| !tile.locked).map(|((id, placed), _)| (*id, placed.position));
        let lies_elsewhere = |(id, to): &(PlacementId, Point)| {
            let off = now.placement(*id).map(|placement| placement.position() - *to);
            off.is_some_and(|off| off.x.abs() > SAME || off.y.abs() > SAME)
        };
        free.filter(lies_elsewhere).collect()
    }

    /// Where the second tile of a link lies from the first now.
    pub(super) fn step(&self, link: usize, now: &Mosaic) -> Option<Point> {
        let [a, b] = self.placements(link, now)?;
        Some(b.position() - a.position())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::{AlignOptions, Plane, Tile, TileReader, align};
    use crate::geometry::Size;

    /// Tiles that cannot be read: their links have no match.
    struct Unreadable;

    impl TileReader for Unreadable {
        fn read(&self, _: usize, _: Rect) -> Result<Plane> {
            Err(crate::Error::corrupt("nothing"))
        }
    }

    #[test]
    fn links_are_found_by_their_tiles() {
        let mut mosaic = Mosaic::default();
        let ids: Vec<PlacementId> = (0..4u32)
            .map(|at| {
                let place = Point::new(f64::from(at % 2) * 90.0, f64::from(at / 2) * 90.0);
                mosaic.add(Placement::new(format!("{at}.png"), Size::new(100, 100)).at(place))
            })
            .collect();
        let tiles: Vec<Tile> = mosaic.placements.iter().map(Tile::of).collect();
        let alignment = align(tiles, &Unreadable, &AlignOptions::default(), &Progress::default()).unwrap();
        let found = Found::new(ids.clone(), alignment);
        assert_eq!(found.count(LinkState::Unreadable), found.links().len());
        let of_first = found.of(&ids[..1]);
        assert!(!of_first.is_empty() && of_first.iter().all(|link| found.ends(*link).contains(&ids[0])));
        assert_eq!(found.of(&ids), (0..found.links().len()).collect::<Vec<_>>());
        let mapped: Vec<_> = found.map().cells(Rect::new(0, 0, 200, 200)).collect();
        assert!(!mapped.is_empty() && mapped.len() <= found.links().len());
        for (corners, link) in mapped {
            let [a, b] = found.placements(link, &mosaic).unwrap().map(|end| end.extent().middle());
            let (x, y) = (f64::midpoint(a.x, b.x), f64::midpoint(a.y, b.y));
            assert!((corners[0].x..=corners[2].x).contains(&x) && (corners[0].y..=corners[2].y).contains(&y));
        }
        assert_eq!(found.map().cells(Rect::new(500, 500, 600, 600)).count(), 0);
        assert!(found.moves(&mosaic).is_empty(), "nothing says that they lie elsewhere");
        let (link, step) = (of_first[0], Point::new(95.0, 3.0));
        let judged = found.judged(link, Some(ByHand::Set(step)), &mosaic, &Progress::default()).unwrap();
        let places: HashMap<PlacementId, Point> = judged.moves(&mosaic).into_iter().collect();
        let [a, b] =
            judged.ends(link).map(|id| places.get(&id).copied().unwrap_or(mosaic.placement(id).unwrap().position()));
        assert!(((b - a).x - step.x).abs() < 0.01 && ((b - a).y - step.y).abs() < 0.01, "{a:?} {b:?}");
    }
}

//! Snapping to the best match: tiles that have been dragged move on to where they fit their neighbors.

use std::sync::Arc;

use crate::Result;
use crate::align::{AlignOptions, LinkState, Tile, align};
use crate::app::{App, Toggle};
use crate::geometry::{Affine, Point};
use crate::job::Progress;
use crate::mosaic::{Edit, Mosaic, Placement, PlacementId, PlacementIds};
use crate::work::{PixelValue, PlacementReader, library};

/// Of more dragged tiles none is compared, and of no more neighbors.
const MAX_MOVED: usize = 64;
const MAX_NEIGHBORS: usize = 64;
/// How exactly a hand places a tile, in points on the screen.
const BY_HAND: f64 = 16.0;
/// Decoded tiles that are cached meanwhile, in bytes.
const CACHE: u64 = 64 << 20;

/// Where the moved tiles fit.
struct Fit {
    by: Point,
    /// The mean correlation of the links that say so.
    ncc: f32,
    links: usize,
}

impl App {
    /// Compares the selected tiles with those below and above them, and moves them to where they fit, if that is switched on.
    pub(super) fn snap_to_match(&mut self) {
        if !self.preferences.settings.is_on(Toggle::SnapMatch) {
            return;
        }
        let (mosaic, tab) = (Arc::clone(self.mosaic()), self.documents.tabs.current());
        let moved = Arc::clone(&self.documents.tab.selection.placements);
        if moved.is_empty() || moved.len() > MAX_MOVED {
            return;
        }
        let reach = BY_HAND / self.documents.tab.view.zoom;
        let (base, ids) = (Arc::clone(&mosaic), Arc::clone(&moved));
        let work = move |progress: &Progress| best_fit(&mosaic, &moved, reach, progress);
        self.services.jobs.start("Comparing tiles", work, move |app, fit| {
            let Some(tab) = app.tab_of_mut(tab).filter(|tab| Arc::ptr_eq(tab.history.now(), &base)) else { return };
            let Some(Fit { by, ncc, links }) = fit else {
                app.tell("No match near here".into(), false);
                return;
            };
            let by = Affine::translation(by);
            tab.history.edit("Snap to match", |m| _ = m.apply(&Edit::Transform { ids: (*ids).clone(), by }));
            let overlaps = if links == 1 { "overlap" } else { "overlaps" };
            app.tell(format!("Snapped to the best match: correlation {ncc:.2}, {links} {overlaps}"), false);
        });
    }
}

/// How far to move the tiles `moved` so that they fit what they overlap: the median of what their links say. `reach` is how far
/// off they may be at least, in canvas pixels. `None` if no neighbor matches.
fn best_fit(mosaic: &Mosaic, moved: &PlacementIds, reach: f64, progress: &Progress) -> Result<Option<Fit>> {
    let own: Vec<&Placement> = moved.iter().filter_map(|id| mosaic.placement(id)).collect();
    let mut near: Vec<PlacementId> =
        own.iter().flat_map(|tile| mosaic.placements.touching(tile.rect().expand(reach as i64))).collect();
    near.sort_unstable();
    near.dedup();
    let others = near.iter().filter(|id| !moved.contains(**id)).filter_map(|id| mosaic.placement(*id));
    let others: Vec<&Placement> = others.filter(|tile| tile.visible).take(MAX_NEIGHBORS).collect();
    if own.is_empty() || others.is_empty() {
        return Ok(None);
    }
    let is_own = |tile: u32| (tile as usize) < own.len();
    let all = || own.iter().chain(&others);
    let tiles: Vec<Tile> = all().map(|placement| Tile::of(placement)).collect();
    let usual = AlignOptions::default().limits(&tiles).max_shift;
    let options = AlignOptions { max_shift: Some(usual.max(reach)), ..AlignOptions::default() };
    let reader = PlacementReader::of(library(CACHE), all().map(|tile| tile.image.clone()).collect(), PixelValue::Gray);
    let found = align(tiles, &reader, &options, progress)?;
    let between =
        found.links.iter().filter(|link| is_own(link.a) != is_own(link.b) && link.state == LinkState::Accepted);
    let offs = between.filter_map(|link| {
        let chosen = link.chosen?;
        let off = chosen.step - link.expected;
        Some((if is_own(link.b) { off } else { Point::default() - off }, chosen.ncc))
    });
    let offs: Vec<(Point, f32)> = offs.collect();
    if offs.is_empty() {
        return Ok(None);
    }
    let median = |axis: fn(&Point) -> f64| {
        let mut values: Vec<f64> = offs.iter().map(|(off, _)| axis(off)).collect();
        values.sort_by(f64::total_cmp);
        f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2])
    };
    let by = Point::new(median(|off| off.x), median(|off| off.y));
    let ncc = offs.iter().map(|(_, ncc)| ncc).sum::<f32>() / offs.len() as f32;
    Ok(Some(Fit { by, ncc, links: offs.len() }))
}

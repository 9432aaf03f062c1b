//! Changes of the selected tiles, each as one step to undo.

use crate::mosaic::PlacementIds;
use std::sync::Arc;

use crate::Error;
use crate::app::tile_command::{Chosen, Replacement};
use crate::app::{Adjustment, App, Ask, Direction, TileCommand};
use crate::geometry::{Affine, Point};
use crate::job::Progress;
use crate::mosaic::{
    Alignment, Distribution, Edit, Extent, Margins, Mosaic, Placement, PlacementId, Property, Stacking, aligned,
    distributed,
};
use crate::work::probe;

impl App {
    pub(super) fn apply_tile(&mut self, command: TileCommand) {
        self.documents.tab.follow_frame(&self.context);
        let chosen = Arc::clone(&self.documents.tab.selection.placements);
        if matches!(command, TileCommand::EndAdjusting) {
            self.documents.tab.live = None;
            return;
        }
        let history = &mut self.documents.tab.history;
        match command {
            TileCommand::Toggle(_)
            | TileCommand::SelectIn { .. }
            | TileCommand::SelectInverse
            | TileCommand::SelectRow
            | TileCommand::SelectColumn => self.select_tiles(command),
            TileCommand::EndAdjusting => {}
            TileCommand::StepTiles(x, y) => self.step_tiles(x, y),
            TileCommand::Adjust(adjustment) => self.adjust(adjustment),
            TileCommand::Transform { label, by } => {
                let change =
                    move |m: &mut Mosaic, ids: &Chosen| _ = m.apply(&Edit::Transform { ids: (**ids).clone(), by });
                self.transform_selected(label, by, change);
            }
            TileCommand::Rotate(degrees) => self.transform_about("Rotate tiles", Affine::rotation(degrees)),
            TileCommand::Flip(Direction::Horizontal) => {
                self.transform_about("Flip tiles horizontally", Affine::scale(-1.0, 1.0));
            }
            TileCommand::Flip(Direction::Vertical) => {
                self.transform_about("Flip tiles vertically", Affine::scale(1.0, -1.0));
            }
            TileCommand::Align(how) => self.edit_selected("Align tiles", move |m, ids| align(m, ids, how)),
            TileCommand::Distribute(how) => {
                self.edit_selected("Distribute tiles", move |m, ids| distribute(m, ids, how));
            }
            TileCommand::Crop(id, margins) => {
                history.edit("Crop tiles", |m| m.set(&PlacementIds::from_iter([id]), Property::Crop(margins)));
            }
            TileCommand::ResetCrop => {
                self.edit_selected("Reset crop", |m, ids| m.set(ids, Property::Crop(Margins::default())));
            }
            TileCommand::ResetTransform => self.edit_selected("Reset rotation and scale", straighten),
            TileCommand::ResetLook => self.edit_selected("Reset opacity and gain", |m, ids| {
                m.set(ids, Property::Opacity(1.0));
                m.set(ids, Property::Gain { gain: 1.0, offset: 0.0 });
            }),
            TileCommand::Restack(to) => {
                let label = match to {
                    Stacking::Front => "Bring to front",
                    Stacking::Forward => "Bring forward",
                    Stacking::Backward => "Send backward",
                    Stacking::Back => "Send to back",
                };
                self.edit_selected(label, move |m, ids| m.restack(ids, to));
            }
            TileCommand::Lock(locked) => {
                let label = if locked { "Lock tiles" } else { "Unlock tiles" };
                self.edit_selected(label, move |m, ids| m.set(ids, Property::Locked(locked)));
            }
            TileCommand::Hide => self.edit_selected("Hide tiles", |m, ids| m.set_visible(ids, false)),
            TileCommand::Isolate => self.edit_selected("Isolate tiles", isolate),
            TileCommand::ShowAll => history.edit("Show all tiles", |m| {
                let all = Arc::clone(m.placements.ids());
                m.set_visible(&all, true);
            }),
            TileCommand::Group => {
                self.edit_selected("Group tiles", |m, ids| _ = m.apply(&Edit::Group((**ids).clone())));
            }
            TileCommand::Ungroup => self.edit_selected("Ungroup tiles", |m, ids| m.set(ids, Property::Group(None))),
            TileCommand::Duplicate => self.duplicate(&chosen),
            TileCommand::Remove => self.edit_selected("Remove tiles", |m, ids| m.remove(ids)),
            TileCommand::Swap => history.edit("Swap tiles", |m| swap(m, &chosen)),
            TileCommand::AskReplace => {
                if let Some(frame) = self.documents.tab.frame()
                    && let Some(id) = frame.single
                {
                    self.pick(Ask::Replacement(id));
                }
            }
            TileCommand::Replace(id, path) => self.replace_file(id, path),
        }
        self.forget_vanished();
    }

    fn transform_about(&mut self, label: &'static str, by: Affine) {
        let Some(middle) = self.documents.tab.frame().map(|frame| frame.extent.middle()) else { return };
        self.apply_tile(TileCommand::Transform { label, by: by.about(middle) });
    }

    /// Moves by the size of a tile, as arrows do.
    fn step_tiles(&mut self, x: i8, y: i8) {
        let chosen = &self.documents.tab.selection.placements;
        let first = chosen.first().and_then(|id| self.mosaic().placement(id)).map(Placement::extent);
        if let Some(tile) = first {
            let step = Point::new(f64::from(x) * tile.width().round(), f64::from(y) * tile.height().round());
            self.adjust(Adjustment::Nudge(step));
        }
    }

    /// Lays copies beside the tiles, and selects them.
    fn duplicate(&mut self, chosen: &Chosen) {
        /// How far from the tile, in canvas pixels.
        const BESIDE: Point = Point::new(20.0, 20.0);
        let before = Arc::clone(self.mosaic());
        let copies: Vec<Placement> =
            before.placements.iter().filter(|placement| chosen.contains(placement.id)).cloned().collect();
        let copies: Vec<Placement> = copies
            .into_iter()
            .map(|mut copy| {
                (copy.group, copy.locked) = (None, false);
                copy.transform_by(Affine::translation(BESIDE));
                copy
            })
            .collect();
        let count = copies.len();
        self.documents.tab.history.edit("Duplicate tiles", |m| _ = m.apply(&Edit::Add(copies)));
        let made = self.mosaic().placements.iter().rev().take(count).map(|placement| placement.id).collect();
        self.documents.tab.selection.placements = Arc::new(made);
    }

    /// Has a placement show another file, once that has been read.
    fn replace_file(&self, id: PlacementId, path: std::path::PathBuf) {
        let tab = self.documents.tabs.current();
        let read = move || {
            let found = probe(&[path.clone().into()], &Progress::default())?;
            match found.into_iter().next() {
                Some((shown, None)) => Ok(Replacement { id, shown }),
                Some((_, Some(error))) => Err(error.at(&path)),
                None => Err(Error::invalid(format!("{}: no image", path.display()))),
            }
        };
        self.services.jobs.run(read, move |app, Replacement { id, shown }| {
            if let Some(tab) = app.tab_of_mut(tab) {
                tab.history.edit("Replace file", |m| m.show_instead(id, &shown));
            }
        });
    }
}

/// Boxes that move as one: groups, and the tiles that are in none.
fn units(mosaic: &Mosaic, chosen: &Chosen) -> Vec<(Vec<PlacementId>, Extent)> {
    let mut units: Vec<(Vec<PlacementId>, Extent)> = Vec::new();
    let mut groups = std::collections::HashMap::new();
    for placement in chosen.iter().filter_map(|id| mosaic.placement(id)).filter(|placement| !placement.locked) {
        let known = placement.group.and_then(|group| groups.get(&group).copied());
        if let Some((ids, extent)) = known.and_then(|at: usize| units.get_mut(at)) {
            ids.push(placement.id);
            *extent = extent.union(placement.extent());
            continue;
        }
        if let Some(group) = placement.group {
            groups.insert(group, units.len());
        }
        units.push((vec![placement.id], placement.extent()));
    }
    // A selection that is one group is lined up tile by tile.
    if let [(ids, _)] = &*units {
        let each = ids.iter().filter_map(|id| mosaic.placement(*id)).map(|p| (vec![p.id], p.extent()));
        return each.collect();
    }
    units
}

/// Moves each unit by its step, to whole pixels.
fn move_units(mosaic: &mut Mosaic, units: &[(Vec<PlacementId>, Extent)], steps: Vec<Point>) {
    let mut places = Vec::new();
    for ((ids, _), step) in units.iter().zip(steps) {
        for placement in ids.iter().filter_map(|id| mosaic.placement(*id)) {
            let is_whole = placement.painted().is_whole_pixel() && !placement.subpixel;
            let step = if is_whole { Point::new(step.x.round(), step.y.round()) } else { step };
            places.push((placement.id, placement.position() + step));
        }
    }
    mosaic.apply(&Edit::Place(places));
}

fn align(mosaic: &mut Mosaic, chosen: &Chosen, how: Alignment) {
    let units = units(mosaic, chosen);
    let boxes: Vec<Extent> = units.iter().map(|(_, extent)| *extent).collect();
    move_units(mosaic, &units, aligned(&boxes, how));
}

fn distribute(mosaic: &mut Mosaic, chosen: &Chosen, how: Distribution) {
    let units = units(mosaic, chosen);
    let boxes: Vec<Extent> = units.iter().map(|(_, extent)| *extent).collect();
    move_units(mosaic, &units, distributed(&boxes, how));
}

/// Takes rotation, scale and flip away; the middle stays.
fn straighten(mosaic: &mut Mosaic, chosen: &Chosen) {
    let straight = chosen.iter().filter_map(|id| mosaic.placement(id)).map(|placement| {
        let (extent, plain) = (placement.extent(), Placement { transform: Affine::IDENTITY, ..placement.clone() });
        let by = extent.middle() - plain.extent().middle();
        (placement.id, placement.settled(Affine::translation(by)))
    });
    let straight = straight.collect();
    mosaic.apply(&Edit::Transforms(straight));
}

/// Shows those alone.
fn isolate(mosaic: &mut Mosaic, chosen: &Chosen) {
    let others = mosaic.placements.ids().difference(chosen);
    mosaic.set_visible(chosen, true);
    mosaic.set_visible(&others, false);
}

/// Exchanges the places of two tiles: of the same size exactly, of others their middles.
fn swap(mosaic: &mut Mosaic, chosen: &Chosen) {
    let found: Vec<&Placement> = chosen.iter().filter_map(|id| mosaic.placement(id)).collect();
    let [one, other] = *found else { return };
    if one.locked || other.locked {
        return;
    }
    let place = |from: &Placement, to: &Placement| {
        if (from.size, from.crop) == (to.size, to.crop) {
            return (from.id, to.transform);
        }
        let by = to.extent().middle() - from.extent().middle();
        (from.id, from.settled(from.transform.then(Affine::translation(by))))
    };
    let places = vec![place(one, other), place(other, one)];
    mosaic.apply(&Edit::Transforms(places));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::mosaic::PlacementIds;

    fn three() -> (Mosaic, Vec<PlacementId>) {
        let mut mosaic = Mosaic::default();
        let at = |x: f64, y: f64, w, h| Placement::new("a.png", Size::new(w, h)).at(Point::new(x, y));
        let tiles = [at(0.0, 0.0, 10, 10), at(33.0, 7.0, 10, 10), at(100.0, 3.0, 21, 10)];
        let ids = tiles.into_iter().map(|tile| mosaic.add(tile)).collect();
        (mosaic, ids)
    }

    fn all(ids: &[PlacementId]) -> Chosen {
        Arc::new(ids.iter().copied().collect())
    }

    fn positions(mosaic: &Mosaic) -> Vec<(f64, f64)> {
        mosaic.placements.iter().map(|placement| (placement.position().x, placement.position().y)).collect()
    }

    #[test]
    fn tiles_are_aligned_at_whole_pixels_and_groups_as_one() {
        let (mut mosaic, ids) = three();
        align(&mut mosaic, &all(&ids), Alignment::Center);
        assert_eq!(positions(&mosaic), [(56.0, 0.0), (56.0, 7.0), (50.0, 3.0)], "55.5 and 50 are the exact places");
        let (mut mosaic, ids) = three();
        mosaic.apply(&Edit::Group(PlacementIds::from_iter([ids[0], ids[1]])));
        align(&mut mosaic, &all(&ids), Alignment::Bottom);
        assert_eq!(positions(&mosaic), [(0.0, 0.0), (33.0, 7.0), (100.0, 7.0)]);
        align(&mut mosaic, &all(&ids[..2]), Alignment::Bottom);
        assert_eq!(positions(&mosaic)[..2], [(0.0, 7.0), (33.0, 7.0)], "a group alone: its tiles");
    }

    #[test]
    fn tiles_are_distributed_with_a_gap() {
        let (mut mosaic, ids) = three();
        distribute(&mut mosaic, &all(&ids), Distribution { across: true, gap: Some(-2.0) });
        assert_eq!(positions(&mosaic), [(0.0, 0.0), (8.0, 7.0), (16.0, 3.0)]);
    }

    #[test]
    fn two_tiles_change_places() {
        let (mut mosaic, ids) = three();
        swap(&mut mosaic, &all(&ids[..2]));
        assert_eq!(positions(&mosaic)[..2], [(33.0, 7.0), (0.0, 0.0)]);
        swap(&mut mosaic, &all(&ids[1..]));
        let middle = |id: PlacementId| mosaic.placements[id].extent().middle();
        assert_eq!((middle(ids[1]), middle(ids[2])), (Point::new(111.0, 8.0), Point::new(4.5, 5.0)));
        let before = positions(&mosaic);
        swap(&mut mosaic, &all(&ids));
        assert_eq!(positions(&mosaic), before, "only of two");
    }

    #[test]
    fn a_straightened_tile_keeps_its_middle() {
        let (mut mosaic, ids) = three();
        let middle = mosaic.placements[ids[0]].extent().middle();
        let by = Affine::rotation(33.0).then(Affine::scale(2.0, -1.0)).about(middle);
        mosaic.apply(&Edit::Transform { ids: PlacementIds::from_iter([ids[0]]), by });
        assert!(!mosaic.placements[ids[0]].is_plain());
        straighten(&mut mosaic, &all(&ids[..1]));
        assert!(mosaic.placements[ids[0]].is_plain());
        assert_eq!(positions(&mosaic)[0], (0.0, 0.0));
    }
}

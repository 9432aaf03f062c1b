//! [`RegionEdit`]: a change of the regions of interest, and its application.

use std::collections::HashSet;

use mosaicist_shape::{Geometry, Roi};

use super::{Changes, Mosaic, Region, RegionProperty, Regions, RoiId};

/// A change of the regions of interest. Unknown ids and locked regions are skipped; `Locked` also applies to locked ones.
#[derive(Debug, Clone, PartialEq)]
pub enum RegionEdit {
    /// Add regions on top, in this order. Their parents are among them.
    Add(Vec<Roi>),
    Reshape(Vec<(RoiId, Geometry)>),
    Set {
        ids: HashSet<RoiId>,
        property: RegionProperty,
    },
    Remove(HashSet<RoiId>),
    /// Remove all, locked ones too.
    Clear,
}

impl Mosaic {
    pub(crate) fn edit_region(&mut self, edit: &RegionEdit, changes: &mut Changes) {
        match edit {
            RegionEdit::Add(rois) => {
                let first = self.last_id + 1;
                let parent = |roi: &Roi| roi.parent.filter(|&index| (index as usize) < rois.len());
                for (number, roi) in (first..).zip(rois) {
                    let parent = parent(roi).map(|index| RoiId(first + u64::from(index)));
                    self.regions.put(Region { id: RoiId(number), parent, roi: Roi { parent: None, ..roi.clone() } });
                    changes.regions.push(RoiId(number));
                }
                self.last_id += rois.len() as u64;
            }
            RegionEdit::Reshape(shapes) => {
                for (id, geometry) in shapes {
                    self.change_region(*id, changes, |roi| roi.geometry.clone_from(geometry));
                }
            }
            RegionEdit::Set { ids, property: property @ RegionProperty::Locked(_) } => {
                for id in sorted(ids) {
                    self.replace_region(id, changes, |roi| property.set(roi));
                }
            }
            RegionEdit::Set { ids, property } => {
                for id in sorted(ids) {
                    self.change_region(id, changes, |roi| property.set(roi));
                }
            }
            RegionEdit::Remove(ids) => {
                for id in sorted(ids) {
                    if self.regions.get(id).is_some_and(|region| !region.locked) {
                        changes.regions.extend(self.regions.remove(id).map(|region| region.id));
                    }
                }
            }
            RegionEdit::Clear => {
                changes.regions.extend(self.regions.iter().map(|region| region.id));
                self.regions = Regions::default();
            }
        }
    }

    fn change_region(&mut self, id: RoiId, changes: &mut Changes, change: impl FnOnce(&mut Roi)) {
        if self.regions.get(id).is_some_and(|region| !region.locked) {
            self.replace_region(id, changes, change);
        }
    }

    fn replace_region(&mut self, id: RoiId, changes: &mut Changes, change: impl FnOnce(&mut Roi)) {
        let Some(before) = self.regions.get(id) else { return };
        let mut after = before.clone();
        change(&mut after.roi);
        if after != *before {
            changes.regions.push(id);
            self.regions.put(after);
        }
    }
}

/// The ids in order, so that an edit does the same in every run.
fn sorted(ids: &HashSet<RoiId>) -> Vec<RoiId> {
    let mut ids: Vec<RoiId> = ids.iter().copied().collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Rect};
    use crate::{Edit, History};

    fn square(x: f64) -> Roi {
        Roi::new(Geometry::rectangle(x, 0.0, 10.0, 10.0))
    }

    #[test]
    fn edits_touch_what_they_change_and_are_undone() {
        let mut history = History::default();
        history.edit("Import", |mosaic| {
            let inner = Roi { parent: Some(0), ..square(2.0) };
            mosaic.apply(&Edit::Region(RegionEdit::Add(vec![square(0.0), inner, square(50.0)])));
        });
        let ids: Vec<RoiId> = history.now().regions.iter().map(|region| region.id).collect();
        assert_eq!(history.now().regions[1].parent, Some(ids[0]));
        let edit = |history: &mut History, edit| history.edit("Edit", |mosaic| _ = mosaic.apply(&Edit::Region(edit)));
        let lock = RegionProperty::Locked(true);
        edit(&mut history, RegionEdit::Set { ids: [ids[0]].into(), property: lock });
        edit(&mut history, RegionEdit::Remove(ids.iter().copied().collect()));
        assert_eq!(history.now().regions.iter().map(|region| region.id).collect::<Vec<_>>(), [ids[0]], "locked");
        let steps = history.steps().0.len();
        edit(&mut history, RegionEdit::Reshape(vec![(ids[0], Geometry::rectangle(9.0, 9.0, 1.0, 1.0))]));
        assert_eq!(history.steps().0.len(), steps, "nothing changed");
        history.undo();
        let listed = history.now().regions.listed([ids[0], ids[1]]);
        assert_eq!(listed[1].parent, Some(0), "parents are indexes in files");
        assert_eq!(history.now().regions.listed([ids[1]])[0].parent, None);
    }

    #[test]
    fn a_reshaped_region_is_found_at_its_new_place_alone() {
        let mut mosaic = Mosaic::default();
        mosaic.apply(&Edit::Region(RegionEdit::Add((0..20).map(|n| square(f64::from(n) * 20.0)).collect())));
        let before = mosaic.regions.clone();
        let id = mosaic.regions[3].id;
        mosaic.apply(&Edit::Region(RegionEdit::Reshape(vec![(id, Geometry::rectangle(500.0, 500.0, 5.0, 5.0))])));
        let found = |regions: &Regions, rect| regions.touching(rect).map(|region| region.id).collect::<Vec<_>>();
        assert_eq!(found(&mosaic.regions, Rect::new(499, 499, 510, 510)), [id]);
        assert_eq!(found(&mosaic.regions, Rect::new(60, 0, 70, 10)), []);
        assert_eq!(found(&before, Rect::new(60, 0, 70, 10)), [id], "an earlier state has its own index");
        assert!(!before.is_same(&mosaic.regions) && before.is_same(&before.clone()));
    }

    #[test]
    fn edges_come_before_insides_and_hidden_regions_are_not_hit() {
        let mut mosaic = Mosaic::default();
        let line = Roi::new(Geometry::Line([Point::new(0.0, 5.0), Point::new(20.0, 5.0)]));
        mosaic.apply(&Edit::Region(RegionEdit::Add(vec![line, square(0.0), Roi { hidden: true, ..square(0.0) }])));
        let hit = |x, y| mosaic.regions.hit(Point::new(x, y), 0.5).map(|(region, _)| region.geometry.name());
        assert_eq!([hit(5.0, 5.3), hit(5.0, 2.0), hit(15.0, 5.3)], [Some("line"), Some("rectangle"), Some("line")]);
        assert_eq!(hit(40.0, 5.0), None);
        let tiny = mosaic.add_regions((0..3).map(|n| square(f64::from(n) * 12.0 + 100.0)).collect()).nth(1);
        let taken = mosaic.regions.hit(Point::new(117.0, 5.0), 8.0).map(|(region, _)| region.id);
        assert_eq!(taken, tiny, "the nearest of small ones, whose edges are all within reach");
    }
}

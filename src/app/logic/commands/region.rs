//! Changes of regions of interest, each as one step to undo, and of which are selected. Those of very many are made in the background.

use std::collections::HashSet;
use std::sync::Arc;

use crate::app::regions::{ChosenRegions, combined, shaped};
use crate::app::tools::CanvasEvent;
use crate::app::{App, Combine, Pick, RegionCommand, TabId, ViewCommand, Zoom};
use crate::geometry::{Affine, Point, Rect};
use crate::mosaic::{Edited, Mosaic, Region, RegionProperty, RoiId};
use crate::region::{Geometry, Roi};

/// Changes of more regions than this, or of more vertices, are made in the background.
const MOST_AT_ONCE: usize = 500;
const MOST_VERTICES: usize = 100_000;
/// The least side of what is shown around a region, in canvas pixels.
const LEAST_SHOWN: i64 = 32;
/// Points on the screen from a region to its duplicate.
const ASIDE: f64 = 16.0;

/// Changes the document; returns what is selected then, if that is not what was.
type Change = Arc<dyn Fn(&mut Mosaic, &HashSet<RoiId>) -> Option<HashSet<RoiId>> + Send + Sync>;

impl App {
    pub(super) fn apply_region(&mut self, command: RegionCommand) {
        match command {
            RegionCommand::Select(region) => self.select_regions(region.into_iter().collect()),
            RegionCommand::Pick { ids, how } => self.pick_regions(ids, how),
            RegionCommand::SelectAll => {
                let all = self.mosaic().regions.iter().filter(|region| !region.hidden);
                self.select_regions(all.map(|region| region.id).collect());
            }
            RegionCommand::Next(step) => self.next_region(step),
            RegionCommand::Show(ids) => self.show_regions(&ids),
            RegionCommand::Add(rect) => self.draw_region(rect.into(), Combine::New),
            RegionCommand::Draw { shape, combine } => self.draw_region(shape, combine),
            RegionCommand::Finish => self.tool_event(CanvasEvent::Finish),
            RegionCommand::TakeBack => self.tool_event(CanvasEvent::TakeBack),
            RegionCommand::Wand { at, combine } => self.wand(at, combine),
            RegionCommand::Reshape(shapes) => {
                self.documents.tab.history.edit("Change region", |m| m.reshape(shapes));
            }
            RegionCommand::Transform { label, by } => self.transform_regions(label, by),
            RegionCommand::Set(property) => {
                let label = label_of(&property);
                self.change_regions(label, move |m, ids| {
                    m.set_regions(ids, property.clone());
                    None
                });
            }
            RegionCommand::Rename(id, name) => self.set_one(id, RegionProperty::Name(name)),
            RegionCommand::SetOf(id, property) => self.set_one(id, property),
            RegionCommand::ShowAll => {
                let hidden = |m: &Mosaic| m.regions.iter().filter(|r| r.hidden).map(|region| region.id).collect();
                self.change_regions("Show regions", move |m, _| {
                    let hidden: HashSet<RoiId> = hidden(m);
                    m.set_regions(&hidden, RegionProperty::Hidden(false));
                    None
                });
            }
            RegionCommand::Remove(id) => {
                self.documents.tab.history.edit("Remove region", |m| m.remove_regions(&[id].into()));
            }
            RegionCommand::RemoveSelected => self.change_regions("Remove regions", |m, ids| {
                m.remove_regions(ids);
                None
            }),
            RegionCommand::Duplicate => self.duplicate_regions(),
            RegionCommand::Shape(how) => {
                self.change_regions("Change regions", move |m, ids| Some(shaped(m, ids, &how)));
            }
            RegionCommand::SetDrawing(drawing) => self.preferences.settings.drawing = drawing,
            RegionCommand::AskImport | RegionCommand::Import(_) | RegionCommand::AskSave(_) => {
                self.apply_region_file(command);
            }
            RegionCommand::Detect(_)
            | RegionCommand::AddFound
            | RegionCommand::EndDetecting
            | RegionCommand::CropToFound => self.apply_detection(command),
            RegionCommand::Measure(_) | RegionCommand::CopyMeasures | RegionCommand::AskSaveMeasures => {
                self.apply_measuring(command);
            }
        }
        self.forget_vanished();
    }

    /// What is done to what is selected is meant for tiles.
    pub(super) fn select_no_region(&mut self) {
        self.select_regions(HashSet::new());
    }

    fn select_regions(&mut self, ids: HashSet<RoiId>) {
        let selected = &mut self.documents.tab.selection.regions;
        // What is selected again stays the same, and so does what is known of it.
        if **selected != ids {
            *selected = Arc::new(ids);
        }
    }

    fn pick_regions(&mut self, ids: HashSet<RoiId>, how: Pick) {
        let before = Arc::clone(&self.documents.tab.selection.regions);
        self.select_regions(match how {
            Pick::Only => ids,
            Pick::Add => before.union(&ids).copied().collect(),
            Pick::Toggle => before.symmetric_difference(&ids).copied().collect(),
        });
    }

    fn next_region(&mut self, step: isize) {
        let from = self.documents.tab.selection.regions.iter().max().copied();
        let next = self.mosaic().regions.next(from, step < 0).map(|region| region.id);
        if let Some(id) = next {
            self.select_regions([id].into());
            self.show_regions(&[id].into());
        }
    }

    fn show_regions(&mut self, ids: &HashSet<RoiId>) {
        let regions = ids.iter().filter_map(|id| self.mosaic().region(*id));
        let around = regions.map(Region::rect).reduce(Rect::union);
        if let Some(rect) = around {
            let short = (LEAST_SHOWN - rect.width().min(rect.height()) as i64).max(0);
            self.apply(ViewCommand::Zoom(Zoom::Show(rect.expand(short / 2 + 1))));
        }
    }

    /// A region of this shape, or with it, of the class that is drawn.
    pub(in crate::app::logic) fn draw_region(&mut self, shape: Geometry, combine: Combine) {
        let label = match combine {
            Combine::New => "Draw region",
            Combine::Add => "Add to region",
            Combine::Subtract => "Subtract from region",
        };
        if matches!(shape, Geometry::Text { .. }) {
            self.preferences.settings.open_panel("regions");
        }
        let class = self.preferences.settings.drawing.class.clone();
        let change = move |m: &mut Mosaic, ids: &HashSet<RoiId>| {
            let name = format!("Region {}", m.regions.len() + 1);
            let pattern = Roi { class: class.clone(), ..Roi::new(shape.clone()).named(name) };
            Some(combined(m, ids, &shape, combine, pattern))
        };
        if combine == Combine::New {
            // What is selected has no part in it, however much that is.
            let mut made = None;
            self.documents.tab.history.edit(label, |m| made = change(m, &HashSet::new()));
            self.select_regions(made.unwrap_or_default());
        } else {
            self.change_regions(label, change);
        }
    }

    fn transform_regions(&mut self, label: &'static str, by: Affine) {
        self.change_regions(label, move |m, ids| {
            let regions = ids.iter().filter_map(|id| m.region(*id));
            let moved = regions.map(|region| (region.id, region.geometry.transformed(by))).collect();
            m.reshape(moved);
            None
        });
    }

    fn set_one(&mut self, id: RoiId, property: RegionProperty) {
        let label = label_of(&property);
        self.documents.tab.history.edit(label, |m| m.set_regions(&[id].into(), property));
    }

    fn duplicate_regions(&mut self) {
        let aside = (ASIDE / self.documents.tab.view.zoom).ceil();
        let by = Affine::translation(Point::new(aside, aside));
        self.change_regions("Duplicate regions", move |m, ids| {
            let mut ids: Vec<RoiId> = ids.iter().copied().collect();
            ids.sort_unstable();
            let copy = |roi: Roi| Roi { geometry: roi.geometry.transformed(by), id: None, locked: false, ..roi };
            let copies = m.regions.listed(ids).into_iter().map(copy).collect();
            Some(m.add_regions(copies).collect())
        });
    }

    /// Changes the selected regions, as one step.
    fn change_regions(
        &mut self,
        label: &'static str,
        change: impl Fn(&mut Mosaic, &HashSet<RoiId>) -> Option<HashSet<RoiId>> + Send + Sync + 'static,
    ) {
        let chosen = Arc::clone(&self.documents.tab.selection.regions);
        if self.is_much(&chosen) {
            let id = self.documents.tabs.current();
            return self.change_in_background(id, label, chosen, Arc::new(change));
        }
        let mut made = None;
        self.documents.tab.history.edit(label, |m| made = change(m, &chosen));
        if let Some(made) = made {
            self.select_regions(made);
        }
    }

    fn is_much(&self, chosen: &HashSet<RoiId>) -> bool {
        let mut vertices = 0;
        let regions = chosen.iter().filter_map(|id| self.mosaic().region(*id));
        chosen.len() > MOST_AT_ONCE
            || regions.into_iter().any(|region| {
                region.geometry.each_vertex(|_, _| vertices += 1);
                vertices > MOST_VERTICES
            })
    }

    /// The change is made from the document as it is by then: again, if that is another one when it is done.
    fn change_in_background(&mut self, id: TabId, label: &'static str, chosen: ChosenRegions, change: Change) {
        let Some(tab) = self.tab_of(id) else { return };
        let before = Arc::clone(tab.history.now());
        let (ids, again) = (Arc::clone(&chosen), Arc::clone(&change));
        let make = move |_: &crate::job::Progress| {
            let mut made = None;
            let edited = Edited::of(&before, |m| made = change(m, &ids));
            Ok((edited, made))
        };
        self.services.jobs.start(label, make, move |app, (edited, made)| {
            let Some(tab) = app.tab_of_mut(id) else { return };
            if !tab.history.put(label, None, edited) {
                return app.change_in_background(id, label, chosen, again);
            }
            if let Some(made) = made {
                tab.selection.regions = Arc::new(made);
            }
            app.forget_vanished();
        });
    }
}

/// What a change of a property is called in the history.
fn label_of(property: &RegionProperty) -> &'static str {
    match property {
        RegionProperty::Name(_) => "Rename region",
        RegionProperty::Class(_) => "Set class",
        RegionProperty::Color(_) => "Set color",
        RegionProperty::Notes(_) => "Change notes",
        RegionProperty::Locked(true) => "Lock regions",
        RegionProperty::Locked(false) => "Unlock regions",
        RegionProperty::Hidden(true) => "Hide regions",
        RegionProperty::Hidden(false) => "Show regions",
    }
}

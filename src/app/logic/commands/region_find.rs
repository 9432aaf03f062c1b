//! Regions found in the picture: by their color under the mouse, or all that differ from the background.

use std::sync::Arc;

use crate::app::regions::Detecting;
use crate::app::{App, Combine, DetectForm, RegionCommand, TabId, rendering};
use crate::geometry::{Affine, Point, Rect, Size};
use crate::job::Progress;
use crate::mosaic::Edit;
use crate::region::{Wand, wand};
use crate::work::{find_in, overview_of};

/// Half the side of what the wand looks at, in pixels of the displayed level.
const WAND_REACH: i64 = 1024;

impl App {
    /// Adds what is like the pixel at a canvas point and connected to it, at the displayed level.
    pub(super) fn wand(&mut self, at: Point, combine: Combine) {
        let Some(settings) = self.documents.tab.display.render_settings().cloned() else { return };
        let (mosaic, library) = (Arc::clone(self.mosaic()), self.services.textures.library().clone());
        let bounds = mosaic.bounds();
        let wanted = self.documents.tab.view.level(self.context.pixels_per_point());
        let (x, y) = (at.x.floor() as i64, at.y.floor() as i64);
        let rect = Rect::new(x, y, x + 1, y + 1).expand(WAND_REACH << wanted.min(24)).intersect(bounds);
        if rect.is_empty() {
            return;
        }
        let how = Wand { tolerance: self.preferences.settings.drawing.tolerance, ..Wand::default() };
        let id = self.documents.tabs.current();
        let find = move |progress: &Progress| {
            let (image, level) = rendering::read(&mosaic, library, rect, wanted, &settings, progress)?;
            let size = Size::new(image.size[0] as u32, image.size[1] as u32);
            let from = rect.translate(-bounds.x0, -bounds.y0).reduced(level);
            let place = |at: i64, corner: i64, from: i64| ((at - corner) >> level) - from;
            let (px, py) = (place(x, bounds.x0, from.x0), place(y, bounds.y0, from.y0));
            let inside = u32::try_from(px).ok().zip(u32::try_from(py).ok());
            let found = inside.and_then(|at| wand(image.as_raw(), size, 4, at, how));
            let side = (1u64 << level) as f64;
            let corner = Point::new(from.x0 as f64 * side + bounds.x0 as f64, from.y0 as f64 * side + bounds.y0 as f64);
            let onto = Affine::scale(side, side).then(Affine::translation(corner));
            Ok(found.map(|shape| shape.transformed(onto)))
        };
        self.services.jobs.start("Magic wand", find, move |app, found| {
            match found.filter(|_| app.documents.tabs.current() == id) {
                Some(shape) => app.draw_region(shape, combine),
                None => app.tell("Nothing of that color is connected here; raise the tolerance".into(), false),
            }
        });
    }

    pub(super) fn apply_detection(&mut self, command: RegionCommand) {
        match command {
            RegionCommand::Detect(form) => {
                self.documents.tab.detecting.form = Some(form);
                self.find_regions(self.documents.tabs.current());
            }
            RegionCommand::EndDetecting => {
                let detecting = &mut self.documents.tab.detecting;
                *detecting = Detecting { running: detecting.running, ..Detecting::default() };
            }
            RegionCommand::AddFound => {
                let found = self.documents.tab.detecting.found().to_vec();
                let mut ids = Vec::new();
                self.documents.tab.history.edit("Find regions", |m| ids.extend(m.add_regions(found)));
                self.documents.tab.selection.regions = Arc::new(ids.into_iter().collect());
                self.apply(RegionCommand::EndDetecting);
            }
            RegionCommand::CropToFound => {
                let found = self.documents.tab.detecting.found().iter().map(|roi| roi.geometry.bounds());
                let Some(all) = found.reduce(crate::region::Bounds::union) else { return };
                let rect = all.pixels().intersect(self.mosaic().bounds());
                self.documents.tab.history.edit("Crop canvas to content", |m| _ = m.apply(&Edit::Canvas(Some(rect))));
                self.apply(RegionCommand::EndDetecting);
            }
            _ => {}
        }
    }

    /// Looks for regions as the settings say; again, if these are others by then.
    fn find_regions(&mut self, id: TabId) {
        let library = self.services.textures.library().clone();
        let Some(tab) = self.tab_of_mut(id) else { return };
        let mosaic = Arc::clone(tab.history.now());
        let Some(form) = tab.detecting.form.filter(|_| !tab.detecting.running && !mosaic.placements.is_empty()) else {
            return;
        };
        tab.detecting.running = true;
        let same_picture = |known: &crate::mosaic::Mosaic| {
            known.placements == mosaic.placements && known.canvas == mosaic.canvas && known.blend == mosaic.blend
        };
        let known = tab.detecting.overview.as_ref().filter(|(known, _)| same_picture(known));
        let known = known.map(|(_, overview)| Arc::clone(overview));
        let find = move |progress: &Progress| {
            let overview = match known {
                Some(overview) => overview,
                None => Arc::new(overview_of(&mosaic, library, progress)?),
            };
            let found = find_in(&mosaic, &overview, &form.options)?;
            Ok((mosaic, overview, found))
        };
        let found = move |progress: &Progress| Ok(find(progress));
        self.services.jobs.start("Finding regions", found, move |app, found: crate::Result<_>| {
            let Some(tab) = app.tab_of_mut(id) else { return };
            tab.detecting.running = false;
            match found {
                Ok((mosaic, overview, found)) => {
                    tab.detecting.overview = Some((mosaic, overview));
                    tab.detecting.result = Some((form, Arc::new(found)));
                    if !tab.detecting.is_current() {
                        app.find_regions(id);
                    }
                }
                Err(error) => {
                    tab.detecting.form = None;
                    let text = if error.is_cancelled() { "Cancelled".into() } else { error.to_string() };
                    app.tell(text, !error.is_cancelled());
                }
            }
        });
    }

    /// What is looked for now.
    pub fn detecting(&self) -> Option<DetectForm> {
        self.documents.tab.detecting.form
    }
}

//! The readout under the mouse, properties for the panels, and the viewed area.

use std::sync::Arc;

use crate::app::logic::state::Documents;
use crate::app::navigate::Under;
use crate::app::units::Georeference;
use crate::app::{App, PageCommand};
use crate::geometry::Point;
use crate::mosaic::{PixelSize, Placement};

impl App {
    /// The image that panels tell of: the only one, the selected one, or the one under the mouse; once that is off the canvas,
    /// the one it was on last.
    pub(in crate::app) fn described_placement(&self) -> Option<Placement> {
        let placements = &self.mosaic().placements;
        let chosen = &self.documents.tab.selection.placements;
        match (placements.len(), chosen.len()) {
            (1, _) => placements.front().cloned(),
            (_, 1) => chosen.first().and_then(|id| self.mosaic().placement(id)).cloned(),
            _ => match self.documents.tab.cursor {
                Some(at) => self.documents.tab.at(at),
                None => self.documents.tab.pointed.and_then(|id| self.mosaic().placement(id)).cloned(),
            },
        }
    }

    /// The georeference of the canvas.
    pub(in crate::app) fn georeference(&self) -> Georeference {
        self.documents.tab.nav.georeference.clone()
    }

    /// Before each frame: requests the values under the mouse.
    pub(super) fn read_out(&mut self) {
        self.describe_pointed();
        self.services.readout.begin();
        let first = self.mosaic().placements.front().cloned();
        let georeference = first.and_then(|placement| self.georeference_of(&placement));
        let under = self.documents.tab.cursor.and_then(|at| Some((at, self.documents.tab.at(at)?)));
        let nav = &mut self.documents.tab.nav;
        nav.georeference = georeference.unwrap_or_default();
        nav.under = Under { georeference: nav.georeference.clone(), ..Under::default() };
        if let Some((at, placement)) = under {
            let in_image = placement.painted().invert().map_or(at, |back| back.apply(at));
            let pixel = (in_image.x.floor() as i64, in_image.y.floor() as i64);
            let fresh =
                self.services.readout.samples(&placement, pixel, self.documents.tab.display.channels_on()).is_some();
            let georeference = self.georeference_of(&placement).unwrap_or_else(|| self.georeference());
            self.documents.tab.nav.under = Under { georeference, image: Some(placement.name()), fresh };
        }
        self.services.readout.end();
    }

    /// Requests the properties of the image shown in the panels.
    fn describe_pointed(&mut self) {
        let Some(placement) = self.described_placement() else { return };
        self.documents.tab.pointed = Some(placement.id);
        if self.services.properties.asked.is_none() && self.services.properties.get(&placement).is_none() {
            self.apply(PageCommand::Describe(placement.image));
        }
    }

    fn georeference_of(&mut self, placement: &Placement) -> Option<Georeference> {
        let (x, y) = placement.position().round();
        let calibration = self.services.readout.calibration(placement)?;
        let calibration = match self.mosaic().pixel_size {
            Some(PixelSize { x, y }) => Arc::new(calibration.with_mpp((x, y))),
            None => calibration,
        };
        Some(Georeference { calibration, origin: Point::new(x as f64, y as f64) })
    }

    /// After each frame: what is on the screen has been viewed, unless the view was moving fast.
    pub(super) fn note_visited(&mut self, pixels_per_point: f32) {
        let held = self.layout.toolbox.is_panning(self.documents.tabs.current());
        let is_drawn = !self.services.textures.lacks_something() && self.documents.tab.display.is_ready();
        if self.is_moving() || held || self.documents.tab.fit_pending || !is_drawn {
            return;
        }
        let Documents { tab, .. } = &mut self.documents;
        let (visible, level) = (tab.view.visible(tab.screen), tab.view.level(pixels_per_point));
        if tab.scene.canvas().is_some_and(|canvas| canvas.is_sketchy(visible, level)) {
            return;
        }
        let (failures, mosaic) = (&self.services.textures.failures, Arc::clone(tab.scene.mosaic()));
        let drawn =
            |at: Point| mosaic.at(at).is_none_or(|tile| tile.kind.is_some() && !failures.contains_key(&tile.image));
        tab.nav.visited.record(tab.scene.bounds(), &tab.view, tab.screen, pixels_per_point, drawn);
    }
}

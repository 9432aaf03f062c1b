//! The table of measures of regions.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::regions::measured;
use crate::app::units::Unit;
use crate::app::{App, Ask, MeasureForm, RegionCommand};
use crate::composite::{BadTiles, Composite};
use crate::job::Progress;
use crate::source::Source;
use crate::{IoResultExt as _, whole_file};

impl App {
    pub(super) fn apply_measuring(&mut self, command: RegionCommand) {
        match command {
            RegionCommand::Measure(form) => self.measure(form),
            RegionCommand::CopyMeasures => {
                if let Some(measured) = self.documents.tab.measuring.measured.clone() {
                    self.context.copy_text(measured.tab_separated());
                    self.tell(format!("Copied {} rows", measured.ids.len()), false);
                }
            }
            RegionCommand::AskSaveMeasures => {
                let name = format!("{} regions.csv", self.documents.tab.stem(None));
                let folder = self.documents.tab.folder(self.preferences.settings.export_folder.as_deref());
                self.pick(Ask::SaveMeasures(folder.join(name).to_string_lossy().into_owned()));
            }
            _ => {}
        }
    }

    fn measure(&mut self, form: MeasureForm) {
        let (id, mosaic) = (self.documents.tabs.current(), Arc::clone(self.mosaic()));
        if self.documents.tab.measuring.running || mosaic.placements.is_empty() {
            return;
        }
        self.documents.tab.measuring.running = true;
        let georeference = self.georeference();
        let calibration = Arc::clone(&georeference.calibration);
        let unit = georeference.unit(self.preferences.settings.unit);
        let (ids, library) = (self.regions_of(form.which), self.services.textures.library().clone());
        let measure = move |progress: &Progress| {
            let map = georeference.pixel(Unit::Map);
            let map_unit = calibration.map_unit();
            let scale = match (unit, calibration.mpp) {
                (Unit::Map, _) => Some(((map, map), map_unit)),
                (_, Some(mpp)) => Some((mpp, "um")),
                (_, None) => None,
            };
            let compose = || Composite::new(&mosaic, library, BadTiles::Warn, progress.clone());
            let composite = form.samples.then(compose).transpose()?;
            let source = composite.as_ref().map(|composite| -> &dyn Source { composite });
            measured(&mosaic, ids, form, scale, source, progress)
        };
        let work = move |progress: &Progress| Ok(measure(progress));
        self.services.jobs.start("Measuring regions", work, move |app, measured: crate::Result<_>| {
            let Some(tab) = app.tab_of_mut(id) else { return };
            tab.measuring.running = false;
            match measured {
                Ok(measured) => tab.measuring.measured = Some(Arc::new(measured)),
                Err(error) if error.is_cancelled() => app.tell("Cancelled".into(), false),
                Err(error) => app.tell(error.to_string(), true),
            }
        });
    }

    /// Write the table as CSV.
    pub(in crate::app::logic) fn write_measures(&mut self, path: PathBuf) {
        let Some(measured) = self.documents.tab.measuring.measured.clone() else { return };
        let write =
            move || whole_file::write(&path, |out| measured.table.write_csv(out).at(&path)).map(|()| path.clone());
        self.services.jobs.run(write, |app, path| app.tell(format!("Saved {}", path.display()), false));
    }
}

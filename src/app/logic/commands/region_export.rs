//! Exports regions, each to a file of its own, into a new or empty folder.

use std::sync::Arc;

use super::region_files::write_regions_of;
use crate::app::{App, Ask, RegionCommand};
use crate::job::Progress;
use crate::work::export_regions;

impl App {
    pub(super) fn apply_region_export(&mut self, command: RegionCommand) {
        match command {
            RegionCommand::SetExport(form) => self.preferences.settings.region_export = *form,
            RegionCommand::AskExportFolder => self.pick(Ask::RegionFolder),
            RegionCommand::Export => self.export_regions(),
            _ => {}
        }
    }

    fn export_regions(&mut self) {
        let mut form = self.preferences.settings.region_export.clone();
        if form.folder.trim().is_empty() {
            form.folder = self.region_folder();
        }
        let mosaic = Arc::clone(self.mosaic());
        let ids = self.regions_of(form.which);
        let (mut request, how) = match form.request(self.documents.tab.stem(None)) {
            Ok(request) => request,
            Err(error) => return self.tell(error.to_string(), true),
        };
        request.protected =
            self.documents.tabs.ids().into_iter().filter_map(|id| self.tab_of(id)?.project.clone()).collect();
        let work = move |progress: &Progress| {
            let rois = mosaic.regions.listed(ids.iter().copied());
            let written = export_regions(&mosaic, &request, &rois, &how, progress)?;
            if let Some(path) = form.regions_beside(&how.folder) {
                write_regions_of(&mosaic, ids, &path)?;
            }
            Ok((how.folder, written.len(), progress.warnings()))
        };
        self.services.jobs.start("Exporting regions", work, |app, (folder, count, warnings)| {
            app.preferences.settings.export_folder = folder.parent().map(std::path::Path::to_owned);
            app.preferences.settings.region_export.folder = String::new();
            app.tell(format!("Exported {count} files to {}", folder.display()), false);
            if let Some(first) = warnings.first() {
                app.tell(first.to_string(), true);
            }
        });
    }

    /// A folder for the regions of the document that does not exist yet; does not look, only names.
    pub(in crate::app) fn region_folder(&self) -> String {
        let folder = self.documents.tab.folder(self.preferences.settings.export_folder.as_deref());
        folder.join(format!("{} regions", self.documents.tab.stem(None))).to_string_lossy().into_owned()
    }
}

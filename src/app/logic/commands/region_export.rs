//! Exports regions, each to a file of its own, into a new or empty folder: of the current tab, or of all open ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::regions::ChosenRegions;
use crate::app::tab::Tab;
use crate::app::{App, ExportForm, TabId};
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::region::Names;
use crate::work::{ExportRequest, export_regions};
use crate::{Error, Result};

impl App {
    /// Starts the export that the dialog asks for, and closes it.
    pub(super) fn start_region_export(&mut self, form: ExportForm) {
        let Some(mut usual) = form.each.clone() else { return };
        form.format.spec().name.clone_into(&mut usual.format);
        let all_tabs = usual.all_tabs;
        self.preferences.settings.region_export = usual;
        self.dialogs.close_export();
        let forms = if all_tabs { self.forms_of_tabs(&form) } else { vec![(form.clone(), Arc::clone(self.mosaic()))] };
        let protected = self.open_projects();
        let work = move |progress: &Progress| {
            let mut count = 0;
            for (form, mosaic) in &forms {
                count += export(form, mosaic, &protected, progress)?;
            }
            Ok((PathBuf::from(form.path.trim()), count, progress.warnings()))
        };
        self.services.jobs.start("Exporting regions", work, |app, (folder, count, warnings)| {
            app.preferences.settings.export_folder = folder.parent().map(Path::to_owned);
            let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
            app.tell(format!("Exported {files} to {}", folder.display()), false);
            if let Some(first) = warnings.first() {
                app.tell(first.to_string(), true);
            }
        });
    }

    /// The form for each tab that has regions, to a folder of its name.
    fn forms_of_tabs(&self, form: &ExportForm) -> Vec<(ExportForm, Arc<Mosaic>)> {
        let mut names = Names::default();
        let of_tab = |id: TabId| {
            let tab: &Tab = self.tab_of(id)?;
            let image = tab.stem(None);
            let path = Path::new(form.path.trim()).join(names.unique(&image)).to_string_lossy().into_owned();
            let form = ExportForm {
                display: form.display.as_ref().and_then(|_| tab.display.to_save()),
                mpp: tab.nav.georeference.calibration.mpp,
                view: tab.view,
                selected: ChosenRegions::default(),
                image,
                path,
                ..form.clone()
            };
            Some((form, Arc::clone(tab.history.now())))
        };
        self.tabs_with_regions().into_iter().filter_map(of_tab).collect()
    }

    /// The open tabs that have regions.
    pub(in crate::app) fn tabs_with_regions(&self) -> Vec<TabId> {
        let has_some = |id: &TabId| self.tab_of(*id).is_some_and(|tab| !tab.history.now().regions.is_empty());
        self.documents.tabs.ids().into_iter().filter(has_some).collect()
    }

    /// The files of the open projects, which no export may replace.
    pub(super) fn open_projects(&self) -> Vec<PathBuf> {
        self.documents.tabs.ids().into_iter().filter_map(|id| self.tab_of(id)?.project.clone()).collect()
    }
}

/// Writes the regions of one document; how many files that were.
fn export(form: &ExportForm, mosaic: &Mosaic, protected: &[PathBuf], progress: &Progress) -> Result<usize> {
    let each = form.each_request(mosaic)?.ok_or_else(|| Error::invalid("no regions are asked for"))?;
    let request = ExportRequest { protected: protected.to_vec(), ..each.request };
    Ok(export_regions(mosaic, &request, &each.regions, &each.how, progress)?.len())
}

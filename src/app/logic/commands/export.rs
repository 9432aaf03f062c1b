//! The export dialog and the queue of exports.

use std::path::PathBuf;
use std::sync::Arc;

use crate::Error;
use crate::app::dialog::{Dialog, ExportDialog};
use crate::app::question::Writing;
use crate::app::{App, Ask, ExportCommand, ExportForm, RegionFiles};
use crate::export::{FORMATS, ResumeMode};
use crate::mosaic::RoiId;

impl App {
    pub(super) fn apply_export(&mut self, command: ExportCommand) {
        match command {
            ExportCommand::Show(region) => self.show_export(region),
            ExportCommand::ShowRegions(which) => {
                self.show_export(None);
                let usual = &self.preferences.settings.region_export;
                if let Some(export) = self.dialogs.export_mut() {
                    export.form.export_each(which, usual);
                }
            }
            ExportCommand::Preview => self.preview_export(),
            ExportCommand::AskPath => {
                if let Some(export) = self.dialogs.export() {
                    let path = export.form.path.clone();
                    self.pick(if export.form.each.is_some() { Ask::RegionFolder(path) } else { Ask::SaveExport(path) });
                }
            }
            ExportCommand::Start => self.start_export(),
            ExportCommand::Pause(id, paused) => self.services.exports.set_paused(id, paused),
            ExportCommand::Cancel(id) => self.services.exports.cancel(id),
            ExportCommand::Repeat { id, anew } => {
                self.services.reported.remove(&id);
                self.services.exports.again(id, if anew { ResumeMode::Restart } else { ResumeMode::Resume });
            }
            ExportCommand::Remove(id) => self.services.exports.remove(id),
            ExportCommand::ShowFolder(folder) => self.show_folder(folder),
        }
    }

    fn show_export(&mut self, region: Option<RoiId>) {
        if self.mosaic().placements.is_empty() {
            return;
        }
        let region = region.or(self.documents.tab.selection.region());
        let base = self
            .documents
            .tab
            .folder(self.preferences.settings.export_folder.as_deref())
            .join(self.documents.tab.stem(region));
        let mut form = ExportForm::new(region, &base);
        let (known, quality) = (&self.preferences.settings.export_format, self.preferences.settings.export_quality);
        if let Some(spec) = FORMATS.iter().find(|spec| Some(spec.name) == known.as_deref()) {
            form.set_format(spec.format);
            form.quality = quality.unwrap_or(form.quality);
        }
        if let Some(kind) = self.documents.tab.display.kind() {
            form.suit(kind);
        }
        let tab = &self.documents.tab;
        (form.view, form.image, form.mpp) = (tab.view, tab.stem(None), tab.nav.georeference.calibration.mpp);
        form.selected = Arc::clone(&tab.selection.regions);
        if region.is_none() && form.selected.len() > 1 {
            form.export_each(RegionFiles::Selected, &self.preferences.settings.region_export);
        }
        self.dialogs.open(Dialog::Export(Box::new(ExportDialog {
            form,
            preview: None,
            previewing: None,
            starts: false,
        })));
    }

    fn start_export(&mut self) {
        let Some(form) = self.dialogs.export().map(|export| export.form.clone()) else { return };
        if form.each.is_some() {
            return self.start_region_export(form);
        }
        let settings = &mut self.preferences.settings;
        settings.export_format = Some(form.format.spec().name.to_owned());
        settings.export_quality = form.is_jpeg().then_some(form.quality);
        match form.request(self.mosaic()) {
            Ok(mut request) => {
                request.protected = self.open_projects();
                let mosaic = Arc::clone(self.documents.tab.history.now());
                self.look_before(Writing::Export { mosaic, request: Box::new(request) });
            }
            Err(error) => self.tell(error.to_string(), true),
        }
    }

    /// Find in the background how the export would go. The fields may change meanwhile; the dialog asks again then.
    fn preview_export(&mut self) {
        let mosaic = Arc::clone(self.mosaic());
        let Some(export) = self.dialogs.export_mut() else { return };
        if export.previewing.is_some() {
            return;
        }
        let form = export.form.clone();
        export.previewing = Some(form.clone());
        let plan = move || {
            let found = form.preview(&mosaic).map_err(|error| error.reason());
            Ok(crate::app::dialog::Preview { form, mosaic, found })
        };
        self.services.jobs.run(plan, |app, preview| {
            if let Some(export) = app.dialogs.export_mut() {
                export.previewing = None;
                export.preview = Some(preview);
            }
        });
    }

    /// Shows a folder, or that of a file, in the system's own file manager.
    fn show_folder(&self, path: PathBuf) {
        let show = move || {
            let folder = path.parent().filter(|_| path.is_file()).unwrap_or(&path);
            opener::open(folder)
                .map_err(|error| Error::invalid(format!("{}: the folder cannot be shown: {error}", folder.display())))
        };
        self.services.jobs.run(show, |_, ()| {});
    }
}

//! The name that the export dialog suggests.

use std::path::{Path, PathBuf};

use crate::app::App;
use crate::app::names::{free_folder, free_name, in_folder, with_ending};

impl App {
    /// Before each frame: updates the suggested name in the export dialog, unless the user has typed one.
    pub(super) fn name_export(&mut self) {
        let Some(form) = self.dialogs.export_mut().map(|export| &mut export.form) else { return };
        let chosen = form.named_for();
        if form.path != form.proposed || form.named_for == Some(chosen) {
            return;
        }
        let stem = self.documents.tab.stem(form.region);
        // Regions go to a folder.
        let stem = if form.each.is_some() { format!("{stem} regions") } else { stem };
        let base = self.documents.tab.folder(self.preferences.settings.export_folder.as_deref()).join(stem);
        let (each, format) = (form.each.is_some(), form.format);
        // Another format changes the ending only.
        if form.named_for.is_none_or(|(each, region, _)| (each, region) != (chosen.0, chosen.1)) {
            let path = if each { base.clone() } else { with_ending(&base, format) };
            form.path = path.to_string_lossy().into_owned();
            form.folder = base.parent().map(Path::to_owned).unwrap_or_default();
            form.proposed.clone_from(&form.path);
        }
        form.named_for = Some(chosen);
        let asked: PathBuf = in_folder(&form.path, &form.folder);
        let find = move || {
            let free = if each { free_folder(&asked) } else { free_name(asked.clone(), &base, format) };
            Ok((asked, free))
        };
        self.services.jobs.run(find, |app, (asked, free)| app.receive_free_name(&asked, &free));
    }

    /// A name that is not taken has been found.
    pub(super) fn receive_free_name(&mut self, asked: &Path, free: &Path) {
        if let Some(form) = self.dialogs.export_mut().map(|export| &mut export.form)
            && form.path == form.proposed
            && in_folder(&form.path, &form.folder) == asked
        {
            form.path = free.to_string_lossy().into_owned();
            form.proposed.clone_from(&form.path);
        }
    }
}

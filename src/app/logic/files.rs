//! Opening files, their properties, their pages, their neighbors, raw files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::compare::aligned;
use crate::app::dialog::{Dialog, TypedPath};
use crate::app::files::{Opened, Target};
use crate::app::notices::Tone;
use crate::app::opening::OpenedImages;
use crate::app::properties::Described;
use crate::app::question::Writing;
use crate::app::{
    App, Ask, BatchCommand, FileCommand, LayoutCommand, NoDialog, OverlapCommand, RawForm, RegionCommand,
    RepairCommand, Selection, TabId, TileCommand, names,
};
use crate::job::Progress;
use crate::mosaic::{Edit, History, Placement, PlacementId, RegionEdit, is_project};
use crate::work::{Properties, neighbor, probe, raw_preview, save_portable};
use crate::{Error, ImageRef, IoResultExt as _};

/// The longer side of a raw file's preview, in pixels.
const RAW_PREVIEW: u32 = 512;

impl App {
    /// Open files and folders, or one project.
    pub(super) fn open(&mut self, paths: Vec<PathBuf>, target: Target) {
        let title = match &*paths {
            [one] => format!("Opening {}", one.file_name().unwrap_or_default().to_string_lossy()),
            many => format!("Opening {} files", many.len()),
        };
        let base = self.base_of(target);
        let read = move |progress: &Progress| Opened::read(&base, paths, progress);
        self.services.jobs.start(title, read, move |app, opened| match opened {
            Opened::Images(opened) => app.receive_images(target, *opened),
            Opened::Project { mosaic, path } => app.receive_project(*mosaic, path),
            Opened::Unknown(file) => app.dialogs.open(Dialog::Unknown(file)),
        });
    }

    /// Open one image in a new tab.
    pub(super) fn open_image(&mut self, image: ImageRef) {
        let title = format!("Opening {}", image.name());
        let read = move |progress: &Progress| {
            let named = vec![image.to_text()];
            OpenedImages::read(&Arc::default(), vec![image], named, progress)
        };
        self.services.jobs.start(title, read, |app, opened| app.receive_images(Target::Own, opened));
    }

    /// Ask the user for paths.
    pub(super) fn pick(&self, ask: Ask) {
        let picker = Arc::clone(&self.services.picker);
        let asked = ask.clone();
        let choose = move || Ok((picker.pick(&asked), picker.asks_before_replacing()));
        self.services.jobs.run(choose, move |app, (picked, confirmed)| match picked {
            Ok(paths) => app.receive_picked(&ask, paths, confirmed),
            Err(NoDialog) => app.type_path(ask),
        });
    }

    /// Have a path typed, where the system has no dialog for that.
    pub(super) fn type_path(&mut self, ask: Ask) {
        let text = match &ask {
            Ask::SaveProject(name)
            | Ask::SavePortable(name)
            | Ask::SavePicture(name)
            | Ask::SaveExport(name)
            | Ask::RegionFolder(name)
            | Ask::SavePositions { path: name, .. }
            | Ask::SaveReport(name)
            | Ask::SaveRegions { path: name, .. }
            | Ask::SaveMeasures(name)
            | Ask::BatchOut(name)
            | Ask::SaveRecipe(name) => name.clone(),
            Ask::Files
            | Ask::More
            | Ask::Folder
            | Ask::Replacement(_)
            | Ask::Raw
            | Ask::Moved
            | Ask::Positions
            | Ask::Regions
            | Ask::Round(_)
            | Ask::BatchFiles
            | Ask::BatchFolder
            | Ask::Recipe => String::new(),
        };
        self.dialogs.open(Dialog::Path(TypedPath { ask, text }));
    }

    /// Handles the paths chosen for a request. `confirmed`: the user has agreed to replace an existing file.
    pub(super) fn receive_picked(&mut self, ask: &Ask, paths: Vec<PathBuf>, confirmed: bool) {
        let Some(path) = paths.first().cloned() else {
            self.documents.after_saving = None;
            return;
        };
        match ask {
            Ask::Files | Ask::Folder => self.receive_files(paths, FileCommand::OpenTab),
            Ask::More => self.receive_files(paths, FileCommand::Open),
            Ask::Replacement(id) => self.apply(TileCommand::Replace(*id, path)),
            Ask::Raw => self.import_raw(path),
            Ask::SaveProject(_) => self.save_as(path, confirmed),
            Ask::SavePortable(_) => self.save_portable(path),
            Ask::SavePicture(_) => self.save_picture(path, confirmed),
            Ask::Moved => self.apply(RepairCommand::Relink(path)),
            Ask::Positions => self.apply(LayoutCommand::ReadPositions(path)),
            Ask::SavePositions { format, .. } => {
                self.look_before(Writing::Positions { path: absolute(path), format, confirmed });
            }
            Ask::Regions => self.apply(RegionCommand::Import(paths)),
            Ask::SaveRegions { which, .. } => {
                self.look_before(Writing::Regions { path: absolute(path), which: *which, confirmed });
            }
            Ask::SaveMeasures(_) => self.look_before(Writing::Measures { path: absolute(path), confirmed }),
            Ask::SaveReport(_) => self.look_before(Writing::Report { path: absolute(path), confirmed }),
            Ask::Round(what) => self.apply(OverlapCommand::OpenRound(*what, path)),
            Ask::BatchFiles | Ask::BatchFolder => self.apply(BatchCommand::Add(paths)),
            Ask::BatchOut(_) => self.set_batch_folder(path),
            Ask::Recipe => self.apply(BatchCommand::LoadRecipe(path)),
            Ask::SaveRecipe(_) => self.look_before(Writing::Recipe { path: absolute(path), confirmed }),
            Ask::SaveExport(_) | Ask::RegionFolder(_) => {
                if let Some(export) = self.dialogs.export_mut() {
                    export.form.path = path.to_string_lossy().into_owned();
                    export.form.folder = path.parent().map(Path::to_owned).unwrap_or_default();
                }
            }
        }
    }

    /// Save the project under a name that the user has chosen, with the ending of projects.
    pub(super) fn save_as(&mut self, path: PathBuf, confirmed: bool) {
        let named = is_project(&path);
        let path = if named { path } else { names::with_text(&path, ".mosaic") };
        let tab = self.documents.tabs.current();
        self.look_before(Writing::Project { tab, path: absolute(path), confirmed: confirmed && named });
    }

    /// Save the document with copies of its files beside it. The tab stays as it is.
    fn save_portable(&mut self, path: PathBuf) {
        let path = absolute(if is_project(&path) { path } else { names::with_text(&path, ".mosaic") });
        let (mosaic, display) = (Arc::clone(self.mosaic()), self.documents.tab.display.to_save());
        let work = move |progress: &Progress| {
            let mut shown = (*mosaic).clone();
            shown.display = display;
            let folder = save_portable(&shown, &path, progress)?;
            Ok((path, folder))
        };
        self.services.jobs.start("Copying files", work, |app, (path, folder)| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            app.tell(format!("Saved {}, its files in the folder {name}", path.display()), false);
        });
    }

    /// Ask for the layout of a file of plain samples.
    fn ask_layout(&mut self, path: PathBuf, length: u64) {
        self.dialogs.open(Dialog::Raw(Box::new(RawForm::new(path, length))));
        self.ask(FileCommand::PreviewRaw);
    }

    /// Import a file with a layout that the user gives.
    pub(super) fn import_raw(&self, path: PathBuf) {
        let file = path.clone();
        let measure = move || Ok(std::fs::metadata(&file).at(&file)?.len());
        self.services.jobs.run(measure, move |app, length| app.ask_layout(path, length));
    }

    /// Shows the preview of the raw layout in the dialog.
    pub(super) fn preview_raw(&mut self) {
        let Some(form) = self.dialogs.raw_mut().filter(|form| form.asked.is_none()) else { return };
        form.asked = Some(form.layout.clone());
        let (path, layout) = (form.path.clone(), form.layout.clone());
        let read = move || {
            let found = raw_preview(&path, &layout, RAW_PREVIEW);
            Ok((layout, found))
        };
        self.services.jobs.run(read, |app, (layout, found)| {
            let context = app.context.clone();
            if let Some(form) = app.dialogs.raw_mut() {
                form.receive(&context, layout, found);
            }
        });
    }

    /// Another page or file where a placement was.
    pub(super) fn receive_instead(
        &mut self,
        tab: TabId,
        id: PlacementId,
        shown: &Placement,
        error: Option<Error>,
        other_file: bool,
    ) {
        self.documents.turning = false;
        if let Some(error) = error {
            self.services.textures.failures.insert(shown.image.clone(), error);
        }
        if other_file {
            self.preferences.settings.remember(&shown.image.path);
        }
        let Some(tab) = self.tab_of_mut(tab) else { return };
        let before = tab.history.now().bounds();
        let looked_at = tab.project.is_none() && !tab.is_dirty() && tab.history.undo_label().is_none();
        if other_file || looked_at {
            // Turning pages of a document without changes is no change of a document.
            let mut mosaic = (**tab.history.now()).clone();
            mosaic.show_instead(id, shown);
            if other_file {
                mosaic.apply(&Edit::Region(RegionEdit::Clear));
                (tab.selection, tab.project) = (Selection::default(), None);
            }
            tab.history = History::new(mosaic);
        } else {
            tab.history.edit("Show another page", |mosaic| mosaic.show_instead(id, shown));
        }
        let now = tab.history.now().bounds();
        if tab.history.now().placements.len() == 1 && now.size() != before.size() {
            tab.view = aligned(tab.view, before, now);
        }
    }

    pub(super) fn next_page(&mut self, next: impl FnOnce(&Described, usize) -> Option<usize>) {
        let Some(placement) = self.described_placement() else { return };
        let (id, page) = (placement.id, placement.image.number() as usize);
        if let Some(Ok(described)) = self.services.properties.get(&placement)
            && let Some(page) = next(described, page)
        {
            self.show_page(id, page as u32);
        }
    }

    pub(super) fn show_page(&mut self, id: PlacementId, page: u32) {
        let Some(placement) = self.mosaic().placement(id).filter(|placement| placement.image.number() != page) else {
            return;
        };
        if self.documents.turning {
            return;
        }
        let (tab, mut shown) = (self.documents.tabs.current(), placement.clone());
        self.documents.turning = true;
        let read = move || {
            shown.image = shown.image.numbered(page);
            let properties = Properties::read(&shown.image)?;
            (shown.size, shown.kind) = (properties.size(), Some(properties.kind));
            Ok(shown)
        };
        self.services.jobs.run(read, move |app, shown| app.receive_instead(tab, id, &shown, None, false));
    }

    /// Read the properties of a page of a file.
    pub(super) fn describe(&self, image: ImageRef) {
        let read = move || {
            let found = Properties::read(&image);
            Ok((image, found))
        };
        self.services.jobs.run(read, move |app, (image, found)| app.services.properties.put(image, found));
    }

    pub(super) fn next_file(&mut self, step: isize) {
        let mosaic = Arc::clone(self.mosaic());
        match (mosaic.placements.front(), mosaic.placements.len()) {
            (Some(placement), 1) if !self.documents.turning => {
                self.documents.turning = true;
                let (tab, id, path) = (self.documents.tabs.current(), placement.id, Arc::clone(&placement.image.path));
                let find = move || {
                    let probed = probe(&[neighbor(&path, step)?.into()], &Progress::default())?;
                    probed.into_iter().next().ok_or_else(|| Error::invalid("no image in this folder"))
                };
                self.services
                    .jobs
                    .run(find, move |app, (shown, error)| app.receive_instead(tab, id, &shown, error, true));
            }
            (_, 0 | 1) => {}
            _ => {
                let text = "The next file of a folder is shown where a single image is open";
                self.tell_as(Tone::Plain, text.into(), None);
            }
        }
    }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

//! Files of regions: imported into the document and written from it. Those of a single image lie on it as it lies on the canvas.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::Error;
use crate::app::regions::ChosenRegions;
use crate::app::{App, Ask, FileCommand, RegionCommand, RegionFiles, TabId};
use crate::job::Progress;
use crate::mosaic::{Edited, Mosaic, RoiId};
use crate::region::files::{Loaded, is_region_name};
use crate::work::{listed_regions, read_regions, write_regions};

/// Regions that have been read.
struct Imported {
    edited: Edited,
    ids: ChosenRegions,
    notes: Vec<String>,
}

impl App {
    pub(super) fn apply_region_file(&mut self, command: RegionCommand) {
        match command {
            RegionCommand::AskImport => self.pick(Ask::Regions),
            RegionCommand::Import(paths) => self.import_into(self.documents.tabs.current(), paths, None),
            RegionCommand::AskSave(which) => {
                let name = format!("{}.geojson", self.documents.tab.stem(None));
                let folder = self.documents.tab.folder(self.preferences.settings.export_folder.as_deref());
                let path = folder.join(name).to_string_lossy().into_owned();
                self.pick(Ask::SaveRegions { path, which });
            }
            _ => {}
        }
    }

    /// Files dropped on the window, or chosen to be opened: regions for the image that is open, or else what `open` makes of them.
    pub(in crate::app::logic) fn receive_files(&mut self, paths: Vec<PathBuf>, open: fn(Vec<PathBuf>) -> FileCommand) {
        let has_image = !self.mosaic().placements.is_empty();
        if has_image && paths.iter().all(|path| is_region_name(path)) {
            self.import_into(self.documents.tabs.current(), paths, Some(open));
        } else {
            self.ask(open(paths));
        }
    }

    /// `or_open`: what is done with files that hold no regions.
    fn import_into(&mut self, id: TabId, paths: Vec<PathBuf>, or_open: Option<fn(Vec<PathBuf>) -> FileCommand>) {
        let Some(mosaic) = self.tab_of(id).map(|tab| Arc::clone(tab.history.now())) else { return };
        let asked = paths.clone();
        let read = move |progress: &Progress| match read_regions(&mosaic, &asked, progress) {
            Err(Error::Unsupported { .. }) if or_open.is_some() => Ok(None),
            read => Ok(Some(imported(&mosaic, read?))),
        };
        self.services.jobs.start("Importing regions", read, move |app, read| match read {
            None => or_open.into_iter().for_each(|open| app.ask(open(paths.clone()))),
            Some(imported) => app.receive_regions(id, imported, paths),
        });
    }

    /// If the document has been changed meanwhile, they are read again for it.
    fn receive_regions(&mut self, id: TabId, imported: Imported, paths: Vec<PathBuf>) {
        let Some(tab) = self.tab_of_mut(id) else { return };
        let Imported { edited, ids, notes } = imported;
        if !tab.history.put("Import regions", None, edited) {
            return self.import_into(id, paths, None);
        }
        let (count, not_read) = (ids.len(), notes.len());
        tab.selection.regions = ids;
        tab.region_notes = Arc::new(notes);
        self.preferences.settings.open_panel("regions");
        self.tell(format!("Imported {count} regions"), false);
        if not_read > 0 {
            self.tell(format!("{not_read} things could not be read; the Regions tab lists them"), true);
        }
    }

    /// Write regions to a file whose ending names the format.
    pub(in crate::app::logic) fn write_regions(&mut self, path: PathBuf, which: RegionFiles) {
        let (id, mosaic, ids) = (self.documents.tabs.current(), Arc::clone(self.mosaic()), self.regions_of(which));
        let write = move |_: &Progress| {
            let count = ids.len();
            let notes = write_regions(&mosaic, listed_regions(&mosaic, ids), &path)?;
            Ok((path, count, notes))
        };
        self.services.jobs.start("Writing regions", write, move |app, (path, count, notes)| {
            app.tell(format!("Saved {count} regions to {}", path.display()), false);
            if !notes.is_empty() {
                let not_kept = notes.len();
                if let Some(tab) = app.tab_of_mut(id) {
                    tab.region_notes = Arc::new(notes);
                }
                app.tell(format!("{not_kept} things were not written as they are; the Regions tab lists them"), true);
            }
        });
    }

    /// The regions that are written, exported or measured, in the order in which they were drawn.
    pub(super) fn regions_of(&self, which: RegionFiles) -> Vec<RoiId> {
        match which {
            RegionFiles::All => self.mosaic().regions.iter().map(|region| region.id).collect(),
            RegionFiles::Selected => {
                let mut ids: Vec<RoiId> = self.documents.tab.selection.regions.iter().copied().collect();
                ids.sort_unstable();
                ids
            }
        }
    }
}

/// The document with the regions of a file, all of which are selected, and what of the file could not be read. All that takes long is
/// done here, for the window only puts it in place.
fn imported(mosaic: &Arc<Mosaic>, read: Loaded) -> Imported {
    let Loaded { rois, members, warnings: notes, .. } = read;
    let mut ids = HashSet::new();
    let edited = Edited::of(mosaic, |m| {
        ids.extend(m.add_regions(rois));
        m.add_region_members(members);
    });
    Imported { edited, ids: Arc::new(ids), notes }
}

//! Files of regions: imported into the document and written from it. Those of a single image lie on it as it lies on the canvas.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::{App, Ask, FileCommand, RegionCommand, RegionFiles, TabId};
use crate::geometry::Affine;
use crate::job::Progress;
use crate::mosaic::{Edited, Mosaic, Placement, RoiId};
use crate::region::Roi;
use crate::region::files::{Frame, is_region_name, load, save_rois};
use crate::source::open_image;
use crate::{Error, Result};

/// Regions of files, in canvas pixels, and what could not be read of them.
struct Imported {
    rois: Vec<Roi>,
    notes: Vec<String>,
}

impl App {
    pub(super) fn apply_region_file(&mut self, command: RegionCommand) {
        match command {
            RegionCommand::AskImport => self.pick(Ask::Regions),
            RegionCommand::Import(paths) => self.import_regions(paths, false),
            RegionCommand::AskSave(which) => {
                let name = format!("{}.geojson", self.documents.tab.stem(None));
                let folder = self.documents.tab.folder(self.preferences.settings.export_folder.as_deref());
                let path = folder.join(name).to_string_lossy().into_owned();
                self.pick(Ask::SaveRegions { path, which });
            }
            _ => {}
        }
    }

    /// Files dropped on the window: regions for the image that is open, or else files to open.
    pub(in crate::app::logic) fn receive_dropped(&mut self, paths: Vec<PathBuf>) {
        let open = !self.mosaic().placements.is_empty();
        if open && paths.iter().all(|path| is_region_name(path)) {
            self.import_regions(paths, true);
        } else {
            self.ask(FileCommand::Open(paths));
        }
    }

    /// `or_open`: what holds no regions is opened as other files are.
    fn import_regions(&mut self, paths: Vec<PathBuf>, or_open: bool) {
        let (id, mosaic) = (self.documents.tabs.current(), Arc::clone(self.mosaic()));
        let asked = paths.clone();
        let read = move |progress: &Progress| match imported(&mosaic, &asked, progress) {
            Err(Error::Unsupported { .. }) if or_open => Ok(None),
            read => {
                let Imported { rois, notes } = read?;
                let (rois, mut ids) = (Arc::new(rois), Vec::new());
                let edited = Edited::of(&mosaic, |m| ids.extend(m.add_regions((*rois).clone())));
                Ok(Some((edited, ids, rois, notes)))
            }
        };
        self.services.jobs.start("Importing regions", read, move |app, read| match read {
            None => app.ask(FileCommand::Open(paths)),
            Some((edited, ids, rois, notes)) => app.receive_regions(id, edited, ids, &rois, notes),
        });
    }

    fn receive_regions(&mut self, id: TabId, edited: Edited, mut ids: Vec<RoiId>, rois: &[Roi], notes: Vec<String>) {
        let Some(tab) = self.tab_of_mut(id) else { return };
        if !tab.history.put("Import regions", None, edited) {
            ids.clear();
            tab.history.edit("Import regions", |m| ids.extend(m.add_regions(rois.to_vec())));
        }
        tab.selection.regions = Arc::new(ids.into_iter().collect());
        let count = rois.len();
        let not_read = notes.len();
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
            let notes = write_regions_of(&mosaic, ids, &path)?;
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

/// Writes regions, in pixels of the image if there is one only. What could not be written as it is.
pub(super) fn write_regions_of(mosaic: &Mosaic, ids: Vec<RoiId>, path: &std::path::Path) -> Result<Vec<String>> {
    let (frame, onto) = frame(mosaic)?;
    let back = onto.invert().unwrap_or(Affine::IDENTITY);
    let mut rois = mosaic.regions.listed(ids);
    rois.iter_mut().for_each(|roi| place(roi, back));
    save_rois(path, rois, &frame)
}

fn imported(mosaic: &Mosaic, paths: &[PathBuf], progress: &Progress) -> Result<Imported> {
    let (frame, onto) = frame(mosaic)?;
    let mut all = Imported { rois: Vec::new(), notes: Vec::new() };
    progress.set_total(paths.len() as u64);
    for path in paths {
        let mut loaded = load(path, &frame)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        all.notes.extend(loaded.warnings.drain(..).map(|warning| format!("{name}: {warning}")));
        // Parents are indexes in the list of their own file.
        let first = all.rois.len() as u32;
        all.rois.extend(loaded.rois.drain(..).map(|mut roi| {
            roi.parent = roi.parent.map(|parent| parent + first);
            place(&mut roi, onto);
            roi
        }));
        progress.advance(1)?;
    }
    Ok(all)
}

fn place(roi: &mut Roi, by: Affine) {
    if by != Affine::IDENTITY {
        roi.geometry = roi.geometry.transformed(by);
        roi.nucleus = roi.nucleus.as_ref().map(|nucleus| Arc::new(nucleus.transformed(by)));
    }
}

/// What files of regions say of the image, if the document has one only, and where its pixels lie on the canvas.
fn frame(mosaic: &Mosaic) -> Result<(Frame, Affine)> {
    let mut placements = mosaic.placements.iter();
    let (Some(only), None) = (placements.next(), placements.next()) else {
        return Ok((Frame::default(), Affine::IDENTITY));
    };
    let only: &Placement = only;
    let frame = Frame { name: Some(only.name()), ..Frame::of(open_image(&only.image)?.info()) };
    Ok((frame, only.transform))
}

//! The part of the logic that is about files: opening them, their facts, their pages, their neighbors, files without a header.

use std::path::PathBuf;
use std::sync::Arc;

use super::compare::aligned;
use super::jobs::Target;
use super::question::Writing;
use super::raw_form::RawForm;
use super::state::TypedPath;
use super::{App, Ask, Command, names};
use crate::mosaic::{History, Placement, PlacementId, is_project};
use crate::work::PageAxis;
use crate::{Error, Result};

impl App {
    /// Do what a command asks of files; whether it was one of those.
    pub(super) fn apply_to_files(&mut self, command: &Command) -> bool {
        match command {
            Command::AskFiles => self.jobs.pick(Arc::clone(&self.picker), Ask::Files),
            Command::AskFolder => self.jobs.pick(Arc::clone(&self.picker), Ask::Folder),
            Command::AskMore => self.jobs.pick(Arc::clone(&self.picker), Ask::More),
            Command::AskPath => self.type_path(Ask::Files),
            Command::Typed(ask, path) => {
                self.typed_path = None;
                self.receive_picked(ask, vec![path.clone()], false);
            }
            Command::Open(paths) => self.open(paths, Target::Tab(self.tabs.current())),
            Command::OpenTab(paths) => self.open(paths, Target::Own),
            Command::Describe(path, page) => {
                if self.facts.asked.is_none() {
                    self.facts.asked = Some((Arc::clone(path), *page));
                    self.jobs.describe(Arc::clone(path), *page);
                }
            }
            Command::ShowPage(id, page) => self.show_page(*id, *page),
            Command::NextPage(step) => self.next_page(|described, page| {
                page.checked_add_signed(*step).filter(|page| *page < described.facts.pages)
            }),
            Command::NextAlong(axis, step) => self.next_page(|described, page| {
                let at = described.pages.at(page, *axis).checked_add_signed(*step)?;
                let counted = *axis == PageAxis::Named || described.pages.counts[*axis as usize] > at;
                counted.then(|| described.pages.moved(page, *axis, at)).flatten()
            }),
            Command::AskRaw => self.jobs.pick(Arc::clone(&self.picker), Ask::Raw),
            Command::PreviewRaw => {
                if let Some(form) = &mut self.raw_form
                    && form.asked.is_none()
                {
                    form.asked = Some(form.layout.clone());
                    self.jobs.raw_preview(form.path.clone(), form.layout.clone());
                }
            }
            Command::OpenRaw => {
                if let Some(form) = self.raw_form.take() {
                    self.jobs.open(vec![form.layout.attach(&form.path)], Target::Own);
                }
            }
            _ => return false,
        }
        true
    }

    fn open(&mut self, paths: &[PathBuf], target: Target) {
        self.jobs.open(paths.to_vec(), target);
    }

    /// Have a path typed, where the system has no dialog for that.
    pub(super) fn type_path(&mut self, ask: Ask) {
        let text = match &ask {
            Ask::SaveProject(name) | Ask::SavePicture(name) | Ask::SaveExport(name) => name.clone(),
            Ask::Files | Ask::More | Ask::Folder | Ask::Raw => String::new(),
        };
        self.typed_path = Some(TypedPath { ask, text });
    }

    /// Paths chosen for what was asked. `confirmed`: the person has agreed to replace what stands there.
    pub(super) fn receive_picked(&mut self, ask: &Ask, paths: Vec<PathBuf>, confirmed: bool) {
        let Some(path) = paths.first().cloned() else {
            self.after_saving = None;
            return;
        };
        match ask {
            Ask::Files | Ask::Folder => self.apply(Command::OpenTab(paths)),
            Ask::More => self.apply(Command::Open(paths)),
            Ask::Raw => self.jobs.measure(path),
            Ask::SaveProject(_) => self.save_as(path, confirmed),
            Ask::SavePicture(_) => self.save_picture(path, confirmed),
            Ask::SaveExport(_) => {
                if let Some(form) = &mut self.export_form {
                    form.path = path.to_string_lossy().into_owned();
                }
            }
        }
    }

    /// Save the project under a name that the person has chosen, with the ending of projects.
    pub(super) fn save_as(&mut self, path: PathBuf, confirmed: bool) {
        let named = is_project(&path);
        let path = if named { path } else { names::with_text(&path, ".mosaic") };
        let tab = self.tabs.current();
        self.look_before(Writing::Project { tab, path: absolute(path), confirmed: confirmed && named });
    }

    /// A file that no format knows: ask how its pixels lie.
    pub(super) fn receive_unknown(&mut self, path: PathBuf, length: u64) {
        self.jobs.finished();
        self.raw_form = Some(RawForm::new(path, length));
        self.ask(Command::PreviewRaw);
    }

    /// What a layout makes of a file.
    pub(super) fn receive_raw_preview(
        &mut self,
        layout: crate::source::RawLayout,
        found: Result<(crate::geometry::Size, Vec<u8>)>,
    ) {
        let context = self.context.clone();
        if let Some(form) = &mut self.raw_form {
            form.receive(&context, layout, found);
        }
    }

    /// Another page or file where a placement was.
    pub(super) fn receive_instead(
        &mut self,
        tab: super::TabId,
        id: PlacementId,
        shown: &Placement,
        error: Option<Error>,
        other_file: bool,
    ) {
        self.turning = false;
        if let Some(error) = error {
            self.textures.failures.insert(Arc::clone(&shown.path), error);
        }
        if other_file {
            self.settings.remember(&shown.path);
        }
        let Some(tab) = self.tab_of_mut(tab) else { return };
        let before = tab.history.now().bounds();
        let looked_at = tab.project.is_none() && !tab.history.is_dirty() && tab.history.undo_label().is_none();
        if other_file || looked_at {
            // Turning pages of what is only looked at is no change of a document.
            let mut mosaic = (**tab.history.now()).clone();
            mosaic.show_instead(id, shown);
            if other_file {
                mosaic.regions.clear();
                (tab.selection, tab.project) = (super::Selection::default(), None);
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

    fn next_page(&mut self, next: impl FnOnce(&super::properties::Described, usize) -> Option<usize>) {
        let Some(placement) = self.described_placement() else { return };
        let (id, page) = (placement.id, placement.page as usize);
        if let Some(Ok(described)) = self.facts.get(&placement)
            && let Some(page) = next(described, page)
        {
            self.show_page(id, page as u32);
        }
    }

    fn show_page(&mut self, id: PlacementId, page: u32) {
        let Some(placement) = self.mosaic().placement(id).filter(|placement| placement.page != page) else { return };
        if !self.turning {
            self.jobs.page(self.tabs.current(), placement, page);
            self.turning = true;
        }
    }

    pub(super) fn next_file(&mut self, step: isize) {
        let mosaic = Arc::clone(self.mosaic());
        match (mosaic.placements.front(), mosaic.placements.len()) {
            (Some(placement), 1) if !self.turning => {
                self.jobs.neighbor(self.tabs.current(), placement, step);
                self.turning = true;
            }
            (_, 0 | 1) => {}
            _ => self.tell("The next file of a folder is shown where one image is open alone".into(), false),
        }
    }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

//! Aligning overlapping images and making one picture of them: each as one step to undo. What reads images runs as a job.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::align::light::Exposures;
use crate::align::{AlignOptions, Alignment, ByHand, Tile, TileState, align, guess_layout, report};
use crate::app::links::{Found, Links};
use crate::app::tile_layout::in_sequence;
use crate::app::{App, Ask, OverlapCommand, TabId, Zoom};
use crate::cache::Library;
use crate::job::Progress;
use crate::mosaic::{Edit, Mosaic};
use crate::work::{PixelValue, PlacementReader, estimate_flat_field, flat_field_edit, library, matched_exposures};
use crate::{Error, Result, whole_file};

/// The most layouts that are listed.
const MAX_GUESSES: usize = 4;
/// Decoded tiles that a job caches, in bytes: apart from those of the screen, which it must not push out.
const CACHE: u64 = 192 << 20;

impl App {
    pub(super) fn apply_overlap(&mut self, command: OverlapCommand) {
        match command {
            OverlapCommand::Align { selected, max_shift } => self.align(selected, AlignOptions { max_shift }),
            OverlapCommand::Blend(blend) => self.edit_overlaps("Change blending", &[Edit::Blend(blend)]),
            OverlapCommand::EstimateFlatField => {
                let dark = self.mosaic().flat_field.as_ref().and_then(|field| field.dark.clone());
                self.start_overlap_job(
                    "Estimating flat field",
                    "Estimate flat field",
                    move |mosaic, library, progress| {
                        Ok(vec![flat_field_edit(estimate_flat_field(mosaic, library, dark, progress)?)])
                    },
                );
            }
            OverlapCommand::RemoveFlatField => self.edit_overlaps("Remove flat field", &[Edit::FlatField(None)]),
            OverlapCommand::MatchExposures => {
                self.start_overlap_job("Matching exposures", "Match exposures", |mosaic, library, progress| {
                    matched_exposures(mosaic, library, Exposures::Gain, progress)
                });
            }
            OverlapCommand::ShowLinks(shown) => self.change_links(|links| links.shown = shown),
            OverlapCommand::ChooseLink(link) => self.choose_link(link),
            OverlapCommand::Judge(by_hand) => self.judge(by_hand),
            OverlapCommand::SetLink => {
                let links = self.documents.tab.links.as_ref();
                let step = links.and_then(|links| links.found.step(links.chosen?, self.mosaic()));
                if let Some(step) = step {
                    self.judge(Some(ByHand::Set(step)));
                }
            }
            OverlapCommand::Blink(on) => self.change_links(|links| links.blinks = on),
            OverlapCommand::SnapToMatch => self.snap_to_match(),
            OverlapCommand::AskReport => {
                let path = self.documents.tab.folder(None).join("alignment.html");
                self.pick(Ask::SaveReport(path.to_string_lossy().into_owned()));
            }
            OverlapCommand::GuessLayout => self.guess_layout(),
        }
    }

    fn change_links(&mut self, change: impl FnOnce(&mut Links)) {
        if let Some(links) = &mut self.documents.tab.links {
            change(links);
        }
    }

    fn edit_overlaps(&mut self, label: &'static str, edits: &[Edit]) {
        self.documents.tab.history.edit(label, |mosaic| edits.iter().for_each(|edit| drop(mosaic.apply(edit))));
    }

    /// Find the edits in the background and make them in the tab that is current now, as one step.
    fn start_overlap_job(
        &mut self,
        title: &str,
        label: &'static str,
        work: impl FnOnce(&Mosaic, &Library, &Progress) -> Result<Vec<Edit>> + Send + 'static,
    ) {
        let (mosaic, tab) = (Arc::clone(self.mosaic()), self.documents.tabs.current());
        let work = move |progress: &Progress| work(&mosaic, &library(CACHE), progress);
        self.services.jobs.start(title, work, move |app, edits| {
            if app.documents.tabs.place(tab).is_some() {
                app.with_tab(tab, |app| app.edit_overlaps(label, &edits));
            }
        });
    }

    /// Align all images, or only those selected. The others stay, and so do locked ones.
    fn align(&mut self, selected: bool, options: AlignOptions) {
        let (mosaic, tab) = (Arc::clone(self.mosaic()), self.documents.tabs.current());
        let chosen = self.documents.tab.selection.placements.clone();
        let work = move |progress: &Progress| {
            let tiles = mosaic.placements.iter().map(|placement| {
                let tile = Tile::of(placement);
                Tile { locked: tile.locked || selected && !chosen.contains(&placement.id), ..tile }
            });
            let tiles: Vec<Tile> = tiles.collect();
            if tiles.iter().all(|tile| tile.locked) {
                return Err(Error::invalid("all images are locked"));
            }
            let reader = PlacementReader::new(library(CACHE), &mosaic, PixelValue::Gray);
            let alignment = align(tiles, &reader, &options, progress)?;
            Ok(Found::new(mosaic.placements.iter().map(|placement| placement.id).collect(), alignment))
        };
        self.services.jobs.start("Aligning", work, move |app, found| {
            app.tell(summary(found.alignment()), false);
            app.receive_links(tab, "Align", Links::new(found));
        });
    }

    /// Moves the tiles of a tab to where its new links have them.
    fn receive_links(&mut self, tab: TabId, label: &'static str, links: Links) {
        if self.documents.tabs.place(tab).is_none() {
            return;
        }
        self.with_tab(tab, |app| {
            let places = links.found.moves(app.mosaic());
            app.documents.tab.links = Some(links);
            if !places.is_empty() {
                app.edit_overlaps(label, &[Edit::Place(places)]);
            }
        });
    }

    /// Selects the tiles of a link, and shows where they overlap.
    fn choose_link(&mut self, link: Option<usize>) {
        self.change_links(|links| links.chosen = link.filter(|link| *link < links.found.links().len()));
        let Some(links) = &self.documents.tab.links else { return };
        let Some(link) = links.chosen else { return };
        let Some(shared) = links.found.overlap(link, self.mosaic()) else { return };
        let ends: HashSet<_> = links.found.ends(link).into();
        self.documents.tab.selection.placements = Arc::new(ends);
        let around = shared.expand(shared.width().min(shared.height()) as i64 / 2 + 8);
        self.zoom(Zoom::Show(around));
    }

    /// Decides on the chosen link, and solves again in the background.
    fn judge(&mut self, by_hand: Option<ByHand>) {
        let Some(links) = self.documents.tab.links.clone() else { return };
        let Some(link) = links.chosen else { return };
        let (mosaic, tab) = (Arc::clone(self.mosaic()), self.documents.tabs.current());
        let label = match by_hand {
            Some(ByHand::Accept) => "Accept link",
            Some(ByHand::Reject) => "Reject link",
            Some(ByHand::Set(_)) => "Set link",
            None => "Reset link",
        };
        let found = Arc::clone(&links.found);
        let work = move |progress: &Progress| found.judged(link, by_hand, &mosaic, progress);
        self.services.jobs.start("Solving", work, move |app, found| {
            app.receive_links(tab, label, Links { found: Arc::new(found), ..links });
        });
    }

    /// Writes the report of the alignment: a table if the name ends so, or else a page.
    pub(in crate::app) fn write_report(&self, path: PathBuf) {
        let Some(links) = &self.documents.tab.links else { return };
        let (found, mosaic) = (Arc::clone(&links.found), Arc::clone(self.mosaic()));
        let work = move || {
            let names = found.names(&mosaic);
            let is_table = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
            let text = if is_table { report::csv } else { report::html }(found.alignment(), &names);
            whole_file::write_bytes(&path, text.as_bytes())?;
            Ok(path)
        };
        self.services.jobs.run(work, |app, path| app.tell(format!("Wrote the report to {}", path.display()), false));
    }

    /// Tries the layouts that the tiles may have, in the sequence of the form.
    fn guess_layout(&mut self) {
        let (mosaic, tab) = (Arc::clone(self.mosaic()), self.documents.tabs.current());
        let sequence = self.layout_form().sequence;
        let work = move |progress: &Progress| {
            let tiles = in_sequence(&mosaic, None, sequence);
            let sizes: Vec<_> = tiles.iter().map(|tile| tile.size).collect();
            let images = tiles.iter().map(|tile| tile.image.clone()).collect();
            let reader = PlacementReader::of(library(CACHE), images, PixelValue::Gray);
            let mut guesses = guess_layout(&sizes, &reader, None, progress)?;
            guesses.truncate(MAX_GUESSES);
            Ok(guesses)
        };
        self.services.jobs.start("Trying layouts", work, move |app, guesses| {
            if guesses.is_empty() {
                app.tell("No layout was found in which neighbors match".into(), true);
            }
            if let Some(tab) = app.tab_of_mut(tab) {
                tab.layout.grids = guesses;
            }
        });
    }
}

/// How many images are aligned, and how many are not.
fn summary(alignment: &Alignment) -> String {
    let count = |state| alignment.count(state);
    let [aligned, weak, guessed] = [TileState::Aligned, TileState::Weak, TileState::Guessed].map(count);
    if weak + guessed == 0 {
        return format!("{aligned} images aligned");
    }
    format!("{aligned} images aligned, {weak} weakly, {guessed} placed by the usual step")
}

//! Aligning overlapping images and making one picture of them: each as one step to undo. What reads images runs as a job.

use std::path::PathBuf;
use std::sync::Arc;

use crate::align::light::Exposures;
use crate::align::{AlignOptions, Alignment, ByHand, Guess, Tile, TileState, align, guess_layout, report};
use crate::app::links::{Found, Links};
use crate::app::tile_layout::in_sequence;
use crate::app::{App, Ask, LayoutForm, OverlapCommand, PositionSource, TabId, Zoom};
use crate::cache::Library;
use crate::job::Progress;
use crate::mosaic::{Corner, Edit, Edited, Grid, GridOrder, Mosaic, Placement, PlacementIds};
use crate::work::{PixelValue, PlacementReader, estimate_flat_field, flat_field_edit, library, matched_exposures};
use crate::{Error, Result, whole_file};

/// The most layouts that are listed.
const MAX_GUESSES: usize = 4;
/// Decoded tiles that a job caches, in bytes: apart from those of the screen, which it must not push out.
pub(super) const CACHE: u64 = 192 << 20;

impl App {
    pub(super) fn apply_overlap(&mut self, command: OverlapCommand) {
        match command {
            OverlapCommand::Align { selected, options } => self.align(selected, options),
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
            OverlapCommand::AskRound(what) => self.pick(Ask::Round(what)),
            OverlapCommand::OpenRound(what, folder) => self.open_round(what, folder),
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
        let document = self.documents.tab.display.number();
        let work = move |progress: &Progress| work(&mosaic, &library(CACHE), progress);
        self.services.jobs.start(title, work, move |app, edits| {
            if app.shows_document(tab, document) {
                app.with_tab(tab, |app| app.edit_overlaps(label, &edits));
            }
        });
    }

    /// Whether a tab is there and still shows the document of that number.
    fn shows_document(&self, tab: TabId, document: u64) -> bool {
        self.tab_of(tab).is_some_and(|tab| tab.display.number() == document)
    }

    /// Align all images, or only those selected. The others stay, and so do locked ones.
    fn align(&mut self, selected: bool, options: AlignOptions) {
        let (mosaic, tab) = (Arc::clone(self.mosaic()), self.documents.tabs.current());
        let document = self.documents.tab.display.number();
        let chosen = self.documents.tab.selection.placements.clone();
        let work = move |progress: &Progress| {
            let tiles = mosaic.placements.iter().map(|placement| {
                let tile = Tile::of(placement);
                Tile { locked: tile.locked || selected && !chosen.contains(placement.id), ..tile }
            });
            let tiles: Vec<Tile> = tiles.collect();
            if tiles.iter().all(|tile| tile.locked) {
                return Err(Error::invalid("all images are locked"));
            }
            let reader = PlacementReader::new(library(CACHE), &mosaic, PixelValue::Gray);
            let alignment = align(tiles, &reader, &options, progress)?;
            let found = Found::new(mosaic.placements.iter().map(|placement| placement.id).collect(), alignment);
            let moved = moved(&found, &mosaic);
            Ok((found, moved))
        };
        let title = if options.is_layout_unknown { "Searching overlaps" } else { "Aligning" };
        self.services.jobs.start(title, work, move |app, (found, moved)| {
            let (text, bad) = summary(found.alignment());
            app.tell(text, bad);
            app.receive_links(tab, document, "Align", Links::new(found), moved);
        });
    }

    /// Moves the tiles of a tab to where its new links have them, if it still shows that document.
    fn receive_links(&mut self, tab: TabId, document: u64, label: &'static str, links: Links, moved: Edited) {
        if !self.shows_document(tab, document) {
            return;
        }
        let Some(tab) = self.tab_of_mut(tab) else { return };
        let before = tab.links.as_ref().map(|links| Arc::clone(&links.found));
        tab.link_states.note(tab.history.now(), before);
        if !tab.history.put(label, None, moved) {
            // It has been changed since.
            let places = links.found.moves(tab.history.now());
            tab.history.edit(label, |mosaic| _ = mosaic.apply(&Edit::Place(places)));
        }
        tab.link_states.note(tab.history.now(), Some(Arc::clone(&links.found)));
        tab.links = Some(links);
    }

    /// After a step through the history: the links are those of that state.
    pub(super) fn follow_links(&mut self) {
        let tab = &mut self.documents.tab;
        tab.links = tab.link_states.at(tab.history.now(), tab.links.take());
    }

    /// Selects the tiles of a link, and shows where they overlap.
    fn choose_link(&mut self, link: Option<usize>) {
        self.change_links(|links| links.chosen = link.filter(|link| *link < links.found.links().len()));
        let Some(links) = &self.documents.tab.links else { return };
        let Some(link) = links.chosen else { return };
        let Some(shared) = links.found.overlap(link, self.mosaic()) else { return };
        let ends = PlacementIds::from_iter(links.found.ends(link));
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
        let (found, document) = (Arc::clone(&links.found), self.documents.tab.display.number());
        let work = move |progress: &Progress| {
            let found = found.judged(link, by_hand, &mosaic, progress)?;
            let moved = moved(&found, &mosaic);
            Ok((found, moved))
        };
        self.services.jobs.start("Solving", work, move |app, (found, moved)| {
            app.receive_links(tab, document, label, Links { found: Arc::new(found), ..links }, moved);
        });
    }

    /// Writes the report of the alignment: a table if the name ends so, or else a page.
    pub(in crate::app) fn write_report(&mut self, path: PathBuf) {
        let Some(links) = &self.documents.tab.links else {
            return self.tell("Align the tiles first: there is nothing to report".into(), true);
        };
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

    /// Tries the layouts that the tiles may have, in the sequence of the form; where names tell the cells, only their overlap.
    fn guess_layout(&mut self) {
        if self.layout_form().source == PositionSource::Names {
            return self.guess_overlap();
        }
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

/// The document with its tiles where an alignment has them.
fn moved(found: &Found, mosaic: &Arc<Mosaic>) -> Edited {
    Edited::of(mosaic, |after| _ = after.apply(&Edit::Place(found.moves(mosaic))))
}

/// How well neighbors match at the least if an overlap is believed.
const LEAST_SCORE: f32 = 0.3;

impl App {
    /// Finds how far tiles overlap that names put into cells, and lays them out so.
    fn guess_overlap(&mut self) {
        let (mosaic, tab) = (Arc::clone(self.mosaic()), self.documents.tabs.current());
        let document = self.documents.tab.display.number();
        let extent = self.layout_found().and_then(|found| found.ok()?.extent);
        let Some(across) = extent.filter(|(across, down)| across * down == mosaic.placements.len() as u64) else {
            return self.tell("The overlap can be guessed where every cell of the grid has a tile".into(), true);
        };
        let across = across.0 as u32;
        let work = move |progress: &Progress| {
            let mut tiles: Vec<&Placement> = mosaic.placements.iter().collect();
            let place = |tile: &Placement| (tile.position().y, tile.position().x);
            tiles.sort_by(|a, b| place(a).0.total_cmp(&place(b).0).then(place(a).1.total_cmp(&place(b).1)));
            let sizes: Vec<_> = tiles.iter().map(|tile| tile.size).collect();
            let images = tiles.iter().map(|tile| tile.image.clone()).collect();
            let reader = PlacementReader::of(library(CACHE), images, PixelValue::Gray);
            let guesses = guess_layout(&sizes, &reader, Some(across), progress)?;
            let is_this = |guess: &&Guess| guess.grid.order == GridOrder::Rows && guess.grid.start == Corner::TopLeft;
            Ok(guesses.iter().find(is_this).filter(|guess| guess.score >= LEAST_SCORE).map(|guess| guess.grid.overlap))
        };
        self.services.jobs.start("Comparing tiles", work, move |app, overlap| match overlap {
            None => app.tell("No overlap was found in which neighbors match".into(), true),
            Some(overlap) if app.shows_document(tab, document) => app.with_tab(tab, |app| {
                let form = app.layout_form().clone();
                app.set_layout(LayoutForm { grid: Grid { overlap, ..form.grid }, ..form }, true);
            }),
            Some(_) => {}
        });
    }
}

/// How many images are aligned, and how many are not; whether that is bad news.
pub(super) fn summary(alignment: &Alignment) -> (String, bool) {
    let count = |state| alignment.count(state);
    let [aligned, weak, guessed, unplaced] = TileState::ALL.map(count);
    if alignment.is_unknown {
        return summary_of_search(alignment, aligned, unplaced);
    }
    if aligned == 0 {
        let text = "No image could be aligned. Give the layout the overlap of the tiles, or raise the max shift";
        return (text.into(), true);
    }
    if weak + guessed == 0 {
        return (format!("{aligned} images aligned"), false);
    }
    (format!("{aligned} images aligned, {weak} weakly, {guessed} placed by the usual step"), false)
}

/// The same where the layout was unknown.
fn summary_of_search(alignment: &Alignment, aligned: usize, unplaced: usize) -> (String, bool) {
    if aligned == 0 {
        return ("No two images were found that overlap".into(), true);
    }
    let groups = alignment.groups().len();
    let groups = if groups > 1 { format!(" in {groups} groups side by side") } else { String::new() };
    let left = if unplaced > 0 { format!("; {unplaced} match no other and lie below") } else { String::new() };
    let doubt =
        if alignment.is_ambiguous { ". They show the same things at several places: some may lie wrong" } else { "" };
    (format!("{aligned} images aligned{groups}{left}{doubt}"), alignment.is_ambiguous)
}

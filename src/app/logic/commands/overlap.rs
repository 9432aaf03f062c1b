//! Aligning overlapping images and making one picture of them: each as one step to undo. What reads images runs as a job.

use std::sync::Arc;

use crate::align::light::Exposures;
use crate::align::{AlignOptions, Alignment, Tile, TileState, align};
use crate::app::{App, OverlapCommand};
use crate::cache::Library;
use crate::job::Progress;
use crate::mosaic::{Edit, Mosaic};
use crate::work::{PixelValue, PlacementReader, estimate_flat_field, flat_field_edit, library, matched_exposures};
use crate::{Error, Result};

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
            Ok((align(tiles, &reader, &options, progress)?, mosaic))
        };
        self.services.jobs.start("Aligning", work, move |app, (alignment, mosaic)| {
            app.tell(summary(&alignment), false);
            let moved = mosaic.placements.iter().zip(&alignment.placed).zip(&alignment.tiles);
            let moved = moved.filter(|((_, placed), tile)| !tile.locked && placed.position != tile.position);
            let places = moved.map(|((placement, placed), _)| (placement.id, placed.position)).collect();
            if app.documents.tabs.place(tab).is_some() {
                app.with_tab(tab, |app| app.edit_overlaps("Align", &[Edit::Place(places)]));
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

//! The tiles of another channel or round, in a tab of their own: at the positions of the document's tiles, or aligned to them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::overlap::{CACHE, summary};
use crate::align::{AlignOptions, align};
use crate::app::files::Target;
use crate::app::links::{Found, Links};
use crate::app::opening::OpenedImages;
use crate::app::tile_layout::with_unplaced;
use crate::app::{App, RoundUse};
use crate::geometry::{Point, Size};
use crate::job::Progress;
use crate::mosaic::{Edit, Mosaic, PlacementId};
use crate::work::{PixelValue, PlacementReader, TilesAtHand, joined_rounds, library, list_images, settled_round};
use crate::{Error, ImageRef, Result};

/// Canvas positions of tiles.
type Places = Vec<(PlacementId, Point)>;

/// Tiles that have been opened, and what puts them into place.
struct Round {
    opened: OpenedImages,
    edits: Vec<Edit>,
    links: Option<Found>,
    /// What the user is told, and whether that is bad news.
    told: Vec<(String, bool)>,
}

impl App {
    /// Opens the tiles in `folder` in a new tab, and puts them into place there, as a step to undo.
    pub(super) fn open_round(&mut self, what: RoundUse, folder: PathBuf) {
        let reference = Arc::clone(self.mosaic());
        if reference.placements.is_empty() {
            return;
        }
        let (title, label) = match what {
            RoundUse::Positions => ("Applying positions", "Apply positions"),
            RoundUse::Align => ("Aligning the second round", "Align round"),
        };
        let work = move |progress: &Progress| Round::read(what, &reference, folder, progress);
        self.services.jobs.start(title, work, move |app, round| {
            app.receive_images(Target::Own, round.opened);
            let tab = &mut app.documents.tab;
            tab.layout.line = None;
            tab.history.edit(label, |mosaic| round.edits.iter().for_each(|edit| drop(mosaic.apply(edit))));
            if let Some(found) = round.links {
                tab.links = Some(Links::new(found));
                let now = Arc::clone(tab.history.now());
                tab.link_states.note(&now, tab.links.as_ref().map(|links| Arc::clone(&links.found)));
            }
            tab.fit_pending = true;
            round.told.into_iter().for_each(|(text, bad)| app.tell(text, bad));
        });
    }
}

impl Round {
    fn read(what: RoundUse, reference: &Mosaic, folder: PathBuf, progress: &Progress) -> Result<Self> {
        let images = list_images(std::slice::from_ref(&folder))?;
        let opened = OpenedImages::read(&Arc::default(), images, vec![folder.clone()], progress)?;
        let mut mosaic = Mosaic::default();
        mosaic.apply(&Edit::Add(opened.placements.clone()));
        let placed = places_of(reference, &mosaic, &folder);
        match what {
            RoundUse::Positions => {
                let (places, notes) = placed?;
                let count = places.len();
                let told = format!("Positions applied to {count} tiles of {}", folder.display());
                let told = std::iter::once((told, false)).chain(notes.into_iter().map(|note| (note, false))).collect();
                Ok(Self { opened, edits: vec![Edit::Place(places)], links: None, told })
            }
            RoundUse::Align => {
                // Where names tell nothing, the tiles start where they lie by themselves.
                if let Ok((places, _)) = placed {
                    mosaic.apply(&Edit::Place(places));
                }
                let (tiles, all) = joined_rounds(reference, &mosaic);
                let first = reference.placements.len();
                let reader = PlacementReader::new(library(CACHE), &all, PixelValue::Gray);
                let own = align(tiles, &reader, &AlignOptions::default(), progress)?.from_tile(first);
                let edits = settled_round(reference, &mosaic, &own);
                let (text, bad) = summary(&own);
                let warnings = progress.warnings().into_iter().take(1).map(|error| (error.to_string(), true));
                let told = std::iter::once((text, bad)).chain(warnings).collect();
                let ids = mosaic.placements.iter().map(|placement| placement.id).collect();
                Ok(Self { opened, edits, links: Some(Found::new(ids, own)), told })
            }
        }
    }
}

/// Where the tiles of `mosaic` lie if they lie as those of `reference`, in its canvas pixels, the rest below; and notes for people.
fn places_of(reference: &Mosaic, mosaic: &Mosaic, folder: &Path) -> Result<(Places, Vec<String>)> {
    let images: Vec<ImageRef> = mosaic.placements.iter().map(|placement| placement.image.clone()).collect();
    let sizes: Vec<Size> = mosaic.placements.iter().map(|placement| placement.size).collect();
    let tiles = TilesAtHand { images: &images, sizes: &sizes, metadata: None, pixel_size: None };
    let (arrangement, notes) = tiles.place_as(reference, folder)?;
    if arrangement.positions.iter().all(Option::is_none) {
        return Err(Error::invalid("no tile has the name of one of the mosaic").at(folder));
    }
    let places = with_unplaced(&arrangement.positions, &sizes, Point::default());
    Ok((mosaic.placements.iter().map(|placement| placement.id).zip(places).collect(), notes))
}

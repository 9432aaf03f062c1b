//! [`Thumbnails`]: small pictures of the regions in view of the list, read in the background.

use std::collections::HashMap;

use crossbeam_channel::Receiver;
use egui::{ColorImage, TextureHandle, TextureOptions};

use crate::app::scene::in_background;
use crate::app::{App, TabId};
use crate::geometry::Rect;
use crate::mosaic::{Region, Revision, RoiId};

/// Pixels along the longer side of a picture, at least half of it.
const SIDE: u64 = 64;
/// More pictures than this are not kept.
const MOST: usize = 400;
/// A region on more images than this has no picture: reading it would take long.
const MOST_IMAGES: usize = 64;

/// What pictures are of: a document, a state of it, and how it is displayed.
#[derive(Clone, Copy, PartialEq)]
struct Of {
    tab: TabId,
    revision: Revision,
    display: u64,
}

/// A picture of a rectangle of the canvas; `None` where nothing could be read.
type Made = Vec<(RoiId, Rect, Option<ColorImage>)>;

/// The pictures there are.
#[derive(Default)]
pub(super) struct Thumbnails {
    of: Option<Of>,
    pictures: HashMap<RoiId, (Rect, Option<TextureHandle>)>,
    wanted: Vec<(RoiId, Rect)>,
    making: Option<(Of, Receiver<Made>)>,
}

impl Thumbnails {
    /// Before the rows are drawn: take in what has been read, and forget what shows other pixels.
    pub(super) fn begin(&mut self, app: &App) {
        let Some(display) = app.display_revision() else { return };
        let history = &app.documents().tab.history;
        let now = Of { tab: app.documents().tabs.current(), revision: history.revision(), display };
        let is_same = |of: &Of| {
            let touched = history.changes_since(of.revision);
            let is_painted = touched.is_none_or(|it| it.everything || it.filters || !it.areas.is_empty());
            (of.tab, of.display) == (now.tab, now.display) && !is_painted
        };
        if !self.of.as_ref().is_some_and(is_same) || self.pictures.len() > MOST {
            self.pictures.clear();
        }
        self.of = Some(now);
        let Some(made) = self.making.as_ref().and_then(|(of, made)| Some((is_same(of), made.try_recv().ok()?))) else {
            return;
        };
        self.making = None;
        let (is_current, made) = made;
        for (id, rect, image) in made.into_iter().filter(|_| is_current) {
            let texture = image.map(|image| app.context().load_texture("region", image, TextureOptions::LINEAR));
            self.pictures.insert(id, (rect, texture));
        }
    }

    /// The picture of a region, once there is one, and the canvas rectangle that it shows.
    pub(super) fn of(&mut self, app: &App, region: &Region) -> Option<(&TextureHandle, Rect)> {
        let rect = region.rect().intersect(app.mosaic().bounds());
        let is_known = self.pictures.get(&region.id).is_some_and(|(known, _)| *known == rect);
        let is_quick = || !app.mosaic().placements.is_crowded(rect, MOST_IMAGES);
        if !is_known && !rect.is_empty() && is_quick() {
            self.wanted.push((region.id, rect));
        }
        let (known, texture) = self.pictures.get(&region.id)?;
        Some((texture.as_ref()?, *known))
    }

    /// After the rows are drawn: have pictures read that are missing.
    pub(super) fn end(&mut self, app: &App) {
        let wanted = std::mem::take(&mut self.wanted);
        let (Some(of), Some(reader)) = (self.of, app.reader()) else { return };
        if wanted.is_empty() || self.making.is_some() {
            return;
        }
        let read = move || {
            let picture = |(id, rect): (RoiId, Rect)| {
                let level = (0..24).find(|&level| rect.reduced(level).size().longest() as u64 <= SIDE).unwrap_or(24);
                (id, rect, reader.read(rect, level).ok())
            };
            wanted.into_iter().map(picture).collect()
        };
        self.making = in_background(app.context(), read).map(|made| (of, made));
    }
}

//! [`TabLayout`]: the layout of a tab's tiles: the form, what came of it, and the job that lays out.
//!
//! Changes of the form are laid out one after another, each from the document before the first of them, so that all of them are
//! one step to undo. What a job has made is put into the history only if the document is still the one it was made from.

use std::sync::{Arc, OnceLock};

use super::{LayoutForm, LayoutReport, PositionSource, Sequence};
use crate::geometry::{Point, Rect, Size};
use crate::job::Progress;
use crate::mosaic::layout::Arrangement;
use crate::mosaic::pattern::{Guess, guess};
use crate::mosaic::{
    Edit, Edited, MergeKey, Mosaic, Natural, Placement, PlacementId, PlacementIds, Property, positions,
};
use crate::work::{TileMetadata, TilesAtHand};
use crate::{Error, ImageRef, Result};

/// How the tiles of a tab are laid out.
pub(super) struct TabLayout {
    pub(super) form: LayoutForm,
    /// What came of the form, or why nothing did; `None` as long as nobody knows.
    pub(super) found: Option<Result<Arc<LayoutReport>>>,
    /// Ways to read the names, the likeliest first.
    pub(super) guesses: Arc<Vec<Guess>>,
    /// Grids by which neighbors match, the likeliest first, once they have been looked for.
    pub(super) grids: Vec<crate::align::Guess>,
    /// The columns of the file of positions, if it is a table.
    pub(super) columns: Vec<String>,
    /// Over the canvas, until it is closed: how what was opened is laid out.
    pub(super) line: Option<String>,
    pub(super) key: MergeKey,
    pub(super) tiles: Option<Arc<Tiles>>,
    pub(super) is_running: bool,
    /// A form that waits for the job under way, and whether tiles are moved by it.
    pub(super) wanted: Option<bool>,
}

impl TabLayout {
    /// A form for a document.
    pub(super) fn new(form: LayoutForm) -> Self {
        Self {
            form,
            found: None,
            guesses: Arc::default(),
            grids: Vec::new(),
            columns: Vec::new(),
            line: None,
            key: MergeKey::unique(),
            tiles: None,
            is_running: false,
            wanted: None,
        }
    }

    /// Whether nobody has asked yet what comes of the form.
    pub(super) fn is_unknown(&self) -> bool {
        self.found.is_none() && !self.is_running && self.wanted.is_none()
    }

    /// The layout under way has failed.
    pub(super) fn give_up(&mut self) {
        (self.is_running, self.wanted) = (false, None);
    }
}

impl Default for TabLayout {
    fn default() -> Self {
        Self::new(LayoutForm::square(0))
    }
}

/// The tiles that are laid out, in their order.
pub(super) struct Tiles {
    pub(super) base: Arc<Mosaic>,
    /// Those selected; `None` for all.
    pub(super) chosen: Option<Arc<PlacementIds>>,
    pub(super) sequence: Sequence,
    ids: Vec<PlacementId>,
    images: Vec<ImageRef>,
    /// As they lie on the canvas, px.
    sizes: Vec<Size>,
    bounds: Rect,
    pub(super) metadata: OnceLock<TileMetadata>,
    /// Of the first tile alone.
    first: OnceLock<TileMetadata>,
    pub(super) guesses: OnceLock<Arc<Vec<Guess>>>,
}

/// What a job has made of a form.
pub(super) struct Made {
    pub(super) tiles: Arc<Tiles>,
    pub(super) form: LayoutForm,
    pub(super) columns: Vec<String>,
    pub(super) found: Result<(LayoutReport, Option<Edited>)>,
}

impl Tiles {
    /// Locked tiles are none of them.
    pub(super) fn of(base: &Arc<Mosaic>, chosen: Option<Arc<PlacementIds>>, sequence: Sequence) -> Self {
        let all = in_sequence(base, chosen.as_deref(), sequence);
        let bounds = all.iter().map(|placement| placement.rect()).reduce(Rect::union).unwrap_or_default();
        let (mut ids, mut images, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
        for placement in all {
            ids.push(placement.id);
            images.push(placement.image.clone());
            sizes.push(placement.rect().size());
        }
        let (metadata, first, guesses) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { base: Arc::clone(base), chosen, sequence, ids, images, sizes, bounds, metadata, first, guesses }
    }

    pub(super) fn lay_out(self: Arc<Self>, mut form: LayoutForm, apply: bool, progress: &Progress) -> Made {
        if form.source == PositionSource::Names {
            let guesses = self.guesses.get_or_init(|| {
                let names: Vec<String> = self.images.iter().map(ImageRef::name).collect();
                Arc::new(guess(&names, &self.sizes, form.pixel_size))
            });
            if let (true, Some(likeliest)) = (form.pattern.is_empty(), guesses.first()) {
                form.pattern.clone_from(&likeliest.layout.pattern);
                form.close_gaps = likeliest.layout.close_gaps;
            }
        }
        let columns = match &form.file {
            Some(path) if form.source == PositionSource::File => positions::table_columns(path).unwrap_or_default(),
            _ => Vec::new(),
        };
        let found = self.place(&form, progress).map(|(arrangement, notes)| {
            let report = self.report(&form, &arrangement, notes);
            let edited = apply.then(|| self.moved(&arrangement, report.plane));
            (report, edited)
        });
        Made { tiles: self, form, columns, found }
    }

    fn place(&self, form: &LayoutForm, progress: &Progress) -> Result<(Arrangement, Vec<String>)> {
        if self.ids.is_empty() {
            return Err(Error::invalid("all tiles are locked"));
        }
        let placing = form.placing()?;
        if form.source == PositionSource::Metadata && self.metadata.get().is_none() {
            let read = TileMetadata::read(&self.images, progress)?;
            _ = self.metadata.set(read);
        }
        // The first tile says how large a pixel is, if any does.
        let metadata = match self.metadata.get() {
            None if form.source != PositionSource::Grid => self.first_metadata(progress)?,
            known => known,
        };
        let tiles = TilesAtHand { images: &self.images, sizes: &self.sizes, metadata, pixel_size: form.pixel_size };
        tiles.place(&placing)
    }

    fn first_metadata(&self, progress: &Progress) -> Result<Option<&TileMetadata>> {
        if self.first.get().is_none() {
            _ = self.first.set(TileMetadata::read(&self.images[..1], progress)?);
        }
        Ok(self.first.get())
    }

    fn report(&self, form: &LayoutForm, found: &Arrangement, notes: Vec<String>) -> LayoutReport {
        let without = (0..self.ids.len()).filter(|at| found.positions[*at].is_none());
        let plane = form.plane.as_ref().and_then(|plane| found.planes.iter().position(|known| known == plane));
        LayoutReport {
            tiles: self.ids.len(),
            unplaced: without.map(|at| self.ids[at]).collect(),
            extent: found.extent,
            empty: found.empty,
            gaps: found.gaps.clone(),
            doubles: found.doubles.iter().map(|(a, b)| (self.ids[*a], self.ids[*b])).collect(),
            planes: found.planes.clone(),
            plane: plane.unwrap_or(0),
            notes,
        }
    }

    /// The document with the tiles at their places, and of several planes only one shown.
    fn moved(&self, found: &Arrangement, plane: usize) -> Edited {
        // Cells begin where the tiles began; positions are what they are.
        let origin = Point::new(self.bounds.x0 as f64, self.bounds.y0 as f64);
        let origin = if found.extent.is_some() { origin } else { Point::default() };
        let places = with_unplaced(&found.positions, &self.sizes, origin);
        let placement = |id| self.base.placement(id);
        let places = self.ids.iter().zip(places);
        let places = places.filter_map(|(id, place)| Some((*id, placement(*id)?.position_at(place)))).collect();
        let of_plane = |is_shown: bool| -> PlacementIds {
            let all = self.ids.iter().enumerate().filter(|(at, _)| found.positions[*at].is_some());
            all.filter(|(at, _)| (found.plane[*at] as usize == plane) == is_shown).map(|(_, id)| *id).collect()
        };
        Edited::of(&self.base, |mosaic| {
            mosaic.apply(&Edit::Place(places));
            if found.planes.len() > 1 {
                for is_shown in [true, false] {
                    mosaic.apply(&Edit::Set { ids: of_plane(is_shown), property: Property::Visible(is_shown) });
                }
            }
        })
    }
}

/// The tiles that can be moved, of those `chosen` if there are some, in the order in which they are put into a grid.
pub(super) fn in_sequence<'a>(
    mosaic: &'a Mosaic,
    chosen: Option<&PlacementIds>,
    sequence: Sequence,
) -> Vec<&'a Placement> {
    let is_meant = |id: &PlacementId| chosen.is_none_or(|chosen| chosen.contains(*id));
    let all = mosaic.placements.iter().filter(|placement| !placement.locked && is_meant(&placement.id));
    let mut all: Vec<&Placement> = all.collect();
    if sequence == Sequence::Name {
        all.sort_by_cached_key(|placement| Natural(placement.image.to_text().to_string_lossy().into_owned()));
    }
    all
}

/// The place of each tile from `origin` on; those without one in rows below the others. `sizes` in px.
pub(super) fn with_unplaced(positions: &[Option<Point>], sizes: &[Size], origin: Point) -> Vec<Point> {
    let mut placed = Rect::default();
    for (position, size) in positions.iter().zip(sizes) {
        if let Some(position) = position {
            let (x, y) = (*position + origin).round();
            placed = placed.union(Rect::at(x, y, *size));
        }
    }
    let gap = (placed.width().max(placed.height()) as i64 / 50).max(1);
    let (left, mut top) = (placed.x0, if placed.is_empty() { placed.y1 } else { placed.y1 + gap });
    let (mut x, mut height) = (left, 0);
    let mut place = |position: &Option<Point>, size: &Size| {
        if let Some(position) = position {
            return *position + origin;
        }
        if x > left && x + i64::from(size.width) > placed.x1 {
            (x, top, height) = (left, top + height + gap, 0);
        }
        let place = Point::new(x as f64, top as f64);
        x += i64::from(size.width) + gap;
        height = height.max(i64::from(size.height));
        place
    };
    positions.iter().zip(sizes).map(|(position, size)| place(position, size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_without_a_place_lie_below() {
        let sizes = [Size::new(10, 10), Size::new(6, 4), Size::new(10, 10), Size::new(12, 5), Size::new(3, 3)];
        let at = |x: f64, y: f64| Some(Point::new(x, y));
        let places = with_unplaced(&[at(0.0, 0.0), None, at(10.0, 0.0), None, None], &sizes, Point::new(100.0, 0.0));
        let places: Vec<(f64, f64)> = places.into_iter().map(Into::into).collect();
        assert_eq!(places, [(100.0, 0.0), (100.0, 11.0), (110.0, 0.0), (107.0, 11.0), (100.0, 17.0)]);
        let none = with_unplaced(&[None], &sizes[..1], Point::default());
        assert_eq!(<(f64, f64)>::from(none[0]), (0.0, 0.0));
    }
}

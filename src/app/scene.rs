//! [`Scene`]: the data for drawing a document: its spatial index and the composed canvas.
//!
//! The spatial index is part of the document. What takes long for a large document is computed on a
//! thread of its own; until it is there, the one before stays in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use super::unfiltered::Unfiltered;
use crate::cache::{Library, TileCache};
use crate::composite::{BadTiles, Composite, Overview, Patch};
use crate::geometry::{Point, Rect};
use crate::job::Progress;
use crate::mosaic::{Changes, History, Mosaic, PixelKind, PlacementId, Revision};
use crate::source::{SidecarFolder, Source as _};
use crate::work::{FilterView, document_filters};

/// Bytes of decoded tiles between two cells of an overview.
const COARSE_BYTES: u64 = 32 << 20;
/// The most separate changed areas.
const MOST_PARTS: usize = 256;

/// The drawn state of a document.
#[derive(Default)]
pub(super) struct Scene {
    mosaic: Arc<Mosaic>,
    /// When the document was like that.
    revision: Option<Revision>,
    /// The changes since the composed canvas, or since the one being composed. `None` if unknown.
    touched: Option<Changes>,
    canvas: Option<Arc<Canvas>>,
    /// The numbers of all composed canvases that there were.
    numbers: Vec<u64>,
    /// The document being composed, and the result.
    composing: Option<(Arc<Mosaic>, Receiver<Option<Canvas>>)>,
    /// Shows the difference of overlapping tiles.
    differences: bool,
    /// The document that could not be composed; it is not retried.
    uncomposable: Option<Arc<Mosaic>>,
}

/// The composed canvas of a document, and which of its parts changed when.
pub(super) struct Canvas {
    /// Of its own: addresses of tiles hold for one number.
    pub(super) number: u64,
    /// The part of the canvas that is composed. It stays while edits leave the picture inside, so that addresses of tiles hold.
    pub(super) frame: Rect,
    pub(super) composite: Composite,
    /// All of it at low resolution; reused while the frame is the same.
    pub(super) overview: Arc<Overview>,
    /// The library for painting the overview, which reads all files and must not evict visible tiles.
    pub(super) coarse: Composite,
    /// The canvas through the document's filters, if there are any that are on.
    pub(super) filtered: Option<FilterView<Unfiltered>>,
    /// Grows with each change of the filters.
    filters: u64,
    mosaic: Arc<Mosaic>,
    edits: u64,
    /// Number of the last edit, and where, oldest first.
    parts: Vec<(u64, Rect)>,
}

impl Scene {
    /// The drawn document.
    pub(super) fn mosaic(&self) -> &Arc<Mosaic> {
        &self.mosaic
    }

    /// The part of the canvas that is the picture.
    pub(super) fn bounds(&self) -> Rect {
        self.mosaic.bounds()
    }

    /// The placements that touch `rect`, in painting order.
    pub(super) fn touching(&self, rect: Rect) -> Vec<PlacementId> {
        self.mosaic.placements.touching(rect)
    }

    /// Whether more than `count` placements touch `rect`.
    pub(super) fn is_crowded(&self, rect: Rect, count: usize) -> bool {
        self.mosaic.placements.is_crowded(rect, count)
    }

    /// Follow the document.
    pub(super) fn follow(&mut self, history: &History) {
        if Arc::ptr_eq(&self.mosaic, history.now()) {
            return;
        }
        let changes = self.revision.and_then(|revision| history.changes_since(revision));
        self.touched = self.touched.take().zip(changes).map(|(mut touched, changes)| {
            touched.merge(&changes);
            touched
        });
        (self.mosaic, self.revision) = (Arc::clone(history.now()), Some(history.revision()));
    }

    /// Shows the difference of overlapping tiles, or the image.
    pub(super) fn show_differences(&mut self, differences: bool) {
        if self.differences != differences {
            self.differences = differences;
            (self.canvas, self.composing, self.uncomposable) = (None, None, None);
        }
    }

    /// Whether the composed canvas is that of the current document, or there can be none.
    pub(super) fn is_canvas_current(&self) -> bool {
        let is_this = |mosaic: &Arc<Mosaic>| Arc::ptr_eq(mosaic, &self.mosaic);
        self.canvas.as_ref().is_some_and(|canvas| is_this(&canvas.mosaic))
            || self.uncomposable.as_ref().is_some_and(is_this)
    }

    /// Whether the drawn document is current.
    pub(super) fn is_current(&self, now: &Arc<Mosaic>) -> bool {
        Arc::ptr_eq(&self.mosaic, now)
    }

    /// Whether the canvas has been composed once.
    pub(super) fn has_canvas(&self) -> bool {
        self.canvas.is_some()
    }

    /// The numbers of the composed canvas and of those before it.
    pub(super) fn canvas_numbers(&self) -> &[u64] {
        &self.numbers
    }

    /// The composed canvas; just after an edit, the one before it.
    pub(super) fn canvas(&self) -> Option<&Arc<Canvas>> {
        self.canvas.as_ref()
    }

    /// Composes the canvas of the document, on a thread of its own, unless it is there or under way.
    pub(super) fn compose(&mut self, library: &Library, context: &egui::Context) {
        self.receive_canvas();
        let is_this = |mosaic: &Arc<Mosaic>| Arc::ptr_eq(mosaic, &self.mosaic);
        let known = self.canvas.as_ref().is_some_and(|canvas| is_this(&canvas.mosaic));
        if !known && self.composing.is_none() && !self.uncomposable.as_ref().is_some_and(is_this) {
            let (before, mosaic, library) = (self.canvas.clone(), Arc::clone(&self.mosaic), library.clone());
            let (touched, differences) = (self.touched.replace(Changes::default()), self.differences);
            let make = move || Canvas::of(mosaic, before.as_deref(), touched, differences, &library);
            let made = in_background(context, make);
            self.composing = made.map(|made| (Arc::clone(&self.mosaic), made));
        }
    }

    /// Takes the composed canvas, once it is there.
    pub(super) fn receive_canvas(&mut self) {
        let Some((mosaic, made)) = &self.composing else { return };
        let canvas = match made.try_recv() {
            Err(TryRecvError::Empty) => return,
            Ok(canvas) => canvas,
            // Its thread panicked.
            Err(TryRecvError::Disconnected) => None,
        };
        self.uncomposable = canvas.is_none().then(|| Arc::clone(mosaic));
        if let Some(canvas) = canvas.as_ref().filter(|canvas| self.numbers.last() != Some(&canvas.number)) {
            self.numbers.push(canvas.number);
        }
        (self.canvas, self.composing) = (canvas.map(Arc::new), None);
    }

    /// Whether the composed canvas, drawn at `level`, is about to change where `visible` touches it: it is being composed, or
    /// its overview has just been painted there.
    pub(super) fn is_canvas_changing(&self, visible: Rect, level: u32) -> bool {
        self.composing.is_some()
            || self.canvas.as_ref().is_some_and(|canvas| {
                let on_canvas = visible.translate(-canvas.frame.x0, -canvas.frame.y0);
                level >= canvas.overview.level() && canvas.overview.is_changing(on_canvas)
            })
    }
}

impl Canvas {
    /// The canvas of `mosaic`, which differs from that of `before` where it was `touched`.
    fn of(
        mosaic: Arc<Mosaic>,
        before: Option<&Self>,
        touched: Option<Changes>,
        differences: bool,
        library: &Library,
    ) -> Option<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let bounds = mosaic.bounds();
        let frame = match before {
            Some(before) if before.holds(&mosaic, bounds) => before.frame,
            // It may grow on; a little air saves doing this again at once.
            Some(_) if mosaic.canvas.is_none() => bounds.expand((bounds.width().max(bounds.height()) / 16) as i64),
            _ => bounds,
        };
        let composite = Composite::within(frame, &mosaic, library.clone(), BadTiles::Mark, Progress::default()).ok()?;
        let composite = if differences { composite.with_differences() } else { composite };
        let kind = |composite: &Composite| PixelKind::from(composite.info());
        let alike = |before: &&Self| before.frame == frame && kind(&before.composite) == kind(&composite);
        let before = before.filter(alike);
        let (number, edits, parts) = match before {
            Some(before) => {
                let edits = before.edits + 1;
                let known = touched.filter(|touched| !touched.everything);
                let changed = known.map_or_else(|| vec![frame], |touched| touched.areas);
                let mut parts = before.parts.clone();
                parts.extend(changed.into_iter().map(|rect| (edits, rect)));
                (before.number, edits, merged(parts, edits))
            }
            None => (LAST.fetch_add(1, Relaxed), 0, Vec::new()),
        };
        let coarse = composite.through(library.with_cache(Arc::new(TileCache::new(COARSE_BYTES))));
        let filters = before.map_or(0, |before| before.filters + u64::from(before.mosaic.filters != mosaic.filters));
        let known = before.map(|before| Arc::clone(&before.overview));
        let overview = known.unwrap_or_else(|| {
            let overview = Arc::new(Overview::new(&composite));
            // The cached overview is restored once all files are checked; sketches are drawn before.
            if !differences {
                let (mosaic, remembering) = (Arc::clone(&mosaic), Arc::clone(&overview));
                let remember = move || remembering.remember(&mosaic, frame, SidecarFolder::default());
                crate::job::spawn("overview", remember).ok();
            }
            overview
        });
        // What cannot be computed is told where the filters are listed, and left out.
        let steps = document_filters(&mosaic).ok().filter(|steps| !steps.is_empty());
        let filtered = steps.and_then(|steps| {
            let canvas = Unfiltered { composite: composite.through(library.clone()), overview: Arc::clone(&overview) };
            FilterView::new(canvas, &steps).ok()
        });
        Some(Self { number, frame, composite, overview, coarse, filtered, filters, mosaic, edits, parts })
    }

    /// The revision of a tile that shows `rect` of the frame at `level`, through the filters or not; changes when it must be remade.
    pub(super) fn revision(&self, level: u32, rect: Rect, filtered: bool) -> u64 {
        // Changes of the filters come before all others.
        const FILTERS: u32 = 40;
        let (rect, filters) = match &self.filtered {
            Some(view) if filtered => (view.needs(level, rect), self.filters << FILTERS),
            _ => (rect, 0),
        };
        filters + if level >= self.overview.level() { self.overview.revision(rect) } else { self.edit_of(rect) }
    }

    /// The work left on the overview for `rect` of the frame, most urgent first.
    pub(super) fn missing(&self, rect: Rect) -> Vec<Patch> {
        self.overview.missing(rect, |cell| self.edit_of(cell))
    }

    /// How many pieces of the overview are not painted yet.
    pub(super) fn left(&self) -> usize {
        let all = self.missing(Rect::from_size(self.frame.size()));
        all.into_iter().filter(|patch| matches!(patch, Patch::Paint { .. })).count()
    }

    /// Whether pieces of the overview that `visible` (canvas pixels) shows at `level` are not painted yet.
    pub(super) fn is_sketchy(&self, visible: Rect, level: u32) -> bool {
        let on_canvas = visible.translate(-self.frame.x0, -self.frame.y0).intersect(Rect::from_size(self.frame.size()));
        let is_unpainted =
            |patch: Patch| matches!(patch, Patch::Paint { .. }) && self.overview.place(patch).overlaps(on_canvas);
        level >= self.overview.level() && self.missing(on_canvas).into_iter().any(is_unpainted)
    }

    /// The last edit that touched `rect` of the frame; 0 if none has.
    fn edit_of(&self, rect: Rect) -> u64 {
        let rect = rect.translate(self.frame.x0, self.frame.y0);
        let touching = self.parts.iter().filter(|(_, part)| part.overlaps(rect));
        touching.map(|(edit, _)| *edit).max().unwrap_or(0)
    }

    /// Where its upper left corner lies.
    pub(super) fn origin(&self) -> Point {
        Point::new(self.frame.x0 as f64, self.frame.y0 as f64)
    }

    /// Whether the picture can keep its frame.
    fn holds(&self, mosaic: &Mosaic, bounds: Rect) -> bool {
        let area = |rect: Rect| rect.width() as f64 * rect.height() as f64;
        match mosaic.canvas {
            Some(canvas) => self.frame == canvas,
            None => self.frame.contains(bounds) && area(self.frame) <= 4.0 * area(bounds),
        }
    }
}

/// Parts so few that they are quickly looked through: many become one.
fn merged(parts: Vec<(u64, Rect)>, edits: u64) -> Vec<(u64, Rect)> {
    if parts.len() <= MOST_PARTS {
        return parts;
    }
    let mut by_edit: Vec<(u64, Rect)> = Vec::new();
    for (edit, rect) in parts {
        match by_edit.last_mut() {
            Some((last, all)) if *last == edit => *all = all.union(rect),
            _ => by_edit.push((edit, rect)),
        }
    }
    if by_edit.len() <= MOST_PARTS {
        return by_edit;
    }
    vec![(edits, by_edit.into_iter().fold(Rect::default(), |all, (_, rect)| all.union(rect)))]
}

/// Run `work` on a thread of its own and wake the window.
pub(super) fn in_background<T: Send + 'static>(
    context: &egui::Context,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<Receiver<T>> {
    let (sender, receiver) = bounded(1);
    let context = context.clone();
    let run = move || {
        if sender.send(work()).is_ok() {
            context.request_repaint();
        }
    };
    crate::job::spawn("scene", run).ok().map(|_| receiver)
}

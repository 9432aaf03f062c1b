//! Display tiles: requested by the canvases, made by the loader's threads, cached as textures under a byte budget.
//!
//! Each frame: [`Textures::begin`]; every canvas draws the textures that exist and requests missing ones;
//! [`Textures::end`] hands all requests over in one list. Drawing has the textures by `&`: it can add requests, and no more.

mod make;
mod request;
mod pool;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::cache::{Library, Loader, LoaderStatus};
use crate::composite::STEP_MS;
use crate::geometry::{Rect, Size};
use crate::job::Progress;
use crate::loss::Loss;
use crate::work::viewing_library;
use crate::{Error, ImageRef, Result};
use make::{Made, Outcome};
use pool::Pool;
pub(super) use request::{Rank, RankedRequest, SIDE, Shown, State, TileId, TileRequest, TileSource};

/// Bytes of decoded tiles.
const CACHE_BYTES: u64 = 384 << 20;
/// Bytes of textures.
const TEXTURE_BYTES: u64 = 256 << 20;
/// Uploading stops for this frame after so long.
const UPLOAD_TIME: Duration = Duration::from_millis(2);
/// And after so many bytes.
const UPLOAD_BYTES: u64 = 4 << 20;
/// The revision of a preview of a tile, and of a preview that is incomplete.
const PREVIEW: u64 = u64::MAX;
const PART: u64 = u64::MAX - 1;
/// No more missing parts of one image are listed.
const MOST_LOSSES: usize = 200;
/// After this time, tiles that wait for a scan are requested again.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// Figures of loading, for the performance overlay and benchmarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub loader: LoaderStatus,
    /// Visible tiles without a texture.
    pub lacking: usize,
    /// How many textures there are.
    pub textures: usize,
    /// Of textures: bytes held, and the most they may hold.
    pub texture_bytes: (u64, u64),
    /// Of decoded tiles: bytes held, and the most they may hold.
    pub decoded_bytes: (u64, u64),
    /// Tiles of files decoded since the document was opened.
    pub decodes: u64,
}

/// The numbers of images, used in [`TileId`]; never reused.
#[derive(Default)]
struct Pictures {
    numbers: HashMap<Shown, u32>,
    /// The numbers in use.
    alive: HashSet<u32>,
    last: u32,
}

/// What the canvases of a frame have requested.
#[derive(Default)]
struct Requests {
    list: Vec<RankedRequest>,
    tiles: HashSet<TileId>,
    /// Whether the visible part will change although nothing is requested yet.
    changing: bool,
}

/// The pool of textures and the loader that fills it.
pub(super) struct Textures {
    context: egui::Context,
    library: Library,
    loader: Loader<TileRequest, Outcome>,
    pool: Pool,
    pictures: RefCell<Pictures>,
    requests: RefCell<Requests>,
    /// Visible tiles without a current texture in the last frame.
    lacking: usize,
    /// Of those, how many there is nothing of.
    absent: usize,
    /// Tiles that wait for a sequential scan of their file, and when they are requested again.
    waiting: HashMap<TileId, Instant>,
    /// The sequential scan that tiles wait for.
    scanning: Option<Progress>,
    /// Why an image cannot be shown.
    pub(super) failures: HashMap<ImageRef, Error>,
    /// Images of which parts are missing, and which.
    pub(super) damaged: HashMap<ImageRef, Vec<Loss>>,
    /// What is missing first of images that nobody has been told of.
    losses: Vec<Error>,
}

impl Textures {
    pub(super) fn new(context: &egui::Context) -> Self {
        let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
        let waker = context.clone();
        // A frame for each of the pieces of an overview would be one too many.
        let later = Duration::from_millis(STEP_MS);
        let wake = move |request: &TileRequest| {
            if request.is_background() { waker.request_repaint_after(later) } else { waker.request_repaint() }
        };
        let loader = Loader::new(threads, make::make, wake);
        Self {
            context: context.clone(),
            library: viewing_library(CACHE_BYTES),
            loader,
            pool: Pool::new(TEXTURE_BYTES),
            pictures: RefCell::default(),
            requests: RefCell::default(),
            lacking: 0,
            absent: 0,
            waiting: HashMap::new(),
            scanning: None,
            failures: HashMap::new(),
            damaged: HashMap::new(),
            losses: Vec::new(),
        }
    }

    /// The files, through the cache of decoded tiles.
    pub(super) fn library(&self) -> &Library {
        &self.library
    }

    /// Begins a frame: clears requests and uploads results, within the frame's time for uploads.
    pub(super) fn begin(&mut self) {
        self.pool.begin();
        let requests = self.requests.get_mut();
        requests.list.clear();
        requests.tiles.clear();
        requests.changing = false;
        let started = Instant::now();
        let mut uploaded = 0;
        while uploaded < UPLOAD_BYTES && started.elapsed() < UPLOAD_TIME {
            let Some((request, made)) = self.loader.take() else { return };
            uploaded += self.receive(request, made);
        }
        self.context.request_repaint();
    }

    /// Stores a result; returns the bytes uploaded.
    fn receive(&mut self, request: TileRequest, outcome: Result<Outcome>) -> u64 {
        if !self.pictures.get_mut().alive.contains(&request.tile.picture) {
            // Its document was closed while it was made.
            return 0;
        }
        let state = request.state();
        if let Ok(Outcome { lost, .. }) = &outcome {
            lost.iter().for_each(|part| self.lose(part, &request.source));
        }
        match (outcome.map(|outcome| outcome.made), request.source) {
            (Ok(Made::Tile(image)), _) => return self.pool.put(&self.context, request.tile, state, image),
            (Err(error), TileSource::Image { image, .. }) if !error.is_cancelled() => {
                tracing::warn!("a tile cannot be read: {error}");
                self.failures.insert(image, error);
            }
            (Ok(Made::Preview { image, is_whole, scan }), _) => {
                self.ask_again(request.tile, scan);
                let revision = if is_whole { PREVIEW } else { PART };
                return self.pool.put(&self.context, request.tile, State { revision, ..state }, image);
            }
            (Ok(Made::NotYet(scan)), _) => self.ask_again(request.tile, Some(scan)),
            // Files that the canvas cannot read are marked on it.
            (Ok(Made::Patch) | Err(_), _) => {}
        }
        0
    }

    /// Notes a missing part of an image: of that of `source`, unless it names another.
    fn lose(&mut self, part: &Loss, source: &TileSource) {
        let own = if let TileSource::Image { image, .. } = source { Some(image) } else { None };
        let Some(image) = part.image.as_ref().or(own) else { return };
        let parts = self.damaged.entry(image.clone()).or_default();
        let text = part.error.to_string();
        // The same part may be told of by several levels.
        let is_alike = |a: Rect, b: Rect| a.intersect(b).area() * 10 >= a.area().max(b.area()) * 9;
        let is_known = |known: &Loss| {
            known.error.to_string() == text || known.place.zip(part.place).is_some_and(|(a, b)| is_alike(a, b))
        };
        if parts.len() >= MOST_LOSSES || parts.iter().any(is_known) {
            return;
        }
        tracing::warn!("a part of an image is missing: {text}");
        if parts.is_empty() {
            self.losses.push(part.error.clone());
        }
        parts.push(part.clone());
    }

    fn ask_again(&mut self, tile: TileId, scan: Option<Progress>) {
        self.waiting.insert(tile, Instant::now() + ASK_AGAIN);
        self.scanning = scan.or_else(|| self.scanning.take());
    }

    /// The number of an image, used in [`TileId`].
    pub(super) fn picture(&self, shown: Shown) -> u32 {
        let Pictures { numbers, alive, last } = &mut *self.pictures.borrow_mut();
        *numbers.entry(shown).or_insert_with(|| {
            *last += 1;
            alive.insert(*last);
            *last
        })
    }

    /// The texture of a tile, which may be outdated. Marks it as used.
    pub(super) fn get(&self, tile: TileId) -> Option<egui::TextureId> {
        self.pool.get(tile)
    }

    /// The texture of the whole of `shown`, an image of that size in px, if it is there. It does not count as used.
    pub(super) fn whole(&self, shown: &Shown, size: Size) -> Option<egui::TextureId> {
        let picture = *self.pictures.borrow().numbers.get(shown)?;
        let whole = (0..=24).find(|level| size.halved_times(*level as usize).longest() <= SIDE)?;
        (whole..=24).find_map(|level| self.pool.peek(TileId { picture, level, column: 0, row: 0 }))
    }

    /// Whether the tile has a texture in that state.
    pub(super) fn has(&self, tile: TileId, state: State) -> bool {
        self.pool.state(tile) == Some(state)
    }

    /// Requests a tile unless it has a texture in that state.
    pub(super) fn request(&self, mut ranked: RankedRequest) {
        ranked.request.begun = self.pool.state(ranked.request.tile).is_some_and(|state| {
            let State { revision, settings } = state;
            revision != PART && settings == ranked.request.settings.revision
        });
        let TileRequest { tile, source, .. } = &ranked.request;
        let failed = matches!(source, TileSource::Image { image, .. } if self.failures.contains_key(image));
        let mut requests = self.requests.borrow_mut();
        if !failed && !self.has(*tile, ranked.request.state()) && requests.tiles.insert(*tile) {
            requests.list.push(ranked);
        }
    }

    /// Announces a change of the visible part without a request yet, and schedules a repaint.
    pub(super) fn expect_change(&self) {
        self.requests.borrow_mut().changing = true;
        self.context.request_repaint_after(Duration::from_millis(STEP_MS));
    }

    /// Ends a frame: passes the sorted requests to the loader and frees textures unused for some time.
    pub(super) fn end(&mut self) {
        let mut requests = std::mem::take(&mut self.requests.get_mut().list);
        // Of what there is something to show, the rest can wait.
        let order = |ranked: &RankedRequest| (ranked.rank, ranked.request.begun);
        requests.sort_by(|a, b| order(a).cmp(&order(b)).then(a.distance.total_cmp(&b.distance)));
        self.lacking = requests.iter().filter(|request| request.rank < Rank::Ahead).count();
        self.absent = requests.iter().filter(|ranked| self.is_absent(ranked)).count();
        let now = Instant::now();
        self.waiting.retain(|_, again| *again > now);
        self.scanning = self.scanning.take().filter(|scan| scan.snapshot().fraction() < 1.0 && self.lacking > 0);
        if !self.waiting.is_empty() {
            self.context.request_repaint_after(ASK_AGAIN);
        }
        let asked = requests.drain(..).map(|ranked| ranked.request);
        self.loader.request(asked.filter(|request| !self.waiting.contains_key(&request.tile)));
        self.pool.shrink();
    }

    /// Forgets all images, when another document is opened. Results for the old one are dropped.
    pub(super) fn clear(&mut self) {
        self.library = viewing_library(CACHE_BYTES);
        self.pool.clear();
        let Pictures { numbers, alive, .. } = self.pictures.get_mut();
        (*numbers, *alive) = Default::default();
        self.failures.clear();
        self.damaged.clear();
        self.waiting.clear();
        self.scanning = None;
    }

    /// Frees the textures of a document that is closed, by the number of its display and those of its canvases.
    pub(super) fn forget_document(&mut self, display: u64, canvases: &[u64]) {
        let is_its = |shown: &Shown| match shown {
            Shown::Image { display: number, .. } => *number == display,
            Shown::Canvas(number, _) | Shown::Overview(number) => canvases.contains(number),
            // It may be one of the two.
            Shown::Difference(_) => true,
        };
        let mut gone = HashSet::new();
        let Pictures { numbers, alive, .. } = self.pictures.get_mut();
        numbers.retain(|shown, number| {
            let is_its = is_its(shown);
            if is_its {
                gone.insert(*number);
                alive.remove(number);
            }
            !is_its
        });
        numbers.shrink_to_fit();
        alive.shrink_to_fit();
        self.pool.remove(&gone);
    }

    /// Forgets failures and what is drawn of damaged images, so that files are read again.
    pub(super) fn retry(&mut self) {
        let failed = self.failures.drain().map(|(image, _)| image.path);
        let paths: HashSet<_> = failed.chain(self.damaged.drain().map(|(image, _)| image.path)).collect();
        paths.iter().for_each(|path| self.library.cache().forget(path));
        let is_old = |shown: &Shown| matches!(shown, Shown::Image { image, .. } if paths.contains(&image.path));
        let numbers = &self.pictures.get_mut().numbers;
        self.pool.remove(&numbers.iter().filter(|(shown, _)| is_old(shown)).map(|(_, number)| *number).collect());
    }

    /// What is missing of an image, and where: all of it, if it cannot be read.
    pub(super) fn lost(&self, image: &ImageRef) -> impl Iterator<Item = (&Error, Option<Rect>)> {
        let parts = self.damaged.get(image).into_iter().flatten().map(|part| (&part.error, part.place));
        self.failures.get(image).map(|error| (error, None)).into_iter().chain(parts)
    }

    /// What is missing of images, each told once.
    pub(super) fn take_losses(&mut self) -> Vec<Error> {
        std::mem::take(&mut self.losses)
    }

    /// Whether every visible tile has a current texture.
    pub(super) fn is_settled(&self) -> bool {
        self.lacking == 0 && !self.requests.borrow().changing
    }

    /// Visible tiles without any texture.
    pub(super) fn absent(&self) -> usize {
        self.absent
    }

    /// Whether something in view has been requested in this frame that there is nothing of.
    pub(super) fn lacks_something(&self) -> bool {
        let requests = self.requests.borrow();
        requests.changing || requests.list.iter().any(|ranked| self.is_absent(ranked))
    }

    fn is_absent(&self, ranked: &RankedRequest) -> bool {
        let RankedRequest { rank, request, .. } = ranked;
        *rank < Rank::Ahead && !request.is_background() && self.pool.state(request.tile).is_none()
    }

    /// Tiles that wait for a file are requested at once: one has arrived.
    pub(super) fn wait_no_longer(&mut self) {
        self.waiting.clear();
        self.context.request_repaint();
    }

    /// The sequential scan that visible tiles wait for.
    pub(super) fn scanning(&self) -> Option<&Progress> {
        self.scanning.as_ref()
    }

    /// The current figures.
    pub(super) fn figures(&self) -> Figures {
        let cache = self.library.cache();
        Figures {
            loader: self.loader.status(),
            lacking: self.lacking,
            textures: self.pool.count(),
            texture_bytes: self.pool.bytes(),
            decoded_bytes: (cache.bytes(), cache.budget()),
            decodes: cache.decodes(),
        }
    }
}

//! Display tiles: requested by the canvases, made by the loader's threads, cached as textures under a byte budget.
//!
//! A frame goes: [`Textures::begin`]; every canvas drawn asks for what there is and requests for what it lacks;
//! [`Textures::end`] hands all requests over in one list.

mod make;
mod request;
mod pool;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::cache::{Library, Loader, LoaderStatus};
use crate::composite::STEP_MS;
use crate::job::Progress;
use crate::work::viewing_library;
use crate::{Error, ImageRef, Result};
use make::Made;
use pool::Pool;
pub(super) use request::{Pixels, Rank, Request, Shown, State, TileId, TileRequest};

/// The side of a display tile, in the pixels of its level.
pub(super) const SIDE: u32 = 512;
/// Bytes of decoded tiles.
const CACHE_BYTES: u64 = 384 << 20;
/// Bytes of textures.
const TEXTURE_BYTES: u64 = 256 << 20;
/// Uploading stops for this frame after so long.
const UPLOAD_TIME: Duration = Duration::from_millis(2);
/// And after so many bytes.
const UPLOAD_BYTES: u64 = 4 << 20;
/// The state of a texture that only stands for its tile, and of one that has yet to be completed even so.
const PREVIEW: u64 = u64::MAX;
const PART: u64 = u64::MAX - 1;
/// After this time, tiles that wait for a scan are requested again.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// What loading is at, in figures: for those who watch it and for measurements.
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

/// The pool of textures and the loader that fills it.
pub(super) struct Textures {
    context: egui::Context,
    library: Library,
    loader: Loader<TileRequest, Made>,
    pool: Pool,
    /// Numbers of what is shown: short names for tiles. They are never given twice.
    pictures: HashMap<Shown, u32>,
    last_picture: u32,
    requests: Vec<Request>,
    requested: HashSet<TileId>,
    /// Visible tiles without a current texture in the last frame.
    lacking: usize,
    /// Of those, how many there is nothing of.
    absent: usize,
    /// Whether the visible part will change although nothing is requested yet.
    changing: bool,
    /// Tiles that wait for a sequential scan of their file, and when they are requested again.
    waiting: HashMap<TileId, Instant>,
    /// The sequential scan that tiles wait for.
    scanning: Option<Progress>,
    /// Why an image cannot be shown.
    pub(super) failures: HashMap<ImageRef, Error>,
}

impl Textures {
    pub(super) fn new(context: &egui::Context) -> Self {
        let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
        let waker = context.clone();
        // A frame for each of the pieces of an overview would be one too many.
        let later = Duration::from_millis(STEP_MS);
        let wake = move |order: &TileRequest| {
            if order.is_background() { waker.request_repaint_after(later) } else { waker.request_repaint() }
        };
        let loader = Loader::new(threads, make::make, wake);
        Self {
            context: context.clone(),
            library: viewing_library(CACHE_BYTES),
            loader,
            pool: Pool::new(TEXTURE_BYTES),
            pictures: HashMap::new(),
            last_picture: 0,
            requests: Vec::new(),
            requested: HashSet::new(),
            lacking: 0,
            absent: 0,
            changing: false,
            waiting: HashMap::new(),
            scanning: None,
            failures: HashMap::new(),
        }
    }

    /// The files, through the cache of decoded tiles.
    pub(super) fn library(&self) -> &Library {
        &self.library
    }

    /// Begin a frame: forget its requests, take what has been made, within the frame's time for uploads.
    pub(super) fn begin(&mut self) {
        self.pool.begin();
        self.requests.clear();
        self.requested.clear();
        self.changing = false;
        let started = Instant::now();
        let mut uploaded = 0;
        while uploaded < UPLOAD_BYTES && started.elapsed() < UPLOAD_TIME {
            let Some((order, made)) = self.loader.take() else { return };
            uploaded += self.receive(order, made);
        }
        self.context.request_repaint();
    }

    /// Bytes uploaded.
    fn receive(&mut self, order: TileRequest, made: Result<Made>) -> u64 {
        let state = order.state();
        match (made, order.pixels) {
            (Ok(Made::Tile(image)), _) => return self.pool.put(&self.context, order.tile, state, image),
            (Err(error), Pixels::Image { image, .. }) if !error.is_cancelled() => {
                self.failures.insert(image, error);
            }
            (Ok(Made::Preview { image, is_whole, scan }), _) => {
                self.ask_again(order.tile, scan);
                let revision = if is_whole { PREVIEW } else { PART };
                return self.pool.put(&self.context, order.tile, State { revision, ..state }, image);
            }
            (Ok(Made::NotYet(scan)), _) => self.ask_again(order.tile, scan),
            // What the canvas lacks is marked on it, file by file.
            (Ok(Made::Patch) | Err(_), _) => {}
        }
        0
    }

    fn ask_again(&mut self, tile: TileId, scan: Progress) {
        self.waiting.insert(tile, Instant::now() + ASK_AGAIN);
        self.scanning = Some(scan);
    }

    /// The short name of what is shown.
    pub(super) fn picture(&mut self, shown: Shown) -> u32 {
        *self.pictures.entry(shown).or_insert_with(|| {
            self.last_picture += 1;
            self.last_picture
        })
    }

    /// The texture of a tile, if it is there, be it outdated. It counts as used.
    pub(super) fn get(&mut self, tile: TileId) -> Option<egui::TextureId> {
        self.pool.get(tile)
    }

    /// Whether a tile is there in that state.
    pub(super) fn has(&self, tile: TileId, state: State) -> bool {
        self.pool.state(tile) == Some(state)
    }

    /// Request for a tile unless it is there in that state.
    pub(super) fn request(&mut self, mut request: Request) {
        request.order.begun = self.pool.state(request.order.tile).is_some_and(|state| {
            let State { revision, look } = state;
            revision != PART && look == request.order.look.revision
        });
        let TileRequest { tile, pixels, .. } = &request.order;
        let failed = matches!(pixels, Pixels::Image { image, .. } if self.failures.contains_key(image));
        if !failed && !self.has(*tile, request.order.state()) && self.requested.insert(*tile) {
            self.requests.push(request);
        }
    }

    /// What this frame shows is about to change although nothing is requested for it yet: there will be another frame.
    pub(super) fn expect_change(&mut self) {
        self.changing = true;
        self.context.request_repaint_after(Duration::from_millis(STEP_MS));
    }

    /// End a frame: hand the requests of all its canvases over, free textures that nobody used lately.
    pub(super) fn end(&mut self) {
        self.requests.sort_by(|a, b| a.rank.cmp(&b.rank).then(a.distance.total_cmp(&b.distance)));
        self.lacking = self.requests.iter().filter(|request| request.rank < Rank::Ahead).count();
        let absent = |request: &&Request| request.rank < Rank::Ahead && self.pool.state(request.order.tile).is_none();
        self.absent = self.requests.iter().filter(absent).count();
        let now = Instant::now();
        self.waiting.retain(|_, again| *again > now);
        self.scanning = self.scanning.take().filter(|scan| scan.snapshot().fraction() < 1.0 && self.lacking > 0);
        if !self.waiting.is_empty() {
            self.context.request_repaint_after(ASK_AGAIN);
        }
        let asked = self.requests.drain(..).map(|request| request.order);
        self.loader.request(asked.filter(|order| !self.waiting.contains_key(&order.tile)));
        self.pool.shrink();
    }

    /// Forget every picture: another document is opened. What is still being made for the old one is not waited for.
    pub(super) fn clear(&mut self) {
        self.library = viewing_library(CACHE_BYTES);
        self.pool.clear();
        self.pictures.clear();
        self.failures.clear();
        self.waiting.clear();
        self.scanning = None;
    }

    /// Forget failures, so that files are tried again.
    pub(super) fn retry(&mut self) {
        let mut failed: Vec<_> = self.failures.drain().map(|(image, _)| image.path).collect();
        failed.sort_unstable();
        failed.dedup();
        for path in failed {
            self.library.cache().forget(&path);
        }
    }

    /// Whether every visible tile has a current texture.
    pub(super) fn is_settled(&self) -> bool {
        self.lacking == 0 && !self.changing
    }

    /// Visible tiles without any texture.
    pub(super) fn absent(&self) -> usize {
        self.absent
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

//! Display tiles: wished for by the canvas, made by the loader's threads, kept as textures under a byte budget.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use egui::{ColorImage, TextureHandle, TextureOptions};

use crate::cache::{Library, Loader, LoaderStatus, Wake};
use crate::composite::{BadTiles, Composite};
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::pixels::to_rgba8;
use crate::source::Source as _;
use crate::work::viewing_library;
use crate::{Error, Result};

/// The side of a display tile, in the pixels of its level.
pub(super) const SIDE: u32 = 512;
/// Bytes of decoded tiles.
const CACHE_BYTES: u64 = 384 << 20;
/// Bytes of textures.
const TEXTURE_BYTES: u64 = 256 << 20;
/// Uploading stops for this frame after so long.
const UPLOAD_TIME: Duration = Duration::from_millis(2);
/// And after so many bytes.
const UPLOAD_BYTES: usize = 4 << 20;

/// What a display tile shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Shown {
    /// A page of a file, in its own pixels.
    Image { path: Arc<Path>, page: u32 },
    /// The whole canvas, as composed at this revision of the document.
    Canvas { revision: u64 },
}

/// One display tile: cell (column, row) of the picture at `level` halvings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TileId {
    pub(super) shown: Shown,
    pub(super) level: u32,
    pub(super) column: u32,
    pub(super) row: u32,
}

struct Texture {
    handle: TextureHandle,
    bytes: u64,
    used: u64,
}

/// The pool of textures and the loader that fills it.
pub(super) struct Textures {
    context: egui::Context,
    library: Library,
    loader: Loader<TileId, ColorImage>,
    composed: Arc<Mutex<(u64, Option<Arc<Composite>>)>>,
    composed_of: Option<Arc<Mosaic>>,
    pool: HashMap<TileId, Texture>,
    bytes: u64,
    frame: u64,
    wishes: Vec<TileId>,
    wished: HashSet<TileId>,
    /// Why a file cannot be shown.
    pub(super) failures: HashMap<Arc<Path>, Error>,
}

impl Textures {
    pub(super) fn new(context: &egui::Context) -> Self {
        let library = viewing_library(CACHE_BYTES);
        let composed: Arc<Mutex<(u64, Option<Arc<Composite>>)>> = Arc::default();
        let make = {
            let (library, composed) = (library.clone(), Arc::clone(&composed));
            move |id: &TileId| make(id, &library, &composed)
        };
        let threads = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
        let waker = context.clone();
        let wake: Wake = Arc::new(move || waker.request_repaint());
        let loader = Loader::new(threads, make, &wake);
        Self {
            context: context.clone(),
            library,
            loader,
            composed,
            composed_of: None,
            pool: HashMap::new(),
            bytes: 0,
            frame: 0,
            wishes: Vec::new(),
            wished: HashSet::new(),
            failures: HashMap::new(),
        }
    }

    /// Begin a frame: forget its wishes, take what has been made, within the frame's time for uploads.
    pub(super) fn begin(&mut self) {
        self.frame += 1;
        self.wishes.clear();
        self.wished.clear();
        let started = Instant::now();
        let mut uploaded = 0;
        while uploaded < UPLOAD_BYTES && started.elapsed() < UPLOAD_TIME {
            let Some((id, made)) = self.loader.take() else { return };
            match made {
                Ok(image) => uploaded += self.upload(id, image),
                Err(Error::Cancelled) => {}
                Err(error) => {
                    if let Shown::Image { path, .. } = id.shown {
                        self.failures.insert(path, error);
                    }
                }
            }
        }
        self.context.request_repaint();
    }

    /// The texture of a tile, if it is there. It counts as used.
    pub(super) fn get(&mut self, id: &TileId) -> Option<egui::TextureId> {
        let texture = self.pool.get_mut(id)?;
        texture.used = self.frame;
        Some(texture.handle.id())
    }

    /// Wish for a tile unless it is there. The order of wishes is the order of work.
    pub(super) fn wish(&mut self, id: TileId) {
        let failed = matches!(&id.shown, Shown::Image { path, .. } if self.failures.contains_key(path));
        if !failed && !self.pool.contains_key(&id) && self.wished.insert(id.clone()) {
            self.wishes.push(id);
        }
    }

    /// End a frame: hand the wishes over, free textures that nobody used lately.
    pub(super) fn end(&mut self) {
        self.loader.wish(self.wishes.iter().cloned());
        if self.bytes <= TEXTURE_BYTES {
            return;
        }
        let mut old: Vec<(u64, TileId)> =
            self.pool.iter().filter(|(_, t)| t.used < self.frame).map(|(id, t)| (t.used, id.clone())).collect();
        old.sort_unstable_by_key(|(used, _)| *used);
        for (_, id) in old {
            if self.bytes <= TEXTURE_BYTES * 3 / 4 {
                break;
            }
            if let Some(texture) = self.pool.remove(&id) {
                self.bytes -= texture.bytes;
            }
        }
    }

    /// The revision under which the composed canvas of `mosaic` is known; old ones are forgotten.
    pub(super) fn revision(&mut self, mosaic: &Arc<Mosaic>) -> u64 {
        let mut state = self.composed.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.composed_of.as_ref().is_some_and(|known| Arc::ptr_eq(known, mosaic)) {
            let made = Composite::new(mosaic, self.library.clone(), BadTiles::Mark, Progress::default());
            *state = (state.0 + 1, made.ok().map(Arc::new));
            self.composed_of = Some(Arc::clone(mosaic));
        }
        state.0
    }

    /// Forget failures, so that files are tried again.
    pub(super) fn retry(&mut self) {
        let mut failed: Vec<_> = self.failures.drain().map(|(path, _)| path).collect();
        failed.sort_unstable();
        for path in failed {
            self.library.cache().forget(&path);
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.wishes.is_empty() && self.loader.status() == LoaderStatus::default()
    }

    /// What the loader is at.
    pub(super) fn status(&self) -> LoaderStatus {
        self.loader.status()
    }

    fn upload(&mut self, id: TileId, image: ColorImage) -> usize {
        let bytes = image.pixels.len() * 4;
        let options = TextureOptions { magnification: egui::TextureFilter::Nearest, ..TextureOptions::LINEAR };
        let handle = self.context.load_texture("tile", image, options);
        let texture = Texture { handle, bytes: bytes as u64, used: self.frame };
        self.bytes += bytes as u64;
        if let Some(before) = self.pool.insert(id, texture) {
            self.bytes -= before.bytes;
        }
        bytes
    }
}

/// On a loader's thread: the pixels of one display tile as the screen wants them.
fn make(id: &TileId, library: &Library, composed: &Mutex<(u64, Option<Arc<Composite>>)>) -> Result<ColorImage> {
    let (pixels, colour, max) = match &id.shown {
        Shown::Image { path, page } => {
            let source = library.open(path, *page)?;
            let info = source.info();
            let rect = cell(info.size(), id)?;
            (source.read_reduced(id.level, rect)?, info.colour, info.sample.max())
        }
        Shown::Canvas { revision } => {
            let state = composed.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let (current, Some(composite)) = state else { return Err(Error::Cancelled) };
            if current != *revision {
                return Err(Error::Cancelled);
            }
            let info = composite.info();
            let level = (id.level as usize).min(info.levels.len() - 1);
            let rect = cell(info.size(), id)?;
            (composite.read(Region::new(level, rect))?, info.colour, info.sample.max())
        }
    };
    let size = [pixels.size().width as usize, pixels.size().height as usize];
    Ok(ColorImage::from_rgba_unmultiplied(size, &to_rgba8(&pixels, colour, (0.0, max))))
}

fn cell(size: Size, id: &TileId) -> Result<Rect> {
    let grid = TileGrid::square(size.halved_times(id.level as usize), SIDE);
    let rect = grid.rect(id.column, id.row);
    if rect.is_empty() { Err(Error::corrupt("the image is smaller than it was")) } else { Ok(rect) }
}

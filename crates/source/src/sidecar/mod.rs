//! [`Sidecar`]: the tiles and levels that a large flat file lacks, made by one sequential scan and stored in the user's cache folder.
//!
//! A file that can only be decoded from its beginning, or that has no small levels, is scanned once, in the memory of a few
//! hundred rows. Tiles can be read while the scan still runs: whoever reads one that is not there yet waits for it. What an
//! interrupted scan has made is there at once the next time, and the scan goes on behind it. The file is found again by the
//! image's path, size and time of change; it is never looked for anywhere else, and the image itself is never written to.

mod folder;
mod make;
mod records;
mod sampling;
mod table;

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::upright::{Upright, turned};
use super::{Capabilities, CoarsePreview, Deferred, ImageRef, Info, Level, Preview, ReadingCost, Source};
use crate::geometry::{Rect, Region, Size};
use crate::job::Progress;
use crate::loss::{self, Loss};
use crate::pixels::{Pixels, Samples, halve};
use crate::{Error, IoResultExt as _, Result};
use sampling::Sampling;
use table::Table;

pub use folder::SidecarFolder;

/// Images of fewer pixels are quickly read as they are.
const LEAST_PIXELS: u64 = 48 << 20;
/// A file whose smallest level is no longer than this has levels of its own.
const SMALL_LEVEL: u32 = 4096;
/// Levels end with one that is no longer than this.
const LAST_LEVEL: u32 = 512;
/// An image in pieces of no more bytes is read at full resolution as it is.
const MOST_PIECE: u64 = 32 << 20;
/// A tile that the scan has not come to is made from the image itself where that means decoding no more bytes.
const MOST_SHORTCUT: u64 = 200 << 20;
/// Rows of tiles hold at most about so many bytes.
const MOST_BAND: u64 = 64 << 20;

/// The tiles of all levels of an image, each level the exact 2×2 mean of the one before.
pub struct Sidecar {
    info: Info,
    file: File,
    path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
    progress: Progress,
    /// The image itself where its full resolution can be read in small parts: then only the coarser levels are stored.
    full: Option<Arc<dyn Source>>,
}

struct State {
    table: Table,
    /// Why the rest will never come.
    failed: Option<Error>,
    /// What the scan found missing.
    losses: Vec<Loss>,
}

impl Sidecar {
    /// Whether parts of the image can only be had by a scan over its beginning.
    pub fn is_needed(source: &dyn Source) -> Result<bool> {
        Ok(source.sequential_scan()?.is_some())
    }

    /// Whether the image lacks the small levels that looking at it takes.
    pub fn is_useful(source: &dyn Source) -> Result<bool> {
        let info = source.info();
        let last = info.levels.last().map_or(0, |level| level.size.longest());
        Ok(Self::is_needed(source)? || info.size().area() >= LEAST_PIXELS && last > SMALL_LEVEL)
    }

    /// The finished sidecar of `image`, if there is one; `source` is that image.
    pub fn open(folder: &SidecarFolder, image: &ImageRef, source: &Arc<dyn Source>) -> Option<Arc<dyn Source>> {
        let key = folder::key_of(image, source.info())?;
        let file = folder.find(&key)?;
        let Plan { orientation, info, full } = Plan::of(source).ok()?;
        let opened = File::open(&file).ok()?;
        let table = Table::load(&opened, &key, &info, full.is_some())?;
        let state = Mutex::new(State { table, failed: None, losses: Vec::new() });
        let sidecar = Self {
            info,
            file: opened,
            path: file,
            state,
            changed: Condvar::new(),
            progress: Progress::default(),
            full,
        };
        Some(Upright::of(Arc::new(sidecar), orientation))
    }

    /// Scan `source`, which `image` names, and store what comes of it. Counts rows of level 0.
    ///
    /// Goes on from what an interrupted scan has left. Fails with [`Error::NoSpace`] where the folder's disk cannot hold it. A
    /// scan that fails leaves nothing; one that is cancelled, or ends with the program, leaves the tiles written so far.
    pub fn build(
        folder: &SidecarFolder,
        image: &ImageRef,
        source: &Arc<dyn Source>,
        progress: &Progress,
    ) -> Result<Arc<dyn Source>> {
        let (making, sidecar, orientation) = Self::begin(folder, image, source, progress)?;
        making.run(&**source, &sidecar)?;
        Ok(Upright::of(sidecar, orientation))
    }

    /// As [`build`](Self::build), on a thread of its own: the source is there at once, and a read waits for its tiles. The scan
    /// ends early when nobody holds the source any more.
    pub fn start(folder: &SidecarFolder, image: &ImageRef, source: Arc<dyn Source>) -> Result<Arc<dyn Source>> {
        let progress = Progress::default();
        let (making, sidecar, orientation) = Self::begin(folder, image, &source, &progress)?;
        let sampling = Arc::new(Mutex::new(Sampling::of(&*source)));
        let watched =
            Watched { inside: Arc::clone(&sidecar), source: Arc::clone(&source), sampling: Arc::clone(&sampling) };
        let path = Arc::clone(&image.path);
        let run = move || {
            // The coarsest whole comes first: the scan wants the same disk for itself.
            if !has_preview(&*source) {
                drop(sampled(&sampling, &*source));
            }
            // Its readers get the error of a failure.
            let began = std::time::Instant::now();
            match making.run(&*source, &sidecar) {
                Ok(()) => tracing::debug!(path = %path.display(), ms = began.elapsed().as_millis(), "sidecar complete"),
                Err(error) => tracing::debug!("sidecar not complete: {error}"),
            }
        };
        crate::job::spawn("sidecar", run).at(&image.path)?;
        Ok(Upright::of(Arc::new(watched), orientation))
    }

    fn begin(
        folder: &SidecarFolder,
        image: &ImageRef,
        source: &Arc<dyn Source>,
        progress: &Progress,
    ) -> Result<(make::Making, Arc<Self>, u8)> {
        let Plan { orientation, info, full } = Plan::of(source)?;
        progress.set_total(info.size().height.into());
        let missing = || Error::invalid(format!("{}: no file to make tiles of", image.path.display()));
        let key = folder::key_of(image, source.info()).ok_or_else(missing)?;
        let areas = info.levels.iter().skip(full.is_some().into()).map(|level| level.size.area());
        let bytes = areas.fold(0, u64::saturating_add).saturating_mul(info.pixel_bytes() as u64);
        let unfinished = folder.begin(&key, bytes)?;
        let file = unfinished.file().try_clone().at(unfinished.path())?;
        let state = Mutex::new(State { table: Table::new(&info, full.is_some()), failed: None, losses: Vec::new() });
        let path = unfinished.path().to_owned();
        let sidecar = Self { info, file, path, state, changed: Condvar::new(), progress: progress.clone(), full };
        Ok((make::Making { unfinished, key }, Arc::new(sidecar), orientation))
    }

    /// Whether a tile, or the news that it will never come, is there.
    fn is_there(&self, level: usize, column: u32, row: u32) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failed.is_some() || state.table.get(level, column, row).is_some()
    }

    /// The image itself and what of it makes a tile, where that can be read quickly.
    fn shortcut(&self, level: usize, rect: Rect) -> Option<(&Arc<dyn Source>, Region)> {
        let full = self.full.as_ref()?;
        let scale = 1i64.checked_shl(level as u32)?;
        let fine = Rect::new(rect.x0 * scale, rect.y0 * scale, rect.x1 * scale, rect.y1 * scale);
        let fine = fine.intersect(self.info.whole(0));
        let pieces = full.info().levels[0].grid();
        let pixels: u64 = pieces.touching(fine).map(|(column, row)| pieces.rect(column, row).area()).sum();
        let quick = pixels.saturating_mul(self.info.pixel_bytes() as u64) <= MOST_SHORTCUT;
        quick.then_some((full, Region::new(0, fine)))
    }

    /// The pixels of a tile, when it is there.
    fn tile(&self, level: usize, column: u32, row: u32, size: Size) -> Result<Pixels> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (offset, length) = loop {
            if let Some(place) = state.table.get(level, column, row) {
                break place;
            }
            if let Some(error) = &state.failed {
                return Err(error.clone());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        drop(state);
        let mut packed = vec![0; length as usize];
        super::read_exact_at(&self.file, &mut packed, offset).at(&self.path)?;
        let bytes = size.area() as usize * self.info.pixel_bytes();
        let decompressed = lz4_flex::block::decompress(&packed, bytes);
        let decompressed = decompressed.map_err(|error| {
            // Torn by a crash of the machine, say: it is made anew the next time.
            std::fs::remove_file(&self.path).ok();
            Error::corrupt(format!("the cached tiles of a large image ({error}); open it again")).at(&self.path)
        })?;
        Pixels::new(size, self.info.channels, Samples::from_le_bytes(self.info.sample, decompressed)).at(&self.path)
    }
}

impl Sidecar {
    /// Whether the scan found the file damaged.
    fn is_damaged(&self) -> bool {
        self.first_loss().is_some()
    }

    /// The first missing part that the scan has found.
    fn first_loss(&self) -> Option<Error> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.losses.first().map(|loss| loss.error.clone())
    }

    /// Does a part of the scan; what it tells is told to who reads from now on.
    fn collect<T>(&self, work: impl FnOnce() -> T) -> T {
        let (done, losses) = loss::collect(work);
        if !losses.parts.is_empty() {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).losses.extend(losses.parts);
        }
        done
    }
}

impl Source for Sidecar {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: None,
            deferred: Some(self),
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let background = if self.scanning().is_some() { make::memory(&self.info, self.full.is_some()) } else { 0 };
        let tiles = match &self.full {
            Some(full) if region.level == 0 => full.cost(region),
            _ => ReadingCost::of_tiles(&self.info, region, 2),
        };
        ReadingCost { background, ..tiles }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let grid = self.info.level(region)?.grid();
        if let (Some(full), 0) = (&self.full, region.level) {
            return full.read(region);
        }
        let mut out = self.info.blank(region.rect.size());
        for (column, row) in grid.touching(region.rect) {
            let rect = grid.rect(column, row);
            let tile = match self.shortcut(region.level, rect) {
                Some((full, fine)) if !self.is_there(region.level, column, row) => {
                    let mut pixels = full.read(fine)?;
                    for _ in 0..region.level {
                        pixels = halve(pixels.view(), self.info.color.has_alpha());
                    }
                    pixels
                }
                _ => self.tile(region.level, column, row, rect.size())?,
            };
            out.paste(tile.view(), rect.x0 - region.rect.x0, rect.y0 - region.rect.y0);
        }
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.losses.iter().cloned().for_each(loss::note);
        Ok(out)
    }
}

impl Deferred for Sidecar {
    fn is_ready(&self, region: Region) -> bool {
        let Ok(described) = self.info.level(region) else { return true };
        let grid = described.grid();
        self.full.is_some() && region.level == 0
            || grid.touching(region.rect).all(|(column, row)| {
                self.is_there(region.level, column, row)
                    || self.shortcut(region.level, grid.rect(column, row)).is_some()
            })
    }

    fn scanning(&self) -> Option<Progress> {
        let failed = self.state.lock().unwrap_or_else(PoisonError::into_inner).failed.is_some();
        let now = self.progress.snapshot();
        (!failed && now.done < now.total).then(|| self.progress.clone())
    }
}

/// A handle to a sidecar being made. When the last one is dropped, the scan is cancelled.
struct Watched {
    inside: Arc<Sidecar>,
    source: Arc<dyn Source>,
    sampling: Arc<Mutex<Sampling>>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.inside.progress.cancel();
    }
}

impl Source for Watched {
    fn info(&self) -> &Info {
        self.inside.info()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            // The sidecar holds no raw samples, CMYK or encoded tiles, and it is what spares the scan.
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: None,
            deferred: Some(self),
            preview: Some(self),
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.inside.cost(region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.inside.read(region)
    }
}

impl Deferred for Watched {
    fn is_ready(&self, region: Region) -> bool {
        self.inside.is_ready(region)
    }

    fn scanning(&self) -> Option<Progress> {
        self.inside.scanning()
    }
}

impl CoarsePreview for Watched {
    fn preview(&self) -> Result<Option<Preview>> {
        if has_preview(&*self.source) {
            self.source.preview()
        } else {
            sampled(&self.sampling, &*self.source).map(Some)
        }
    }

    fn thumbnail(&self) -> Result<Option<Pixels>> {
        self.source.thumbnail()
    }
}

/// Whether the image shows a coarse whole by itself, or can only be decoded from its beginning.
fn has_preview(source: &dyn Source) -> bool {
    source.sequential_scan().map_or(true, |scan| scan.is_some())
}

/// The coarse whole as far as it goes, for some more rows.
fn sampled(sampling: &Mutex<Sampling>, source: &dyn Source) -> Result<Preview> {
    sampling.lock().unwrap_or_else(PoisonError::into_inner).go_on(source)
}

/// What will be made of an image.
struct Plan {
    /// How it is stored.
    orientation: u8,
    /// With the levels it will have.
    info: Info,
    full: Option<Arc<dyn Source>>,
}

impl Plan {
    fn of(source: &Arc<dyn Source>) -> Result<Self> {
        let scan = source.sequential_scan()?;
        let orientation = scan.as_ref().map_or(1, |scan| scan.orientation);
        let mut info = turned(source.info(), orientation);
        // The sidecar's tiles are RGB.
        info.is_cmyk = false;
        let piece = info.levels[0].tile;
        let is_readable = scan.is_none() && piece.area().saturating_mul(info.pixel_bytes() as u64) <= MOST_PIECE;
        let full = is_readable.then(|| Arc::clone(source));
        set_levels(&mut info);
        if is_readable {
            info.levels[0].tile = piece;
        }
        Ok(Self { orientation, info, full })
    }
}

fn set_levels(info: &mut Info) {
    let full = info.size();
    let line = u64::from(full.width) * info.pixel_bytes() as u64;
    let side = [512, 256, 128].into_iter().find(|side| line * side <= MOST_BAND).unwrap_or(64) as u32;
    let tile = Size::new(side, side);
    info.levels = vec![Level { size: full, downsample: 1.0, tile }];
    let mut size = full;
    while size.longest() > LAST_LEVEL {
        size = size.halved();
        let downsample = (1u64 << info.levels.len()) as f64;
        info.levels.push(Level { size, downsample, tile });
    }
}

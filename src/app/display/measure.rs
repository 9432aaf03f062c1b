//! [`Measure`]: histograms of a document, computed in the background: first from a preview, on demand from all pixels.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::cache::{Cached, Library, TileCache};
use crate::geometry::{Rect, Size, TileGrid};
use crate::job::Progress;
use crate::mosaic::{Mosaic, PixelKind, Placement};
use crate::pixels::{ChannelName, Color, Pixels, SampleType, conform};
use crate::source::{CoarsePreview as _, Source as _};
use crate::{Error, Result};
use mosaicist_display::{Histogram, histograms};

/// The most images sampled for a preview.
const SAMPLED: usize = 24;
/// The first windows wait no longer for more of these.
const PATIENCE: Duration = Duration::from_millis(300);
/// The sides of the first and the second preview, in pixels.
const COARSE: u32 = 512;
const FINE: u32 = 2048;
/// The side of the parts of a large image that are read at full resolution.
const PATCH: u32 = 128;
/// Images are counted in squares of this side.
const SIDE: u32 = 1024;
/// Of channels that are stored apart, so many are read before the first windows.
const MOST_HASTY: usize = 6;
/// Decoded tiles that the count of all values may hold: those on the screen stay where they are.
const CACHE: u64 = 48 << 20;

/// The results so far.
#[derive(Clone, Default)]
pub(in crate::app) struct Found {
    /// One for each channel but alpha, in the values of the document's kind of pixel.
    pub(in crate::app) histograms: Option<Arc<Vec<Histogram>>>,
    /// Whether every pixel has been counted.
    pub(in crate::app) whole: bool,
    /// The channel names and colors of the first image.
    pub(in crate::app) names: Vec<ChannelName>,
    /// The first image's color profile.
    pub(in crate::app) icc: Option<Arc<[u8]>>,
}

impl Found {
    pub(in crate::app) fn counted(&self) -> &[Histogram] {
        self.histograms.as_ref().map_or(&[], |all| all)
    }
}

/// The pixels to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Only the upper edge of the first image, which is decoded first in a sequential scan.
    First,
    Sample,
    All,
}

/// A measurement under way, or done. Dropped, it stops.
pub(super) struct Measure {
    shared: Arc<Shared>,
    depth: Depth,
    started: Instant,
}

struct Shared {
    news: Mutex<Option<Found>>,
    over: AtomicBool,
    progress: Progress,
    context: egui::Context,
}

impl Measure {
    /// Begin on a thread of its own.
    pub(super) fn start(
        mosaic: &Arc<Mosaic>,
        kind: PixelKind,
        library: &Library,
        context: &egui::Context,
        depth: Depth,
    ) -> Self {
        let shared = Arc::new(Shared {
            news: Mutex::default(),
            over: AtomicBool::new(false),
            progress: Progress::default(),
            context: context.clone(),
        });
        // 8-bit images are displayed already: counting them must not evict visible tiles from the cache. Of the others the coarse
        // preview is what the screen requests first.
        let apart = || library.with_cache(Arc::new(TileCache::new(CACHE)));
        let library = if kind.sample == SampleType::U8 { apart() } else { library.clone() };
        let work = Work { mosaic: Arc::clone(mosaic), kind, library, shared: Arc::clone(&shared) };
        let run = move || {
            // A decoder that fails costs a histogram, no more.
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work.run(depth)));
            if done.is_err() {
                work.publish(Found::default());
            }
            work.shared.over.store(true, Relaxed);
            work.shared.context.request_repaint();
        };
        if crate::job::spawn("measure", run).is_err() {
            *shared.news.lock().unwrap_or_else(PoisonError::into_inner) = Some(Found::default());
            shared.over.store(true, Relaxed);
        }
        Self { shared, depth, started: Instant::now() }
    }

    /// How long ago it began.
    pub(super) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// New results since the last call. Does not block.
    pub(super) fn news(&self) -> Option<Found> {
        self.shared.news.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// How far a count of all values is, while it runs.
    pub(super) fn counting(&self) -> Option<f32> {
        let counts = self.depth == Depth::All && !self.is_over();
        counts.then(|| self.shared.progress.snapshot().fraction())
    }

    /// The same, stopped: there will be nothing new.
    pub(super) fn stopped(self) -> Self {
        self.shared.progress.cancel();
        self.shared.over.store(true, Relaxed);
        self
    }

    /// Whether there is nothing more to come.
    pub(super) fn is_told(&self) -> bool {
        self.is_over() && self.shared.news.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    pub(super) fn is_over(&self) -> bool {
        self.shared.over.load(Relaxed)
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        self.shared.progress.cancel();
    }
}

struct Work {
    mosaic: Arc<Mosaic>,
    kind: PixelKind,
    library: Library,
    shared: Arc<Shared>,
}

impl Work {
    fn run(&self, depth: Depth) {
        let mut found = Found::default();
        if depth == Depth::First {
            return self.first(&mut found);
        }
        if self.sample(&mut found).is_err() {
            return;
        }
        let small = self.library.with_cache(Arc::new(TileCache::new(CACHE)));
        let finer = if depth == Depth::All { vec![FINE, u32::MAX] } else { vec![FINE] };
        for longest in finer {
            if found.whole || depth == Depth::Sample && self.mosaic.placements.len() > 4 {
                return;
            }
            match self.count(&small, longest) {
                Ok(all) if all.iter().any(|histogram| histogram.total() > 0) => {
                    (found.histograms, found.whole) = (Some(Arc::new(all)), longest == u32::MAX);
                    self.publish(found.clone());
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    fn publish(&self, found: Found) {
        *self.shared.news.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        self.shared.context.request_repaint();
    }

    /// Counts a preview of some of the images, from tiles that the screen requests first anyway.
    fn sample(&self, found: &mut Found) -> Result<()> {
        let started = Instant::now();
        let all = self.visible();
        let step = all.len().div_ceil(SAMPLED).max(1);
        let mut counts: Vec<Histogram> = Vec::new();
        let mut told = false;
        found.whole = all.len() <= SAMPLED;
        for placement in all.iter().step_by(step) {
            self.shared.progress.check()?;
            if let Ok(one) = self.coarse(placement, found) {
                add(&mut counts, &one);
            }
            if !told && started.elapsed() > PATIENCE && counts.iter().any(|histogram| histogram.total() > 0) {
                found.histograms = Some(Arc::new(counts.clone()));
                self.publish(Found { whole: false, ..found.clone() });
                told = true;
            }
        }
        found.histograms = Some(Arc::new(counts));
        self.publish(found.clone());
        Ok(())
    }

    fn first(&self, found: &mut Found) {
        let first = self.visible().into_iter().find_map(|placement| {
            let source = self.library.open(&placement.image).ok()?;
            let size = source.info().size();
            let edge = Rect::new(0, 0, size.width.into(), size.height.min(PATCH).into());
            let middle = Rect::at(i64::from(size.width / 2), 0, Size::new(FINE, PATCH)).intersect(edge);
            found.names.clone_from(&source.info().channel_names);
            self.counts(&source, 0, middle, MOST_HASTY).ok()
        });
        found.histograms = first.map(Arc::new);
        self.publish(found.clone());
    }

    fn coarse(&self, placement: &Placement, found: &mut Found) -> Result<Vec<Histogram>> {
        let source = self.library.open(&placement.image)?;
        if found.icc.is_none() && found.names.is_empty() {
            found.icc.clone_from(&source.info().icc);
            found.names.clone_from(&source.info().channel_names);
        }
        let size = source.info().size();
        let few = self.mosaic.placements.len() <= 4 || self.kind.sample != SampleType::U8;
        if size.longest() <= FINE && few {
            return self.counts(&source, 0, Rect::from_size(size), usize::MAX);
        }
        found.whole = false;
        // Its blank part counts as dark until the whole is counted.
        if let Some(preview) = source.preview()? {
            return Ok(self.histograms(preview.pixels, &source));
        }
        let level = level_for(&source, COARSE);
        let whole = Rect::from_size(size.halved_times(level as usize));
        let mut counts = self.counts(&source, level, whole, usize::MAX)?;
        if few {
            // Means of many pixels hide how dark and bright single ones are: some are read at full resolution.
            for rect in patches(size) {
                add(&mut counts, &self.counts(&source, 0, rect, usize::MAX)?);
            }
        }
        Ok(counts)
    }

    /// Every image, none with a side longer than `longest`.
    fn count(&self, library: &Library, longest: u32) -> Result<Vec<Histogram>> {
        let progress = &self.shared.progress;
        let all = self.visible();
        let open = |placement: &Placement| library.open(&placement.image);
        let cells = |placement: &Placement| {
            let level = (0..=24).find(|&level| placement.size.halved_times(level).longest() <= longest).unwrap_or(24);
            (level as u32, TileGrid::square(placement.size.halved_times(level), SIDE))
        };
        progress.set_total(all.iter().map(|placement| cells(placement).1.count()).sum());
        let mut counts = Vec::new();
        for placement in &all {
            let (level, grid) = cells(placement);
            let source = open(placement);
            for (column, row) in grid.touching(Rect::from_size(grid.size)) {
                progress.advance(1)?;
                let Ok(source) = &source else { continue };
                match self.counts(source, level, grid.rect(column, row), usize::MAX) {
                    Ok(more) => add(&mut counts, &more),
                    Err(Error::Cancelled) => return Err(Error::Cancelled),
                    // It is marked on the canvas.
                    Err(_) => {}
                }
            }
        }
        Ok(counts)
    }

    /// The values of `rect` at that level. Of channels that are stored apart, one after the other is held in memory, and
    /// only the first `most` are read; the others count nothing.
    fn counts(&self, source: &Cached, level: u32, rect: Rect, most: usize) -> Result<Vec<Histogram>> {
        let info = source.info();
        let apart = source.of_channels(&[0]).is_some() && PixelKind::from(info) == self.kind;
        if !apart {
            return Ok(self.histograms(source.read_reduced(level, rect)?, source));
        }
        let one = |at: usize| {
            self.shared.progress.check()?;
            let plane = source.of_channels(&[at]).filter(|_| at < most);
            let Some(plane) = plane else { return Ok(Histogram::new(info.sample)) };
            let counted = histograms(&plane.read_reduced(level, rect)?, Color::Channels, info.nodata);
            counted.into_iter().next().ok_or_else(|| Error::corrupt("a channel without values"))
        };
        (0..usize::from(info.channels)).into_par_iter().map(one).collect()
    }

    fn histograms(&self, pixels: Pixels, source: &Cached) -> Vec<Histogram> {
        let (info, kind) = (source.info(), self.kind);
        let own = if PixelKind::from(info) == kind {
            pixels
        } else {
            conform(pixels, info.color, kind.color, kind.channels, kind.sample)
        };
        histograms(&own, kind.color, info.nodata)
    }

    fn visible(&self) -> Vec<&Placement> {
        self.mosaic.placements.iter().filter(|placement| placement.visible && placement.kind.is_some()).collect()
    }
}

fn add(counts: &mut Vec<Histogram>, more: &[Histogram]) {
    if counts.is_empty() {
        counts.extend_from_slice(more);
    } else {
        counts.iter_mut().zip(more).for_each(|(to, more)| to.merge(more));
    }
}

/// Nine small parts of an image, evenly spread.
fn patches(size: Size) -> impl Iterator<Item = Rect> {
    let place = |length: u32, number: i64| (i64::from(length) * (2 * number + 1) / 6 - i64::from(PATCH / 2)).max(0);
    let at = move |number: i64| (place(size.width, number % 3), place(size.height, number / 3));
    (0..9).map(move |number| {
        let (x, y) = at(number);
        Rect::at(x, y, Size::new(PATCH, PATCH)).intersect(Rect::from_size(size))
    })
}

/// The first level of which no side is longer.
fn level_for(source: &Cached, longest: u32) -> u32 {
    let size = source.info().size();
    (0..=24).find(|&level| size.halved_times(level as usize).longest() <= longest).unwrap_or(24)
}

//! [`SourceSet`]: any number of files, a bounded number of them open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::cmyk_sidecar::CmykSidecar;
use super::{ImageRef, Sidecar, SidecarFolder, Source, open_image};
use crate::{IoResultExt as _, Result};

/// Where sources come from: the files, or whatever a test puts in their place.
pub trait Sources: Send + Sync {
    /// The image that `image` names.
    fn get(&self, image: &ImageRef) -> Result<Arc<dyn Source>>;

    /// Close the files of images that are not kept.
    fn keep_only(&self, _is_kept: &dyn Fn(&ImageRef) -> bool) {}

    /// One plane of an image ([`Planar::planes`](super::Planar::planes)), as it is best read; `image` names the plane alone.
    fn plane(&self, _image: &ImageRef, plane: &Arc<dyn Source>) -> Result<Arc<dyn Source>> {
        Ok(Arc::clone(plane))
    }
}

/// Opens sources on demand and keeps the most recently used ones.
pub struct SourceSet {
    open: Mutex<Open>,
    most: usize,
    sidecars: SidecarFolder,
    viewing: bool,
}

#[derive(Default)]
struct Open {
    /// With the tick of the last use.
    sources: HashMap<ImageRef, (u64, Arc<dyn Source>)>,
    tick: u64,
}

impl SourceSet {
    /// Keep up to `most` sources.
    pub fn new(most: usize) -> Self {
        Self { open: Mutex::default(), most: most.max(1), sidecars: SidecarFolder::default(), viewing: false }
    }

    /// Gives large images without small levels a [`Sidecar`] too, for viewing. Otherwise only those get one
    /// that cannot be read in parts.
    #[must_use]
    pub fn for_viewing(self) -> Self {
        Self { viewing: true, ..self }
    }

    /// Keep sidecars in `folder`.
    #[must_use]
    pub fn with_sidecars(self, folder: SidecarFolder) -> Self {
        Self { sidecars: folder, ..self }
    }

    /// The source of `image`, made by `make` unless it is there.
    fn cached(&self, image: &ImageRef, make: impl FnOnce() -> Result<Arc<dyn Source>>) -> Result<Arc<dyn Source>> {
        let mut state = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        state.tick += 1;
        let tick = state.tick;
        if let Some((used, source)) = state.sources.get_mut(image) {
            *used = tick;
            return Ok(Arc::clone(source));
        }
        drop(state);
        // Outside the lock: other files need not wait for this one. Two threads may open the same file; one wins.
        let source = make().at(&image.path)?;
        let mut state = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if state.sources.len() >= self.most {
            // The older half goes at once, so the sorting is paid for by many opens.
            let mut ticks: Vec<u64> = state.sources.values().map(|(used, _)| *used).collect();
            ticks.sort_unstable();
            let middle = ticks[ticks.len() / 2];
            state.sources.retain(|_, (used, _)| *used > middle);
        }
        let (_, source) = state.sources.entry(image.clone()).or_insert((tick, source));
        Ok(Arc::clone(source))
    }

    /// The source, with a sidecar if it needs one.
    fn served(&self, image: &ImageRef, source: Arc<dyn Source>) -> Result<Arc<dyn Source>> {
        let wanted = if self.viewing { Sidecar::is_useful(&*source)? } else { Sidecar::is_needed(&*source)? };
        if !wanted {
            return Ok(source);
        }
        if CmykSidecar::is_wanted(&*source)? {
            return Ok(CmykSidecar::of(&self.sidecars, image, &source).unwrap_or(source));
        }
        if let Some(finished) = Sidecar::open(&self.sidecars, image, &source) {
            return Ok(finished);
        }
        // Without disk space for a sidecar the image is read directly, which is slow.
        Ok(Sidecar::start(&self.sidecars, image, Arc::clone(&source)).unwrap_or(source))
    }
}

impl Default for SourceSet {
    /// As many as any system's limit on open files allows.
    fn default() -> Self {
        Self::new(200)
    }
}

impl Sources for SourceSet {
    fn keep_only(&self, is_kept: &dyn Fn(&ImageRef) -> bool) {
        let mut state = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Files are closed after the lock.
        let (kept, gone) = std::mem::take(&mut state.sources).into_iter().partition(|(image, _)| is_kept(image));
        state.sources = kept;
        drop(state);
        let _closed: HashMap<ImageRef, (u64, Arc<dyn Source>)> = gone;
    }

    fn get(&self, image: &ImageRef) -> Result<Arc<dyn Source>> {
        self.cached(image, || {
            let source = open_image(image)?;
            // The planes are served one by one.
            if source.planes().is_empty() { self.served(image, source) } else { Ok(source) }
        })
    }

    fn plane(&self, image: &ImageRef, plane: &Arc<dyn Source>) -> Result<Arc<dyn Source>> {
        self.cached(image, || self.served(image, Arc::clone(plane)))
    }
}

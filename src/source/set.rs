//! [`SourceSet`]: any number of files, a bounded number of them open.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Source, open};
use crate::{IoResultExt as _, Result};

/// Where sources come from: the files, or whatever a test puts in their place.
pub trait Sources: Send + Sync {
    /// Page `page` of the file at `path`.
    fn get(&self, path: &Path, page: usize) -> Result<Arc<dyn Source>>;
}

/// Opens sources on demand and keeps the most recently used ones.
pub struct SourceSet {
    open: Mutex<Open>,
    most: usize,
}

type Key = (Arc<Path>, usize);

#[derive(Default)]
struct Open {
    /// By file and page, with the tick of the last use.
    sources: HashMap<Key, (u64, Arc<dyn Source>)>,
    tick: u64,
}

impl SourceSet {
    /// Keep up to `most` sources.
    pub fn new(most: usize) -> Self {
        Self { open: Mutex::default(), most: most.max(1) }
    }
}

impl Default for SourceSet {
    /// As many as any system's limit on open files allows.
    fn default() -> Self {
        Self::new(200)
    }
}

impl Sources for SourceSet {
    fn get(&self, path: &Path, page: usize) -> Result<Arc<dyn Source>> {
        let key = (Arc::<Path>::from(path), page);
        let mut state = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        state.tick += 1;
        let tick = state.tick;
        if let Some((used, source)) = state.sources.get_mut(&key) {
            *used = tick;
            return Ok(Arc::clone(source));
        }
        drop(state);
        // Outside the lock: other files need not wait for this one. Two threads may open the same file; one wins.
        let source = open(path)?.page(page).at(path)?;
        let mut state = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if state.sources.len() >= self.most {
            // The older half goes at once, so the sorting is paid for by many opens.
            let mut ticks: Vec<u64> = state.sources.values().map(|(used, _)| *used).collect();
            ticks.sort_unstable();
            let middle = ticks[ticks.len() / 2];
            state.sources.retain(|_, (used, _)| *used > middle);
        }
        let (_, source) = state.sources.entry(key).or_insert((tick, source));
        Ok(Arc::clone(source))
    }
}

//! [`TileCache`]: decoded tiles within a byte budget; concurrent requests decode a tile once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::ImageRef;
use crate::loss::{self, Losses};
use crate::pixels::Pixels;
use crate::{Error, Result};

/// Names one tile: of which image, which level of it, which column and row of that level's grid.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TileKey {
    pub image: ImageRef,
    pub level: u16,
    pub column: u32,
    pub row: u32,
}

/// Decoded tiles within a byte budget (plus tiles in use); the least recently used are evicted first.
#[derive(Debug)]
pub struct TileCache {
    state: Mutex<State>,
    ready: Condvar,
    budget: u64,
    decodes: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    tiles: HashMap<TileKey, Entry>,
    /// Oldest first; an entry whose tick is not its tile's latest is stale and skipped.
    order: std::collections::VecDeque<(u64, TileKey)>,
    bytes: u64,
    tick: u64,
}

#[derive(Debug)]
enum Entry {
    /// Some thread decodes it.
    Pending,
    Ready {
        pixels: Arc<Pixels>,
        /// What of it is missing; mostly nothing.
        losses: Option<Arc<Losses>>,
        tick: u64,
    },
    /// A bad tile stays known as bad, so it is not tried again each time.
    Failed { error: Error, tick: u64 },
}

impl TileCache {
    /// A cache that holds up to `budget` bytes.
    pub fn new(budget: u64) -> Self {
        Self { state: Mutex::default(), ready: Condvar::new(), budget, decodes: AtomicU64::new(0) }
    }

    /// The tile, decoded by `decode` unless it is here or another thread is at it already. What `decode` notes as lost is noted
    /// each time the tile is taken.
    pub fn get_or_decode(&self, key: &TileKey, decode: impl FnOnce() -> Result<Pixels>) -> Result<Arc<Pixels>> {
        let mut state = self.lock();
        loop {
            match state.touch(key) {
                Some(Entry::Ready { pixels, losses, .. }) => {
                    if let Some(losses) = losses {
                        losses.note_again();
                    }
                    return Ok(Arc::clone(pixels));
                }
                Some(Entry::Failed { error, .. }) => return Err(error.clone()),
                Some(Entry::Pending) => state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner),
                None => break,
            }
        }
        state.tiles.insert(key.clone(), Entry::Pending);
        drop(state);
        let claim = Claim { cache: self, key };
        self.decodes.fetch_add(1, Relaxed);
        let (result, mut losses) = loss::collect(|| decode().map(Arc::new));
        losses.parts.iter_mut().for_each(|part| part.error = part.error.clone().at(&key.image.path));
        losses.note_again();
        let losses = (!losses.parts.is_empty()).then(|| Arc::new(losses));
        std::mem::forget(claim);
        self.settle(key, &result, losses);
        result
    }

    /// Bytes held now.
    pub fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// The most bytes it may hold.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// How many tiles have been decoded since the start.
    pub fn decodes(&self) -> u64 {
        self.decodes.load(Relaxed)
    }

    /// Forget everything known of `path`: it has changed.
    pub fn forget(&self, path: &Path) {
        let mut state = self.lock();
        let State { tiles, bytes, .. } = &mut *state;
        tiles.retain(|key, entry| {
            let keep = *key.image.path != *path || matches!(entry, Entry::Pending);
            if let (false, Entry::Ready { pixels, .. }) = (keep, entry) {
                *bytes -= pixels.bytes() as u64;
            }
            keep
        });
    }

    /// Forget the tiles of images that are not kept.
    pub fn keep_only(&self, is_kept: &dyn Fn(&ImageRef) -> bool) {
        let mut state = self.lock();
        let State { tiles, bytes, order, .. } = &mut *state;
        tiles.retain(|key, entry| {
            let keep = is_kept(&key.image) || matches!(entry, Entry::Pending);
            if let (false, Entry::Ready { pixels, .. }) = (keep, entry) {
                *bytes -= pixels.bytes() as u64;
            }
            keep
        });
        order.retain(|(_, key)| tiles.contains_key(key));
        order.shrink_to_fit();
        tiles.shrink_to_fit();
    }

    fn settle(&self, key: &TileKey, result: &Result<Arc<Pixels>>, losses: Option<Arc<Losses>>) {
        let mut state = self.lock();
        state.tick += 1;
        let tick = state.tick;
        match result {
            Ok(pixels) => {
                state.bytes += pixels.bytes() as u64;
                state.tiles.insert(key.clone(), Entry::Ready { pixels: Arc::clone(pixels), losses, tick });
                state.order.push_back((tick, key.clone()));
            }
            Err(Error::Cancelled) => drop(state.tiles.remove(key)),
            Err(error) => {
                state.tiles.insert(key.clone(), Entry::Failed { error: error.clone(), tick });
                state.order.push_back((tick, key.clone()));
            }
        }
        state.shrink(self.budget);
        drop(state);
        self.ready.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a pending entry if decoding panics, so that waiting threads continue.
struct Claim<'a> {
    cache: &'a TileCache,
    key: &'a TileKey,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.cache.settle(self.key, &Err(Error::corrupt("its decoder failed").at(&self.key.image.path)), None);
    }
}

impl State {
    /// The entry, marked as just used.
    fn touch(&mut self, key: &TileKey) -> Option<&Entry> {
        let entry = self.tiles.get_mut(key)?;
        if let Entry::Ready { tick, .. } | Entry::Failed { tick, .. } = entry {
            self.tick += 1;
            *tick = self.tick;
            self.order.push_back((self.tick, key.clone()));
        }
        Some(entry)
    }

    fn shrink(&mut self, budget: u64) {
        // Stale order entries are swept with the old ones; should touches outrun the sweep, it is done here in one go.
        if self.order.len() > 64 + 8 * self.tiles.len() {
            let tiles = &self.tiles;
            self.order.retain(|(tick, key)| tiles.get(key).is_some_and(|entry| entry.tick() == Some(*tick)));
        }
        while self.bytes > budget {
            let Some((tick, key)) = self.order.pop_front() else { break };
            if self.tiles.get(&key).is_some_and(|entry| entry.tick() == Some(tick))
                && let Some(Entry::Ready { pixels, .. }) = self.tiles.remove(&key)
            {
                self.bytes -= pixels.bytes() as u64;
            }
        }
    }
}

impl Entry {
    fn tick(&self) -> Option<u64> {
        match self {
            Self::Pending => None,
            Self::Ready { tick, .. } | Self::Failed { tick, .. } => Some(*tick),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::SampleType;

    fn key(column: u32) -> TileKey {
        TileKey { image: "x".into(), level: 0, column, row: 0 }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands for decoding, which may fail")]
    fn kilobyte() -> Result<Pixels> {
        Ok(Pixels::zeroed(Size::new(32, 32), 1, SampleType::U8))
    }

    #[test]
    fn the_least_recently_used_is_evicted_first() {
        let cache = TileCache::new(3 * 1024);
        for column in [0, 1, 2, 0, 3] {
            cache.get_or_decode(&key(column), kilobyte).unwrap();
        }
        assert_eq!((cache.bytes(), cache.decodes()), (3 * 1024, 4));
        cache.get_or_decode(&key(0), || panic!("0 was just used")).unwrap();
        cache.get_or_decode(&key(1), kilobyte).unwrap();
        assert_eq!(cache.decodes(), 5, "1 was the oldest");
    }

    #[test]
    fn many_threads_decode_once() {
        let cache = TileCache::new(1 << 20);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for column in 0..50 {
                        cache.get_or_decode(&key(column), kilobyte).unwrap();
                    }
                });
            }
        });
        assert_eq!(cache.decodes(), 50);
    }

    #[test]
    fn failures_are_remembered_until_forgotten() {
        let cache = TileCache::new(1 << 20);
        let fail = || Err(Error::corrupt("torn"));
        assert!(cache.get_or_decode(&key(0), fail).is_err());
        assert!(cache.get_or_decode(&key(0), kilobyte).is_err());
        cache.forget(Path::new("x"));
        assert!(cache.get_or_decode(&key(0), kilobyte).is_ok());
        assert!(cache.get_or_decode(&key(1), || Err(Error::Cancelled)).is_err());
        assert!(cache.get_or_decode(&key(1), kilobyte).is_ok(), "cancelled is not failed");
    }

    #[test]
    fn a_panic_wakes_waiting_threads() {
        let cache = TileCache::new(1 << 20);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            cache.get_or_decode(&key(0), || panic!("in the decoder"))
        }));
        assert!(caught.is_err());
        assert!(cache.get_or_decode(&key(0), kilobyte).is_err());
    }
}

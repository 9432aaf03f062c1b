//! Files that this process is about to write: who opens one of them waits until it is there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::job::Progress;

/// The files that are expected, and how far the work is that writes them.
static EXPECTED: Mutex<Option<HashMap<PathBuf, Progress>>> = Mutex::new(None);
/// How many there are: most processes expect none, and ask nothing more.
static COUNT: AtomicUsize = AtomicUsize::new(0);
static ARRIVED: Condvar = Condvar::new();

/// Files that are expected until they are there, or until this is dropped.
#[must_use = "what is expected is expected as long as this lives"]
pub struct Arriving(Vec<PathBuf>);

impl Arriving {
    /// Announces `paths`, which the work of `progress` writes.
    pub fn announce(paths: Vec<PathBuf>, progress: &Progress) -> Self {
        let mut expected = expected();
        let known = expected.get_or_insert_default();
        known.extend(paths.iter().map(|path| (path.clone(), progress.clone())));
        COUNT.store(known.len(), Ordering::Release);
        Self(paths)
    }

    /// One of them is there: whole, under its name.
    pub fn is_there(&self, path: &Path) {
        forget(std::iter::once(path));
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        forget(self.0.iter().map(PathBuf::as_path));
    }
}

/// How far the work is that writes the file at `path`, if it is expected.
pub fn expected_at(path: &Path) -> Option<Progress> {
    if COUNT.load(Ordering::Acquire) == 0 {
        return None;
    }
    expected().as_ref()?.get(path).cloned()
}

/// Waits while the file at `path` is expected.
pub(super) fn wait_for(path: &Path) {
    if COUNT.load(Ordering::Acquire) == 0 {
        return;
    }
    let mut now = expected();
    while now.as_ref().is_some_and(|known| known.contains_key(path)) {
        now = ARRIVED.wait(now).unwrap_or_else(PoisonError::into_inner);
    }
}

fn forget<'a>(paths: impl Iterator<Item = &'a Path>) {
    let mut expected = expected();
    let known = expected.get_or_insert_default();
    paths.for_each(|path| _ = known.remove(path));
    COUNT.store(known.len(), Ordering::Release);
    ARRIVED.notify_all();
}

fn expected() -> MutexGuard<'static, Option<HashMap<PathBuf, Progress>>> {
    EXPECTED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_opens_an_expected_file_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a.png"), folder.path().join("b.png"));
        let arriving = Arriving::announce(vec![path.clone(), other.clone()], &Progress::default());
        assert!(expected_at(&path).is_some() && expected_at(folder.path()).is_none());
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| {
                wait_for(&path);
                path.exists()
            });
            std::fs::write(&path, "there").unwrap();
            arriving.is_there(&path);
            assert!(waits.join().unwrap());
        });
        drop(arriving);
        wait_for(&other);
        assert!(expected_at(&other).is_none(), "what never came is expected no longer");
    }
}

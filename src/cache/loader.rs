//! [`Loader`]: background threads that work off a wish list, best wish first.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::{Error, Result};

/// Called from any thread when something is ready: it makes a sleeping window look.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Makes `V`s for the `K`s that are wished for. A new list replaces the old one: what nobody wants any more never starts.
pub struct Loader<K, V> {
    shared: Arc<Shared<K, V>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the loader is at, for a status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoaderStatus {
    /// Wishes not begun.
    pub waiting: usize,
    /// Begun, not finished.
    pub running: usize,
    /// Finished, not taken.
    pub finished: usize,
}

struct Shared<K, V> {
    state: Mutex<State<K, V>>,
    changed: Condvar,
}

struct State<K, V> {
    wishes: VecDeque<K>,
    running: HashSet<K>,
    finished: VecDeque<(K, Result<V>)>,
    /// Results waiting to be taken; the threads pause above it, so untaken results cannot pile up.
    most_finished: usize,
    closing: bool,
}

impl<K, V> Loader<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Send + 'static,
{
    /// `threads` threads that call `make` and, after each result, `wake`.
    pub fn new(threads: usize, make: impl Fn(&K) -> Result<V> + Send + Sync + 'static, wake: &Wake) -> Self {
        let state = State {
            wishes: VecDeque::new(),
            running: HashSet::new(),
            finished: VecDeque::new(),
            most_finished: 64,
            closing: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let make = Arc::new(make);
        let spawn = |number: usize| {
            let (shared, make, wake) = (Arc::clone(&shared), Arc::clone(&make), Arc::clone(wake));
            let work = move || shared.work(&*make, &wake);
            std::thread::Builder::new().name(format!("loader {number}")).spawn(work).ok()
        };
        let threads = (0..threads.max(1)).filter_map(spawn).collect();
        Self { shared, threads }
    }

    /// What is wanted now, best first. Everything wished for before and not begun is dropped.
    pub fn wish(&self, wishes: impl IntoIterator<Item = K>) {
        let mut state = self.shared.lock();
        let State { wishes: old, running, finished, .. } = &mut *state;
        let under_way = |key: &K| running.contains(key) || finished.iter().any(|(done, _)| done == key);
        *old = wishes.into_iter().filter(|key| !under_way(key)).collect();
        drop(state);
        self.shared.changed.notify_all();
    }

    /// The next finished result. Never waits.
    pub fn take(&self) -> Option<(K, Result<V>)> {
        let taken = self.shared.lock().finished.pop_front();
        if taken.is_some() {
            self.shared.changed.notify_one();
        }
        taken
    }

    /// What it is at.
    pub fn status(&self) -> LoaderStatus {
        let state = self.shared.lock();
        LoaderStatus { waiting: state.wishes.len(), running: state.running.len(), finished: state.finished.len() }
    }
}

impl<K, V> Drop for Loader<K, V> {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                // Its panic has been reported where it happened, and each job's is caught.
            }
        }
    }
}

impl<K, V> Shared<K, V> {
    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash, V> Shared<K, V> {
    fn work(&self, make: &dyn Fn(&K) -> Result<V>, wake: &Wake) {
        while let Some(key) = self.next() {
            let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| make(&key)));
            let result = made.unwrap_or_else(|_| Err(Error::corrupt("its decoder failed; please report this file")));
            let mut state = self.lock();
            state.running.remove(&key);
            state.finished.push_back((key, result));
            drop(state);
            wake();
        }
    }

    /// The best wish, once there is one and room for its result; `None` to end.
    fn next(&self) -> Option<K> {
        let mut state = self.lock();
        loop {
            if state.closing {
                return None;
            }
            if state.finished.len() < state.most_finished
                && let Some(key) = state.wishes.pop_front()
            {
                state.running.insert(key.clone());
                return Some(key);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;

    #[test]
    fn what_is_not_wanted_any_more_never_starts() {
        let (started, starts) = bounded::<u32>(16);
        let (go, gate) = bounded::<()>(16);
        let (wake, woken) = bounded::<()>(16);
        let make = move |key: &u32| {
            started.send(*key).unwrap();
            gate.recv().unwrap();
            Ok(*key * 10)
        };
        let loader = Loader::new(1, make, &(Arc::new(move || wake.send(()).unwrap()) as Wake));
        loader.wish([1, 2, 3]);
        assert_eq!(starts.recv().unwrap(), 1);
        loader.wish([1, 7, 8]);
        for _ in 0..3 {
            go.send(()).unwrap();
            woken.recv().unwrap();
        }
        assert_eq!(starts.try_iter().collect::<Vec<_>>(), [7, 8], "2 and 3 never, 1 not twice");
        let taken: Vec<_> = std::iter::from_fn(|| loader.take()).map(|(key, value)| (key, value.unwrap())).collect();
        assert_eq!(taken, [(1, 10), (7, 70), (8, 80)]);
        assert_eq!(loader.status(), LoaderStatus::default());
    }

    #[test]
    fn a_panic_is_a_failure_and_the_thread_goes_on() {
        let (wake, woken) = bounded::<()>(16);
        let make = |key: &u32| if *key == 1 { panic!("bad tile") } else { Ok(*key) };
        let loader = Loader::new(1, make, &(Arc::new(move || wake.send(()).unwrap()) as Wake));
        loader.wish([1, 2]);
        woken.recv().unwrap();
        woken.recv().unwrap();
        assert!(matches!(loader.take(), Some((1, Err(_)))));
        assert!(matches!(loader.take(), Some((2, Ok(2)))));
    }
}

//! [`Loader`]: background threads that work off a request queue, best request first.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Makes `V`s for the `K`s that are requested. A new list replaces the old one: what nobody wants any more never starts, and
/// what has started may stop half-way.
pub struct Loader<K, V> {
    shared: Arc<Shared<K, V>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the loader is at, and what it has done since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoaderStatus {
    /// Requests not begun.
    pub waiting: usize,
    /// Begun, not finished.
    pub running: usize,
    /// Finished, not taken.
    pub finished: usize,
    /// Begun, ever.
    pub started: u64,
    /// Of those, stopped half-way because they were no longer requested.
    pub abandoned: u64,
    /// Of those, finished although they were no longer requested by then. Their results are handed over all the same.
    pub unrequested: u64,
    /// The threads' time spent on abandoned and unrequested ones.
    pub wasted: Duration,
}

impl LoaderStatus {
    /// Whether there is nothing to do and nothing to take.
    pub fn is_idle(&self) -> bool {
        self.waiting + self.running + self.finished == 0
    }
}

/// Whether what is being made is still requested. The default is, for ever.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    unwanted: AtomicBool,
    /// Somebody has been told to stop.
    told: AtomicBool,
}

impl CancelToken {
    /// [`Error::Cancelled`] once nobody wants it: `?` stops the work.
    pub fn check(&self) -> Result<()> {
        if self.0.unwanted.load(Relaxed) {
            self.0.told.store(true, Relaxed);
            return Err(Error::Cancelled);
        }
        Ok(())
    }

    fn set(&self, wanted: bool) {
        self.0.unwanted.store(!wanted, Relaxed);
    }
}

struct Shared<K, V> {
    state: Mutex<State<K, V>>,
    changed: Condvar,
}

struct State<K, V> {
    requests: VecDeque<K>,
    /// As many as there are threads, at most.
    running: Vec<(K, CancelToken)>,
    finished: VecDeque<(K, Result<V>)>,
    /// All that the last list named.
    named: HashSet<K>,
    /// Results waiting to be taken; the threads pause above it, so untaken results cannot pile up.
    most_finished: usize,
    counts: LoaderStatus,
    closing: bool,
}

impl<K, V> Loader<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Send + 'static,
{
    /// `threads` threads that call `make` and, after each result, `wake`, both with the request. `make` may stop as its
    /// [`CancelToken`] tells it; such a request leaves no result.
    pub fn new(
        threads: usize,
        make: impl Fn(&K, &CancelToken) -> Result<V> + Send + Sync + 'static,
        wake: impl Fn(&K) + Send + Sync + 'static,
    ) -> Self {
        let state = State {
            requests: VecDeque::new(),
            running: Vec::new(),
            finished: VecDeque::new(),
            named: HashSet::new(),
            most_finished: 64,
            counts: LoaderStatus::default(),
            closing: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let (make, wake) = (Arc::new(make), Arc::new(wake));
        let spawn = |number: usize| {
            let (shared, make, wake) = (Arc::clone(&shared), Arc::clone(&make), Arc::clone(&wake));
            let work = move || shared.work(&*make, &*wake);
            crate::job::spawn(format!("loader {number}"), work).ok()
        };
        let threads = (0..threads.max(1)).filter_map(spawn).collect();
        Self { shared, threads }
    }

    /// What is wanted now, best first. Everything requested before and not begun is dropped; what has begun and is not in the
    /// list is told to stop.
    pub fn request(&self, requests: impl IntoIterator<Item = K>) {
        let mut state = self.shared.lock();
        let State { requests: old, running, finished, named, .. } = &mut *state;
        old.clear();
        named.clear();
        for key in requests {
            if !running.iter().any(|(begun, _)| *begun == key) && !finished.iter().any(|(done, _)| *done == key) {
                old.push_back(key.clone());
            }
            named.insert(key);
        }
        for (key, wanted) in running.iter() {
            wanted.set(named.contains(key));
        }
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
        let (waiting, running, finished) = (state.requests.len(), state.running.len(), state.finished.len());
        LoaderStatus { waiting, running, finished, ..state.counts }
    }
}

impl<K, V> Drop for Loader<K, V> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closing = true;
        for (_, wanted) in &state.running {
            wanted.set(false);
        }
        drop(state);
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
    fn work(&self, make: &dyn Fn(&K, &CancelToken) -> Result<V>, wake: &dyn Fn(&K)) {
        while let Some((key, wanted)) = self.next() {
            let begun = Instant::now();
            let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| make(&key, &wanted)));
            let result = made.unwrap_or_else(|_| Err(Error::corrupt("its decoder failed; please report this file")));
            let spent = begun.elapsed();
            let mut state = self.lock();
            state.running.retain(|(begun, _)| *begun != key);
            let is_requested = state.named.contains(&key);
            if matches!(result, Err(Error::Cancelled)) && wanted.0.told.load(Relaxed) {
                state.counts.abandoned += 1;
                state.counts.wasted += spent;
                // It may have been requested again after it was told to stop.
                if is_requested {
                    state.requests.push_front(key);
                }
                continue;
            }
            if !is_requested {
                state.counts.unrequested += 1;
                state.counts.wasted += spent;
            }
            state.finished.push_back((key.clone(), result));
            drop(state);
            wake(&key);
        }
    }

    /// The best request, once there is one and room for its result; `None` to end.
    fn next(&self) -> Option<(K, CancelToken)> {
        let mut state = self.lock();
        loop {
            if state.closing {
                return None;
            }
            if state.finished.len() < state.most_finished
                && let Some(key) = state.requests.pop_front()
            {
                let wanted = CancelToken::default();
                state.running.push((key.clone(), wanted.clone()));
                state.counts.started += 1;
                return Some((key, wanted));
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
        let make = move |key: &u32, _: &CancelToken| {
            started.send(*key).unwrap();
            gate.recv().unwrap();
            Ok(*key * 10)
        };
        let loader = Loader::new(1, make, move |_| wake.send(()).unwrap());
        loader.request([1, 2, 3]);
        assert_eq!(starts.recv().unwrap(), 1);
        loader.request([1, 7, 8]);
        for _ in 0..3 {
            go.send(()).unwrap();
            woken.recv().unwrap();
        }
        assert_eq!(starts.try_iter().collect::<Vec<_>>(), [7, 8], "2 and 3 never, 1 not twice");
        let taken: Vec<_> = std::iter::from_fn(|| loader.take()).map(|(key, value)| (key, value.unwrap())).collect();
        assert_eq!(taken, [(1, 10), (7, 70), (8, 80)]);
        assert_eq!(loader.status(), LoaderStatus { started: 3, ..LoaderStatus::default() });
    }

    #[test]
    fn a_panic_is_a_failure_and_the_thread_goes_on() {
        let (wake, woken) = bounded::<()>(16);
        let make = |key: &u32, _: &CancelToken| if *key == 1 { panic!("bad tile") } else { Ok(*key) };
        let loader = Loader::new(1, make, move |_| wake.send(()).unwrap());
        loader.request([1, 2]);
        woken.recv().unwrap();
        woken.recv().unwrap();
        assert!(matches!(loader.take(), Some((1, Err(_)))));
        assert!(matches!(loader.take(), Some((2, Ok(2)))));
    }

    #[test]
    fn what_has_begun_stops_when_unwanted_and_begins_again_when_wanted() {
        let (started, starts) = bounded::<u32>(16);
        let (go, gate) = bounded::<()>(16);
        let (wake, woken) = bounded::<u32>(16);
        // Each is made in two steps.
        let make = move |key: &u32, wanted: &CancelToken| {
            started.send(*key).unwrap();
            gate.recv().unwrap();
            wanted.check()?;
            Ok(*key)
        };
        let loader = Loader::new(1, make, move |key| wake.send(*key).unwrap());
        loader.request([1]);
        assert_eq!(starts.recv().unwrap(), 1);
        loader.request([2]);
        go.send(()).unwrap();
        assert_eq!(starts.recv().unwrap(), 2, "1 left no result, and 2 began");
        // Unwanted and wanted again before it looks: it goes on as if nothing had been.
        loader.request([]);
        loader.request([2, 1]);
        go.send(()).unwrap();
        assert_eq!(woken.recv().unwrap(), 2);
        assert_eq!(starts.recv().unwrap(), 1, "requested again, made anew");
        go.send(()).unwrap();
        assert_eq!(woken.recv().unwrap(), 1);
        let status = loader.status();
        assert_eq!((status.started, status.unrequested, status.abandoned, status.finished), (3, 0, 1, 2));
    }

    /// What a loader counts that makes 1, while its list becomes `then`, and 2, which takes 2 ms each. It looks whether it is
    /// still wanted only if it `checks`.
    fn counts_when_replaced_by(then: &[u32], checks: bool) -> LoaderStatus {
        const TIME: Duration = Duration::from_millis(2);
        let (started, starts) = bounded::<u32>(16);
        let (go, gate) = bounded::<()>(16);
        let (wake, woken) = bounded::<u32>(16);
        let make = move |key: &u32, wanted: &CancelToken| {
            let begun = Instant::now();
            started.send(*key).unwrap();
            gate.recv().unwrap();
            while begun.elapsed() < TIME {
                std::hint::spin_loop();
            }
            if checks { wanted.check().map(|()| *key) } else { Ok(*key) }
        };
        let loader = Loader::new(1, make, move |key| wake.send(*key).unwrap());
        loader.request([1]);
        assert_eq!(starts.recv().unwrap(), 1);
        loader.request(then.iter().copied());
        go.send(()).unwrap();
        go.send(()).unwrap();
        while woken.recv().unwrap() != 2 {}
        loader.status()
    }

    #[test]
    fn tiles_no_longer_requested_when_they_finish_are_counted_with_their_time() {
        let time = Duration::from_millis(2);
        let kept = counts_when_replaced_by(&[1, 2], false);
        assert_eq!((kept.started, kept.unrequested, kept.abandoned, kept.wasted), (2, 0, 0, Duration::ZERO));
        let withdrawn = counts_when_replaced_by(&[2], false);
        assert_eq!((withdrawn.started, withdrawn.unrequested, withdrawn.abandoned), (2, 1, 0));
        assert!(withdrawn.wasted >= time, "{:?}", withdrawn.wasted);
        let stopped = counts_when_replaced_by(&[2], true);
        assert_eq!((stopped.started, stopped.unrequested, stopped.abandoned), (2, 0, 1));
        assert!(stopped.wasted >= time, "{:?}", stopped.wasted);
    }
}

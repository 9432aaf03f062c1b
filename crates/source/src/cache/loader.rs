//! [`Loader`]: background threads that serve a request queue, most urgent first.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Makes a `V` for each requested `K`. Each new list of requests replaces the last: requests no longer listed are dropped, or
/// cancelled if they are running.
pub struct Loader<K, V> {
    shared: Arc<Shared<K, V>>,
    threads: Vec<JoinHandle<()>>,
}

/// Counts of the loader's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoaderStatus {
    /// Requests not started.
    pub waiting: usize,
    /// Started, not finished.
    pub running: usize,
    /// Finished, not taken.
    pub finished: usize,
    /// Started since the loader was created.
    pub started: u64,
    /// Of those, cancelled because they were no longer requested.
    pub abandoned: u64,
    /// Of those, finished although no longer requested. Their results are returned all the same.
    pub unrequested: u64,
    /// Thread time spent on abandoned and unrequested ones.
    pub wasted: Duration,
}

impl LoaderStatus {
    /// Whether nothing is waiting, running or finished.
    pub fn is_idle(&self) -> bool {
        self.waiting + self.running + self.finished == 0
    }
}

/// Whether a running request has been cancelled. The default never is.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    cancelled: AtomicBool,
    /// Whether [`CancelToken::check`] has failed.
    told: AtomicBool,
}

impl CancelToken {
    /// Fails with [`Error::Cancelled`] once cancelled, so `?` stops the work.
    pub fn check(&self) -> Result<()> {
        if self.0.cancelled.load(Relaxed) {
            self.0.told.store(true, Relaxed);
            return Err(Error::Cancelled);
        }
        Ok(())
    }

    fn set(&self, cancelled: bool) {
        self.0.cancelled.store(cancelled, Relaxed);
    }
}

struct Shared<K, V> {
    state: Mutex<State<K, V>>,
    changed: Condvar,
}

struct State<K, V> {
    requests: VecDeque<K>,
    /// At most one for each thread.
    running: Vec<(K, CancelToken)>,
    finished: VecDeque<(K, Result<V>)>,
    /// The keys of the last list.
    named: HashSet<K>,
    /// The limit of `finished`; the threads pause above it.
    most_finished: usize,
    counts: LoaderStatus,
    closing: bool,
}

impl<K, V> Loader<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Send + 'static,
{
    /// Starts `threads` threads that call `make` for each request, and `wake` after each result. `make` should check its
    /// [`CancelToken`]; a cancelled request gives no result.
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

    /// Replaces the requests, most urgent first. Waiting requests that are not in the list are dropped, running ones cancelled.
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
        for (key, cancel) in running.iter() {
            cancel.set(!named.contains(key));
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// The next finished result; does not block.
    pub fn take(&self) -> Option<(K, Result<V>)> {
        let taken = self.shared.lock().finished.pop_front();
        if taken.is_some() {
            self.shared.changed.notify_one();
        }
        taken
    }

    /// The current counts.
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
        for (_, cancel) in &state.running {
            cancel.set(true);
        }
        drop(state);
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                // The panic has been reported already.
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
        while let Some((key, cancel)) = self.next() {
            let begun = Instant::now();
            let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| make(&key, &cancel)));
            let result = made.unwrap_or_else(|_| Err(Error::corrupt("its decoder failed; please report this file")));
            let spent = begun.elapsed();
            let mut state = self.lock();
            state.running.retain(|(begun, _)| *begun != key);
            let is_requested = state.named.contains(&key);
            if matches!(result, Err(Error::Cancelled)) && cancel.0.told.load(Relaxed) {
                state.counts.abandoned += 1;
                state.counts.wasted += spent;
                // It may have been requested again after it was cancelled.
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

    /// Waits for a request and room for its result; `None` when closing.
    fn next(&self) -> Option<(K, CancelToken)> {
        let mut state = self.lock();
        loop {
            if state.closing {
                return None;
            }
            if state.finished.len() < state.most_finished
                && let Some(key) = state.requests.pop_front()
            {
                let cancel = CancelToken::default();
                state.running.push((key.clone(), cancel.clone()));
                state.counts.started += 1;
                return Some((key, cancel));
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
    fn dropped_requests_never_start() {
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
    fn panics_become_errors_and_the_thread_continues() {
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
    fn running_requests_stop_when_dropped_and_restart_when_requested() {
        let (started, starts) = bounded::<u32>(16);
        let (go, gate) = bounded::<()>(16);
        let (wake, woken) = bounded::<u32>(16);
        // Each is made in two steps.
        let make = move |key: &u32, cancel: &CancelToken| {
            started.send(*key).unwrap();
            gate.recv().unwrap();
            cancel.check()?;
            Ok(*key)
        };
        let loader = Loader::new(1, make, move |key| wake.send(*key).unwrap());
        loader.request([1]);
        assert_eq!(starts.recv().unwrap(), 1);
        loader.request([2]);
        go.send(()).unwrap();
        assert_eq!(starts.recv().unwrap(), 2, "1 left no result, and 2 began");
        // Dropped and requested again before its next check: it continues.
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
    /// cancelled only if it `checks`.
    fn counts_when_replaced_by(then: &[u32], checks: bool) -> LoaderStatus {
        const TIME: Duration = Duration::from_millis(2);
        let (started, starts) = bounded::<u32>(16);
        let (go, gate) = bounded::<()>(16);
        let (wake, woken) = bounded::<u32>(16);
        let make = move |key: &u32, cancel: &CancelToken| {
            let begun = Instant::now();
            started.send(*key).unwrap();
            gate.recv().unwrap();
            while begun.elapsed() < TIME {
                std::hint::spin_loop();
            }
            if checks { cancel.check().map(|()| *key) } else { Ok(*key) }
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
        let continued = counts_when_replaced_by(&[1, 2], false);
        assert_eq!(
            (continued.started, continued.unrequested, continued.abandoned, continued.wasted),
            (2, 0, 0, Duration::ZERO)
        );
        let withdrawn = counts_when_replaced_by(&[2], false);
        assert_eq!((withdrawn.started, withdrawn.unrequested, withdrawn.abandoned), (2, 1, 0));
        assert!(withdrawn.wasted >= time, "{:?}", withdrawn.wasted);
        let stopped = counts_when_replaced_by(&[2], true);
        assert_eq!((stopped.started, stopped.unrequested, stopped.abandoned), (2, 0, 1));
        assert!(stopped.wasted >= time, "{:?}", stopped.wasted);
    }
}

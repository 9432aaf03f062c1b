//! [`Progress`]: counted by the workers, read by whoever waits.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// The shared state of one long piece of work. Clones are handles to the same work.
#[derive(Debug, Clone)]
pub struct Progress(Arc<State>);

#[derive(Debug)]
struct State {
    total: AtomicU64,
    done: AtomicU64,
    cancelled: AtomicBool,
    warnings: Mutex<Vec<Error>>,
    started: Instant,
}

/// What a progress bar shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// Steps done of `total`.
    pub done: u64,
    /// All steps; 0 while not yet known.
    pub total: u64,
    /// Since the start.
    pub elapsed: Duration,
    /// At the mean speed so far; `None` until there is something to go by.
    pub left: Option<Duration>,
}

impl Snapshot {
    /// The part that is done, 0 to 1.
    pub fn fraction(&self) -> f32 {
        if self.total == 0 { 0.0 } else { (self.done as f32 / self.total as f32).min(1.0) }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(State {
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
            warnings: Mutex::default(),
            started: Instant::now(),
        }))
    }
}

impl Progress {
    /// Say how many steps there are in all.
    pub fn set_total(&self, steps: u64) {
        self.0.total.store(steps, Relaxed);
    }

    /// Count `steps` more as done. Fails once the user has cancelled, so `?` ends the job.
    pub fn advance(&self, steps: u64) -> Result<()> {
        self.0.done.fetch_add(steps, Relaxed);
        self.check()
    }

    /// Fail if the user has cancelled.
    pub fn check(&self) -> Result<()> {
        if self.0.cancelled.load(Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Ask the work to stop. It does so at its next step.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Relaxed);
    }

    /// Note a failure that did not stop the work: a bad tile, say.
    pub fn warn(&self, warning: Error) {
        self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// The warnings so far, in the order they came.
    pub fn warnings(&self) -> Vec<Error> {
        self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far it is now.
    pub fn snapshot(&self) -> Snapshot {
        let (done, total) = (self.0.done.load(Relaxed), self.0.total.load(Relaxed));
        let elapsed = self.0.started.elapsed();
        let known = done > 0 && total >= done && elapsed > Duration::from_millis(500);
        let left = known.then(|| elapsed.mul_f64((total - done) as f64 / done as f64));
        Snapshot { done, total, elapsed, left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelling_ends_at_the_next_step() {
        let progress = Progress::default();
        progress.set_total(3);
        assert!(progress.advance(1).is_ok());
        progress.clone().cancel();
        assert!(matches!(progress.advance(1), Err(Error::Cancelled)));
        assert_eq!(progress.snapshot().done, 2);
    }
}

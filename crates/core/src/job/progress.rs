//! [`Progress`]: counted by workers, read by the caller; it also carries the request to pause or to cancel.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// The shared state of one long piece of work. Clones are handles to the same work.
#[derive(Debug, Clone)]
pub struct Progress(Arc<State>);

#[derive(Debug)]
struct State {
    total: AtomicU64,
    done: AtomicU64,
    /// Of `done`, what an earlier run did: it says nothing about the speed.
    earlier: AtomicU64,
    pixels: AtomicU64,
    /// One of the requests below; an atomic, for every step asks.
    request: AtomicU8,
    clock: Mutex<Clock>,
    go_on: Condvar,
    warnings: Mutex<Vec<Error>>,
}

/// Part of the steps after which the time left is told, one in so many; and the time after which it is told in any case.
const FIRST: u64 = 40;
const FIRST_STEPS: Duration = Duration::from_secs(10);

const RUN: u8 = 0;
const PAUSE: u8 = 1;
const CANCEL: u8 = 2;

/// A stopwatch that stops during pauses.
#[derive(Debug)]
struct Clock {
    before: Duration,
    running_since: Option<Instant>,
    /// When the steps were first counted; what came before them says nothing about their speed.
    prepared: Duration,
}

/// What a progress bar shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// Steps done of `total`.
    pub done: u64,
    /// All steps; 0 while not yet known.
    pub total: u64,
    /// Since the start, pauses left out.
    pub elapsed: Duration,
    /// At the mean speed so far; `None` until there is something to go by.
    pub left: Option<Duration>,
    pub paused: bool,
    /// Steps in a second, on average.
    pub steps_per_second: f64,
    /// Pixels per second, on average; 0 if they are not counted.
    pub pixels_per_second: f64,
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
            earlier: AtomicU64::new(0),
            pixels: AtomicU64::new(0),
            request: AtomicU8::new(RUN),
            clock: Mutex::new(Clock {
                before: Duration::ZERO,
                running_since: Some(Instant::now()),
                prepared: Duration::ZERO,
            }),
            go_on: Condvar::new(),
            warnings: Mutex::default(),
        }))
    }
}

impl Progress {
    /// Say how many steps there are in all.
    pub fn set_total(&self, steps: u64) {
        let mut clock = self.clock();
        if self.0.total.swap(steps, Relaxed) == 0 {
            clock.prepared = clock.elapsed();
        }
    }

    /// Count `steps` as done by an earlier run.
    pub fn take_over(&self, steps: u64) {
        self.0.earlier.fetch_add(steps, Relaxed);
        self.0.done.fetch_add(steps, Relaxed);
    }

    /// Count `steps` more as done. Waits during a pause. Fails once the user has cancelled, so `?` ends the job.
    pub fn advance(&self, steps: u64) -> Result<()> {
        self.0.done.fetch_add(steps, Relaxed);
        self.check()
    }

    /// Count pixels, for the speed.
    pub fn count_pixels(&self, pixels: u64) {
        self.0.pixels.fetch_add(pixels, Relaxed);
    }

    /// Wait while paused; fail if the user has cancelled.
    pub fn check(&self) -> Result<()> {
        match self.0.request.load(Relaxed) {
            RUN => Ok(()),
            PAUSE => self.wait(),
            _ => Err(Error::Cancelled),
        }
    }

    /// Ask the work to stop. It does so at its next step, also out of a pause.
    pub fn cancel(&self) {
        let _clock = self.clock();
        self.0.request.store(CANCEL, Relaxed);
        self.0.go_on.notify_all();
    }

    /// Ask the work to wait at its next step, or to go on. What is cancelled stays so.
    pub fn set_paused(&self, paused: bool) {
        let mut clock = self.clock();
        let (from, to) = if paused { (RUN, PAUSE) } else { (PAUSE, RUN) };
        if self.0.request.compare_exchange(from, to, Relaxed, Relaxed).is_err() {
            return;
        }
        if paused {
            clock.before = clock.elapsed();
            clock.running_since = None;
        } else {
            clock.running_since = Some(Instant::now());
            self.0.go_on.notify_all();
        }
    }

    /// Whether it is to wait.
    pub fn is_paused(&self) -> bool {
        self.0.request.load(Relaxed) == PAUSE
    }

    /// Note a failure that did not stop the work: a bad tile, say.
    pub fn warn(&self, warning: Error) {
        self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// The same, unless it is among the warnings already.
    pub fn warn_once(&self, warning: Error) {
        let mut warnings = self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        let text = warning.to_string();
        if warnings.iter().all(|known| known.to_string() != text) {
            warnings.push(warning);
        }
    }

    /// The warnings so far, in the order they came.
    pub fn warnings(&self) -> Vec<Error> {
        self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many warnings there are, and the first of them, at most `most`.
    pub fn first_warnings(&self, most: usize) -> (usize, Vec<Error>) {
        let warnings = self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        (warnings.len(), warnings.iter().take(most).cloned().collect())
    }

    /// How far it is now.
    pub fn snapshot(&self) -> Snapshot {
        let (done, total) = (self.0.done.load(Relaxed), self.0.total.load(Relaxed));
        let (elapsed, stepping) = {
            let clock = self.clock();
            (clock.elapsed(), clock.elapsed().saturating_sub(clock.prepared))
        };
        let now = done.saturating_sub(self.0.earlier.load(Relaxed));
        let known = now > 0 && total >= done && stepping > Duration::from_millis(500);
        // The first steps, which open files and fill caches, say little about the others.
        let known = known && (now >= total / FIRST || stepping > FIRST_STEPS);
        let left = known.then(|| stepping.mul_f64((total - done) as f64 / now as f64));
        let per_second = |count: u64| count as f64 / stepping.as_secs_f64().max(1e-3);
        Snapshot {
            done,
            total,
            elapsed,
            left,
            paused: self.is_paused(),
            steps_per_second: per_second(now),
            pixels_per_second: per_second(self.0.pixels.load(Relaxed)),
        }
    }

    fn wait(&self) -> Result<()> {
        let mut clock = self.clock();
        while self.is_paused() {
            clock = self.0.go_on.wait(clock).unwrap_or_else(PoisonError::into_inner);
        }
        drop(clock);
        if self.0.request.load(Relaxed) == CANCEL { Err(Error::Cancelled) } else { Ok(()) }
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    fn elapsed(&self) -> Duration {
        self.before + self.running_since.map_or(Duration::ZERO, |since| since.elapsed())
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

    #[test]
    fn what_comes_before_the_steps_is_no_part_of_their_speed() {
        let progress = Progress::default();
        progress.clock().before = Duration::from_secs(100);
        progress.set_total(10);
        progress.advance(5).unwrap();
        progress.count_pixels(4_000_000);
        progress.clock().before += Duration::from_secs(2);
        let now = progress.snapshot();
        assert!(now.elapsed >= Duration::from_secs(102));
        let left = now.left.unwrap();
        assert!((Duration::from_secs(2)..Duration::from_secs(50)).contains(&left), "{left:?}");
        assert!(now.steps_per_second > 0.1 && now.pixels_per_second > 80_000.0, "{now:?}");
    }

    #[test]
    fn a_pause_holds_the_work_and_the_clock() {
        let progress = Progress::default();
        progress.set_total(10);
        progress.take_over(5);
        progress.set_paused(true);
        assert!(progress.snapshot().paused);
        let stood = progress.snapshot().elapsed;
        let (begin, begins) = std::sync::mpsc::sync_channel(0);
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                begin.send(()).unwrap();
                progress.advance(1)
            });
            begins.recv().unwrap();
            std::thread::sleep(Duration::from_millis(30));
            assert!(!worker.is_finished(), "it waits");
            assert_eq!(progress.snapshot().elapsed, stood, "and the clock stands");
            progress.set_paused(false);
            assert!(worker.join().unwrap().is_ok());
        });
        assert_eq!(progress.snapshot().done, 6);
        assert!(!progress.snapshot().paused);
    }

    #[test]
    fn a_pause_can_be_cancelled() {
        let progress = Progress::default();
        progress.set_paused(true);
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| progress.check());
            progress.cancel();
            assert!(worker.join().unwrap().is_err_and(|error| error.is_cancelled()));
        });
        progress.set_paused(true);
        assert!(progress.check().is_err(), "cancelled stays cancelled");
    }

    #[test]
    fn resumed_work_does_not_count_for_the_speed() {
        let progress = Progress::default();
        progress.set_total(100);
        progress.take_over(90);
        assert_eq!(progress.snapshot().steps_per_second.to_bits(), 0f64.to_bits());
        assert_eq!(progress.snapshot().left, None);
    }
}

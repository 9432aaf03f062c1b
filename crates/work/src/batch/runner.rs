//! [`BatchRunner`]: a batch on a thread of its own, which can be paused, cancelled and gone on with.
//!
//! It reports changes by a closure and does not know the window.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{BatchPlan, BatchTurn, ItemStanding, PlannedItem, batch};
use crate::export::ExportRequest;
use crate::job::{Progress, Snapshot};
use crate::mosaic::Mosaic;
use crate::{Error, Result};

/// Steps of a progress that one item is.
const STEPS: u64 = 1000;

/// The export of a document to a path.
pub type RequestOf = Box<dyn Fn(&Mosaic, &Path) -> Result<ExportRequest> + Send + Sync>;

/// The state of an item.
#[derive(Debug, Clone)]
pub enum ItemState {
    Waiting,
    Running,
    Done {
        /// Of the result.
        bytes: u64,
        seconds: f64,
    },
    /// Done by an earlier run.
    DoneBefore,
    Failed(Error),
    /// Cancelled while it ran or before its turn.
    Cancelled,
}

/// Which items run once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rerun {
    /// Those that are neither done nor failed.
    Rest,
    Failed,
}

/// How far a batch is.
#[derive(Debug, Clone)]
pub struct BatchOverview {
    pub done: usize,
    pub done_before: usize,
    pub failed: usize,
    /// Neither done nor failed.
    pub left: usize,
    pub is_running: bool,
    /// The number of the item that runs, and its progress.
    pub current: Option<(usize, Snapshot)>,
    /// Of all items that this run began with.
    pub progress: Snapshot,
    /// Why the batch could not go on: the folder of results cannot be written, say.
    pub error: Option<Error>,
}

/// A batch that runs or has run.
pub struct BatchRunner {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    plan: BatchPlan,
    request: RequestOf,
    state: Mutex<State>,
    wake: Box<dyn Fn() + Send + Sync>,
}

struct State {
    items: Vec<ItemState>,
    failed: Vec<usize>,
    done: usize,
    done_before: usize,
    /// Items of the present run, and those of them that are over or were done before.
    total: usize,
    over: usize,
    skipped: usize,
    /// Its clock is that of the run.
    whole: Progress,
    current: Option<(usize, Progress)>,
    is_running: bool,
    is_cancelled: bool,
    error: Option<Error>,
}

impl BatchRunner {
    /// Starts `plan`: with `resume`, goes on where an earlier run of it stopped. `wake` is called, from any thread, whenever an item
    /// begins or ends.
    pub fn start(plan: BatchPlan, resume: bool, request: RequestOf, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let numbers: Vec<usize> = (0..plan.items.len()).collect();
        let state = State::new(numbers.len());
        let shared = Arc::new(Shared { plan, request, state: Mutex::new(state), wake: Box::new(wake) });
        let mut runner = Self { shared, thread: None };
        runner.run(numbers, resume);
        runner
    }

    /// Runs some items of a batch that has ended or was cancelled once more; what is done stays.
    pub fn again(&mut self, which: Rerun) {
        let mut state = self.shared.lock();
        if state.is_running {
            return;
        }
        let is_chosen = |item: &ItemState| match item {
            ItemState::Failed(_) => which == Rerun::Failed,
            ItemState::Waiting | ItemState::Cancelled => which == Rerun::Rest,
            ItemState::Running | ItemState::Done { .. } | ItemState::DoneBefore => false,
        };
        let numbers: Vec<usize> =
            state.items.iter().enumerate().filter(|(_, item)| is_chosen(item)).map(|(number, _)| number).collect();
        for &number in &numbers {
            state.items[number] = ItemState::Waiting;
        }
        if which == Rerun::Failed {
            state.failed.clear();
        }
        drop(state);
        self.run(numbers, true);
    }

    fn run(&mut self, numbers: Vec<usize>, resume: bool) {
        self.shared.lock().begin(numbers.len());
        let shared = Arc::clone(&self.shared);
        match crate::job::spawn("batch", move || shared.work(&numbers, resume)) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => self.shared.lock().end(Some(Error::io(Path::new("thread"), error))),
        }
    }

    /// Pauses the batch, or lets it go on.
    pub fn set_paused(&self, paused: bool) {
        let state = self.shared.lock();
        state.whole.set_paused(paused);
        if let Some((_, progress)) = &state.current {
            progress.set_paused(paused);
        }
    }

    /// Stops the batch; what is done stays, and the export that runs can be resumed if enough of it is done.
    pub fn cancel(&self) {
        let mut state = self.shared.lock();
        state.is_cancelled = true;
        if let Some((_, progress)) = &state.current {
            progress.cancel();
        }
    }

    /// Whether it runs or is paused.
    pub fn is_running(&self) -> bool {
        self.shared.lock().is_running
    }

    /// Whether quitting now would stop it without the user's consent.
    pub fn has_work_to_lose(&self) -> bool {
        let state = self.shared.lock();
        state.is_running && !state.is_cancelled
    }

    /// How far it is.
    pub fn overview(&self) -> BatchOverview {
        self.shared.lock().overview()
    }

    /// The items, by number.
    pub fn items(&self) -> &[PlannedItem] {
        &self.shared.plan.items
    }

    /// The state of an item.
    pub fn state(&self, number: usize) -> ItemState {
        self.shared.lock().items.get(number).cloned().unwrap_or(ItemState::Waiting)
    }

    /// The numbers of the items that have failed, in the order they did.
    pub fn failed(&self) -> Vec<usize> {
        self.shared.lock().failed.clone()
    }
}

impl Drop for BatchRunner {
    /// Stops the batch and waits for it.
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            // Panics of items are caught; others are reported by the panic hook.
        }
    }
}

impl Shared {
    fn work(&self, numbers: &[usize], resume: bool) {
        let result = batch(&self.plan, numbers, resume, &self.request, |number, turn| {
            self.lock().receive(number, turn);
            (self.wake)();
        });
        self.lock().end(result.err());
        (self.wake)();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(count: usize) -> Self {
        Self {
            items: vec![ItemState::Waiting; count],
            failed: Vec::new(),
            done: 0,
            done_before: 0,
            total: 0,
            over: 0,
            skipped: 0,
            whole: Progress::default(),
            current: None,
            is_running: false,
            is_cancelled: false,
            error: None,
        }
    }

    fn begin(&mut self, count: usize) {
        (self.total, self.over, self.skipped) = (count, 0, 0);
        (self.whole, self.error) = (Progress::default(), None);
        (self.is_running, self.is_cancelled) = (true, false);
    }

    fn receive(&mut self, number: usize, turn: BatchTurn<'_>) {
        if !matches!(turn, BatchTurn::Begins(..)) {
            self.current = None;
            self.over += 1;
        }
        self.items[number] = match turn {
            BatchTurn::Begins(_, progress) => {
                // What was asked between two items holds for the next.
                if self.is_cancelled {
                    progress.cancel();
                }
                progress.set_paused(self.whole.is_paused());
                self.current = Some((number, progress.clone()));
                ItemState::Running
            }
            BatchTurn::Done(statistics) => {
                self.done += 1;
                ItemState::Done { bytes: statistics.bytes, seconds: statistics.seconds }
            }
            BatchTurn::DoneBefore => {
                self.done_before += 1;
                self.skipped += 1;
                ItemState::DoneBefore
            }
            BatchTurn::Failed(error) => {
                self.failed.push(number);
                ItemState::Failed(error.clone())
            }
        };
    }

    fn end(&mut self, error: Option<Error>) {
        (self.current, self.is_running) = (None, false);
        for item in &mut self.items {
            if matches!(item, ItemState::Waiting | ItemState::Running) {
                *item = ItemState::Cancelled;
            }
        }
        self.error = error.filter(|error| !error.is_cancelled());
    }

    fn overview(&self) -> BatchOverview {
        let current = self.current.as_ref().map(|(number, progress)| (*number, progress.snapshot()));
        let part = current.as_ref().map_or(0.0, |(_, now)| f64::from(now.fraction()));
        let clock = self.whole.snapshot();
        let worked = (self.over - self.skipped) as f64 + part;
        let to_do = (self.total - self.over) as f64 - part;
        let is_known = worked >= 1.0 && clock.elapsed > Duration::from_millis(500);
        // One file says nothing about others before it is done; the last one knows by itself.
        let left = match &current {
            Some((_, now)) if self.total == self.over + 1 => now.left,
            _ => is_known.then(|| clock.elapsed.mul_f64(to_do / worked)),
        };
        BatchOverview {
            done: self.done,
            done_before: self.done_before,
            failed: self.failed.len(),
            left: self.items.len() - self.done - self.done_before - self.failed.len(),
            is_running: self.is_running,
            current,
            progress: Snapshot {
                done: (self.over as f64 * STEPS as f64 + part * STEPS as f64) as u64,
                total: self.total as u64 * STEPS,
                left,
                ..clock
            },
            error: self.error.clone(),
        }
    }
}

impl PlannedItem {
    /// Whether the batch can start with it; `replace`: what exists may be replaced.
    pub fn can_start(&self, replace: bool) -> bool {
        match self.standing {
            ItemStanding::New | ItemStanding::DoneBefore => true,
            ItemStanding::Exists => replace,
            ItemStanding::Refused(_) => false,
        }
    }
}

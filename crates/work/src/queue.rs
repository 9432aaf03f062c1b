//! [`ExportQueue`]: runs exports one after another on a thread; each can be paused, cancelled and resumed.
//!
//! It reports changes by a closure and does not know the window.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::{ExportRequest, export};
use crate::job::{Progress, Snapshot};
use crate::mosaic::Mosaic;
use crate::{Error, Result};
use mosaicist_export::{Format, ResumeMode, Statistics, Unfinished, unfinished};

/// The most warnings stored for one export.
const WARNINGS_SHOWN: usize = 12;

/// Identifies an export of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueId(u64);

/// The state of an export.
#[derive(Debug, Clone)]
pub enum QueueState {
    /// Waits for others.
    Waiting,
    Running,
    /// Paused by the user; it blocks those after it only if it was running.
    Paused,
    Done(Statistics),
    Failed(Error),
    Cancelled,
}

/// An entry of the list of exports.
#[derive(Debug, Clone)]
pub struct QueueItem {
    pub id: QueueId,
    pub out: PathBuf,
    pub format: Format,
    pub state: QueueState,
    /// How far it is; once it has ended, how far it came, and how long that took.
    pub progress: Snapshot,
    /// The first warnings, such as bad tiles. Only a few, because the list is copied every frame.
    pub warnings: Vec<Error>,
    /// The number of all warnings.
    pub warning_count: usize,
    /// What a failed or cancelled export can be resumed from.
    pub unfinished: Option<Unfinished>,
}

impl QueueItem {
    /// Whether it has started and not ended.
    pub fn is_under_way(&self) -> bool {
        matches!(self.state, QueueState::Running) || matches!(self.state, QueueState::Paused) && self.progress.paused
    }
}

/// The exports of one window, in the order they run.
pub struct ExportQueue {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    entries: Mutex<Entries>,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    next: u64,
    /// Whether the thread runs; it ends when nothing waits.
    working: bool,
    closing: bool,
}

struct Entry {
    id: QueueId,
    mosaic: Arc<Mosaic>,
    request: ExportRequest,
    progress: Progress,
    state: State,
    unfinished: Option<Unfinished>,
}

enum State {
    Waiting { paused: bool },
    Running,
    Ended(Result<Statistics>, Snapshot),
}

impl ExportQueue {
    /// An empty queue; `wake` is called, from any thread, whenever an export starts or ends.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { shared: Arc::new(Shared { entries: Mutex::default(), wake: Box::new(wake) }), thread: None }
    }

    /// Add an export at the end.
    pub fn add(&mut self, mosaic: Arc<Mosaic>, request: ExportRequest) -> QueueId {
        let mut entries = self.shared.lock();
        let id = QueueId(entries.next);
        entries.next += 1;
        let state = State::Waiting { paused: false };
        entries.list.push(Entry { id, mosaic, request, progress: Progress::default(), state, unfinished: None });
        drop(entries);
        self.start();
        id
    }

    /// All exports that have not been removed, in their order.
    pub fn items(&self) -> Vec<QueueItem> {
        self.shared.lock().list.iter().map(Entry::item).collect()
    }

    /// Whether any export runs or waits to.
    pub fn is_busy(&self) -> bool {
        self.shared.lock().list.iter().any(|entry| !matches!(entry.state, State::Ended(..)))
    }

    /// Whether quitting now would stop exports without the user's consent.
    pub fn has_work_to_lose(&self) -> bool {
        let closing = self.shared.lock().closing;
        !closing && self.is_busy()
    }

    /// Starts no more exports and stops running ones, which can be resumed. Called before the program ends.
    pub fn close(&self) {
        let mut entries = self.shared.lock();
        entries.closing = true;
        entries.list.iter().for_each(|entry| entry.progress.cancel());
    }

    /// Pauses or continues an export.
    pub fn set_paused(&mut self, id: QueueId, pause: bool) {
        self.shared.with(id, |entry| {
            if let State::Waiting { paused } = &mut entry.state {
                *paused = pause;
            }
            entry.progress.set_paused(pause && matches!(entry.state, State::Running));
        });
        self.start();
    }

    /// Cancels an export. Its work is saved for resuming, if there is enough of it.
    pub fn cancel(&mut self, id: QueueId) {
        self.shared.with(id, |entry| {
            entry.progress.cancel();
            if matches!(entry.state, State::Waiting { .. }) {
                entry.state = State::Ended(Err(Error::Cancelled), entry.progress.snapshot());
            }
        });
        (self.shared.wake)();
    }

    /// Queues a failed or cancelled export again; `ResumeMode::Resume` continues where it stopped.
    pub fn again(&mut self, id: QueueId, start: ResumeMode) {
        let mut entries = self.shared.lock();
        let ended = |entry: &Entry| entry.id == id && matches!(entry.state, State::Ended(Err(_), _));
        if let Some(at) = entries.list.iter().position(ended) {
            let mut entry = entries.list.remove(at);
            entry.request.start = start;
            entry.progress = Progress::default();
            entry.state = State::Waiting { paused: false };
            entries.list.push(entry);
        }
        drop(entries);
        self.start();
    }

    /// Removes an ended export from the list.
    pub fn remove(&mut self, id: QueueId) {
        self.shared.lock().list.retain(|entry| entry.id != id || !matches!(entry.state, State::Ended(..)));
    }

    /// Starts the thread if anything waits.
    fn start(&mut self) {
        let mut entries = self.shared.lock();
        if entries.working || !entries.list.iter().any(Entry::is_next) {
            return;
        }
        entries.working = true;
        drop(entries);
        let shared = Arc::clone(&self.shared);
        match crate::job::spawn("exports", move || shared.work()) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => {
                let error = Error::io(std::path::Path::new("thread"), error);
                let mut entries = self.shared.lock();
                entries.working = false;
                entries.list.iter_mut().filter(|entry| entry.is_next()).for_each(|entry| {
                    entry.state = State::Ended(Err(error.clone()), entry.progress.snapshot());
                });
            }
        }
    }
}

impl Drop for ExportQueue {
    /// Stops running exports and waits for them; they can be resumed.
    fn drop(&mut self) {
        self.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            // Panics of exports are caught; others are reported by the panic hook.
        }
    }
}

impl Shared {
    /// Runs exports until nothing waits.
    fn work(&self) {
        loop {
            let mut entries = self.lock();
            let next = if entries.closing { None } else { entries.list.iter_mut().find(|entry| entry.is_next()) };
            let Some(entry) = next else {
                entries.working = false;
                drop(entries);
                return (self.wake)();
            };
            // Its clock starts now, not when it was put in the queue.
            entry.progress = Progress::default();
            entry.state = State::Running;
            let (id, mosaic, request) = (entry.id, Arc::clone(&entry.mosaic), entry.request.clone());
            let progress = entry.progress.clone();
            drop(entries);
            (self.wake)();
            let done = catch_unwind(AssertUnwindSafe(|| export(&mosaic, &request, &progress)));
            let taken = progress.snapshot();
            let result = done.unwrap_or_else(|_| Err(Error::invalid("an internal error; please report it")));
            let left = if result.is_err() { unfinished(&request.out) } else { None };
            self.with(id, |entry| {
                entry.state = State::Ended(result.map(|done| done.statistics), taken);
                entry.unfinished = left;
            });
            (self.wake)();
        }
    }

    fn with(&self, id: QueueId, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.lock().list.iter_mut().find(|entry| entry.id == id) {
            change(entry);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is_next(&self) -> bool {
        matches!(self.state, State::Waiting { paused: false })
    }

    fn item(&self) -> QueueItem {
        let progress = match &self.state {
            State::Ended(_, taken) => *taken,
            State::Waiting { .. } | State::Running => self.progress.snapshot(),
        };
        let state = match &self.state {
            State::Waiting { paused: true } => QueueState::Paused,
            State::Waiting { .. } => QueueState::Waiting,
            State::Running if progress.paused => QueueState::Paused,
            State::Running => QueueState::Running,
            State::Ended(Ok(statistics), _) => QueueState::Done(*statistics),
            State::Ended(Err(Error::Cancelled), _) => QueueState::Cancelled,
            State::Ended(Err(error), _) => QueueState::Failed(error.clone()),
        };
        let (warning_count, warnings) = self.progress.first_warnings(WARNINGS_SHOWN);
        let (out, format) = (self.request.out.clone(), self.request.options.format);
        QueueItem { id: self.id, out, format, state, progress, warnings, warning_count, unfinished: self.unfinished }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::composite::BadTiles;
    use crate::geometry::Size;
    use crate::mosaic::Placement;
    use crate::pixels::{Pixels, SampleType};
    use mosaicist_export::{ExportOptions, write_plain_tiff};

    fn document(folder: &Path) -> Arc<Mosaic> {
        let (path, size) = (folder.join("in.tif"), Size::new(600, 400));
        write_plain_tiff(&path, &Pixels::filled(size, SampleType::U8, &[9.0, 8.0, 7.0])).unwrap();
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement::new(&path, size));
        Arc::new(mosaic)
    }

    fn request(out: PathBuf) -> ExportRequest {
        let options = ExportOptions::new(Format::DeepZoom);
        ExportRequest { bad: BadTiles::Fail, ..ExportRequest::new(out, options) }
    }

    /// A queue, and what waits until it has nothing to do.
    fn queue() -> (ExportQueue, impl Fn(&ExportQueue)) {
        let (sender, receiver) = std::sync::mpsc::channel();
        let queue = ExportQueue::new(move || sender.send(()).unwrap_or_default());
        let idle = move |queue: &ExportQueue| {
            while queue.shared.lock().working {
                receiver.recv().unwrap();
            }
        };
        (queue, idle)
    }

    #[test]
    fn exports_run_one_after_another_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let (mut queue, idle) = queue();
        let mosaic = document(folder.path());
        let missing = folder.path().join("later/b.dzi");
        let ids = [folder.path().join("a.dzi"), missing.clone(), folder.path().join("c.dzi")]
            .map(|out| queue.add(Arc::clone(&mosaic), request(out)));
        idle(&queue);
        let states: Vec<_> = queue.items().iter().map(|item| format!("{:?}", item.state)).collect();
        assert!(states[0].starts_with("Done") && states[1].starts_with("Failed"), "{states:?}");
        assert!(states[2].starts_with("Done") && !queue.is_busy(), "a failure stops nothing but itself: {states:?}");
        let taken = |queue: &ExportQueue| queue.items().iter().map(|item| item.progress.elapsed).collect::<Vec<_>>();
        assert_eq!(taken(&queue), taken(&queue), "the clocks stand");
        let QueueState::Done(done) = queue.items()[0].state.clone() else { panic!("{states:?}") };
        assert!(done.expected_seconds > 0.0, "{done:?}");
        std::fs::create_dir(folder.path().join("later")).unwrap();
        queue.again(ids[1], ResumeMode::Resume);
        idle(&queue);
        assert!(missing.exists(), "{:?}", queue.items());
        queue.remove(ids[0]);
        assert_eq!(queue.items().iter().map(|item| item.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    }

    #[test]
    fn waiting_exports_can_be_paused_and_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        let (mut queue, idle) = queue();
        // As if the thread were busy with another one.
        queue.shared.lock().working = true;
        let mosaic = document(folder.path());
        let [held, cancelled, free] =
            ["a.dzi", "b.dzi", "c.dzi"].map(|name| queue.add(Arc::clone(&mosaic), request(folder.path().join(name))));
        queue.set_paused(held, true);
        queue.cancel(cancelled);
        queue.shared.lock().working = false;
        queue.start();
        idle(&queue);
        let state = |id| queue.items().into_iter().find(|item| item.id == id).map(|item| item.state);
        assert!(matches!(state(held), Some(QueueState::Paused)), "{:?}", state(held));
        assert!(matches!(state(cancelled), Some(QueueState::Cancelled)));
        assert!(matches!(state(free), Some(QueueState::Done(_))));
        assert!(!folder.path().join("b.dzi").exists());
        queue.set_paused(held, false);
        idle(&queue);
        assert!(folder.path().join("a.dzi").exists());
    }
}

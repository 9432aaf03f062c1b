//! Background jobs, one thread each. A job computes a value and returns a closure, which runs on the state between two frames.

use std::path::Path;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::job::Progress;
use crate::{Error, Result};

/// The closure that applies the result of a job, on the UI thread.
type Then<S> = Box<dyn FnOnce(&mut S) + Send>;

/// The result of a job; with its `number` if it shows progress.
struct Outcome<S> {
    number: Option<u64>,
    result: Result<Then<S>>,
}

/// The jobs under way. `S` is the state that their results are applied to.
pub(super) struct Jobs<S> {
    outcomes: JobSender<S>,
    receiver: Receiver<Outcome<S>>,
    last: u64,
    /// Those that show their progress, the newest last.
    under_way: Vec<Current>,
}

/// A job with a progress bar.
pub(super) struct Current {
    number: u64,
    pub(super) title: String,
    pub(super) progress: Progress,
}

/// Hands results in from other threads.
pub(super) struct JobSender<S> {
    context: egui::Context,
    sender: Sender<Outcome<S>>,
}

impl<S> Clone for JobSender<S> {
    fn clone(&self) -> Self {
        Self { context: self.context.clone(), sender: self.sender.clone() }
    }
}

impl<S: 'static> Jobs<S> {
    pub(super) fn new(context: &egui::Context) -> Self {
        let (sender, receiver) = bounded(64);
        Self { outcomes: JobSender { context: context.clone(), sender }, receiver, last: 0, under_way: Vec::new() }
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// The newest one that shows its progress; once it is over, the one before it.
    pub(super) fn current(&self) -> Option<&Current> {
        self.under_way.last()
    }

    /// The next result. Never waits.
    pub(super) fn take(&mut self) -> Option<Result<Then<S>>> {
        let outcome = self.receiver.try_recv().ok()?;
        self.under_way.retain(|job| Some(job.number) != outcome.number);
        Some(outcome.result)
    }

    /// Run `work` on a thread of its own with a progress bar titled `title`, then `then` with its result.
    pub(super) fn start<T: Send + 'static>(
        &mut self,
        title: impl Into<String>,
        work: impl FnOnce(&Progress) -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut S, T) + Send + 'static,
    ) {
        self.start_with(Progress::default(), title, work, then);
    }

    /// The same, with a `progress` that others have, too.
    pub(super) fn start_with<T: Send + 'static>(
        &mut self,
        progress: Progress,
        title: impl Into<String>,
        work: impl FnOnce(&Progress) -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut S, T) + Send + 'static,
    ) {
        self.last += 1;
        let title = title.into();
        tracing::info!("job {}: {title}", self.last);
        self.under_way.push(Current { number: self.last, title, progress: progress.clone() });
        self.outcomes.spawn(Some(self.last), move || work(&progress), then);
    }

    /// Run `work` on a thread of its own, then `then` with its result. Short, so it shows no progress.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut S, T) + Send + 'static,
    ) {
        self.outcomes.spawn(None, work, then);
    }

    /// Hands results in from other threads.
    pub(super) fn sender(&self) -> JobSender<S> {
        self.outcomes.clone()
    }
}

impl<S: 'static> JobSender<S> {
    /// Have `then` applied to the state. Lost if the channel is full.
    pub(super) fn send(&self, then: impl FnOnce(&mut S) + Send + 'static) {
        if self.sender.try_send(Outcome { number: None, result: Ok(Box::new(then)) }).is_ok() {
            self.context.request_repaint();
        }
    }

    fn spawn<T: Send + 'static>(
        &self,
        number: Option<u64>,
        work: impl FnOnce() -> Result<T> + Send + 'static,
        then: impl FnOnce(&mut S, T) + Send + 'static,
    ) {
        let handle = self.clone();
        let job = move || {
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            let result = done.unwrap_or_else(|_| Err(Error::invalid("an internal error; please report it")));
            let result = result.map(|value| -> Then<S> { Box::new(move |state: &mut S| then(state, value)) });
            if handle.sender.send(Outcome { number, result }).is_ok() {
                handle.context.request_repaint();
            }
        };
        if let Err(error) = crate::job::spawn("job", job) {
            let failed = Err(Error::io(Path::new("thread"), error));
            // If the channel is full, other results will wake the window.
            self.sender.try_send(Outcome { number, result: failed }).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(jobs: &mut Jobs<Vec<u32>>) -> Result<Then<Vec<u32>>> {
        for _ in 0..2000 {
            if let Some(result) = jobs.take() {
                return result;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("the job has not ended within 10 s");
    }

    #[test]
    fn results_are_applied_to_the_state_and_failures_are_reported() {
        let mut jobs = Jobs::<Vec<u32>>::new(&egui::Context::default());
        let mut state = Vec::new();
        jobs.start("Counting", |_| Ok(7), Vec::push);
        assert!(jobs.is_busy());
        wait(&mut jobs).unwrap()(&mut state);
        assert_eq!((&*state, jobs.is_busy()), (&[7][..], false));
        let (first, gate) = bounded::<()>(0);
        jobs.start("Slow", move |_| Ok(gate.recv().map_or(8, |()| 9)), Vec::push);
        jobs.start("Quick", |_| Ok(1), Vec::push);
        wait(&mut jobs).unwrap()(&mut state);
        assert_eq!(jobs.current().map(|job| job.title.as_str()), Some("Slow"), "the one before it goes on");
        first.send(()).unwrap();
        wait(&mut jobs).unwrap()(&mut state);
        assert_eq!((state, jobs.is_busy()), (vec![7, 1, 9], false));
        jobs.run(|| Err::<u32, _>(Error::invalid("no")), Vec::push);
        assert!(wait(&mut jobs).is_err());
        jobs.run(|| panic!("a fault"), Vec::push);
        assert!(wait(&mut jobs).is_err(), "a panic is a failure of its job alone");
    }
}

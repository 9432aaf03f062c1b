//! [`Keeper`]: small files written in the background, one after another. Of several writes of one file that wait, the newest is done.
//!
//! Each task is a closure. The window waits for it only when closing.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::TabId;

/// The key of a task. A task replaces a waiting one of the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Settings,
    /// The recovery copy of a tab's document.
    Recovery(TabId),
    /// A recovery copy of an earlier run.
    Earlier(PathBuf),
}

type Task = Box<dyn FnOnce() + Send>;

/// Writes in the background. Clones share one queue.
#[derive(Clone, Default)]
pub(super) struct Keeper(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    idle: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Key, Task)>,
    /// Whether a thread is at work; it ends when nothing waits.
    working: bool,
}

impl Keeper {
    /// Do `task` after all that waits now.
    pub(super) fn put(&self, key: Key, task: impl FnOnce() + Send + 'static) {
        let mut queue = self.0.lock();
        queue.waiting.retain(|(known, _)| *known != key);
        queue.waiting.push_back((key, Box::new(task)));
        if !queue.working {
            let shared = Arc::clone(&self.0);
            queue.working = crate::job::spawn("keeper", move || shared.work()).is_ok();
        }
    }

    /// Wait until all is written. Only for the end of the program, and for tests.
    pub(super) fn flush(&self) {
        let mut queue = self.0.lock();
        while queue.working {
            queue = self.0.idle.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        // Where no thread could be had.
        let left = std::mem::take(&mut queue.waiting);
        drop(queue);
        for (_, task) in left {
            task();
        }
    }
}

impl Shared {
    fn work(&self) {
        loop {
            let mut queue = self.lock();
            let Some((_, task)) = queue.waiting.pop_front() else {
                queue.working = false;
                drop(queue);
                return self.idle.notify_all();
            };
            drop(queue);
            // A panic here is a fault of one task; the others are written all the same.
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(task)).ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_tasks_replace_waiting_ones_and_keep_their_order() {
        let keeper = Keeper::default();
        let done = Arc::new(Mutex::new(Vec::new()));
        let note = |number: u32| {
            let done = Arc::clone(&done);
            move || done.lock().unwrap().push(number)
        };
        let (sender, receiver) = crossbeam_channel::bounded(1);
        let (started, has_started) = crossbeam_channel::bounded(1);
        keeper.put(Key::Earlier("first".into()), move || {
            started.send(()).unwrap();
            receiver.recv().unwrap();
        });
        has_started.recv().unwrap();
        keeper.put(Key::Settings, note(1));
        keeper.put(Key::Recovery(TabId::default()), note(2));
        keeper.put(Key::Settings, || panic!("replaced"));
        keeper.put(Key::Settings, note(3));
        sender.send(()).unwrap();
        keeper.flush();
        assert_eq!(*done.lock().unwrap(), [2, 3]);
        keeper.put(Key::Settings, || panic!("a fault"));
        keeper.put(Key::Earlier("x".into()), note(4));
        keeper.flush();
        assert_eq!(*done.lock().unwrap(), [2, 3, 4]);
    }
}

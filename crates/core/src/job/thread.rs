//! Background threads.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{Builder, JoinHandle};

/// How much later than the window's own thread these have their turn, as `nice` counts.
#[cfg(target_os = "linux")]
const BEHIND: i32 = 10;

/// Whether there is a window to give way to.
static HAS_WINDOW: AtomicBool = AtomicBool::new(false);

/// From now on threads give way to the caller's, which draws a window.
pub fn draws_window() {
    HAS_WINDOW.store(true, Relaxed);
}

/// Run `work` on a thread called `name`. Where processors are short, it and the threads it makes give way to the window.
pub fn spawn<T: Send + 'static>(
    name: impl Into<String>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.into()).spawn(|| {
        give_way();
        work()
    })
}

/// Linux counts niceness by threads. Other systems prefer the thread of the window in front by themselves.
fn give_way() {
    #[cfg(target_os = "linux")]
    if HAS_WINDOW.load(Relaxed) && rustix::process::getpriority_process(None).is_ok_and(|niceness| niceness < BEHIND) {
        // A system that refuses this works as well, less smoothly.
        rustix::process::setpriority_process(None, BEHIND).ok();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_thread_and_its_own_give_way() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        draws_window();
        let before = niceness();
        let thread = spawn("test", move || (niceness(), std::thread::spawn(niceness).join().unwrap())).unwrap();
        assert_eq!(thread.join().unwrap(), (BEHIND.max(before), BEHIND.max(before)));
        assert_eq!(niceness(), before);
    }
}

//! Giving memory back to the system once documents are closed.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// After documents have gone: gives the system back what they needed, on a thread of its own that mostly waits.
pub(super) fn free_memory() {
    /// The allocator keeps what was freed for about ten seconds, and looks at it when something large is freed.
    const KEPT: Duration = Duration::from_secs(11);
    const LARGE: usize = 8 << 20;
    /// How often it is still to look.
    static LOOKS: AtomicU32 = AtomicU32::new(0);
    crate::pixels::buffer_pool::clear();
    if LOOKS.swap(3, Ordering::AcqRel) > 0 {
        return;
    }
    let look = || {
        while LOOKS.load(Ordering::Acquire) > 0 {
            std::thread::sleep(KEPT);
            drop(std::hint::black_box(vec![0u8; LARGE]));
            LOOKS.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).ok();
        }
    };
    if crate::job::spawn("memory", look).is_err() {
        LOOKS.store(0, Ordering::Release);
    }
}

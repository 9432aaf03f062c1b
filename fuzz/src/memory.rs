//! Memory that is counted: an input that fills more than a gibibyte, or asks for far more, ends the process, and libFuzzer keeps it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use mosaicist::job::peak_resident;

/// The most bytes in use that were asked for, filled or not.
const MOST_ASKED: usize = 6 << 30;
/// The most bytes that are filled.
const MOST_FILLED: u64 = 1 << 30;
/// Inputs that ask for less cannot fill so much.
const MUCH: usize = 256 << 20;

struct Counted;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
/// The most bytes in use since the input began.
static HIGHEST: AtomicUsize = AtomicUsize::new(0);
static TOLD: AtomicBool = AtomicBool::new(false);

#[global_allocator]
static ALLOCATOR: Counted = Counted;

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        add(size);
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(block, layout) }
    }
}

fn add(size: usize) {
    let before = IN_USE.fetch_add(size, Relaxed);
    HIGHEST.fetch_max(before.saturating_add(size), Relaxed);
    if before.saturating_add(size) > MOST_ASKED && !TOLD.swap(true, Relaxed) {
        eprintln!("BUG: {size} bytes asked for with {before} in use\n{}", std::backtrace::Backtrace::force_capture());
        std::process::abort();
    }
}

/// Before the first input. Panics that the program catches are no bugs: they are told, and only what reaches the target ends it.
pub fn begin() {
    std::panic::set_hook(Box::new(|panic| {
        if std::env::var_os("FUZZ_PANICS").is_some() {
            eprintln!("{panic}\n{}", std::backtrace::Backtrace::force_capture());
        } else {
            *LAST.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
        }
    }));
}

/// What the last panic said.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Runs a target on an input; a panic is told and ends the process.
pub fn run(target: impl FnOnce()) {
    HIGHEST.store(0, Relaxed);
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(target)).is_err() {
        eprintln!("BUG: {}", LAST.lock().unwrap_or_else(PoisonError::into_inner));
        std::process::abort();
    }
    if HIGHEST.load(Relaxed) > MUCH && peak_resident().is_some_and(|peak| peak > MOST_FILLED) {
        eprintln!("BUG: {} MiB filled, {} MiB in use", peak_resident().unwrap_or(0) >> 20, HIGHEST.load(Relaxed) >> 20);
        std::process::abort();
    }
}

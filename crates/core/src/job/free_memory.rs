//! Free memory goes back to the system: [`keep_little_memory`], [`give_back_memory`].

/// Has freed memory go back to the system as soon as it is more than 2 MiB at the end of an arena. For programs that stay open for long;
/// to be called before other threads are started.
///
/// The allocator of glibc has an arena for each thread. It raises the limit to 64 MiB once large buffers have come and gone, and
/// [`give_back_memory`] does not reach the ends of arenas. Elsewhere nothing is done.
pub fn keep_little_memory() {
    set_limits();
}

/// Gives memory that is free back to the system, after much was needed and no longer is. Takes milliseconds.
///
/// The allocator of glibc keeps what is freed, in an arena for each thread; elsewhere nothing is done.
pub fn give_back_memory() {
    trim();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "declares functions of the C library that have no preconditions")]
mod glibc {
    use core::ffi::c_int;

    unsafe extern "C" {
        /// `malloc_trim(3)`: `pad` bytes stay at the top of the heap.
        pub(super) safe fn malloc_trim(pad: usize) -> c_int;
        /// `mallopt(3)`.
        pub(super) safe fn mallopt(parameter: c_int, value: c_int) -> c_int;
    }

    /// Parameters of `mallopt`, from `malloc.h`: free bytes at the end of an arena that it keeps; buffers of more have a mapping of
    /// their own.
    pub(super) const TRIM_THRESHOLD: c_int = -1;
    pub(super) const MMAP_THRESHOLD: c_int = -3;
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    glibc::malloc_trim(0);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set_limits() {
    glibc::mallopt(glibc::TRIM_THRESHOLD, 2 << 20);
    // The highest that glibc reaches by itself: tiles and blocks are reused within the arenas.
    glibc::mallopt(glibc::MMAP_THRESHOLD, 32 << 20);
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set_limits() {}

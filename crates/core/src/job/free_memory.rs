//! Free memory goes back to the system: [`keep_little_memory`], [`map_large_buffers`], [`give_back_memory`].

/// Has freed memory go back to the system as soon as it is more than 2 MiB at the end of an arena. For programs that stay open for long;
/// to be called before other threads are started.
///
/// The allocator of glibc has an arena for each thread. It raises the limit to 64 MiB once large buffers have come and gone, and
/// [`give_back_memory`] does not reach the ends of arenas. Elsewhere nothing is done.
pub fn keep_little_memory() {
    set_limits();
}

/// Has buffers of 2 MiB and more go back to the system when they are freed. Between smaller ones in the heaps of glibc they leave holes
/// that others do not fill, which takes up to as much again; but the system clears the pages of each. For programs with little
/// memory; elsewhere nothing is done.
pub fn map_large_buffers() {
    set_mapped(2 << 20);
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
    set_mapped(32 << 20);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set_mapped(bytes: core::ffi::c_int) {
    glibc::mallopt(glibc::MMAP_THRESHOLD, bytes);
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set_limits() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn set_mapped(_: i32) {}

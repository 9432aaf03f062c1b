//! [`give_back_memory`]: free memory to the system.

/// Gives memory that is free back to the system, after much was needed and no longer is. Takes milliseconds.
///
/// The allocator of glibc keeps what is freed, in an arena for each thread; elsewhere nothing is done.
pub fn give_back_memory() {
    trim();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "declares a function of the C library that has no preconditions")]
fn trim() {
    unsafe extern "C" {
        /// `malloc_trim(3)`: `pad` bytes stay at the top of the heap.
        safe fn malloc_trim(pad: usize) -> core::ffi::c_int;
    }
    malloc_trim(0);
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

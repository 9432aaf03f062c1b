//! Long work: how far it is, how to stop it, how much memory it may take.
//!
//! This module must never know what the work is, nor who watches it.

mod budget;
mod free_memory;
mod progress;
mod thread;

pub use budget::{MemoryBudget, parse_bytes, peak_resident, resident, show_bytes};
pub use free_memory::{give_back_memory, keep_little_memory, map_large_buffers};
pub use progress::{Progress, Snapshot};
pub use thread::{draws_window, spawn};

//! What every other part stands on: errors, geometry, pixels in memory, and jobs that can be watched and cancelled.
//!
//! Nothing here reads an image file or knows what a file format is.

mod error;
pub mod geometry;
pub mod pixels;
pub mod job;
pub mod whole_file;

pub use error::{Error, IoResultExt, Result};

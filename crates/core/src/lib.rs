//! What every other crate builds on: errors, geometry, image references, pixels in memory, and jobs that can be watched and
//! cancelled.
//!
//! Nothing here reads an image file or knows what a file format is.

mod error;
pub mod geometry;
pub mod pixels;
pub mod job;
pub mod loss;
mod image_ref;
mod raw_layout;
pub mod regular_file;
pub mod stored_path;
pub mod text;
pub mod whole_file;
pub mod xml;

pub use error::{Error, IoResultExt, Result};
pub use image_ref::{ImageRef, Part};
pub use raw_layout::{Interleave, RawLayout, RawType};

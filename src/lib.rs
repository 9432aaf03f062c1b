//! Mosaicist: open, arrange, look at and write images far larger than memory.
//!
//! ```text
//! file ──open──▶ Source ─┐
//! file ──open──▶ Source ─┼─▶ Mosaic ──▶ Composite: Source ──┬─▶ screen  (tiles a frame wants)
//! file ──open──▶ Source ─┘  document    paints placements   └─▶ export  (blocks, in any order)
//! ```
//!
//! The modules below stand in reading order: each uses only those above it.

mod error;
pub mod geometry;
pub mod pixels;
pub mod job;
pub mod codec;
pub mod source;
pub mod cache;
pub mod mosaic;
pub mod composite;
pub mod export;
pub mod work;
pub mod cli;
#[cfg(feature = "gui")]
pub mod app;

pub use error::{Error, IoResultExt, Result};

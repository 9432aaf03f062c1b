//! Mosaicist: open, arrange, view and export images far larger than memory.
//!
//! ```text
//! file ──open──▶ Source ─┐
//! file ──open──▶ Source ─┼─▶ Mosaic ──▶ Composite: Source ──┬─▶ screen  (tiles a frame wants)
//! file ──open──▶ Source ─┘  document    paints placements   └─▶ export  (blocks, in any order)
//! ```
//!
//! The engine lives in packages of its own below `crates/`; they stand here under their short names, in reading order: each
//! uses only those above it.

pub use mosaicist_align as align;
pub use mosaicist_codec as codec;
pub use mosaicist_composite as composite;
pub use mosaicist_core::{
    Error, ImageRef, IoResultExt, Result, geometry, job, loss, pixels, stored_path, text, whole_file,
};
pub use mosaicist_display as display;
pub use mosaicist_export as export;
pub use mosaicist_filter as filter;
pub use mosaicist_mosaic as mosaic;
pub use mosaicist_region as region;
pub use mosaicist_source::{self as source, cache};
pub use mosaicist_work as work;

pub mod log;
pub mod cli;
#[cfg(feature = "gui")]
pub mod app;

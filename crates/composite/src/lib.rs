//! A mosaic as a source: placements painted on the canvas, later ones on top.
//!
//! The screen and every export read this same source. It holds no decoded pixels and opens files only through the
//! [`Library`](crate::cache::Library).

use mosaicist_core::{Error, Result, geometry, job, loss, pixels};
use mosaicist_mosaic as mosaic;
use mosaicist_source::{self as source, cache};

mod blend;
mod difference;
mod layer;
mod overview_cache;
mod outcome;
mod overview;
mod paint;
mod rendered;
mod resample;
mod shared;

pub use layer::{Layer, Sampler};
pub use outcome::Outcome;
pub use overview::{Overview, Patch, STEP_MS};
pub use paint::{BadTiles, Composite, background};
pub use rendered::Rendered;

#[cfg(test)]
mod layered;

//! A mosaic as a source: placements painted on the canvas, later ones on top.
//!
//! The screen and every export read this same source. It holds no decoded pixels and opens files only through the
//! [`Library`](crate::cache::Library).

use mosaicist_core::{Error, IoResultExt, Result, geometry, job, loss, pixels};
use mosaicist_mosaic as mosaic;
use mosaicist_source::{self as source, cache};

mod blend;
mod converted;
mod cost;
mod described;
mod difference;
mod lay;
mod layer;
mod light;
mod overview_cache;
mod overview_thumbnails;
mod outcome;
mod overview;
mod paint;
mod patch;
mod place;
mod rendered;
mod resample;
mod shared;

pub use converted::{Converted, has_other_profile};
pub use described::background;
pub use layer::{Layer, Sampler};
pub use light::Light;
pub use outcome::Outcome;
pub use overview::{Overview, Patch, STEP_MS};
pub use paint::{BadTiles, Composite};
pub use rendered::Rendered;

#[cfg(test)]
mod layered;

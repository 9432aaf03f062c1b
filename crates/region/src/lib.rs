//! Regions of interest: their shapes, the geometry of them, the files that hold them, masks, measurements and detection.
//!
//! All coordinates are full-resolution image pixels (or canvas pixels), f64, x to the right, y down; pixel (0, 0) covers
//! 0 ≤ x < 1, 0 ≤ y < 1. Nothing here draws, and nothing here knows a document or a window.

use mosaicist_core::{Error, IoResultExt, Result, geometry as core_geometry, job, pixels};
use mosaicist_source as source;

mod brush;
mod components;
mod convert;
pub mod detect;
pub mod files;
mod geometry;
mod hit;
mod index;
mod masked;
pub mod measure;
mod names;
mod ops;
#[cfg(test)]
mod properties;
mod raster;
mod roi;
mod trace;
mod transform;
mod wand;

pub use brush::brush;
pub use core_geometry::Point;
pub use geometry::{Bounds, Geometry, Polygon, Ring};
pub use hit::{Edge, Hit};
pub use index::RoiIndex;
pub use masked::{LabelSource, MaskedSource, Outside};
pub use names::{Names, Pattern};
pub use ops::{convex_hull, fill_holes, intersect, simplify, split, subtract, union, union_all};
pub use raster::{Label, Mask, Raster};
pub use roi::{Class, Extra, Kind, Measurements, Plane, Roi};
pub use trace::{trace, trace_labels};
pub use wand::{Wand, wand};

//! Regions of interest: the geometry of them, the files that hold them, masks, measurements and detection.
//!
//! All coordinates are full-resolution image pixels (or canvas pixels), f64, x to the right, y down; pixel (0, 0) covers
//! 0 ≤ x < 1, 0 ≤ y < 1. Nothing here draws, and nothing here knows a document or a window.

use mosaicist_core::{Error, IoResultExt, Result, geometry as core_geometry, job, pixels};
use mosaicist_source as source;

mod axes;
mod brush;
mod components;
mod convert;
pub mod detect;
pub mod files;
mod index;
mod lettering;
mod masked;
pub mod measure;
mod names;
mod ops;
mod outlined;
#[cfg(test)]
mod properties;
mod raster;
mod stroke;
mod trace;
mod wand;

pub use axes::own_angle;
pub use brush::brush;
pub use core_geometry::Point;
pub use lettering::{Lettering, lettering};
pub use masked::{LabelSource, MaskedSource, Outside};
pub use mosaicist_shape::{
    Bounds, Class, Edge, Extra, Geometry, Hit, Kind, Measurements, Plane, Polygon, Ring, Roi, distance,
};
pub use names::{Names, Pattern};
pub use ops::{convex_hull, fill_holes, intersect, simplify, split, subtract, union, union_all};
pub use outlined::OutlinedSource;
pub use raster::{Label, Mask, Raster};
pub use stroke::stroke;
pub use trace::{trace, trace_labels};
pub use wand::{Wand, wand};

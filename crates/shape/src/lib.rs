//! Regions of interest as data: their shapes, and what is said of them. The document holds these; `region` works on them.
//!
//! Coordinates are full-resolution image pixels (or canvas pixels), f64, x to the right, y down; pixel (0, 0) covers 0 ≤ x < 1,
//! 0 ≤ y < 1. Nothing here reads files, and nothing here knows a document.

use mosaicist_core::geometry as core_geometry;

mod geometry;
mod hit;
mod roi;
mod transform;
mod vertices;

pub use core_geometry::Point;
pub use geometry::{
    Bounds, Geometry, Polygon, Ring, distance, ellipse_vertices, path_length, ring_area, rotated_corners,
};
pub use hit::{Edge, Hit};
pub use roi::{Class, Extra, Kind, Measurements, Plane, Roi};

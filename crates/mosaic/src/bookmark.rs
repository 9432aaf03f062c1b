//! [`Bookmark`]: a view of the canvas with a name.

use serde::{Deserialize, Serialize};

use crate::geometry::Point;

/// Identifies a bookmark within its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct BookmarkId(pub u64);

/// A saved view of the canvas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bookmark {
    pub id: BookmarkId,
    pub name: String,
    /// The center of the view, in canvas pixels.
    pub center: Point,
    /// Screen points per canvas pixel.
    pub zoom: f64,
    /// Rotation in degrees, clockwise.
    #[serde(default)]
    pub degrees: f64,
    /// Flipped horizontally before the rotation.
    #[serde(default)]
    pub mirrored: bool,
}

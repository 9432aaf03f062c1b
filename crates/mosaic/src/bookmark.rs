//! [`Bookmark`]: a view of the canvas with a name.

use serde::{Deserialize, Serialize};

use crate::geometry::Point;

/// Names a bookmark for as long as the document lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct BookmarkId(pub u64);

/// A view of the canvas to come back to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bookmark {
    pub id: BookmarkId,
    pub name: String,
    /// In the middle of the screen, in canvas pixels.
    pub center: Point,
    /// Points on the screen for each canvas pixel.
    pub zoom: f64,
    /// Clockwise.
    #[serde(default)]
    pub degrees: f64,
    /// Left and right exchanged before it is turned.
    #[serde(default)]
    pub mirrored: bool,
}

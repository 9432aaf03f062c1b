//! [`Roi`]: a region of interest.

use serde::{Deserialize, Serialize};

use crate::geometry::Rect;

/// Identifies a region within its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct RoiId(pub u64);

/// The outline of a region, in canvas pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    Rectangle(Rect),
}

impl Shape {
    /// The smallest rectangle around it.
    pub fn bounds(&self) -> Rect {
        match self {
            Self::Rectangle(rect) => *rect,
        }
    }
}

/// A region of interest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Roi {
    pub id: RoiId,
    pub name: String,
    pub shape: Shape,
}

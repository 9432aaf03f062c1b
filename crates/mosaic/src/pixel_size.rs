//! [`PixelSize`]: how large a canvas pixel is in the world.

use serde::{Deserialize, Serialize};

/// Micrometers across and down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 2]", into = "[f64; 2]")]
pub struct PixelSize {
    pub x: f64,
    pub y: f64,
}

impl From<[f64; 2]> for PixelSize {
    fn from([x, y]: [f64; 2]) -> Self {
        Self { x, y }
    }
}

impl From<PixelSize> for [f64; 2] {
    fn from(PixelSize { x, y }: PixelSize) -> Self {
        [x, y]
    }
}

impl PixelSize {
    /// Whether both are lengths.
    pub fn is_sound(&self) -> bool {
        [self.x, self.y].iter().all(|length| length.is_finite() && *length > 0.0)
    }
}

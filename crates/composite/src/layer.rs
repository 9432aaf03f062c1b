//! [`Layer`]: a placement and how its pixels come onto the canvas.

use crate::geometry::Affine;
use crate::mosaic::Placement;

/// Which pixel of the canvas shows which of the image.
///
/// Encoded tiles are copied, and pixels pasted as they are, only where pixels stay pixels: by all but `Affine`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampler {
    /// The canvas's pixels are the image's.
    Identity,
    /// The image's first pixel lies at this one.
    Shift((i64, i64)),
    /// Pixels are resampled (see `resample.rs`); from the image's pixels to the canvas's.
    Affine(Affine),
}

/// One visible placement as it is painted.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// Its crop, gain, offset and opacity are the layer's.
    pub placement: &'a Placement,
    pub sampler: Sampler,
}

//! [`Layer`]: a placement and how its pixels map to the canvas.

use crate::geometry::Affine;
use crate::mosaic::Placement;

/// The mapping from image pixels to canvas pixels.
///
/// All but `Affine` paste pixels unchanged and let encoded tiles pass through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampler {
    /// Canvas pixels are image pixels.
    Identity,
    /// The image is shifted by whole pixels; its first pixel lies at this one.
    Shift((i64, i64)),
    /// Pixels are resampled (see `resample.rs`); maps image pixels to canvas pixels.
    Affine(Affine),
}

/// One visible placement and its sampler.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// Its crop, gain, offset and opacity apply.
    pub placement: &'a Placement,
    pub sampler: Sampler,
}

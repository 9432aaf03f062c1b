//! The filters themselves, one idea to a file.

mod affine;
mod background;
mod bilateral;
mod bytes;
mod canny;
mod geometry;
mod linear;
mod mean;
mod median;
mod morphology;
mod point;
mod resize;
mod sharpen;
mod sobel;
mod threshold;
mod whole;
mod word_rows;

pub(crate) use affine::{Interpolation, Warp};
pub(crate) use background::Paraboloid;
pub(crate) use bilateral::Bilateral;
pub(crate) use canny::Canny;
pub(crate) use geometry::{Crop, Turn};
pub(crate) use linear::{
    Kind, Linear, Term, gaussian, gaussian_radius, laplacian_of_gaussian, laplacian_radius, terms_of, weights,
};
pub(crate) use mean::Mean;
pub(crate) use median::Median;
pub(crate) use morphology::{Morphology, Operation};
pub(crate) use point::{Convert, Curve, PerPixel, Pick, Point, Spline};
pub(crate) use resize::{Resampling, Resize};
pub(crate) use sharpen::Unsharp;
pub(crate) use sobel::{Direction, Sobel};
pub(crate) use threshold::{Local, Otsu};
pub(crate) use whole::Whole;

use crate::Result;
use crate::block::Block;
use crate::frame::Border;
use crate::geometry::Rect;
use crate::pixels::{Pixels, SampleType};

/// One filter, ready for images of one kind at one level.
pub(crate) trait Op: Send + Sync {
    /// The pixels of the input that `out` is made of; they may lie outside the image.
    fn needs(&self, out: Rect) -> Rect {
        out
    }

    /// What lies outside the input.
    fn border(&self) -> Border {
        Border::Replicate
    }

    /// Whether it has to know the whole input before any part of the result.
    fn wants_whole(&self) -> bool {
        false
    }

    /// Whether it gives bytes that it is given as 16-bit numbers with [`PLACES`](crate::words::PLACES) binary places, if so asked by a
    /// result of that type.
    fn gives_words(&self) -> bool {
        false
    }

    /// Whether it takes such numbers for bytes.
    fn takes_words(&self) -> bool {
        false
    }

    /// Whether the result has the samples of the input, moved.
    fn moves_samples(&self) -> bool {
        false
    }

    /// The pixels of `task.out`.
    fn run(&self, task: &Task<'_>) -> Result<Pixels>;
}

/// A part of the work of a filter.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    /// Exactly what the filter [needs](Op::needs).
    pub(crate) input: &'a Block,
    /// In pixels of the result.
    pub(crate) out: Rect,
    /// The type to make of fractional values.
    pub(crate) result: SampleType,
    /// Where the filter [wants](Op::wants_whole) it.
    pub(crate) whole: Option<&'a Whole>,
}

/// What [`Op`] a filter is for a given input, and what comes out of it.
pub(crate) struct Built {
    pub(crate) op: Box<dyn Op>,
    pub(crate) frame: crate::frame::Frame,
}

/// Floats as pixels.
pub(crate) fn pixels_of(values: Vec<f32>, rect: Rect, channels: usize) -> Result<Pixels> {
    Pixels::new(rect.size(), channels as u8, crate::pixels::Samples::F32(values))
}

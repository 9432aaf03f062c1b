//! Samples in memory: holding, cutting, pasting, converting and halving them.
//!
//! All is row-major and interleaved. This module must never know about files, levels or screens.

mod convert;
mod display;
mod halve;
mod kind;
mod numbers;
mod resample;
mod samples;
pub mod spare;
mod view;
mod weave;

pub use convert::{conform, le_bytes, to_rgba8};
pub use display::{
    Channel, ChannelName, Display, Ground, Histogram, Lut, Mapper, Profile, ProfileSpace, colour_of_wave, histograms,
};
pub use halve::halve;
pub use kind::PixelKind;
pub use numbers::{NumberType, Numbers};
pub use resample::{Axis, resample};
pub use samples::{Colour, Sample, SampleType, Samples};
pub use view::{Pixels, PixelsView};
pub use weave::{weave, weave_numbers};

/// Run `$body` with `$samples` bound to the typed vector or slice inside a [`Samples`].
#[macro_export]
macro_rules! each_type {
    ($value:expr, $samples:ident => $body:expr) => {
        match $value {
            $crate::pixels::Samples::U8($samples) => $body,
            $crate::pixels::Samples::U16($samples) => $body,
            $crate::pixels::Samples::F32($samples) => $body,
        }
    };
}
pub use crate::each_type;

//! Samples in memory: holding, cutting, pasting, converting and halving them.
//!
//! All is row-major and interleaved. This module must never know about files, levels or screens.

mod convert;
mod display;
mod halve;
mod numbers;
mod resample;
mod samples;
pub(crate) mod spare;
mod view;
mod weave;

pub(crate) use convert::le_bytes;
pub use convert::{conform, to_rgba8};
pub use display::{
    Channel, ChannelName, Display, Ground, Histogram, Lut, Mapper, Profile, ProfileSpace, colour_of_wave, histograms,
};
pub use halve::halve;
pub use numbers::{NumberType, Numbers};
pub use resample::{Axis, resample};
pub use samples::{Colour, Sample, SampleType, Samples};
pub use view::{Pixels, PixelsView};
pub use weave::{weave, weave_numbers};

/// Run `$body` with `$samples` bound to the typed vector or slice inside a [`Samples`].
macro_rules! each_type {
    ($value:expr, $samples:ident => $body:expr) => {
        match $value {
            $crate::pixels::Samples::U8($samples) => $body,
            $crate::pixels::Samples::U16($samples) => $body,
            $crate::pixels::Samples::F32($samples) => $body,
        }
    };
}
pub(crate) use each_type;

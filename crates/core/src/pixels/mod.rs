//! Samples in memory: crop, paste, convert and downsample.
//!
//! All is row-major and interleaved. This module must never know about files, levels or screens.

mod channel_name;
mod convert;
mod halve;
mod kind;
mod raw_samples;
mod resample;
mod samples;
pub mod buffer_pool;
mod view;
mod interleave;

pub use channel_name::ChannelName;
pub use convert::{conform, le_bytes, to_rgba8};
pub use halve::halve;
pub use interleave::{interleave, interleave_raw};
pub use kind::PixelKind;
pub use raw_samples::{RawSampleType, RawSamples};
pub use resample::{ResampleAxis, resample};
pub use samples::{Color, Sample, SampleType, Samples};
pub use view::{Pixels, PixelsView};

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

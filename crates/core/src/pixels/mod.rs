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
pub use halve::{Downsample, Halving, halve, is_nodata};
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
            $crate::pixels::Samples::I8($samples) => $body,
            $crate::pixels::Samples::I16($samples) => $body,
            $crate::pixels::Samples::U32($samples) => $body,
            $crate::pixels::Samples::I32($samples) => $body,
            $crate::pixels::Samples::F64($samples) => $body,
        }
    };
}
pub use crate::each_type;

/// Run `$body` with `$S` standing for the Rust type of a [`SampleType`].
#[macro_export]
macro_rules! by_type {
    ($sample:expr, $S:ident => $body:expr) => {
        match $sample {
            $crate::pixels::SampleType::U8 => $crate::by_type!(@one u8, $S => $body),
            $crate::pixels::SampleType::U16 => $crate::by_type!(@one u16, $S => $body),
            $crate::pixels::SampleType::F32 => $crate::by_type!(@one f32, $S => $body),
            $crate::pixels::SampleType::I8 => $crate::by_type!(@one i8, $S => $body),
            $crate::pixels::SampleType::I16 => $crate::by_type!(@one i16, $S => $body),
            $crate::pixels::SampleType::U32 => $crate::by_type!(@one u32, $S => $body),
            $crate::pixels::SampleType::I32 => $crate::by_type!(@one i32, $S => $body),
            $crate::pixels::SampleType::F64 => $crate::by_type!(@one f64, $S => $body),
        }
    };
    (@one $type:ty, $S:ident => $body:expr) => {{
        type $S = $type;
        $body
    }};
}
pub use crate::by_type;

//! [`Samples`]: sample values of one of three types.

use super::buffer_pool;
use serde::{Deserialize, Serialize};

/// The type of every sample of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleType {
    U8,
    U16,
    F32,
}

impl SampleType {
    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::F32 => 4,
        }
    }

    /// `u8`, `u16` or `f32`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::F32 => "f32",
        }
    }

    /// The value of full intensity or alpha.
    pub const fn max(self) -> f32 {
        match self {
            Self::U8 => 255.0,
            Self::U16 => 65535.0,
            Self::F32 => 1.0,
        }
    }

    /// The type that holds the values of both: the wider one.
    #[must_use]
    pub fn wider(self, other: Self) -> Self {
        if self.bytes() >= other.bytes() { self } else { other }
    }
}

/// What the channels of a pixel mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// One channel, 0 is black.
    #[serde(alias = "grey")]
    Gray,
    /// Gray and alpha, not premultiplied.
    #[serde(alias = "greyalpha")]
    GrayAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue and alpha, not premultiplied.
    Rgba,
    /// Any number of measured channels without a color of their own.
    Channels,
}

impl Color {
    /// The usual meaning of that many channels.
    pub const fn of_channels(channels: u8) -> Self {
        match channels {
            1 => Self::Gray,
            2 => Self::GrayAlpha,
            3 => Self::Rgb,
            4 => Self::Rgba,
            _ => Self::Channels,
        }
    }

    /// Whether the last channel is alpha.
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }
}

/// A sample type as the kernels see it.
pub trait Sample: Copy + Default + PartialEq + PartialOrd + Send + Sync + 'static {
    /// The dynamic counterpart.
    const TYPE: SampleType;

    /// The mean of four, integers rounded to nearest with halves up.
    fn mean4(a: Self, b: Self, c: Self, d: Self) -> Self;

    /// The value as a float, exactly.
    fn to_f32(self) -> f32;

    /// The nearest value of this type, clamped to its range.
    fn from_f32(value: f32) -> Self;

    /// Wrap a vector.
    fn wrap(samples: Vec<Self>) -> Samples;

    /// The vector inside, if it is of this type.
    fn slice(samples: &Samples) -> Option<&[Self]>;

    /// The vector itself, if it is of this type.
    fn unwrap(samples: Samples) -> Option<Vec<Self>>;
}

/// Interleaved samples.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
    F32(Vec<f32>),
}

impl Samples {
    /// `len` zeros.
    pub fn zeroed(sample: SampleType, len: usize) -> Self {
        match sample {
            SampleType::U8 => Self::U8(buffer_pool::zeros(len)),
            SampleType::U16 => Self::U16(buffer_pool::zeros(len)),
            SampleType::F32 => Self::F32(buffer_pool::zeros(len)),
        }
    }

    /// The type of the samples.
    pub const fn sample_type(&self) -> SampleType {
        match self {
            Self::U8(_) => SampleType::U8,
            Self::U16(_) => SampleType::U16,
            Self::F32(_) => SampleType::F32,
        }
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        super::each_type!(self, samples => samples.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// From little-endian bytes; what does not make a whole sample is dropped.
    pub fn from_le_bytes(sample: SampleType, bytes: Vec<u8>) -> Self {
        match sample {
            SampleType::U8 => Self::U8(bytes),
            SampleType::U16 => Self::U16(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()),
            SampleType::F32 => {
                Self::F32(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
            }
        }
    }

    /// The samples as little-endian bytes.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        match self {
            Self::U8(samples) => samples.clone(),
            Self::U16(samples) => samples.iter().flat_map(|s| s.to_le_bytes()).collect(),
            Self::F32(samples) => samples.iter().flat_map(|s| s.to_le_bytes()).collect(),
        }
    }
}

macro_rules! sample {
    ($type:ty, $variant:ident, $mean:expr, $from:expr) => {
        impl Sample for $type {
            const TYPE: SampleType = SampleType::$variant;

            #[inline]
            fn mean4(a: Self, b: Self, c: Self, d: Self) -> Self {
                let mean: fn($type, $type, $type, $type) -> $type = $mean;
                mean(a, b, c, d)
            }

            #[inline]
            fn to_f32(self) -> f32 {
                self as f32
            }

            #[inline]
            fn from_f32(value: f32) -> Self {
                let from: fn(f32) -> $type = $from;
                from(value)
            }

            fn wrap(samples: Vec<Self>) -> Samples {
                Samples::$variant(samples)
            }

            fn slice(samples: &Samples) -> Option<&[Self]> {
                if let Samples::$variant(samples) = samples { Some(samples) } else { None }
            }

            fn unwrap(samples: Samples) -> Option<Vec<Self>> {
                if let Samples::$variant(samples) = samples { Some(samples) } else { None }
            }
        }
    };
}

sample!(u8, U8, |a, b, c, d| ((a as u16 + b as u16 + c as u16 + d as u16 + 2) >> 2) as u8, |v| (v + 0.5) as u8);
sample!(u16, U16, |a, b, c, d| ((a as u32 + b as u32 + c as u32 + d as u32 + 2) >> 2) as u16, |v| (v + 0.5) as u16);
sample!(f32, F32, |a, b, c, d| (a + b + c + d) * 0.25, |v| v);

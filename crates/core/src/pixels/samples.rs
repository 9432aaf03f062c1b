//! [`Samples`]: sample values of one of three types.

use super::{buffer_pool, by_type};
use serde::{Deserialize, Serialize};

/// The type of every sample of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SampleType {
    U8,
    U16,
    F32,
    I8,
    I16,
    U32,
    I32,
    F64,
}

impl SampleType {
    /// All of them.
    pub const ALL: [Self; 8] = [Self::U8, Self::U16, Self::F32, Self::I8, Self::I16, Self::U32, Self::I32, Self::F64];

    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::F32 | Self::U32 | Self::I32 => 4,
            Self::F64 => 8,
        }
    }

    /// `u8`, `u16`, `f32` and so on.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::F32 => "f32",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::U32 => "u32",
            Self::I32 => "i32",
            Self::F64 => "f64",
        }
    }

    /// The value of full intensity or opaque alpha.
    pub const fn max(self) -> f32 {
        match self {
            Self::U8 => 255.0,
            Self::U16 => 65535.0,
            Self::I8 => 127.0,
            Self::I16 => 32767.0,
            Self::U32 => u32::MAX as f32,
            Self::I32 => i32::MAX as f32,
            Self::F32 | Self::F64 => 1.0,
        }
    }

    /// Whether samples are floating-point numbers.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Whether samples may be below zero, and are whole.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32)
    }

    /// Whether it is one of the types of pictures, which range from black to white; samples of the others are measured values.
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::U8 | Self::U16 | Self::F32)
    }

    /// The type that holds the values of both.
    #[must_use]
    pub fn wider(self, other: Self) -> Self {
        let (wide, narrow) = if self.bytes() >= other.bytes() { (self, other) } else { (other, self) };
        if wide == narrow || wide == Self::F64 || narrow == Self::F64 {
            return if narrow == Self::F64 { narrow } else { wide };
        }
        let large = |kind: Self| matches!(kind, Self::U32 | Self::I32);
        match (self.is_float() || other.is_float(), self.is_signed() == other.is_signed()) {
            // A float of 32 bits holds whole numbers of 24.
            (true, _) => {
                if large(self) || large(other) {
                    Self::F64
                } else {
                    Self::F32
                }
            }
            (false, true) => wide,
            (false, false) => match (wide.bytes(), wide.is_signed() && wide.bytes() > narrow.bytes()) {
                (_, true) => wide,
                (1, _) => Self::I16,
                (2, _) => Self::I32,
                _ => Self::F64,
            },
        }
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

    /// The value as a float of 64 bits, exactly.
    fn to_f64(self) -> f64;

    /// The nearest value of this type, clamped to its range.
    fn from_f64(value: f64) -> Self;

    /// The sample as little-endian bytes, put behind `out`.
    fn put_le(self, out: &mut Vec<u8>);

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
    I8(Vec<i8>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F64(Vec<f64>),
}

impl Samples {
    /// `len` zeros.
    pub fn zeroed(sample: SampleType, len: usize) -> Self {
        by_type!(sample, S => S::wrap(buffer_pool::zeros::<S>(len)))
    }

    /// The type of the samples.
    pub const fn sample_type(&self) -> SampleType {
        match self {
            Self::U8(_) => SampleType::U8,
            Self::U16(_) => SampleType::U16,
            Self::F32(_) => SampleType::F32,
            Self::I8(_) => SampleType::I8,
            Self::I16(_) => SampleType::I16,
            Self::U32(_) => SampleType::U32,
            Self::I32(_) => SampleType::I32,
            Self::F64(_) => SampleType::F64,
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
        macro_rules! numbers {
            ($type:ty, $variant:ident) => {{
                let (numbers, _) = bytes.as_chunks::<{ size_of::<$type>() }>();
                Self::$variant(numbers.iter().map(|number| <$type>::from_le_bytes(*number)).collect())
            }};
        }
        match sample {
            SampleType::U8 => Self::U8(bytes),
            SampleType::U16 => numbers!(u16, U16),
            SampleType::F32 => numbers!(f32, F32),
            SampleType::I8 => numbers!(i8, I8),
            SampleType::I16 => numbers!(i16, I16),
            SampleType::U32 => numbers!(u32, U32),
            SampleType::I32 => numbers!(i32, I32),
            SampleType::F64 => numbers!(f64, F64),
        }
    }

    /// The samples as little-endian bytes.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        if let Self::U8(samples) = self {
            return samples.clone();
        }
        let mut out = Vec::with_capacity(self.len() * self.sample_type().bytes());
        super::each_type!(self, samples => samples.iter().for_each(|sample| sample.put_le(&mut out)));
        out
    }
}

macro_rules! sample {
    ($type:ty, $variant:ident, $mean:expr, $from:expr, $from64:expr) => {
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

            #[inline]
            fn to_f64(self) -> f64 {
                self.into()
            }

            #[inline]
            fn from_f64(value: f64) -> Self {
                let from: fn(f64) -> $type = $from64;
                from(value)
            }

            #[inline]
            fn put_le(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
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

/// The largest whole number not above `value`, between 0 and `most`; 0 for NaN. `most` is less than 2^23.
///
/// What `value as u8` gives, in steps that compilers turn into vector code; for casts that saturate they do not.
#[inline]
fn floor_clamped(value: f32, most: f32) -> u32 {
    /// Floats from here to twice as much are the whole numbers, in their last 23 bits.
    const WHOLE: f32 = 8_388_608.0;
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < most { value } else { most };
    let nearest = value + WHOLE;
    (nearest.to_bits() & 0x7f_ffff) - u32::from(nearest - WHOLE > value)
}

sample!(
    u8,
    U8,
    |a, b, c, d| ((a as u16 + b as u16 + c as u16 + d as u16 + 2) >> 2) as u8,
    |v| floor_clamped(v + 0.5, 255.0) as u8,
    |v| (v + 0.5) as u8
);
sample!(
    u16,
    U16,
    |a, b, c, d| ((a as u32 + b as u32 + c as u32 + d as u32 + 2) >> 2) as u16,
    |v| floor_clamped(v + 0.5, 65535.0) as u16,
    |v| (v + 0.5) as u16
);
sample!(f32, F32, |a, b, c, d| (a + b + c + d) * 0.25, |v| v, |v| v as f32);
sample!(
    i8,
    I8,
    |a, b, c, d| ((a as i16 + b as i16 + c as i16 + d as i16 + 2) >> 2) as i8,
    |v| (v + 0.5).floor() as i8,
    |v| (v + 0.5).floor() as i8
);
sample!(
    i16,
    I16,
    |a, b, c, d| ((a as i32 + b as i32 + c as i32 + d as i32 + 2) >> 2) as i16,
    |v| (v + 0.5).floor() as i16,
    |v| (v + 0.5).floor() as i16
);
sample!(
    u32,
    U32,
    |a, b, c, d| ((a as u64 + b as u64 + c as u64 + d as u64 + 2) >> 2) as u32,
    |v| (f64::from(v) + 0.5) as u32,
    |v| (v + 0.5) as u32
);
sample!(
    i32,
    I32,
    |a, b, c, d| ((a as i64 + b as i64 + c as i64 + d as i64 + 2) >> 2) as i32,
    |v| (f64::from(v) + 0.5).floor() as i32,
    |v| (v + 0.5).floor() as i32
);
sample!(f64, F64, |a, b, c, d| (a + b + c + d) * 0.25, f64::from, |v| v);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wider_type_holds_the_values_of_both() {
        use SampleType::{F32, F64, I8, I16, I32, U8, U16, U32};
        for (a, b, both) in [
            (U8, U16, U16),
            (U8, I8, I16),
            (U16, I16, I32),
            (U16, I8, I32),
            (U8, I16, I16),
            (U16, I32, I32),
            (U32, I8, F64),
            (U32, I32, F64),
            (U16, F32, F32),
            (I16, F32, F32),
            (U32, F32, F64),
            (I32, F32, F64),
            (F64, U8, F64),
            (I16, I32, I32),
        ] {
            assert_eq!((a.wider(b), b.wider(a)), (both, both), "{a:?} and {b:?}");
        }
        assert!(SampleType::ALL.iter().all(|sample| sample.wider(*sample) == *sample));
    }

    #[test]
    fn numbers_are_rounded_and_clamped() {
        assert_eq!([i16::from_f32(-0.5), i16::from_f32(-1.6), i16::from_f32(1e9)], [0, -2, i16::MAX]);
        assert_eq!([u32::from_f64(16_777_217.4), u32::from_f64(-3.0)], [16_777_217, 0]);
        assert_eq!(i32::mean4(i32::MAX, i32::MAX, i32::MAX, i32::MIN + 1), 1_073_741_824);
        assert_eq!([i8::mean4(-1, -1, -1, -1), i8::mean4(-2, -1, -1, -1)], [-1, -1]);
        for sample in SampleType::ALL {
            let bytes: Vec<u8> = (1..=16).collect();
            assert_eq!(Samples::from_le_bytes(sample, bytes.clone()).to_le_bytes(), bytes, "{sample:?}");
        }
    }
}

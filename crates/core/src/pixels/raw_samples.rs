//! [`RawSamples`]: samples as a file stores them, of any type; what [`Samples`] cannot hold goes through here untouched.

use super::{Pixels, SampleType, Samples};
use crate::geometry::{Rect, Size};
use crate::{Error, Result};

/// The type of a raw sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RawSampleType {
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl RawSampleType {
    /// Bytes of one sample.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// `value` in this type, little-endian; the nearest there is.
    pub fn bytes_of(self, value: f64) -> Vec<u8> {
        match self {
            Self::U8 => vec![value as u8],
            Self::I8 => (value as i8).to_le_bytes().to_vec(),
            Self::U16 => (value as u16).to_le_bytes().to_vec(),
            Self::I16 => (value as i16).to_le_bytes().to_vec(),
            Self::U32 => (value as u32).to_le_bytes().to_vec(),
            Self::I32 => (value as i32).to_le_bytes().to_vec(),
            Self::U64 => (value as u64).to_le_bytes().to_vec(),
            Self::I64 => (value as i64).to_le_bytes().to_vec(),
            Self::F32 => (value as f32).to_le_bytes().to_vec(),
            Self::F64 => value.to_le_bytes().to_vec(),
        }
    }

    /// The value of a number in this type, little-endian; integers of 64 bits may be rounded. 0 of too few bytes.
    pub fn value_of(self, bytes: &[u8]) -> f64 {
        macro_rules! read {
            ($type:ty) => {
                bytes.first_chunk().map_or(0.0, |bytes| <$type>::from_le_bytes(*bytes) as f64)
            };
        }
        match self {
            Self::U8 => read!(u8),
            Self::I8 => read!(i8),
            Self::U16 => read!(u16),
            Self::I16 => read!(i16),
            Self::U32 => read!(u32),
            Self::I32 => read!(i32),
            Self::U64 => read!(u64),
            Self::I64 => read!(i64),
            Self::F32 => read!(f32),
            Self::F64 => read!(f64),
        }
    }

    /// Whether it is a whole number that may be negative.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// `u8`, `i16`, `f64` and so on.
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// A rectangle of pixels of any sample type: rows of interleaved samples, each little-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSamples {
    size: Size,
    channels: u8,
    kind: RawSampleType,
    bytes: Vec<u8>,
}

impl RawSamples {
    /// Wrap `bytes`, which must be exactly width × height × channels samples.
    pub fn new(size: Size, channels: u8, kind: RawSampleType, bytes: Vec<u8>) -> Result<Self> {
        let expected = size.area() * channels as u64 * kind.bytes() as u64;
        if bytes.len() as u64 != expected || channels == 0 {
            let what = format!("{} bytes for {size} pixels of {channels} channels of {}", bytes.len(), kind.name());
            return Err(Error::corrupt(what));
        }
        Ok(Self { size, channels, kind, bytes })
    }

    /// Zeros.
    pub fn zeroed(size: Size, channels: u8, kind: RawSampleType) -> Self {
        Self { size, channels, kind, bytes: vec![0; size.area() as usize * channels as usize * kind.bytes()] }
    }

    /// Each number `value`, as near as the type has it.
    pub fn filled(size: Size, channels: u8, kind: RawSampleType, value: f64) -> Self {
        let count = size.area() as usize * channels as usize;
        Self { size, channels, kind, bytes: kind.bytes_of(value).repeat(count) }
    }

    /// The same samples, as the file would store them.
    pub fn from_pixels(pixels: Pixels) -> Self {
        let (size, channels) = (pixels.size(), pixels.channels());
        let samples = pixels.into_samples();
        let kind = match samples.sample_type() {
            SampleType::U8 => RawSampleType::U8,
            SampleType::U16 => RawSampleType::U16,
            SampleType::F32 => RawSampleType::F32,
            SampleType::I8 => RawSampleType::I8,
            SampleType::I16 => RawSampleType::I16,
            SampleType::U32 => RawSampleType::U32,
            SampleType::I32 => RawSampleType::I32,
            SampleType::F64 => RawSampleType::F64,
        };
        let bytes = match samples {
            Samples::U8(bytes) => bytes,
            other => other.to_le_bytes(),
        };
        Self { size, channels, kind, bytes }
    }

    /// Width and height.
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Samples per pixel.
    pub const fn channels(&self) -> u8 {
        self.channels
    }

    /// The type of each.
    pub const fn kind(&self) -> RawSampleType {
        self.kind
    }

    /// All of them, little-endian.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, to be changed in place. Their number must stay.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// The same bytes, taken for samples of another type of the same width.
    pub fn taken_for(self, kind: RawSampleType) -> Result<Self> {
        Self::new(self.size, self.channels, kind, self.bytes)
    }

    /// Bytes of one pixel.
    pub const fn pixel_bytes(&self) -> usize {
        self.channels as usize * self.kind.bytes()
    }

    /// A copy of a rectangle of it, cut at its edges.
    #[must_use]
    pub fn crop(&self, rect: Rect) -> Self {
        let rect = rect.intersect(Rect::from_size(self.size));
        let mut out = Self::zeroed(rect.size(), self.channels, self.kind);
        out.paste(self, -rect.x0, -rect.y0);
        out
    }

    /// Lay `source`, which must be of the same kind, on top, its first pixel at (x, y); what falls outside is dropped.
    pub fn paste(&mut self, source: &Self, x: i64, y: i64) {
        debug_assert_eq!((source.kind, source.channels), (self.kind, self.channels), "unlike sample types");
        let rect = Rect::at(x, y, source.size).intersect(Rect::from_size(self.size));
        if rect.is_empty() || source.pixel_bytes() != self.pixel_bytes() {
            return;
        }
        let (width, pixel) = (rect.width() as usize * self.pixel_bytes(), self.pixel_bytes());
        let at = |size: Size, x: i64, y: i64| (y as usize * size.width as usize + x as usize) * pixel;
        for row in rect.y0..rect.y1 {
            let from = at(source.size, rect.x0 - x, row - y);
            let to = at(self.size, rect.x0, row);
            self.bytes[to..to + width].copy_from_slice(&source.bytes[from..from + width]);
        }
    }

    /// As pixels of the same type; integers of 64 bits, which no pixels have, as the nearest floats of as many.
    pub fn into_pixels(self) -> Pixels {
        let (kind, bytes) = (self.kind, self.bytes);
        let samples = match kind {
            RawSampleType::U8 => Samples::from_le_bytes(SampleType::U8, bytes),
            RawSampleType::U16 => Samples::from_le_bytes(SampleType::U16, bytes),
            RawSampleType::U32 => Samples::from_le_bytes(SampleType::U32, bytes),
            RawSampleType::I8 => Samples::from_le_bytes(SampleType::I8, bytes),
            RawSampleType::I16 => Samples::from_le_bytes(SampleType::I16, bytes),
            RawSampleType::I32 => Samples::from_le_bytes(SampleType::I32, bytes),
            RawSampleType::F32 => Samples::from_le_bytes(SampleType::F32, bytes),
            RawSampleType::F64 => Samples::from_le_bytes(SampleType::F64, bytes),
            RawSampleType::U64 => {
                Samples::F64(bytes.as_chunks().0.iter().map(|number| u64::from_le_bytes(*number) as f64).collect())
            }
            RawSampleType::I64 => {
                Samples::F64(bytes.as_chunks().0.iter().map(|number| i64::from_le_bytes(*number) as f64).collect())
            }
        };
        Pixels::new(self.size, self.channels, samples)
            .unwrap_or_else(|_| unreachable!("one sample for each raw sample"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_samples_become_samples() {
        let one = |kind, bytes: &[u8]| RawSamples::new(Size::new(1, 1), 1, kind, bytes.to_vec()).unwrap().into_pixels();
        let cases = [
            (RawSampleType::U8, vec![200], Samples::U8(vec![200])),
            (RawSampleType::U16, vec![1, 2], Samples::U16(vec![513])),
            (RawSampleType::I8, vec![255], Samples::I8(vec![-1])),
            (RawSampleType::I16, vec![0, 128], Samples::I16(vec![-32768])),
            (RawSampleType::U32, 70_000u32.to_le_bytes().to_vec(), Samples::U32(vec![70_000])),
            (RawSampleType::I64, (-9i64).to_le_bytes().to_vec(), Samples::F64(vec![-9.0])),
            (RawSampleType::F64, 0.5f64.to_le_bytes().to_vec(), Samples::F64(vec![0.5])),
        ];
        for (kind, bytes, expected) in cases {
            assert_eq!(one(kind, &bytes).samples(), &expected, "{}", kind.name());
        }
    }

    #[test]
    fn parts_are_cut_and_laid() {
        let size = Size::new(4, 3);
        let all = RawSamples::new(size, 1, RawSampleType::I16, (0..24).collect()).unwrap();
        let part = all.crop(Rect::new(1, 1, 3, 9));
        assert_eq!((part.size(), part.bytes()), (Size::new(2, 2), &[10, 11, 12, 13, 18, 19, 20, 21][..]));
        let mut canvas = RawSamples::zeroed(size, 1, RawSampleType::I16);
        canvas.paste(&part, 3, -1);
        assert_eq!(canvas.bytes()[6..8], [18, 19], "one of four is inside");
        assert!(RawSamples::new(size, 1, RawSampleType::I32, vec![0; 24]).is_err(), "too few bytes");
    }
}

//! [`RawSamples`]: samples as a file stores them, of any type; what [`Samples`] cannot hold goes through here untouched.

use super::{Pixels, Samples};
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

    /// The same samples, as the file would store them.
    pub fn from_pixels(pixels: Pixels) -> Self {
        let (size, channels) = (pixels.size(), pixels.channels());
        let (kind, bytes) = match pixels.into_samples() {
            Samples::U8(bytes) => (RawSampleType::U8, bytes),
            other @ Samples::U16(_) => (RawSampleType::U16, other.to_le_bytes()),
            other @ Samples::F32(_) => (RawSampleType::F32, other.to_le_bytes()),
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

    /// As pixels: `u8`, `u16` and `f32` unchanged, all others as the nearest `f32`.
    pub fn into_pixels(self) -> Pixels {
        macro_rules! floats {
            ($type:ty) => {{
                let (raw, _) = self.bytes.as_chunks::<{ size_of::<$type>() }>();
                Samples::F32(raw.iter().map(|number| <$type>::from_le_bytes(*number) as f32).collect())
            }};
        }
        let samples = match self.kind {
            RawSampleType::U8 => Samples::U8(self.bytes),
            RawSampleType::U16 => {
                Samples::U16(self.bytes.as_chunks().0.iter().map(|number| u16::from_le_bytes(*number)).collect())
            }
            RawSampleType::U32 => floats!(u32),
            RawSampleType::U64 => floats!(u64),
            RawSampleType::I8 => floats!(i8),
            RawSampleType::I16 => floats!(i16),
            RawSampleType::I32 => floats!(i32),
            RawSampleType::I64 => floats!(i64),
            RawSampleType::F32 => floats!(f32),
            RawSampleType::F64 => floats!(f64),
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
            (RawSampleType::I8, vec![255], Samples::F32(vec![-1.0])),
            (RawSampleType::I16, vec![0, 128], Samples::F32(vec![-32768.0])),
            (RawSampleType::U32, 70_000u32.to_le_bytes().to_vec(), Samples::F32(vec![70_000.0])),
            (RawSampleType::I64, (-9i64).to_le_bytes().to_vec(), Samples::F32(vec![-9.0])),
            (RawSampleType::F64, 0.5f64.to_le_bytes().to_vec(), Samples::F32(vec![0.5])),
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

//! [`RawLayout`]: how the pixels of a file without a header lie, as a value and as text.

use std::fmt;
use std::str::FromStr;

use crate::geometry::Size;
use crate::{Error, Result};

/// The type of the stored samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RawType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    F64,
}

const TYPES: [(&str, RawType); 8] = [
    ("u8", RawType::U8),
    ("i8", RawType::I8),
    ("u16", RawType::U16),
    ("i16", RawType::I16),
    ("u32", RawType::U32),
    ("i32", RawType::I32),
    ("f32", RawType::F32),
    ("f64", RawType::F64),
];

impl RawType {
    /// Bytes of one sample.
    pub fn bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// The order of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Interleave {
    /// All bands of a pixel together (BIP).
    Pixel,
    /// A line of each band after the other (BIL).
    Line,
    /// A whole image of each band after the other (BSQ).
    Plane,
}

const ORDERS: [(&str, Interleave); 3] =
    [("pixel", Interleave::Pixel), ("line", Interleave::Line), ("plane", Interleave::Plane)];

/// How the pixels of a file lie.
///
/// As text: `WIDTH,HEIGHT,BANDS,TYPE` and then, in any order, an offset in bytes, `be` or `le` (the default), `pixel` (the
/// default), `line` or `plane`, and `bottom-up`: `640,480,3,u16,512,be,plane`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RawLayout {
    pub size: Size,
    pub bands: u8,
    pub sample: RawType,
    /// Bytes before the first sample.
    pub offset: u64,
    pub big_endian: bool,
    pub interleave: Interleave,
    /// Whether the last line comes first.
    pub bottom_up: bool,
}

impl RawLayout {
    /// Samples from the first byte on, little-endian, pixel by pixel.
    pub fn new(size: Size, bands: u8, sample: RawType) -> Self {
        Self { size, bands, sample, offset: 0, big_endian: false, interleave: Interleave::Pixel, bottom_up: false }
    }

    /// Bytes of the pixels.
    pub fn bytes(&self) -> u64 {
        self.size.area().saturating_mul(u64::from(self.bands) * self.sample.bytes())
    }

    /// Bytes of one line as it lies: of all bands, or with planes of one.
    pub fn line_bytes(&self) -> u64 {
        let bands = if self.interleave == Interleave::Plane { 1 } else { u64::from(self.bands) };
        u64::from(self.size.width) * bands * self.sample.bytes()
    }
}

impl fmt::Display for RawLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sample = TYPES.iter().find(|(_, sample)| *sample == self.sample).map_or("", |(name, _)| name);
        let order = ORDERS.iter().find(|(_, order)| *order == self.interleave).map_or("", |(name, _)| name);
        let end = if self.big_endian { "be" } else { "le" };
        let Size { width, height } = self.size;
        let up = if self.bottom_up { ",bottom-up" } else { "" };
        write!(f, "{width},{height},{},{sample},{},{end},{order}{up}", self.bands, self.offset)
    }
}

impl FromStr for RawLayout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            let what = format!("'{text}' is no raw layout; write WIDTH,HEIGHT,BANDS,TYPE[,OFFSET][,be][,line|plane]");
            Error::invalid(format!("{what}, with a type of u8, i8, u16, i16, u32, i32, f32, f64"))
        };
        let mut parts = text.split(',').map(str::trim);
        let mut number = |most: u32| -> Result<u32> {
            let value = parts.next().and_then(|part| part.parse().ok());
            value.filter(|value| (1..=most).contains(value)).ok_or_else(wrong)
        };
        let size = Size::new(number(1 << 30)?, number(1 << 30)?);
        let bands = number(255)? as u8;
        let sample = parts.next().and_then(|part| TYPES.iter().find(|(name, _)| *name == part)).ok_or_else(wrong)?.1;
        let mut layout = Self::new(size, bands, sample);
        for part in parts {
            if let Ok(offset) = part.parse() {
                layout.offset = offset;
            } else if let Some((_, order)) = ORDERS.iter().find(|(name, _)| *name == part) {
                layout.interleave = *order;
            } else if part == "be" || part == "le" {
                layout.big_endian = part == "be";
            } else if part == "bottom-up" {
                layout.bottom_up = true;
            } else {
                return Err(wrong());
            }
        }
        Ok(layout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["640,480,3,u16,512,be,plane", "1,1,1,f64,0,le,pixel", "2,2,3,f32,9,be,pixel,bottom-up"] {
            assert_eq!(text.parse::<RawLayout>().unwrap().to_string(), text);
        }
        let short: RawLayout = "8,4,1,u8".parse().unwrap();
        assert_eq!((short.bytes(), short.offset, short.big_endian), (32, 0, false));
        for text in ["", "8,4,1", "8,4,1,u9", "0,4,1,u8", "8,4,1,u8,up", "8,4,256,u8", "-8,4,1,u8"] {
            assert!(text.parse::<RawLayout>().is_err(), "{text}");
        }
    }
}

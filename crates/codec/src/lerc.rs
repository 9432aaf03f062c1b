//! LERC (Esri's Limited Error Raster Compression, versions 1 and 2): measured samples of any type.

#[cfg(feature = "lerc")]
use lerc_core::PixelData;

#[cfg(feature = "lerc")]
use crate::geometry::Size;
#[cfg(feature = "lerc")]
use crate::pixels::RawSampleType;
use crate::pixels::RawSamples;
use crate::{Error, Result};

/// The samples of a chunk and, where some pixels hold nothing, which ones do.
pub struct Decoded {
    pub raw: RawSamples,
    /// One byte for each pixel, 0 where nothing was measured.
    pub valid: Option<Vec<u8>>,
}

/// Decode the first image of `stream`, which must not hold more than `most` samples.
#[cfg(feature = "lerc")]
pub fn decode(stream: &[u8], most: u64) -> Result<Decoded> {
    let info = lerc_reader::inspect_first(stream).map_err(corrupt)?;
    let size = Size::new(info.width, info.height);
    let count = size.area().saturating_mul(info.depth.into());
    if size.is_empty() || info.depth == 0 || info.depth > 255 || count > most {
        return Err(Error::corrupt(format!("LERC: {size} pixels of {} samples", info.depth)));
    }
    let decoded = lerc_reader::decode_first(stream).map_err(corrupt)?;
    macro_rules! bytes {
        ($raw:expr) => {
            $raw.iter().flat_map(|number| number.to_le_bytes()).collect()
        };
    }
    let (kind, bytes) = match decoded.pixels {
        PixelData::I8(raw) => (RawSampleType::I8, bytes!(raw)),
        PixelData::U8(raw) => (RawSampleType::U8, raw),
        PixelData::I16(raw) => (RawSampleType::I16, bytes!(raw)),
        PixelData::U16(raw) => (RawSampleType::U16, bytes!(raw)),
        PixelData::I32(raw) => (RawSampleType::I32, bytes!(raw)),
        PixelData::U32(raw) => (RawSampleType::U32, bytes!(raw)),
        PixelData::F32(raw) => (RawSampleType::F32, bytes!(raw)),
        PixelData::F64(raw) => (RawSampleType::F64, bytes!(raw)),
    };
    Ok(Decoded { raw: RawSamples::new(size, info.depth as u8, kind, bytes)?, valid: decoded.mask })
}

/// The same without the crates: refuses all.
#[cfg(not(feature = "lerc"))]
pub fn decode(_: &[u8], _: u64) -> Result<Decoded> {
    Err(Error::unsupported("LERC: this program was built without it (feature `lerc`)"))
}

#[cfg(feature = "lerc")]
fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::corrupt(format!("LERC: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_streams_fail() {
        for stream in [&b""[..], b"Lerc2 ", b"CntZImage ", &[0; 200]] {
            assert!(decode(stream, 1 << 20).is_err());
        }
    }
}

//! CMYK and YCCK, and their conversion to RGB.
//!
//! Without an ICC profile the conversion is the multiplicative one: `R = (255 - C) * (255 - K) / 255`.

use super::kernels::{Kernels, Portable};
use super::{ColorSpace, DecodeOptions};
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// Converts four channels to `wanted`: RGB, CMYK, or unchanged. `transform` is the color transform of Adobe's marker. Other
/// numbers of channels are returned unchanged.
///
/// Files with Adobe's marker store inverted CMYK (255 = no colorant), with transform 2 as YCCK. Files without it store
/// 255 for full colorant.
pub(super) fn cmyk_of(pixels: Pixels, transform: Option<u8>, wanted: ColorSpace) -> Result<Pixels> {
    let size = pixels.size();
    let (Samples::U8(samples), 4) = (pixels.samples(), pixels.channels()) else { return Ok(pixels) };
    let cmyk = |[c, m, y, k]: [u8; 4]| match transform {
        Some(2) => {
            let [c, m, y] = light(c, m, y);
            [c, m, y, 255 - k]
        }
        Some(_) => [c, m, y, k].map(|inverted| 255 - inverted),
        None => [c, m, y, k],
    };
    let rgb = |stored: [u8; 4]| {
        let [c, m, y, k] = cmyk(stored).map(|value| u32::from(255 - value));
        [c, m, y].map(|light| ((light * k + 127) / 255) as u8)
    };
    let stored = samples.as_chunks::<4>().0.iter().copied();
    match wanted {
        ColorSpace::AsStored => Ok(pixels),
        ColorSpace::Cmyk => Pixels::new(size, 4, Samples::U8(stored.flat_map(cmyk).collect())),
        ColorSpace::Marked | ColorSpace::YCbCr => Pixels::new(size, 3, Samples::U8(stored.flat_map(rgb).collect())),
    }
}

/// Decodes `stream` to CMYK, 255 for full colorant, at 1/2^`reduce` of its size (`reduce` ≤ 3).
pub fn decode_cmyk(stream: &[u8], reduce: u8) -> Result<Pixels> {
    let cmyk = super::decode(stream, &DecodeOptions { color: ColorSpace::Cmyk, reduce, ..Default::default() })?;
    match (cmyk.samples(), cmyk.channels()) {
        (Samples::U8(_), 4) => Ok(cmyk),
        _ => Err(Error::unsupported("CMYK JPEG with other than four components of 8 bits")),
    }
}

fn light(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let mut rgb = [0; 3];
    Portable.rgb_from_ycc([&[y], &[cb], &[cr]], &mut rgb);
    rgb
}

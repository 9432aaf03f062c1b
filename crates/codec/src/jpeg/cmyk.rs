//! Four inks (CMYK, YCCK), and red, green and blue from them.
//!
//! Without a profile of the press there is no right answer; this is the plain one of light that passes two filters.

use super::kernels::{Kernels, Portable};
use super::{ColorSpace, DecodeOptions};
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// What is `wanted` of four channels: red, green and blue, the inks, or what is stored. `transform` is the one that Adobe's
/// marker names. Other numbers of channels stay.
///
/// Files with Adobe's marker hold inks inverted, 255 for none, and with transform 2 the first three as luma and chroma of
/// what is left of the light. Files without it hold 255 for full ink.
pub(super) fn cmyk_of(pixels: Pixels, transform: Option<u8>, wanted: ColorSpace) -> Result<Pixels> {
    let size = pixels.size();
    let (Samples::U8(samples), 4) = (pixels.samples(), pixels.channels()) else { return Ok(pixels) };
    let inks = |[c, m, y, k]: [u8; 4]| match transform {
        Some(2) => {
            let [c, m, y] = light(c, m, y);
            [c, m, y, 255 - k]
        }
        Some(_) => [c, m, y, k].map(|clear| 255 - clear),
        None => [c, m, y, k],
    };
    let rgb = |stored: [u8; 4]| {
        let [c, m, y, k] = inks(stored).map(|ink| u32::from(255 - ink));
        [c, m, y].map(|clear| ((clear * k + 127) / 255) as u8)
    };
    let stored = samples.as_chunks::<4>().0.iter().copied();
    match wanted {
        ColorSpace::AsStored => Ok(pixels),
        ColorSpace::Cmyk => Pixels::new(size, 4, Samples::U8(stored.flat_map(inks).collect())),
        ColorSpace::Marked | ColorSpace::YCbCr => Pixels::new(size, 3, Samples::U8(stored.flat_map(rgb).collect())),
    }
}

/// The four inks of `stream`, 255 for full, at 1/2, 1/4 or 1/8 after `reduce` halvings; whatever way round it stores them.
pub fn decode_cmyk(stream: &[u8], reduce: u8) -> Result<Pixels> {
    let inks = super::decode(stream, &DecodeOptions { color: ColorSpace::Cmyk, reduce, ..Default::default() })?;
    match (inks.samples(), inks.channels()) {
        (Samples::U8(_), 4) => Ok(inks),
        _ => Err(Error::unsupported("inks of other than four components of 8 bits")),
    }
}

fn light(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let mut rgb = [0; 3];
    Portable.rgb_from_ycc([&[y], &[cb], &[cr]], &mut rgb);
    rgb
}

//! Four inks (CMYK, YCCK) to red, green and blue.
//!
//! Without a profile of the press there is no right answer; this is the plain one of light that passes two filters.

use super::kernels::{Kernels, Portable};
use super::markers::Segments;
use super::{ColourSpace, DecodeOptions};
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// Three channels from four, unless they are wanted as stored; `transform` is the one that Adobe's marker names.
///
/// Files with Adobe's marker hold inks inverted, 255 for none, and with transform 2 the first three as luma and chroma of
/// what is left of the light. Files without it hold 255 for full ink.
pub(super) fn rgb_from_inks(pixels: Pixels, transform: Option<u8>, wanted: ColourSpace) -> Result<Pixels> {
    let size = pixels.size();
    let (Samples::U8(samples), 4) = (pixels.samples(), pixels.channels()) else { return Ok(pixels) };
    if wanted == ColourSpace::AsStored {
        return Ok(pixels);
    }
    let pixel = |stored: &[u8; 4]| {
        let [c, m, y, k] = *stored;
        let clear = match transform {
            Some(2) => light(c, m, y).map(|light| 255 - light),
            Some(_) => [c, m, y],
            None => [c, m, y].map(|ink| 255 - ink),
        };
        let black = if transform.is_some() { k } else { 255 - k };
        clear.map(|clear| ((u32::from(clear) * u32::from(black) + 127) / 255) as u8)
    };
    let rgb = samples.as_chunks::<4>().0.iter().flat_map(pixel).collect();
    Pixels::new(size, 3, Samples::U8(rgb))
}

/// The four inks of `stream`, 255 for full, at 1/2, 1/4 or 1/8 after `reduce` halvings; whatever way round it stores them.
pub fn decode_inks(stream: &[u8], reduce: u8) -> Result<Pixels> {
    let stored = super::decode(stream, &DecodeOptions { colour: ColourSpace::AsStored, reduce, ..Default::default() })?;
    let segments = Segments::read(&[], stream)?;
    let (Samples::U8(samples), 4) = (stored.samples(), stored.channels()) else {
        return Err(Error::unsupported("inks of other than four components of 8 bits"));
    };
    let inks = |stored: &[u8; 4]| {
        let [c, m, y, k] = *stored;
        match segments.adobe_transform() {
            Some(2) => {
                let [c, m, y] = light(c, m, y);
                [c, m, y, 255 - k]
            }
            Some(_) => stored.map(|clear| 255 - clear),
            None => *stored,
        }
    };
    let inks = samples.as_chunks::<4>().0.iter().flat_map(inks).collect();
    Pixels::new(stored.size(), 4, Samples::U8(inks))
}

fn light(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let mut rgb = [0; 3];
    Portable.rgb_from_ycc([&[y], &[cb], &[cr]], &mut rgb);
    rgb
}

//! What sinks share in turning pixels into files.

use crate::codec::jpeg::{EncodeOptions, Subsampling};
use crate::pixels::{Colour, Pixels, PixelsView, SampleType, Samples, conform, each_type};
use crate::{Error, Result};

/// JPEG settings for a quality: from 90 up the colours keep their full resolution.
pub(in crate::export) fn jpeg_options(quality: u8) -> EncodeOptions {
    let subsampling = if quality >= 90 { Subsampling::Full } else { Subsampling::Quarter };
    EncodeOptions { quality, subsampling, abbreviated: false }
}

/// 8-bit grey or RGB as a JPEG holds it: opacity laid over `matte`, wider samples scaled down; `None` if it is that already.
pub(in crate::export) fn presentable(tile: PixelsView<'_>, colour: Colour, matte: [u8; 3]) -> Option<Pixels> {
    if tile.sample_type() == SampleType::U8 && matches!(tile.channels(), 1 | 3) {
        return None;
    }
    let channels = if tile.channels() >= 3 { 3 } else { 1 };
    let flat = if channels == 3 { Colour::Rgb } else { Colour::Grey };
    let bytes = conform(tile.to_pixels(), colour, colour, tile.channels(), SampleType::U8);
    Some(if colour.has_alpha() {
        flatten(&bytes, matte)
    } else {
        conform(bytes, colour, flat, channels, SampleType::U8)
    })
}

/// Lay 8-bit pixels with opacity over one colour.
fn flatten(pixels: &Pixels, matte: [u8; 3]) -> Pixels {
    let channels = pixels.channels() as usize;
    let colours = channels - 1;
    let grey = ((u32::from(matte[0]) * 299 + u32::from(matte[1]) * 587 + u32::from(matte[2]) * 114) / 1000) as u8;
    let under = if colours == 1 { [grey; 3] } else { matte };
    let over = |pixel: &[u8]| {
        let a = u32::from(pixel[colours]);
        let mix = |c: usize| ((u32::from(pixel[c]) * a + u32::from(under[c]) * (255 - a) + 127) / 255) as u8;
        (0..colours).map(mix).collect::<Vec<u8>>()
    };
    let samples = match pixels.samples() {
        Samples::U8(samples) => samples.chunks_exact(channels).flat_map(over).collect(),
        _ => Vec::new(),
    };
    Pixels::new(pixels.size(), colours as u8, Samples::U8(samples)).unwrap_or_else(|_| unreachable!("one for one"))
}

/// A PNG of 8 or 16 bits.
pub(in crate::export) fn png(tile: PixelsView<'_>, out: &mut Vec<u8>) -> Result<()> {
    let colour = match tile.channels() {
        1 => png::ColorType::Grayscale,
        2 => png::ColorType::GrayscaleAlpha,
        3 => png::ColorType::Rgb,
        4 => png::ColorType::Rgba,
        n => return Err(Error::unsupported(format!("PNG of {n} channels"))),
    };
    let pixels = tile.to_pixels();
    let pixels = if pixels.sample_type() == SampleType::F32 {
        let colour = Colour::of_channels(pixels.channels());
        let channels = pixels.channels();
        conform(pixels, colour, colour, channels, SampleType::U16)
    } else {
        pixels
    };
    let depth = if pixels.sample_type() == SampleType::U8 { png::BitDepth::Eight } else { png::BitDepth::Sixteen };
    let mut encoder = png::Encoder::new(out, tile.size().width, tile.size().height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    let failed = |error: png::EncodingError| Error::unsupported(error.to_string());
    let mut writer = encoder.write_header().map_err(failed)?;
    match pixels.samples() {
        Samples::U8(samples) => writer.write_image_data(samples).map_err(failed)?,
        samples => {
            let wide: Vec<u8> = each_type!(samples, s => s.iter().flat_map(|&v| (v as u16).to_be_bytes()).collect());
            writer.write_image_data(&wide).map_err(failed)?;
        }
    }
    writer.finish().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn opacity_is_laid_over_the_matte() {
        let tile = Pixels::new(Size::new(2, 1), 4, Samples::U8(vec![10, 20, 30, 255, 0, 0, 0, 0])).unwrap();
        let flat = presentable(tile.view(), Colour::Rgba, [200, 100, 50]).unwrap();
        assert_eq!(flat.samples(), &Samples::U8(vec![10, 20, 30, 200, 100, 50]));
        let wide = Pixels::new(Size::new(1, 1), 1, Samples::U16(vec![65535])).unwrap();
        let narrow = presentable(wide.view(), Colour::Grey, [0; 3]).unwrap();
        assert_eq!(narrow.samples(), &Samples::U8(vec![255]));
        assert!(presentable(flat.view(), Colour::Rgb, [0; 3]).is_none(), "no copy where none is needed");
    }
}

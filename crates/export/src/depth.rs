//! Pixels as a codec wants them: bytes, no alpha, for JPEG and the web.

use std::borrow::Cow;

use crate::pixels::{Color, Pixels, PixelsView, Sample, SampleType, Samples, by_type, conform};
use crate::{Error, Result};

/// `view` as bytes without alpha, for a JPEG: 16 bits and floats scaled from their full range (65535 or 1.0 is white),
/// flattened onto `background`. `None` where `view` is that already.
pub(super) fn opaque_bytes(view: PixelsView<'_>, color: Color, background: [u8; 3]) -> Result<Option<Pixels>> {
    if view.sample_type() == SampleType::U8 && !color.has_alpha() {
        return Ok(None);
    }
    let bytes = to_bytes(view, color);
    if !color.has_alpha() {
        return Ok(Some(bytes));
    }
    let channels = view.channels() as usize;
    let Samples::U8(samples) = bytes.samples() else { return Err(Error::invalid("internal error: not bytes")) };
    let behind = if channels == 2 { [gray_of(background); 3] } else { background };
    let mut out = Vec::with_capacity(samples.len() / channels * (channels - 1));
    for pixel in samples.chunks_exact(channels) {
        let alpha = u32::from(pixel[channels - 1]);
        let lay = |(&over, under): (&u8, u8)| {
            ((u32::from(over) * alpha + u32::from(under) * (255 - alpha) + 127) / 255) as u8
        };
        out.extend(pixel[..channels - 1].iter().zip(behind).map(lay));
    }
    Pixels::new(view.size(), view.channels() - 1, Samples::U8(out)).map(Some)
}

/// `view` in bytes, otherwise the same.
pub(super) fn to_bytes(view: PixelsView<'_>, color: Color) -> Pixels {
    conform(view.to_pixels(), color, color, view.channels(), SampleType::U8)
}

fn gray_of([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114 + 500) / 1000) as u8
}

/// All bytes of `view`, row by row, little-endian; no copy where they lie so already.
pub(super) fn bytes_of(view: PixelsView<'_>) -> Cow<'_, [u8]> {
    fn gather<'a, S: Sample>(view: PixelsView<'_>) -> Cow<'a, [u8]> {
        let count = view.size().area() as usize * view.channels() as usize;
        let mut all = Vec::with_capacity(count * S::TYPE.bytes());
        view.rows::<S>().for_each(|row| row.iter().for_each(|sample| sample.put_le(&mut all)));
        Cow::Owned(all)
    }
    match view.sample_type() {
        SampleType::U8 => view.contiguous::<u8>().map_or_else(
            || {
                let mut all = Vec::with_capacity(view.size().area() as usize * view.channels() as usize);
                view.rows::<u8>().for_each(|row| all.extend_from_slice(row));
                Cow::Owned(all)
            },
            Cow::Borrowed,
        ),
        other => by_type!(other, S => gather::<S>(view)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn transparent_pixels_show_the_background() {
        let cases = [
            (Color::Rgba, vec![10, 20, 30, 255], vec![10, 20, 30]),
            (Color::Rgba, vec![10, 20, 30, 0], vec![255, 0, 0]),
            (Color::Rgba, vec![255, 255, 255, 128], vec![255, 128, 128]),
            (Color::GrayAlpha, vec![9, 0], vec![76]),
        ];
        for (color, samples, expected) in cases {
            let pixels = Pixels::new(Size::new(1, 1), samples.len() as u8, Samples::U8(samples.clone())).unwrap();
            let flat = opaque_bytes(pixels.view(), color, [255, 0, 0]).unwrap().unwrap();
            assert_eq!(flat.samples(), &Samples::U8(expected), "{samples:?}");
        }
    }
}

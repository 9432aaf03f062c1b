//! From one kind of pixel to another: for pasting unlike images side by side, and for the screen.

use std::borrow::Cow;

use super::{Color, Pixels, Sample, SampleType, Samples, by_type, each_type};

/// `pixels` with `color` and `sample`'s kind of pixel, unchanged where it is that already.
///
/// Gray spreads to red, green and blue; color becomes gray by its BT.601 luma; a missing alpha is full, one too many is
/// dropped; samples of pictures are scaled to the full range of the wider or narrower type (255 ↔ 65535 ↔ 1.0), those of other types
/// ([`SampleType::is_picture`]) keep their values.
pub fn conform(pixels: Pixels, from: Color, color: Color, channels: u8, sample: SampleType) -> Pixels {
    let pixels = if pixels.sample_type() == sample { pixels } else { retype(&pixels, sample) };
    if pixels.channels() == channels && (from == color || color == Color::Channels) {
        return pixels;
    }
    each_type!(pixels.samples(), samples => rechannel(samples, pixels.size(), (from, pixels.channels()), (color, channels)))
}

fn retype(pixels: &Pixels, sample: SampleType) -> Pixels {
    fn scaled<A: Sample, B: Sample>(samples: &[A]) -> Samples {
        if A::TYPE.is_picture() && B::TYPE.is_picture() {
            let scale = B::TYPE.max() / A::TYPE.max();
            return B::wrap(samples.iter().map(|s| B::from_f32(s.to_f32() * scale)).collect());
        }
        // Measured values stay what they are.
        B::wrap(samples.iter().map(|s| B::from_f64(s.to_f64())).collect())
    }
    let samples = each_type!(pixels.samples(), samples => by_type!(sample, B => scaled::<_, B>(samples)));
    rebuilt(pixels.size(), pixels.channels(), samples)
}

fn rechannel<S: Sample>(samples: &[S], size: crate::geometry::Size, from: (Color, u8), to: (Color, u8)) -> Pixels {
    let full = S::from_f32(S::TYPE.max());
    let ((from, had), (to, wanted)) = (from, to);
    let mut out = Vec::with_capacity(size.area() as usize * wanted as usize);
    let colors_had = had as usize - usize::from(from.has_alpha());
    let colors_wanted = wanted as usize - usize::from(to.has_alpha());
    for pixel in samples.chunks_exact(had as usize) {
        let at = |c: usize| pixel[c.min(colors_had - 1)];
        match (colors_had, colors_wanted) {
            (3.., 1) if from != Color::Channels => out.push(luma([at(0), at(1), at(2)])),
            (1, _) if to != Color::Channels => out.extend((0..colors_wanted).map(|_| at(0))),
            _ => out.extend((0..colors_wanted).map(|c| if c < colors_had { at(c) } else { S::default() })),
        }
        if to.has_alpha() {
            out.push(if from.has_alpha() { pixel[had as usize - 1] } else { full });
        }
    }
    rebuilt(size, wanted, S::wrap(out))
}

fn luma<S: Sample>([r, g, b]: [S; 3]) -> S {
    S::from_f32(0.299 * r.to_f32() + 0.587 * g.to_f32() + 0.114 * b.to_f32())
}

fn rebuilt(size: crate::geometry::Size, channels: u8, samples: Samples) -> Pixels {
    Pixels::new(size, channels, samples).unwrap_or_else(|_| unreachable!("one pixel made of each"))
}

/// Four bytes for each pixel, red, green, blue, alpha (not premultiplied), as the screen wants them.
///
/// `window` gives the sample values shown as black and as white; for u8 usually (0, 255).
/// More than four channels, or [`Color::Channels`], show the first three (or the only one as gray).
pub fn to_rgba8(pixels: &Pixels, color: Color, window: (f32, f32)) -> Vec<u8> {
    let channels = pixels.channels() as usize;
    let alpha = color.has_alpha();
    let picks = if channels - usize::from(alpha) >= 3 { [0, 1, 2] } else { [0, 0, 0] };
    let scale = 255.0 / (window.1 - window.0).max(f32::MIN_POSITIVE);
    if let (Samples::U8(samples), (0.0, 255.0)) = (pixels.samples(), window) {
        let alpha_value = |pixel: &[u8]| if alpha { pixel[channels - 1] } else { 255 };
        let quad = |pixel: &[u8]| [pixel[picks[0]], pixel[picks[1]], pixel[picks[2]], alpha_value(pixel)];
        return samples.chunks_exact(channels).flat_map(quad).collect();
    }
    each_type!(pixels.samples(), samples => {
        let show = |value: f32| ((value - window.0) * scale + 0.5) as u8;
        samples.chunks_exact(channels).flat_map(|pixel| {
            let alpha_value = if alpha { to_unit_byte(pixel[channels - 1]) } else { 255 };
            let [r, g, b] = picks.map(|c| show(pixel[c].to_f32()));
            [r, g, b, alpha_value]
        }).collect()
    })
}

fn to_unit_byte<S: Sample>(value: S) -> u8 {
    (value.to_f32() / S::TYPE.max() * 255.0 + 0.5) as u8
}

/// Bytes of all samples in little-endian order, without a copy where they are bytes already.
pub fn le_bytes(samples: &Samples) -> Cow<'_, [u8]> {
    match samples {
        Samples::U8(bytes) => Cow::Borrowed(bytes),
        other => Cow::Owned(other.to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn one(samples: Samples) -> Pixels {
        let channels = samples.len() as u8;
        Pixels::new(Size::new(1, 1), channels, samples).unwrap()
    }

    #[test]
    fn unlike_pixels_become_alike() {
        use Color::{Channels, Gray, GrayAlpha, Rgb, Rgba};
        let cases = [
            (vec![7], Gray, Rgb, vec![7, 7, 7]),
            (vec![7], Gray, Rgba, vec![7, 7, 7, 255]),
            (vec![7, 9], GrayAlpha, Rgba, vec![7, 7, 7, 9]),
            (vec![7, 9], GrayAlpha, Rgb, vec![7, 7, 7]),
            (vec![10, 20, 30], Rgb, Gray, vec![18]),
            (vec![10, 20, 30, 40], Rgba, Rgb, vec![10, 20, 30]),
            (vec![1, 2], Channels, Channels, vec![1, 2, 0]),
        ];
        for (from, color, to, expected) in cases {
            let made = conform(one(Samples::U8(from.clone())), color, to, expected.len() as u8, SampleType::U8);
            assert_eq!(made.samples(), &Samples::U8(expected), "{from:?} {color:?} to {to:?}");
        }
    }

    #[test]
    fn the_full_range_stays_full() {
        let wide = conform(one(Samples::U8(vec![255])), Color::Gray, Color::Gray, 1, SampleType::U16);
        assert_eq!(wide.samples(), &Samples::U16(vec![65535]));
        let back = conform(wide, Color::Gray, Color::Gray, 1, SampleType::U8);
        assert_eq!(back.samples(), &Samples::U8(vec![255]));
    }

    #[test]
    fn the_window_is_black_to_white() {
        let shown = to_rgba8(&one(Samples::U16(vec![1500])), Color::Gray, (1000.0, 2000.0));
        assert_eq!(shown, [128, 128, 128, 255]);
    }
}

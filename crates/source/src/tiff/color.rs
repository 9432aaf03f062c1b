//! From raw samples to pixels: palettes to RGB, white-is-zero inverted, few bits scaled to the full range, CMYK and
//! L*a*b* to red, green and blue.

use super::coding::{Alpha, Coding, Meaning};
use crate::pixels::{Pixels, RawSampleType, RawSamples, Sample as _, SampleType, Samples, each_type};

impl Coding {
    /// Converts raw samples to pixels: [`Coding::channels`] of [`Coding::sample_type`].
    pub(super) fn interpret(&self, raw: RawSamples) -> Pixels {
        let size = raw.size();
        let samples = match self.meaning {
            Meaning::Palette => self.with_palette(&raw),
            Meaning::Cmyk { .. } => self.without_cmyk(&raw),
            Meaning::Lab { shifted } => from_lab(&raw, shifted),
            _ => {
                let mut raw = raw;
                if !matches!(raw.kind(), RawSampleType::U8 | RawSampleType::U16) {
                    self.turn_white(&mut raw);
                }
                let (channels, mut samples) = (raw.channels(), raw.into_pixels().into_samples());
                if self.complex && self.sample_type() == SampleType::F32 {
                    samples =
                        Samples::F32(each_type!(&samples, all => all.iter().map(|value| value.to_f32()).collect()));
                }
                self.raise(&mut samples);
                match self.alpha {
                    Alpha::Premultiplied => unpremultiply(&mut samples, channels.into()),
                    Alpha::OnWhite => take_from_white(&mut samples, channels.into()),
                    Alpha::None | Alpha::Plain => {}
                }
                samples
            }
        };
        let made = Pixels::new(size, self.channels() as u8, samples);
        made.unwrap_or_else(|_| unreachable!("as many channels as the meaning has"))
    }

    /// Few bits to the full range, black upright; luma and chroma to colors.
    fn raise(&self, samples: &mut Samples) {
        let inverted = self.meaning == Meaning::WhiteIsZero;
        match samples {
            Samples::U8(samples) => {
                if self.bits < 8 {
                    let top = (1u32 << self.bits) - 1;
                    let table: Vec<u8> = (0..=top).map(|value| ((value * 255 + top / 2) / top) as u8).collect();
                    for sample in samples.iter_mut() {
                        *sample = table[usize::from(*sample).min(top as usize)];
                    }
                }
                if let Some(coding) = &self.ycbcr {
                    coding.to_rgb(samples);
                }
                if inverted {
                    self.invert(samples, |sample| !sample);
                }
            }
            Samples::U16(samples) => {
                if self.bits < 16 {
                    let top = (1u32 << self.bits) - 1;
                    let full = |value: u16| ((u32::from(value) * 65535 + top / 2) / top) as u16;
                    for sample in samples.iter_mut() {
                        *sample = full(*sample);
                    }
                }
                if inverted {
                    self.invert(samples, |sample| !sample);
                }
            }
            _ => {}
        }
    }

    /// Stored numbers of which the least is white, so that the least is black: mirrored within the range of their type, floats at
    /// zero. Opacity stays.
    pub(super) fn turn_white(&self, numbers: &mut RawSamples) {
        if self.meaning != Meaning::WhiteIsZero {
            return;
        }
        let (kind, pixel) = (numbers.kind(), numbers.pixel_bytes());
        let colors = pixel - kind.bytes() * usize::from(self.alpha != Alpha::None);
        let top = u64::MAX >> (64 - self.bits.clamp(1, 64));
        for pixel in numbers.bytes_mut().chunks_exact_mut(pixel) {
            for number in pixel[..colors].chunks_exact_mut(kind.bytes()) {
                match kind {
                    RawSampleType::F32 | RawSampleType::F64 => number[kind.bytes() - 1] ^= 0x80,
                    RawSampleType::I8 | RawSampleType::I16 | RawSampleType::I32 | RawSampleType::I64 => {
                        number.iter_mut().for_each(|byte| *byte = !*byte);
                    }
                    RawSampleType::U8 | RawSampleType::U16 | RawSampleType::U32 | RawSampleType::U64 => {
                        for (at, byte) in number.iter_mut().enumerate() {
                            *byte ^= (top >> (8 * at)) as u8;
                        }
                    }
                }
            }
        }
    }

    /// Inverts all samples except alpha.
    fn invert<S: Copy>(&self, samples: &mut [S], not: fn(S) -> S) {
        let (channels, alpha) = (self.channels(), usize::from(self.alpha != Alpha::None));
        for pixel in samples.chunks_exact_mut(channels) {
            pixel[..channels - alpha].iter_mut().for_each(|sample| *sample = not(*sample));
        }
    }

    fn with_palette(&self, raw: &RawSamples) -> Samples {
        let color = |index: usize| self.palette.get(index).copied().unwrap_or_default();
        let indices = raw.bytes();
        Samples::U8(match raw.kind() {
            RawSampleType::U8 => indices.iter().flat_map(|&index| color(index.into())).collect(),
            _ => indices.as_chunks().0.iter().flat_map(|index| color(u16::from_le_bytes(*index).into())).collect(),
        })
    }

    /// CMYK to RGB without a profile: `R = (255 - C) * (255 - K) / 255`.
    fn without_cmyk(&self, raw: &RawSamples) -> Samples {
        let alpha = self.alpha != Alpha::None;
        let mut out = Vec::with_capacity(raw.size().area() as usize * self.channels());
        self.each_bytes(raw, |pixel| {
            let black = 255 - u32::from(pixel[3]);
            // Rounded down, as libtiff has it.
            out.extend(pixel[..3].iter().map(|value| ((255 - u32::from(*value)) * black / 255) as u8));
            if alpha {
                out.push(pixel[pixel.len() - 1]);
            }
        });
        Samples::U8(out)
    }

    /// The first four raw samples of each pixel as CMYK bytes, 255 for full colorant.
    pub(super) fn cmyk(&self, raw: &RawSamples) -> Pixels {
        let mut out = Vec::with_capacity(raw.size().area() as usize * 4);
        self.each_bytes(raw, |pixel| out.extend_from_slice(&pixel[..4]));
        let made = Pixels::new(raw.size(), 4, Samples::U8(out));
        made.unwrap_or_else(|_| unreachable!("four of each pixel"))
    }

    /// Call `each` with the raw samples of every pixel, scaled to bytes.
    fn each_bytes(&self, raw: &RawSamples, mut each: impl FnMut(&[u8])) {
        let full = ((1u64 << self.bits.min(16)) - 1) as u32;
        let inverted = self.meaning == Meaning::Cmyk { inverted: true };
        let mut pixel = vec![0u8; usize::from(raw.channels())];
        for bytes in raw.bytes().chunks_exact(raw.pixel_bytes()) {
            let width = raw.kind().bytes();
            for (to, number) in pixel.iter_mut().zip(bytes.chunks_exact(width)) {
                // The first bytes of a wide number are its lowest.
                let value = number.iter().rev().fold(0u64, |all, byte| all << 8 | u64::from(*byte));
                *to = match width {
                    1 | 2 => ((value as u32 * 255 + full / 2) / full).min(255) as u8,
                    _ => (value >> (self.bits.max(8) - 8)) as u8,
                };
            }
            if inverted {
                pixel[..4].iter_mut().for_each(|value| *value = !*value);
            }
            each(&pixel);
        }
    }
}

/// Divides premultiplied colors by alpha, the last channel.
fn unpremultiply(samples: &mut Samples, channels: usize) {
    match samples {
        Samples::U8(samples) => {
            for pixel in samples.chunks_exact_mut(channels) {
                let (colors, alpha) = pixel.split_at_mut(channels - 1);
                let alpha = u32::from(alpha[0]).max(1);
                for c in colors {
                    *c = ((u32::from(*c) * 255 + alpha / 2) / alpha).min(255) as u8;
                }
            }
        }
        Samples::U16(samples) => {
            for pixel in samples.chunks_exact_mut(channels) {
                let (colors, alpha) = pixel.split_at_mut(channels - 1);
                let alpha = u32::from(alpha[0]).max(1);
                let full = |c: u16| ((u32::from(c) * 65535).saturating_add(alpha / 2) / alpha).min(65535) as u16;
                for c in colors {
                    *c = full(*c);
                }
            }
        }
        Samples::F32(samples) => {
            for pixel in samples.chunks_exact_mut(channels) {
                let (colors, alpha) = pixel.split_at_mut(channels - 1);
                if alpha[0] > 0.0 {
                    for c in colors {
                        *c /= alpha[0];
                    }
                }
            }
        }
        // Measured values are not premultiplied.
        _ => {}
    }
}

/// Recovers colors that were flattened onto white with alpha, the last channel.
fn take_from_white(samples: &mut Samples, channels: usize) {
    fn take<S: Copy>(samples: &mut [S], channels: usize, full: f32, value: fn(S) -> f32, back: fn(f32) -> S) {
        for pixel in samples.chunks_exact_mut(channels) {
            let (colors, alpha) = pixel.split_at_mut(channels - 1);
            let alpha = value(alpha[0]) / full;
            if alpha > 0.0 {
                for c in colors {
                    *c = back(full - (full - value(*c)) / alpha);
                }
            }
        }
    }
    match samples {
        Samples::U8(samples) => take(samples, channels, 255.0, f32::from, |value| (value + 0.5) as u8),
        Samples::U16(samples) => take(samples, channels, 65535.0, f32::from, |value| (value + 0.5) as u16),
        Samples::F32(samples) => take(samples, channels, 1.0, |value| value, |value| value),
        _ => {}
    }
}

/// CIE L*a*b* under D50 to sRGB (CIE 15; Bradford's adaptation to D65; IEC 61966-2-1).
fn from_lab(raw: &RawSamples, shifted: bool) -> Samples {
    let wide = raw.kind().bytes() == 2;
    let mut out = Vec::with_capacity(raw.size().area() as usize * 3);
    for pixel in raw.bytes().chunks_exact(raw.pixel_bytes()) {
        let code =
            |at: usize| if wide { u16::from_le_bytes([pixel[2 * at], pixel[2 * at + 1]]) } else { pixel[at].into() };
        let signed = |code: u16| match (wide, shifted) {
            (false, false) => f32::from(code as u8 as i8),
            (false, true) => f32::from(code) - 128.0,
            (true, false) => f32::from(code as i16) / 256.0,
            (true, true) => f32::from(code) / 256.0 - 128.0,
        };
        let l = f32::from(code(0)) * 100.0 / if wide { 65535.0 } else { 255.0 };
        out.extend(srgb_of_lab(l, signed(code(1)), signed(code(2))));
    }
    if wide {
        return Samples::U16(out.iter().map(|value| (value * 65535.0 + 0.5) as u16).collect());
    }
    Samples::U8(out.iter().map(|value| (value * 255.0 + 0.5) as u8).collect())
}

fn srgb_of_lab(l: f32, a: f32, b: f32) -> [f32; 3] {
    let fy = (l + 16.0) / 116.0;
    let back = |f: f32| if f > 6.0 / 29.0 { f * f * f } else { (f - 4.0 / 29.0) * 108.0 / 841.0 };
    let (x, y, z) = (0.964_22 * back(fy + a / 500.0), back(fy), 0.825_21 * back(fy - b / 200.0));
    let linear = [
        3.133_856 * x - 1.616_867 * y - 0.490_615 * z,
        -0.978_768 * x + 1.916_142 * y + 0.033_454 * z,
        0.071_945 * x - 0.228_991 * y + 1.405_243 * z,
    ];
    linear.map(|value| {
        let value = value.clamp(0.0, 1.0);
        if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_is_srgb() {
        // Lindbloom's calculator, D50 to sRGB.
        for (lab, rgb) in [
            ([100.0, 0.0, 0.0], [255, 255, 255]),
            ([0.0, 0.0, 0.0], [0, 0, 0]),
            ([54.29, 80.81, 69.89], [255, 0, 0]),
            ([53.39, 0.0, 0.0], [128, 128, 128]),
        ] {
            let found = srgb_of_lab(lab[0], lab[1], lab[2]).map(|value| (value * 255.0).round() as i32);
            for (found, expected) in found.iter().zip(rgb) {
                assert!((found - expected).abs() <= 1, "{lab:?}: {found:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn unpremultiply_divides_by_alpha() {
        let mut samples = Samples::U8(vec![50, 100, 0, 100, 9, 9, 9, 0]);
        unpremultiply(&mut samples, 4);
        assert_eq!(samples, Samples::U8(vec![128, 255, 0, 100, 255, 255, 255, 0]));
        // Half of black, of red and of nothing, flattened onto white.
        let mut samples = Samples::U8(vec![127, 127, 127, 128, 255, 127, 127, 128, 255, 255, 255, 0]);
        take_from_white(&mut samples, 4);
        assert_eq!(samples, Samples::U8(vec![0, 0, 0, 128, 255, 0, 0, 128, 255, 255, 255, 0]));
    }
}

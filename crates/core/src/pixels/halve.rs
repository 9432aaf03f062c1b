//! The exact 2×2 mean that makes every pyramid level from the one below.

use serde::{Deserialize, Serialize};

use super::{Pixels, PixelsView, Sample, buffer_pool, by_type};

/// What becomes of four pixels when an image is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Downsample {
    /// Their mean.
    #[default]
    Mean,
    /// The upper left one: no value that was not there.
    Nearest,
    /// The most frequent value of each channel, of equals the first: no value that was not there.
    Mode,
}

impl Downsample {
    /// Each with its name.
    pub const ALL: [(&'static str, Self); 3] = [("mean", Self::Mean), ("nearest", Self::Nearest), ("mode", Self::Mode)];
}

/// How an image is halved.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Halving {
    /// Whether the last channel is opacity.
    pub alpha: bool,
    pub downsample: Downsample,
    /// The value that means that nothing is known: it takes no part in a mean.
    pub nodata: Option<f64>,
}

impl Halving {
    /// Half the size, rounded up, as [`halve`] does it where nothing else is asked for.
    pub fn halve(self, view: PixelsView<'_>) -> Pixels {
        match (self.downsample, self.nodata) {
            (Downsample::Mean, None) => halve(view, self.alpha),
            _ => by_type!(view.sample_type(), S => self.typed::<S>(view)),
        }
    }

    fn typed<S: Sample>(self, view: PixelsView<'_>) -> Pixels {
        let (size, channels) = (view.size(), view.channels() as usize);
        let half = size.halved();
        let mut out = buffer_pool::buffer::<S>(half.area() as usize * channels);
        let line = half.width as usize * channels;
        if !half.is_empty() {
            for (y, to) in out.chunks_exact_mut(line).enumerate() {
                let row = |y: usize| view.row::<S>(y.min(size.height as usize - 1)).unwrap_or_default();
                let (upper, lower) = (row(2 * y), row(2 * y + 1));
                for (x, to) in to.chunks_exact_mut(channels).enumerate() {
                    let (left, right) = columns(x, upper.len(), channels);
                    for (c, to) in to.iter_mut().enumerate() {
                        *to = self.one([upper[left + c], upper[right + c], lower[left + c], lower[right + c]]);
                    }
                }
            }
        }
        Pixels::new(half, view.channels(), S::wrap(out)).unwrap_or_else(|_| unreachable!("length from the size"))
    }

    fn one<S: Sample>(self, four: [S; 4]) -> S {
        match self.downsample {
            Downsample::Nearest => four[0],
            Downsample::Mode => {
                let count = |value: &S| four.iter().filter(|other| *other == value).count();
                let mut best = four[0];
                for value in &four[1..] {
                    if count(value) > count(&best) {
                        best = *value;
                    }
                }
                best
            }
            Downsample::Mean => {
                let known = |value: &&S| self.nodata.is_none_or(|nodata| !is_nodata(value.to_f64(), nodata));
                let (sum, count) =
                    four.iter().filter(known).fold((0.0, 0u8), |(sum, count), value| (sum + value.to_f64(), count + 1));
                match count {
                    0 => four[0],
                    4 => S::mean4(four[0], four[1], four[2], four[3]),
                    _ => S::from_f64(sum / f64::from(count)),
                }
            }
        }
    }
}

/// Whether a sample is the value that means that nothing is known; no number is like no number.
pub fn is_nodata(value: f64, nodata: f64) -> bool {
    // A file's text may say more digits than its 32-bit samples have.
    value.is_nan() && nodata.is_nan()
        || value.total_cmp(&nodata).is_eq()
        || value as f32 == nodata as f32 && value.is_finite()
}

/// Half the size, rounded up: each pixel the mean of four, integers rounded to nearest with halves up.
///
/// At an odd right or lower edge the last column or row counts twice. With `alpha` (the last channel is alpha) colors
/// are weighted by alpha, so that transparent pixels don't darken their neighbors.
pub fn halve(view: PixelsView<'_>, alpha: bool) -> Pixels {
    by_type!(view.sample_type(), S => halve_typed::<S>(view, alpha))
}

fn halve_typed<S: Sample>(view: PixelsView<'_>, alpha: bool) -> Pixels {
    let (size, channels) = (view.size(), view.channels() as usize);
    let half = size.halved();
    let mut out = buffer_pool::buffer(half.area() as usize * channels);
    let line = half.width as usize * channels;
    if !half.is_empty() {
        for (y, to) in out.chunks_exact_mut(line).enumerate() {
            let row = |y: usize| view.row::<S>(y.min(size.height as usize - 1)).unwrap_or_default();
            halve_rows(row(2 * y), row(2 * y + 1), to, channels, alpha);
        }
    }
    Pixels::new(half, view.channels(), S::wrap(out)).unwrap_or_else(|_| unreachable!("length computed from the size"))
}

fn halve_rows<S: Sample>(upper: &[S], lower: &[S], to: &mut [S], channels: usize, alpha: bool) {
    match (alpha, channels) {
        (true, _) => halve_weighted(upper, lower, to, channels),
        (false, 1) => halve_plain::<S, 1>(upper, lower, to),
        (false, 3) => halve_plain::<S, 3>(upper, lower, to),
        (false, 4) => halve_plain::<S, 4>(upper, lower, to),
        (false, _) => halve_any(upper, lower, to, channels),
    }
}

/// With the channel count known to the compiler, the loop becomes vector code.
fn halve_plain<S: Sample, const C: usize>(upper: &[S], lower: &[S], to: &mut [S]) {
    let pairs = upper.len() / C / 2;
    let (whole, rest) = to.split_at_mut(pairs * C);
    let (upper_pairs, lower_pairs) = (upper.chunks_exact(2 * C), lower.chunks_exact(2 * C));
    for ((a, b), to) in upper_pairs.zip(lower_pairs).zip(whole.chunks_exact_mut(C)) {
        for c in 0..C {
            to[c] = S::mean4(a[c], a[C + c], b[c], b[C + c]);
        }
    }
    if rest.len() >= C {
        let (a, b) = (&upper[pairs * 2 * C..], &lower[pairs * 2 * C..]);
        for c in 0..C {
            rest[c] = S::mean4(a[c], a[c], b[c], b[c]);
        }
    }
}

fn halve_any<S: Sample>(upper: &[S], lower: &[S], to: &mut [S], channels: usize) {
    for (x, to) in to.chunks_exact_mut(channels).enumerate() {
        let (left, right) = columns(x, upper.len(), channels);
        for (c, to) in to.iter_mut().enumerate() {
            *to = S::mean4(upper[left + c], upper[right + c], lower[left + c], lower[right + c]);
        }
    }
}

fn halve_weighted<S: Sample>(upper: &[S], lower: &[S], to: &mut [S], channels: usize) {
    let last = channels - 1;
    for (x, to) in to.chunks_exact_mut(channels).enumerate() {
        let (left, right) = columns(x, upper.len(), channels);
        let four = [&upper[left..], &upper[right..], &lower[left..], &lower[right..]];
        let weight: f32 = four.iter().map(|pixel| pixel[last].to_f32()).sum();
        for (c, to) in to.iter_mut().enumerate() {
            *to = if c == last || weight == 0.0 {
                S::mean4(four[0][c], four[1][c], four[2][c], four[3][c])
            } else {
                S::from_f32(four.iter().map(|p| p[c].to_f32() * p[last].to_f32()).sum::<f32>() / weight)
            };
        }
    }
}

/// Where the two pixels that make pixel `x` start in a row of `len` samples.
fn columns(x: usize, len: usize, channels: usize) -> (usize, usize) {
    let left = 2 * x * channels;
    let right = left + channels;
    (left, if right < len { right } else { left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::Samples;

    #[test]
    fn halving_keeps_values_and_passes_over_nodata() {
        let size = crate::geometry::Size::new(3, 2);
        let pixels = Pixels::new(size, 1, super::super::Samples::U8(vec![5, 9, 7, 9, 1, 7])).unwrap();
        let made =
            |downsample, nodata| match (Halving { alpha: false, downsample, nodata }).halve(pixels.view()).samples() {
                super::super::Samples::U8(samples) => samples.clone(),
                _ => panic!("another type"),
            };
        assert_eq!(made(Downsample::Mean, None), [6, 7]);
        assert_eq!(made(Downsample::Nearest, None), [5, 7]);
        assert_eq!(made(Downsample::Mode, None), [9, 7]);
        assert_eq!(made(Downsample::Mean, Some(9.0)), [3, 7], "of 5 and 1");
        assert_eq!(made(Downsample::Mean, Some(7.0)), [6, 7], "nothing is known there");
        assert!(is_nodata(f64::NAN, f64::NAN) && !is_nodata(0.0, f64::NAN) && is_nodata(-9999.0, -9999.0));
    }

    #[test]
    fn the_mean_rounds_halves_up_and_repeats_the_edge() {
        let pixels = Pixels::new(Size::new(3, 3), 1, Samples::U8(vec![1, 2, 9, 3, 4, 9, 5, 6, 250])).unwrap();
        let half = halve(pixels.view(), false);
        assert_eq!(half.size(), Size::new(2, 2));
        assert_eq!(half.samples(), &Samples::U8(vec![3, 9, 6, 250]));
    }

    #[test]
    fn every_channel_count_agrees_with_its_planes() {
        for channels in 1..=6u8 {
            let size = Size::new(7, 5);
            let value = |i: usize, c: usize| ((i * 37 + c * 101) % 65536) as u16;
            let samples = (0..35).flat_map(|i| (0..channels as usize).map(move |c| value(i, c))).collect();
            let Samples::U16(all) =
                halve(Pixels::new(size, channels, Samples::U16(samples)).unwrap().view(), false).into_samples()
            else {
                panic!("type changed")
            };
            for c in 0..channels as usize {
                let plane = Pixels::new(size, 1, Samples::U16((0..35).map(|i| value(i, c)).collect())).unwrap();
                let picked: Vec<u16> = all.iter().skip(c).step_by(channels as usize).copied().collect();
                assert_eq!(
                    halve(plane.view(), false).into_samples(),
                    Samples::U16(picked),
                    "channel {c} of {channels}"
                );
            }
        }
    }

    #[test]
    fn transparent_pixels_do_not_bleed() {
        let pixels = Pixels::new(Size::new(2, 1), 4, Samples::U8(vec![200, 100, 0, 255, 0, 0, 0, 0])).unwrap();
        assert_eq!(halve(pixels.view(), true).samples(), &Samples::U8(vec![200, 100, 0, 128]));
    }
}

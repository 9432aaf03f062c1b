//! Resampling by any factor: Lanczos' windowed sinc of three lobes, widened when it reduces so that nothing aliases.
//!
//! Every pixel of the result is a function of the coordinates in the whole image alone, summed in one fixed order: a part
//! resampled alone equals that part of the whole to the bit.

use super::{Pixels, PixelsView, Sample, Samples};
use crate::Result;
use crate::geometry::Size;

/// How the pixels of one axis of a result come from those of its source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResampleAxis {
    /// Pixels of the source.
    pub source: u32,
    /// Pixels of the source for one of the result.
    pub step: f64,
}

/// The lobes of the kernel on each side (Duchon 1979; Turkowski 1990 for images).
const LOBES: f64 = 3.0;

impl ResampleAxis {
    /// The pixels of the source that the pixels `from..to` of the result are made of, as a half-open range.
    pub fn needs(self, from: i64, to: i64) -> (i64, i64) {
        (self.window(from).0, self.window(to - 1).1.max(self.window(from).1))
    }

    /// The window of pixel `index`, cut at the ends of the source and never empty.
    fn window(self, index: i64) -> (i64, i64) {
        let (center, support) = (self.center(index), LOBES * self.step.max(1.0));
        let last = i64::from(self.source) - 1;
        let first = ((center - support + 0.5).floor() as i64).clamp(0, last);
        (first, ((center + support + 0.5).floor() as i64).clamp(first + 1, last + 1))
    }

    fn center(self, index: i64) -> f64 {
        (index as f64 + 0.5) * self.step
    }

    /// The first source pixel and the weights, which sum to 1.
    fn taps(self, index: i64) -> (i64, Vec<f32>) {
        let ((first, end), center) = (self.window(index), self.center(index));
        let wide = self.step.max(1.0);
        let mut weights: Vec<f64> = (first..end).map(|x| lanczos((x as f64 + 0.5 - center) / wide)).collect();
        let sum: f64 = weights.iter().sum();
        if sum.abs() < 1e-9 {
            // The window is outside the source: its nearest pixel is used.
            weights.fill(0.0);
            weights[0] = 1.0;
            return (first, weights.iter().map(|&weight| weight as f32).collect());
        }
        (first, weights.iter().map(|weight| (weight / sum) as f32).collect())
    }
}

fn lanczos(x: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
    if x.abs() < LOBES { sinc(x) * sinc(x / LOBES) } else { 0.0 }
}

/// The pixels `at` .. `at` + `size` of a result whose axes are `across` and `down`.
///
/// `view` holds what they need of the source ([`ResampleAxis::needs`]), its first pixel being `origin` there. With `alpha` the last
/// channel is alpha; then colors are weighted by it.
pub fn resample(
    view: PixelsView<'_>,
    origin: (i64, i64),
    (across, down): (ResampleAxis, ResampleAxis),
    at: (i64, i64),
    size: Size,
    alpha: bool,
) -> Result<Pixels> {
    let columns: Vec<_> = (0..i64::from(size.width)).map(|x| across.taps(at.0 + x)).collect();
    let rows: Vec<_> = (0..i64::from(size.height)).map(|y| down.taps(at.1 + y)).collect();
    let shape = Dimensions { origin, columns: &columns, rows: &rows, alpha, channels: view.channels() as usize };
    let samples = super::by_type!(view.sample_type(), S => shape.run::<S>(view));
    Pixels::new(size, view.channels(), samples)
}

struct Dimensions<'a> {
    origin: (i64, i64),
    columns: &'a [(i64, Vec<f32>)],
    rows: &'a [(i64, Vec<f32>)],
    alpha: bool,
    channels: usize,
}

impl Dimensions<'_> {
    /// Down first: whole rows are added up, which vector units do well; then across, of fewer rows.
    fn run<S: Sample>(&self, view: PixelsView<'_>) -> Samples {
        let width = view.size().width as usize * self.channels;
        let source: Vec<f32> = view.rows::<S>().flat_map(|row| row.iter().map(|sample| sample.to_f32())).collect();
        let source = if self.alpha { premultiplied(source, self.channels, S::TYPE.max()) } else { source };
        let mut sums = vec![0f32; width];
        let mut line = vec![0f32; self.columns.len() * self.channels];
        let mut out = Vec::with_capacity(line.len() * self.rows.len());
        for (first, weights) in self.rows {
            sums.fill(0.0);
            let start = (first - self.origin.1) as usize;
            for (row, &weight) in source.chunks_exact(width).skip(start).zip(weights) {
                sums.iter_mut().zip(row).for_each(|(sum, &sample)| *sum += sample * weight);
            }
            match self.channels {
                1 => self.across::<1>(&sums, &mut line),
                3 => self.across::<3>(&sums, &mut line),
                4 => self.across::<4>(&sums, &mut line),
                _ => self.across_any(&sums, &mut line),
            }
            if self.alpha {
                divide(&mut line, self.channels, S::TYPE.max());
            }
            out.extend(line.iter().map(|&value| S::from_f32(value)));
        }
        S::wrap(out)
    }

    fn across<const N: usize>(&self, row: &[f32], line: &mut [f32]) {
        for ((first, weights), out) in self.columns.iter().zip(line.chunks_exact_mut(N)) {
            let mut sum = [0f32; N];
            let pixels = row[(first - self.origin.0) as usize * N..].chunks_exact(N);
            for (pixel, &weight) in pixels.zip(weights) {
                (0..N).for_each(|c| sum[c] += pixel[c] * weight);
            }
            out.copy_from_slice(&sum);
        }
    }

    fn across_any(&self, row: &[f32], line: &mut [f32]) {
        for ((first, weights), out) in self.columns.iter().zip(line.chunks_exact_mut(self.channels)) {
            let pixels = row[(first - self.origin.0) as usize * self.channels..].chunks_exact(self.channels);
            out.fill(0.0);
            for (pixel, &weight) in pixels.zip(weights) {
                out.iter_mut().zip(pixel).for_each(|(sum, &sample)| *sum += sample * weight);
            }
        }
    }
}

/// Colors multiplied by alpha, so that transparent pixels do not count.
fn premultiplied(mut samples: Vec<f32>, channels: usize, full: f32) -> Vec<f32> {
    for pixel in samples.chunks_exact_mut(channels) {
        let alpha_value = pixel[channels - 1] / full;
        pixel[..channels - 1].iter_mut().for_each(|value| *value *= alpha_value);
    }
    samples
}

/// The colors back out of [`premultiplied`] ones. The kernel overshoots at edges; alpha must not.
fn divide(samples: &mut [f32], channels: usize, full: f32) {
    for pixel in samples.chunks_exact_mut(channels) {
        let alpha_value = pixel[channels - 1];
        let by = if alpha_value > full * 1e-4 { full / alpha_value } else { 0.0 };
        pixel[..channels - 1].iter_mut().for_each(|value| *value *= by);
        pixel[channels - 1] = alpha_value.clamp(0.0, full);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::SampleType;

    fn scaled(pixels: &Pixels, size: Size, alpha: bool) -> Pixels {
        let axis = |from: u32, to: u32| ResampleAxis { source: from, step: f64::from(from) / f64::from(to) };
        let axes = (axis(pixels.size().width, size.width), axis(pixels.size().height, size.height));
        resample(pixels.view(), (0, 0), axes, (0, 0), size, alpha).unwrap()
    }

    #[test]
    fn same_size_and_flat_images_are_unchanged() {
        let samples: Vec<u16> = (0..21 * 13 * 3).map(|i| (i * 7919 % 65536) as u16).collect();
        let pixels = Pixels::new(Size::new(21, 13), 3, Samples::U16(samples)).unwrap();
        assert_eq!(scaled(&pixels, pixels.size(), false), pixels);
        for size in [Size::new(3, 40), Size::new(1, 1), Size::new(50, 2)] {
            let flat = Pixels::filled(Size::new(17, 9), SampleType::U8, &[7.0, 100.0, 255.0, 255.0]);
            assert_eq!(scaled(&flat, size, true), Pixels::filled(size, SampleType::U8, &[7.0, 100.0, 255.0, 255.0]));
        }
    }

    /// Values computed by Pillow 13 (`Image.resize` with `LANCZOS`, mode `F`) on the same ramp with a step.
    #[test]
    fn matches_pillow() {
        let row: Vec<f32> = (0..16).map(|x| if x < 7 { x as f32 } else { 100.0 + x as f32 }).collect();
        let pixels = Pixels::new(Size::new(16, 1), 1, Samples::F32(row)).unwrap();
        for (width, expected) in PILLOW {
            let Samples::F32(found) = scaled(&pixels, Size::new(width, 1), false).into_samples() else { panic!() };
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 2e-3, "{width}: {found} instead of {expected}");
            }
        }
    }

    const PILLOW: [(u32, &[f32]); 2] = [
        (5, &[1.6553, 1.5299, 87.7225, 115.174, 112.8222]),
        (
            23,
            &[
                -0.0584, 0.4201, 1.2871, 1.946, 2.6439, 3.3094, 4.0235, 7.8363, -4.3891, 13.9253, 91.2342, 118.6413,
                105.4573, 108.7674, 109.5964, 110.2637, 110.9819, 111.6906, 112.3561, 113.054, 113.7129, 114.5799,
                115.0584,
            ],
        ),
    ];

    #[test]
    fn transparent_colors_do_not_bleed() {
        let samples = (0..32).flat_map(|x| if x < 16 { [200, 100, 50, 255] } else { [0, 255, 0, 0] }).collect();
        let pixels = Pixels::new(Size::new(32, 1), 4, Samples::U8(samples)).unwrap();
        let Samples::U8(found) = scaled(&pixels, Size::new(11, 1), true).into_samples() else { panic!() };
        for pixel in found.chunks_exact(4).filter(|pixel| pixel[3] > 8) {
            assert!(pixel[0].abs_diff(200) < 3 && pixel[1].abs_diff(100) < 3, "{pixel:?}");
        }
        assert!(found[3] == 255 && found[43] == 0);
    }
}

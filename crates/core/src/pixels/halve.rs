//! The exact 2×2 mean that makes every pyramid level from the one below.

use super::{Pixels, PixelsView, Sample, SampleType, buffer_pool};

/// Half the size, rounded up: each pixel the mean of four, integers rounded to nearest with halves up.
///
/// At an odd right or lower edge the last column or row counts twice. With `alpha` (the last channel is alpha) colors
/// are weighted by alpha, so that transparent pixels don't darken their neighbors.
pub fn halve(view: PixelsView<'_>, alpha: bool) -> Pixels {
    match view.sample_type() {
        SampleType::U8 => halve_typed::<u8>(view, alpha),
        SampleType::U16 => halve_typed::<u16>(view, alpha),
        SampleType::F32 => halve_typed::<f32>(view, alpha),
    }
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

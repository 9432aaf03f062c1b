//! From an overview to a mask: a feature of each pixel, and the threshold that parts it.

use super::{Feature, Mode, Options, Overview};

const BINS: usize = 256;
/// A spread of the feature below this is noise: nothing is found.
const LEAST_SPREAD: f32 = 0.02;

/// The mask of what is looked for: 1 where it is.
pub(super) fn mask(overview: &Overview, options: &Options) -> Vec<bool> {
    let background = background(overview);
    let values = smoothed(&feature(overview, options, background), overview.size().width as usize);
    let (low, high) =
        values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    // A threshold that was asked for is in units of the feature.
    let threshold = options.threshold.map(|threshold| threshold as f32);
    if threshold.is_none() && high - low < LEAST_SPREAD {
        return vec![false; values.len()];
    }
    let threshold = threshold.unwrap_or_else(|| otsu(&values));
    let below = options.mode == Mode::Dark && options.feature != Feature::Saturation;
    let is_found = |value: f32| if below { value <= threshold } else { value > threshold };
    values.iter().zip(&overview.alpha).map(|(&value, &alpha)| alpha > 0.0 && is_found(value)).collect()
}

/// One value between 0 and 1 for each pixel. Where there is no image, that of the background.
fn feature(overview: &Overview, options: &Options, background: [f32; 3]) -> Vec<f32> {
    let brightness = |[r, g, b]: [f32; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
    let saturation = |color: [f32; 3]| {
        let (low, high) = (color.iter().copied().fold(1.0, f32::min), color.iter().copied().fold(0.0, f32::max));
        if high > 0.0 { (high - low) / high } else { 0.0 }
    };
    let difference = |color: [f32; 3]| {
        let squares: f32 = color.iter().zip(background).map(|(a, b)| (a - b).powi(2)).sum();
        (squares / 3.0).sqrt()
    };
    let by_difference = !matches!(options.mode, Mode::Dark | Mode::Bright);
    let whole = |color: [f32; 3]| match options.feature {
        Feature::Saturation => saturation(color),
        Feature::Brightness if by_difference => (brightness(color) - brightness(background)).abs(),
        Feature::Brightness => brightness(color),
        Feature::Auto if by_difference => difference(color),
        Feature::Auto => brightness(color),
    };
    let outside = whole(background);
    let values = overview.colors.iter().zip(&overview.alpha);
    values.map(|(&color, &alpha)| if alpha > 0.0 { whole(color) } else { outside }).collect()
}

/// The color that prevails along the edge of the image (32 steps of each channel), transparent pixels apart; the mean of it.
fn background(overview: &Overview) -> [f32; 3] {
    let (width, height) = (overview.size().width as usize, overview.size().height as usize);
    let frame = (width.min(height) / 50).max(1);
    let mut counts = vec![(0u32, [0.0f32; 3]); 32 * 32 * 32];
    for y in 0..height {
        let whole_row = y < frame || y + frame >= height;
        let step = if whole_row || width <= 2 * frame { 1 } else { width - frame };
        let columns = if step == 1 { 0..width } else { 0..frame };
        // In the rows between, the left end and the right one.
        let ends = columns.flat_map(|x| if step == 1 { vec![x] } else { vec![x, x + step] });
        for x in ends.filter(|&x| overview.alpha[y * width + x] > 0.0) {
            let color = overview.colors[y * width + x];
            let [r, g, b] = color.map(|value| (value * 31.0 + 0.5) as usize);
            let (count, sum) = &mut counts[(r * 32 + g) * 32 + b];
            *count += 1;
            sum.iter_mut().zip(color).for_each(|(sum, value)| *sum += value);
        }
    }
    let (count, sum) = counts.into_iter().max_by_key(|(count, _)| *count).unwrap_or_default();
    if count == 0 { [1.0; 3] } else { sum.map(|sum| sum / count as f32) }
}

/// The mean of 3 × 3 pixels, against single ones.
fn smoothed(values: &[f32], width: usize) -> Vec<f32> {
    if width == 0 {
        return Vec::new();
    }
    let rows: Vec<Vec<f32>> = values
        .chunks_exact(width)
        .map(|row| {
            let at = |x: usize| row[x.saturating_sub(1)] + row[x] + row[(x + 1).min(width - 1)];
            (0..width).map(at).collect()
        })
        .collect();
    let last = rows.len().saturating_sub(1);
    (0..rows.len())
        .flat_map(|y| {
            let (above, row, below) = (&rows[y.saturating_sub(1)], &rows[y], &rows[(y + 1).min(last)]);
            (0..width).map(move |x| (above[x] + row[x] + below[x]) / 9.0)
        })
        .collect()
}

/// The threshold that parts `values`, between 0 and 1, so that both parts spread least (Otsu 1979). Of an even range of best
/// ones, the middle.
pub fn otsu(values: &[f32]) -> f32 {
    let mut histogram = [0u64; BINS];
    for &value in values.iter().filter(|value| value.is_finite()) {
        histogram[(value.clamp(0.0, 1.0) * (BINS - 1) as f32 + 0.5) as usize] += 1;
    }
    let total: u64 = histogram.iter().sum();
    let sum: f64 = histogram.iter().enumerate().map(|(bin, &count)| bin as f64 * count as f64).sum();
    let (mut below, mut sum_below) = (0u64, 0.0);
    let (mut best, mut first, mut last) = (-1.0, 0, 0);
    for (bin, &count) in histogram.iter().enumerate() {
        below += count;
        sum_below += bin as f64 * count as f64;
        let above = total - below;
        if below == 0 || above == 0 {
            continue;
        }
        let means = (sum_below / below as f64, (sum - sum_below) / above as f64);
        let between = below as f64 * above as f64 * (means.0 - means.1).powi(2);
        if between > best {
            (best, first, last) = (between, bin, bin);
        } else if between >= best {
            last = bin;
        }
    }
    ((first + last) as f32 / 2.0 + 0.5) / (BINS - 1) as f32
}

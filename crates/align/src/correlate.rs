//! Where two strips may match: the peaks of their plain and their phase correlation, looked for only inside the cap.
//!
//! Both planes are padded so far that no offset inside the cap has another reading: what a circular correlation leaves open
//! (two readings along each axis) is decided by the size of the transform. Phase correlation after Kuglin and Hines 1975.

use std::ops::RangeInclusive;

use mosaicist_fourier::{Fourier, Spectrum, fast_size};

use crate::plane::Plane;

/// How many peaks of each correlation are looked at.
const PEAKS: usize = 5;

/// Whole offsets (x, y) of strip b inside strip a: pixel p of a lies on pixel p - offset of b.
pub(crate) type Offset = (i64, i64);

/// The offsets inside the cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) x: RangeInclusive<i64>,
    pub(crate) y: RangeInclusive<i64>,
}

impl Window {
    /// Whether an offset lies in it.
    pub(crate) fn contains(&self, (x, y): Offset) -> bool {
        self.x.contains(&x) && self.y.contains(&y)
    }

    /// One more on each side.
    fn wider(&self) -> Self {
        Self { x: self.x.start() - 1..=self.x.end() + 1, y: self.y.start() - 1..=self.y.end() + 1 }
    }
}

/// The result of the correlations.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Peaks {
    /// Offsets worth verifying, each once.
    pub(crate) offsets: Vec<Offset>,
    /// What the normalized correlation of strips that have these spectra and nothing else in common deviates from 0 by, as a
    /// standard deviation, over the whole strips.
    pub(crate) chance: f32,
}

/// The most promising offsets of `b` inside `a`, both band-passed to a mean of about 0.
pub(crate) fn peaks(fourier: &mut Fourier, a: &Plane, b: &Plane, window: &Window) -> Peaks {
    let wide = window.wider();
    let least = |a: usize, b: usize, range: &RangeInclusive<i64>| {
        let reach = (a as i64 - range.start()).max(b as i64 + range.end());
        fast_size(reach.max(a.max(b) as i64) as usize)
    };
    let (width, height) = (least(a.width, b.width, &wide.x), least(a.height, b.height, &wide.y));
    let [from_a, from_b] =
        [a, b].map(|plane| fourier.forward(&mut plane.data.chunks_exact(plane.width), width, height));
    let (plain, white, chance) = products(from_a, &from_b);
    let mut offsets = Vec::with_capacity(2 * PEAKS);
    for (spectrum, is_plain) in [(plain, true), (white, false)] {
        let data = fourier.inverse(spectrum, wide.x.clone(), wide.y.clone());
        let across = wide.x.clone().count();
        let mut surface = Plane { width: across, height: data.len() / across, data };
        if is_plain {
            take_means(&mut surface, a, b, &wide);
        }
        for offset in highest(&surface, &wide) {
            if !offsets.contains(&offset) {
                offsets.push(offset);
            }
        }
    }
    Peaks { offsets, chance }
}

/// The cross spectrum as it is and whitened, and the chance correlation of such spectra.
fn products(a: Spectrum, b: &Spectrum) -> (Spectrum, Spectrum, f32) {
    let (width, height) = (a.width, a.height);
    let mut plain = a;
    let mut white = plain.clone();
    let (down, across) = (low_weights(height, height), low_weights(width, width / 2 + 1));
    let (mut both, mut power_a, mut power_b) = (0.0f64, 0.0f64, 0.0f64);
    for (column, across) in across.iter().enumerate() {
        let twice = if column == 0 || column * 2 == width { 1.0 } else { 2.0 };
        let part = column * height..(column + 1) * height;
        let lines = plain.data[part.clone()].iter_mut().zip(&mut white.data[part.clone()]).zip(&b.data[part]);
        let (mut sum, mut sum_a, mut sum_b) = (0.0f32, 0.0f32, 0.0f32);
        for (((plain, white), b), down) in lines.zip(&down) {
            let (norm_a, norm_b) = (plain.norm_sqr(), b.norm_sqr());
            let product = *plain * b.conj();
            let strength = (norm_a * norm_b).sqrt();
            *plain = product;
            *white = product * (across * down / (strength + 1e-9));
            (sum, sum_a, sum_b) = (sum + strength * strength, sum_a + norm_a, sum_b + norm_b);
        }
        both += twice * f64::from(sum);
        power_a += twice * f64::from(sum_a);
        power_b += twice * f64::from(sum_b);
    }
    let chance = (both / (power_a * power_b).max(f64::MIN_POSITIVE)).sqrt() as f32;
    (plain, white, chance)
}

/// Turn sums over what both share into means, so that no offset is high for its large overlap alone; what is less than a
/// quarter of the smaller strip counts as that.
fn take_means(surface: &mut Plane, a: &Plane, b: &Plane, wide: &Window) {
    let shared = |offset: i64, a: usize, b: usize| {
        let length = (a as i64).min(offset + b as i64) - offset.max(0);
        length.max(a.min(b) as i64 / 4).max(1) as f32
    };
    let across: Vec<f32> = wide.x.clone().map(|x| 1.0 / shared(x, a.width, b.width)).collect();
    for (y, offset) in wide.y.clone().enumerate() {
        let down = 1.0 / shared(offset, a.height, b.height);
        surface.row_mut(y).iter_mut().zip(&across).for_each(|(value, across)| *value *= across * down);
    }
}

/// How much each of the first `count` frequencies of `length` counts when whitened: the finest, which are mostly noise, little.
fn low_weights(length: usize, count: usize) -> Vec<f32> {
    let weight = |k: usize| {
        let frequency = k.min(length - k) as f32 / length as f32;
        (-2.0 * (std::f32::consts::PI * frequency).powi(2)).exp()
    };
    (0..count).map(weight).collect()
}

/// The highest local maxima inside `wide` less its rim.
fn highest(surface: &Plane, wide: &Window) -> Vec<Offset> {
    let mut found: Vec<(f32, Offset)> = Vec::with_capacity(PEAKS + 1);
    for y in 1..surface.height.saturating_sub(1) {
        let [above, row, below] = [y - 1, y, y + 1].map(|y| surface.row(y));
        for x in 1..surface.width - 1 {
            let value = row[x];
            if found.len() == PEAKS && value <= found[PEAKS - 1].0 {
                continue;
            }
            let around = above[x - 1..=x + 1].iter().chain(&below[x - 1..=x + 1]).chain([&row[x - 1], &row[x + 1]]);
            if around.copied().all(|other| other <= value) {
                let at = found.partition_point(|(other, _)| *other >= value);
                found.insert(at, (value, (wide.x.start() + x as i64, wide.y.start() + y as i64)));
                found.truncate(PEAKS);
            }
        }
    }
    found.into_iter().map(|(_, offset)| offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::texture;

    #[test]
    fn the_offset_of_a_cut_is_the_first_peak() {
        let scene = texture(200, 160, 3).high_pass(8.0);
        let mut fourier = Fourier::default();
        for (dx, dy) in [(30, 4), (22, -9), (47, 13)] {
            let a = scene.crop(20, 20, 90, 100);
            let b = scene.crop(20 + dx as usize, (20 + dy) as usize, 80, 100);
            let window = Window { x: 15..=50, y: -15..=15 };
            let found = peaks(&mut fourier, &a, &b, &window);
            assert_eq!(found.offsets[0], (dx, dy));
            assert!(found.chance < 0.15, "{}", found.chance);
        }
    }

    #[test]
    fn nothing_outside_the_cap_is_found() {
        let scene = texture(200, 160, 4).high_pass(8.0);
        let (a, b) = (scene.crop(20, 20, 90, 100), scene.crop(50, 24, 80, 100));
        let window = Window { x: 0..=20, y: -15..=15 };
        let found = peaks(&mut Fourier::default(), &a, &b, &window);
        assert!(found.offsets.iter().all(|offset| window.contains(*offset)), "{found:?}");
    }
}

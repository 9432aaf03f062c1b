//! Descriptors of keypoints: 256 comparisons of pairs of pixels around each (BRIEF: Calonder, Lepetit, Strecha and Fua 2010).
//!
//! They stay the same under any gain and offset. They are not made to stay the same under rotation: tiles of a mosaic are upright,
//! and descriptors that need not be rotated tell more apart.

use super::keypoints::Place;
use crate::plane::Plane;

/// How far from its keypoint a descriptor reaches, in pixels.
pub(super) const RADIUS: usize = 13;
/// The bits of a descriptor.
pub(super) const BITS: u32 = 256;
/// The spread of the pixels compared, as a standard deviation, and how far the two of a pair are apart at least; in pixels.
const SPREAD: f64 = 5.5;
const LEAST_APART: i32 = 4;

/// One bit for each pair.
pub(super) type Descriptor = [u64; 4];

/// The bits in which two descriptors differ.
pub(super) fn distance(a: &Descriptor, b: &Descriptor) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// The pairs of pixels that are compared: always the same ones.
pub(super) struct Pattern(Vec<[(i32, i32); 2]>);

impl Pattern {
    pub(super) fn new() -> Self {
        let mut state = 17;
        let mut pairs = Vec::with_capacity(BITS as usize);
        while pairs.len() < BITS as usize {
            let [a, b] = [0; 2].map(|_: i32| (normal(&mut state), normal(&mut state)));
            let apart = (a.0 - b.0).pow(2) + (a.1 - b.1).pow(2);
            if apart >= LEAST_APART * LEAST_APART {
                pairs.push([a, b]);
            }
        }
        Self(pairs)
    }

    /// The descriptor of a place that is at least [`RADIUS`] pixels from the edge of a blurred picture.
    pub(super) fn describe(&self, smooth: &Plane, [x, y]: Place) -> Descriptor {
        let mut bits = Descriptor::default();
        let at = |(dx, dy): (i32, i32)| smooth.row((i32::from(y) + dy) as usize)[(i32::from(x) + dx) as usize];
        for (number, [a, b]) in self.0.iter().enumerate() {
            bits[number / 64] |= u64::from(at(*a) < at(*b)) << (number % 64);
        }
        bits
    }
}

/// The next pseudo-random number (`SplitMix64`).
pub(super) fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// About Gaussian, of mean 0 and deviation [`SPREAD`], at most [`RADIUS`] from 0.
fn normal(state: &mut u64) -> i32 {
    let sum: f64 = (0..12).map(|_| (random(state) >> 11) as f64 / (1u64 << 53) as f64).sum();
    ((sum - 6.0) * SPREAD).round().clamp(-(RADIUS as f64), RADIUS as f64) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noise, texture};

    #[test]
    fn the_same_place_is_alike_under_gain_and_noise_and_others_are_not() {
        let scene = texture(300, 200, 9);
        let (mut noisy, mut state) = (scene.clone(), 5);
        noisy.data.iter_mut().for_each(|value| *value = *value * 1.3 + 7.0 + 8.0 * noise(&mut state));
        let (plain, noisy, pattern) = (scene.gauss(2.0), noisy.gauss(2.0), Pattern::new());
        let places: Vec<Place> = (0..40).map(|k| [20 + 6 * k, 20 + 4 * k]).collect();
        for (number, place) in places.iter().enumerate() {
            let one = pattern.describe(&plain, *place);
            assert!(distance(&one, &pattern.describe(&noisy, *place)) < 50);
            let other = pattern.describe(&plain, places[(number + 7) % places.len()]);
            assert!(distance(&one, &other) > 50, "{}", distance(&one, &other));
        }
    }
}

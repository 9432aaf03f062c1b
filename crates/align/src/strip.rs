//! [`Strip`]: the part of a tile in an overlap and its surroundings, prepared for comparison.

use crate::geometry::Rect;
use crate::plane::Plane;

/// More pixels than these are looked at in a coarser copy first.
const COARSE_PIXELS: usize = 45_000;
/// The bands that are compared, in pixels: structures between these two blurs; of the picture, and of a smaller copy.
const BAND: (f32, f32) = (1.0, 8.0);
const SMALL_BAND: (f32, f32) = (0.7, 5.0);
/// For white noise: the variance between the two blurs over that of what the finer one takes away.
const NOISE_RATIO: f32 = 0.1;
const SMALL_NOISE_RATIO: f32 = 0.31;
/// Texture that is weaker than this many times what noise alone would leave is none.
pub(crate) const BARE: f32 = 1.7;

/// A part of a tile.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strip {
    /// Where it lies in the tile, in tile pixels.
    pub(crate) rect: Rect,
    /// Logarithms of its gray values, blurred just enough for gradients: what is refined.
    pub(crate) smooth: Plane,
    /// The same band-passed, of mean 0, and shrunk `by` times along each side: what is searched.
    pub(crate) band: Plane,
    pub(crate) by: usize,
    /// The variance of the band over what noise alone would leave of it: about 1 where there is nothing to see.
    pub(crate) texture: f32,
}

/// How many times strips of `pixels` are shrunk for the search.
pub(crate) fn shrinking(pixels: u64) -> usize {
    ((pixels as f64 / COARSE_PIXELS as f64).sqrt().floor() as usize).max(1)
}

impl Strip {
    /// Prepare gray values read from `rect` of a tile, shrunk `by` times for the search.
    pub(crate) fn new(rect: Rect, mut gray: Plane, by: usize) -> Self {
        take_logarithms(&mut gray);
        let smooth = gray.gauss(BAND.0);
        let (band, texture) = if by > 1 {
            let small = gray.binned(by);
            band_pass(&small, small.gauss(SMALL_BAND.0), SMALL_BAND.1, SMALL_NOISE_RATIO)
        } else {
            band_pass(&gray, smooth.clone(), BAND.1, NOISE_RATIO)
        };
        Self { rect, smooth, band, by, texture }
    }
}

/// What lies between two blurs, of mean 0, and its variance over what noise alone would leave. `band` is `plane` after the
/// finer one.
fn band_pass(plane: &Plane, mut band: Plane, coarse: f32, noise_ratio: f32) -> (Plane, f32) {
    let low = plane.low_pass(coarse);
    let mut noise = 0.0f64;
    for y in 0..plane.height {
        let taken = plane.row(y).iter().zip(band.row(y)).map(|(value, blurred)| (value - blurred) * (value - blurred));
        noise += f64::from(taken.sum::<f32>());
    }
    let noise = (noise / plane.data.len().max(1) as f64) as f32;
    band.data.iter_mut().zip(&low.data).for_each(|(value, low)| *value -= low);
    let mean = band.mean();
    band.data.iter_mut().for_each(|value| *value -= mean);
    let signal = band.variance();
    let texture = if signal < 1e-12 { 0.0 } else { signal / (noise_ratio * noise + 1e-12) };
    (band, texture)
}

/// Replace values by logarithms, so that gains and vignettes become a smooth sum. A tenth of the mean keeps the noise of dark
/// parts from being blown up. Values below 0 are lifted, all alike.
pub(crate) fn take_logarithms(gray: &mut Plane) {
    let least = gray.data.iter().copied().fold(0.0f32, f32::min);
    let mean = gray.mean() - least;
    let (scale, add) = if mean > 0.0 { (1.0 / mean, 0.1 - least / mean) } else { (0.0, 1.0) };
    gray.data.iter_mut().for_each(|value| *value = ln((*value * scale + add).max(1e-3)));
}

/// The natural logarithm of a positive normal number to 1e-6, in few steps that vectorize: the exponent, and a polynomial for
/// the rest (the usual minimax one for ln(1 + m), |m| ≤ 1/3).
fn ln(value: f32) -> f32 {
    let bits = value.to_bits() as i32;
    let exponent = (bits - 0x3F2A_AAAB) & !0x007F_FFFF;
    let m = f32::from_bits((bits - exponent) as u32) - 1.0;
    let i = exponent as f32 * (1.0 / 8_388_608.0);
    let s = m * m;
    let mut r = -0.130_310_06 * s - 0.121_483_51;
    let mut t = 0.140_869_14 * s + 0.139_814_85;
    r = r * s - 0.166_846_13;
    t = t * s + 0.200_120_35;
    r = r * s - 0.249_996_2;
    r += t * m;
    r = r * m + 0.333_331_97;
    r = r * m - 0.5;
    r = r * s + m;
    i * std::f32::consts::LN_2 + r
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noise, texture};

    #[test]
    fn logarithms_are_right() {
        for value in [1e-3f32, 0.1, 0.5, 0.667, 1.0, 1.4, 2.0, 17.3, 65536.0] {
            assert!((ln(value) - value.ln()).abs() < 2e-6 * value.ln().abs().max(1.0), "{value}: {}", ln(value));
        }
    }

    #[test]
    fn gain_changes_nothing() {
        let scene = texture(100, 90, 2);
        let mut brighter = scene.clone();
        brighter.data.iter_mut().for_each(|value| *value *= 37.0);
        let rect = Rect::new(0, 0, 100, 90);
        let (one, other) = (Strip::new(rect, scene, 2), Strip::new(rect, brighter, 2));
        assert!(one.band.data.iter().zip(&other.band.data).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn noise_does_not_count_as_texture() {
        let rect = Rect::new(0, 0, 200, 200);
        let mut state = 4;
        for by in [1, 2] {
            let noisy = Plane::from_fn(200, 200, |_, _| 200.0 + 3.0 * noise(&mut state));
            let bare = Strip::new(rect, noisy, by).texture;
            assert!(bare > 0.5 && bare < BARE, "{bare}");
            assert!(Strip::new(rect, texture(200, 200, 3), by).texture > 4.0);
        }
        assert!(Strip::new(rect, Plane::from_fn(200, 200, |_, _| 77.0), 1).texture < 0.01);
        assert!(Strip::new(rect, Plane::from_fn(200, 200, |_, _| -5.0), 1).texture < 0.01, "whatever the sign");
    }
}

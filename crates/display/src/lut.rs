//! [`Lut`]: scales of colors for one channel of values.
#![expect(clippy::unreadable_literal, reason = "six digits are how colors are written")]

use serde::{Deserialize, Serialize};

/// A scale of colors, dark to bright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lut {
    #[serde(alias = "grey")]
    Gray,
    /// Of matplotlib (van der Walt and Smith 2015; in the public domain), as the two after it: even steps to the eye.
    Viridis,
    Magma,
    Inferno,
    /// Of `ImageJ`.
    Fire,
}

impl Lut {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gray, Self::Viridis, Self::Magma, Self::Inferno, Self::Fire];

    /// Its title.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gray => "Gray",
            Self::Viridis => "Viridis",
            Self::Magma => "Magma",
            Self::Inferno => "Inferno",
            Self::Fire => "Fire",
        }
    }

    /// Red, green and blue of each of 256 steps: within 2 of the original, which is straight between its 33 (Fire: 32) knots.
    pub fn table(self) -> [[u8; 3]; 256] {
        let knots: &[u32] = match self {
            Self::Gray => &[0x000000, 0xFFFFFF],
            Self::Viridis => &VIRIDIS,
            Self::Magma => &MAGMA,
            Self::Inferno => &INFERNO,
            Self::Fire => &FIRE,
        };
        let steps = knots.len() - 1;
        std::array::from_fn(|at| {
            let (knot, rest) = (at * steps / 255, at * steps % 255);
            let color = |knot: u32| [knot >> 16, knot >> 8, knot].map(|c| (c & 0xFF) as usize);
            let (a, b) = (color(knots[knot]), color(knots[(knot + 1).min(steps)]));
            std::array::from_fn(|c| ((a[c] * (255 - rest) + b[c] * rest + 127) / 255) as u8)
        })
    }
}

const VIRIDIS: [u32; 33] = [
    0x440154, 0x470D60, 0x48186A, 0x482374, 0x472D7B, 0x453681, 0x424086, 0x3F4989, 0x3B528B, 0x375A8D, 0x33638D,
    0x2F6A8E, 0x2C728E, 0x297A8E, 0x26818E, 0x23898E, 0x21908C, 0x1F988B, 0x1F9F88, 0x21A685, 0x28AE80, 0x31B57B,
    0x3EBC74, 0x4CC26C, 0x5DC963, 0x6ECE58, 0x82D34C, 0x96D83F, 0xABDC32, 0xC0DF24, 0xD5E21A, 0xEAE51A, 0xFDE725,
];

const MAGMA: [u32; 33] = [
    0x000004, 0x030311, 0x0A0822, 0x130D33, 0x1D1146, 0x28115A, 0x36106A, 0x430F76, 0x50127C, 0x5D177F, 0x691C81,
    0x762181, 0x822681, 0x8F2A81, 0x9C2E7F, 0xA9327D, 0xB63779, 0xC33B75, 0xCF4170, 0xDB486A, 0xE65163, 0xEE5C5E,
    0xF5695C, 0xF9785D, 0xFB8761, 0xFD9668, 0xFEA571, 0xFEB47B, 0xFEC387, 0xFED194, 0xFDE0A2, 0xFCEEB0, 0xFCFDBF,
];

const INFERNO: [u32; 33] = [
    0x000004, 0x040312, 0x0B0724, 0x150B37, 0x210C4A, 0x2E0A5A, 0x3C0965, 0x4A0C6B, 0x57106D, 0x63146E, 0x70196E,
    0x7D1E6D, 0x89226A, 0x962766, 0xA32B61, 0xAF315C, 0xBB3755, 0xC63E4D, 0xD14644, 0xDB4F3B, 0xE35932, 0xEB6528,
    0xF1711E, 0xF67F14, 0xF98D0A, 0xFB9C06, 0xFCAB0F, 0xFBBA1F, 0xF9CA32, 0xF5D949, 0xF2E865, 0xF3F586, 0xFCFFA4,
];

const FIRE: [u32; 32] = [
    0x000000, 0x00003D, 0x010060, 0x190082, 0x3100A5, 0x4900C0, 0x6200DC, 0x7A00E3, 0x9200D2, 0xA200B5, 0xAD0097,
    0xB8007A, 0xC3005D, 0xCF0E40, 0xD92323, 0xE53905, 0xF04F00, 0xFC6500, 0xFF7500, 0xFF8500, 0xFF9300, 0xFFA100,
    0xFFAF00, 0xFFBE00, 0xFFCD00, 0xFFDB00, 0xFFEA00, 0xFFF823, 0xFFFF62, 0xFFFFA0, 0xFFFFDF, 0xFFFFFF,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scales_are_those_everybody_knows() {
        // From matplotlib 3.
        for (lut, at, expected) in [
            (Lut::Viridis, 0, [68, 1, 84]),
            (Lut::Viridis, 64, [59, 82, 139]),
            (Lut::Viridis, 128, [33, 145, 140]),
            (Lut::Viridis, 200, [112, 207, 87]),
            (Lut::Viridis, 255, [253, 231, 37]),
            (Lut::Magma, 128, [183, 55, 121]),
            (Lut::Inferno, 200, [251, 157, 7]),
            (Lut::Gray, 77, [77, 77, 77]),
            (Lut::Fire, 255, [255, 255, 255]),
        ] {
            let found = lut.table()[at];
            for (found, expected) in found.iter().zip(expected) {
                assert!((i32::from(*found) - expected).abs() <= 2, "{lut:?} {at}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn they_grow_brighter_all_along() {
        for lut in Lut::ALL {
            let light = |c: [u8; 3]| 0.2126 * f64::from(c[0]) + 0.7152 * f64::from(c[1]) + 0.0722 * f64::from(c[2]);
            let table = lut.table().map(light);
            assert!(table.windows(17).all(|w| w[16] > w[0]), "{lut:?}");
        }
    }
}

//! Which layouts a file's length allows, likelier ones first: initial values for the raw import.

use crate::geometry::Size;
use crate::{RawLayout, RawType};

/// Common sizes of cameras, screens and printers.
const USUAL: [(u32, u32); 22] = [
    (320, 240),
    (640, 480),
    (800, 600),
    (1024, 768),
    (1280, 720),
    (1280, 960),
    (1280, 1024),
    (1392, 1040),
    (1600, 1200),
    (1920, 1080),
    (1920, 1200),
    (2048, 1536),
    (2048, 2048),
    (2560, 1440),
    (2560, 2160),
    (2592, 1944),
    (3840, 2160),
    (4000, 3000),
    (4096, 2160),
    (4608, 3456),
    (5472, 3648),
    (6000, 4000),
];
/// Lengths of headers that raw files are found with.
const HEADERS: [u64; 5] = [0, 512, 256, 1024, 128];
/// The kinds of pixel, the likelier first.
const KINDS: [(u8, RawType); 9] = [
    (1, RawType::U8),
    (3, RawType::U8),
    (1, RawType::U16),
    (4, RawType::U8),
    (1, RawType::F32),
    (3, RawType::U16),
    (4, RawType::U16),
    (3, RawType::F32),
    (1, RawType::F64),
];
/// How many are offered.
const MOST: usize = 12;
/// The longer side is at most so many times the shorter one.
const LONGEST: u64 = 4;

/// Layouts that fill a file of `length` bytes exactly, the likelier first; at most a dozen.
pub fn guess(length: u64) -> Vec<RawLayout> {
    let mut found: Vec<(u64, RawLayout)> = Vec::new();
    for (rank, header) in HEADERS.iter().enumerate() {
        for (kind, (bands, sample)) in KINDS.iter().enumerate() {
            let pixel = u64::from(*bands) * sample.bytes();
            let Some(rest) = length.checked_sub(*header).filter(|rest| *rest > 0 && rest % pixel == 0) else {
                continue;
            };
            for (size, doubt) in sizes(rest / pixel) {
                let mut layout = RawLayout::new(size, *bands, *sample);
                layout.offset = *header;
                found.push((doubt + 12 * rank as u64 + 3 * kind as u64, layout));
            }
        }
    }
    found.sort_by_key(|(doubt, _)| *doubt);
    found.into_iter().map(|(_, layout)| layout).take(MOST).collect()
}

/// Sizes of so many pixels, each with how doubtful it is.
fn sizes(area: u64) -> Vec<(Size, u64)> {
    let mut sizes = Vec::new();
    for (a, b) in USUAL {
        if u64::from(a) * u64::from(b) == area {
            sizes.extend([(Size::new(a, b), 0), (Size::new(b, a), 12)]);
        }
    }
    let side = area.isqrt();
    if side * side == area && side <= 1 << 30 {
        let round = if side.is_power_of_two() {
            1
        } else if side.is_multiple_of(100) || side.is_multiple_of(64) {
            4
        } else {
            15
        };
        sizes.push((Size::new(side as u32, side as u32), round));
    }
    // Sides that divide the area, in the neighborhood of a square, multiples of 10 or 16.
    if side > 1 << 20 {
        return sizes;
    }
    let least = (area / LONGEST).isqrt().max(1);
    let round = |n: u64| n.is_multiple_of(10) || n.is_multiple_of(16);
    let fits =
        (least..side).rev().filter(|height| area.is_multiple_of(*height) && round(*height) && round(area / height));
    for height in fits.take(6) {
        let (width, height) = (area / height, height);
        let ratio = width as f64 / height as f64;
        let photographic = [4.0 / 3.0, 1.5, 16.0 / 9.0].iter().any(|usual: &f64| (usual - ratio).abs() < 0.01);
        let doubt = if photographic { 6 } else { 60 };
        let (width, height) = (width as u32, height as u32);
        sizes.extend([(Size::new(width, height), doubt), (Size::new(height, width), doubt + 10)]);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likely_comes_first_and_all_fill_the_file() {
        for (length, expected) in [
            (640 * 480 * 3, "640,480,3,u8,0,le,pixel"),
            (2048 * 2048, "2048,2048,1,u8,0,le,pixel"),
            (1392 * 1040 * 2 + 512, "1392,1040,1,u16,512,le,pixel"),
        ] {
            let guesses = guess(length);
            assert!(guesses.iter().take(3).any(|guess| guess.to_string() == expected), "{length}: {guesses:?}");
            assert!(guesses.iter().all(|guess| guess.offset + guess.bytes() == length));
        }
        assert!(guess(0).is_empty());
        assert!(guess(7919).is_empty(), "a prime");
    }
}

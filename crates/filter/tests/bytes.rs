//! Bytes that are filtered in whole numbers: flat areas stay, and results are those of 16 bits but for some near a half.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

use mosaicist_core::geometry::{Rect, Region, Size};
use mosaicist_core::pixels::{Pixels, SampleType, Samples};
use mosaicist_filter::{Filtered, parse_chain};
use mosaicist_source::Source;
use mosaicist_source::testing::{InMemory, Pattern};

const SIZE: Size = Size::new(83, 61);

fn filtered(channels: u8, samples: Samples, chain: &str) -> Pixels {
    let source = InMemory::new(Pixels::new(SIZE, channels, samples).unwrap());
    let filtered = Filtered::new(source, &parse_chain(chain.split('|')).unwrap()).unwrap();
    filtered.read(Region::new(0, filtered.info().whole(0))).unwrap()
}

#[test]
fn flat_areas_stay() {
    for value in [1u8, 100, 255] {
        for (chain, expected) in
            [("gaussian:2", value), ("gaussian:4", value), ("resize:0.9", value), ("log:2", 128), ("sharpen", value)]
        {
            let found = filtered(1, Samples::U8(vec![value; SIZE.area() as usize]), chain);
            let Samples::U8(found) = found.samples() else { panic!("{chain}: not bytes") };
            assert!(found.iter().all(|found| *found == expected), "{chain} of {value}");
        }
    }
}

/// Between two filters bytes may have few binary places; alpha, too, opaque or not.
#[test]
fn two_filters_give_what_they_give_for_16_bits() {
    for chain in
        ["resize:0.9|sharpen", "crop:rect=3 5 70 50|resize:0.8|sharpen:amount=0.5", "resize:0.9|sharpen:alpha=ignore"]
    {
        for (channels, opaque) in [(1, false), (3, false), (4, false), (4, true)] {
            let pattern = Pattern::new(SIZE, channels, SampleType::U8);
            let pixels = pattern.read(Region::new(0, Rect::from_size(SIZE))).unwrap();
            let Samples::U8(bytes) = pixels.samples() else { panic!("not bytes") };
            let mut bytes = bytes.clone();
            if opaque {
                bytes.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
            }
            let words = bytes.iter().map(|value| u16::from(*value) * 257).collect();
            let (found, finer) =
                (filtered(channels, Samples::U8(bytes), chain), filtered(channels, Samples::U16(words), chain));
            let (Samples::U8(found), Samples::U16(finer)) = (found.samples(), finer.samples()) else {
                panic!("{chain}: other types")
            };
            assert_eq!(found.len(), finer.len());
            for (i, (found, finer)) in found.iter().zip(finer).enumerate() {
                let off = f64::from(*found) - f64::from(*finer) / 257.0;
                assert!(off.abs() <= 0.8, "{chain}, {channels} channels: sample {i} is {off} off");
            }
        }
    }
}

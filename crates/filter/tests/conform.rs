//! Every filter keeps what sources promise: a part read alone equals that part of the whole, from many threads at once; so
//! results depend neither on blocks nor on threads.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

use mosaicist_core::geometry::{Rect, Region, Size};
use mosaicist_core::pixels::{Pixels, SampleType, Samples};
use mosaicist_filter::{FILTERS, FilterSpec, Filtered, parse_chain};
use mosaicist_source::Source;
use mosaicist_source::testing::{InMemory, Pattern, check_source};
use proptest::prelude::*;

/// Parameters that show more than the defaults do, and fit an image of 150 × 130 pixels.
const CHAINS: &[&str] = &[
    "gaussian:2.3",
    "gaussian:40,border=mirror",
    "mean:5",
    "mean:31,border=mirror",
    "median:3",
    "median:5,border=mirror",
    "median:9",
    "bilateral:1.5,range=20",
    "unsharp:2,amount=1.5,threshold=3",
    "sharpen",
    "kernel:weights=1 2 3 4 5/0 1 0 1 0/9 -8 7 -6 5/0 0 0 0 0/1 1 1 1 1",
    "kernel:weights=1 2 1/2 4 2/1 2 1",
    "highpass:3",
    "sobel",
    "sobel:x",
    "canny:20,high=60,reach=20",
    "canny:20,high=60,sigma=1.2,norm=l1,reach=9",
    "log:1.7",
    "dog:1,sigma2=2",
    "erode:5",
    "dilate:7,shape=disk",
    "open:5,border=mirror",
    "close:9,shape=disk",
    "tophat:7",
    "blackhat:5",
    "threshold:90",
    "otsu",
    "local:15,weight=gaussian",
    "local:9,offset=3",
    "background:5",
    "background:4,light=yes",
    "background:6,method=gaussian",
    "levels:black=20,white=200,gamma=1.4",
    "gamma:2.2",
    "invert",
    "curves:0 0/0.4 0.6/1 1",
    "white-balance:red=1.2,blue=0.8",
    "saturation:1.7",
    "gray",
    "stain:all",
    "stain:eosin",
    "channel:2 0",
    "mix:weights=1 0 0 0/0.5 0.5 0 0",
    "flatten",
    "depth:u16",
    "depth:f32",
    "depth:u8,range=keep",
    "flip:horizontal",
    "flip:vertical",
    "rotate:90",
    "rotate:-90",
    "rotate:180",
    "rotate:7.3",
    "rotate:33,size=keep,filter=bilinear",
    "affine:matrix=0.8 0.3 5/-0.2 1.1 0,filter=nearest",
    "crop:rect=11 7 93 61",
    "resize:0.9",
    "resize:0.9|sharpen",
    "resize:0.31,filter=bicubic",
    "resize:1.7,filter=bilinear",
    "resize:0.37,filter=mean",
    "resize:0.5,filter=nearest",
    "resize:0.4,filter=mode",
    "resize:width=40",
    "crop:rect=10 10 120 100|resize:0.9|sharpen",
    "gaussian:2|median:5|mean:7|log:2|sharpen|resize:0.9",
    "rotate:10|resize:0.7,filter=mean|close:5|gray|otsu",
];

const SIZE: Size = Size::new(150, 130);

fn chain(text: &str) -> Vec<FilterSpec> {
    parse_chain(text.split('|')).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A pattern with alpha that is 0, partial and full in places.
fn with_alpha(sample: SampleType) -> InMemory {
    let pattern = Pattern::new(SIZE, 4, sample).read(Region::new(0, Rect::from_size(SIZE))).unwrap();
    let mut pixels = pattern;
    let alpha = |i: usize, full: f32| {
        let (x, y) = (i % 150, i / 150);
        if x < 60 {
            full
        } else if y > 100 {
            0.0
        } else {
            full * (y as f32 / 100.0)
        }
    };
    match pixels.samples_mut() {
        Samples::U8(v) => v.iter_mut().skip(3).step_by(4).enumerate().for_each(|(i, a)| *a = alpha(i, 255.0) as u8),
        Samples::U16(v) => v.iter_mut().skip(3).step_by(4).enumerate().for_each(|(i, a)| *a = alpha(i, 65535.0) as u16),
        Samples::F32(v) => v.iter_mut().skip(3).step_by(4).enumerate().for_each(|(i, a)| *a = alpha(i, 1.0)),
        _ => panic!("a type that no filter is given"),
    }
    InMemory::new(pixels)
}

#[test]
fn every_filter_is_tried() {
    for filter in FILTERS {
        let tried = CHAINS.iter().any(|text| chain(text).iter().any(|spec| spec.filter().name == filter.name));
        assert!(tried, "{}", filter.name);
    }
}

#[test]
fn parts_equal_the_whole_with_and_without_alpha() {
    for text in CHAINS {
        for sample in [SampleType::U8, SampleType::U16] {
            let filtered = Filtered::new(with_alpha(sample), &chain(text)).unwrap_or_else(|e| panic!("{text}: {e}"));
            println!("{text} {}", sample.name());
            check_source(&filtered);
        }
    }
}

#[test]
fn parts_equal_the_whole_with_one_channel_and_with_many() {
    for text in CHAINS {
        for (channels, sample) in [(1, SampleType::F32), (5, SampleType::U8), (3, SampleType::U8)] {
            // Filters of colors refuse channels without; all others take them.
            let Ok(filtered) = Filtered::new(Pattern::new(SIZE, channels, sample), &chain(text)) else { continue };
            println!("{text} {channels} {}", sample.name());
            check_source(&filtered);
        }
    }
}

/// Floats with holes.
fn with_missing(channels: u8) -> InMemory {
    let mut pixels = Pattern::new(SIZE, channels, SampleType::F32).read(Region::new(0, Rect::from_size(SIZE))).unwrap();
    if let Samples::F32(values) = pixels.samples_mut() {
        for (i, value) in values.iter_mut().enumerate() {
            let (x, y) = (i / channels as usize % 150, i / channels as usize / 150);
            if (x / 13 + y / 11) % 7 == 0 || (x * 7 + y * 5) % 97 == 0 {
                *value = f32::NAN;
            }
        }
    }
    InMemory::new(pixels)
}

fn bits(pixels: &Pixels) -> Vec<u8> {
    pixels.samples().to_le_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_bytes(
        which in 0..CHAINS.len(),
        seed in 0u32..3,
        x in 0i64..120, y in 0i64..110, width in 1i64..60, height in 1i64..60,
        columns in 1i64..40, rows in 1i64..40,
    ) {
        let source = match seed {
            0 => with_missing(3),
            1 => with_missing(1),
            _ => with_alpha(SampleType::F32),
        };
        let Ok(filtered) = Filtered::new(source, &chain(CHAINS[which])) else { return Ok(()) };
        let inside = filtered.info().whole(0);
        let rect = Rect::new(x, y, x + width, y + height).intersect(inside);
        if rect.is_empty() { return Ok(()) }
        let whole = filtered.read(Region::new(0, inside)).unwrap();
        let mut split = Pixels::zeroed(rect.size(), filtered.info().channels, filtered.info().sample);
        std::thread::scope(|scope| {
            let parts: Vec<_> = (rect.y0..rect.y1).step_by(rows as usize)
                .flat_map(|y| (rect.x0..rect.x1).step_by(columns as usize).map(move |x| (x, y)))
                .map(|(x, y)| {
                    let part = Rect::new(x, y, x + columns, y + rows).intersect(rect);
                    let filtered = &filtered;
                    (part, scope.spawn(move || filtered.read(Region::new(0, part)).unwrap()))
                })
                .collect();
            for (part, made) in parts {
                split.paste(made.join().unwrap().view(), part.x0 - rect.x0, part.y0 - rect.y0);
            }
        });
        prop_assert_eq!(bits(&split), bits(&whole.crop(rect)), "{}", CHAINS[which]);
    }
}

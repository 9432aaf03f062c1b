//! Real files: the same picture as libjpeg-turbo's, and no panic whatever is done to them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mosaicist::codec::jpeg::{self, DecodeOptions, EncodeOptions, StoredColors, Subsampling};
use mosaicist::geometry::Rect;
use mosaicist::pixels::{Pixels, PixelsView};
use turbojpeg::ScalingFactor;

/// Decode every JPEG file under `folder` with both and print where they differ by more than rounding.
pub fn compare(folder: &Path) {
    let (mut alike, mut unlike, mut written) = (0, 0, 0);
    for path in jpegs(folder) {
        let Ok(stream) = std::fs::read(&path) else { continue };
        let ours = catch_unwind(|| jpeg::decode(&stream, &DecodeOptions::default()));
        let theirs = crate::try_turbo_decode(&stream, ScalingFactor::ONE);
        let verdict = match (ours, theirs) {
            (Err(_), _) => "PANIC".into(),
            (Ok(Err(_)), Err(_)) => continue,
            (Ok(Err(error)), Ok(_)) => format!("ours fails: {error}"),
            (Ok(Ok(_)), Err(error)) => format!("only ours decodes: {error}"),
            (Ok(Ok(ours)), Ok(theirs)) => match difference(&ours, &theirs) {
                Some(mean) if mean <= 0.1 => {
                    alike += 1;
                    written += encode_all_ways(&ours);
                    continue;
                }
                Some(mean) => format!("mean difference {mean:.3}"),
                None => format!("sizes {} and {}", ours.size(), theirs.size()),
            },
        };
        unlike += 1;
        println!("{}: {verdict}", path.strip_prefix(folder).unwrap_or(&path).display());
    }
    println!("{alike} files alike (mean difference at most 0.1), {unlike} listed above");
    println!("{written} streams of ours, all read by libjpeg-turbo without a warning");
}

/// Encode with many options; libjpeg-turbo must read all without a warning. Their number.
fn encode_all_ways(pixels: &Pixels) -> usize {
    let streams = all_ways(pixels);
    for (name, stream) in &streams {
        crate::try_turbo_decode(stream, ScalingFactor::ONE).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    streams.len()
}

/// Streams of a picture in every way there is, with their names.
fn all_ways(pixels: &Pixels) -> Vec<(String, Vec<u8>)> {
    let mut streams = Vec::new();
    for way in 0..5 {
        let subsampling =
            [Subsampling::Full, Subsampling::Half, Subsampling::HalfDown, Subsampling::Quarter][way % 4];
        let colors = if way == 4 { StoredColors::Rgb } else { StoredColors::Ycc };
        for quality in [1, 25, 75, 90, 100] {
            let options = EncodeOptions { quality, subsampling, colors, ..EncodeOptions::default() };
            for (kind, encode) in [("standard", jpeg::encode as Encode), ("optimized", jpeg::encode_optimized)] {
                let mut stream = Vec::new();
                encode(pixels.view(), &options, &mut stream).expect("encodes");
                streams.push((format!("{subsampling:?}-{colors:?}-q{quality}-{kind}"), stream));
            }
            let mut stream = Vec::new();
            let mut encoder = jpeg::Encoder::new(pixels.size(), pixels.channels(), &options, 3, &mut stream).expect("fits");
            encoder.push(pixels.view(), &mut stream).expect("fits");
            encoder.finish(&mut stream).expect("all rows");
            streams.push((format!("{subsampling:?}-{colors:?}-q{quality}-restarts"), stream));
        }
    }
    streams
}

type Encode = fn(PixelsView<'_>, &EncodeOptions, &mut Vec<u8>) -> mosaicist::Result<()>;

/// Write streams of parts of the picture in `file`, of many sizes and in every way, to `folder`: for other programs to read.
pub fn write_streams(file: &Path, folder: &Path) {
    let source = crate::turbo_decode(&std::fs::read(file).expect("a readable file"), ScalingFactor::ONE);
    for (width, height) in [(1, 1), (8, 8), (15, 17), (33, 1), (1, 40), (130, 129), (255, 257)] {
        let part = source.crop(Rect::new(100, 100, 100 + width, 100 + height));
        for (name, stream) in all_ways(&part) {
            std::fs::write(folder.join(format!("{width}x{height}-{name}.jpg")), stream).expect("written");
        }
    }
}

/// Decode `count` mutations of the JPEG files under `folder`.
pub fn fuzz(folder: &Path, count: usize) {
    std::panic::set_hook(Box::new(|_| ()));
    let streams: Vec<Vec<u8>> = jpegs(folder)
        .into_iter()
        .filter_map(|path| std::fs::read(path).ok())
        .filter(|stream| stream.len() < 40_000 && jpeg::header(stream).is_ok_and(|h| h.size.area() < 1 << 18))
        .collect();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut roll = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let (mut decoded, mut refused, mut panics, mut slowest) = (0, 0, 0, Duration::ZERO);
    for round in 0..count {
        let mut stream = streams[round % streams.len()].clone();
        for _ in 0..1 + roll(6) {
            let at = roll(stream.len());
            // Headers are short and matter most.
            let at = if roll(2) == 0 { at % 700.min(stream.len()) } else { at };
            match roll(5) {
                0 => stream[at] = roll(256) as u8,
                1 => stream[at] ^= 1 << roll(8),
                2 => stream.truncate(at.max(4)),
                3 => drop(stream.splice(at..at, [0xFF, roll(256) as u8])),
                _ => drop(stream.drain(at..(at + roll(40)).min(stream.len() - 1).max(at))),
            }
        }
        // Large ones cost time, not safety.
        if jpeg::header(&stream).is_ok_and(|header| header.size.area() > 1 << 20) {
            continue;
        }
        let options = DecodeOptions { reduce: roll(4) as u8, ..DecodeOptions::default() };
        let start = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| jpeg::decode(&stream, &options))) {
            Ok(Ok(_)) => decoded += 1,
            Ok(Err(_)) => refused += 1,
            Err(_) => {
                panics += 1;
                let _ = std::fs::write(format!("panic-{panics}.jpg"), &stream);
            }
        }
        slowest = slowest.max(start.elapsed());
    }
    println!(
        "{count} mutations of {} files: {decoded} decoded, {refused} refused, {panics} panics, slowest {slowest:?}",
        streams.len()
    );
}

fn jpegs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(jpegs(&path));
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("jpg") || e.eq_ignore_ascii_case("jpeg")) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn difference(ours: &Pixels, theirs: &Pixels) -> Option<f64> {
    let spread = (theirs.channels() / ours.channels()) as usize;
    (ours.size() == theirs.size()).then(|| {
        let ours = crate::bytes(ours).iter().flat_map(|&sample| std::iter::repeat_n(sample, spread));
        let sum: f64 = ours.zip(crate::bytes(theirs)).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
        sum / crate::bytes(theirs).len() as f64
    })
}

//! Mosaicist's JPEG codec next to libjpeg-turbo: speed, size, error. `cargo run --release [FILE.jpg]`.
//! `as-it-is FILE.jpg` decodes that very stream, a progressive one perhaps. `compare FOLDER`, `fuzz FOLDER COUNT` and
//! `streams FILE FOLDER` do other things with real files.
//!
//! Each figure is a median of interleaved rounds, in processor time of one thread, so both meet the same machine; the last column is the ratio
//! of the best rounds, which a busy machine disturbs less.

mod files;

use std::hint::black_box;
use std::path::Path;

use cpu_time::ThreadTime;
use mosaicist::codec::jpeg::{self, DecodeOptions, EncodeOptions, Subsampling};
use mosaicist::geometry::{Rect, Size};
use mosaicist::pixels::{Pixels, Samples};
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp};

const ROUNDS: usize = 101;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let source = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["as-it-is", path] => return decode_race(&std::fs::read(path).expect("readable file")),
        ["compare", folder] => return files::compare(Path::new(folder)),
        ["streams", file, folder] => return files::write_streams(Path::new(file), Path::new(folder)),
        ["fuzz", folder, count] => return files::fuzz(Path::new(folder), count.parse().expect("a number")),
        [path, ..] => turbo_decode(&std::fs::read(path).expect("readable file"), ScalingFactor::ONE),
        [] => generated(Size::new(1024, 1024)),
    };
    println!("{:24} {:>9} {:>9} {:>6} {:>6}", "Mpx/s, medians", "mosaicist", "turbo", "ratio", "best");
    for (width, height) in [(256, 256), (512, 512), (800, 600)] {
        for quality in [75, 90] {
            for (subsampling, name) in [(Subsampling::Quarter, "4:2:0"), (Subsampling::Full, "4:4:4")] {
                let at = |side: u32, part: u32| i64::from((side - part.min(side)) / 2);
                let (x, y) = (at(source.size().width, width), at(source.size().height, height));
                let tile = source.crop(Rect::new(x, y, x + i64::from(width), y + i64::from(height)));
                compare(&tile, &format!("{width}x{height} q{quality} {name}"), quality, subsampling);
            }
        }
    }
}

fn compare(tile: &Pixels, name: &str, quality: u8, subsampling: Subsampling) {
    let options = EncodeOptions { quality, subsampling, ..EncodeOptions::default() };
    let mut ours = Vec::new();
    jpeg::encode(tile.view(), &options, &mut ours).expect("encodes");
    let mut compressor = Compressor::new().expect("libjpeg-turbo");
    compressor.set_quality(quality.into()).expect("a quality");
    compressor
        .set_subsamp(if subsampling == Subsampling::Full { Subsamp::None } else { Subsamp::Sub2x2 })
        .expect("known");
    let image = Image {
        pixels: bytes(tile),
        width: tile.size().width as usize,
        pitch: tile.size().width as usize * 3,
        height: tile.size().height as usize,
        format: PixelFormat::RGB,
    };
    let theirs = compressor.compress_to_vec(image).expect("encodes");
    let area = tile.size().area() as f64 / 1e6;

    let decoded =
        |reduce| jpeg::decode(&theirs, &DecodeOptions { reduce, ..DecodeOptions::default() }).expect("decodes");
    let (full, full_turbo) = (decoded(0), turbo_decode(&theirs, ScalingFactor::ONE));
    let (eighth, eighth_turbo) = (decoded(3), turbo_decode(&theirs, ScalingFactor::ONE_EIGHTH));
    println!(
        "{name:24} decode max {} mean {:.3}, 1/8 mean {:.3}; size {:+.2} %, PSNR {:.2} ({:+.3}) dB",
        most(&full, &full_turbo),
        mean(&full, &full_turbo),
        mean(&eighth, &eighth_turbo),
        (ours.len() as f64 / theirs.len() as f64 - 1.0) * 100.0,
        psnr(tile, &turbo_decode(&ours, ScalingFactor::ONE)),
        psnr(tile, &turbo_decode(&ours, ScalingFactor::ONE)) - psnr(tile, &full_turbo),
    );
    decode_race(&theirs);
    let mut out = Vec::new();
    let mut turbo_out = turbojpeg::OutputBuf::new_owned();
    race(
        "encode",
        area,
        || {
            out.clear();
            jpeg::encode(tile.view(), &options, &mut out).expect("encodes");
        },
        || compressor.compress(image, &mut turbo_out).expect("encodes"),
    );
}

fn decode_race(stream: &[u8]) {
    let area = jpeg::header(stream).expect("a header").size.area() as f64 / 1e6;
    let mut decompressor = Decompressor::new().expect("libjpeg-turbo");
    let mut out = Vec::new();
    for (name, reduce, scale) in [("decode", 0, ScalingFactor::ONE), ("decode 1/8", 3, ScalingFactor::ONE_EIGHTH)] {
        let options = DecodeOptions { reduce, ..DecodeOptions::default() };
        let turbo = || {
            decompressor.set_scaling_factor(scale).expect("a factor");
            let header = decompressor.read_header(stream).expect("a header").scaled(scale);
            out.resize(header.width * header.height * 3, 0);
            let image = Image {
                pixels: &mut out[..],
                width: header.width,
                pitch: header.width * 3,
                height: header.height,
                format: PixelFormat::RGB,
            };
            decompressor.decompress(stream, image).expect("decodes");
        };
        race(name, area, || drop(black_box(jpeg::decode(stream, &options).expect("decodes"))), turbo);
    }
}

fn race(name: &str, area: f64, mut ours: impl FnMut(), mut theirs: impl FnMut()) {
    let mut times = [Vec::new(), Vec::new()];
    let repeat = (0.5 / area).ceil() as usize;
    for _ in 0..ROUNDS {
        let start = ThreadTime::now();
        (0..repeat).for_each(|_| ours());
        let middle = ThreadTime::now();
        (0..repeat).for_each(|_| theirs());
        times[0].push(middle.duration_since(start).as_secs_f64());
        times[1].push(middle.elapsed().as_secs_f64());
    }
    let [ours, theirs] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        [ROUNDS / 2, 0].map(|rank| area * repeat as f64 / times[rank])
    });
    let [ratio, ratio_of_best] = [0, 1].map(|i| ours[i] / theirs[i]);
    println!("  {name:22} {:9.0} {:9.0} {ratio:6.2} {ratio_of_best:6.2}", ours[0], theirs[0]);
}

fn turbo_decode(stream: &[u8], scale: ScalingFactor) -> Pixels {
    try_turbo_decode(stream, scale).expect("no error and no warning")
}

fn try_turbo_decode(stream: &[u8], scale: ScalingFactor) -> turbojpeg::Result<Pixels> {
    let mut decompressor = Decompressor::new()?;
    decompressor.set_scaling_factor(scale)?;
    let header = decompressor.read_header(stream)?.scaled(scale);
    let mut pixels = vec![0; header.width * header.height * 3];
    let (width, height) = (header.width, header.height);
    let image = Image { pixels: &mut pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    decompressor.decompress(stream, image)?;
    Ok(Pixels::new(Size::new(width as u32, height as u32), 3, Samples::U8(pixels)).expect("as many as said"))
}

/// Soft shapes, edges and a little noise.
fn generated(size: Size) -> Pixels {
    let mut seed = 1u32;
    let samples =
        (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x as f32, y as f32))).flat_map(|(x, y)| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (seed >> 24) as f32 / 16.0;
            let edge = if ((x / 37.0).sin() + (y / 53.0).cos()) > 0.3 { 60.0 } else { 0.0 };
            let wave = |f: f32| 100.0 + 60.0 * (x * f + y * 0.02).sin() * (y * f * 0.7).cos();
            [wave(0.021) + edge + noise, wave(0.05) + noise, wave(0.013) + edge / 2.0 + noise]
                .map(|v| v.clamp(0.0, 255.0) as u8)
        });
    Pixels::new(size, 3, Samples::U8(samples.collect())).expect("as many as said")
}

fn bytes(pixels: &Pixels) -> &[u8] {
    match pixels.samples() {
        Samples::U8(bytes) => bytes,
        _ => &[],
    }
}

fn differences<'p>(a: &'p Pixels, b: &'p Pixels) -> impl Iterator<Item = u8> + 'p {
    assert_eq!(a.size(), b.size());
    bytes(a).iter().zip(bytes(b)).map(|(a, b)| a.abs_diff(*b))
}

fn most(a: &Pixels, b: &Pixels) -> u8 {
    differences(a, b).max().unwrap_or(0)
}

fn mean(a: &Pixels, b: &Pixels) -> f64 {
    differences(a, b).map(f64::from).sum::<f64>() / bytes(a).len() as f64
}

fn psnr(a: &Pixels, b: &Pixels) -> f64 {
    let squares = differences(a, b).map(|d| f64::from(d).powi(2)).sum::<f64>() / bytes(a).len() as f64;
    10.0 * (255.0 * 255.0 / squares).log10()
}

//! The JPEG codec next to the crates in pure Rust: `cargo bench --no-default-features --bench jpeg [FILE.jpg]`.
//!
//! libjpeg-turbo needs a C compiler and an assembler, so the race against it is a package of its own, in `turbojpeg/`.

use std::hint::black_box;
use std::time::Instant;

use mosaicist::codec::jpeg::{self, DecodeOptions, EncodeOptions, Subsampling};
use mosaicist::geometry::Size;
use mosaicist::pixels::{Pixels, Samples};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

const ROUNDS: usize = 41;

fn main() {
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let picture = match file {
        Some(path) => {
            let stream = std::fs::read(path).expect("a readable file");
            jpeg::decode(&stream, &DecodeOptions::default()).expect("a JPEG")
        }
        None => generated(Size::new(512, 512)),
    };
    for subsampling in [Subsampling::Quarter, Subsampling::Full] {
        for quality in [75, 90] {
            race(&picture, EncodeOptions { quality, subsampling, ..EncodeOptions::default() });
        }
    }
}

fn race(picture: &Pixels, options: EncodeOptions) {
    let mut stream = Vec::new();
    jpeg::encode(picture.view(), &options, &mut stream).expect("encodes");
    let area = picture.size().area() as f64 / 1e6;
    let decode = |reduce| {
        let options = DecodeOptions { reduce, ..DecodeOptions::default() };
        black_box(jpeg::decode(&stream, &options).expect("decodes"));
    };
    let mut out = Vec::new();
    println!(
        "q{} {:?}, Mpx/s: decode {:.0}, 1/8 {:.0}, zune-jpeg {:.0}; encode {:.0}",
        options.quality,
        options.subsampling,
        area / median(|| decode(0)),
        area / median(|| decode(3)),
        area / median(|| {
            black_box(JpegDecoder::new(ZCursor::new(&stream)).decode().expect("decodes"));
        }),
        area / median(|| {
            out.clear();
            jpeg::encode(picture.view(), &options, &mut out).expect("encodes");
        }),
    );
}

/// Seconds.
fn median(mut work: impl FnMut()) -> f64 {
    let mut times = [(); ROUNDS].map(|()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    });
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn generated(size: Size) -> Pixels {
    let mut seed = 1u32;
    let place = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x as f32, y as f32)));
    let samples = place.flat_map(|(x, y)| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (seed >> 24) as f32 / 16.0;
        [0.021, 0.05, 0.013].map(|f: f32| (120.0 + 90.0 * (x * f).sin() * (y * f).cos() + noise) as u8)
    });
    Pixels::new(size, 3, Samples::U8(samples.collect())).expect("as many samples as pixels need")
}

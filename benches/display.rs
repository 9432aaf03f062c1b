//! How long a 512 × 512 tile takes from samples to the screen's bytes: `cargo bench --no-default-features --bench display`.

use std::hint::black_box;
use std::time::Instant;

use mosaicist::display::{Display, Lut, Mapper, histograms};
use mosaicist::geometry::Size;
use mosaicist::pixels::{Color, Pixels, SampleType, Samples};

const ROUNDS: usize = 41;
const SIZE: Size = Size::new(512, 512);

fn main() {
    let kinds = [(Color::Gray, 1), (Color::Rgb, 3), (Color::Rgba, 4), (Color::Channels, 5)];
    println!("{:<24} {:>9} {:>9} {:>9} {:>9} {:>9}", "ms per tile", "as it is", "window", "gamma", "lut", "count");
    for sample in [SampleType::U8, SampleType::U16, SampleType::F32] {
        for (color, channels) in kinds {
            let pixels = noise(sample, channels);
            let plain = Display::new(color, channels, sample);
            let mut window = plain.clone();
            window.channels.iter_mut().for_each(|channel| channel.low = 0.1 * sample.max());
            let mut bent = window.clone();
            bent.channels.iter_mut().for_each(|channel| channel.gamma = 1.8);
            let mut lut = window.clone();
            lut.channels[0].lut = Some(Lut::Viridis);
            let map = |display: &Display| {
                let mapper = Mapper::new(display, color, channels, sample);
                median(|| drop(black_box(mapper.rgba(&pixels))))
            };
            let [a, b, c, d] = [&plain, &window, &bent, &lut].map(map);
            let count = median(|| drop(black_box(histograms(&pixels, color, None))));
            let name = format!("{sample:?} {color:?} {channels}");
            println!("{name:<24} {a:>9.3} {b:>9.3} {c:>9.3} {d:>9.3} {count:>9.3}");
        }
        let mut bent = Display::new(Color::Rgb, 3, sample);
        bent.channels.iter_mut().for_each(|channel| channel.gamma = 1.8);
        let tables = median(|| drop(black_box(Mapper::new(&bent, Color::Rgb, 3, sample))));
        println!("{sample:?}: tables of three channels, gamma 1.8: {tables:.3} ms");
    }
}

fn noise(sample: SampleType, channels: u8) -> Pixels {
    let count = SIZE.area() * u64::from(channels);
    let noise = (0..count).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40);
    let samples = match sample {
        SampleType::U8 => Samples::U8(noise.map(|v| v as u8).collect()),
        SampleType::U16 => Samples::U16(noise.map(|v| v as u16).collect()),
        _ => Samples::F32(noise.map(|v| v as f32 / (1u64 << 24) as f32).collect()),
    };
    Pixels::new(SIZE, channels, samples).expect("as many samples as pixels and channels")
}

/// Milliseconds.
fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

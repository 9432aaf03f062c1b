//! Mapping next to a plain reference, and windows that suit.

use super::*;
use crate::geometry::Size;
use crate::pixels::{Pixels, Samples};

/// Pixel by pixel, sample by sample, from the definition.
fn reference(display: &Display, pixels: &Pixels, color: Color) -> Vec<u8> {
    let channels = usize::from(pixels.channels());
    let values: Vec<f32> = match pixels.samples() {
        Samples::U8(samples) => samples.iter().map(|v| f32::from(*v)).collect(),
        Samples::U16(samples) => samples.iter().map(|v| f32::from(*v)).collect(),
        Samples::F32(samples) => samples.clone(),
        other => panic!("samples of {}", other.sample_type().name()),
    };
    let show = |pixel: &[f32]| {
        let mut sum = [0u32; 3];
        for (channel, value) in display.channels.iter().zip(pixel).filter(|(channel, _)| channel.on) {
            let part = ((value - channel.low) / (channel.high - channel.low)).clamp(0.0, 1.0);
            let bent = (f64::from(part).powf(1.0 / f64::from(channel.gamma)) * 255.0).round() as usize;
            let step = if channel.inverted { 255 - bent } else { bent };
            let color = match channel.lut {
                Some(lut) => lut.table()[step],
                None => channel.color.map(|c| (f64::from(c) * step as f64 / 255.0).round() as u8),
            };
            sum = [0, 1, 2].map(|c| sum[c] + u32::from(color[c]));
        }
        let alpha = pixel[channels - 1] / pixels.sample_type().max() * 255.0;
        let a = if color.has_alpha() { alpha.round() as u8 } else { 255 };
        let [r, g, b] = sum.map(|c| c.min(255) as u8);
        [r, g, b, a]
    };
    values.chunks_exact(channels).flat_map(show).collect()
}

fn block(sample: SampleType, channels: u8) -> Pixels {
    let size = Size::new(97, 41);
    let count = size.area() as usize * usize::from(channels);
    let noise = (0..count as u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40);
    let samples = match sample {
        SampleType::U8 => Samples::U8(noise.map(|v| v as u8).collect()),
        SampleType::U16 => Samples::U16(noise.map(|v| v as u16).collect()),
        _ => Samples::F32(noise.map(|v| v as f32 / (1 << 23) as f32 - 0.5).collect()),
    };
    Pixels::new(size, channels, samples).unwrap()
}

const TYPES: [SampleType; 3] = [SampleType::U8, SampleType::U16, SampleType::F32];
const KINDS: [(Color, u8); 7] = [
    (Color::Gray, 1),
    (Color::GrayAlpha, 2),
    (Color::Rgb, 3),
    (Color::Rgba, 4),
    (Color::Channels, 2),
    (Color::Channels, 5),
    (Color::Channels, 30),
];

/// The most that mapping differs from the reference.
fn off(display: &Display, pixels: &Pixels, color: Color) -> u8 {
    let mapper = Mapper::new(display, color, pixels.channels(), pixels.sample_type());
    let (found, expected) = (mapper.rgba(pixels), reference(display, pixels, color));
    assert_eq!(found.len(), expected.len());
    found.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or_default()
}

#[test]
fn every_kind_of_pixel_maps_as_defined() {
    for sample in TYPES {
        for (color, channels) in KINDS {
            let pixels = block(sample, channels);
            let mut display = Display::new(color, channels, sample);
            assert_eq!(off(&display, &pixels, color), 0, "{sample:?} {color:?} {channels}, as it is");
            for (at, channel) in display.channels.iter_mut().enumerate() {
                (channel.low, channel.high) = (0.1 * sample.max(), (0.5 + 0.1 * at as f32) * sample.max());
                channel.gamma = [1.0, 2.2, 0.5][at % 3];
                channel.inverted = at % 2 == 1;
            }
            assert!(off(&display, &pixels, color) <= 1, "{sample:?} {color:?} {channels}, bent");
            for lut in Lut::ALL {
                display.channels[0].lut = Some(lut);
                // A step of 1 between two colors of a scale may be several of a byte; none where it is straight.
                display.channels.iter_mut().for_each(|channel| channel.gamma = 1.0);
                let most = if sample == SampleType::F32 { 8 } else { 0 };
                assert!(off(&display, &pixels, color) <= most, "{sample:?} {color:?} {channels} {lut:?}");
            }
        }
    }
}

#[test]
fn channels_are_switched_off_one_by_one() {
    let pixels = block(SampleType::U16, 3);
    let mut display = Display::new(Color::Rgb, 3, SampleType::U16);
    for at in [1, 0, 2] {
        display.channels[at].on = false;
        assert_eq!(off(&display, &pixels, Color::Rgb), 0, "without {at}");
    }
    let mapper = Mapper::new(&display, Color::Rgb, 3, SampleType::U16);
    assert!(mapper.rgba(&pixels).as_chunks().0.iter().all(|pixel| *pixel == [0, 0, 0, 255]), "all off is black");
}

#[test]
fn nan_is_dark() {
    let pixels =
        Pixels::new(Size::new(3, 1), 1, Samples::F32(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY])).unwrap();
    let display = Display::new(Color::Gray, 1, SampleType::F32);
    let shown = Mapper::new(&display, Color::Gray, 1, SampleType::F32).rgba(&pixels);
    assert_eq!(shown, [0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 255]);
}

#[test]
fn an_empty_window_is_a_threshold() {
    let pixels = Pixels::new(Size::new(3, 1), 1, Samples::U16(vec![9, 10, 11])).unwrap();
    let mut display = Display::new(Color::Gray, 1, SampleType::U16);
    (display.channels[0].low, display.channels[0].high) = (10.0, 10.0);
    let shown = Mapper::new(&display, Color::Gray, 1, SampleType::U16).rgba(&pixels);
    assert_eq!(shown.as_chunks::<4>().0.iter().map(|p| p[0]).collect::<Vec<_>>(), [0, 0, 255]);
}

fn fitted(color: Color, sample: SampleType, samples: Samples, tight: bool) -> Vec<(f32, f32)> {
    let channels = if color == Color::Rgb { 3 } else { 1 };
    let size = Size::new(samples.len() as u32 / channels, 1);
    let pixels = Pixels::new(size, channels as u8, samples).unwrap();
    let mut display = Display::new(color, channels as u8, sample);
    display.fit(&histograms(&pixels, color, None), color, sample, tight);
    display.channels.iter().map(|channel| (channel.low, channel.high)).collect()
}

#[test]
fn windows_suit_the_values() {
    let ramp = |from: u16, to: u16| Samples::U16((from..to).collect());
    assert_eq!(fitted(Color::Gray, SampleType::U16, ramp(1000, 3000), false), [(1001.0, 2997.0)]);
    // One odd value among many equal ones is not lost.
    let mut lonely = vec![7u16; 5000];
    lonely[3] = 900;
    assert_eq!(fitted(Color::Gray, SampleType::U16, Samples::U16(lonely), false), [(7.0, 900.0)]);
    let flat = fitted(Color::Gray, SampleType::U16, Samples::U16(vec![500; 64]), false);
    assert!(flat[0].0 <= 500.0 && flat[0].1 > flat[0].0, "{flat:?}");
    // Bytes keep their range unless asked; a dim photograph of 16 bits is lifted, a bright one not.
    let bytes = || Samples::U8((10..60).collect());
    assert_eq!(fitted(Color::Gray, SampleType::U8, bytes(), false), [(0.0, 255.0)]);
    assert_eq!(fitted(Color::Gray, SampleType::U8, bytes(), true), [(10.0, 59.0)]);
    let colors = |top: u16| Samples::U16((0..3000).map(|i| i % 3 * 10 + i * (top / 3000)).collect());
    let dim = fitted(Color::Rgb, SampleType::U16, colors(6000), false);
    assert!(dim[0] == dim[1] && dim[1] == dim[2] && dim[0].1 < 7000.0, "one window for all: {dim:?}");
    assert_eq!(fitted(Color::Rgb, SampleType::U16, colors(60000), false), [(0.0, 65535.0); 3]);
    let heat = Samples::F32((0..1000).map(|i| 250.0 + i as f32 * 0.1).collect());
    let (low, high) = fitted(Color::Gray, SampleType::F32, heat, false)[0];
    assert!((low - 250.1).abs() < 0.2 && (high - 349.8).abs() < 0.2, "{low} to {high}");
}

#[test]
fn stains_have_their_colors() {
    let mut display = Display::new(Color::Channels, 3, SampleType::U16);
    let name = |name: &str, color| ChannelName { name: name.into(), color };
    display.name_channels(&[name("DAPI", None), name("", None), name("CD3", Some([1, 2, 3]))]);
    let found: Vec<_> = display.channels.iter().map(|channel| (&*channel.name, channel.color)).collect();
    assert_eq!(found, [("DAPI", [0, 0, 255]), ("Channel 2", [0, 255, 0]), ("CD3", [1, 2, 3])]);
    let many = Display::new(Color::Channels, 40, SampleType::U16);
    assert_eq!(many.channels.iter().filter(|channel| channel.on).count(), MOST_ON);
}

#[test]
fn a_single_channel_is_gray_unless_the_file_gives_a_color() {
    let named = |color| ChannelName { name: "DAPI".into(), color };
    let mut display = Display::new(Color::Gray, 1, SampleType::U16);
    display.name_channels(&[named(None)]);
    assert_eq!((&*display.channels[0].name, display.channels[0].color), ("DAPI", [255; 3]));
    display.name_channels(&[named(Some([9, 8, 7]))]);
    assert_eq!(display.channels[0].color, [9, 8, 7]);
    let mut several = Display::new(Color::Channels, 2, SampleType::U16);
    several.name_channels(&[named(None), named(None)]);
    assert_ne!(several.channels[0].color, [255; 3]);
}

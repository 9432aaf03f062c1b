//! The codec against other codecs, against itself on other machines, and against damage.

use jpeg_encoder::{ColorType, Encoder as ForeignEncoder, SamplingFactor};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

mod scans;

const SUBSAMPLINGS: [Subsampling; 4] =
    [Subsampling::Full, Subsampling::Half, Subsampling::HalfDown, Subsampling::Quarter];

/// Numbers without a pattern, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// Soft colors with an edge, and noise as coarse as `noise`.
fn picture(width: u32, height: u32, channels: u8, noise: usize) -> Pixels {
    let mut dice = Dice(u64::from(width) << 32 | u64::from(height));
    let mut samples = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..u32::from(channels) {
                let soft = 128.0 + 90.0 * ((x as f32 + 20.0 * c as f32) / 23.0).sin() * (y as f32 / 31.0).cos();
                let edge = if x + y > 60 { 20 } else { 0 };
                samples.push((soft as usize + edge + dice.roll(noise + 1)).min(255) as u8);
            }
        }
    }
    Pixels::new(Size::new(width, height), channels, Samples::U8(samples)).unwrap()
}

fn bytes(pixels: &Pixels) -> &[u8] {
    match pixels.samples() {
        Samples::U8(bytes) => bytes,
        other => panic!("bytes, not {other:?}"),
    }
}

fn largest_and_mean_difference(a: &Pixels, b: &Pixels) -> (u8, f64) {
    assert_eq!((a.size(), a.channels()), (b.size(), b.channels()));
    let differences = || bytes(a).iter().zip(bytes(b)).map(|(a, b)| a.abs_diff(*b));
    (differences().max().unwrap_or(0), differences().map(f64::from).sum::<f64>() / bytes(a).len() as f64)
}

fn decode_with(stream: &[u8], options: &DecodeOptions<'_>, portable: bool) -> Result<Pixels> {
    let mut engine = if portable { decode::Engine::portable() } else { decode::Engine::default() };
    decode_fast(&mut engine, stream, options, ALL)
}

fn decode_plain(stream: &[u8]) -> Pixels {
    let options = DecodeOptions::default();
    let fast = decode_with(stream, &options, false).unwrap();
    assert_eq!(fast, decode_with(stream, &options, true).unwrap(), "fast and portable differ");
    fast
}

fn encoded(pixels: &Pixels, options: EncodeOptions) -> Vec<u8> {
    let [fast, portable] = [false, true].map(|portable| {
        let mut engine = if portable { encode::Engine::portable() } else { encode::Engine::default() };
        let mut out = Vec::new();
        encode_fast(&mut engine, pixels.view(), options, &mut out);
        out
    });
    assert_eq!(fast, portable, "fast and portable differ");
    fast
}

/// A stream of another encoder, with `interval` MCUs between restart markers.
fn foreign(pixels: &Pixels, factor: SamplingFactor, interval: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = ForeignEncoder::new(&mut out, 85);
    encoder.set_sampling_factor(factor);
    encoder.set_restart_interval(interval);
    let colors = if pixels.channels() == 1 { ColorType::Luma } else { ColorType::Rgb };
    let size = pixels.size();
    encoder.encode(bytes(pixels), size.width as u16, size.height as u16, colors).unwrap();
    out
}

#[test]
fn all_sizes_come_back_and_others_read_the_same() {
    for width in 1..=130 {
        let height = width * 37 % 130 + 1;
        for (channels, subsampling) in SUBSAMPLINGS.map(|s| (3, s)).into_iter().chain([(1, Subsampling::Full)]) {
            let pixels = picture(width, height, channels, 6);
            let options = EncodeOptions { quality: 90, subsampling, ..EncodeOptions::default() };
            let stream = encoded(&pixels, options);
            let ours = decode_plain(&stream);
            let case = format!("{width}×{height}×{channels} {subsampling:?}");
            let (_, loss) = largest_and_mean_difference(&pixels, &ours);
            assert!(loss < 5.0, "{case}: {loss} lost");
            let others = foreign::decode(&stream);
            let (most, mean) = largest_and_mean_difference(&ours, &others);
            let limits = if subsampling == Subsampling::Full { (3, 0.5) } else { (255, 2.0) };
            assert!(most <= limits.0 && mean <= limits.1, "{case}: {most} at most, {mean} in the mean");
        }
    }
}

#[test]
fn streams_of_others_are_read() {
    let factors = [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2];
    for (i, factor) in factors.into_iter().enumerate() {
        for (width, height, interval) in [(64, 64, 0), (65, 33, 3), (17, 90, 1), (5, 3, 0), (100, 101, 9)] {
            let pixels = picture(width, height, 3, 0);
            let ours = decode_plain(&foreign(&pixels, factor, interval));
            let (most, mean) = largest_and_mean_difference(&pixels, &ours);
            assert!(mean < 4.0, "{i} {width}×{height} {interval}: {most} at most, {mean} in the mean");
        }
    }
}

#[test]
fn a_stream_without_tables_needs_them() {
    let pixels = picture(64, 48, 3, 10);
    for subsampling in SUBSAMPLINGS {
        let whole = EncodeOptions { quality: 60, subsampling, ..EncodeOptions::default() };
        let part = EncodeOptions { abbreviated: true, ..whole };
        let (stream, tables) = (encoded(&pixels, part), tables(&part, 3));
        assert!(stream.len() + 500 < encoded(&pixels, whole).len());
        let options = DecodeOptions { tables: &tables, ..DecodeOptions::default() };
        assert_eq!(decode(&stream, &options).unwrap(), decode_plain(&encoded(&pixels, whole)));
        assert!(decode(&stream, &DecodeOptions::default()).is_err());
    }
}

#[test]
fn colors_can_be_forced() {
    let pixels = picture(40, 40, 3, 0);
    let stream =
        encoded(&pixels, EncodeOptions { quality: 95, subsampling: Subsampling::Full, ..EncodeOptions::default() });
    let stored = decode(&stream, &DecodeOptions { color: ColorSpace::AsStored, ..DecodeOptions::default() }).unwrap();
    let forced = decode(&stream, &DecodeOptions { color: ColorSpace::YCbCr, ..DecodeOptions::default() }).unwrap();
    assert_eq!(forced, decode_plain(&stream));
    let luma = |rgb: &[u8]| 0.299 * f32::from(rgb[0]) + 0.587 * f32::from(rgb[1]) + 0.114 * f32::from(rgb[2]);
    for (ycc, rgb) in bytes(&stored).chunks(3).zip(bytes(&pixels).chunks(3)) {
        assert!((f32::from(ycc[0]) - luma(rgb)).abs() < 12.0);
    }
}

/// How far from the reference a stream decodes to, at most.
fn farthest_from_reference(stream: &[u8], reduce: u8) -> u8 {
    let options = DecodeOptions { reduce, ..DecodeOptions::default() };
    let ours = decode_with(stream, &options, false).unwrap();
    assert_eq!(ours, decode_with(stream, &options, true).unwrap(), "fast and portable differ");
    let (above, below) = (reference::decode(stream, reduce, 1e-4), reference::decode(stream, reduce, -1e-4));
    assert_eq!(ours.size(), Size::new(above.0 as u32, above.1 as u32));
    let samples = bytes(&ours).iter().zip(above.2.iter().zip(&below.2));
    samples.map(|(ours, (above, below))| ours.abs_diff(*above).min(ours.abs_diff(*below))).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_size_and_sampling_matches_the_reference_decoder(
        (width, height, noise) in (1..=130u32, 1..=130u32, 0..60usize),
        (quality, way, interval) in (1..=100u8, 0..6usize, 0..5u16),
    ) {
        let (channels, colors) = match way {
            4 => (3, StoredColors::Rgb),
            5 => (1, StoredColors::Ycc),
            _ => (3, StoredColors::Ycc),
        };
        let subsampling = SUBSAMPLINGS[way % 4];
        let pixels = picture(width, height, channels, noise);
        let options = EncodeOptions { quality, subsampling, colors, abbreviated: false };
        let mut stream = encoded(&pixels, options);
        if interval > 0 {
            stream.clear();
            let mut encoder = Encoder::new(pixels.size(), channels, &options, interval, &mut stream).unwrap();
            encoder.push(pixels.view(), &mut stream).unwrap();
            encoder.finish(&mut stream).unwrap();
        }
        for reduce in 0..=3 {
            let most = farthest_from_reference(&stream, reduce);
            prop_assert!(most <= 2, "{most} from the reference at 1/{}", 1 << reduce);
        }
        let others = foreign::decode(&stream);
        prop_assert_eq!((others.size(), others.channels()), (pixels.size(), channels));
    }
}

#[test]
fn pieces_of_several_threads_are_one_stream() {
    let pixels = picture(70, 100, 3, 30);
    for subsampling in SUBSAMPLINGS {
        let options = EncodeOptions { quality: 85, subsampling, ..EncodeOptions::default() };
        let (h, v) = subsampling.factors();
        let (across, band) = (70u32.div_ceil(8 * u32::from(h)), 8 * i64::from(v));
        let mut stream = Vec::new();
        write_header(pixels.size(), 3, &options, across as u16, &mut stream).unwrap();
        let bands = (0..100).step_by(band as usize).map(|top| Rect::new(0, top, 70, (top + band).min(100)));
        for (n, rect) in (0u8..).zip(bands) {
            if n > 0 {
                stream.extend([0xFF, 0xD0 + (n - 1) % 8]);
            }
            encode_interval(pixels.part(rect), &options, &mut stream).unwrap();
        }
        stream.extend([0xFF, 0xD9]);
        let mut serial = Vec::new();
        let mut encoder = Encoder::new(pixels.size(), 3, &options, across as u16, &mut serial).unwrap();
        encoder.push(pixels.view(), &mut serial).unwrap();
        encoder.finish(&mut serial).unwrap();
        assert_eq!(stream, serial, "{subsampling:?}");
    }
}

#[test]
fn red_green_and_blue_can_be_stored_as_they_are() {
    let pixels = picture(61, 47, 3, 20);
    let options = EncodeOptions { quality: 95, colors: StoredColors::Rgb, ..EncodeOptions::default() };
    let stream = encoded(&pixels, options);
    assert!(largest_and_mean_difference(&pixels, &decode_plain(&stream)).1 < 2.0);
    let others = foreign::decode(&stream);
    assert!(largest_and_mean_difference(&pixels, &others).1 < 2.0);
    let part = EncodeOptions { abbreviated: true, ..options };
    let tables = tables(&part, 3);
    let decode_options = DecodeOptions { tables: &tables, color: ColorSpace::AsStored, ..DecodeOptions::default() };
    assert_eq!(decode(&encoded(&pixels, part), &decode_options).unwrap(), decode_plain(&stream));
}

#[test]
fn reduced_is_the_mean_of_the_pixels() {
    for (subsampling, tolerance) in SUBSAMPLINGS.into_iter().zip([0.6, 1.5, 1.5, 2.0]) {
        let pixels = picture(200, 121, 3, 8);
        let stream = encoded(&pixels, EncodeOptions { quality: 90, subsampling, ..EncodeOptions::default() });
        let full = decode_plain(&stream);
        for reduce in 1..=3 {
            let reduced = decode(&stream, &DecodeOptions { reduce, ..DecodeOptions::default() }).unwrap();
            let halved = (0..reduce).fold(full.clone(), |p, _| crate::pixels::halve(p.view(), false));
            // Whole blocks: those at the edge also hold what is beyond it.
            let inside = Rect::new(0, 0, 200 >> reduce, 121 >> reduce);
            let (_, mean) = largest_and_mean_difference(&reduced.crop(inside), &halved.crop(inside));
            assert_eq!(reduced.size(), halved.size());
            assert!(mean <= tolerance, "{subsampling:?} at 1/{}: {mean}", 1 << reduce);
        }
    }
}

#[test]
fn a_part_is_that_of_the_whole() {
    let pixels = picture(83, 150, 3, 20);
    let all = [
        (SamplingFactor::F_1_1, true),
        (SamplingFactor::F_1_2, true),
        (SamplingFactor::F_2_1, true),
        (SamplingFactor::F_2_2, true),
        (SamplingFactor::F_4_1, false),
        (SamplingFactor::F_4_2, false),
    ];
    let columns = [(0, 83), (0, 1), (15, 17), (18, 60), (40, 83), (70, 75), (82, 83), (60, 200), (90, 99)];
    for (factor, in_one_scan) in all {
        let stream = foreign(&pixels, factor, 4);
        for reduce in 0..=3 {
            let options = DecodeOptions { reduce, ..DecodeOptions::default() };
            let whole = decode(&stream, &options).unwrap();
            for (start, end) in [(0, 1), (3, 17), (7, 8), (15, 16), (16, 19), (31, 33), (10, 500), (200, 300)] {
                for (left, right) in columns {
                    let rect = Rect::new(left, start, right, end);
                    let part = decode_part(&stream, &options, rect).unwrap();
                    let expected = whole.crop(rect);
                    assert!(part == expected, "{rect} of {factor:?} at 1/{}", 1 << reduce);
                    if expected.size().is_empty() {
                        continue;
                    }
                    // The same into the middle of something else.
                    let (line, pitch) = (expected.size().width as usize * 3, expected.size().width as usize * 3 + 7);
                    let mut around = vec![99; pitch * expected.size().height as usize - 7];
                    let rect = rect.intersect(Rect::from_size(whole.size()));
                    let done = decode_into(&stream, &options, (whole.size(), 3), rect, (&mut around, pitch));
                    assert_eq!(done.is_ok(), in_one_scan, "{factor:?}");
                    if !in_one_scan {
                        continue;
                    }
                    let Samples::U8(samples) = expected.samples() else { panic!("type changed") };
                    for (row, expected) in around.chunks(pitch).zip(samples.chunks(line)) {
                        assert!(row.starts_with(expected) && row[line..].iter().all(|&byte| byte == 99), "{rect}");
                    }
                }
            }
        }
    }
}

/// Gives few bytes at a time, as a network does.
struct Slow<'a>(&'a [u8]);

impl std::io::Seek for Slow<'_> {
    fn seek(&mut self, _: std::io::SeekFrom) -> std::io::Result<u64> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

impl std::io::Read for Slow<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let few = to.len().min(777);
        self.0.read(&mut to[..few])
    }
}

#[test]
fn a_stream_in_pieces_is_the_whole() {
    for (width, height, noise) in [(1, 1, 0), (30, 500, 40), (1500, 700, 60)] {
        let pixels = picture(width, height, 3, noise);
        for (subsampling, interval) in SUBSAMPLINGS.into_iter().zip([0, 7, 1, 13]) {
            let options = EncodeOptions { quality: 92, subsampling, ..EncodeOptions::default() };
            let mut stream = Vec::new();
            let mut encoder = Encoder::new(pixels.size(), 3, &options, interval, &mut stream).unwrap();
            for top in (0..i64::from(height)).step_by(13) {
                let rows = pixels.part(Rect::new(0, top, width.into(), (top + 13).min(height.into())));
                encoder.push(rows, &mut stream).unwrap();
            }
            encoder.finish(&mut stream).unwrap();
            if interval == 0 {
                assert_eq!(stream, encoded(&pixels, options));
            }
            let whole = decode_plain(&stream);
            let mut decoder = Decoder::new(Slow(&stream), &DecodeOptions::default()).unwrap();
            let mut samples = Vec::new();
            while let Some(rows) = decoder.next_rows().unwrap() {
                samples.extend_from_slice(bytes(&rows));
            }
            assert!(samples == bytes(&whole), "{width}×{height} {subsampling:?}");
        }
    }
}

#[test]
fn a_stream_cut_short_is_an_error_by_rows() {
    let stream = encoded(
        &picture(90, 90, 3, 30),
        EncodeOptions { quality: 90, subsampling: Subsampling::Half, ..EncodeOptions::default() },
    );
    for length in [0, 1, 300, 700, stream.len() / 2, stream.len() - 40] {
        let decoded =
            Decoder::new(std::io::Cursor::new(&stream[..length]), &DecodeOptions::default()).and_then(|mut decoder| {
                while decoder.next_rows()?.is_some() {}
                Ok(())
            });
        assert!(decoded.is_err(), "{length} bytes");
    }
}

#[test]
fn made_to_measure_is_smaller_and_the_same_picture() {
    for (channels, subsampling) in SUBSAMPLINGS.map(|s| (3, s)).into_iter().chain([(1, Subsampling::Full)]) {
        let pixels = picture(120, 77, channels, 9);
        let options = EncodeOptions { quality: 80, subsampling, ..EncodeOptions::default() };
        let mut optimized = Vec::new();
        encode_optimized(pixels.view(), &options, &mut optimized).unwrap();
        let standard = encoded(&pixels, options);
        assert!(optimized.len() < standard.len());
        assert_eq!(decode_plain(&optimized), decode_plain(&standard));
        let others = foreign::decode(&optimized);
        assert!(largest_and_mean_difference(&others, &decode_plain(&standard)).1 < 2.0);
    }
}

#[test]
fn cmyk_becomes_rgb() {
    let (size, gray) = (Size::new(16, 16), [200u8, 100, 0, 128]);
    let mut stream = Vec::new();
    // This encoder inverts its input and writes Adobe's marker, so its 255 is full colorant.
    ForeignEncoder::new(&mut stream, 100).encode(&gray.repeat(256), 16, 16, ColorType::Cmyk).unwrap();
    let mut ycck = Vec::new();
    ForeignEncoder::new(&mut ycck, 100).encode(&gray.repeat(256), 16, 16, ColorType::CmykAsYcck).unwrap();
    for stream in [&stream, &ycck] {
        let plain = decode_plain(stream);
        assert_eq!((plain.size(), plain.channels()), (size, 3));
        for (made, expected) in bytes(&plain)[..3].iter().zip([27, 77, 127]) {
            assert!(made.abs_diff(expected) <= 3, "{:?}", &bytes(&plain)[..3]);
        }
        let others = foreign::decode(stream);
        assert!(largest_and_mean_difference(&plain, &others).0 <= 3);
        let stored = decode(stream, &DecodeOptions { color: ColorSpace::AsStored, ..DecodeOptions::default() });
        assert_eq!(stored.unwrap().channels(), 4);
        let cmyk = decode_cmyk(stream, 1).unwrap();
        assert_eq!((cmyk.size(), cmyk.channels()), (Size::new(8, 8), 4));
        for (made, expected) in bytes(&cmyk)[..4].iter().zip(gray) {
            assert!(made.abs_diff(expected) <= 4, "{:?}", &bytes(&cmyk)[..4]);
        }
    }
}

/// `stream` with some places changed, and perhaps cut off.
fn damaged(stream: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut stream = stream.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(stream.len());
        match dice.roll(4) {
            0 => stream[at] = dice.roll(256) as u8,
            1 => stream[at] ^= 1 << dice.roll(8),
            2 => stream.truncate(at.max(2)),
            _ => drop(stream.splice(at..at, [0xFF, dice.roll(256) as u8])),
        }
    }
    stream
}

#[test]
fn damage_is_an_error_or_a_picture_but_never_a_panic() {
    let mut dice = Dice(7);
    // Miri looks at every access of memory, and is slow.
    let (rounds, pixels) = if cfg!(miri) { (40, picture(17, 9, 3, 30)) } else { (12_000, picture(70, 50, 3, 30)) };
    let streams: Vec<Vec<u8>> = SUBSAMPLINGS
        .map(|subsampling| encoded(&pixels, EncodeOptions { quality: 80, subsampling, ..EncodeOptions::default() }))
        .into_iter()
        .chain([foreign(&pixels, SamplingFactor::F_1_2, 2)])
        .collect();
    let (mut engine, mut portable) = (decode::Engine::default(), decode::Engine::portable());
    let (mut decoded, mut refused) = (0, 0);
    for round in 0..rounds {
        let stream = damaged(&streams[round % streams.len()], &mut dice);
        if header(&stream).is_ok_and(|header| header.size.area() > 1 << 20) {
            continue;
        }
        let options = DecodeOptions { reduce: (round / 7 % 4) as u8, ..DecodeOptions::default() };
        let fast = decode_fast(&mut engine, &stream, &options, ALL);
        let slow = decode_fast(&mut portable, &stream, &options, ALL);
        assert_eq!(fast.is_ok(), slow.is_ok(), "round {round}");
        if let (Ok(fast), Ok(slow)) = (fast, slow) {
            assert_eq!(fast, slow, "round {round}");
            decoded += 1;
        } else {
            refused += 1;
        }
    }
    assert!(decoded > rounds / 10 && refused > rounds / 10, "{decoded} pictures, {refused} errors");
}

#[test]
fn unsupported_jpeg_input_fails() {
    let options = EncodeOptions { quality: 80, subsampling: Subsampling::Full, ..EncodeOptions::default() };
    let refused = |size, channels, sample| {
        let pixels = Pixels::zeroed(size, channels, sample);
        encode(pixels.view(), &options, &mut Vec::new()).is_err()
    };
    assert!(refused(Size::new(65_536, 1), 1, SampleType::U8));
    assert!(refused(Size::new(0, 1), 1, SampleType::U8));
    assert!(refused(Size::new(4, 4), 2, SampleType::U8));
    assert!(refused(Size::new(4, 4), 3, SampleType::U16));
}

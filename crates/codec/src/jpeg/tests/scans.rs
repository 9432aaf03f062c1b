//! Streams of several scans: the same coefficients sent in any way are the same picture.

use std::io::Cursor;

use super::*;
use crate::jpeg::tables::ZIGZAG;

/// A script of scans: components, first and last coefficient, the lowest bit sent before and now.
type Script = &'static [(&'static [usize], (u8, u8), (u8, u8))];

const SEQUENTIAL: Script = &[(&[0, 1, 2], (0, 63), (0, 0))];
const ONE_BY_ONE: Script = &[(&[2], (0, 63), (0, 0)), (&[0], (0, 63), (0, 0)), (&[1], (0, 63), (0, 0))];
const IN_PAIRS: Script = &[(&[0], (0, 63), (0, 0)), (&[1, 2], (0, 63), (0, 0))];
/// What libjpeg writes.
const USUAL: Script = &[
    (&[0, 1, 2], (0, 0), (0, 1)),
    (&[0], (1, 5), (0, 2)),
    (&[2], (1, 63), (0, 1)),
    (&[1], (1, 63), (0, 1)),
    (&[0], (6, 63), (0, 2)),
    (&[0], (1, 63), (2, 1)),
    (&[0, 1, 2], (0, 0), (1, 0)),
    (&[2], (1, 63), (1, 0)),
    (&[1], (1, 63), (1, 0)),
    (&[0], (1, 63), (1, 0)),
];
const ODD: Script = &[
    (&[1], (0, 0), (0, 3)),
    (&[0, 2], (0, 0), (0, 0)),
    (&[0], (1, 1), (0, 0)),
    (&[0], (2, 63), (0, 3)),
    (&[1], (0, 0), (3, 2)),
    (&[1], (0, 0), (2, 1)),
    (&[1], (0, 0), (1, 0)),
    (&[0], (2, 40), (3, 2)),
    (&[0], (41, 63), (3, 2)),
    (&[0], (2, 63), (2, 1)),
    (&[1], (1, 63), (0, 0)),
    (&[2], (1, 63), (0, 0)),
    (&[0], (2, 63), (1, 0)),
];

/// The coefficients of a frame.
struct Frame {
    size: (usize, usize),
    factors: Vec<(usize, usize)>,
    /// MCUs across and down.
    mcus: (usize, usize),
    /// For each component its blocks, in lines, coefficients in the order of the stream.
    blocks: Vec<Vec<[i32; 64]>>,
}

impl Frame {
    fn random(size: (usize, usize), factors: &[(usize, usize)], dice: &mut Dice) -> Self {
        let most = factors.iter().fold((1, 1), |most: (usize, usize), f| (most.0.max(f.0), most.1.max(f.1)));
        let mcus = (size.0.div_ceil(8 * most.0), size.1.div_ceil(8 * most.1));
        let mut component = |&(h, v): &(usize, usize)| {
            let block = |_| {
                let mut block = [0; 64];
                block[0] = dice.roll(200) as i32 - 100;
                // Many blocks without anything, some with much.
                let count = [0, 0, 0, 1, 3, 20][dice.roll(6)];
                for _ in 0..count {
                    let most = [2, 4, 12][dice.roll(3)];
                    block[1 + dice.roll(63)] = dice.roll(2 * most + 1) as i32 - most as i32;
                }
                block
            };
            (0..mcus.0 * h * mcus.1 * v).map(block).collect()
        };
        let blocks = factors.iter().map(&mut component).collect();
        Self { size, factors: factors.to_vec(), mcus, blocks }
    }

    /// The frame as a stream of these scans.
    fn stream(&self, script: Script, interval: usize) -> Vec<u8> {
        let is_sequential = script.iter().all(|scan| scan.1 == (0, 63));
        let mut out = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
        out.extend((0..64).map(|k| 3 + k / 3));
        out.extend([0xFF, if is_sequential { 0xC1 } else { 0xC2 }, 0, (8 + 3 * self.factors.len()) as u8, 8]);
        out.extend((self.size.1 as u16).to_be_bytes());
        out.extend((self.size.0 as u16).to_be_bytes());
        out.push(self.factors.len() as u8);
        out.extend((1..).zip(&self.factors).flat_map(|(id, f)| [id, (f.0 << 4 | f.1) as u8, 0]));
        // Any symbol in 8 or 9 bits.
        for kind in [0x00, 0x10] {
            out.extend([0xFF, 0xC4, 1, 19, kind, 0, 0, 0, 0, 0, 0, 0, 128, 128, 0, 0, 0, 0, 0, 0, 0]);
            out.extend(0..=255);
        }
        out.extend([0xFF, 0xDD, 0, 4, 0, interval as u8]);
        for &(components, band, bits) in script {
            out.extend([0xFF, 0xDA, 0, (6 + 2 * components.len()) as u8, components.len() as u8]);
            out.extend(components.iter().flat_map(|&c| [c as u8 + 1, 0]));
            out.extend([band.0, band.1, bits.0 << 4 | bits.1]);
            let mut scan = Coder { out, is_sequential, band, bits, ..Coder::default() };
            self.each_mcu(components, interval, &mut scan);
            scan.flush();
            out = scan.out;
        }
        out.extend([0xFF, 0xD9]);
        out
    }

    fn each_mcu(&self, components: &[usize], interval: usize, scan: &mut Coder) {
        let most = self.factors.iter().fold((1, 1), |most: (usize, usize), f| (most.0.max(f.0), most.1.max(f.1)));
        let alone = |c: usize| {
            let blocks = |side: usize, factor: usize, most: usize| (side * factor).div_ceil(most).div_ceil(8);
            (blocks(self.size.0, self.factors[c].0, most.0), blocks(self.size.1, self.factors[c].1, most.1))
        };
        let (across, down) = if let [c] = components { alone(*c) } else { self.mcus };
        for mcu in 0..across * down {
            if interval > 0 && mcu > 0 && mcu % interval == 0 {
                scan.flush();
                scan.out.extend([0xFF, 0xD0 + ((mcu / interval - 1) % 8) as u8]);
            }
            for &c in components {
                let (h, v) = if components.len() == 1 { (1, 1) } else { self.factors[c] };
                for block in 0..h * v {
                    let (x, y) = (mcu % across * h + block % h, mcu / across * v + block / h);
                    scan.put(c, &self.blocks[c][y * self.mcus.0 * self.factors[c].0 + x]);
                }
            }
        }
    }
}

/// Sends one scan, in the plain words of figures G.3 to G.9.
#[derive(Default)]
struct Coder {
    out: Vec<u8>,
    is_sequential: bool,
    band: (u8, u8),
    bits: (u8, u8),
    held: u32,
    held_bits: u32,
    predictions: [i32; 4],
    blocks_left: u32,
    corrections: Vec<u32>,
}

impl Coder {
    fn put(&mut self, component: usize, block: &[i32; 64]) {
        let low = self.bits.1;
        if self.band.0 == 0 && self.bits.0 > 0 {
            return self.bits((block[0] >> low) as u32 & 1, 1);
        }
        if self.band.0 == 0 {
            let dc = block[0] >> low;
            let difference = dc - std::mem::replace(&mut self.predictions[component], dc);
            self.symbol(0, difference);
        }
        match (self.is_sequential, self.band.0, self.bits.0) {
            (true, ..) => self.first(block, (1, 63)),
            (_, 0, _) => {}
            (.., 0) => self.first(block, (self.band.0.into(), self.band.1.into())),
            _ => self.refine(block),
        }
        if self.is_sequential || self.blocks_left == 32767 {
            self.end_blocks();
        }
    }

    fn first(&mut self, block: &[i32; 64], (start, end): (usize, usize)) {
        let mut zeros = 0;
        for value in &block[start..=end] {
            let value = value.signum() * (value.abs() >> self.bits.1);
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.end_blocks();
            while zeros > 15 {
                self.symbol(0xF0, 0);
                zeros -= 16;
            }
            self.symbol(zeros << 4, value);
            zeros = 0;
        }
        self.blocks_left += u32::from(zeros > 0);
    }

    fn refine(&mut self, block: &[i32; 64]) {
        let (start, end) = (usize::from(self.band.0), usize::from(self.band.1));
        let low = self.bits.1;
        let sizes = block.map(|value| value.unsigned_abs() >> low);
        let last_new = (start..=end).rev().find(|&k| sizes[k] == 1).unwrap_or(0);
        let (mut zeros, mut corrections) = (0, Vec::new());
        for (k, &size) in sizes.iter().enumerate().take(end + 1).skip(start) {
            if size == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 && k <= last_new {
                self.end_blocks();
                self.symbol(0xF0, 0);
                zeros -= 16;
                corrections.drain(..).for_each(|bit| self.bits(bit, 1));
            }
            if size > 1 {
                corrections.push(size & 1);
                continue;
            }
            self.end_blocks();
            self.symbol(zeros << 4, block[k].signum());
            corrections.drain(..).for_each(|bit| self.bits(bit, 1));
            zeros = 0;
        }
        if zeros > 0 || !corrections.is_empty() {
            self.blocks_left += 1;
            self.corrections.extend(corrections);
        }
    }

    fn end_blocks(&mut self) {
        if self.blocks_left > 0 {
            let size = self.blocks_left.ilog2();
            self.symbol((size as u8) << 4, 0);
            self.bits(self.blocks_left & ((1 << size) - 1), size);
            self.blocks_left = 0;
            for bit in std::mem::take(&mut self.corrections) {
                self.bits(bit, 1);
            }
        }
    }

    fn symbol(&mut self, high: u8, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let symbol = u32::from(high) | size;
        let (code, length) = if symbol < 128 { (symbol, 8) } else { (symbol + 128, 9) };
        self.bits(code, length);
        let bits = if value < 0 { value - 1 } else { value } as u32;
        self.bits(bits & ((1 << size) - 1), size);
    }

    fn bits(&mut self, bits: u32, count: u32) {
        for i in (0..count).rev() {
            (self.held, self.held_bits) = (self.held << 1 | bits >> i & 1, self.held_bits + 1);
            if self.held_bits == 8 {
                self.out.push(self.held as u8);
                if self.held as u8 == 0xFF {
                    self.out.push(0);
                }
                (self.held, self.held_bits) = (0, 0);
            }
        }
    }

    /// The end of an interval.
    fn flush(&mut self) {
        self.end_blocks();
        while self.held_bits > 0 {
            self.bits(1, 1);
        }
        self.predictions = [0; 4];
    }
}

fn all_rows(stream: &[u8], options: &DecodeOptions<'_>) -> (Vec<u8>, Result<()>) {
    let mut decoder = Decoder::new(Cursor::new(stream), options).unwrap();
    let mut samples = Vec::new();
    loop {
        match decoder.next_rows() {
            Ok(Some(rows)) => samples.extend_from_slice(bytes(&rows)),
            Ok(None) => return (samples, Ok(())),
            Err(error) => return (samples, Err(error)),
        }
    }
}

#[test]
fn scans_in_any_order_are_the_same_picture() {
    let samplings: [&[(usize, usize)]; 8] = [
        &[(1, 1), (1, 1), (1, 1)],
        &[(2, 1), (1, 1), (1, 1)],
        &[(1, 2), (1, 1), (1, 1)],
        &[(2, 2), (1, 1), (1, 1)],
        &[(4, 1), (1, 1), (1, 1)],
        &[(2, 2), (2, 1), (1, 2)],
        &[(3, 1), (1, 1), (2, 1)],
        &[(4, 2), (1, 1), (2, 2)],
    ];
    let mut dice = Dice(3);
    for (factors, size) in
        samplings.iter().zip([(70, 50), (33, 90), (8, 8), (100, 41), (130, 9), (1, 1), (61, 33), (97, 65)])
    {
        let frame = Frame::random(size, factors, &mut dice);
        let plain = frame.stream(SEQUENTIAL, 0);
        for reduce in 0..=3 {
            let options = DecodeOptions { reduce, ..DecodeOptions::default() };
            let expected = decode_with(&plain, &options, false).unwrap();
            for (i, script) in [SEQUENTIAL, ONE_BY_ONE, IN_PAIRS, USUAL, ODD].into_iter().enumerate() {
                for interval in [0, 1, 5] {
                    let case = format!("{factors:?} {size:?} 1/{} script {i}, {interval}", 1 << reduce);
                    let stream = frame.stream(script, interval);
                    let segments = Segments::read(&[], &stream).unwrap();
                    let whole = super::super::scans::decode(&stream, &segments, &options, ALL).unwrap();
                    assert!(whole == expected, "{case}");
                    let (rows, end) = all_rows(&stream, &options);
                    assert!(end.is_ok() && rows == bytes(&expected), "{case} by rows");
                    let rect = Rect::new(2, 3, 9, 7);
                    let part = decode_part(&stream, &options, rect).unwrap();
                    assert_eq!(part, expected.crop(rect), "{case} in part");
                }
            }
        }
    }
}

#[test]
fn other_encoders_scans_are_read() {
    let factors = [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
        SamplingFactor::F_4_1,
    ];
    let kinds = [(3, ColorType::Rgb), (1, ColorType::Luma), (4, ColorType::Cmyk), (4, ColorType::CmykAsYcck)];
    for (channels, colors) in kinds {
        for (factor, interval) in factors.into_iter().zip([0, 7, 1, 0, 3]) {
            let pixels = picture(83, 61, channels, 12);
            let encoded = |is_progressive| {
                let mut stream = Vec::new();
                let mut encoder = ForeignEncoder::new(&mut stream, 85);
                encoder.set_sampling_factor(factor);
                encoder.set_progressive(is_progressive);
                encoder.set_restart_interval(interval);
                encoder.encode(bytes(&pixels), 83, 61, colors).unwrap();
                stream
            };
            let (plain, progressive) = (encoded(false), encoded(true));
            let expected = decode(&plain, &DecodeOptions::default()).unwrap();
            let ours = decode(&progressive, &DecodeOptions::default()).unwrap();
            assert!(ours == expected, "{colors:?} {factor:?}");
            let (rows, end) = all_rows(&progressive, &DecodeOptions::default());
            assert!(end.is_ok() && rows == bytes(&expected), "{colors:?} {factor:?} by rows");
            let cmyk = decode_cmyk(&progressive, 1);
            assert_eq!(cmyk.is_ok(), channels == 4);
            if let Ok(cmyk) = cmyk {
                let options = DecodeOptions { color: ColorSpace::Cmyk, reduce: 1, ..DecodeOptions::default() };
                assert!(all_rows(&progressive, &options).0 == bytes(&cmyk), "{colors:?} {factor:?}, CMYK by rows");
            }
            if factor == SamplingFactor::F_1_1 {
                assert!(largest_and_mean_difference(&ours, &foreign::decode(&progressive)).0 <= 3, "{colors:?}");
            }
        }
    }
}

#[test]
fn truncated_streams_decode_partially() {
    let pixels = picture(120, 90, 1, 4);
    let mut stream = Vec::new();
    let mut encoder = ForeignEncoder::new(&mut stream, 90);
    encoder.set_progressive(true);
    encoder.encode(bytes(&pixels), 120, 90, ColorType::Luma).unwrap();
    let whole = decode(&stream, &DecodeOptions::default()).unwrap();
    let scans: Vec<usize> = (0..stream.len() - 1).filter(|&at| stream[at..at + 2] == [0xFF, 0xDA]).collect();
    let mut last = f64::MAX;
    for &end in &scans[1..] {
        let coarse = decode(&stream[..end], &DecodeOptions::default()).unwrap();
        let (_, difference) = largest_and_mean_difference(&coarse, &whole);
        assert!(difference <= last, "{difference} after {end} bytes, {last} before");
        last = difference;
        let (rows, error) = all_rows(&stream[..end], &DecodeOptions::default());
        assert!(rows == bytes(&coarse) && error.is_err());
    }
    assert!(last < 1.0);
    // In the middle of the first scan: the upper part, and an error by rows where it ends.
    let part = &stream[..usize::midpoint(scans[0], scans[1])];
    let shown = decode(part, &DecodeOptions::default()).unwrap();
    let upper = Rect::new(0, 0, 120, 24);
    assert!(largest_and_mean_difference(&shown.crop(upper), &whole.crop(upper)).1 < 20.0);
    let (rows, error) = all_rows(part, &DecodeOptions::default());
    assert!(error.is_err() && bytes(&shown).starts_with(&rows) && rows.len() < bytes(&shown).len());
    assert!(decode(&stream[..scans[0] + 10], &DecodeOptions::default()).is_err());
}

#[test]
fn damage_between_two_restart_markers_stays_there() {
    let mut dice = Dice(11);
    let frame = Frame::random((160, 160), &[(1, 1), (1, 1), (1, 1)], &mut dice);
    for script in [SEQUENTIAL, ONE_BY_ONE, USUAL] {
        // One row of MCUs an interval.
        let mut stream = frame.stream(script, 20);
        let whole = decode(&stream, &DecodeOptions::default()).unwrap();
        let data = stream.windows(2).position(|pair| pair == [0xFF, 0xD3]).unwrap() + 2;
        // A marker that no scan has.
        stream[data + 3..data + 5].copy_from_slice(&[0xFF, 0x42]);
        let damaged = decode(&stream, &DecodeOptions::default()).unwrap();
        for row in 0..20 {
            let rect = Rect::new(0, row * 8, 160, row * 8 + 8);
            assert_eq!(damaged.crop(rect) == whole.crop(rect), row != 4, "row {row}");
        }
        // A whole interval and its marker gone: what comes after still stands where it belongs.
        let next = data + stream[data..].windows(2).position(|pair| pair == [0xFF, 0xD4]).unwrap() + 2;
        stream.drain(data..next);
        let damaged = decode(&stream, &DecodeOptions::default()).unwrap();
        let lower = Rect::new(0, 48, 160, 160);
        assert!(damaged.crop(lower) == whole.crop(lower));
    }
}

#[test]
fn damaged_scans_are_an_error_or_a_picture_but_never_a_panic() {
    let mut dice = Dice(5);
    let frame = Frame::random((70, 50), &[(2, 2), (1, 1), (1, 1)], &mut dice);
    let streams: Vec<Vec<u8>> = [(USUAL, 0), (USUAL, 3), (ODD, 0), (ONE_BY_ONE, 2)]
        .map(|(script, interval)| frame.stream(script, interval))
        .into();
    let mut compared = 0;
    for round in 0..12_000 {
        let stream = damaged(&streams[round % streams.len()], &mut dice);
        if header(&stream).is_ok_and(|header| header.size.area() > 1 << 20) {
            continue;
        }
        let options = DecodeOptions { reduce: (round / 7 % 4) as u8, ..DecodeOptions::default() };
        if let Ok(whole) = decode(&stream, &options)
            && let Ok(mut decoder) = Decoder::new(Cursor::new(&stream), &options)
        {
            let mut top = 0;
            while let Ok(Some(rows)) = decoder.next_rows() {
                let rect = Rect::new(0, top, whole.size().width.into(), top + i64::from(rows.size().height));
                assert_eq!(rows, whole.crop(rect), "round {round}");
                top = rect.y1;
            }
            compared += usize::from(top > 0);
        }
    }
    assert!(compared > 1000, "{compared} pictures were read by rows");
}

#[test]
fn coefficients_are_stored_in_order() {
    let mut frame = Frame::random((8, 8), &[(1, 1)], &mut Dice(1));
    const SCRIPT: Script = &[(&[0], (0, 0), (0, 0)), (&[0], (1, 63), (0, 1)), (&[0], (1, 63), (1, 0))];
    for (k, at) in ZIGZAG.iter().enumerate().skip(1) {
        frame.blocks[0][0] = std::array::from_fn(|i| if i == k { -7 } else { 0 });
        let (_, _, expected) = reference::decode(&frame.stream(&[(&[0], (0, 63), (0, 0))], 0), 0, 1e-4);
        let ours = decode(&frame.stream(SCRIPT, 0), &DecodeOptions::default()).unwrap();
        let most = bytes(&ours).iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(most <= Some(1), "coefficient {k}, in row order {at}: {most:?}");
    }
}

//! Baseline encoding, one row of MCUs at a time: colors, transform and codes of a strip that stays in the cache.

use super::bits::{BitWriter, OpenBits};
use super::dct;
use super::kernels::{Kernels, Quantized, Task};
use super::tables::{self, HuffmanSpec, ZIGZAG};
use super::{EncodeOptions, StoredColors, huffman, simd};
use crate::geometry::Size;

/// The segment APP0 of JFIF (ITU T.871, 10), which says that colors are YCbCr.
pub(super) const JFIF: [u8; 18] = *b"\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
/// The segment APP14 of Adobe (ITU T.872, 6.5.3), which says that there is no color transform.
pub(super) const ADOBE_RGB: [u8; 16] = *b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0";

/// Bytes that the largest block takes: 64 coefficients of 27 bits, and each byte stuffed.
const BLOCK_ROOM: usize = 512;

/// An encoder with its tables and buffers, to be used for one image after the other.
#[derive(Debug)]
pub(super) struct Engine {
    quality: u8,
    /// For luma and chroma.
    steps: [[u16; 64]; 2],
    factors: [[f32; 64]; 2],
    size: Size,
    channels: usize,
    /// Chroma halved across, down.
    is_half: (bool, bool),
    /// Three channels that are stored as they are, all like luma.
    is_rgb: bool,
    mcus: (u32, u32),
    rows_done: u32,
    predictions: [i32; 3],
    pub(super) restart_interval: u32,
    until_restart: u32,
    next_restart: u8,
    /// A row of MCUs of each component at full resolution, then what is left of chroma.
    strips: [Vec<u8>; 3],
    halves: [Vec<u8>; 2],
    /// Samples in a row of `strips`.
    stride: usize,
    /// Use the portable kernels, for tests.
    portable: bool,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            quality: 0,
            steps: [[1; 64]; 2],
            factors: [[0.0; 64]; 2],
            size: Size::new(0, 0),
            channels: 0,
            is_half: (false, false),
            is_rgb: false,
            mcus: (0, 0),
            rows_done: 0,
            predictions: [0; 3],
            restart_interval: 0,
            until_restart: 0,
            next_restart: 0,
            strips: Default::default(),
            halves: Default::default(),
            stride: 0,
            portable: false,
        }
    }
}

/// Huffman codes for luma and chroma.
#[derive(Debug)]
pub(super) struct Codes {
    dc: [huffman::Encoder; 2],
    ac: [huffman::Encoder; 2],
    /// Of AC coefficients that fit a byte, amplitudes included: nearly all of them.
    small: [Box<huffman::SmallCodes>; 2],
}

impl Codes {
    pub(super) fn new(specs: &[HuffmanSpec<'_>; 4]) -> Self {
        let [luma_dc, luma_ac, chroma_dc, chroma_ac] = specs.map(huffman::Encoder::new);
        let small = [&luma_ac, &chroma_ac].map(|codes| Box::new(huffman::SmallCodes::new(codes)));
        Self { dc: [luma_dc, chroma_dc], ac: [luma_ac, chroma_ac], small }
    }
}

/// The tables of Annex K, in the order in which streams list them: luma DC and AC, chroma DC and AC.
pub(super) const STANDARD: [HuffmanSpec<'static>; 4] =
    [tables::LUMA_DC, tables::LUMA_AC, tables::CHROMA_DC, tables::CHROMA_AC];

/// Where blocks go: to a stream, or to statistics.
pub(super) trait Sink {
    type Symbols<'s>: Symbols
    where
        Self: 's;

    /// Take one block, whose symbols `put` gives.
    fn block(&mut self, put: impl FnOnce(&mut Self::Symbols<'_>));

    /// End of an interval.
    fn restart(&mut self, n: u8);
}

/// Takes the symbols of one block with their amplitudes.
pub(super) trait Symbols {
    /// A DC symbol (its own size) with `symbol` bits of amplitude.
    fn dc(&mut self, chroma: bool, symbol: u8, amplitude: u32);

    /// An AC symbol with as many bits of amplitude as its low half says.
    fn ac(&mut self, chroma: bool, symbol: u8, amplitude: u32);

    /// An AC coefficient behind `run` (below 16) zeros. Not 0, nor -128.
    fn small(&mut self, chroma: bool, run: u32, value: i8) {
        let (size, amplitude) = huffman::category(value.into());
        self.ac(chroma, (run << 4 | size) as u8, amplitude);
    }
}

/// Symbols to bits.
pub(super) struct StreamSink<'c> {
    pub codes: &'c Codes,
    pub bits: BitWriter,
}

pub(super) struct StreamSymbols<'s> {
    codes: &'s Codes,
    bits: OpenBits<'s>,
}

impl Sink for StreamSink<'_> {
    type Symbols<'s>
        = StreamSymbols<'s>
    where
        Self: 's;

    #[inline(always)]
    fn block(&mut self, put: impl FnOnce(&mut StreamSymbols<'_>)) {
        let mut symbols = StreamSymbols { codes: self.codes, bits: self.bits.open(BLOCK_ROOM) };
        put(&mut symbols);
        let state = symbols.bits.state();
        self.bits.close(state);
    }

    fn restart(&mut self, n: u8) {
        self.bits.end_with_marker(0xD0 + n);
    }
}

impl Symbols for StreamSymbols<'_> {
    #[inline(always)]
    fn dc(&mut self, chroma: bool, symbol: u8, amplitude: u32) {
        let (code, length) = self.codes.dc[usize::from(chroma)].code(symbol);
        self.bits.put(code | amplitude, length);
    }

    #[inline(always)]
    fn ac(&mut self, chroma: bool, symbol: u8, amplitude: u32) {
        let (code, length) = self.codes.ac[usize::from(chroma)].code(symbol);
        self.bits.put(code | amplitude, length);
    }

    #[inline(always)]
    fn small(&mut self, chroma: bool, run: u32, value: i8) {
        let (code, length) = self.codes.small[usize::from(chroma)].code(run, value);
        self.bits.put(code, length);
    }
}

/// How often each symbol comes: luma DC and AC, chroma DC and AC.
#[derive(Debug)]
pub(super) struct Statistics(pub [[u32; 256]; 4]);

impl Sink for Statistics {
    type Symbols<'s> = Self;

    fn block(&mut self, put: impl FnOnce(&mut Self)) {
        put(self);
    }

    fn restart(&mut self, _: u8) {}
}

impl Symbols for Statistics {
    fn dc(&mut self, chroma: bool, symbol: u8, _: u32) {
        self.0[2 * usize::from(chroma)][usize::from(symbol)] += 1;
    }

    fn ac(&mut self, chroma: bool, symbol: u8, _: u32) {
        self.0[2 * usize::from(chroma) + 1][usize::from(symbol)] += 1;
    }
}

impl Engine {
    /// One that uses the portable kernels on every machine.
    #[cfg(test)]
    pub(super) fn portable() -> Self {
        Self { portable: true, ..Self::default() }
    }

    /// Make ready for an image of 1 or 3 channels.
    pub(super) fn start(&mut self, size: Size, channels: u8, options: EncodeOptions, restart_interval: u32) {
        if self.quality != options.quality {
            self.quality = options.quality;
            self.steps = [false, true].map(|chroma| tables::quantizer(options.quality, chroma));
            self.factors = [0, 1].map(|i| dct::quantizer(&self.steps[i]));
        }
        (self.size, self.channels) = (size, channels.into());
        self.is_rgb = channels == 3 && options.colors == StoredColors::Rgb;
        let (h, v) = if channels == 1 || self.is_rgb { (1, 1) } else { options.subsampling.factors() };
        self.is_half = (h == 2, v == 2);
        let (width, height) = self.mcu_size();
        self.mcus = (size.width.div_ceil(width), size.height.div_ceil(height));
        self.stride = (self.mcus.0 * width) as usize;
        (self.restart_interval, self.until_restart, self.next_restart) = (restart_interval, restart_interval, 0);
        (self.rows_done, self.predictions) = (0, [0; 3]);
        let len = self.stride * height as usize;
        self.strips[..self.channels].iter_mut().for_each(|strip| strip.resize(len, 0));
    }

    /// Pixels across and down that one MCU stands for.
    pub(super) fn mcu_size(&self) -> (u32, u32) {
        (8 << u32::from(self.is_half.0), 8 << u32::from(self.is_half.1))
    }

    /// All segments before the entropy-coded data.
    pub(super) fn write_header(&self, abbreviated: bool, specs: &[HuffmanSpec<'_>; 4], out: &mut Vec<u8>) {
        out.extend([0xFF, 0xD8]);
        if !abbreviated {
            out.extend(if self.is_rgb { &ADOBE_RGB[..] } else { &JFIF });
            self.write_tables(specs, out);
        }
        let [h1, h0] = (self.size.height as u16).to_be_bytes();
        let [w1, w0] = (self.size.width as u16).to_be_bytes();
        let count = self.channels as u8;
        let factors = (1 << u8::from(self.is_half.0)) << 4 | 1 << u8::from(self.is_half.1);
        // Red, green and blue go by their letters, and with luma's tables.
        let (ids, chroma) = if self.is_rgb { (*b"RGB", 0) } else { ([1, 2, 3], 1) };
        let ids = &ids[..self.channels];
        out.extend([0xFF, 0xC0, 0, 8 + 3 * count, 8, h1, h0, w1, w0, count, ids[0], factors, 0]);
        ids[1..].iter().for_each(|&id| out.extend([id, 0x11, chroma]));
        if self.restart_interval != 0 {
            let [i1, i0] = (self.restart_interval as u16).to_be_bytes();
            out.extend([0xFF, 0xDD, 0, 4, i1, i0]);
        }
        out.extend([0xFF, 0xDA, 0, 6 + 2 * count, count, ids[0], 0]);
        ids[1..].iter().for_each(|&id| out.extend([id, chroma << 4 | chroma]));
        out.extend([0, 63, 0]);
    }

    /// The quantisers and Huffman tables.
    pub(super) fn write_tables(&self, specs: &[HuffmanSpec<'_>; 4], out: &mut Vec<u8>) {
        let kinds = if self.channels == 1 || self.is_rgb { 1 } else { 2 };
        for (id, steps) in (0..kinds).zip(&self.steps) {
            out.extend([0xFF, 0xDB, 0, 67, id]);
            out.extend(ZIGZAG.map(|at| steps[at as usize] as u8));
        }
        for (spec, id) in specs.iter().zip([0x00, 0x10, 0x01, 0x11]).take(2 * usize::from(kinds)) {
            let [l1, l0] = (19 + spec.symbols.len() as u16).to_be_bytes();
            out.extend([0xFF, 0xC4, l1, l0, id]);
            out.extend(spec.counts);
            out.extend(spec.symbols);
        }
    }

    /// Encode the next rows of pixels, as many as one MCU has, but for the last ones. All must be equally long.
    pub(super) fn encode_mcu_row<'r, S: Sink>(&mut self, rows: impl ExactSizeIterator<Item = &'r [u8]>, sink: &mut S) {
        let portable = self.portable;
        simd::run(EncodeRow { engine: self, rows, sink }, portable);
    }

    #[inline(always)]
    fn take_rows<'r, K: Kernels>(&mut self, kernels: K, rows: impl ExactSizeIterator<Item = &'r [u8]>) {
        let (width, stride, count) = (self.size.width as usize, self.stride, rows.len());
        for (row, y) in rows.zip(0..) {
            let [luma, cb, cr] = &mut self.strips;
            let place = y * stride..(y + 1) * stride;
            if self.channels == 1 {
                extend_row(&mut luma[place], width, |to| to.copy_from_slice(row));
                continue;
            }
            let [luma, cb, cr] = [&mut luma[place.clone()], &mut cb[place.clone()], &mut cr[place]];
            let inside = [&mut luma[..width], &mut cb[..width], &mut cr[..width]];
            if self.is_rgb {
                for (c, plane) in inside.into_iter().enumerate() {
                    plane.iter_mut().zip(row.as_chunks::<3>().0).for_each(|(to, rgb)| *to = rgb[c]);
                }
            } else {
                kernels.ycc_from_rgb(row, inside);
            }
            for strip in [luma, cb, cr] {
                extend_row(strip, width, |_| ());
            }
        }
        for strip in &mut self.strips[..self.channels] {
            for y in count..strip.len() / stride {
                strip.copy_within((count - 1) * stride..count * stride, y * stride);
            }
        }
    }

    #[inline(always)]
    fn halve_chroma<K: Kernels>(&mut self, kernels: K) {
        for (strip, half) in self.strips[1..].iter().zip(&mut self.halves) {
            let stride = self.stride;
            let (across, down) = self.is_half;
            half.resize(strip.len() >> u32::from(across) >> u32::from(down), 0);
            if !down {
                kernels.halve_across(strip, half);
                continue;
            }
            for (pair, to) in strip.chunks_exact(2 * stride).zip(half.chunks_exact_mut(stride >> u32::from(across))) {
                let (upper, lower) = pair.split_at(stride);
                if across {
                    kernels.halve_both(upper, lower, to);
                } else {
                    mean_of_two(upper, lower, to);
                }
            }
        }
    }

    #[inline(always)]
    fn encode_blocks<K: Kernels, S: Sink>(&mut self, kernels: K, sink: &mut S) {
        let (h, v) = (1 << u32::from(self.is_half.0), 1 << u32::from(self.is_half.1));
        let chroma_stride = self.stride / h;
        // Blocks with pixels of the image; beyond them, an MCU is filled up with blocks that cost nothing.
        let across = (self.size.width as usize).div_ceil(8);
        let down = (self.size.height as usize).div_ceil(8) - self.rows_done as usize * v;
        for mcu in 0..self.mcus.0 as usize {
            if self.restart_interval != 0 {
                self.restart_if_due(sink);
            }
            let prediction = &mut self.predictions[0];
            for y in 0..v {
                for x in mcu * h..(mcu + 1) * h {
                    if x < across && y < down {
                        let from = &self.strips[0][8 * (y * self.stride + x)..];
                        let values = dct::forward(kernels.load(from, self.stride));
                        sink.block(|to| encode_block(kernels, values, &self.factors[0], prediction, false, to));
                    } else {
                        sink.block(|to| put_empty_block(to));
                    }
                }
            }
            for c in 1..self.channels {
                let plane = if h * v > 1 { &self.halves[c - 1] } else { &self.strips[c] };
                let values = dct::forward(kernels.load(&plane[8 * mcu..], chroma_stride));
                let prediction = &mut self.predictions[c];
                if self.is_rgb {
                    sink.block(|to| encode_block(kernels, values, &self.factors[0], prediction, false, to));
                } else {
                    sink.block(|to| encode_block(kernels, values, &self.factors[1], prediction, true, to));
                }
            }
        }
    }

    fn restart_if_due(&mut self, sink: &mut impl Sink) {
        if self.until_restart == 0 {
            sink.restart(self.next_restart);
            self.next_restart = (self.next_restart + 1) % 8;
            self.until_restart = self.restart_interval;
            self.predictions = [0; 3];
        }
        self.until_restart -= 1;
    }
}

struct EncodeRow<'e, I, S> {
    engine: &'e mut Engine,
    rows: I,
    sink: &'e mut S,
}

impl<'r, I: ExactSizeIterator<Item = &'r [u8]>, S: Sink> Task for EncodeRow<'_, I, S> {
    type Output = ();

    #[inline(always)]
    fn run<K: Kernels>(self, kernels: K) {
        self.engine.take_rows(kernels, self.rows);
        if self.engine.is_half != (false, false) {
            self.engine.halve_chroma(kernels);
        }
        self.engine.encode_blocks(kernels, self.sink);
        self.engine.rows_done += 1;
    }
}

/// Quantize a block and put out its symbols (F.1.2).
#[inline(always)]
fn encode_block<K: Kernels, S: Symbols>(
    kernels: K,
    values: [K::Lanes; 8],
    factors: &[f32; 64],
    prediction: &mut i32,
    chroma: bool,
    to: &mut S,
) {
    let mut block = Quantized::default();
    kernels.quantize(values, factors, &mut block);
    let dc = i32::from(block.dc);
    let (size, amplitude) = huffman::category(dc - *prediction);
    *prediction = dc;
    to.dc(chroma, size as u8, amplitude);
    match &block.words {
        None => put_ac(block.present, chroma, to, |k, run, to| to.small(chroma, run, block.bytes[k])),
        Some(words) => put_ac(block.present, chroma, to, |k, run, to| {
            let (size, amplitude) = huffman::category(words[dct::STORED_AT[k] as usize & 63].into());
            to.ac(chroma, (run << 4 | size) as u8, amplitude);
        }),
    }
}

/// The AC symbols of a block; only the coefficients that are `present` are looked at. `put` gets the place of each and the
/// zeros before it, fewer than 16.
#[inline(always)]
fn put_ac<S: Symbols>(present: u64, chroma: bool, to: &mut S, put: impl Fn(usize, u32, &mut S)) {
    let mut left = present & !1;
    let mut last = 0;
    while left != 0 {
        let k = left.trailing_zeros();
        left &= left - 1;
        let mut run = k - last - 1;
        last = k;
        while run > 15 {
            to.ac(chroma, 0xF0, 0);
            run -= 16;
        }
        put(k as usize & 63, run, to);
    }
    if last != 63 {
        to.ac(chroma, 0, 0);
    }
}

/// A block as bright as the one before, without detail.
fn put_empty_block(to: &mut impl Symbols) {
    to.dc(false, 0, 0);
    to.ac(false, 0, 0);
}

/// Write the first `width` samples of a row, and repeat the last to its end.
#[inline(always)]
fn extend_row(row: &mut [u8], width: usize, write: impl FnOnce(&mut [u8])) {
    let (inside, beyond) = row.split_at_mut(width);
    write(inside);
    beyond.fill(inside[width - 1]);
}

/// The mean of each sample and the one below it.
#[inline(always)]
fn mean_of_two(upper: &[u8], lower: &[u8], to: &mut [u8]) {
    for ((to, &upper), &lower) in to.iter_mut().zip(upper).zip(lower) {
        *to = (u16::from(upper) + u16::from(lower)).div_ceil(2) as u8;
    }
}

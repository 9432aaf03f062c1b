//! Baseline decoding, one row of MCUs at a time.
//!
//! A strip of each component holds two rows of MCUs in turn, since upsampling needs one row of samples beyond; so what is
//! worked on stays in the cache, and an image of any height takes the same memory.

use std::ops::Range;

use super::bits::BitReader;
use super::dct::{self, STORED_AT};
use super::huffman;
use super::kernels::{Block, Kernels, Task};
use super::markers::Segments;
use super::{ColourSpace, simd, upsample};
use crate::geometry::Size;
use crate::{Error, Result};

/// Steps beyond this can only come from damage; small ones keep the arithmetic in range.
const MAX_STEP: u16 = 1023;

/// A decoder with its tables and buffers, to be used for one stream after the other.
#[derive(Debug, Default)]
pub(super) struct Engine {
    dc: [Option<Box<huffman::Decoder>>; 4],
    ac: [Option<Box<huffman::Decoder>>; 4],
    planes: [Plane; 4],
    /// Components in use.
    count: usize,
    /// Of the output.
    size: Size,
    is_ycc: bool,
    /// Chroma is not interpolated.
    pub(super) repeat_chroma: bool,
    mcus: McuGrid,
    restart_interval: u32,
    until_restart: u32,
    next_restart: u8,
    /// Rows of MCUs decoded, and rows of pixels put out.
    rows_decoded: u32,
    rows_out: u32,
    /// Rows of pixels to put out.
    wanted: Range<u32>,
    upsampled: [Vec<u8>; 4],
    sums: Vec<u16>,
    block: Coefficients,
    /// Use the portable kernels, for tests.
    portable: bool,
}

/// The state between two rows of MCUs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checkpoint {
    predictions: [i32; 4],
    until_restart: u32,
    next_restart: u8,
}

#[derive(Debug, Clone, Copy, Default)]
struct McuGrid {
    across: u32,
    down: u32,
    /// Output rows of one MCU.
    height: u32,
}

/// One component: its tables, and a strip of samples.
#[derive(Debug, Default)]
struct Plane {
    h: usize,
    v: usize,
    /// Whether this has half the columns, half the rows of the image put out.
    is_half: (bool, bool),
    /// Samples of a block, across and down: 8, 4, 2 or 1.
    block: (usize, usize),
    dc: usize,
    ac: usize,
    factors: Factors,
    /// The quantiser step of the mean.
    step: i32,
    prediction: i32,
    /// Two rows of MCUs, which take turns.
    strip: Vec<u8>,
    stride: usize,
    /// Samples, without those that only fill MCUs.
    width: usize,
    height: usize,
}

#[derive(Debug)]
struct Factors([f32; 64]);

#[derive(Debug)]
struct Coefficients(Block);

impl Default for Factors {
    fn default() -> Self {
        Self([0.0; 64])
    }
}

impl Default for Coefficients {
    fn default() -> Self {
        Self([0; 128])
    }
}

impl Engine {
    /// One that uses the portable kernels on every machine.
    #[cfg(test)]
    pub(super) fn portable() -> Self {
        Self { portable: true, ..Self::default() }
    }

    /// Make ready for a stream with `data_len` bytes of entropy-coded data, to be halved `reduce` (0 to 3) times. Fails on what
    /// only the fallback decodes.
    pub(super) fn start(
        &mut self,
        segments: &Segments<'_>,
        colour: ColourSpace,
        reduce: u8,
        data_len: usize,
    ) -> Result<()> {
        let count = usize::from(segments.header.components);
        if !segments.is_plain() || !matches!(count, 1..=4) || reduce > 3 {
            return Err(Error::unsupported("JPEG of this kind, piece by piece"));
        }
        self.count = count;
        self.is_ycc = segments.is_ycc(colour);
        self.repeat_chroma = false;
        self.size = segments.header.size.halved_times(reduce.into());
        (self.restart_interval, self.until_restart) = (segments.restart_interval, segments.restart_interval);
        (self.next_restart, self.rows_decoded, self.rows_out) = (0, 0, 0);
        self.wanted = 0..self.size.height;
        self.block.0.fill(0);
        self.lay_out(segments, reduce)?;
        // A block takes two bits at least, so damage cannot ask for more memory than its length is good for.
        let blocks: usize = self.planes[..count].iter().map(|plane| plane.h * plane.v).sum();
        if u64::from(self.mcus.across) * u64::from(self.mcus.down) * blocks as u64
            > 4 * (data_len as u64).saturating_add(1).min(u64::MAX / 4)
        {
            return Err(Error::corrupt("the JPEG is too short for its size"));
        }
        self.take_tables(segments)
    }

    /// Decode only what the rows of pixels in `rows` (of the output) need, and put out only those.
    pub(super) fn limit_to(&mut self, rows: Range<u32>) {
        let end = rows.end.min(self.size.height);
        self.wanted = rows.start.min(end)..end;
    }

    /// Rows of pixels that will be put out.
    pub(super) fn rows_wanted(&self) -> u32 {
        self.wanted.end - self.wanted.start
    }

    /// Samples of a pixel put out.
    pub(super) fn channels(&self) -> u8 {
        self.count as u8
    }

    /// Of the image put out.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Samples of a row put out.
    pub(super) fn line(&self) -> usize {
        self.size.width as usize * self.count
    }

    /// The most rows that one [`advance`](Self::advance) puts out.
    pub(super) fn max_rows(&self) -> usize {
        self.mcus.height as usize + 1
    }

    /// Whether all rows asked for are out.
    pub(super) fn is_done(&self) -> bool {
        self.rows_decoded == self.mcus.down || self.rows_out >= self.wanted.end
    }

    /// What a row of MCUs changes before it succeeds.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            predictions: [0, 1, 2, 3].map(|i| self.planes[i].prediction),
            until_restart: self.until_restart,
            next_restart: self.next_restart,
        }
    }

    /// Undo a row of MCUs that failed.
    pub(super) fn go_back_to(&mut self, checkpoint: Checkpoint) {
        for (plane, prediction) in self.planes.iter_mut().zip(checkpoint.predictions) {
            plane.prediction = prediction;
        }
        (self.until_restart, self.next_restart) = (checkpoint.until_restart, checkpoint.next_restart);
        self.block.0.fill(0);
    }

    /// Decode one more row of MCUs from `bits` and write what rows of pixels that completes to the front of `out`; the number
    /// of bytes written. 0: all done.
    pub(super) fn advance(&mut self, bits: &mut BitReader<'_>, out: &mut [u8]) -> Result<usize> {
        if self.is_done() {
            return Ok(0);
        }
        let portable = self.portable;
        simd::run(Advance { engine: self, bits, out }, portable)
    }

    fn lay_out(&mut self, segments: &Segments<'_>, reduce: u8) -> Result<()> {
        let components = &segments.components[..self.count];
        // The single component of a scan comes block by block, whatever its sampling factors say (A.2.2).
        let factors = |i: usize| if self.count == 1 { (1, 1) } else { (components[i].h, components[i].v) };
        let (h_max, v_max) = (0..self.count).map(factors).fold((1, 1), |max, (h, v)| (max.0.max(h), max.1.max(v)));
        let full = segments.header.size;
        self.mcus = McuGrid {
            across: full.width.div_ceil(8 * u32::from(h_max)),
            down: full.height.div_ceil(8 * u32::from(v_max)),
            height: (8 >> reduce) * u32::from(v_max),
        };
        for i in 0..self.count {
            let (h, v) = factors(i);
            if h_max % h != 0 || v_max % v != 0 || h_max / h > 2 || v_max / v > 2 {
                return Err(Error::unsupported("JPEG with chroma at less than half resolution, piece by piece"));
            }
            let plane = &mut self.planes[i];
            let is_half = (h_max / h == 2, v_max / v == 2);
            // A plane that is half as large is halved once less, and then as large as the others.
            plane.is_half = if reduce == 0 { is_half } else { (false, false) };
            let side = |is_half: bool| 8 >> reduce.saturating_sub(is_half.into());
            plane.block = (side(is_half.0), side(is_half.1));
            (plane.h, plane.v) = (h.into(), v.into());
            plane.width = (self.size.width as usize).div_ceil(1 << u8::from(plane.is_half.0));
            plane.height = (self.size.height as usize).div_ceil(1 << u8::from(plane.is_half.1));
            plane.stride = self.mcus.across as usize * plane.h * plane.block.0;
            plane.prediction = 0;
            let len = plane.stride * plane.v * plane.block.1 * 2;
            plane.strip.resize(len, 0);
            self.upsampled[i].resize(self.size.width as usize, 0);
        }
        Ok(())
    }

    fn take_tables(&mut self, segments: &Segments<'_>) -> Result<()> {
        for (plane, component) in self.planes[..self.count].iter_mut().zip(&segments.components) {
            let steps = segments.quantisers[usize::from(component.quantiser)]
                .filter(|steps| steps.iter().all(|&step| step <= MAX_STEP))
                .ok_or_else(|| Error::corrupt("a JPEG without its quantisers"))?;
            plane.factors = Factors(dct::dequantiser(&steps));
            plane.step = steps[0].into();
            (plane.dc, plane.ac) = (component.dc.into(), component.ac.into());
            for (ready, specs, i) in [(&mut self.dc, &segments.dc, plane.dc), (&mut self.ac, &segments.ac, plane.ac)] {
                let spec = specs[i].ok_or_else(|| Error::corrupt("a JPEG without its Huffman tables"))?;
                if !ready[i].as_ref().is_some_and(|table| table.is_of(spec)) {
                    let table = huffman::Decoder::new(spec)
                        .ok_or_else(|| Error::corrupt("a Huffman table with too many codes"))?;
                    ready[i] = Some(Box::new(table));
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn decode_mcu_row<K: Kernels>(&mut self, kernels: K, bits: &mut BitReader<'_>) -> Option<()> {
        let state = bits;
        let mut bits = *state;
        let half = self.rows_decoded as usize % 2;
        let top = self.rows_decoded * self.mcus.height;
        // Upsampling looks one row of samples, two of pixels, beyond.
        let is_wanted = top < self.wanted.end.saturating_add(2) && top + self.mcus.height + 2 > self.wanted.start;
        for mcu in 0..self.mcus.across as usize {
            if self.restart_interval != 0 {
                self.restart_if_due(&mut bits)?;
            }
            for plane in &mut self.planes[..self.count] {
                let (Some(dc), Some(ac)) = (&self.dc[plane.dc & 3], &self.ac[plane.ac & 3]) else { return None };
                for block_row in 0..plane.v {
                    for block in 0..plane.h {
                        let (x, y) = (mcu * plane.h + block, half * plane.v + block_row);
                        plane.prediction = plane.prediction.wrapping_add(read_dc(dc, &mut bits)?);
                        if !is_wanted {
                            skip_ac(ac, &mut bits)?;
                            continue;
                        }
                        let (across, down) = plane.block;
                        let to = &mut plane.strip[y * down * plane.stride + x * across..];
                        if plane.block == (1, 1) {
                            skip_ac(ac, &mut bits)?;
                            to[0] = mean(plane.prediction, plane.step);
                            continue;
                        }
                        // Before the others: a vector load right behind a narrow store has to wait for it.
                        self.block.0[0] = plane.prediction as i16;
                        if !read_ac(ac, &mut bits, &mut self.block.0)? {
                            self.block.0[0] = 0;
                            fill(to, plane.stride, plane.block, mean(plane.prediction, plane.step));
                            continue;
                        }
                        let columns = kernels.dequantise(&mut self.block.0, &plane.factors.0);
                        if plane.block == (8, 8) {
                            kernels.store(dct::inverse(columns), to, plane.stride);
                        } else {
                            let mut samples = [0; 64];
                            kernels.store(dct::inverse_mean(columns, across, down), &mut samples, 8);
                            for (row, samples) in samples.as_chunks::<8>().0.iter().enumerate().take(down) {
                                to[row * plane.stride..][..across].copy_from_slice(&samples[..across]);
                            }
                        }
                    }
                }
            }
        }
        *state = bits;
        (!bits.overran()).then_some(())
    }

    #[inline(always)]
    fn restart_if_due(&mut self, bits: &mut BitReader<'_>) -> Option<()> {
        if self.until_restart == 0 {
            *bits = bits.restarted(self.next_restart)?;
            self.next_restart = (self.next_restart + 1) % 8;
            self.until_restart = self.restart_interval;
            self.planes.iter_mut().for_each(|plane| plane.prediction = 0);
        }
        self.until_restart -= 1;
        Some(())
    }

    /// Rows of pixels that can be made now: all but the last one, which waits for the chroma below it.
    fn rows_ready(&self) -> u32 {
        let done = self.rows_decoded * self.mcus.height;
        let waits = self.planes[..self.count].iter().any(|plane| plane.is_half.1);
        if self.rows_decoded == self.mcus.down { self.size.height } else { done - u32::from(waits) }
    }

    #[inline(always)]
    fn put_row<K: Kernels>(&mut self, kernels: K, y: usize, out: &mut [u8]) {
        let width = self.size.width as usize;
        for (plane, row) in self.planes[..self.count].iter().zip(&mut self.upsampled) {
            let row = &mut row[..width];
            match plane.is_half {
                (false, false) => {}
                (true, down) if self.repeat_chroma => upsample::repeat(plane.row(y >> u8::from(down)), row),
                (false, true) if self.repeat_chroma => row.copy_from_slice(plane.row(y / 2)),
                (true, false) => upsample::across(plane.row(y), row),
                (across, true) => {
                    let is_upper = y.is_multiple_of(2);
                    let near = plane.row(y / 2);
                    let far = if is_upper { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(plane.height - 1) };
                    if across {
                        upsample::both(near, plane.row(far), &mut self.sums, row);
                    } else {
                        upsample::down(near, plane.row(far), is_upper, row);
                    }
                }
            }
        }
        let row = |i: usize| {
            let plane = &self.planes[i];
            if plane.is_half == (false, false) { plane.row(y) } else { &self.upsampled[i][..width] }
        };
        match (self.count, self.is_ycc) {
            (1, _) => out.copy_from_slice(row(0)),
            (2, _) => interleave([row(0), row(1)], out),
            (3, true) => kernels.rgb_from_ycc([row(0), row(1), row(2)], out),
            (3, false) => interleave([row(0), row(1), row(2)], out),
            _ => interleave([row(0), row(1), row(2), row(3)], out),
        }
    }
}

impl Plane {
    #[inline(always)]
    fn row(&self, y: usize) -> &[u8] {
        let lines = self.strip.len() / self.stride;
        &self.strip[y % lines * self.stride..][..self.width]
    }
}

struct Advance<'e, 'b, 's> {
    engine: &'e mut Engine,
    bits: &'b mut BitReader<'s>,
    out: &'b mut [u8],
}

impl Task for Advance<'_, '_, '_> {
    type Output = Result<usize>;

    #[inline(always)]
    fn run<K: Kernels>(self, kernels: K) -> Result<usize> {
        let Self { engine, bits, out } = self;
        engine
            .decode_mcu_row(kernels, bits)
            .ok_or_else(|| Error::corrupt(format!("JPEG data fail in MCU row {}", engine.rows_decoded)))?;
        engine.rows_decoded += 1;
        let ready = engine.rows_ready();
        let rows = engine.rows_out.max(engine.wanted.start)..ready.min(engine.wanted.end);
        let line = engine.line();
        for (y, out) in rows.clone().zip(out.chunks_exact_mut(line)) {
            engine.put_row(kernels, y as usize, out);
        }
        engine.rows_out = ready;
        Ok(rows.len() * line)
    }
}

/// The difference of a block's DC coefficient from the one before (F.2.2.1).
#[inline(always)]
fn read_dc(table: &huffman::Decoder, bits: &mut BitReader<'_>) -> Option<i32> {
    bits.refill();
    let entry = match table.read_short(bits) {
        Some(entry) => entry,
        None => read_long(table, bits)?,
    };
    Some(entry.value().into())
}

#[inline(always)]
fn read_long(table: &huffman::Decoder, bits: &mut BitReader<'_>) -> Option<huffman::Entry> {
    let entry;
    (entry, *bits) = table.read_long(*bits)?;
    Some(entry)
}

/// The AC coefficients of a block (F.2.2.2) into `block`; whether there are any.
#[inline(always)]
fn read_ac(table: &huffman::Decoder, bits: &mut BitReader<'_>, block: &mut Block) -> Option<bool> {
    let mut k = 1;
    loop {
        bits.refill();
        for _ in 0..4 {
            let Some(entry) = table.read_short(bits) else {
                let entry = read_long(table, bits)?;
                k = place(entry, k, block);
                break;
            };
            k = place(entry, k, block);
            if k >= 64 {
                return Some(k != 1 + huffman::END_OF_BLOCK);
            }
        }
        if k >= 64 {
            return Some(k != 1 + huffman::END_OF_BLOCK);
        }
    }
}

/// Put a coefficient where it belongs; the place of the next one. The end of a block "puts" its zero beyond 63.
#[inline(always)]
fn place(entry: huffman::Entry, k: usize, block: &mut Block) -> usize {
    let next = k + entry.advance();
    let at = STORED_AT[(next - 1) & 255];
    block[at as usize & 127] = entry.value();
    next
}

/// Walk over the AC coefficients of a block.
#[inline(always)]
fn skip_ac(table: &huffman::Decoder, bits: &mut BitReader<'_>) -> Option<()> {
    let mut k = 1;
    while k < 64 {
        bits.refill();
        for _ in 0..4 {
            let Some(entry) = table.read_short(bits) else {
                k += read_long(table, bits)?.advance();
                break;
            };
            k += entry.advance();
            if k >= 64 {
                break;
            }
        }
    }
    Some(())
}

/// The sample that is the mean of a block with this DC coefficient.
#[inline(always)]
fn mean(dc: i32, step: i32) -> u8 {
    ((i32::from(dc as i16) * step + 1028) >> 3).clamp(0, 255) as u8
}

#[inline(always)]
fn fill(to: &mut [u8], stride: usize, block: (usize, usize), sample: u8) {
    if block == (8, 8) {
        let to = &mut to[..7 * stride + 8];
        for row in 0..8 {
            to[row * stride..][..8].copy_from_slice(&[sample; 8]);
        }
        return;
    }
    for row in 0..block.1 {
        to[row * stride..][..block.0].fill(sample);
    }
}

#[inline(always)]
fn interleave<const N: usize>(planes: [&[u8]; N], out: &mut [u8]) {
    let width = out.len() / N;
    let planes = planes.map(|plane| &plane[..width]);
    for (x, pixel) in out.as_chunks_mut::<N>().0.iter_mut().enumerate() {
        *pixel = planes.map(|plane| plane[x]);
    }
}

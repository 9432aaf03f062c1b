//! Baseline decoding: the bits of one scan with all components, one row of MCUs at a time.

use super::bits::BitReader;
use super::dct::STORED_AT;
use super::huffman;
use super::kernels::{Block, Kernels, Task};
use super::markers::Segments;
use super::raster::Raster;
use super::{DecodeOptions, simd};
use crate::{Error, Result};

/// A decoder with its tables and buffers, to be used for one stream after the other.
#[derive(Debug, Default)]
pub(super) struct Engine {
    dc: [Option<Box<huffman::Decoder>>; 4],
    ac: [Option<Box<huffman::Decoder>>; 4],
    coders: [Coder; 4],
    raster: Raster,
    restart_interval: u32,
    until_restart: u32,
    next_restart: u8,
    block: Scratch,
    /// Use the portable kernels, for tests.
    portable: bool,
}

/// What one component needs to be read.
#[derive(Debug, Clone, Copy, Default)]
struct Coder {
    dc: usize,
    ac: usize,
    prediction: i32,
}

/// The state between two rows of MCUs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checkpoint {
    coders: [Coder; 4],
    until_restart: u32,
    next_restart: u8,
}

#[derive(Debug)]
pub(super) struct Scratch(pub Block);

impl Default for Scratch {
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

    /// Make ready for a stream with `data_len` bytes of entropy-coded data. Fails on what is no baseline stream in one scan.
    pub(super) fn start(
        &mut self,
        segments: &Segments<'_>,
        options: &DecodeOptions<'_>,
        data_len: usize,
    ) -> Result<()> {
        if !segments.is_plain() {
            return Err(Error::unsupported("JPEG of this kind, piece by piece"));
        }
        self.raster.start(segments, options)?;
        (self.restart_interval, self.until_restart) = (segments.restart_interval, segments.restart_interval);
        self.next_restart = 0;
        self.block.0.fill(0);
        // A block takes two bits at least, so damage cannot ask for more memory than its length is good for.
        let blocks: usize = self.raster.planes().iter().map(|plane| plane.h * plane.v).sum();
        let mcus = self.raster.mcus();
        if u64::from(mcus.across) * u64::from(mcus.down) * blocks as u64
            > 4 * (data_len as u64).saturating_add(1).min(u64::MAX / 4)
        {
            return Err(Error::corrupt("the JPEG is too short for its size"));
        }
        self.take_tables(segments)
    }

    /// What is put out.
    pub(super) fn raster(&self) -> &Raster {
        &self.raster
    }

    /// To say what is to be put out, before the first row.
    pub(super) fn raster_mut(&mut self) -> &mut Raster {
        &mut self.raster
    }

    /// What a row of MCUs changes before it succeeds.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint { coders: self.coders, until_restart: self.until_restart, next_restart: self.next_restart }
    }

    /// Undo a row of MCUs that failed.
    pub(super) fn go_back_to(&mut self, checkpoint: Checkpoint) {
        self.coders = checkpoint.coders;
        (self.until_restart, self.next_restart) = (checkpoint.until_restart, checkpoint.next_restart);
        self.block.0.fill(0);
    }

    /// Decode one more row of MCUs from `bits` and write what rows of pixels that completes to the front of `out`; where the
    /// next one goes. 0: nothing written.
    pub(super) fn advance(&mut self, bits: &mut BitReader<'_>, out: &mut [u8]) -> Result<usize> {
        if self.raster.is_done() {
            return Ok(0);
        }
        let portable = self.portable;
        simd::run(Advance { engine: self, bits, out }, portable)
    }

    /// Decode all rows that are still to come into `out`.
    pub(super) fn finish(&mut self, bits: &mut BitReader<'_>, out: &mut [u8]) -> Result<()> {
        let mut rest = out;
        while !self.raster.is_done() {
            let written = self.advance(bits, rest)?.min(rest.len());
            rest = &mut rest[written..];
        }
        Ok(())
    }

    fn take_tables(&mut self, segments: &Segments<'_>) -> Result<()> {
        let count = self.raster.planes().len();
        for (i, component) in segments.components[..count].iter().enumerate() {
            self.raster.set_quantizer(i, segments.quantisers[usize::from(component.quantizer)].as_ref())?;
            let coder = Coder { dc: component.dc.into(), ac: component.ac.into(), prediction: 0 };
            self.coders[i] = coder;
            for (ready, specs, i) in [(&mut self.dc, &segments.dc, coder.dc), (&mut self.ac, &segments.ac, coder.ac)] {
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
        let half = self.raster.half();
        let wanted = if self.raster.is_wanted() { self.raster.mcus_wanted() } else { 0..0 };
        for mcu in 0..self.raster.mcus().across as usize {
            if self.restart_interval != 0 {
                self.restart_if_due(&mut bits)?;
            }
            let is_wanted = wanted.contains(&mcu);
            for (plane, coder) in self.raster.planes_mut().iter_mut().zip(&mut self.coders) {
                let (Some(dc), Some(ac)) = (&self.dc[coder.dc & 3], &self.ac[coder.ac & 3]) else { return None };
                for block_row in 0..plane.v {
                    for block in 0..plane.h {
                        let at = (mcu * plane.h + block, half * plane.v + block_row);
                        coder.prediction = coder.prediction.wrapping_add(read_dc(dc, &mut bits)?);
                        if !is_wanted {
                            skip_ac(ac, &mut bits)?;
                            continue;
                        }
                        if plane.needs_only_means() {
                            skip_ac(ac, &mut bits)?;
                            plane.put_mean(coder.prediction, at);
                            continue;
                        }
                        // Before the others: a vector load right behind a narrow store has to wait for it.
                        self.block.0[0] = coder.prediction as i16;
                        if read_ac(ac, &mut bits, &mut self.block.0)? {
                            plane.put(kernels, &mut self.block.0, at);
                        } else {
                            self.block.0[0] = 0;
                            plane.put_mean(coder.prediction, at);
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
            self.coders.iter_mut().for_each(|coder| coder.prediction = 0);
        }
        self.until_restart -= 1;
        Some(())
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
            .ok_or_else(|| Error::corrupt(format!("JPEG data fail in MCU row {}", engine.raster.row())))?;
        Ok(engine.raster.finish_row(kernels, out))
    }
}

/// The difference of a block's DC coefficient from the one before (F.2.2.1).
#[inline(always)]
pub(super) fn read_dc(table: &huffman::Decoder, bits: &mut BitReader<'_>) -> Option<i32> {
    bits.refill();
    let entry = match table.read_short(bits) {
        Some(entry) => entry,
        None => read_long(table, bits)?,
    };
    Some(entry.value().into())
}

#[inline(always)]
pub(super) fn read_long(table: &huffman::Decoder, bits: &mut BitReader<'_>) -> Option<huffman::Entry> {
    let entry;
    (entry, *bits) = table.read_long(*bits)?;
    Some(entry)
}

/// The AC coefficients of a block (F.2.2.2) into `block`; whether there are any.
#[inline(always)]
pub(super) fn read_ac(table: &huffman::Decoder, bits: &mut BitReader<'_>, block: &mut Block) -> Option<bool> {
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

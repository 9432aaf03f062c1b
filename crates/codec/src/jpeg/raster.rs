//! From blocks of coefficients to rows of pixels, one row of MCUs at a time.
//!
//! A strip of each component holds two rows of MCUs in turn, since upsampling needs one row of samples beyond; so what is
//! worked on stays in the cache, and an image of any height takes the same memory. Where the coefficients come from it must
//! not know.

use std::ops::Range;

use super::dct;
use super::kernels::{Block, Kernels};
use super::markers::Segments;
use super::{DecodeOptions, upsample};
use crate::geometry::{Rect, Size};
use crate::{Error, Result};

/// Steps beyond this can only come from damage; small ones keep the arithmetic in range.
const MAX_STEP: u16 = 1023;

/// The strips of an image and what becomes of them, to be used for one stream after the other.
#[derive(Debug, Default)]
pub(super) struct Raster {
    planes: [Plane; 4],
    /// Components in use.
    count: usize,
    /// Of the output.
    size: Size,
    is_ycc: bool,
    /// Chroma is not interpolated.
    repeat_chroma: bool,
    mcus: McuGrid,
    /// Rows of MCUs decoded, and rows of pixels put out.
    rows_decoded: u32,
    rows_out: u32,
    /// Rows and columns of pixels to put out.
    wanted: Range<u32>,
    columns: Range<u32>,
    /// Columns of pixels that are made up to chroma's full resolution: those to put out, and whatever they hang on.
    made: Range<usize>,
    /// Samples from one row put out to the next.
    pitch: usize,
    upsampled: [Vec<u8>; 4],
    sums: Vec<u16>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct McuGrid {
    pub across: u32,
    pub down: u32,
    /// Output columns and rows of one MCU.
    width: u32,
    height: u32,
}

/// One component: a strip of samples.
#[derive(Debug, Default)]
pub(super) struct Plane {
    /// Blocks of one MCU, across and down.
    pub h: usize,
    pub v: usize,
    /// Blocks that a scan of this component alone has, across and down (A.2.4).
    pub blocks: (usize, usize),
    /// Columns and rows as parts of those of the image put out.
    share: (Share, Share),
    /// Samples of a block, across and down: 8, 4, 2 or 1.
    block: (usize, usize),
    factors: Factors,
    /// The quantizer step of the mean.
    step: i32,
    /// Two rows of MCUs, which take turns.
    strip: Vec<u8>,
    stride: usize,
    /// Samples, without those that only fill MCUs.
    width: usize,
    height: usize,
}

/// How many samples there are for so many pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Share {
    samples: usize,
    pixels: usize,
}

#[derive(Debug)]
struct Factors([f32; 64]);

impl Default for Factors {
    fn default() -> Self {
        Self([0.0; 64])
    }
}

impl Default for Share {
    fn default() -> Self {
        Self::ALL
    }
}

impl Share {
    const ALL: Self = Self { samples: 1, pixels: 1 };
    const HALF: Self = Self { samples: 1, pixels: 2 };

    /// The share of a component with sampling factor `factor` of `most`, and the reduction (log2) of its blocks, where the image
    /// is reduced by `reduction`.
    fn of(factor: u8, most: u8, reduction: u8) -> (Self, u8) {
        // A plane that is half as large is halved once less, and then as large as the others.
        let ratio = most / factor;
        let spared =
            if most.is_multiple_of(factor) && ratio.is_power_of_two() { ratio.ilog2() as u8 } else { 0 }.min(reduction);
        let (samples, pixels) = (usize::from(factor) << spared, usize::from(most));
        let share = match () {
            () if samples == pixels => Self::ALL,
            () if samples * 2 == pixels => Self::HALF,
            () => Self { samples, pixels },
        };
        (share, reduction - spared)
    }

    fn of_pixels(self, pixels: usize) -> usize {
        (pixels * self.samples).div_ceil(self.pixels)
    }

    fn at_pixel(self, pixel: usize) -> usize {
        pixel * self.samples / self.pixels
    }
}

impl Raster {
    /// Make ready for the frame in `segments`, to be decoded as `options` say.
    pub(super) fn start(&mut self, segments: &Segments<'_>, options: &DecodeOptions<'_>) -> Result<()> {
        let reduce = options.reduce;
        let count = usize::from(segments.header.components);
        if !matches!(count, 1..=4) || reduce > 3 || segments.header.size.is_empty() {
            return Err(Error::unsupported("JPEG of this kind, piece by piece"));
        }
        self.count = count;
        self.is_ycc = segments.is_ycc(options.color);
        self.repeat_chroma = options.repeat_chroma;
        self.size = segments.header.size.halved_times(reduce.into());
        (self.rows_decoded, self.rows_out) = (0, 0);
        self.lay_out(segments, reduce);
        self.limit_to(Rect::from_size(self.size));
        Ok(())
    }

    /// Dequantize component `i` by `steps`, in rows.
    pub(super) fn set_quantizer(&mut self, i: usize, steps: Option<&[u16; 64]>) -> Result<()> {
        let steps = steps
            .filter(|steps| steps.iter().all(|&step| step <= MAX_STEP))
            .ok_or_else(|| Error::corrupt("a JPEG without its quantisers"))?;
        self.planes[i].factors = Factors(dct::dequantizer(steps));
        self.planes[i].step = steps[0].into();
        Ok(())
    }

    /// Put out only the pixels of `part`.
    pub(super) fn limit_to(&mut self, part: Rect) {
        let within = |start: i64, end: i64, most: u32| {
            let end = end.clamp(0, most.into());
            start.clamp(0, end) as u32..end as u32
        };
        self.wanted = within(part.y0, part.y1, self.size.height);
        self.columns = within(part.x0, part.x1, self.size.width);
        // Upsampling looks one sample to both sides, and does otherwise with a row of one or two.
        let (start, end) = (self.columns.start as usize, self.columns.end as usize);
        self.made = start.saturating_sub(8) / 16 * 16..(end + 8).next_multiple_of(16).min(self.size.width as usize);
        self.pitch = self.line();
    }

    /// Put each row of pixels `pitch` samples behind the one before, at least [`line`](Self::line).
    pub(super) fn set_pitch(&mut self, pitch: usize) {
        self.pitch = pitch;
    }

    /// Of what will be put out.
    pub(super) fn size_wanted(&self) -> Size {
        Size::new(self.columns.end - self.columns.start, self.wanted.end - self.wanted.start)
    }

    /// Samples of a pixel put out.
    pub(super) fn channels(&self) -> u8 {
        self.count as u8
    }

    /// Of the whole image, of which a part may be put out.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Samples of a row put out.
    pub(super) fn line(&self) -> usize {
        self.columns.len() * self.count
    }

    /// The most rows that one row of MCUs puts out.
    pub(super) fn max_rows(&self) -> usize {
        self.mcus.height as usize + 1
    }

    /// Whether all rows asked for are out.
    pub(super) fn is_done(&self) -> bool {
        self.rows_decoded == self.mcus.down || self.rows_out >= self.wanted.end
    }

    pub(super) fn mcus(&self) -> McuGrid {
        self.mcus
    }

    /// The row of MCUs that comes next.
    pub(super) fn row(&self) -> u32 {
        self.rows_decoded
    }

    pub(super) fn planes(&self) -> &[Plane] {
        &self.planes[..self.count]
    }

    /// For the blocks of the next row of MCUs.
    #[inline(always)]
    pub(super) fn planes_mut(&mut self) -> &mut [Plane] {
        &mut self.planes[..self.count]
    }

    /// Whether the next row of MCUs is needed for the rows of pixels asked for.
    #[inline(always)]
    pub(super) fn is_wanted(&self) -> bool {
        let top = self.rows_decoded * self.mcus.height;
        // Upsampling looks one row of samples, two of pixels, beyond.
        top < self.wanted.end.saturating_add(2) && top + self.mcus.height + 2 > self.wanted.start
    }

    /// Which MCUs of a row are needed for the columns of pixels asked for.
    #[inline(always)]
    pub(super) fn mcus_wanted(&self) -> Range<usize> {
        let width = self.mcus.width as usize;
        self.made.start / width..self.made.end.div_ceil(width)
    }

    /// Where in the strips the next row of MCUs goes: their upper half, 0, or their lower.
    #[inline(always)]
    pub(super) fn half(&self) -> usize {
        self.rows_decoded as usize % 2
    }

    /// All blocks of a row of MCUs are there: write what rows of pixels that completes to the front of `out`; where the next
    /// one goes.
    #[inline(always)]
    pub(super) fn finish_row<K: Kernels>(&mut self, kernels: K, out: &mut [u8]) -> usize {
        self.rows_decoded += 1;
        let ready = self.rows_ready();
        let rows = self.rows_out.max(self.wanted.start)..ready.min(self.wanted.end);
        let (line, pitch) = (self.line(), self.pitch);
        for (y, out) in rows.clone().zip(out.chunks_mut(pitch)) {
            self.put_row(kernels, y as usize, &mut out[..line]);
        }
        self.rows_out = ready;
        rows.len() * pitch
    }

    fn lay_out(&mut self, segments: &Segments<'_>, reduce: u8) {
        let components = &segments.components[..self.count];
        // The single component of a frame comes block by block, whatever its sampling factors say (A.2.2).
        let factors = |i: usize| if self.count == 1 { (1, 1) } else { (components[i].h, components[i].v) };
        let (h_max, v_max) = (0..self.count).map(factors).fold((1, 1), |max, (h, v)| (max.0.max(h), max.1.max(v)));
        let full = segments.header.size;
        self.mcus = McuGrid {
            across: full.width.div_ceil(8 * u32::from(h_max)),
            down: full.height.div_ceil(8 * u32::from(v_max)),
            width: (8 >> reduce) * u32::from(h_max),
            height: (8 >> reduce) * u32::from(v_max),
        };
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        for i in 0..self.count {
            let (h, v) = factors(i);
            let plane = &mut self.planes[i];
            let ((across, halved_across), (down, halved_down)) =
                (Share::of(h, h_max, reduce), Share::of(v, v_max, reduce));
            plane.share = (across, down);
            plane.block = (8 >> halved_across, 8 >> halved_down);
            (plane.h, plane.v) = (h.into(), v.into());
            let blocks = |pixels: u32, factor: u8, most: u8| {
                (pixels as usize * usize::from(factor)).div_ceil(usize::from(most)).div_ceil(8)
            };
            plane.blocks = (blocks(full.width, h, h_max), blocks(full.height, v, v_max));
            plane.width = across.of_pixels(width);
            plane.height = down.of_pixels(height);
            plane.stride = self.mcus.across as usize * plane.h * plane.block.0;
            plane.strip.resize(plane.stride * plane.v * plane.block.1 * 2, 0);
            self.upsampled[i].resize(width, 0);
        }
    }

    /// Rows of pixels that can be made now: all but the last one, which waits for the chroma below it.
    fn rows_ready(&self) -> u32 {
        let done = self.rows_decoded * self.mcus.height;
        let waits = self.planes().iter().any(|plane| plane.share.1 == Share::HALF);
        if self.rows_decoded == self.mcus.down { self.size.height } else { done - u32::from(waits) }
    }

    #[inline(always)]
    fn put_row<K: Kernels>(&mut self, kernels: K, y: usize, out: &mut [u8]) {
        let (made, wanted) = (self.made.clone(), self.columns.start as usize..self.columns.end as usize);
        for (plane, row) in self.planes[..self.count].iter().zip(&mut self.upsampled) {
            let (across, down) = plane.share;
            // Of planes with a sample for one or two pixels only what is made of them, of others all.
            let columns = if matches!(across, Share::ALL | Share::HALF) { made.clone() } else { 0..row.len() };
            let samples = across.at_pixel(columns.start)..across.of_pixels(columns.end);
            let (line, row) = (|y: usize| &plane.row(y)[samples.clone()], &mut row[columns]);
            match (across, down) {
                (Share::ALL, Share::ALL) => {}
                (Share::HALF, Share::ALL) if !self.repeat_chroma => upsample::across(line(y), row),
                (Share::ALL | Share::HALF, Share::HALF) if !self.repeat_chroma => {
                    let is_upper = y.is_multiple_of(2);
                    let near = line(y / 2);
                    let far = if is_upper { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(plane.height - 1) };
                    if across == Share::HALF {
                        upsample::both(near, line(far), &mut self.sums, row);
                    } else {
                        upsample::down(near, line(far), is_upper, row);
                    }
                }
                _ => repeat(across, line(down.at_pixel(y)), row),
            }
        }
        let row = |i: usize| {
            let plane = &self.planes[i];
            let row = if plane.share == (Share::ALL, Share::ALL) { plane.row(y) } else { &self.upsampled[i][..] };
            &row[wanted.clone()]
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
    /// Whether no more than the mean of each block counts.
    #[inline(always)]
    pub(super) fn needs_only_means(&self) -> bool {
        self.block == (1, 1)
    }

    /// Put the block with nothing but its DC coefficient into the strip, as block (`x`, `y`) there.
    #[inline(always)]
    pub(super) fn put_mean(&mut self, dc: i32, (x, y): (usize, usize)) {
        let (across, down) = self.block;
        let sample = mean(dc, self.step);
        let to = &mut self.strip[y * down * self.stride + x * across..];
        fill(to, self.stride, self.block, sample);
    }

    /// Put a block with any coefficients into the strip; they are zero afterwards.
    #[inline(always)]
    pub(super) fn put<K: Kernels>(&mut self, kernels: K, block: &mut Block, (x, y): (usize, usize)) {
        let (across, down) = self.block;
        let to = &mut self.strip[y * down * self.stride + x * across..];
        let columns = kernels.dequantize(block, &self.factors.0);
        if self.block == (8, 8) {
            kernels.store(dct::inverse(columns), to, self.stride);
            return;
        }
        let mut samples = [0; 64];
        kernels.store(dct::inverse_mean(columns, across, down), &mut samples, 8);
        for (row, samples) in samples.as_chunks::<8>().0.iter().enumerate().take(down) {
            to[row * self.stride..][..across].copy_from_slice(&samples[..across]);
        }
    }

    #[inline(always)]
    fn row(&self, y: usize) -> &[u8] {
        let lines = self.strip.len() / self.stride;
        &self.strip[y % lines * self.stride..][..self.width]
    }
}

/// A row of samples as one of pixels, each sample for those it was made from.
fn repeat(across: Share, from: &[u8], to: &mut [u8]) {
    match across {
        Share::ALL => to.copy_from_slice(from),
        Share::HALF => upsample::repeat(from, to),
        _ => to.iter_mut().enumerate().for_each(|(x, to)| *to = from[across.at_pixel(x)]),
    }
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

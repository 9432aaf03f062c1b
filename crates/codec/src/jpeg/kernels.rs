//! The inner loops over pixels: what they compute, in plain code for any machine.
//!
//! [`simd`](super::simd) has the same for machines with AVX2. Both give the same bytes.

use std::array::from_fn;

use super::dct::{Lanes, STORED_AT};

/// Coefficients of one block (see [`STORED_AT`]), and a place for those beyond.
pub(super) type Block = [i16; 128];

/// Coefficients of one block on their way into the stream.
#[derive(Debug, Clone)]
pub(super) struct Quantized {
    /// The mean, which often takes more than a byte.
    pub dc: i16,
    /// A bit for each that is not zero, in the order of the stream.
    pub present: u64,
    /// All in the order of the stream; what a byte cannot hold is cut.
    pub bytes: [i8; 64],
    /// All as they are (see [`STORED_AT`]), filled in only where an AC coefficient takes more than a byte and its sign.
    pub words: Option<[i16; 64]>,
}

impl Default for Quantized {
    fn default() -> Self {
        Self { dc: 0, present: 0, bytes: [0; 64], words: None }
    }
}

/// The inner loops of one kind of machine.
pub(super) trait Kernels: Copy {
    type Lanes: Lanes;

    /// Coefficients times their factors; the block is zero afterwards.
    fn dequantize(self, block: &mut Block, factors: &[f32; 64]) -> [Self::Lanes; 8];

    /// Cut off fractions and what is no byte, and write eight rows, `stride` apart.
    fn store(self, rows: [Self::Lanes; 8], to: &mut [u8], stride: usize);

    /// Eight rows, `stride` apart.
    fn load(self, from: &[u8], stride: usize) -> [Self::Lanes; 8];

    /// Values times factors, rounded.
    fn quantize(self, values: [Self::Lanes; 8], factors: &[f32; 64], to: &mut Quantized);

    /// Interleaved RGB from three planes of equal length (ITU T.871, 7).
    fn rgb_from_ycc(self, planes: [&[u8]; 3], rgb: &mut [u8]);

    /// Three planes from interleaved RGB (ITU T.871, 7), of which there must be as many.
    fn ycc_from_rgb(self, rgb: &[u8], planes: [&mut [u8]; 3]);

    /// The mean of each two samples. Halves are rounded up and down in turn, as libjpeg does, so that large even areas keep
    /// their mean.
    fn halve_across(self, from: &[u8], to: &mut [u8]);

    /// The mean of each two by two samples, rounded likewise.
    fn halve_both(self, upper: &[u8], lower: &[u8], to: &mut [u8]);
}

/// Work to be compiled once for each kind of kernels. `run` and all it calls in a loop must be `#[inline(always)]`: code takes
/// on the instructions of the function it's inlined into.
pub(super) trait Task {
    type Output;
    fn run<K: Kernels>(self, kernels: K) -> Self::Output;
}

/// Kernels for any machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portable;

/// Eight plain numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eight([f32; 8]);

impl Lanes for Eight {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] - other.0[i]))
    }

    #[inline(always)]
    fn less(self, number: f32) -> Self {
        Self(from_fn(|i| self.0[i] - number))
    }

    #[inline(always)]
    fn times(self, factor: f32) -> Self {
        Self(from_fn(|i| self.0[i] * factor))
    }

    #[inline(always)]
    fn transposed(rows: [Self; 8]) -> [Self; 8] {
        from_fn(|i| Self(from_fn(|j| rows[j].0[i])))
    }
}

impl Kernels for Portable {
    type Lanes = Eight;

    #[inline(always)]
    fn dequantize(self, block: &mut Block, factors: &[f32; 64]) -> [Eight; 8] {
        let rows = from_fn(|i| Eight(from_fn(|j| f32::from(block[i * 8 + j]) * factors[i * 8 + j])));
        block[..64].fill(0);
        rows
    }

    #[inline(always)]
    fn store(self, rows: [Eight; 8], to: &mut [u8], stride: usize) {
        for (i, row) in rows.iter().enumerate() {
            let samples = row.0.map(|sample| sample as u8);
            to[i * stride..][..8].copy_from_slice(&samples);
        }
    }

    #[inline(always)]
    fn load(self, from: &[u8], stride: usize) -> [Eight; 8] {
        from_fn(|i| {
            let row = &from[i * stride..][..8];
            Eight(from_fn(|j| f32::from(row[j])))
        })
    }

    #[inline(always)]
    fn quantize(self, values: [Eight; 8], factors: &[f32; 64], to: &mut Quantized) {
        let words: [i16; 64] = from_fn(|at| round(values[at / 8].0[at % 8] * factors[at]) as i16);
        to.dc = words[0];
        to.bytes = from_fn(|k| words[STORED_AT[k] as usize & 63].clamp(-128, 127) as i8);
        to.present = (0..64).fold(0, |present, k| present | u64::from(to.bytes[k] != 0) << k);
        to.words = words[1..].iter().any(|word| word.abs() > 127).then_some(words);
    }

    #[inline(always)]
    fn rgb_from_ycc(self, [y, cb, cr]: [&[u8]; 3], rgb: &mut [u8]) {
        for (((rgb, &y), &cb), &cr) in rgb.chunks_exact_mut(3).zip(y).zip(cb).zip(cr) {
            let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
            let byte = |value: i32| value.clamp(0, 255) as u8;
            rgb[0] = byte(y + cr + ((((4 * cr * CR_TO_R) >> 16) + 1) >> 1));
            rgb[1] = byte(y + ((cb * CB_TO_G + cr * CR_TO_G + (1 << 14)) >> 15));
            rgb[2] = byte(y + 2 * cb + ((((4 * cb * CB_TO_B) >> 16) + 1) >> 1));
        }
    }

    #[inline(always)]
    fn ycc_from_rgb(self, rgb: &[u8], [y, cb, cr]: [&mut [u8]; 3]) {
        for (((rgb, y), cb), cr) in rgb.chunks_exact(3).zip(y).zip(cb).zip(cr) {
            let [r, g, b] = [0, 1, 2].map(|c| i32::from(rgb[c]));
            let weigh = |[wr, wg, wb]: [i32; 3], bias| ((r * wr + g * wg + b * wb + bias) >> 15) as u8;
            *y = weigh(LUMA_WEIGHTS, LUMA_BIAS);
            *cb = weigh(CB_WEIGHTS, CHROMA_BIAS);
            *cr = weigh(CR_WEIGHTS, CHROMA_BIAS);
        }
    }

    #[inline(always)]
    fn halve_across(self, from: &[u8], to: &mut [u8]) {
        for (to, from) in to.as_chunks_mut::<2>().0.iter_mut().zip(from.as_chunks::<4>().0) {
            let sum = |i: usize| u16::from(from[i]) + u16::from(from[i + 1]);
            *to = [(sum(0) >> 1) as u8, ((sum(2) + 1) >> 1) as u8];
        }
    }

    #[inline(always)]
    fn halve_both(self, upper: &[u8], lower: &[u8], to: &mut [u8]) {
        let pairs = upper.as_chunks::<4>().0.iter().zip(lower.as_chunks::<4>().0);
        for (to, (upper, lower)) in to.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
            let sum = |i: usize| [upper[i], upper[i + 1], lower[i], lower[i + 1]].map(u16::from).iter().sum::<u16>();
            *to = [((sum(0) + 1) >> 2) as u8, ((sum(2) + 2) >> 2) as u8];
        }
    }
}

/// 0.402 (R = Y + 1.402 Cr), in 2⁻¹⁵.
pub(super) const CR_TO_R: i32 = 13173;
/// −0.228 (B = Y + 1.772 Cb), in 2⁻¹⁵.
pub(super) const CB_TO_B: i32 = -7471;
/// −0.344136, in 2⁻¹⁵.
pub(super) const CB_TO_G: i32 = -11277;
/// −0.714136, in 2⁻¹⁵.
pub(super) const CR_TO_G: i32 = -23401;
/// What R, G and B give to luma, in 2⁻¹⁵: 0.299, 0.587, 0.114. Green is so large that it's 9617 twice for 16-bit arithmetic.
pub(super) const LUMA_WEIGHTS: [i32; 3] = [9798, 19234, 3736];
/// The same for Cb: −0.168736, −0.331264, 0.5.
pub(super) const CB_WEIGHTS: [i32; 3] = [-5529, -10855, 16384];
/// The same for Cr: 0.5, −0.418688, −0.081312.
pub(super) const CR_WEIGHTS: [i32; 3] = [16384, -13720, -2664];
/// Rounds luma to nearest.
pub(super) const LUMA_BIAS: i32 = 1 << 14;
/// Rounds chroma to nearest, halves down (as libjpeg: 255.5 must not become 256), and moves its zero to 128.
pub(super) const CHROMA_BIAS: i32 = (128 << 15) + (1 << 14) - 1;

/// To the nearest integer, halves to even, as the vector units round: adding 1.5 × 2²³ leaves no bits for a fraction. Only for
/// values below 2²².
#[inline(always)]
fn round(value: f32) -> i32 {
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i32
}

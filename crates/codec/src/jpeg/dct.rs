//! The discrete cosine transform and its inverse (ITU T.81, A.3.3), written once for any eight lanes.
//!
//! The scheme is that of Arai, Agui and Nakajima (1988): five multiplications for eight values, because what remains of the
//! cosines is one factor for each row and column, and that goes into the quantizer for nothing.
//!
//! All is in `f32` and in one order of operations without fused multiply-add. IEEE arithmetic then gives the same bits on
//! every machine and in every kind of lanes.

use std::array::from_fn;
use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

use super::tables::ZIGZAG;

/// Eight numbers worked on at once.
pub(super) trait Lanes: Copy {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn less(self, number: f32) -> Self;
    fn times(self, factor: f32) -> Self;
    fn transposed(rows: [Self; 8]) -> [Self; 8];
}

/// The index of each coefficient of the stream: columns first.
///
/// A one-dimensional transform works *across* eight vectors, so between rows and columns there is one transposition. Stored
/// like this, blocks need no second one. Beyond 63 there is a slot for what a damaged stream has too much, so that an index
/// masked to 255 is always right.
pub(super) const STORED_AT: [u8; 256] = {
    let mut at = [64; 256];
    let mut k = 0;
    while k < 64 {
        at[k] = ZIGZAG[k] % 8 * 8 + ZIGZAG[k] / 8;
        k += 1;
    }
    at
};

/// Cosines left over, for each row and column.
const AAN_SCALE: [f64; 8] =
    [1.0, 1.387_039_845, 1.306_562_965, 1.175_875_602, 1.0, 0.785_694_958, 0.541_196_100, 0.275_899_379];

/// Factors that dequantize stored coefficients for [`inverse`]; `steps` are in rows.
pub(super) fn dequantizer(steps: &[u16; 64]) -> [f32; 64] {
    from_fn(|at| {
        let (column, row) = (at / 8, at % 8);
        (f64::from(steps[row * 8 + column]) * AAN_SCALE[row] * AAN_SCALE[column] / 8.0) as f32
    })
}

/// Factors that quantize what [`forward`] yields; `steps` are in rows.
pub(super) fn quantizer(steps: &[u16; 64]) -> [f32; 64] {
    from_fn(|at| {
        let (column, row) = (at / 8, at % 8);
        (1.0 / (f64::from(steps[row * 8 + column]) * AAN_SCALE[row] * AAN_SCALE[column] * 8.0)) as f32
    })
}

/// What [`inverse`] adds: the level shift (A.3.1), and a half, so that cutting off the fraction rounds, halves up.
const SHIFT: f32 = 128.5;

/// Samples (around 128, and half a level too high) in rows from dequantized coefficients in columns.
#[inline(always)]
pub(super) fn inverse<L: Lanes>(columns: [L; 8]) -> [L; 8] {
    let mut rows = L::transposed(inverse_1d(columns));
    rows[0] = rows[0].less(-SHIFT);
    inverse_1d(rows)
}

/// Coefficients in columns, still to be quantized, from samples (around 128) in rows.
#[inline(always)]
pub(super) fn forward<L: Lanes>(rows: [L; 8]) -> [L; 8] {
    let mut columns = forward_1d(rows);
    // The level shift (A.3.1), once for eight samples: only their sum changes.
    columns[0] = columns[0].less(8.0 * 128.0);
    forward_1d(L::transposed(columns))
}

/// As [`inverse`], but the mean over each 8/`across` by 8/`down` samples, of which the first columns of the first rows
/// remain. Both are 1, 2, 4 or 8.
///
/// The mean of two neighbors is part of the transform. With V the values that [`inverse_1d`] takes, its sample x is
/// V₀ + Σ Vᵤ cos((2x+1)uπ/16) / cos(uπ/16), so the cosines of two neighbors join to one:
///
/// (cos((4i+1)uπ/16) + cos((4i+3)uπ/16)) / 2 = cos((2i+1)uπ/8) cos(uπ/16)
///
/// and what is left are four samples m(i) = V₀ + Σ Vᵤ cos((2i+1)uπ/8). There the frequencies 8−u and u are the same but for
/// the sign: V₈₋ᵤ is taken from Vᵤ, and a transform of four remains.
#[inline(always)]
pub(super) fn inverse_mean<L: Lanes>(columns: [L; 8], across: usize, down: usize) -> [L; 8] {
    let mut rows = L::transposed(mean_1d(columns, across));
    rows[0] = rows[0].less(-SHIFT);
    mean_1d(rows, down)
}

#[inline(always)]
fn mean_1d<L: Lanes>(v: [L; 8], samples: usize) -> [L; 8] {
    if samples == 8 {
        return inverse_1d(v);
    }
    let nothing = v[0].minus(v[0]);
    let mut means = [v[0], nothing, nothing, nothing, nothing, nothing, nothing, nothing];
    if samples == 1 {
        return means;
    }
    let [_, w1, w2, w3] = from_fn(|u| if u == 0 { v[0] } else { v[u].minus(v[8 - u]) });
    // The cosines of π/8, π/4 and 3π/8.
    let (c1, c2, c3) = (0.923_879_5, FRAC_1_SQRT_2, 0.382_683_43);
    let (outer, inner) = (w1.times(c1).plus(w3.times(c3)), w1.times(c3).minus(w3.times(c1)));
    if samples == 2 {
        let half = outer.plus(inner).times(0.5);
        (means[0], means[1]) = (v[0].plus(half), v[0].minus(half));
        return means;
    }
    let (sum, difference) = (v[0].plus(w2.times(c2)), v[0].minus(w2.times(c2)));
    (means[0], means[1]) = (sum.plus(outer), difference.plus(inner));
    (means[2], means[3]) = (difference.minus(inner), sum.minus(outer));
    means
}

#[inline(always)]
fn inverse_1d<L: Lanes>(v: [L; 8]) -> [L; 8] {
    // Even part.
    let (sum, difference) = (v[0].plus(v[4]), v[0].minus(v[4]));
    let outer = v[2].plus(v[6]);
    let inner = v[2].minus(v[6]).times(SQRT_2).minus(outer);
    let even = [sum.plus(outer), difference.plus(inner), difference.minus(inner), sum.minus(outer)];
    // Odd part.
    let (z13, z10) = (v[5].plus(v[3]), v[5].minus(v[3]));
    let (z11, z12) = (v[1].plus(v[7]), v[1].minus(v[7]));
    let odd0 = z11.plus(z13);
    let middle = z11.minus(z13).times(SQRT_2);
    let z5 = z10.plus(z12).times(1.847_759_1);
    let low = z5.minus(z12.times(1.082_392_2));
    let odd1 = z5.minus(z10.times(2.613_126)).minus(odd0);
    let odd2 = middle.minus(odd1);
    let odd3 = low.minus(odd2);
    [
        even[0].plus(odd0),
        even[1].plus(odd1),
        even[2].plus(odd2),
        even[3].plus(odd3),
        even[3].minus(odd3),
        even[2].minus(odd2),
        even[1].minus(odd1),
        even[0].minus(odd0),
    ]
}

#[inline(always)]
fn forward_1d<L: Lanes>(v: [L; 8]) -> [L; 8] {
    let [s0, s1, s2, s3] = from_fn(|i| v[i].plus(v[7 - i]));
    let [d0, d1, d2, d3] = from_fn(|i| v[i].minus(v[7 - i]));
    // Even part.
    let (outer, inner) = (s0.plus(s3), s1.plus(s2));
    let (t0, t1) = (s0.minus(s3), s1.minus(s2));
    let z1 = t1.plus(t0).times(FRAC_1_SQRT_2);
    // Odd part.
    let (w0, w1, w2) = (d3.plus(d2), d2.plus(d1), d1.plus(d0));
    let z5 = w0.minus(w2).times(0.382_683_43);
    let z2 = w0.times(0.541_196_1).plus(z5);
    let z4 = w2.times(1.306_563).plus(z5);
    let z3 = w1.times(FRAC_1_SQRT_2);
    let (z11, z13) = (d0.plus(z3), d0.minus(z3));
    [
        outer.plus(inner),
        z11.plus(z4),
        t0.plus(z1),
        z13.minus(z2),
        outer.minus(inner),
        z13.plus(z2),
        t0.minus(z1),
        z11.minus(z4),
    ]
}

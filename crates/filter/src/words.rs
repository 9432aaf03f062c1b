//! Weighted sums of rows of 16-bit whole numbers, sixteen at a time: twice as many as floats.
//!
//! The portable loops and the instructions of a processor give the same numbers.
#![allow(clippy::inline_always, reason = "only what is inlined is compiled for the instruction set found at run time")]

use crate::pixels::{Pixels, Sample as _, SampleType, Samples};
use crate::vector::vector_fn;

/// Binary places of bytes as 16-bit numbers: two of them, added, still fit.
pub(crate) const PLACES: u32 = 6;
/// Numbers worked on at once.
pub(crate) const LANES: usize = 16;
/// Numbers summed up side by side, so that each sum waits less for the one before. Lengths of rows of results are multiples of it.
pub(crate) const CHUNK: usize = 4 * LANES;

/// Rows that have a weight in common: they are added before they are multiplied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) weight: i16,
    /// Numbers of rows; at least one.
    pub(crate) rows: Vec<usize>,
}

/// Sixteen numbers, and what is done with them.
trait Machine: Copy {
    type Words: Copy;
    /// Sixteen numbers of 32 bits.
    type Sums: Copy;

    fn splat(self, value: i16) -> Self::Words;
    fn load(self, from: &[i16; LANES]) -> Self::Words;
    fn store(self, words: Self::Words, to: &mut [i16; LANES]);
    /// What does not fit wraps around.
    fn add(self, a: Self::Words, b: Self::Words) -> Self::Words;
    /// a × b / 2¹⁵ to the nearest, halves up.
    fn scale(self, a: Self::Words, b: Self::Words) -> Self::Words;

    fn no_sums(self) -> Self::Sums;
    /// `sums` + a × x + b × y.
    fn add_products(self, sums: Self::Sums, a: Self::Words, x: i16, b: Self::Words, y: i16) -> Self::Sums;
    fn store_sums(self, sums: Self::Sums, to: &mut [i32; LANES]);
}

/// Any processor.
#[derive(Clone, Copy)]
struct Portable;

impl Machine for Portable {
    type Words = [i16; LANES];
    type Sums = [i32; LANES];

    #[inline(always)]
    fn splat(self, value: i16) -> Self::Words {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[i16; LANES]) -> Self::Words {
        *from
    }

    #[inline(always)]
    fn store(self, words: Self::Words, to: &mut [i16; LANES]) {
        *to = words;
    }

    #[inline(always)]
    fn add(self, a: Self::Words, b: Self::Words) -> Self::Words {
        std::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    #[inline(always)]
    fn scale(self, a: Self::Words, b: Self::Words) -> Self::Words {
        std::array::from_fn(|i| ((i32::from(a[i]) * i32::from(b[i]) + (1 << 14)) >> 15) as i16)
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        [0; LANES]
    }

    #[inline(always)]
    fn add_products(self, sums: Self::Sums, a: Self::Words, x: i16, b: Self::Words, y: i16) -> Self::Sums {
        std::array::from_fn(|i| sums[i] + i32::from(a[i]) * i32::from(x) + i32::from(b[i]) * i32::from(y))
    }

    #[inline(always)]
    fn store_sums(self, sums: Self::Sums, to: &mut [i32; LANES]) {
        *to = sums;
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::__m256i;

    use pulp::cast;
    use pulp::x86::V3;

    use super::{LANES, Machine};

    impl Machine for V3 {
        type Words = __m256i;
        /// The products of numbers 0 to 3 and 8 to 11, and those of the others.
        type Sums = (__m256i, __m256i);

        #[inline(always)]
        fn splat(self, value: i16) -> __m256i {
            self.avx._mm256_set1_epi16(value)
        }

        #[inline(always)]
        fn load(self, from: &[i16; LANES]) -> __m256i {
            cast(*from)
        }

        #[inline(always)]
        fn store(self, words: __m256i, to: &mut [i16; LANES]) {
            *to = cast(words);
        }

        #[inline(always)]
        fn add(self, a: __m256i, b: __m256i) -> __m256i {
            self.avx2._mm256_add_epi16(a, b)
        }

        #[inline(always)]
        fn scale(self, a: __m256i, b: __m256i) -> __m256i {
            self.avx2._mm256_mulhrs_epi16(a, b)
        }

        #[inline(always)]
        fn no_sums(self) -> Self::Sums {
            (self.avx._mm256_setzero_si256(), self.avx._mm256_setzero_si256())
        }

        #[inline(always)]
        fn add_products(self, sums: Self::Sums, a: __m256i, x: i16, b: __m256i, y: i16) -> Self::Sums {
            let weights = self.avx._mm256_set1_epi32(i32::from(y) << 16 | i32::from(x as u16));
            let low = self.avx2._mm256_madd_epi16(self.avx2._mm256_unpacklo_epi16(a, b), weights);
            let high = self.avx2._mm256_madd_epi16(self.avx2._mm256_unpackhi_epi16(a, b), weights);
            (self.avx2._mm256_add_epi32(sums.0, low), self.avx2._mm256_add_epi32(sums.1, high))
        }

        #[inline(always)]
        fn store_sums(self, (low, high): Self::Sums, to: &mut [i32; LANES]) {
            let first = self.avx2._mm256_permute2x128_si256::<0x20>(low, high);
            let second = self.avx2._mm256_permute2x128_si256::<0x31>(low, high);
            *to = cast([first, second]);
        }
    }
}

/// Work for whichever machine there is.
trait Job {
    fn run<M: Machine>(self, machine: M);
}

/// Runs `job` with the best instructions there are.
fn run(job: impl Job) {
    #[cfg(target_arch = "x86_64")]
    if let Some(v3) = pulp::x86::V3::try_new() {
        struct Call<J>(J, pulp::x86::V3);
        impl<J: Job> pulp::NullaryFnOnce for Call<J> {
            type Output = ();

            #[inline(always)]
            fn call(self) {
                self.0.run(self.1);
            }
        }
        return pulp::Simd::vectorize(v3, Call(job, v3));
    }
    job.run(Portable);
}

/// `out[i]` becomes (or, with `add`, grows by) the sum over `groups` of weight × the sum of its `rows[j][i]`, divided by 2¹⁵, each
/// product rounded. A sum of rows must fit 16 bits, as must the result. Rows are at least as long as `out`.
pub(crate) fn sum_scaled(rows: &[&[i16]], groups: &[Group], out: &mut [i16], add: bool) {
    run(Scaled { rows, groups, out, add });
}

struct Scaled<'a> {
    rows: &'a [&'a [i16]],
    groups: &'a [Group],
    out: &'a mut [i16],
    add: bool,
}

impl Job for Scaled<'_> {
    #[inline(always)]
    fn run<M: Machine>(self, machine: M) {
        let Self { rows, groups, out, add } = self;
        for (number, out) in out.as_chunks_mut::<CHUNK>().0.iter_mut().enumerate() {
            let at = number * CHUNK;
            let mut sums = if add { loaded(machine, out, 0) } else { [machine.splat(0); 4] };
            for group in groups {
                let (weight, taken) = (machine.splat(group.weight), summed(machine, rows, group, at));
                sums = [
                    machine.add(sums[0], machine.scale(taken[0], weight)),
                    machine.add(sums[1], machine.scale(taken[1], weight)),
                    machine.add(sums[2], machine.scale(taken[2], weight)),
                    machine.add(sums[3], machine.scale(taken[3], weight)),
                ];
            }
            let (parts, _) = out.as_chunks_mut::<LANES>();
            machine.store(sums[0], &mut parts[0]);
            machine.store(sums[1], &mut parts[1]);
            machine.store(sums[2], &mut parts[2]);
            machine.store(sums[3], &mut parts[3]);
        }
    }
}

/// `out[i]` becomes the exact sum over `groups` of weight × the sum of its `rows[j][i]`, which must fit 16 bits. Rows are at least as
/// long as `out`.
pub(crate) fn sum_exact(rows: &[&[i16]], groups: &[Group], out: &mut [i32]) {
    run(Exact { rows, groups, out });
}

struct Exact<'a> {
    rows: &'a [&'a [i16]],
    groups: &'a [Group],
    out: &'a mut [i32],
}

impl Job for Exact<'_> {
    #[inline(always)]
    fn run<M: Machine>(self, machine: M) {
        let Self { rows, groups, out } = self;
        for (number, out) in out.as_chunks_mut::<CHUNK>().0.iter_mut().enumerate() {
            let at = number * CHUNK;
            let mut sums = [machine.no_sums(); 4];
            let (pairs, rest) = groups.as_chunks::<2>();
            for [a, b] in pairs {
                let (first, second) = (summed(machine, rows, a, at), summed(machine, rows, b, at));
                sums = [
                    machine.add_products(sums[0], first[0], a.weight, second[0], b.weight),
                    machine.add_products(sums[1], first[1], a.weight, second[1], b.weight),
                    machine.add_products(sums[2], first[2], a.weight, second[2], b.weight),
                    machine.add_products(sums[3], first[3], a.weight, second[3], b.weight),
                ];
            }
            for group in rest {
                let (taken, nothing) = (summed(machine, rows, group, at), machine.splat(0));
                for (sum, taken) in sums.iter_mut().zip(taken) {
                    *sum = machine.add_products(*sum, taken, group.weight, nothing, 0);
                }
            }
            let (parts, _) = out.as_chunks_mut::<LANES>();
            for (sum, to) in sums.into_iter().zip(parts) {
                machine.store_sums(sum, to);
            }
        }
    }
}

/// `out[i]` becomes the sum of numbers of `row` from the first of window `i` on, times the window's weights divided by 2¹⁵, each product
/// rounded.
pub(crate) fn sum_windows<'a, W>(row: &[[i16; LANES]], window: W, out: &mut [[i16; LANES]])
where
    W: Fn(usize) -> (usize, &'a [i16]),
{
    run(Windows { row, window, out });
}

struct Windows<'a, W> {
    row: &'a [[i16; LANES]],
    window: W,
    out: &'a mut [[i16; LANES]],
}

impl<'a, W: Fn(usize) -> (usize, &'a [i16])> Job for Windows<'_, W> {
    #[inline(always)]
    fn run<M: Machine>(self, machine: M) {
        for (number, out) in self.out.iter_mut().enumerate() {
            let (first, weights) = (self.window)(number);
            let mut sum = machine.splat(0);
            for (taken, weight) in self.row[first..first + weights.len()].iter().zip(weights) {
                sum = machine.add(sum, machine.scale(machine.load(taken), machine.splat(*weight)));
            }
            machine.store(sum, out);
        }
    }
}

/// The sum of the rows of a group.
#[inline(always)]
fn summed<M: Machine>(machine: M, rows: &[&[i16]], group: &Group, at: usize) -> [M::Words; 4] {
    let mut sum = loaded(machine, rows[group.rows[0]], at);
    for &row in &group.rows[1..] {
        let more = loaded(machine, rows[row], at);
        sum = [
            machine.add(sum[0], more[0]),
            machine.add(sum[1], more[1]),
            machine.add(sum[2], more[2]),
            machine.add(sum[3], more[3]),
        ];
    }
    sum
}

#[inline(always)]
fn loaded<M: Machine>(machine: M, row: &[i16], at: usize) -> [M::Words; 4] {
    let (parts, _) = row[at..at + CHUNK].as_chunks::<LANES>();
    [machine.load(&parts[0]), machine.load(&parts[1]), machine.load(&parts[2]), machine.load(&parts[3])]
}

vector_fn! {
    /// Bytes times 2 to the power of `shift`.
    pub(crate) fn widen[](bytes: &[u8], shift: u32, out: &mut [i16]) {
        for (to, byte) in out.iter_mut().zip(bytes) {
            *to = i16::from(*byte) << shift;
        }
    }
}

vector_fn! {
    /// Numbers divided by 2 to the power of `shift` to the nearest byte, halves up, `offset` added.
    pub(crate) fn narrow[](words: &[i16], shift: u32, offset: i16, out: &mut [u8]) {
        let half = (1i16 << shift) >> 1;
        for (to, word) in out.iter_mut().zip(words) {
            let rounded = (*word).min(i16::MAX - half).wrapping_add(half) >> shift;
            *to = rounded.wrapping_add(offset).clamp(0, 255) as u8;
        }
    }
}

vector_fn! {
    /// The same for sums of 32 bits.
    pub(crate) fn narrow_sums[](sums: &[i32], shift: u32, offset: i32, out: &mut [u8]) {
        let half = (1i32 << shift) >> 1;
        for (to, sum) in out.iter_mut().zip(sums) {
            *to = (sum.wrapping_add(half) >> shift).wrapping_add(offset).clamp(0, 255) as u8;
        }
    }
}

vector_fn! {
    /// Numbers times `factor`.
    pub(crate) fn floats_of_words[](words: &[i16], factor: f32, out: &mut [f32]) {
        for (to, word) in out.iter_mut().zip(words) {
            *to = f32::from(*word) * factor;
        }
    }
}

vector_fn! {
    /// The same numbers.
    pub(crate) fn floats_of_sums[](sums: &[i32], out: &mut [f32]) {
        for (to, sum) in out.iter_mut().zip(sums) {
            *to = *sum as f32;
        }
    }
}

/// Floats as 16-bit numbers with [`PLACES`] binary places.
pub(crate) fn words_of_floats(pixels: &Pixels) -> Pixels {
    let mut out = Pixels::unwritten(pixels.size(), pixels.channels(), SampleType::I16);
    if let (Samples::F32(from), Samples::I16(out)) = (pixels.samples(), out.samples_mut()) {
        let factor = (1u32 << PLACES) as f32;
        out.iter_mut().zip(from).for_each(|(to, value)| *to = i16::from_f32(value * factor));
    }
    out
}

/// 16-bit numbers with [`PLACES`] binary places as floats.
pub(crate) fn floats_of_pixels(words: &[i16], like: &Pixels) -> Pixels {
    let mut out = Pixels::unwritten(like.size(), like.channels(), SampleType::F32);
    if let Samples::F32(out) = out.samples_mut() {
        floats_of_words(words, 1.0 / (1u32 << PLACES) as f32, out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of numbers that look random.
    fn rows(count: usize, length: usize, most: i16) -> Vec<Vec<i16>> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as i16 % most
        };
        (0..count).map(|_| (0..length).map(|_| next()).collect()).collect()
    }

    fn groups() -> Vec<Group> {
        let group = |weight, rows: &[usize]| Group { weight, rows: rows.to_vec() };
        vec![group(9000, &[2]), group(-7001, &[1, 3]), group(123, &[0, 4])]
    }

    #[test]
    fn scaled_sums_are_those_of_the_definition() {
        let made = rows(5, 192, 16_000);
        let rows: Vec<&[i16]> = made.iter().map(Vec::as_slice).collect();
        let scale = |value: i16, weight: i16| ((i32::from(value) * i32::from(weight) + (1 << 14)) >> 15) as i16;
        let mut out = vec![5i16; 192];
        sum_scaled(&rows, &groups(), &mut out, true);
        for (i, out) in out.iter().enumerate() {
            let sum = |group: &Group| scale(group.rows.iter().map(|&row| rows[row][i]).sum(), group.weight);
            assert_eq!(*out, 5 + groups().iter().map(sum).sum::<i16>(), "at {i}");
        }
        let mut portable = vec![5i16; 192];
        Scaled { rows: &rows, groups: &groups(), out: &mut portable, add: true }.run(Portable);
        assert_eq!(portable, out);
    }

    #[test]
    fn exact_sums_are_those_of_the_definition() {
        let made = rows(5, 192, 2_000);
        let rows: Vec<&[i16]> = made.iter().map(Vec::as_slice).collect();
        let mut out = vec![0i32; 192];
        sum_exact(&rows, &groups(), &mut out);
        for (i, out) in out.iter().enumerate() {
            let sum = |group: &Group| {
                group.rows.iter().map(|&row| i32::from(rows[row][i])).sum::<i32>() * i32::from(group.weight)
            };
            assert_eq!(*out, groups().iter().map(sum).sum::<i32>(), "at {i}");
        }
        let mut portable = vec![0i32; 192];
        Exact { rows: &rows, groups: &groups(), out: &mut portable }.run(Portable);
        assert_eq!(portable, out);
    }

    #[test]
    fn bytes_are_widened_and_narrowed() {
        let bytes: Vec<u8> = (0..=255).collect();
        let (mut wide, mut back) = (vec![0i16; 256], vec![0u8; 256]);
        widen(&bytes, 6, &mut wide);
        narrow(&wide, 6, 0, &mut back);
        assert_eq!(back, bytes);
        let words = [-40, -33, -32, -31, 31, 32, 16_351, 16_352, i16::MAX];
        let mut out = [0u8; 9];
        narrow(&words, 6, 3, &mut out);
        assert_eq!(out, [2, 2, 3, 3, 3, 4, 255, 255, 255]);
    }
}

//! The inner loops for machines with AVX2, and the choice between these and the portable ones at run time. Other machines, those
//! with NEON among them, take the portable ones, which the compiler makes into vector code as far as it can.
//!
//! # Invariants
//!
//! - An [`Avx2`] exists only after [`Avx2::detect`] has found all instruction sets that this module enables, so every call of a
//!   function with `#[target_feature]` from a method of `Avx2` or from [`run`] is sound.
//! - [`Wide`] values come only from methods of `Avx2`.
//! - Memory is read and written by way of references to arrays of exactly the size of the access: the slice operations before
//!   it check the bounds. No pointer outlives the expression that makes it.
#![allow(unsafe_code, reason = "vector instructions, and calls into functions compiled for them")]

use super::kernels::{Portable, Task};

/// Do `task` with the best kernels of this machine, or with the portable ones.
#[inline]
pub(super) fn run<T: Task>(task: T, portable: bool) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    if let (false, Some(avx2)) = (portable, avx2::Avx2::detect()) {
        // SAFETY: `avx2` exists, so the instructions do.
        return unsafe { avx2::run(task, avx2) };
    }
    let _ = portable;
    task.run(Portable)
}

#[cfg(target_arch = "x86_64")]
#[allow(clippy::wildcard_imports, reason = "half a hundred instructions")]
mod avx2 {
    use std::arch::x86_64::*;
    use std::array::from_fn;
    use std::is_x86_feature_detected;

    use super::super::dct::Lanes;
    use super::super::kernels::{
        Block, CB_TO_B, CB_TO_G, CB_WEIGHTS, CHROMA_BIAS, CR_TO_G, CR_TO_R, CR_WEIGHTS, Kernels, LUMA_BIAS,
        LUMA_WEIGHTS, Portable, Quantized, Task,
    };
    use super::super::tables::ZIGZAG;

    /// Proof that this machine has AVX2, BMI1, BMI2 and LZCNT.
    #[derive(Debug, Clone, Copy)]
    pub(in super::super) struct Avx2(());

    impl Avx2 {
        pub(super) fn detect() -> Option<Self> {
            let all = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt");
            all.then_some(Self(()))
        }
    }

    /// `task` compiled for these instructions, as far as it is inlined here.
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    pub(super) fn run<T: Task>(task: T, avx2: Avx2) -> T::Output {
        task.run(avx2)
    }

    /// Eight numbers in one register.
    #[derive(Debug, Clone, Copy)]
    pub(in super::super) struct Wide(__m256);

    impl Lanes for Wide {
        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            // SAFETY: a `Wide` exists only where AVX2 does.
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm256_sub_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn less(self, number: f32) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm256_sub_ps(self.0, _mm256_set1_ps(number)) })
        }

        #[inline(always)]
        fn times(self, factor: f32) -> Self {
            // SAFETY: as above.
            Self(unsafe { _mm256_mul_ps(self.0, _mm256_set1_ps(factor)) })
        }

        #[inline(always)]
        fn transposed(rows: [Self; 8]) -> [Self; 8] {
            // SAFETY: as above.
            unsafe { transpose(rows) }
        }
    }

    impl Kernels for Avx2 {
        type Lanes = Wide;

        #[inline(always)]
        fn dequantize(self, block: &mut Block, factors: &[f32; 64]) -> [Wide; 8] {
            // SAFETY: `self` exists, so AVX2 does. The same holds for all methods below.
            unsafe { dequantize(block, factors) }
        }

        #[inline(always)]
        fn store(self, rows: [Wide; 8], to: &mut [u8], stride: usize) {
            // SAFETY: see above.
            unsafe { store(rows, to, stride) }
        }

        #[inline(always)]
        fn load(self, from: &[u8], stride: usize) -> [Wide; 8] {
            // SAFETY: see above.
            unsafe { load(from, stride) }
        }

        #[inline(always)]
        fn quantize(self, values: [Wide; 8], factors: &[f32; 64], to: &mut Quantized) {
            // SAFETY: see above.
            unsafe { quantize(values, factors, to) }
        }

        #[inline(always)]
        fn rgb_from_ycc(self, planes: [&[u8]; 3], rgb: &mut [u8]) {
            // SAFETY: see above.
            unsafe { rgb_from_ycc(planes, rgb) }
        }

        #[inline(always)]
        fn ycc_from_rgb(self, rgb: &[u8], planes: [&mut [u8]; 3]) {
            // SAFETY: see above.
            unsafe { ycc_from_rgb(rgb, planes) }
        }

        #[inline(always)]
        fn halve_across(self, from: &[u8], to: &mut [u8]) {
            // SAFETY: see above.
            unsafe { halve_across(from, to) }
        }

        #[inline(always)]
        fn halve_both(self, upper: &[u8], lower: &[u8], to: &mut [u8]) {
            // SAFETY: see above.
            unsafe { halve_both(upper, lower, to) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn transpose(rows: [Wide; 8]) -> [Wide; 8] {
        let v = rows.map(|row| row.0);
        let t: [__m256; 8] = from_fn(|i| {
            let (a, b) = (v[i / 2 * 2], v[i / 2 * 2 + 1]);
            if i % 2 == 0 { _mm256_unpacklo_ps(a, b) } else { _mm256_unpackhi_ps(a, b) }
        });
        let low: [__m256; 4] = [
            _mm256_shuffle_ps::<0x44>(t[0], t[2]),
            _mm256_shuffle_ps::<0xEE>(t[0], t[2]),
            _mm256_shuffle_ps::<0x44>(t[1], t[3]),
            _mm256_shuffle_ps::<0xEE>(t[1], t[3]),
        ];
        let high: [__m256; 4] = [
            _mm256_shuffle_ps::<0x44>(t[4], t[6]),
            _mm256_shuffle_ps::<0xEE>(t[4], t[6]),
            _mm256_shuffle_ps::<0x44>(t[5], t[7]),
            _mm256_shuffle_ps::<0xEE>(t[5], t[7]),
        ];
        from_fn(|i| {
            let (a, b) = (low[i % 4], high[i % 4]);
            Wide(if i < 4 { _mm256_permute2f128_ps::<0x20>(a, b) } else { _mm256_permute2f128_ps::<0x31>(a, b) })
        })
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn dequantize(block: &mut Block, factors: &[f32; 64]) -> [Wide; 8] {
        let (block, _) = block.as_chunks_mut::<8>();
        let (factors, _) = factors.as_chunks::<8>();
        from_fn(|i| {
            let (row, factors): (&mut [i16; 8], &[f32; 8]) = (&mut block[i], &factors[i]);
            // SAFETY: 16 and 32 bytes of arrays of that size.
            let (values, factors) =
                unsafe { (_mm_loadu_si128(row.as_ptr().cast()), _mm256_loadu_ps(factors.as_ptr())) };
            *row = [0; 8];
            Wide(_mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(values)), factors))
        })
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store(rows: [Wide; 8], to: &mut [u8], stride: usize) {
        let to = &mut to[..7 * stride + 8];
        for i in 0..4 {
            let [a, b] = [rows[2 * i], rows[2 * i + 1]].map(|row| _mm256_cvttps_epi32(row.0));
            // Within each half of the register: four samples of row a, four of row b.
            let samples = _mm256_packs_epi32(a, b);
            let bytes = _mm256_packus_epi16(samples, samples);
            let both = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
            let pair = [_mm_cvtsi128_si64(both), _mm_extract_epi64::<1>(both)];
            to[2 * i * stride..][..8].copy_from_slice(&pair[0].to_le_bytes());
            to[(2 * i + 1) * stride..][..8].copy_from_slice(&pair[1].to_le_bytes());
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(from: &[u8], stride: usize) -> [Wide; 8] {
        let from = &from[..7 * stride + 8];
        from_fn(|i| {
            let mut row = [0; 8];
            row.copy_from_slice(&from[i * stride..][..8]);
            let bytes = _mm_cvtsi64_si128(i64::from_le_bytes(row));
            Wide(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)))
        })
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn quantize(values: [Wide; 8], factors: &[f32; 64], to: &mut Quantized) {
        let (factors, _) = factors.as_chunks::<8>();
        let rounded = |i: usize| {
            let factors: &[f32; 8] = &factors[i];
            // SAFETY: 32 bytes of an array of that size.
            let factors = unsafe { _mm256_loadu_ps(factors.as_ptr()) };
            _mm256_cvtps_epi32(_mm256_mul_ps(values[i].0, factors))
        };
        // The pack instructions work within each half of the register: first the rows 0 to 3 of two columns, then their rows 4 to 7.
        let pairs: [__m256i; 4] = from_fn(|i| _mm256_packs_epi32(rounded(2 * i), rounded(2 * i + 1)));
        to.dc = _mm256_extract_epi16::<0>(pairs[0]) as i16;
        let all_but_dc = _mm256_setr_epi16(0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
        let [a, b, c, d] = [_mm256_and_si256(pairs[0], all_but_dc), pairs[1], pairs[2], pairs[3]].map(|pair| {
            // Of the lowest 16-bit number there is no other sign; as the unsigned number it is, it's still the largest.
            _mm256_abs_epi16(pair)
        });
        let largest = _mm256_max_epu16(_mm256_max_epu16(a, b), _mm256_max_epu16(c, d));
        let fit = _mm256_cmpeq_epi16(_mm256_min_epu16(largest, _mm256_set1_epi16(127)), largest);
        to.words = (_mm256_movemask_epi8(fit) != -1).then(|| words_of(pairs));
        // Now each half of a register is a quarter of the block, four rows of four columns, and shuffles put it in order.
        let [left, right] = [_mm256_packs_epi16(pairs[0], pairs[1]), _mm256_packs_epi16(pairs[2], pairs[3])];
        let quarters = [
            _mm256_permute2x128_si256::<0x00>(left, left),
            _mm256_permute2x128_si256::<0x11>(left, left),
            _mm256_permute2x128_si256::<0x00>(right, right),
            _mm256_permute2x128_si256::<0x11>(right, right),
        ];
        let in_order = |half: usize| {
            // The first half takes nothing from the last quarter, the second nothing from the first.
            let [a, b, c] = from_fn(|i| {
                let mask: &[i8; 32] = &IN_ORDER[half][half + i];
                // SAFETY: 32 bytes of an array of that size.
                _mm256_shuffle_epi8(quarters[half + i], unsafe { _mm256_loadu_si256(mask.as_ptr().cast()) })
            });
            _mm256_or_si256(_mm256_or_si256(a, b), c)
        };
        let (bytes, _) = to.bytes.as_chunks_mut::<32>();
        let [low, high] = [0, 1].map(|half| {
            let (ordered, bytes): (_, &mut [i8; 32]) = (in_order(half), &mut bytes[half]);
            // SAFETY: 32 bytes of an array of that size.
            unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), ordered) };
            !_mm256_movemask_epi8(_mm256_cmpeq_epi8(ordered, _mm256_setzero_si256())) as u32
        });
        to.present = u64::from(low) | u64::from(high) << 32;
    }

    /// The coefficients of a block that [`quantize`] has packed by pairs of columns.
    #[cold]
    #[target_feature(enable = "avx2")]
    fn words_of(pairs: [__m256i; 4]) -> [i16; 64] {
        let mut words = [0; 64];
        for (to, pair) in words.as_chunks_mut::<16>().0.iter_mut().zip(pairs) {
            // SAFETY: 32 bytes of an array of that size.
            unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), _mm256_permute4x64_epi64::<0xD8>(pair)) };
        }
        words
    }

    /// For each half of the zigzag order and each quarter of the block (left upper, left lower, right upper, right lower;
    /// columns first), which of its bytes go where.
    const IN_ORDER: [[[i8; 32]; 4]; 2] = {
        let mut masks = [[[-1; 32]; 4]; 2];
        let mut k = 0;
        while k < 64 {
            let (row, column) = (ZIGZAG[k] as usize / 8, ZIGZAG[k] as usize % 8);
            masks[k / 32][column / 4 * 2 + row / 4][k % 32] = (column % 4 * 4 + row % 4) as i8;
            k += 1;
        }
        masks
    };

    #[inline]
    #[target_feature(enable = "avx2")]
    fn rgb_from_ycc([y, cb, cr]: [&[u8]; 3], rgb: &mut [u8]) {
        let ((ys, y), (cbs, cb), (crs, cr)) = (y.as_chunks::<16>(), cb.as_chunks::<16>(), cr.as_chunks::<16>());
        let whole = ys.len().min(cbs.len()).min(crs.len()).min(rgb.len() / 48);
        let (now, rest) = rgb.split_at_mut(whole * 48);
        let (cr_to_r, cb_to_b) = (_mm256_set1_epi16(CR_TO_R as i16), _mm256_set1_epi16(CB_TO_B as i16));
        let to_g = pair(CB_TO_G, CR_TO_G);
        for (((rgb, y), cb), cr) in now.as_chunks_mut::<48>().0.iter_mut().zip(ys).zip(cbs).zip(crs) {
            let zero = _mm256_set1_epi16(128);
            let y = words(y);
            let (cb, cr) = (_mm256_sub_epi16(words(cb), zero), _mm256_sub_epi16(words(cr), zero));
            // `mulhi` of four times the value and a factor in 2⁻¹⁵ keeps one bit of fraction, which rounds.
            let part = |value, factor| {
                let doubled = _mm256_mulhi_epi16(_mm256_slli_epi16::<2>(value), factor);
                _mm256_srai_epi16::<1>(_mm256_add_epi16(doubled, _mm256_set1_epi16(1)))
            };
            let r = _mm256_add_epi16(_mm256_add_epi16(y, cr), part(cr, cr_to_r));
            let b = _mm256_add_epi16(_mm256_add_epi16(y, _mm256_add_epi16(cb, cb)), part(cb, cb_to_b));
            let green = |both| {
                let sum = _mm256_add_epi32(_mm256_madd_epi16(both, to_g), _mm256_set1_epi32(1 << 14));
                _mm256_srai_epi32::<15>(sum)
            };
            let g = _mm256_packs_epi32(green(_mm256_unpacklo_epi16(cb, cr)), green(_mm256_unpackhi_epi16(cb, cr)));
            let g = _mm256_add_epi16(y, g);
            interleave([r, g, b].map(|words| bytes(words)), rgb);
        }
        Portable.rgb_from_ycc([y, cb, cr], rest);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn ycc_from_rgb(rgb: &[u8], [y, cb, cr]: [&mut [u8]; 3]) {
        let (pixels, rest) = rgb.as_chunks::<48>();
        let whole = pixels.len();
        let [(y, y_rest), (cb, cb_rest), (cr, cr_rest)] = [y, cb, cr].map(|plane| plane.split_at_mut(whole * 16));
        let planes =
            y.as_chunks_mut::<16>().0.iter_mut().zip(cb.as_chunks_mut::<16>().0).zip(cr.as_chunks_mut::<16>().0);
        for (rgb, ((y, cb), cr)) in pixels.iter().zip(planes) {
            let [r, g, b] = deinterleave(rgb).map(|plane| _mm256_cvtepu8_epi16(plane));
            let rg = [_mm256_unpacklo_epi16(r, g), _mm256_unpackhi_epi16(r, g)];
            let bg = [_mm256_unpacklo_epi16(b, g), _mm256_unpackhi_epi16(b, g)];
            // Green's weight in luma is too large for 16 bits, so it is given half with red and half with blue.
            let weigh = |[wr, wg, wb]: [i32; 3], bias: i32, to: &mut [u8; 16]| {
                let (with_r, with_b) = (pair(wr, wg / 2), pair(wb, wg - wg / 2));
                let [low, high] = from_fn(|i| {
                    let sum = _mm256_add_epi32(_mm256_madd_epi16(rg[i], with_r), _mm256_madd_epi16(bg[i], with_b));
                    _mm256_srai_epi32::<15>(_mm256_add_epi32(sum, _mm256_set1_epi32(bias)))
                });
                // SAFETY: 16 bytes of an array of that size.
                unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), bytes(_mm256_packs_epi32(low, high))) };
            };
            weigh(LUMA_WEIGHTS, LUMA_BIAS, y);
            weigh(CB_WEIGHTS, CHROMA_BIAS, cb);
            weigh(CR_WEIGHTS, CHROMA_BIAS, cr);
        }
        Portable.ycc_from_rgb(rest, [y_rest, cb_rest, cr_rest]);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn halve_across(from: &[u8], to: &mut [u8]) {
        let (pairs, rest) = from.as_chunks::<32>();
        let (to, to_rest) = to.split_at_mut(pairs.len() * 16);
        // Nothing and 1 in turn.
        let bias = pair(0, 1);
        for (to, from) in to.as_chunks_mut::<16>().0.iter_mut().zip(pairs) {
            let sums = _mm256_add_epi16(pair_sums(from), bias);
            // SAFETY: 16 bytes of an array of that size.
            unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), bytes(_mm256_srli_epi16::<1>(sums))) };
        }
        Portable.halve_across(rest, to_rest);
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn halve_both(upper: &[u8], lower: &[u8], to: &mut [u8]) {
        let ((uppers, upper_rest), (lowers, lower_rest)) = (upper.as_chunks::<32>(), lower.as_chunks::<32>());
        let (to, to_rest) = to.split_at_mut(uppers.len() * 16);
        // 1 and 2 in turn.
        let bias = pair(1, 2);
        for ((to, upper), lower) in to.as_chunks_mut::<16>().0.iter_mut().zip(uppers).zip(lowers) {
            let sums = _mm256_add_epi16(_mm256_add_epi16(pair_sums(upper), pair_sums(lower)), bias);
            // SAFETY: 16 bytes of an array of that size.
            unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), bytes(_mm256_srli_epi16::<2>(sums))) };
        }
        Portable.halve_both(upper_rest, lower_rest, to_rest);
    }

    /// The sum of each two bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn pair_sums(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: 32 bytes of an array of that size.
        let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
        _mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1))
    }

    /// Two 16-bit numbers side by side, for `madd`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn pair(low: i32, high: i32) -> __m256i {
        _mm256_set1_epi32((low & 0xFFFF) | high << 16)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn words(bytes: &[u8; 16]) -> __m256i {
        // SAFETY: 16 bytes of an array of that size.
        _mm256_cvtepu8_epi16(unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) })
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn bytes(words: __m256i) -> __m128i {
        let packed = _mm256_packus_epi16(words, words);
        _mm_unpacklo_epi64(_mm256_castsi256_si128(packed), _mm256_extracti128_si256::<1>(packed))
    }

    /// For each third of 48 bytes and each channel, which of that channel's 16 samples go where.
    const INTERLEAVE: [[[i8; 16]; 3]; 3] = {
        let mut masks = [[[-1; 16]; 3]; 3];
        let mut i = 0;
        while i < 48 {
            masks[i / 16][i % 3][i % 16] = (i / 3) as i8;
            i += 1;
        }
        masks
    };

    /// For each channel and each third of 48 bytes, where in the third the channel's samples are.
    const DEINTERLEAVE: [[[i8; 16]; 3]; 3] = {
        let mut masks = [[[-1; 16]; 3]; 3];
        let mut i = 0;
        while i < 48 {
            masks[i % 3][i / 16][i / 3] = (i % 16) as i8;
            i += 1;
        }
        masks
    };

    #[inline]
    #[target_feature(enable = "avx2")]
    fn interleave(planes: [__m128i; 3], to: &mut [u8; 48]) {
        for (to, masks) in to.as_chunks_mut::<16>().0.iter_mut().zip(&INTERLEAVE) {
            // SAFETY: 16 bytes of an array of that size.
            unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), shuffled(planes, masks)) };
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn deinterleave(from: &[u8; 48]) -> [__m128i; 3] {
        let (thirds, _) = from.as_chunks::<16>();
        // SAFETY: 16 bytes of arrays of that size.
        let thirds: [__m128i; 3] = from_fn(|i| unsafe { _mm_loadu_si128(thirds[i].as_ptr().cast()) });
        from_fn(|channel| shuffled(thirds, &DEINTERLEAVE[channel]))
    }

    /// Bytes picked from three registers into one; where a mask has −1, it picks nothing.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn shuffled(from: [__m128i; 3], masks: &[[i8; 16]; 3]) -> __m128i {
        let picked: [__m128i; 3] = from_fn(|i| {
            // SAFETY: 16 bytes of an array of that size.
            let mask = unsafe { _mm_loadu_si128(masks[i].as_ptr().cast()) };
            _mm_shuffle_epi8(from[i], mask)
        });
        _mm_or_si128(_mm_or_si128(picked[0], picked[1]), picked[2])
    }
}

//! The inner loops for machines with AVX2, and the choice between these and the portable ones at run time.
//!
//! # Invariants
//!
//! - An [`Avx2`] exists only after [`Avx2::detect`] has seen all instruction sets that this module enables, so every call of a
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
        LUMA_WEIGHTS, Portable, Task,
    };

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
        fn dequantise(self, block: &mut Block, factors: &[f32; 64]) -> [Wide; 8] {
            // SAFETY: `self` exists, so AVX2 does. The same holds for all methods below.
            unsafe { dequantise(block, factors) }
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
        fn quantise(self, values: [Wide; 8], factors: &[f32; 64], to: &mut [i16; 64]) -> u64 {
            // SAFETY: see above.
            unsafe { quantise(values, factors, to) }
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
    fn dequantise(block: &mut Block, factors: &[f32; 64]) -> [Wide; 8] {
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
        let bias = _mm256_set1_epi16(128);
        for i in 0..4 {
            let [a, b] = [rows[2 * i], rows[2 * i + 1]].map(|row| _mm256_cvtps_epi32(row.0));
            // Within each half of the register: four samples of row a, four of row b.
            let samples = _mm256_adds_epi16(_mm256_packs_epi32(a, b), bias);
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
        let zero = _mm256_set1_ps(128.0);
        from_fn(|i| {
            let mut row = [0; 8];
            row.copy_from_slice(&from[i * stride..][..8]);
            let bytes = _mm_cvtsi64_si128(i64::from_le_bytes(row));
            Wide(_mm256_sub_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)), zero))
        })
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn quantise(values: [Wide; 8], factors: &[f32; 64], to: &mut [i16; 64]) -> u64 {
        let (factors, _) = factors.as_chunks::<8>();
        let (to, _) = to.as_chunks_mut::<16>();
        let rounded = |i: usize| {
            let factors: &[f32; 8] = &factors[i];
            // SAFETY: 32 bytes of an array of that size.
            let factors = unsafe { _mm256_loadu_ps(factors.as_ptr()) };
            _mm256_cvtps_epi32(_mm256_mul_ps(values[i].0, factors))
        };
        let mut is_zero = [_mm256_setzero_si256(); 4];
        for i in 0..4 {
            // Packing works within halves of the register; the permutation puts the quarters back in order.
            let packed = _mm256_packs_epi32(rounded(2 * i), rounded(2 * i + 1));
            let packed = _mm256_permute4x64_epi64::<0xD8>(packed);
            let to: &mut [i16; 16] = &mut to[i];
            // SAFETY: 32 bytes of an array of that size.
            unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), packed) };
            is_zero[i] = _mm256_cmpeq_epi16(packed, _mm256_setzero_si256());
        }
        let mask = |a, b| {
            let bytes = _mm256_permute4x64_epi64::<0xD8>(_mm256_packs_epi16(a, b));
            !_mm256_movemask_epi8(bytes) as u32
        };
        u64::from(mask(is_zero[0], is_zero[1])) | u64::from(mask(is_zero[2], is_zero[3])) << 32
    }

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

//! From the sums of rows to their outputs.

use super::{Eight, load, store};
use crate::fast::ops::{Finish, half};
use crate::fast::plan::Packed;
use crate::fast::short::Short;
use crate::fixed::rshift;
use core::arch::x86_64::*;

/// Products with a group, less the weights' offset.
#[target_feature(enable = "avx2")]
fn centred<const BITS: u32>(matrix: &Packed, sum: i32, raw: __m256i) -> __m256i {
    // The sum of int8 products is taken with the weights' own signs.
    let offset = _mm256_set1_epi32(if BITS == 8 { 0 } else { matrix.offset * sum });
    _mm256_sub_epi32(if BITS == 1 { _mm256_slli_epi32::<1>(raw) } else { raw }, offset)
}

/// Adds the scaled products of eight rows with a group to the rows' totals.
#[target_feature(enable = "avx2")]
pub(super) fn add_scaled<const BITS: u32>(
    matrix: &Packed,
    sum: i32,
    raw: __m256i,
    scales: &Eight,
    total: &mut [__m256i; 2],
) {
    add_products(centred::<BITS>(matrix, sum, raw), scales, total);
}

/// Adds scaled products to the totals.
#[target_feature(enable = "avx2")]
pub(super) fn add_products(dot: __m256i, scales: &Eight, total: &mut [__m256i; 2]) {
    let scale = load(scales);
    total[0] = _mm256_add_epi64(total[0], _mm256_mul_epi32(front(dot), front(scale)));
    total[1] = _mm256_add_epi64(total[1], _mm256_mul_epi32(back(dot), back(scale)));
}

impl Short {
    /// Of eight rows.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn eight(&self, dot: __m256i, scale: __m256i, mantissa: i32) -> __m256i {
        let (even, odd) = if self.pre_shift == 0 {
            let sum = _mm256_mullo_epi32(dot, scale);
            (sum, _mm256_srli_epi64::<32>(sum))
        } else {
            let rounding = _mm256_set1_epi64x(half(self.pre_shift));
            let by = _mm_cvtsi32_si128(self.pre_shift);
            let scaled = |dot, scale| _mm256_srl_epi64(_mm256_add_epi64(_mm256_mul_epi32(dot, scale), rounding), by);
            (scaled(dot, scale), scaled(_mm256_srli_epi64::<32>(dot), _mm256_srli_epi64::<32>(scale)))
        };
        let mantissa = _mm256_set1_epi32(mantissa);
        let product = |sum| _mm256_add_epi64(_mm256_mul_epi32(sum, mantissa), _mm256_set1_epi64x(half(32)));
        // The upper words of both.
        let both = _mm256_blend_epi32::<0b1010_1010>(_mm256_srli_epi64::<32>(product(even)), product(odd));
        if self.is_clamped {
            let (low, high) = (_mm256_set1_epi32(-self.limit), _mm256_set1_epi32(self.limit - 1));
            _mm256_min_epi32(_mm256_max_epi32(both, low), high)
        } else {
            both
        }
    }
}

/// Writes up to eight outputs.
#[target_feature(enable = "avx2")]
pub(super) fn put(value: __m256i, out: &mut [i32]) {
    if let Some(out) = out.first_chunk_mut() {
        store(out, value);
    } else {
        let mut all = [0; 8];
        store(&mut all, value);
        out.copy_from_slice(&all[..out.len()]);
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn load_longs(longs: &[i64; 8]) -> [__m256i; 2] {
    // SAFETY: a reference to 64 bytes is read.
    unsafe { core::ptr::from_ref(longs).cast::<[__m256i; 2]>().read_unaligned() }
}

#[target_feature(enable = "avx2")]
pub(super) fn store_longs(longs: &mut [i64; 8], value: [__m256i; 2]) {
    // SAFETY: a reference to 64 bytes is written.
    unsafe { core::ptr::from_mut(longs).cast::<[__m256i; 2]>().write_unaligned(value) }
}

/// The first four words as doublewords.
#[target_feature(enable = "avx2")]
fn front(words: __m256i) -> __m256i {
    _mm256_cvtepi32_epi64(_mm256_castsi256_si128(words))
}

/// The last four.
#[target_feature(enable = "avx2")]
fn back(words: __m256i) -> __m256i {
    _mm256_cvtepi32_epi64(_mm256_extracti128_si256::<1>(words))
}

/// Shifts right, rounding half up; `shift` is below 63. AVX2 has no arithmetic shift of 64 bits.
#[target_feature(enable = "avx2")]
fn shift_right(value: __m256i, shift: i32) -> __m256i {
    let by = _mm_cvtsi32_si128(shift);
    let lifted =
        _mm256_xor_si256(_mm256_add_epi64(value, _mm256_set1_epi64x(half(shift))), _mm256_set1_epi64x(i64::MIN));
    _mm256_sub_epi64(_mm256_srl_epi64(lifted, by), _mm256_srl_epi64(_mm256_set1_epi64x(i64::MIN), by))
}

/// [`crate::linear::finish`] of eight rows.
#[target_feature(enable = "avx2")]
pub(super) fn output(matrix: &Packed, finish: Finish, limit: i64, sums: &[__m256i; 2]) -> __m256i {
    let mut all = [0; 8];
    for (all, sums) in all.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
        *all = output_of_four(matrix, finish, limit, *sums);
    }
    load(&all)
}

/// [`crate::linear::finish`] of four rows.
#[target_feature(enable = "avx2")]
fn output_of_four(matrix: &Packed, finish: Finish, limit: i64, sums: __m256i) -> [i32; 4] {
    let first = shift_right(sums, matrix.pre_shift);
    let mantissa = _mm256_set1_epi64x(finish.mantissa);
    // 64 by 16 bits, modulo 2^64.
    let high = _mm256_slli_epi64::<32>(_mm256_mul_epu32(_mm256_srli_epi64::<32>(first), mantissa));
    let product = _mm256_add_epi64(_mm256_mul_epu32(first, mantissa), high);
    let lanes = |value: __m256i| {
        let mut lanes = [0i64; 4];
        // SAFETY: an array of 32 bytes is written.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), value) };
        lanes
    };
    let second = if finish.is_plain() {
        lanes(shift_right(product, finish.by))
    } else {
        lanes(product).map(|lane| rshift(lane, finish.by))
    };
    second.map(|lane| lane.clamp(-limit, limit - 1) as i32)
}

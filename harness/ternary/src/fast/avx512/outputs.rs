//! From the sums of rows to their outputs.

use super::store;
use crate::fast::ops::{Finish, half};
use crate::fast::plan::{LANES, Packed};
use crate::fast::short::Short;
use crate::fixed::rshift;
use core::arch::x86_64::*;

/// Writes up to 16 outputs.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn put(value: __m512i, out: &mut [i32]) {
    if let Some(out) = out.first_chunk_mut() {
        store(out, value);
    } else {
        let mut all = [0; LANES];
        store(&mut all, value);
        out.copy_from_slice(&all[..out.len()]);
    }
}

/// The odd words in the place of the even ones.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn odd_words(words: __m512i) -> __m512i {
    _mm512_shuffle_epi32::<0b11_11_01_01>(words)
}

impl Short {
    /// Of 16 rows, whose scales come with their odd words.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    pub(super) fn sixteen(&self, dot: __m512i, scale: __m512i, odd_scale: __m512i, mantissa: i32) -> __m512i {
        let (even, odd) = if self.pre_shift == 0 {
            let sum = _mm512_mullo_epi32(dot, scale);
            (sum, _mm512_srli_epi64::<32>(sum))
        } else {
            let rounding = _mm512_set1_epi64(half(self.pre_shift));
            let by = _mm_cvtsi32_si128(self.pre_shift);
            let scaled = |dot, scale| _mm512_srl_epi64(_mm512_add_epi64(_mm512_mul_epi32(dot, scale), rounding), by);
            (scaled(dot, scale), scaled(odd_words(dot), odd_scale))
        };
        let mantissa = _mm512_set1_epi32(mantissa);
        let product = |sum| _mm512_add_epi64(_mm512_mul_epi32(sum, mantissa), _mm512_set1_epi64(half(32)));
        // The upper words of both.
        let both = _mm512_mask_shuffle_epi32::<0b11_11_01_01>(product(odd), 0x5555, product(even));
        if self.is_clamped {
            let (low, high) = (_mm512_set1_epi32(-self.limit), _mm512_set1_epi32(self.limit - 1));
            _mm512_min_epi32(_mm512_max_epi32(both, low), high)
        } else {
            both
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn load_long(longs: &[i64; 8]) -> __m512i {
    // SAFETY: a reference to 64 bytes is read.
    unsafe { _mm512_loadu_si512(longs.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn store_long(longs: &mut [i64; 8], value: __m512i) {
    // SAFETY: a reference to 64 bytes is written.
    unsafe { _mm512_storeu_si512(longs.as_mut_ptr().cast(), value) }
}

/// Adds the products of 16 rows with a group, less the weights' offset and scaled, to the rows' totals. `sum` is that of the activations.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(in crate::fast) fn add_scaled<const BITS: u32>(
    matrix: &Packed,
    sum: i32,
    raw: __m512i,
    scale: __m512i,
    total: &mut [__m512i; 2],
) {
    let offset = _mm512_set1_epi32(matrix.offset * sum);
    add_products(_mm512_sub_epi32(if BITS == 1 { _mm512_slli_epi32::<1>(raw) } else { raw }, offset), scale, total);
}

/// Adds scaled products to the totals.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn add_products(dot: __m512i, scale: __m512i, total: &mut [__m512i; 2]) {
    for (index, total) in total.iter_mut().enumerate() {
        let part = |v| if index == 0 { _mm512_castsi512_si256(v) } else { _mm512_extracti64x4_epi64::<1>(v) };
        let product = _mm512_mul_epi32(_mm512_cvtepi32_epi64(part(dot)), _mm512_cvtepi32_epi64(part(scale)));
        *total = _mm512_add_epi64(*total, product);
    }
}

/// The outputs of some rows for one token.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(in crate::fast) fn write(matrix: &Packed, finish: Finish, limit: i64, totals: &[[__m512i; 2]], out: &mut [i32]) {
    for (out, total) in out.chunks_mut(LANES).zip(totals) {
        put(output(matrix, finish, limit, *total), out);
    }
}

/// [`crate::linear::finish`] of 16 rows.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn output(matrix: &Packed, finish: Finish, limit: i64, sums: [__m512i; 2]) -> __m512i {
    let mut halves = [_mm256_setzero_si256(); 2];
    for (half_of, sum) in halves.iter_mut().zip(sums) {
        let first = _mm512_add_epi64(sum, _mm512_set1_epi64(half(matrix.pre_shift)));
        let first = _mm512_sra_epi64(first, _mm_cvtsi32_si128(matrix.pre_shift));
        let product = _mm512_mullo_epi64(first, _mm512_set1_epi64(finish.mantissa));
        let second = if finish.is_plain() {
            let second = _mm512_add_epi64(product, _mm512_set1_epi64(half(finish.by)));
            _mm512_sra_epi64(second, _mm_cvtsi32_si128(finish.by))
        } else {
            let mut lanes = [0i64; 8];
            // SAFETY: an array of 64 bytes is written, then read.
            unsafe {
                _mm512_storeu_si512(lanes.as_mut_ptr().cast(), product);
                lanes.iter_mut().for_each(|lane| *lane = rshift(*lane, finish.by));
                _mm512_loadu_si512(lanes.as_ptr().cast())
            }
        };
        let clamped =
            _mm512_min_epi64(_mm512_max_epi64(second, _mm512_set1_epi64(-limit)), _mm512_set1_epi64(limit - 1));
        *half_of = _mm512_cvtepi64_epi32(clamped);
    }
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(halves[0]), halves[1])
}

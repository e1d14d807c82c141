//! Queries and keys: normalised, rotated and quantised.

use super::inputs::extremes;
use super::load;
use crate::fast::attention;
use crate::fast::inputs::root;
use crate::fast::plan::LANES;
use crate::fixed::normal_shift;
use core::arch::x86_64::*;

/// [`attention::rotate`], in 32 bits.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn rotate(x: &mut [i32], turns: &[i32], out: &mut [i8]) {
    match x.len() {
        32 => rotate_halves::<1>(x, turns, out),
        64 => rotate_halves::<2>(x, turns, out),
        128 => rotate_halves::<4>(x, turns, out),
        _ => attention::rotate(x, turns, out),
    }
}

/// Of heads whose halves are so many vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn rotate_halves<const N: usize>(x: &[i32], turns: &[i32], out: &mut [i8]) {
    let vectors = x.as_chunks::<LANES>().0;
    let (low, high) = extremes(vectors);
    let by = normal_shift(low.unsigned_abs().max(high.unsigned_abs()), 14);
    let (left, right) = (_mm512_set1_epi32((-by).max(0)), _mm512_set1_epi32(by.max(0)));
    let shifted = |x| _mm512_srav_epi32(_mm512_sllv_epi32(load(x), left), right);
    let mut pairs = [[_mm512_setzero_si512(); 2]; N];
    // Elements have 14 bits and a sign, so that eight squares fit 32 bits without one.
    let mut squares = _mm512_setzero_si512();
    for (index, pair) in pairs.iter_mut().enumerate() {
        *pair = [shifted(&vectors[index]), shifted(&vectors[N + index])];
        let words = side_by_side(pair[0], pair[1]);
        squares = _mm512_add_epi32(squares, _mm512_madd_epi16(words, words));
    }
    let front = _mm512_cvtepu32_epi64(_mm512_castsi512_si256(squares));
    let back = _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64::<1>(squares));
    let squares = _mm512_reduce_add_epi64(_mm512_add_epi64(front, back)) as u64;
    if squares == 0 {
        return out.fill(0);
    }
    // Of 21 bits; its upper 13 and its lower 8 are multiplied on their own.
    let scale = 3 * root(((x.len() as u64) << 56) / squares) as i32;
    let (upper, lower) = (_mm512_set1_epi32(scale >> 8), _mm512_set1_epi32(scale & 0xff));
    let scaled = |x| {
        let carried = _mm512_add_epi32(_mm512_srai_epi32::<8>(_mm512_madd_epi16(x, lower)), _mm512_set1_epi32(1 << 9));
        let x = _mm512_srai_epi32::<10>(_mm512_add_epi32(carried, _mm512_madd_epi16(x, upper)));
        _mm512_min_epi32(_mm512_max_epi32(x, _mm512_set1_epi32(-32_767)), _mm512_set1_epi32(32_767))
    };
    let half = x.len() / 2;
    let (sines, cosines) = (turns[..half].as_chunks().0, turns[half..2 * half].as_chunks().0);
    let (first, second) = out[..2 * half].split_at_mut(half);
    let outs = first.as_chunks_mut::<LANES>().0.iter_mut().zip(second.as_chunks_mut::<LANES>().0);
    for ((&[a, b], (sine, cosine)), (front, back)) in pairs.iter().zip(sines.iter().zip(cosines)).zip(outs) {
        let (words, sine, cosine) = (side_by_side(scaled(a), scaled(b)), load(sine), load(cosine));
        let negative = _mm512_sub_epi32(_mm512_setzero_si512(), sine);
        quantise(_mm512_madd_epi16(words, side_by_side(cosine, negative)), front);
        quantise(_mm512_madd_epi16(words, side_by_side(sine, cosine)), back);
    }
}

/// Numbers of 16 bits as the lower and the upper halves of words.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn side_by_side(lower: __m512i, upper: __m512i) -> __m512i {
    _mm512_mask_blend_epi16(0xaaaa_aaaa, lower, _mm512_slli_epi32::<16>(upper))
}

/// To 24 steps a unit.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn quantise(turned: __m512i, out: &mut [i8; LANES]) {
    let rounded = _mm512_srai_epi32::<22>(_mm512_add_epi32(turned, _mm512_set1_epi32(1 << 21)));
    let bytes = _mm512_cvtsepi32_epi8(_mm512_max_epi32(rounded, _mm512_set1_epi32(-127)));
    // SAFETY: a reference to 16 bytes is written.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), bytes) };
}

/// [`attention::query`]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn query(x: &mut [i32], turns: &[i32], rotated: &mut [i8], words: &mut [i32]) -> i32 {
    rotate(x, turns, rotated);
    attention::query_words(rotated, words)
}

//! Activations: from numbers to int8, and from a token after the other to tokens side by side.

use super::load;
use crate::fast::inputs;
use crate::fast::ops::Place;
use crate::fast::plan::LANES;
use crate::fixed::Norm;
use core::arch::x86_64::*;

/// Elements that are quantised at a time.
const STEP: usize = 4 * LANES;

/// The lowest and the highest of the values and zero.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn extremes(x: &[[i32; LANES]]) -> (i32, i32) {
    let (mut low, mut high) = ([_mm512_setzero_si512(); 2], [_mm512_setzero_si512(); 2]);
    let (pairs, rest) = x.as_chunks::<2>();
    for pair in pairs {
        for (index, x) in pair.iter().enumerate() {
            let x = load(x);
            (low[index], high[index]) = (_mm512_min_epi32(low[index], x), _mm512_max_epi32(high[index], x));
        }
    }
    if let [last] = rest {
        let last = load(last);
        (low[0], high[0]) = (_mm512_min_epi32(low[0], last), _mm512_max_epi32(high[0], last));
    }
    (
        _mm512_reduce_min_epi32(_mm512_min_epi32(low[0], low[1])),
        _mm512_reduce_max_epi32(_mm512_max_epi32(high[0], high[1])),
    )
}

/// [`crate::fixed::quantise`], whose normalised elements have 16 bits and whose scale has 16, without a sign.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn quantise(x: &[i32], q: &mut [i8]) -> Norm {
    let (steps, []) = x.as_chunks::<STEP>() else { return crate::fixed::quantise(x, q) };
    let Some((by, scale)) = inputs::scaling(extremes(x.as_chunks().0)) else {
        q.fill(0);
        return Norm::default();
    };
    let lines = q.as_chunks_mut::<STEP>().0;
    let squares =
        if by < 0 { scaled::<true>(steps, -by, scale, lines) } else { scaled::<false>(steps, by, scale, lines) };
    inputs::norm(x.len(), squares)
}

/// Shifts, scales and rounds; returns the sum of the squares.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn scaled<const LEFT: bool>(x: &[[i32; STEP]], by: i32, scale: i32, q: &mut [[i8; STEP]]) -> u32 {
    let by = _mm512_set1_epi32(by);
    let shifted = |x| {
        let x = load(x);
        if LEFT { _mm512_sllv_epi32(x, by) } else { _mm512_srav_epi32(x, by) }
    };
    // The scale's top bit is taken for a sign.
    let (words, is_signed) = (_mm512_set1_epi16(scale as i16), if scale < 1 << 15 { 0 } else { u32::MAX });
    let scaled = |x| {
        let upper = _mm512_mulhi_epi16(x, words);
        // A shift right by seven, rounded half up.
        _mm512_mulhrs_epi16(_mm512_mask_add_epi16(upper, is_signed, upper, x), _mm512_set1_epi16(1 << 8))
    };
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let mut squares = _mm512_setzero_si512();
    for (x, q) in x.iter().zip(q) {
        let [a, b, c, d] = x.as_chunks().0 else { unreachable!("a step is four vectors") };
        let front = scaled(_mm512_packs_epi32(shifted(a), shifted(b)));
        let back = scaled(_mm512_packs_epi32(shifted(c), shifted(d)));
        let all = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(front, back));
        let magnitudes = _mm512_abs_epi8(all);
        squares = _mm512_dpbusd_epi32(squares, magnitudes, magnitudes);
        // SAFETY: a reference to 64 bytes is written.
        unsafe { _mm512_storeu_si512(q.as_mut_ptr().cast(), all) };
    }
    _mm512_reduce_add_epi32(squares) as u32
}

/// [`inputs::arrange`] of a run, four tokens at a time.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(super) fn arrange(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    let Place { group, padded, tokens, .. } = place;
    if tokens == 1 || !group.is_multiple_of(STEP) {
        return place.each(q, |q, place| inputs::arrange(q, place, words, sums));
    }
    let length = q.len() / tokens;
    let groups = words.chunks_exact_mut(padded / 4 * tokens).zip(sums.chunks_exact_mut(tokens));
    for (index, (words, sums)) in groups.take(length / group).enumerate() {
        for (four, sums) in sums.chunks_mut(4).enumerate() {
            let row = |token: usize| {
                let token = 4 * four + token.min(sums.len() - 1);
                q[token * length + index * group..][..group].as_chunks::<STEP>().0
            };
            arrange_four([row(0), row(1), row(2), row(3)], words, 4 * four, tokens, sums);
        }
    }
}

/// Up to four tokens with a group, as many as there are sums.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn arrange_four(rows: [&[[i8; STEP]]; 4], words: &mut [i32], first: usize, tokens: usize, sums: &mut [i32]) {
    let ones = _mm512_set1_epi8(1);
    let mask = (1u8 << sums.len()) - 1;
    let mut all = [_mm512_setzero_si512(); 4];
    let places = words.chunks_exact_mut(STEP / 4 * tokens);
    for ((words, (a, b)), (c, d)) in places.zip(rows[0].iter().zip(rows[1])).zip(rows[2].iter().zip(rows[3])) {
        let (a, b, c, d) = (load_bytes(a), load_bytes(b), load_bytes(c), load_bytes(d));
        for (all, q) in all.iter_mut().zip([a, b, c, d]) {
            *all = _mm512_dpbusd_epi32(*all, ones, q);
        }
        let [ab, cd] = [_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d)];
        let [ab_high, cd_high] = [_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d)];
        let columns = [
            _mm512_unpacklo_epi64(ab, cd),
            _mm512_unpackhi_epi64(ab, cd),
            _mm512_unpacklo_epi64(ab_high, cd_high),
            _mm512_unpackhi_epi64(ab_high, cd_high),
        ];
        for (column, fours) in columns.into_iter().enumerate() {
            let fours = [
                _mm512_castsi512_si128(fours),
                _mm512_extracti32x4_epi32::<1>(fours),
                _mm512_extracti32x4_epi32::<2>(fours),
                _mm512_extracti32x4_epi32::<3>(fours),
            ];
            for (quarter, four) in fours.into_iter().enumerate() {
                let words = &mut words[(4 * quarter + column) * tokens + first..][..sums.len()];
                // SAFETY: as many words are written as the slice has, which are four at most.
                unsafe { _mm_mask_storeu_epi32(words.as_mut_ptr(), mask, four) };
            }
        }
    }
    sums.iter_mut().zip(all).for_each(|(sum, all)| *sum = _mm512_reduce_add_epi32(all));
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_bytes(bytes: &[i8; STEP]) -> __m512i {
    // SAFETY: a reference to 64 bytes is read.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

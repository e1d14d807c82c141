//! Attention: one query, a lane a key, then a lane a value's element.

use super::{Eight, load, store};
use crate::fast::attention::{POWERS, Reading, mean};
use crate::fast::plan::LANES;
use core::arch::x86_64::*;

/// A score below all others, whose weight is zero.
const UNSEEN: i32 = -1 << 30;

#[target_feature(enable = "avx2")]
pub(super) fn attend(reading: &Reading<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    let most = scores_of(reading, scores);
    let total = weights_of(reading, most, scores);
    for (index, out) in out.chunks_mut(8).enumerate() {
        let sums = values_of(reading, index, scores);
        if let Some(out) = out.first_chunk_mut() {
            store(out, sums);
        } else {
            let mut all = [0; 8];
            store(&mut all, sums);
            out.copy_from_slice(&all[..out.len()]);
        }
    }
    mean(total, out);
}

/// The largest of some lanes.
#[target_feature(enable = "avx2")]
fn largest(lanes: __m256i) -> i32 {
    let mut all = [0; 8];
    store(&mut all, lanes);
    all.into_iter().fold(i32::MIN, i32::max)
}

/// Scores of all tiles; returns the largest.
#[target_feature(enable = "avx2")]
fn scores_of(reading: &Reading<'_>, scores: &mut [[i32; 16]]) -> i32 {
    let (ones, gain) = (_mm256_set1_epi16(1), _mm256_set1_epi32(reading.gain));
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let mut most = _mm256_set1_epi32(UNSEEN);
    for (begin, end) in reading.ranges {
        let (first, last) = (_mm256_set1_epi32(begin as i32), _mm256_set1_epi32(end as i32));
        let tiles = begin / LANES..end.div_ceil(LANES);
        for (tile, scores) in tiles.clone().zip(&mut scores[tiles]) {
            let mut sums = [_mm256_setzero_si256(); 2];
            for (key, &word) in reading.tile(tile).iter().zip(reading.query) {
                let query = _mm256_set1_epi32(word);
                for (sum, key) in sums.iter_mut().zip(key.as_chunks::<8>().0) {
                    let key = load(key);
                    let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(key), _mm256_sign_epi8(query, key));
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
                }
            }
            for (half, (score, sum)) in scores.as_chunks_mut::<8>().0.iter_mut().zip(sums).enumerate() {
                let rounded = _mm256_add_epi32(_mm256_mullo_epi32(sum, gain), _mm256_set1_epi32(1 << 7));
                let slots = _mm256_add_epi32(lanes, _mm256_set1_epi32((tile * LANES + 8 * half) as i32));
                let unseen = _mm256_cmpgt_epi32(first, slots);
                let seen = _mm256_andnot_si256(unseen, _mm256_cmpgt_epi32(last, slots));
                let found = _mm256_blendv_epi8(_mm256_set1_epi32(UNSEEN), _mm256_srai_epi32::<8>(rounded), seen);
                most = _mm256_max_epi32(most, found);
                store(score, found);
            }
        }
    }
    largest(most)
}

/// From scores to weights: the low six bits of each and the bits above them as bytes, words 0 to 3 and 4 to 7 of a tile. Returns their sum.
#[target_feature(enable = "avx2")]
fn weights_of(reading: &Reading<'_>, most: i32, scores: &mut [[i32; 16]]) -> u32 {
    let (most, one, mut total) = (_mm256_set1_epi32(most), _mm256_set1_epi32(1), _mm256_setzero_si256());
    // The words of packed bytes in the order of the slots.
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (begin, end) in reading.ranges {
        for tile in &mut scores[begin / LANES..end.div_ceil(LANES)] {
            let [front, back] = tile.as_chunks_mut::<8>().0 else { continue };
            let weigh = |scores: &Eight| {
                let below = _mm256_sub_epi32(most, load(scores));
                let step = _mm256_and_si256(below, _mm256_set1_epi32(1_023));
                // SAFETY: the table has as many words as `step` has values.
                let power = unsafe { _mm256_i32gather_epi32::<4>(POWERS.as_ptr(), step) };
                let halved = _mm256_srlv_epi32(power, _mm256_srli_epi32::<10>(below));
                _mm256_srli_epi32::<1>(_mm256_add_epi32(halved, one))
            };
            let (a, b) = (weigh(front), weigh(back));
            total = _mm256_add_epi32(total, _mm256_add_epi32(a, b));
            let weights = _mm256_packus_epi32(a, b);
            let low = _mm256_and_si256(weights, _mm256_set1_epi16(63));
            // Four slots' low parts, four others', then the upper parts of both; for each half of the lanes.
            let bytes = _mm256_packus_epi16(low, _mm256_srli_epi16::<6>(weights));
            store(front, _mm256_permutevar8x32_epi32(bytes, order));
        }
    }
    let mut all = [0; 8];
    store(&mut all, total);
    all.iter().sum::<i32>() as u32
}

/// The weighted sums of eight elements of the values.
#[target_feature(enable = "avx2")]
fn values_of(reading: &Reading<'_>, index: usize, weights: &[[i32; 16]]) -> __m256i {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [_mm256_setzero_si256(); 2];
    for (begin, end) in reading.ranges {
        let tiles = begin / LANES..end.div_ceil(LANES);
        let rows = reading.values[4 * tiles.start * reading.width..].chunks_exact(4 * reading.width);
        for (rows, weights) in rows.zip(&weights[tiles]) {
            let mut pairs = [_mm256_setzero_si256(); 2];
            for (two, rows) in rows.chunks_exact(2 * reading.width).enumerate() {
                for (row, four) in rows.chunks_exact(reading.width).zip(2 * two..) {
                    let values = load(&row.as_chunks::<8>().0[index]);
                    // Two sums of two products of at most 64 and 127 fit 16 bits.
                    for (part, pairs) in pairs.iter_mut().enumerate() {
                        let weights = _mm256_set1_epi32(weights[4 * part + four]);
                        *pairs = _mm256_add_epi16(*pairs, _mm256_maddubs_epi16(weights, values));
                    }
                }
                for (sum, pairs) in sums.iter_mut().zip(&mut pairs) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*pairs, ones));
                    *pairs = _mm256_setzero_si256();
                }
            }
        }
    }
    _mm256_add_epi32(sums[0], _mm256_slli_epi32::<6>(sums[1]))
}

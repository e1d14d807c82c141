//! Attention: a few queries at once, a lane a key, then a lane a value's element. Bytes become numbers of 16 bits, every second byte of a word at a time,
//! because weights have 13 bits, and two products of keys and queries more than 16.

use super::{Eight, load, store};
use crate::fast::attention::{Cache, POWERS, Queries, Query, mean};
use crate::fast::plan::LANES;
use crate::fast::span::{Span, UNSEEN};
use core::arch::x86_64::*;

/// Queries whose sums fit the registers.
const FEW: usize = 4;

/// The most words of a query: a head is at most 128 wide.
const WORDS: usize = 32;

#[target_feature(enable = "avx2")]
pub(super) fn attend(queries: &Queries<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    let span = <Span>::of(queries);
    let mut first = 0;
    while first < queries.each.len() {
        first += match queries.each.len() - first {
            FEW.. => attend_few::<FEW>(queries, &span, first, scores, out),
            2.. => attend_few::<2>(queries, &span, first, scores, out),
            _ => attend_few::<1>(queries, &span, first, scores, out),
        };
    }
}

/// The attention of `Q` queries, from the query `first` on; returns `Q`.
#[target_feature(enable = "avx2")]
fn attend_few<const Q: usize>(
    queries: &Queries<'_>,
    span: &Span,
    first: usize,
    scores: &mut [[i32; 16]],
    out: &mut [i32],
) -> usize {
    let cache = queries.cache;
    let each: &[Query; Q] = queries.each[first..].first_chunk().expect("the caller counts them");
    let scores = &mut scores[..Q * span.tiles];
    let most = scores_of(cache, span, each, &queries.words[first * cache.chunks..], scores);
    let mut totals = [0; Q];
    for ((total, most), scores) in totals.iter_mut().zip(most).zip(scores.chunks_exact_mut(span.tiles)) {
        *total = weights_of(most, scores);
    }
    for element in (0..cache.width).step_by(LANES) {
        let sums = values_of::<Q>(cache, span, element, scores);
        for (query, sums) in each.iter().zip(&sums) {
            let out = &mut out[query.place..][element..cache.head_dim.min(element + LANES)];
            out.copy_from_slice(&sums.as_flattened()[..out.len()]);
        }
    }
    for (query, total) in each.iter().zip(totals) {
        mean(total, &mut out[query.place..][..cache.head_dim]);
    }
    Q
}

/// The even and the odd bytes, as numbers of 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn halves(bytes: __m256i) -> [__m256i; 2] {
    [_mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(bytes)), _mm256_srai_epi16::<8>(bytes)]
}

/// The sums with the products of both halves of some bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn add_products(sum: __m256i, bytes: [__m256i; 2], words: [__m256i; 2]) -> __m256i {
    let sum = _mm256_add_epi32(sum, _mm256_madd_epi16(bytes[0], words[0]));
    _mm256_add_epi32(sum, _mm256_madd_epi16(bytes[1], words[1]))
}

/// Writes the scores of some queries, a query after the other, and returns the largest of each.
#[target_feature(enable = "avx2")]
fn scores_of<const Q: usize>(
    cache: &Cache,
    span: &Span,
    each: &[Query; Q],
    words: &[i32],
    scores: &mut [[i32; 16]],
) -> [i32; Q] {
    // Of each word of a query both halves.
    let mut split = [[[0; 2]; Q]; WORDS];
    for (index, words) in words.chunks_exact(cache.chunks).take(Q).enumerate() {
        for (split, &word) in split.iter_mut().zip(words) {
            let [a, b, c, d] = word.to_le_bytes().map(|byte| i32::from(byte as i8));
            split[index] = [c << 16 | a & 0xffff, d << 16 | b & 0xffff];
        }
    }
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let mut most = [_mm256_set1_epi32(UNSEEN); Q];
    for tile in 0..span.tiles {
        let keys = &cache.keys[span.place(tile) * cache.chunks..][..cache.chunks];
        let mut sums = [[_mm256_setzero_si256(); 2]; Q];
        for (key, split) in keys.iter().zip(&split) {
            let [front, back] = key.as_chunks::<8>().0 else { unreachable!("16 words") };
            let keys = [halves(load(front)), halves(load(back))];
            for (sums, split) in sums.iter_mut().zip(split) {
                let words = [_mm256_set1_epi32(split[0]), _mm256_set1_epi32(split[1])];
                *sums = [add_products(sums[0], keys[0], words), add_products(sums[1], keys[1], words)];
            }
        }
        let is_whole = span.whole.contains(&tile);
        for (index, (sums, query)) in sums.into_iter().zip(each).enumerate() {
            let (seen, gain) = (span.seen(query), _mm256_set1_epi32(query.gain));
            let (begin, end) = (_mm256_set1_epi32(seen.start as i32), _mm256_set1_epi32(seen.end as i32));
            let scores = scores[index * span.tiles + tile].as_chunks_mut::<8>().0;
            for (half, (score, sum)) in scores.iter_mut().zip(sums).enumerate() {
                let rounded = _mm256_add_epi32(_mm256_mullo_epi32(sum, gain), _mm256_set1_epi32(1 << 7));
                let mut found = _mm256_srai_epi32::<8>(rounded);
                if !is_whole {
                    let slots = _mm256_add_epi32(lanes, _mm256_set1_epi32((tile * LANES + 8 * half) as i32));
                    let seen = _mm256_andnot_si256(_mm256_cmpgt_epi32(begin, slots), _mm256_cmpgt_epi32(end, slots));
                    found = _mm256_blendv_epi8(_mm256_set1_epi32(UNSEEN), found, seen);
                }
                most[index] = _mm256_max_epi32(most[index], found);
                store(score, found);
            }
        }
    }
    most.map(|most| all(most).into_iter().fold(i32::MIN, i32::max))
}

/// The lanes of a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn all(lanes: __m256i) -> Eight {
    let mut all = [0; 8];
    store(&mut all, lanes);
    all
}

/// From scores, of which `most` is the largest, to weights: of four slots after the other a word with those of the first and the third, and one with those
/// of the second and the fourth, in the first half of where their scores were. Returns the sum of the weights.
#[target_feature(enable = "avx2")]
fn weights_of(most: i32, scores: &mut [[i32; 16]]) -> u32 {
    let (most, one, mut total) = (_mm256_set1_epi32(most), _mm256_set1_epi32(1), _mm256_setzero_si256());
    for tile in scores {
        let [front, back] = tile.as_chunks_mut::<8>().0 else { continue };
        let weigh = |scores: &Eight| {
            let below = _mm256_sub_epi32(most, load(scores));
            let step = _mm256_and_si256(below, _mm256_set1_epi32(1_023));
            // SAFETY: the table has as many words as `step` has values.
            let power = unsafe { _mm256_i32gather_epi32::<4>(POWERS.as_ptr(), step) };
            let halved = _mm256_srlv_epi32(power, _mm256_srli_epi32::<10>(below));
            _mm256_srli_epi32::<1>(_mm256_add_epi32(halved, one))
        };
        let pairs = [weigh(front), weigh(back)].map(|weights| {
            total = _mm256_add_epi32(total, weights);
            // The third and the fourth above the first and the second.
            _mm256_or_si256(weights, _mm256_slli_epi32::<16>(_mm256_shuffle_epi32::<0b11_10_11_10>(weights)))
        });
        store(front, _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_unpacklo_epi64(pairs[0], pairs[1])));
    }
    all(total).iter().sum::<i32>() as u32
}

/// The weighted sums of 16 elements of the values, by the weights of some queries, a query after the other.
#[target_feature(enable = "avx2")]
fn values_of<const Q: usize>(cache: &Cache, span: &Span, element: usize, weights: &[[i32; 16]]) -> [[Eight; 2]; Q] {
    let weights: [_; Q] = core::array::from_fn(|query| &weights[query * span.tiles..][..span.tiles]);
    let mut sums = [[_mm256_setzero_si256(); 2]; Q];
    for tile in 0..span.tiles {
        let rows = &cache.values[4 * span.place(tile) * cache.width..][..4 * cache.width];
        for (four, row) in rows.chunks_exact(cache.width).enumerate() {
            let [front, back] = row[element..][..LANES].as_chunks::<8>().0 else { unreachable!("16 elements") };
            let values = [halves(load(front)), halves(load(back))];
            for (sums, weights) in sums.iter_mut().zip(weights) {
                let words = &weights[tile][2 * four..2 * four + 2];
                let words = [_mm256_set1_epi32(words[0]), _mm256_set1_epi32(words[1])];
                *sums = [add_products(sums[0], values[0], words), add_products(sums[1], values[1], words)];
            }
        }
    }
    sums.map(|sums| sums.map(|sums| all(sums)))
}

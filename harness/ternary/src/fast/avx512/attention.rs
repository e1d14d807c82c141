//! Attention: a few queries at once, a lane a key, then a lane a value's element.

use super::{load, store};
use crate::fast::attention::{CORRECTIONS, Cache, QUERIES, Queries, Query, SERIES_16, STEPS_16, mean};
use crate::fast::plan::LANES;
use crate::fast::span::{Span, UNSEEN};
use core::arch::x86_64::*;
use core::ops::Range;

/// The lanes of a tile that these slots are in.
pub(in crate::fast) fn lanes(slots: &Range<usize>, tile: usize) -> u16 {
    let lane = |slot: usize| slot.saturating_sub(tile * LANES).min(LANES);
    let below = |lane: usize| ((1u32 << lane) - 1) as u16;
    below(lane(slots.end)) & !below(lane(slots.start))
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
pub(in crate::fast) fn attend(queries: &Queries<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    let span = <Span>::of(queries);
    // Scores are kept for pairs of tiles.
    let length = span.tiles.next_multiple_of(2);
    let scores = &mut scores[..queries.each.len() * length];
    let mut most = [0; QUERIES];
    let mut first = 0;
    while first < queries.each.len() {
        let (scores, most) = (&mut scores[first * length..], &mut most[first..]);
        first += match queries.each.len() - first {
            8.. => scores_of::<8>(queries, &span, first, scores, most),
            4.. => scores_of::<4>(queries, &span, first, scores, most),
            2.. => scores_of::<2>(queries, &span, first, scores, most),
            _ => scores_of::<1>(queries, &span, first, scores, most),
        };
    }
    let fours = scores.chunks_mut(4 * length).zip(queries.each.chunks(4)).zip(most.as_chunks::<4>().0);
    for ((scores, each), most) in fours {
        let mut totals = [0; 4];
        let pairs = scores.chunks_mut(2 * length).zip(most.as_chunks::<2>().0).zip(totals.as_chunks_mut().0);
        for ((scores, most), totals) in pairs {
            let one = scores.len() == length;
            *totals = if one { weights_of_one(most[0], scores) } else { weights_of_two(most, scores) };
        }
        let weights = scores.chunks(2 * length);
        match each.len() {
            1 => values::<2, 1>(queries.cache, &span, each, &totals, weights, out),
            2 => values::<4, 1>(queries.cache, &span, each, &totals, weights, out),
            4 => values::<4, 2>(queries.cache, &span, each, &totals, weights, out),
            _ => {
                let ((two, one), mut weights) = (each.split_at(2), weights);
                values::<4, 1>(queries.cache, &span, two, &totals, weights.by_ref().take(1), out);
                values::<2, 1>(queries.cache, &span, one, &totals[2..], weights, out);
            }
        }
    }
}

/// The scores of `Q` queries, from the query `first` on, and the largest of each; returns `Q`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn scores_of<const Q: usize>(
    queries: &Queries<'_>,
    span: &Span,
    first: usize,
    scores: &mut [[i32; 16]],
    largest: &mut [i32],
) -> usize {
    let chunks = queries.cache.chunks;
    let each: &[Query; Q] = queries.each[first..].first_chunk().expect("the caller counts them");
    // A head is at most 128 wide.
    let mut words = [[0; Q]; 32];
    for (index, query) in queries.words[first * chunks..].chunks_exact(chunks).take(Q).enumerate() {
        words.iter_mut().zip(query).for_each(|(words, &word)| words[index] = word);
    }
    let length = span.tiles.next_multiple_of(2);
    let seen = each.each_ref().map(|query| span.seen(query));
    let mut most = [_mm512_set1_epi32(UNSEEN); Q];
    for tile in (0..length).step_by(2) {
        let is_whole = span.whole.contains(&tile) && span.whole.contains(&(tile + 1));
        let keys = [tile, (tile + 1).min(span.tiles - 1)]
            .map(|tile| &queries.cache.keys[span.place(tile) * chunks..][..chunks]);
        let mut sums = [[_mm512_setzero_si512(); 2]; Q];
        for (sums, query) in sums.iter_mut().zip(each) {
            *sums = [_mm512_set1_epi32(-128 * query.sum); 2];
        }
        for ((front, back), words) in keys[0].iter().zip(keys[1]).zip(&words) {
            let keys = [load(front), load(back)];
            for (sums, &word) in sums.iter_mut().zip(words) {
                let q = _mm512_set1_epi32(word);
                for (sum, keys) in sums.iter_mut().zip(keys) {
                    *sum = _mm512_dpbusd_epi32(*sum, keys, q);
                }
            }
        }
        for (index, (sums, query)) in sums.iter().zip(each).enumerate() {
            let gain = _mm512_set1_epi32(query.gain);
            for (offset, sum) in sums.iter().enumerate() {
                let product = _mm512_add_epi32(_mm512_mullo_epi32(*sum, gain), _mm512_set1_epi32(1 << 7));
                let score = if is_whole {
                    _mm512_srai_epi32::<8>(product)
                } else {
                    let lanes = lanes(&seen[index], tile + offset);
                    _mm512_mask_srai_epi32::<8>(_mm512_set1_epi32(UNSEEN), lanes, product)
                };
                most[index] = _mm512_max_epi32(most[index], score);
                store(&mut scores[index * length + tile + offset], score);
            }
        }
    }
    largest.iter_mut().zip(most).for_each(|(largest, most)| *largest = _mm512_reduce_max_epi32(most));
    Q
}

/// From two queries' scores, of which the largest are `most`, to their weights: the low six bits of each and the bits above them as bytes. Where the
/// first query's scores of a tile were are its weights: for four slots after the other the words of the first query, low and high, and those of
/// the second. Returns the sums of the weights.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn weights_of_two(most: &[i32; 2], scores: &mut [[i32; 16]]) -> [u32; 2] {
    let tables = Tables::load();
    let (first, second) = scores.split_at_mut(scores.len() / 2);
    let mut totals = [_mm512_setzero_si512(); 2];
    let front = _mm512_setr_epi32(0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30);
    let back = _mm512_add_epi32(front, _mm512_set1_epi32(1));
    for (first, second) in first.as_chunks_mut::<2>().0.iter_mut().zip(second.as_chunks::<2>().0) {
        let [a, b] = [tables.parts(most[0], first, &mut totals[0]), tables.parts(most[1], second, &mut totals[1])];
        store(&mut first[0], _mm512_permutex2var_epi32(a, front, b));
        store(&mut first[1], _mm512_permutex2var_epi32(a, back, b));
    }
    totals.map(|total| _mm512_reduce_add_epi32(total) as u32)
}

/// The same of one query: for four slots after the other two words.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn weights_of_one(most: i32, scores: &mut [[i32; 16]]) -> [u32; 2] {
    let tables = Tables::load();
    let mut total = _mm512_setzero_si512();
    let front = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 0, 0, 0, 0, 0, 0, 0, 0);
    let back = _mm512_add_epi32(front, _mm512_set1_epi32(1));
    for pair in scores.as_chunks_mut::<2>().0 {
        let weights = tables.parts(most, pair, &mut total);
        store(&mut pair[0], _mm512_permutexvar_epi32(front, weights));
        store(&mut pair[1], _mm512_permutexvar_epi32(back, weights));
    }
    [_mm512_reduce_add_epi32(total) as u32, 0]
}

/// What makes weights of scores, 16 bits a lane.
pub(in crate::fast) struct Tables {
    steps: __m512i,
    series: __m512i,
    corrections: [__m512i; 2],
}

impl Tables {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    pub(in crate::fast) fn load() -> Self {
        let corrections = CORRECTIONS.as_chunks::<32>().0;
        let corrections = [load_short(&corrections[0]), load_short(&corrections[1])];
        Tables { steps: load_short(&STEPS_16), series: load_short(&SERIES_16), corrections }
    }

    /// [`crate::fast::attention::weight`] of two tiles' scores, 16 bits each: of both tiles slots `4 * g..` in quarter `g`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    pub(in crate::fast) fn weigh(&self, most: i32, scores: [__m512i; 2], total: &mut __m512i) -> __m512i {
        let (one, most) = (_mm512_set1_epi16(1), _mm512_set1_epi32(most));
        let [front, back] = scores.map(|scores| _mm512_sub_epi32(most, scores));
        // From 16 powers of two on the weight is zero, so what is more may be cut off.
        let below = _mm512_packus_epi32(front, back);
        let step = _mm512_permutexvar_epi16(_mm512_srli_epi16::<5>(below), self.steps);
        let series = _mm512_permutexvar_epi16(below, self.series);
        let place = _mm512_srli_epi16::<4>(below);
        let found = _mm512_permutex2var_epi16(self.corrections[0], place, self.corrections[1]);
        let missing = _mm512_srlv_epi16(found, _mm512_and_si512(below, _mm512_set1_epi16(15)));
        let power = _mm512_srli_epi16::<3>(_mm512_mulhi_epu16(step, series));
        let power = _mm512_add_epi16(power, _mm512_and_si512(missing, one));
        let halved = _mm512_srlv_epi16(power, _mm512_srli_epi16::<10>(below));
        let weight = _mm512_srli_epi16::<1>(_mm512_add_epi16(halved, one));
        *total = _mm512_dpwssd_epi32(*total, weight, one);
        weight
    }

    /// The same in parts of six bits and of those above: word `4 * g + 2 * p + t` has part `p` of the weights of tile `t`'s slots `4 * g..`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
    fn parts(&self, most: i32, pair: &[[i32; 16]; 2], total: &mut __m512i) -> __m512i {
        let weight = self.weigh(most, [load(&pair[0]), load(&pair[1])], total);
        _mm512_packus_epi16(_mm512_and_si512(weight, _mm512_set1_epi16(63)), _mm512_srli_epi16::<6>(weight))
    }
}

#[target_feature(enable = "avx512f")]
fn load_short(words: &[u16; 32]) -> __m512i {
    // SAFETY: a reference to 64 bytes is read.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

/// The weighted means of the values, of which `P` sets of weights have each `R` words for four slots: two for each query.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn values<'w, const R: usize, const P: usize>(
    cache: &Cache,
    span: &Span,
    each: &[Query],
    totals: &[u32],
    mut weights: impl Iterator<Item = &'w [[i32; 16]]>,
    out: &mut [i32],
) {
    let weights: [_; P] = core::array::from_fn(|_| &weights.next().expect("as many as the caller says")[..span.tiles]);
    // Few enough sums for the registers.
    let at_once = 4 / P;
    let mut sums = Sums([[[[0; LANES]; 4]; R]; P]);
    for first in (0..cache.width).step_by(at_once * LANES) {
        match ((cache.width - first) / LANES).min(at_once) {
            1 => values_of::<R, P, 1>(cache, span, &weights, first, &mut sums),
            2 => values_of::<R, P, 2>(cache, span, &weights, first, &mut sums),
            3 => values_of::<R, P, 3>(cache, span, &weights, first, &mut sums),
            _ => values_of::<R, P, 4>(cache, span, &weights, first, &mut sums),
        }
        for (query, parts) in each.iter().zip(sums.0.as_flattened().as_chunks::<2>().0) {
            let [low, high] = parts.each_ref().map(|sums| &sums.as_flattened()[..at_once * LANES]);
            let out = &mut out[query.place..][first..cache.head_dim];
            for (out, (&low, &high)) in out.iter_mut().zip(low.iter().zip(high)) {
                *out = low + (high << 6);
            }
        }
    }
    for (query, &total) in each.iter().zip(totals) {
        mean(total, &mut out[query.place..][..cache.head_dim]);
    }
}

/// Weighted sums of up to four vectors of elements, by set and word of weights.
#[repr(align(64))]
struct Sums<const R: usize, const P: usize>([[[[i32; LANES]; 4]; R]; P]);

/// The weighted sums of `16 * N` elements of the values, from the element `first` on.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn values_of<const R: usize, const P: usize, const N: usize>(
    cache: &Cache,
    span: &Span,
    weights: &[&[[i32; 16]]; P],
    first: usize,
    out: &mut Sums<R, P>,
) {
    let mut sums = [[[_mm512_setzero_si512(); N]; R]; P];
    let (front, back) = (weights[0], weights[P - 1]);
    for (tile, (front, back)) in front.iter().zip(back).enumerate() {
        let rows = &cache.values[4 * span.place(tile) * cache.width..][..4 * cache.width];
        let weights = front.as_chunks::<R>().0.iter().zip(back.as_chunks::<R>().0);
        for (row, (front, back)) in rows.chunks_exact(cache.width).zip(weights) {
            let row: &[[i32; LANES]; N] = row[first..].as_chunks().0.first_chunk().expect("as wide as the caller says");
            for (sums, weights) in sums.iter_mut().zip([front, back]) {
                for (sums, &weight) in sums.iter_mut().zip(weights) {
                    let weight = _mm512_set1_epi32(weight);
                    for (sum, values) in sums.iter_mut().zip(row) {
                        *sum = _mm512_dpbusd_epi32(*sum, weight, load(values));
                    }
                }
            }
        }
    }
    for (out, sums) in out.0.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
        for (out, sum) in out.iter_mut().zip(sums) {
            store(out, *sum);
        }
    }
}

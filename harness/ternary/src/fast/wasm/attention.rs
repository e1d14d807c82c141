//! Attention: a few queries at once, a lane a key, then one after the other, a lane a value's element.

use super::outputs::put;
use super::{all, load_words, products, store};
use crate::fast::attention::{Cache, POWERS, Queries, Query, mean};
use crate::fast::plan::LANES;
use crate::fast::span::{Span, UNSEEN};
use core::arch::wasm32::*;

/// The most words of a query: a head is at most 128 wide.
const WORDS: usize = 32;

/// How queries are multiplied with keys.
pub(super) trait Scores {
    /// Queries whose scores with half a tile of keys fit the registers: 4 or 2.
    const FEW: usize;

    /// Four elements of a query, as a product takes them.
    type Word: Copy + Default;

    fn word(word: i32) -> Self::Word;

    /// Products of some queries, whose elements have these sums, with the keys of half a tile.
    fn of<const Q: usize>(keys: &[[i32; 16]], half: usize, words: &[[Self::Word; Q]], sums: [i32; Q])
    -> [[v128; 2]; Q];
}

pub(super) fn attend<S: Scores>(queries: &Queries<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    let span = <Span>::of(queries);
    let mut first = 0;
    while first < queries.each.len() {
        first += match (queries.each.len() - first).min(S::FEW) {
            4.. => attend_few::<S, 4>(queries, &span, first, scores, out),
            2.. => attend_few::<S, 2>(queries, &span, first, scores, out),
            _ => attend_few::<S, 1>(queries, &span, first, scores, out),
        };
    }
}

/// The attention of `Q` queries, from the query `first` on; returns `Q`.
fn attend_few<S: Scores, const Q: usize>(
    queries: &Queries<'_>,
    span: &Span,
    first: usize,
    scores: &mut [[i32; 16]],
    out: &mut [i32],
) -> usize {
    let cache = queries.cache;
    let each: &[Query; Q] = queries.each[first..].first_chunk().expect("the caller counts them");
    let scores = &mut scores[..Q * span.tiles];
    let most = scores_of::<S, Q>(cache, span, each, &queries.words[first * cache.chunks..], scores);
    for ((query, most), scores) in each.iter().zip(most).zip(scores.chunks_exact_mut(span.tiles)) {
        let total = weights_of(most, scores);
        let out = &mut out[query.place..][..cache.head_dim];
        for (index, out) in out.chunks_mut(LANES).enumerate() {
            let rows = (0..span.tiles).zip(&*scores).flat_map(|(tile, weights)| {
                let rows = &cache.values[4 * span.place(tile) * cache.width..][..4 * cache.width];
                (0..4).map(move |four| (&rows[four * cache.width..].as_chunks().0[index], weights, four))
            });
            put(&products::values_of(rows), out);
        }
        mean(total, out);
    }
    Q
}

/// Writes the scores of some queries, a query after the other, and returns the largest of each.
fn scores_of<S: Scores, const Q: usize>(
    cache: &Cache,
    span: &Span,
    each: &[Query; Q],
    words: &[i32],
    scores: &mut [[i32; 16]],
) -> [i32; Q] {
    let mut by = [[S::Word::default(); Q]; WORDS];
    for (index, words) in words.chunks_exact(cache.chunks).take(Q).enumerate() {
        by.iter_mut().zip(words).for_each(|(by, &word)| by[index] = S::word(word));
    }
    let sums = each.each_ref().map(|query| query.sum);
    let (rounding, lanes) = (i32x4_splat(1 << 7), i32x4(0, 1, 2, 3));
    let mut most = [i32x4_splat(UNSEEN); Q];
    for (tile, half) in (0..span.tiles).flat_map(|tile| [(tile, 0), (tile, 1)]) {
        let keys = &cache.keys[span.place(tile) * cache.chunks..][..cache.chunks];
        let products = S::of(keys, half, &by, sums);
        let is_whole = span.whole.contains(&tile);
        for (index, (products, query)) in products.iter().zip(each).enumerate() {
            let (seen, gain) = (span.seen(query), i32x4_splat(query.gain));
            let (begin, end) = (i32x4_splat(seen.start as i32), i32x4_splat(seen.end as i32));
            let scores = &mut scores[index * span.tiles + tile].as_chunks_mut::<4>().0[2 * half..];
            for (quad, (score, &product)) in scores.iter_mut().zip(products).enumerate() {
                let mut found = i32x4_shr(i32x4_add(i32x4_mul(product, gain), rounding), 8);
                if !is_whole {
                    let slots = i32x4_add(lanes, i32x4_splat((tile * LANES + 8 * half + 4 * quad) as i32));
                    let seen = v128_and(i32x4_ge(slots, begin), i32x4_lt(slots, end));
                    found = v128_bitselect(found, i32x4_splat(UNSEEN), seen);
                }
                most[index] = i32x4_max(most[index], found);
                store(score, found);
            }
        }
    }
    most.map(|most| all(most).into_iter().fold(UNSEEN, i32::max))
}

/// From scores, of which `most` is the largest, to weights, which every tile keeps as `products` wants them. Returns their sum.
fn weights_of(most: i32, scores: &mut [[i32; 16]]) -> u32 {
    let (most, one, mut total) = (i32x4_splat(most), i32x4_splat(1), i32x4_splat(0));
    for tile in scores {
        let (mut steps, mut shifts) = ([0; 16], [0; 16]);
        let quads = steps.as_chunks_mut().0.iter_mut().zip(shifts.as_chunks_mut().0);
        for (score, (step, shift)) in tile.as_chunks().0.iter().zip(quads) {
            let below = i32x4_sub(most, load_words(score));
            store(step, v128_and(below, i32x4_splat(1_023)));
            store(shift, u32x4_min(u32x4_shr(below, 10), i32x4_splat(31)));
        }
        let powers: [i32; 16] = core::array::from_fn(|lane| POWERS[steps[lane] as usize % 1_024] >> shifts[lane]);
        let powers = powers.as_chunks::<4>().0;
        let weights = core::array::from_fn(|quad| u32x4_shr(i32x4_add(load_words(&powers[quad]), one), 1));
        total = weights.iter().fold(total, |total, &weights| i32x4_add(total, weights));
        products::keep(tile, weights);
    }
    all(total).iter().sum::<i32>() as u32
}

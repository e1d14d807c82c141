//! Attention: one query, a lane a key, then a lane a value's element.

use super::{load_words, products, store};
use crate::fast::attention::{POWERS, Reading, mean};
use crate::fast::plan::LANES;
use core::arch::wasm32::*;

/// A score below all others, whose weight is zero.
const UNSEEN: i32 = -1 << 30;

pub(super) fn attend(reading: &Reading<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    let most = scores_of(reading, scores);
    let total = weights_of(reading, most, scores);
    for (index, out) in out.chunks_mut(LANES).enumerate() {
        let mut all = [0; LANES];
        for (all, sums) in all.as_chunks_mut().0.iter_mut().zip(products::values_of(reading, index, scores)) {
            store(all, sums);
        }
        out.copy_from_slice(&all[..out.len()]);
    }
    mean(total, out);
}

/// Scores of all tiles; returns the largest.
fn scores_of(reading: &Reading<'_>, scores: &mut [[i32; 16]]) -> i32 {
    let (gain, half, lanes) = (i32x4_splat(reading.gain), i32x4_splat(1 << 7), i32x4(0, 1, 2, 3));
    let mut most = i32x4_splat(UNSEEN);
    for (begin, end) in reading.ranges {
        let (first, last) = (i32x4_splat(begin as i32), i32x4_splat(end as i32));
        let tiles = begin / LANES..end.div_ceil(LANES);
        for (tile, scores) in tiles.clone().zip(&mut scores[tiles]) {
            let sums = products::scores_of(reading.query, reading.tile(tile));
            for (quad, (score, sum)) in scores.as_chunks_mut().0.iter_mut().zip(sums).enumerate() {
                let rounded = i32x4_shr(i32x4_add(i32x4_mul(sum, gain), half), 8);
                let slots = i32x4_add(lanes, i32x4_splat((tile * LANES + 4 * quad) as i32));
                let seen = v128_and(i32x4_ge(slots, first), i32x4_lt(slots, last));
                let found = v128_bitselect(rounded, i32x4_splat(UNSEEN), seen);
                most = i32x4_max(most, found);
                store(score, found);
            }
        }
    }
    let mut all = [0; 4];
    store(&mut all, most);
    all.into_iter().fold(UNSEEN, i32::max)
}

/// From scores to weights, which every tile keeps as `products` wants them. Returns their sum.
fn weights_of(reading: &Reading<'_>, most: i32, scores: &mut [[i32; 16]]) -> u32 {
    let (most, one, mut total) = (i32x4_splat(most), i32x4_splat(1), i32x4_splat(0));
    for (begin, end) in reading.ranges {
        for tile in &mut scores[begin / LANES..end.div_ceil(LANES)] {
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
    }
    let mut all = [0; 4];
    store(&mut all, total);
    all.iter().sum::<i32>() as u32
}

//! Grouped-query attention (Ainslie et al. 2023) over a sliding window, with rotary positions (Su et al. 2021) and normalised queries and keys
//! (Henry et al. 2020), in int8.

mod sums;

use crate::fixed::{bits, clamp, largest, normal_shift, upper};
use crate::image::{Image, Shape};
use crate::memory::{Layout, Parts};
use crate::registers::rarely;
use golf_core::logit::exp2_fraction;

/// Fractional bits of an attention weight.
const WEIGHT_BITS: u32 = 12;

/// Query heads that read the cache together, at most: on small cores two, which share every load of a key or a value.
pub(crate) const TOGETHER: usize =
    if cfg!(any(target_arch = "riscv32", target_arch = "arm")) { crate::memory::SMALL_TOGETHER } else { 1 };

/// For `tokens` tokens from `position` on, whose queries, keys and values lie side by side in `parts.wide`: writes keys and values to the
/// cache of `depth`, and the heads' outputs to `parts.inner`.
pub(crate) fn attend(
    image: &Image<'_>,
    layout: &Layout,
    parts: &mut Parts<'_>,
    depth: usize,
    position: usize,
    tokens: usize,
) {
    let shape = image.shape();
    let block = image.block_at(depth);
    let wide = layout.wide();
    let mut cache = Cache::of(layout, shape, parts.keys, parts.values, depth);
    for token in 0..tokens {
        let output = &mut parts.wide[token * wide..(token + 1) * wide];
        let (keys, values) = output[layout.queries..].split_at_mut(layout.keys);
        turn(image, position + token, parts.turns);
        cache.write(parts.turns, position + token, keys, &values[..layout.keys]);
    }
    let heads_per_group = shape.heads / shape.kv_heads;
    for token in 0..tokens {
        let now = position + token;
        let queries = &mut parts.wide[token * wide..][..layout.queries];
        turn(image, now, parts.turns);
        for (query, rotated) in
            queries.chunks_exact_mut(shape.head_dim).zip(parts.query.chunks_exact_mut(shape.head_dim))
        {
            rotate(parts.turns, query, rotated);
        }
        let outputs = &mut parts.inner[token * layout.queries..][..layout.queries];
        let mut head = 0;
        while head < shape.heads {
            let reading = Reading { group: head / heads_per_group, position: now };
            let gain = |head| image.gain(block, head);
            let from = head * shape.head_dim;
            let (queries, outputs) = (&parts.query[from..], &mut outputs[from..]);
            if heads_per_group.is_multiple_of(TOGETHER) {
                let gains = core::array::from_fn(|index| gain(head + index));
                cache.read::<TOGETHER>(reading, gains, queries, parts.scores, outputs);
                head += TOGETHER;
            } else {
                cache.read::<1>(reading, [gain(head)], queries, parts.scores, outputs);
                head += 1;
            }
        }
    }
}

/// Sine and cosine of each pair's angle at a position.
fn turn(image: &Image<'_>, position: usize, turns: &mut [i32]) {
    for (turn, (sine, cosine)) in turns.as_chunks_mut::<2>().0.iter_mut().zip(image.rotations(position)) {
        *turn = [sine, cosine];
    }
}

/// Normalises a head to unit RMS, rotates it, and quantises it to 24 steps a unit. `x` is overwritten; `turns` are the sine and cosine of each pair.
fn rotate(turns: &[i32], x: &mut [i32], out: &mut [i8]) {
    // The shift right is by at most 18, so after one to the left, by 18, it is by none or more.
    let by = normal_shift(largest(x), 14);
    let (left, right) = (u32::try_from(-by).unwrap_or(0), u32::try_from(by).unwrap_or(0));
    let mut squares = 0;
    for x in x.iter_mut() {
        *x = (*x << left) >> right;
        squares += (*x * *x) as u64;
    }
    if squares == 0 {
        return out.fill(0);
    }
    // Below 2^21, as the squares add up to 2^26 or more; the elements have 14 bits and a sign.
    let scale = 3 * (((x.len() as u64) << 56) / squares).isqrt() as i32;
    for x in x.iter_mut() {
        *x = clamp((upper(*x << 15, scale) + 1) >> 1, -32_767, 32_767);
    }
    let (a, b) = x.split_at(x.len() / 2);
    let (front, back) = out.split_at_mut(a.len());
    let quantise = |value: i32| clamp((value + (1 << 21)) >> 22, -127, 127) as i8;
    let turns = turns.as_chunks::<2>().0.iter();
    for (((&a, &b), (front, back)), &[sine, cosine]) in a.iter().zip(b).zip(front.iter_mut().zip(back)).zip(turns) {
        *front = quantise(a * cosine - b * sine);
        *back = quantise(a * sine + b * cosine);
    }
}

/// What is read from the cache.
#[derive(Clone, Copy)]
struct Reading {
    /// The key/value head.
    group: usize,
    position: usize,
}

/// The keys and values of the last tokens at one depth: a ring for each key/value head.
struct Cache<'a> {
    keys: &'a mut [i8],
    values: &'a mut [i8],
    capacity: usize,
    window: usize,
    head_dim: usize,
}

impl<'a> Cache<'a> {
    fn of(layout: &Layout, shape: &Shape, keys: &'a mut [i8], values: &'a mut [i8], depth: usize) -> Self {
        let size = layout.capacity * layout.keys;
        let range = depth * size..(depth + 1) * size;
        Cache {
            keys: &mut keys[range.clone()],
            values: &mut values[range],
            capacity: layout.capacity,
            window: shape.window,
            head_dim: shape.head_dim,
        }
    }

    /// Rotates, quantises and stores one token's keys and values of all heads.
    fn write(&mut self, turns: &[i32], position: usize, keys: &mut [i32], values: &[i32]) {
        let slot = position % self.capacity;
        let heads = keys.chunks_exact_mut(self.head_dim).zip(values.chunks_exact(self.head_dim));
        for (group, (key, value)) in heads.enumerate() {
            let at = (group * self.capacity + slot) * self.head_dim;
            rotate(turns, key, &mut self.keys[at..at + self.head_dim]);
            for (stored, &value) in self.values[at..at + self.head_dim].iter_mut().zip(value) {
                *stored = clamp((24 * value + (1 << 11)) >> 12, -127, 127) as i8;
            }
        }
    }

    /// The attention of `N` heads side by side: their `outputs` get the weighted means of the values, with eight more fractional bits than they have.
    fn read<const N: usize>(
        &self,
        reading: Reading,
        gains: [i32; N],
        queries: &[i8],
        scores: &mut [i32],
        outputs: &mut [i32],
    ) {
        let first = (reading.position + 1).saturating_sub(self.window);
        let seen = reading.position + 1 - first;
        let scores = &mut scores.as_chunks_mut::<N>().0[..seen];
        // The ring may wrap around: up to its end, then from its beginning.
        let begin = first % self.capacity;
        let split = seen.min(self.capacity - begin);
        let rows = |from: usize, count: usize| {
            let at = (reading.group * self.capacity + from) * self.head_dim;
            at..at + count * self.head_dim
        };
        let (front, back) = scores.split_at_mut(split);
        sums::dots(&queries[..N * self.head_dim], &self.keys[rows(begin, front.len())], front);
        sums::dots(&queries[..N * self.head_dim], &self.keys[rows(0, back.len())], back);
        let mut most = [i32::MIN; N];
        for score in scores.iter_mut() {
            for ((score, most), gain) in score.iter_mut().zip(&mut most).zip(gains) {
                *score = (*score * gain + (1 << 7)) >> 8;
                if *score > *most {
                    *most = rarely(*score);
                }
            }
        }
        let mut totals = [0; N];
        for score in scores.iter_mut() {
            for ((score, most), total) in score.iter_mut().zip(most).zip(&mut totals) {
                *score = weight((most - *score) as u32);
                *total += *score as u32;
            }
        }
        let outputs = &mut outputs[..N * self.head_dim];
        outputs.fill(0);
        let (front, back) = scores.split_at(split);
        sums::add_weighted(front, &self.values[rows(begin, front.len())], outputs);
        sums::add_weighted(back, &self.values[rows(0, back.len())], outputs);
        for (output, total) in outputs.chunks_exact_mut(self.head_dim).zip(totals) {
            // One over the total, as a 16-bit reciprocal.
            let length = bits(total);
            let inverse = (1u32 << 31) / ((u64::from(total) << 16 >> length) as u32);
            // The likeliest token weighs 2^12, so the length is at least 13; the reciprocal is at most 2^16.
            for sum in output.iter_mut() {
                *sum = upper(*sum, (inverse << 12) as i32) >> (length - 13);
            }
        }
    }
}

/// `2^(-i/32)` in Q31, as the bits of an i32.
pub(crate) static STEPS: [i32; 32] = powers(11);
/// `2^(-i/1,024)`, likewise: the product of one of each is what [`exp2_fraction`] gives for a step of an attention score.
pub(crate) static SERIES: [i32; 32] = powers(6);

const fn powers(shift: u32) -> [i32; 32] {
    let mut table = [0; 32];
    let mut index = 0;
    while index < 32 {
        table[index] = exp2_fraction((index as u32) << shift) as i32;
        index += 1;
    }
    table
}

/// `2^(-below / 1024)` in Q12.
fn weight(below: u32) -> i32 {
    let whole = below >> 10;
    if whole > 13 {
        return 0;
    }
    let (step, rest) = (STEPS[(below >> 5 & 31) as usize] as u32, SERIES[(below & 31) as usize] as u32);
    // In Q30, and one bit more than the weight has, for rounding.
    let power = ((u64::from(step) * u64::from(rest)) >> 32) as u32;
    (((power >> (30 - 1 - WEIGHT_BITS + whole)) + 1) >> 1) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_rounded_from_the_exponential_of_the_rules() {
        for below in 0..20_000 {
            let (whole, by) = (below >> 10, 31 - WEIGHT_BITS + (below >> 10));
            let power = u64::from(exp2_fraction((below & 1_023) << 6));
            let rounded = if whole > 13 { 0 } else { (power + (1 << (by - 1))) >> by };
            assert_eq!(weight(below) as u64, rounded, "{below}");
        }
    }

    #[test]
    fn weights_are_powers_of_two() {
        for below in 0..20_000 {
            let exact = (-f64::from(below) / 1_024.0).exp2() * 4_096.0;
            assert!((f64::from(weight(below)) - exact).abs() <= 0.51, "{below}");
        }
    }
}

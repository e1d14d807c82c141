//! Grouped-query attention (Ainslie et al. 2023) over a sliding window, with rotary positions (Su et al. 2021) and normalised queries and keys
//! (Henry et al. 2020), in int8.

use crate::fixed::{bits, largest, normal_shift, shift};
use crate::image::{Image, Shape};
use crate::linear::{add_weighted, dots};
use crate::memory::{Layout, Parts};
use golf_core::logit::exp2_fraction;

/// Fractional bits of an attention weight.
const WEIGHT_BITS: u32 = 12;

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
        cache.write(image, position + token, keys, &values[..layout.keys]);
    }
    for token in 0..tokens {
        let now = position + token;
        let queries = &mut parts.wide[token * wide..][..layout.queries];
        let outputs = &mut parts.inner[token * layout.queries..][..layout.queries];
        let heads = queries.chunks_exact_mut(shape.head_dim).zip(outputs.chunks_exact_mut(shape.head_dim));
        for (head, (query, output)) in heads.enumerate() {
            let rotated = &mut parts.query[..shape.head_dim];
            rotate(image, now, query, rotated);
            let group = head / (shape.heads / shape.kv_heads);
            cache.read(Head { group, position: now, gain: image.gain(block, head) }, rotated, parts.scores, output);
        }
    }
}

/// Normalises a head to unit RMS, rotates it, and quantises it to 24 steps a unit. `x` is overwritten.
fn rotate(image: &Image<'_>, position: usize, x: &mut [i32], out: &mut [i8]) {
    let by = normal_shift(largest(x), 14);
    let squares: u64 = x.iter().map(|&x| i64::from(shift(x, by)).pow(2) as u64).sum();
    if squares == 0 {
        return out.fill(0);
    }
    let scale = 3 * (((x.len() as u64) << 56) / squares).isqrt() as i64;
    for x in x.iter_mut() {
        *x = ((i64::from(shift(*x, by)) * scale + (1 << 17)) >> 18).clamp(-32_767, 32_767) as i32;
    }
    let half = x.len() / 2;
    let quantise = |value: i32| ((value + (1 << 21)) >> 22).clamp(-127, 127) as i8;
    for pair in 0..half {
        let (sine, cosine) = image.rotation(pair, position);
        let (a, b) = (x[pair], x[pair + half]);
        out[pair] = quantise(a * cosine - b * sine);
        out[pair + half] = quantise(a * sine + b * cosine);
    }
}

/// One query head's place.
#[derive(Clone, Copy)]
struct Head {
    /// The key/value head that it reads.
    group: usize,
    position: usize,
    gain: i32,
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
    fn write(&mut self, image: &Image<'_>, position: usize, keys: &mut [i32], values: &[i32]) {
        let slot = position % self.capacity;
        let heads = keys.chunks_exact_mut(self.head_dim).zip(values.chunks_exact(self.head_dim));
        for (group, (key, value)) in heads.enumerate() {
            let at = (group * self.capacity + slot) * self.head_dim;
            rotate(image, position, key, &mut self.keys[at..at + self.head_dim]);
            for (stored, &value) in self.values[at..at + self.head_dim].iter_mut().zip(value) {
                *stored = ((24 * value + (1 << 11)) >> 12).clamp(-127, 127) as i8;
            }
        }
    }

    /// One head's attention: `output` gets the weighted mean of the values, with eight more fractional bits than they have.
    fn read(&self, head: Head, query: &[i8], scores: &mut [i32], output: &mut [i32]) {
        let first = (head.position + 1).saturating_sub(self.window);
        let seen = head.position + 1 - first;
        let scores = &mut scores[..seen];
        // The ring may wrap around: up to its end, then from its beginning.
        let begin = first % self.capacity;
        let (front, back) = scores.split_at_mut(seen.min(self.capacity - begin));
        let rows = |from: usize, count: usize| {
            let at = (head.group * self.capacity + from) * self.head_dim;
            at..at + count * self.head_dim
        };
        let parts = [(rows(begin, front.len()), front), (rows(0, back.len()), back)];
        let mut most = i32::MIN;
        for (range, scores) in parts {
            dots(query, &self.keys[range], scores);
            for score in scores {
                *score = (*score * head.gain + (1 << 7)) >> 8;
                most = most.max(*score);
            }
        }
        let mut total = 0;
        for score in scores.iter_mut() {
            *score = weight((most - *score) as u32);
            total += *score as u32;
        }
        output.fill(0);
        let (front, back) = scores.split_at(seen.min(self.capacity - begin));
        add_weighted(front, &self.values[rows(begin, front.len())], output);
        add_weighted(back, &self.values[rows(0, back.len())], output);
        // One over the total, as a 16-bit reciprocal.
        let length = bits(total);
        let inverse = i64::from((1u32 << 31) / (((u64::from(total)) << 16 >> length) as u32));
        for sum in output.iter_mut() {
            *sum = ((i64::from(*sum) * inverse) >> (length + 7)) as i32;
        }
    }
}

/// `2^(-below / 1024)` in Q12.
fn weight(below: u32) -> i32 {
    let (whole, fraction) = (below >> 10, (below & 1_023) << 6);
    if whole > 13 {
        return 0;
    }
    let by = 31 - WEIGHT_BITS + whole;
    ((u64::from(exp2_fraction(fraction)) + (1 << (by - 1))) >> by) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_powers_of_two() {
        for below in 0..20_000 {
            let exact = (-f64::from(below) / 1_024.0).exp2() * 4_096.0;
            assert!((f64::from(weight(below)) - exact).abs() <= 0.51, "{below}");
        }
    }
}

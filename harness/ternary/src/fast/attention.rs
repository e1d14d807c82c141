//! Attention over a cache laid out for vectors; [`crate::attention`] says what it computes.

use super::inputs::root;
use super::pages::Pages;
use crate::fixed::{bits, largest, normal_shift, shift};

pub(super) use crate::attention::{SERIES, STEPS};

/// The keys and values of the last tokens at one depth and of one key/value head, in a ring of slots. Keys: for every 16 slots
/// and four elements a vector, a lane a slot. Values: for every four slots a row, a lane an element, a byte a slot.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    pub(super) keys: Pages<[i32; 16]>,
    pub(super) values: Pages<i32>,
    /// Vectors of a tile of keys.
    pub(super) chunks: usize,
    /// Elements of a key or a value, and what those of a value are padded to.
    pub(super) head_dim: usize,
    pub(super) width: usize,
    /// What the bytes of keys are changed by.
    bias: i32,
}

/// Slots that a kernel may take at once: a ring has a multiple of them.
pub(super) const SLOTS: usize = 64;

/// Queries that are put to a cache at once, at most, by any kernel.
pub(super) const QUERIES: usize = 16;

/// Queries of the heads that share a cache, of tokens in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queries<'a> {
    pub(super) cache: &'a Cache,
    /// Four elements a word, a query after the other.
    pub(super) words: &'a [i32],
    pub(super) each: &'a [Query],
}

/// What is known of a query besides its elements.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Query {
    /// Of its elements.
    pub(super) sum: i32,
    pub(super) gain: i32,
    /// Slot of the first token that it sees, and how many those are.
    pub(super) begin: usize,
    pub(super) seen: usize,
    /// Where its output goes.
    pub(super) place: usize,
}

/// What one query reads.
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    /// The query, four elements a word.
    pub(super) query: &'a [i32],
    pub(super) gain: i32,
    keys: &'a [[i32; 16]],
    pub(super) values: &'a [i32],
    pub(super) width: usize,
    /// The slots that it sees; they share no tile of 16.
    pub(super) ranges: [(usize, usize); 2],
}

#[cfg(target_arch = "aarch64")]
impl Reading<'_> {
    /// The keys of slots `16 * tile..`.
    pub(super) fn tile(&self, tile: usize) -> &[[i32; 16]] {
        &self.keys[tile * self.query.len()..][..self.query.len()]
    }
}

#[cfg(target_arch = "aarch64")]
impl Queries<'_> {
    /// Calls `attend` for one query after the other, with room for its scores and its output.
    #[inline(always)]
    pub(super) fn one_by_one(
        &self,
        scores: &mut [[i32; 16]],
        out: &mut [i32],
        attend: impl Fn(&Reading<'_>, &mut [[i32; 16]], &mut [i32]),
    ) {
        let Cache { keys, values, width, head_dim, .. } = self.cache;
        for (query, words) in self.each.iter().zip(self.words.chunks_exact(self.cache.chunks)) {
            let capacity = values.len() / width * 4;
            let front = query.seen.min(capacity - query.begin);
            let ranges = [(query.begin, query.begin + front), (0, query.seen - front)];
            let reading = Reading { query: words, gain: query.gain, keys, values, width: *width, ranges };
            attend(&reading, scores, &mut out[query.place..][..*head_dim]);
        }
    }
}

/// Slots for a window and a batch: a batch is written before it is read, and the two ends of what is seen must not meet in one tile of any kernel.
pub(super) fn capacity(window: usize, batch: usize) -> usize {
    (window + batch - 1 + SLOTS).next_multiple_of(SLOTS)
}

/// The slot of the first token that the one at `position` sees, and how many it sees.
pub(super) fn seen(position: usize, window: usize, capacity: usize) -> (usize, usize) {
    let seen = (position + 1).min(window);
    ((position + 1 - seen) % capacity, seen)
}

impl Cache {
    pub(super) fn new(capacity: usize, head_dim: usize, bias: i8) -> Self {
        let (chunks, width) = (head_dim.div_ceil(4), head_dim.next_multiple_of(16));
        let (keys, values) = (Pages::of([0; 16], capacity / 16 * chunks), Pages::of(0, capacity / 4 * width));
        Cache { keys, values, chunks, head_dim, width, bias: whole_word([bias; 4]) }
    }

    /// Stores keys, rotated and quantised, and values, quantised, of one to four tokens whose slots share words of values.
    pub(super) fn write(&mut self, slot: usize, keys: &[&[i8]], values: &[&[i8]]) {
        let (tile, bias) = (&mut self.keys[slot / 16 * self.chunks..][..self.chunks], self.bias);
        for (lane, key) in (slot % 16..).zip(keys) {
            let (fours, rest) = key.as_chunks::<4>();
            tile.iter_mut().zip(fours).for_each(|(vector, four)| vector[lane] = whole_word(*four) ^ bias);
            if !rest.is_empty() {
                tile[fours.len()][lane] = word(rest) ^ bias;
            }
        }
        let row = &mut self.values[slot / 4 * self.width..][..self.width];
        if let [a, b, c, d] = values {
            for ((word, (&a, &b)), (&c, &d)) in row.iter_mut().zip(a.iter().zip(*b)).zip(c.iter().zip(*d)) {
                *word = whole_word([a, b, c, d]);
            }
            return;
        }
        for (byte, value) in (slot % 4..).zip(values) {
            let (shift, mask) = (8 * byte, !(0xff << (8 * byte)));
            for (word, &value) in row.iter_mut().zip(*value) {
                *word = *word & mask | i32::from(value as u8) << shift;
            }
        }
    }
}

/// Four int8, the first lowest.
#[inline(always)]
pub(super) fn whole_word(four: [i8; 4]) -> i32 {
    i32::from_le_bytes(four.map(|value| value as u8))
}

/// Up to four int8, the first lowest.
pub(super) fn word(four: &[i8]) -> i32 {
    let mut bytes = [0; 4];
    bytes.iter_mut().zip(four).for_each(|(byte, &value)| *byte = value as u8);
    i32::from_le_bytes(bytes)
}

/// Normalises a head, rotates it, and quantises it; `turns` are the sines of all pairs, then the cosines.
#[inline(always)]
pub(super) fn rotate(x: &mut [i32], turns: &[i32], out: &mut [i8]) {
    let by = normal_shift(largest(x), 14);
    let squares: u64 = x.iter().map(|&x| i64::from(shift(x, by)).pow(2) as u64).sum();
    if squares == 0 {
        return out.fill(0);
    }
    // The largest has 14 bits, so this has 21 at most.
    let scale = 3 * root(((x.len() as u64) << 56) / squares) as i32;
    for x in x.iter_mut() {
        *x = ((i64::from(shift(*x, by)) * i64::from(scale) + (1 << 17)) >> 18).clamp(-32_767, 32_767) as i32;
    }
    let half = x.len() / 2;
    let quantise = |value: i32| ((value + (1 << 21)) >> 22).clamp(-127, 127) as i8;
    let (sines, cosines) = (&turns[..half], &turns[half..2 * half]);
    let (a, b) = (&x[..half], &x[half..2 * half]);
    let (front, back) = out[..2 * half].split_at_mut(half);
    for pair in 0..half {
        front[pair] = quantise(a[pair] * cosines[pair] - b[pair] * sines[pair]);
        back[pair] = quantise(a[pair] * sines[pair] + b[pair] * cosines[pair]);
    }
}

/// Normalises and rotates a query; its elements go four a word. Returns their sum.
#[inline(always)]
pub(super) fn query(x: &mut [i32], turns: &[i32], rotated: &mut [i8], words: &mut [i32]) -> i32 {
    rotate(x, turns, rotated);
    query_words(rotated, words)
}

/// A rotated query's elements four a word. Returns their sum.
#[inline(always)]
pub(super) fn query_words(rotated: &[i8], words: &mut [i32]) -> i32 {
    let (fours, rest) = rotated.as_chunks::<4>();
    words.iter_mut().zip(fours).for_each(|(word, four)| *word = whole_word(*four));
    if !rest.is_empty() {
        words[fours.len()] = word(rest);
    }
    rotated.iter().map(|&q| i32::from(q)).sum()
}

/// A value to 24 steps a unit.
#[inline(always)]
pub(super) fn quantise_value(value: &[i32], out: &mut [i8]) {
    for (out, &value) in out.iter_mut().zip(value) {
        *out = ((24 * value + (1 << 11)) >> 12).clamp(-127, 127) as i8;
    }
}

/// `2^((score - most) / 1,024)` in Q12.
#[cfg(any(target_arch = "aarch64", test))]
#[inline(always)]
pub(super) fn weight(most: i32, score: i32) -> u32 {
    let below = most.wrapping_sub(score) as u32;
    let (step, series) = (STEPS[(below >> 5) as usize % 32] as u32, SERIES[below as usize % 32] as u32);
    let power = ((u64::from(step) * u64::from(series)) >> 31) as u32;
    // Rounded half up in two steps, which keeps to 32 bits.
    (power.checked_shr(18 + (below >> 10)).unwrap_or(0) + 1) >> 1
}

/// [`STEPS`] and [`SERIES`] to 16 bits, and where their product is one less than the first 13 bits of [`weight`]'s power: a bit for each of the
/// 1,024 steps of a power of two.
#[cfg(target_arch = "x86_64")]
pub(super) static STEPS_16: [u16; 32] = short(&STEPS);
#[cfg(target_arch = "x86_64")]
pub(super) static SERIES_16: [u16; 32] = short(&SERIES);
#[cfg(target_arch = "x86_64")]
pub(super) static CORRECTIONS: [u16; 64] = corrections();

#[cfg(target_arch = "x86_64")]
const fn short(powers: &[i32; 32]) -> [u16; 32] {
    let (mut found, mut index) = ([0; 32], 0);
    while index < 32 {
        let upper = powers[index] as u32 >> 15;
        found[index] = if upper > 0xffff { 0xffff } else { upper as u16 };
        index += 1;
    }
    found
}

/// The first 14 bits of `2^(-below / 1,024)` of [`weight`], for `below` less than 1,024.
#[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
const fn power(below: usize) -> u16 {
    ((STEPS[below >> 5] as u32 as u64 * SERIES[below % 32] as u32 as u64) >> 49) as u16
}

/// [`power`] of all.
#[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
pub(super) static POWERS: [i32; 1_024] = {
    let (mut found, mut below) = ([0; 1_024], 0);
    while below < 1_024 {
        found[below] = power(below) as i32;
        below += 1;
    }
    found
};

#[cfg(target_arch = "x86_64")]
const fn corrections() -> [u16; 64] {
    let (steps, series) = (short(&STEPS), short(&SERIES));
    let (mut found, mut below) = ([0; 64], 0);
    while below < 1_024 {
        let product = ((steps[below >> 5] as u32 * series[below % 32] as u32) >> 19) as u16;
        let missing = power(below) - product;
        assert!(missing < 2);
        found[below / 16] |= missing << (below % 16);
        below += 1;
    }
    found
}

/// From the weighted sums of the values to their mean, with eight more fractional bits than they have.
#[inline(always)]
pub(super) fn mean(total: u32, sums: &mut [i32]) {
    let length = bits(total);
    let inverse = i64::from((1u32 << 31) / (((u64::from(total)) << 16 >> length) as u32));
    for sum in sums.iter_mut() {
        *sum = ((i64::from(*sum) * inverse) >> (length + 7)) as i32;
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn tables_give_the_weights() {
        for below in 0..20_000 {
            let power = POWERS[below % 1_024] as u32;
            assert_eq!(((power >> (below >> 10)) + 1) >> 1, weight(0, -(below as i32)));
            let product = (u32::from(STEPS_16[below / 32 % 32]) * u32::from(SERIES_16[below % 32])) >> 19;
            let missing = (CORRECTIONS[below % 1_024 / 16] >> (below % 16)) & 1;
            assert_eq!(product + u32::from(missing), power);
        }
    }
}

//! Products of bytes: relaxed SIMD's dot product of four.
//!
//! What it gives is up to the browser where the second factor's top bit is set, or where two products don't fit 16 bits. Weights are stored unsigned and
//! below 128 here, those of eight bits are the sum of two such, and no activation is less than -127: 127 * 127 * 2 fits. So it is exact, and the same everywhere.
//! For attention's keys, which have a sign, the browser is asked what it does ([`Second`]).

pub(super) use crate::fast::inputs::arrange;

use super::attention::Scores;
use super::outputs::{Offset, Quads, put};
use super::{Row, load, load_words, splat, store, store_bytes};
use crate::fast::ops::{Batch, Side};
use crate::fast::plan::{BLOCK, LANES, Line, Packed, VECTORS};
use crate::fast::short::Short;
use core::arch::wasm32::*;
use core::hint::black_box;
use core::ops::Range;

/// Tokens whose sums of eight rows stay in registers, beside two vectors of weights and one of activations: fifteen, what the compilers of browsers leave of sixteen.
pub(super) const RUN: usize = 6;
/// Vectors of four rows that such tokens have at a time, and one token alone.
const SHARED: usize = 2;
const ALONE: usize = 8;

pub(super) fn linear(matrix: &Packed, batch: &mut Batch<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    match (batch.norms.len(), matrix.bits) {
        (1, 1) => one_token::<1>(matrix, &batch.side(matrix, 0), blocks, out),
        (1, 2) => one_token::<2>(matrix, &batch.side(matrix, 0), blocks, out),
        (1, 4) => one_token::<4>(matrix, &batch.side(matrix, 0), blocks, out),
        (1, _) => one_token::<8>(matrix, &batch.side(matrix, 0), blocks, out),
        (_, 1) => many_tokens::<1>(matrix, batch, blocks, out, stride),
        (_, 2) => many_tokens::<2>(matrix, batch, blocks, out, stride),
        (_, 4) => many_tokens::<4>(matrix, batch, blocks, out, stride),
        _ => many_tokens::<8>(matrix, batch, blocks, out, stride),
    }
}

/// Rows of some blocks.
fn rows(matrix: &Packed, blocks: Range<usize>) -> Range<usize> {
    blocks.start * BLOCK..(blocks.end * BLOCK).min(matrix.rows)
}

fn offset<const BITS: u32>(matrix: &Packed) -> Offset {
    Offset { is_double: BITS == 1, times: matrix.offset }
}

fn one_token<const BITS: u32>(matrix: &Packed, side: &Side<'_>, blocks: Range<usize>, out: &mut [i32]) {
    let (lines, words) = (matrix.group_lines(), matrix.padded / 4);
    let rows = rows(matrix, blocks);
    for first in rows.clone().step_by(4 * ALONE) {
        let quads = Quads { matrix, side, rows: rows.clone(), first, offsets: [offset::<BITS>(matrix); ALONE] };
        quads.outputs::<1>(out, 0, |group| {
            let lines = &matrix.lines[(first / BLOCK * matrix.groups + group) * lines..][..lines];
            let (half, words) = (first % BLOCK / 4 / ALONE, &side.words[group * words..][..words]);
            let mut dots = [dots_of_one::<BITS>(lines, half, words)];
            if BITS == 8 && matrix.offset == 128 {
                add_rest(&mut dots, lines.as_chunks().0.iter().map(|four| &halves(four)[half]), words);
            }
            dots
        });
    }
}

/// Takes the weights of 16 rows apart, and lets all tokens use them before the next.
fn many_tokens<const BITS: u32>(
    matrix: &Packed,
    batch: &mut Batch<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    let mut room = core::mem::take(batch.room);
    let weights = &mut room.weights[..matrix.groups * matrix.padded / 4];
    let short = Short::new(matrix, batch, &mut room.shifted);
    // This takes the weights' offset away.
    room.starts.iter_mut().zip(batch.sums).for_each(|(start, &sum)| *start = -matrix.offset * sum);
    let rows = rows(matrix, blocks);
    for first in rows.clone().step_by(LANES) {
        for (group, weights) in weights.chunks_exact_mut(matrix.padded / 4).enumerate() {
            let lines = &matrix.lines[(first / BLOCK * matrix.groups + group) * matrix.group_lines()..];
            unpack::<BITS>(&lines[..matrix.group_lines()], first % BLOCK / LANES, weights);
        }
        let tile = Tile { matrix, rows: &rows, first, weights };
        for token in batch.runs() {
            let side = batch.side(matrix, token);
            let count = side.norms.len();
            let shorts = short.as_ref().map(|short| (short, &room.shifted[token..][..count]));
            let starts = &room.starts[token * matrix.groups..][..count * matrix.groups];
            let out = &mut out[token * stride..];
            match count {
                1 => tile.run::<BITS, 1>(&side, starts, shorts, out, stride),
                2 => tile.run::<BITS, 2>(&side, starts, shorts, out, stride),
                3 => tile.run::<BITS, 3>(&side, starts, shorts, out, stride),
                4 => tile.run::<BITS, 4>(&side, starts, shorts, out, stride),
                5 => tile.run::<BITS, 5>(&side, starts, shorts, out, stride),
                _ => tile.run::<BITS, RUN>(&side, starts, shorts, out, stride),
            }
        }
    }
    *batch.room = room;
}

/// 16 rows of a matrix, or less at its end.
struct Tile<'a> {
    matrix: &'a Packed,
    /// Those that are asked for, of which `first..` are in the tile.
    rows: &'a Range<usize>,
    first: usize,
    /// A weight a byte.
    weights: &'a [Line],
}

impl Tile<'_> {
    /// The outputs for a run of tokens; `shorts` are their mantissas, where the short way will do.
    fn run<const BITS: u32, const T: usize>(
        &self,
        side: &Side<'_>,
        starts: &[i32],
        shorts: Option<(&Short, &[i32])>,
        out: &mut [i32],
        stride: usize,
    ) {
        let &Tile { matrix, rows, first, weights } = self;
        let (lines, words) = (matrix.padded / 4, matrix.padded / 4 * T);
        let dots = |group: usize, pair| {
            let (weights, words) = (&weights[group * lines..][..lines], &side.words[group * words..][..words]);
            let mut dots = dots_of::<BITS, T>(weights, pair, words, &starts[group * T..]);
            if BITS == 8 && matrix.offset == 128 {
                add_rest(&mut dots, weights.iter().map(|line| &pairs(line)[pair]), words);
            }
            dots
        };
        for (pair, first) in (first..rows.end.min(first + LANES)).step_by(4 * SHARED).enumerate() {
            let Some((short, mantissas)) = shorts else {
                let offsets = [Offset { is_double: false, times: 0 }; SHARED];
                let quads = Quads { matrix, side, rows: rows.clone(), first, offsets };
                quads.outputs::<T>(out, stride, |group| dots(group, pair));
                continue;
            };
            let scales = matrix.scales[first / BLOCK][first % BLOCK..].as_chunks().0;
            let scales: &[_; SHARED] = scales.first_chunk().expect("a block has whole vectors");
            let dots = dots(0, pair);
            let place = first - rows.start;
            let count = (rows.end - first).min(4 * SHARED);
            for (token, (dots, mantissa)) in dots.iter().zip(mantissas).enumerate() {
                put(&short.quads(dots, scales, splat(mantissa)), &mut out[token * stride + place..][..count]);
            }
        }
    }
}

/// A weight a byte, for one vector of a block; those of one bit as 0 and 2.
fn unpack<const BITS: u32>(lines: &[Line], vector: usize, weights: &mut [Line]) {
    let planes = 8 / BITS as usize;
    for (four, weights) in lines.as_chunks::<VECTORS>().0.iter().zip(weights.chunks_exact_mut(planes)) {
        let mut packed = four[vector].0.as_chunks::<16>().0.iter().map(load);
        let mut packed: [v128; 4] = core::array::from_fn(|_| packed.next().unwrap_or(i32x4_splat(0)));
        for weights in weights {
            for (packed, weights) in packed.iter_mut().zip(weights.0.as_chunks_mut::<16>().0) {
                let lowest = lowest::<BITS>(*packed);
                store_bytes(weights, if BITS == 1 { i8x16_add(lowest, lowest) } else { lowest });
                *packed = u16x8_shr(*packed, BITS % 16);
            }
        }
    }
}

/// The lowest weight of each byte.
fn lowest<const BITS: u32>(packed: v128) -> v128 {
    if BITS == 8 { packed } else { v128_and(packed, u8x16_splat((1 << (BITS % 8)) - 1)) }
}

/// Products of eight rows with a run of tokens, whose sums begin with `starts`, in a loop so small that all sums stay in registers.
#[inline(always)]
fn dots_of<const BITS: u32, const T: usize>(
    weights: &[Line],
    pair: usize,
    words: &[i32],
    starts: &[i32],
) -> [[v128; SHARED]; T] {
    let mut sums = [[i32x4_splat(0); SHARED]; T];
    sums.iter_mut().zip(starts).for_each(|(sums, start)| *sums = [splat(start); SHARED]);
    for (line, words) in weights.iter().zip(words.as_chunks::<T>().0) {
        let weights = pairs(line)[pair].each_ref().map(load);
        for (sums, word) in sums.iter_mut().zip(words) {
            let q = splat(word);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = dot::<BITS>(*sum, weights, q);
            }
        }
    }
    sums
}

/// Products of 32 rows with one token.
#[inline(always)]
fn dots_of_one<const BITS: u32>(lines: &[Line], half: usize, words: &[i32]) -> [v128; ALONE] {
    let planes = 8 / BITS as usize;
    let mut sums = [i32x4_splat(0); ALONE];
    for (four, words) in lines.as_chunks::<VECTORS>().0.iter().zip(words.chunks_exact(planes)) {
        let mut packed = halves(four)[half].each_ref().map(load);
        for (plane, word) in words.iter().enumerate() {
            let q = splat(word);
            for (sum, packed) in sums.iter_mut().zip(&mut packed) {
                *sum = dot::<BITS>(*sum, lowest::<BITS>(*packed), q);
                if plane + 1 < planes {
                    *packed = u16x8_shr(*packed, BITS % 16);
                }
            }
        }
    }
    sums
}

/// Adds what weights of eight bits have above twice 127, where one is -128.
#[cold]
fn add_rest<'a, const T: usize, const QUADS: usize>(
    sums: &mut [[v128; QUADS]; T],
    weights: impl Iterator<Item = &'a [[u8; 16]; QUADS]>,
    words: &[i32],
) {
    for (pieces, words) in weights.zip(words.as_chunks::<T>().0) {
        for (sums, word) in sums.iter_mut().zip(words) {
            for (sum, piece) in sums.iter_mut().zip(pieces) {
                let rest = u8x16_sub_sat(load(piece), u8x16_splat(254));
                *sum = i32x4_relaxed_dot_i8x16_i7x16_add(splat(word), rest, *sum);
            }
        }
    }
}

/// The vectors of a line, two and two.
fn pairs(line: &Line) -> &[[[u8; 16]; SHARED]; 4 / SHARED] {
    // SAFETY: a line is 64 bytes, of any value.
    unsafe { &*core::ptr::from_ref(line).cast() }
}

/// The vectors of four lines, eight and eight.
fn halves(lines: &[Line; VECTORS]) -> &[[[u8; 16]; ALONE]; 4 * VECTORS / ALONE] {
    // SAFETY: a line is 64 bytes, of any value and without padding.
    unsafe { &*core::ptr::from_ref(lines).cast() }
}

/// Adds to each word the products of its four bytes.
#[inline(always)]
fn dot<const BITS: u32>(sum: v128, weights: v128, q: v128) -> v128 {
    if BITS < 8 {
        return i32x4_relaxed_dot_i8x16_i7x16_add(q, weights, sum);
    }
    let most = u8x16_splat(127);
    let sum = i32x4_relaxed_dot_i8x16_i7x16_add(q, u8x16_min(weights, most), sum);
    i32x4_relaxed_dot_i8x16_i7x16_add(q, u8x16_min(u8x16_sub_sat(weights, most), most), sum)
}

/// What the browser makes of a second factor whose top bit is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// A byte from 128 on, and every sum of products is exact, as `vpdpbusd` has it.
    Unsigned,
    /// A negative one, likewise, as `sdot` has it.
    Signed,
    /// Something else.
    Other,
}

impl Second {
    /// By products that any other way would give otherwise.
    pub(super) fn found() -> Self {
        let product = |x: i8, y: i8| {
            let (x, y) = (black_box(i8x16_splat(x)), black_box(i8x16_splat(y)));
            i32x4_extract_lane::<0>(i32x4_relaxed_dot_i8x16_i7x16_add(x, y, i32x4_splat(1)))
        };
        match [product(127, -1), product(-127, -1), product(-127, -127)] {
            [129_541, -129_539, -65_531] => Second::Unsigned,
            [-507, 509, 64_517] => Second::Signed,
            _ => Second::Other,
        }
    }
}

/// Scores by one product of keys with whole queries, where the keys' bytes are what the browser takes a second factor for.
pub(super) struct Whole<const IS_UNSIGNED: bool>;

impl<const IS_UNSIGNED: bool> Scores for Whole<IS_UNSIGNED> {
    const FEW: usize = 4;
    type Word = i32;

    fn word(word: i32) -> i32 {
        word
    }

    #[inline(always)]
    fn of<const Q: usize>(keys: &[[i32; 16]], half: usize, words: &[[i32; Q]], sums: [i32; Q]) -> [[v128; 2]; Q] {
        let mut products = sums.map(|sum| [i32x4_splat(if IS_UNSIGNED { -128 * sum } else { 0 }); 2]);
        for (key, words) in keys.iter().zip(words) {
            let keys = [0, 1].map(|quad| load_words(&key.as_chunks().0[2 * half + quad]));
            for (products, word) in products.iter_mut().zip(words) {
                let q = splat(word);
                for (product, key) in products.iter_mut().zip(keys) {
                    *product = i32x4_relaxed_dot_i8x16_i7x16_add(q, key, *product);
                }
            }
        }
        products
    }
}

/// Scores of what of queries is above zero, and of how much is below, everywhere the same.
pub(super) struct Parts;

impl Scores for Parts {
    const FEW: usize = 2;
    type Word = [i32; 2];

    fn word(word: i32) -> [i32; 2] {
        let part = |sign: i16| word.to_le_bytes().map(|byte| (sign * i16::from(byte as i8)).max(0) as u8);
        [part(1), part(-1)].map(i32::from_le_bytes)
    }

    #[inline(always)]
    fn of<const Q: usize>(keys: &[[i32; 16]], half: usize, words: &[[[i32; 2]; Q]], _: [i32; Q]) -> [[v128; 2]; Q] {
        let (mut above, mut below) = ([[i32x4_splat(0); 2]; Q], [[i32x4_splat(0); 2]; Q]);
        for (key, words) in keys.iter().zip(words) {
            let [front, back] = [0, 1].map(|quad| load_words(&key.as_chunks().0[2 * half + quad]));
            for ((above, below), [positive, negative]) in above.iter_mut().zip(&mut below).zip(words) {
                let (positive, negative) = (splat(positive), splat(negative));
                above[0] = i32x4_relaxed_dot_i8x16_i7x16_add(front, positive, above[0]);
                above[1] = i32x4_relaxed_dot_i8x16_i7x16_add(back, positive, above[1]);
                below[0] = i32x4_relaxed_dot_i8x16_i7x16_add(front, negative, below[0]);
                below[1] = i32x4_relaxed_dot_i8x16_i7x16_add(back, negative, below[1]);
            }
        }
        core::array::from_fn(|query| [0, 1].map(|quad| i32x4_sub(above[query][quad], below[query][quad])))
    }
}

/// Keeps the weights of a tile: the low six bits of each and the bits above them as bytes.
pub(super) fn keep(tile: &mut [i32; 16], weights: [v128; 4]) {
    let [low, high, ..] = tile.as_chunks_mut::<4>().0 else { return };
    let [front, back] = [0, 2].map(|quad| u16x8_narrow_i32x4(weights[quad], weights[quad + 1]));
    let mask = u16x8_splat(63);
    store(low, u8x16_narrow_i16x8(v128_and(front, mask), v128_and(back, mask)));
    store(high, u8x16_narrow_i16x8(u16x8_shr(front, 6), u16x8_shr(back, 6)));
}

/// The weighted sums of sixteen elements of the values.
#[inline(always)]
pub(super) fn values_of<'a>(rows: impl Iterator<Item = Row<'a>>) -> [v128; 4] {
    let zero = i32x4_splat(0);
    let (mut low, mut high) = ([zero; 4], [zero; 4]);
    rows.for_each(|(row, tile, four)| {
        let parts = [splat(&tile[four]), splat(&tile[4 + four])];
        for (quad, values) in row.as_chunks().0.iter().enumerate() {
            let values = load_words(values);
            low[quad] = i32x4_relaxed_dot_i8x16_i7x16_add(values, parts[0], low[quad]);
            high[quad] = i32x4_relaxed_dot_i8x16_i7x16_add(values, parts[1], high[quad]);
        }
    });
    core::array::from_fn(|quad| i32x4_add(low[quad], i32x4_shl(high[quad], 6)))
}

/// The products of eight rows with six tokens.
pub(super) fn peak(rounds: u64) -> u64 {
    let (weights, q) = (black_box(i8x16_splat(2)), black_box(i8x16_splat(-1)));
    let mut sums = [i32x4_splat(0); 12];
    for _ in 0..rounds {
        // Hidden anew each time, or else the product would be taken once.
        let q = black_box(q);
        for sum in &mut sums {
            *sum = i32x4_relaxed_dot_i8x16_i7x16_add(q, weights, *sum);
        }
    }
    black_box(sums);
    rounds * 12 * 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::attention::whole_word;
    use crate::fast::wasm::all;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn products_with_keys_are_the_same_by_any_way_that_the_browser_has(
            keys in prop::collection::vec(prop::array::uniform16(prop::array::uniform4(-127i8..=127)), 1..32),
            query in prop::collection::vec(prop::array::uniform4(-127i8..=127), 32),
        ) {
            let words: Vec<i32> = query.iter().take(keys.len()).map(|&four| whole_word(four)).collect();
            let sum = query.iter().take(keys.len()).flatten().map(|&q| i32::from(q)).sum();
            let tile = |bias| keys.iter().map(|key| key.map(|four| whole_word(four) ^ bias)).collect::<Vec<_>>();
            let expected: Vec<i32> = (0..16)
                .map(|slot| {
                    let pairs = keys.iter().zip(&query).flat_map(|(key, four)| key[slot].iter().zip(four));
                    pairs.map(|(&k, &q)| i32::from(k) * i32::from(q)).sum()
                })
                .collect();
            fn found<S: Scores>(keys: &[[i32; 16]], words: &[i32], sum: i32) -> Vec<i32> {
                let words: Vec<_> = words.iter().map(|&word| [S::word(word)]).collect();
                (0..2).flat_map(|half| S::of(keys, half, &words, [sum])[0].map(all)).flatten().collect()
            }
            prop_assert_eq!(&found::<Parts>(&tile(0), &words, sum), &expected);
            let bytes = whole_word([-128; 4]);
            match Second::found() {
                Second::Unsigned => prop_assert_eq!(&found::<Whole<true>>(&tile(bytes), &words, sum), &expected),
                Second::Signed => prop_assert_eq!(&found::<Whole<false>>(&tile(0), &words, sum), &expected),
                Second::Other => {}
            }
        }
    }
}

//! WebAssembly's vectors of 128 bits.
//!
//! Their one dot product is of eight 16-bit pairs, so two rows share a lane: `a + 2^14 * b` times `q` is both rows' product, and a sum is taken apart
//! before the lower part leaves its 14 bits. That makes 16 products of an instruction, as many as `maddubs` has, and leaves nothing to the
//! implementation, as relaxed SIMD does.
#![allow(unsafe_code)]

use super::attention::{Reading, mean, weight};
use super::ops::{Finish, Ops, Place, Side, steps};
use super::plan::{BLOCK, LANES, Line, Packed};
use crate::image::Matrix;
use alloc::vec;
use core::arch::wasm32::*;
use core::hint::black_box;
use core::ops::Range;

pub(crate) static OPS: Ops = Ops {
    tokens: 6,
    key_bias: 0,
    linear: |matrix, batch, blocks, out, stride| {
        batch.by_runs(matrix, blocks, out, stride, |side, blocks, out| match matrix.bits {
            1 => linear::<1>(matrix, side, blocks, out, stride),
            2 => linear::<2>(matrix, side, blocks, out, stride),
            4 => linear::<4>(matrix, side, blocks, out, stride),
            _ => linear::<8>(matrix, side, blocks, out, stride),
        });
    },
    attend: |queries, scores, out| queries.one_by_one(scores, out, attend),
    arrange,
    peak,
    steps: steps!(),
};

/// Vectors of weights of the same columns that are taken together.
const WIDE: usize = 2;
/// Columns whose sums of the upper rows of a lane stay within 18 bits: `127 * 2^10 < 2^17`.
const RUN: usize = 1 << 10;
/// Pieces of a vector after which the lower sum of a lane is taken out: it is of 32 weights up to 2, or of 64 up to 1, and 127 times that is below 2^13.
const CHUNK: usize = 4;

/// 16 bytes of weights.
type Piece = [u8; 16];

/// Rows of a vector: small weights share a lane.
const fn rows(bits: u32) -> usize {
    if bits <= 2 { 8 } else { 4 }
}

/// Planes of a piece, each of two columns.
const fn planes(bits: u32) -> usize {
    64 / bits as usize / rows(bits)
}

/// Byte and bit in a piece where a weight lies, by its row in the vector and its column in the piece.
const fn place(bits: u32, row: usize, column: usize) -> (usize, usize) {
    let (plane, lane) = (column / 2, 2 * (row % 4) + column % 2);
    match bits {
        8 => (8 * plane + lane, 0),
        4 => (2 * lane + plane / 2, 4 * (plane % 2)),
        _ => {
            // A plane is what is left of a lane, rotated right by this, in its bits 0 and 14.
            let rotation = if bits == 2 { 4 * plane } else { plane / 2 * 4 + plane % 2 };
            let bit = (rotation + row / 4 * 14) % 16;
            (2 * lane + bit / 8, bit % 8)
        }
    }
}

/// Lays weights out, all zero yet: `WIDE` vectors of rows in turn, for each the groups, in each its columns front to back, so that a product of one token
/// reads straight on.
pub(super) fn lay_out(matrix: &Matrix<'_>, bits: u32, padded: usize, lines: &mut [Line]) {
    let (rows, span, group) = (rows(bits), 2 * planes(bits), matrix.cols / matrix.groups);
    let mut row = vec![0; matrix.cols];
    for index in 0..matrix.rows {
        matrix.codec.unpack(matrix.row(index), &mut row);
        let (unit, vector) = (index / (WIDE * rows), index / rows % WIDE);
        let places: [_; 16] = core::array::from_fn(|column| place(bits, index % rows, column));
        for (number, columns) in row.chunks_exact(group).enumerate() {
            let first = (unit * matrix.groups + number) * (padded / span) * WIDE + vector;
            for (step, columns) in columns.chunks(span).enumerate() {
                let piece = first + step * WIDE;
                let piece = &mut lines[piece / 4].0.as_chunks_mut::<16>().0[piece % 4];
                for (&weight, (byte, bit)) in columns.iter().zip(places) {
                    piece[byte] |= match bits {
                        1 => (weight > 0) as u8,
                        // The lower row's weights are stored with one added.
                        2 if index % rows < 4 => (weight + 1) as u8,
                        2 => weight as u8 & 3,
                        4 => weight as u8 & 15,
                        _ => weight as u8,
                    } << bit;
                }
            }
        }
    }
}

/// All pieces of some lines.
fn pieces(lines: &[Line]) -> &[Piece] {
    // SAFETY: a line is 64 bytes, of any value and without padding.
    unsafe { core::slice::from_raw_parts(lines.as_ptr().cast(), lines.len() * 4) }
}

fn load(piece: &Piece) -> v128 {
    // SAFETY: a reference to 16 bytes is read.
    unsafe { v128_load(piece.as_ptr().cast()) }
}

fn load_words(words: &[i32; 4]) -> v128 {
    // SAFETY: a reference to 16 bytes is read.
    unsafe { v128_load(words.as_ptr().cast()) }
}

fn store(words: &mut [i32; 4], value: v128) {
    // SAFETY: a reference to 16 bytes is written.
    unsafe { v128_store(words.as_mut_ptr().cast(), value) }
}

/// A word in all lanes.
fn splat(word: &i32) -> v128 {
    // SAFETY: a reference to four bytes is read.
    unsafe { v128_load32_splat(core::ptr::from_ref(word).cast()) }
}

/// Eight bytes as words of 16 bits.
fn load_wide(bytes: &[u8; 8]) -> v128 {
    // SAFETY: a reference to eight bytes is read.
    unsafe { i16x8_load_extend_i8x8(bytes.as_ptr().cast()) }
}

/// Exchanges the bytes of each lane of 16 bits.
fn swap(x: v128) -> v128 {
    i8x16_shuffle::<1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14>(x, x)
}

/// Rotates each lane of 16 bits right.
fn rotate_lanes(x: v128, by: u32) -> v128 {
    v128_or(u16x8_shr(x, by), i16x8_shl(x, 16 - by))
}

/// Calls `each` with the planes of a few pieces of the same columns, plane by plane, as 16-bit weights.
#[inline(always)]
fn unpack<const BITS: u32>(pieces: &[Piece; WIDE], mut each: impl FnMut(usize, [v128; WIDE])) {
    match BITS {
        8 => {
            for plane in 0..2 {
                each(plane, pieces.each_ref().map(|piece| load_wide(&piece.as_chunks::<8>().0[plane])));
            }
        }
        4 => {
            let x = pieces.each_ref().map(load);
            each(0, x.map(|x| i16x8_shr(i16x8_shl(x, 12), 12)));
            each(1, x.map(|x| i16x8_shr(i16x8_shl(x, 8), 12)));
            each(2, x.map(|x| i16x8_shr(i16x8_shl(x, 4), 12)));
            each(3, x.map(|x| i16x8_shr(x, 12)));
        }
        2 => {
            let mask = u16x8_splat(0xc003);
            let x = pieces.each_ref().map(load);
            let turned = x.map(|x| rotate_lanes(x, 4));
            each(0, x.map(|x| v128_and(x, mask)));
            each(1, turned.map(|x| v128_and(x, mask)));
            each(2, x.map(|x| v128_and(swap(x), mask)));
            each(3, turned.map(|x| v128_and(swap(x), mask)));
        }
        _ => {
            let mask = u16x8_splat(0x4001);
            let x = pieces.each_ref().map(load);
            for (plane, by) in [0, 1, 4, 5].into_iter().enumerate() {
                let turned = if by == 0 { x } else { x.map(|x| rotate_lanes(x, by)) };
                each(plane, turned.map(|x| v128_and(x, mask)));
                each(plane + 4, turned.map(|x| v128_and(swap(x), mask)));
            }
        }
    }
}

/// Products of `WIDE` vectors of rows with several tokens.
#[inline(always)]
fn dots_of<const BITS: u32, const T: usize>(all: &[Piece], words: &[i32]) -> [[i32; 8 * WIDE]; T] {
    let planes = planes(BITS);
    let mut dots = [[0; 8 * WIDE]; T];
    let zero = i32x4_splat(0);
    if BITS > 2 {
        let mut sums = [[zero; WIDE]; T];
        for (pieces, words) in all.as_chunks::<WIDE>().0.iter().zip(words.chunks_exact(planes * T)) {
            unpack::<BITS>(pieces, |plane, weights| {
                for (sums, word) in sums.iter_mut().zip(&words[plane * T..][..T]) {
                    let q = splat(word);
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = i32x4_add(*sum, i32x4_dot_i16x8(weights, q));
                    }
                }
            });
        }
        for (dots, sums) in dots.iter_mut().zip(sums) {
            for (dots, sum) in dots.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
                store(dots, sum);
            }
        }
        return dots;
    }
    let steps = RUN / (2 * planes);
    for (pieces, words) in all.chunks(steps * WIDE).zip(words.chunks(steps * planes * T)) {
        let (mut sums, mut lower) = ([[zero; WIDE]; T], [[zero; WIDE]; T]);
        for (pieces, words) in pieces.chunks(CHUNK * WIDE).zip(words.chunks(CHUNK * planes * T)) {
            for (pieces, words) in pieces.as_chunks::<WIDE>().0.iter().zip(words.chunks_exact(planes * T)) {
                unpack::<BITS>(pieces, |plane, weights| {
                    for (sums, word) in sums.iter_mut().zip(&words[plane * T..][..T]) {
                        let q = splat(word);
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = i32x4_add(*sum, i32x4_dot_i16x8(weights, q));
                        }
                    }
                });
            }
            for (sum, lower) in sums.as_flattened().iter().zip(lower.as_flattened_mut()) {
                let more = i32x4_shr(i32x4_shl(i32x4_sub(*sum, *lower), 18), 18);
                *lower = i32x4_add(*lower, more);
            }
        }
        for (dots, (sums, lower)) in dots.iter_mut().zip(sums.iter().zip(&lower)) {
            let pairs = dots.as_chunks_mut::<8>().0.iter_mut().zip(sums.iter().zip(lower));
            for (dots, (&sum, &lower)) in pairs {
                let [front, back] = dots.as_chunks_mut::<4>().0 else { continue };
                store(front, i32x4_add(load_words(front), lower));
                store(back, i32x4_add(load_words(back), i32x4_shr(i32x4_sub(sum, lower), 14)));
            }
        }
    }
    dots
}

fn linear<const BITS: u32>(matrix: &Packed, side: &Side<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    match side.norms.len() {
        1 => linear_for::<BITS, 1>(matrix, side, blocks, out, stride),
        2 => linear_for::<BITS, 2>(matrix, side, blocks, out, stride),
        3 => linear_for::<BITS, 3>(matrix, side, blocks, out, stride),
        4 => linear_for::<BITS, 4>(matrix, side, blocks, out, stride),
        5 => linear_for::<BITS, 5>(matrix, side, blocks, out, stride),
        _ => linear_for::<BITS, 6>(matrix, side, blocks, out, stride),
    }
}

fn linear_for<const BITS: u32, const T: usize>(
    matrix: &Packed,
    side: &Side<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    let unit = WIDE * rows(BITS);
    let (length, words) = (matrix.padded / (2 * planes(BITS)) * WIDE, matrix.padded / 2 * T);
    let (start, end) = (blocks.start * BLOCK, (blocks.end * BLOCK).min(matrix.rows));
    for first in (start..end).step_by(unit) {
        let all = &pieces(&matrix.lines)[first / unit * matrix.groups * length..][..matrix.groups * length];
        let all_scales = &matrix.scales[first / BLOCK * matrix.groups..][..matrix.groups];
        let mut totals = [[0i64; 8 * WIDE]; T];
        let groups = all.chunks_exact(length).zip(side.words.chunks_exact(words));
        for ((pieces, words), (scales, sums)) in groups.zip(all_scales.iter().zip(side.sums.chunks_exact(T))) {
            let dots = dots_of::<BITS, T>(pieces, words);
            let scales = &scales[first % BLOCK..][..unit];
            for (token, (totals, dots)) in totals.iter_mut().zip(&dots).enumerate() {
                for (row, ((total, &dot), &scale)) in totals.iter_mut().zip(dots).zip(scales).enumerate() {
                    let dot = match BITS {
                        1 => 2 * dot - sums[token],
                        2 if row % 8 < 4 => dot - sums[token],
                        _ => dot,
                    };
                    *total += i64::from(dot) * i64::from(scale);
                }
            }
        }
        for (token, totals) in totals.iter().enumerate() {
            let rows = first - start..(first + unit).min(end) - start;
            let finish = Finish::of(matrix, side, token);
            finish.outputs(matrix.pre_shift, side.limit, totals, &mut out[token * stride..][rows]);
        }
    }
}

/// Arranges one token's activations, two of 16 bits a word, and takes the sums of their groups.
fn arrange(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    let Place { group, padded, token, tokens } = place;
    let groups = words.chunks_mut(padded / 2 * tokens).zip(sums.chunks_mut(tokens));
    for (q, (words, sums)) in q.chunks_exact(group).zip(groups) {
        sums[token] = q.iter().map(|&q| i32::from(q)).sum();
        let word = |front: i8, back: i8| i32::from(front) & 0xffff | i32::from(back) << 16;
        let (twos, rest) = q.as_chunks::<2>();
        let mut words = words[token..].iter_mut().step_by(tokens);
        words.by_ref().zip(twos).for_each(|(to, &[front, back])| *to = word(front, back));
        if let (&[front], Some(to)) = (rest, words.next()) {
            *to = word(front, 0);
        }
        words.for_each(|to| *to = 0);
    }
}

/// The words of the first two and the last two lanes added in pairs.
fn add_pairs(front: v128, back: v128) -> v128 {
    i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(front, back), i32x4_shuffle::<1, 3, 5, 7>(front, back))
}

/// Adds to eight vectors the products of 64 bytes, four and four, with four words of 16 bits.
#[inline(always)]
fn multiply(sums: &mut [v128; 8], bytes: &[i32; 16], by: v128) {
    for (sum, bytes) in sums.iter_mut().zip(bytes.as_chunks::<2>().0) {
        // SAFETY: a reference to eight bytes is read.
        let wide = unsafe { i16x8_load_extend_i8x8(bytes.as_ptr().cast()) };
        *sum = i32x4_add(*sum, i32x4_dot_i16x8(wide, by));
    }
}

/// One head's attention, two lanes a key, then two lanes a value's element.
fn attend(reading: &Reading<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    let zero = i32x4_splat(0);
    // A head is at most 128 wide.
    let mut query = [zero; 32];
    for (wide, word) in query.iter_mut().zip(reading.query) {
        *wide = i16x8_extend_low_i8x16(splat(word));
    }
    let mut most = i32::MIN;
    for (begin, end) in reading.ranges {
        let tiles = begin / LANES..end.div_ceil(LANES);
        for (tile, scores) in tiles.clone().zip(&mut scores[tiles]) {
            let mut sums = [zero; 8];
            for (key, &query) in reading.tile(tile).iter().zip(&query) {
                multiply(&mut sums, key, query);
            }
            for (score, [front, back]) in scores.as_chunks_mut::<4>().0.iter_mut().zip(sums.as_chunks::<2>().0) {
                let product = i32x4_mul(add_pairs(*front, *back), i32x4_splat(reading.gain));
                store(score, i32x4_shr(i32x4_add(product, i32x4_splat(1 << 7)), 8));
            }
            for (lane, score) in scores.iter_mut().enumerate() {
                *score = if (begin..end).contains(&(tile * LANES + lane)) { *score } else { i32::MIN };
                most = most.max(*score);
            }
        }
    }
    let mut total = 0;
    for (begin, end) in reading.ranges {
        for tile in &mut scores[begin / LANES..end.div_ceil(LANES)] {
            let weights = tile.map(|score| weight(most, score));
            total += weights.iter().sum::<u32>();
            for (to, &[front, back]) in tile.iter_mut().zip(weights.as_chunks::<2>().0) {
                *to = (front | back << 16) as i32;
            }
        }
    }
    for (index, out) in out.chunks_mut(LANES).enumerate() {
        let mut sums = [zero; 8];
        for (begin, end) in reading.ranges {
            let tiles = begin / LANES..end.div_ceil(LANES);
            for (tile, weights) in tiles.clone().zip(&scores[tiles]) {
                for (four, weights) in weights.as_chunks::<2>().0.iter().take(4).enumerate() {
                    let row = &reading.values[(4 * tile + four) * reading.width..][..reading.width];
                    // SAFETY: a reference to eight bytes is read.
                    let weights = unsafe { v128_load64_splat(weights.as_ptr().cast()) };
                    multiply(&mut sums, &row.as_chunks::<LANES>().0[index], weights);
                }
            }
        }
        let mut all = [0; LANES];
        for (all, [front, back]) in all.as_chunks_mut::<4>().0.iter_mut().zip(sums.as_chunks::<2>().0) {
            store(all, add_pairs(*front, *back));
        }
        out.copy_from_slice(&all[..out.len()]);
    }
    mean(total, out);
}

/// The products of eight rows of pairs with six tokens, without what takes the sums apart.
fn peak(rounds: u64) -> u64 {
    let (weights, q) = (black_box(i16x8_splat(2)), black_box(i16x8_splat(-1)));
    let mut sums = [i32x4_splat(0); 8];
    for _ in 0..rounds {
        // Hidden anew each time, or else the product would be taken once.
        let q = black_box(q);
        for sum in &mut sums {
            *sum = i32x4_add(*sum, i32x4_dot_i16x8(weights, q));
        }
    }
    black_box(sums);
    rounds * 8 * 16
}

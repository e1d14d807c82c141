//! Products of 16 bits: WebAssembly's one dot product is of eight pairs, so two rows share a lane. `a + 2^14 * b` times `q` is both rows' product, and a
//! sum is taken apart before the lower part leaves its 14 bits. That makes 16 products of an instruction, as many as `maddubs` has.

use super::attention::Scores;
use super::outputs::{Offset, Quads};
use super::{Row, load, splat, store};
use crate::fast::ops::{Batch, Place, Side};
use crate::fast::plan::{BLOCK, Line, Packed};
use crate::image::Matrix;
use alloc::vec;
use core::arch::wasm32::*;
use core::hint::black_box;
use core::ops::Range;

/// Tokens of a run.
pub(super) const RUN: usize = 6;
/// Vectors of weights of the same columns that are taken together.
const WIDE: usize = 2;
/// Columns whose sums of the upper rows of a lane stay within 18 bits: `127 * 2^10 < 2^17`.
const SPAN: usize = 1 << 10;
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
pub(in crate::fast) fn lay_out(matrix: &Matrix<'_>, bits: u32, padded: usize, lines: &mut [Line]) {
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
                each(plane, pieces.each_ref().map(|piece| extend(&piece.as_chunks::<8>().0[plane])));
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
fn dots_of<const BITS: u32, const T: usize, const QUADS: usize>(all: &[Piece], words: &[i32]) -> [[v128; QUADS]; T] {
    let planes = planes(BITS);
    let zero = i32x4_splat(0);
    let mut dots = [[zero; QUADS]; T];
    let steps = if BITS > 2 { usize::MAX / WIDE / (planes * T) } else { SPAN / (2 * planes) };
    for (pieces, words) in all.chunks(steps * WIDE).zip(words.chunks(steps * planes * T)) {
        let (mut sums, mut lower) = ([[zero; WIDE]; T], [[zero; WIDE]; T]);
        let at_once = if BITS > 2 { steps } else { CHUNK };
        for (pieces, words) in pieces.chunks(at_once * WIDE).zip(words.chunks(at_once * planes * T)) {
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
            if BITS <= 2 {
                for (sum, lower) in sums.as_flattened().iter().zip(lower.as_flattened_mut()) {
                    let more = i32x4_shr(i32x4_shl(i32x4_sub(*sum, *lower), 18), 18);
                    *lower = i32x4_add(*lower, more);
                }
            }
        }
        for (dots, (sums, lower)) in dots.iter_mut().zip(sums.into_iter().zip(lower)) {
            for (vector, (sum, lower)) in sums.into_iter().zip(lower).enumerate() {
                if BITS > 2 {
                    dots[vector] = sum;
                } else {
                    dots[2 * vector] = i32x4_add(dots[2 * vector], lower);
                    dots[2 * vector + 1] = i32x4_add(dots[2 * vector + 1], i32x4_shr(i32x4_sub(sum, lower), 14));
                }
            }
        }
    }
    dots
}

pub(super) fn linear(matrix: &Packed, batch: &mut Batch<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    batch.by_runs(matrix, blocks, out, stride, |side, blocks, out| match matrix.bits {
        1 => linear_of::<1, { 2 * WIDE }>(matrix, side, blocks, out, stride),
        2 => linear_of::<2, { 2 * WIDE }>(matrix, side, blocks, out, stride),
        4 => linear_of::<4, WIDE>(matrix, side, blocks, out, stride),
        _ => linear_of::<8, WIDE>(matrix, side, blocks, out, stride),
    });
}

fn linear_of<const BITS: u32, const QUADS: usize>(
    matrix: &Packed,
    side: &Side<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    match side.norms.len() {
        1 => linear_for::<BITS, QUADS, 1>(matrix, side, blocks, out, stride),
        2 => linear_for::<BITS, QUADS, 2>(matrix, side, blocks, out, stride),
        3 => linear_for::<BITS, QUADS, 3>(matrix, side, blocks, out, stride),
        4 => linear_for::<BITS, QUADS, 4>(matrix, side, blocks, out, stride),
        5 => linear_for::<BITS, QUADS, 5>(matrix, side, blocks, out, stride),
        _ => linear_for::<BITS, QUADS, RUN>(matrix, side, blocks, out, stride),
    }
}

fn linear_for<const BITS: u32, const QUADS: usize, const T: usize>(
    matrix: &Packed,
    side: &Side<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    let (length, words) = (matrix.padded / (2 * planes(BITS)) * WIDE, matrix.padded / 2 * T);
    let rows = blocks.start * BLOCK..(blocks.end * BLOCK).min(matrix.rows);
    let offset =
        |quad| Offset { is_double: BITS == 1, times: if BITS == 1 || BITS == 2 && quad % 2 == 0 { 1 } else { 0 } };
    let offsets = core::array::from_fn(offset);
    for first in rows.clone().step_by(4 * QUADS) {
        let quads = Quads { matrix, side, rows: rows.clone(), first, offsets };
        quads.outputs::<T>(out, stride, |group| {
            let pieces = &pieces(&matrix.lines)[(first / (4 * QUADS) * matrix.groups + group) * length..][..length];
            dots_of::<BITS, T, QUADS>(pieces, &side.words[group * words..][..words])
        });
    }
}

/// Arranges one token's activations, two of 16 bits a word, and takes the sums of their groups.
pub(super) fn arrange(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
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

/// Sums in pairs: of the first two and the last two lanes.
fn add_pairs(front: v128, back: v128) -> v128 {
    i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(front, back), i32x4_shuffle::<1, 3, 5, 7>(front, back))
}

/// Eight bytes as words of 16 bits.
fn extend<const N: usize, T>(bytes: &[T; N]) -> v128 {
    const { assert!(N * size_of::<T>() == 8) };
    // SAFETY: a reference to eight bytes is read.
    unsafe { i16x8_load_extend_i8x8(bytes.as_ptr().cast()) }
}

/// Four words of 16 bits, twice.
fn splat_four(words: &[i32; 2]) -> v128 {
    // SAFETY: a reference to eight bytes is read.
    unsafe { v128_load64_splat(words.as_ptr().cast()) }
}

/// Scores by the dot product of two words.
pub(super) struct Words;

impl Scores for Words {
    const FEW: usize = 2;
    type Word = [i32; 2];

    fn word(word: i32) -> [i32; 2] {
        let [a, b, c, d] = word.to_le_bytes().map(|byte| i32::from(byte as i8));
        [b << 16 | a & 0xffff, d << 16 | c & 0xffff]
    }

    #[inline(always)]
    fn of<const Q: usize>(keys: &[[i32; 16]], half: usize, words: &[[[i32; 2]; Q]], _: [i32; Q]) -> [[v128; 2]; Q] {
        let mut sums = [[i32x4_splat(0); 4]; Q];
        for (key, words) in keys.iter().zip(words) {
            let key: [v128; 4] = core::array::from_fn(|two| extend(&key.as_chunks::<2>().0[4 * half + two]));
            for (sums, words) in sums.iter_mut().zip(words) {
                let by = splat_four(words);
                sums.iter_mut().zip(key).for_each(|(sum, key)| *sum = i32x4_add(*sum, i32x4_dot_i16x8(key, by)));
            }
        }
        sums.map(|[a, b, c, d]| [add_pairs(a, b), add_pairs(c, d)])
    }
}

/// Keeps the weights of a tile, two a word.
pub(super) fn keep(tile: &mut [i32; 16], weights: [v128; 4]) {
    let [front, back, ..] = tile.as_chunks_mut::<4>().0 else { return };
    store(front, u16x8_narrow_i32x4(weights[0], weights[1]));
    store(back, u16x8_narrow_i32x4(weights[2], weights[3]));
}

/// The weighted sums of sixteen elements of the values.
#[inline(always)]
pub(super) fn values_of<'a>(rows: impl Iterator<Item = Row<'a>>) -> [v128; 4] {
    let mut sums = [i32x4_splat(0); 8];
    rows.for_each(|(row, tile, four)| {
        let by = splat_four(&tile.as_chunks::<2>().0[four]);
        let row = row.as_chunks::<2>().0.iter().map(extend);
        sums.iter_mut().zip(row).for_each(|(sum, row)| *sum = i32x4_add(*sum, i32x4_dot_i16x8(row, by)));
    });
    core::array::from_fn(|quad| add_pairs(sums[2 * quad], sums[2 * quad + 1]))
}

/// The products of eight rows of pairs with six tokens, without what takes the sums apart.
pub(super) fn peak(rounds: u64) -> u64 {
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

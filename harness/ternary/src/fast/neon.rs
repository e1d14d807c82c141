//! NEON, which every 64-bit Arm has, with and without the dot products of Armv8.2 (`sdot`).
#![allow(unsafe_code)]

use super::attention::{Queries, Reading, mean, weight};
use super::inputs::arrange;
use super::ops::{Batch, Finish, Ops, Side, steps};
use super::plan::{BLOCK, LANES, Line, Packed, VECTORS};
use core::arch::aarch64::*;
use core::arch::asm;
use core::hint::black_box;
use core::ops::Range;

/// For every 64-bit Arm.
pub(crate) static OPS: Ops = Ops {
    linear: |matrix, batch, blocks, out, stride| linear::<Widening>(matrix, batch, blocks, out, stride),
    attend: |queries, scores, out| attend::<Widening>(queries, scores, out),
    peak: |rounds| peak::<Widening>(rounds),
    ..DOTPROD
};

/// To be used only where `dotprod` was detected.
pub(crate) const DOTPROD: Ops = Ops {
    tokens: 6,
    queries: 8,
    key_bias: 0,
    // SAFETY: `Kernel` hands this table out only where these instructions were detected.
    linear: |matrix, batch, blocks, out, stride| unsafe { linear_dotprod(matrix, batch, blocks, out, stride) },
    // SAFETY: as above.
    attend: |queries, scores, out| unsafe { attend_dotprod(queries, scores, out) },
    arrange: |q, place, words, sums| place.each(q, |q, place| arrange(q, place, words, sums)),
    // SAFETY: as above.
    peak: |rounds| unsafe { peak_dotprod(rounds) },
    steps: steps!(),
};

#[target_feature(enable = "dotprod")]
fn linear_dotprod(matrix: &Packed, batch: &Batch<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    linear::<Dotprod>(matrix, batch, blocks, out, stride);
}

#[target_feature(enable = "dotprod")]
fn attend_dotprod(queries: &Queries<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    attend::<Dotprod>(queries, scores, out);
}

#[target_feature(enable = "dotprod")]
fn peak_dotprod(rounds: u64) -> u64 {
    peak::<Dotprod>(rounds)
}

/// How products of bytes are summed.
trait Products {
    /// Whether small products are best gathered in 16 bits first.
    const SHORT: bool;
    /// Adds to each word the products of its four bytes; the two of a pair must fit 16 bits.
    fn dot(sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t;
}

/// By instructions that widen.
struct Widening;

impl Products for Widening {
    const SHORT: bool = true;
    #[inline(always)]
    fn dot(sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
        // SAFETY: NEON is part of the target.
        unsafe {
            let front = vmull_s8(vget_low_s8(a), vget_low_s8(b));
            vpadalq_s16(sum, vpaddq_s16(front, vmull_high_s8(a, b)))
        }
    }
}

/// By `sdot`; to be used only under functions that are compiled for it.
struct Dotprod;

impl Products for Dotprod {
    const SHORT: bool = false;
    #[inline(always)]
    fn dot(sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
        // SAFETY: the tables above call what uses this only where the instruction was detected.
        unsafe { sdot(sum, a, b) }
    }
}

/// The intrinsic isn't stable yet.
#[inline]
#[target_feature(enable = "dotprod")]
fn sdot(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: an instruction on registers, which this function is compiled for.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {a:v}.16b, {b:v}.16b",
            sum = inout(vreg) sum, a = in(vreg) a, b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sum
}

// The functions that follow are compiled for NEON alone unless they become part of those above, which the attribute sees to.

/// Four rows of a line.
fn load_quad(line: &Line, index: usize) -> uint8x16_t {
    let bytes = &line.0.as_chunks::<16>().0[index];
    // SAFETY: a reference to 16 bytes is read.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

fn load(words: &[i32; 4]) -> int8x16_t {
    // SAFETY: a reference to 16 bytes is read.
    unsafe { vld1q_s8(words.as_ptr().cast()) }
}

fn store(words: &mut [i32; 4], value: int32x4_t) {
    // SAFETY: a reference to 16 bytes is written.
    unsafe { vst1q_s32(words.as_mut_ptr(), value) }
}

/// A word in all lanes.
fn splat(word: i32) -> int8x16_t {
    // SAFETY: NEON is part of the target.
    unsafe { vreinterpretq_s8_s32(vdupq_n_s32(word)) }
}

#[inline(always)]
fn linear<P: Products>(matrix: &Packed, batch: &Batch<'_>, blocks: Range<usize>, out: &mut [i32], stride: usize) {
    batch.by_runs(
        matrix,
        blocks,
        out,
        stride,
        #[inline(always)]
        |side, blocks, out| match matrix.bits {
            1 => linear_of::<P, 1>(matrix, side, blocks, out, stride),
            2 => linear_of::<P, 2>(matrix, side, blocks, out, stride),
            4 => linear_of::<P, 4>(matrix, side, blocks, out, stride),
            _ => linear_of::<P, 8>(matrix, side, blocks, out, stride),
        },
    );
}

#[inline(always)]
fn linear_of<P: Products, const BITS: u32>(
    matrix: &Packed,
    side: &Side<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    match side.norms.len() {
        1 => linear_for::<P, BITS, 1>(matrix, side, blocks, out, stride),
        2 => linear_for::<P, BITS, 2>(matrix, side, blocks, out, stride),
        3 => linear_for::<P, BITS, 3>(matrix, side, blocks, out, stride),
        4 => linear_for::<P, BITS, 4>(matrix, side, blocks, out, stride),
        5 => linear_for::<P, BITS, 5>(matrix, side, blocks, out, stride),
        _ => linear_for::<P, BITS, 6>(matrix, side, blocks, out, stride),
    }
}

#[inline(always)]
fn linear_for<P: Products, const BITS: u32, const T: usize>(
    matrix: &Packed,
    side: &Side<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    let (lines, words) = (matrix.group_lines(), matrix.padded / 4 * T);
    let (start, end) = (blocks.start * BLOCK, (blocks.end * BLOCK).min(matrix.rows));
    for first in (start..end).step_by(LANES) {
        let (block, vector) = (first / BLOCK, first % BLOCK / LANES);
        let all_lines = &matrix.lines[block * lines * matrix.groups..][..lines * matrix.groups];
        let all_scales = &matrix.scales[block * matrix.groups..][..matrix.groups];
        let mut totals = [[0i64; LANES]; T];
        let groups = all_lines.chunks_exact(lines).zip(side.words.chunks_exact(words));
        for ((lines, words), (scales, sums)) in groups.zip(all_scales.iter().zip(side.sums.chunks_exact(T))) {
            let dots = if P::SHORT && BITS < 8 {
                short_dots_of::<BITS, T>(lines, vector, words)
            } else {
                dots_of::<P, BITS, T>(lines, vector, words)
            };
            let scales = &scales.as_chunks::<LANES>().0[vector];
            for (token, (totals, dots)) in totals.iter_mut().zip(&dots).enumerate() {
                // Weights of eight bits have got their own signs back.
                let offset = if BITS == 8 { 0 } else { matrix.offset * sums[token] };
                for (total, (&dot, &scale)) in totals.iter_mut().zip(dots.iter().zip(scales)) {
                    let dot = if BITS == 1 { 2 * dot } else { dot } - offset;
                    *total += i64::from(dot) * i64::from(scale);
                }
            }
        }
        for (token, totals) in totals.iter().enumerate() {
            let rows = first - start..(first + LANES).min(end) - start;
            let finish = Finish::of(matrix, side, token);
            finish.outputs(matrix.pre_shift, side.limit, totals, &mut out[token * stride..][rows]);
        }
    }
}

/// Products of 16 rows with several tokens.
#[inline(always)]
fn dots_of<P: Products, const BITS: u32, const T: usize>(
    lines: &[Line],
    vector: usize,
    words: &[i32],
) -> [[i32; LANES]; T] {
    // SAFETY: NEON is part of the target.
    unsafe {
        let planes = 8 / BITS as usize;
        let mut sums = [[vdupq_n_s32(0); 4]; T];
        for (line, words) in lines.as_chunks::<VECTORS>().0.iter().zip(words.chunks_exact(planes * T)) {
            let mut packed: [_; 4] = core::array::from_fn(|quad| load_quad(&line[vector], quad));
            for words in words.as_chunks::<T>().0 {
                let weights = packed.map(|packed| plane::<BITS>(packed));
                packed = packed.map(|packed| vshlq_u8(packed, vdupq_n_s8(-(BITS as i8))));
                for (sums, &word) in sums.iter_mut().zip(words) {
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = P::dot(*sum, weights, splat(word));
                    }
                }
            }
        }
        let mut dots = [[0; LANES]; T];
        for (dots, sums) in dots.iter_mut().zip(sums) {
            for (dots, sum) in dots.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
                store(dots, sum);
            }
        }
        dots
    }
}

/// The lowest weights of some bytes; those of eight bits with their signs.
fn plane<const BITS: u32>(packed: uint8x16_t) -> int8x16_t {
    // SAFETY: NEON is part of the target.
    unsafe {
        vreinterpretq_s8_u8(match BITS {
            8 => veorq_u8(packed, vdupq_n_u8(1 << 7)),
            _ => vandq_u8(packed, vdupq_n_u8((1u8 << (BITS % 8)) - 1)),
        })
    }
}

/// Lines that can be summed in 16 bits: each adds as many products as it has planes, each of at most 127 times the largest stored weight.
const fn lines_at_once(bits: u32) -> usize {
    32_767 / (127 * ((1 << bits) - 1)) / (8 / bits as usize)
}

/// Likewise, gathered in 16 bits: two instructions for 16 products.
#[inline(always)]
fn short_dots_of<const BITS: u32, const T: usize>(lines: &[Line], vector: usize, words: &[i32]) -> [[i32; LANES]; T] {
    // SAFETY: NEON is part of the target.
    unsafe {
        let planes = 8 / BITS as usize;
        let mut dots = [[0; LANES]; T];
        // Eight rows at a time: twice four registers a token.
        for half in 0..2 {
            let mut sums = [[vdupq_n_s32(0); 2]; T];
            let runs = lines.chunks(lines_at_once(BITS) * VECTORS).zip(words.chunks(lines_at_once(BITS) * planes * T));
            for (lines, words) in runs {
                let mut short = [[[vdupq_n_s16(0); 2]; 2]; T];
                for (line, words) in lines.as_chunks::<VECTORS>().0.iter().zip(words.chunks_exact(planes * T)) {
                    let mut packed = [load_quad(&line[vector], 2 * half), load_quad(&line[vector], 2 * half + 1)];
                    for words in words.as_chunks::<T>().0 {
                        let weights = packed.map(|packed| plane::<BITS>(packed));
                        packed = packed.map(|packed| vshlq_u8(packed, vdupq_n_s8(-(BITS as i8))));
                        for (short, &word) in short.iter_mut().zip(words) {
                            let q = splat(word);
                            for (short, weights) in short.iter_mut().zip(weights) {
                                short[0] = vmlal_s8(short[0], vget_low_s8(weights), vget_low_s8(q));
                                short[1] = vmlal_high_s8(short[1], weights, q);
                            }
                        }
                    }
                }
                for (sums, short) in sums.as_flattened_mut().iter_mut().zip(short.as_flattened()) {
                    *sums = vaddq_s32(*sums, vpaddq_s32(vpaddlq_s16(short[0]), vpaddlq_s16(short[1])));
                }
            }
            for (dots, sums) in dots.iter_mut().zip(sums) {
                for (dots, sum) in dots.as_chunks_mut::<4>().0[2 * half..].iter_mut().zip(sums) {
                    store(dots, sum);
                }
            }
        }
        dots
    }
}

#[inline(always)]
fn attend<P: Products>(queries: &Queries<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    queries.one_by_one(
        scores,
        out,
        #[inline(always)]
        |reading, scores, out| attend_one::<P>(reading, scores, out),
    );
}

/// One query's attention, a lane a key, then a lane a value's element.
#[inline(always)]
fn attend_one<P: Products>(reading: &Reading<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    // SAFETY: NEON is part of the target.
    unsafe {
        let zero = vdupq_n_s32(0);
        let mut most = i32::MIN;
        for (begin, end) in reading.ranges {
            let tiles = begin / LANES..end.div_ceil(LANES);
            for (tile, scores) in tiles.clone().zip(&mut scores[tiles]) {
                let mut sums = [zero; 4];
                for (key, &word) in reading.tile(tile).iter().zip(reading.query) {
                    for (sum, key) in sums.iter_mut().zip(key.as_chunks::<4>().0) {
                        *sum = P::dot(*sum, load(key), splat(word));
                    }
                }
                for (score, sum) in scores.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
                    // Shifted right by eight, rounded half up.
                    store(score, vrshrq_n_s32::<8>(vmulq_n_s32(sum, reading.gain)));
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
                // The weights' low six bits and the bits above them, as bytes.
                for (four, weights) in weights.as_chunks::<4>().0.iter().enumerate() {
                    tile[four] = i32::from_le_bytes(weights.map(|weight| (weight & 63) as u8));
                    tile[4 + four] = i32::from_le_bytes(weights.map(|weight| (weight >> 6) as u8));
                }
            }
        }
        for (index, out) in out.chunks_mut(LANES).enumerate() {
            let mut sums = [[zero; 4]; 2];
            for (begin, end) in reading.ranges {
                let tiles = begin / LANES..end.div_ceil(LANES);
                for (tile, weights) in tiles.clone().zip(&scores[tiles]) {
                    for four in 0..4 {
                        let row = &reading.values[(4 * tile + four) * reading.width..][..reading.width];
                        let values = row.as_chunks::<LANES>().0[index].as_chunks::<4>().0;
                        for (part, sums) in sums.iter_mut().enumerate() {
                            let weights = splat(weights[4 * part + four]);
                            for (sum, values) in sums.iter_mut().zip(values) {
                                *sum = P::dot(*sum, load(values), weights);
                            }
                        }
                    }
                }
            }
            let mut all = [0; LANES];
            for (quad, all) in all.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                store(all, vaddq_s32(sums[0][quad], vshlq_n_s32::<6>(sums[1][quad])));
            }
            out.copy_from_slice(&all[..out.len()]);
        }
        mean(total, out);
    }
}

/// As many sums as six tokens have.
#[inline(always)]
fn peak<P: Products>(rounds: u64) -> u64 {
    // SAFETY: NEON is part of the target.
    unsafe {
        let (weights, q) = (black_box(vdupq_n_s8(2)), black_box(vdupq_n_s8(-1)));
        let (mut sums, mut short) = ([vdupq_n_s32(0); 24], [vdupq_n_s16(0); 24]);
        for _ in 0..rounds {
            // Hidden anew each time, or else the product would be taken once.
            let q = black_box(q);
            if P::SHORT {
                for [front, back] in short.as_chunks_mut::<2>().0 {
                    *front = vmlal_s8(*front, vget_low_s8(weights), vget_low_s8(q));
                    *back = vmlal_high_s8(*back, weights, q);
                }
            } else {
                for sum in &mut sums {
                    *sum = P::dot(*sum, weights, q);
                }
            }
        }
        black_box((sums, short));
        rounds * if P::SHORT { 12 } else { 24 } * 16
    }
}

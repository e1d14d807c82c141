//! AVX2, without dot products of its own: `maddubs` adds two products to 16 bits.
#![allow(unsafe_code)]

use super::attention::{Reading, mean, weight};
use super::inputs::arrange;
use super::ops::{Finish, Ops, Place, Side, half, steps};
use super::plan::{BLOCK, LANES, Line, Packed, VECTORS};
use crate::fixed::rshift;
use core::arch::x86_64::*;
use core::hint::black_box;
use core::ops::Range;

/// Calls a function of this file with the instructions that it is compiled for.
macro_rules! enter {
    ($call:expr) => {
        // SAFETY: `Kernel` hands this table out only where AVX2 was detected.
        unsafe { $call }
    };
}

/// To be used only where `avx2` was detected.
pub(crate) static OPS: Ops = Ops {
    tokens: 6,
    key_bias: 0,
    linear: |matrix, batch, blocks, out, stride| {
        batch.by_runs(matrix, blocks, out, stride, |side, blocks, out| match matrix.bits {
            1 => enter!(linear::<1>(matrix, side, blocks, out, stride)),
            2 => enter!(linear::<2>(matrix, side, blocks, out, stride)),
            4 => enter!(linear::<4>(matrix, side, blocks, out, stride)),
            _ => enter!(linear::<8>(matrix, side, blocks, out, stride)),
        });
    },
    attend: |queries, scores, out| {
        queries.one_by_one(scores, out, |reading, scores, out| enter!(attend(reading, scores, out)))
    },
    arrange: |q, place, words, sums| enter!(arrange_here(q, place, words, sums)),
    peak: |rounds| enter!(peak(rounds)),
    steps: steps!(#[target_feature(enable = "avx2")]),
};

#[target_feature(enable = "avx2")]
fn arrange_here(q: &[i8], place: Place, words: &mut [i32], sums: &mut [i32]) {
    arrange(q, place, words, sums);
}

/// Half a vector of rows.
type Eight = [i32; 8];

#[target_feature(enable = "avx2")]
fn load(words: &Eight) -> __m256i {
    // SAFETY: a reference to 32 bytes is read.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load_half(line: &Line, index: usize) -> __m256i {
    let bytes = &line.0.as_chunks::<32>().0[index];
    // SAFETY: a reference to 32 bytes is read.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn store(words: &mut Eight, value: __m256i) {
    // SAFETY: a reference to 32 bytes is written.
    unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), value) }
}

#[target_feature(enable = "avx2")]
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

#[target_feature(enable = "avx2")]
fn linear_for<const BITS: u32, const T: usize>(
    matrix: &Packed,
    side: &Side<'_>,
    blocks: Range<usize>,
    out: &mut [i32],
    stride: usize,
) {
    let mut finish = [Finish { mantissa: 0, by: 0 }; T];
    for (token, finish) in finish.iter_mut().enumerate() {
        *finish = Finish::of(matrix, side, token);
    }
    let (lines, words) = (matrix.group_lines(), matrix.padded / 4 * T);
    let (begin, rows) = (blocks.start, matrix.rows - blocks.start * BLOCK);
    for block in blocks {
        let all_lines = &matrix.lines[block * lines * matrix.groups..][..lines * matrix.groups];
        let all_scales = &matrix.scales[block * matrix.groups..][..matrix.groups];
        for vector in 0..VECTORS.min((matrix.rows - block * BLOCK).div_ceil(LANES)) {
            let mut totals = [[[_mm256_setzero_si256(); 2]; 2]; T];
            let groups = all_lines.chunks_exact(lines).zip(side.words.chunks_exact(words));
            for ((lines, words), (scales, sums)) in groups.zip(all_scales.iter().zip(side.sums.chunks_exact(T))) {
                let dots = dots_of::<BITS, T>(lines, vector, words);
                let scales = &scales.as_chunks::<8>().0[2 * vector..];
                for (token, totals) in totals.iter_mut().enumerate() {
                    // The sum of int8 products is taken with the weights' own signs.
                    let offset = _mm256_set1_epi32(if BITS == 8 { 0 } else { matrix.offset * sums[token] });
                    for (index, total) in totals.iter_mut().enumerate() {
                        let raw = dots[token][index];
                        let raw = if BITS == 1 { _mm256_slli_epi32::<1>(raw) } else { raw };
                        let (dot, scale) = (_mm256_sub_epi32(raw, offset), load(&scales[index]));
                        let low = _mm256_mul_epi32(front(dot), front(scale));
                        let high = _mm256_mul_epi32(back(dot), back(scale));
                        *total = [_mm256_add_epi64(total[0], low), _mm256_add_epi64(total[1], high)];
                    }
                }
            }
            for (token, totals) in totals.iter().enumerate() {
                let first = token * stride + (block - begin) * BLOCK + vector * LANES;
                let place = first..(token * stride + rows).min(first + LANES);
                for (out, total) in out[place].chunks_mut(8).zip(totals) {
                    let mut all = [0; 8];
                    for (all, sums) in all.as_chunks_mut::<4>().0.iter_mut().zip(total) {
                        *all = output(matrix, finish[token], side.limit, *sums);
                    }
                    out.copy_from_slice(&all[..out.len()]);
                }
            }
        }
    }
}

/// The first four words as doublewords.
#[target_feature(enable = "avx2")]
fn front(words: __m256i) -> __m256i {
    _mm256_cvtepi32_epi64(_mm256_castsi256_si128(words))
}

/// The last four.
#[target_feature(enable = "avx2")]
fn back(words: __m256i) -> __m256i {
    _mm256_cvtepi32_epi64(_mm256_extracti128_si256::<1>(words))
}

/// Shifts right, rounding half up; `shift` is below 63. AVX2 has no arithmetic shift of 64 bits.
#[target_feature(enable = "avx2")]
fn shift_right(value: __m256i, shift: i32) -> __m256i {
    let by = _mm_cvtsi32_si128(shift);
    let lifted =
        _mm256_xor_si256(_mm256_add_epi64(value, _mm256_set1_epi64x(half(shift))), _mm256_set1_epi64x(i64::MIN));
    _mm256_sub_epi64(_mm256_srl_epi64(lifted, by), _mm256_srl_epi64(_mm256_set1_epi64x(i64::MIN), by))
}

/// [`crate::linear::finish`] of four rows.
#[target_feature(enable = "avx2")]
fn output(matrix: &Packed, finish: Finish, limit: i64, sums: __m256i) -> [i32; 4] {
    let first = shift_right(sums, matrix.pre_shift);
    let mantissa = _mm256_set1_epi64x(finish.mantissa);
    // 64 by 16 bits, modulo 2^64.
    let high = _mm256_slli_epi64::<32>(_mm256_mul_epu32(_mm256_srli_epi64::<32>(first), mantissa));
    let product = _mm256_add_epi64(_mm256_mul_epu32(first, mantissa), high);
    let lanes = |value: __m256i| {
        let mut lanes = [0i64; 4];
        // SAFETY: an array of 32 bytes is written.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), value) };
        lanes
    };
    let second = if finish.is_plain() {
        lanes(shift_right(product, finish.by))
    } else {
        lanes(product).map(|lane| rshift(lane, finish.by))
    };
    second.map(|lane| lane.clamp(-limit, limit - 1) as i32)
}

/// Lines that can be summed in 16 bits: two products each of at most 127 times the largest stored weight.
const fn lines_at_once(bits: u32) -> usize {
    let planes = 8 / bits as usize;
    32_767 / (254 * ((1 << bits) - 1)) / planes
}

/// Products of 16 rows with several tokens.
#[target_feature(enable = "avx2")]
fn dots_of<const BITS: u32, const T: usize>(lines: &[Line], vector: usize, words: &[i32]) -> [[__m256i; 2]; T] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); 2]; T];
    if BITS == 8 {
        // |w| by q with the sign of w: two products of at most 128 * 127 fit 16 bits.
        let sign = _mm256_set1_epi8(-128);
        for (line, words) in lines.as_chunks::<VECTORS>().0.iter().zip(words.as_chunks::<T>().0) {
            for index in 0..2 {
                let weights = _mm256_xor_si256(load_half(&line[vector], index), sign);
                let magnitudes = _mm256_abs_epi8(weights);
                for (sums, &word) in sums.iter_mut().zip(words) {
                    let q = _mm256_sign_epi8(_mm256_set1_epi32(word), weights);
                    let pairs = _mm256_maddubs_epi16(magnitudes, q);
                    sums[index] = _mm256_add_epi32(sums[index], _mm256_madd_epi16(pairs, ones));
                }
            }
        }
        return sums;
    }
    let planes = 8 / BITS as usize;
    let mask = _mm256_set1_epi8(((1u32 << BITS) - 1) as i8);
    let width = _mm_cvtsi32_si128(BITS as i32);
    let runs = lines.chunks(lines_at_once(BITS) * VECTORS).zip(words.chunks(lines_at_once(BITS) * planes * T));
    for (lines, words) in runs {
        let mut short = [[_mm256_setzero_si256(); 2]; T];
        for (line, words) in lines.as_chunks::<VECTORS>().0.iter().zip(words.chunks_exact(planes * T)) {
            let mut packed = [load_half(&line[vector], 0), load_half(&line[vector], 1)];
            for words in words.as_chunks::<T>().0 {
                let weights = [_mm256_and_si256(packed[0], mask), _mm256_and_si256(packed[1], mask)];
                packed = [_mm256_srl_epi16(packed[0], width), _mm256_srl_epi16(packed[1], width)];
                for (short, &word) in short.iter_mut().zip(words) {
                    let q = _mm256_set1_epi32(word);
                    short[0] = _mm256_add_epi16(short[0], _mm256_maddubs_epi16(weights[0], q));
                    short[1] = _mm256_add_epi16(short[1], _mm256_maddubs_epi16(weights[1], q));
                }
            }
        }
        for (sums, short) in sums.iter_mut().zip(short) {
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(short[0], ones));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(short[1], ones));
        }
    }
    sums
}

/// One head's attention, a lane a key, then a lane a value's element.
#[target_feature(enable = "avx2")]
fn attend(reading: &Reading<'_>, scores: &mut [[i32; 16]], out: &mut [i32]) {
    let ones = _mm256_set1_epi16(1);
    let mut most = i32::MIN;
    for (begin, end) in reading.ranges {
        let tiles = begin / LANES..end.div_ceil(LANES);
        for (tile, scores) in tiles.clone().zip(&mut scores[tiles]) {
            for (index, score) in scores.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                let mut sum = _mm256_setzero_si256();
                for (key, &word) in reading.tile(tile).iter().zip(reading.query) {
                    let key = load(&key.as_chunks::<8>().0[index]);
                    let pairs =
                        _mm256_maddubs_epi16(_mm256_abs_epi8(key), _mm256_sign_epi8(_mm256_set1_epi32(word), key));
                    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
                }
                let product = _mm256_mullo_epi32(sum, _mm256_set1_epi32(reading.gain));
                store(score, _mm256_srai_epi32::<8>(_mm256_add_epi32(product, _mm256_set1_epi32(1 << 7))));
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
    for (index, out) in out.chunks_mut(8).enumerate() {
        let mut sums = [_mm256_setzero_si256(); 2];
        for (begin, end) in reading.ranges {
            let tiles = begin / LANES..end.div_ceil(LANES);
            for (tile, weights) in tiles.clone().zip(&scores[tiles]) {
                for four in 0..4 {
                    let row = &reading.values[(4 * tile + four) * reading.width..][..reading.width];
                    let values = load(&row.as_chunks::<8>().0[index]);
                    for (part, sum) in sums.iter_mut().enumerate() {
                        let weights = _mm256_set1_epi32(weights[4 * part + four]);
                        let pairs = _mm256_maddubs_epi16(weights, values);
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
                    }
                }
            }
        }
        let mut all = [0; 8];
        store(&mut all, _mm256_add_epi32(sums[0], _mm256_slli_epi32::<6>(sums[1])));
        out.copy_from_slice(&all[..out.len()]);
    }
    mean(total, out);
}

/// Twelve sums of 16 bits, as [`dots_of`] has for six tokens; what gathers them in 32 bits now and then is left out.
#[target_feature(enable = "avx2")]
fn peak(rounds: u64) -> u64 {
    let (weights, q) = (black_box(_mm256_set1_epi8(2)), black_box(_mm256_set1_epi8(-1)));
    let mut sums = [_mm256_setzero_si256(); 12];
    for _ in 0..rounds {
        // Hidden anew each time, or else the product would be taken once.
        let q = black_box(q);
        for sum in &mut sums {
            *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(weights, q));
        }
    }
    black_box(sums);
    rounds * 12 * 32
}
